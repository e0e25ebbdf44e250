"""Headings without a number: which lines are some, and how deep they stand among the numbered ones."""

from __future__ import annotations

import re

from rag.datatypes import Document
from rag.parse.lines import kind_of_line
from rag.parse.markers import line_mark

LONGEST_LINE_HEADING = 90
LONGEST_BARE_HEADING = 30


def ranks_of_levels(document: Document, lines: list[tuple[int, int, int]]) -> dict[int | None, float]:
    """Rank of unnumbered headings by the format's level: as numbered headings of that level have, else above 一、."""
    ranks: dict[int | None, float] = {}
    for i, start, end in lines:
        level = document.blocks[i].level
        mark = line_mark(document.text, start, end, {}) if level else None
        if level and mark and level not in ranks and not mark.kind.is_point:
            ranks[level] = mark.kind.rank
    levels = sorted({document.blocks[i].level or 0 for i, _, _ in lines if document.blocks[i].level})
    for place, level in enumerate(levels):
        ranks.setdefault(level, max((ranks[k] for k in levels[:place]), default=2.4) + 0.05)
    return ranks


def is_bare_heading(document: Document, lines: list[tuple[int, int, int]], place: int) -> bool:
    """An unnumbered heading: marked as one by the format, or a short line without any stop before a body."""
    i, start, end = lines[place]
    block, line = document.blocks[i], document.text[start:end]
    if block.kind != "para" or kind_of_line(line) is not None:
        return False
    if block.level is not None:
        return len(line) <= LONGEST_LINE_HEADING and not line.endswith(("。", "；"))
    if not 4 <= len(line) <= LONGEST_BARE_HEADING or re.search(r"[，。；：！？,;:!?\t]|\s{2}|\u3000", line):
        return False
    if place == 0 or place + 1 == len(lines):
        return False
    before = document.text[lines[place - 1][1] : lines[place - 1][2]]
    after = document.text[lines[place + 1][1] : lines[place + 1][2]]
    return before.endswith(("。", "！", "；", "”", "）", "!", "：")) and (
        len(after) > LONGEST_BARE_HEADING or after[0] in "（(一1" or after.endswith(("。", "！", "："))
    )
