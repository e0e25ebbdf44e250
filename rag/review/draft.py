"""What every rule sees: the draft, understood, and whose it is. Also the one way to a finding."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag import functions, profiles
from rag.datatypes import Citation, Edit, Finding, Node, Report, Skeleton
from rag.functions import Zone
from rag.review.copies import Copies, copies
from rag.review.nearby import Nearby
from rag.text import trimmed

_QUOTED = re.compile(r"[“\"]([^“”\"\n]{1,200})[”\"]|《([^《》\n]{1,80})》")
PARTY_MEETING = "党性"


@dataclass(frozen=True)
class Draft:
    """A draft and what is known of it. `year` is the year it is written for; `names`, `units`: the writer's own.

    `skeleton` and `nearby` are None where there is no index to take them from.
    """

    report: Report
    zones: tuple[Zone, ...]
    year: int
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    skeleton: Skeleton | None = None
    nearby: Nearby | None = None

    @cached_property
    def text(self) -> str:
        return self.report.document.text

    @cached_property
    def genre(self) -> str | None:
        return self.report.profile.value("genre")

    @cached_property
    def family(self) -> str:
        return profiles.genre_family(self.genre)

    @cached_property
    def paragraphs(self) -> list[tuple[int, int]]:
        """Spans of the lines that hold text, outer blanks left out; rows of tables are none."""
        document = self.report.document
        found = []
        for block, start in zip(document.blocks, document.starts, strict=True):
            first, last = trimmed(document.text, start, start + len(block.text))
            if first < last and block.kind != "table":
                found.append((first, last))
        return found

    @cached_property
    def quoted(self) -> list[tuple[int, int]]:
        """Spans inside quotation marks or title marks."""
        return [match.span() for match in _QUOTED.finditer(self.text)]

    @cached_property
    def nodes(self) -> list[Node]:
        return list(self.report.root.walk())

    @cached_property
    def has_headings(self) -> bool:
        """Whether headings say what the parts are for; else their functions are a guess."""
        sections = [node for node in self.report.root.children if node.kind == "section"]
        telling = sum(functions.of_heading(node.title) is not None for node in sections)
        return len(sections) >= 2 and telling * 2 >= len(sections)

    @cached_property
    def copies(self) -> Copies:
        """What the draft shares with the samples near it."""
        return copies(self.nearby, self.report)

    def is_quoted(self, at: int) -> bool:
        place = bisect_right(self.quoted, (at, len(self.text))) - 1
        return place >= 0 and self.quoted[place][0] <= at < self.quoted[place][1]

    def function_at(self, at: int) -> str | None:
        return next((zone.function for zone in self.zones if zone.start <= at < zone.end), None)

    def zones_of(self, *functions: str) -> Iterator[Zone]:
        return (zone for zone in self.zones if zone.function in functions)

    def section_at(self, at: int) -> tuple[str, ...]:
        """Headings above `at`, outermost first."""
        path: list[str] = []
        children = self.report.root.children
        while True:
            place = bisect_right(children, at, key=lambda child: child.start) - 1
            if place < 0 or at >= children[place].end:
                return tuple(path)
            node = children[place]
            if node.kind == "section":
                path.append(node.marker + node.title)
            children = node.children

    def finding(self, rule: str, severity: str, start: int, end: int, message: str, suggestion: str,
                edits: Sequence[Edit] = (), citations: Sequence[Citation] = ()) -> Finding:  # fmt: skip
        """A finding at text[start:end]."""
        section = self.section_at(start)
        return Finding(rule, severity, start, end, section, message, suggestion, tuple(citations), tuple(edits))


def shown(text: str, most: int = 24) -> str:
    """`text` in one line, shortened in the middle, for a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most // 2]}……{flat[-most // 3 :]}"
