"""Passages for search, points for outlines: both are spans of the canonical text, cut where the structure cuts.

A heading without a body is a path, not a passage. The text of a chunk is exactly text[start:end].
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator

from rag.config import table
from rag.datatypes import Chunk, Document, Node, Point, Report
from rag.tags import campaigns_in, leaks_in, names_in, systems_in, themes_in
from rag.text import sentences, trimmed

LONGEST_CHUNK = 400
LONGEST_HEAD = 60
LONGEST_LEAD = 32
SHORTEST_HEAD = 4
ID_BITS = 63

_ASPECT = re.compile(r"^(?:在|对照)?(.{2,40}?)(?:方面|上)$")
_CLAUSE = re.compile(r"[^，。；：！？,;:]+")
_LEADING = re.compile(
    r"^(?:(?:但是|但|然而|而且|同时|其次|首先|另外|最后|再就是|再者|还有|还|也|虽然|尽管|有时|一定程度上|我|自己|本人|支部|对|在)[，,]?)+"
)


def chunks(report: Report) -> Iterator[Chunk]:
    """The passages of a report in reading order, each at most LONGEST_CHUNK characters (unless one word is longer)."""
    seen: dict[str, int] = {}
    for path, function, start, end in _spans(report.root, ()):
        for first, last in _pieces(report.document, start, end):
            text = report.document.text[first:last]
            if not any(char.isalnum() for char in text):
                continue
            key = "\x1f".join((report.document.source.path, *path, text))
            seen[key] = seen.get(key, 0) + 1
            yield Chunk(
                id=chunk_id(key, seen[key]),
                source=report.document.source,
                path=path,
                function=function,
                text=text,
                start=first,
                end=last,
                page=_page(report.document, first),
            )


def points(report: Report, zones_without_nodes: list[tuple[int, int, str]]) -> Iterator[Point]:
    """What a report says, head by head: its nodes, remedies behind a pivot, and the leads of plain paragraphs.

    `zones_without_nodes` are stretches outside sections: (start, end, function).
    """
    text = report.document.text
    for node, path in _with_paths(report.root, ()):
        yield from _node_points(report.document, node, path)
        if node.kind == "section" and not node.children:
            yield from _leads(report.document, node.head_end, node.end, (*path, _heading(node)), node.function)
    for start, end, function in zones_without_nodes:
        inside = [n for n in report.root.walk() if start <= n.start < end]
        if not inside:
            yield from (
                p for p in _leads(report.document, start, end, (), function) if text[slice(*p.head_span)] == p.head
            )


def _with_paths(node: Node, path: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    for child in node.children:
        yield child, path
        yield from _with_paths(child, (*path, _heading(child)))


def _heading(node: Node) -> str:
    return node.marker + node.title


def _node_points(document: Document, node: Node, path: tuple[str, ...]) -> Iterator[Point]:
    text = document.text
    first, last = _title_span(text, node)
    if first >= last:
        return
    pivot = _pivot(text, node.head_end, node.end) if node.kind == "point" or not node.children else None
    aspect = _aspect(text[first:last])
    end = pivot[0] if pivot else node.end
    if aspect and node.function in ("问题", "原因"):
        clause = _deficient_clause(text, node.head_end, end)
        if clause and not node.children:
            first, last = clause
    yield _point(text, (first, last), (node.start, end), path, node.function, aspect)
    if pivot:
        remedy = _first_clause(text, pivot[1], node.end)
        if remedy:
            yield _point(text, remedy, (pivot[0], node.end), path, "整改", aspect)


def _title_span(text: str, node: Node) -> tuple[int, int]:
    """The span of the title as written. A heading with marks of emphasis inside it is cut at the first mark."""
    first = node.start + len(node.marker)
    while first < node.head_end and (text[first].isspace() or text[first] in "*#_"):
        first += 1
    first, last = trimmed(text, first, node.head_end)
    while last > first and text[last - 1] in "*_# 。":
        last -= 1
    return first, last


def _leads(document: Document, start: int, end: int, path: tuple[str, ...], function: str | None) -> Iterator[Point]:
    """Heads of plain paragraphs: a short first sentence, or for problems the first clause that says what is wrong."""
    text = document.text
    among = slice(max(0, bisect_right(document.starts, start) - 1), bisect_right(document.starts, end))
    for block, offset in zip(document.blocks[among], document.starts[among], strict=True):
        first, last = trimmed(text, max(offset, start), min(offset + len(block.text), end))
        if first >= last or block.kind == "table":
            continue
        while first < last and text[first] in "。：；！？:;!?—-* ":
            first += 1
        lead = next(sentences(text, first, last), None)
        if lead is None:
            continue
        head = (lead[0], lead[1] - 1) if text[lead[1] - 1] in "。！？；" else lead
        if function in ("问题", "原因") and head[1] - head[0] > LONGEST_LEAD:
            head = _deficient_clause(text, first, last) or head
        if text[slice(*head)].rstrip("！!，,：: ") in table("lexicon")["salutations"]:
            continue
        if SHORTEST_HEAD <= head[1] - head[0] <= LONGEST_LEAD and last - first > head[1] - head[0]:
            yield _point(text, head, (first, last), path, function, None)


def _point(
    text: str,
    head: tuple[int, int],
    span: tuple[int, int],
    path: tuple[str, ...],
    function: str | None,
    aspect: str | None,
) -> Point:
    words = text[slice(*head)]
    return Point(
        head=words,
        head_span=head,
        span=span,
        path=path,
        function=function,
        aspect=aspect,
        themes=themes_in(words),
        systems=systems_in(words),
        campaigns=campaigns_in(words),
        leaks=leaks_in(words),
        names=names_in(words),
    )


def _aspect(words: str) -> str | None:
    match = _ASPECT.match(words)
    return match[1] if match and words.endswith("方面") else None


def _pivot(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where problem turns into remedy: (start of 今后…, end of it)."""
    found = [(at, at + len(word)) for word in table("lexicon")["pivot"] if (at := text.find(word, start, end)) > start]
    return min(found, key=lambda span: (span[0], -span[1])) if found else None


def _deficient_clause(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The first clause of text[start:end] that says what is wrong, without its leading conjunctions."""
    cues = table("lexicon")["deficiency"]
    for match in _CLAUSE.finditer(text, start, end):
        words = match[0]
        if any(cue in words for cue in cues):
            first, last = trimmed(text, match.start(), match.end())
            lead = _LEADING.match(text[first:last])
            if lead and last - first - lead.end() >= SHORTEST_HEAD:
                first += lead.end()
            if SHORTEST_HEAD <= last - first <= LONGEST_HEAD:
                return first, last
    return None


def _first_clause(text: str, start: int, end: int) -> tuple[int, int] | None:
    match = _CLAUSE.search(text, start, end)
    if match is None:
        return None
    first, last = trimmed(text, match.start(), match.end())
    while first < last and text[first] in "将要会 ":
        first += 1
    return (first, last) if SHORTEST_HEAD <= last - first <= LONGEST_HEAD else None


def _spans(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str | None, int, int]]:
    """(path, function, start, end) of the bodies below `node` to cut into passages, in reading order."""
    position = node.head_end
    run: tuple[int, int] | None = None
    for child in node.children:
        small = child.kind == "point" and child.end - child.start <= LONGEST_CHUNK
        if position < child.start and not run:
            yield path, node.function, position, child.start
        if small and run and child.end - run[0] <= LONGEST_CHUNK:
            run = (run[0], child.end)
        else:
            if run:
                yield path, _function_at(node, run[0]), *run
            run = (child.start, child.end) if small else None
            if not small:
                inner = (*path, _heading(child)) if child.kind == "section" else path
                begin = child.head_end if child.kind == "section" else child.start
                if child.children:
                    if child.kind == "point" and child.children[0].start > begin:
                        yield path, child.function, begin, child.children[0].start
                    yield from _spans(child, inner) if child.kind == "section" else _inside_point(child, path)
                else:
                    yield inner, child.function, begin, child.end
        position = max(position, child.end)
    if run:
        yield path, _function_at(node, run[0]), *run
    if position < node.end:
        yield path, node.function, position, node.end


def _inside_point(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str | None, int, int]]:
    yield path, node.function, node.children[0].start, node.end


def _function_at(node: Node, start: int) -> str | None:
    return next((child.function for child in node.children if child.start == start), node.function)


def _pieces(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    """text[start:end] in pieces of at most LONGEST_CHUNK characters, cut between sentences."""
    text = document.text
    while start < end and text[start] in "。：；！？:;!?* \t\n\u3000":
        start += 1
    first, last = trimmed(text, start, end)
    if first >= last:
        return
    if last - first <= LONGEST_CHUNK:
        yield first, last
        return
    piece: tuple[int, int] | None = None
    for begin, stop in sentences(text, first, last):
        for a, b in _hard_cut(text, begin, stop):
            if piece and b - piece[0] > LONGEST_CHUNK:
                yield piece
                piece = None
            piece = (piece[0], b) if piece else (a, b)
    if piece:
        yield piece


def _hard_cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence longer than a passage is cut at its commas, else anywhere."""
    while end - start > LONGEST_CHUNK:
        comma = max(text.rfind(mark, start, start + LONGEST_CHUNK) for mark in "，、, ")
        cut = comma + 1 if comma > start + LONGEST_CHUNK // 2 else start + LONGEST_CHUNK
        yield trimmed(text, start, cut)
        start = cut
    first, last = trimmed(text, start, end)
    if first < last:
        yield first, last


def _page(document: Document, offset: int) -> int | None:
    at = bisect_right(document.starts, offset) - 1
    return document.blocks[at].page if at >= 0 else None


def chunk_id(key: str, occurrence: int) -> int:
    """The id of the n-th passage (from 1) with this source path, section path and text, joined by U+001F."""
    digest = hashlib.sha256(f"{key}\x1f{occurrence}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - ID_BITS)
