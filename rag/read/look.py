"""Headings by look: what a paragraph's font, size, boldness and place say, against the document's body text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

HEADING_FONTS = {"黑体": 1, "simhei": 1, "楷体": 2, "楷体_gb2312": 2, "kaiti": 2}
LONGEST_HEADING = 60
TITLE_WITHIN = 6
BOLD_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Look:
    """How a paragraph is set: East Asian font (lower case), half-points (0: unsaid), all bold, centred."""

    font: str = ""
    size: int = 0
    is_bold: bool = False
    is_centred: bool = False


def usual(looks: Iterable[Look]) -> Look:
    """The font and size that most paragraphs have."""
    most = Counter((look.font, look.size) for look in looks).most_common(1)
    return Look(*most[0][0]) if most else Look()


def level_by_look(look: Look, body: Look, text: str, seen: int) -> int | None:
    """0 for a title, 1.. for a heading, None for body text; `seen` paragraphs with words stand above it."""
    if not text or len(text) > LONGEST_HEADING or text.endswith(("。", "；", "，", "：")):
        return None
    is_distinct = (look.font, look.size) != (body.font, body.size)
    if look.is_centred and seen < TITLE_WITHIN and (look.is_bold or look.size > body.size):
        return 0
    if is_distinct and look.font in HEADING_FONTS:
        return HEADING_FONTS[look.font]
    return BOLD_LEVEL if look.is_bold else None
