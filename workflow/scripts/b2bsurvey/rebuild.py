"""Respondents of the wave buffer-2018, rebuilt from the counts that are known of it.

    python -m b2bsurvey.rebuild config/published/buffer-2018.yaml config/questionnaires/buffer-2018.yaml OUT.csv

(with `workflow/scripts` on PYTHONPATH). Every count of the published file is met exactly; beyond them answers
are dealt at random with a fixed seed, so that no other joint distribution means anything. What was chosen where
no count is known stands in data/raw/README.md.
"""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from b2bsurvey.errors import StudyError
from b2bsurvey.published import PublishedFile, PublishedTable, load_published
from b2bsurvey.questionnaire import Questionnaire
from b2bsurvey.questionnaire_file import load_questionnaire
from b2bsurvey.respondent_key import DEMONSTRATION_KEY, hashed

SEED = 2018
SIZES = ("up_to_50", "over_50", "")  # '' where staff was left blank
TICKED = "ticked"
LAST_COLUMNS = ("Start Date (UTC)", "Submit Date (UTC)", "Network ID")

Ints = NDArray[np.int_]


def rebuild(published: PublishedFile, questionnaire: Questionnaire) -> pd.DataFrame:
    """Return one row a respondent and one column an asked variable: an answer's code, 'ticked', or ''.

    Raises:
        StudyError: when the counts of the file contradict each other.
    """
    rng, tables = np.random.default_rng(SEED), published.tables
    people = _people(tables["staff"], questionnaire)
    names = [v.name for v in questionnaire.variables if questionnaire.questions[v.question].derivation is None]
    answers = pd.DataFrame("", index=people.index, columns=names, dtype=object)
    answers["business_type"] = people["type"].replace("blank", "")
    answers["staff"] = people["staff"].replace("not_answered", "")

    for name in ("team_size", "messaging"):
        answers[name] = _dealt(rng, len(people), _answer_counts(tables[name], "all", len(people)))
    for group, members in people.groupby("type", sort=False).groups.items():
        for name in ("effectiveness", "stories", "roi_measure"):
            answers.loc[members, name] = _dealt(rng, len(members), _answer_counts(tables[name], group, len(members)))
        for name in ("channels", "priorities"):
            counts = {f"{name}_{item}": tables[name].count(item, group) for item in tables[name].rows}
            answers.loc[members, list(counts)] = _ticks(rng, len(members), list(counts.values()))
    _add_strategy(rng, answers, people, tables)
    _add_video_barriers(rng, answers, people, tables)
    return answers.iloc[rng.permutation(len(people))].reset_index(drop=True)


def to_typeform(answers: pd.DataFrame, questionnaire: Questionnaire, wave: str) -> str:
    """Return rebuilt answers as Typeform would export them (CSV).

    The layout wants an id: a hash of the wave and the number of the row. Dates and network id are not known
    and stay blank.
    """
    columns = [("#", hashed(DEMONSTRATION_KEY, (f"{wave}\n{row}" for row in range(len(answers)))))]
    for name in answers:
        question, item = next(
            (questionnaire.questions[v.question], v.item) for v in questionnaire.variables if v.name == name
        )
        labels = {a.code: a.label["en"] for a in question.answers} or {TICKED: question.item_label(item, "en")}
        heading = labels.get(TICKED) or question.column or question.name
        columns.append((heading, [labels.get(code, "") for code in answers[name]]))
    columns += [(heading, [""] * len(answers)) for heading in LAST_COLUMNS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([heading for heading, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return text.getvalue()


def _people(staff: PublishedTable, questionnaire: Questionnaire) -> pd.DataFrame:
    """Return everybody's type of business, staff and size class: of these three the joint distribution is known."""
    rows = [(t, s) for t in staff.n for s in staff.rows for _ in range(staff.count(s, t))]
    people = pd.DataFrame(rows, columns=["type", "staff"])
    for group, found in people["type"].value_counts().items():
        if found != staff.n[str(group)]:
            raise StudyError(f"{staff.line}: the staff counts of '{group}' sum to {found}, not {staff.n[str(group)]}.")
    derivation = questionnaire.questions["size_class"].derivation
    size_of = {code: size for size, codes in derivation.groups.items() for code in codes} if derivation else {}
    return people.assign(size=people["staff"].map(size_of).fillna(""))


def _answer_counts(table: PublishedTable, column: str, n: int) -> dict[str, int]:
    """Return the count of each answer; where just 'yes' was counted, the others of the group said 'no'."""
    counts = {row: table.count(row, column) for row in table.rows if row != "not_answered"}
    return counts | {"no": n - counts["yes"]} if set(counts) == {"yes"} and column in table.n else counts


def _dealt(rng: np.random.Generator, n: int, counts: Mapping[str, int]) -> list[str]:
    """Return n answers in random order, as many of each as counted; those left over are blank."""
    answers = [code for code, count in counts.items() for _ in range(count)]
    return [str(a) for a in rng.permutation(answers + [""] * (n - len(answers)))]


def _ticks(rng: np.random.Generator, n: int, counts: Sequence[int]) -> NDArray[np.object_]:
    """Return (n, items) 'ticked' or '': each item as often as counted, each respondent at least once."""
    ticks = np.zeros((n, len(counts)), bool)
    for item, count in enumerate(counts):
        ticks[rng.permutation(n)[:count], item] = True
    for empty in np.flatnonzero(~ticks.any(axis=1)):
        giver = rng.choice(np.flatnonzero(ticks.sum(axis=1) > 1))
        item = rng.choice(np.flatnonzero(ticks[giver]))
        ticks[[giver, empty], item] = False, True
    return np.where(ticks, TICKED, "").astype(object)


def _add_strategy(
    rng: np.random.Generator, answers: pd.DataFrame, people: pd.DataFrame, tables: Mapping[str, PublishedTable]
) -> None:
    """Deal 'yes' and 'no' within type × size, so that both the counts by type and those by size are met."""
    table, by_size, total = tables["strategy"], tables["strategy_by_size"], tables["strategy_all"]
    types = list(tables["staff"].n)
    available = np.array([[_members(people, t, s).size for s in SIZES] for t in types])
    yes_by_type = _completed([table.count("yes", t) for t in types[:-1]], total.count("yes", "all"))
    yes_by_size = _completed([by_size.count("yes", s) for s in SIZES[:-1]], total.count("yes", "all"))
    no_by_size = _completed([by_size.count("no", s) for s in SIZES[:-1]], total.count("no", "all"))
    # all who gave no answer are put into the group without a type of business
    available[-1] -= available.sum(axis=0) - yes_by_size - no_by_size
    yes = whole_numbers(yes_by_type, yes_by_size, available)
    for i, j in np.ndindex(yes.shape):
        members = _members(people, types[i], SIZES[j])
        counts = {"yes": int(yes[i, j]), "no": int(available[i, j] - yes[i, j])}
        answers.loc[members, "strategy"] = _dealt(rng, len(members), counts)


def _add_video_barriers(
    rng: np.random.Generator, answers: pd.DataFrame, people: pd.DataFrame, tables: Mapping[str, PublishedTable]
) -> None:
    """Tick within type × size, so that both the counts by type and those by size are met.

    Types other than B2B and B2C are one group here; who left staff blank has left this question blank.
    """
    by_type, by_size, sizes = tables["video_barriers"], tables["video_barriers_by_size"], SIZES[:-1]
    types = [*by_type.n, "rest"]
    people = people.assign(type=people["type"].where(people["type"].isin(types), "rest"))

    def within(rows: list[int], columns: list[int], available: Ints) -> Ints:
        return whole_numbers(_completed(rows, sum(columns)), np.array(columns), available)

    members = np.array([[_members(people, t, s).size for s in sizes] for t in types])
    answered = within(list(by_type.n.values()), list(by_size.n.values()), members)
    ticked = [
        within([by_type.count(item, t) for t in by_type.n], [by_size.count(item, s) for s in sizes], answered)
        for item in by_type.rows
    ]
    names = [f"video_barriers_{item}" for item in by_type.rows]
    for i, j in np.ndindex(answered.shape):
        chosen = rng.permutation(_members(people, types[i], sizes[j]))[: answered[i, j]]
        answers.loc[chosen, names] = _ticks(rng, len(chosen), [int(t[i, j]) for t in ticked])


def _members(people: pd.DataFrame, group: str, size: str) -> Ints:
    return np.flatnonzero((people["type"] == group) & (people["size"] == size))


def _completed(counts: Sequence[int], total: int) -> Ints:
    """Return the counts and, last, what is left of the total."""
    return np.array([*counts, total - sum(counts)])


def whole_numbers(rows: Ints, columns: Ints, available: Ints) -> Ints:
    """Return a table of whole numbers with these row and column sums, none above `available` (r, c).

    The share of a cell follows its row and its column only: a log-linear model without a three-way interaction,
    fitted by iterative proportional fitting (Deming & Stephan 1940), then rounded up or down, of all roundings
    that keep the sums the nearest. Raises StudyError where no table has these sums.
    """
    inside = np.stack([available, available], axis=2) / 2
    sums = (
        np.stack([columns, available.sum(axis=0) - columns], axis=1),
        np.stack([rows, available.sum(axis=1) - rows], axis=1),
        available,
    )
    for _ in range(500):
        for axis, wanted in enumerate(sums):
            found = inside.sum(axis=axis)
            factor = np.divide(wanted, found, out=np.zeros(found.shape), where=found > 0)
            inside = inside * np.expand_dims(factor, axis)
    exact = inside[..., 0]
    lower = np.floor(exact + 1e-9).astype(int)
    tables = lower + np.indices((2,) * lower.size).reshape(lower.size, -1).T.reshape(-1, *lower.shape)
    fits = (tables.sum(axis=2) == rows).all(axis=1) & (tables.sum(axis=1) == columns).all(axis=1)
    fits &= ((tables >= 0) & (tables <= available)).all(axis=(1, 2))
    if not fits.any():
        raise StudyError(
            f"no table has the row sums {rows.tolist()} and the column sums {columns.tolist()} within "
            f"{available.tolist()}: these counts contradict each other; correct the file of published counts."
        )
    distance = np.abs(tables[fits] - exact).sum(axis=(1, 2))
    nearest_table: Ints = tables[fits][distance.argmin()]
    return nearest_table


def main(arguments: Sequence[str]) -> None:
    """Read the published counts and the questionnaire, write the export; a user's mistake ends in one sentence."""
    if len(arguments) != 3:
        raise SystemExit(
            "three paths are needed: the file of published counts, the questionnaire, and the CSV to write"
        )
    counts, asked, out = map(Path, arguments)
    try:
        published, questionnaire = load_published(counts), load_questionnaire(asked)
        text = to_typeform(rebuild(published, questionnaire), questionnaire, published.wave)
    except StudyError as error:
        raise SystemExit(str(error)) from None
    out.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main(sys.argv[1:])
