"""Whether anything comes near at all, and what to say where nothing does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from rag import fits
from rag.config import table
from rag.datatypes import Request
from rag.errors import NothingFound
from rag.facets import Facets
from rag.lexical import folded, terms

SHOWN = 5
MOST_TERMS = 400


def cover(words: str, texts: Iterable[str], frequency: Callable[[str], int], passages: int) -> float:
    """How much of `words` the best of `texts` holds: the share of its bigrams and words, each by its idf, 0..1.

    Single Hanzi stand in for words only where there is nothing longer.
    """
    asked = set(terms(words)[:MOST_TERMS])
    asked = {term for term in asked if len(term) > 1} or asked
    weights = {term: math.log(1 + passages / (1 + frequency(term))) for term in asked}
    whole = sum(weights.values())
    if not whole:
        return 0.0
    return max(
        (sum(w for term, w in weights.items() if term in text) / whole for text in map(folded, texts)), default=0
    )


def names_a_genre(request: Request, facets: Facets) -> bool:
    """Whether the request names a 文种 that some sample is of: then reports compare, whatever they speak of."""
    genre = request.profile.value("genre")
    return bool(genre) and any(fits.genre_likeness(genre, given) > 0 for given in facets.columns["genre"].values)


def refuse_the_far(
    words: str,
    request: Request,
    facets: Facets,
    model: str,
    cosine: Callable[[], float],
    held: Callable[[], float],
) -> None:
    """Raise NothingFound where the best passage neither means the same as `words` (`cosine`) nor holds enough of them
    (`held`, see `cover`; asked only then). The bounds are in data/ranking.toml."""
    bounds = table("ranking")["near"]
    if names_a_genre(request, facets):
        return
    bound = bounds["cosine"].get(model)
    if bound is not None and cosine() >= bound:
        return
    if held() >= (bounds["alone"] if bound is None else bounds["cover"]):
        return
    raise NothingFound(f"样本里没有与“{shortened(words)}”相近的内容", hint=f"换个说法再试；{what_exists(facets)}")


def what_exists(facets: Facets) -> str:
    """The 文种 and 岗位类别 of the samples, most frequent first, as a hint."""
    rows = []
    for name, label in (("genre", "文种"), ("family", "岗位类别")):
        known = facets.columns[name].counted()
        shown = "、".join(value for value, _ in known[:SHOWN]) + ("等" if len(known) > SHOWN else "")
        rows.append(f"{label}有{shown}" if known else f"{label}都没有认出")
    return "样本里" + "，".join(rows)


def no_report_passes(facets: Facets) -> NothingFound:
    return NothingFound("没有样本符合这些筛选条件", hint=f"放宽条件，或去掉 --strict；{what_exists(facets)}")


def shortened(words: str, longest: int = 40) -> str:
    return words if len(words) <= longest else words[:longest] + "……"
