"""The styles of the document, by GB/T 9704-2012 (7.3 fonts and sizes, 8 headings), built whole: no other are in it.

Sizes are in half points, lengths in twips (a twentieth of a point).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag.renderers.docx.oxml import element

LINE = 579  # 22 lines in the 225 mm between the margins
BODY_SIZE = 32  # 三号
INDENT = 640  # 2 characters of 三号
# 28 characters of 16 - 0.3 pt are 440 of the 442 pt between the margins. As spacing of the letters and not left to the
# page's grid, because LibreOffice gives a character that is wider than a cell of the grid two cells.
CLOSER = -6
LATIN = "Times New Roman"
SONG, HEI, KAI, FANG, BIAO = "宋体", "黑体", "楷体_GB2312", "仿宋_GB2312", "方正小标宋简体"
FONTS = (BIAO, HEI, KAI, FANG, SONG, LATIN)
GREY, SHADE = "595959", "EDEDED"

BODY, TITLE, FOOTER = "Normal", "Title", "Footer"
HINT, HINT_HEADING, HINT_RUN = "Hint", "HintHeading", "HintRun"
NOTE, NOTE_MARK = "EndnoteText", "EndnoteReference"
POINT_LEVEL, DEEPEST = 3, 4


@dataclass(frozen=True, slots=True)
class Look:
    """A paragraph style: name in Word, East Asian font, size, and what differs from running text."""

    name: str
    font: str
    size: int = BODY_SIZE
    align: str = "both"
    indent: int = 200  # of the first line, in hundredths of a character
    line: int = LINE
    outline: int | None = None
    latin: str = LATIN
    is_hint: bool = False
    after: int = 0


LOOKS = {
    BODY: Look("Normal", FANG),
    TITLE: Look("Title", BIAO, 44, align="center", indent=0, after=LINE),
    "Heading1": Look("heading 1", HEI, outline=0),
    "Heading2": Look("heading 2", KAI, outline=1),
    "Heading3": Look("heading 3", FANG, outline=2),
    "Heading4": Look("heading 4", FANG, outline=3),
    FOOTER: Look("footer", SONG, 28, indent=0, line=320, latin=SONG),
    HINT: Look("写作提示", FANG, 28, is_hint=True),
    HINT_HEADING: Look("写作提示标题", HEI, 28, is_hint=True),
    NOTE: Look("endnote text", FANG, 24, indent=0, line=400),
}


def heading(level: int) -> str:
    return f"Heading{min(level, DEEPEST)}"


def settle(document: Any) -> None:
    """Replace whatever styles the document has."""
    held = document.styles.element
    held[:] = [_defaults(), *(_paragraph_style(key, look) for key, look in LOOKS.items()), *_others()]


def _defaults() -> Any:
    fonts = element("rFonts", ascii=LATIN, hAnsi=LATIN, cs=LATIN, eastAsia=FANG)
    language = element("lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA")
    size = (element("sz", val=BODY_SIZE), element("szCs", val=BODY_SIZE))
    return element(
        "docDefaults",
        element("rPrDefault", element("rPr", fonts, element("kern", val=2), *size, language)),
        element("pPrDefault"),
    )


def _paragraph_style(key: str, look: Look) -> Any:
    follows = BODY if look.outline is not None or key == TITLE else None
    return element(
        "style",
        element("name", val=look.name),
        *([element("basedOn", val=BODY)] if key != BODY else []),
        *([element("next", val=follows)] if follows else []),
        *([element("qFormat")] if key not in (FOOTER, NOTE) else []),
        _paragraph_look(look),
        _letters(look),
        type="paragraph",
        styleId=key,
        default="1" if key == BODY else None,
        customStyle="1" if look.is_hint else None,
    )


def _paragraph_look(look: Look) -> Any:
    return element(
        "pPr",
        # A heading never ends a page; its points may, as the standard fills every line.
        *([element("keepNext")] if look.outline in (0, 1) else []),
        element("widowControl", val="0"),
        *([_shading()] if look.is_hint else []),
        element("overflowPunct", val="0"),
        element("snapToGrid", val="0"),
        element("spacing", before=0, after=look.after, line=look.line, lineRule="exact"),
        element("ind", left=0, right=0, firstLineChars=look.indent, firstLine=INDENT * look.indent // 200),
        element("jc", val=look.align),
        *([element("outlineLvl", val=look.outline)] if look.outline is not None else []),
    )


def _letters(look: Look) -> Any:
    return element(
        "rPr",
        element("rFonts", ascii=look.latin, hAnsi=look.latin, cs=LATIN, eastAsia=look.font),
        element("b", val="0"),
        element("snapToGrid", val="0"),
        *([element("color", val=GREY)] if look.is_hint else []),
        element("spacing", val=CLOSER if look.size == BODY_SIZE else 0),
        element("sz", val=look.size),
        element("szCs", val=look.size),
    )


def _others() -> list[Any]:
    """The styles of runs, and the two that Word wants to be there."""
    hint = element("rPr", element("color", val=GREY), _shading())
    mark = element("rPr", element("vertAlign", val="superscript"))
    return [
        element("style", element("name", val="Default Paragraph Font"), element("uiPriority", val=1),
                element("semiHidden"), type="character", default="1", styleId="DefaultParagraphFont"),
        element("style", element("name", val="No List"), element("semiHidden"), type="numbering", default="1",
                styleId="NoList"),
        element("style", element("name", val="写作提示字"), element("qFormat"), hint, type="character",
                customStyle="1", styleId=HINT_RUN),
        element("style", element("name", val="endnote reference"), mark, type="character", styleId=NOTE_MARK),
    ]  # fmt: skip


def _shading() -> Any:
    return element("shd", val="clear", color="auto", fill=SHADE)
