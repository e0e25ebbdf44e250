"""What a report is and what a request asks for, as tables; and what sections are for."""

from __future__ import annotations

import pytest

from rag import functions, profiles
from rag.datatypes import Block, Source
from rag.read import joined
from rag.understanding import understood


@pytest.mark.parametrize(
    ("words", "genre"),
    [
        ("某县农业农村局局长2023年专题民主生活会个人对照检查材料", "对照检查材料"),
        ("在某某培训班上的党性分析材料", "党性分析"),
        ("2024年度述学述职述廉述法报告", "述职报告"),
        ("2025年上海市政府工作报告", "政府工作报告"),
        ("某局2024年工作总结和2025年工作计划", "工作总结"),
        ("关于开展某某专项整治的通知", "通知"),
        ("关于加强某某工作的意见（试行）", "意见"),
        ("国务院办公厅关于某省某某问题办理情况的函", "函"),
        ("某某局副局长职位说明书", "职位说明书"),
        ("街道关于巡察反馈问题的整改方案", "整改方案"),
        ("没有文种的话", None),
    ],
)
def test_genres(words: str, genre: str | None) -> None:
    assert profiles.genre_of(words) == genre


@pytest.mark.parametrize(
    ("words", "unit", "family"),
    [
        ("县教育局局长", "县教育局", "部门正职"),
        ("教育科技体育局长", "教育科技体育局", "部门正职"),
        ("县教育局副局长（分管德育）", "县教育局", "部门副职"),
        ("某市第六中学副校长", "某市第六中学", "学校领导"),
        ("市科协机关党支部书记", "市科协", "支部书记"),
        ("市科协机关党支部", "市科协机关党支部", "支部班子"),
        ("临江街道春和社区党委书记", "临江街道春和社区党委", "村社区书记"),
        ("某县白沙河镇人民政府镇长", "某县白沙河镇人民政府", "乡镇街道正职"),
        ("驻村第一书记", None, "驻村干部"),
        ("市人民医院骨科主任", "市人民医院", "医院科室负责人"),
        ("某县城投公司党委书记", "某县城投公司", "国企领导"),
        ("省长", None, "政府"),
    ],
)
def test_roles(words: str, unit: str | None, family: str) -> None:
    role = profiles.role_of(words)
    assert role is not None
    assert (role.unit, role.family) == (unit, family)


def profile_of(name: str, text: str) -> tuple[str | None, ...]:
    read = joined(Source(f"t/{name}.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    found = understood(read).report.profile
    return found.value("genre"), found.value("year"), found.value("person"), found.family


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a",
            "教育局长2022年专题组织生活会对照检查材料\n我认真学习。我不够深入，本人有差距。",
            ("对照检查材料", "2022", "个人", "部门正职"),
        ),
        (
            "b",
            "党史学习教育开展以来，机关支部认真学习，形成支部剖析材料。党史学习教育中我们支部有差距，支部班子不够严。支部将改。",
            ("对照检查材料", "2021", "班子", "支部班子"),
        ),
        (
            "村支书_2024年述职报告",
            "述职报告\n一年来，我带着大家修路。我做得不够，自己急躁。",
            ("述职报告", "2024", "个人", "村社区书记"),
        ),
        ("c", "某某局关于报名的通知\n各单位：\n请报名。\n某某局\n2019年7月8日", ("通知", "2019", "班子", None)),
    ],
)
def test_profiles_of_documents(name: str, text: str, expected: tuple[str | None, ...]) -> None:
    assert profile_of(name, text) == expected


def test_each_fact_says_where_it_was_read() -> None:
    text = "教育局长2022年专题组织生活会对照检查材料\n我认真学习。"
    read = joined(Source("t/a.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    profile = understood(read).report.profile
    assert profile.year is not None
    assert profile.year.span is not None
    assert text[slice(*profile.year.span)] == "2022"


def test_news_about_a_meeting_is_no_sample_of_one() -> None:
    text = "某局召开专题民主生活会\n本报讯（记者 某某）近日，某局召开专题民主生活会，会议由局长主持。与会人员作了发言。"
    read = joined(Source("t/a.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    assert not understood(read).report.profile.is_material


@pytest.mark.parametrize(
    ("heading", "function"),
    [
        ("存在的问题和不足", "问题"),
        ("问题产生的原因分析", "原因"),
        ("问题根源剖析", "原因"),
        ("存在的问题及原因", "问题"),
        ("今后努力方向", "整改"),
        ("下一步工作打算", "整改"),
        ("上年度查摆问题的整改情况", "上次整改"),
        ("学习贯彻重要讲话情况和心得", "学习"),
        ("廉洁自律方面存在的不足", "问题"),
        ("廉洁自律情况", "廉洁"),
        ("2024年工作回顾", "工作"),
        ("2025年重点工作", "任务"),
        ("2025年工作总体要求", "目标"),
        ("组织领导", "保障"),
        ("典型案例剖析", "案例"),
        ("春风十里", None),
    ],
)
def test_functions_of_headings(heading: str, function: str | None) -> None:
    assert functions.of_heading(heading) == function


def test_an_essay_without_headings_gets_functions_from_left_to_right() -> None:
    text = (
        "党性分析材料\n根据安排，我有幸参加培训，现汇报如下。\n通过集中学习和参观，系统学习了理论，聆听了讲座，研读了原著。\n"
        "对照要求，我还有不足：学习不够深入，调研不够扎实，担当不强，作风不严。\n"
        "究其原因，思想上放松了要求，根源在于总觉得差不多，归根到底是党性不纯。\n"
        "今后，我将加强学习，切实改进作风，进一步做到知行合一，确保见效。"
    )
    read = joined(Source("t/a.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    assert [zone.function for zone in understood(read).zones] == ["开头", "学习", "问题", "原因", "整改"]
