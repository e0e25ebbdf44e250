"""Each rule of `rag check` on lines with the near-misses in them. No index is needed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import rag
from rag.datatypes import RULES, Review
from rag.review import REVIEWERS
from rag.review.fixing import certain, corrected

TITLE = "某局科长2025年度组织生活会个人对照检查材料\n"


def found(text: str, rule: str, year: int = 2025) -> list[str]:
    """What a rule marks in `text`."""
    review = rag.check(None, text, year=year)
    return [text[f.start : f.end] for f in review.findings if f.rule == rule]


def fixed(text: str, year: int = 2025) -> str:
    return corrected(text, certain(rag.check(None, text, year=year).findings))


def rules_of(review: Review) -> set[str]:
    return {finding.rule for finding in review.findings}


def test_the_table_lists_every_rule_and_every_rule_states_its_source() -> None:
    assert tuple(REVIEWERS) == RULES
    for rule in RULES:
        module = __import__(f"rag.review.{rule}", fromlist=["review"])
        assert module.__doc__.startswith(f"{rule}: ")
        assert "Rule" in module.__doc__ and "Source:" in module.__doc__
        assert "规定" in module.__doc__ or "惯例" in module.__doc__ or rule == "confusion"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("全年走访XX户，投入××万元。", ["XX", "××"]),
        ("组织学习X次，参观xx。", ["X", "xx"]),
        ("时间为2025年  月  日。", ["年  月  日"]),
        ("负责人____，电话（  ）。", ["____", "（  ）"]),
        ("完成率【待补充】，〔请填写单位名称〕。", ["【待补充】", "〔请填写单位名称〕"]),
        ("这是某某同志提的。", ["某某"]),
        ("他在某县工作。", ["某"]),
        ("购置X光机和X射线仪，面积3×5米，“数据要素×”行动。", []),
        ("国办发〔2024〕12号文件，某些同志、某种程度上、某个环节。", []),
        ("二○○八年和二〇二五年。见（附件）。", []),
    ],
)
def test_placeholders(text: str, marked: list[str]) -> None:
    assert found(text, "placeholder") == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("问题有四个：一是学得浅。二是想得少。四是做得慢。五是改得晚。", ["四是"]),
        ("开头说明情况。\n一、学习\n学了。\n二、问题\n不够。\n四、打算\n要改。", ["四、"]),
        ("说明。\n一、学习\n（一）读书。读了很多书。\n（二）听课。听了几次课。\n（二）笔记。写了两本。", ["（二）"]),
        ("主要有：一是学得浅，没有深入。这件事还要再想。", ["一是"]),
        ("说明。\n一、学习\n1.读书。读了很多书。\n2、听课。听了几次课。\n3.笔记。写了两本。", ["2、"]),
        ("说明。\n一、学习\n学了。\n二、问题\n不够。\n3.打算\n要改。", ["3."]),
        ("问题：一是学得浅。二是想得少。三是做得慢。", []),
        ("一是一，二是二，不能含糊。位列第一，不容易。", []),
        ("病根有三个。第一，图省事。\n第二，怕得罪人。\n第三，要面子。", []),
        (
            "说明。\n一、工作\n（一）抓建设。建成了。\n（二）抓管理。管好了。\n二、打算\n（三）抓服务。服务好。\n（四）抓队伍。带好队伍。",
            [],
        ),
        ("解释。\n1.“两重”：重大战略。\n2.6个专项：六个方面。\n3.“两新”：更新换新。", []),
    ],
)
def test_numbering(text: str, marked: list[str]) -> None:
    assert found(text, "numbering") == marked


@pytest.mark.parametrize(
    ("text", "year", "marked"),
    [
        ("扎实开展党史学习教育。", 2026, ["党史学习教育"]),
        ("扎实开展党史学习教育。", 2021, []),
        ("巩固拓展党史学习教育成果。", 2026, []),
        ("2021年开展党史学习教育时我在场。", 2026, []),
        ("深入学习贯彻党的十九大精神。", 2025, ["党的十九大精神"]),
        ("党的十九大以来，成绩有目共睹。", 2025, []),
        ("学习贯彻党的十九届六中全会精神。", 2025, ["党的十九届六中全会精神"]),
        ("已报县卫计局备案，依据《中华人民共和国合同法》。", 2025, ["卫计局", "《中华人民共和国合同法》"]),
        ("坚决打赢脱贫攻坚战。", 2025, ["坚决打赢脱贫攻坚战"]),
        ("巩固拓展脱贫攻坚成果。动物疫情防控。", 2025, []),
    ],
)
def test_stale_wording_goes_by_the_year(text: str, year: int, marked: list[str]) -> None:
    assert found(text, "stale", year) == marked


def test_the_first_year_after_is_a_hint_and_the_second_a_warning() -> None:
    text = "扎实开展党纪学习教育。"
    severities = {
        year: [f.severity for f in rag.check(None, text, year=year).findings if f.rule == "stale"]
        for year in (2024, 2025, 2026)
    }
    assert severities == {2024: [], 2025: ["info"], 2026: ["warning"]}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("认真学习习总书记讲话。", ["习总书记"]),
        ("坚持用习新时代中国特色社会主义思想武装头脑。", ["习新时代中国特色社会主义思想"]),
        ("学习新时代中国特色社会主义思想。", ["新时代中国特色社会主义思想"]),
        ("在以习近平为核心的党中央领导下。", ["以习近平为核心的党中央"]),
        ("学习了《廉洁自律准则》。", ["《廉洁自律准则》"]),
        ("学习《中国共产党廉洁自律准则》后，又读了一遍《廉洁自律准则》。", []),
        ("习近平总书记强调，学习习近平新时代中国特色社会主义思想。", []),
        ("以习近平同志为核心的党中央。习近平新时代中国特色社会主义经济思想。学习论语。", []),
    ],
)
def test_names_cut_short(text: str, marked: list[str]) -> None:
    assert found(text, "name") == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ('他说"没问题"，就走了。', ['"没问题"']),
        ('持续纠正“四风"方面。', ['“四风"']),
        ("他说“没问题，就走了。", ["“"]),
        ("学习《条例后，我明白了。", ["《"]),
        ("他说：“会上讲‘马上办’，会后没人办。”", []),
        ("1）先学；2）后做。a)读书。", []),
        ("“第一段引文没有完。\n“第二段引文完了。”", []),
        ('屏幕是55"的，型号是 "A-1"。', []),
        ("关于印发《政府网站集约化\n试点工作方案》的通知", []),
    ],
)
def test_pairs(text: str, marked: list[str]) -> None:
    assert found(text, "quotes") == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("时间紧,任务重;人手少。", [",", ";"]),
        ("达到30%,同比上升.下一步要", [",", "."]),
        ("学习了，，又做了。。", ["，，", "。。"]),
        ("学习了，。又做了", ["，。"]),
        ("情况很多...都要改。", ["..."]),
        ("见县政府[2024]第05号文件。", ["[2024]第05号"]),
        ("时间是10:30，共3,200元，增长3.5%。1.学习", []),
        ("真的吗？！他“说过”，“做过”。国发〔2024〕5号。", []),
    ],
)
def test_punctuation(text: str, marked: list[str]) -> None:
    assert found(text, "punctuation") == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("我在在修身做人上有差距，引导引导大家，抓铁有痕的的韧劲。", ["在在", "引导引导", "的的"]),
        ("以服务为目的的活动，为了了解情况，实实在在办事，现在在岗的人。", []),
        ("一个一个过，一步一步走，一校一校策，说着说着就哭了，研究研究再定。", []),
        ("方方面面、时时刻刻、县纪委监委监督检查室、博士博士后。", []),
    ],
)
def test_doubled_words(text: str, marked: list[str]) -> None:
    assert found(text, "doubled") == marked


def test_a_word_that_may_rightly_stand_twice_is_a_hint_that_no_fix_acts_on() -> None:
    text = "核对补贴发放对对象的名单，我在在修身做人上有差距。"
    hint, warning = (f for f in rag.check(None, text, year=2025).findings if f.rule == "doubled")
    assert (hint.severity, hint.edits, text[hint.start : hint.end]) == ("info", (), "对对")
    assert warning.severity == "warning"
    assert [text[edit.start : edit.end] for edit in warning.edits] == ["在在"]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("认真布署，以身做则。", ["布署", "以身做则"]),
        ("截止2024年底，群众反应的问题已办结，必需坚持。", ["截止", "反应", "必需"]),
        ("截止日期是5月，化学反应，生活必需品，坐落在山下。", []),
        ("自己经常学习，对照自己经历，来自已建成的小区，地方按照规定。", []),
        ("来自己方的材料，预防犯罪，超过份额，既使群众得实惠，又使企业得发展。", []),
    ],
)
def test_confusions(text: str, marked: list[str]) -> None:
    assert found(text, "confusion") == marked


INDIVIDUAL = (
    TITLE + "按照要求，我认真查摆了问题，现将情况报告如下。\n一、存在的问题\n"
    "1.学习不深。{}3月的读书班我缺了两次课，笔记是后来补的。\n"
    "2.服务不细。7月有位老人来办证，我让他跑了三趟。\n3.担当不够。9月防汛，我等着上级发话才动身。\n"
    "二、原因\n一是图省事。总想着差不多就行。二是怕担责。三是要面子。\n三、整改措施\n"
    "1.读书。每天读半小时，月底交笔记。\n2.服务。老人的事一次办完，办不完我上门。\n3.担当。汛期我带头值班。\n"
)


def test_a_problem_of_others_is_no_problem_of_mine() -> None:
    assert found(INDIVIDUAL.format("有的同志学习抓得不紧，总想放一放。"), "person") == ["有的同志学习抓得不紧"]
    assert found(INDIVIDUAL.format("我对有的同志要求不严。"), "person") == []
    assert found(INDIVIDUAL.format("“有的同志怕麻烦”是会上的话。"), "person") == []


def test_a_group_does_not_say_i() -> None:
    text = INDIVIDUAL.replace("某局科长", "某局机关党支部").replace("个人对照", "班子对照").replace("我", "支部")
    assert found(text.format(""), "person") == []
    assert found(text.format("本人对学习抓得不紧，没有督促。"), "person") == ["本人对学习抓得不紧"]


def test_problems_without_a_case_are_told_once() -> None:
    vague = INDIVIDUAL.format("")
    for told in (
        "3月的读书班我缺了两次课，笔记是后来补的。",
        "7月有位老人来办证，我让他跑了三趟。",
        "9月防汛，我等着上级发话才动身。",
    ):
        vague = vague.replace(told, "主动性还不强，标准还不高，抓得还不紧。")
    assert found(INDIVIDUAL.format(""), "case") == []
    assert found(vague, "case") == ["一、存在的问题"]
    assert found(INDIVIDUAL.format("虽然能按时参加学习，但是不求甚解。"), "case") == ["虽然能按时参加学习，但是"]


def test_problems_ask_for_remedies_even_without_samples() -> None:
    without = INDIVIDUAL.format("").split("三、整改措施")[0]
    messages = [f.message for f in rag.check(None, without, year=2025).findings if f.rule == "structure"]
    assert messages == ["有“问题”部分，没有“整改”部分"]
    assert found(INDIVIDUAL.format(""), "structure") == []


def test_too_much_learning_is_told() -> None:
    learning = "一、学习情况\n" + "会前参加了集体学习，读了原文，记了笔记，谈了体会，又听了专题辅导。" * 30 + "\n"
    text = INDIVIDUAL.format("").replace("一、存在的问题", learning + "二、存在的问题")
    assert any("超过四分之一" in f.message for f in rag.check(None, text, year=2025).findings if f.rule == "balance")


def test_the_signed_name_must_be_the_writers() -> None:
    text = "2025年述职报告\n我抓了三件事，办成了两件。\n述职人：王建国"
    assert [f.severity for f in rag.check(None, text, names=["李明"]).findings if f.rule == "residue"] == ["error"]
    assert found(text, "residue") == []
    assert [f for f in rag.check(None, text, names=["王建国"]).findings if f.rule == "residue"] == []


def test_a_title_of_another_year_is_told() -> None:
    assert found("2022年述职报告\n我抓了三件事。", "residue", 2025) == ["2022"]
    assert found("2024年工作总结和2025年工作计划\n我抓了三件事。", "residue", 2025) == []


def test_a_clean_confession_has_no_finding_above_info() -> None:
    review = rag.check(None, INDIVIDUAL.format(""), year=2025)
    assert [f for f in review.findings if f.severity != "info" and f.rule != "placeholder"] == []
    assert rules_of(review) == {"placeholder"}  # 某局


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('他说"好",又说"不急"。', "他说“好”，又说“不急”。"),
        ("问题有：一是浅。二是少。四是慢。", "问题有：一是浅。二是少。三是慢。"),
        ("在在这里，，布署工作(试点).", "在这里，部署工作（试点）。"),
        ("他说“好，没有后半。", "他说“好，没有后半。"),
    ],
)
def test_only_what_is_certain_is_corrected(text: str, wanted: str) -> None:
    assert fixed(text) == wanted


def test_what_was_corrected_is_found_no_more() -> None:
    text = 'x"好",他说：一是浅,二是少。四是慢..在在(这里)，，布署'
    again = rag.check(None, fixed(text), year=2025)
    assert [f for f in again.findings if f.edits] == []


def test_tables_of_rules_are_well_formed() -> None:
    import re

    from rag.config import table

    words = [word for group in table("confusion")["group"] for word in group["words"].items()]
    assert len({wrong for wrong, _ in words}) == len(words)
    assert all(wrong != right and len(wrong) >= 2 for wrong, right in words)
    assert not {wrong for wrong, _ in words} & {right for _, right in words}
    for row in (*table("official_names")["name"], *table("stale")["wording"]):
        re.compile(row["pattern"])
        assert row["source"]
    names = {row["name"] for row in table("campaigns")["campaign"]}
    assert set(table("stale")["only"]) <= names


def test_the_users_samples_show_what_is_known_of_them(shared: Path) -> None:
    marked: dict[str, set[str]] = {}
    for path in sorted((shared / "samples/user").glob("*.txt")):
        review = rag.check(None, path, year=2026)
        for finding in review.findings:
            marked.setdefault(finding.rule, set()).add(review.document.text[finding.start : finding.end])
    assert "四是" in marked["numbering"]
    assert {"习总书记", "习新时代中国特色社会主义思想"} <= marked["name"]
    assert '“四风"' in marked["quotes"]
    assert {"在在", "的的", "引导引导"} <= marked["doubled"]
    assert "党史学习教育" in marked["stale"]


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        st.sampled_from(
            "学习在的了一二三是要第，。；：、“”《》（）()\"'〔〕【】某XＸ×_.,;!?…1２3①②\n\t \u3000年月日习总书记党史教育反应截止虽然但"
        ),
        max_size=120,
    )
)
def test_whatever_is_written_findings_lie_in_it_and_corrections_fit(text: str) -> None:
    assume(any(char.isalnum() for char in text))
    review = rag.check(None, text, year=2026)
    assert review.document.text == text
    for finding in review.findings:
        assert 0 <= finding.start <= finding.end <= len(text)
        assert finding.message and finding.suggestion and finding.key
    edits = certain(review.findings)
    assert all(left.end <= right.start for left, right in pairwise(edits))
    assert len(corrected(text, edits)) == len(text) + sum(len(e.text) - (e.end - e.start) for e in edits)
    for format in ("md", "json", "html"):
        assert rag.render(review, format)
