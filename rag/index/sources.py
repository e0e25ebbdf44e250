"""Sample files as they are now: their hashes, and what became of each since the generation that serves.

index/seen.json    {path of the file: [size, modified, changed, inode, sha256]}

Decided by content alone. Size and times only save hashing a file again: where all of them are as they were, so is
the content. A file touched in the last moments is hashed next time too, for its times may not tell the next edit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rag.config import Config
from rag.datatypes import FailedFile
from rag.errors import SourceError
from rag.read import SampleFile, file_digest, files_behind

T = TypeVar("T")
SEEN = "seen.json"
FRESH_NS = 3_000_000_000  # FAT keeps times in steps of two seconds
READ_TRIES = 3

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """The sample files of a build: sha256 by source path, the files themselves, and those that cannot be opened."""

    digests: dict[str, str]
    files: dict[str, SampleFile]
    failed: tuple[FailedFile, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of each file, by source path, in order. A file that was renamed is neither added nor removed."""

    added: tuple[str, ...]
    edited: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """Source paths of before whose bytes, or whose path, are still there."""
        return (*self.unchanged, *self.edited, *(old for old, _ in self.renamed))

    @property
    def to_read(self) -> tuple[str, ...]:
        """Files whose rows have to be made; a renamed one too, since names are read for years and titles."""
        return tuple(sorted((*self.added, *self.edited, *(new for _, new in self.renamed))))

    @property
    def to_forget(self) -> tuple[str, ...]:
        """Source paths whose rows go."""
        return tuple(sorted((*self.edited, *self.removed, *(old for old, _ in self.renamed))))


@dataclass(slots=True)
class Seen:
    """Hashes of files by their size and times, kept beside the index. Saves work and decides nothing."""

    file: Path
    known: dict[str, tuple[Stamp, str]] = field(default_factory=dict)

    @classmethod
    def opened(cls, folder: Path, *, trusted: bool = True) -> Seen:
        """What was seen at the last build; nothing where that cannot be read, or is not to be trusted."""
        file = folder / SEEN
        if not trusted:
            return cls(file)
        with suppress(OSError, ValueError, TypeError, AttributeError):
            rows = json.loads(file.read_text(encoding="utf-8")).items()
            return cls(file, {path: ((a, b, c, d), digest) for path, (a, b, c, d, digest) in rows})
        return cls(file)

    def digest(self, path: Path, config: Config) -> str:
        """sha256 of what is read of the file. Raises SourceError when it is unreadable, empty or too large."""
        before = _stamp(path)
        known = self.known.get(str(path))
        if before and known and known[0] == before and 0 < before[0] <= config.largest_file_mb * 1_000_000:
            return known[1]
        self.known.pop(str(path), None)
        digest = file_digest(path, config)
        if before and before == _stamp(path) and abs(time.time_ns() - max(before[1:3])) > FRESH_NS:
            self.known[str(path)] = (before, digest)
        return digest

    def save(self, files: Sequence[SampleFile]) -> None:
        """Keep what was seen of `files`; a disk that refuses costs hashing next time, nothing else."""
        kept = {str(file.path): self.known[str(file.path)] for file in files if str(file.path) in self.known}
        aside = self.file.with_name(f"{SEEN}.new")
        with suppress(OSError):
            rows = {path: [*stamp, digest] for path, (stamp, digest) in sorted(kept.items())}
            text = json.dumps(rows, ensure_ascii=False, indent=0).encode("utf-8", "surrogatepass")
            aside.write_bytes(text)
            aside.replace(self.file)


def hashed(files: Sequence[SampleFile], seen: Seen, config: Config, say: Callable[[str, int, int], None]) -> Found:
    """The sha256 of every file, those that cannot be opened apart."""
    digests: dict[str, str] = {}
    failed: list[FailedFile] = []
    for place, file in enumerate(files):
        say("核对样本", place, len(files))
        try:
            digests[file.name] = seen.digest(file.path, config)
        except SourceError as error:
            failed.append(FailedFile(file.name, str(error), error.hint))
    say("核对样本", len(files), len(files))
    return Found(digests, {file.name: file for file in files}, tuple(failed))


def compared(before: Mapping[str, str], now: Mapping[str, str]) -> Changes:
    """What became of each file; both map source paths to sha256. Bytes that turn up under another path were renamed."""
    gone: dict[str, list[str]] = {}
    for path in sorted(before.keys() - now.keys(), reverse=True):
        gone.setdefault(before[path], []).append(path)
    renamed, added = [], []
    for path in sorted(now.keys() - before.keys()):
        if gone.get(now[path]):
            renamed.append((gone[now[path]].pop(), path))
            continue
        added.append(path)
    both = sorted(before.keys() & now.keys())
    return Changes(
        added=tuple(added),
        edited=tuple(path for path in both if before[path] != now[path]),
        renamed=tuple(renamed),
        removed=tuple(sorted(path for paths in gone.values() for path in paths)),
        unchanged=tuple(path for path in both if before[path] == now[path]),
    )


def steadily(path: Path, read: Callable[[], T]) -> T:
    """What `read` makes of the file at `path`, read anew while somebody writes to it.

    Raises SourceError when it never holds still, and what `read` raises.
    """
    for _ in range(READ_TRIES):
        before = _stamp(path)
        try:
            found = read()
        except SourceError:
            if before == _stamp(path):
                raise
            continue
        if before == _stamp(path):
            return found
    raise SourceError("文件正在被改动，读不到完整的一份", hint="等它保存好，再运行 rag build")


def _stamp(path: Path) -> Stamp | None:
    """Size and times of what is behind `path`: the file and its sidecar, or the .zip that it leads into."""
    try:
        stats = [file.stat() for file in files_behind(path)]
    except OSError:
        return None
    first, *others = stats
    return (
        sum(stat.st_size for stat in stats),
        max(stat.st_mtime_ns for stat in stats),
        max(stat.st_ctime_ns for stat in stats),
        first.st_ino + sum(stat.st_ino + stat.st_mtime_ns for stat in others),
    )
