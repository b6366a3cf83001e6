"""A wave of any size with 120 columns, as a platform would export it, and the questionnaire that describes it.

Written in blocks of rows, each seeded by its place: the first rows of a larger export are those of a smaller one.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

NAME = "large"
BLOCK = 12_500  # rows
SINGLES, BATTERIES, ITEMS, SETS, OPTIONS, NUMBERS, DATES, TEXTS = 17, 4, 10, 4, 10, 10, 5, 5
ANSWERS = ("Disagree", "Rather disagree", "Neither", "Rather agree", "Agree")
CATEGORIES = ("Industry", "Trade", "Transport", "Finance", "Other services")
WORDS = [
    "our",
    "firm",
    "uses",
    "social",
    "media",
    "for",
    "sales",
    "and",
    "“news”;",
    "customers",
    "ask",
    "little",
    "of",
    "it",
    "—",
    "so",
    "far",
]


def columns() -> int:
    """Return how many columns the export has."""
    return 3 + SINGLES + BATTERIES * ITEMS + SETS * OPTIONS + NUMBERS + DATES + TEXTS


def write_questionnaire(path: Path) -> None:
    """Write the questionnaire of the export."""
    lines = ['title: {en: "Large wave"}', 'source: {en: "Synthetic"}', "languages: [en]"]
    lines += ["""missing: {dont_know: ["Don't know"]}""", "questions:"]

    def answers(labels: tuple[str, ...]) -> list[str]:
        return [
            "    answers:",
            *(f'      a{i}: {{label: {{en: "{a}"}}, spellings: [{i}]}}' for i, a in enumerate(labels, 1)),
        ]

    def question(name: str, kind: str, *rest: str) -> list[str]:
        return [f"  {name}:", f"    type: {kind}", f'    text: {{en: "Question {name}"}}', *rest]

    def parts(word: str, n: int) -> list[str]:
        return [f"    {word}:", *(f'      i{i}: {{label: {{en: "Item {i}"}}}}' for i in range(1, n + 1))]

    for i in range(1, SINGLES + 1):
        lines += question(f"single{i}", "single", *answers(CATEGORIES))
    for b in range(1, BATTERIES + 1):
        items = parts("items", ITEMS)
        lines += question(f"battery{b}", "battery", f'    column: "battery{b}_{{item}}"', *items, *answers(ANSWERS))
    for s in range(1, SETS + 1):
        lines += question(f"set{s}", "tick_all", f'    column: "set{s}_{{item}}"', *parts("options", OPTIONS))
    for i in range(1, NUMBERS + 1):
        lines += question(f"number{i}", "number", "    decimal: point", "    min: 0")
    for i in range(1, DATES + 1):
        lines += question(f"date{i}", "date")
    for i in range(1, TEXTS + 1):
        lines += question(f"text{i}", "text")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_export(path: Path, rows: int) -> None:
    """Write the export, with some blanks, "don't know", unfinished and repeated interviews, quotes and line breaks."""
    with path.open("wb") as file:
        for start in range(0, rows, BLOCK):
            block = _block(start, min(BLOCK, rows - start))
            headings = [",".join(block)] if start == 0 else []
            lines = pa.compute.binary_join_element_wise(*block.values(), ",")
            file.write("\n".join([*headings, *lines.to_pylist(), ""]).encode())


def _block(start: int, n: int) -> dict[str, pa.Array]:
    random = np.random.default_rng([2013, start])
    place = np.arange(start, start + n)
    started = np.datetime64("2013-05-01T08:00:00") + random.integers(0, 60 * 86_400, n).astype("timedelta64[s]")
    seconds = random.lognormal(6.3, 0.5, n).astype(int).astype("timedelta64[s]")
    share = np.where(random.random(n) < 0.05, random.random(n), 1.1)  # of the interview, until it was left
    found: dict[str, pa.Array] = {
        "Respondent ID": _text(
            np.char.add("R", np.char.zfill(np.where(place % 500 == 499, place - 1, place).astype(str), 9))
        ),
        "Start Date": _text(np.char.replace(started.astype(str), "T", " ")),
        "Submit Date": _text(np.char.replace((started + seconds).astype(str), "T", " ")),
    }
    asked = columns() - 3
    latent = random.standard_normal((n, BATTERIES))

    def put(name: str, cells: pa.Array, answered: float = 0.97) -> None:
        reached = share > (len(found) - 3) / asked
        seen = pa.array(reached & (random.random(n) < answered))
        found[name] = pa.compute.if_else(seen, cells, "")

    for i in range(1, SINGLES + 1):
        put(
            f"single{i}",
            _chosen((*CATEGORIES, "Don't know"), random.choice(6, n, p=[0.3, 0.25, 0.15, 0.1, 0.15, 0.05])),
        )
    for b in range(BATTERIES):
        for i in range(1, ITEMS + 1):
            score = 0.7 * latent[:, b] + 0.7 * random.standard_normal(n)
            answer = np.where(random.random(n) < 0.03, 5, np.digitize(score, [-1.2, -0.4, 0.4, 1.2]))
            put(f"battery{b + 1}_i{i}", _chosen((*"12345", "Don't know"), answer))
    for s in range(1, SETS + 1):
        for i in range(1, OPTIONS + 1):
            put(f"set{s}_i{i}", _chosen(("", "1"), (random.random(n) < 0.6 / i).astype(int)))
    for i in range(1, NUMBERS + 1):
        numbers = random.integers(0, 250, n) if i <= 7 else np.round(random.lognormal(8, 1.5, n), 2)
        put(f"number{i}", _text(numbers.astype(str)), 0.9)
    for i in range(1, DATES + 1):
        days = np.datetime64("1960-01-01") + random.integers(0, 19_000, n).astype("timedelta64[D]")
        put(f"date{i}", _text(days.astype(str)), 0.9)
    for i in range(1, TEXTS + 1):
        words = random.integers(0, len(WORDS), (n, 12))
        sentences = [" ".join(WORDS[w] for w in row[: 3 + row[0] % 9]) for row in words]
        sentences[::100] = [f'"He said ""{text}"",\nand left."' for text in sentences[::100]]
        put(f"text{i}", pa.array(sentences), 0.15 if i > 1 else 0.5)
    return found


def _text(cells: np.ndarray) -> pa.Array:
    return pa.array(cells.astype(object), pa.string())


def _chosen(labels: tuple[str, ...], codes: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("int8")), pa.array(labels)).cast(pa.string())
