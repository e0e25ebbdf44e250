"""A document, understood: its title, tree, profile and what each stretch of it is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rag import functions, parse, profiles
from rag.datatypes import Document, Report
from rag.functions import Zone


@dataclass(frozen=True, slots=True)
class Understood:
    """A report and its zones."""

    report: Report
    zones: tuple[Zone, ...]


def understood(document: Document) -> Understood:
    """A document's title, tree, profile and functions."""
    surroundings = parse.front(document)
    root = parse.parse(document, surroundings)
    profile = profiles.of_document(
        document, surroundings.title, surroundings.title_text, surroundings.subtitle, surroundings.author
    )
    family = profiles.genre_family(profile.value("genre"))
    zones = functions.zones(document, root, family, surroundings.body_from)
    root = functions.labelled(root, zones)
    by_start = {node.start: node for node in root.children}
    zones = tuple(replace(zone, node=by_start.get(zone.start)) if zone.node else zone for zone in zones)
    title = profile.value("title") or Path(document.source.path).stem
    document = replace(document, source=replace(document.source, title=title))
    return Understood(Report(document, profile, root, surroundings.ignored), zones)
