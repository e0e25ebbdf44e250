"""Which passages are shown, and in what order: MMR over their vectors, few of one report, near-duplicates folded.

Maximal marginal relevance after Carbonell and Goldstein, SIGIR 1998: λ × relevance - (1 - λ) × likeness to what is
shown. Vectors of one model lie close together, so likeness is the cosine around the mean of the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

TWIN_COSINE = 0.97  # nearer passages are compared by their words
TWIN_DICE = 0.85


@dataclass(slots=True)
class Pick:
    """A passage to show by its place among the candidates, what diversity took off its score, and its twins."""

    place: int
    held_back: float
    twins: list[int] = field(default_factory=list)


def picked(
    scores: Sequence[float],
    vectors: NDArray[np.float32],
    owners: Sequence[int],
    k: int,
    *,
    balance: float,
    most: int,
    are_twins: Callable[[int, int], bool],
) -> list[Pick]:
    """At most k of the candidates, which come best first; `vectors` are their unit rows, `balance` is λ.

    What stands behind `most` passages of its report follows after all others, so that k are shown if there are k.
    """
    values = np.asarray(scores, dtype=np.float64)
    spread = float(values.max() - values.min()) if len(values) else 0.0
    cost = (1 - balance) / balance * spread
    likeness = np.zeros(len(values))
    centred = _centred(vectors)
    waiting = np.ones(len(values), dtype=bool)
    shown: list[Pick] = []
    late: list[int] = []
    counts: dict[int, int] = {}
    while len(shown) < k and waiting.any():
        place = int(np.argmax(np.where(waiting, values - cost * likeness, -np.inf)))
        waiting[place] = False
        twin = _twin(place, shown, vectors, are_twins)
        if twin:
            twin.twins.append(place)
        elif counts.get(owners[place], 0) >= most:
            late.append(place)
        else:
            counts[owners[place]] = counts.get(owners[place], 0) + 1
            shown.append(Pick(place, cost * float(likeness[place])))
            likeness = np.maximum(likeness, np.vecdot(centred, centred[place]))
    rest = late[: max(0, k - len(shown))]
    return shown + [Pick(place, cost * float(likeness[place])) for place in rest]


def _twin(
    place: int, shown: Sequence[Pick], vectors: NDArray[np.float32], are_twins: Callable[[int, int], bool]
) -> Pick | None:
    if not shown:
        return None
    cosines = np.vecdot(vectors[[pick.place for pick in shown]], vectors[place])
    near = np.flatnonzero(cosines >= TWIN_COSINE)
    return next((shown[i] for i in near.tolist() if are_twins(shown[i].place, place)), None)


def _centred(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit rows around the mean of all rows; a row at the mean stays zero."""
    rows = vectors - vectors.mean(axis=0) if len(vectors) else vectors
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-6)
    return unit
