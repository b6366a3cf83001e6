"""What stands beside the answers of one question: the numbers of its table, or counts where no analysis takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from b2bsurvey.codebook import Described
from b2bsurvey.questionnaire import ANSWERED, Question
from b2bsurvey.render.printed import Cell, count_cell, estimate_cells
from b2bsurvey.render.question_tables import NUMBERS, SHARES, QuestionRows

TICKED = "ticked"
Place = tuple[str, str]
"""Item and context."""
Kind = tuple[str, str]
"""Answer and statistic."""


class Tabulated:
    """The results of a question with the digits of its tables."""

    # where the share of a missing reason may stand that is not among the answers
    _WIDER = ("answered", "asked", "all")

    def __init__(self, rows: QuestionRows) -> None:
        self.question, self.base, self._rows = rows.question, rows.default, rows
        self.kinds: Sequence[Kind] = rows.kinds(rows.default)

    def _row(self, place: Place, code: str, base: str = "") -> Any:
        rows = (self._rows.get(place, (code, statistic), base) for statistic in SHARES)
        return next((row for row in rows if row is not None), None)

    def share(self, place: Place, code: str) -> Cell:
        """Return the share of an answer, of several joined by `+`, or of a tick."""
        return estimate_cells(self._row(place, code))[0]

    def count(self, place: Place, code: str) -> Cell:
        """Return how many gave an answer, unweighted."""
        return count_cell(self._row(place, code), "count")

    def number(self, place: Place, kind: Kind) -> Cell:
        """Return a statistic of numbers or scores."""
        return estimate_cells(self._rows.get(place, kind))[0]

    def n(self, place: Place) -> Cell:
        """Return how many respondents the results are of, unweighted."""
        rows = (self._rows.get(place, kind) for kind in self.kinds)
        return count_cell(next((row for row in rows if row is not None), None), "n")

    def missing(self, place: Place, reason: str) -> tuple[Cell, str]:
        """Return the share of a missing reason with its base; an empty cell where it is not tabulated."""
        for base in dict.fromkeys((self.base, *self._WIDER)):
            row = self._row(place, reason, base)
            if row is not None:
                return estimate_cells(row)[0], base
        return Cell(), ""


class Counted:
    """The unweighted results of a question, as the codebook counts them: shares are of substantive answers."""

    base = "valid"
    _NAMES: Mapping[Kind, str] = {
        ("", "mean"): "mean",
        ("0.25", "quantile"): "q1",
        ("", "median"): "median",
        ("0.75", "quantile"): "q3",
    }

    def __init__(self, question: Question, variables: Mapping[str, Described]) -> None:
        self.question = question
        self.kinds: Sequence[Kind] = [k for k in NUMBERS if k in self._NAMES] if question.kind == "number" else []
        self._of = {(v.item, v.context): variables[v.name] for v in question.variables}

    def share(self, place: Place, code: str) -> Cell:
        """Return the share of an answer or of a tick."""
        n = self._of[place].n_valid
        return Cell(self._counted(place, code) / n if n else None, "share")

    def count(self, place: Place, code: str) -> Cell:
        """Return how many gave an answer."""
        return Cell(self._counted(place, code), "count")

    def number(self, place: Place, kind: Kind) -> Cell:
        """Return a statistic of numbers."""
        return Cell(self._of[place].numbers.get(self._NAMES[kind]), "mean")

    def n(self, place: Place) -> Cell:
        """Return how many gave a substantive answer."""
        return Cell(self._of[place].n_valid, "count")

    def missing(self, place: Place, reason: str) -> tuple[Cell, str]:
        """Return the share of a missing reason of all respondents; an empty cell where nobody has it."""
        found = self._of[place]
        count = found.missing.get(reason, 0)
        return (Cell(count / found.n, "share"), "all") if count else (Cell(), "")

    def _counted(self, place: Place, code: str) -> int:
        found = self._of[place]
        return found.n_valid if code == ANSWERED else found.counts.get("1" if code == TICKED else code, 0)
