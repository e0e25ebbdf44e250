"""Small real files of each office format, made from text: for the tests of the readers and for bench/reading.py."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls


def rtf(body: str, path: Path) -> Path:
    fonts = r"{\fonttbl{\f0\fcharset134 SimSun;}{\f1\fcharset134 \'ba\'da\'cc\'e5;}{\f2\fcharset0 Arial;}}"
    styles = r"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s9 toc 1;}}"
    path.write_bytes(rb"{\rtf1\ansi\ansicpg936\deff0" + (fonts + styles + body + "}").encode("gb18030"))
    return path


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(char)}?" for char in text)


def word_file(path: Path, *paragraphs: str) -> Path:
    """A .docx whose body is the given WordprocessingML."""
    file = docx.Document()
    space = (
        f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    for markup in paragraphs:
        file.element.body.insert(-1, parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {space}", markup)))
    file.save(str(path))
    return path


RUN = "<w:r><w:t>{}</w:t></w:r>"

ODF = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        *(("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"), ("draw", "drawing")),
        ("fo", "xsl-fo-compatible"),
    )
)

ODF_STYLES = (
    '<style:style style:name="T" style:family="paragraph"><style:paragraph-properties fo:text-align="center"/>'
    '<style:text-properties style:font-size-asian="22pt" style:font-weight-asian="bold"/></style:style>'
    '<style:style style:name="H" style:family="text" style:parent-style-name="B"/>'
    '<style:style style:name="B" style:family="text"><style:text-properties style:font-name-asian="黑体"/></style:style>'
    '<style:style style:name="V" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." '
    'style:num-suffix="、"/><text:list-level-style-number text:level="2" style:num-format="一, 二, 三, ..." '
    'style:num-prefix="（" style:num-suffix="）"/><text:list-level-style-bullet text:level="3"/></text:list-style>'
)


def odt(path: Path, body: str, **members: str) -> Path:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{ODF}><office:automatic-styles>{ODF_STYLES}'
        f'</office:automatic-styles><office:body><office:text text:use-soft-page-breaks="true">{body}</office:text>'
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        for name, text in {"content.xml": content, **members}.items():
            package.writestr(name, text)
    return path


def pdf(path: Path, *pages: list[tuple[float, float, float, str]]) -> Path:
    """A PDF of text at (x, y from the bottom, size), in a Chinese font that every reader knows by name."""
    font = "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>"
    descendant = (
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>"
    )
    descriptor = (
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 700 /StemV 90 >>"
    )
    first = 6
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    objects += [font, descendant, descriptor]
    for n, lines in enumerate(pages):
        text = "\n".join(
            f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{words.encode('utf-16-be').hex()}> Tj ET"
            for x, y, size, words in lines
        )
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {first + 2 * n + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    path.write_bytes(
        data
        + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
        f"startxref\n{len(data)}\n%%EOF\n".encode("latin-1")
    )
    return path


def ofd(path: Path, *pages: list[tuple[float, float, float, str]]) -> Path:
    """An OFD of text at (x, y from the top, size), in millimetres."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "OFD.xml",
            f'<ofd:OFD {space} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo/>'
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        refs = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
        package.writestr(
            "Doc_0/Document.xml",
            f"<ofd:Document {space}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
            f"</ofd:PageArea></ofd:CommonData><ofd:Pages>{refs}</ofd:Pages></ofd:Document>",
        )
        for n, lines in enumerate(pages):
            objects = "".join(
                f'<ofd:TextObject ID="{100 * n + i}" Boundary="{x} {y - size} 180 {2 * size}" Size="{size}">'
                f'<ofd:TextCode X="0" Y="{size}">{words}</ofd:TextCode></ofd:TextObject>'
                for i, (x, y, size, words) in enumerate(lines)
            )
            package.writestr(
                f"Doc_0/Pages/Page_{n}/Content.xml",
                f"<ofd:Page {space}><ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content></ofd:Page>",
            )
    return path
