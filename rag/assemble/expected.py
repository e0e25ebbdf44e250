"""What to show of a report nobody has written yet: the choice with the highest expected F1 (minimum Bayes risk).

The report is taken to be like one of the samples, each with a probability. A part or a point is worth showing when
enough of that probability has it; where samples share nothing, the best sample's own parts win.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rag.assemble.samples import Sample

# A report of the same post counts for much more than one of the 文种 alone: weights are cubed.
SHARPNESS = 3.0


def probabilities(samples: Sequence[Sample]) -> dict[int, float]:
    """How likely the report is like each sample, by document id; an author's reports share one author's say."""
    counts: dict[str, int] = {}
    for sample in samples:
        counts[sample.weight.author] = counts.get(sample.weight.author, 0) + 1
    raw = {s.weight.document.id: s.weight.value**SHARPNESS / counts[s.weight.author] for s in samples}
    whole = sum(raw.values()) or 1.0
    return {key: value / whole for key, value in raw.items()}


def likeliest(
    having: Sequence[Collection[int]],
    sizes: Mapping[int, int],
    chances: Mapping[int, float],
    start: Collection[int] = (),
) -> list[int]:
    """The places in `having` (documents that have each candidate) to choose, `start` among them, in rising order.

    `sizes` is how many parts each document has. Hill climbing from `start`, one candidate in or out at a time.
    """
    chosen = set(start)
    shared = {key: sum(key in having[c] for c in chosen) for key in chances}

    def expected(size: int, change: Mapping[int, int]) -> float:
        return sum(
            chance * 2 * (shared[key] + change.get(key, 0)) / (size + sizes[key])
            for key, chance in chances.items()
            if sizes.get(key) and size
        )

    value = expected(len(chosen), {})
    while True:
        moves = []
        for c, owners in enumerate(having):
            if c in start:
                continue
            step = -1 if c in chosen else 1
            moves.append((expected(len(chosen) + step, dict.fromkeys(owners, step)), -c))
        best, place = max(moves, default=(0.0, 0))
        if best <= value + 1e-9:
            return sorted(chosen)
        step = -1 if -place in chosen else 1
        for key in having[-place]:
            if key in shared:
                shared[key] += step
        chosen ^= {-place}
        value = best
