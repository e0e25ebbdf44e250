"""Runs of letters that a draft shares with a sample: word for word, and lightly edited.

All offsets are places among the letters (`winnowing.Letters`), not in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Indel

from rag.fingerprint import winnowing

SEED = 5
SHORTEST_SEED_RUN = 5
GAP = 16
LEAST_ALIKE = 0.82
LEAST_COVERED = 0.8
SHORTEST_EDITED = 30
ANCHOR = 7
REORDERED = 90


@dataclass(frozen=True, slots=True)
class Run:
    """draft[start:end] stands in sample[other:other_end]; `alike` is 1.0 when word for word."""

    start: int
    end: int
    other: int
    other_end: int
    alike: float = 1.0

    @property
    def length(self) -> int:
        return self.end - self.start


class Seeds:
    """The draft's short grams, sorted once for all samples."""

    def __init__(self, draft: str) -> None:
        self.draft = draft
        hashes = winnowing.grams(draft, SEED)
        self._order = np.argsort(hashes, kind="stable")
        self._sorted = hashes[self._order]

    def runs(self, sample: str) -> list[Run]:
        """Maximal shared runs of at least SHORTEST_SEED_RUN letters, by place in the draft."""
        other = winnowing.grams(sample, SEED)
        left = np.searchsorted(self._sorted, other, side="left")
        counts = np.searchsorted(self._sorted, other, side="right") - left
        theirs = np.repeat(np.arange(len(other)), counts)
        if not len(theirs):
            return []
        offsets = np.arange(len(theirs)) - np.repeat(np.cumsum(counts) - counts, counts)
        ours = self._order[np.repeat(left, counts) + offsets]
        order = np.lexsort((ours, theirs - ours))
        ours, theirs = ours[order], theirs[order]
        breaks = np.flatnonzero((np.diff(ours) != 1) | (np.diff(theirs) != 1)) + 1
        starts = np.concatenate([[0], breaks])
        ends = np.concatenate([breaks, [len(ours)]])
        found = []
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
            start, begin, length = int(ours[first]), int(theirs[first]), last - first + SEED - 1
            if self.draft[start : start + length] == sample[begin : begin + length]:  # hashes may collide
                found.append(Run(start, start + length, begin, begin + length))
        return sorted(found, key=lambda run: (run.start, run.other))


def edited(runs: Sequence[Run], draft: str, sample: str) -> list[Run]:
    """Stretches where neighbouring runs, with a few letters between them or in another order, make one lightly edited
    copy. Each begins and ends with a run."""
    found: list[Run] = []
    used: set[int] = set()
    for place, run in enumerate(runs):
        if place in used or run.length < ANCHOR:
            continue
        chain = [place]
        for later in range(place + 1, len(runs)):
            last, following = runs[chain[-1]], runs[later]
            if following.start - max(runs[at].end for at in chain) > GAP:
                break
            if _follows(last, following):
                chain.append(later)
        moved = _reordered(runs, place)
        for links in (chain, moved):
            candidate = _judged([runs[at] for at in links], draft, sample)
            if candidate:
                used.update(links)
                found.append(candidate)
                break
    return found


def _follows(last: Run, following: Run) -> bool:
    """In the same order, at about the same distance."""
    gap, other_gap = following.start - last.end, following.other - last.other_end
    return -SEED <= gap <= GAP and -SEED <= other_gap <= GAP


def _reordered(runs: Sequence[Run], place: int) -> list[int]:
    """Runs right behind each other in the draft that all stand within REORDERED letters of one place in the sample."""
    chain = [place]
    low, high = runs[place].other, runs[place].other_end
    end = runs[place].end
    for later in range(place + 1, len(runs)):
        run = runs[later]
        if run.start - end > GAP:
            break
        if run.start < end - SEED or run.length < ANCHOR:
            continue
        if max(high, run.other_end) - min(low, run.other) <= max(REORDERED, 2 * (run.end - runs[place].start)):
            chain.append(later)
            low, high, end = min(low, run.other), max(high, run.other_end), run.end
    return chain


def _judged(links: Sequence[Run], draft: str, sample: str) -> Run | None:
    if len(links) < 2:
        return None
    start, end = links[0].start, max(run.end for run in links)
    low, high = min(run.other for run in links), max(run.other_end for run in links)
    if end - start < SHORTEST_EDITED:
        return None
    covered, reach = 0, start
    for run in links:
        covered += max(0, run.end - max(run.start, reach))
        reach = max(reach, run.end)
    share = covered / (end - start)
    alike = Indel.normalized_similarity(draft[start:end], sample[low:high])
    if alike < LEAST_ALIKE and share < LEAST_COVERED:
        return None
    return Run(start, end, low, high, min(0.999, max(alike, share)))
