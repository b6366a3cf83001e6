"""Write the pages of a folder with every end tag, as html-validate wants them: `whole_html.py RESULTS FOLDER`.

HTML lets many end tags be left out, and the pages leave out those of cells, which are most of them. That the pages are
valid as they stand is held by html5lib's strict parser in test_accessibility.py.
"""

import sys
from pathlib import Path

import html5lib


def main(results: str, folder: str) -> None:
    """Write each page of `results` into `folder`."""
    for page in sorted(Path(results).rglob("*.html")):
        target = Path(folder) / page.relative_to(results)
        target.parent.mkdir(parents=True, exist_ok=True)
        tree = html5lib.parse(page.read_text(encoding="utf-8"))
        whole = html5lib.serialize(tree, omit_optional_tags=False, quote_attr_values="always")
        target.write_text(
            whole if whole.lower().startswith("<!doctype") else f"<!DOCTYPE html>{whole}", encoding="utf-8"
        )


main(*sys.argv[1:])
