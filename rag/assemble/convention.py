"""When no sample bears an outline out: the known parts of a 文种, each with the source of the convention."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace

from rag.assemble.titles import title
from rag.config import resource
from rag.datatypes import Outline, OutlineNode, OutlinePoint, Request, Support
from rag.errors import NothingFound, TemplateError
from rag.index.tables import StoredDocument

NOBODY = Support(0, 0)


def from_convention(request: Request, documents: Sequence[StoredDocument]) -> Outline:
    """The skeleton of the 文种 asked for. Raises NothingFound when that is unknown too."""
    nodes = frame_of(request.genre)
    if not nodes:
        held = "、".join(sorted({d.profile.value("genre") or "" for d in documents} - {""}))
        raise NothingFound(
            f"没有与“{request.topic}”相近的样本，也认不出文种",
            hint=f"在主题里写明文种，或用 --genre 指定；索引里有：{held or '（没有可用的样本）'}",
        )
    return Outline(
        request,
        title(request),
        nodes,
        (),
        (),
        (f"样本里没有“{request.genre}”：以下是该文种的通行结构，不来自任何样本",),
    )


def frame_of(genre: str | None) -> tuple[OutlineNode, ...]:
    """The known parts of a 文种, nobody's in particular; none where no file in prompts/outline bears its name.

    Raises TemplateError when the file cannot be understood.
    """
    file = resource("prompts/outline") / f"{genre}.toml"
    if not genre or not file.is_file():
        return ()
    try:
        return tuple(
            OutlineNode(
                title=part["title"],
                level=1,
                function=part["function"],
                support=NOBODY,
                share=float(part["share"]),
                points=tuple(
                    OutlinePoint(words, "convention", NOBODY, flags=(part["source"],)) for words in part["points"]
                ),
            )
            for part in tomllib.loads(file.read_text(encoding="utf-8"))["part"]
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise TemplateError(f"骨架文件有误：{file.name}（{error}）", hint=f"改正 {file}，或删去你自己的副本") from error


def framed(nodes: Sequence[OutlineNode], frame: Sequence[OutlineNode]) -> list[OutlineNode]:
    """`frame` with what the samples make of its parts in their place; a part that none of them has stays a convention.

    A part of the samples that the frame lacks stands behind the part it followed. Shares are of one whole.
    """
    known = {part.function for part in frame}
    following: dict[str, list[OutlineNode]] = {}
    leading: list[OutlineNode] = []
    last = ""
    for node in nodes:
        if node.function in known:
            last = node.function
        (following.setdefault(last, []) if last else leading).append(node)
    found = [*leading]
    for function in dict.fromkeys(part.function for part in frame):
        mined = following.get(function)
        found += mined if mined else [part for part in frame if part.function == function]
    whole = max(1.0, sum(node.share for node in found))
    return [replace(node, share=node.share / whole) for node in found]
