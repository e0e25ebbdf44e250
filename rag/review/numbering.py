"""numbering: headings and lists whose printed numbers do not add up.

Rule, for each list (marks of one kind below one heading; 一是, 第一， and ① also within a paragraph): a number left
out, given twice or going back (error); a lone 一是 (warning); a list that changes its marks half-way, 1. to 1、 or
二、 to 3. (warning); （一） below 1., against the order 一、（一）1.（1） (warning); （一）、 (info).
Certain where renumbering the items of one list from 1 mends it; whether an item was lost only the writer knows, and
the suggestion says so.
Source: 规定, GB/T 9704-2012《党政机关公文格式》7.3.3 (order of marks); 惯例 for the rest.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.datatypes import ERROR, INFO, WARNING, Edit, Finding
from rag.parse.markers import BY_NAME, inline_marks, line_mark
from rag.review.draft import Draft, shown
from rag.review.lists import Item, item_of, printed_as, renumbered, runs, separator_of

RULE = "numbering"
IN_LINE = ("is", "must", "ord", "circled")
FARTHEST = 2000
NEAR = 6
HEADS = ("cn", "(cn)", "arabic", "(arabic)")
_ORDER = "规定：GB/T 9704—2012 7.3.3，依次为 一、（一）1.（1）"
_LOST = "先核对是否漏了一条；没有漏，就顺次改号"


def review(draft: Draft) -> Iterator[Finding]:
    said: set[int] = set()
    for finding in (*_headings(draft), *_within_paragraphs(draft)):
        if finding.start not in said:
            said.add(finding.start)
            yield finding


def _headings(draft: Draft) -> Iterator[Finding]:
    """Lists of the tree, below each heading in turn. A list may run on from the one of its kind before it, across
    headings: （三） below 二、 after （二） below 一、."""
    line_starts = {start for start, _ in draft.paragraphs}
    last: dict[str, int] = {}
    for parent in (draft.report.root, *draft.nodes):
        items = [item for child in parent.children if (item := item_of(child))]
        for name in dict.fromkeys(item.kind.name for item in items):
            for run in runs([item for item in items if item.kind.name == name]):
                if name in IN_LINE and not any(_opens_line(draft, item, line_starts) for item in run):
                    continue
                runs_on = run[0].number > 1 and (run[0].number == last.get(name, 0) + 1 or _stands_above(draft, run[0]))
                yield from _sequence(draft, run, is_continued=runs_on or _continues_another(items, run))
                yield from _marks_alike(draft, run)
                last[name] = run[-1].number
        yield from _changed_kind(draft, items)
        yield from _against_order(draft, items)


def _within_paragraphs(draft: Draft) -> Iterator[Finding]:
    """一是, 一要, 第一， and ① inside a paragraph."""
    last: dict[str, int] = {}
    for place, (start, end) in enumerate(draft.paragraphs):
        head = line_mark(draft.text, start, end, {})
        begin = head.end if head else start
        marks = [Item(m.kind, m.number, m.start, m.end) for m in inline_marks(draft.text, begin, end)]
        for name in IN_LINE:
            own = [item for item in marks if item.kind.name == name]
            opened = head.number if head and head.kind.name == name else last.get(name)
            for run in runs(own):
                if run[0].number != 1 and opened is not None and run[0].number > opened:
                    yield from _sequence(draft, [Item(run[0].kind, opened, start, start), *run], is_continued=True)
                elif len(run) == 1 and run[0].number == 1:
                    if name in ("is", "ord") and not _goes_on(draft, place, name):
                        yield _lone(draft, run[0])
                elif len(run) > 1 or name == "is":
                    yield from _sequence(draft, run, is_continued=False)
                opened = run[-1].number
            if own or (head and head.kind.name == name):
                last[name] = own[-1].number if own else (head.number if head else 0)


def _goes_on(draft: Draft, place: int, name: str) -> bool:
    """Whether the next paragraphs hold a second item of this kind."""
    for start, end in draft.paragraphs[place + 1 : place + 4]:
        head = line_mark(draft.text, start, end, {})
        numbers = [m.number for m in inline_marks(draft.text, start, end) if m.kind.name == name]
        if 2 in numbers or (head and head.kind.name == name and head.number == 2):
            return True
    return False


def _opens_line(draft: Draft, item: Item, line_starts: set[int]) -> bool:
    return item.start in line_starts or draft.text[max(0, item.start - 1) : item.start] in ("*", "#", " ", "\n", "")


def _continues_another(items: Sequence[Item], run: Sequence[Item]) -> bool:
    """Whether the run goes on where a list of another kind left off (一、二、3.): said once, by `_changed_kind`."""
    place = bisect_left(items, run[0].start, key=lambda item: item.start)
    return place > 0 and items[place - 1].kind != run[0].kind and items[place - 1].number == run[0].number - 1


def _sequence(draft: Draft, run: Sequence[Item], *, is_continued: bool) -> Iterator[Finding]:
    expected = run[0].number if is_continued else 1
    edits = renumbered(draft.text, run) if run[0].number == 1 else ()
    is_said = False
    for item in run:
        if item.number > expected and _hides_in_figure(draft.text, item, expected):
            expected = item.number
        if item.number != expected:
            printed = draft.text[item.start : item.end].strip()
            if item.number > expected:
                missing = "、".join(printed_as(item, n) for n in range(expected, min(item.number, expected + 3)))
                message = f"编号缺“{missing}”，直接到了“{printed}”"
            elif item.number == expected - 1:
                message = f"编号“{printed}”重复"
            else:
                message = f"编号倒退到“{printed}”"
            yield draft.finding(RULE, ERROR, item.start, item.end, message, _LOST, () if is_said else edits)
            is_said = True
        expected = item.number + 1
    if len(run) == 1 and run[0].number == 1 and not is_continued and run[0].kind.name in ("is", "ord", "must"):
        yield _lone(draft, run[0])


def _stands_above(draft: Draft, item: Item) -> bool:
    """Whether the number before stands inside a paragraph above: 病根有三个。第一，…, then 第二， as a paragraph."""
    if item.kind.name not in IN_LINE:
        return False
    here = bisect_left(draft.paragraphs, (item.start, 0))
    above = draft.paragraphs[max(0, here - NEAR) : here]
    return any(
        mark.kind == item.kind and mark.number == item.number - 1 and mark.start < item.start
        for start, end in above
        for mark in inline_marks(draft.text, start, end)
    )


def _hides_in_figure(text: str, item: Item, missing: int) -> bool:
    """Whether a line above opens with the missing number and a figure behind it (8.6个专项), which reads as one."""
    if item.kind.name != "arabic" or item.number != missing + 1:
        return False
    above = text[max(0, item.start - FARTHEST) : item.start]
    return re.search(rf"(?:^|\n)\s*{missing}[.．、]\d", above) is not None


def _lone(draft: Draft, item: Item) -> Finding:
    printed = draft.text[item.start : item.end].strip()
    following = shown(draft.text[item.start : item.end + 12].split("\n")[0])
    return draft.finding(
        RULE,
        WARNING,
        item.start,
        item.end,
        f"只有“{printed}”，没有下一条：{following}",
        "补上下一条，或去掉序号（惯例）",
    )


def _marks_alike(draft: Draft, run: Sequence[Item]) -> Iterator[Finding]:
    """1. and 1、 in one list; （一）、."""
    if run[0].kind.name not in HEADS:
        return
    separators = [separator_of(draft.text, item) for item in run]
    usual = max(dict.fromkeys(separators), key=separators.count)
    for item, separator in zip(run, separators, strict=True):
        printed = draft.text[item.start : item.end].strip()
        if separator != usual:
            end = item.start + len(printed)
            yield draft.finding(
                RULE, WARNING, item.start, end, f"同一层序号写法不一：“{printed}”，其余用“{usual or '不加标点'}”",
                "同层统一", [Edit(end - len(separator), end, usual)],
            )  # fmt: skip
        elif separator and item.kind.name in ("(cn)", "(arabic)"):
            end = item.start + len(printed)
            yield draft.finding(
                RULE, INFO, item.start, end, f"括号序号后不加标点：“{printed}”", _ORDER, [Edit(end - 1, end, "")]
            )


def _changed_kind(draft: Draft, items: Sequence[Item]) -> Iterator[Finding]:
    for before, item in pairwise(items):
        if before.kind != item.kind and item.number == before.number + 1 and item.number > 1:
            if {before.kind.name, item.kind.name} == {"is", "must"}:
                continue
            first = next((other for other in items if other.kind == item.kind), item)
            if first is not item:
                continue  # its own list is open already: 一、（一）（二）二、
            printed = draft.text[item.start : item.end].strip()
            was = draft.text[before.start : before.end].strip()
            yield draft.finding(
                RULE,
                WARNING,
                item.start,
                item.end,
                f"同一层换了序号样式：“{was}”之后是“{printed}”",
                "同层统一；" + _ORDER,
            )


def _against_order(draft: Draft, items: Sequence[Item]) -> Iterator[Finding]:
    """1. over （一）: each 1., 2. is followed by a list of a higher mark that begins at 1 again."""
    heads = [item for item in items if item.kind.name in HEADS]
    for name in dict.fromkeys(item.kind.name for item in heads):
        below = [
            after
            for before, after in pairwise(heads)
            if before.kind.name == name and after.number == 1 and after.kind.rank < BY_NAME[name].rank
        ]
        if len(below) >= 2:
            item = below[0]
            printed = draft.text[item.start : item.end].strip()
            yield draft.finding(
                RULE, WARNING, item.start, item.end, f"层次序号的次序颠倒：“{printed}”排在低一级的序号之下", _ORDER
            )
