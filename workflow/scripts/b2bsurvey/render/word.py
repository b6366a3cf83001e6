"""The main tables and figures of a wave as a Word file, to be taken into papers; the same bytes each time.

Numbers of tables and figures are fields that Word lists and refers to (SEQ); they stay those of the report.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.oxml import parse_xml
from docx.parts.document import DocumentPart
from PIL import Image

from b2bsurvey.render.labels import Labels
from b2bsurvey.render.paper import (
    LANDSCAPE,
    PORTRAIT,
    Block,
    Heading,
    Paper,
    PaperFigure,
    PaperTable,
    Words,
)
from b2bsurvey.render.word_parts import LOCALES, NAMESPACES, settings, styles
from b2bsurvey.repacked import DAY, repacked

TWIPS, EMU = 567, 360_000  # a cm
MARGIN = 2.0  # cm
TALLEST = {False: 21.0, True: 12.0}  # cm, of a figure on an upright and on a turned page
PALETTE = 64  # colours of a picture: charts have few, and files stay small
KEPT_TOGETHER = 15  # rows of a table that is not to be broken by a page
LONGEST_TITLE = 255  # characters that the properties of a document hold
# parts of the template that no document of ours needs
SPARE = ("/thumbnail", "/stylesWithEffects", "/customXml", "/numbering")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def word(found: Paper, labels: Labels, pictures: Mapping[str, bytes]) -> bytes:
    """Return the main tables and figures of a wave as the bytes of a .docx file.

    `pictures` maps names of figures to PNG; of a figure without one the file is named. Two calls with equal input
    return equal bytes. Cells are those of `found`, as text.
    """
    language = labels.language
    document = Document()
    part = document.part
    for rels in (part.package.rels, part.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.endswith(SPARE)]:
            del rels[key]
    document.styles.element[:] = parse_xml(styles(language))[:]
    document.settings.element[:] = parse_xml(settings(language, labels.form.decimal))[:]
    footer = document.sections[0].footer
    footer.is_linked_to_previous = False
    footer._element[:] = [parse_xml(_footer(labels, " · ".join(filter(None, (found.wave, found.origin)))))]
    reference = document.sections[0]._sectPr.footerReference_lst[0].rId
    body = "".join(_body(found.title, found.lines, found.blocks, labels, _Pictures(part, pictures), reference))
    document.element.body[:] = parse_xml(f"<w:body {NAMESPACES}>{body}</w:body>")[:]
    properties = document.core_properties
    properties.title = _legal(f"{found.title} – {found.wave}")[:LONGEST_TITLE]
    properties.author = properties.last_modified_by = "b2bsurvey"
    properties.comments, properties.language = _legal(found.origin), LOCALES[language]
    properties.created = properties.modified = DAY
    file = io.BytesIO()
    document.save(file)
    return repacked(file.getvalue())


class _Pictures:
    """The pictures of a document, each added once with an id of its own."""

    def __init__(self, part: DocumentPart, pictures: Mapping[str, bytes]) -> None:
        self.part, self.pictures, self.added = part, pictures, 0

    def inline(self, figure: PaperFigure) -> str:
        """Return the drawing of a figure with its alternative text; empty without a picture."""
        if figure.name not in self.pictures:
            return ""
        picture, width, height = _small(self.pictures[figure.name])
        scale = min(1.0, PORTRAIT / width, TALLEST[figure.landscape] / height)
        relation, _ = self.part.get_or_add_image(io.BytesIO(picture))
        self.added += 1
        extent = f'cx="{round(width * scale * EMU)}" cy="{round(height * scale * EMU)}"'
        name = quoteattr(figure.name)
        return (
            f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/>'
            f'<wp:docPr id="{self.added}" name={name} descr={_attribute(figure.alt)}/><wp:cNvGraphicFramePr>'
            '<a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic>'
            '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
            f'<pic:cNvPr id="{self.added}" name={name} descr={_attribute(figure.alt)}/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
            "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )


def _small(png: bytes) -> tuple[bytes, float, float]:
    """Return a PNG with few colours, and its width and height in cm."""
    image = Image.open(io.BytesIO(png))
    dpi = float(image.info.get("dpi", (300, 300))[0])
    few = image.convert("RGB").quantize(PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "png", dpi=(dpi, dpi))
    return file.getvalue(), image.width / dpi * 2.54, image.height / dpi * 2.54


def _body(
    title: str, lines: Iterable[str], blocks: Sequence[Block], labels: Labels, pictures: _Pictures, footer: str
) -> Iterator[str]:
    yield _paragraph("Title", _run(title))
    yield from (_paragraph("Normal", _run(line)) for line in lines)
    yield from _contents([block for block in blocks if isinstance(block, Heading)])
    places = {id(block): i for i, block in enumerate((b for b in blocks if isinstance(b, Heading)), start=1)}
    sections = [(turned, list(group)) for turned, group in groupby(blocks, lambda block: block.landscape)]
    for number, (turned, group) in enumerate(sections, start=1):
        for block in group:
            yield from _block(block, labels, pictures, places.get(id(block), 0))
        page = _section(turned, footer)
        # a section ends with a paragraph that holds its page; the last one with the body
        yield page if number == len(sections) else f'<w:p><w:pPr><w:pStyle w:val="Footer"/>{page}</w:pPr></w:p>'


def _block(block: Block, labels: Labels, pictures: _Pictures, place: int) -> Iterator[str]:
    if isinstance(block, Heading):
        yield _paragraph(f"Heading{block.level}", _marked(_run(block.text), f"_Toc{place:06}", place))
    elif isinstance(block, Words):
        topic = _run(block.topic + labels("word.colon"), "<w:b/>") if block.topic else ""
        yield _paragraph("Normal", topic + _run(block.text))
    elif isinstance(block, PaperFigure):
        drawing = pictures.inline(block)
        missing = labels("paper.no_picture", file=f"figures/{labels.language}/{block.name}.svg")
        yield _paragraph("Figure", drawing or _run(missing) + _run(f"\n{block.alt}"))
        yield _paragraph("FigureCaption", _caption(labels, "report.figure", block.number, block.title))
    else:
        yield _paragraph("Caption", _caption(labels, "report.table", block.number, block.title))
        yield _table(block)
        yield from _notes(block, labels)


def _contents(headings: Sequence[Heading]) -> Iterator[str]:
    """Yield a table of contents that leads to the headings; it needs no pages, and so no update."""
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    code = r'<w:r><w:instrText xml:space="preserve"> TOC \o "1-2" \n \h \z </w:instrText></w:r>'
    for i, heading in enumerate(headings, start=1):
        link = f'<w:hyperlink w:anchor="_Toc{i:06}" w:history="1">{_run(heading.text)}</w:hyperlink>'
        before = field("begin") + code + field("separate") if i == 1 else ""
        after = field("end") if i == len(headings) else ""
        yield _paragraph(f"TOC{heading.level}", before + link + after)


def _caption(labels: Labels, key: str, number: int, title: str) -> str:
    """Return `Table 7` in bold, its number a field, and the title in italics on a line of its own."""
    word_, _, after = labels(key, number="\0").partition("\0")
    bold = "<w:b/>"
    field = (
        f'<w:r><w:rPr>{bold}</w:rPr><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:rPr>{bold}</w:rPr>'
        rf'<w:instrText xml:space="preserve"> SEQ {word_.strip()} \* ARABIC \r {number} </w:instrText></w:r>'
        f'<w:r><w:rPr>{bold}</w:rPr><w:fldChar w:fldCharType="separate"/></w:r>{_run(str(number), bold)}'
        f'<w:r><w:rPr>{bold}</w:rPr><w:fldChar w:fldCharType="end"/></w:r>'
    )
    return _run(word_, bold) + field + _run(after, bold) + _run(f"\n{title}", "<w:i/>")


def _table(table: PaperTable) -> str:
    widths = [round(column.width * TWIPS) for column in table.columns]
    rows = sum(len(lines) for _, lines in table.sections)
    keep = "<w:keepNext/>" if rows <= KEPT_TOGETHER else ""
    texts = [column.is_text for column in table.columns]
    parts = [
        '<w:tbl><w:tblPr><w:tblStyle w:val="SurveyTable"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" '
        f'w:noVBand="1"/><w:tblCaption w:val={_attribute(table.title)}/>'
        f"<w:tblDescription w:val={_attribute(' '.join(table.notes[:1]) or table.title)}/></w:tblPr><w:tblGrid>",
        *(f'<w:gridCol w:w="{width}"/>' for width in widths),
        "</w:tblGrid>",
        _row([column.heading for column in table.columns], texts, "<w:keepNext/>", "<w:tblHeader/>"),
    ]
    for name, lines in table.sections:
        if name:
            parts.append(
                f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr><w:tcW w:w="{sum(widths)}" w:type="dxa"/>'
                f'<w:gridSpan w:val="{len(widths)}"/></w:tcPr>{_paragraph("TableSection", _run(name))}</w:tc></w:tr>'
            )
        parts += [_row([line.label, *line.cells], texts, keep) for line in lines]
    return "".join((*parts, "</w:tbl>"))


def _row(texts: Sequence[str], is_text: Sequence[bool], keep: str, head: str = "") -> str:
    cells = (
        f'<w:tc><w:p><w:pPr><w:pStyle w:val="{"TableText" if left else "TableNumber"}"/>{keep}</w:pPr>'
        f"{_run(text)}</w:p></w:tc>"
        for text, left in zip(texts, is_text, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"


def _notes(table: PaperTable, labels: Labels) -> Iterator[str]:
    for i, note in enumerate(table.notes):
        yield _paragraph("TableNote", (_run(labels("paper.note") + " ", "<w:i/>") if i == 0 else "") + _run(note))


def _section(turned: bool, footer: str) -> str:
    short, long = round((PORTRAIT + 2 * MARGIN) * TWIPS), round((LANDSCAPE + 2 * MARGIN) * TWIPS)
    size = f'w:w="{long}" w:h="{short}" w:orient="landscape"' if turned else f'w:w="{short}" w:h="{long}"'
    margin = round(MARGIN * TWIPS)
    sides = " ".join(f'w:{side}="{margin}"' for side in ("top", "right", "bottom", "left"))
    return (
        f'<w:sectPr><w:footerReference w:type="default" r:id="{footer}"/><w:pgSz {size}/>'
        f'<w:pgMar {sides} w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )


def _footer(labels: Labels, text: str) -> str:
    page, pages = (f"\1{name}\1" for name in ("PAGE", "NUMPAGES"))
    runs = (
        f'<w:fldSimple w:instr=" {piece} ">{_run("1")}</w:fldSimple>' if i % 2 else _run(piece)
        for i, piece in enumerate(f"{text} · {labels('sheet.page', page=page, pages=pages)}".split("\1"))
    )
    return f'<w:p {NAMESPACES}><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{"".join(runs)}</w:p>'


def _marked(runs: str, name: str, number: int) -> str:
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{runs}<w:bookmarkEnd w:id="{number}"/>'


def _paragraph(style: str, runs: str) -> str:
    properties = "" if style == "Normal" else f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
    return f"<w:p>{properties}{runs}</w:p>"


def _run(text: str, properties: str = "") -> str:
    """Return text as text: lines and tabs kept, what XML cannot hold shown as the replacement character."""
    if not text:
        return ""
    inner = escape(_legal(text)).replace("\r\n", "\n").replace("\r", "\n")
    inner = inner.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    inner = inner.replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{inner}</w:t></w:r>'


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
