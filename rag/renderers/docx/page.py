"""The page of GB/T 9704-2012: A4, margins 37, 35, 28, 26 mm, 22 lines of 28 characters (5.2), page numbers (7.5)."""

from __future__ import annotations

from typing import Any

from rag.renderers.docx.oxml import element, field, run
from rag.renderers.docx.styles import FOOTER, LINE

TWIPS_A_MM = 1440 / 25.4
WIDTH, HEIGHT = 11906, 16838
TOP, BOTTOM, LEFT, RIGHT = (round(mm * TWIPS_A_MM) for mm in (37, 35, 28, 26))
# The dash stands 7 mm below the type area: its line is 16 pt, and dashes are drawn in the middle.
FOOT = round(25 * TWIPS_A_MM)
HEAD = round(15 * TWIPS_A_MM)
# In 1/4096 pt: 28 characters of 16 - 0.207 pt are the 442.2 pt between the margins.
CHARACTER_SPACE = -849
ONE_CHARACTER = 280  # of 四号, in twips


def settle(document: Any) -> None:
    section = document.sections[0]
    section._sectPr[:] = [
        element("endnotePr", element("pos", val="sectEnd"), element("numFmt", val="decimal")),
        element("pgSz", w=WIDTH, h=HEIGHT),
        element("pgMar", top=TOP, right=RIGHT, bottom=BOTTOM, left=LEFT, header=HEAD, footer=FOOT, gutter=0),
        element("cols", space=425),
        element("docGrid", type="linesAndChars", linePitch=LINE, charSpace=CHARACTER_SPACE),
    ]
    for footer, side, indent in (
        (section.footer, "right", {"rightChars": 100, "right": ONE_CHARACTER}),
        (section.even_page_footer, "left", {"leftChars": 100, "left": ONE_CHARACTER}),
    ):
        footer.is_linked_to_previous = False
        look = element("pPr", element("pStyle", val=FOOTER), element("ind", **indent), element("jc", val=side))
        footer._element[:] = [element("p", look, run("— "), *field("PAGE", "1"), run(" —"))]
