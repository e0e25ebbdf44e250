"""balance: how much room each part takes, and whether remedies answer problems.

Rule, for 对照检查 and 党性分析: 学习 above a quarter of the text, or 问题 and 原因 together below a third (warning;
info where headings do not say what the parts are). Against the samples of the same 文种: a part below half of the
least, or above one and a half times the largest share that a sample gives it (info). A problem that no remedy answers
by theme or words, and the reverse (info).
Source: 惯例 for the fixed shares; counted on the samples for the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rag.datatypes import INFO, WARNING, Finding
from rag.functions import of_heading
from rag.review.case import problem_points
from rag.review.draft import PARTY_MEETING, Draft, shown
from rag.tags import themes_in
from rag.text import bigrams

RULE = "balance"
LEARNING = "学习"
PRELIMINARY = ("上次整改", "征求意见", "现状", "其他")  # parts that may hold 学习情况 as one of several
MOST_LEARNING = 0.25
LEAST_FAULTS = 1 / 3
FEWEST_SAMPLES = 5
SLACK_BELOW, SLACK_ABOVE = 0.5, 1.5
SMALL = 0.04
SHORTEST = 600
HEAD = 40
FEWEST_POINTS = 3
RARE, FEWEST_RARE = 3, 2


def review(draft: Draft) -> Iterator[Finding]:
    body = sum(zone.end - zone.start for zone in draft.zones)
    if body < SHORTEST:
        return
    shares = shares_of(draft)
    if draft.family == PARTY_MEETING:
        yield from _custom(draft, shares)
        yield from _unanswered(draft)
    yield from _against_samples(draft, shares)


def shares_of(draft: Draft) -> dict[str, float]:
    """Each function's part of the length, 0..1. 学习情况 below a heading for several preliminaries counts as 学习."""
    body = sum(zone.end - zone.start for zone in draft.zones) or 1
    shares: dict[str, float] = {}
    for zone in draft.zones:
        own = {zone.function: zone.end - zone.start}
        for child in zone.node.children if zone.node else ():
            if zone.function in PRELIMINARY and child.kind == "section" and of_heading(child.title) == LEARNING:
                own[LEARNING] = own.get(LEARNING, 0) + child.end - child.start
                own[zone.function] -= child.end - child.start
        for function, length in own.items():
            shares[function] = shares.get(function, 0.0) + length / body
    return shares


def _custom(draft: Draft, shares: dict[str, float]) -> Iterator[Finding]:
    severity = WARNING if draft.has_headings else INFO  # parts that no heading states are a guess
    learning = shares.get(LEARNING, 0.0)
    if learning > MOST_LEARNING:
        yield draft.finding(
            RULE,
            severity,
            *_place(draft, LEARNING),
            f"学习部分占 {learning:.0%}，超过四分之一",
            "压缩学习情况，把篇幅给问题和原因（惯例）",
        )
    faults = shares.get("问题", 0.0) + shares.get("原因", 0.0)
    if 0 < faults < LEAST_FAULTS:
        yield draft.finding(
            RULE, severity, *_place(draft, "问题", "原因"), f"问题和原因合起来只占 {faults:.0%}，不到三分之一",
            "把问题写具体、原因挖深（惯例：一般占一半左右）",
        )  # fmt: skip


def _against_samples(draft: Draft, shares: dict[str, float]) -> Iterator[Finding]:
    if draft.skeleton is None:
        return
    for part in draft.skeleton.parts:
        own = shares.get(part.function)
        least, _, most = part.shares
        if own is None or part.support.count < FEWEST_SAMPLES or part.function in ("开头", "结尾", "其他"):
            continue
        if own > SLACK_ABOVE * most or own < SLACK_BELOW * least - SMALL:
            word = "偏长" if own > most else "偏短"
            cited = [part.example] if part.example else []
            usual = f"{part.support.count} 位作者的样本里占 {least:.0%}—{most:.0%}"
            yield draft.finding(
                RULE, INFO, *_place(draft, part.function),
                f"“{part.function}”部分占 {own:.0%}，{word}：{usual}",
                "对照样本调整篇幅", citations=cited,
            )  # fmt: skip


def _unanswered(draft: Draft) -> Iterator[Finding]:
    """Problems without a remedy and remedies without a problem: no theme in common, and no word that the two alone use.

    Where fewer than two thirds find an answer, the draft says its remedies in other words, and nothing is judged.
    """
    if not draft.has_headings:
        return
    problems, remedies = _told(draft, "问题"), _told(draft, "整改")
    if len(problems) < FEWEST_POINTS or len(remedies) < FEWEST_POINTS:
        return
    counts = Counter(gram for point in (*problems, *remedies) for gram in point.grams)
    for own, others, what, wanted in (
        (problems, remedies, "这个问题在整改部分没有对应的措施", "补上对应的措施"),
        (remedies, problems, "这条措施没有对应的问题", "补写问题，或删去这条措施"),
    ):
        alone = [point for point in own if not any(_answers(point, other, counts) for other in others)]
        if len(alone) * 3 > len(own):
            continue
        for point in alone:
            words = shown(draft.text[point.start : point.end])
            yield draft.finding(RULE, INFO, point.start, point.end, f"{what}：{words}", wanted + "（惯例）")


@dataclass(frozen=True, slots=True)
class _Told:
    """A point's head at text[start:end], and the themes and bigrams of the whole point."""

    start: int
    end: int
    themes: frozenset[str]
    grams: frozenset[str]


def _answers(point: _Told, other: _Told, counts: Counter[str]) -> bool:
    rare = sum(counts[gram] <= RARE for gram in point.grams & other.grams)
    return bool(point.themes & other.themes) or rare >= FEWEST_RARE


def _told(draft: Draft, function: str) -> list[_Told]:
    rows = []
    for zone in draft.zones_of(function):
        for start, end in problem_points(draft, zone):
            head = min(end, start + HEAD, *(at for mark in "。；：\n" if (at := draft.text.find(mark, start)) > 0))
            words = draft.text[start:end]
            rows.append(_Told(start, head, frozenset(themes_in(words)), bigrams(words)))
    return rows


def _place(draft: Draft, *functions: str) -> tuple[int, int]:
    """The heading of the first part of these functions."""
    zone = next(draft.zones_of(*functions), draft.zones[0])
    if zone.node:
        return zone.node.start, zone.node.head_end
    line = draft.text.find("\n", zone.start)
    return zone.start, min(zone.end, line if line > zone.start else zone.end)
