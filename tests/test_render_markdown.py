"""Markdown through a standard converter: every footnote arrives, and a sample's words stay words."""

from __future__ import annotations

import re

import pytest
from hostile import STRINGS, hostile_outline
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from selectolax.lexbor import LexborHTMLParser
from test_render_html import hostile_review

import rag
from rag.renderers.wording import one_line


def converted(data: bytes) -> LexborHTMLParser:
    """As a converter that lets HTML through would show it."""
    converter = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
    return LexborHTMLParser(converter.render(data.decode("utf-8")))


def tags(tree: LexborHTMLParser) -> list[str]:
    return [node.tag for node in tree.root.traverse() if node.tag[0] not in "-_!"]  # type: ignore[union-attr]


def test_a_standard_converter_keeps_every_footnote(seeds_index: rag.Index) -> None:
    plan = rag.outline(seeds_index, role="县教育局局长", topic="2025年度民主生活会个人对照检查", length=3000)
    tree = converted(rag.render(plan, "md"))
    notes = [node.text() for node in tree.css("li.footnote-item")]
    assert len(notes) == len(plan.citations)
    for citation in plan.citations:
        assert sum(one_line(citation.quote) in n and f"第 {citation.start}—{citation.end} 字" in n for n in notes) == 1
    references = tree.css("sup.footnote-ref")
    text = rag.render(plan, "md").decode()
    assert len(references) == len(re.findall(r"\[\^\d+\](?!:)", text))


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_text_after_conversion(text: str) -> None:
    for made_of in (hostile_outline, hostile_review):
        tree, plain = (converted(rag.render(made_of(words), "md")) for words in (text, "甲"))
        assert tags(tree) == tags(plain)
        assert all((a.attributes["href"] or "").startswith("#fn") for a in tree.css("a"))
        assert one_line(text) in tree.css_first("h1").text()
    tree = converted(rag.render(hostile_outline(text), "md"))
    assert len(tree.css("li.footnote-item")) == 2, "the third source is named by nothing"
    assert sum(one_line(text) in node.text() for node in tree.css("li")) >= 7
