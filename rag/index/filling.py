"""Filling a new generation: what did not change is carried over from the one before, the rest goes in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import lexical, store
from rag.datatypes import Manifest
from rag.index import Index, carrying, copies, generations, rows, tables
from rag.index.intake import Batch
from rag.index.rows import NewDocument
from rag.index.spool import Spool
from rag.index.tables import Tables, Vectors

STORE_BATCH = 10_000
MOST_DEAD = 0.2  # share of deleted passages above which the words are written anew, or their counts would lie
# Bytes on the disk, for asking whether there is room: generous, since half a generation is of no use.
BYTES_A_CHARACTER, BYTES_A_ROW = 12, 1_500
BYTES_A_PASSAGE = 2_500  # what follows the rows: its vector, aside and in the store, and its words


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a new generation. `before` is carried over, less the reports `gone` (ids); `batches` come in.

    `compact` leaves no trace of what is gone. `kind` is the vector store as set: "auto" chooses by size.
    """

    before: Index | None
    gone: frozenset[int]
    batches: Iterator[Batch]
    kind: str
    compact: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """The vector store that was made: its kind, how many rows it learnt from, and numbers a vector."""

    store: str
    trained: int
    dim: int


@dataclass(frozen=True, slots=True)
class Moves:
    """Passages that leave the vectors and the words; those that come stand in the spool. `count` is of all then,
    `dim` the numbers in a vector that came."""

    out: list[int]
    count: int
    dim: int


def write(folder: Path, filling: Filling) -> Filled:
    """Write the chunk table, the vectors and the words of a new generation into `folder`.

    Raises OSError, RagError where there is no room, and what `filling.batches` raises.
    """
    with Spool(folder) as spool:
        moves = _write_rows(folder, filling, spool)
        filled = chosen(filling.before.manifest if filling.before else None, filling.kind, moves.count, moves.dim)
        _write_vectors(folder, filling, filled, moves, spool)
        _write_words(folder, filling, moves, spool)
    return filled


def chosen(was: Manifest | None, kind: str, count: int, dim: int) -> Filled:
    """The store for `count` passages, `kind` as set; trained anew where it is another, or outgrown."""
    store_now = store.chosen(kind, count, before=was.store if was else "")
    if was and store_now == was.store and not store.is_outgrown(store_now, count, was.trained):
        return Filled(store_now, was.trained, was.dim)
    return Filled(store_now, count, was.dim if was else dim)


def _write_rows(folder: Path, filling: Filling, spool: Spool) -> Moves:
    """The rows of every batch as it comes; vectors of new passages go to the spool."""
    before = filling.before
    leaving: set[int] = set()
    if before:
        generations.require_room(folder, _bytes_of(before.generation))
        leaving = set(before.tables.chunk_ids(sorted(filling.gone)))
        carrying.copied(before.generation / tables.FILE, folder / tables.FILE)
    count = (before.manifest.chunks if before else 0) - len(leaving)
    came: set[int] = set()
    dim = 0
    with rows.changed(folder, compact=filling.compact) if before else rows.created(folder) as connection:
        broken = rows.delete(connection, filling.gone)
        for batch in filling.batches:
            generations.require_room(folder, _bytes_of_rows(batch.documents) + BYTES_A_PASSAGE * len(spool))
            dim = len(next(iter(batch.vectors.values())))
            for new in batch.documents:
                rows.insert(connection, new, batch.vectors)
                came.add(new.id)
                count += len(new.chunks)
                # An edit leaves most passages of a report as they were, under the ids they had.
                fresh = [(chunk.id, key) for chunk, key in new.chunks if chunk.id not in leaving]
                leaving -= {chunk.id for chunk, _ in new.chunks}
                if fresh:
                    spool.add([i for i, _ in fresh], np.stack([batch.vectors[key] for _, key in fresh]))
        rows.group(connection, copies.regrouped(connection, came, broken))
    return Moves(sorted(leaving), count, dim)


def _write_vectors(folder: Path, filling: Filling, filled: Filled, moves: Moves, spool: Spool) -> None:
    before, fresh = filling.before, spool.ids
    if before and (before.manifest.store, before.manifest.trained) == (filled.store, filled.trained):
        if not moves.out and not fresh:
            carrying.linked(before.generation / store.FILE, folder / store.FILE)
            return
        kept = store.writable(filled.store, before.generation)
        kept.remove(moves.out)
        for ids in _batches(fresh):
            kept.add(ids, spool.get(ids))
        kept.save(folder)
        return

    def got(ids: Sequence[int]) -> Vectors:
        found = np.empty((len(ids), filled.dim), dtype=np.float32)
        new = [(place, i) for place, i in enumerate(ids) if i in spool]
        kept = [(place, i) for place, i in enumerate(ids) if i not in spool]
        if new:
            found[[place for place, _ in new]] = spool.get([i for _, i in new])
        if before and kept:
            found[[place for place, _ in kept]] = before.store.get([i for _, i in kept])
        return found

    gone = set(moves.out)
    old = [i for i in before.tables.all_chunk_ids() if i not in gone] if before else []
    every = sorted({*old, *fresh})
    made = store.new(filled.store, got(every[:: max(1, len(every) // store.SAMPLED[filled.store])]), len(every))
    for ids in _batches(every):
        made.add(ids, got(ids))
    made.save(folder)


def _write_words(folder: Path, filling: Filling, moves: Moves, spool: Spool) -> None:
    words = folder / generations.LEXICAL
    words.mkdir()
    table = Tables(folder)
    before = filling.before.generation / generations.LEXICAL if filling.before else None
    if before is None or filling.compact or lexical.dead_share(before, len(moves.out)) > MOST_DEAD:
        lexical.write(words, _texts(table, table.all_chunk_ids()))
        return
    for path in sorted(before.iterdir()):
        carry = carrying.linked if lexical.is_immutable(path.name) else carrying.copied
        carry(path, words / path.name)
    if moves.out or len(spool):
        lexical.write(words, _texts(table, spool.ids), removed=moves.out)


def _texts(table: Tables, every: Sequence[int]) -> Iterator[tuple[int, str]]:
    for ids in _batches(every):
        found = table.chunks(ids)
        yield from ((i, found[i].embedded_text) for i in ids)


def _bytes_of(generation: Path) -> int:
    return sum(path.stat().st_size for path in generation.rglob("*") if path.is_file())


def _bytes_of_rows(documents: Sequence[NewDocument]) -> int:
    """About how much room the rows of `documents` take, and what follows them."""
    return sum(
        BYTES_A_CHARACTER * len(new.text)
        + BYTES_A_ROW * (len(new.chunks) + len(new.points))
        + BYTES_A_PASSAGE * len(new.chunks)
        for new in documents
    )


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + STORE_BATCH] for start in range(0, len(ids), STORE_BATCH))
