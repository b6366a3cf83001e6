"""Numbers as they are printed in each language: 1,234.5 · 1'234.5 · 1 234,5."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
NARROW, FIXED = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class NumberForm:
    """Decimal sign, thousands separator, what stands before a percent sign, and the zero of a p value."""

    decimal: str
    thousands: str
    before_percent: str
    zero_of_p: str = ""

    def number(self, value: float, digits: int = 0) -> str:
        """Return `value` with `digits` decimals; an en dash where it is not a number."""
        if value is None or not math.isfinite(value):
            return "–"
        rounded = half_up(value, digits)
        text = f"{abs(rounded):,.{digits}f}".replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        return MINUS + text if rounded < 0 else text

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a proportion (0–1) as a percentage with its sign."""
        if share is None or not math.isfinite(share):
            return "–"
        return f"{self.number(100 * share, digits)}{self.before_percent}%"

    def with_unit(self, number: str, unit: str) -> str:
        """Return a written number with its unit: 1,234 CHF, 60%."""
        return f"{number}{self.before_percent}%" if unit == "%" else f"{number}{FIXED}{unit}".rstrip()

    def p_value(self, p: float) -> str:
        """Return a p value with three decimals, `< .001` below that.

        English and German leave the zero before the decimal sign out, as in APA style; French and Italian do not.
        """
        if p is None or not math.isfinite(p):
            return "–"
        zero = self.zero_of_p + self.decimal
        if p < 0.0005:
            return f"< {zero}001"
        if p > 0.9995:
            return f"> {zero}999"
        return f"{half_up(p, 3):.3f}".replace("0.", zero, 1)


def half_up(value: float, digits: int) -> Decimal:
    """Round the 15 significant digits of `value` half up, as spreadsheets do: 11.25 is 11.3, not 11.2."""
    return Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


# de and it as written in Switzerland
FORMS = {
    "en": NumberForm(".", ",", ""),
    "de": NumberForm(".", "\N{RIGHT SINGLE QUOTATION MARK}", f"{FIXED}"),
    "fr": NumberForm(",", NARROW, NARROW, "0"),
    "it": NumberForm(".", "\N{RIGHT SINGLE QUOTATION MARK}", "", "0"),
}


def number_form(language: str) -> NumberForm:
    """Return how numbers are written in `language`."""
    return FORMS[language]
