"""Outlines: everything cited, every cite to the letter, nothing of another person, the same bytes each time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import HashEmbedder

import rag
from rag.assemble import adapt
from rag.datatypes import Outline, OutlineNode, OutlinePoint
from rag.errors import FormatError, NothingFound
from rag.pipeline import understood_request
from rag.tags import leaks_in

REQUESTS = [
    ("市科协机关党支部书记", "专题组织生活会对照检查"),
    ("县教育局局长", "专题组织生活会个人对照检查"),
    ("某村党支部", "2025年度组织生活会支部班子对照检查"),
    ("小学校长", "2025年度述职述廉"),
    ("市财政局科员", "党性分析"),
    ("县卫健局局长", "2024年工作总结"),
    ("县水利局", "关于农村供水的调研报告"),
]


def all_points(nodes: tuple[OutlineNode, ...]) -> Iterator[OutlinePoint]:
    for node in nodes:
        yield from node.points
        yield from all_points(node.children)


def all_nodes(nodes: tuple[OutlineNode, ...]) -> Iterator[OutlineNode]:
    for node in nodes:
        yield node
        yield from all_nodes(node.children)


@pytest.fixture(scope="module", params=REQUESTS, ids=lambda row: row[0])
def plan(request: pytest.FixtureRequest, seeds_index: rag.Index) -> Outline:
    role, topic = request.param
    return rag.outline(seeds_index, role=role, topic=topic, year=None)


def test_every_point_is_cited_and_every_cite_resolves(plan: Outline) -> None:
    numbers = {citation.number for citation in plan.citations}
    assert numbers == set(range(1, len(plan.citations) + 1))
    points = list(all_points(plan.nodes))
    assert all(point.cites for point in points if point.kind == "point")
    used = {n for p in points for n in p.cites} | {n for node in all_nodes(plan.nodes) for n in node.cites}
    used |= {n for node in all_nodes(plan.nodes) for other in node.alternatives for n in other.cites}
    assert used == numbers


def test_every_citation_is_the_stored_text_to_the_letter(plan: Outline, seeds_index: rag.Index) -> None:
    texts = {d.source.path: seeds_index.tables.text(d.id) for d in seeds_index.tables.documents()}
    for citation in plan.citations:
        text = texts[citation.path]
        assert text[citation.start : citation.end] == citation.quote
        assert text[: citation.start].endswith(citation.before)
        assert text[citation.end :].startswith(citation.after)


def test_a_points_words_stand_in_its_citation(plan: Outline) -> None:
    quotes = {citation.number: citation.quote for citation in plan.citations}
    bare = re.compile(r"[^\w]|_")
    for point in all_points(plan.nodes):
        if point.kind == "point":
            pattern = re.escape(bare.sub("", point.text)).replace("X", r"\d*")
            assert re.search(pattern, bare.sub("", quotes[point.cites[0]])), point.text


def test_nothing_of_another_person_stands_in_the_outlines_own_words(plan: Outline) -> None:
    for point in all_points(plan.nodes):
        if point.kind == "point":
            assert not leaks_in(point.text) or "数字已隐去，填本单位数据" in point.flags, point.text
            assert not adapt.is_stale_text(point.text, plan.request.year)


def test_sections_are_ordered_supported_and_shares_are_shares(plan: Outline) -> None:
    assert len(plan.nodes) >= 3
    assert all(0 < node.share <= 1 and 0 < node.support.count <= node.support.of for node in plan.nodes)
    functions = [node.function for node in plan.nodes]
    for before, after in (("问题", "原因"), ("原因", "整改"), ("问题", "整改"), ("学习", "问题")):
        if before in functions and after in functions:
            assert functions.index(before) < functions.index(after)


def test_the_same_request_gives_the_same_bytes(seeds_index: rag.Index) -> None:
    def once() -> bytes:
        return rag.render(rag.outline(seeds_index, role="县教育局局长", topic="对照检查", year=2026), "json")

    assert once() == once()


def test_years_move_along_and_another_years_campaign_is_no_heading() -> None:
    request = understood_request("局长", "对照检查", None, 2026)
    assert adapt.shown_heading("2024年工作回顾", 2025, request) == "2025年工作回顾"
    assert adapt.shown_heading("对照“四个带头”查摆的问题", 2024, request) is None
    assert adapt.shown_heading("党史学习教育开展情况", 2021, request) is None
    assert adapt.shown_heading("存在的主要问题", 2024, request) == "存在的主要问题"


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("学习不够深入", ()),
        ("完成投资3200万元", ("数字",)),
        ("先去叶大爷家", ("人名",)),
        ("张某的问题没有解决", ("人名",)),
        ("美丽吉林建设", ("单位地名",)),
        ("推进柳湾村产业", ("单位地名",)),
        ("习总书记要求", ("残名",)),
        ("学习习近平新时代中国特色社会主义思想", ()),
        ("坚持“一河三山”为基准", ("引语",)),
        ("落实“三会一课”制度", ()),
        ("学习《条例》", ("文件",)),
        ("XX工作", ("隐去",)),
    ],
)
def test_what_belongs_to_a_samples_author_is_recognised(words: str, kinds: tuple[str, ...]) -> None:
    assert leaks_in(words) == kinds


def test_an_excluded_sample_lends_nothing(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="小学校长", topic="述职述廉", exclude=["*小学校长*"])
    assert not any("小学校长" in row.path for row in plan.evidence)
    assert not any("小学校长" in citation.path for citation in plan.citations)


def test_a_known_genre_without_samples_gives_its_convention(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="县水利局", topic="关于追加资金的请示")
    assert [node.title for node in plan.nodes] == ["请示的缘由", "请示的事项", "结语"]
    points = list(all_points(plan.nodes))
    assert {point.kind for point in points} == {"convention"}
    assert all("《党政机关公文处理工作条例》" in point.flags[0] for point in points)
    assert plan.citations == ()


def test_an_unknown_genre_with_nothing_near_is_said(seeds_index: rag.Index) -> None:
    with pytest.raises(NothingFound):
        rag.outline(seeds_index, role="xylophonist", topic="zzyzx qwfp")


def test_adding_a_sample_of_another_genre_changes_nothing(tmp_path: Path, samples: Callable[..., Path]) -> None:
    seeds = Path(__file__).parent.parent / "seeds"
    texts = {p.stem: p.read_text(encoding="utf-8") for p in sorted(seeds.glob("*党支部*.txt"))}
    config = rag.Config.load(samples=samples(**texts), index=tmp_path / "i")

    def nodes() -> object:
        rag.build(config, embedder=HashEmbedder())
        with rag.Index.open(config, embedder=HashEmbedder()) as index:
            plan = rag.outline(index, role="某局机关党支部", topic="组织生活会支部班子对照检查", year=2026)
            return json.loads(rag.render(plan, "json"))["nodes"]

    before = nodes()
    (config.samples[0] / "通知.txt").write_text(
        "某局关于报名的通知\n各单位：\n一、范围\n在职干部。\n二、时间\n本周。", encoding="utf-8"
    )
    assert nodes() == before


def test_an_unknown_format_names_the_known_ones(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="小学校长", topic="述职述廉")
    with pytest.raises(FormatError) as caught:
        rag.render(plan, "pptx")
    assert "md" in caught.value.hint


def test_markdown_shows_request_ground_sections_and_sources(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="小学校长", topic="2025年度述职述廉")
    text = rag.render(plan, "md").decode()
    assert text.startswith("# 小学校长2025年度述职述廉报告\n\n> 岗位：小学校长　主题：2025年度述职述廉")
    assert "同岗位" in text.split("\n")[3]
    for place, node in enumerate(plan.nodes):
        assert f"## {'一二三四五六七八九'[place]}、{node.title}" in text
    for citation in plan.citations:
        assert re.search(rf"(?m)^\[\^{citation.number}\]: .*第 {citation.start}—{citation.end} 字", text)


def test_json_keeps_its_contract(seeds_index: rag.Index) -> None:
    plan = json.loads(rag.render(rag.outline(seeds_index, role="小学校长", topic="述职述廉"), "json"))
    assert plan["version"] == 1
    assert set(plan["request"]) == {"role", "topic", "genre", "year", "length"}
    node = plan["nodes"][0]
    assert {"title", "level", "function", "support", "share", "alternatives", "children", "points"} <= set(node)
    assert set(node["support"]) == {"count", "of"}
    citation = plan["citations"][0]
    assert {"number", "path", "title", "sha256", "section", "start", "end", "page", "quote", "tier"} <= set(citation)
    assert {"path", "title", "tier", "sections"} == set(plan["evidence"][0])
