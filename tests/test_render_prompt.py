"""Prompts: whole, bounded, and nothing in a sample passes for a part of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hostile import STRINGS, hostile_outline

import rag
from rag.datatypes import Outline
from rag.errors import FormatError, TemplateError
from rag.renderers.wording import one_line


@pytest.fixture(scope="module")
def plan(seeds_index: rag.Index) -> Outline:
    return rag.outline(seeds_index, role="县教育局局长", topic="2025年度民主生活会个人对照检查", length=3000)


def numbers(text: str) -> tuple[set[int], set[int]]:
    """Those named in the outline, those of the passages."""
    outline, passages = text.split("# 提纲\n")[1].split("# 参考段落\n")
    return (
        {int(n) for n in re.findall(r"\[(\d+)\]", outline)},
        {int(n) for n in re.findall(r"(?m)^\[(\d+)\]", passages)},
    )


def test_a_prompt_holds_request_rules_outline_and_every_passage(plan: Outline) -> None:
    text = rag.render(plan, "prompt").decode()
    assert "岗位：县教育局局长\n" in text
    assert "约 3000 字" in text
    assert "不编造" in text
    assert "保留它的编号" in text
    assert all(node.title in text for node in plan.nodes)
    assert numbers(text)[1] == {citation.number for citation in plan.citations}
    assert all(f"【{one_line(citation.quote)}】" in text for citation in plan.citations)


@pytest.mark.parametrize("most", [5000, 3500, 2500])
def test_a_bound_is_kept_and_no_number_is_left_without_its_passage(plan: Outline, most: int) -> None:
    text = rag.render(plan, "prompt", max_chars=most).decode()
    assert most - 400 < len(text) <= most
    named, given = numbers(text)
    assert named <= given
    assert f"另有 {len(plan.citations) - len(given)} 段没有列出" in text


def test_what_supports_a_point_stays_longer_than_what_words_a_heading(plan: Outline) -> None:
    points = {n for node in walk(plan.nodes) for point in node.points for n in point.cites}
    _, given = numbers(rag.render(plan, "prompt", max_chars=4000).decode())
    assert given, "some passages must be left to tell"
    assert given <= points or points <= given


def walk(nodes):  # type: ignore[no-untyped-def]
    for node in nodes:
        yield node
        yield from walk(node.children)


def test_a_bound_below_the_outline_itself_is_said(plan: Outline) -> None:
    with pytest.raises(FormatError, match="不带参考段落也有") as caught:
        rag.render(plan, "prompt", max_chars=200)
    least = int(re.search(r"\d+", caught.value.hint).group())  # type: ignore[union-attr]
    assert len(rag.render(plan, "prompt", max_chars=least).decode()) <= least


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_no_part_of_the_prompt(text: str) -> None:
    made, plain = (rag.render(hostile_outline(t), "prompt").decode() for t in (text, "甲"))
    assert made.count("\n") == plain.count("\n")
    assert [line for line in made.split("\n") if line.startswith("# ")] == [
        line for line in plain.split("\n") if line.startswith("# ")
    ]
    assert one_line(text) in made


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("${role} ${topic} ${outline}", "缺少字段：passages"),
        ("${role} ${topic} ${outline} ${passages} ${unit}", "不认识的字段：unit"),
        ("${role} ${topic} ${outline} ${passages} 5$ ", "单独的 $"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(
    plan: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, said: str
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/draft.md").write_text(template, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TemplateError, match=re.escape(said)):
        rag.render(plan, "prompt")


def test_the_users_own_template_wins(plan: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/draft.md").write_text("我的：${role}${topic}\n${outline}\n${passages}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert rag.render(plan, "prompt").decode().startswith("我的：县教育局局长")
