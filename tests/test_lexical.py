"""BM25 over uni- and bigrams, worked out by hand; queries are words, never syntax."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rag import lexical
from rag.lexical import Lexical

TEXTS = {1: "理论学习", 2: "担当作为担当", 3: "学习"}


@pytest.fixture
def opened(tmp_path: Path) -> Lexical:
    lexical.write(tmp_path, TEXTS.items())
    return Lexical.opened(tmp_path)


def test_terms_are_characters_bigrams_and_folded_words() -> None:
    assert lexical.terms("学习２０２４年ABC") == ["学", "习", "学习", "2024", "年", "abc"]


def test_scores_are_bm25(opened: Lexical) -> None:
    # One term, 担当: in one of three texts, twice; its text has 6 + 5 = 11 terms, the others 7 and 3; mean 7.
    # tantivy: idf = ln(1 + (3 - 1 + .5) / (1 + .5)), k1 = 1.2, b = .75, tf part times (k1 + 1).
    idf = math.log(1 + (3 - 1 + 0.5) / 1.5)
    tf = 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 11 / 7))
    found = dict(opened.search("担当", 10))
    single = [math.log(1 + (3 - 1 + 0.5) / 1.5) * tf * 2.2 for _ in ("担", "当", "担当")]
    assert found == {2: pytest.approx(sum(single), rel=1e-3)}
    assert idf > 0


@pytest.mark.parametrize("query", ["学:习", "(学习", '学 AND "习', "学习*", "+学习 -理论", "学习^2"])
def test_a_query_is_words_never_syntax(opened: Lexical, query: str) -> None:
    assert {key for key, _ in opened.search(query, 10)} == {1, 3}


@pytest.mark.parametrize("query", ["", "*", "，。", "😀"])
def test_a_query_without_words_finds_nothing(opened: Lexical, query: str) -> None:
    assert opened.search(query, 10) == []


def test_rows_can_be_replaced_in_place(tmp_path: Path) -> None:
    lexical.write(tmp_path, TEXTS.items())
    lexical.write(tmp_path, [(4, "作风")], removed=[2])
    found = Lexical.opened(tmp_path)
    assert len(found) == 3
    assert found.search("担当", 5) == []
    assert [key for key, _ in found.search("作风", 5)] == [4]
