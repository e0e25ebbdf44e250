"""Posts and fields of work as people write them: a table of requests and what they mean."""

from __future__ import annotations

import pytest

from rag import profiles
from rag.config import table


def test_the_tables_are_broad() -> None:
    assert len(profiles.known_systems()) >= 25
    assert len({suffix for row in table("roles")["family"] for suffix in row["suffixes"]}) >= 60


def test_every_name_in_the_tables_is_known() -> None:
    families, systems = set(profiles.known_families()), set(profiles.known_systems())
    for row in table("roles")["family"]:
        assert set(row["kin"]) <= families, row["name"]
        assert {row["system"]} <= systems if "system" in row else True
    assert {row["family"] for row in table("roles")["post"]} <= families
    assert all(len(row["words"]) > 1 for row in table("synonyms")["group"])


@pytest.mark.parametrize(
    ("role", "family", "system"),
    [
        ("教体局领导", "部门正职", "教育"), ("县人社局副局长", "部门副职", "人社"), ("派出所所长", "政法干警", "公安政法"),
        ("财政所所长", "中层干部", "财政"), ("人民法院院长", "政法干警", "公安政法"), ("乡镇卫生院院长", "医院领导", "卫健"),
        ("职业技术学院院长", "学校领导", "高校"), ("养老院院长", "部门正职", "民政"), ("街道党工委书记", "乡镇街道正职", "街道社区"),
        ("社区党总支书记", "村社区书记", "街道社区"), ("国企党委书记", "国企领导", "国企"), ("高校党委书记", "学校领导", "高校"),
        ("团县委书记", "群团负责人", "群团"), ("政法委书记", "党委领导", "公安政法"), ("县委办公室主任", "中层干部", "政府"),
        ("巡察组组长", "纪检干部", "纪检"), ("消防员", "政法干警", "应急"), ("退役军人事务局局长", "部门正职", "退役军人"),
        ("信访局局长", "部门正职", "信访"), ("农商银行董事长", "国企领导", "金融"), ("不动产登记中心主任", "中层干部", "自然资源"),
        ("班主任", "教师", "教育"), ("科室主任", "医院科室负责人", "卫健"), ("入党积极分子", "学生", "教育"),
        ("人社部门", None, "人社"), ("审计厅", None, "审计统计"), ("气象局干部", "一般干部", "应急"),
    ],
)  # fmt: skip
def test_a_post_has_its_family_and_field(role: str, family: str | None, system: str) -> None:
    asked = profiles.of_request(role, "近期有关情况")
    assert asked.family == family
    assert system in asked.systems


@pytest.mark.parametrize(
    ("told", "family", "system"),
    [
        ("我是一名在县教育局工作三年的年轻科员，分管办公室文字", "一般干部", "教育"),
        ("作为镇党委书记，要在全体干部会上讲话", "乡镇街道正职", "乡镇"),
        ("在市医院急诊科当护士长", "医院科室负责人", "卫健"),
        ("刚到村里的驻村第一书记", "驻村干部", "村"),
        ("我在省审计厅工作", None, "审计统计"),
    ],
)
def test_a_role_told_in_a_sentence(told: str, family: str | None, system: str) -> None:
    asked = profiles.of_request(told, "近期有关情况")
    assert asked.family == family
    assert system in asked.systems


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("国务院办公厅", "中央"), ("广东省政府", "省"), ("宁夏政府", "自治区"), ("自治区主席", "自治区"), ("上海市政府", "直辖市"),
        ("直辖市市长", "直辖市"), ("市市场监管局科员", "市"), ("淳安县人社局副局长", "县"), ("某县白沙河镇镇长", "乡镇"),
        ("城南街道办事处主任", "乡镇"), ("桂苑社区党支部", "村社区"), ("城市管理局", None), ("市场监管局", None),
        ("乡村振兴局", None), ("", None),
    ],
)  # fmt: skip
def test_levels(words: str, level: str | None) -> None:
    assert profiles.level_of(words) == level


def test_levels_next_to_each_other_are_half_alike() -> None:
    assert profiles.level_likeness("县", "县") == 1.0
    assert profiles.level_likeness("县", "市") == 0.5
    assert profiles.level_likeness("直辖市", "省") == 0.5
    assert profiles.level_likeness("县", "省") == 0.0
    assert profiles.level_likeness("县", None) == 0.0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("专题组织生活会", "组织生活会"),
        ("年度民主生活会", "民主生活会"),
        ("党校春季主体班", "培训"),
        ("座谈会", None),
        (None, None),
    ],
)
def test_occasions_of_one_kind_compare_equal(words: str | None, kind: str | None) -> None:
    assert profiles.occasion_kind(words) == kind
