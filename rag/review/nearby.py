"""The samples that share something with a draft, found by the fingerprints that the index keeps, and read only then.

A gram or a name that reports of SET_AUTHORS or more authors share belongs to nobody: it leads to no sample, and
neighbouring grams that the same authors share are a set phrase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.datatypes import Node
from rag.fingerprint import names, winnowing
from rag.fingerprint.winnowing import WINDOW, K, Letters
from rag.index.tables import StoredDocument, Tables

SET_AUTHORS = 3
FEWEST_GRAMS = 2
CLUSTER = 60
MOST_SAMPLES = 40
_BITS = 20


@dataclass(frozen=True, slots=True)
class NearSample:
    """A sample that shares grams or names with the draft. `names` are the keys of shared names."""

    document: StoredDocument
    author: str
    text: str
    letters: Letters
    tree: Node
    names: frozenset[str]
    shares_grams: bool


@dataclass(frozen=True, slots=True)
class Nearby:
    """The draft's letters, its set phrases (spans of letters), and the samples near it, most alike first.

    `itself`: paths of samples whose letters are the draft's own, which are left out of everything.
    """

    letters: Letters
    phrases: tuple[tuple[int, int], ...]
    samples: tuple[NearSample, ...]
    itself: tuple[str, ...]


def nearby(
    tables: Tables,
    documents: Sequence[StoredDocument],
    text: str,
    author: Callable[[StoredDocument], str],
    sha256: str = "",
) -> Nearby:
    """What of the index lies near the draft `text`. `author` tells whose a report is."""
    letters = winnowing.letters(text)
    hashes = winnowing.grams(letters.text)
    marks: dict[int, str] = {}
    keys = sorted({mark.key for mark in names.marks(text)})
    for key, value in zip(keys, winnowing.of_words(keys), strict=True):
        marks[int(value)] = key
    by_id = {document.id: document for document in documents}
    found = _hits(tables, np.concatenate([hashes, np.array(sorted(marks), dtype=np.uint32)]), by_id)
    same = [
        number for number in found
        if by_id[number].source.sha256 == sha256
        or (len(found[number]) >= len(letters.text) // (2 * WINDOW) and _is_same(tables, number, letters))
    ]  # fmt: skip
    itself = tuple(by_id[number].source.path for number in same)
    found = {number: hits for number, hits in found.items() if number not in same}
    owners: dict[int, set[str]] = {}
    for number, hits in found.items():
        whose = author(by_id[number])
        for value in hits.tolist():
            owners.setdefault(value, set()).add(whose)
    common = {value for value, authors in owners.items() if len(authors) >= SET_AUTHORS}
    ranked = []
    for number, hits in found.items():
        rare = [value for value in hits.tolist() if value not in common]
        shared = frozenset(marks[value] for value in rare if value in marks)
        count = _clustered(hashes, [value for value in rare if value not in marks])
        if count >= FEWEST_GRAMS or shared:
            ranked.append((count, len(shared), number, shared))
    ranked.sort(key=lambda row: (-row[0], -row[1], by_id[row[2]].source.path))
    samples = []
    for place, (count, _, number, shared) in enumerate(ranked):
        if place < MOST_SAMPLES or (shared and place < 2 * MOST_SAMPLES):
            own = tables.text(number)
            samples.append(
                NearSample(
                    by_id[number], author(by_id[number]), own, winnowing.letters(own), tables.tree(number)[0], shared,
                    count >= FEWEST_GRAMS and place < MOST_SAMPLES,
                )
            )  # fmt: skip
    return Nearby(letters, _phrases(hashes, owners, common), tuple(samples), itself)


def _hits(
    tables: Tables, wanted: NDArray[np.uint32], by_id: dict[int, StoredDocument]
) -> dict[int, NDArray[np.uint32]]:
    """Report to those of the `wanted` hashes that it has."""
    rows = [(number, data) for number, data in tables.fingerprints() if number in by_id]
    if not rows or not len(wanted):
        return {}
    wanted = np.unique(wanted)
    every = np.frombuffer(b"".join(data for _, data in rows), dtype="<u4")
    ends = np.cumsum([len(data) // 4 for _, data in rows])
    # A table of the upper bits lets nearly all of the index pass by without a search.
    may_be = np.zeros(1 << _BITS, dtype=bool)
    may_be[wanted >> np.uint32(32 - _BITS)] = True
    places = np.flatnonzero(may_be[every >> np.uint32(32 - _BITS)])
    values = every[places]
    at = np.searchsorted(wanted, values)
    at[at == len(wanted)] = 0
    is_hit = wanted[at] == values
    places, values = places[is_hit], values[is_hit]
    owner = np.searchsorted(ends, places, side="right")
    cuts = np.flatnonzero(np.diff(owner)) + 1
    groups = zip(np.split(owner, cuts), np.split(values, cuts), strict=True)
    return {rows[int(numbers[0])][0]: found for numbers, found in groups if len(numbers)}


def _is_same(tables: Tables, number: int, letters: Letters) -> bool:
    return winnowing.letters(tables.text(number)).text == letters.text


def _clustered(hashes: NDArray[np.uint32], rare: list[int]) -> int:
    """The most of the `rare` hashes that stand within CLUSTER letters of each other in the draft."""
    if not rare:
        return 0
    places = np.flatnonzero(np.isin(hashes, np.array(rare, dtype=np.uint32)))
    if not len(places):
        return 0
    return int((np.searchsorted(places, places + CLUSTER, side="right") - np.arange(len(places))).max())


def _phrases(hashes: NDArray[np.uint32], owners: dict[int, set[str]], common: set[int]) -> tuple[tuple[int, int], ...]:
    """Stretches of the draft's letters that the same SET_AUTHORS authors all have, two chosen grams or more long."""
    places = [place for place, value in enumerate(hashes.tolist()) if value in common]
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(places):
        start = end = places[position]
        shared = set(owners[int(hashes[start])])
        count = 1
        position += 1
        while position < len(places) and places[position] - end <= WINDOW:
            both = shared & owners[int(hashes[places[position]])]
            if len(both) < SET_AUTHORS:
                break
            shared, end, count = both, places[position], count + 1
            position += 1
        if count >= 2:
            found.append((start, end + K))
    return tuple(found)
