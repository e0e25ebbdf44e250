"""An outline back from the JSON that `renderers.json` wrote: written again, it is the same."""

from __future__ import annotations

import json
from typing import Any

from rag.datatypes import (
    Alternative,
    Citation,
    Evidence,
    EvidenceSection,
    Outline,
    OutlineNode,
    OutlinePoint,
    Profile,
    Request,
    Support,
)
from rag.errors import FormatError
from rag.renderers.json import VERSION


def loaded(data: bytes | str) -> Outline:
    """The outline in `data`. Raises FormatError when it is not JSON of this version, or lacks a field."""
    try:
        found = json.loads(data)
        if found["version"] != VERSION:
            raise FormatError(
                f"提纲的格式版本是 {found['version']}，本软件用 {VERSION}", hint="用同一版本的软件重新生成"
            )
        return _outline(found)
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"不是提纲的 JSON：{error}", hint="用 rag outline --format json 生成") from error


def _outline(found: dict[str, Any]) -> Outline:
    asked = found["request"]
    profile = Profile()  # the JSON holds what was asked, not how it was understood
    return Outline(
        request=Request(asked["role"], asked["topic"], asked["genre"], asked["year"], profile, asked["length"]),
        title=found["title"],
        nodes=tuple(map(_node, found["nodes"])),
        citations=tuple(Citation(**{**row, "section": tuple(row["section"])}) for row in found["citations"]),
        evidence=tuple(
            Evidence(row["path"], row["title"], row["tier"], tuple(EvidenceSection(**s) for s in row["sections"]))
            for row in found["evidence"]
        ),
        notes=tuple(found["notes"]),
        explanation=tuple(found["explanation"]),
    )


def _node(row: dict[str, Any]) -> OutlineNode:
    return OutlineNode(
        title=row["title"],
        level=row["level"],
        function=row["function"],
        support=Support(**row["support"]),
        share=row["share"],
        cites=tuple(row["cites"]),
        alternatives=tuple(Alternative(other["title"], tuple(other["cites"])) for other in row["alternatives"]),
        points=tuple(
            OutlinePoint(
                point["text"], point["kind"], Support(**point["support"]), tuple(point["cites"]), tuple(point["flags"])
            )
            for point in row["points"]
        ),
        children=tuple(map(_node, row["children"])),
    )
