"""The numbering grammar: a table of lines with the near-misses in it, and the trees of small texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.config import Config
from rag.datatypes import Block, Document, Node, Source
from rag.parse import front, parse
from rag.parse.markers import line_mark
from rag.read import joined, read
from rag.understanding import Understood, understood


def document(text: str) -> Document:
    return joined(Source("t/样本.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])


def tree(text: str) -> Node:
    found = document(text)
    return parse(found, front(found))


def outline_of(node: Node) -> list[tuple[int, str, str, str]]:
    return [(n.level, n.kind, n.marker, n.title) for n in node.walk()]


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        ("一、存在的问题", "cn", 1),
        ("十一、其他", "cn", 11),
        ("（三）作风方面", "(cn)", 3),
        ("(三)作风方面", "(cn)", 3),
        ("1.加强学习", "arabic", 1),
        ("1．加强学习", "arabic", 1),
        ("9.2020年审计指出的问题", "arabic", 9),
        ("3、2021年以来的欠账", "arabic", 3),
        ("１、加强学习", "arabic", 1),
        ("12、加强学习", "arabic", 12),
        ("（1）加强学习", "(arabic)", 1),
        ("1）加强学习", "arabic)", 1),
        ("①受过处罚", "circled", 1),
        ("第一，思想松了", "ord", 1),
        ("第三章　职责", "chapter", 3),
        ("一是学得不深", "is", 1),
        ("二要改作风", "must", 2),
        ("**一、学习情况**", "cn", 1),
        ("## 二、问题", "cn", 2),
        ("1.1 总体目标", "dec2", 1),
    ],
)
def test_marks_that_open_a_line(line: str, kind: str, number: int) -> None:
    mark = line_mark(line, 0, len(line), {})
    assert mark is not None
    assert (mark.kind.name, mark.number) == (kind, number)


@pytest.mark.parametrize(
    "line",
    [
        "2024年以来，全县完成投资",
        "3.5公里的道路",
        "一直以来，支部坚持",
        "十分重视学习",
        "一二三产业融合",
        "一、二、三产业融合发展",
        "第一、第二产业",
        "1995年10月入党",
        "位列第一，全县领先",
        "6月底前完成",
        "一要素市场",
    ],
)
def test_near_misses_are_no_marks(line: str) -> None:
    assert line_mark(line, 0, len(line), {"arabic": 5}) is None


def test_a_number_without_its_point_continues_an_open_list_only() -> None:
    line = "6法律法规规定的其他条件"
    assert line_mark(line, 0, len(line), {}) is None
    mark = line_mark(line, 0, len(line), {"arabic": 5})
    assert mark is not None
    assert mark.number == 6


def test_run_in_headings_inline_chains_and_a_skipped_number() -> None:
    text = (
        "某支部对照检查材料\n一、学习情况\n1、理论学习有收获。采取多种形式学。一是领学。读了书。二是自学。写了笔记。四是研学。去了纪念馆。\n"
        "2、读书班有收获。办了两期。\n二、存在的问题\n1、联系群众不够。下去得少。\n2、作风不实。开会多。"
    )
    assert outline_of(tree(text)) == [
        (1, "section", "一、", "学习情况"),
        (2, "section", "1、", "理论学习有收获"),
        (3, "point", "一是", "领学"),
        (3, "point", "二是", "自学"),
        (3, "point", "四是", "研学"),
        (2, "section", "2、", "读书班有收获"),
        (1, "section", "二、", "存在的问题"),
        (2, "section", "1、", "联系群众不够"),
        (2, "section", "2、", "作风不实"),
    ]


def test_numbered_sentences_with_nothing_beneath_are_points_and_a_tie_means_points() -> None:
    text = "岗位说明书\n一、条件\n1.品行端正，实绩突出；\n2.任现职满两年；\n3.考核称职。\n二、程序\n1.报名。填表报送组织部。\n2.考核合格；"
    kinds = {(n.marker, n.title): n.kind for n in tree(text).walk()}
    assert kinds["1.", "品行端正，实绩突出"] == "point"
    assert kinds["1.", "报名"] == "point"
    assert kinds["一、", "条件"] == "section"


def test_long_leads_make_points_of_a_list_though_text_follows() -> None:
    lead = "电力发展应当纳入区域电网统筹考虑并结合本地资源条件实现优化配置和平稳运行，不宜单独布点建设"
    text = f"关于电厂的函\n一、电厂问题。来文收悉。\n（一）{lead}。理由如下。\n（二）{lead}二。理由如上。"
    kinds = [n.kind for n in tree(text).walk()]
    assert kinds == ["section", "point", "point"]


def test_an_inline_chain_that_starts_again_is_a_list_below() -> None:
    text = "党性分析\n一是学得浅。主要有两条，一是读得少，二是想得少。\n二是做得虚。开会代替落实。"
    assert outline_of(tree(text)) == [
        (1, "point", "一是", "学得浅"),
        (2, "point", "一是", "读得少，"),
        (2, "point", "二是", "想得少"),
        (1, "point", "二是", "做得虚"),
    ]


def test_a_plain_paragraph_ends_a_list_unless_the_list_goes_on() -> None:
    text = "党性分析\n一是学得浅。\n还有一段说明。\n二是做得虚。\n总之，要改。\n1.立行立改。马上就办。\n2.长期坚持。不走过场。"
    root = tree(text)
    first, second = root.children[0], root.children[1]
    assert text[first.start : first.end].endswith("还有一段说明。")
    assert text[second.start : second.end] == "二是做得虚。"
    assert [(n.level, n.marker) for n in root.walk()][2:] == [(1, "1."), (1, "2.")]


def test_marks_inside_quotations_are_quoted_not_parsed() -> None:
    text = "对照检查\n文件要求“一是要学，二是要做”，我没有做到。"
    assert outline_of(tree(text)) == []


def test_headings_without_numbers_come_from_the_formats_own_levels() -> None:
    blocks = [
        Block("报告", level=0),
        Block("工作回顾", level=1),
        Block("做了三件事。"),
        Block("问题", level=1),
        Block("还有差距。"),
    ]
    read = joined(Source("t/a.docx", "", "0" * 64), blocks)
    assert outline_of(parse(read, front(read))) == [(1, "section", "", "工作回顾"), (1, "section", "", "问题")]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("某局长2024年度述职报告\n各位领导：\n现报告如下。", "某局长2024年度述职报告"),
        ("本文系作者投稿，仅供参考！\n坚定信念\n强化担当\n——某某党性分析\n正文在这里。", "坚定信念强化担当"),
        (
            "国务院关于推行\n部门联合监管的意见\n国发〔2019〕5号\n各省人民政府：\n正文。",
            "国务院关于推行部门联合监管的意见",
        ),
        ("某县人社局副局长\n职位说明书\n一、工作项目\n1.仲裁；", "某县人社局副局长职位说明书"),
        ("某某工作总结\n张某\n（2024年12月）\n一年来，做了工作。", "某某工作总结"),
        ("春风化雨\n王小明\n这一年，我做了工作。", "春风化雨"),
        (
            "国务院关于推行\n执法公示制度记录制度\n审核制度的指导意见\n各省：\n正文。",
            "国务院关于推行执法公示制度记录制度审核制度的指导意见",
        ),
        ("附件2\n某局工作要点\n一、目标\n完成任务。", "某局工作要点"),
        ("某县关于供水的\n实施方案\n一、目标\n通水到户。", "某县关于供水的实施方案"),
        ("党史学习教育开展以来，支部认真学习，现汇报如下：\n一、情况\n学了。", ""),
    ],
)
def test_titles_are_joined_over_lines_and_nothing_else_is(text: str, title: str) -> None:
    assert front(document(text)).title_text == title


def test_what_surrounds_the_body_is_told_apart() -> None:
    text = "某局关于报名的通知\n某发〔2024〕3号\n各乡镇党委：\n一、范围\n在职干部。\n附件：\n1．推荐表\n2．说明书\n某县委组织部\n2024年7月8日"
    kinds = {text[s:e]: kind for s, e, kind in front(document(text)).ignored}
    assert kinds == {
        "某发〔2024〕3号": "number",
        "各乡镇党委：": "addressee",
        "附件：": "attachment",
        "1．推荐表": "attachment",
        "2．说明书": "attachment",
        "某县委组织部": "signature",
        "2024年7月8日": "date",
    }


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="一二三是要第，。：；（）()1２.、①“”\n 学习不够ab#*", max_size=200))
def test_offsets_hold_and_nodes_nest_for_any_text(words: str) -> None:
    root = tree(words)
    text = "\n".join(words.split("\n"))

    def check(node: Node) -> None:
        position = node.start
        for child in node.children:
            assert node.start <= child.start <= child.head_end <= child.end <= max(node.end, child.end)
            assert position <= child.start
            assert text[child.start :].startswith(child.marker)
            position = child.end
            check(child)

    check(root)


def test_a_list_in_a_list_in_a_list_ends_somewhere() -> None:
    root = tree("某局总结\n一、情况\n" + "一是读得少；二是想得浅。" * 2000)

    def depth(node: Node) -> int:
        return 1 + max((depth(child) for child in node.children), default=0)

    assert depth(root) <= 20
    assert sum(1 for _ in root.walk()) == 4001


def test_ten_thousand_headings_are_ten_thousand_nodes() -> None:
    lines = [line for i in range(10_000) for line in (f"（{'一二三四五六七八九'[i % 9]}）抓第{i}项工作", "群众满意。")]
    found = list(tree("\n".join(["某局总结", *lines])).walk())
    assert len(found) == 10_000
    assert {node.kind for node in found} == {"section"}


def test_a_paragraph_of_millions_of_characters_is_one_paragraph() -> None:
    text = (
        "某局总结\n一、情况\n" + "学习不够，作风不实。" * 300_000 + "有人说“一是甲；二是乙”。一是读得少；二是想得浅。"
    )
    assert [(n.marker, n.title) for n in tree(text).walk()] == [
        ("一、", "情况"),
        ("一是", "读得少"),
        ("二是", "想得浅"),
    ]


@given(
    words=st.text(
        alphabet="一二三是要第，。：；（）()1２.、①“”\n 附件关于学习不够今后我将县局2024年日ab#*", max_size=400
    )
)
def test_the_canonical_text_keeps_every_letter_and_is_read_as_it_was(
    words: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def read_as_text(text: str) -> Understood:
        file = tmp_path_factory.mktemp("canonical") / "稿.txt"
        file.write_text(text, encoding="utf-8")
        return understood(read(file, "样本/稿.txt", Config()))

    if not any(char.isalnum() for char in words):
        return
    once = read_as_text(words)
    text = once.report.document.text
    assert "".join(text.split()) == "".join(words.split())
    again = read_as_text(text)
    assert again.report.document.text == text
    assert again.report.root == once.report.root


@pytest.mark.parametrize(
    ("lines", "titles"),
    [
        (("关于某年震情趋势和", "加强防御工作意见的报告"), ["关于某年震情趋势和加强防御工作意见的报告"]),
        (("议事协调联席会议", "成员名单"), ["议事协调联席会议成员名单"]),
        (("工作安排", "督查通报"), ["工作安排", "督查通报"]),
        (("主要做法", "几点体会和认识"), ["主要做法", "几点体会和认识"]),
    ],
)
def test_an_unnumbered_heading_over_two_lines_is_one(lines: tuple[str, str], titles: list[str]) -> None:
    body = "各单位要抓好落实，按时报送情况，年底前对照目标逐项核对。"
    blocks = [Block("某局关于有关事项的通知"), Block(body), *(Block(line, level=2) for line in lines), Block(body)]
    document = joined(Source("样本/甲.docx", "甲", "0" * 64), blocks)
    root = parse(document, front(document))
    assert [node.title for node in root.children] == titles
    assert all(document.text[n.start : n.head_end].replace("\n", "") == n.title for n in root.children)
