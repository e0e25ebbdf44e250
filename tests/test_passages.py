"""Passages and points are spans of the text they come from, for any text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rag import passages
from rag.datatypes import Block, Source
from rag.passages import LONGEST_CHUNK
from rag.read import joined
from rag.understanding import Understood, understood


def report(text: str) -> Understood:
    return understood(
        joined(Source("t/某局长2024年对照检查.txt", "", "0" * 64), [Block(line) for line in text.split("\n")])
    )


def points_of(one: Understood) -> list[tuple[str, str | None]]:
    loose = [(zone.start, zone.end, zone.function) for zone in one.zones if zone.node is None]
    return [(p.head, p.function) for p in passages.points(one.report, loose)]


TEXT = (
    "某局长2024年对照检查材料\n根据安排，现汇报如下。\n一、存在的问题\n"
    "一是在担当作为方面：虽然能够完成任务，但是主动碰硬不够，遇到难事绕着走。今后，我将带头包联难点项目，每月到现场两次。\n"
    "二是调查研究不够深入。下去得少。\n二、整改措施\n1.加强学习。每周一次。\n2.改进作风。少开会。"
)


def test_a_pivot_splits_problem_from_remedy_and_an_aspect_gives_its_deficient_clause() -> None:
    found = points_of(report(TEXT))
    assert ("主动碰硬不够", "问题") in found
    assert ("带头包联难点项目", "整改") in found
    assert ("调查研究不够深入", "问题") in found
    assert ("加强学习", "整改") in found


def test_a_heading_is_a_path_and_its_body_a_passage() -> None:
    one = report(TEXT)
    found = list(passages.chunks(one.report))
    assert [chunk.path for chunk in found] == [
        (),
        ("一、存在的问题",),
        ("二、整改措施", "1.加强学习"),
        ("二、整改措施", "2.改进作风"),
    ]
    assert found[1].text.startswith("一是在担当作为方面")


def test_an_edit_above_leaves_the_ids_below_untouched() -> None:
    before = {c.text: c.id for c in passages.chunks(report(TEXT).report)}
    after = {c.text: c.id for c in passages.chunks(report(TEXT.replace("根据安排", "根据县委的统一安排")).report)}
    shared = before.keys() & after.keys()
    assert len(shared) == len(before) - 1
    assert all(before[text] == after[text] for text in shared)


def test_the_same_words_twice_are_two_passages() -> None:
    text = "总结\n一、甲\n同样的话说了一遍又一遍。\n二、乙\n别的话。\n一、甲\n同样的话说了一遍又一遍。"
    ids = [c.id for c in passages.chunks(report(text).report)]
    assert len(ids) == len(set(ids))


@settings(max_examples=120, deadline=None)
@given(st.text(alphabet="一二三是要、。，；：（）1.今后我将学习不够方面“”\n 甲乙ab😀\ud800", max_size=900))
def test_spans_hold_for_any_text(words: str) -> None:
    one = report(words)
    text = one.report.document.text
    for chunk in passages.chunks(one.report):
        assert text[chunk.start : chunk.end] == chunk.text
        assert len(chunk.text) <= LONGEST_CHUNK
    loose = [(zone.start, zone.end, zone.function) for zone in one.zones if zone.node is None]
    for point in passages.points(one.report, loose):
        assert text[slice(*point.head_span)] == point.head
        assert point.span[0] <= point.head_span[0] <= point.head_span[1] <= point.span[1]


def test_nothing_of_the_body_is_lost() -> None:
    one = report(TEXT * 1)
    held = "".join(c.text + "".join(c.path) for c in passages.chunks(one.report))
    for line in TEXT.split("\n")[1:]:
        for sentence in line.replace("。", "。\n").split("\n"):
            assert sentence.strip("。") in held
