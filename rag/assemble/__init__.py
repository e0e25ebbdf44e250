"""Reports to an outline, in one page: weigh, cut into slots, head, fill, cite. Pure functions, one stage a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.assemble.cite import Citer
from rag.assemble.convention import frame_of, framed, from_convention
from rag.assemble.eligible import Eligible
from rag.assemble.expected import probabilities
from rag.assemble.explain import explained
from rag.assemble.headings import heading
from rag.assemble.likeness import centred
from rag.assemble.matter import asked
from rag.assemble.names import Names
from rag.assemble.notes import FEW, notes, of_genre
from rag.assemble.points import Filler
from rag.assemble.samples import Sample, Weight, sections
from rag.assemble.skeleton import skeleton
from rag.assemble.slots import laid_out
from rag.assemble.titles import title
from rag.assemble.weights import author, weigh
from rag.datatypes import Evidence, EvidenceSection, Outline, OutlineNode, Request, Support

__all__ = ["Sample", "Weight", "assemble", "author", "from_convention", "skeleton", "weigh"]


def assemble(request: Request, samples: Sequence[Sample]) -> Outline:
    """The outline that `samples`, best first, bear out. Same input, same outline."""
    samples = centred(samples)
    citer = Citer()
    matter = asked(request)
    layout = laid_out(samples, matter)
    names = Names(request, samples)
    filler = Filler(request, layout.body, citer, Eligible(request, names, matter), probabilities(samples))
    nodes, accounts = [], []
    for slot in layout.body:
        words, cites, alternatives = heading(slot, request, names, matter, citer)
        filled = filler.fill(slot, words)
        accounts.append(filled)
        nodes.append(
            OutlineNode(
                title=words,
                level=1,
                function=slot.function,
                support=Support(len(slot.authors), names.authors),
                share=slot.share,
                cites=cites,
                alternatives=alternatives,
                points=filled.points,
                children=filled.children,
            )
        )
    weights = [sample.weight for sample in samples]
    explanation = tuple(explained(samples, layout, nodes, accounts))
    if of_genre(request, weights) < FEW:
        nodes = framed(nodes, frame_of(request.genre))
    return Outline(
        request=request,
        title=title(request),
        nodes=tuple(nodes),
        citations=tuple(citer.citations),
        evidence=tuple(_evidence(sample) for sample in samples),
        notes=tuple(notes(request, weights, layout.edges, nodes)),
        explanation=explanation,
    )


def _evidence(sample: Sample) -> Evidence:
    source = sample.weight.document.source
    rows = tuple(
        EvidenceSection(re.sub(r"\s+", "", section.title or ""), section.function, round(section.share, 3))
        for section in sections(sample)
    )
    return Evidence(source.path, source.title, sample.weight.tier, rows)
