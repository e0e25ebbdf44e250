"""quotes: marks that come in pairs, and do not.

Rule, paragraph by paragraph: straight quotes beside Hanzi (warning; certain when they alternate), a “ ” 《 》 （ ）
without its twin (warning), “ inside “ (info: ‘ ’ is meant). A “ left open is no fault when the next paragraph opens
with “ again: a long quotation is marked so. A list mark such as 1) or a) needs no (.
Source: 规定, GB/T 15834-2011《标点符号用法》4.8 (quotes), 4.9 (brackets), 4.15 (titles).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import INFO, WARNING, Edit, Finding
from rag.review.draft import Draft, shown

RULE = "quotes"
_STANDARD = "规定：GB/T 15834—2011"
_PAIRS = (("《", "》"), ("（(", "）)"), ("〔", "〕"), ("【", "】"))
_LIST_MARK = re.compile(r"(?:^|[\s。；;，,：:])[0-9a-zA-Z一二三四五六七八九十①-⑳]{1,3}$")
_LATIN_QUOTED = re.compile(r'"[!#-~ ]*"')
_LATIN = re.compile(r"[!-~ ]")
_CHINESE = re.compile(r"[\u4e00-\u9fff，。；：！？、（）《》“”…]")


def review(draft: Draft) -> Iterator[Finding]:
    for place, (start, end) in enumerate(draft.paragraphs):
        following = draft.paragraphs[place + 1][0] if place + 1 < len(draft.paragraphs) else None
        yield from _double_quotes(draft, start, end, following)
        yield from _straight_singles(draft, start, end)
        for opening, closing in _PAIRS:
            yield from _unpaired(draft, start, end, opening, closing)


def _double_quotes(draft: Draft, start: int, end: int, following: int | None) -> Iterator[Finding]:
    text = draft.text
    straight = _straight_doubles(text, start, end)
    marks = sorted([*straight, *(at for at in range(start, end) if text[at] in "“”")])
    if straight:
        wanted = {at: "“”"[place % 2] for place, at in enumerate(marks)}
        is_certain = len(marks) % 2 == 0 and all(text[at] in ('"', wanted[at]) for at in marks)
        for first, last in _couples(straight, marks):
            edits = tuple(Edit(at, at + 1, wanted[at]) for at in {first, last} & set(straight)) if is_certain else ()
            yield draft.finding(
                RULE, WARNING, first, last + 1, f"用了英文直引号：{shown(text[first : last + 1])}",
                f"改为中文引号“”（{_STANDARD} 4.8）", sorted(edits, key=lambda edit: edit.start),
            )  # fmt: skip
        if is_certain:
            return
    depth: list[int] = []
    for at in marks:
        if text[at] == "”" or (text[at] == '"' and depth):
            if depth:
                depth.pop()
            else:
                yield _lone(draft, at, start, end)
        else:
            depth.append(at)
            if len(depth) == 2 and text[at] == "“" and not straight:
                yield from _nested(draft, at, end)
    is_continued = following is not None and text[following] == "“"
    if depth and not is_continued:
        yield _lone(draft, depth[0], start, end)


def _straight_doubles(text: str, start: int, end: int) -> list[int]:
    """Straight quotes of Chinese text: not those of Latin words ("A-1"), nor an inch mark left over."""
    latin = {at for match in _LATIN_QUOTED.finditer(text, start, end) for at in (match.start(), match.end() - 1)}
    found = [at for at in range(start, end) if text[at] == '"' and at not in latin and _is_beside_hanzi(text, at)]
    return [at for at in found if not text[at - 1 : at].isdigit()] if len(found) % 2 else found


def _couples(straight: list[int], marks: list[int]) -> Iterator[tuple[int, int]]:
    """Each straight quote with its partner, by their place among all double quotes of the paragraph."""
    own = set(straight)
    for place in range(0, len(marks), 2):
        pair = marks[place : place + 2]
        if own & set(pair):
            yield pair[0], pair[-1]


def _nested(draft: Draft, at: int, end: int) -> Iterator[Finding]:
    """A second “ before the first is closed: nested when both close in this paragraph, else left to `_lone`."""
    text = draft.text
    close = text.find("”", at, end)
    if close < 0 or text.count("”", at, end) < 2 or text.find("“", at + 1, close) >= 0:
        return
    if text.count("“", 0, end) - text.count("”", 0, end) != 0 and text.count("”", close + 1, end) == 0:
        return
    yield draft.finding(
        RULE, INFO, at, close + 1, f"双引号里又用双引号：{shown(text[at : close + 1])}",
        f"里层用单引号‘’（{_STANDARD} 4.8）",
    )  # fmt: skip


def _lone(draft: Draft, at: int, start: int, end: int) -> Finding:
    text = draft.text
    around = shown(text[max(start, at - 8) : min(end, at + 12)], 30)
    is_opening = text[at] in "“《（(〔【"
    missing = "只有前半，没有后半" if is_opening else "只有后半，没有前半"
    return draft.finding(
        RULE, WARNING, at, at + 1, f"“{text[at]}”{missing}：{around}", f"补全成对的符号（{_STANDARD}）"
    )


def _straight_singles(draft: Draft, start: int, end: int) -> Iterator[Finding]:
    text = draft.text
    marks = [at for at in range(start, end) if text[at] == "'" and _is_beside_hanzi(text, at)]
    for place in range(0, len(marks) - 1, 2):
        first, last = marks[place], marks[place + 1]
        yield draft.finding(
            RULE, WARNING, first, last + 1, f"用了英文单引号：{shown(text[first : last + 1])}",
            f"改为中文引号（{_STANDARD} 4.8）",
        )  # fmt: skip


def _unpaired(draft: Draft, start: int, end: int, opening: str, closing: str) -> Iterator[Finding]:
    text = draft.text
    depth: list[int] = []
    for at in range(start, end):
        if text[at] in opening:
            depth.append(at)
        elif text[at] in closing:
            if depth:
                depth.pop()
            elif not (
                _LIST_MARK.search(text[max(start, at - 4) : at]) or _is_rest_of_title(text, start, opening, closing)
            ):
                yield _lone(draft, at, start, end)
    for at in depth[:1]:
        if not _is_cut_title(text, end, closing):
            yield _lone(draft, at, start, end)


def _is_cut_title(text: str, end: int, closing: str) -> bool:
    """Whether the line breaks inside the pair: a title over two lines closes it in the next."""
    following = re.match(r"\n[^\n]{1,40}(?=\n|$)", text[end : end + 60])
    if text[end - 1] in "。！？；" or not following:
        return False
    return any(mark in following[0] for mark in closing)


def _is_beside_hanzi(text: str, at: int) -> bool:
    """A quote of Chinese text, not of Latin words, of code or of inches."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if before.isascii() and before.isdigit() and not _CHINESE.match(after or " "):
        return False
    return not (_LATIN.match(before or "，") and _LATIN.match(after or "，"))


def _is_rest_of_title(text: str, start: int, opening: str, closing: str) -> bool:
    line = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
    is_open = sum(line.count(mark) for mark in opening) > sum(line.count(mark) for mark in closing)
    return is_open and bool(line) and line[-1] not in "。！？；"
