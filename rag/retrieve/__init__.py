"""Role and topic to passages: BM25 and dense, fused by z-scores, lifted by how well each report fits the request.

`search` reads top-down; each step is a module: `words` what is searched for, `narrowing` where, `fusion` two legs to
one score, `nearness` whether it is near at all, `diversity` what is shown, `reasons` why. Weights: data/ranking.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.config import Config, table
from rag.datatypes import Chunk, Hit, Request, Twin, Why
from rag.errors import NothingFound
from rag.facets import Facets, Floats
from rag.fits import SAME_ROLE, TIERS, Fits
from rag.fits import WEIGHTS as FIT_WEIGHTS
from rag.fits import fits as fits_of
from rag.index import Index
from rag.index.tables import StoredDocument, Vectors
from rag.lexical import folded
from rag.retrieve.diversity import TWIN_DICE, Pick, picked
from rag.retrieve.fusion import fuse, gathered, ranks
from rag.retrieve.narrowing import Filters, chosen, filters, kept
from rag.retrieve.nearness import cover, no_report_passes, refuse_the_far
from rag.retrieve.reasons import reason
from rag.retrieve.words import Wording, mended, slips, wording
from rag.text import dice

__all__ = [
    "Filters", "filters", "fuse", "gathered", "kept", "kept_documents", "mended", "query_words", "search", "slips",
]  # fmt: skip

LEG = 100  # candidates of each leg: measured best on four Chinese sets (docs/evaluation.md)
MOST_HOLDERS = 200  # a word that more passages hold is no rare word; BM25 and meaning decide then
LEADING = 10
WIDER = 4
COVERED = 5  # of this many best passages of the words is asked how much of the request they hold

Rows = list[tuple[int, float]]
Find = Callable[[int, Sequence[int] | None], Rows]


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of a search and what ranks them; `scores` are before diversity. All maps are by passage id, but
    for `of_report`: what the report of a passage adds, by report id and name of the weight. `vectors[rows[id]]` is the
    vector of a passage, `asked` that of the request."""

    scores: dict[int, float]
    fused: dict[int, float]
    cosines: dict[int, float]
    lexical: dict[int, float]
    owners: dict[int, int]
    holders: frozenset[int]
    of_report: dict[int, dict[str, float]]
    vectors: Vectors
    rows: dict[int, int]
    asked: Vectors


def search(
    index: Index, request: Request, k: int, *, query: str = "", wanted: Filters | None = None, diverse: bool = True
) -> list[Hit]:
    """The k best passages for `request` (for `query` in its light), best first, from what `wanted` lets pass.

    Raises NothingFound when nothing passes or no passage comes near.
    """
    said = wording(request, query)
    facets = index.tables.facets()
    scope = Scope(index, facets, wanted or Filters())
    fitting = fits_of(request.profile, facets)
    pool = candidates(index, scope, said, fitting, facets)
    _refuse_the_far(index, request, said, query or request.topic, pool, scope)
    order = sorted(pool.scores, key=lambda i: (i not in pool.holders, -pool.scores[i], i))
    return _hits(index, request, pool, order, k, fitting, facets, diverse=diverse)


def candidates(index: Index, scope: Scope, said: Wording, fitting: Fits, facets: Facets) -> Pool:
    """What both legs, the reports that fit best and the words themselves bring, with scores.

    Raises NothingFound when no passage is there.
    """
    lexical = dict(scope.leg(lambda n, ids: index.lexical.search(said.text, n, beside=said.beside, ids=ids)))
    holders = _holders(index, scope, said)
    vector = index.embedder.encode_query([said.embedded])[0]
    dense = dict(scope.leg(lambda n, ids: index.store.search(vector, n, ids)))
    owners = index.tables.document_ids(sorted({*dense, *lexical, *holders}))
    weights = table("ranking")["search"]
    headlines = index.tables.headlines().likeness(vector)
    whole = weights["fit"] * fitting.scores + weights["headline"] * headlines
    owners |= _leading(scope, fitting, whole, facets, set(owners.values()))
    ids = sorted(owners)
    if not ids:
        raise NothingFound("没有找到可用的段落", hint="换个说法，或放宽筛选条件")
    vectors = index.store.get(ids)
    cosines = dict(zip(ids, np.vecdot(vectors, vector).tolist(), strict=True))
    fused = fuse(cosines, lexical, weights["dense"])
    evidence = gathered(fused, owners)
    of_report = {
        owner: {
            "fit": float(fitting.scores[facets.places[owner]]),
            "headline": float(headlines[facets.places[owner]]),
            "evidence": evidence[owner],
        }
        for owner in evidence
    }
    lifts = {owner: sum(weights[name] * value for name, value in parts.items()) for owner, parts in of_report.items()}
    scores = {i: fused[i] + lifts[owners[i]] for i in ids}
    rows = {i: row for row, i in enumerate(ids)}
    return Pool(scores, fused, cosines, lexical, owners, frozenset(holders), of_report, vectors, rows, vector)


class Scope:
    """The reports and passages that a search may show. Raises NothingFound when none may."""

    def __init__(self, index: Index, facets: Facets, wanted: Filters) -> None:
        self._index, self._facets = index, facets
        self.passing: NDArray[np.bool_] = chosen(wanted, facets)
        if not self.passing.any():
            raise no_report_passes(facets)
        self._allowed: set[int] = set()
        self._function, self._strict = wanted.function, wanted.strict
        self._ids: list[int] | None = None
        self.is_whole = bool(self.passing.all()) and not wanted.function
        if self.is_whole:
            return
        self._allowed = {facets.ids[place] for place in np.flatnonzero(self.passing).tolist()}
        # Few reports: the legs look among their passages. Most: what does not pass is dropped from what they find.
        if wanted.function or 2 * len(self._allowed) < len(facets):
            self._ids = index.tables.chunk_ids(sorted(self._allowed), function=wanted.function, strict=wanted.strict)
            if not self._ids:
                raise no_report_passes(facets)

    def leg(self, find: Find) -> Rows:
        """The best LEG rows that pass, from find(count, among these ids or None)."""
        return self.all(find, LEG)

    def all(self, find: Find, most: int) -> Rows:
        if self._ids is not None or self.is_whole:
            return find(most, self._ids)
        count = most
        while True:
            rows = find(count, None)
            owners = self._index.tables.document_ids([i for i, _ in rows])
            passing = [(i, score) for i, score in rows if owners.get(i) in self._allowed]
            if len(passing) >= most or len(rows) < count:
                return passing[:most]
            count *= WIDER

    def passages(self, documents: Sequence[int]) -> list[int]:
        return self._index.tables.chunk_ids(documents, function=self._function, strict=self._strict)


def kept_documents(documents: Sequence[StoredDocument], exclude: Sequence[str]) -> list[StoredDocument]:
    """Those of `documents` that no glob of `exclude` matches."""
    return [document for document in documents if kept(document.source.path, exclude)]


def query_words(request: Request) -> str:
    """What is embedded for a request as a whole: the topic, then the role."""
    return " ".join(dict.fromkeys(part for part in (folded(request.topic), folded(request.role)) if part))


def _holders(index: Index, scope: Scope, said: Wording) -> list[int]:
    """Every passage that holds the words asked for, if they are few enough to be what is looked for."""
    if not said.words:
        return []
    words = " ".join(said.words)
    found = scope.all(lambda n, ids: [(i, 0.0) for i in index.lexical.holders(words, n, ids=ids)], MOST_HOLDERS + 1)
    if len(found) > MOST_HOLDERS:
        return []
    chunks = index.tables.chunks([i for i, _ in found])
    return [i for i, chunk in chunks.items() if all(word in folded(chunk.embedded_text) for word in said.words)]


def _leading(scope: Scope, fitting: Fits, whole: Floats, facets: Facets, reached: set[int]) -> dict[int, int]:
    """Passages, and their reports, of the reports that fit best as a whole, where neither leg came by them: a report
    of the same post and 文种 is comparable even if it shares no word with the request."""
    comparable = fitting.tiers == TIERS.index(SAME_ROLE)
    if "genre" in fitting.parts:
        comparable |= fitting.parts["genre"] == 1.0
    places = np.flatnonzero(comparable & scope.passing)
    order = places[np.lexsort((places, -whole[places]))].tolist()
    best = [facets.ids[place] for place in order if facets.ids[place] not in reached][:LEADING]
    return {passage: report for report in best for passage in scope.passages([report])}


def _refuse_the_far(index: Index, request: Request, said: Wording, words: str, pool: Pool, scope: Scope) -> None:
    def cosine() -> float:
        plain = folded(words)
        if plain != said.embedded:
            return _nearest(index, index.embedder.encode_query([plain])[0])
        return max(pool.cosines.values()) if scope.is_whole else _nearest(index, pool.asked)

    def held() -> float:
        best = [i for i, _ in index.lexical.search(words, COVERED)]
        texts = [chunk.embedded_text for chunk in index.tables.chunks(best).values()]
        return cover(words, texts, index.lexical.frequency, len(index.lexical))

    refuse_the_far(words, request, index.tables.facets(), index.manifest.model, cosine, held)


def _nearest(index: Index, vector: Vectors) -> float:
    return max((score for _, score in index.store.search(vector, 1)), default=0.0)


def _hits(
    index: Index,
    request: Request,
    pool: Pool,
    order: Sequence[int],
    k: int,
    fitting: Fits,
    facets: Facets,
    *,
    diverse: bool,
) -> list[Hit]:
    chunks: dict[int, Chunk] = {}
    places = {"dense": ranks(pool.cosines), "lexical": ranks(pool.lexical)}

    def chunk(i: int) -> Chunk:
        if i not in chunks:
            chunks.update(index.tables.chunks([i]))
        return chunks[i]

    found = [
        row
        for some in (order[: len(pool.holders)], order[len(pool.holders) :])
        for row in _picked(index.config, pool, some, k, chunk, diverse=diverse)
    ][:k]
    chunks |= index.tables.chunks([i for i, _, _ in found if i not in chunks])
    hits: list[Hit] = []
    for i, pick, twins in found:
        owner = pool.owners[i]
        fit = fitting[facets.places[owner]]
        score = pool.scores[i] - pick.held_back
        year = facets.value(owner, "year")
        hits.append(
            Hit(
                chunks[i],
                # What a limit holds back stands behind others: its shown score is no higher than theirs.
                min(score, hits[-1].score) if hits else score,
                fit.tier,
                {leg: rank[i] for leg, rank in places.items() if i in rank},
                reason=reason(fit.tier, request.profile, facets, owner),
                year=int(year) if year else None,
                genre=facets.value(owner, "genre"),
                role=facets.value(owner, "role"),
                twins=tuple(_twin(chunk(other)) for other in twins),
                why=_why(pool, i, fit.parts, pick.held_back),
            )
        )
    return hits


def _picked(
    config: Config, pool: Pool, order: Sequence[int], k: int, chunk: Callable[[int], Chunk], *, diverse: bool
) -> list[tuple[int, Pick, list[int]]]:
    """(passage, how it was picked, its twins). The twins of a passage that was asked for by its words follow it all."""
    if not order:
        return []
    is_word = order[0] in pool.holders

    def are_twins(a: int, b: int) -> bool:
        return dice(chunk(order[a]).text, chunk(order[b]).text) >= TWIN_DICE

    picks = picked(
        [pool.scores[i] for i in order],
        pool.vectors[[pool.rows[i] for i in order]],
        [pool.owners[i] for i in order],
        k,
        balance=config.mmr_lambda if diverse else 1.0,
        most=config.passages_per_document if diverse else len(order),
        are_twins=are_twins if diverse else lambda _a, _b: False,
    )
    rows = [(order[pick.place], pick, [order[twin] for twin in pick.twins]) for pick in picks]
    if is_word:
        rows += [(order[twin], Pick(twin, pick.held_back), []) for pick in picks for twin in pick.twins]
    return rows


def _twin(chunk: Chunk) -> Twin:
    return Twin(chunk.source.path, chunk.source.title, chunk.start, chunk.end)


def _why(pool: Pool, i: int, parts: Mapping[str, float], held_back: float) -> Why:
    weights = table("ranking")["search"]
    return Why(
        fused=pool.fused[i],
        legs={name: scores[i] for name, scores in (("dense", pool.cosines), ("lexical", pool.lexical)) if i in scores},
        parts={name: (weights[name], value) for name, value in pool.of_report[pool.owners[i]].items()},
        fit={name: (FIT_WEIGHTS[name], value) for name, value in parts.items()},
        held_back=held_back,
    )
