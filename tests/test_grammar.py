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
