"""An outline as one web page: the tree folded or open, each source a click away, and how the samples are built."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from rag.datatypes import Citation, Outline, OutlineNode, OutlinePoint
from rag.fits import TIER_NAMES
from rag.renderers import wording
from rag.renderers.charts import sequences, strip
from rag.renderers.web import Content, bar, page, section, table, tag, tools

DEEPEST_HEADING = 5


def render(outline: Outline) -> bytes:
    titles = {citation.number: citation.title for citation in outline.citations}
    tree = (_section(outline, node, place, 1, titles) for place, node in enumerate(outline.nodes, start=1))
    return page(
        outline.title,
        tag("a", "跳到提纲", class_="skip", href="#outline"),
        tag("header", tag("h1", outline.title),
            tag("p", wording.asked_for(outline), class_="asked soft"),
            tag("p", f"依据：{wording.ground(outline)}", class_="asked soft")),
        tools(("open", "全部展开"), ("close", "全部收起"), ("theme", "深色／浅色"), ("print", "打印")),
        tag("main",
            section("篇幅", strip(outline), id="shares") if outline.nodes else None,
            section("提纲", *tree, id="outline"),
            *_listed("说明", outline.notes, "notes"),
            *_listed("为什么这样列", outline.explanation, "why"),
            *_samples(outline),
            *_sources(outline)),
        _dialog(),
    )  # fmt: skip


def _section(outline: Outline, node: OutlineNode, place: int, level: int, titles: dict[int, str]) -> Element:
    heading = tag(
        f"h{min(level + 2, DEEPEST_HEADING)}", f"{wording.marker(place, level)}{wording.one_line(node.title)}"
    )
    facts: list[Content] = [bar(node.support.count / node.support.of)] if node.support.of else []
    shown = wording.facts(outline, node) if level == 1 else wording.budget(outline, node)
    facts += [shown, *_cites(node.cites, titles)]
    others: list[Content] = ["也作："]
    for number, other in enumerate(node.alternatives):
        others += [("；" if number else "") + wording.one_line(other.title), *_cites(other.cites, titles)]
    children = (_section(outline, c, number, level + 1, titles) for number, c in enumerate(node.children, start=1))
    return tag(
        "details",
        tag("summary", heading),
        tag("p", *facts, class_="facts") if shown or node.cites else None,
        tag("p", *others, class_="facts") if node.alternatives else None,
        tag("ul", *(_point(point, titles) for point in node.points), class_="points") if node.points else None,
        *children,
        open="open",
    )


def _point(point: OutlinePoint, titles: dict[int, str]) -> Element:
    flags = (tag("span", flag, class_="flag") for flag in point.flags)
    support = tag("span", wording.borne_out(point.support), class_="flag") if point.support.count > 1 else None
    words = (wording.one_line(point.text), support, *flags, *_cites(point.cites, titles))
    return tag("li", *words, class_="remark" if wording.is_remark(point) else None)


def _cites(cites: tuple[int, ...], titles: dict[int, str]) -> list[Content]:
    """Links to sources; a number that no source bears is shown and leads nowhere."""
    return [
        tag("a", f"[{number}]", class_="cite", href=f"#c{number}", aria_label=f"出处 {number}：{titles[number]}")
        if number in titles
        else f"[{number}]"
        for number in cites
    ]


def _listed(heading: str, lines: tuple[str, ...], id: str) -> list[Element]:
    return [section(heading, tag("ul", *(tag("li", line) for line in lines)), id=id)] if lines else []


def _samples(outline: Outline) -> list[Element]:
    if not outline.evidence:
        return []
    rows = [
        (
            tag("span", TIER_NAMES[row.tier], class_="number"),
            tag("span", f"{row.title}（{row.path}）", class_="name"),
            wording.built(outline, n),
        )
        for n, row in enumerate(outline.evidence)
    ]
    built = table("所据样本，按与所问岗位、主题的远近分层", ("层级", "样本", "怎样构成"), rows)
    return [section("样本怎样构成", sequences(outline), built, id="samples")]


def _sources(outline: Outline) -> list[Element]:
    if not outline.citations:
        return []
    return [section("出处", tag("ol", *map(_source, outline.citations), class_="sources"), id="sources")]


def _source(citation: Citation) -> Element:
    stale = wording.STALE_MARKS[citation.stale]
    return tag(
        "li",
        tag("p", tag("span", f"{citation.title}（{citation.path}）", class_="name")),
        tag("p", f"{TIER_NAMES[citation.tier]}｜{wording.place(citation)}{stale}", class_="where"),
        tag("blockquote",
            tag("span", citation.before, class_="around"),
            tag("mark", citation.quote),
            tag("span", citation.after, class_="around")),
        id=f"c{citation.number}",
        value=citation.number,
    )  # fmt: skip


def _dialog() -> Element:
    buttons = (("previous", "上一处"), ("next", "下一处"), ("shut", "关闭"))
    return tag(
        "dialog",
        tag("h2", "出处 ", tag("span", id="passage-number"), id="passage-title"),
        tag("div", id="passage-text"),
        tag("p", *(tag("button", words, type="button", data_do=action) for action, words in buttons), class_="tools"),
        id="passage",
        aria_labelledby="passage-title",
    )
