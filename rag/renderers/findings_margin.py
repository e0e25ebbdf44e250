"""A draft as it stands, line by line, what was found marked in it and told in the margin: HTML for a review's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from rag.datatypes import Finding, Review
from rag.renderers.findings import RULE_NAMES, SEVERITY_NAMES, line_of

STYLE = """
.draft{display:grid;grid-template-columns:2.5rem minmax(0,3fr) minmax(0,2fr);gap:.1rem .8rem}.draft>*{margin:0}
.draft .n{color:#666;font-size:.8rem;text-align:right}.draft ul{list-style:none;padding:0;font-size:.85rem}
.draft li{margin:0 0 .3rem;border-left:3px solid;padding-left:.4rem}.draft mark.error{background:#ffd9d6}
.draft mark.warning{background:#ffe9c2}.draft mark.info{background:#dcecff}.draft mark{color:inherit}
@media(max-width:40rem){.draft{grid-template-columns:2rem 1fr}.draft .notes{grid-column:2}}
"""
ORDER = list(SEVERITY_NAMES)  # worst first


def margin(review: Review, escape: Callable[[str], str]) -> Iterator[str]:
    """The whole draft; nothing where nothing was found."""
    if not review.findings:
        return
    lines: dict[int, list[Finding]] = {}
    for finding in review.findings:
        lines.setdefault(line_of(review.document, finding.start), []).append(finding)
    yield '<h2>全文与旁注</h2><div class="draft">'
    for number, (start, block) in enumerate(zip(review.document.starts, review.document.blocks, strict=True), start=1):
        end = start + len(block.text)
        # A finding may run over several lines: marked in all, told at the first.
        reaching = [finding for finding in review.findings if finding.start < end and start < finding.end]
        words = _marked(review, start, end, reaching, escape)
        yield f'<span class="n">{number}</span><p>{words}</p><div class="notes">'
        if own := lines.get(number):
            yield f"<ul>{''.join(_note(finding, escape) for finding in own)}</ul>"
        yield "</div>"
    yield "</div>"


def _marked(review: Review, start: int, end: int, reaching: Sequence[Finding], escape: Callable[[str], str]) -> str:
    """The line with its findings marked; where several lie over each other, the worst colours."""
    edges = {start, end}
    for finding in reaching:
        edges |= {max(start, finding.start), min(end, finding.end)}
    cuts = sorted(edges)
    pieces = []
    for left, right in pairwise(cuts):
        over = [finding.severity for finding in reaching if finding.start <= left and right <= finding.end]
        words = escape(review.document.text[left:right])
        pieces.append(f'<mark class="{min(over, key=ORDER.index)}">{words}</mark>' if over else words)
    return "".join(pieces)


def _note(finding: Finding, escape: Callable[[str], str]) -> str:
    name = f"{SEVERITY_NAMES[finding.severity]}·{RULE_NAMES[finding.rule]}"
    return f'<li class="{finding.severity}"><strong>{name}</strong> {escape(finding.message)}</li>'
