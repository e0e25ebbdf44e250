"""Role and topic to passages: BM25 and dense, fused by z-scores, lifted by how well each report fits the request.

Pure ranking; it says nothing of outlines. Where nothing comes near, it raises instead of padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch

import numpy as np

from rag.datatypes import Chunk, Hit, Request
from rag.errors import NothingFound
from rag.fits import SAME_ROLE, TOPIC, Fit, fit
from rag.index import Index
from rag.index.tables import StoredDocument, Vectors
from rag.text import bigrams

LEG = 100  # candidates of each leg: measured best on four Chinese sets (docs/evaluation.md)
DENSE_WEIGHT = 0.5
MOST_PER_DOCUMENT = 4
# How much a report's fit adds to a passage's fused z-score.
FIT_WEIGHT = 2.5
# How much the other passages of its report add: a report that speaks of the matter in several places is about it.
EVIDENCE_WEIGHT = 0.4
EVIDENCE_PASSAGES = 3
EVIDENCE_ZERO = -2.0  # a z-score at which a passage is no evidence
FEWEST_SHARED = 0.12  # share of the request's words that the best passage must hold for a topic nothing else fits
NEAR_COSINE = 0.80


def search(index: Index, request: Request, k: int, *, exclude: Sequence[str] = ()) -> list[Hit]:
    """The k best passages for `request`, best first, from reports whose path matches no glob of `exclude`.

    Raises NothingFound when no passage comes near.
    """
    documents = {document.id: document for document in chosen_documents(index.tables.documents(), exclude)}
    fits = {key: fit(request.profile, document.profile) for key, document in documents.items()}
    words = query_words(request)
    query = index.embedder.encode_query([words])[0]
    dense, lexical = legs(index, words, query)
    owners = index.tables.document_ids(sorted({i for i, _ in (*dense, *lexical)}))
    lead = leading(index, fits, owners)
    pool = sorted({i for i, _ in (*dense, *lexical)} | set(lead))
    owners |= index.tables.document_ids(lead) if lead else {}
    pool = [i for i in pool if owners.get(i) in documents]
    if not pool:
        raise NothingFound("没有找到可用的段落", hint="换个说法，或检查 --exclude 是否排除了全部样本")
    cosines = dict(zip(pool, (index.store.get(pool) @ query).tolist(), strict=True))
    fused = fuse(cosines, dict(lexical), DENSE_WEIGHT)
    evidence = gathered(fused, owners)
    scores = {i: fused[i] + FIT_WEIGHT * fits[owners[i]].score + EVIDENCE_WEIGHT * evidence[owners[i]] for i in pool}
    best = sorted(pool, key=lambda i: (-scores[i], i))
    chunks = index.tables.chunks(best)
    _refuse_the_far(request, chunks, cosines, fits)
    ranks = {"dense": _ranks(cosines.items()), "lexical": _ranks(lexical)}
    hits: list[Hit] = []
    taken: dict[int, int] = {}
    for i in best:
        owner = owners[i]
        taken[owner] = taken.get(owner, 0) + 1
        if taken[owner] <= MOST_PER_DOCUMENT:
            places = {leg: rank[i] for leg, rank in ranks.items() if i in rank}
            hits.append(Hit(chunks[i], scores[i], fits[owner].tier, places))
        if len(hits) == k:
            break
    return hits


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], weight: float) -> dict[int, float]:
    """weight × z(dense) + (1 - weight) × z(lexical); what a leg missed gets that leg's lowest z.

    z-scores are over the leg's own candidates; a leg whose scores are all equal gives zeros.
    """
    keys = dense.keys() | lexical.keys()
    z_dense, z_lexical = _standardised(dense), _standardised(lexical)
    low_dense, low_lexical = min(z_dense.values(), default=0.0), min(z_lexical.values(), default=0.0)
    return {key: weight * z_dense.get(key, low_dense) + (1 - weight) * z_lexical.get(key, low_lexical) for key in keys}


def gathered(fused: Mapping[int, float], owners: Mapping[int, int]) -> dict[int, float]:
    """For each report, how much its second to fourth best passages hold: the mean of their scores above zero."""
    rows: dict[int, list[float]] = {}
    for key, value in fused.items():
        rows.setdefault(owners[key], []).append(value - EVIDENCE_ZERO)
    return {
        owner: sum(max(0.0, v) for v in sorted(values, reverse=True)[1 : EVIDENCE_PASSAGES + 1]) / EVIDENCE_PASSAGES
        for owner, values in rows.items()
    }


def kept(path: str, exclude: Sequence[str]) -> bool:
    """Whether no glob of `exclude` matches the path or the file name."""
    return not any(fnmatch(path, glob) or fnmatch(path.rsplit("/", 1)[-1], glob) for glob in exclude)


def chosen_documents(documents: Sequence[StoredDocument], exclude: Sequence[str]) -> list[StoredDocument]:
    """Those of `documents` that no glob of `exclude` matches."""
    return [document for document in documents if kept(document.source.path, exclude)]


def query_words(request: Request) -> str:
    """What is searched for: the topic, then the role."""
    return f"{request.topic} {request.role}".strip()


def legs(index: Index, words: str, query: Vectors) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """The candidates of both legs for `words` and their vector, best first: (id, cosine) and (id, BM25)."""
    return index.store.search(query, LEG), index.lexical.search(words, LEG)


def leading(index: Index, fits: Mapping[int, Fit], owners: Mapping[int, int]) -> list[int]:
    """Passages of the reports that fit best, where neither leg came by them: a report of the same post and 文种
    is comparable even if it shares no word with the request."""
    reached = set(owners.values())
    best = sorted((key for key in fits if key not in reached), key=lambda key: (-fits[key].score, key))[:10]
    chosen = [key for key in best if fits[key].parts.get("genre", 0.0) == 1.0 or fits[key].tier == SAME_ROLE]
    return index.tables.chunk_ids(chosen) if chosen else []


def _refuse_the_far(
    request: Request, chunks: Mapping[int, Chunk], cosines: Mapping[int, float], fits: Mapping[int, Fit]
) -> None:
    """Nothing near: the 文种 is in no sample, and no passage shares the topic's words or its meaning."""
    if any(fitting.tier != TOPIC for fitting in fits.values()):
        return
    asked = bigrams(request.topic)
    shared = (
        max((len(asked & bigrams(chunk.embedded_text)) / len(asked) for chunk in chunks.values()), default=0.0)
        if asked
        else 1.0
    )
    if shared < FEWEST_SHARED and max(cosines.values()) < NEAR_COSINE:
        raise NothingFound(
            f"样本里没有与“{request.topic}”相近的内容",
            hint="换个主题说法；用 rag info 看看索引里有哪些文种和岗位",
        )


def _standardised(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    values = np.fromiter(scores.values(), dtype=np.float64)
    spread = float(values.std())
    mean = float(values.mean())
    return {key: (value - mean) / spread if spread > 0 else 0.0 for key, value in scores.items()}


def _ranks(rows: Iterable[tuple[int, float]]) -> dict[int, int]:
    ordered = sorted(rows, key=lambda row: (-row[1], row[0]))
    return {key: place for place, (key, _) in enumerate(ordered, start=1)}
