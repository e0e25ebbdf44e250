"""Set the weights of data/ranking.toml by cross-validation over all graded queries, and say what that is worth.

    python bench/ranking_weights.py            5 folds; takes some minutes

A weight is moved by steps while nDCG@10 rises on the training folds (coordinate ascent from what the file has); the
folds held out are scored with what the others chose. Where that does not beat the file on them, the file stays. Ranking
here is by document, without the order that diversity makes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from graded import Query, gain, key_of, opened
from numpy.typing import NDArray

from rag import fits, retrieve
from rag.config import table
from rag.index import Index
from rag.pipeline import understood_request
from rag.retrieve.fusion import fuse, gathered
from rag.retrieve.words import wording

FOLDS = 5
STEPS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0)
SEEDS_OF_ZERO = (0.05, 0.1, 0.2)
LEGS = {"role_words": (0.0, 0.3, 0.6, 1.0), "synonyms": (0.0, 0.15, 0.3, 0.5), "dense": (0.4, 0.5, 0.6)}
WORTH = 0.0005  # a change must bring this much


@dataclass(frozen=True, slots=True)
class Case:
    """A query with what ranks its documents: best fused score, evidence, parts of the fit, grades, a row each."""

    kind: str
    best: NDArray[np.float64]
    evidence: NDArray[np.float64]
    held: NDArray[np.bool_]
    parts: dict[str, NDArray[np.float64]]
    grades: NDArray[np.int64]
    ideal: float


Weights = Mapping[str, float]


def main() -> int:
    start = {name: table("ranking")["search"][name] for name in ("evidence", "headline")} | {
        name: weight * table("ranking")["search"]["fit"] for name, weight in fits.WEIGHTS.items()
    }
    with opened() as sets:
        legs = dict(table("ranking")["search"])
        cases = all_cases(sets, legs)
        print(f"{len(cases)} queries; as the file has it: nDCG@10 {score(cases, start):.4f}")
        for name, values in LEGS.items():
            for value in values:
                print(f"  {name} = {value}: {score(all_cases(sets, legs | {name: value}), start):.4f}")
    order = list(range(len(cases)))
    random.Random(7).shuffle(order)
    held, before = [], []
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS])
        training = [case for i, case in enumerate(cases) if i not in out]
        testing = [case for i, case in enumerate(cases) if i in out]
        chosen = climbed(training, start)
        held += [one(case, chosen) for case in testing]
        before += [one(case, start) for case in testing]
        print(f"  fold {fold}: {score(testing, start):.4f} -> {score(testing, chosen):.4f}  {shown(chosen)}")
    print(f"held out: {np.mean(before):.4f} -> {np.mean(held):.4f}")
    final = climbed(cases, start)
    print(f"on all: {score(cases, start):.4f} -> {score(cases, final):.4f}  {shown(final)}")
    without = dict.fromkeys(start, 0.0)
    print(f"no fit, no evidence: {score(cases, without):.4f}")
    for name in start:
        print(f"  without {name}: {score(cases, {**start, name: 0.0}):.4f}")
    return 0


def all_cases(sets: Sequence[tuple[str, list[Query], Index]], legs: Weights) -> list[Case]:
    kept = dict(table("ranking")["search"])
    table("ranking")["search"].update(legs)
    try:
        return [case_of(index, query) for _, asked, index in sets for query in asked]
    finally:
        table("ranking")["search"].update(kept)


def case_of(index: Index, query: Query) -> Case:
    request = understood_request(query.role, query.topic, None, None)
    facets = index.tables.facets()
    fitting = fits.fits(request.profile, facets)
    scope = retrieve.Scope(index, facets, retrieve.Filters())
    said = wording(request)
    vector = vector_of(index, said.embedded)
    pool = retrieve.candidates(index, scope, said, fitting, facets)
    fused = fuse(pool.cosines, pool.lexical, table("ranking")["search"]["dense"])
    evidence = gathered(fused, pool.owners)
    best: dict[int, float] = {}
    for i, value in fused.items():
        best[pool.owners[i]] = max(best.get(pool.owners[i], -99.0), value)
    holders = {pool.owners[i] for i in pool.holders}
    names = {owner: key_of(facets.paths[facets.places[owner]], [*query.grades, *query.unjudged]) for owner in best}
    rows = [owner for owner in sorted(best) if names[owner] not in query.unjudged]
    places = [facets.places[owner] for owner in rows]
    parts = {name: np.nan_to_num(values[places]) for name, values in fitting.parts.items()}
    parts["headline"] = index.tables.headlines().likeness(vector)[places]
    return Case(
        query.kind,
        np.array([best[owner] for owner in rows]),
        np.array([evidence[owner] for owner in rows]),
        np.array([owner in holders for owner in rows]),
        parts,
        np.array([query.grades.get(names[owner], 0) for owner in rows]),
        gain(sorted(query.grades.values(), reverse=True)[:10]),
    )


_vectors: dict[tuple[int, str], NDArray[np.float32]] = {}


def vector_of(index: Index, words: str) -> NDArray[np.float32]:
    key = (id(index), words)
    if key not in _vectors:
        _vectors[key] = index.embedder.encode_query([words])[0]
    return _vectors[key]


def one(case: Case, weights: Weights) -> float:
    scores = case.best + weights["evidence"] * case.evidence + 100.0 * case.held
    for name, values in case.parts.items():
        scores = scores + weights[name] * values
    top = np.lexsort((np.arange(len(scores)), -scores))[:10]
    return gain(case.grades[top].tolist()) / case.ideal


def score(cases: Sequence[Case], weights: Weights) -> float:
    return float(np.mean([one(case, weights) for case in cases]))


def climbed(cases: Sequence[Case], start: Weights) -> dict[str, float]:
    """Coordinate ascent from `start`."""
    now, value = dict(start), score(cases, start)
    improved = True
    while improved:
        improved = False
        for name in now:
            tries = [now[name] * step for step in STEPS] if now[name] else [2.5 * seed for seed in SEEDS_OF_ZERO]
            for other in tries:
                tried = {**now, name: other}
                found = score(cases, tried)
                if found > value + WORTH:
                    now, value, improved = tried, found, True
    return now


def shown(weights: Weights) -> str:
    return " ".join(f"{name} {value:.2f}" for name, value in weights.items())


if __name__ == "__main__":
    sys.exit(main())
