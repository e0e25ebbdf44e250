"""FAISS, inverted lists in half precision: for more rows than a flat search should walk.

What is in a walked list is compared exactly, and rows come back with the bits they came with. Codes of 8 bits would
halve the file, and miss one of thirty neighbours where passages stand close (docs/evaluation.md). A bare IVF with a
hash table as direct map: `IndexIDMap2` over lists can neither reconstruct nor remove.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.store import Vectors, faiss_file

ROWS_A_LIST = 64  # to train on
ITERATIONS = 10
FEWEST_A_LIST = 39
PROBED = 16  # one list in so many is walked, but at least FEWEST_PROBED (docs/evaluation.md has the recall)
FEWEST_PROBED = 16
EXACT_AMONG = 2_000  # up to so many ids their rows are compared one by one


class IvfStore:
    """`IndexIVFScalarQuantizer` in half precision, with inner product; rows are unit, so that is cosine."""

    def __init__(self, index: Any, keep_alive: tuple[Any, ...] = ()) -> None:
        self._index = index
        self._keep_alive = keep_alive

    @staticmethod
    def sample_size(count: int) -> int:
        return ROWS_A_LIST * _lists(count)

    @classmethod
    def empty(cls, sample: Vectors, count: int) -> IvfStore:
        """Lists are learnt from `sample`, evenly taken from all rows and in a fixed order."""
        size, dim = sample.shape
        lists = max(1, min(_lists(count), size // FEWEST_A_LIST))
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
        )  # False: rows as they are, not what is left of them after the list's centre
        index.cp.niter, index.cp.max_points_per_centroid, index.cp.spherical = ITERATIONS, ROWS_A_LIST, True
        index.cp.min_points_per_centroid = 1  # few rows are no warning on the user's screen
        index.train(np.ascontiguousarray(sample, dtype=np.float32))
        index.set_direct_map_type(faiss.DirectMap.Hashtable)
        return cls(index)

    @classmethod
    def opened(cls, mapped: mmap.mmap) -> IvfStore:
        return cls(*faiss_file.mapped(mapped))

    @classmethod
    def writable(cls, folder: Path) -> IvfStore:
        return cls(faiss_file.loaded(folder))

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        if not len(ids):
            return
        self.remove(ids)
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(ids, dtype=np.int64))

    def remove(self, ids: Sequence[int]) -> None:
        gone = np.unique(np.asarray(ids, dtype=np.int64))
        if len(gone):  # by a hash table FAISS removes only an array of ids
            self._index.remove_ids(faiss.IDSelectorArray(len(gone), faiss.swig_ptr(gone)))

    def get(self, ids: Sequence[int]) -> Vectors:
        return faiss_file.rows(self._index, ids)

    def search(self, vector: Vectors, k: int, ids: Sequence[int] | None = None) -> list[tuple[int, float]]:
        wanted = min(k, len(self) if ids is None else len(ids))
        if wanted <= 0:
            return []
        if ids is not None and len(ids) <= EXACT_AMONG:
            return self._search_each(vector, wanted, sorted(set(ids)))
        lists = self._index.nlist
        probed = lists if ids is not None or wanted > EXACT_AMONG else max(FEWEST_PROBED, lists // PROBED)
        selector = None if ids is None else faiss_file.among(ids)
        params = faiss.SearchParametersIVF(sel=selector, nprobe=min(lists, probed))
        return faiss_file.search(self._index, vector, wanted, params)

    def save(self, folder: Path) -> None:
        faiss_file.save(self._index, folder)

    def settle(self) -> None:
        """Nothing to do: each generation has a file of its own."""

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def _search_each(self, vector: Vectors, k: int, ids: Sequence[int]) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = []
        for key in ids:
            try:
                found.append((key, float(self._index.reconstruct(key) @ vector)))
            except RuntimeError:  # not among the rows
                continue
        return faiss_file.ordered(found)[:k]


def _lists(count: int) -> int:
    return int(2 ** round(math.log2(2 * math.sqrt(max(1, count)))))
