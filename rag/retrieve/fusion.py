"""Two legs to one score: z-scores, their weighted mean, and what the other passages of a report add. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

EVIDENCE_PASSAGES = 3
EVIDENCE_ZERO = -2.0  # a z-score at which a passage is no evidence


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], weight: float) -> dict[int, float]:
    """weight × z(dense) + (1 - weight) × z(lexical); what a leg missed gets that leg's lowest z.

    z-scores are over the leg's own candidates; a leg whose scores are all equal gives zeros.
    """
    keys = dense.keys() | lexical.keys()
    z_dense, z_lexical = standardised(dense), standardised(lexical)
    low_dense, low_lexical = min(z_dense.values(), default=0.0), min(z_lexical.values(), default=0.0)
    return {key: weight * z_dense.get(key, low_dense) + (1 - weight) * z_lexical.get(key, low_lexical) for key in keys}


def gathered(fused: Mapping[int, float], owners: Mapping[int, int]) -> dict[int, float]:
    """For each report, how much its second to fourth best passages hold: the mean of their scores above zero."""
    rows: dict[int, list[float]] = {}
    for key, value in fused.items():
        rows.setdefault(owners[key], []).append(value - EVIDENCE_ZERO)
    return {
        owner: sum(max(0.0, v) for v in sorted(values, reverse=True)[1 : EVIDENCE_PASSAGES + 1]) / EVIDENCE_PASSAGES
        for owner, values in rows.items()
    }


def standardised(scores: Mapping[int, float]) -> dict[int, float]:
    """z-scores; all zero where the scores are equal."""
    if not scores:
        return {}
    values = np.fromiter(scores.values(), dtype=np.float64)
    spread, mean = float(values.std()), float(values.mean())
    return {key: (value - mean) / spread if spread > 0 else 0.0 for key, value in scores.items()}


def ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """1-based places, best first, ties by key."""
    ordered = sorted(scores.items(), key=lambda row: (-row[1], row[0]))
    return {key: place for place, (key, _) in enumerate(ordered, start=1)}
