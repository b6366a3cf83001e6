"""The shipped waves worked through in one process: the doorways' own work, without a job for each."""

import builtins
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from b2bsurvey.config import load_config
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.questionnaire_file import analyses_of
from b2bsurvey.waves import series_of


class Names(dict[str, Any]):
    """Inputs or params by name, as attributes too."""

    __getattr__ = dict.__getitem__


def works(scripts: Path) -> dict[str, Callable[[Any], Mapping[str, Any]]]:
    """Return the `work` of each doorway, by rule."""
    sys.path.insert(0, str(scripts))
    import doorway

    found: dict[str, Callable[[Any], Mapping[str, Any]]] = {}
    vars(builtins)["snakemake"] = None
    for path in sorted(scripts.glob("*.py")):
        if path.name not in ("doorway.py", "draft_questionnaire.py"):
            doorway.run = lambda _, work, name=path.stem: found.update({name: work})
            runpy.run_path(str(path))
    return found


def main() -> None:
    """Make all results of the study in the working folder, one after the other."""
    work, study, written = works(Path("workflow/scripts")), load_config([Path("config/config.yaml")]), []

    def make(rule: str, outputs: Mapping[str, str], inputs: Mapping[str, Any], wildcards: Any, **params: Any) -> None:
        contents = work[rule](SimpleNamespace(input=Names(inputs), params=Names(params), wildcards=wildcards))
        for name, place in outputs.items():
            files = contents[name] if isinstance(contents[name], Mapping) else {"": contents[name]}
            for file, data in files.items():
                path = Path(place, file) if file else Path(place)
                path.parent.mkdir(parents=True, exist_ok=True)
                parts = [data] if isinstance(data, bytes | str) else data
                path.write_bytes(b"".join(part.encode() if isinstance(part, str) else part for part in parts))
            written.append(place)

    checks = []
    for wave in study.waves.values():
        base, here = f"results/{wave.name}", SimpleNamespace(wave=wave.name, language="", analysis="")
        data = {n: f"{base}/data/{n}" for n in ("ingested.parquet", "ingest.json", "ingest.csv", "ledger.csv")}
        data |= {n: f"{base}/data/{n}" for n in ("responses.parquet", "responses.csv", "quality.csv", "weighting.json")}
        sha = [file_hash(path) for path in wave.exports]
        population = "".join(file_hash(path) for path in [wave.weighting.population] if path)
        common = {"wave": wave, "inference": study.inference, "population": population, "study": study.study}
        made = {"responses": data["ingested.parquet"], "report": data["ingest.json"], "table": data["ingest.csv"]}
        make("ingest", made, {}, here, wave=wave, sha256=sha)
        made = {"quality": data["quality.csv"], "ledger": data["ledger.csv"], "responses": data["responses.parquet"]}
        made |= {"csv": data["responses.csv"], "weighting": data["weighting.json"]}
        make("screening", made, {"responses": data["ingested.parquet"]}, here, **common)
        screened = {"responses": data["responses.parquet"], "ledger": data["ledger.csv"]}
        screened |= {"weighting": data["weighting.json"]}
        tables = []
        for analysis in analyses_of(Path(wave.questionnaire), wave.name):
            made = {"estimates": f"{base}/tables/{analysis}.csv", "tests": f"{base}/tables/{analysis}_tests.csv"}
            make("analysis", made, screened, SimpleNamespace(wave=wave.name, analysis=analysis), **common)
            tables += list(made.values())
        made = {"estimates": f"{base}/tables/sensitivity.csv"}
        make("sensitivity", made, {"responses": data["ingested.parquet"]}, here, **common)
        tests = [path for path in tables if path.endswith("_tests.csv")]
        make("families", {"families": f"{base}/tables/families.csv"}, {"tests": tests}, here, inference=study.inference)
        make("check_wave", {"checks": f"{base}/published.csv"}, {"tables": tables}, here, published=study.published)
        checks.append(f"{base}/published.csv")
        asked = {"responses": data["responses.parquet"], "ingest": data["ingest.json"]}
        make("codebook", {"codebook": f"{base}/data/codebook.csv"}, asked, here, **common)
        make("fielding", {"questionnaire": f"{base}/questionnaire"}, {}, here, **common)
        made = {"spss": "responses.sav", "stata": "responses.dta", "ddi": "codebook.xml"}
        made = {name: f"{base}/data/{file}" for name, file in made.items()}
        make("archive", made, asked, here, language=study.languages[0], **common)
        whole = {"tables": tables, "ledger": data["ledger.csv"], "ingest": data["ingest.json"]}
        whole |= {"codebook": f"{base}/data/codebook.csv", "published": f"{base}/published.csv"}
        whole |= {"sensitivity": f"{base}/tables/sensitivity.csv", "families": f"{base}/tables/families.csv"}
        for language in study.languages:
            here = SimpleNamespace(wave=wave.name, language=language)
            figures, given = f"{base}/figures/{language}", {"wave": wave, "study": study.study}
            make("codebook_page", {"page": f"{base}/codebook_{language}.html"}, asked, here, **given)
            make("figures", {"figures": figures}, {"tables": tables}, here, settings=study.figures, **given)
            given |= {"settings": study.inference}
            make("workbook", {"workbook": f"{base}/tables_{language}.xlsx"}, whole, here, **given)
            seen = {**whole, "responses": data["responses.parquet"]}
            make("topline", {"topline": f"{base}/topline_{language}.html"}, seen, here, **given)
            seen = {**whole, "figures": figures}
            make("wave_report", {"report": f"{base}/report_{language}.html"}, seen, here, **given)
            made = {"word": f"{base}/tables_{language}.docx", "latex": f"{base}/tables_{language}.tex"}
            make("documents", made, seen, here, **given)
        of_wave = [place for place in written if place.startswith(base)]
        make("privacy", {"record": f"{base}/privacy.json"}, {"results": of_wave}, here, wave=wave)
    waves = list(study.waves)
    published = "results/published/checks.csv"
    make("checks", {"checks": published}, {"checks": checks}, None, published=study.published, waves=waves)
    series = [[study.waves[name] for name in names] for names in series_of(study)]
    others = [name for name in waves if not any(name in [wave.name for wave in one] for one in series)]
    compared = [f"results/{wave.name}/data" for one in series for wave in one]
    parts = {"responses": "responses.parquet", "ledgers": "ledger.csv", "weightings": "weighting.json"}
    inputs = {name: [f"{folder}/{file}" for folder in compared] for name, file in parts.items()}
    found = {"estimates": "trends.csv", "tests": "trends_tests.csv", "families": "families.csv"}
    found = {name: f"results/waves/{file}" for name, file in found.items()}
    diff, given = {"diff": "results/waves/codebook_diff.csv"}, {"series": series, "study": study.study}
    make("codebook_diff", diff, {}, None, **given)
    make("trends", found, inputs, None, inference=study.inference, **given)
    tables = [path for path in written if path.startswith("results/buffer-2018/tables/")]
    ledgers = [f"results/{name}/data/ledger.csv" for name in waves]
    for language in study.languages:
        here, figures = SimpleNamespace(language=language), {"figures": f"results/waves/figures/{language}"}
        make("trend_figures", figures, found, here, settings=study.figures, **given)
        seen = {**diff, **found, **figures}
        make("trend_report", {"report": f"results/waves/report_{language}.html"}, seen, here, others=others, **given)
        pages = {"waves": list(study.waves.values()), "languages": study.languages, "study": study.study}
        page = {"page": f"results/published/report_{language}.html"}
        make("published_page", page, {"checks": published, "tables": tables}, here, **pages)
        page = {"page": f"results/index_{language}.html"}
        make("index_page", page, {"ledgers": ledgers}, here, compared=bool(series), **pages)


if __name__ == "__main__":
    main()
