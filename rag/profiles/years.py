"""The year of a report: title, file name, one-year campaigns, document number, dates; in this order."""

from __future__ import annotations

import re

from rag.config import table
from rag.datatypes import Fact

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)(?=\s*年|年度|[_\-—\s]|$|[\u4e00-\u9fff])")
_CHINESE_YEAR = re.compile(r"([二一][〇○零九][〇○零一二三四五六七八九]{2})年")
# 1980年1月以后出生, 2005年7月入党: dates of a life, not of a document.
_DATE_YEAR = re.compile(
    r"(?<!\d)(20[0-4]\d|19[89]\d)\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?(?![\d日及和]{0,3}(?:之|以)?[前后]?[^，。；\n]{0,6}(?:出生|生[，。]|参加工作|入党|毕业|任职?[，。]))"
)
_DATE_LINE = re.compile(
    r"^[（(\u3000\t ]*((?:19|20)\d\d|[二一][〇○零Ｏ九][〇○零Ｏ一二三四五六七八九]{2})"
    r"\s*年\s*[\dXx×一二三四五六七八九十]{1,3}\s*月"
    r"(?:\s*[\dXx×一二三四五六七八九十]{1,3}\s*[日号])?[）)\u3000\t ]*$",
    re.MULTILINE,
)
_NUMBER_YEAR = re.compile(r"[〔\[［]((?:19|20)\d\d)[〕\]］]\s*(?:第\s*)?\d+\s*号")
_DIGITS = str.maketrans("〇○零Ｏ一二三四五六七八九", "0000123456789")
HEAD_CHARACTERS = 600
TAIL_CHARACTERS = 200
FEWEST_MENTIONS = 2


def year(heads: list[tuple[str, tuple[int, int] | None]], text: str) -> Fact | None:
    for words, span in heads:
        match = _YEAR.search(words) or _CHINESE_YEAR.search(words)
        if match:
            return Fact(_in_digits(match[1]), _within(span, match, text))
    for row in table("campaigns")["campaign"]:
        for words, span in heads:
            if row["from"] == row["to"] and any(alias in words for alias in row["aliases"]):
                return Fact(str(row["from"]), span)
    numbered = _NUMBER_YEAR.search(text, 0, HEAD_CHARACTERS)
    if numbered:
        return Fact(numbered[1], numbered.span(1))
    alone = _DATE_LINE.search(text)
    if alone:
        return Fact(_in_digits(alone[1]), alone.span(1))
    tail = max(0, len(text) - TAIL_CHARACTERS)
    dates = list(_DATE_YEAR.finditer(text, tail)) or list(_DATE_YEAR.finditer(text, 0, HEAD_CHARACTERS))
    if dates:
        return Fact(dates[-1][1], dates[-1].span(1))
    written = list(_CHINESE_YEAR.finditer(text, tail))
    if written:
        return Fact(_in_digits(written[-1][1]), written[-1].span(1))
    return _campaign_year(text)


def _in_digits(year: str) -> str:
    digits = {"〇": "0", "○": "0", "零": "0", "Ｏ": "0"} | {
        c: str(i) for i, c in enumerate("零一二三四五六七八九") if i
    }
    return "".join(digits.get(c, c) for c in year)


def _campaign_year(text: str) -> Fact | None:
    """The year of the one-year campaign that the text names most often."""
    counts = [
        (sum(text.count(alias) for alias in row["aliases"]), row["from"], row["aliases"])
        for row in table("campaigns")["campaign"]
        if row["from"] == row["to"]
    ]
    count, year, aliases = max(counts, default=(0, 0, []))
    if count < FEWEST_MENTIONS:
        return None
    at = min(text.find(alias) for alias in aliases if alias in text)
    return Fact(str(year), (at, at + max(len(alias) for alias in aliases if text.startswith(alias, at))))


def _within(span: tuple[int, int] | None, match: re.Match[str], text: str) -> tuple[int, int] | None:
    """Where in the canonical text the match inside a title's words lies."""
    if span is None:
        return None
    at = text.find(match[1], *span)
    return (at, at + len(match[1])) if at >= 0 else span
