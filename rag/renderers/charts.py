"""Two drawings of an outline's page: its length shared out, and the sections of its samples side by side."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from rag import functions
from rag.datatypes import Outline
from rag.fits import TIER_NAMES
from rag.renderers import wording
from rag.renderers.web import Content, tag

WIDTH, ROW, STRIP = 1000, 62, 34
LETTER = 17.5  # width of a Hanzi in units of the drawing
LONGEST_LABEL = 46
Part = tuple[str, str, float]  # title, function, share


def strip(outline: Outline) -> Element:
    """The outline's own sections, each as wide as its usual share."""
    parts = [(node.title, node.function, node.share) for node in outline.nodes]
    said = "；".join(f"{wording.one_line(title)} {share:.0%}" for title, _, share in parts)
    drawing = _chart(STRIP, "各部分的篇幅：" + said, *_blocks(parts, 0))
    return tag("figure", tag("div", drawing, class_="wide", tabindex=0, role="region", aria_label="各部分的篇幅"),
               tag("figcaption", said))  # fmt: skip


def sequences(outline: Outline) -> Element:
    """One row a sample, the outline itself on top: which section, in what order, how long."""
    rows = [("本提纲", [(node.title, node.function, node.share) for node in outline.nodes])]
    rows += [
        (
            f"{TIER_NAMES[row.tier]}：{wording.one_line(row.title)}",
            [(s.title, s.function, s.share) for s in row.sections],
        )
        for row in outline.evidence
    ]
    drawn: list[Content] = []
    for place, (label, parts) in enumerate(rows):
        top = place * ROW
        shown = label if len(label) <= LONGEST_LABEL else label[:LONGEST_LABEL] + "…"
        drawn += [tag("text", shown, class_="row", x=0, y=top + 18), *_blocks(parts, top + 24)]
    drawing = _chart(len(rows) * ROW, "各样本的部分、先后和占比，下表有文字说明", *drawn)
    note = "每行一篇样本，从左到右是各部分的先后，宽窄是篇幅占比，颜色是部分的功能；放上鼠标看标题。"
    return tag("figure", tag("div", drawing, class_="wide", tabindex=0, role="region", aria_label="样本构成图"),
               tag("figcaption", note))  # fmt: skip


def _chart(height: int, label: str, *content: Content) -> Element:
    return tag("svg", *content, class_="chart", role="img", aria_label=label, viewBox=f"0 0 {WIDTH} {height}")


def _blocks(parts: Sequence[Part], top: int) -> list[Content]:
    """Rectangles from left to right; a name inside where there is room, the title and share on pointing."""
    whole = max(1.0, sum(share for _, _, share in parts))
    names, found, left = functions.names(), list[Content](), 0.0
    for title, function, share in parts:
        width = WIDTH * share / whole
        colour = f"f f{names.index(function)}" if function in names else "f f18"
        told = tag("title", f"{wording.one_line(title) or function}：{function}，{share:.0%}")
        found.append(tag("rect", told, class_=colour, x=f"{left:.1f}", y=top, width=f"{width:.1f}", height=STRIP - 4))
        label = next((words for words in (f"{function} {share:.0%}", function) if len(words) * LETTER < width), "")
        if label:
            found.append(tag("text", label, x=f"{left + 6:.1f}", y=top + 21))
        left += width
    return found
