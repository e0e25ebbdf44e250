"""Near-copies: MinHash over runs of five characters finds candidates, the runs themselves decide.

Broder, "On the resemblance and containment of documents" (1997); banding after Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", ch. 3. Marks, blanks and width are folded away first: a copy typed anew is a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from rag.text import width_folded

Runs = NDArray[np.uint64]
Signature = NDArray[np.uint32]

RUN = 5
HASHES = 128
BANDS = 32  # of four hashes: a pair of resemblance .67 (an 80 % copy) is missed once in 600, one of .1 met once in 300
COPY = 0.8
FEW = 64  # texts that are quicker held against each other one than put into buckets with them
LEAST_AGREED = HASHES // 2  # four standard deviations below what an 80 % copy has
_MARKS = re.compile(r"[\W_]+")  # what is neither letter nor digit
_BAND_BYTES = HASHES // BANDS * 4
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # odd, so multiplying by it loses nothing (2**64 / golden ratio)


def runs(text: str) -> Runs:
    """Sorted hashes of all runs of RUN letters and Hanzi; one of the whole text where it is shorter."""
    kept = _MARKS.sub("", width_folded(text).lower())
    points = np.frombuffer(kept.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    length = max(1, min(RUN, len(points)))
    count = max(0, len(points) - length + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for place in range(length):
        hashes = _mixed(hashes + points[place : place + count])
    return np.unique(hashes)


def signature(found: Runs) -> Signature:
    """uint32[HASHES]: for each hash function its least value over the runs."""
    if not len(found):
        return np.full(HASHES, np.iinfo(np.uint32).max, dtype=np.uint32)
    seeds = _mixed(np.arange(1, HASHES + 1, dtype=np.uint64))
    low = np.empty(HASHES, dtype=np.uint32)
    for place, seed in enumerate(seeds):
        low[place] = (_mixed(found ^ seed) >> np.uint64(32)).min()
    return low


def candidates(signatures: Mapping[int, Signature], fresh: Iterable[int]) -> list[tuple[int, int]]:
    """Pairs (low id, high id) that agree in a band and in half of all, and hold one of `fresh`, in order.

    Of texts with one signature only the first is paired with others, so a thousand copies make no million pairs.
    """
    twins: dict[bytes, list[int]] = {}
    for key in sorted(signatures):
        twins.setdefault(signatures[key].tobytes(), []).append(key)
    wanted = set(fresh)
    found = {(first, key) for first, *rest in twins.values() for key in rest if first in wanted or key in wanted}
    touched = {members[0] for members in twins.values() if not wanted.isdisjoint(members)}
    firsts = {members[0]: signatures[members[0]] for members in twins.values()}
    near = _near_few(firsts, touched) if len(touched) <= FEW else _near_many(firsts, touched)
    return sorted(found | near)


def _near_few(signatures: Mapping[int, Signature], touched: set[int]) -> set[tuple[int, int]]:
    """Each of `touched` held against all."""
    if not touched:
        return set()
    keys, rows = list(signatures), np.stack(list(signatures.values()))
    found: set[tuple[int, int]] = set()
    for one in touched:
        agreed = rows == signatures[one]
        is_near = agreed.reshape(-1, BANDS, HASHES // BANDS).all(axis=2).any(axis=1)
        is_near &= np.count_nonzero(agreed, axis=1) >= LEAST_AGREED
        found |= {(min(one, keys[i]), max(one, keys[i])) for i in np.flatnonzero(is_near) if keys[i] != one}
    return found


def _near_many(signatures: Mapping[int, Signature], touched: set[int]) -> set[tuple[int, int]]:
    """The same by buckets, a band at a time."""
    found: set[tuple[int, int]] = set()
    packed = {key: row.tobytes() for key, row in signatures.items()}
    for band in range(BANDS):
        buckets: dict[bytes, list[int]] = {}
        for key, row in packed.items():
            buckets.setdefault(row[band * _BAND_BYTES : (band + 1) * _BAND_BYTES], []).append(key)
        for members in buckets.values():
            near = touched.intersection(members) if len(members) > 1 else ()
            found |= {(min(one, other), max(one, other)) for one in near for other in members if one != other}
    return {(low, high) for low, high in found if np.count_nonzero(signatures[low] == signatures[high]) >= LEAST_AGREED}


def shared(left: Runs, right: Runs) -> float:
    """What part of the longer text stands in the other too, 0..1: 0.8 is an 80 % copy."""
    longest = max(len(left), len(right))
    both = np.concatenate((left, right))
    both.sort(kind="stable")  # merges what is sorted already: forty times the speed of intersect1d
    return np.count_nonzero(both[1:] == both[:-1]) / longest if longest else 0.0


def _mixed(values: Runs) -> Runs:
    """The finaliser of splitmix64: every bit of the input bears on every bit of the result; overflow is meant."""
    values = (values + _PRIME).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Runs = values ^ (values >> np.uint64(31))
    return mixed
