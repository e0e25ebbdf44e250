"""Vectors on their way into a store, on the disk in half precision until all of them are there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

import numpy as np

from rag.index.tables import Vectors


class Spool:
    """Rows by id, in a file without a name on the disk of `folder`: a store is chosen by the number of rows, and
    trained on them, before it takes the first. Methods raise OSError on a full disk."""

    def __init__(self, folder: Path) -> None:
        self._stream = TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        self._places: dict[int, int] = {}
        self.dim = 0  # numbers in a row, once there is one

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Append float32[len(ids), dim]."""
        self.dim = vectors.shape[1]
        self._stream.seek(len(self._places) * self._row_bytes)
        self._stream.write(vectors.astype(np.float16).tobytes())
        self._stream.flush()
        for i in ids:
            self._places[i] = len(self._places)

    def get(self, ids: Sequence[int]) -> Vectors:
        """float32[len(ids), dim], in their order. Raises KeyError."""
        rows = []
        for i in ids:
            self._stream.seek(self._places[i] * self._row_bytes)
            rows.append(self._stream.read(self._row_bytes))
        return np.frombuffer(b"".join(rows), dtype=np.float16).reshape(len(ids), self.dim).astype(np.float32)

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
        with suppress(OSError):  # what could not be written was said when it was added
            self._stream.close()

    @property
    def _row_bytes(self) -> int:
        return 2 * self.dim
