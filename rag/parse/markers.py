"""The numbering grammar: which marks open a section or a point, where they may stand, and what is no mark at all.

A mark's `rank` is its usual depth in Chinese official documents (GB/T 9704-2012 §7.3.3: 一、 （一） 1. （1）), which is
needed only to decide what a mark closes; a node's level in the tree is relative to its document.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text import chinese_number, width_folded

_CN = "一二三四五六七八九十"
_N = r"[0-9０-９]"
_UNITS = "年月日时点分秒个项条款章节次名人位户家亩元万亿千百度米公里吨级类种批期届件起本册号%％"


@dataclass(frozen=True, slots=True)
class MarkType:
    name: str
    rank: float
    pattern: re.Pattern[str]
    is_inline: bool = False
    is_point: bool = False


MARK_TYPES = (
    MarkType("part", 0, re.compile(rf"第([{_CN}]{{1,3}})(?:部分|篇)[、：:\s]*")),
    MarkType("chapter", 1, re.compile(rf"第([{_CN}]{{1,3}})章[、：:\s]*")),
    MarkType("clause", 2, re.compile(rf"第([{_CN}]{{1,3}})节[、：:\s]*")),
    MarkType("article", 3, re.compile(rf"第([{_CN}百零]{{1,5}})条[：:\s]+")),
    MarkType("cn", 3, re.compile(rf"([{_CN}]{{1,3}})\s?[、．.]\s*")),
    MarkType("(cn)", 4, re.compile(rf"[（(〔]\s?([{_CN}]{{1,3}})\s?[）)〕][、.．]?\s*"), is_inline=True),
    MarkType("dec3", 5.6, re.compile(rf"{_N}{{1,2}}[.．]{_N}{{1,2}}[.．]({_N}{{1,2}})(?!{_N})[\s、]+")),
    MarkType("dec2", 5.3, re.compile(rf"{_N}{{1,2}}[.．]({_N}{{1,2}})(?!{_N})[\s、]+")),
    MarkType("arabic", 5, re.compile(rf"({_N}{{1,3}})\s?[、．.](?:(?!{_N})|(?=(?:19|20)\d\d年))\s*"), is_inline=True),
    MarkType("(arabic)", 6, re.compile(rf"[（(]\s?({_N}{{1,2}})\s?[）)][、.．]?\s*"), is_inline=True),
    MarkType("arabic)", 6.5, re.compile(rf"({_N}{{1,2}})[）)][、.．]?\s*"), is_inline=True),
    MarkType("circled", 7, re.compile(r"([①-⑳❶-❿])[、.．]?\s*"), is_inline=True, is_point=True),
    MarkType(
        "ord",
        8,
        re.compile(rf"第([{_CN}]{{1,2}})(?:是|[，,：:、](?![{_CN}第]))\s*"),
        is_inline=True,
        is_point=True,
    ),
    MarkType("is", 9, re.compile(rf"([{_CN}]{{1,2}})是(?![{_CN}]{{1,2}}[是的、，,。])"), is_inline=True, is_point=True),
    MarkType("must", 9, re.compile(rf"([{_CN}]{{1,2}})要(?=[^素点求])"), is_inline=True, is_point=True),
)
BY_NAME = {kind.name: kind for kind in MARK_TYPES}
DECORATION = re.compile(r"[\s\u200b\ufeff]*(?:#{1,6}\s+|>\s*)?(?:\*\*|__)?[\s\u200b\ufeff]*")
# A number whose point was forgotten (6法律、法规…) counts only where the list is open at the number before it.
_BARE_NUMBER = re.compile(rf"({_N}{{1,2}})\s?(?=[\u4e00-\u9fff“《])(?![{_UNITS}])")
# 4.5G基站…, 2.12345热线…: an item that begins with a figure, where the list is open at the number before it.
_BEFORE_FIGURE = re.compile(rf"({_N}{{1,2}})[.．](?={_N}{{3}}|[345]G)")
# 1 现状, 1.1 规模: decimal numbering without a point at the top, as in surveys.
_SPACED = re.compile(rf"({_N}{{1,2}})[ \u3000\t]+(?=[\u4e00-\u9fff“《][^。；：，！？\t]{{1,30}}$)")
# 一，领导重视: the comma is a slip of the pen, believed at the first item and where the list is open before it.
_COMMA = {
    "cn": re.compile(rf"([{_CN}]{{1,3}})[，,](?=[\u4e00-\u9fff“《])(?![{_CN}])"),
    "arabic": re.compile(rf"({_N}{{1,2}})[，,]\s*(?=[\u4e00-\u9fff“《])"),
}
# 其中一是…二是…: a chain may follow these words without a stop between.
_LEADS = re.compile(
    r"(?:其中|主要|包括|就是|在于|表现[为在]|体现[为在]|分别|原因|问题|不足|方面|措施|做法|任务|重点|特点|目的)$"
)
_LONGEST_LEAD = 4
_QUOTES = re.compile("[“”《》]")
_STARTS_AFTER = "。！？；：:;!?”）)…—"
_CONTINUES_AFTER = _STARTS_AFTER + "，,、"
_INLINE = tuple(kind for kind in MARK_TYPES if kind.is_inline)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at text[start:end]; `number` is what it prints."""

    kind: MarkType
    number: int
    start: int
    end: int
    is_line_start: bool


def line_mark(text: str, start: int, end: int, open_numbers: dict[str, int]) -> Mark | None:
    """The mark that the line text[start:end] opens with. `open_numbers`: the last number of each open list."""
    match = DECORATION.match(text, start, end)
    first = match.end() if match else start
    for kind in MARK_TYPES:
        found = kind.pattern.match(text, first, end)
        if found:
            number = _number(found[1])
            if number is not None and found.end() < end and not _is_near_miss(kind, text, found):
                return Mark(kind, number, first, found.end(), True)
    for pattern in (_BARE_NUMBER, _BEFORE_FIGURE):
        bare = pattern.match(text, first, end)
        if bare and (number := _number(bare[1])) is not None and open_numbers.get("arabic") == number - 1:
            return Mark(BY_NAME["arabic"], number, first, bare.end(), True)
    for name, pattern in _COMMA.items():
        slip = pattern.match(text, first, end)
        if slip and (number := _number(slip[1])) in (1, open_numbers.get(name, 0) + 1):
            assert number is not None
            return Mark(BY_NAME[name], number, first, slip.end(), True)
    return None


def spaced_mark(line: str, start: int) -> Mark | None:
    """The mark of `line` (1 现状), which begins at `start`; only for reports that number 1.1 below it."""
    found = _SPACED.match(line)
    number = _number(found[1]) if found else None
    if found is None or number is None:
        return None
    return Mark(BY_NAME["arabic"], number, start, start + found.end(), True)


def inline_marks(text: str, start: int, end: int) -> Iterator[Mark]:
    """Marks inside text[start:end] that stand where a sentence or clause may begin, outside quotations."""
    quoted = _quotations(text, start, end)
    for kind in _INLINE:
        for found in kind.pattern.finditer(text, start, end):
            first = found.start()
            before = _words_before(text, start, first)
            number = _number(found[1])
            if number is None or not before or found.end() >= end or _is_inside(first, quoted):
                continue
            allowed = _STARTS_AFTER if number == 1 and kind.name not in ("is", "must") else _CONTINUES_AFTER
            is_led = number == 1 and kind.name in ("is", "must") and _LEADS.search(before)
            if (
                kind.name == "circled"
                or before[-1] in allowed
                or is_led
                or (kind.name == "(arabic)" and before[-1] in _CONTINUES_AFTER)
            ):
                yield Mark(kind, number, first, found.end(), False)


def _quotations(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the outermost quotations and titles in text[start:end]; one that never ends runs to the end."""
    found: list[tuple[int, int]] = []
    depth = opened = 0
    for sign in _QUOTES.finditer(text, start, end):
        if sign[0] in "“《":
            opened = sign.start() if depth == 0 else opened
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                found.append((opened, sign.start()))
    return [*found, (opened, end)] if depth else found


def _is_inside(place: int, spans: list[tuple[int, int]]) -> bool:
    at = bisect_right(spans, (place, place)) - 1
    return (at >= 0 and spans[at][1] > place) or (at + 1 < len(spans) and spans[at + 1][0] == place)


def _words_before(text: str, start: int, place: int) -> str:
    """The last few characters before `place`, blanks at their end aside."""
    last = place
    while last > start and text[last - 1].isspace():
        last -= 1
    return text[max(start, last - _LONGEST_LEAD) : last]


def in_chains(marks: list[Mark], open_numbers: dict[str, int]) -> list[Mark]:
    """Those inline `marks` (in reading order) that belong to a chain: 1 with its 2, or n after n-1 or any smaller one.

    `open_numbers` are the lists still open from the lines above and from this line's own mark.
    """
    kept: list[Mark] = []
    for kind in {mark.kind.name: mark.kind for mark in marks}.values():
        own = [mark for mark in marks if mark.kind.name == kind.name]
        chains: list[int] = [open_numbers[kind.name]] if kind.name in open_numbers else []
        last_second = max((i for i, mark in enumerate(own) if mark.number == 2), default=-1)
        for i, mark in enumerate(own):
            following = own[i + 1].number if i + 1 < len(own) else None
            if mark.number == 1:
                if last_second > i:
                    chains.append(1)
                    kept.append(mark)
                continue
            while chains and chains[-1] >= mark.number:
                chains.pop()
            is_next = bool(chains) and (kind.is_point or chains[-1] == mark.number - 1)
            if is_next or (kind.is_point and following == mark.number + 1):
                chains = [*chains[:-1], mark.number] if chains else [mark.number]
                kept.append(mark)
    return sorted(kept, key=lambda mark: mark.start)


def _number(printed: str) -> int | None:
    if "①" <= printed <= "⑳":
        return ord(printed) - ord("①") + 1
    if "❶" <= printed <= "❿":
        return ord(printed) - ord("❶") + 1
    folded = width_folded(printed)
    if folded.isdigit():
        return int(folded) if int(folded) > 0 else None
    return chinese_number(printed.replace("百", "").replace("零", "")) or None


def _is_near_miss(kind: MarkType, text: str, found: re.Match[str]) -> bool:
    """位列第一，… and 一是一 aside, what looks like a mark: a year with a point, a Chinese date, 一、二、三产业."""
    after = text[found.end() : found.end() + 2]
    if kind.name == "cn":
        return after[:1] in "".join(_CN) and after[1:2] in ("、", "类", "级", "等", "产")
    if kind.name == "arabic":
        return len(found[1]) == 3 and not after.strip()
    return False
