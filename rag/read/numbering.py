"""Word's automatic numbering, resolved into the marker that a reader sees (一、 （一） 1.), from numbering.xml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_DIGITS = "〇一二三四五六七八九"
_CIRCLED = 0x2460
_CHINESE = (
    "chineseCounting",
    "chineseCountingThousand",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
    "japaneseCounting",
    "ideographDigital",
)


@dataclass(frozen=True, slots=True)
class _Level:
    pattern: str
    style: str
    first: int


@dataclass(slots=True)
class Numbering:
    """Counters that run along a document: call `marker` once a paragraph, in order."""

    levels: dict[str, dict[int, _Level]]
    abstract: dict[str, str]
    by_style: dict[str, tuple[str, int]]
    counters: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, file: Any) -> Numbering:
        """The numbering of a python-docx document; empty when it has none."""
        levels: dict[str, dict[int, _Level]] = {}
        abstract: dict[str, str] = {}
        part = next((r.target_part for r in file.part.rels.values() if r.reltype.endswith("/numbering")), None)
        if part is not None:
            root = part.element
            definitions = {a.get(_W + "abstractNumId"): a for a in root.iter(_W + "abstractNum")}
            for number in root.iter(_W + "num"):
                name = number.get(_W + "numId")
                link = number.find(_W + "abstractNumId")
                definition = definitions.get(link.get(_W + "val")) if link is not None else None
                if definition is None:
                    continue
                abstract[name] = link.get(_W + "val")
                levels[name] = {int(lvl.get(_W + "ilvl")): _level(lvl) for lvl in definition.iter(_W + "lvl")}
                for override in number.iter(_W + "lvlOverride"):
                    start = override.find(_W + "startOverride")
                    depth = int(override.get(_W + "ilvl"))
                    if start is not None and depth in levels[name]:
                        old = levels[name][depth]
                        levels[name][depth] = _Level(old.pattern, old.style, int(start.get(_W + "val")))
                        abstract[name] = f"{name}!"  # a restarted list counts for itself
        return cls(levels, abstract, _styles(file))

    def marker(self, paragraph: Any) -> str:
        """The number that Word shows before `paragraph`, "" if it shows none (bullets included)."""
        name, depth = self._place(paragraph)
        if name not in self.levels or depth not in self.levels[name]:
            return ""
        counters = self.counters.setdefault(self.abstract[name], {})
        level = self.levels[name][depth]
        counters[depth] = counters.get(depth, level.first - 1) + 1
        for deeper in [d for d in counters if d > depth]:
            del counters[deeper]
        if level.style in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            known = self.levels[name].get(place, level)
            style = level.style if place == depth else known.style
            return numeral(counters.get(place, known.first), style)

        text = _PLACE.sub(shown, level.pattern)
        return text if text.endswith(("、", "）", ")", ".", "．", "，")) else f"{text} "

    def _place(self, paragraph: Any) -> tuple[str, int]:
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name, depth = self.by_style.get(style.get(_W + "val"), ("", 0)) if style is not None else ("", 0)
        if own is not None:
            number, level = own.find(_W + "numId"), own.find(_W + "ilvl")
            name = number.get(_W + "val") if number is not None else name
            depth = int(level.get(_W + "val")) if level is not None else depth
        return name, depth


def _level(element: Any) -> _Level:
    def value(tag: str, default: str) -> str:
        child = element.find(_W + tag)
        return child.get(_W + "val") if child is not None and child.get(_W + "val") is not None else default

    return _Level(value("lvlText", ""), value("numFmt", "decimal"), int(value("start", "1")))


def _styles(file: Any) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for style in file.styles.element.iter(_W + "style"):
        number = style.find(f"{_W}pPr/{_W}numPr/{_W}numId")
        level = style.find(f"{_W}pPr/{_W}numPr/{_W}ilvl")
        if number is not None:
            depth = int(level.get(_W + "val")) if level is not None else 0
            found[style.get(_W + "styleId")] = (number.get(_W + "val"), depth)
    return found


def numeral(number: int, style: str) -> str:
    """`number` as Word prints it in the number format `style` (ST_NumberFormat)."""
    if style in _CHINESE:
        return _chinese(number)
    if style == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(_CIRCLED + number - 1)
    if style == "decimalFullWidth":
        return "".join(chr(ord(c) + 0xFEE0) for c in str(number))
    if style in ("lowerLetter", "upperLetter") and 1 <= number <= 26:
        return chr((97 if style == "lowerLetter" else 65) + number - 1)
    return str(number)


def _chinese(number: int) -> str:
    if number < 10:
        return _DIGITS[number]
    tens, ones = divmod(number, 10)
    if tens < 10:
        return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
    return "".join(_DIGITS[int(d)] for d in str(number))
