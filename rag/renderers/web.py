"""Web pages of one file: elements that escape whatever is put into them, and the frame of style, script and policy.

Nothing is fetched, and only our own script and style run: the policy names them by their hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from rag.renderers.wording import visible

Content = Element | str | None


def tag(name: str, /, *children: Content, **attributes: str | int | None) -> Element:
    """<name attributes>children</name>. `class_` is class, `aria_label` aria-label; None is left out."""
    made = Element(name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key.rstrip("_").replace("_", "-"), visible(str(value)))
    put(made, children)
    return made


def put(parent: Element, children: Iterable[Content]) -> None:
    """Append text and elements in order."""
    for child in children:
        if isinstance(child, Element):
            parent.append(child)
        elif child and len(parent):
            parent[-1].tail = (parent[-1].tail or "") + visible(child)
        elif child:
            parent.text = (parent.text or "") + visible(child)


def page(title: str, *body: Content) -> bytes:
    """The whole file, UTF-8."""
    style, script = (
        files("rag.renderers").joinpath("assets", name).read_text("utf-8") for name in ("page.css", "page.js")
    )
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        _raw("style", style),
    )
    whole = tag("html", head, tag("body", *body, _raw("script", script)), lang="zh-CN")
    return b"<!doctype html>\n" + tostring(whole, encoding="unicode", method="html").encode("utf-8")


def bar(share: float, width: int = 60) -> Element:
    """A small bar, `share` (0..1) of it filled; for the eye only, the words beside it say the same."""
    filled = round(max(0.0, min(share, 1.0)) * width, 1)
    return tag(
        "svg",
        tag("rect", class_="bar-all", width=width, height=8, rx=2),
        tag("rect", class_="bar-part", width=str(filled), height=8, rx=2),
        class_="bar", width=width, height=8, viewBox=f"0 0 {width} 8", aria_hidden="true", focusable="false",
    )  # fmt: skip


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Content]]) -> Element:
    """A table with a caption; the first cell of a row heads it."""
    body = (tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows)
    head = tag("thead", tag("tr", *(tag("th", words, scope="col") for words in heads)))
    return tag("div", tag("table", tag("caption", caption), head, tag("tbody", *body)),
               class_="wide", tabindex=0, role="region", aria_label=caption)  # fmt: skip


def section(heading: str, *content: Content, id: str) -> Element:
    return tag("section", tag("h2", heading, id=id), *content, aria_labelledby=id)


def tools(*buttons: tuple[str, str]) -> Element:
    """Buttons by the action of page.js; hidden where no script runs."""
    made = (tag("button", words, type="button", data_do=action) for action, words in buttons)
    return tag("nav", *made, class_="tools", aria_label="页面操作", hidden="hidden")


def _raw(name: str, text: str) -> Element:
    """Style and script are not escaped in HTML; ours hold no end tag (tested)."""
    made = Element(name)
    made.text = text
    return made


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"
