"""Saved web pages: the one element that holds the article, its paragraphs in order. Navigation and scripts stay out.

Only the file is read; nothing that the page links to is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.datatypes import Block
from rag.errors import SourceError
from rag.read.asides import NAVIGATION, Item, Left
from rag.read.plain import decoded
from rag.text import bare

# What no article is in, and what starts a line of its own.
_DROPPED = ["script", "style", "noscript", "nav", "header", "footer", "aside", "form", "iframe", "select", "button"]
_DROPPED += ["canvas", "svg"]
_FURNITURE = ["nav", "header", "footer", "aside", "form"]
_BLOCK = re.compile(
    r"p|div|li|tr|section|article|main|table|tbody|thead|td|th|ul|ol|blockquote|center|h[1-6]|dl|dt|dd|body|pre|"
    r"figure|figcaption"
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_LARGE = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)\s*(pt|px)", re.IGNORECASE)
LARGE_PT = 16.0
TITLE_WITHIN = 5
BOLD_LEVEL = 6
LONGEST_HEADING = 60
# The parser's time grows with the square of the nesting: a second at 20,000. Elements that close by themselves apart.
DEEPEST = 20_000
_TAG = re.compile(r"<(/?)(?!(?:br|img|hr|input|meta|link|p|li|td|th|tr|option|dt|dd|col|wbr)\b)[a-zA-Z][^<>]{0,2000}>")


def blocks(path: Path) -> Iterator[Item]:
    from selectolax.lexbor import LexborHTMLParser

    markup = _markup(path)
    if _depth(markup) > DEEPEST:
        raise SourceError("网页层层嵌套得太深", hint="在浏览器里全选复制正文，另存为 .txt 或 .docx")
    tree = LexborHTMLParser(markup)
    furniture = sum(bool(bare(node.text())) for node in tree.css(", ".join(_FURNITURE)))
    tree.strip_tags(_DROPPED)
    body = tree.body
    if body is None:
        raise SourceError("网页里没有正文", hint="在浏览器里全选复制正文，另存为 .txt 或 .docx")
    article = _article(body)
    found = list(_walk(article))
    heading = tree.css_first("h1")
    if heading is not None and heading.mem_id != article.mem_id:
        title = _tidy(heading.text())
        if title and not any(bare(title) == bare(block.text) for block in found[:3]):
            yield Block(title, level=0)
    yield from found
    outside = sum(1 for _ in _walk(body)) - len(found) if article.mem_id != body.mem_id else 0
    yield Left(NAVIGATION, furniture + max(0, outside))


def _markup(path: Path) -> str:
    raw = path.read_bytes()[:2048]
    declared = _CHARSET.search(raw)
    if declared and declared[1].lower() in (b"gbk", b"gb2312", b"gb18030", b"big5"):
        encoding = "big5" if declared[1].lower() == b"big5" else "gb18030"
        return path.read_bytes().decode(encoding, errors="replace")
    return decoded(path)


def _depth(markup: str) -> int:
    """How deep elements are nested at most; too high where end tags are missing."""
    depth = deepest = 0
    for tag in _TAG.finditer(markup):
        if not tag[0].endswith("/>"):
            depth = max(0, depth - 1) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _article(body: Any) -> Any:
    """The element whose paragraphs hold most text: each speaks for its parent, and half for its grandparent."""
    scores: dict[int, float] = {}
    nodes: dict[int, Any] = {}
    for node in body.css("p, h2, h3, h4, li, br, td, div"):
        words = len(bare(_own_text(node)))
        if not words:
            continue
        links = sum(len(bare(a.text())) for a in node.css("a")) if node.tag in ("p", "li") else 0
        weight, holder = words - 2 * links, node if node.tag in ("td", "div") else node.parent
        for share in (1.0, 0.5):
            if holder is None or holder.tag in ("html", "-text"):
                break
            nodes[holder.mem_id] = holder
            scores[holder.mem_id] = scores.get(holder.mem_id, 0.0) + share * weight
            holder = holder.parent
    if not scores:
        return body
    return nodes[max(scores, key=lambda key: scores[key])]


def _is_block(node: Any) -> bool:
    return _BLOCK.fullmatch(node.tag or "") is not None  # a comment has no tag


def _own_text(node: Any) -> str:
    """Text of a paragraph-like node; of a container, only what stands in it directly."""
    if node.tag in ("td", "div"):
        return "".join(child.text() for child in node.iter(include_text=True) if not _is_block(child))
    return str(node.text())


def _walk(node: Any) -> Iterator[Block]:
    """Blocks below `node`: inline runs are gathered into lines, block elements are entered."""
    line: list[Any] = []
    for child in node.iter(include_text=True):
        if child.tag != "br" and not _is_block(child):
            line.append(child)
            continue
        if line:
            yield from _paragraph(line, node)
            line = []
        if _is_block(child):
            yield from _element(child)
    if line:
        yield from _paragraph(line, node)


def _element(node: Any) -> Iterator[Block]:
    if re.fullmatch(r"h[1-6]", node.tag):
        text = _tidy(node.text())
        if text:
            yield Block(text, level=int(node.tag[1]) - 1)
    elif node.tag == "tr" and not any(c.css_first("p, div, table") for c in node.css("td")):
        cells = [_tidy(cell.text()) for cell in node.css("td, th")]
        if any(cells):
            yield Block("\t".join(cells), kind="table")
    else:
        yield from _walk(node)


def _paragraph(run: list[Any], holder: Any) -> Iterator[Block]:
    for text in _lines(run):
        yield Block(text, level=_level(run, holder, text))


def _lines(run: list[Any]) -> Iterator[str]:
    """The run's text, cut where an inline element holds a <br>."""
    parts = [""]

    def gather(node: Any) -> None:
        if node.tag == "br":
            parts.append("")
        elif node.tag == "-text":
            parts[-1] += node.text()
        else:
            for child in node.iter(include_text=True):
                gather(child)

    for node in run:
        gather(node)
    for part in parts:
        text = _tidy(part)
        if text:
            yield text


def _level(run: list[Any], holder: Any, text: str) -> int | None:
    if len(text) > LONGEST_HEADING or text.endswith(("。", "；", "：")):
        return None
    markup = "".join(node.html or "" for node in run)
    style = (holder.attributes.get("style") or "") + (holder.attributes.get("align") or "")
    sizes = [float(n) * (1.0 if unit.lower() == "pt" else 0.75) for n, unit in _LARGE.findall(markup + style)]
    is_large = bool(sizes) and max(sizes) >= LARGE_PT
    is_bold = all(_is_bold(node) for node in run if bare(node.text()))
    if (_CENTRED.search(style + markup) or "center" in style) and (is_large or is_bold):
        return 0
    return BOLD_LEVEL if is_bold else None


def _is_bold(node: Any) -> bool:
    if node.tag in ("b", "strong"):
        return True
    if node.tag == "-text":
        return False
    if re.search(r"font-weight\s*:\s*(bold|[6-9]00)", node.attributes.get("style") or "", re.IGNORECASE):
        return True
    inner = [child for child in node.iter(include_text=True) if bare(child.text())]
    return bool(inner) and all(_is_bold(child) for child in inner)


def _tidy(text: str) -> str:
    return re.sub(r"[ \t\r\n\u00a0]+", " ", text).strip()
