"""How alike two phrases are: centred cosine of their vectors and Dice over character bigrams."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rag.index.tables import Vectors
from rag.text import dice

COSINE_WEIGHT = 0.7
SAME_POINT = 0.42
SAME_THEMED_POINT = 0.30
SAME_HEADING = 0.40
TWIN = 0.60


class Likeness:
    """Likeness of phrases whose vectors are centred on `mean`: raw e5 cosines of short phrases all lie in .86-.97."""

    def __init__(self, vectors: Iterable[Vectors]) -> None:
        rows = list(vectors)
        self._mean = np.mean(rows, axis=0) if rows else np.zeros(1, dtype=np.float32)

    def cosine(self, left: Vectors, right: Vectors) -> float:
        a, b = left - self._mean, right - self._mean
        norm = float(np.linalg.norm(a) * np.linalg.norm(b))
        return float(a @ b) / norm if norm else 0.0

    def __call__(self, left: str, left_vector: Vectors, right: str, right_vector: Vectors) -> float:
        """Weighted mean of both, at most 1."""
        return COSINE_WEIGHT * self.cosine(left_vector, right_vector) + (1 - COSINE_WEIGHT) * dice(left, right)
