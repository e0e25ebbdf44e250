"""Printed numbers as lists: items of one kind of mark, cut where a list begins anew, and how they would be numbered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.datatypes import Edit, Node
from rag.parse.markers import MARK_TYPES, MarkType
from rag.text import chinese_numeral

_NUMERAL = re.compile(r"[一二三四五六七八九十]+|[0-9０-９]+|[①-⑳]")
_SEPARATOR = re.compile(r"[、.．]?\s*$")


@dataclass(frozen=True, slots=True)
class Item:
    """A printed number: the mark at text[start:end], and its kind."""

    kind: MarkType
    number: int
    start: int
    end: int


def item_of(node: Node) -> Item | None:
    if not node.marker or node.number is None:
        return None
    for kind in MARK_TYPES:
        match = kind.pattern.match(node.marker + " 甲")
        if match and match.end() >= len(node.marker):
            return Item(kind, node.number, node.start, node.start + len(node.marker))
    return None


def runs(items: Sequence[Item]) -> list[list[Item]]:
    """A list begins anew at each 1."""
    runs: list[list[Item]] = []
    for item in items:
        if not runs or (item.number == 1 and runs[-1][-1].number != 1) or (item.number == 1 and len(runs[-1]) > 1):
            runs.append([item])
        else:
            runs[-1].append(item)
    return runs


def renumbered(text: str, run: Sequence[Item]) -> tuple[Edit, ...]:
    """Every item of the list numbered from 1, as far as that changes it."""
    edits = []
    for number, item in enumerate(run, start=1):
        numeral = _NUMERAL.search(text, item.start, item.end)
        if numeral and item.number != number:
            edits.append(Edit(*numeral.span(), _numeral(numeral[0], number)))
    return tuple(edits)


def printed_as(item: Item, number: int) -> str:
    """How this list would print `number`, without its separator."""
    numeral = str(number) if "arabic" in item.kind.name else chinese_numeral(min(number, 99))
    forms = {"is": "{}是", "must": "{}要", "ord": "第{}", "(cn)": "（{}）", "(arabic)": "（{}）"}
    return forms.get(item.kind.name, "{}").format(numeral)


def separator_of(text: str, item: Item) -> str:
    match = _SEPARATOR.search(text[item.start : item.end].strip())
    return match[0].strip().replace("．", ".") if match else ""


def _numeral(like: str, number: int) -> str:
    if "①" <= like <= "⑳":
        return chr(ord("①") + number - 1)
    if like.isdigit():
        return str(number) if like.isascii() else "".join(chr(ord(d) + 0xFEE0) for d in str(number))
    return chinese_numeral(number)
