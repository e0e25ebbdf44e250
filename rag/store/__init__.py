"""Vector stores: cosine over unit rows, best first, ties by id, never padded. `new`, `opened` and
`writable` are the only doors."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged

Vectors = NDArray[np.float32]

FILE = "vectors.faiss"
AUTO, FLAT, IVF = "auto", "flat", "ivf"
STORES = {FLAT: ("rag.store.flat", "FlatStore"), IVF: ("rag.store.ivf", "IvfStore")}
MOST_FLAT = 50_000  # rows: up to here an exact search takes a few milliseconds
FEWEST_IVF = 25_000  # an index that shrank goes back to flat only here, so that none goes to and fro
OUTGROWN = 2  # times the rows it was trained on


class VectorStore(Protocol):
    """What every store does. Ids are 63-bit; vectors are unit rows, float32[n, dim]."""

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store new rows; an id already there is replaced."""

    def remove(self, ids: Sequence[int]) -> None:
        """Forget rows; ids that are not there are passed over."""

    def get(self, ids: Sequence[int]) -> Vectors:
        """Rows of `ids`, in their order. Raises KeyError for one that is not there."""

    def search(self, vector: Vectors, k: int, ids: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The k nearest by cosine as (id, cosine), best first, ties by id; among `ids` only, if given."""

    def save(self, folder: Path) -> None:
        """Write everything into `folder`, which exists. Raises OSError."""

    def settle(self) -> None:
        """Called once the new generation is current: drop what only the old one needed."""

    def __len__(self) -> int: ...


def chosen(setting: str, count: int, *, before: str = "") -> str:
    """The kind of store for `count` rows: as set, else by size. `before` is the kind that holds them now."""
    if setting != AUTO and count:  # lists cannot be learnt from nothing
        return setting
    return IVF if count > (FEWEST_IVF if before == IVF else MOST_FLAT) else FLAT


def is_outgrown(kind: str, count: int, trained: int) -> bool:
    """Whether a store trained on `trained` rows should be trained anew for `count`."""
    return kind == IVF and count > OUTGROWN * trained


def sample_size(kind: str, count: int) -> int:
    """How many of `count` rows a store of `kind` learns from."""
    size: int = _class(kind).sample_size(count)
    return size


def new(kind: str, sample: Vectors, count: int) -> VectorStore:
    """An empty store of `kind` for `count` rows like those of `sample`, on which it is trained where it has to be."""
    made: VectorStore = _class(kind).empty(sample, count)
    return made


def held(folder: Path) -> mmap.mmap:
    """The file of the store in `folder`, mapped: readable though a later build removes it. Raises IndexDamaged."""
    try:
        with (folder / FILE).open("rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # a file of no bytes cannot be mapped
        raise damaged(folder / FILE) from error


def opened(kind: str, mapped: mmap.mmap) -> VectorStore:
    """A store of `kind` for reading, without a copy in memory. Raises IndexDamaged when it cannot be read."""
    found: VectorStore = _class(kind).opened(mapped)
    return found


def writable(kind: str, folder: Path) -> VectorStore:
    """A copy in memory of the store saved in `folder`, to be changed. Raises IndexDamaged when it cannot be read."""
    found: VectorStore = _class(kind).writable(folder)
    return found


def damaged(file: Path) -> IndexDamaged:
    return IndexDamaged(f"向量文件读不出来：{file}", hint="重建索引：rag build --full")


def _class(kind: str) -> Any:
    module, name = STORES[kind]
    return getattr(import_module(module), name)
