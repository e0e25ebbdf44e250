"""Vector stores: cosine over unit rows, best first, ties by id, never padded. `new` and `opened` are the only doors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


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
        """Write everything into `folder`, which exists."""

    def settle(self) -> None:
        """Called once the new generation is current: drop what only the old one needed."""

    def __len__(self) -> int: ...


def new(dim: int) -> VectorStore:
    """An empty store for rows of `dim` numbers."""
    from rag.store.flat import FlatStore

    return FlatStore.empty(dim)


def opened(folder: Path, *, writable: bool = False) -> VectorStore:
    """The store saved in `folder`. Raises IndexDamaged when its file cannot be read."""
    from rag.store.flat import FlatStore

    return FlatStore.opened(folder, writable=writable)
