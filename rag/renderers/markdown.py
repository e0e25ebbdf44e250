"""Markdown plain enough to paste into an editor: 一、（一） headings, points with [n], numbered sources at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import Citation, Outline, OutlineNode, OutlinePoint, Support
from rag.fits import GENRE, ROLE_FAMILY, SAME_ROLE, TIERS, TOPIC
from rag.text import chinese_numeral

TIER_NAMES = {SAME_ROLE: "同岗位", ROLE_FAMILY: "同类岗位", GENRE: "同文种", TOPIC: "同主题"}
STALE_MARKS = {None: "", "changed": "〔原件在建索引后改动过，请核对〕", "gone": "〔原件已不在〕"}
# What Markdown would take for markup in a sample's words or a file's name.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_BLANKS = re.compile(r"\s+")


def render(outline: Outline) -> bytes:
    return ("\n".join(_lines(outline)).rstrip() + "\n").encode("utf-8", "backslashreplace")


def _lines(outline: Outline) -> Iterator[str]:
    asked = outline.request
    yield f"# {_plain(outline.title)}"
    yield ""
    genre, year = asked.genre or "未识别", asked.year or "未指定"
    yield f"> 岗位：{_plain(asked.role)}　主题：{_plain(asked.topic)}　文种：{genre}　年份：{year}"
    yield f"> 依据：{_ground(outline)}"
    yield ""
    for place, node in enumerate(outline.nodes, start=1):
        yield from _section(outline, node, place)
    if outline.notes:
        yield "## 说明"
        yield ""
        yield from (f"- {_plain(note)}" for note in outline.notes)
        yield ""
    if outline.explanation:
        yield "## 为什么这样列"
        yield ""
        yield from (f"- {_plain(line)}" for line in outline.explanation)
        yield ""
    if outline.evidence:
        yield "## 所据样本"
        yield ""
        for row in outline.evidence:
            built = " → ".join(_plain(s.title or f"（{s.function}）") for s in row.sections)
            yield f"- {TIER_NAMES[row.tier]}｜{_plain(row.title)}（{_plain(row.path)}）：{built}"
        yield ""
    if outline.citations:
        yield "## 出处"
        yield ""
        for citation in outline.citations:
            yield _source(citation)


def _ground(outline: Outline) -> str:
    counts = {tier: sum(row.tier == tier for row in outline.evidence) for tier in TIERS}
    named = [f"{TIER_NAMES[tier]} {count} 篇" for tier, count in counts.items() if count]
    return f"{len(outline.evidence)} 篇样本（{'、'.join(named)}）" if named else "没有可比样本，以下是该文种的通行结构"


def _section(outline: Outline, node: OutlineNode, place: int) -> Iterator[str]:
    facts = [
        f"{node.support.of} 位作者中 {node.support.count} 位有此部分" if node.support.of else "通行结构",
        f"约占 {node.share:.0%}{_budget(outline, node)}",
    ]
    yield f"## {chinese_numeral(place)}、{_plain(node.title)}{_marks(node.cites)}"
    yield ""
    yield f"*{'；'.join(facts)}*"
    yield ""
    if node.alternatives:
        others = "；".join(f"{_plain(other.title)}{_marks(other.cites)}" for other in node.alternatives)
        yield f"*也作：{others}*"
        yield ""
    for number, child in enumerate(node.children, start=1):
        yield f"### （{chinese_numeral(number)}）{_plain(child.title)}{_marks(child.cites)}{_budget(outline, child)}"
        yield ""
        yield from _points(child.points)
    yield from _points(node.points)


def _points(points: tuple[OutlinePoint, ...]) -> Iterator[str]:
    for point in points:
        if point.kind == "prompt":
            yield f"  - {_plain(point.text)}"
            continue
        flags = "".join(f"〔{_plain(flag)}〕" for flag in point.flags)
        yield f"- {_plain(point.text)}{_support(point.support)}{flags}{_marks(point.cites)}"
    if points:
        yield ""


def _budget(outline: Outline, node: OutlineNode) -> str:
    budget = outline.budget(node)
    return f"，约 {budget} 字" if budget else ""


def _support(support: Support) -> str:
    return f"（{support.of} 位作者中 {support.count} 位）" if support.count > 1 else ""


def _marks(cites: tuple[int, ...]) -> str:
    return "".join(f"[{number}]" for number in cites)


def _source(citation: Citation) -> str:
    where = " › ".join(_plain(part) for part in citation.section) or "正文"
    page = f"，第 {citation.page} 页" if citation.page else ""
    return (
        f"[{citation.number}] {_plain(citation.title)}（{_plain(citation.path)}）{where}，"
        f"第 {citation.start}—{citation.end} 字{page}：“{_plain(citation.quote)}”{STALE_MARKS[citation.stale]}\n"
    )


def _plain(text: str) -> str:
    """One line, with nothing in it that Markdown would act on."""
    return _MARKUP.sub(r"\\\1", _BLANKS.sub(" ", text).strip())
