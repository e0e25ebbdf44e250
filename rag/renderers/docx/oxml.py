"""WordprocessingML elements: one function to make any, and paragraphs and runs of text with nothing unfit in them."""

from __future__ import annotations

import re
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from rag.renderers.wording import visible

_BREAKS = re.compile("([\t\n])")
_MARKS = {"\t": "tab", "\n": "br"}


def element(tag: str, *children: Any, **attributes: object) -> Any:
    """<w:tag w:name="value">children</w:tag>; attributes that are None are left out."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        if value is not None:
            made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


def paragraph(style: str, *inline: Any) -> Any:
    return element("p", element("pPr", element("pStyle", val=style)), *inline)


def run(text: str, style: str | None = None) -> Any:
    """Text in a character style; tabs and line breaks stay what they are."""
    made = element("r", *([properties(style)] if style else []))
    for piece in _BREAKS.split(visible(text)):
        if piece in _MARKS:
            made.append(element(_MARKS[piece]))
        elif piece:
            words = element("t")
            words.text = piece
            words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            made.append(words)
    return made


def field(code: str, shown: str, style: str | None = None) -> list[Any]:
    """A field that Word updates, and what it shows until then."""

    def step(*content: Any) -> Any:
        return element("r", *([properties(style)] if style else []), *content)

    instruction = element("instrText")
    instruction.text = f" {code} "
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    marks = {kind: step(element("fldChar", fldCharType=kind)) for kind in ("begin", "separate", "end")}
    return [marks["begin"], step(instruction), marks["separate"], run(shown, style), marks["end"]]


def properties(style: str) -> Any:
    return element("rPr", element("rStyle", val=style))
