"""Filling a new generation: what did not change is carried over from the one before, the rest goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import lexical, store
from rag.embed import UnitEmbedder, vector_cache
from rag.index import Index, carrying, copies, generations, rows, tables
from rag.index.rows import NewDocument
from rag.index.tables import Tables, Vectors

EMBED_BATCH = 64
STORE_BATCH = 10_000
MOST_DEAD = 0.2  # share of deleted passages above which the words are written anew, or their counts would lie
# Bytes on the disk, for asking whether there is room: generous, since half a generation is of no use.
BYTES_A_CHARACTER, BYTES_A_ROW = 12, 1_500

Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a new generation. `before` is carried over, less the reports `gone` (ids); `vectors` are by key.

    `compact` leaves no trace of what is gone. `store` is the kind of vector store, `trained` the rows it learnt from.
    """

    before: Index | None
    gone: frozenset[int]
    documents: tuple[NewDocument, ...]
    vectors: Mapping[bytes, Vectors]
    store: str
    trained: int
    compact: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes in or out."""
        return self.before is not None and not self.gone and not self.documents and not self.compact

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return self.before.manifest.dim if self.before else len(next(iter(self.vectors.values())))


def embedded(
    texts: Mapping[bytes, str],
    model: UnitEmbedder,
    cache: vector_cache.VectorCache,
    previous: Index | None,
    say: Say,
    *,
    leaving: Set[int] | None = None,
) -> tuple[dict[bytes, Vectors], int]:
    """The vectors of `texts` by key, from the cache, else from `previous`, else made; and how many were made.

    Of `previous` only the reports `leaving` (ids) are looked through, if given: what is edited or renamed is there.
    """
    vectors = cache.get(texts)
    if previous and len(vectors) < len(texts):
        known = _known_vectors(previous, texts.keys() - vectors.keys(), leaving)
        cache.put(known)
        vectors |= known
    missing = [key for key in texts if key not in vectors]
    for start in range(0, len(missing), EMBED_BATCH):
        say("计算向量", start, len(missing))
        batch = missing[start : start + EMBED_BATCH]
        fresh = dict(zip(batch, tables.rounded(model.encode_document([texts[key] for key in batch])), strict=True))
        cache.put(fresh)  # a build that is interrupted goes on from here
        vectors |= fresh
    say("计算向量", len(missing), len(missing))
    cache.trim()
    return vectors, len(missing)


def planned(
    before: Index | None, gone: Set[int], documents: Sequence[NewDocument], vectors: Mapping[bytes, Vectors], kind: str,
    *, compact: bool = False,
) -> Filling:  # fmt: skip
    """What to write. `kind` is the store as set: "auto" chooses by the number of passages."""
    count = sum(len(new.chunks) for new in documents)
    was, trained = "", 0
    if before:
        count += before.manifest.chunks - len(before.tables.chunk_ids(sorted(gone)))
        was, trained = before.manifest.store, before.manifest.trained
    chosen = store.chosen(kind, count, before=was)
    if chosen != was or store.is_outgrown(chosen, count, trained):
        trained = count
    return Filling(
        before, frozenset(gone), tuple(sorted(documents, key=lambda new: new.id)), vectors, chosen, trained, compact
    )


def needed_bytes(filling: Filling) -> int:
    """About how much room the new generation takes."""
    fresh = sum(
        BYTES_A_CHARACTER * len(new.text) + BYTES_A_ROW * (len(new.chunks) + len(new.points))
        for new in filling.documents
    )
    if filling.before is None:
        return fresh
    return fresh + sum(path.stat().st_size for path in filling.before.generation.rglob("*") if path.is_file())


def write(folder: Path, filling: Filling) -> None:
    """Write the chunk table, the vectors and the words of a new generation into `folder`. Raises OSError."""
    old = filling.before.tables if filling.before else None
    leaving = set(old.chunk_ids(sorted(filling.gone))) if old else set()
    coming = {chunk.id: (key, chunk.embedded_text) for new in filling.documents for chunk, key in new.chunks}
    # An edit leaves most passages of a report as they were, under the ids they had.
    stay = leaving & coming.keys()
    out, fresh = sorted(leaving - stay), sorted(coming.keys() - stay)
    _write_rows(folder, filling)
    _write_vectors(folder, filling, out, fresh, {i: filling.vectors[coming[i][0]] for i in fresh})
    _write_words(folder, filling, out, [(i, coming[i][1]) for i in fresh])


def _write_rows(folder: Path, filling: Filling) -> None:
    before = filling.before
    if before:
        carrying.copied(before.generation / tables.FILE, folder / tables.FILE)
    with rows.changed(folder, compact=filling.compact) if before else rows.created(folder) as connection:
        broken = rows.delete(connection, filling.gone)
        for new in filling.documents:
            rows.insert(connection, new, filling.vectors)
        rows.group(connection, copies.regrouped(connection, {new.id for new in filling.documents}, broken))


def _write_vectors(
    folder: Path, filling: Filling, out: Sequence[int], fresh: Sequence[int], vectors: Mapping[int, Vectors]
) -> None:
    before = filling.before
    if before and before.manifest.store == filling.store and before.manifest.trained == filling.trained:
        if not out and not fresh:
            carrying.linked(before.generation / store.FILE, folder / store.FILE)
            return
        kept = store.writable(filling.store, before.generation)
        kept.remove(out)
        for ids in _batches(fresh):
            kept.add(ids, np.stack([vectors[i] for i in ids]))
        kept.save(folder)
        return
    gone = set(out)
    old = [i for i in before.tables.all_chunk_ids() if i not in gone] if before else []
    known = set(old)

    def got(ids: Sequence[int]) -> Vectors:
        from_old = [i for i in ids if i in known]
        found = dict(zip(from_old, before.store.get(from_old), strict=True)) if before else {}
        return np.stack([found[i] if i in found else vectors[i] for i in ids])

    every = sorted({*old, *fresh})
    made = store.new(filling.store, got(every[:: max(1, len(every) // store.MOST_SAMPLE)]), len(every))
    for ids in _batches(every):
        made.add(ids, got(ids))
    made.save(folder)


def _write_words(folder: Path, filling: Filling, out: Sequence[int], fresh: Sequence[tuple[int, str]]) -> None:
    words = folder / generations.LEXICAL
    words.mkdir()
    before = filling.before.generation / generations.LEXICAL if filling.before else None
    if before and not filling.compact and lexical.dead_share(before, len(out)) <= MOST_DEAD:
        for path in sorted(before.iterdir()):
            carry = carrying.linked if lexical.is_immutable(path.name) else carrying.copied
            carry(path, words / path.name)
        if out or fresh:
            lexical.write(words, fresh, removed=out)
        return
    with_old = before is not None
    lexical.write(words, _all_words(Tables(folder)) if with_old else fresh)


def _all_words(table: Tables) -> Iterator[tuple[int, str]]:
    for ids in _batches(table.all_chunk_ids()):
        found = table.chunks(ids)
        yield from ((i, found[i].embedded_text) for i in ids)


def _known_vectors(previous: Index, wanted: Set[bytes], among: Set[int] | None) -> dict[bytes, Vectors]:
    known = previous.tables.keyed_vectors(wanted, among)
    ids = previous.tables.chunk_keys(wanted, among)
    return known | dict(zip(ids, previous.store.get(list(ids.values())), strict=True))


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + STORE_BATCH] for start in range(0, len(ids), STORE_BATCH))
