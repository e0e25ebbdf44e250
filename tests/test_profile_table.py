"""Profiles of all seeds and of all real samples against tables made by hand before the program was asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rag import profiles
from rag.config import Config
from rag.datatypes import Block, Profile, Source
from rag.pipeline import parsed
from rag.read import joined
from rag.text import bare
from rag.understanding import understood

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "data"
SEEDS = json.loads((DATA / "seeds.json").read_text(encoding="utf-8"))
REAL = json.loads((DATA / "profiles.json").read_text(encoding="utf-8"))
FEWEST = 0.9


def plain(unit: str | None) -> str:
    """A unit's name for comparing: short forms made long, 某县 and remarks in brackets gone."""
    words = re.sub(r"[（(].*", "", bare(unit or ""))
    words = re.sub(r"党?支部(?:支?委会|委员会)?", "支部", words)  # a branch is its committee
    words = re.sub(r"^(?:某|[Xx×]+)[省市县区]", "", words).replace("人民政府", "政府")
    return profiles.unit_key(re.sub(r"^[省市县区](?=.{2})", "", words))


def test_units_and_posts_of_the_seeds() -> None:
    """The unit is the one of the table or stands in it or the other way round; so does the post it names first."""
    right_units, right_posts = [], []
    for row in SEEDS:
        profile = parsed(ROOT / "seeds" / row["file"], Config()).report.profile
        unit, wanted = plain(profile.value("unit")), plain(row["unit"])
        right_units.append(bool(unit) and (unit in wanted or wanted in unit))
        post = re.split(r"[、（兼]", row["role"])[0]
        got = profile.value("role") or ""
        same = plain(post) in plain(got) or plain(got) in plain(post) or plain(post)[-2:] == plain(got)[-2:]
        right_posts.append(bool(got) and same)
    assert sum(right_units) >= FEWEST * len(SEEDS)
    assert sum(right_posts) >= FEWEST * len(SEEDS)


@pytest.mark.parametrize("row", REAL, ids=lambda row: row["id"])
def test_a_real_report_is_recognised_for_what_it_is(shared: Path, row: dict[str, Any]) -> None:
    files = sorted(path for part in ("user", "official") for path in (shared / "samples" / part).iterdir())
    path = next(path for path in files if path.name.startswith(row["id"]))
    profile = parsed(path, Config()).report.profile
    assert profile.value("genre") == row["genre"]
    assert profile.year_number == row["year"]
    assert bare(profile.value("unit") or "").replace("人民政府", "政府") == row["unit"]
    assert row.get("role", "") in (profile.value("role") or "")


BODY = "一、基本情况\n一年来，做了不少工作，学习上有进步。\n二、存在问题\n学习不够，作风不实。"


def profile_of(head: str, name: str = "a") -> Profile:
    lines = f"{head}\n{BODY}".split("\n")
    return understood(joined(Source(f"t/{name}.txt", "", "0" * 64), [Block(line) for line in lines])).report.profile


@pytest.mark.parametrize(
    ("head", "genre", "year", "unit", "post", "person"),
    [
        ("2023年度民主生活会个人发言提纲\n某市审计局党组成员、副局长　周某", "对照检查材料", 2023, "某市审计局", "副局长", "个人"),
        ("县委常委、宣传部部长2024年度述职述德述廉报告", "述职报告", 2024, "县委常委、宣传部", "部长", "个人"),
        ("述职报告\n我叫李明，现任河东镇党委副书记，分管党建工作，2022年很忙。", "述职报告", None, "河东镇党委", "副书记", "个人"),
        ("中共某县委办公室　某县人民政府办公室\n关于印发《某县河湖长制工作方案》的通知\n县委办〔2021〕9号", "通知", 2021, "中共某县委办公室　某县人民政府办公室", "", "班子"),
        ("某市民政局关于2024年法治政府建设情况的报告\n市委、市政府：", "工作报告", 2024, "某市民政局", "", "班子"),
        ("在全市优化营商环境大会上的讲话\n市委书记　王某某\n（2023年2月3日）\n同志们：", "讲话稿", 2023, None, "市委书记", "个人"),
        ("关于赴外地学习考察乡村旅游的报告\n县政协考察组\n（2024年9月）", "调研报告", 2024, "县政协考察组", "", "班子"),
        ("某大学第一附属医院党委2024年度主体责任落实情况报告", "工作报告", 2024, "某大学第一附属医院党委", "", "班子"),
        ("2025年第一季度工作总结\n区城管执法局", "工作总结", 2025, "区城管执法局", "", "班子"),
        ("学习《论党的自我革命》心得体会\n某市税务局第一税务分局　李某", "心得体会", None, "某市税务局第一税务分局", "", "个人"),
        ("某区卫生健康委员会2024年工作总结及2025年工作安排", "工作总结", 2024, "某区卫生健康委员会", "", "班子"),
        ("二〇二四年度工作总结\n某集团有限公司", "工作总结", 2024, "某集团有限公司", "", "班子"),
        ("党性分析材料\n姓名：韩某　单位：某县水利局　职务：副局长", "党性分析", None, "某县水利局", "副局长", "个人"),
        ("某中学校园安全整改方案", "整改方案", None, "某中学", "", "班子"),
    ],
)  # fmt: skip
def test_heads_of_reports(head: str, genre: str, year: int | None, unit: str | None, post: str, person: str) -> None:
    profile = profile_of(head)
    assert (profile.value("genre"), profile.year_number) == (genre, year)
    assert profile.value("unit") == unit
    assert post in (profile.value("role") or "")
    assert profile.value("person") == person


def test_the_sign_off_names_the_unit_where_the_title_does_not() -> None:
    text = "关于申请追加经费的请示\n市财政局：\n现申请追加经费50万元。\n妥否，请批示。\n市应急管理局\n2024年7月1日"
    document = joined(Source("t/a.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    unit = understood(document).report.profile.unit
    assert unit is not None and unit.span is not None
    assert unit.value == text[slice(*unit.span)] == "市应急管理局"


def test_a_date_of_birth_is_no_year_of_a_report() -> None:
    assert (
        profile_of("某局副局长职位说明书\n1980年1月及以后出生的干部，1999年7月参加工作，2005年7月入党。").year is None
    )
