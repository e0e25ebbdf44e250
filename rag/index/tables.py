"""The chunk table: documents, their trees, points and passages in one SQLite file. It decides what exists.

Read here, written by `rows`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import facets
from rag.datatypes import Chunk, Node, Point, Profile, Source
from rag.errors import IndexDamaged
from rag.facets import Facets, Headlines
from rag.functions import OTHER, Zone
from rag.index import records
from rag.index.checksums import REBUILD

FILE = "chunks.sqlite"
MOST_MAPPED = 1 << 31  # bytes; what SQLite allows by default
LONGEST_PATH = 500
MOST_BOUND = 500
# What a search asks of every report, read out of the profile by SQLite itself (generated columns) and kept in one
# narrow index: thousands of reports are read in milliseconds.
FACETS = {
    **{name: f"$.{name}.value" for name in facets.FACTS},
    **{name: f"$.{name}" for name in facets.FIELDS},
}
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A report as the index holds it, without its text. `headline` is a unit row.

    `group` names the group of near-copies it belongs to, by the first path in it; its own path if it is like no other.
    """

    id: int
    source: Source
    profile: Profile
    characters: int
    headline: Vectors
    group: str


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A point and the vector of its head."""

    point: Point
    vector: Vectors


class Tables:
    """The chunk table, opened for reading; threads may share it.

    One connection, opened at once: a table that is open stays readable though a later build removes its file.
    Raises IndexDamaged, as every method does.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._documents: list[StoredDocument] | None = None
        self._facets: Facets | None = None
        self._headlines: Headlines | None = None
        try:
            self._connection = _opened((folder / FILE).resolve())
            self._connection.execute("PRAGMA schema_version")  # connect alone opens nothing
        except (OSError, sqlite3.DatabaseError) as error:
            raise _damaged(error) from error
        weakref.finalize(self, self._connection.close)

    def documents(self) -> list[StoredDocument]:
        """Every report, by path. Read once; threads that race for it read the same."""
        if self._documents is None:
            self._documents = self._read_documents()
        return list(self._documents)

    def facets(self) -> Facets:
        """What a search asks of every report, by path, a column each; read once."""
        if self._facets is None:
            query = f"SELECT id, path, {', '.join(FACETS)} FROM documents INDEXED BY facets_of_documents ORDER BY path"
            self._facets = Facets.of_rows(self._rows(query))
        return self._facets

    def headlines(self) -> Headlines:
        """The headlines of all reports, in the order of `facets`; read once."""
        if self._headlines is None:
            rows = self._rows("SELECT headline FROM documents INDEXED BY headlines_of_documents ORDER BY path")
            self._headlines = Headlines.of(unpacked(b"".join(row for (row,) in rows)).reshape(len(rows), -1))
        return self._headlines

    def _read_documents(self) -> list[StoredDocument]:
        rows = self._rows(
            "SELECT id, path, title, sha256, characters, profile, headline, grouped FROM documents ORDER BY path"
        )
        return [
            StoredDocument(
                i, Source(path, title, sha256), records.profile_of(profile), length, unpacked(headline), group
            )
            for i, path, title, sha256, length, profile, headline, group in rows
        ]

    def files(self) -> dict[str, str]:
        """Source path to the sha256 of the file's bytes, by path."""
        return dict(self._rows("SELECT path, sha256 FROM documents ORDER BY path"))

    def counts(self) -> tuple[int, int, int]:
        """How many reports, passages and points."""
        ((documents, chunks, points),) = self._rows(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM chunks), (SELECT count(*) FROM points)"
        )
        return documents, chunks, points

    def duplicates(self) -> tuple[tuple[str, ...], ...]:
        """The groups of near-copies, each its paths in order."""
        found: dict[str, list[str]] = {}
        for name, path in self._rows(
            "SELECT grouped, path FROM documents WHERE grouped IN (SELECT grouped FROM documents WHERE grouped <> path)"
            " ORDER BY grouped, path"
        ):
            found.setdefault(name, []).append(path)
        return tuple(tuple(paths) for paths in found.values())

    def tree(self, document: int) -> tuple[Node, tuple[Zone, ...]]:
        """The tree of sections and points of a report, and its zones."""
        ((tree, zones),) = self._rows("SELECT tree, zones FROM texts WHERE document = ?", (document,))
        root = records.tree_of(tree)
        return root, records.zones_of(zones, root)

    def points(self, document: int) -> list[StoredPoint]:
        rows = self._rows("SELECT record, vector FROM points WHERE document = ? ORDER BY ordinal", (document,))
        return [StoredPoint(records.point_of(record), unpacked(vector)) for record, vector in rows]

    def text(self, document: int) -> str:
        ((text,),) = self._rows("SELECT text FROM texts WHERE document = ?", (document,))
        return str(text)

    def fingerprints(self) -> list[tuple[int, bytes]]:
        """The packed hashes of every report, see `rag.fingerprint.names`."""
        return self._rows("SELECT document, hashes FROM fingerprints ORDER BY document")

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """Those of `ids` that exist in this generation."""
        found: dict[int, Chunk] = {}
        for some in _batches(ids):
            query = f"""
                SELECT c.id, d.path, d.title, d.sha256, c.path, c.function,
                  substr(t.text, c.start + 1, c."end" - c.start), c.start, c."end", c.page
                FROM chunks c JOIN documents d ON d.id = c.document JOIN texts t ON t.document = c.document
                WHERE c.id IN ({_marks(some)})
            """
            for row in self._rows(query, tuple(some)):
                i, path, title, sha256, section, function, text, first, last, page = row
                found[i] = Chunk(
                    i,
                    Source(path, title, sha256),
                    tuple(json.loads(section)),
                    function,
                    text,
                    first,
                    last,
                    page,
                )
        return found

    def chunks_of(self, document: int) -> list[Chunk]:
        """All passages of a report, in reading order; its text is read once."""
        ((path, title, sha256),) = self._rows("SELECT path, title, sha256 FROM documents WHERE id = ?", (document,))
        source, text = Source(path, title, sha256), self.text(document)
        query = 'SELECT id, path, function, start, "end", page FROM chunks WHERE document = ? ORDER BY start, "end"'
        return [
            Chunk(i, source, tuple(json.loads(section)), function, text[first:last], first, last, page)
            for i, section, function, first, last, page in self._rows(query, (document,))
        ]

    def chunk_ids(self, documents: Sequence[int], *, function: str | None = None, strict: bool = False) -> list[int]:
        """Ids of the passages of `documents`, in reading order; of one `function` only, if given.

        Then a report none of whose passages has a telling function keeps all of them, unless `strict`.
        """
        found: list[int] = []
        for some in _batches(documents):
            among, values = f"document IN ({_marks(some)})", tuple[object, ...](some)
            clause = ""
            if function is not None:
                clause, values = " AND (function = ?", (*values, function)
                if not strict:
                    telling = f"SELECT document FROM chunks WHERE {among} AND function <> '{OTHER}'"
                    clause, values = f"{clause} OR document NOT IN ({telling})", (*values, *some)
                clause += ")"
            query = f"SELECT id FROM chunks WHERE {among}{clause} ORDER BY document, start"
            found += [i for (i,) in self._rows(query, values)]
        return found

    def document_ids(self, chunk_ids: Sequence[int]) -> dict[int, int]:
        """Passage id to report id, for those that exist."""
        found: dict[int, int] = {}
        for some in _batches(chunk_ids):
            found |= self._rows(f"SELECT id, document FROM chunks WHERE id IN ({_marks(some)})", tuple(some))
        return found

    def keyed_vectors(self, wanted: Set[bytes], documents: Iterable[int] | None = None) -> dict[bytes, Vectors]:
        """Vectors of points and headlines by key, those of `wanted` that are here, or only in `documents`."""
        points, headlines = "SELECT key, vector FROM points", "SELECT key, headline FROM documents"
        return {
            key: unpacked(vector)
            for query, column in ((points, "document"), (headlines, "id"))
            for key, vector in self._rows_of(query, column, documents)
            if key in wanted
        }

    def chunk_keys(self, wanted: Set[bytes], documents: Iterable[int] | None = None) -> dict[bytes, int]:
        """Key of the embedded text to a passage that has it, those of `wanted` that are here, or in `documents`."""
        return {
            key: i for key, i in self._rows_of("SELECT key, id FROM chunks", "document", documents) if key in wanted
        }

    def all_chunk_ids(self) -> list[int]:
        """Ids of all passages, rising."""
        return [i for (i,) in self._rows("SELECT id FROM chunks ORDER BY id")]

    def keys(self) -> set[bytes]:
        """Keys of all texts that were embedded."""
        query = "SELECT key FROM points UNION SELECT key FROM documents UNION SELECT key FROM chunks"
        return {key for (key,) in self._rows(query)}

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _rows_of(self, query: str, column: str, documents: Iterable[int] | None) -> Iterator[Any]:
        """Rows of some reports, or of all."""
        if documents is None:
            yield from self._rows(query)
            return
        for document in sorted(documents):
            yield from self._rows(f"{query} WHERE {column} = ?", (document,))

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(error) from error


def rounded(vectors: Vectors) -> Vectors:
    """Rows as an index gives them back, so that fresh rows and reused ones have the same bits."""
    return vectors.astype(np.float16).astype(np.float32)


def _batches(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """`values` in parts that one statement can bind."""
    for start in range(0, len(values), MOST_BOUND):
        yield values[start : start + MOST_BOUND]


def _marks(values: Sequence[int]) -> str:
    return ",".join("?" * len(values))


def unpacked(data: bytes) -> Vectors:
    return np.frombuffer(data, dtype=np.float16).astype(np.float32)


def is_too_long(file: Path) -> bool:
    """Whether SQLite refuses the path of `file`: on Unix it takes 512 bytes, which is 170 Hanzi."""
    return len(os.fsencode(file)) > LONGEST_PATH


def _opened(file: Path) -> sqlite3.Connection:
    if not is_too_long(file):
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        connection.execute(f"PRAGMA mmap_size={MOST_MAPPED}")  # pages are read in place, not copied one by one
        return connection
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.deserialize(file.read_bytes())
    return connection


def _damaged(error: Exception) -> IndexDamaged:
    return IndexDamaged(f"索引的数据表读不出来：{error}", hint=REBUILD)
