"""What an outline may take from reports of another matter or post, and how their parts are told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import HashEmbedder

import rag
from rag.assemble import alignment, likeness
from rag.assemble.eligible import OTHER_MATTER
from rag.assemble.samples import Section
from rag.datatypes import Node, Outline, OutlineNode, OutlinePoint
from rag.index import Index
from rag.understanding import understood

Opened = Callable[..., Index]

OPINION = """{unit}关于{matter}的意见
为做好有关工作，提出如下意见。
一、总体要求
（一）指导思想。{t0}
二、{own}
（一）{own_point}。{t1}
（二）{other_point}。{t2}
三、保障措施
（一）加强组织领导。{t3}
"""
YARD = {
    "unit": "某县农业农村局", "matter": "冷链物流", "own": "建好冷链物流骨干网", "own_point": "冷链设施改造", "other_point": "技术培训",
    "t0": "按上级部署抓好这件事。", "t1": "分期推进，先急后缓，旧库先改。", "t2": "每季度办一期，请老把式讲。", "t3": "成立专班，定期会商。",
}  # fmt: skip
FIELD = {
    "unit": "某县农业农村局", "matter": "测土配方施肥", "own": "把测土配方施肥做细", "own_point": "配方肥到户", "other_point": "田间示范",
    "t0": "照着年初的安排往前走。", "t1": "配方上墙，按方抓药，谁家地谁签收。", "t2": "每乡两块样板田，丰收现场看。", "t3": "一把手挂帅，进度上墙。",
}  # fmt: skip
WATER = {
    "unit": "某县水利局", "matter": "灌区管护", "own": "推进灌区管护到边到角", "own_point": "渠道分段包干", "other_point": "水费计收",
    "t0": "围绕增产保供做文章。", "t1": "一段一牌，渠长签字，汛前汛后各查一遍。", "t2": "按方收费，账目上墙。", "t3": "水利牵头，各乡配合。",
}  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path, samples: Callable[..., Path]) -> Iterator[Opened]:
    """opened(名字="全文", …): an index over these samples."""
    indexes: list[Index] = []

    def over(**texts: str) -> Index:
        config = rag.Config.load(samples=samples(**texts), index=tmp_path / "i")
        rag.build(config, embedder=HashEmbedder())
        indexes.append(rag.Index.open(config, embedder=HashEmbedder()))
        return indexes[-1]

    yield over
    for index in indexes:
        index.close()


def headings(plan: Outline) -> list[str]:
    return [words for node in plan.nodes for words in (node.title, *(other.title for other in node.alternatives))]


def points(nodes: tuple[OutlineNode, ...]) -> Iterator[OutlinePoint]:
    for node in nodes:
        yield from node.points
        yield from points(node.children)


def test_another_matters_headings_and_points_stay_with_their_report(opened: Opened) -> None:
    index = opened(甲=OPINION.format(**YARD), 乙=OPINION.format(**FIELD), 丙=OPINION.format(**WATER))
    plan = rag.outline(index, role="某县水利局", topic="关于农村饮水安全的意见", year=2026)
    assert {"总体要求", "保障措施"} <= set(headings(plan))
    assert not [words for words in headings(plan) if "冷链" in words or "配方" in words or "灌区" in words]
    told = {point.text: point.flags for point in points(plan.nodes) if point.kind == "point"}
    # Another field's own matter is left out; this field's is lent with a warning; what all of them say needs none.
    assert not [words for words in told if "冷链" in words or "配方" in words]
    assert OTHER_MATTER in told["渠道分段包干"]
    assert told["加强组织领导"] == ()


def test_a_report_on_the_matter_asked_for_lends_freely(opened: Opened) -> None:
    index = opened(甲=OPINION.format(**YARD), 乙=OPINION.format(**FIELD), 丙=OPINION.format(**WATER))
    plan = rag.outline(index, role="某县水利局", topic="关于加强灌区管护的意见", year=2026)
    told = {point.text: point.flags for point in points(plan.nodes) if point.kind == "point"}
    assert told["渠道分段包干"] == ()
    assert "推进灌区管护到边到角" in headings(plan)


HEAD = """某县卫生健康局局长2025年度述职报告
一、主要工作
（一）推进医共体建设。五家卫生院一本账。
（二）开展家庭医生签约。签一户服务一户。
二、存在的问题
（一）基层服务能力不强。设备有了人没有。
三、下一步打算
（一）补齐基层人才短板。县管乡用。
"""
NURSE = """某县人民医院护士长2025年度述职报告
一、主要工作
（一）缩短溶栓等待。流程压到三十分钟。
（二）改进出院随访。两周内打电话。
二、存在的问题
（一）带教不够耐心。新人不敢问。
三、下一步打算
（一）坚持每周教学查房。护士轮流讲。
"""


def test_what_another_post_did_is_no_ones_to_tell(opened: Opened) -> None:
    index = opened(甲=HEAD, 乙=NURSE)
    plan = rag.outline(index, role="某县卫生健康局局长", topic="2026年度述职报告", year=2026)
    told = {point.text for point in points(plan.nodes) if point.kind == "point"}
    assert "推进医共体建设" in told
    assert not told & {"缩短溶栓等待", "改进出院随访"}


SPLIT = """某县局科员2025年党性分析材料
一、政治站位上的问题
（一）学习不深入。读得少。
二、履行职责上的问题
（一）担当不够。怕得罪人。
三、工作作风上的问题
（一）调研不扎实。走马观花。
四、原因剖析
（一）宗旨意识淡化。想自己多。
五、整改措施
（一）坚持每周自学。记笔记。
"""
WHOLE = """{who}2025年党性分析材料
一、{title}
（一）{first}
二、原因剖析
（一）{why}
三、整改措施
（一）{mend}
"""


def test_parts_that_one_report_alone_has_are_one_part_of_the_outline(opened: Opened) -> None:
    texts = {
        name: WHOLE.format(who=who, title=title, first=first, why=why, mend=mend)
        for name, who, title, first, why, mend in (
            ("乙", "某镇科员", "存在的问题", "作风不够扎实。下村少。", "要求不严。放松了。", "每月下村。住两晚。"),
            ("丙", "某办科员", "主要问题", "业务不够熟练。常出错。", "钻研不够。怕麻烦。", "每天学一条。考自己。"),
        )
    }
    plan = rag.outline(opened(甲=SPLIT, **texts), role="某局科员", topic="党性分析", year=2026)
    assert [node.function for node in plan.nodes] == ["问题", "原因", "整改"]
    assert plan.nodes[0].support.count == 3


ESSAY = """心里的秤
——在县委党校2025年培训班上的党性分析
某镇驻村第一书记 张某

来党校之前，我把三年的账翻了一遍，完成的项目有十二个，落实到户的补贴一笔不少。

对照群众的意见，我的问题有这样几处。
一是办事图快，应付了事。开会讲得多，听得少，数字也有水分。
二是作风不实，走马观花。进了院子不坐下，看不见人家的难处。

究其原因，归根到底是思想上放松了要求，总觉得干得多就是干得好，心里想的是自己的脸面。

今后，我将每月住村二十天，坚持挨户走一遍，建立问题台账，牵头解决。
"""


def test_an_essay_opens_with_its_title_lines_and_a_list_of_faults_is_its_problems(tmp_path: Path) -> None:
    from rag.read import read

    file = tmp_path / "甲.txt"
    file.write_text(ESSAY, encoding="utf-8")
    found = understood(read(file, "样本/甲.txt", rag.Config()))
    text = found.report.document.text
    assert text[found.zones[0].start : found.zones[0].end].endswith("张某") and found.zones[0].function == "开头"
    assert {node.title: node.function for node in found.report.root.children if node.kind == "point"} == {
        "办事图快，应付了事": "问题",
        "作风不实，走马观花": "问题",
    }


class _Sample:
    """A report, as far as alignment looks at it."""

    def __init__(self, author: str) -> None:
        self.weight = type("W", (), {"author": author})()


def section(sample: Any, function: str, position: float) -> Section:
    return Section(sample, function, None, None, 0, 1, 0.1, position, ())


def test_sections_are_aligned_by_average_linkage_and_never_within_a_report() -> None:
    one, two, three = (_Sample(name) for name in "甲乙丙")
    rows = [
        section(one, "问题", 0.2),
        section(one, "问题", 0.3),
        section(two, "问题", 0.3),
        section(three, "整改", 0.9),
    ]
    # One function .45, place .15 × (1 - distance): .15 for the second and third (.600), .135 for the first and third.
    found = alignment.aligned(rows)
    assert [[rows.index(s) for s in cluster] for cluster in found] == [[0], [1, 2], [3]]


def test_likeness_of_all_pairs_is_what_it_is_of_each() -> None:
    # 加强学习 and 加强调研 share one bigram of three each, 2·1/6; 办会 shares none.
    words = [frozenset({"加强", "强学", "学习"}), frozenset({"加强", "强调", "调研"}), frozenset({"办会"})]
    dice = likeness.dice_of_all(words)
    assert [dice[0, 1], dice[0, 2], dice[1, 2]] == [pytest.approx(1 / 3), 0.0, 0.0]
    unit = [np.array(row, dtype=np.float32) for row in ((1, 0), (0.6, 0.8), (0, 1))]
    alike = likeness.alike(unit, dice)
    assert [alike[0, 1], alike[0, 2]] == [pytest.approx(0.7 * 0.6 + 0.3 / 3), 0.0]


def test_every_node_says_its_function(tmp_path: Path) -> None:
    from rag.read import read

    file = tmp_path / "甲.txt"
    file.write_text(HEAD, encoding="utf-8")
    found = understood(read(file, "样本/甲.txt", rag.Config()))

    def all_nodes(node: Node) -> Iterator[Node]:
        for child in node.children:
            yield child
            yield from all_nodes(child)

    assert [node.function for node in all_nodes(found.report.root)] == ["工作"] * 3 + ["问题"] * 2 + ["整改"] * 2
