"""How alike two phrases are: centred cosine of their vectors and Dice over character bigrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.assemble.samples import Sample
from rag.index.tables import Vectors
from rag.text import dice

COSINE_WEIGHT = 0.7
SAME_POINT = 0.42
SAME_THEMED_POINT = 0.30
SAME_HEADING = 0.40
TWIN = 0.60


def centred(samples: Sequence[Sample]) -> list[Sample]:
    """Samples whose points' vectors are unit rows around the samples' own mean: raw e5 cosines of short phrases all
    lie in .86-.97."""
    rows = [stored.vector for sample in samples for stored in sample.points]
    mean = np.mean(rows, axis=0) if rows else np.zeros(1, dtype=np.float32)
    return [
        replace(sample, points=tuple(replace(p, vector=_unit(p.vector - mean)) for p in sample.points))
        for sample in samples
    ]


def likeness(left: str, left_vector: Vectors, right: str, right_vector: Vectors) -> float:
    """Weighted mean of cosine and Dice, at most 1; the vectors are centred unit rows."""
    return COSINE_WEIGHT * float(left_vector @ right_vector) + (1 - COSINE_WEIGHT) * dice(left, right)


def _unit(vector: Vectors) -> Vectors:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector
