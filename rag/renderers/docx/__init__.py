"""An outline as a Word document by GB/T 9704-2012: heading styles that number themselves, sources as endnotes.

What is for the writer alone (prompts, support, samples) stands shaded in two styles of its own, so that it is selected
and deleted at one go. Fonts are named, not embedded. Same outline, same bytes.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx

from rag.datatypes import Outline, OutlineNode, OutlinePoint
from rag.fits import TIER_NAMES
from rag.renderers import wording
from rag.renderers.docx import numbering, page, parts, styles
from rag.renderers.docx.endnotes import Endnotes
from rag.renderers.docx.oxml import paragraph, run

HOW_TO_DELETE = "灰底文字是写作提示，不是正文。定稿前选中其中一处，用“选择 › 选定所有格式类似的文本”，一次删去。"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def render(outline: Outline) -> bytes:
    document = docx.Document()
    parts.clean(document)
    parts.settle(document)
    styles.settle(document)
    numbering.settle(document)
    page.settle(document)
    notes = Endnotes(outline.citations)
    document.element.body[:0] = [*_front(outline), *_body(outline, notes), *_back(outline, notes)]
    notes.settle(document)
    _describe(document, outline)
    return _packed(document)


def _front(outline: Outline) -> list[Any]:
    lines = (wording.asked_for(outline), f"依据：{wording.ground(outline)}", HOW_TO_DELETE)
    return [paragraph(styles.TITLE, run(outline.title)), *(paragraph(styles.HINT, run(line)) for line in lines)]


def _body(outline: Outline, notes: Endnotes) -> list[Any]:
    return [p for node in outline.nodes for p in _section(outline, node, 1, notes)]


def _section(outline: Outline, node: OutlineNode, level: int, notes: Endnotes) -> list[Any]:
    """A heading, what is known of it, its own points, then its subsections: so no point slips under another's head."""
    found = [paragraph(styles.heading(level), run(node.title), *notes.marks(node.cites))]
    if level == 1:
        found.append(paragraph(styles.HINT, run(wording.facts(outline, node))))
    elif outline.budget(node):
        found.append(paragraph(styles.HINT, run(wording.budget(outline, node))))
    if node.alternatives:
        others: list[Any] = [run("也作：")]
        for place, other in enumerate(node.alternatives):
            others += [run(("；" if place else "") + other.title), *notes.marks(other.cites)]
        found.append(paragraph(styles.HINT, *others))
    found += [_point(point, notes) for point in node.points]
    return found + [p for child in node.children for p in _section(outline, child, level + 1, notes)]


def _point(point: OutlinePoint, notes: Endnotes) -> Any:
    flags = [run(f"〔{flag}〕", styles.HINT_RUN) for flag in point.flags]
    if point.support.count > 1:
        flags.insert(0, run(f"（{wording.borne_out(point.support)}）", styles.HINT_RUN))
    if wording.is_remark(point):
        return paragraph(styles.HINT, run(point.text), *flags, *notes.marks(point.cites))
    return paragraph(styles.heading(styles.POINT_LEVEL), run(point.text), *flags, *notes.marks(point.cites))


def _back(outline: Outline, notes: Endnotes) -> list[Any]:
    """For the writer: notes, reasons, samples; and the word above the endnotes, which come last."""
    samples = [
        f"{TIER_NAMES[row.tier]}：{row.title}（{row.path}）：{wording.built(outline, place)}"
        for place, row in enumerate(outline.evidence)
    ]
    named = {"说明": outline.notes, "为什么这样列": outline.explanation, "所据样本": samples}
    found = []
    for name, lines in named.items():
        if lines:
            found.append(paragraph(styles.HINT_HEADING, run(name)))
            found += [paragraph(styles.HINT, run(line)) for line in lines]
    if outline.citations:
        found.append(paragraph(styles.HINT_HEADING, run("出处（尾注）"), *notes.marks(notes.unused)))
    return found


def _describe(document: Any, outline: Outline) -> None:
    """Document properties. No hour: the same outline gives the same file; and no author, the writer is."""
    asked, properties = outline.request, document.core_properties
    values = {
        "title": outline.title, "subject": asked.topic, "category": asked.genre or "", "author": "",
        "keywords": "；".join([asked.role, *([str(asked.year)] if asked.year else [])]),
        "comments": f"提纲，依据 {wording.ground(outline)}，出处见尾注", "language": "zh-CN", "last_modified_by": "",
    }  # fmt: skip
    for name, value in values.items():
        setattr(properties, name, wording.one_line(value)[:255])
    for child in list(properties._element):
        if child.tag.endswith(("}created", "}modified")):
            properties._element.remove(child)


def _packed(document: Any) -> bytes:
    """The document saved, its members under one fixed date."""
    raw, packed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename, EARLIEST), old.read(member), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
