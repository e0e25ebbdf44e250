"""Retrieval against graded role+topic queries, beside the usual recipes, in one run.

    python bench/retrieval.py            queries of tests/data over seeds/, and ../shared/gold over ../shared/samples

nDCG@10 (gains 2^grade - 1), Recall@10 (grade 2 or more), MRR, over documents by their best passage; unjudged ones are
dropped. Baselines share the passages, the vectors and the BM25 index. The interval is a paired bootstrap over queries.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import rag
from rag import retrieve
from rag.datatypes import Request
from rag.index import Index
from rag.pipeline import understood_request

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SETS = {
    "seeds": (ROOT / "tests/data/queries.jsonl", [ROOT / "seeds"]),
    "real": (SHARED / "gold/queries.jsonl", [SHARED / "samples/user", SHARED / "samples/official"]),
}
KINDS = ("exact", "synonym", "cross-role", "all")
DEPTH = 50
RRF_K = 60

Ranker = Callable[[Index, Request], Sequence[int]]
Row = tuple[str, dict[str, float]]


def main() -> int:
    for name, (file, roots) in SETS.items():
        if not file.is_file():
            continue
        queries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        with tempfile.TemporaryDirectory() as scratch:
            config = rag.Config.load(samples=roots, index=scratch)
            rag.build(config)
            with rag.Index.open(config) as index:
                show(name, queries, {label: score(index, queries, ranker) for label, ranker in RANKERS.items()})
    return 0


def ours(index: Index, request: Request) -> Sequence[int]:
    try:
        return [hit.chunk.id for hit in retrieve.search(index, request, DEPTH)]
    except rag.RagError:
        return []


def legs(index: Index, request: Request) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    words = retrieve.query_words(request)
    return retrieve.legs(index, words, index.embedder.encode_query([words])[0])


def without_fit(index: Index, request: Request) -> Sequence[int]:
    dense, lexical = legs(index, request)
    return best(retrieve.fuse(dict(dense), dict(lexical), retrieve.DENSE_WEIGHT))


def bigram_bm25(index: Index, request: Request) -> Sequence[int]:
    return [key for key, _ in legs(index, request)[1]]


def dense_alone(index: Index, request: Request) -> Sequence[int]:
    return [key for key, _ in legs(index, request)[0]]


def rrf(index: Index, request: Request) -> Sequence[int]:
    scores: dict[int, float] = {}
    for leg in legs(index, request):
        for place, (key, _) in enumerate(leg, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (RRF_K + place)
    return best(scores)


RANKERS: dict[str, Ranker] = {
    "this system": ours,
    "without role and 文种": without_fit,
    "bigram BM25": bigram_bm25,
    "dense alone": dense_alone,
    "RRF(60)": rrf,
}


def best(scores: Mapping[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def score(index: Index, queries: Sequence[dict[str, object]], ranker: Ranker) -> list[Row]:
    rows = []
    for query in queries:
        request = understood_request(str(query["role"]), str(query["topic"]), None, None)
        chunks = index.tables.chunks(list(ranker(index, request))[: 4 * DEPTH])
        order = [Path(chunks[i].source.path).name for i in ranker(index, request) if i in chunks]
        rows.append((str(query["kind"]), figures(list(dict.fromkeys(order)), query)))
    return rows


def figures(ranked: list[str], query: dict[str, object]) -> dict[str, float]:
    unjudged = {Path(str(name)).name for name in list(query.get("unjudged", []))}  # type: ignore[call-overload]
    ranked = [name for name in ranked if name not in unjudged]
    grades = {Path(name).name: int(grade) for name, grade in dict(query["relevant"]).items()}  # type: ignore[call-overload]

    def gain(names: Sequence[str]) -> float:
        return sum((2 ** grades.get(name, 0) - 1) / math.log2(place + 2) for place, name in enumerate(names))

    good = {name for name, grade in grades.items() if grade >= 2}
    ideal = gain(sorted(grades, key=lambda name: -grades[name])[:10])
    return {
        "nDCG": gain(ranked[:10]) / ideal if ideal else 0.0,
        "Recall": len(good & set(ranked[:10])) / max(1, min(10, len(good))),
        "MRR": next((1 / (place + 1) for place, name in enumerate(ranked) if name in good), 0.0),
    }


def show(name: str, queries: Sequence[dict[str, object]], found: dict[str, list[Row]]) -> None:
    print(f"{name}: {len(queries)} queries")
    for label, rows in found.items():
        cells = []
        for kind in KINDS:
            some = [row for k, row in rows if kind in ("all", k)]
            if some:
                mean = {m: sum(row[m] for row in some) / len(some) for m in ("nDCG", "Recall", "MRR")}
                cells.append(f"{kind} {mean['nDCG']:.3f}/{mean['Recall']:.3f}/{mean['MRR']:.3f}")
        print(f"  {label:22s}" + "  ".join(cells))
    draw = random.Random(7)
    for label, rows in found.items():
        if label != "this system":
            gaps = [a["nDCG"] - b["nDCG"] for (_, a), (_, b) in zip(found["this system"], rows, strict=True)]
            means = sorted(sum(draw.choices(gaps, k=len(gaps))) / len(gaps) for _ in range(1000))
            print(f"  over {label}: {sum(gaps) / len(gaps):+.3f} [{means[25]:+.3f}, {means[975]:+.3f}]")


if __name__ == "__main__":
    sys.exit(main())
