"""What a reader says beside the blocks of a file: what it left out, what the user states of the file, what to know."""

from __future__ import annotations

from dataclasses import dataclass

from rag.datatypes import Block

# What is left out, in the order in which reports show it.
HEADER, FOOTER, PAGE_NUMBER, NAVIGATION = "header", "footer", "page_number", "navigation"
HIDDEN, DELETED, CONTENTS, NOTE = "hidden", "deleted", "contents", "note"
KINDS = (HEADER, FOOTER, PAGE_NUMBER, NAVIGATION, HIDDEN, DELETED, CONTENTS, NOTE)


@dataclass(frozen=True, slots=True)
class Left:
    """`count` pieces with words in them that are no part of the text, on purpose."""

    what: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """A fact of the profile that the user states in front matter: the name of a field and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence for the user about how the file was read."""

    text: str


Item = Block | Left | Given | Remark
