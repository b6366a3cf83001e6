"""Several options in one cell: what parts them, and which options there are."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from b2bsurvey.columns import normal
from b2bsurvey.drafts.profile import Profile

# what platforms part options with; the first is theirs beyond doubt
_SIGNS = {"msforms": (";",), "googleforms": (", ", ";"), "kobo": (" ",), "alchemer": (";",), "typeform": (", ", ";")}
_CERTAIN = {("msforms", ";"), ("kobo", " ")}
_ELSEWHERE = (";", ", ", " ")
_CODE = re.compile(r"[a-z0-9_]+")
_FEWEST = 20  # cells without which free text with commas cannot be told from options
_MOST_OPTIONS = 60
_FIRST_TEST = 5


@dataclass(frozen=True)
class Joined:
    """What parts the options, the options with how often each was ticked, and whether other text stands beside them."""

    sign: str
    options: Mapping[str, int]
    has_other: bool


def joined(here: Profile, platform: str) -> Joined | None:
    """Return the options that stand joined in the cells of a column, None where its cells are no such lists."""
    for sign in _SIGNS.get(platform, _ELSEWHERE):
        found = _by(here, sign, (platform, sign) in _CERTAIN)
        if found is not None:
            return found
    return None


def _by(here: Profile, sign: str, certain: bool) -> Joined | None:
    cells = {value: n for value, n in here.counts.items() if value.strip()}
    pieces = {value: [p.strip() for p in value.split(sign) if p.strip()] for value in cells}
    if not any(len(found) > 1 for found in pieces.values()) and not any(v.rstrip().endswith(";") for v in cells):
        return None
    if sign == " ":  # codes without spaces, of which some repeat
        tokens = [token for found in pieces.values() for token in found]
        if not all(_CODE.fullmatch(token) for token in tokens) or not any("_" in t or certain for t in tokens):
            return None
        if len(tokens) < 1.3 * len(set(tokens)):
            return None
        certain = True
    if not certain and here.n < _FEWEST:
        return None
    if sign == ", ":
        pieces = _whole_options(cells, pieces)
    counts: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    for value, n in cells.items():
        for piece in dict.fromkeys(pieces[value]):
            counts[normal(piece)] += n
            spellings.setdefault(normal(piece), piece)
    # what is given once may be somebody's own words, but for codes and in an export of a first test
    once = certain and (sign == " " or here.n < _FIRST_TEST)
    least = 1 if once else 2 if certain else max(3, round(0.02 * here.n))
    options = {spellings[text]: n for text, n in counts.most_common() if n >= least}
    if not 2 <= len(options) <= _MOST_OPTIONS:
        return None
    known = set(map(normal, options))
    covered = sum(n for value, n in cells.items() if all(normal(p) in known for p in pieces[value]))
    alone = {normal(value.strip().rstrip(sign)) for value in cells}
    is_list = certain or len(known & alone) >= len(known) / 2 or len(cells) > 1.5 * len(known)
    several = sum(n for value, n in cells.items() if len(pieces[value]) > 1)
    is_list = is_list and (certain or len(cells) > len(known))
    if not is_list or covered < 0.6 * here.n or (several < 0.05 * here.n and not certain):
        return None
    return Joined(sign, options, covered < here.n)


def _whole_options(cells: Mapping[str, int], pieces: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Put together what a comma within an option has parted: pieces that only ever stand side by side."""
    alone: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for value, n in cells.items():
        alone.update(dict.fromkeys(pieces[value], n))
        pairs.update(dict.fromkeys(zip(pieces[value], pieces[value][1:], strict=False), n))
    inseparable = {pair for pair, n in pairs.items() if n >= 3 and n == alone[pair[0]] == alone[pair[1]]}
    whole = {}
    for value, found in pieces.items():
        made: list[str] = []
        before = ""
        for piece in found:
            if made and (before, piece) in inseparable:
                made[-1] = f"{made[-1]}, {piece}"
            else:
                made.append(piece)
            before = piece
        whole[value] = made
    return whole
