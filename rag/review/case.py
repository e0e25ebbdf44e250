"""case: 见人见事, a problem is shown by what happened, not only named.

Rule, for 对照检查 and 党性分析: where three or more problem points stand in a part, and fewer than a third of them
hold a case (比如, a date, a figure, a person, a quotation), one warning on the part. A problem that first praises
itself (虽然…但是, 能够…但): info each.
Source: 惯例, reviewers of such materials ask for 见人见事见思想.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import INFO, WARNING, Finding
from rag.functions import Zone
from rag.review.draft import PARTY_MEETING, Draft, shown

RULE = "case"
FEWEST_POINTS = 3
LEAST_SHARE = 1 / 3
SHORTEST_POINT = 16
_CASE = re.compile(
    r"比如|例如|譬如|举例|[有那某]一?次|有[一位名个件]|一[位名件]|当时|去年|前年|上半年|下半年|[上今]年[初底]?|年初|年底|那天|"
    r"[\d０-９][\d.,]*\s*[年月日号次名户件项个人份天万元亿%％篇场家处多余]|[一二三四五六七八九十]+月份?|[一二三四五六七八九十两]+[次名户件天篇场位]|"
    r"“[^”]{4,}[。，！？]?”|同志|老人|村民|居民|群众代表"
)
_HEDGE = re.compile(
    r"(?:虽然|虽说|尽管|虽)[^。；！？\n]{2,60}?[，,](?:但是|但|可是|然而|却)"
    r"|(?:^|[。；：\n])[^。；，！？\n]{0,12}?(?:能够|能|基本上?能|总体上能|一直能)[^。；！？\n]{4,60}?[，,]但是?(?![^，。]{0,2}以)",
    re.MULTILINE,
)


def review(draft: Draft) -> Iterator[Finding]:
    if draft.family != PARTY_MEETING:
        return
    for zone in draft.zones_of("问题"):
        yield from _without_cases(draft, zone)
    for zone in draft.zones_of("问题", "原因"):
        for match in _HEDGE.finditer(draft.text, zone.start, zone.end):
            start = match.start() + (match[0][0] in "。；：\n")
            yield draft.finding(
                RULE, INFO, start, match.end(), f"先表功再说问题：{shown(draft.text[start : match.end()], 30)}",
                "直接写问题（惯例）",
            )  # fmt: skip


def _without_cases(draft: Draft, zone: Zone) -> Iterator[Finding]:
    points = problem_points(draft, zone)
    if len(points) < FEWEST_POINTS:
        return
    bare = [span for span in points if not _CASE.search(draft.text, *span)]
    have = len(points) - len(bare)
    if have >= LEAST_SHARE * len(points):
        return
    end = zone.node.head_end if zone.node else draft.text.find("\n", zone.start)
    examples = "；".join(shown(draft.text[first:last], 18) for first, last in bare[:3])
    stop = end if end > zone.start else zone.end
    told = f"只有 {have} 条有具体事例" if have else "没有一条写到具体的人和事"
    yield draft.finding(
        RULE, WARNING, zone.start, stop, f"{len(points)} 条问题里{told}，如：{examples}",
        "每条写一件本人的事：什么时间、什么事、自己怎么做的、结果如何（惯例：见人见事）",
    )  # fmt: skip


def problem_points(draft: Draft, zone: Zone) -> list[tuple[int, int]]:
    """Spans of the innermost points of a part; its paragraphs where it has none."""
    inside = [node for node in draft.nodes if zone.start <= node.start < zone.end]
    leaves = [
        (node.start, node.end) for node in inside if not node.children and node.end - node.start >= SHORTEST_POINT
    ]
    if zone.node and leaves == [(zone.node.start, zone.node.end)]:
        leaves = []
    return leaves or [
        (start, end)
        for start, end in draft.paragraphs
        if zone.start <= start
        and end <= zone.end
        and end - start >= SHORTEST_POINT
        and draft.text[end - 1] in "。！？；”"
    ]
