"""How alike two phrases are: centred cosine of their vectors and Dice over character bigrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.assemble.samples import Sample
from rag.index.tables import Vectors

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


def alike(vectors: Sequence[Vectors], dice: Vectors) -> Vectors:
    """Weighted mean of cosine and Dice of any two phrases, at most 1, float32[n, n].

    `vectors` are their centred unit rows, `dice` what `dice_of_all` says of their words.
    """
    if not len(vectors):
        return np.zeros((0, 0), dtype=np.float32)
    rows = np.stack(vectors)
    return COSINE_WEIGHT * (rows @ rows.T) + np.float32(1 - COSINE_WEIGHT) * dice


def dice_of_all(sets: Sequence[frozenset[str]]) -> Vectors:
    """Dice coefficients of all pairs, float32[n, n]."""
    rows = incidence(sets)
    sizes = np.array([len(members) for members in sets], dtype=np.float32)
    both = sizes[:, None] + sizes[None, :]
    return np.asarray(2 * (rows @ rows.T) / np.where(both > 0, both, 1.0), dtype=np.float32)


def incidence(sets: Sequence[frozenset[str]]) -> Vectors:
    """Which set has which member, float32[n, members]; what only one set has is left out, for no pair shares it."""
    places: dict[str, int] = {}
    columns = np.array([places.setdefault(word, len(places)) for members in sets for word in members], dtype=np.intp)
    owners = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
    is_shared = np.bincount(columns, minlength=len(places)) > 1
    kept = is_shared[columns]
    rows = np.zeros((len(sets), int(is_shared.sum())), dtype=np.float32)
    rows[owners[kept], (np.cumsum(is_shared) - 1)[columns[kept]]] = 1.0
    return rows


def _unit(vector: Vectors) -> Vectors:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector
