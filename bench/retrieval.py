"""Retrieval against graded role+topic queries, beside the usual recipes, in one run.

    python bench/retrieval.py            the sets of graded.py: over seeds/ and, where present, ../shared/samples

nDCG@10 (gains 2^grade - 1), Recall@10 (grade 2 or more), MRR, over documents by their best passage; unjudged ones are
dropped. Baselines share the passages and the vectors. Intervals are paired bootstraps over queries, 2000 draws.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from graded import KINDS, Query, figures, opened

import rag
from rag import retrieve
from rag.datatypes import Profile, Request
from rag.index import Index
from rag.pipeline import understood_request

DEPTH = 50
LEG = 100
RRF_K = 60
K1, B = 1.2, 0.75
DRAWS = 2000
OURS = "this system"

Ranker = Callable[[Index, Request], Sequence[int]]
Row = tuple[str, str, dict[str, float]]


def main() -> int:
    found: dict[str, list[Row]] = {label: [] for label in RANKERS}
    with opened() as sets:
        for name, asked, index in sets:
            for label, ranker in RANKERS.items():
                found[label] += [(name, query.kind, scored(index, query, ranker)) for query in asked]
    names = list(dict.fromkeys(name for name, _, _ in found[OURS]))
    for name in names:
        show(name, {label: [row for row in rows if row[0] == name] for label, rows in found.items()})
    show("all", found)
    return 0


def ours(index: Index, request: Request) -> Sequence[int]:
    try:
        return [hit.chunk.id for hit in retrieve.search(index, request, DEPTH)]
    except rag.RagError:
        return []


def by_score_alone(index: Index, request: Request) -> Sequence[int]:
    try:
        return [hit.chunk.id for hit in retrieve.search(index, request, 4 * DEPTH, diverse=False)]
    except rag.RagError:
        return []


def without_fit(index: Index, request: Request) -> Sequence[int]:
    """The same words, legs, headlines and order, but nothing understood of role, 文种, person or year."""
    return ours(index, replace(request, profile=Profile()))


def words_of(request: Request) -> str:
    return f"{request.topic} {request.role}"


def dense_alone(index: Index, request: Request) -> Sequence[int]:
    return [key for key, _ in index.store.search(index.embedder.encode_query([words_of(request)])[0], LEG)]


def bigram_bm25(index: Index, request: Request) -> Sequence[int]:
    return [key for key, _ in index.lexical.search(words_of(request), LEG)]


def jieba_bm25(index: Index, request: Request) -> Sequence[int]:
    return best(_words(index).scores(words_of(request)))[:LEG]


def rrf(index: Index, request: Request) -> Sequence[int]:
    scores: dict[int, float] = {}
    for leg in (dense_alone(index, request), jieba_bm25(index, request)):
        for place, key in enumerate(leg, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + place)
    return best(scores)


RANKERS: dict[str, Ranker] = {
    OURS: ours,
    "… without diversity": by_score_alone,
    "… without role tiers": without_fit,
    "jieba BM25": jieba_bm25,
    "bigram BM25": bigram_bm25,
    "dense alone": dense_alone,
    "RRF(60) of dense, jieba": rrf,
}


class Words:
    """BM25 (k1 1.2, b .75) over jieba's words of the passages, Lucene's idf: the common recipe."""

    def __init__(self, index: Index) -> None:
        import jieba

        jieba.setLogLevel(60)
        self._cut = jieba.lcut
        tables = index.tables
        ids = tables.chunk_ids([document.id for document in tables.documents()])
        counts = {i: Counter(self.cut(chunk.embedded_text)) for i, chunk in tables.chunks(ids).items()}
        mean = sum(sum(count.values()) for count in counts.values()) / len(counts)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for i, count in counts.items():
            norm = K1 * (1 - B + B * sum(count.values()) / mean)
            for word, times in count.items():
                self._postings.setdefault(word, []).append((i, times * (K1 + 1) / (times + norm)))
        self._size = len(counts)

    def cut(self, text: str) -> list[str]:
        return [word for word in self._cut(text) if any(char.isalnum() for char in word)]

    def scores(self, text: str) -> dict[int, float]:
        found: dict[int, float] = {}
        for word in set(self.cut(text)):
            rows = self._postings.get(word, [])
            idf = math.log(1 + (self._size - len(rows) + 0.5) / (len(rows) + 0.5))
            for i, weight in rows:
                found[i] = found.get(i, 0.0) + idf * weight
        return found


_WORDS: dict[Path, Words] = {}


def _words(index: Index) -> Words:
    if index.generation not in _WORDS:
        _WORDS[index.generation] = Words(index)
    return _WORDS[index.generation]


def best(scores: Mapping[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def scored(index: Index, query: Query, ranker: Ranker) -> dict[str, float]:
    request = understood_request(query.role, query.topic, None, None)
    ids = list(ranker(index, request))[: 4 * DEPTH]
    chunks = index.tables.chunks(ids)
    return figures([chunks[i].source.path for i in ids if i in chunks], query)


def show(name: str, found: Mapping[str, Sequence[Row]]) -> None:
    ours_ = [row["nDCG"] for _, _, row in found[OURS]]
    kinds = [kind for _, kind, _ in found[OURS]]
    print(f"{name}: {len(ours_)} queries; nDCG@10/Recall@10/MRR")
    for label, rows in found.items():
        cells = []
        for kind in (*KINDS, "all"):
            some = [row for _, k, row in rows if kind in ("all", k)]
            if some:
                mean = {m: sum(row[m] for row in some) / len(some) for m in ("nDCG", "Recall", "MRR")}
                cells.append(f"{kind} {mean['nDCG']:.3f}/{mean['Recall']:.3f}/{mean['MRR']:.3f}")
        print(f"  {label:26s}" + "  ".join(cells))
    for label, rows in found.items():
        if label != OURS:
            gaps = np.array(ours_) - np.array([row["nDCG"] for _, _, row in rows])
            cells = [interval("all", gaps)]
            cells += [interval(kind, gaps[[k == kind for k in kinds]]) for kind in KINDS if kind in kinds]
            print(f"  over {label:24s}" + "  ".join(cells))


def interval(kind: str, gaps: np.ndarray) -> str:
    draw = random.Random(7)
    means = sorted(sum(draw.choices(gaps.tolist(), k=len(gaps))) / len(gaps) for _ in range(DRAWS))
    return f"{kind} {gaps.mean():+.3f} [{means[DRAWS // 40]:+.3f}, {means[-DRAWS // 40]:+.3f}]"


if __name__ == "__main__":
    sys.exit(main())
