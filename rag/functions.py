"""What a section is *for*: 学习, 问题, 原因, 整改 … one closed list (data/functions.toml). Rules by heading, else cues.

A document becomes zones: spans that cover it from start to end, each with one function. Where headings say
nothing, the functions of paragraphs are the best left-to-right path (Viterbi) through the genre's usual order.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rag.config import table
from rag.datatypes import Document, Node
from rag.text import bare, trimmed

OTHER = "其他"
OPENING, CLOSING, ANNEX = "开头", "结尾", "附件"
_SKIP_PENALTY = 0.15
_BACKWARD_PENALTY = 2.5
_STAY_BONUS = 0.3
_EDGE_BONUS = 1.6
_HOME_BONUS = 0.5
_RULE_WEIGHT = 6.0
_CONTRAST = 1.0
_LARGE_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of a document with one function: a level-1 section, or paragraphs between or without sections."""

    function: str
    start: int
    end: int
    node: Node | None


@cache
def names() -> tuple[str, ...]:
    """The closed list of functions."""
    return tuple(table("functions")["names"])


def generic(function: str) -> str:
    """A heading that any report may use for a section of this function."""
    return str(table("functions")["generic"][function])


@lru_cache(maxsize=16_384)
def of_heading(title: str) -> str | None:
    """The function that a heading states, None if it states none."""
    words = re.sub(r"[（(][^）)]*[）)]|[“”\"《》\s]", "", title)
    return next((name for name, patterns in _rules() if any(p.search(words) for p in patterns)), None)


def zones(document: Document, root: Node, family: str, front: int = 0) -> tuple[Zone, ...]:
    """The zones of a document of the genre family `family`, in reading order.

    What ends at `front` or before (title, subtitle, author's line) belongs to the opening, whatever its words.
    """
    text = document.text
    sections = [node for node in root.children if node.kind == "section"]
    if len(sections) < 2:
        return _joined(_classified(text, _paragraphs(document, root.start, root.end), family, front))
    spans: list[tuple[int, int, Node | None]] = []
    position = root.start
    for node in sections:
        spans += _gap(document, position, node.start)
        spans.append((node.start, node.end, node))
        position = node.end
    spans += _gap(document, position, root.end)
    return _joined(_classified(text, spans, family, front))


def labelled(root: Node, found: tuple[Zone, ...]) -> Node:
    """The tree with each node's function: its own heading's where that is telling, else that of its zone."""

    def label(node: Node, inherited: str) -> Node:
        own = of_heading(node.title) if node.kind == "section" else None
        is_open = inherited == OTHER or (inherited == ANNEX and node.level > 1)
        function = own if own and is_open else inherited
        return replace(node, function=function, children=tuple(label(child, function) for child in node.children))

    starts = [zone.start for zone in found]

    def zone_of(node: Node) -> str:
        at = bisect_right(starts, node.start) - 1
        return found[at].function if at >= 0 and node.start < found[at].end else OTHER

    return replace(root, children=tuple(label(child, zone_of(child)) for child in root.children))


def _gap(document: Document, start: int, end: int) -> list[tuple[int, int, Node | None]]:
    """What stands outside all sections: one span, or its paragraphs when it is a large part of the document."""
    first, last = trimmed(document.text, start, end)
    if first >= last:
        return []
    if last - first > _LARGE_GAP * len(document.text):
        return _paragraphs(document, first, last)
    return [(first, last, None)]


def _paragraphs(document: Document, first: int, last: int) -> list[tuple[int, int, Node | None]]:
    spans: list[tuple[int, int, Node | None]] = []
    for block, offset in zip(document.blocks, document.starts, strict=True):
        start, end = trimmed(document.text, offset, offset + len(block.text))
        if start < end and start >= first and end <= last:
            spans.append((start, end, None))
    return spans


def _joined(found: tuple[Zone, ...]) -> tuple[Zone, ...]:
    joined: list[Zone] = []
    for zone in found:
        if joined and zone.node is None and joined[-1].node is None and joined[-1].function == zone.function:
            joined[-1] = replace(joined[-1], end=zone.end)
        else:
            joined.append(zone)
    return tuple(joined)


def _classified(text: str, spans: list[tuple[int, int, Node | None]], family: str, front: int) -> tuple[Zone, ...]:
    """Each span with its function: neighbours of one function are still apart (see `_joined`)."""
    if not spans:
        return ()
    order = table("functions")["order"]
    states = list(order.get(family, order["default"]))
    stated = [of_heading(node.title) if node else OPENING if end <= front else None for _, end, node in spans]
    home = table("functions")["home"].get(family)
    states += [name for name in dict.fromkeys(stated) if name and name not in states]
    scores = [
        _emissions(text[start:end], states, rule, home, place, len(spans), is_section=node is not None)
        for place, ((start, end, node), rule) in enumerate(zip(spans, stated, strict=True))
    ]
    scores = _against_the_document(scores, stated)
    path = _best_path(scores, len(order.get(family, order["default"])))
    return tuple(Zone(states[state], start, end, node) for state, (start, end, node) in zip(path, spans, strict=True))


def _emissions(
    text: str, states: list[str], rule: str | None, home: str | None, place: int, count: int, *, is_section: bool
) -> list[float]:
    cues = table("functions")["cues"]
    length = max(60, len(bare(text)))
    scores = []
    for state in states:
        hits = sum(text.count(cue) for cue in cues.get(state, ()))
        score = math.log1p(100 * hits / length)
        if rule:
            score = _RULE_WEIGHT if state == rule else 0.0
        elif state not in cues:
            score = -_RULE_WEIGHT  # only a heading can say so
        if is_section and not rule and state == home:
            score += _HOME_BONUS
        if is_section and state in (OPENING, CLOSING):
            score -= _EDGE_BONUS * 2
        elif state == OPENING:
            score += _EDGE_BONUS if place == 0 else -_EDGE_BONUS * (place > 1)
        elif state == CLOSING:
            score += _EDGE_BONUS if place == count - 1 and count > 1 else -_EDGE_BONUS
        scores.append(score)
    return scores


def _against_the_document(scores: list[list[float]], stated: list[str | None]) -> list[list[float]]:
    """Each span's cues against the document's own mean: a text full of 不够 is not all problems."""
    means = [sum(column) / len(scores) for column in zip(*scores, strict=True)]
    return [
        row if rule else [score + _CONTRAST * (score - mean) for score, mean in zip(row, means, strict=True)]
        for row, rule in zip(scores, stated, strict=True)
    ]


def _best_path(scores: list[list[float]], ordered: int) -> list[int]:
    """Viterbi: states below `ordered` prefer left to right; the others are free."""
    width = len(scores[0])

    def step(before: int, after: int) -> float:
        if before >= ordered or after >= ordered:
            return 0.0
        if after == before:
            return _STAY_BONUS
        return -_SKIP_PENALTY * (after - before - 1) if after > before else -_BACKWARD_PENALTY

    best, back = [scores[0]], list[list[int]]()
    for row in scores[1:]:
        previous = best[-1]
        choices = []
        for after in range(width):
            sums = [previous[before] + step(before, after) for before in range(width)]
            choices.append(sums.index(max(sums)))
        back.append(choices)
        best.append([row[after] + previous[choices[after]] + step(choices[after], after) for after in range(width)])
    state = max(range(width), key=lambda s: best[-1][s])
    path = [state]
    for choices in reversed(back):
        state = choices[state]
        path.append(state)
    return path[::-1]


@cache
def _rules() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    return tuple((row["function"], tuple(re.compile(p) for p in row["patterns"])) for row in table("functions")["rule"])
