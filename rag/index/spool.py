"""Vectors on their way into a store, on the disk in half precision until all of them are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from rag.index.tables import Vectors

FILE = "vectors.spool"


class Spool:
    """Rows by id, in a file of `folder` that is gone on leaving. A store is trained on all rows before it takes one."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._stream = self._file.open("w+b")
        self._places: dict[int, int] = {}
        self._dim = 0

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Append float32[len(ids), dim]. Raises OSError on a full disk."""
        self._dim = vectors.shape[1]
        self._stream.write(vectors.astype(np.float16).tobytes())
        for i in ids:
            self._places[i] = len(self._places)

    def get(self, ids: Sequence[int]) -> Vectors:
        """float32[len(ids), dim] of at least one id, in their order. Raises KeyError."""
        self._stream.flush()
        rows = np.memmap(self._file, dtype=np.float16, mode="r").reshape(-1, self._dim)
        return rows[[self._places[i] for i in ids]].astype(np.float32)

    @property
    def ids(self) -> list[int]:
        """Rising."""
        return sorted(self._places)

    def __contains__(self, i: int) -> bool:
        return i in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._file.unlink()
