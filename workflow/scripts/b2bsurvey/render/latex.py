"""The main tables and figures of a wave as a LaTeX document, each between marks so that it can be copied.

Compiles with pdfLaTeX, XeLaTeX and LuaLaTeX of 2021 or newer. Tables follow booktabs; numbers are text as printed.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.paper import PORTRAIT, Block, Heading, Paper, PaperFigure, PaperTable, Words

BABEL = {"en": "british", "de": "nswissgerman", "fr": "french", "it": "italian"}
LONGEST_TEXT = 1000  # characters of a cell: LaTeX breaks no row over pages
# what TeX would take as a command, a shorthand of a language, or two letters as one
ESCAPED = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
# letters and signs that every engine prints with Latin Modern
NATIVE = {chr(code) for code in range(0xA0, 0x180)} - set("\xadĦħĸĿŀŉŦŧſ") | set("‘’‚“”„†‡•…–—‰‹›€™")
SHOWN = {
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\N{THIN SPACE}": r"\,",
    "\N{SOFT HYPHEN}": r"\-",
    **{sign: rf"\ensuremath{{{code}}}" for sign, code in {"−": "-", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq"}.items()},
    **{sign: rf"\ensuremath{{{code}}}" for sign, code in {"≈": r"\approx", "→": r"\to", "←": r"\gets"}.items()},
    **{
        chr(code): rf"\ensuremath{{\{unicodedata.name(chr(code)).split()[-1].lower()}}}"
        for code in range(0x3B1, 0x3CA)
        if code not in (0x3BB, 0x3BF, 0x3C2)
    },
    "λ": r"\ensuremath{\lambda}",
    "Δ": r"\ensuremath{\Delta}",
}
PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
% A table or figure stands between its marks (begin, end) and can be copied with them. Tables need:
\usepackage{array,booktabs,longtable,ragged2e,caption}
\newcolumntype{L}[1]{>{\RaggedRight\hspace{0pt}\arraybackslash}p{#1}}
\newcolumntype{R}[1]{>{\RaggedLeft\hspace{0pt}\arraybackslash}p{#1}}
\captionsetup{labelfont=bf,textfont=it,labelsep=newline,singlelinecheck=false,justification=raggedright}
\setlength{\LTleft}{0pt}\setlength{\LTcapwidth}{\linewidth}
% and the document:
\usepackage{iftex}
\ifPDFTeX\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{lmodern}\fi
\usepackage{textcomp,newunicodechar,graphicx,float,pdflscape}
\usepackage[a4paper,margin=2cm]{geometry}
"""
# a sign that the font lacks is shown by its code
CODED = r"""\newcommand{\orcode}[1]{\ifPDFTeX(U+#1)\else\iffontchar\font"#1 \char"#1 \else(U+#1)\fi\fi}
"""


def latex(paper: Paper, labels: Labels, drawn: Collection[str]) -> str:
    """Return the document; `drawn` are the names of the figures that stand beside it as PDF or PNG.

    Cells are those of `paper`. Equal input gives equal text.
    """
    head = [
        "% " + " · ".join(" ".join(_legal(line).split()) for line in (paper.title, *paper.lines)),
        PREAMBLE + rf"\usepackage[{BABEL[labels.language]}]{{babel}}",
        r"\frenchsetup{AutoSpacePunctuation=false}" if labels.language == "fr" else "",
        r"\usepackage[hidelinks,unicode]{hyperref}",
        rf"\hypersetup{{pdflang={{{labels.language}}}}}",
    ]
    body = [
        r"\begin{document}",
        r"\raggedright\raggedbottom\setlength{\parskip}{4pt}\setlength{\parindent}{0pt}",
        rf"{{\LARGE\bfseries {escaped(paper.title)}\par}}",
        *(rf"{escaped(line)}\par" for line in paper.lines),
        *_blocks(paper.blocks, labels, drawn),
        r"\end{document}",
    ]
    text = "\n".join(body)
    return "\n".join(part for part in (*head, _declared(text), text, "") if part)


def escaped(text: str) -> str:
    """Return text as LaTeX prints it, sign for sign, on one line."""
    plain = "".join(ESCAPED.get(sign, sign) for sign in " ".join(re.split(r"[\t\n\r]+", _legal(text))))
    return re.sub(r"(?<=-)(?=-)|(?<=,)(?=,)|(?<=[?!])(?=\\textasciigrave)", "{}", plain)


def _legal(text: str) -> str:
    """Return text in composed letters, without control signs and halves of pairs."""
    composed = unicodedata.normalize("NFC", text)
    return re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", composed
    )


def _declared(text: str) -> str:
    """Return how the signs are printed that not every engine knows."""
    lines = [CODED]
    for sign in sorted(set(text) - NATIVE):
        if ord(sign) >= 128:
            invisible = unicodedata.category(sign) in ("Cf", "Mn") and sign != "\N{SOFT HYPHEN}"
            shown = SHOWN.get(sign, "{}" if invisible else rf"\orcode{{{ord(sign):04X}}}")
            lines.append(rf"\newunicodechar{{{sign}}}{{{shown}}}")
    return "\n".join(lines)


def _blocks(blocks: Sequence[Block], labels: Labels, drawn: Collection[str]) -> Iterator[str]:
    for turned, group in groupby(blocks, lambda block: block.landscape):
        yield r"\begin{landscape}" if turned else ""
        for block in group:
            yield from _block(block, labels, drawn)
        yield r"\end{landscape}" if turned else ""


def _block(block: Block, labels: Labels, drawn: Collection[str]) -> Iterator[str]:
    if isinstance(block, Heading):
        yield rf"\{'sub' * (block.level - 1)}section*{{{escaped(block.text)}}}"
    elif isinstance(block, Words):
        topic = rf"\textbf{{{escaped(block.topic + labels('word.colon'))}}}" if block.topic else ""
        yield rf"{topic}{escaped(block.text)}\par"
    elif isinstance(block, PaperFigure):
        yield from _figure(block, labels, drawn)
    else:
        yield from _table(block, labels)


def _figure(figure: PaperFigure, labels: Labels, drawn: Collection[str]) -> Iterator[str]:
    file = f"figures/{labels.language}/{figure.name}"
    size = r"width=\linewidth,height=0.8\textheight,keepaspectratio"
    picture = rf"\includegraphics[{size},alt={{{escaped(figure.alt)}}}]{{{file}}}"
    missing = escaped(f"{labels('paper.no_picture', file=f'{file}.svg')} {figure.alt}")
    label = re.sub(r"[^A-Za-z0-9]+", "-", figure.name)
    yield rf"\setcounter{{figure}}{{{figure.number - 1}}}"
    yield f"% --- fig:{label} begin ---"
    yield r"\begin{figure}[H]"
    yield picture if figure.name in drawn else missing
    yield rf"\caption{{{escaped(figure.title)}}}\label{{fig:{label}}}"
    yield r"\end{figure}"
    yield f"% --- fig:{label} end ---"


def _table(table: PaperTable, labels: Labels) -> Iterator[str]:
    columns = "".join(f"{'L' if c.is_text else 'R'}{{{c.width - 0.2:.2f}cm}}" for c in table.columns)
    heads = " & ".join(escaped(column.heading) for column in table.columns) + r" \\"
    across = rf"\multicolumn{{{len(table.columns)}}}{{@{{}}L{{{min(table.width, PORTRAIT) - 0.2:.2f}cm}}@{{}}}}"
    continued = escaped(f"{labels('report.table', number=table.number)} ({labels('paper.continued')})")
    yield rf"\setcounter{{table}}{{{table.number - 1}}}"
    yield f"% --- tab:{table.label} begin ---"
    yield r"\begingroup\footnotesize\setlength{\tabcolsep}{0.1cm}"
    yield rf"\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}"
    yield rf"\caption{{{escaped(table.title)}}}\label{{tab:{table.label}}}\\"
    yield rf"\toprule {heads} \midrule \endfirsthead"
    yield rf"{across}{{{continued}}} \\ \toprule {heads} \midrule \endhead"
    yield r"\bottomrule \endfoot \bottomrule \endlastfoot"
    for name, rows in table.sections:
        if name:
            yield rf"{across}{{\itshape {escaped(name)}}} \\*"
        for row in rows:
            yield " & ".join(escaped(_short(cell)) for cell in (row.label, *row.cells)) + r" \\"
    yield r"\end{longtable}"
    if table.notes:
        first = rf"\textit{{{escaped(labels('paper.note'))}}} "
        yield first + r"\par ".join(escaped(note) for note in table.notes) + r"\par"
    yield r"\endgroup"
    yield f"% --- tab:{table.label} end ---"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
