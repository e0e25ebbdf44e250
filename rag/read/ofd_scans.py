"""Scanned pages of an OFD (GB/T 33190) as pictures: the image object that covers a good part of a page.

Pictures are decoded by what comes with the extra `ocr`; JBIG2 is read as PDFium reads it in a PDF.
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from rag.errors import SourceError
from rag.read import archive, pdf_scans
from rag.read.pdf_scans import LARGE, MOST_PIXELS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import numpy as np

_A4_MM = (210.0, 297.0)
_JBIG2 = b"\x97JB2\r\n\x1a\n"
_PAGE_INFORMATION = 48  # a segment's type, ITU-T T.88, 7.3
_HINT = "用 OFD 阅读器或 WPS 打开，另存为 PDF"


def scans(package: ZipFile) -> dict[int, str]:
    """Page number (from 1) to the member that holds its scan, for the pages that have one."""
    found: dict[int, str] = {}
    number = 0
    for root in _texts(archive.tree(package, "OFD.xml"), "DocRoot"):
        document = _below("OFD.xml", root)
        tree = archive.tree(package, document)
        shared = _media(package, document, tree)
        whole = _box(next(_texts(tree, "PhysicalBox"), ""))
        for page in _elements(tree, "Page"):
            number += 1
            content = _below(document, page.get("BaseLoc", ""))
            if content not in package.namelist():
                continue
            own = archive.tree(package, content)
            width, height = _box(next(_texts(own, "PhysicalBox"), "")) or whole or _A4_MM
            media = shared | _media(package, content, own)
            for image in _elements(own, "ImageObject"):
                size = _box(image.get("Boundary", "")) or (0.0, 0.0)
                name = media.get(image.get("ResourceID", ""))
                if name and size[0] * size[1] >= LARGE * width * height:
                    found.setdefault(number, name)
    return found


def picture(package: ZipFile, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture in a member as uint8[rows, columns, 3], BGR. Raises SourceError for what cannot be decoded."""
    data = archive.member(package, name)
    if data.startswith(_JBIG2):
        return _of_jbig2(data, name)
    import cv2
    import numpy as np

    try:
        found = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # more pixels than it will unpack
        found = None
    if found is None:
        raise _unreadable(name)
    return np.asarray(found, dtype=np.uint8)


def _of_jbig2(data: bytes, name: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The first page of a JBIG2 file, wrapped into a PDF, in which its segments stand without the file's head."""
    import pypdfium2

    flags = data[len(_JBIG2)] if len(data) > len(_JBIG2) else 0
    segments = data[len(_JBIG2) + (1 if flags & 2 else 5) :]
    size = _size_of_jbig2(segments) if flags & 1 else None  # else its segments' heads stand apart from their bodies
    if size is None or not 0 < size[0] * size[1] <= MOST_PIXELS:
        raise _unreadable(name)
    try:
        with pypdfium2.PdfDocument(_pdf(segments, *size)) as file:
            return pdf_scans.picture(file[0])
    except pypdfium2.PdfiumError as error:
        raise _unreadable(name) from error


def _size_of_jbig2(segments: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, from the first segment that tells the page (ITU-T T.88, 7.2 and 7.4.8)."""
    at = 0
    while at + 11 <= len(segments):
        number, flags, referred = struct.unpack_from(">IBB", segments, at)
        count, at = referred >> 5, at + 6
        if count == 7:
            count = struct.unpack_from(">I", segments, at - 1)[0] & 0x1FFFFFFF
            at += 3 + (count + 8) // 8
        at += count * (1 if number <= 256 else 2 if number <= 65536 else 4) + (4 if flags & 0x40 else 1)
        if at + 12 > len(segments):
            return None
        length = struct.unpack_from(">I", segments, at)[0]
        if flags & 0x3F == _PAGE_INFORMATION:
            width, height = struct.unpack_from(">II", segments, at + 4)
            return int(width), int(height)
        at += 4 + length
    return None


def _pdf(segments: bytes, width: int, height: int) -> bytes:
    """A PDF of one page that is this picture, a point a pixel."""
    drawn = b"%d 0 0 %d 0 0 cm /I Do" % (width, height)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1"
        b" /Filter /JBIG2Decode /Length %d >>" % (width, height, len(segments))
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>" % (width, height),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        image + b"\nstream\n" + segments + b"\nendstream",
    )
    parts, places = [b"%PDF-1.5\n"], []
    for number, body in enumerate(objects, 1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = sum(map(len, parts))
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return b"".join(parts)


def _media(package: ZipFile, base: str, tree: Element) -> dict[str, str]:
    """Id to member of the pictures in the resource files that `tree`, the member `base`, names."""
    found: dict[str, str] = {}
    for kind in ("PublicRes", "DocumentRes", "PageRes"):
        for words in _texts(tree, kind):
            file = _below(base, words)
            if file not in package.namelist():
                continue
            resources = archive.tree(package, file)
            folder = _below(file, resources.get("BaseLoc", ".")) + "/x"
            for media in _elements(resources, "MultiMedia"):
                for name in _texts(media, "MediaFile"):
                    member = next(
                        (m for m in (_below(folder, name), _below(file, name)) if m in package.namelist()), None
                    )
                    if member:
                        found[media.get("ID", "")] = member
    return found


def _below(base: str, place: str) -> str:
    """A place as a member names it, seen from the folder of `base`."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), place.strip())).lstrip("/")


def _elements(tree: Element, name: str) -> Iterator[Element]:
    return (element for element in tree.iter() if element.tag.rpartition("}")[2] == name)


def _texts(tree: Element, name: str) -> Iterator[str]:
    return (element.text.strip() for element in _elements(tree, name) if element.text and element.text.strip())


def _box(words: str) -> tuple[float, float] | None:
    """Width and height in "x y width height", None where it is no such thing."""
    try:
        _, _, width, height = map(float, words.split())
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e6 and 0 < height < 1e6 else None


def _unreadable(name: str) -> SourceError:
    return SourceError(f"扫描页的图片读不出来：{posixpath.basename(name)}", hint=_HINT)
