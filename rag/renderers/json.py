"""JSON for programs: the contract of docs/formats.md, version 1. More fields may come; none goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rag.datatypes import Citation, Hit, Node, Outline, OutlineNode, OutlinePoint, Report, Support, Why

VERSION = 1


def render(outline: Outline) -> bytes:
    return dumped(outline_object(outline))


def dumped(value: Any) -> bytes:
    """Readable JSON as UTF-8; a lone surrogate from a broken file is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "backslashreplace")


def outline_object(outline: Outline) -> dict[str, Any]:
    asked = outline.request
    return {
        "version": VERSION,
        "request": {"role": asked.role, "topic": asked.topic, "genre": asked.genre, "year": asked.year},
        "title": outline.title,
        "notes": list(outline.notes),
        "evidence": [
            {
                "path": row.path,
                "title": row.title,
                "tier": row.tier,
                "sections": [{"title": s.title, "function": s.function, "share": s.share} for s in row.sections],
            }
            for row in outline.evidence
        ],
        "nodes": [_node(node) for node in outline.nodes],
        "citations": [citation_object(citation) for citation in outline.citations],
    }


def search_object(hits: Sequence[Hit], contexts: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Hits as programs read them; `contexts` are the sentences before and after each."""
    around = [{"before": before, "after": after} for before, after in contexts] or [{}] * len(hits)
    return {
        "hits": [
            {
                "rank": rank,
                "score": round(hit.score, 6),
                "tier": hit.tier,
                "source": {
                    "path": hit.chunk.source.path,
                    "title": hit.chunk.source.title,
                    "sha256": hit.chunk.source.sha256,
                },
                "section": list(hit.chunk.path),
                "function": hit.chunk.function,
                "start": hit.chunk.start,
                "end": hit.chunk.end,
                "quote": hit.chunk.text,
                "ranks": {leg: hit.ranks.get(leg) for leg in ("dense", "lexical")},
                "stale": hit.stale,
                "reason": hit.reason,
                "year": hit.year,
                "genre": hit.genre,
                "role": hit.role,
                "page": hit.chunk.page,
                "twins": [{"path": t.path, "title": t.title, "start": t.start, "end": t.end} for t in hit.twins],
                "why": _why(hit.why) if hit.why else None,
                **context,
            }
            for rank, (hit, context) in enumerate(zip(hits, around, strict=True), start=1)
        ]
    }


def report_object(report: Report) -> dict[str, Any]:
    """What `rag parse` saw. `nodes` are the numbered ones; headings without a number stand in `unnumbered`."""
    profile = report.profile
    fields = ("title", "genre", "role", "unit", "duties", "person", "occasion")
    nodes = list(report.root.walk())
    return {
        "profile": {
            **{name: profile.value(name) for name in fields},
            "year": profile.year_number,
            "family": profile.family,
            "systems": list(profile.systems),
            "is_material": profile.is_material,
        },
        "text": report.document.text,
        "nodes": [_parsed(node) for node in nodes if node.marker],
        "unnumbered": [_parsed(node) for node in nodes if not node.marker],
        "left_out": dict(report.document.left),
        "given": [name for name, _ in report.document.given],
        "remarks": list(report.document.remarks),
        "ignored": [{"start": start, "end": end, "kind": kind} for start, end, kind in report.ignored],
    }


def _why(why: Why) -> dict[str, Any]:
    return {
        "fused": round(why.fused, 6),
        "legs": {leg: round(score, 6) for leg, score in why.legs.items()},
        **{
            name: {part: {"weight": weight, "value": round(value, 6)} for part, (weight, value) in parts.items()}
            for name, parts in (("parts", why.parts), ("fit", why.fit))
        },
        "held_back": round(why.held_back, 6),
    }


def _parsed(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "level": node.level,
        "marker": node.marker,
        "title": node.title,
        "start": node.start,
        "end": node.end,
        "function": node.function,
    }


def _node(node: OutlineNode) -> dict[str, Any]:
    return {
        "title": node.title,
        "level": node.level,
        "function": node.function,
        "support": _support(node.support),
        "share": round(node.share, 3),
        "cites": list(node.cites),
        "alternatives": [{"title": other.title, "cites": list(other.cites)} for other in node.alternatives],
        "children": [_node(child) for child in node.children],
        "points": [_point(point) for point in node.points],
    }


def _point(point: OutlinePoint) -> dict[str, Any]:
    return {
        "text": point.text,
        "kind": point.kind,
        "support": _support(point.support),
        "cites": list(point.cites),
        "flags": list(point.flags),
    }


def citation_object(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "path": citation.path,
        "title": citation.title,
        "sha256": citation.sha256,
        "section": list(citation.section),
        "start": citation.start,
        "end": citation.end,
        "page": citation.page,
        "quote": citation.quote,
        "before": citation.before,
        "after": citation.after,
        "tier": citation.tier,
        "stale": citation.stale,
    }


def _support(support: Support) -> dict[str, int]:
    return {"count": support.count, "of": support.of}
