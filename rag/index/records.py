"""Nouns to JSON and back, as the chunk table stores them. Field order is fixed: same noun, same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from rag.datatypes import Fact, Node, Point, Profile
from rag.functions import Zone

_FACTS = ("title", "genre", "role", "unit", "duties", "year", "person", "occasion")


def dumped(value: Any) -> str:
    """Compact JSON, Hanzi as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def profile_row(profile: Profile) -> str:
    return dumped(asdict(profile))


def profile_of(row: str) -> Profile:
    data = json.loads(row)
    facts = {name: _fact(data[name]) for name in _FACTS}
    return Profile(**facts, family=data["family"], systems=tuple(data["systems"]), is_material=data["is_material"])


def tree_row(root: Node) -> str:
    return dumped(_node_row(root))


def tree_of(row: str) -> Node:
    return _node_of(json.loads(row))


def zones_row(zones: tuple[Zone, ...]) -> str:
    """Zones as [function, start, end, start of the section's node or null]."""
    return dumped([[zone.function, zone.start, zone.end, zone.node.start if zone.node else None] for zone in zones])


def zones_of(row: str, root: Node) -> tuple[Zone, ...]:
    sections = {node.start: node for node in root.children}
    return tuple(Zone(f, s, e, sections.get(at) if at is not None else None) for f, s, e, at in json.loads(row))


def point_row(point: Point) -> str:
    return dumped([getattr(point, field.name) for field in fields(point)])


def point_of(row: str) -> Point:
    head, head_span, span, path, function, aspect, *tags = json.loads(row)
    return Point(head, _pair(head_span), _pair(span), tuple(path), function, aspect, *(tuple(tag) for tag in tags))


def _fact(data: dict[str, Any] | None) -> Fact | None:
    if data is None:
        return None
    return Fact(data["value"], _pair(data["span"]) if data["span"] else None)


def _pair(values: list[int]) -> tuple[int, int]:
    return values[0], values[1]


def _node_row(node: Node) -> list[Any]:
    own = [getattr(node, field.name) for field in fields(node) if field.name != "children"]
    return [*own, [_node_row(child) for child in node.children]]


def _node_of(row: list[Any]) -> Node:
    *own, children = row
    names = (field.name for field in fields(Node))
    return Node(**dict(zip(names, own, strict=False)), children=tuple(_node_of(child) for child in children))
