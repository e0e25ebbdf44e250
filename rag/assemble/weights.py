"""Which reports an outline rests on, and how much each counts. Metadata decides more than embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from rag import fits, profiles
from rag.assemble.samples import Weight
from rag.datatypes import Profile, Request
from rag.facets import Facets, Floats
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
    found = fits.fits(request.profile, Facets.of_profiles([document.profile for document in documents]))
    parts = {name: np.full(len(documents), NEUTRAL) for name in WEIGHTS}
    for name, values in found.parts.items():
        if name in parts:
            parts[name] = np.where(np.isnan(values), NEUTRAL, values)
    parts |= {"cosine": _centred_cosines(documents, vector), "words": _shared_words(request, documents)}
    values = sum((weight * parts[name] for name, weight in WEIGHTS.items()), np.zeros(len(documents)))
    values *= np.where([document.profile.is_material for document in documents], 1.0, NEWS_FACTOR)
    is_near = np.ones(len(documents), dtype=bool)
    if not request.genre:
        is_near = (found.tiers != fits.TIERS.index(fits.TOPIC)) | (parts["words"] >= LEAST_WORDS)
    order = sorted(np.flatnonzero(is_near).tolist(), key=lambda place: (-values[place], documents[place].source.path))[
        :MOST_SAMPLES
    ]
    rows = [
        Weight(
            documents[place],
            float(values[place]),
            fits.TIERS[found.tiers[place]],
            author(documents[place]),
            {name: float(part[place]) for name, part in parts.items()},
        )
        for place in order
    ]
    return _independent(
        [
            row
            for place, row in enumerate(rows)
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


def _centred_cosines(documents: Sequence[StoredDocument], vector: Vectors) -> Floats:
    """Cosine to the request, centred on all headlines and stretched to 0..1."""
    rows = np.stack([document.headline for document in documents])
    if len(rows) < 3:
        return np.full(len(rows), NEUTRAL)
    mean = rows.mean(axis=0)
    centred = rows - mean
    asked = vector - vector @ mean / max(float(mean @ mean), 1e-9) * mean
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(asked)
    cosines = (np.vecdot(centred, asked) / np.where(norms > 0, norms, 1.0)).astype(np.float64)
    return np.asarray(np.clip(cosines / COSINE_SPAN, 0.0, 1.0), dtype=np.float64)


def _shared_words(request: Request, documents: Sequence[StoredDocument]) -> Floats:
    """The share of the request's bigrams, by idf, that stand in a report's title and file name."""
    titles = [_letters(document.source.title + document.source.path.rsplit("/", 1)[-1]) for document in documents]
    asked = sorted(bigrams(request.topic + request.role))
    if not asked:
        return np.zeros(len(titles))
    has = np.array([[gram in title for title in titles] for gram in asked])
    idf = np.log((1 + len(titles)) / (1 + has.sum(axis=1))) + 0.1
    return np.asarray(idf @ has / (idf.sum() or 1.0), dtype=np.float64)


@lru_cache(maxsize=65_536)
def _letters(title: str) -> str:
    """`title` as `bigrams` cuts it: blanks and punctuation dropped."""
    return "".join(char for char in title if char.isalnum())
