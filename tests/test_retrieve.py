"""Fusion worked out by hand, tiers, and what a search says when nothing is near."""

from __future__ import annotations

import math

import pytest

import rag
from rag import fits, profiles, retrieve
from rag.datatypes import Fact, Profile
from rag.errors import EmptyRequest, NothingFound


def test_fusion_is_the_mean_of_z_scores_and_a_miss_gets_the_lowest() -> None:
    dense, lexical = {1: 0.9, 2: 0.8, 3: 0.7}, {1: 1.0, 4: 3.0}
    # z of .9 .8 .7 is ±sqrt(1.5), 0; z of 1 and 3 is -1, +1
    high = math.sqrt(1.5)
    assert retrieve.fuse(dense, lexical, 0.5) == pytest.approx(
        {1: (high - 1) / 2, 2: (0 - 1) / 2, 3: (-high - 1) / 2, 4: (-high + 1) / 2}
    )


def test_fusion_of_equal_scores_and_of_nothing() -> None:
    assert retrieve.fuse({1: 0.5, 2: 0.5}, {}, 0.5) == {1: 0.0, 2: 0.0}
    assert retrieve.fuse({}, {}, 0.5) == {}


def test_evidence_is_the_mean_of_the_second_to_fourth_passage_above_zero() -> None:
    fused = {1: 3.0, 2: 1.0, 3: -1.0, 4: -3.0, 5: 0.5, 6: 2.0}
    owners = {1: 7, 2: 7, 3: 7, 4: 7, 5: 8, 6: 8}
    # above -2: 3 and 1 and nothing for the -3 of report 7; 2.5 for report 8
    assert retrieve.gathered(fused, owners) == pytest.approx({7: (3 + 1 + 0) / 3, 8: 2.5 / 3})


def given(role: str, genre: str) -> Profile:
    found = profiles.role_of(role)
    assert found is not None
    unit = Fact(found.unit) if found.unit else None
    return Profile(genre=Fact(genre), unit=unit, family=found.family, systems=profiles.systems_of(role, ""))


@pytest.mark.parametrize(
    ("role", "genre", "tier"),
    [
        ("县教育局局长", "述职报告", fits.SAME_ROLE),
        ("市教体局局长", "对照检查材料", fits.SAME_ROLE),
        ("县农业农村局局长", "对照检查材料", fits.ROLE_FAMILY),
        ("县教育局副局长", "对照检查材料", fits.ROLE_FAMILY),
        ("驻村第一书记", "对照检查材料", fits.GENRE),
        ("驻村第一书记", "述职报告", fits.TOPIC),
    ],
)
def test_tiers(role: str, genre: str, tier: str) -> None:
    asked = profiles.of_request("教育科技体育局长", "民主生活会对照检查")
    assert fits.tier(asked, given(role, genre)) == tier


def test_hits_quote_the_stored_text_and_come_best_first(seeds_index: rag.Index) -> None:
    hits = rag.search(seeds_index, role="小学校长", topic="2024年度述职述廉", k=20)
    assert len(hits) == 20
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    texts = {d.source.path: seeds_index.tables.text(d.id) for d in seeds_index.tables.documents()}
    assert all(texts[h.chunk.source.path][h.chunk.start : h.chunk.end] == h.chunk.text for h in hits)
    assert hits[0].tier == fits.SAME_ROLE
    assert "校长" in hits[0].chunk.source.title


def test_every_passage_that_holds_a_rare_word_is_found(seeds_index: rag.Index) -> None:
    word = "课后服务"
    holders = {
        chunk.id
        for document in seeds_index.tables.documents()
        for chunk in seeds_index.tables.chunks(seeds_index.tables.chunk_ids([document.id])).values()
        if word in chunk.embedded_text
    }
    found = {hit.chunk.id for hit in rag.search(seeds_index, role="教师", topic=word, k=200)}
    assert holders
    assert holders <= found


def test_exclude_leaves_sources_out(seeds_index: rag.Index) -> None:
    hits = rag.search(seeds_index, role="小学校长", topic="述职述廉", k=50, exclude=["*小学校长*", "seeds/县*"])
    assert hits
    assert not any("小学校长" in h.chunk.source.path or h.chunk.source.path.startswith("seeds/县") for h in hits)


@pytest.mark.parametrize("topic", ["", "  ", "？！", "\u3000"])
def test_an_empty_topic_is_refused(seeds_index: rag.Index, topic: str) -> None:
    with pytest.raises(EmptyRequest):
        rag.search(seeds_index, role="校长", topic=topic)


def test_nothing_near_is_said(seeds_index: rag.Index) -> None:
    with pytest.raises(NothingFound):
        rag.search(seeds_index, role="xylophonist", topic="zzyzx qwfp")


@pytest.mark.parametrize("topic", ["(", 'a AND "', "*' OR 1=1 --", "[a-z]+", "😀对照检查", "对" * 5000])
def test_strange_topics_are_words(seeds_index: rag.Index, topic: str) -> None:
    try:
        hits = rag.search(seeds_index, role="局长", topic=topic, k=5)
    except (NothingFound, EmptyRequest):
        return
    assert 0 < len(hits) <= 5
