"""FAISS, flat, half precision: exact search, and rows that come back with the bits they came with."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.store import Vectors, faiss_file


class FlatStore:
    """An `IndexIDMap2` over a flat fp16 scalar quantizer with inner product; rows are unit, so that is cosine."""

    def __init__(self, index: Any, keep_alive: tuple[Any, ...] = ()) -> None:
        self._index = index
        self._keep_alive = keep_alive
        self._known: set[int] | None = None

    @staticmethod
    def sample_size(_count: int) -> int:
        return 1  # it tells how many numbers a row has

    @classmethod
    def empty(cls, sample: Vectors, _count: int) -> FlatStore:
        flat = faiss.IndexScalarQuantizer(sample.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        return cls(faiss.IndexIDMap2(flat))

    @classmethod
    def opened(cls, mapped: mmap.mmap) -> FlatStore:
        return cls(*faiss_file.mapped(mapped))

    @classmethod
    def writable(cls, folder: Path) -> FlatStore:
        return cls(faiss_file.loaded(folder))

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
        return faiss_file.rows(self._index, ids)

    def search(self, vector: Vectors, k: int, ids: Sequence[int] | None = None) -> list[tuple[int, float]]:
        wanted = min(k, len(self) if ids is None else len(ids))
        if wanted <= 0:
            return []
        params = None if ids is None else faiss.SearchParameters(sel=faiss_file.among(ids))
        return faiss_file.search(self._index, vector, wanted, params)

    def save(self, folder: Path) -> None:
        faiss_file.save(self._index, folder)

    def settle(self) -> None:
        """Nothing to do: each generation has a file of its own."""

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def _ids(self) -> set[int]:
        if self._known is None:
            self._known = set(faiss.vector_to_array(self._index.id_map).tolist())
        return self._known
