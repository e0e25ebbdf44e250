"""doubled: a word typed twice.

Rule: a function word twice in a row (在在, 的的, 了了), or a run of two to eight Hanzi right behind itself (引导引导):
warning, certain. Where the second of the two may begin a word (发放对对象 is wrong, 对对象开展帮扶 is right): a hint,
and `--fix` leaves it. Left alone: what the table `doubled.toml` lists, where the first of the two ends another word
(目的的, 为了了解, 实实在在) or where Chinese really doubles (一个一个, 说着说着; 方方面面 is no run behind itself).
Source: 惯例.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag.config import table
from rag.datatypes import INFO, WARNING, Edit, Finding
from rag.review.draft import Draft, shown

_RUN = re.compile(r"([\u4e00-\u9fff]{2,8}?)\1(?!\1)")


def review(draft: Draft) -> Iterator[Finding]:
    text = draft.text
    single, legitimate = _single(), tuple(table("doubled")["words"])
    taken: list[tuple[int, int]] = []
    for match in _RUN.finditer(text):
        word = match[1]
        context = text[max(0, match.start() - 4) : match.end() + 4]
        is_listed = any(fine in context and _covers(text, fine, match) for fine in legitimate)
        if is_listed or _is_meant(word):
            continue
        taken.append(match.span())
        yield _finding(draft, match.start(), match.end(), word)
    for match in single.finditer(text):
        if any(start <= match.start() < end for start, end in taken) or _ends_a_word(text, match):
            continue
        if _begins_a_word(text, match):
            yield _hint(draft, *match.span(), match[0][0])
        else:
            yield _finding(draft, *match.span(), match[0][0])


def _is_meant(word: str) -> bool:
    """一个一个, 一校一校一策, 说着说着, 天天天: said twice on purpose."""
    return len(set(word)) == 1 or word.endswith("着") or word[1] == "一" or word[0] in table("doubled")["counted"]


def _finding(draft: Draft, start: int, end: int, word: str) -> Finding:
    around = shown(draft.text[max(0, start - 4) : end + 4], 30)
    return draft.finding(
        "doubled", WARNING, start, end, f"“{word}”重复：{around}", f"删去一个“{word}”", [Edit(start, end, word)]
    )


def _hint(draft: Draft, start: int, end: int, word: str) -> Finding:
    around = shown(draft.text[max(0, start - 4) : end + 4], 30)
    return draft.finding(
        "doubled", INFO, start, end, f"“{word}{word}”可能多写一字：{around}", f"看是否应删去一个“{word}”"
    )


def _ends_a_word(text: str, match: re.Match[str]) -> bool:
    """Whether the first of the two ends another word: 目的|的, 现在|在."""
    row = table("doubled")["single"][match[0][0]]
    return re.search(f"(?:{'|'.join(row['ends'])})$", text[max(0, match.start() - 3) : match.start() + 1]) is not None


def _begins_a_word(text: str, match: re.Match[str]) -> bool:
    """Whether the second of the two may begin a word: 的|的确, 对|对象."""
    row = table("doubled")["single"][match[0][0]]
    return text[match.end() - 1 : match.end() + 2].startswith(tuple(row["begins"]))


def _covers(text: str, fine: str, match: re.Match[str]) -> bool:
    at = text.find(fine, max(0, match.start() - len(fine) + 1), match.end() + len(fine))
    return at >= 0 and at <= match.start() and match.end() <= at + len(fine) + len(match[1])


@cache
def _single() -> re.Pattern[str]:
    return re.compile("|".join(f"{char}{char}" for char in table("doubled")["single"]))
