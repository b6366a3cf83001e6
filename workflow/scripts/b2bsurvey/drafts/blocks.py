"""Which neighbouring columns of an export belong to one question, as far as headings tell."""

import re
from collections.abc import Sequence

from b2bsurvey.columns import normal
from b2bsurvey.drafts.profile import Profile
from b2bsurvey.readers.raw import Column

_SIDES = 4  # how many questions may stand side by side
_SOSCI = re.compile(r"[A-Z]{2}\d{2}")
# up to the side of a question: q10#1_2 is of q10#1
_CODE_STEM = re.compile(r"[\[_./]")
_NUMBERED = re.compile(r"(.{2,}?)[_.-](?:\d+[a-z]?|[a-z])")


def blocks(profiles: Sequence[Profile]) -> list[list[Profile]]:
    """Return the columns in the blocks that they stand in: under one question, or with the same beginning of codes.

    Options that are headings of their own (Typeform) make a block where each cell repeats its heading.
    """
    found: list[list[Profile]] = []
    for here in profiles:
        side = next((block for block in found[-_SIDES:] if _is_side_of(block, here)), None)
        if found and _continues(found[-1], here):
            found[-1].append(here)
        elif side is not None:
            side.append(here)
        else:
            found.append([here])
    return found


def _is_side_of(block: Sequence[Profile], here: Profile) -> bool:
    """Return whether a column belongs to a block that others stand between: questions side by side, row by row."""
    last, column = block[-1].column, here.column
    same = column.question == last.question and _stem(column) == _stem(last) and bool(column.code)
    items = {p.column.item for p in block}
    return same and "#" in column.code and bool(column.item) and column.item not in items


def _continues(block: Sequence[Profile], here: Profile) -> bool:
    first, last, column = block[0].column, block[-1].column, here.column
    if column.position != last.position + 1:
        return False
    if _is_option_of(first, column):
        return True
    if column.question and normal(column.question) == normal(last.question) and (column.item or last.item):
        repeated = normal(column.item) in {normal(p.column.item) for p in block}
        return not repeated and _stem(column) == _stem(last)
    if column.item or last.item:
        return False
    numbered, before = _NUMBERED.fullmatch(column.code), _NUMBERED.fullmatch(last.code)
    if numbered and before:
        return numbered[1] == before[1]
    if _repeats_heading(block[-1]):
        other_field = normal(column.question) in ("other", "andere", "sonstiges", "autre", "altro")
        return _repeats_heading(here) or (other_field and not column.code)
    return False


def _is_option_of(first: Column, column: Column) -> bool:
    """Return whether a code says that a column is an option of the block's first: `channels/linkedin`, `CH01_02`."""
    signs = "/._" if _SOSCI.fullmatch(first.code) else "/."
    return bool(first.code) and any(column.code.startswith(f"{first.code}{sign}") for sign in signs)


def _stem(column: Column) -> str:
    return _CODE_STEM.split(column.code)[0]


def _repeats_heading(here: Profile) -> bool:
    return not here.column.item and bool(here.values) and here.values <= here.own_names
