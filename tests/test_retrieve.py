"""Fusion worked out by hand, tiers, and what a search says when nothing is near."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag import fits, lexical, pipeline, profiles, retrieve
from rag.datatypes import Fact, Profile
from rag.errors import BadFilter, EmptyRequest, NothingFound, RagError
from rag.index import lock
from rag.retrieve import diversity, nearness, words


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
    assert fits.fit(asked, given(role, genre)).tier == tier


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


# Diversity, by hand. Three directions; the mean of the four rows is not zero, so likeness is around it.
ROWS = np.array([[1, 0], [1, 0], [0, 1], [-1, 0]], dtype=np.float32)


def places(picks: list[diversity.Pick]) -> list[int]:
    return [pick.place for pick in picks]


def test_with_a_balance_of_one_relevance_alone_decides() -> None:
    found = diversity.picked(
        [4.0, 3.0, 2.0, 1.0], ROWS, [1, 2, 3, 4], 3, balance=1.0, most=9, are_twins=lambda _a, _b: False
    )
    assert places(found) == [0, 1, 2]
    assert [pick.held_back for pick in found] == [0.0, 0.0, 0.0]


def test_a_passage_unlike_the_first_comes_before_its_copy() -> None:
    # balance .5: cost = spread = 3. The copy has likeness 1: 3.9 - 3 = .9 < 2.0 of the passage that points elsewhere.
    found = diversity.picked(
        [4.0, 3.9, 2.0, 1.0], ROWS, [1, 2, 3, 4], 4, balance=0.5, most=9, are_twins=lambda _a, _b: False
    )
    assert places(found)[:2] == [0, 2]
    assert found[places(found).index(1)].held_back == pytest.approx(3.0, abs=1e-6)


def test_few_passages_of_one_report_unless_others_run_out() -> None:
    one = diversity.picked(
        [4.0, 3.0, 2.0, 1.0], ROWS, [7, 7, 7, 8], 3, balance=1.0, most=1, are_twins=lambda _a, _b: False
    )
    assert places(one) == [0, 3, 1]


def test_near_duplicates_are_folded_into_the_first_with_their_places() -> None:
    found = diversity.picked(
        [4.0, 3.0, 2.0, 1.0], ROWS, [1, 2, 3, 4], 4, balance=1.0, most=9, are_twins=lambda a, b: (a, b) == (0, 1)
    )
    assert places(found) == [0, 2, 3]
    assert found[0].twins == [1]


def test_a_copied_passage_is_shown_once_and_counted(samples: Callable[..., Path], tmp_path: Path) -> None:
    body = "理论学习抓得不紧，满足于参加集中学习，联系实际思考不够，学用脱节的问题还没有根本解决。"
    folder = samples(
        甲="个人对照检查材料\n一、存在的问题\n" + body,
        乙="个人对照检查材料\n一、存在的问题\n" + body,
        丙="工作总结\n一、主要做法\n完成管网改造三公里，新装路灯二百盏，修补道路破损四十处。",
    )
    config = rag.Config.load(samples=folder, index=tmp_path / "i")
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        hits = rag.search(index, role="乡镇干部", topic="理论学习抓得不紧、学用脱节", k=5)
        assert [hit.chunk.text.count(body[:10]) for hit in hits].count(1) == 1
        assert [(twin.path, twin.start) for twin in hits[0].twins] == [("samples/甲.txt", hits[0].chunk.start)] or [
            twin.path for twin in hits[0].twins
        ] == ["samples/乙.txt"]
        # Asked for by its words, each is found: the copy stands behind.
        found = rag.search(index, query="学用脱节", k=5)
        assert sum("学用脱节" in hit.chunk.text for hit in found) == 2


# Words


@pytest.mark.parametrize("word", ["理论学习", "担当作为", "办公室主任", "公文处理", "防汛", "台账", "整改", "师徒结对"])
@pytest.mark.parametrize("asked", ["query", "topic"])
def test_every_passage_that_holds_a_word_is_found_before_all_others(
    seeds_index: rag.Index, word: str, asked: str
) -> None:
    ids = seeds_index.tables.chunk_ids([document.id for document in seeds_index.tables.documents()])
    holders = {i for i, chunk in seeds_index.tables.chunks(ids).items() if word in chunk.embedded_text}
    if len(holders) > 100:
        pytest.skip(f"{len(holders)} passages hold it")
    try:
        hits = rag.search(seeds_index, role="县教育局局长", k=100, **{"topic": "", "query": "", asked: word})
    except NothingFound:
        hits = []
    assert {hit.chunk.id for hit in hits[: len(holders)]} == holders


@pytest.mark.parametrize(
    ("written", "plain"),
    [("理論學習", "理论学习"), ("２０２４年度", "2024年度"), ("ＡＢＣ", "abc"), ("組織生活會", "组织生活会")],
)
def test_traditional_and_full_width_words_match(written: str, plain: str) -> None:
    assert lexical.terms(written) == lexical.terms(plain)


def test_a_traditional_request_finds_what_the_simplified_one_finds(seeds_index: rag.Index) -> None:
    one = rag.search(seeds_index, role="小学校长", topic="述职述廉报告 青年教师培养", k=5)
    other = rag.search(seeds_index, role="小學校長", topic="述職述廉報告　青年教師培養", k=5)
    assert [hit.chunk.id for hit in other] == [hit.chunk.id for hit in one]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("述织报告", "述职报告"), ("民主生话会", "民主生活会"), ("对照捡查材料", "对照检查材料"),
        ("党姓分析", "党性分析"), ("驻村第一书纪", "驻村第一书记"),
    ],
)  # fmt: skip
def test_a_slip_of_one_character_is_mended(seeds_index: rag.Index, slip: str, meant: str) -> None:
    assert retrieve.mended(slip, seeds_index.lexical.frequency) == meant


def test_whoever_mistyped_is_told_what_was_understood(seeds_index: rag.Index) -> None:
    told = pipeline.slips(seeds_index, "小學校長", "年度述织报告", "")
    assert told == ["“年度述织报告”按“年度述职报告”理解（样本里没有前一种写法）"]
    plan = rag.outline(seeds_index, role="小學校長", topic="年度述织报告", year=2026)
    assert (plan.request.role, plan.request.topic, plan.request.genre) == ("小學校長", "年度述职报告", "述职报告")
    assert plan.notes[0] == told[0]
    meant = rag.outline(seeds_index, role="小學校長", topic="年度述职报告", year=2026)
    assert (plan.nodes, plan.notes[1:]) == (meant.nodes, meant.notes)


@pytest.mark.parametrize(
    "right",
    [
        "述职报告",
        "2026年政府工作报告",
        "黄河流域生态保护",
        "税务干部",
        "国企党支部书记",
        "地震台台长",
        "防震减灾工作意见",
        "河湖长制工作总结",
        "咱政府工作报告",
        "全程网办率有水分",
        "xylophone",
        "量子",
        "学",
        "",
        "😀对照检查",
    ],
)
def test_what_is_no_slip_stays(seeds_index: rag.Index, right: str) -> None:
    assert retrieve.mended(right, seeds_index.lexical.frequency) == right


def test_synonyms_are_searched_beside_the_words(seeds_index: rag.Index) -> None:
    assert "检视剖析" in words.synonyms_of("专题组织生活会对照检查")
    assert words.synonyms_of("量子纠缠") == []
    alone = dict(seeds_index.lexical.search("红头文件", 9999))
    beside = dict(seeds_index.lexical.search("红头文件", 9999, beside={"规范性文件": 0.3}))
    assert beside.keys() >= alone.keys()
    assert len(beside) > len(alone)


@pytest.mark.parametrize(
    "query", ["学:习", "(", 'a AND "', "*", "学习*", "+学习 -理论", "'; DROP TABLE chunks; --", "[a-z]+|.*"]
)
def test_signs_of_a_query_language_are_words(seeds_index: rag.Index, query: str) -> None:
    letters = "".join(char for char in query if char.isalnum())
    if not letters:
        with pytest.raises(RagError):
            rag.search(seeds_index, query=query)
        return
    try:
        hits = rag.search(seeds_index, query=query, k=3)
    except NothingFound:
        return
    assert 0 < len(hits) <= 3


# Filters


@pytest.mark.parametrize(
    ("written", "years"),
    [
        (2024, (2024, 2024)),
        ("2024年", (2024, 2024)),
        ("2023..", (2023, None)),
        ("..2022", (None, 2022)),
        ("2021..2023", (2021, 2023)),
    ],
)
def test_years_as_people_write_them(written: int | str, years: tuple[int | None, int | None]) -> None:
    assert retrieve.filters(year=written).years == years


@pytest.mark.parametrize(
    "wrong",
    [{"year": "去年"}, {"year": "2024..2021"}, {"year": ".."}, {"genre": "散文诗"}, {"role_family": "宇航"}, {"person": "他们"},
     {"function": "抒情"}, {"unit": " "}],
)  # fmt: skip
def test_a_filter_that_names_nothing_says_what_there_is(wrong: dict[str, str]) -> None:
    with pytest.raises(BadFilter) as raised:
        retrieve.filters(**wrong)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("narrowed", "name", "value"),
    [
        ({"genre": "述职报告"}, "genre", "述职报告"),
        ({"role_family": "小学校长"}, "family", "学校领导"),
        ({"year": "2024.."}, "year", None),
        ({"person": "班子"}, "person", "班子"),
    ],
)
def test_filters_keep_what_fits_and_what_lacks_the_field(
    seeds_index: rag.Index, narrowed: dict[str, str], name: str, value: str | None
) -> None:
    facets = seeds_index.tables.facets()
    owners = seeds_index.tables.document_ids

    def values(strict: bool) -> set[str | None]:
        hits = rag.search(seeds_index, role="局长", topic="存在的问题", k=200, strict=strict, **narrowed)
        return {facets.value(owner, name) for owner in owners([hit.chunk.id for hit in hits]).values()}

    known = {"2024", "2025", "2026"} if name == "year" else {value}
    assert values(strict=True) <= known
    assert values(strict=False) <= known | {None}
    lacking = any(given is None for given in facets.columns[name].values)
    assert (None in values(strict=False)) == lacking


def test_a_function_narrows_to_its_sections(seeds_index: rag.Index) -> None:
    hits = rag.search(seeds_index, role="局长", topic="理论学习", function="整改", k=50, strict=True)
    assert {hit.chunk.function for hit in hits} == {"整改"}


def test_a_path_is_a_part_or_a_glob(seeds_index: rag.Index) -> None:
    by_part = rag.search(seeds_index, role="校长", topic="述职述廉", path="小学校长", k=50)
    by_glob = rag.search(seeds_index, role="校长", topic="述职述廉", path="*小学校长*.md", k=50)
    assert {hit.chunk.source.path for hit in by_part} == {"seeds/小学校长_2024年度述职述廉报告.md"}
    assert [hit.chunk.id for hit in by_glob] == [hit.chunk.id for hit in by_part]


def test_filters_that_match_nothing_name_what_exists(seeds_index: rag.Index) -> None:
    with pytest.raises(NothingFound) as raised:
        rag.search(seeds_index, role="局长", topic="述职报告", path="没有这个文件夹")
    assert "述职报告" in raised.value.hint


# Nearness


@pytest.mark.parametrize("topic", ["王者荣耀英雄出装", "家用路由器设置密码", "how to bake sourdough bread"])
def test_a_topic_of_another_world_is_refused_with_what_exists(seeds_index: rag.Index, topic: str) -> None:
    with pytest.raises(NothingFound) as raised:
        rag.search(seeds_index, role="县教育局局长", topic=topic)
    assert "文种有" in raised.value.hint
    assert "岗位类别有" in raised.value.hint


def test_no_graded_topic_is_refused(seeds_index: rag.Index) -> None:
    file = Path(__file__).parent / "data/queries.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(rag.search(seeds_index, role=row["role"], topic=row["topic"], k=1) for row in rows)


def test_cover_is_the_idf_share_of_the_best_text() -> None:
    # Bigrams 甲乙 (in 1 of 3 passages) and 乙丙 (in none): idf ln(1 + 3/2), ln(1 + 3/1); the text holds the first.
    frequency = {"甲乙": 1}
    share = math.log(2.5) / (math.log(2.5) + math.log(4))
    assert nearness.cover("甲乙丙", ["有甲乙", "无"], lambda term: frequency.get(term, 0), 3) == pytest.approx(share)
    assert nearness.cover("甲乙丙", [], lambda _term: 0, 3) == 0.0


# Reports as columns


def test_columns_fit_as_single_profiles_do(seeds_index: rag.Index) -> None:
    asked = profiles.of_request("县教育局局长", "2024年度民主生活会个人对照检查")
    columns = fits.fits(asked, seeds_index.tables.facets())
    for place, document in enumerate(seeds_index.tables.documents()):
        assert columns[place] == fits.fit(asked, document.profile)


def test_a_hit_explains_its_score(seeds_index: rag.Index) -> None:
    hit = rag.search(seeds_index, role="小学校长", topic="2024年度述职述廉", k=1)[0]
    assert hit.why is not None
    parts = sum(weight * value for weight, value in hit.why.parts.values())
    assert hit.score == pytest.approx(hit.why.fused + parts - hit.why.held_back)
    assert hit.why.parts["fit"][1] == pytest.approx(sum(weight * value for weight, value in hit.why.fit.values()))
    assert hit.year == 2024
    assert "学校领导" in hit.reason


# Odd requests


def test_a_role_may_be_a_sentence(seeds_index: rag.Index) -> None:
    plain = rag.search(seeds_index, role="小学校长", topic="述职述廉报告", k=3)
    told = rag.search(
        seeds_index, role="我是一名小学校长，负责全面工作，今年要在全体教职工大会上讲", topic="述职述廉报告", k=3
    )
    assert {hit.chunk.source.path for hit in told[:1]} == {hit.chunk.source.path for hit in plain[:1]}
    assert told[0].tier == fits.SAME_ROLE


def test_an_index_of_one_passage_answers(samples: Callable[..., Path], tmp_path: Path) -> None:
    config = rag.Config.load(
        samples=samples(甲="述职报告\n一年来，我认真履行职责，完成了各项任务。"), index=tmp_path / "i"
    )
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        assert len(rag.search(index, role="镇长", topic="述职报告", k=10)) == 1


def test_an_index_that_is_being_rebuilt_goes_on_answering(samples: Callable[..., Path], tmp_path: Path) -> None:
    config = rag.Config.load(samples=samples(甲="述职报告\n一年来，我认真履行职责。"), index=tmp_path / "i")
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index, lock.writer(config.index_folder):
        assert rag.search(index, role="镇长", topic="述职报告")


@pytest.mark.parametrize("topic", ["学", "学" * 10_000, "理论学习" * 2_500])
def test_the_shortest_and_the_longest_topic_end_in_an_answer(seeds_index: rag.Index, topic: str) -> None:
    try:
        assert rag.search(seeds_index, role="校长", topic=topic, k=2)
    except NothingFound as error:
        assert len(str(error)) < 200
