"""The words of a request as the two legs search for them: topic, role, synonyms, and a slip of one character mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from rag import profiles
from rag.config import table
from rag.datatypes import Request
from rag.lexical import folded, runs

LONGEST_WORD = 8
SHORTEST_KNOWN, LONGEST_KNOWN = 4, 8
TOPIC_BESIDE_QUERY = 0.5

Frequency = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Wording:
    """`text` for BM25, `beside` what counts less (see `Lexical.search`), `embedded` for the dense leg.

    What is embedded is the matter alone; the post speaks by the fit of the reports and beside the words. Where the
    topic is no more than a 文种 (年度述职报告), the post is the matter too (docs/evaluation.md).

    `words` are what every passage that holds them all is to be found for: those of a query, or of a topic that is one
    word rather than a subject.
    """

    text: str
    beside: dict[str, float]
    embedded: str
    words: tuple[str, ...]


def wording(request: Request, query: str = "") -> Wording:
    """How to search for `request`, or for `query` in the light of it."""
    weights = table("ranking")["search"]
    text = folded(query or request.topic)
    role, topic = folded(request.role), folded(request.topic)
    beside: dict[str, float] = {}
    if query and topic != text:
        beside[topic] = TOPIC_BESIDE_QUERY
    if role:
        beside[role] = weights["role_words"]
    for words in synonyms_of(text):
        beside[words] = weights["synonyms"]
    matter = (text, topic, role) if request.genre else (text, topic)
    embedded = " ".join(dict.fromkeys(part for part in matter if part))
    return Wording(text, beside, embedded, tuple(runs(text)) if query else _lone_word(text))


def synonyms_of(text: str) -> list[str]:
    """What else writers say for what stands in `text` (folded)."""
    return [
        other
        for row in table("synonyms")["group"]
        if any(word in text for word in row["words"])
        for other in row["words"]
        if other not in text
    ]


def mended(words: str, frequency: Frequency) -> str:
    """`words` folded as they are matched (width, case, simplified characters), each slip of one character mended by a
    known word (文种, 岗位, 单位 …): 述织报告 is 述职报告.

    A slip is a character none of whose bigrams stands in any sample, so that what the samples do say is never changed.
    """
    text = folded(words).strip()
    for place in _strangers(text, frequency):
        repaired = _repaired(text, place)
        if repaired:
            text = text[:place] + repaired + text[place + 1 :]
    return text


def slips(words: Iterable[str], frequency: Frequency) -> list[tuple[str, str]]:
    """(as typed, as meant) of those `words` that have a slip, so that whoever typed them can be told."""
    found = ((typed, mended(typed, frequency)) for typed in words)
    return [(typed, meant) for typed, meant in found if meant != folded(typed).strip()]


def _strangers(text: str, frequency: Frequency) -> list[int]:
    """Places of Hanzi of which no bigram with a neighbour stands in any sample or is a word of the language.

    What follows a figure counts it (2026年, 3个), and what a known word covers is no stranger.
    """
    places = [place for place in range(len(text)) if _is_unseen(text, place, frequency)]
    if not places:
        return []
    from rag.fingerprint.names import is_common

    covered = {place for word in _vocabulary() for at in _places_of(word, text) for place in range(at, at + len(word))}
    return [place for place in places if place not in covered and not any(map(is_common, _pairs(text, place)))]


def _is_unseen(text: str, place: int, frequency: Frequency) -> bool:
    pairs = _pairs(text, place)
    is_counter = place > 0 and text[place - 1].isdigit()
    return bool(pairs) and not is_counter and not any(map(frequency, pairs))


def _pairs(text: str, place: int) -> list[str]:
    """The bigrams of Hanzi that the character at `place` is in."""
    around = (text[max(0, place - 1) : place + 1], text[place : place + 2])
    return [pair for pair in around if len(pair) == 2 and all(map(_is_hanzi, pair))]


def _places_of(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _repaired(text: str, place: int) -> str | None:
    """The character that makes a known word of the surroundings of `place`; the longest word decides.

    No word that takes its other characters from a longer known word: 省政府 is not meant in 年政府工作报告.
    """
    for length in range(LONGEST_KNOWN, SHORTEST_KNOWN - 1, -1):
        beside = (text[max(0, place - length) : place], text[place + 1 : place + 1 + length])
        if any(len(words) == length and words in _known_words() for words in beside):
            return None
        for start in range(max(0, place - length + 1), min(place, len(text) - length) + 1):
            window = text[start : start + length]
            char = _blanked_words().get(window[: place - start] + "\0" + window[place - start + 1 :])
            if char:
                return char
    return None


@cache
def _vocabulary() -> tuple[str, ...]:
    """The words of the tables: 文种, 岗位, 单位, terms of each field of work and what else is said for them."""
    words = [alias for row in table("genres")["genre"] for alias in row["aliases"]]
    words += [suffix for row in table("roles")["family"] for suffix in row["suffixes"]]
    words += [unit for row in table("systems")["system"] for unit in (*row["units"], *row["terms"])]
    words += [word for row in table("synonyms")["group"] for word in row["words"]]
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))


@cache
def _known_words() -> dict[str, None]:
    """Those words that a slip may be mended by: one character of three is too much to guess."""
    return dict.fromkeys(word for word in _vocabulary() if SHORTEST_KNOWN <= len(word) <= LONGEST_KNOWN)


@cache
def _blanked_words() -> dict[str, str]:
    """Known words with one character blanked out, and that character; a blank that two fit belongs to the first."""
    blanked: dict[str, str] = {}
    for word in _known_words():
        for place, char in enumerate(word):
            blanked.setdefault(word[:place] + "\0" + word[place + 1 :], char)
    return blanked


def _lone_word(text: str) -> tuple[str, ...]:
    """A topic that is one short run of Hanzi and names no 文种: 理论学习, 公文处理."""
    found = runs(text)
    if len(found) != 1 or len(found[0]) > LONGEST_WORD or not _is_hanzi(found[0][0]) or profiles.genre_of(text):
        return ()
    return tuple(found)


def _is_hanzi(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
