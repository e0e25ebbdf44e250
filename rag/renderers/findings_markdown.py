"""A review as Markdown, readable in a terminal: worst first, rule by rule, then the passages side by side."""

from __future__ import annotations

from collections.abc import Iterator

from rag.datatypes import Review
from rag.renderers.findings import RULE_NAMES, SEVERITY_NAMES, alike, grouped, line_of, summed
from rag.renderers.markdown import plain

MOST_SHOWN = 12
MOST_SOURCES = 8


def render(review: Review) -> bytes:
    return ("\n".join(_lines(review)) + "\n").encode("utf-8", "backslashreplace")


def _lines(review: Review) -> Iterator[str]:
    source = review.document.source
    yield f"# 检查结果：{plain(source.title or source.path)}"
    yield ""
    yield f"{summed(review.findings)}。" + "；".join(map(plain, review.notes))
    if review.accepted:
        yield f"基线里已接受的 {review.accepted} 处没有列出。"
    for severity, rule, found in grouped(review.findings):
        yield ""
        yield f"## {SEVERITY_NAMES[severity]}·{RULE_NAMES[rule]}（{len(found)}）"
        yield ""
        told = alike(review, found)
        for finding, where in told[:MOST_SHOWN]:
            certain = "〔--fix 可改〕" if finding.edits else ""
            yield f"- {plain(where)}：{plain(finding.message)}"
            yield f"  → {plain(finding.suggestion)}{certain}"
        if len(told) > MOST_SHOWN:
            yield f"- 另有 {len(told) - MOST_SHOWN} 条，见 --format json 或 html"
    yield from _side_by_side(review)
    if review.sources:
        yield ""
        yield "## 与各样本相同的字数"
        yield ""
        yield "| 样本 | 字数 | 占全文 | 最长一段 |"
        yield "|---|---|---|---|"
        for row in review.sources[:MOST_SOURCES]:
            yield f"| {plain(row.path)} | {row.characters} | {row.share:.1%} | {row.longest} |"
    if review.skipped:
        yield ""
        yield "## 没有运行的规则"
        yield ""
        for rule, why in review.skipped.items():
            yield f"- {RULE_NAMES[rule]}（{rule}）：{plain(why)}"


def _side_by_side(review: Review) -> Iterator[str]:
    rows = [f for f in review.findings if f.rule == "overlap" and f.citations]
    if not rows:
        return
    yield ""
    yield "## 逐段对照"
    yield ""
    yield "| 稿件 | 样本 |"
    yield "|---|---|"
    for finding in rows:
        own = review.document.text[finding.start : finding.end]
        line = line_of(review.document, finding.start)
        cited = finding.citations[0]
        theirs = f"{plain(cited.path)} 第 {cited.start}—{cited.end} 字：{plain(cited.quote)}"
        yield f"| 第 {line} 行：{plain(own)} | {theirs} |"
