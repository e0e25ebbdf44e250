"""Filling a new generation: what did not change is carried over from the one before, the rest goes in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

import numpy as np

from rag import lexical, store
from rag.datatypes import Manifest
from rag.index import Index, carrying, copies, generations, rows, tables
from rag.index.intake import Batch
from rag.index.refusals import refusals
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

    `compact` leaves no trace of what is gone. `store_setting` may be "auto": by size.
    """

    before: Index | None
    gone: frozenset[int]
    batches: Iterator[Batch]
    store_setting: str
    compact: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """The vector store that was made: its kind, how many rows it learnt from, and numbers a vector."""

    store: str
    trained: int
    dim: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What the chunk table says of the rest: `came` are reports, `out` passages that leave, `count` is of all."""

    came: frozenset[int]
    out: tuple[int, ...]
    count: int


def write(folder: Path, filling: Filling) -> Filled:
    """Write the chunk table, the vectors and the words of a new generation into `folder`.

    Raises RagError where there is no room, and what `filling.batches` raises.
    """
    with Spool(folder) as spool:
        moves = _write_rows(folder, filling, spool)
        before = filling.before.manifest if filling.before else None
        filled = settled_store(before, filling.store_setting, moves.count, spool.dim)
        with refusals():
            _write_vectors(folder, filling, filled, moves, spool)
        with refusals():
            _write_words(folder, filling, moves, spool)
    return filled


def settled_store(was: Manifest | None, setting: str, count: int, dim: int) -> Filled:
    """The store for `count` passages; trained anew where it is another than it was, or outgrown."""
    kind = store.chosen(setting, count, before=was.store if was else "")
    if was and kind == was.store and not store.is_outgrown(kind, count, was.trained):
        return Filled(kind, was.trained, was.dim)
    return Filled(kind, count, was.dim if was else dim)


def _write_rows(folder: Path, filling: Filling, spool: Spool) -> Moves:
    """The rows of every batch as it comes; vectors of new passages go to the spool."""
    before = filling.before
    leaving: set[int] = set()
    later = 0  # bytes still to be written of the generation before: vectors and words
    if before:
        whole = sum(path.stat().st_size for path in before.generation.rglob("*") if path.is_file())
        generations.require_room(folder, whole)
        leaving = set(before.tables.chunk_ids(sorted(filling.gone)))
        with refusals():
            carrying.copied(before.generation / tables.FILE, folder / tables.FILE)
        later = whole - (folder / tables.FILE).stat().st_size
    count = (before.manifest.chunks if before else 0) - len(leaving)
    came: set[int] = set()
    with rows.changed(folder, compact=filling.compact) if before else rows.created(folder) as connection:
        with refusals():
            broken = rows.delete(connection, filling.gone)
        for batch in filling.batches:
            generations.require_room(folder, later + _bytes_of_rows(batch) + BYTES_A_PASSAGE * len(spool))
            with refusals():
                count += _insert(connection, batch, leaving, spool)
            came |= {new.id for new in batch.documents}
            del batch  # or two would be held while the next is made
        with refusals():
            rows.group(connection, copies.regrouped(connection, came, broken))
    return Moves(frozenset(came), tuple(sorted(leaving)), count)


def _insert(connection: Connection, batch: Batch, leaving: set[int], spool: Spool) -> int:
    """How many passages came; those that only come back do not leave any more, and have their vectors."""
    spool.dim = len(next(iter(batch.vectors.values())))
    for new in batch.documents:
        rows.insert(connection, new, batch.vectors)
        # An edit leaves most passages of a report as they were, under the ids they had.
        fresh = [(chunk.id, key) for chunk, key in new.chunks if chunk.id not in leaving]
        leaving -= {chunk.id for chunk, _ in new.chunks}
        if fresh:
            spool.add([i for i, _ in fresh], np.stack([batch.vectors[key] for _, key in fresh]))
    return sum(len(new.chunks) for new in batch.documents)


def _write_vectors(folder: Path, filling: Filling, filled: Filled, moves: Moves, spool: Spool) -> None:
    before, fresh = filling.before, spool.ids()
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
    gone = set(moves.out)
    old = [i for i in before.tables.all_chunk_ids() if i not in gone] if before else []
    every = sorted({*old, *fresh})
    sample = every[:: max(1, len(every) // store.sample_size(filled.store, len(every)))]
    made = store.new(filled.store, _gathered(sample, before, spool, filled.dim), len(every))
    for ids in _batches(every):
        made.add(ids, _gathered(ids, before, spool, filled.dim))
    made.save(folder)


def _gathered(ids: Sequence[int], before: Index | None, spool: Spool, dim: int) -> Vectors:
    """Rows of `ids`, those that came from the spool, the others from the store of before."""
    found = np.empty((len(ids), dim), dtype=np.float32)
    for start in range(0, len(ids), STORE_BATCH):
        some, rows_of_some = ids[start : start + STORE_BATCH], found[start : start + STORE_BATCH]
        is_new = np.fromiter((i in spool for i in some), dtype=bool, count=len(some))
        if is_new.any():
            rows_of_some[is_new] = spool.get([i for i in some if i in spool])
        if before:
            rows_of_some[~is_new] = before.store.get([i for i in some if i not in spool])
    return found


def _write_words(folder: Path, filling: Filling, moves: Moves, spool: Spool) -> None:
    words = folder / generations.LEXICAL
    words.mkdir()
    before = filling.before.generation / generations.LEXICAL if filling.before else None
    with closing(Tables(folder)) as table:
        if before is None or filling.compact or lexical.dead_share(before, len(moves.out)) > MOST_DEAD:
            lexical.write(words, _texts(table, [rows.document_id(path) for path in table.files()]))
            return
        for path in sorted(before.iterdir()):
            carry = carrying.linked if lexical.is_immutable(path.name) else carrying.copied
            carry(path, words / path.name)
        if moves.out or len(spool):
            came = (row for row in _texts(table, sorted(moves.came)) if row[0] in spool)
            lexical.write(words, came, removed=moves.out)


def _texts(table: Tables, documents: Sequence[int]) -> Iterator[tuple[int, str]]:
    for document in documents:
        yield from ((chunk.id, chunk.embedded_text) for chunk in table.chunks_of(document))


def _bytes_of_rows(batch: Batch) -> int:
    """About how much room the rows of a batch take, and what follows them."""
    return sum(
        BYTES_A_CHARACTER * len(new.text)
        + BYTES_A_ROW * (len(new.chunks) + len(new.points))
        + BYTES_A_PASSAGE * len(new.chunks)
        for new in batch.documents
    )


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + STORE_BATCH] for start in range(0, len(ids), STORE_BATCH))
