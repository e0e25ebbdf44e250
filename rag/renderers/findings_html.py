"""A review as one self-contained web page: the findings, and copied passages beside their source with the
differences marked. No script, nothing fetched."""

from __future__ import annotations

import html
from collections.abc import Iterator

from rag.datatypes import Finding, Review
from rag.renderers.findings import RULE_NAMES, SEVERITY_NAMES, alike, grouped, place, summed
from rag.renderers.findings_margin import STYLE, margin
from rag.renderers.wording import visible

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
body{font:16px/1.7 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#222;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ddd}
li{margin:.5rem 0}.at{color:#666;font-size:.85rem}.do{color:#155724}table{border-collapse:collapse;width:100%}
td,th{border:1px solid #ccc;padding:.4rem .6rem;vertical-align:top;text-align:left}.two td{width:50%}
.error{color:#a40000}.warning{color:#8a5a00}.info{color:#004b87}mark{background:#fff1a8}del{background:#ffd7d5;
text-decoration:none}
"""


def render(review: Review) -> bytes:
    return "\n".join(_lines(review)).encode("utf-8", "backslashreplace")


def _lines(review: Review) -> Iterator[str]:
    source = review.document.source
    title = escape(source.title or source.path)
    yield '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>检查结果：{title}</title>'
    yield f"<style>{_STYLE}{STYLE}</style></head><body><h1>检查结果：{title}</h1>"
    yield f"<p>{escape(summed(review.findings))}。{escape('；'.join(review.notes))}</p>"
    if review.accepted:
        yield f"<p>基线里已接受的 {review.accepted} 处没有列出。</p>"
    for severity, rule, found in grouped(review.findings):
        yield f'<h2 class="{severity}">{SEVERITY_NAMES[severity]}·{RULE_NAMES[rule]}（{len(found)}）</h2><ul>'
        for finding, where in alike(review, found):
            yield _finding(finding, where)
        yield "</ul>"
    yield from _side_by_side(review)
    yield from margin(review, escape)
    if review.sources:
        yield "<h2>与各样本相同的字数</h2><table><tr><th>样本</th><th>字数</th><th>占全文</th><th>最长一段</th></tr>"
        for row in review.sources:
            yield (
                f"<tr><td>{escape(row.path)}</td><td>{row.characters}</td><td>{row.share:.1%}</td>"
                f"<td>{row.longest}</td></tr>"
            )
        yield "</table>"
    if review.skipped:
        yield "<h2>没有运行的规则</h2><ul>"
        for rule, why in review.skipped.items():
            yield f"<li>{RULE_NAMES[rule]}：{escape(why)}</li>"
        yield "</ul>"
    yield "</body></html>"


def _finding(finding: Finding, where: str) -> str:
    certain = "〔--fix 可改〕" if finding.edits else ""
    return (
        f'<li>{escape(finding.message)}<br><span class="do">{escape(finding.suggestion)}{certain}</span>'
        f'<br><span class="at">{escape(where)}</span></li>'
    )


def _side_by_side(review: Review) -> Iterator[str]:
    rows = [f for f in review.findings if f.rule == "overlap" and f.citations]
    if not rows:
        return
    yield '<h2>逐段对照</h2><table class="two"><tr><th>稿件</th><th>样本</th></tr>'
    for finding in rows:
        cited = finding.citations[0]
        left, right = _marked(review.document.text[finding.start : finding.end], cited.quote)
        where = f"{cited.path} 第 {cited.start}—{cited.end} 字"
        yield (
            f'<tr><td>{left}<br><span class="at">{escape(place(review, finding))}</span></td>'
            f'<td>{right}<br><span class="at">{escape(where)}</span></td></tr>'
        )
    yield "</table>"


def _marked(own: str, theirs: str) -> tuple[str, str]:
    """Both texts: what they share in <mark>, what differs in <del>."""
    from rapidfuzz.distance import Indel

    left, right = [], []
    for step in Indel.opcodes(own, theirs):
        tag = "mark" if step.tag == "equal" else "del"
        if step.src_start < step.src_end:
            left.append(f"<{tag}>{escape(own[step.src_start : step.src_end])}</{tag}>")
        if step.dest_start < step.dest_end:
            right.append(f"<{tag}>{escape(theirs[step.dest_start : step.dest_end])}</{tag}>")
    return "".join(left), "".join(right)


def escape(text: str) -> str:
    """Text as HTML shows it, letter by letter; what HTML forbids as a sign."""
    return html.escape(visible(text))
