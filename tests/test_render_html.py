"""Web pages: nothing a sample holds becomes markup, and a real browser shows, prints and reads them out."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hostile import STRINGS, hostile_outline
from selectolax.lexbor import LexborHTMLParser

import rag
from rag.cli.inventory import info_object
from rag.datatypes import ERROR, Block, Citation, Document, Finding, Outline, Review, SharedSource, Source
from rag.embed.vector_cache import Size
from rag.renderers import info_html
from rag.renderers.wording import one_line, visible

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / ".venv/outputs/node_modules/axe-core/axe.min.js"
MOST_PAGES = 8
KNOWN = {
    "html", "head", "meta", "link", "title", "style", "body", "a", "header", "h1", "h2", "h3", "h4", "h5", "p", "nav",
    "button", "main", "section", "div", "span", "figure", "figcaption", "svg", "rect", "text", "details", "summary", "ul",
    "ol", "li", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "blockquote", "mark", "del", "br", "dialog", "script",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan(seeds_index: rag.Index) -> Outline:
    return rag.outline(
        seeds_index, role="县教育局局长", topic="2025年度民主生活会个人对照检查", length=3000, explain=True
    )


@pytest.fixture(scope="module")
def info(seeds_index: rag.Index) -> bytes:
    return info_html.render(info_object(seeds_index, Size(Path("v"), 0, 0)), seeds_index)


def hostile_review(text: str) -> Review:
    line = " ".join(text.split()) or "空"
    document = Document(Source(text, text, "0" * 64), (Block(line),), line, (0,))
    citation = Citation(1, text, text, "0" * 64, (text,), 0, len(line), None, text, text, text, "topic")
    finding = Finding("overlap", ERROR, 0, len(line), (text,), text, text, (citation,), key="k")
    shared = SharedSource(text, text, 1, 0.1, 1)
    return Review(document, 2025, (finding,), (shared,), (text,), {"person": text})


def require_only_our_markup(data: bytes) -> LexborHTMLParser:
    tree = LexborHTMLParser(data.decode("utf-8"))
    elements = [node for node in tree.root.traverse() if node.tag[0] not in "-_!"]  # type: ignore[union-attr]
    assert {node.tag for node in elements} <= KNOWN
    scripts = tree.css("script")
    assert [s.text() for s in scripts] in ([], [files("rag.renderers").joinpath("assets/page.js").read_text("utf-8")])
    for node in elements:
        for name, value in node.attributes.items():
            assert not name.startswith("on"), (node.tag, name)
            assert name != "style"
            if name in ("href", "src", "action", "data"):
                assert re.fullmatch(r"#\w+|data:,", value or ""), value
    return tree


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_text_on_the_page(text: str) -> None:
    tree = require_only_our_markup(rag.render(hostile_outline(text), "html"))
    # HTML drops a line break that opens an element, and nothing else of these.
    assert tree.css_first("h1").text() == visible(text)
    assert tree.css_first("title").text() == visible(text)
    assert [node.text() for node in tree.css("ol.sources mark")] == [visible(text)] * 3
    assert one_line(text) in tree.css_first("summary").text()


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_hostile_text_is_text_in_a_review(text: str) -> None:
    tree = require_only_our_markup(rag.render(hostile_review(text), "html"))
    assert visible(text) in tree.css_first("title").text()


def test_a_review_shows_the_draft_with_its_findings_in_the_margin(tmp_path: Path) -> None:
    lines = ["某局总结", "一、工作在在推进", "没有问题的一行", "二、下步打算____"]
    file = tmp_path / "稿子.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    review = rag.check(None, file, config=rag.Config())
    tree = require_only_our_markup(rag.render(review, "html"))
    shown = [p.text() for p in tree.css(".draft > p")]
    assert shown == lines
    marks = [node.text() for node in tree.css(".draft mark")]
    assert "____" in marks
    assert any("在在" in mark for mark in marks)
    notes = [node.text() for node in tree.css(".draft .notes")]
    assert len(notes) == len(lines)
    assert "占位" in notes[3]
    assert notes[2].strip() == ""
    assert len(tree.css(".draft li")) == len(review.findings)


def test_only_our_own_script_and_style_may_run(plan: Outline) -> None:
    tree = LexborHTMLParser(rag.render(plan, "html").decode())
    policy = tree.css_first("meta[http-equiv]").attributes["content"] or ""
    assert policy.startswith("default-src 'none';")
    for name in ("script", "style"):
        text = tree.css_first(name).text()
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
        assert "</" not in text


def test_the_page_says_all_that_the_outline_says(plan: Outline) -> None:
    tree = LexborHTMLParser(rag.render(plan, "html").decode())
    said = tree.body.text()  # type: ignore[union-attr]
    for node in plan.nodes:
        assert node.title in said
        assert f"{node.support.of} 位作者中 {node.support.count} 位有此部分" in said
        assert f"约 {plan.budget(node)} 字" in said
    assert all(one_line(line) in one_line(said) for line in (*plan.notes, *plan.explanation))
    assert [node.text() for node in tree.css("ol.sources mark")] == [visible(c.quote) for c in plan.citations]
    assert {a.attributes["href"] for a in tree.css("a.cite")} == {f"#c{c.number}" for c in plan.citations}
    assert len(tree.css("#samples ~ * tbody tr")) == len(plan.evidence)
    blocks = sum(len(row.sections) for row in plan.evidence) + 2 * len(plan.nodes)
    assert len(tree.css("rect.f")) == blocks


def test_an_outline_of_convention_has_a_page_too(seeds_index: rag.Index) -> None:
    page = rag.render(rag.outline(seeds_index, role="县水利局", topic="关于追加资金的请示"), "html").decode()
    assert "请示的缘由" in page
    assert 'id="sources"' not in page


def test_the_page_of_an_index_counts_what_it_holds(info: bytes, seeds_index: rag.Index) -> None:
    tree = require_only_our_markup(info)
    documents = seeds_index.tables.documents()
    genres = [d.profile.value("genre") for d in documents]
    rows = {tr.css_first("th").text(): tr.css_first("td").text() for tr in tree.css("table")[0].css("tbody tr")}
    assert rows == {genre: str(genres.count(genre)) for genre in set(genres)}
    found = info_html.sections_by_genre(seeds_index)
    assert sum(count for count, _ in found.values()) == len(documents)
    assert all(0 < having <= count for count, functions in found.values() for having in functions.values())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no Chromium on this machine (apt: chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test-outputs")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page and, at the end, requires a silent console and that nothing was fetched or alerted."""
    said: list[str] = []
    contexts = []

    def open_(data: bytes, **options: Any) -> Any:
        file = tmp_path / "页面.html"
        file.write_bytes(data)
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda request: said.append(request.url) if not request.url.startswith(("data:", "file:")) else None,
        )
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert said == []


def test_a_click_on_a_citation_shows_its_passage(plan: Outline, opened: Callable[..., Any]) -> None:
    page = opened(rag.render(plan, "html"))
    citation = plan.citations[4]
    assert not page.is_visible("dialog")
    page.click(f"a.cite[href='#c{citation.number}']")
    assert page.is_visible("dialog mark")
    assert page.text_content("dialog mark") == citation.quote
    assert page.text_content("dialog blockquote") == citation.before + citation.quote + citation.after
    colours = page.evaluate(
        "['mark', 'blockquote'].map(s => getComputedStyle(document.querySelector('dialog ' + s)).backgroundColor)"
    )
    assert colours[0] != colours[1]


def test_the_keyboard_alone_is_enough(plan: Outline, opened: Callable[..., Any]) -> None:
    page = opened(rag.render(plan, "html"))
    first = page.locator("a.cite").first
    first.focus()
    page.keyboard.press("Enter")
    number = int(page.text_content("#passage-number"))
    assert f"#c{number}" == first.get_attribute("href")
    page.keyboard.press("ArrowRight")
    assert page.text_content("dialog mark") == plan.citations[number].quote
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog")
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"#c{number}"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open") is False


def test_folds_close_and_open_and_paper_shows_them_all(plan: Outline, opened: Callable[..., Any]) -> None:
    import pypdfium2

    page = opened(rag.render(plan, "html"))
    page.click("text=全部收起")
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 0
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    printed = re.sub(r"\s", "", "".join(sheet.get_textpage().get_text_range() for sheet in document))
    assert len(document) <= MOST_PAGES
    for node in plan.nodes:
        assert re.sub(r"\s", "", node.title) in printed
        for point in node.points:
            assert re.sub(r"\s", "", point.text)[:6] in printed
    assert "全部收起" not in printed
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(plan: Outline, info: bytes, opened: Callable[..., Any], scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make test-outputs")
    for data in (rag.render(plan, "html"), info):
        page = opened(data, color_scheme=scheme, bypass_csp=True)
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("axe.run().then(result => result.violations)")
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
        if page.locator("a.cite").count():
            page.locator("a.cite").first.click()
            found = page.evaluate("axe.run('dialog').then(result => result.violations)")
            assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []


def test_no_hostile_page_runs_or_fetches_anything(opened: Callable[..., Any]) -> None:
    page = opened(rag.render(hostile_outline("\n".join(STRINGS[:-1])), "html"))
    page.click("a.cite >> nth=0")
    assert "<script>alert(1)</script>" in page.text_content("dialog mark")
    opened(rag.render(hostile_review("\n".join(STRINGS[:-1])), "html"))
