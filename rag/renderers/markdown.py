"""Markdown that pandoc and Obsidian read, plain enough to paste into an editor: 一、（一） headings, footnotes [^n]."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.datatypes import Citation, Outline, OutlineNode, OutlinePoint
from rag.fits import TIER_NAMES
from rag.renderers import wording

# What CommonMark, GitHub, pandoc ($ ^ @ {}) or Obsidian (% =) would take for markup in a sample's words or a file name.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$^@{}&])|(?<=[=%])(?=[=%])")
# What begins a list, a rule or a heading when it stands first on a line.
_OPENING = re.compile(r"^([-+=:!]|\d+(?=[.)]))")
# What an automatic link begins with.
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|javascript)(:)|(?<=\bwww)(\.)")


def render(outline: Outline) -> bytes:
    return ("\n".join(_lines(outline)).rstrip() + "\n").encode("utf-8", "backslashreplace")


def _lines(outline: Outline) -> Iterator[str]:
    yield f"# {plain(outline.title)}"
    yield ""
    yield f"> {wording.asked_for(outline, plain)}"
    yield f"> 依据：{wording.ground(outline)}"
    yield ""
    for place, node in enumerate(outline.nodes, start=1):
        yield from _section(outline, node, place)
    yield from _listed("说明", outline.notes)
    yield from _listed("为什么这样列", outline.explanation)
    yield from _samples(outline)
    if outline.citations:
        yield "## 出处"
        yield ""
        for citation in outline.citations:
            yield _source(citation)


def _section(outline: Outline, node: OutlineNode, place: int, level: int = 1) -> Iterator[str]:
    """A section; its own points stand before its subsections, under which they would belong to the last."""
    budget = wording.budget(outline, node) if level > 1 else ""
    title = f"{wording.marker(place, level)}{plain(node.title)}{_marks(node.cites)}"
    yield f"{'#' * min(level + 1, 6)} {title}{f'，{budget}' if budget else ''}"
    yield ""
    if level == 1:
        yield f"*{wording.facts(outline, node)}*"
        yield ""
    if node.alternatives:
        others = "；".join(f"{plain(other.title)}{_marks(other.cites)}" for other in node.alternatives)
        yield f"也作：{others}"
        yield ""
    yield from _points(node.points)
    for number, child in enumerate(node.children, start=1):
        yield from _section(outline, child, number, level + 1)


def _points(points: tuple[OutlinePoint, ...]) -> Iterator[str]:
    for point in points:
        flags = "".join(f"〔{plain(flag)}〕" for flag in point.flags)
        support = f"（{wording.borne_out(point.support)}）" if point.support.count > 1 else ""
        indent = "  " if point.kind == "prompt" else ""
        yield f"{indent}- {plain(point.text)}{support}{flags}{_marks(point.cites)}"
    if points:
        yield ""


def _listed(heading: str, lines: tuple[str, ...]) -> Iterator[str]:
    if lines:
        yield f"## {heading}"
        yield ""
        yield from (f"- {plain(line)}" for line in lines)
        yield ""


def _samples(outline: Outline) -> Iterator[str]:
    if not outline.evidence:
        return
    yield "## 所据样本"
    yield ""
    for place, row in enumerate(outline.evidence):
        tier, built = TIER_NAMES[row.tier], plain(wording.built(outline, place))
        yield f"- {tier}｜{plain(row.title)}（{plain(row.path)}）：{built}"
    yield ""


def _marks(cites: tuple[int, ...]) -> str:
    return "".join(f"[^{number}]" for number in cites)


def _source(citation: Citation) -> str:
    return (
        f"[^{citation.number}]: {plain(citation.title)}（{plain(citation.path)}）{plain(wording.place(citation))}："
        f"“{plain(citation.quote)}”{wording.STALE_MARKS[citation.stale]}\n"
    )


def plain(text: str) -> str:
    """One line, with nothing in it that Markdown would act on."""
    escaped = _MARKUP.sub(lambda match: f"\\{match.group()}", wording.one_line(text))
    unlinked = _LINKS.sub(lambda match: f"{match.group(1) or ''}\\{match.group(2) or match.group(3)}", escaped)
    return _OPENING.sub(lambda match: _kept(match.group()), unlinked)


def _kept(opening: str) -> str:
    """The first characters of a line, escaped: \\- and 1\\. are text."""
    return f"{opening}\\" if opening.isdigit() else f"\\{opening}"
