"""Reports to what a generation holds: rows, vectors and words. A text embedded before is not embedded again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from pathlib import Path

import numpy as np

from rag import lexical, passages, store
from rag.embed import UnitEmbedder, vector_cache
from rag.fingerprint import minhash
from rag.index import Index, copies, generations, rows, tables
from rag.understanding import Understood

EMBED_BATCH = 64
HEAD_CONTEXT = 80
LONGEST_HEADLINE = 400


def embedded(
    found: Sequence[Understood],
    model: UnitEmbedder,
    cache: vector_cache.VectorCache,
    previous: Index | None,
    say: Callable[[str, int, int], None],
) -> tuple[list[rows.NewDocument], dict[bytes, tables.Vectors], int]:
    """Passages, points and headlines of `found`, their vectors by key, and how many texts were embedded anew."""
    wanted: dict[bytes, str] = {}

    def keyed(text: str) -> bytes:
        key = hashlib.sha256(f"{model.fingerprint}\x1f{text}".encode("utf-8", "surrogatepass")).digest()
        wanted.setdefault(key, text)
        return key

    documents = [_new_document(one, keyed) for one in found]
    vectors = cache.get(wanted)
    if previous:
        known = _known_vectors(previous, wanted.keys() - vectors.keys())
        cache.put(known)
        vectors |= known
    missing = [key for key in wanted if key not in vectors]
    for start in range(0, len(missing), EMBED_BATCH):
        say("计算向量", start, len(missing))
        batch = missing[start : start + EMBED_BATCH]
        rows = tables.rounded(model.encode_document([wanted[key] for key in batch]))
        fresh = dict(zip(batch, rows, strict=True))
        cache.put(fresh)  # a build that is interrupted goes on from here
        vectors |= fresh
    say("计算向量", len(missing), len(missing))
    cache.trim()
    return documents, vectors, len(missing)


def _new_document(one: Understood, keyed: Callable[[str], bytes]) -> rows.NewDocument:
    report = one.report
    text = report.document.text
    loose = [(zone.start, zone.end, zone.function) for zone in one.zones if zone.node is None]
    points = tuple(
        (
            point,
            keyed(
                " ".join(
                    (
                        *point.path[-1:],
                        point.head,
                        text[point.head_span[1] : min(point.span[1], point.head_span[1] + HEAD_CONTEXT)],
                    )
                )
            ),
        )
        for point in passages.points(report, loose)
    )
    chunks = tuple((chunk, keyed(chunk.embedded_text)) for chunk in passages.chunks(report))
    sections = " ".join(node.title for node in report.root.children if node.kind == "section")
    headline = keyed(
        f"{report.document.source.title} {report.profile.value('role') or ''} {sections}"[:LONGEST_HEADLINE]
    )
    return rows.NewDocument(
        report.document.source,
        text,
        report.profile,
        report.root,
        one.zones,
        minhash.signature(minhash.runs(text)),
        headline,
        points,
        chunks,
    )


def _known_vectors(previous: Index, wanted: Set[bytes]) -> dict[bytes, tables.Vectors]:
    known = {key: vector for key, vector in previous.tables.keyed_vectors() if key in wanted}
    ids = {key: i for key, i in previous.tables.chunk_keys().items() if key in wanted}
    rows = previous.store.get(list(ids.values()))
    return known | dict(zip(ids, rows, strict=True))


def write(folder: Path, documents: Sequence[rows.NewDocument], vectors: dict[bytes, tables.Vectors]) -> None:
    """Write the chunk table, the vectors and the words of a new generation into `folder`."""
    with rows.created(folder) as connection:
        for new in sorted(documents, key=lambda new: new.id):
            rows.insert(connection, new, vectors)
        rows.group(connection, copies.regrouped(connection, {new.id for new in documents}, set()))
    found = sorted(
        ((chunk.id, key, chunk.embedded_text) for new in documents for chunk, key in new.chunks),
        key=lambda row: row[0],
    )
    vector_store = store.new(len(next(iter(vectors.values()))))
    vector_store.add([i for i, _, _ in found], np.stack([vectors[key] for _, key, _ in found]))
    vector_store.save(folder)
    (folder / generations.LEXICAL).mkdir()
    lexical.write(folder / generations.LEXICAL, ((i, text) for i, _, text in found))
