"""The files that samples were read from, as they are now: a citation of one that changed is stale, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.config import Config, resource
from rag.datatypes import Source
from rag.errors import SourceError
from rag.read import READERS, file_digest, files_behind, is_there

SEEDS = "seeds"
_UNLIMITED = Config(largest_file_mb=1_000_000)
CHANGED, GONE = "changed", "gone"


class Originals:
    """Looks at originals below `roots` (as a manifest names them), a file hashed once as long as it does not change."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._tops = {label(path): top(path) for path in map(folder, roots)}
        self._known: dict[Path, tuple[tuple[tuple[int, int], ...], str]] = {}

    def state(self, source: Source) -> str | None:
        """CHANGED, GONE, or None: as it was, or out of sight because its whole root is (a drive not connected)."""
        path = self.path(source.path)
        if path is None:
            return None
        try:
            if not is_there(path):
                return GONE
            stamp = tuple((stat.st_size, stat.st_mtime_ns) for stat in (file.stat() for file in files_behind(path)))
            known = self._known.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, file_digest(path, _UNLIMITED))
                self._known[path] = known
        except (FileNotFoundError, NotADirectoryError):
            return GONE
        except (OSError, SourceError):  # there, but not to be read now
            return None
        return None if known[1] == source.sha256 else CHANGED

    def path(self, name: str) -> Path | None:
        """Where the sample of that source path was read from; None where its whole root is not there."""
        first, _, below = name.partition("/")
        place = self._tops.get(first)
        return place / below if place is not None and place.is_dir() else None


def folder(root: str) -> Path:
    """A root of a manifest as a path."""
    return resource(SEEDS) if root == SEEDS else Path(root)


def top(root: Path) -> Path:
    """The folder that source paths of `root` count from; a root may be a single file, and may be gone."""
    is_file = root.is_file() or (not root.exists() and root.suffix.lower() in READERS)
    return root.parent if is_file else root


def label(root: Path) -> str:
    """What source paths below `root` begin with."""
    return top(root).name or "samples"
