"""The choices behind an outline, worked out by hand, and what must never come through from a sample."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT, HashEmbedder

import rag
from rag.assemble.expected import likeliest
from rag.datatypes import Outline, OutlineNode
from rag.errors import FormatError
from rag.renderers.outline_json import loaded
from rag.text import undoubled

# Three reports of one 文种, each with what is its own: people, places, bodies, figures, papers, sayings.
OWN = (
    "欧阳菁华",
    "赵启明",
    "石桥铺镇",
    "白马洞水库",
    "德阳",
    "康定机场",
    "向阳红公司",
    "三河五岸",
    "金穗行动",
    "4137",
    "2019",
)
# {0} … {8}: what each report tells in its own words, so that none is a copy of another.
FRAME = """{unit}2025年度工作总结
{t0}
一、主要工作情况
（一）强化理论武装。{t1}{own0}同志带头讲课。
（二）优化营商环境。{own1}任务压茬推进，{t2}
（三）{own2}项目建设。{t3}
二、存在的主要问题
（一）调查研究不够深入。{t4}
（二）{own3}整治不够彻底。{t5}
（三）抓落实的韧劲不足。{t6}
三、下一步工作打算
（一）加强调查研究。{t7}
（二）抓好“{own4}”。{t8}
（三）健全落实机制。{t9}
"""
TOLD = (
    ("一年来，按照上级部署，我们抓好各项工作，现将情况总结如下。", "坚持集体学习制度，全年学习不断线。",
     "办事时限缩短，跑腿次数减少。", "资金到位，进度过半，群众满意。", "下基层次数少，情况掌握不全面。",
     "反弹时有发生，办法不多。", "有的工作布置多、检查少。", "每月下基层，带着问题去。", "分解任务，责任到人。",
     "建立台账，按月通报。"),
    ("今年以来，全体干部职工团结奋斗，较好完成了年初确定的目标，总结汇报如下。", "读书班、联学会轮着开，讲心得也讲短板。",
     "企业开办、项目报批都能在窗口一次办完。", "主体完工，配套还差扫尾，年底前可以使用。",
     "到现场多是陪同检查，很少蹲下来听农户说话。", "清了又长，长了再清，没有管住源头。",
     "会开了、文发了，过程没人盯，结果没人问。", "选难点村蹲点，把病根找准再开方子。",
     "列出清单，一件一件销号，不搞齐步走。", "谁牵头谁负责，半月一调度，一季一晒账。"),
    ("回顾全年，任务重、变化多，大家顶住压力，各项事业往前走了一步，报告如下。", "把课堂搬到田间和工地，学一条用一条。",
     "推行容缺受理，材料后补，企业等得少了。", "设计变更拖了两个月，抢工期补了回来。",
     "看材料多，看实情少，拿出来的建议不解渴。", "部门之间推着走，责任边界没有划清。",
     "遇到硬骨头绕着走，进度表年年抄。", "用一半时间在一线，发现问题当场交办。",
     "先做样板，再推全县，不贪多求快。", "完不成的说明原因，连续两次的约谈。"),
)  # fmt: skip
UNITS = ("清水县农业农村局", "东风县水利局", "南湖县林业局")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Index]:
    """An index over three reports that share their frame, each with planted names in its heads."""
    folder = tmp_path_factory.mktemp("planted")
    owns = (
        ("欧阳菁华", "德阳", "康定机场", "石桥铺镇", "金穗行动"),
        ("赵启明", "4137项", "向阳红公司", "白马洞水库", "三河五岸"),
        ("赵启明", "德阳", "2019年石桥铺镇", "康定机场", "金穗行动"),
    )
    for unit, own, told in zip(UNITS, owns, TOLD, strict=True):
        words = {f"own{i}": word for i, word in enumerate(own)} | {f"t{i}": line for i, line in enumerate(told)}
        (folder / f"{unit}.txt").write_text(FRAME.format(unit=unit, **words), encoding="utf-8")
    config = rag.Config.load(samples=folder, index=folder / "i")
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        yield index


def own_words(plan: Outline) -> list[str]:
    """Everything the outline says itself: titles, headings, points, prompts, notes; no quotation."""

    def deep(node: OutlineNode) -> Iterator[str]:
        yield node.title
        yield from (other.title for other in node.alternatives)
        yield from (point.text for point in node.points)
        for child in node.children:
            yield from deep(child)

    return [plan.title, *plan.notes, *(words for node in plan.nodes for words in deep(node))]


def test_names_places_figures_and_sayings_of_a_sample_never_come_through(planted: rag.Index) -> None:
    plan = rag.outline(planted, role="北山县畜牧局", topic="2025年度工作总结", year=2026)
    said = "\n".join(own_words(plan))
    assert [word for word in OWN if word in said] == []
    assert not any(unit in said for unit in UNITS)
    # What all of them say does come through, and quotations stay verbatim.
    assert "调查研究不够深入" in said and "强化理论武装" in said
    assert all("调查研究不够深入" not in c.quote or c.quote.startswith("（一）") for c in plan.citations)


def test_an_unflagged_figure_is_masked_and_a_flag_says_so(planted: rag.Index) -> None:
    plan = rag.outline(planted, role="北山县畜牧局", topic="2025年度工作总结", year=2026)
    points = [p for node in plan.nodes for n in (node, *node.children) for p in n.points]
    assert all(p.flags or not re.search(r"\d", p.text) for p in points if p.kind == "point")


def test_the_likeliest_parts_are_those_with_the_highest_expected_f1() -> None:
    # Three reports, probabilities .5 .3 .2; A in all, B in the first two, C in the last alone.
    having = [{1, 2, 3}, {1, 2}, {3}]
    sizes = {1: 2, 2: 2, 3: 2}
    chances = {1: 0.5, 2: 0.3, 3: 0.2}
    # {A}: 2·1/(1+2) = .667; {A, B}: .8·1 + .2·2·1/4 = .9; {A, B, C}: .8·4/5 + .2·4/5 = .8
    assert likeliest(having, sizes, chances) == [0, 1]
    # Where the third is the likeliest by far, its own parts win: {A, C}: .8·1 + .2·.5 = .9 against .6 for {A, B}.
    assert likeliest(having, sizes, {1: 0.1, 2: 0.1, 3: 0.8}) == [0, 2]


def test_what_is_there_from_the_start_stays_and_what_lowers_the_score_is_not_added() -> None:
    having = [{1}, {2, 3}, {3}]
    sizes = {1: 1, 2: 1, 3: 2}
    chances = {1: 1 / 3, 2: 1 / 3, 3: 1 / 3}
    # Start {0}: (2/2 + 0 + 0)/3 = .333. With 1: (2/3 + 2/3 + 2/4)/3 = .611. With 2 as well: (2/4 + 2/4 + 4/5)/3 = .6.
    assert likeliest(having, sizes, chances, start=(0,)) == [0, 1]


def test_copies_of_one_report_are_one_voice(tmp_path: Path, samples: Callable[..., Path]) -> None:
    words = dict.fromkeys((f"own{i}" for i in range(5)), "有关")
    one, other = (
        FRAME.format(unit=unit, **words, **{f"t{i}": line for i, line in enumerate(told)})
        for unit, told in zip(UNITS[:2], TOLD[:2], strict=True)
    )
    folder = samples(甲=one, 乙=one.replace(UNITS[0], UNITS[2]), 丙=other)
    config = rag.Config.load(samples=folder, index=tmp_path / "i")
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        plan = rag.outline(index, role="北山县畜牧局", topic="2025年度工作总结")
    assert len(plan.evidence) == 3
    # A part of the frame that no sample has is nobody's.
    assert {node.support.of for node in plan.nodes if node.cites} == {2}


def test_a_kind_with_few_samples_is_framed_by_its_convention(tmp_path: Path, samples: Callable[..., Path]) -> None:
    folder = samples(甲="某局员工2025年学习心得体会\n一、存在的不足\n学得不深。\n二、今后的打算\n每天读书。\n")
    config = rag.Config.load(samples=folder, index=tmp_path / "i")
    rag.build(config, embedder=HashEmbedder())
    with rag.Index.open(config, embedder=HashEmbedder()) as index:
        plan = rag.outline(index, role="某局员工", topic="学习心得体会", year=2026)
    assert [(node.function, node.support.of) for node in plan.nodes] == [("体会", 0), ("问题", 1), ("整改", 1)]
    assert [point.kind for point in plan.nodes[0].points] == ["convention"]
    assert any("按该文种的通行结构列出，不来自样本：学习的主要收获" in note for note in plan.notes)
    assert sum(node.share for node in plan.nodes) == pytest.approx(1.0, abs=0.2)


def test_any_few_samples_give_an_outline_whose_every_point_is_cited(seeds_index: rag.Index) -> None:
    documents = seeds_index.tables.documents()
    by_genre: dict[str, list[str]] = {}
    for document in documents:
        by_genre.setdefault(document.profile.value("genre") or "", []).append(document.source.path)
    few = [("市住建局机关第二党支部_2022", "市科协科普部干部_2021", "派出所民警_2023")]  # a remedy told among problems
    draw = random.Random(11)
    chosen = [[p for p in by_genre["对照检查材料"] if any(name in p for name in names)] for names in few]
    for genre in sorted(by_genre):
        chosen += [draw.sample(by_genre[genre], min(len(by_genre[genre]), size)) for size in (1, 2, 4)]
    for paths in chosen:
        genre = next(genre for genre, members in by_genre.items() if paths[0] in members)
        others = [d.source.path for d in documents if d.source.path not in paths]
        plan = rag.outline(seeds_index, role="乡镇干部", topic=genre, year=2026, exclude=others)
        assert {row.path for row in plan.evidence} <= set(paths)
        numbers = {citation.number for citation in plan.citations}
        points = [p for node in plan.nodes for n in (node, *node.children) for p in n.points]
        assert all(set(p.cites) <= numbers and bool(p.cites) == (p.kind == "point") for p in points)


def test_a_length_is_shared_out_by_the_usual_shares(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="小学校长", topic="述职述廉", length=3500)
    text = rag.render(plan, "md").decode()
    for node in plan.nodes:
        assert plan.budget(node) == round(node.share * 350) * 10
        assert f"约占 {node.share:.0%}，约 {plan.budget(node)} 字" in text
    without = rag.outline(seeds_index, role="小学校长", topic="述职述廉")
    assert " 字*" not in rag.render(without, "md").decode() and without.budget(without.nodes[0]) is None


def test_an_explanation_names_every_sample_part_and_backbone(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="县教育局局长", topic="民主生活会个人对照检查", explain=True)
    lines = "\n".join(plan.explanation)
    assert all(f"样本“{row.title}”" in lines for row in plan.evidence)
    for node in plan.nodes:
        assert re.search(rf"部分“{re.escape(node.title)}”：\d+ 篇样本中 \d+ 篇有，可能 \d+%，列入", lines)
        assert f"要点“{node.title}”：" in lines
    assert "## 为什么这样列" in rag.render(plan, "md").decode()
    quiet = rag.outline(seeds_index, role="县教育局局长", topic="民主生活会个人对照检查")
    assert quiet.explanation == () and "为什么这样列" not in rag.render(quiet, "md").decode()


def test_the_json_keeps_to_the_published_schema_and_comes_back_the_same(seeds_index: rag.Index) -> None:
    schema = json.loads((ROOT / "docs/outline.schema.json").read_text(encoding="utf-8"))
    for role, topic in (("县教育局局长", "民主生活会个人对照检查"), ("市审计局", "关于经费管理的请示")):
        written = rag.render(rag.outline(seeds_index, role=role, topic=topic, length=2000, explain=True), "json")
        jsonschema.Draft202012Validator(schema).validate(json.loads(written))
        assert rag.render(loaded(written), "json") == written
    broken = json.loads(written)
    broken["nodes"][0]["points"].append(
        {"text": "无出处", "kind": "point", "support": {"count": 1, "of": 1}, "cites": [], "flags": []}
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 1, "request": {}}'])
def test_json_that_is_no_outline_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        loaded(data)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("在在学习上", "在学习上"), ("工作的的问题", "工作的问题"), ("天天学、常常讲", "天天学、常常讲")],
)
def test_particles_typed_twice_are_mended_for_display(typed: str, meant: str) -> None:
    assert undoubled(typed) == meant
