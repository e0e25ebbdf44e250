"""One pass over the groups of an RTF file (RTF 1.9.1): paragraphs and table rows, with how they are set.

Pictures, notes, headers, hidden and deleted text stay out. Linear: every byte is looked at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.errors import SourceError
from rag.read.asides import DELETED, FOOTER, HEADER, HIDDEN, NOTE
from rag.read.look import Look

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.S
)
# Groups that are no words of the body; so is every group that opens with \* (the reader may ignore it).
_ASIDE = frozenset(
    b"colortbl info pict nonshppict header headerl headerr headerf footer footerl footerr footerf footnote annotation "
    b"fldinst object objdata shp shpgrp shprslt do listtable listoverridetable revtbl rsidtbl generator filetbl "
    b"themedata datastore latentstyles xmlnstbl mmathPr private template".split()
)
_COUNTED = {b"footnote": NOTE, b"annotation": NOTE}
_COUNTED |= {b"header" + page: HEADER for page in (b"", b"l", b"r", b"f")}
_COUNTED |= {b"footer" + page: FOOTER for page in (b"", b"l", b"r", b"f")}
_MARKS = {
    b"tab": "\t", b"line": "\n", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"bullet": "•", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
    b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\",
}  # fmt: skip
_PARAGRAPH_ENDS = (b"par", b"sect", b"page", b"\n", b"\r")
_SIDES = (b"rtlch", b"ltrch", b"loch", b"hich", b"dbch")
_CODECS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950"}
DEEPEST = 2000  # groups in groups; Word stops at far fewer
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(slots=True)
class State:
    """What a group inherits and gives back at its end."""

    font: int = 0
    size: int = 24
    is_bold: bool = False
    is_out: bool = False
    hidden: str = ""  # as what text is left out: hidden, deleted
    skip: int = 1
    part: str = "body"
    side: bytes = b"ltrch"  # whose properties come next: Word gives each script its own
    east: int | None = None

    def copy(self) -> State:
        return State(
            self.font, self.size, self.is_bold, self.is_out, self.hidden, self.skip, self.part, self.side, self.east
        )


@dataclass(slots=True)
class Paragraph:
    pieces: list[str] = field(default_factory=list)
    marker: str = ""
    fonts: Counter[int] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    is_bold: bool = True
    is_centred: bool = False
    style: int = 0
    outline: int | None = None
    kind: str = "para"

    @property
    def text(self) -> str:
        text = "".join(self.pieces)
        if _SURROGATES.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self.marker + text


class RtfFile:
    """One pass over the tokens: a stack of states, the tables that stand before the text, and the paragraph at hand."""

    def __init__(self) -> None:
        self.codecs: dict[int, str] = {}
        self.fonts: dict[int, str] = {}
        self.styles: dict[int, str] = {}
        self.codec = "gb18030"
        self.default = 0
        self.state = State()
        self.raw = bytearray()
        self.paragraph = Paragraph()
        self.cells: list[str] = []
        self.name = ""
        self.style = 0
        self.left: Counter[str] = Counter()

    def look(self, paragraph: Paragraph) -> Look:
        fonts, sizes = paragraph.fonts.most_common(1), paragraph.sizes.most_common(1)
        return Look(
            font=self.fonts.get(fonts[0][0], "") if fonts else "",
            size=sizes[0][0] if sizes else 0,
            is_bold=paragraph.is_bold and bool(fonts),
            is_centred=paragraph.is_centred,
        )

    def paragraphs(self, data: bytes) -> Iterator[Paragraph]:
        stack: list[State] = []
        position, left = 0, 0  # `left`: stand-ins for a Unicode character, still to be passed over
        while match := _TOKEN.match(data, position):
            position = match.end()
            word, number, code, symbol, brace, plain = match.groups()
            if plain is not None or code is not None:
                run = plain if plain is not None else bytes.fromhex(code.decode())
                passed = min(left, len(run))
                left -= passed
                if not self.state.is_out:
                    self.raw += run[passed:]
                continue
            if brace is None and word is None and symbol is None:
                continue
            if symbol is not None and left:
                left -= 1
                continue
            left = 0
            self._flush()
            if brace == b"{":
                if len(stack) >= DEEPEST:
                    raise SourceError("文件层层嵌套得太深", hint="用 Word 或 WPS 打开后另存为 .docx")
                stack.append(self.state.copy())
            elif brace == b"}":
                self._close()
                if stack:
                    self.state = stack.pop()
            elif word == b"bin":
                position += max(0, int(number or 0))
            elif word == b"u" and number is not None:
                left = self.state.skip
                self._put(chr(int(number) % 0x10000))
            else:
                yield from self._control(word or symbol, None if number is None else int(number))
        self._flush()
        if self.paragraph.pieces:
            yield self.paragraph

    def _control(self, word: bytes, number: int | None) -> Iterator[Paragraph]:
        state, paragraph = self.state, self.paragraph
        if state.is_out:
            return
        if word == b"*" or word in _ASIDE:
            state.is_out = True
            if word in _COUNTED:
                self.left[_COUNTED[word]] += 1
        elif word in _PARAGRAPH_ENDS and state.part == "body":
            if paragraph.kind == "table":
                paragraph.pieces.append(" ")
            else:
                yield self._next()
        elif word in (b"cell", b"nestcell"):
            self.cells.append(paragraph.text.replace("\n", " ").strip())
            self._next()
        elif word in (b"row", b"nestrow"):
            paragraph.pieces, paragraph.kind = ["\t".join(self.cells)], "table"
            self.cells = []
            yield self._next()
        elif word in _MARKS:
            self._put(_MARKS[word])
        elif word == b"pard" and state.part == "body":
            paragraph.style, paragraph.outline, paragraph.is_centred, paragraph.kind = 0, None, False, "para"
        else:
            self._set(word, number)

    def _set(self, word: bytes, number: int | None) -> None:
        state, paragraph = self.state, self.paragraph
        is_on = number != 0
        if word in _SIDES:
            state.side = word
        elif state.side == b"dbch" and word in (b"af", b"afs", b"ab"):
            if word == b"ab":
                state.is_bold = is_on
            elif word == b"afs":
                state.size = number or state.size
            else:
                state.east = number
        elif word in (b"f", b"deff") and number is not None:
            state.font = number
            self.default = number if word == b"deff" else self.default
        elif word == b"fs" and number is not None:
            state.size = number
        elif word == b"b":
            state.is_bold = is_on
        elif word in (b"v", b"deleted"):
            state.hidden = (HIDDEN if word == b"v" else DELETED) if is_on else ""
        elif word == b"plain":
            state.is_bold, state.hidden, state.size, state.east = False, "", 24, None
            state.font = self.default
        elif word == b"uc" and number is not None:
            state.skip = max(0, number)
        elif word in (b"fonttbl", b"stylesheet", b"listtext", b"pntext"):
            state.part = word.decode().replace("pntext", "listtext")
        elif word == b"fcharset" and number in _CODECS:
            self.codecs[state.font] = _CODECS[number]
        elif word == b"ansicpg" and number is not None:
            self.codec = {936: "gb18030", 950: "cp950", 932: "cp932", 949: "cp949", 65001: "utf-8"}.get(
                number, "cp1252"
            )
        elif word == b"qc":
            paragraph.is_centred = is_on
        elif word in (b"ql", b"qr", b"qj", b"qd"):
            paragraph.is_centred = False
        elif word == b"intbl" and state.part == "body":
            paragraph.kind = "table"
        elif word == b"outlinelevel":
            paragraph.outline = number
        elif word == b"s" and number is not None:
            if state.part == "stylesheet":
                self.style = number
            else:
                paragraph.style = number

    def _flush(self) -> None:
        if not self.raw:
            return
        state = self.state
        font = state.east if state.side == b"dbch" and state.east is not None else state.font
        codec = self.codecs.get(font, self.codec)
        data = bytes(self.raw)
        self.raw.clear()
        try:
            self._put(data.decode(codec))
        except UnicodeDecodeError:
            self._put(data.decode("gb18030", errors="replace"))

    def _put(self, text: str) -> None:
        state, paragraph = self.state, self.paragraph
        if state.is_out or state.hidden:
            self.left[state.hidden] += bool(text.strip())
            return
        if state.part in ("fonttbl", "stylesheet"):
            self.name += text
            if ";" in text:
                self._close()
        elif state.part == "listtext":
            paragraph.marker += text
        else:
            paragraph.pieces.append(text)
            if text.strip():
                is_latin = text.isascii() or state.east is None
                paragraph.fonts[state.font if is_latin else state.east or 0] += len(text)
                paragraph.sizes[state.size] += len(text)
                paragraph.is_bold &= state.is_bold

    def _close(self) -> None:
        """A name in a table is complete, or a printed number."""
        part, name, self.name = self.state.part, self.name.split(";")[0].strip(), ""
        if part == "fonttbl" and name:
            self.fonts.setdefault(self.state.font, name.lower())
        elif part == "stylesheet" and name:
            self.styles.setdefault(self.style, name)
            self.style = 0
        elif part == "listtext":
            marker = self.paragraph.marker.strip()
            if not any(char.isalnum() for char in marker):
                marker = ""
            elif marker[-1].isalnum():
                marker += " "
            self.paragraph.marker = marker

    def _next(self) -> Paragraph:
        """The paragraph at hand, done; the next one inherits how it is set, as RTF has it."""
        done = self.paragraph
        self.paragraph = Paragraph(is_centred=done.is_centred, style=done.style, outline=done.outline, kind=done.kind)
        return done
