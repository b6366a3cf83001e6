"""Population tables: how many firms or persons there are of each kind, for weights to match."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from b2bsurvey.config import Wave
from b2bsurvey.errors import StudyError, nearest, nearest_file
from b2bsurvey.fingerprint import file_hash
from b2bsurvey.questionnaire import Question, Questionnaire
from b2bsurvey.readers import table_in
from b2bsurvey.readers.raw import Table
from b2bsurvey.readers.source import open_source
from b2bsurvey.sampling import Codes, Names

SIZES = ("count", "share")
MARGINS = ("variable", "code")  # what stands before the size in a table of margins
ROUNDED = 0.01  # margins of one population, printed rounded, may differ by this share of their sum
NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+")


@dataclass(frozen=True)
class Population:
    """A population table; `total` is the number in the population, None where the table holds shares.

    `tables` maps variables to the sizes of the crossings of their codes: one table of all variables where it is
    cross-classified, one a variable where it holds margins.
    """

    file: str
    total: float | None
    tables: Mapping[Names, Mapping[Codes, float]]

    def shares(self, variables: Names) -> dict[Codes, float]:
        """Return the shares (0–1) in the population of the crossings of the codes of `variables`.

        Raises:
            StudyError: when the table does not hold the variables, or not crossed with each other.
        """
        known = dict.fromkeys(name for names in self.tables for name in names)
        for name in variables:
            if name not in known:
                raise StudyError(
                    f"{self.file}: the weights need '{name}', which the table does not have{nearest(name, known)}; "
                    "add it to the table, or take it out of the wave's weights."
                )
        crossed = next((names for names in self.tables if set(variables) <= set(names)), None)
        if crossed is None:
            raise StudyError(
                f"{self.file}: the table gives each variable by itself, but post_stratify needs them together; head it "
                f"'{','.join(variables)},count', or rake instead."
            )
        places = [crossed.index(name) for name in variables]
        sums: dict[Codes, float] = {}
        for codes, size in self.tables[crossed].items():
            key = tuple(codes[place] for place in places)
            sums[key] = sums.get(key, 0.0) + size
        whole = math.fsum(sums.values())
        return {key: size / whole for key, size in sums.items()}


def read_population(wave: Wave, questionnaire: Questionnaire, sha256: str) -> Population | None:
    """Read the population table of a wave, None where it has none; `sha256` is what the file had when the run began.

    A table headed `variable,code,count` holds margins, one headed by variables of the questionnaire and `count` their
    crossing; `share` may stand for `count`.

    Raises:
        StudyError: with file, line and value for whatever the table has wrong.
    """
    if wave.weighting.population is None:
        return None
    path = Path(wave.weighting.population)
    if not path.is_file():
        raise StudyError(f"{wave.line}: the file '{path}' does not exist{nearest_file(path)}; correct the path.")
    if file_hash(path) != sha256:
        raise StudyError(f"{path}: the population table was replaced while the run was under way; run again.")
    table = table_in(open_source(path))
    rows = list(_rows(table, questionnaire))
    tables: dict[Names, dict[Codes, float]] = {}
    lines: dict[tuple[Names, Codes], str] = {}
    for row in rows:
        first = lines.setdefault((row.names, row.codes), row.place)
        if first != row.place:
            what = ", ".join(f"{name} = {code}" for name, code in zip(row.names, row.codes, strict=True))
            raise StudyError(f"{row.place}: {what} stands here again (first in {first}); give it once.")
        tables.setdefault(row.names, {})[row.codes] = row.size
    totals = {names: math.fsum(sizes.values()) for names, sizes in tables.items()}
    _totals_agree(table.file, totals)
    counted = _heading(table)[-1] == "count"
    return Population(table.file, next(iter(totals.values())) if counted else None, tables)


class _Row(NamedTuple):
    place: str
    names: Names
    codes: Codes
    size: float


def _heading(table: Table) -> Names:
    return tuple(cell.strip() for cell in table.rows[0])


def _rows(table: Table, questionnaire: Questionnaire) -> Iterator[_Row]:
    *names, size = _heading(table)
    known = {q.name: q for q in questionnaire.questions.values() if q.answers and not q.items}
    margins = tuple(names) == MARGINS
    if not names or size not in SIZES or len(set(names)) < len(names):
        raise StudyError(
            f"{table.place(0)}: found the headings '{','.join([*names, size])}', expected 'variable,code,count' or "
            "variables of the questionnaire and 'count' last ('share' where only shares are known); correct them."
        )
    if not margins:
        for name in names:
            _check_question(table.place(0), name, known, questionnaire)
    if not any("".join(row).strip() for row in table.rows[1:]):
        raise StudyError(
            f"{table.file}: found no line below the headings, expected the sizes of the population; add them."
        )
    for number, row in enumerate(table.rows[1:], start=1):
        *codes, text = (cell.strip() for cell in row)
        if not any((*codes, text)):
            continue
        place = table.place(number)
        if margins:
            _check_question(place, codes[0], known, questionnaire)
        pairs = [(codes[0], codes[1])] if margins else list(zip(names, codes, strict=True))
        for name, code in pairs:
            _check_code(place, code, known[name])
        if not NUMBER.fullmatch(text):
            raise StudyError(
                f"{place}: the {size} is '{text}', expected a number of at least 0 with a decimal point and nothing "
                "else, such as 1234.5; correct it."
            )
        yield _Row(place, tuple(n for n, _ in pairs), tuple(c for _, c in pairs), float(text))


def _check_question(place: str, name: str, known: Mapping[str, Question], questionnaire: Questionnaire) -> None:
    if name not in known:
        raise StudyError(
            f"{place}: '{name}' is not a closed question of {questionnaire.file}{nearest(name, known)}; correct it."
        )


def _check_code(place: str, code: str, question: Question) -> None:
    codes = [a.code for a in question.answers]
    if code not in codes:
        label_of = [a.code for a in question.answers if code in a.label.values()]
        hint = f"; it is the label of '{label_of[0]}'" if label_of else nearest(code, codes)
        raise StudyError(f"{place}: '{code}' is not an answer code of '{question.name}'{hint}; correct it.")


def _totals_agree(file: str, totals: Mapping[Names, float]) -> None:
    (first, whole), *others = totals.items()
    for names, total in ((first, whole), *others):
        if not total > 0:
            raise StudyError(f"{file}: the sizes of '{', '.join(names)}' are all 0; give those of the population.")
        if abs(total - whole) > ROUNDED * whole:
            raise StudyError(
                f"{file}: the sizes of '{first[0]}' sum to {whole:.10g} but those of '{names[0]}' to {total:.10g}; "
                "they must describe the same population, so correct them."
            )
