"""Styles of an OpenDocument text (ODF 1.3, part 3): what a paragraph or span inherits, how its lists are numbered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from rag.read.numbering import numeral

_NAMESPACE = re.compile(r"\{[^}]*\}")
_PLACE = re.compile(r"%(\d+)%")
# style:num-format → the name that Word has for it
_FORMATS = {
    "1": "decimal", "a": "lowerLetter", "A": "upperLetter", "一, 二, 三, ...": "chineseCounting",
    "①, ②, ③, ...": "decimalEnclosedCircle", "１, ２, ３, ...": "decimalFullWidth",
}  # fmt: skip
DEEPEST = 20
HALF_POINTS = {"pt": 2.0, "in": 144.0, "cm": 144.0 / 2.54, "mm": 14.4 / 2.54}


def local(name: str) -> str:
    """A tag or attribute without its namespace."""
    return _NAMESPACE.sub("", name)


def attribute(element: Element, name: str) -> str | None:
    """The attribute of that local name, whatever its namespace."""
    return next((value for key, value in element.attrib.items() if local(key) == name), None)


def outermost(element: Element, name: str) -> Iterator[Element]:
    """Descendants of that local name that stand in no other of that name."""
    for child in element:
        if local(child.tag) == name:
            yield child
        else:
            yield from outermost(child, name)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list style; `shown` levels are printed."""

    format: str
    prefix: str
    suffix: str
    first: int
    shown: int
    pattern: str | None


@dataclass(slots=True)
class Styles:
    """All styles of a file: of paragraphs and spans by (family, name), of lists by name."""

    properties: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    lists: dict[str, dict[int, Level]] = field(default_factory=dict)
    fonts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, roots: Iterable[Element]) -> Styles:
        found = cls()
        for root in roots:
            for element in root.iter():
                name = local(element.tag)
                if name in ("style", "default-style"):
                    key = (attribute(element, "family") or "", attribute(element, "name") or "")
                    found.properties[key] = dict(_own(element))
                elif name in ("list-style", "outline-style"):
                    key_of_list = "" if name == "outline-style" else attribute(element, "name") or ""
                    found.lists[key_of_list] = {number: level for number, level in map(_level, element) if number}
                elif name == "font-face":
                    family = attribute(element, "font-family") or ""
                    found.fonts[attribute(element, "name") or ""] = family.strip("'\" ").lower()
        return found

    def value(self, name: str, *places: tuple[str, str]) -> str | None:
        """A property as the first of `places` (family, style name) has or inherits it."""
        for family, style in places:
            for _ in range(DEEPEST):
                own = self.properties.get((family, style))
                if own is None:
                    break
                if name in own:
                    return own[name]
                style = own.get("parent-style-name", "")
        default = self.properties.get(("paragraph", ""), {})
        return default.get(name)

    def font(self, *places: tuple[str, str]) -> str:
        name = self.value("font-name-asian", *places) or self.value("font-name", *places) or ""
        family = self.value("font-family-asian", *places)
        return self.fonts.get(name) or (family or name).strip("'\" ").lower()

    def half_points(self, *places: tuple[str, str]) -> int:
        size = self.value("font-size-asian", *places) or self.value("font-size", *places) or ""
        match = re.fullmatch(r"([\d.]+)(pt|in|cm|mm)", size)
        return round(float(match[1]) * HALF_POINTS[match[2]]) if match else 0

    def is_bold(self, *places: tuple[str, str]) -> bool:
        weight = self.value("font-weight-asian", *places) or self.value("font-weight", *places) or ""
        return weight == "bold" or weight in ("600", "700", "800", "900")


def marker(levels: dict[int, Level], depth: int, counters: dict[int, int]) -> str:
    """The number that is printed before an item at `depth` (1 is outermost), "" for bullets."""
    level = levels.get(depth)
    if level is None or not level.format:
        return ""

    def shown(place: int) -> str:
        known = levels.get(place, level)
        return numeral(counters.get(place, known.first), _FORMATS.get(known.format, "decimal"))

    if level.pattern is not None:
        text = _PLACE.sub(lambda match: shown(int(match[1])), level.pattern)
    else:
        numbers = ".".join(shown(place) for place in range(max(1, depth - level.shown + 1), depth + 1))
        text = f"{level.prefix}{numbers}{level.suffix}"
    return text if text.endswith(("、", "）", ")", ".", "．", "，")) else f"{text} "


def _own(style: Element) -> Iterator[tuple[str, str]]:
    for key, value in style.attrib.items():
        if local(key) in ("parent-style-name", "default-outline-level", "display-name"):
            yield local(key), value
    for child in style:
        if local(child.tag) in ("text-properties", "paragraph-properties"):
            for key, value in child.attrib.items():
                yield local(key), value


def _level(element: Element) -> tuple[int, Level]:
    number = attribute(element, "level") or "0"
    is_numbered = local(element.tag) in ("list-level-style-number", "outline-level-style")
    level = Level(
        format=(attribute(element, "num-format") or "") if is_numbered else "",
        prefix=attribute(element, "num-prefix") or "",
        suffix=attribute(element, "num-suffix") or "",
        first=int(attribute(element, "start-value") or "1"),
        shown=int(attribute(element, "display-levels") or "1"),
        pattern=attribute(element, "num-list-format"),
    )
    return int(number), level
