"""The grammar over whole reports of many 文种: data/grammar/*.txt, text above, the tree drawn by hand below =====.

The trees were drawn before anyone saw what the parser says of the texts; they follow the rules of the structure gold.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.datatypes import Block, Node, Source
from rag.parse import front, parse
from rag.read import joined

REPORTS = sorted((Path(__file__).parent / "data/grammar").glob("*.txt"))


def drawn(node: Node) -> list[str]:
    """A line a node: two blanks a level, S(ection), P(oint) or H(eading without a number), marker|title."""
    return [
        f"{'  ' * (n.level - 1)}{'H' if not n.marker else n.kind[0].upper()} {n.marker}|{n.title}" for n in node.walk()
    ]


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_the_tree_is_the_one_drawn_by_hand(path: Path) -> None:
    text, _, tree = path.read_text(encoding="utf-8").partition("=====\n")
    document = joined(Source(path.name, "", "0" * 64), [Block(line) for line in text.rstrip("\n").split("\n")])
    assert drawn(parse(document, front(document))) == tree.rstrip("\n").split("\n") * bool(tree.strip())


def surroundings(name: str) -> tuple[str, dict[str, str]]:
    text = (REPORTS[0].parent / f"{name}.txt").read_text(encoding="utf-8").partition("=====\n")[0].rstrip("\n")
    document = joined(Source(name, "", "0" * 64), [Block(line) for line in text.split("\n")])
    found = front(document)
    return found.title_text, {text[start:end].strip(): kind for start, end, kind in found.ignored}


def test_the_furniture_of_a_page_is_no_body() -> None:
    title, kinds = surroundings("网页")
    assert title == "某市教育局关于规范校外培训的通告"
    assert list(kinds.values()) == [
        *("site", "source", "site", "unit", "date"),
        *("source", "site", "site", "site", "site", "site"),
    ]


def test_a_sign_off_stands_above_an_annex_too() -> None:
    _, kinds = surroundings("附件在后")
    assert kinds == {
        "各科室：": "addressee",
        "附件：技能竞赛评分标准": "attachment",
        "某市税务局办公室": "unit",
        "2024年4月2日": "date",
        "抄送：市总工会。": "attachment",
    }


def test_those_who_issue_it_together_open_the_title() -> None:
    assert surroundings("意见")[0] == "中共某县委　某县人民政府关于进一步优化营商环境的实施意见"


def test_a_sentence_that_ends_in_a_colon_addresses_nobody() -> None:
    assert surroundings("民主生活会")[1] == {}
