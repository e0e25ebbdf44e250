"""FAISS, flat, half precision: exact search. Python owns the files, so Chinese paths work on Windows."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.errors import IndexDamaged
from rag.store import Vectors

FILE = "vectors.faiss"


@contextmanager
def one_thread() -> Iterator[None]:
    """One query is no work to share: waking other threads costs more than it gains (16 times more on two cores)."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class FlatStore:
    """An `IndexIDMap2` over a flat fp16 scalar quantizer with inner product; rows are unit, so that is cosine."""

    def __init__(self, index: Any, keep_alive: tuple[Any, ...] = ()) -> None:
        self._index = index
        self._keep_alive = keep_alive
        self._known: set[int] | None = None

    @classmethod
    def empty(cls, dim: int) -> FlatStore:
        flat = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap2(flat))

    @classmethod
    def opened(cls, folder: Path, *, writable: bool = False) -> FlatStore:
        """Readers map the file without a copy. Writers load it: remove_ids on a mapped index crashes (FAISS 1.15)."""
        try:
            if writable:
                data = np.frombuffer((folder / FILE).read_bytes(), dtype=np.uint8)
                return cls(faiss.deserialize_index(data))
            # Python opens the file: FAISS's own open fails on Chinese paths (Windows; facebookresearch/faiss#3073).
            with (folder / FILE).open("rb") as stream:
                mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            buffer = np.frombuffer(mapped, dtype=np.uint8)
            reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(buffer), buffer.size)
            return cls(faiss.read_index(reader), (mapped, buffer, reader))
        except (OSError, RuntimeError, ValueError) as error:
            raise IndexDamaged(f"向量文件读不出来：{folder.name}/{FILE}", hint="重建索引：rag build --full") from error

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        if not len(ids):
            return
        self.remove(ids)
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(ids, dtype=np.int64))
        self._known = None

    def remove(self, ids: Sequence[int]) -> None:
        present = self._ids() & set(ids)
        if present:
            self._index.remove_ids(np.asarray(sorted(present), dtype=np.int64))
            self._known = None

    def get(self, ids: Sequence[int]) -> Vectors:
        if not len(ids):
            return np.empty((0, self._index.d), dtype=np.float32)
        try:
            return np.asarray(self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64)), dtype=np.float32)
        except RuntimeError as error:
            raise KeyError(sorted(set(ids) - self._ids())) from error

    def search(self, vector: Vectors, k: int, ids: Sequence[int] | None = None) -> list[tuple[int, float]]:
        wanted = min(k, len(self) if ids is None else len(ids))
        if wanted <= 0:
            return []
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        chosen = None
        if ids is not None:
            chosen = faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.asarray(sorted(ids), dtype=np.int64)))
        with one_thread():
            scores, found = self._index.search(query, wanted, params=chosen)
        rows = [(int(i), float(s)) for i, s in zip(found[0], scores[0], strict=True) if i >= 0]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def save(self, folder: Path) -> None:
        (folder / FILE).write_bytes(faiss.serialize_index(self._index).tobytes())

    def settle(self) -> None:
        """Nothing to do: each generation has a file of its own."""

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def _ids(self) -> set[int]:
        if self._known is None:
            self._known = set(faiss.vector_to_array(self._index.id_map).tolist())
        return self._known
