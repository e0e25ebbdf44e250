"""How samples like a draft are built: which parts they have, how long, in which order. Counted, not guessed.

More samples than an outline rests on (MOST_SAMPLES), because a part's absence is told by counts; no vector is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag import fits
from rag.assemble.weights import LEAST_GENRE, author
from rag.datatypes import Citation, Node, Profile, Skeleton, SkeletonPart, Support
from rag.functions import ANNEX, Zone, of_heading
from rag.index.tables import StoredDocument

MOST_SAMPLES = 20
NEARLY_ALL = 0.9
FEWEST_PAIRS = 4
Tree = Callable[[int], tuple[Node, tuple[Zone, ...]]]
Text = Callable[[int], str]


def skeleton(asked: Profile, documents: Sequence[StoredDocument], tree: Tree, text: Text) -> Skeleton | None:
    """The parts of the MOST_SAMPLES reports that fit `asked` best; None when none is of its 文种 or a kindred one."""
    genre = asked.value("genre")
    fitting = [
        (fits.fit(asked, document.profile).score, document)
        for document in documents
        if document.profile.is_material and fits.genre_likeness(genre, document.profile.value("genre")) >= LEAST_GENRE
    ]
    if not genre or not fitting:
        return None
    same = [row for row in fitting if row[1].profile.value("genre") == genre]
    chosen = sorted(same or fitting, key=lambda row: (-row[0], row[1].source.path))[:MOST_SAMPLES]
    samples = [(document, *tree(document.id)) for _, document in chosen]
    authors = {author(document) for document, _, _ in samples}
    functions = dict.fromkeys(zone.function for _, _, zones in samples for zone in zones if zone.function != ANNEX)
    parts = tuple(_part(function, samples, len(authors), text) for function in functions)
    return Skeleton(
        genre, tuple(sorted(parts, key=lambda part: -part.support.count)), _before(samples, list(functions))
    )


def _part(
    function: str, samples: Sequence[tuple[StoredDocument, Node, tuple[Zone, ...]]], of: int, text: Text
) -> SkeletonPart:
    shares, having, example = [], set(), None
    for document, _, zones in samples:
        own = [zone for zone in zones if zone.function == function]
        if not own:
            continue
        body = sum(zone.end - zone.start for zone in zones) or 1
        shares.append(sum(zone.end - zone.start for zone in own) / body)
        having.add(author(document))
        headed = next((zone.node for zone in own if zone.node and of_heading(zone.node.title) == function), None)
        if example is None and headed:
            example = _heading(document, headed, text(document.id))
    shares.sort()
    return SkeletonPart(function, Support(len(having), of), (shares[0], shares[len(shares) // 2], shares[-1]), example)


def _heading(document: StoredDocument, node: Node, text: str) -> Citation:
    source = document.source
    quote = text[node.start : node.head_end]
    return Citation(
        number=1, path=source.path, title=source.title, sha256=source.sha256, section=(quote,), start=node.start,
        end=node.head_end, page=None, quote=quote, before="", after="", tier="",
    )  # fmt: skip


def _before(
    samples: Sequence[tuple[StoredDocument, Node, tuple[Zone, ...]]], functions: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Pairs of functions of which nearly all samples that have both put the whole of the first before the second."""
    found = set()
    for left in functions:
        for right in functions:
            wins = both = 0
            for _, _, zones in samples:
                own = [zone.start for zone in zones if zone.function == left]
                other = [zone.start for zone in zones if zone.function == right]
                if left != right and own and other:
                    both += 1
                    wins += max(own) < min(other)
            if both >= FEWEST_PAIRS and wins >= NEARLY_ALL * both:
                found.add((left, right))
    return frozenset(found)
