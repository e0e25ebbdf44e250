"""Why a hit's report compares, in words: what made its tier."""

from __future__ import annotations

import json

from rag import fits
from rag.datatypes import Profile
from rag.facets import Facets


def reason(tier: str, asked: Profile, facets: Facets, document: int) -> str:
    """One phrase that states the facts behind `tier` for the report with id `document`."""
    family, genre = facets.value(document, "family"), facets.value(document, "genre")
    systems = json.loads(facets.value(document, "systems") or "[]")
    shared = "、".join(name for name in asked.systems if name in systems)
    field = f"，同属{shared}系统" if shared else ""
    if tier == fits.SAME_ROLE:
        return f"岗位类别同为{family}{field}" if asked.family else f"单位同为{facets.value(document, 'unit')}"
    if tier == fits.ROLE_FAMILY:
        if not asked.family:
            return f"同属{shared}系统"
        if family == asked.family:
            return f"岗位类别同为{family}，系统不同（{'、'.join(systems) or '未识别'}）"
        return f"{family}与{asked.family}相近{field}"
    if tier == fits.GENRE:
        return f"文种同为{genre}，岗位类别不同（{family or '未识别'}）"
    is_kin = 0 < fits.genre_likeness(asked.value("genre"), genre) < 1
    return f"主题相近，文种相近（{genre}）" if is_kin else "主题相近"
