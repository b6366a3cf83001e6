"""What every Word file of ours begins with: its styles and settings, as WordprocessingML.

Tables are as in papers (APA): a rule above, below, and under the headings; no vertical lines, no colour.
"""

FONT = "Calibri"
LOCALES = {"en": "en-GB", "de": "de-CH", "fr": "fr-FR", "it": "it-CH"}
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
_RULE = '<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="auto"/>'


def styles(language: str) -> str:
    """Return the styles of a document in `language`."""
    return "".join(
        (
            f"<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>"
            f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:cs="{FONT}" w:eastAsia="{FONT}"/><w:sz w:val="21"/>'
            f'<w:szCs w:val="21"/><w:lang w:val="{LOCALES[language]}" w:eastAsia="ja-JP" w:bidi="ar-SA"/>'
            "</w:rPr></w:rPrDefault>"
            '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
            "</w:docDefaults>",
            _style("Normal", "Normal", default=True),
            _style("Title", "Title", spacing="0 60", size=40, bold=True),
            _style("Heading1", "heading 1", spacing="360 120", size=30, bold=True, keep=True, outline=0),
            _style("Heading2", "heading 2", spacing="280 80", size=24, bold=True, keep=True, outline=1),
            _style("TOC1", "toc 1", spacing="60 20"),
            _style("TOC2", "toc 2", spacing="0 0", indent=280),
            _style("Caption", "caption", spacing="200 60", keep=True),
            _style("TableText", "Table Text", spacing="20 20", size=17, single=True),
            _style("TableNumber", "Table Number", based="TableText", align="right"),
            _style("TableSection", "Table Section", based="TableText", spacing="60 20", italic=True, keep=True),
            _style("TableNote", "Table Note", spacing="40 40", size=17, single=True),
            _style("Figure", "Figure", spacing="160 0", keep=True, single=True),
            _style("FigureCaption", "Figure Caption", based="Caption", spacing="60 200", keep=False),
            _style("Footer", "footer", spacing="0 0", size=16),
            '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
            '<w:name w:val="Default Paragraph Font"/></w:style>',
            '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/></w:style>',
            '<w:style w:type="table" w:customStyle="1" w:styleId="SurveyTable"><w:name w:val="Survey Table"/>'
            '<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>',
            _RULE.format(side="top", eighths=8) + _RULE.format(side="bottom", eighths=8),
            '</w:tblBorders><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>'
            '</w:tblCellMar></w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>',
            _RULE.format(side="bottom", eighths=4),
            '</w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr></w:style></w:styles>',
        )
    )


def settings(language: str, decimal: str) -> str:
    """Return the settings: words may be hyphenated, numbers have the decimal sign of the language."""
    return (
        f"<w:settings {NAMESPACES}><w:autoHyphenation/><w:doNotHyphenateCaps/><w:compat><w:compatSetting "
        'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f'<w:themeFontLang w:val="{LOCALES[language]}"/><w:decimalSymbol w:val="{decimal}"/>'
        '<w:listSeparator w:val=";"/></w:settings>'
    )


def _style(
    key: str,
    name: str,
    *,
    based: str = "Normal",
    spacing: str = "",
    size: int = 0,
    bold: bool = False,
    italic: bool = False,
    keep: bool | None = None,
    align: str = "",
    indent: int = 0,
    outline: int | None = None,
    single: bool = False,
    default: bool = False,
) -> str:
    """Return a paragraph style: `spacing` before and after in twentieths of a point, `size` in half points."""
    before, after = spacing.split() if spacing else ("", "")
    line = ' w:line="240" w:lineRule="auto"' if single else ""
    custom = "" if name[0].islower() or name in ("Normal", "Title") else ' w:customStyle="1"'
    paragraph = (
        ("" if keep is None else "<w:keepNext/>" if keep else '<w:keepNext w:val="0"/>')
        + (f'<w:spacing w:before="{before}" w:after="{after}"{line}/>' if spacing else "")
        + (f'<w:ind w:left="{indent}"/>' if indent else "")
        + (f'<w:jc w:val="{align}"/>' if align else "")
        + ("" if outline is None else f'<w:outlineLvl w:val="{outline}"/>')
    )
    run = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    run += f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else ""
    kind = (' w:default="1"' if default else "") + custom
    return (
        f'<w:style w:type="paragraph"{kind} w:styleId="{key}">'
        f'<w:name w:val="{name}"/>'
        + ("" if default else f'<w:basedOn w:val="{based}"/>')
        + ('<w:next w:val="Normal"/>' if outline is not None else "")
        + f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )
