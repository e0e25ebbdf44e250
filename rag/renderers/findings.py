"""What all renderings of a review share: names of rules in Chinese, lines, order and sums."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rag.datatypes import ERROR, INFO, RULES, WARNING, Document, Finding, Review

MOST_LINES = 12
RULE_NAMES = {
    "overlap": "雷同",
    "residue": "残留",
    "structure": "结构",
    "balance": "篇幅",
    "case": "事例",
    "person": "人称",
    "placeholder": "占位",
    "numbering": "序号",
    "stale": "过时提法",
    "name": "名称",
    "quotes": "成对符号",
    "punctuation": "标点",
    "doubled": "重复",
    "confusion": "用字",
}
SEVERITY_NAMES = {ERROR: "错误", WARNING: "提醒", INFO: "参考"}


def line_of(document: Document, at: int) -> int:
    """The line of the canonical text, from 1."""
    return bisect_right(document.starts, at)


def place(review: Review, finding: Finding) -> str:
    """第 12 行第 3—9 字，一、存在的问题 › 1.学习不够."""
    document = review.document
    line = line_of(document, finding.start)
    begin = document.starts[line - 1]
    first, last = finding.start - begin + 1, min(finding.end, begin + len(document.blocks[line - 1].text)) - begin
    characters = f"第 {first} 字" if last <= first else f"第 {first}—{last} 字"
    section = " › ".join(_short(title) for title in finding.section)
    return f"第 {line} 行{characters}" + (f"，{section}" if section else "")


def summed(findings: Sequence[Finding]) -> str:
    """错误 2 处，提醒 5 处，参考 1 处."""
    counts = [(name, sum(f.severity == severity for f in findings)) for severity, name in SEVERITY_NAMES.items()]
    return "，".join(f"{name} {count} 处" for name, count in counts)


def grouped(findings: Sequence[Finding]) -> list[tuple[str, str, list[Finding]]]:
    """(severity, rule, findings), worst first, rules in their fixed order."""
    groups = []
    for severity in SEVERITY_NAMES:
        for rule in RULES:
            own = [f for f in findings if f.severity == severity and f.rule == rule]
            if own:
                groups.append((severity, rule, own))
    return groups


def alike(review: Review, findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Findings that say the same at several places, once: the first, and where it and the others stand."""
    same: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        same.setdefault((finding.message, finding.suggestion), []).append(finding)
    rows = []
    for group in same.values():
        where = place(review, group[0])
        if len(group) > 1:
            lines = "、".join(str(line_of(review.document, finding.start)) for finding in group[1:MOST_LINES])
            where += f"，另见第 {lines} 行{'等' if len(group) > MOST_LINES else ''}（共 {len(group)} 处）"
        rows.append((group[0], where))
    return rows


def _short(title: str, most: int = 18) -> str:
    flat = " ".join(title.split())
    return flat if len(flat) <= most else flat[:most] + "…"
