"""Word endnotes, which python-docx does not know: a part of its own, a note for each citation, marks that share one.

A note is numbered where it is first named, as Word numbers; a later mark of the same source is a NOTEREF field.
"""

from __future__ import annotations

from typing import Any

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls
from docx.oxml.parser import parse_xml
from lxml import etree

from rag.datatypes import Citation
from rag.renderers import wording
from rag.renderers.docx.oxml import element, field, paragraph, properties, run
from rag.renderers.docx.styles import NOTE, NOTE_MARK

SEPARATORS = (("separator", -1), ("continuationSeparator", 0))


class Endnotes:
    """The notes of one document, in the order in which the text names them."""

    def __init__(self, citations: tuple[Citation, ...]) -> None:
        self._citations = {citation.number: citation for citation in citations}
        self._places: dict[int, int] = {}  # citation number: number of its note, from 1

    @property
    def unused(self) -> tuple[int, ...]:
        """Citations that nothing has named yet."""
        return tuple(number for number in self._citations if number not in self._places)

    def marks(self, cites: tuple[int, ...]) -> list[Any]:
        """What a text shows for its citations: [1][2], raised. A number that no citation bears is shown as it is."""
        return [part for number in cites for part in (run("[", NOTE_MARK), *self._mark(number), run("]", NOTE_MARK))]

    def settle(self, document: Any) -> None:
        """Put the notes into the document."""
        root = parse_xml(f"<w:endnotes {nsdecls('w')}/>")
        for kind, key in SEPARATORS:
            line = element("p", element("r", element(kind)))
            root.append(element("endnote", line, type=kind, id=key))
        for number, place in self._places.items():
            root.append(element("endnote", _note(self._citations[number]), id=place))
        blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/endnotes.xml"), CONTENT_TYPE.WML_ENDNOTES, blob, document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.ENDNOTES)

    def _mark(self, number: int) -> list[Any]:
        if number not in self._citations:
            return [run(str(number), NOTE_MARK)]
        name = f"source{number}"
        if number in self._places:
            return field(f"NOTEREF {name} \\h", str(self._places[number]), NOTE_MARK)
        place = self._places[number] = len(self._places) + 1
        return [
            element("bookmarkStart", id=place, name=name),
            element("r", properties(NOTE_MARK), element("endnoteReference", id=place)),
            element("bookmarkEnd", id=place),
        ]


def _note(citation: Citation) -> Any:
    stale = wording.STALE_MARKS[citation.stale]
    words = f" {citation.title}（{citation.path}）{wording.place(citation)}：“{citation.quote}”{stale}"
    return paragraph(NOTE, element("r", properties(NOTE_MARK), element("endnoteRef")), run(words))
