"""Characters, blanks, sentences: what the parser, the chunker and the renderers agree on about Chinese text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

CLOSERS = '”’」』）)】》"'
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_BLANKS = re.compile(rf"[\s\u3000\u00a0{ZERO_WIDTH}]+")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_SENTENCE = re.compile(rf"[^。！？；!?\n]*(?:[。！？；!?]+[{CLOSERS}]*|\n|$)")
# Function words of which no doubled form is a word.
_DOUBLED = re.compile(r"([的在了和与对从把被为是将])\1")
_REDACTED = re.compile(r"[Xx×]{1,}|某+|〔[^〕]*〕|_{2,}|＿{2,}|○{2,}|\*{2,}")
CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def bare(text: str) -> str:
    """`text` without blanks and zero-width marks."""
    return _BLANKS.sub("", text)


def width_folded(text: str) -> str:
    """Full-width letters, digits and brackets as their ASCII twins (NFKC), for matching only, never for display."""
    return unicodedata.normalize("NFKC", text)


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, for matching only. What GB 2312 can write costs next to nothing."""
    return _HANZI.sub(lambda run: run[0] if _is_simplified(run[0]) else _converter().convert(run[0]), text)


def is_redacted(text: str) -> bool:
    """Whether names or figures in `text` were blanked out (X, XX, ××, 某, 〔…〕, ___)."""
    return _REDACTED.search(text) is not None


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Spans of the sentences in text[start:end], stops included, outer blanks left out."""
    stop = len(text) if end is None else end
    position = start
    while position < stop:
        match = _SENTENCE.match(text, position, stop)
        if match is None or match.end() == position:
            break
        first, last = trimmed(text, position, match.end())
        if first < last:
            yield first, last
        position = match.end()


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without blanks at either side."""
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    return start, end


def chinese_number(numeral: str) -> int | None:
    """一..九十九 (十, 二十, 二十一 …) as an integer; None for anything else."""
    if not numeral:
        return None
    if "十" in numeral:
        tens, _, ones = numeral.partition("十")
        if (tens and tens not in CHINESE_DIGITS) or (ones and ones not in CHINESE_DIGITS):
            return None
        return (CHINESE_DIGITS[tens] if tens else 1) * 10 + (CHINESE_DIGITS[ones] if ones else 0)
    return CHINESE_DIGITS.get(numeral) if len(numeral) == 1 else None


def chinese_numeral(number: int) -> str:
    """1..99 as 一..九十九, for headings."""
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    if not 0 < number < 100:
        raise ValueError(number)
    return ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")


@lru_cache(maxsize=16_384)
def bigrams(text: str) -> frozenset[str]:
    """The set of character bigrams of `text`, blanks and punctuation dropped."""
    kept = "".join(c for c in text if c.isalnum())
    return frozenset(kept[i : i + 2] for i in range(len(kept) - 1))


def dice(left: str, right: str) -> float:
    """Dice coefficient over character bigrams, 0..1."""
    a, b = bigrams(left), bigrams(right)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def displayed(text: str) -> str:
    """`text` as an outline shows it in its own words: one pair of quotes, no doubled blanks. Never for citations."""
    folded = _BLANKS.sub(" ", text).strip()
    return _paired_quotes(folded)


def undoubled(text: str) -> str:
    """`text` without particles typed twice (在在, 的的); 天天 and 常常 are words."""
    return _DOUBLED.sub(r"\1", text)


def _paired_quotes(text: str) -> str:
    out, is_open = [], False
    for char in text:
        if char in '"“”':
            out.append("”" if is_open else "“")
            is_open = not is_open
        else:
            out.append(char)
    return "".join(out) if not is_open else text


def _is_simplified(hanzi: str) -> bool:
    """Whether GB 2312 has all of `hanzi`; the conversion table is only loaded for what it lacks."""
    try:
        hanzi.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def _is_blank(char: str) -> bool:
    return char.isspace() or char in ZERO_WIDTH or char == "\u00a0"
