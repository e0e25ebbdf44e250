"""A review as JSON for programs: the contract of docs/architecture.md, version 1."""

from __future__ import annotations

from typing import Any

from rag.datatypes import Finding, Review
from rag.renderers.findings import SEVERITY_NAMES, line_of
from rag.renderers.json import citation_object, dumped

VERSION = 1


def render(review: Review) -> bytes:
    return dumped(review_object(review))


def review_object(review: Review) -> dict[str, Any]:
    source = review.document.source
    return {
        "version": VERSION,
        "document": {
            "path": source.path, "title": source.title, "sha256": source.sha256,
            "characters": len(review.document.text), "year": review.year,
        },
        "counts": {severity: sum(f.severity == severity for f in review.findings) for severity in SEVERITY_NAMES},
        "accepted": review.accepted,
        "notes": list(review.notes),
        "skipped": review.skipped,
        "sources": [
            {"path": row.path, "title": row.title, "characters": row.characters, "share": round(row.share, 4),
             "longest": row.longest}
            for row in review.sources
        ],
        "findings": [_finding(review, finding) for finding in review.findings],
    }  # fmt: skip


def _finding(review: Review, finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "rule": finding.rule,
        "severity": finding.severity,
        "line": line_of(review.document, finding.start),
        "start": finding.start,
        "end": finding.end,
        "text": review.document.text[finding.start : finding.end],
        "section": list(finding.section),
        "message": finding.message,
        "suggestion": finding.suggestion,
        "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in finding.edits],
        "citations": [citation_object(citation) for citation in finding.citations],
    }
