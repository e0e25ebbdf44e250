"""What turns a file into rows, as one hash: rows of other software are not carried over into a new generation."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata

from rag.config import PACKAGE, own_tables

# Every module that a stored row depends on (a test holds this list against the import graph), and their tables.
_PARTS = (
    "read", "parse", "profiles", "fingerprint", "data", "datatypes", "functions.py", "passages.py", "tags.py",
    "text.py", "facets.py", "overlay.py", "understanding.py", "index/preparing.py", "index/records.py", "index/rows.py",
)  # fmt: skip
_SUFFIXES = (".py", ".toml")
# Tables that only `rag check` looks at: whoever edits one need not have his samples read anew.
_OF_CHECK = ("confusion.toml", "doubled.toml", "official_names.toml", "set_phrases.toml", "stale.toml")
# What reads foreign formats: another release may see other text in the same file.
_READERS = ("lxml", "msdoc2docx", "ofdkit", "pypdfium2", "python-docx", "rapidocr", "selectolax", "opencc", "rjieba")


@cache
def fingerprint() -> str:
    """sha256 of the modules, data tables (the user's too) and reader libraries that decide what a row says.

    Of the files themselves, not of a version number: nobody has to remember to raise one when the grammar changes.
    """
    digest = hashlib.sha256()
    for part in _PARTS:
        top = PACKAGE / part
        files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.suffix in _SUFFIXES)
        for path in files:
            if path.name in _OF_CHECK:
                continue
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0".encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    for path in own_tables():
        digest.update(f"own {path.name}\0".encode() + path.read_bytes())
    for name in _READERS:
        digest.update(f"{name} {_version(name)}\0".encode())
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
