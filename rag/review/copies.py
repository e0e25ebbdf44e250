"""Where a draft copies the samples near it: each place once, the share of the whole, the sum per sample.

Runs are measured in letters, set phrases, title and sign-off taken off. What SET_AUTHORS or more authors have in much
the same words is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rag.config import table
from rag.datatypes import Report, SharedSource
from rag.fingerprint import winnowing
from rag.review.nearby import SET_AUTHORS, Nearby, NearSample
from rag.review.runs import SHORTEST_SEED_RUN, Run, Seeds, edited

SHORT = 35
COUNTED = 18
SAME_PLACE = 0.6
VERBATIM = 1.4


@dataclass(frozen=True, slots=True)
class Copy:
    """A run in one sample; `counted` letters of it are no set phrase."""

    run: Run
    sample: NearSample
    counted: int

    @property
    def rank(self) -> float:
        """Of two at one place the longer says more, but word for word says more than nearly."""
        return self.counted * (VERBATIM if self.run.alike == 1.0 else 1.0)


@dataclass(frozen=True, slots=True)
class Copies:
    """Where a draft copies its samples (each place with other samples that have it), its share, the sum per sample."""

    places: tuple[tuple[Copy, tuple[Copy, ...]], ...]
    covered: float
    sources: tuple[SharedSource, ...]


def copies(nearby: Nearby | None, report: Report) -> Copies:
    """Every run of COUNTED letters or more, set phrases off, that the draft shares with the samples near it."""
    if nearby is None:
        return Copies((), 0.0, ())
    letters = nearby.letters.text
    free = np.ones(len(letters) + 1, dtype=bool)
    for start, end in (*nearby.phrases, *_listed(letters), *_surroundings(nearby, report)):
        free[start:end] = False
    sums = np.concatenate([[0], np.cumsum(free[:-1])])
    seeds = Seeds(letters)
    found = []
    for sample in nearby.samples:
        if not sample.shares_grams:
            continue
        runs = seeds.runs(sample.letters.text)
        own = [run for run in runs if run.length >= COUNTED]
        loose = [run for run in runs if sums[run.end] - sums[run.start] >= SHORTEST_SEED_RUN]
        for run in (*own, *edited(loose, letters, sample.letters.text)):
            counted = int(sums[run.end] - sums[run.start])
            if run.alike < 1.0:
                counted = round(counted * run.alike)
            if counted >= COUNTED:
                found.append(Copy(run, sample, counted))
    found.sort(key=lambda copy: (-copy.rank, copy.run.start, copy.sample.document.source.path))
    places = tuple(_told_apart(found))
    every = [copy for first, others in places for copy in (first, *others)]
    long = tuple(row for row in places if row[0].counted >= SHORT)
    return Copies(long, *_totals(every, free, len(letters)))


def _totals(found: Sequence[Copy], free: NDArray[np.bool_], length: int) -> tuple[float, tuple[SharedSource, ...]]:
    whole = np.zeros(length, dtype=bool)
    by_path: dict[str, list[Copy]] = {}
    for copy in found:
        whole[copy.run.start : copy.run.end] = True
        by_path.setdefault(copy.sample.document.source.path, []).append(copy)
    rows = []
    for path, own in by_path.items():
        mask = np.zeros(length, dtype=bool)
        for copy in own:
            mask[copy.run.start : copy.run.end] = True
        characters = int((mask & free[:-1]).sum())
        longest = max(copy.counted for copy in own)
        title = own[0].sample.document.source.title
        rows.append(SharedSource(path, title, characters, characters / max(1, length), longest))
    rows.sort(key=lambda row: (-row.characters, row.path))
    return float((whole & free[:-1]).sum()) / max(1, length), tuple(rows)


def _told_apart(found: Sequence[Copy]) -> Iterator[tuple[Copy, tuple[Copy, ...]]]:
    """Each place of the draft once: the longest copy, and others that say the same of other samples. What SET_AUTHORS
    or more authors have in much the same words is nobody's."""
    chosen: list[tuple[Copy, list[Copy]]] = []
    for copy in found:
        home = next((row for row in chosen if _is_same_place(copy.run, row[0].run)), None)
        if home is not None:
            home[1].append(copy)
        elif not any(_overlap(copy.run, row[0].run) >= SAME_PLACE * copy.run.length for row in chosen):
            chosen.append((copy, []))
    for copy, others in sorted(chosen, key=lambda row: row[0].run.start):
        by_author = {other.sample.author: other for other in reversed((copy, *others))}
        if len(by_author) < SET_AUTHORS:
            yield copy, tuple(other for other in by_author.values() if other is not copy)


def _is_same_place(run: Run, home: Run) -> bool:
    return _overlap(run, home) >= SAME_PLACE * home.length


def _overlap(left: Run, right: Run) -> int:
    return max(0, min(left.end, right.end) - max(left.start, right.start))


def _surroundings(nearby: Nearby, report: Report) -> Iterator[tuple[int, int]]:
    """Title, addressee, sign-off and other lines that are no body, as spans of letters."""
    title = report.profile.title
    spans = [(start, end) for start, end, _ in report.ignored]
    for start, end in [*spans, *([title.span] if title and title.span else [])]:
        first, last = np.searchsorted(nearby.letters.places, [start, end])
        yield int(first), int(last)


def _listed(letters: str) -> Iterator[tuple[int, int]]:
    for phrase in _phrases():
        at = letters.find(phrase)
        while at >= 0:
            yield at, at + len(phrase)
            at = letters.find(phrase, at + 1)


@cache
def _phrases() -> tuple[str, ...]:
    rows = [*table("set_phrases")["phrases"]]
    rows += [alias for row in table("campaigns")["campaign"] for alias in (row["name"], *row["aliases"])]
    rows += [aspect for row in table("aspects")["meeting"] for aspect in row["aspects"]]
    folded = {winnowing.letters(row).text for row in rows}
    return tuple(sorted((row for row in folded if len(row) >= 4), key=lambda row: (-len(row), row)))
