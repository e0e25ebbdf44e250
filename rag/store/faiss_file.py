"""A FAISS index and its file. Python owns the file: FAISS's own open fails on Chinese paths under Windows
(facebookresearch/faiss#3073)."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.store import FILE, Vectors, damaged

BUFFER_BYTES = 1 << 20


def mapped(file: mmap.mmap) -> tuple[Any, tuple[Any, ...]]:
    """The index in a mapped file, without a copy, and what must live as long as it does. Raises IndexDamaged."""
    try:
        buffer = np.frombuffer(file, dtype=np.uint8)
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(buffer), buffer.size)
        return faiss.read_index(reader), (file, buffer, reader)
    except (RuntimeError, ValueError) as error:
        raise damaged(Path(FILE)) from error


def loaded(folder: Path) -> Any:
    """The index in `folder`, in memory, to be changed: remove_ids on a mapped one crashes (FAISS 1.15).

    Raises IndexDamaged.
    """
    try:
        return faiss.deserialize_index(np.fromfile(folder / FILE, dtype=np.uint8))
    except (OSError, RuntimeError, ValueError) as error:
        raise damaged(folder / FILE) from error


def save(index: Any, folder: Path) -> None:
    """Write `index` a piece at a time, so that no second copy of it stands in memory. Raises OSError."""
    with (folder / FILE).open("wb") as stream:
        faiss.write_index(index, faiss.PyCallbackIOWriter(stream.write, BUFFER_BYTES))


def rows(index: Any, ids: Sequence[int]) -> Vectors:
    """float32[len(ids), dim] of `ids`. Raises KeyError."""
    found = np.empty((len(ids), index.d), dtype=np.float32)
    for row, key in enumerate(ids):
        try:
            found[row] = index.reconstruct(int(key))
        except RuntimeError as error:
            raise KeyError(key) from error
    return found


def search(index: Any, vector: Vectors, k: int, params: Any = None) -> list[tuple[int, float]]:
    """At most k (id, inner product), best first, ties by id; what FAISS pads with is left out."""
    query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # one query is no work to share: on a busy machine the others come late (70 ms for 1)
    try:
        scores, found = index.search(query, k, params=params)
    finally:
        faiss.omp_set_num_threads(threads)
    return ordered((int(i), float(s)) for i, s in zip(found[0], scores[0], strict=True) if i >= 0)


def ordered(found: Any) -> list[tuple[int, float]]:
    return sorted(found, key=lambda row: (-row[1], row[0]))


def among(ids: Sequence[int]) -> Any:
    """A selector of `ids`; it keeps its own copy."""
    return faiss.IDSelectorBatch(np.asarray(sorted(set(ids)), dtype=np.int64))
