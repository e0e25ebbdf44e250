"""An outline as a prompt to paste into any chat model: `prompts/draft.md`, filled.

A passage is one line that begins with its number, so nothing in a sample can pass for a part of the prompt. Where
`max_chars` bounds it, the passages of least use go first, and their numbers with them: no [n] is left without a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

from rag.config import resource
from rag.datatypes import Citation, Outline, OutlineNode, OutlinePoint
from rag.errors import FormatError, TemplateError
from rag.fits import TIER_NAMES, TIERS
from rag.renderers import wording

TEMPLATE = "prompts/draft.md"
FIELDS = frozenset({"role", "topic", "genre", "year", "title", "length", "outline", "passages"})
NEEDED = frozenset({"role", "topic", "outline", "passages"})
# What a passage is cited for, by use: what a point says before how a heading may read.
POINT, HEADING, ALTERNATIVE, NOTHING = range(4)
NO_PASSAGES = "（没有）"


def render(outline: Outline, *, max_chars: int | None = None) -> bytes:
    """UTF-8. `max_chars` counts characters; raises FormatError when the outline alone is longer, TemplateError for a
    template that lacks a field or names an unknown one."""
    template = _template()
    kept = _by_use(outline)
    text = _filled(template, outline, kept)
    while max_chars is not None and len(text) > max_chars:
        if not kept:
            raise FormatError(f"不带参考段落也有 {len(text)} 字", hint=f"--max-chars 至少写 {len(text)}")
        # Each passage less saves its line at least; marks in the outline that go with it come on top.
        spare, dropped = len(text) - max_chars, 0
        while kept and dropped < spare:
            dropped += len(_passage(kept.pop())) + 1
        text = _filled(template, outline, kept)
    return text.encode("utf-8", "backslashreplace")


def _template() -> Template:
    file = resource(TEMPLATE)
    template = Template(file.read_text(encoding="utf-8-sig"))
    if not template.is_valid():
        raise TemplateError(f"{file} 里有单独的 $", hint="字段写成 ${role}；要写 $ 这个字就写 $$")
    names = set(template.get_identifiers())
    if unknown := sorted(names - FIELDS):
        raise TemplateError(
            f"{file} 里有不认识的字段：{'、'.join(unknown)}", hint=f"可用的有：{'、'.join(sorted(FIELDS))}"
        )
    if lacking := sorted(NEEDED - names):
        raise TemplateError(
            f"{file} 里缺少字段：{'、'.join(lacking)}", hint=f"写上 ${{{lacking[0]}}}，或删去该文件用自带的"
        )
    return template


def _filled(template: Template, outline: Outline, kept: list[Citation]) -> str:
    asked, numbers = outline.request, frozenset(citation.number for citation in kept)
    passages = [_passage(citation) for citation in sorted(kept, key=lambda c: c.number)]
    if less := len(outline.citations) - len(kept):
        passages.append(f"（为控制篇幅，另有 {less} 段没有列出。）")
    lines = [line for place, node in enumerate(outline.nodes, 1) for line in _section(outline, node, place, 1, numbers)]
    return template.substitute(
        role=wording.one_line(asked.role),
        topic=wording.one_line(asked.topic),
        genre=wording.one_line(asked.genre or "未指定"),
        year=asked.year or "未指定",
        title=wording.one_line(outline.title),
        length=f"约 {asked.length} 字" if asked.length else "未指定",
        outline="\n".join(lines),
        passages="\n".join(passages) or NO_PASSAGES,
    )


def _section(outline: Outline, node: OutlineNode, place: int, level: int, kept: frozenset[int]) -> Iterator[str]:
    size = wording.budget(outline, node) or (f"约占 {node.share:.0%}" if level == 1 and node.share else "")
    title = f"{wording.marker(place, level)}{wording.one_line(node.title)}{_marks(node.cites, kept)}"
    yield f"{title}（{size}）" if size else title
    for point in node.points:
        flags = "".join(f"〔{wording.one_line(flag)}〕" for flag in point.flags)
        yield f"- {wording.one_line(point.text)}{flags}{_marks(point.cites, kept)}"
    for number, child in enumerate(node.children, start=1):
        yield from _section(outline, child, number, level + 1, kept)


def _marks(cites: tuple[int, ...], kept: frozenset[int]) -> str:
    return "".join(f"[{number}]" for number in cites if number in kept)


def _passage(citation: Citation) -> str:
    around = (wording.one_line(words) for words in (citation.before, citation.quote, citation.after))
    before, quote, after = around
    return (
        f"[{citation.number}] {TIER_NAMES[citation.tier]}《{wording.one_line(citation.title)}》"
        f"{wording.place(citation)}：……{before}【{quote}】{after}……"
    )


def _by_use(outline: Outline) -> list[Citation]:
    """All citations, most useful first: what for, how many authors bear it out, how near the sample, then in order."""
    use: dict[int, tuple[int, int]] = {}

    def note(cites: tuple[int, ...], what: int, count: int) -> None:
        for number in cites:
            use[number] = min(use.get(number, (NOTHING, 0)), (what, -count))

    def walk(nodes: tuple[OutlineNode, ...]) -> Iterator[OutlineNode | OutlinePoint]:
        for node in nodes:
            yield node
            yield from node.points
            yield from walk(node.children)

    for part in walk(outline.nodes):
        note(part.cites, HEADING if isinstance(part, OutlineNode) else POINT, part.support.count)
        for other in part.alternatives if isinstance(part, OutlineNode) else ():
            note(other.cites, ALTERNATIVE, 0)
    return sorted(
        outline.citations,
        key=lambda c: (*use.get(c.number, (NOTHING, 0)), TIERS.index(c.tier), c.number),
    )
