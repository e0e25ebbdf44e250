"""The chunk table: documents, their trees, points and passages in one SQLite file. It decides what exists."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
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

FILE = "chunks.sqlite"
MOST_BOUND = 500
# What a search asks of every report, read out of the profile by SQLite itself and kept in one narrow index: thousands
# of reports are read in milliseconds, without touching their trees.
_FACETS = {
    **{name: f"$.{name}.value" for name in facets.FACTS},
    **{name: f"$.{name}" for name in facets.FIELDS},
}
_SCHEMA = """
CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, sha256 TEXT NOT NULL,
  characters INTEGER NOT NULL, profile TEXT NOT NULL, tree TEXT NOT NULL, zones TEXT NOT NULL, key BLOB NOT NULL,
  headline BLOB NOT NULL
  {facets});
CREATE INDEX facets_of_documents ON documents ({indexed});
CREATE INDEX headlines_of_documents ON documents (path, headline);
CREATE TABLE texts (document INTEGER PRIMARY KEY REFERENCES documents(id), text TEXT NOT NULL);
CREATE TABLE points (document INTEGER NOT NULL REFERENCES documents(id), ordinal INTEGER NOT NULL, record TEXT NOT NULL,
  key BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (document, ordinal)) WITHOUT ROWID;
CREATE TABLE chunks (id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents(id), path TEXT NOT NULL,
  function TEXT, start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER, key BLOB NOT NULL);
CREATE INDEX chunks_of_document ON chunks (document, start);
""".replace(
    "{facets}",
    "".join(
        f", {name} TEXT GENERATED ALWAYS AS (json_extract(profile, '{at}')) VIRTUAL" for name, at in _FACETS.items()
    ),
).replace("{indexed}", ", ".join(("path", *_FACETS)))
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A report as the index holds it, without its text. `headline` is a unit row."""

    id: int
    source: Source
    profile: Profile
    characters: int
    headline: Vectors


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """A point and the vector of its head."""

    point: Point
    vector: Vectors


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Everything the table stores of one report; keys name vectors, see `Index`."""

    source: Source
    text: str
    profile: Profile
    tree: Node
    zones: tuple[Zone, ...]
    headline_key: bytes
    points: tuple[tuple[Point, bytes], ...]
    chunks: tuple[tuple[Chunk, bytes], ...]


class Tables:
    """The chunk table, opened for reading. Threads may share it: each has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self._uri = (folder / FILE).resolve().as_uri() + "?mode=ro&immutable=1"
        self._local = threading.local()
        self._documents: list[StoredDocument] | None = None
        self._facets: Facets | None = None
        self._headlines: Headlines | None = None

    def documents(self) -> list[StoredDocument]:
        """Every report, by path. Read once; threads that race for it read the same."""
        if self._documents is None:
            self._documents = self._read_documents()
        return list(self._documents)

    def facets(self) -> Facets:
        """What a search asks of every report, by path, a column each; read once."""
        if self._facets is None:
            query = f"SELECT id, path, {', '.join(_FACETS)} FROM documents INDEXED BY facets_of_documents ORDER BY path"
            self._facets = Facets.of_rows(self._rows(query))
        return self._facets

    def headlines(self) -> Headlines:
        """The headlines of all reports, in the order of `facets`; read once."""
        if self._headlines is None:
            rows = self._rows("SELECT headline FROM documents INDEXED BY headlines_of_documents ORDER BY path")
            self._headlines = Headlines.of(np.stack([unpacked(row) for (row,) in rows]))
        return self._headlines

    def _read_documents(self) -> list[StoredDocument]:
        rows = self._rows("SELECT id, path, title, sha256, characters, profile, headline FROM documents ORDER BY path")
        return [
            StoredDocument(i, Source(path, title, sha256), records.profile_of(profile), length, unpacked(headline))
            for i, path, title, sha256, length, profile, headline in rows
        ]

    def tree(self, document: int) -> tuple[Node, tuple[Zone, ...]]:
        """The tree of sections and points of a report, and its zones."""
        ((tree, zones),) = self._rows("SELECT tree, zones FROM documents WHERE id = ?", (document,))
        root = records.tree_of(tree)
        return root, records.zones_of(zones, root)

    def points(self, document: int) -> list[StoredPoint]:
        rows = self._rows("SELECT record, vector FROM points WHERE document = ? ORDER BY ordinal", (document,))
        return [StoredPoint(records.point_of(record), unpacked(vector)) for record, vector in rows]

    def text(self, document: int) -> str:
        ((text,),) = self._rows("SELECT text FROM texts WHERE document = ?", (document,))
        return str(text)

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

    def chunk_ids(self, documents: Sequence[int], *, function: str | None = None, strict: bool = False) -> list[int]:
        """Ids of the passages of `documents`, in reading order; of one `function` only, if given.

        Then a report none of whose passages has a telling function keeps all of them, unless `strict`.
        """
        found: list[int] = []
        clause = ""
        values: tuple[str, ...] = ()
        if function is not None:
            clause, values = " AND (function = ?", (function,)
            if not strict:
                clause += f" OR document NOT IN (SELECT document FROM chunks WHERE function <> '{OTHER}')"
            clause += ")"
        for some in _batches(documents):
            query = f"SELECT id FROM chunks WHERE document IN ({_marks(some)}){clause} ORDER BY document, start"
            found += [i for (i,) in self._rows(query, (*some, *values))]
        return found

    def document_ids(self, chunk_ids: Sequence[int]) -> dict[int, int]:
        """Passage id to report id, for those that exist."""
        found: dict[int, int] = {}
        for some in _batches(chunk_ids):
            found |= self._rows(f"SELECT id, document FROM chunks WHERE id IN ({_marks(some)})", tuple(some))
        return found

    def keyed_vectors(self) -> Iterator[tuple[bytes, Vectors]]:
        """Vectors of points and headlines with their keys, for reuse by the next build."""
        for key, vector in self._rows("SELECT key, vector FROM points UNION ALL SELECT key, headline FROM documents"):
            yield key, unpacked(vector)

    def chunk_keys(self) -> dict[bytes, int]:
        """Key of the embedded text to a passage that has it."""
        return {key: i for i, key in self._rows("SELECT id, key FROM chunks ORDER BY id")}

    def close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        connection = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = sqlite3.connect(self._uri, uri=True)
            return list(connection.execute(query, values))
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"索引的数据表读不出来：{error}", hint="重建索引：rag build --full") from error


def write(folder: Path, documents: Iterable[NewDocument], vectors: dict[bytes, Vectors]) -> None:
    """Write the table of a new generation. `vectors` holds the rows of points and headlines by key."""
    connection = sqlite3.connect(folder / FILE)
    try:
        connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {_SCHEMA}")
        for number, new in enumerate(documents, start=1):
            connection.execute(
                "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    number, new.source.path, new.source.title, new.source.sha256, len(new.text),
                    records.profile_row(new.profile), records.tree_row(new.tree), records.zones_row(new.zones),
                    new.headline_key, packed(vectors[new.headline_key]),
                ),
            )  # fmt: skip
            connection.execute("INSERT INTO texts VALUES (?,?)", (number, new.text))
            connection.executemany(
                "INSERT INTO points VALUES (?,?,?,?,?)",
                [(number, i, records.point_row(p), key, packed(vectors[key])) for i, (p, key) in enumerate(new.points)],
            )
            connection.executemany(
                "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
                [
                    (c.id, number, records.dumped(c.path), c.function, c.start, c.end, c.page, key)
                    for c, key in new.chunks
                ],
            )
        connection.commit()
    finally:
        connection.close()


def _batches(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """`values` in parts that one statement can bind."""
    for start in range(0, len(values), MOST_BOUND):
        yield values[start : start + MOST_BOUND]


def _marks(values: Sequence[int]) -> str:
    return ",".join("?" * len(values))


def rounded(vectors: Vectors) -> Vectors:
    """Rows as an index gives them back, so that fresh rows and reused ones have the same bits."""
    return vectors.astype(np.float16).astype(np.float32)


def packed(vector: Vectors) -> bytes:
    """A row as half-precision bytes."""
    return vector.astype(np.float16).tobytes()


def unpacked(data: bytes) -> Vectors:
    return np.frombuffer(data, dtype=np.float16).astype(np.float32)
