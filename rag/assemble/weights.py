"""Which reports an outline rests on, and how much each counts. Metadata decides more than embeddings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag import fits, profiles
from rag.assemble.samples import Weight
from rag.datatypes import Profile, Request
from rag.index.tables import StoredDocument, Vectors
from rag.text import bigrams

# .40 / .20 / .15 / .10 / .10 / .05 were set on 76 reports (docs/evaluation.md); family is ours.
WEIGHTS = {
    "genre": 0.40,
    "cosine": 0.20,
    "words": 0.15,
    "person": 0.10,
    "system": 0.10,
    "year": 0.05,
    "family": 0.10,
}
MOST_SAMPLES = 8
LEAST_OF_BEST = 0.55
FEW = 3
LEAST_WHEN_FEW = 0.35
LEAST_GENRE = 0.3
LEAST_WORDS = 0.25
NEUTRAL = 0.5
COSINE_SPAN = 0.5
NEWS_FACTOR = 0.3


def weigh(request: Request, documents: Sequence[StoredDocument], vector: Vectors) -> list[Weight]:
    """The reports that fit `request` best, at most MOST_SAMPLES, best first; none when no 文种 and no topic fits."""
    documents = [document for document in documents if _may_count(request, document)]
    if not documents:
        return []
    cosines = _centred_cosines(documents, vector)
    words = _shared_words(request, documents)
    rows = []
    each = fits.fit_each(request.profile, [document.profile for document in documents])
    for document, fitting, cosine, shared in zip(documents, each, cosines, words, strict=True):
        parts = {**dict.fromkeys(WEIGHTS, NEUTRAL), **fitting.parts, "cosine": cosine, "words": shared}
        if not request.genre and fitting.tier == fits.TOPIC and shared < LEAST_WORDS:
            continue
        value = sum(weight * parts[name] for name, weight in WEIGHTS.items())
        rows.append(
            Weight(
                document,
                value * (1.0 if document.profile.is_material else NEWS_FACTOR),
                fitting.tier,
                author(document),
                {name: parts[name] for name in WEIGHTS},
            )
        )
    rows.sort(key=lambda row: (-row.value, row.document.source.path))
    return _independent(
        [
            row
            for place, row in enumerate(rows[:MOST_SAMPLES])
            if row.value >= (LEAST_OF_BEST if place >= FEW else LEAST_WHEN_FEW) * rows[0].value
        ]
    )


def _independent(rows: Sequence[Weight]) -> list[Weight]:
    """Near-copies of one report have one author, whatever their names say."""
    authors: dict[str, str] = {}
    return [replace(row, author=authors.setdefault(row.document.group, row.author)) for row in rows]


def _may_count(request: Request, document: StoredDocument) -> bool:
    """Reports of a foreign 文种 are out before anything is counted: adding one changes no outline."""
    return not request.genre or fits.genre_likeness(request.genre, document.profile.value("genre")) >= LEAST_GENRE


def author(document: StoredDocument) -> str:
    """Who wrote it, as far as can be told: unit and post. A report that says neither stands for itself, and so does
    one of a 文种 with a matter of its own: two 意见 of one office are two samples."""
    profile: Profile = document.profile
    if profiles.is_topical(profile.value("genre")):
        return document.source.path
    role, unit = profile.value("role"), profiles.unit_key(profile.value("unit"))
    return f"{unit}|{role}" if role or unit else document.source.path


def _centred_cosines(documents: Sequence[StoredDocument], vector: Vectors) -> list[float]:
    """Cosine to the request, centred on all headlines and stretched to 0..1."""
    rows = np.stack([document.headline for document in documents])
    if len(rows) < 3:
        return [NEUTRAL] * len(rows)
    mean = rows.mean(axis=0)
    centred = rows - mean
    asked = vector - vector @ mean / max(float(mean @ mean), 1e-9) * mean
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(asked)
    cosines = centred @ asked / np.where(norms > 0, norms, 1.0)
    return [float(min(1.0, max(0.0, cosine / COSINE_SPAN))) for cosine in cosines]


def _shared_words(request: Request, documents: Sequence[StoredDocument]) -> list[float]:
    """The share of the request's bigrams, by idf, that stand in a report's title and file name."""
    titles = [bigrams(document.source.title + document.source.path.rsplit("/", 1)[-1]) for document in documents]
    counts = Counter(gram for grams in titles for gram in grams)
    asked = bigrams(request.topic + request.role)
    idf = {gram: math.log((1 + len(titles)) / (1 + counts[gram])) + 0.1 for gram in asked}
    whole = sum(idf.values()) or 1.0
    return [sum(idf[gram] for gram in asked & grams) / whole for grams in titles]
