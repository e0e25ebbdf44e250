"""The tree: marks and headings on a stack; a list's items are told apart as sections or points by its majority.

A section heads text of its own; a point is one item of a list. Levels are relative to the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from rag.datatypes import Document, Node
from rag.parse.front import Front
from rag.parse.headings import LONGEST_LINE_HEADING, is_bare_heading, ranks_of_levels
from rag.parse.lines import ends_in_genre, is_annex
from rag.parse.markers import DECORATION, MARK_TYPES, Mark, MarkType, in_chains, inline_marks, line_mark, spaced_mark
from rag.text import trimmed

# A colon between digits (1：3, 5:00) is no stop.
LEAD_STOPS = re.compile(r"[。；！？;!?]|(?<!\d)[：:]|(?<=\d)[：:](?!\d)")
LONGEST_RUN_IN = 40
_PIVOT = re.compile(r"(?:今后|下一?步|接下来|针对(?:以上|上述|存在|这些)|为此|综上)")
_DECIMAL = re.compile(r"1[.．]1(?![\d０-９])[\s、]*[\u4e00-\u9fff]")
LOOK_AHEAD = 300  # lines in which an interrupted list may go on
DEEPEST = 16  # nodes in nodes; a list in a list in a list is no deeper
ANNEX_RANK = -0.5  # an annex counts for itself: its 一、 is below it
_LISTS = frozenset(kind.name for kind in MARK_TYPES if kind.is_point)


@dataclass(slots=True)
class _Draft:
    """A node being built; `kind` is settled when all its siblings are known."""

    mark: MarkType | None
    number: int | None
    start: int
    title_from: int
    head_end: int
    line_end: int
    rank: float
    is_line_start: bool
    is_heading: bool = False
    separator: str = "\n"  # the sign before the mark: of two open chains, the one of that sign goes on
    end: int = 0
    has_body: bool = False
    kind: str = "section"
    children: list[_Draft] = field(default_factory=list)


def parse(document: Document, surroundings: Front) -> Node:
    """The tree of `document`: an unnamed root over sections and points."""
    text = document.text
    root = _Draft(None, None, 0, 0, 0, 0, -1, True, is_heading=True, end=len(text))
    stack = [root]
    lines = _body_lines(document, surroundings)
    ranks = ranks_of_levels(document, lines)
    is_decimal = any(_DECIMAL.match(text, start, end) for _, start, end in lines)
    for place, (i, start, end) in enumerate(lines):
        level = document.blocks[i].level
        opened = {draft.mark.name: draft.number or 0 for draft in stack if draft.mark}
        mark = None if document.blocks[i].kind == "table" else line_mark(text, start, end, opened)
        if mark is None and is_decimal and document.blocks[i].kind == "para":
            mark = spaced_mark(text[start:end], start)
        if is_annex(text[start:end]):
            _open(stack, _heading(text, start, end, ANNEX_RANK))
            continue
        if mark is None and is_bare_heading(document, lines, place):
            if stack[-1].rank == ranks.get(level, 2.9) and _is_first_half(stack[-1], text, lines, place):
                stack[-1].head_end = stack[-1].line_end = end
                continue
            _open(stack, _heading(text, start, end, ranks.get(level, 2.9)))
            continue
        if mark is None:
            _close_lists(stack, text, lines, place)
            _close_at_pivot(stack, text, lines, place)
            stack[-1].has_body = True
        else:
            _open(stack, _draft(text, mark, end, has_level=level is not None))
            opened[mark.kind.name] = mark.number
            stack[-1].has_body = stack[-1].head_end < end and _has_words(text, stack[-1].head_end, end)
        if document.blocks[i].kind != "table":
            begin = mark.end if mark else start
            marks = in_chains(sorted(inline_marks(text, begin, end), key=lambda m: m.start), opened)
            if marks and mark and mark.start < marks[0].start < stack[-1].head_end:
                _shorten(stack[-1], text, marks[0].start)
            for found, following in zip_longest(marks, marks[1:]):
                _open(stack, _draft(text, found, following.start if following else end))
    _close(stack, 1, len(text))
    _vote(root, text)
    return _settled(root, text, 0)


def _body_lines(document: Document, surroundings: Front) -> list[tuple[int, int, int]]:
    skipped = {(s, e) for s, e, _ in surroundings.ignored}
    found = []
    for i, (block, offset) in enumerate(zip(document.blocks, document.starts, strict=True)):
        start, end = trimmed(document.text, offset, offset + len(block.text))
        if start < end and start >= surroundings.body_from and (start, end) not in skipped:
            found.append((i, start, end))
    return found


def _draft(text: str, mark: Mark, end: int, *, has_level: bool = False) -> _Draft:
    head_end = _lead_end(text, mark.end, end)
    return _Draft(
        mark.kind,
        mark.number,
        mark.start,
        mark.end,
        head_end,
        end,
        mark.kind.rank,
        mark.is_line_start,
        is_heading=has_level,
        separator="\n" if mark.is_line_start else text[max(0, mark.start - 9) : mark.start].rstrip()[-1:],
    )


def _heading(text: str, start: int, end: int, rank: float) -> _Draft:
    match = DECORATION.match(text, start, end)
    first = match.end() if match else start
    return _Draft(None, None, first, first, end, end, rank, True, is_heading=True)


def _is_first_half(draft: _Draft, text: str, lines: list[tuple[int, int, int]], place: int) -> bool:
    """Whether an unnumbered heading goes on in the line right below: 关于某年趋势和 / 加强某工作意见的报告."""
    if draft.mark or not draft.is_heading or draft.has_body or not place or draft.line_end != lines[place - 1][2]:
        return False
    first, second = text[draft.title_from : draft.line_end], text[lines[place][1] : lines[place][2]]
    return not ends_in_genre(first) and (ends_in_genre(second) or second[0] in "和及与或的")


def _lead_end(text: str, start: int, end: int) -> int:
    stop = LEAD_STOPS.search(text, start, end)
    return stop.start() if stop else end


def _shorten(draft: _Draft, text: str, end: int) -> None:
    """A heading stops where an inline list begins."""
    draft.head_end = trimmed(text, draft.title_from, end)[1]


def _has_words(text: str, start: int, end: int) -> bool:
    return any(char.isalnum() for char in text[start:end])


def _open(stack: list[_Draft], draft: _Draft) -> None:
    """Close what `draft` closes, and put it on the stack as a child of what remains open."""
    same = [
        place for place, open_ in enumerate(stack) if open_.mark and draft.mark and open_.mark.name == draft.mark.name
    ]
    if (
        same
        and not draft.is_line_start
        and draft.number == 1
        and not stack[same[-1]].is_heading
        and stack[-1].mark
        and stack[same[-1]].line_end >= draft.start
        and len(stack) < DEEPEST
    ):
        _close(stack, len(stack), draft.start)  # 一是 inside the line of a 一是 item: a list below it
    elif same:
        due = [p for p in reversed(same) if (stack[p].number or 0) == (draft.number or 0) - 1]
        place = next((p for p in due if stack[p].separator == draft.separator), due[0] if due else None)
        if place is None:
            place = next((p for p in reversed(same) if (stack[p].number or 0) < (draft.number or 0)), same[0])
        _close(stack, place, draft.start)
    else:
        place = next((p for p, open_ in enumerate(stack) if open_.rank >= draft.rank), len(stack))
        _close(stack, place, draft.start)
    stack[-1].children.append(draft)
    stack.append(draft)


def _close(stack: list[_Draft], place: int, at: int) -> None:
    for draft in stack[place:]:
        draft.end = at
    del stack[place:]


def _close_lists(stack: list[_Draft], text: str, lines: list[tuple[int, int, int]], place: int) -> None:
    """A plain paragraph ends a list of points, unless the list goes on below it."""
    while stack[-1].mark and stack[-1].mark.name in _LISTS and not _goes_on(stack[-1], text, lines, place):
        _close(stack, len(stack) - 1, lines[place][1])


def _close_at_pivot(stack: list[_Draft], text: str, lines: list[tuple[int, int, int]], place: int) -> None:
    """下一步，我将…： opens a list of remedies, which is no part of the last problem above it."""
    _, start, end = lines[place]
    if _PIVOT.match(text, start, end) and text[end - 1] in "：:":
        while len(stack) > 2 and stack[-1].mark and not _goes_on(stack[-1], text, lines, place):
            _close(stack, len(stack) - 1, start)


def _goes_on(draft: _Draft, text: str, lines: list[tuple[int, int, int]], place: int) -> bool:
    for _, start, end in islice(lines, place + 1, place + 1 + LOOK_AHEAD):
        mark = line_mark(text, start, end, {})
        if mark and draft.mark and mark.kind.name == draft.mark.name:
            return mark.number == (draft.number or 0) + 1
        if mark and mark.kind.rank < draft.rank:
            return False
    return False


def _settled(draft: _Draft, text: str, level: int) -> Node:
    children = tuple(_settled(child, text, level + 1) for child in draft.children)
    head_end = _line_heading_end(draft, text)
    title = re.sub(r"(?:\*\*|__)|\s*\n\s*", "", text[draft.title_from : head_end]).strip()
    marker = text[draft.start : draft.title_from].strip()
    start, end = (
        draft.start,
        trimmed(text, draft.start, draft.end)[1] if draft.mark or draft.is_heading else draft.end,
    )
    return Node(draft.kind, level, marker, title, start, head_end, max(end, head_end), draft.number, None, children)


def _line_heading_end(draft: _Draft, text: str) -> int:
    """A heading that is its whole line keeps its own stop out and inner colons in (三、存在问题：主要表现)."""
    if not draft.mark or draft.mark.is_point or not draft.is_line_start:
        return draft.head_end
    line = text[draft.title_from : draft.line_end].rstrip("* ")
    stops = LEAD_STOPS.findall(line[:-1])
    is_whole = (
        (draft.is_heading or _owns_lines(draft)) and len(line) <= LONGEST_LINE_HEADING and not line.endswith("。")
    )
    if is_whole and stops and all(stop in "：:" for stop in stops) and len(line) <= LONGEST_RUN_IN:
        return draft.title_from + len(line)
    return draft.head_end


def _owns_lines(draft: _Draft) -> bool:
    return draft.end > draft.line_end


def _vote(root: _Draft, text: str) -> None:
    """section or point for each draft: one list, one class; its items vote, a tie means points.

    A list whose numbers run on under the next heading (第一条 to 第五十条 over all chapters) is one list.
    """
    lists: list[list[_Draft]] = []
    last: dict[str, list[_Draft]] = {}  # the list of each mark that was read last

    def gather(parent: _Draft) -> None:
        groups: dict[str, list[_Draft]] = {}
        for child in parent.children:
            if child.mark:
                groups.setdefault(child.mark.name, []).append(child)
        for name, items in groups.items():
            before = last.get(name)
            if before and items[0].number == (before[-1].number or 0) + 1:
                before += items
            else:
                last[name] = items
                lists.append(items)
        for child in parent.children:
            gather(child)

    gather(root)
    for items in lists:
        votes = sum(_heads_text(item, text) for item in items)
        is_points = (items[0].mark is not None and items[0].mark.is_point) or votes * 2 <= len(items)
        for item in items:
            item.kind = "point" if is_points else "section"


def _heads_text(draft: _Draft, text: str) -> bool:
    """Whether an item is a heading: text of its own follows, in the line after a short lead or in lines beneath."""
    if not draft.is_line_start:
        return False
    lead = draft.head_end - draft.title_from
    follows_in_line = _has_words(text, draft.head_end, draft.line_end)
    stop = text[draft.head_end : draft.head_end + 1]
    if follows_in_line:
        return lead <= LONGEST_RUN_IN and stop not in ("；", ";")
    has_beneath = bool(draft.children) or (draft.end > draft.line_end and _has_words(text, draft.line_end, draft.end))
    return has_beneath and lead <= LONGEST_LINE_HEADING and stop not in ("；", ";")
