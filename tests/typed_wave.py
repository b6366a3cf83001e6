"""A questionnaire with every type of question, and exports for it: written out cell by cell, or at random."""

import csv
import io
import random
from pathlib import Path

from b2bsurvey.config import Wave
from b2bsurvey.ingest import ingest
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.readers import read_export

QUESTIONNAIRE = Path(__file__).parent / "fixtures" / "types" / "questionnaire.yaml"
WAVE = Wave("types", ("types.csv",), "q.yaml", "open_link")
ITEMS = {
    "rank": ("privacy", "time", "skills", "money"),
    "shares": ("marketing", "sales", "management"),
    "attitudes": ("customers", "partners", "nobody"),
}
HEADINGS = (
    *("Respondent ID", "consent", "sector", "sector_text", "hours", "posts", "founded", "remark", "channels"),
    *(f"{block}[{item}]" for block, items in ITEMS.items() for item in items),
    "attention",
)


def export(*rows: dict[str, str], headings: tuple[str, ...] = HEADINGS) -> str:
    """Return a CSV export with one row a dict; headings that a row lacks are blank, consent is given."""
    table = io.StringIO()
    writer = csv.DictWriter(table, headings, restval="", lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows, start=1):
        writer.writerow({"Respondent ID": f"r{number}", "consent": "yes"} | row)
    return table.getvalue()


def questionnaire(folder: Path, *changes: tuple[str, str], wave: str = "", coding: str = "text,code\n"):
    """Load the questionnaire after replacing texts in it; `coding` is the file that open answers are coded with."""
    text = QUESTIONNAIRE.read_text(encoding="utf-8")
    for old, new in (("coding/sector.csv", str(folder / "sector.csv")), *changes):
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "sector.csv").write_text(coding, encoding="utf-8")
    path = folder / "q.yaml"
    path.write_text(text, encoding="utf-8")
    return load_questionnaire(path, wave=wave)


def read(text: str, asked, wave: Wave = WAVE):
    """Return responses and report of a CSV export."""
    return ingest([read_export(Path("types.csv"), data=text.encode())], asked, b"key", wave)


def cells(responses, name: str) -> list:
    """Return a variable's answers, with the reason where one is missing."""
    values, reasons = responses.values[name].astype(object), responses.missing[name].astype(object)
    return [
        value if reason != reason or reason is None else reason for value, reason in zip(values, reasons, strict=True)
    ]


def some_rows(n: int, seed: int) -> list[dict[str, str]]:
    """Return rows of answers in codes, as a platform exports them, with some blanks."""
    pick = random.Random(seed)
    rows = []
    for _ in range(n):
        ranked = pick.sample(ITEMS["rank"], 3)
        part = pick.randint(0, 100)
        ticks = [c for c in ("linkedin", "xing", "blogs") if pick.random() < 0.5]
        row = {
            "consent": pick.choice(["yes", "yes", "no"]),
            "sector": pick.choice(["industry", "services", ""]),
            "hours": str(pick.randint(1, 60)),
            "posts": f"{pick.randint(0, 200) / 10:.1f}",
            "founded": f"{pick.randint(1, 28):02}.{pick.randint(1, 12):02}.{pick.randint(1850, 2010)}",
            "channels": ", ".join(ticks or ["none"]),
            "attention": pick.choice(["agree", "disagree"]),
        }
        row |= {f"rank[{item}]": str(place) for place, item in enumerate(ranked, start=1)}
        row |= {"shares[marketing]": str(part), "shares[sales]": str(100 - part)}
        row |= {f"attitudes[{item}]": pick.choice(["disagree", "neither", "agree"]) for item in ITEMS["attitudes"]}
        rows.append({heading: "" if pick.random() < 0.05 else cell for heading, cell in row.items()})
    return rows
