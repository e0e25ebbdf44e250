"""Another person's words in this one's outline: shown, masked, flagged or left out; never given other nouns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rag.config import table
from rag.datatypes import Point, Request
from rag.text import bigrams, chinese_number, displayed, undoubled

MASKED_FIGURE = "X"
LONGEST_SHOWN = 45
SHORTEST_SHOWN = 4
_DIGITS = re.compile(r"\d[\d.,，]*")
_YEAR = re.compile(r"(20\d\d)(?=年)")
_EMPTY_TAIL = re.compile(r"[，、：；。,:;]+$")
_BARE_ASPECT = re.compile(r"方面(?:(?:存在)?的.{0,8})?$")
_COUNTED = re.compile(r"([二三四五六七八])个(?:带头|方面)")
LONGEST_TOPIC = 20
_TELLS = re.compile(r"[我他她你，,]|自己|这里|了$|过$|^(?:在|有|那|这|还|又|可)")
FAULTS = ("问题", "原因")
SHORTEST_FAULT = 6
_HALF_SAID = re.compile(r"^没有.{1,3}$")  # 没有翻开: what, the sentence before said
# 请他也这样对我: a tale of particular people; 其他, 他人, 我国, 我们 are not.
_SOMEBODY = re.compile(r"(?<!其)[他她](?!人|们)|我(?![国省市县区镇乡村局院校们党军委办])")
LONGEST_TOLD = 24
LONG_ASPECT = 8
SAME_ASPECT = 0.5


@dataclass(frozen=True, slots=True)
class Shown:
    """Words fit to stand in the outline, and what the writer must know about them."""

    text: str
    flags: tuple[str, ...] = ()


def worded(point: Point, request: Request) -> Shown:
    """A sample's point, one that is not `refused`, in the outline's own words."""
    flags = []
    text = _EMPTY_TAIL.sub("", displayed(point.head))
    if text != undoubled(text):
        text = undoubled(text)
        flags.append("原文有重字，已改")
    if "数字" in point.leaks:
        text = _DIGITS.sub(MASKED_FIGURE, text)
        flags.append("数字已隐去，填本单位数据")
    foreign = foreign_systems(point, request)
    if foreign:
        flags.append(f"需按本岗位改写：{'、'.join(foreign)}")
    return Shown(text, tuple(flags))


def refused(point: Point, function: str, request: Request) -> str | None:
    """Why a point may not stand in the outline, None if it may.

    Facts of another (what he learned, did, achieved) stay out when they carry figures or another field's terms;
    problems, causes and remedies keep their generic head, masked, with the foreign terms flagged.
    """
    if not SHORTEST_SHOWN <= len(point.head) <= LONGEST_SHOWN or _HALF_SAID.search(point.head):
        return "太短或太长，不成条目"
    if is_stale(point, request.year):
        return "往年的提法"
    if set(point.leaks) - {"数字"} or ("数字" in point.leaks and not _DIGITS.search(point.head)):
        return "含人名、单位、文件名或样本自己的数字"
    if _SOMEBODY.search(point.head):
        return "说的是具体的人和事"
    if point.leaks and len(point.head) > LONGEST_TOLD:
        return "写得太具体，是别人的事"
    if is_fact(function) and (point.leaks or foreign_systems(point, request)):
        return "别人做的事，或别的系统的事"
    if is_narrative(point) and (is_fact(function) or not (names_a_thing(point) or names_a_fault(point, function))):
        return "叙述句，不成条目"
    return None


def shown_heading(title: str, sample_year: int | None, request: Request) -> str | None:
    """A sample's heading for this year's outline, years moved along; None when it is stale or too much its own."""
    moved = title
    if sample_year and request.year:
        moved = _YEAR.sub(lambda m: str(int(m[1]) + request.year - sample_year) if request.year else m[1], title)
    if is_stale_text(moved, request.year) or names_another_years_aspects(moved, request.year):
        return None
    return _EMPTY_TAIL.sub("", displayed(moved))


def is_narrative(point: Point) -> bool:
    """The opening sentence of a paragraph, not a heading or an item of a list: it tells, it does not name."""
    return point.head_span[0] == point.span[0]


def names_a_thing(point: Point) -> bool:
    """Whether the opening of a paragraph is a topic phrase (大力提振消费), not a sentence that tells a story."""
    return len(point.head) <= LONGEST_TOPIC and "数字" not in point.leaks and not _TELLS.search(point.head)


def names_a_fault(point: Point, function: str) -> bool:
    """Whether a sentence of running text may stand as a problem or a cause: it is short and says what is wrong."""
    is_short = SHORTEST_FAULT <= len(point.head) <= LONGEST_TOLD and "数字" not in point.leaks
    is_tale = _SOMEBODY.search(point.head)
    return (
        function in FAULTS
        and is_short
        and not is_tale
        and any(cue in point.head for cue in table("lexicon")["deficiency"])
    )


def is_fact(function: str) -> bool:
    """Whether sections of this function tell what the author himself did."""
    return function in table("lexicon")["fact_functions"]


def is_stale(point: Point, year: int | None) -> bool:
    """Whether the point's own words, or the 对照方面 they name, belong to another year."""
    return _are_stale(point.campaigns, year) or names_another_years_aspects(point.head, year)


def is_stale_text(text: str, year: int | None) -> bool:
    return _are_stale(
        tuple(row["name"] for row in table("campaigns")["campaign"] if any(a in text for a in row["aliases"])),
        year,
    )


def names_another_years_aspects(text: str, year: int | None) -> bool:
    """Whether `text` names 对照方面, or a number of them (五个带头), that another year set and this one did not."""
    counted = _COUNTED.search(text)
    if counted:
        return chinese_number(counted[1]) not in {len(row["aspects"]) for row in _meetings(year)}
    own = {aspect for row in _meetings(year) for aspect in row["aspects"]}
    others = {aspect for row in table("aspects")["meeting"] for aspect in row["aspects"]} - own
    words = _BARE_ASPECT.sub("", text).removeprefix("在")
    if words == text and not text.startswith("带头"):
        return False
    grams = bigrams(words)
    return any(
        words == aspect
        or (len(aspect) >= LONG_ASPECT and grams and len(grams & bigrams(aspect)) >= SAME_ASPECT * len(grams))
        for aspect in others
    )


def foreign_systems(point: Point, request: Request) -> tuple[str, ...]:
    """Fields of work that the point names and the request is not about."""
    own = set(request.profile.systems)
    if request.profile.family == "政府" or own & set(table("lexicon")["generalists"]):
        return ()
    return tuple(name for name in point.systems if name not in own) if own else point.systems


def _meetings(year: int | None) -> list[dict[str, Any]]:
    return [row for row in table("aspects")["meeting"] if row["year"] == year]


def _are_stale(campaigns: tuple[str, ...], year: int | None) -> bool:
    if year is None:
        return False
    spans = {row["name"]: (row["from"], row["to"]) for row in table("campaigns")["campaign"]}
    return any(not spans[name][0] <= year <= spans[name][1] for name in campaigns)
