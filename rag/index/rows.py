"""Writing the chunk table. All rows of a report go in and out together, here and nowhere else."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rag.datatypes import Chunk, Node, Point, Profile, Source
from rag.fingerprint.minhash import Signature
from rag.functions import Zone
from rag.index import records
from rag.index.refusals import refusals
from rag.index.tables import FACETS, FILE, Vectors, is_too_long

# Points are no WITHOUT ROWID table: rows of a kilobyte leave half of such a table's pages empty.
_SCHEMA = """
CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, sha256 TEXT NOT NULL,
  characters INTEGER NOT NULL, profile TEXT NOT NULL, grouped TEXT NOT NULL, key BLOB NOT NULL, headline BLOB NOT NULL,
  signature BLOB NOT NULL{facets});
CREATE INDEX facets_of_documents ON documents ({indexed});
CREATE INDEX headlines_of_documents ON documents (path, headline);
CREATE TABLE texts (document INTEGER PRIMARY KEY REFERENCES documents(id), tree TEXT NOT NULL, zones TEXT NOT NULL,
  text TEXT NOT NULL);
CREATE TABLE points (document INTEGER NOT NULL REFERENCES documents(id), ordinal INTEGER NOT NULL, record TEXT NOT NULL,
  key BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (document, ordinal));
CREATE TABLE chunks (id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents(id), path TEXT NOT NULL,
  function TEXT, start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER, key BLOB NOT NULL);
CREATE INDEX chunks_of_document ON chunks (document, start, function);
CREATE TABLE fingerprints (document INTEGER PRIMARY KEY REFERENCES documents(id), hashes BLOB NOT NULL);
""".replace(
    "{facets}",
    "".join(
        f", {name} TEXT GENERATED ALWAYS AS (json_extract(profile, '{at}')) VIRTUAL" for name, at in FACETS.items()
    ),
).replace("{indexed}", ", ".join(("path", *FACETS)))
# Tables with a column `document`: a report that goes takes its rows in all of them along.
_OF_DOCUMENT = ("texts", "points", "chunks", "fingerprints")
_FAST = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"  # a draft: sealed, or swept away
MOST_FREE = 0.25  # share of freed pages above which the file is rewritten


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Everything the table stores of one report; keys name vectors, see `filling`."""

    source: Source
    text: str
    profile: Profile
    tree: Node
    zones: tuple[Zone, ...]
    signature: Signature
    hashes: bytes
    headline_key: bytes
    points: tuple[tuple[Point, bytes], ...]
    chunks: tuple[tuple[Chunk, bytes], ...]

    @property
    def id(self) -> int:
        return document_id(self.source.path)


def document_id(path: str) -> int:
    """First 63 bits of sha256(source path): the same report has one id in every index and every generation."""
    return int.from_bytes(hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


@contextmanager
def created(folder: Path) -> Iterator[sqlite3.Connection]:
    """A new, empty table in `folder`; everything is in the file on leaving. Raises RagError on a full disk."""
    with _opened(folder, f"{_FAST} BEGIN; {_SCHEMA}") as connection:
        yield connection


@contextmanager
def changed(folder: Path, *, compact: bool = False) -> Iterator[sqlite3.Connection]:
    """The table that was copied into `folder`, to be altered; `compact` leaves nothing in it of what was deleted."""
    with _opened(folder, f"{_FAST} BEGIN") as connection:
        yield connection
        with refusals():
            connection.commit()
            if compact or _free_share(connection) > MOST_FREE:
                connection.execute("VACUUM")


def insert(connection: sqlite3.Connection, new: NewDocument, vectors: Mapping[bytes, Vectors]) -> None:
    """All rows of a report, grouped with itself alone. `vectors` holds those of its points and headline by key."""
    number = new.id
    connection.execute(
        "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            number, new.source.path, new.source.title, new.source.sha256, len(new.text),
            records.profile_row(new.profile), new.source.path, new.headline_key, packed(vectors[new.headline_key]),
            new.signature.astype("<u4").tobytes(),
        ),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO texts VALUES (?,?,?,?)",
        (number, records.tree_row(new.tree), records.zones_row(new.zones), new.text),
    )
    connection.execute("INSERT INTO fingerprints VALUES (?,?)", (number, new.hashes))
    connection.executemany(
        "INSERT INTO points VALUES (?,?,?,?,?)",
        [(number, i, records.point_row(p), key, packed(vectors[key])) for i, (p, key) in enumerate(new.points)],
    )
    connection.executemany(
        "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
        [(c.id, number, records.dumped(c.path), c.function, c.start, c.end, c.page, key) for c, key in new.chunks],
    )


def delete(connection: sqlite3.Connection, documents: Iterable[int]) -> set[str]:
    """Forget reports and everything that was stored of them; the names of the groups that lose a member."""
    gone = [(document,) for document in documents]
    broken = {
        name
        for document in gone
        for (name,) in connection.execute("SELECT grouped FROM documents WHERE id = ?", document)
    }
    for table in _OF_DOCUMENT:
        connection.executemany(f"DELETE FROM {table} WHERE document = ?", gone)
    connection.executemany("DELETE FROM documents WHERE id = ?", gone)
    return broken


def group(connection: sqlite3.Connection, groups: Mapping[int, str]) -> None:
    """Say which group of near-copies reports belong to."""
    connection.executemany("UPDATE documents SET grouped = ? WHERE id = ?", [(name, i) for i, name in groups.items()])


def packed(vector: Vectors) -> bytes:
    """A row as half-precision bytes."""
    return vector.astype(np.float16).tobytes()


@contextmanager
def _opened(folder: Path, script: str) -> Iterator[sqlite3.Connection]:
    """The table in `folder`, after `script`; by way of a folder for passing files where SQLite refuses the path."""
    file = (folder / FILE).resolve()
    if not is_too_long(file):
        with _connected(file, script) as connection:
            yield connection
        return
    with TemporaryDirectory() as short:
        aside = Path(short) / FILE
        with refusals():
            if file.exists():
                shutil.copyfile(file, aside)
        with _connected(aside, script) as connection:
            yield connection
        with refusals():
            shutil.copyfile(aside, file)


@contextmanager
def _connected(file: Path, script: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file)
    try:
        with refusals():
            connection.executescript(script)
        yield connection
        with refusals():
            connection.commit()
    finally:
        connection.close()


def _free_share(connection: sqlite3.Connection) -> float:
    ((free,), (pages,)) = (connection.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_count"))
    return float(free / max(1, pages))
