"""Where the words of a search stand in a passage, and the sentences around it."""

from __future__ import annotations

from rag.datatypes import Hit
from rag.index import Index
from rag.lexical import folded, runs
from rag.text import sentences, trimmed

CONTEXT_REACH = 500  # characters searched for one sentence of context


def marks(words: str, text: str) -> tuple[tuple[int, int], ...]:
    """Spans of `text` that `words` hold too: runs of two Hanzi or more, and whole words of letters or digits."""
    matched = folded(text)
    if len(matched) != len(text):  # folding changed the length: places would not agree
        matched = text
    wanted: set[str] = set()
    for run in runs(words):
        wanted |= {run} if run[0].isascii() or len(run) == 1 else {run[i : i + 2] for i in range(len(run) - 1)}
    covered = [False] * len(matched)
    for word in wanted:
        at = matched.find(word)
        while at >= 0:
            covered[at : at + len(word)] = [True] * len(word)
            at = matched.find(word, at + 1)
    return tuple(_spans(covered))


def context(index: Index, hit: Hit, count: int) -> tuple[str, str]:
    """At most `count` sentences before and after a hit in its report."""
    if count <= 0:
        return "", ""
    owner = index.tables.document_ids([hit.chunk.id])[hit.chunk.id]
    text, start, end = index.tables.text(owner), hit.chunk.start, hit.chunk.end
    before = list(sentences(text, max(0, start - count * CONTEXT_REACH), start))[-count:]
    after = list(sentences(text, end, min(len(text), end + count * CONTEXT_REACH)))[:count]
    return _joined(text, before), _joined(text, after)


def _joined(text: str, spans: list[tuple[int, int]]) -> str:
    return text[slice(*trimmed(text, spans[0][0], spans[-1][1]))] if spans else ""


def _spans(covered: list[bool]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place, is_covered in enumerate(covered):
        if is_covered and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        elif is_covered:
            found.append((place, place + 1))
    return found
