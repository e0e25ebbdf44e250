"""Vectors kept between builds: one SQLite file in the user's cache folder, for all indexes and all models.

A row is found by what it is made of, sha256(model fingerprint, text), never by a name or a place, and bears a
checksum of its own. The cache saves work and decides nothing: what goes wrong in it is noted, never raised.

Bound: when a build ends with the file above its limit, the rows whose last build is longest ago go, until nine
tenths of the limit are left. Builds are counted, so no clock is asked.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rag.config import Config, cache_folder

if TYPE_CHECKING:
    import numpy as np
    from filelock import BaseFileLock
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

T = TypeVar("T")
FILE, LOCK = "vectors.sqlite", "vectors.lock"
FORMAT = 1
LOCK_TIMEOUT_S = 60.0
LEFT_AFTER_TRIM = 0.9
KEYS_A_QUERY = 500
MB = 1_000_000
_SCHEMA = f"""
PRAGMA auto_vacuum=INCREMENTAL; PRAGMA user_version={FORMAT};
CREATE TABLE vectors (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL, sum BLOB NOT NULL);
CREATE TABLE uses (id INTEGER PRIMARY KEY, build INTEGER NOT NULL);
CREATE INDEX uses_by_build ON uses (build, id);
"""
_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH}


@dataclass(frozen=True, slots=True)
class Size:
    """Where the cache is, what it takes on the disk, and how many vectors it holds."""

    path: Path
    bytes: int
    vectors: int


def opened(config: Config, note: Callable[[str], None] | None = None) -> VectorCache:
    """The cache of this user, as large as `config` lets it be."""
    return VectorCache(cache_folder(), largest_mb=config.vector_cache_mb, note=note)


class VectorCache:
    """The cache in `folder`, at most `largest_mb` megabytes (0: none); `note` hears what went wrong.

    Safe with several processes: each step opens the file under a lock, so that none has it open while another
    replaces a damaged one. A killed process leaves a journal that the next step rolls back.
    """

    def __init__(self, folder: Path, *, largest_mb: int, note: Callable[[str], None] | None = None) -> None:
        self.file = folder / FILE
        self._largest = largest_mb * MB
        self._note = note or (lambda _: None)
        self._is_off = False
        self._build = 0

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        """Those of `keys` that are here, as float32[dim]; they count as used by this build."""
        wanted = list(keys)
        if not wanted or not self._largest or not self.file.is_file():
            return {}
        return self._step(lambda connection: self._found(connection, wanted), {})

    def put(self, rows: Mapping[bytes, Vectors]) -> None:
        """Keep `rows` in half precision, as an index does; on the disk when this returns."""
        import numpy as np

        packed = [(key, row.astype(np.float16).tobytes()) for key, row in rows.items()]
        if packed and self._largest:
            self._step(lambda connection: self._add(connection, packed), None)

    def drop(self, keys: Iterable[bytes]) -> None:
        """Forget the vectors of `keys`, and overwrite where they stood."""
        gone = [(key,) for key in keys]
        if gone and self.file.is_file():
            self._step(lambda connection: self._forget(connection, gone), None)

    def trim(self) -> None:
        """Bring the file back under its limit."""
        if self.file.is_file():
            self._step(self._drop_oldest, None)

    def size(self) -> Size:
        if not self.file.is_file():
            return Size(self.file, 0, 0)
        count = self._step(lambda c: int(c.execute("SELECT count(*) FROM uses").fetchone()[0]), 0)
        return Size(self.file, self.file.stat().st_size if self.file.is_file() else 0, count)

    def clear(self) -> Size:
        """Throw everything away; what was there. Raises OSError when the file cannot be removed."""
        before = self.size()
        if self.file.is_file():
            with self._lock():
                self._remove()
        return before

    def _found(self, connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        import numpy as np

        found: dict[bytes, Vectors] = {}
        used: list[tuple[int, int]] = []
        damaged: list[tuple[int]] = []
        build = self._number(connection)
        for start in range(0, len(keys), KEYS_A_QUERY):
            some = keys[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(some))
            for i, key, row, digest in connection.execute(
                f"SELECT id, key, vector, sum FROM vectors WHERE key IN ({marks})", some
            ):
                if _sum(key, row) != digest:
                    damaged.append((i,))
                    continue
                used.append((i, build))
                found[key] = np.frombuffer(row, dtype=np.float16).astype(np.float32)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR REPLACE INTO uses VALUES (?,?)", used)
        connection.executemany("DELETE FROM vectors WHERE id = ?", damaged)
        connection.executemany("DELETE FROM uses WHERE id = ?", damaged)
        connection.execute("COMMIT")
        if damaged:
            self._note(f"向量缓存里有 {len(damaged)} 条校验不符，已剔除并重新计算：{self.file}")
        return found

    def _add(self, connection: sqlite3.Connection, rows: Sequence[tuple[bytes, bytes]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        build = self._number(connection)
        for key, row in rows:
            made = connection.execute("INSERT OR IGNORE INTO vectors VALUES (NULL,?,?,?)", (key, row, _sum(key, row)))
            if made.rowcount:
                connection.execute("INSERT OR REPLACE INTO uses VALUES (?,?)", (made.lastrowid, build))
        connection.execute("COMMIT")

    def _forget(self, connection: sqlite3.Connection, keys: Sequence[tuple[bytes]]) -> None:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("DELETE FROM uses WHERE id = (SELECT id FROM vectors WHERE key = ?)", keys)
        connection.executemany("DELETE FROM vectors WHERE key = ?", keys)
        connection.execute("COMMIT")
        connection.executescript("PRAGMA incremental_vacuum")

    def _drop_oldest(self, connection: sqlite3.Connection) -> None:
        bytes_now = self.file.stat().st_size
        if bytes_now <= self._largest:
            return
        ((count,),) = connection.execute("SELECT count(*) FROM uses")
        surplus = round(count * (1 - LEFT_AFTER_TRIM * self._largest / bytes_now))
        oldest = connection.execute("SELECT id FROM uses ORDER BY build, id LIMIT ?", (surplus,)).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("DELETE FROM vectors WHERE id = ?", oldest)
        connection.executemany("DELETE FROM uses WHERE id = ?", oldest)
        connection.execute("COMMIT")
        connection.executescript("PRAGMA incremental_vacuum")  # execute() would free one page only

    def _number(self, connection: sqlite3.Connection) -> int:
        """The number of this build: one more than any before."""
        if not self._build:
            ((last,),) = connection.execute("SELECT coalesce(max(build), 0) FROM uses")
            self._build = last + 1
        return self._build

    def _step(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do `work` on the file; a damaged one is made anew, once. Where none can be had, `otherwise`, and a note."""
        if self._is_off:
            return otherwise
        try:
            with self._lock():
                try:
                    return self._opened(work)
                except sqlite3.DatabaseError as error:
                    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
                        raise
                    self._note(f"向量缓存已损坏（{error}），已清空重建：{self.file}")
                    self._remove()
                    return self._opened(work)
        except (OSError, sqlite3.Error) as error:  # a full disk, a read-only folder, a lock that is never free
            self._is_off = True
            self._note(f"向量缓存用不了（{error}），这次不用它：{self.file}")
            return otherwise

    def _opened(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.file.touch(mode=0o600)  # vectors tell of the texts they stand for
        connection = sqlite3.connect(self.file, isolation_level=None)
        try:
            ((version,),) = connection.execute("PRAGMA user_version")
            if version != FORMAT:
                if version or self.file.stat().st_size:
                    connection.close()
                    self._remove()
                    return self._opened(work)
                connection.executescript(_SCHEMA)
            return work(connection)
        finally:
            connection.close()

    def _lock(self) -> BaseFileLock:
        from filelock import FileLock

        self.file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.file.with_name(LOCK), timeout=LOCK_TIMEOUT_S)

    def _remove(self) -> None:
        for path in (self.file, self.file.with_name(FILE + "-journal")):
            path.unlink(missing_ok=True)


def _sum(key: bytes, row: bytes) -> bytes:
    return hashlib.blake2b(key + row, digest_size=8).digest()
