"""Names, places, units, dates and figures of a report: what belongs to its author and to nobody else.

Each mark has a key that comes out the same wherever the name stands: of a place the two characters before 镇, 村,
小学 …, so that 到白沙河镇 and 某县白沙河镇 meet in 沙河镇. Whether a name is a stranger's is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from rag.config import table
from rag.fingerprint.winnowing import Hashes, chosen, grams, letters, of_words

PERSON, PLACE, FIGURE, DATE = "人名", "单位地名", "数字", "日期"
FEWEST_DIGITS = 3
# Behind a name a suffix ends; 完成市场, 柳湾村民, 集中学习 are no names.
_PLACE = re.compile(
    r"(?=([\u4e00-\u9fff]{2})(镇(?![村街江静守压区乡])|乡(?![村镇亲土愁贤音情风里])|村(?![民庄容落寨级干组镇改史里居])|社区(?![化居])|"
    r"街道(?![化])|小区|公司|集团(?![化军])|小学(?![生校])|中学(?![习生会到])|幼儿园|医院|卫生院|学院(?![派])|"
    r"大学(?![生习科])|水库|大桥|园区|广场|县(?![域级区乡处直市])|市(?![场民值价面容盈域级县区直级辖])|"
    r"合作社|农场|林场|水厂|工业园|敬老院|养老院|福利院|派出所|卫生室))"
)
_FIGURE = re.compile(
    r"(?<![\d.])(\d[\d,，]*(?:\.\d+)?)(万亿|[万亿]?[元亩户人名件吨]|公里|平方米|个百分点|[%％‰]|[万亿])"
)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")
_NOT_GIVEN = (
    "的了在是和与及也都不我他她们这那有为对把被从到向给上下中大小多少部单人员党群委工办局处科院校某一二三四五六七八九十"
)
# A name may begin with 大, 新, 三, but not with these, and never ends in those.
_NEVER_FIRST = frozenset(
    "的了是在和与及向从由对把让被给为到于将请你我他她它们这那各每该其就还又已并或而如则且个着过所每些某"
)
# 和 is an and before 社区 in 街道和社区, and none in 春和社区, 安和街道.
_AUSPICIOUS = frozenset("安永太泰春仁义兴宝保中祥瑞福广建清元景嘉怡雅顺德人同")
_NEVER_LAST = _NEVER_FIRST | frozenset(
    "大小中上下内外前后全本省市县区镇乡村副正现名强百多几两数第个级型有无以之等也都同"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A name at text[start:end]; marks with one key name one thing."""

    kind: str
    key: str
    start: int
    end: int


def fingerprint(text: str) -> bytes:
    """What the index keeps of a text: sorted uint32 hashes of its chosen grams and of its names."""
    hashes = grams(letters(text).text)
    names = of_words(sorted({mark.key for mark in marks(text)}))
    return np.unique(np.concatenate([hashes[chosen(hashes)], names])).astype("<u4").tobytes()


def unpacked(data: bytes) -> Hashes:
    return np.frombuffer(data, dtype="<u4")


def marks(text: str) -> Iterator[Mark]:
    """The names in `text`, kind by kind."""
    generic, common = _generic(), _common_words()
    for match in _PLACE.finditer(text):
        stem, key = match[1], match[1] + match[2]
        if (
            stem not in generic and stem not in common and stem[0] not in _NEVER_FIRST and _may_end(stem)
            and stem[1] not in _bare_before(match[2])
        ):  # fmt: skip
            yield Mark(PLACE, key, match.start(1), match.end(2))
    for pattern in _persons():
        for match in pattern.finditer(text):
            name = match["name"]
            if not any(char in _NOT_GIVEN for char in name[1:]) and name not in generic and name[:2] not in generic:
                yield Mark(PERSON, name, *match.span("name"))
    for match in _FIGURE.finditer(text):
        digits = match[1].replace(",", "").replace("，", "")
        if _is_telling(digits):
            yield Mark(FIGURE, f"{digits}{match[2]}", *match.span())
    for match in _DATE.finditer(text):
        yield Mark(DATE, "-".join((match[1], match[2].zfill(2), match[3].zfill(2))), *match.span())


def is_common(word: str) -> bool:
    """Whether these two Hanzi are a word that any text may use."""
    return word in _common_words()


def _may_end(stem: str) -> bool:
    return stem[1] not in _NEVER_LAST or (stem[1] == "和" and stem[0] in _AUSPICIOUS)


def _is_telling(digits: str) -> bool:
    """3247 and 1.26 tell whose they are, 100, 5000 and 5.5 do not."""
    significant = digits.replace(".", "").strip("0")
    return len(significant) >= FEWEST_DIGITS


@cache
def _generic() -> frozenset[str]:
    words = table("names")
    return frozenset((*words["generic_places"], *words["no_names"]))


@cache
def _common_words() -> frozenset[str]:
    """Words of two Hanzi that any text may use."""
    joined = "".join(table("common_words")["words"].split())
    return frozenset(joined[i : i + 2] for i in range(0, len(joined), 2))


def _bare_before(suffix: str) -> str:
    return str(table("names")["before"].get(suffix, ""))


@cache
def _persons() -> tuple[re.Pattern[str], ...]:
    words = table("names")
    surnames = "".join(table("lexicon")["surnames"])
    name = rf"(?P<name>[{surnames}][\u4e00-\u9fff]{{1,2}})"
    full = rf"(?P<name>[{surnames}][\u4e00-\u9fff]{{2}})"
    titles, callings = "|".join(words["titles"]), "|".join(words["callings"])
    return (
        re.compile(rf"(?<![\u4e00-\u9fff]){name}(?={titles})"),
        re.compile(rf"(?<=[、，。和与向对由跟让请给]){full}(?={titles})"),
        re.compile(rf"(?:{callings}){full}(?=[，。、：；“（的说讲家因患和与把向给来对问告反去为在等])"),
        re.compile(rf"(?:述职人|报告人|汇报人|发言人|姓\s*名|党员姓名)\s*[:：]\s*{name}(?=\s|$|[，。）)])"),
    )
