"""一、（一）1.（1） as Word's own multilevel numbering (GB/T 9704-2012, 7.3.3), bound to the heading styles."""

from __future__ import annotations

from typing import Any

from rag.renderers.docx.oxml import element
from rag.renderers.docx.styles import INDENT, heading

LIST = 1
HANZI = "chineseCountingThousand"
LEVELS = ((HANZI, "%1、"), (HANZI, "（%2）"), ("decimal", "%3."), ("decimal", "（%4）"))


def settle(document: Any) -> None:
    """Replace the lists of the document by one, and let each heading style use its level."""
    held = document.part.numbering_part.element
    held[:] = [
        element("abstractNum", element("multiLevelType", val="multilevel"), *_levels(), abstractNumId=LIST),
        element("num", element("abstractNumId", val=LIST), numId=LIST),
    ]
    by_id = {style.get(_STYLE_ID): style for style in document.styles.element.style_lst}
    for level in range(len(LEVELS)):
        uses = element("numPr", element("ilvl", val=level), element("numId", val=LIST))
        look = by_id[heading(level + 1)].pPr
        look.find(_WIDOW).addnext(uses)


def _levels() -> list[Any]:
    return [
        element(
            "lvl",
            element("start", val=1),
            element("numFmt", val=kind),
            element("pStyle", val=heading(level + 1)),
            element("suff", val="nothing"),
            element("lvlText", val=text),
            element("lvlJc", val="left"),
            element("pPr", element("ind", left=0, firstLineChars=200, firstLine=INDENT)),
            ilvl=level,
        )
        for level, (kind, text) in enumerate(LEVELS)
    ]


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLE_ID, _WIDOW = f"{_W}styleId", f"{_W}widowControl"
