"""A draft as it comes in: a file of any readable format, or text; and what its writer says of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from rag import profiles
from rag.config import Config
from rag.datatypes import Block, Document, Profile, Source
from rag.errors import SourceError
from rag.read import is_there, joined, read


def document(draft: Path | str, config: Config) -> Document:
    """A draft, read. Raises SourceError when it cannot be read or holds no word."""
    if isinstance(draft, Path):
        if not is_there(draft):
            raise SourceError(f"文件不存在：{draft}", hint="检查路径；从标准输入读用 -")
        found = read(draft, f"{draft.parent.name}/{draft.name}", config)
    else:
        lines = draft.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        digest = hashlib.sha256(draft.encode("utf-8", "surrogatepass")).hexdigest()
        found = joined(Source("（标准输入）", "", digest), [Block(line) for line in lines])
    if not any(char.isalnum() for char in found.text):
        raise SourceError("稿子是空的，没有可检查的文字", hint="确认文件内容，或换一个文件")
    return found


def profiled(found: Profile, role: str, topic: str, genre: str | None) -> Profile:
    """A draft's profile; what the writer says of role, topic and 文种 goes before what the draft lets be read."""
    if not (role or topic or genre):
        return found
    said = profiles.of_request(role.strip(), topic.strip(), genre)
    return replace(
        found,
        genre=said.genre or found.genre,
        role=said.role if role.strip() else found.role,
        unit=said.unit or found.unit,
        person=said.person if role.strip() and said.person else found.person,
        family=said.family or found.family,
        systems=said.systems or found.systems,
    )
