"""A report to what an index stores of it: its rows, and the texts to embed, by key."""

from __future__ import annotations

import hashlib

from rag import passages
from rag.datatypes import Point
from rag.fingerprint import minhash, names
from rag.index.rows import NewDocument
from rag.understanding import Understood

HEAD_CONTEXT = 80
LONGEST_HEADLINE = 400


def prepared(one: Understood, fingerprint: str, texts: dict[bytes, str]) -> NewDocument:
    """The rows of a report; `texts` gets what is to be embedded of it.

    A key is sha256(model fingerprint, text), so neither a name nor a place is in it.
    """

    def keyed(text: str) -> bytes:
        key = hashlib.sha256(f"{fingerprint}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
        texts.setdefault(key, text)
        return key

    report = one.report
    text = report.document.text
    loose = [(zone.start, zone.end, zone.function) for zone in one.zones if zone.node is None]
    return NewDocument(
        source=report.document.source,
        text=text,
        profile=report.profile,
        tree=report.root,
        zones=one.zones,
        signature=minhash.signature(minhash.runs(text)),
        hashes=names.fingerprint(text),
        headline_key=keyed(_headline(one)),
        points=tuple((point, keyed(_around(point, text))) for point in passages.points(report, loose)),
        chunks=tuple((chunk, keyed(chunk.embedded_text)) for chunk in passages.chunks(report)),
    )


def _headline(one: Understood) -> str:
    report = one.report
    sections = " ".join(node.title for node in report.root.children if node.kind == "section")
    return f"{report.document.source.title} {report.profile.value('role') or ''} {sections}"[:LONGEST_HEADLINE]


def _around(point: Point, text: str) -> str:
    """A point's heading, its head, and what follows."""
    end = min(point.span[1], point.head_span[1] + HEAD_CONTEXT)
    return " ".join((*point.path[-1:], point.head, text[point.head_span[1] : end]))
