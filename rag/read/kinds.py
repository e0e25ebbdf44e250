"""What a file is by its first bytes, before its suffix decides: offices rename files, and WPS saves RTF as .doc."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from rag.errors import SourceError

READERS = {
    ".txt": "rag.read.plain",
    ".text": "rag.read.plain",
    ".md": "rag.read.markdown",
    ".markdown": "rag.read.markdown",
    ".docx": "rag.read.word",
    ".doc": "rag.read.word_old",
    ".wps": "rag.read.word_old",
    ".rtf": "rag.read.rtf",
    ".odt": "rag.read.odt",
    ".pdf": "rag.read.pdf",
    ".ofd": "rag.read.ofd",
    ".html": "rag.read.html",
    ".htm": "rag.read.html",
}
# Formats that hold reports and that no reader handles: named to the user, never passed over in silence.
UNREAD = (
    ".et",
    ".xls",
    ".xlsx",
    ".ppt",
    ".pptx",
    ".rar",
    ".7z",
)

# Looked for at the very start, and the suffix whose reader takes such a file.
_STARTS = ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc"), (b"{\\rtf", ".rtf"), (b"%PDF-", ".pdf"))
# Members that only one format of zip files has.
_MEMBERS = (("word/document.xml", ".docx"), ("OFD.xml", ".ofd"), ("content.xml", ".odt"))
# Atomic groups: a comment ends where it first can, else a row of comments takes for ever.
_MARKUP = re.compile(
    rb"(?>\s*(?:<\?xml[^>]*>|<!--.*?-->))*+\s*<(?:!doctype\s+html|html|head|body|meta)\b", re.IGNORECASE | re.DOTALL
)
# Formats whose own suffix is a promise of text: only unmistakable signatures overrule it.
_TEXTS = (".txt", ".text", ".md", ".markdown")
_HEAD = 4096
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def kind(path: Path) -> str:
    """The suffix of the format that `path` really is in; its own suffix when the bytes say nothing else.

    Raises SourceError for a Word file that is locked by a password.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    found = next((kind for start, kind in _STARTS if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start)), None)
    if found == ".doc" and _LOCKED in path.read_bytes():
        raise SourceError("文件有打开密码", hint="用 Word 或 WPS 输入密码打开，取消密码后另存")
    if found:
        return found
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path) or suffix
    if suffix not in _TEXTS and _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return ".html"
    return suffix


def _kind_of_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as package:
            names = {name.lstrip("/") for name in package.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None  # the reader says what is wrong with it
    return next((kind for member, kind in _MEMBERS if member in names), None)
