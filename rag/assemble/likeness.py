"""How alike two phrases are: centred cosine of their vectors and Dice over character bigrams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.assemble.samples import Sample
from rag.index.tables import Vectors
from rag.text import bigrams

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


def alike(words: Sequence[str], vectors: Sequence[Vectors]) -> Vectors:
    """Weighted mean of cosine and Dice of any two phrases, at most 1, float32[n, n]; vectors are centred unit rows."""
    if not words:
        return np.zeros((0, 0), dtype=np.float32)
    rows = np.stack(vectors)
    return COSINE_WEIGHT * (rows @ rows.T) + np.float32(1 - COSINE_WEIGHT) * dice_of_all([bigrams(w) for w in words])


def dice_of_all(sets: Sequence[frozenset[str]]) -> Vectors:
    """Dice coefficients of all pairs, float32[n, n]."""
    rows = incidence(sets)
    sizes = np.array([len(members) for members in sets], dtype=np.float32)
    both = sizes[:, None] + sizes[None, :]
    return np.asarray(2 * (rows @ rows.T) / np.where(both > 0, both, 1.0), dtype=np.float32)


def incidence(sets: Sequence[frozenset[str]]) -> Vectors:
    """Which set has which member, float32[n, members]; what only one set has is left out, for no pair shares it."""
    counts = Counter(word for members in sets for word in members)
    columns = {word: i for i, word in enumerate(word for word, count in counts.items() if count > 1)}
    rows = np.zeros((len(sets), len(columns)), dtype=np.float32)
    for row, members in zip(rows, sets, strict=True):
        row[[columns[word] for word in members if word in columns]] = 1.0
    return rows


def _unit(vector: Vectors) -> Vectors:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector
