"""Outcome rates of field work: response, cooperation, refusal and contact; view, participation and completion."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cases:
    """Cases of a sampling frame by final outcome; the letters are those of AAPOR's formulas.

    `unknown` are cases of unknown eligibility (UH + UO).
    """

    complete: int  # I
    partial: int  # P
    refused: int  # R, break-offs included
    not_contacted: int  # NC
    other: int  # O: eligible, contacted, no usable interview
    unknown: int  # U
    ineligible: int  # NE

    @property
    def total(self) -> int:
        """All cases of the frame."""
        return self.eligible + self.unknown + self.ineligible

    @property
    def eligible(self) -> int:
        """Cases known to be eligible."""
        return self.complete + self.partial + self.refused + self.not_contacted + self.other


@dataclass(frozen=True)
class Rate:
    """A share of cases; the denominator may hold a fraction of the unknown ones. `formula` names them."""

    numerator: int
    denominator: float
    formula: str

    @property
    def value(self) -> float:
        """The share (0–1); NaN of no cases."""
        return self.numerator / self.denominator if self.denominator > 0 else float("nan")


def eligible_share(cases: Cases) -> float:
    """Return e, the share of the unknown cases that is eligible, as it is among the known ones; NaN without any.

    The proportional allocation (CASRO 1982) of AAPOR's outcome rate calculator. Verified against R outcomerate.
    """
    known = cases.eligible + cases.ineligible
    return cases.eligible / known if known else float("nan")


def aapor_rates(cases: Cases, e: float) -> dict[str, Rate]:
    """Return RR1–RR6, COOP1–COOP4, REF1–REF3 and CON1–CON3 with `e` (0–1) of the unknown cases eligible.

    AAPOR (2016), Standard Definitions, 9th edition. RR1 counts every unknown case as eligible, RR5 none.
    Verified against the example published with R outcomerate 1.0.1.
    """
    i, p, r, o, u = cases.complete, cases.partial, cases.refused, cases.other, cases.unknown
    answered, reached = i + p, i + p + r + o
    bases = (
        (cases.eligible + u, "(I + P + R + NC + O + U)"),
        (cases.eligible + e * u, "(I + P + R + NC + O + e·U)"),
        (cases.eligible, "(I + P + R + NC + O)"),
    )
    rates = {}
    for place, (base, letters) in enumerate(bases):
        rates[f"RR{2 * place + 1}"] = Rate(i, base, f"I / {letters}")
        rates[f"RR{2 * place + 2}"] = Rate(answered, base, f"(I + P) / {letters}")
    rates["COOP1"] = Rate(i, reached, "I / (I + P + R + O)")
    rates["COOP2"] = Rate(answered, reached, "(I + P) / (I + P + R + O)")
    rates["COOP3"] = Rate(i, answered + r, "I / (I + P + R)")
    rates["COOP4"] = Rate(answered, answered + r, "(I + P) / (I + P + R)")
    rates |= {f"REF{n}": Rate(r, base, f"R / {letters}") for n, (base, letters) in enumerate(bases, 1)}
    for n, (base, letters) in enumerate(bases, 1):
        rates[f"CON{n}"] = Rate(reached, base, f"(I + P + R + O) / {letters}")
    return rates


def web_rates(invited: int | None, views: int | None, took_part: int, completed: int | None) -> dict[str, Rate]:
    """Return the rates of a web survey of which both counts are known.

    `view_rate`: unique visitors of the first page of those invited; `participation_rate`: of these, who took
    part; `completion_rate`: of these, who reached the end (CHERRIES, Eysenbach 2004). `usable_rate`: completed
    of those invited, where there is no sampling frame (AAPOR's participation rate of opt-in panels).
    """
    steps = {
        "view_rate": (views, invited, "views_unique / invited"),
        "participation_rate": (took_part, views, "took_part / views_unique"),
        "completion_rate": (completed, took_part, "completed / took_part"),
        "usable_rate": (completed, invited, "completed / invited"),
    }
    return {
        name: Rate(part, whole, formula)
        for name, (part, whole, formula) in steps.items()
        if part is not None and whole is not None
    }
