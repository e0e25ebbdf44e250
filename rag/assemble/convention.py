"""When no sample bears an outline out: the known parts of a 文种, each with the source of the convention."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from rag.assemble.titles import title
from rag.config import resource
from rag.datatypes import Outline, OutlineNode, OutlinePoint, Request, Support
from rag.errors import NothingFound, TemplateError
from rag.index.tables import StoredDocument

NOBODY = Support(0, 0)


def from_convention(request: Request, documents: Sequence[StoredDocument]) -> Outline:
    """The skeleton of the 文种 asked for. Raises NothingFound when that is unknown too."""
    folder = resource("prompts/outline")
    file = folder / f"{request.genre}.toml"
    if not request.genre or not file.is_file():
        held = "、".join(sorted({d.profile.value("genre") or "" for d in documents} - {""}))
        raise NothingFound(
            f"没有与“{request.topic}”相近的样本，也认不出文种",
            hint=f"在主题里写明文种，或用 --genre 指定；索引里有：{held or '（没有可用的样本）'}",
        )
    try:
        skeleton = tomllib.loads(file.read_text(encoding="utf-8"))
        nodes = tuple(
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
            for part in skeleton["part"]
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise TemplateError(f"骨架文件有误：{file.name}（{error}）", hint=f"改正 {file}，或删去你自己的副本") from error
    return Outline(
        request,
        title(request),
        nodes,
        (),
        (),
        (f"样本里没有“{request.genre}”：以下是该文种的通行结构，不来自任何样本",),
    )
