"""Which reports are copies of each other, or nearly: groups, kept up to date as reports come and go."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache

import numpy as np

from rag.fingerprint import minhash

KEPT_RUNS = 1_024  # texts whose runs are kept at hand while pairs are compared, some 40 kB each


def regrouped(connection: sqlite3.Connection, fresh: Set[int], broken: Set[str]) -> dict[int, str]:
    """The new group names of the reports whose group changes, by id.

    `fresh` are ids of reports just stored, `broken` the names of groups that have lost a member: what is left of them
    is looked at anew, since two copies may have been joined by a third that is gone.
    """
    before = {i: (path, name) for i, path, name in connection.execute("SELECT id, path, grouped FROM documents")}
    loose = {i for i, (_, name) in before.items() if i in fresh or name in broken}
    if not loose:
        return {}
    parents: dict[int, int] = {}
    _join_kept(parents, {i: name for i, (_, name) in before.items() if i not in loose})
    rows = connection.execute("SELECT id, signature FROM documents")
    signatures = {i: np.frombuffer(signature, dtype="<u4") for i, signature in rows}

    @lru_cache(maxsize=KEPT_RUNS)
    def runs(document: int) -> minhash.Runs:
        ((text,),) = connection.execute("SELECT text FROM texts WHERE document = ?", (document,))
        return minhash.runs(text)

    for low, high in _by_tile(minhash.candidates(signatures, loose)):
        one, other = _root(parents, low), _root(parents, high)
        if one != other and minhash.shared(runs(low), runs(high)) >= minhash.COPY:
            parents[one] = other
    names: dict[int, str] = {}
    for i, (path, _) in before.items():
        root = _root(parents, i)
        names[root] = min(names.get(root, path), path)
    return {i: names[_root(parents, i)] for i, (_, name) in before.items() if names[_root(parents, i)] != name}


def _by_tile(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """`pairs` in an order in which the texts of the next ones are mostly at hand: where hundreds of reports are like
    each other without being copies, the runs of each are made once a tile and not once a pair."""
    ranks = {i: rank // (KEPT_RUNS // 2) for rank, i in enumerate(sorted({i for pair in pairs for i in pair}))}
    return sorted(pairs, key=lambda pair: (ranks[pair[0]], ranks[pair[1]], pair))


def _join_kept(parents: dict[int, int], kept: Mapping[int, str]) -> None:
    first: dict[str, int] = {}
    for i, name in kept.items():
        if first.setdefault(name, i) != i:
            parents[_root(parents, i)] = _root(parents, first[name])


def _root(parents: Mapping[int, int], i: int) -> int:
    while i in parents:
        i = parents[i]
    return i
