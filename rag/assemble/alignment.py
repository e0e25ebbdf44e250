"""Which sections of different samples are one part: by function, heading and place, average linkage. Whole matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.assemble.likeness import SAME_HEADING, alike, dice_of_all
from rag.assemble.samples import Section
from rag.functions import OTHER
from rag.text import bigrams

# Likeness of two sections: one function, alike headings, like place. Average linkage stops below CUT.
FUNCTION_WEIGHT = 0.45
HEADING_WEIGHT = 0.40
PLACE_WEIGHT = 0.15
CUT = 0.55
Rows = NDArray[np.float64]


def aligned(rows: Sequence[Section]) -> list[list[Section]]:
    """Sections of different samples that do one thing, by average linkage; two of one sample never meet."""
    if not rows:
        return []
    sums = _likeness(rows)
    owners = np.array([id(section.sample) for section in rows])
    is_barred = owners[:, None] == owners[None, :]
    sizes = np.ones(len(rows))
    clusters = {i: [section] for i, section in enumerate(rows)}
    links = np.where(is_barred, -1.0, sums)
    links[np.tril_indices(len(rows))] = -1.0
    while True:
        left, right = np.unravel_index(int(links.argmax()), links.shape)  # the first of the best: ties as they stand
        i, j = int(left), int(right)
        if links[i, j] < CUT:
            return [clusters[place] for place in sorted(clusters)]
        clusters[i] += clusters.pop(j)
        sums[i] += sums[j]
        sums[:, i] += sums[:, j]
        is_barred[i] |= is_barred[j]
        is_barred[:, i] |= is_barred[:, j]
        sizes[i] += sizes[j]
        links[j], links[:, j] = -1.0, -1.0
        alive = np.array([place for place in clusters if place != i], dtype=np.intp)
        means = np.where(is_barred[i, alive], -1.0, sums[i, alive] / (sizes[i] * sizes[alive]))
        links[np.minimum(i, alive), np.maximum(i, alive)] = means


def shared(rows: Sequence[Section]) -> list[bool]:
    """Of each section, whether another author has a heading like its own."""
    authors = np.array([section.sample.weight.author for section in rows], dtype=object)
    is_alike = (_heads(rows) >= SAME_HEADING) & (authors[:, None] != authors[None, :])
    return [bool(row.any()) for row in is_alike]


def _likeness(rows: Sequence[Section]) -> Rows:
    """How far any two sections do one thing, 0..1, float64[n, n]."""
    heads = np.maximum(_heads(rows), 0.0)
    positions = np.array([section.position for section in rows])
    place = PLACE_WEIGHT * (1 - np.abs(positions[:, None] - positions[None, :]))
    functions = np.array([section.function for section in rows], dtype=object)
    is_one = (functions[:, None] == functions[None, :]) & (functions != OTHER)[:, None]
    alike: Rows = np.where(is_one, FUNCTION_WEIGHT + HEADING_WEIGHT * heads, (FUNCTION_WEIGHT + HEADING_WEIGHT) * heads)
    alike += place
    return alike


def _heads(rows: Sequence[Section]) -> Rows:
    """Likeness of any two headings, at most 1; 0 where a section has none."""
    found = np.zeros((len(rows), len(rows)))
    headed = [(i, s.title, s.heading.vector) for i, s in enumerate(rows) if s.title is not None and s.heading]
    if not headed:
        return found
    words = dice_of_all([bigrams(title) for _, title, _ in headed])
    places = [i for i, _, _ in headed]
    # The vectors know some of the body too, so the same heading over another matter would count as unlike.
    found[np.ix_(places, places)] = np.maximum(words, alike([vector for _, _, vector in headed], words))
    return found
