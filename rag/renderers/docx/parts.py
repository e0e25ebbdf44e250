"""The parts beside the text: settings, the table of fonts; and what python-docx's template brings in vain."""

from __future__ import annotations

from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import nsdecls

from rag.renderers.docx.oxml import element
from rag.renderers.docx.styles import BIAO, FANG, HEI, KAI, LATIN, SONG

MODERN = 15  # Word 2013 and later: without it, documents open in compatibility mode
# What stands in where a font is missing: Word and WPS look for the alternative names first.
FONTS = {
    BIAO: ("方正小标宋_GBK", "86", "roman"),
    HEI: ("SimHei", "86", "modern"),
    KAI: ("楷体", "86", "modern"),
    FANG: ("仿宋", "86", "modern"),
    SONG: ("SimSun", "86", "auto"),
    LATIN: (None, "00", "roman"),
}
MICROSOFT = "http://schemas.microsoft.com/office/word"
UNWANTED = ("/thumbnail", "/stylesWithEffects", "/customXml")


def clean(document: Any) -> None:
    """Drop the template's picture, its own effects and its custom data."""
    for rels in (document.part.package.rels, document.part.rels):
        for key in [key for key, rel in rels.items() if rel.reltype.endswith(UNWANTED)]:
            rels.pop(key)
    while len(document.element.body) > 1:
        document.element.body.remove(document.element.body[0])


def settle(document: Any) -> None:
    """Settings and fonts, in the order the schema wants."""
    # There is one section, so its end is the document's.
    ends = element("endnotePr", element("pos", val="sectEnd"), element("numFmt", val="decimal"),
                   element("endnote", id=-1), element("endnote", id=0))  # fmt: skip
    mode = element(
        "compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=MODERN
    )
    eastern = [element(name) for name in ("spaceForUL", "balanceSingleByteDoubleByteWidth", "useFELayout")]
    document.settings.element[:] = [
        element("zoom", percent=100),
        element("defaultTabStop", val=420),
        element("evenAndOddHeaders"),
        element("drawingGridVerticalSpacing", val=579),
        element("characterSpacingControl", val="compressPunctuation"),
        ends,
        element("compat", *eastern, mode),
        element("themeFontLang", val="en-US", eastAsia="zh-CN"),
        element("decimalSymbol", val="."),
        element("listSeparator", val=","),
    ]
    part = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    part._blob = f"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n{_fonts()}".encode()


def _fonts() -> str:
    rows = []
    for name, (other, charset, family) in FONTS.items():
        also = f'<w:altName w:val="{other}"/>' if other else ""
        rows.append(
            f'<w:font w:name="{name}">{also}<w:charset w:val="{charset}"/><w:family w:val="{family}"/></w:font>'
        )
    return f"<w:fonts {nsdecls('w')}>{''.join(rows)}</w:fonts>"
