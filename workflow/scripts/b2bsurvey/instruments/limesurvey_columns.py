"""The columns that LimeSurvey's questions have in an export, by the question's type.

In an export with codes: `Q`, `Q[SQ001]`, `Q[Y1_X1]`, `Q[SQ001][1]`, `Q[other]`, `Q[SQ001comment]`. Elsewhere the same
columns are called `Q_SQ001` (files for R) and `123X4X5SQ001` (the database, archives).
"""

from collections.abc import Mapping, Sequence

from b2bsurvey.instruments.instrument import Choice, ExportColumn, Texts

OTHER: Texts = {"en": "Other", "de": "Sonstiges", "fr": "Autre", "it": "Altro"}
_TICKED = (Choice("Y", {"en": "Yes", "de": "Ja", "fr": "Oui", "it": "Sì"}),)
_WITHOUT_ITEMS = ("L", "!", "O", "5", "Y", "G", "I", "N", "D", "S", "T", "U", "*")


def export_columns(
    code: str,
    kind: str,
    rows: Sequence[Choice],
    across: Sequence[Choice],
    own: Mapping[str, tuple[Choice, ...]],
    other: bool,
    field: str,
) -> list[ExportColumn]:
    """Return the columns of a question of one of LimeSurvey's types.

    `rows` and `across` are its subquestions on both axes, `own` its answers by scale, `other` whether it has an open
    option, `field` its name in the database ('' where that is not known).
    """
    answers = own.get("0", ()) + ((Choice("-oth-", OTHER, other=True),) if other and kind in "L!" else ())
    made: list[ExportColumn] = []

    def add(
        part: str, item: str = "", context: str = "", answers: tuple[Choice, ...] = (), words: bool = False
    ) -> None:
        names = ([f"{code}_{part}"] if part else []) + ([f"{field}{part}"] if field else [])
        made.append(ExportColumn(f"{code}[{part}]" if part else code, item, context, answers, words, tuple(names)))

    if kind in _WITHOUT_ITEMS:
        add("", answers=answers, words=kind in "STU*")
    elif kind in ("M", "P"):
        for item in rows:
            add(item.code, item.code, answers=_TICKED)
            if kind == "P":
                add(f"{item.code}comment", item.code, "comment", words=True)
    elif kind == "R":
        for place in across:
            add(place.code, context=place.code, answers=answers)
    elif kind == "1":
        for item in rows:
            for scale, context in zip(own, across, strict=True):
                heading = f"{code}[{item.code}][{context.code}]"
                names = [f"{code}_{item.code}#{scale}"] + ([f"{field}{item.code}#{scale}"] if field else [])
                made.append(ExportColumn(heading, item.code, context.code, own[scale], names=tuple(names)))
    elif kind in (":", ";"):
        for item in rows:
            for context in across:
                add(f"{item.code}_{context.code}", item.code, context.code, words=kind == ";")
    elif kind == "|":
        add("")
        names = [f"{code}__filecount"] + ([f"{field}_filecount"] if field else [])
        made.append(ExportColumn(f"{code}[filecount]", names=tuple(names)))
    elif kind != "X":
        for item in rows:
            add(item.code, item.code, answers=answers, words=kind == "Q")
        if not rows:
            add("")
    if other:
        add("other", "other", words=True)
        if kind == "P":
            add("othercomment", "other", "comment", words=True)
    if kind == "O":
        add("comment", "", "comment", words=True)
    return made
