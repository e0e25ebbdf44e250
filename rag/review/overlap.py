"""overlap: passages that stand in a sample, word for word or lightly edited.

Rule: runs of letters (Hanzi, letters, digits; punctuation and blanks do not count) shared with a sample, set phrases
taken off: 35 info, 60 warning, 120 error; the same for stretches of which three quarters agree, in order or with
clauses moved. All samples together: 15 % of the draft warning, 30 % error. A set phrase is a run that samples of three
or more authors have, or one listed in `set_phrases.toml`, or a name of a campaign or 对照方面.
Source: 惯例; the thresholds are this project's (docs/evaluation.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.datatypes import ERROR, INFO, WARNING, Citation, Finding, Node
from rag.fingerprint import winnowing
from rag.review.copies import Copy
from rag.review.draft import Draft, shown
from rag.review.nearby import NearSample
from rag.review.runs import Run

RULE = "overlap"
LONG, LONGEST = 60, 120
SHARE_WARNING, SHARE_ERROR = 0.15, 0.30
MOST_CITED = 3
CONTEXT = 20


def review(draft: Draft) -> Iterator[Finding]:
    found = draft.copies
    for copy, others in found.places:
        yield _finding(draft, copy, others)
    if found.covered >= SHARE_WARNING and found.sources:
        severity = ERROR if found.covered >= SHARE_ERROR else WARNING
        title = draft.report.profile.title
        start, end = title.span if title and title.span else draft.paragraphs[0]
        worst = "，".join(f"{row.path} {row.share:.0%}" for row in found.sources[:MOST_CITED])
        yield draft.finding(
            RULE, severity, start, end, f"全文有 {found.covered:.0%} 与样本相同或只略作改动（{worst}）",
            "这些段落用自己的事、自己的话重写",
        )  # fmt: skip


def _finding(draft: Draft, copy: Copy, others: Sequence[Copy]) -> Finding:
    assert draft.nearby is not None
    start, end = _in_text(draft.nearby.letters, copy.run.start, copy.run.end)
    severity = ERROR if copy.counted >= LONGEST else WARNING if copy.counted >= LONG else INFO
    how = "一字不差" if copy.run.alike == 1.0 else f"只略作改动（相同 {min(copy.run.alike, 0.99):.0%}）"
    cited_ones = [citation(c.sample, c.run, n) for n, c in enumerate((copy, *others[: MOST_CITED - 1]), 1)]
    sources = "、".join(dict.fromkeys(c.sample.document.source.path for c in (copy, *others)))
    return draft.finding(
        RULE, severity, start, end, f"{copy.counted} 字与样本{how}：{shown(draft.text[start:end], 30)}（{sources}）",
        "换成自己的事例和说法", citations=cited_ones,
    )  # fmt: skip


def citation(sample: NearSample, run: Run, number: int) -> Citation:
    """The place in the sample, word for word."""
    start, end = _in_text(sample.letters, run.other, run.other_end)
    return cited(sample, start, end, number)


def cited(sample: NearSample, start: int, end: int, number: int = 1) -> Citation:
    source, text = sample.document.source, sample.text
    return Citation(
        number=number, path=source.path, title=source.title, sha256=source.sha256,
        section=_section(sample.tree, start), start=start, end=end, page=None, quote=text[start:end],
        before=text[max(0, start - CONTEXT) : start], after=text[end : end + CONTEXT], tier="",
    )  # fmt: skip


def _in_text(letters: winnowing.Letters, start: int, end: int) -> tuple[int, int]:
    return int(letters.places[start]), int(letters.places[end - 1]) + 1


def _section(tree: Node, at: int) -> tuple[str, ...]:
    path: list[str] = []
    node: Node | None = tree
    while node is not None:
        node = next((child for child in node.children if child.start <= at < child.end), None)
        if node is not None and node.kind == "section":
            path.append(node.marker + node.title)
    return tuple(path)
