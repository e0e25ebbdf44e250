"""Winnowing: a few hashes of a text, chosen so that two texts that share a run of GUARANTEED characters share a hash.

Schleimer, Wilkerson, Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003. Hashes are of
K characters; of each WINDOW neighbouring ones the smallest is kept (the rightmost of equals). Only Hanzi, letters and
digits count, widths and cases folded, so that punctuation and spacing hide nothing. What a hash stands for, and
whether a run matters, is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K = 8
WINDOW = 11
GUARANTEED = K + WINDOW - 1
_BASE = np.uint64(0x9E3779B97F4A7C15)
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLDED |= {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_FOLDED |= {upper + 0xFEE0: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
Hashes = NDArray[np.uint32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Letters:
    """The Hanzi, letters and digits of a text, folded; `places[i]` is where the i-th stands in the text."""

    text: str
    places: Places


def letters(text: str) -> Letters:
    """What of `text` is compared."""
    places = [i for i, char in enumerate(text) if char.isalnum()]
    return Letters("".join([text[i] for i in places]).translate(_FOLDED), np.array(places, dtype=np.int64))


def grams(folded: str, k: int = K) -> Hashes:
    """The hash of each k characters: uint32[max(0, n - k + 1)]."""
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - k + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint32)
    sums = np.zeros(count, dtype=np.uint64)
    for offset in range(k):
        sums = sums * _BASE + codes[offset : offset + count]
    return _mixed(sums)


def chosen(hashes: Hashes) -> Places:
    """Which of a text's grams are kept: ascending indices, at least one of each WINDOW neighbours."""
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    if len(hashes) < WINDOW:
        return np.array([len(hashes) - 1 - int(hashes[::-1].argmin())], dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(hashes, WINDOW)
    rightmost = WINDOW - 1 - windows[:, ::-1].argmin(axis=1)
    return np.unique(np.arange(len(windows)) + rightmost)


def of_words(words: list[str]) -> Hashes:
    """A hash of each whole word (a name, a figure), of another kind than any gram's."""
    return np.array([_of_word(word) for word in words], dtype=np.uint32)


def _of_word(word: str) -> int:
    import zlib

    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _mixed(sums: NDArray[np.uint64]) -> Hashes:
    """The upper half after a multiply-xorshift round: neighbouring sums differ in low bits only."""
    sums = sums ^ (sums >> np.uint64(32))
    sums = sums * np.uint64(0xD6E8FEB86659FD93)
    sums = sums ^ (sums >> np.uint64(32))
    return (sums >> np.uint64(32)).astype(np.uint32)
