"""What a phrase carries: names and figures of its author, fields of work, themes, campaigns. Tables in data/*.toml."""

from __future__ import annotations

import re
from functools import cache

from rag.config import table
from rag.text import is_redacted

LONGEST_PERSON = 4
_FIGURE = re.compile(r"\d|[一二三四五六七八九十百千万两]{2,}(?:个|名|次|人|户|家|件|项|元|万|亿|年|天|篇|场)|百分之")
_QUOTED_NAME = re.compile(r"《[^》]+》")
# A name of which scraping left the half: 习总书记, 学习习新时代….
_CUT_NAME = re.compile(r"(?<![学练复实自研见补温])习(?=总书记|新时代|论中国|同志)")
_QUOTED = re.compile(r"[“\"]([^“”\"]{2,12})[”\"]")
_NUMBERED = re.compile(r"[\dA-Za-z+一二三四五六七八九十百千两]")
_PLACE = re.compile(r"([\u4e00-\u9fff]{2,4})(?:镇|乡|村|社区|街道|小区|公司|集团|小学|中学|医院|大道|大桥|水库|园区)")


def leaks_in(words: str) -> tuple[str, ...]:
    """What in `words` belongs to the sample's own author: figures, people, blanked-out names, titled documents."""
    found = [
        kind
        for kind, pattern in (("数字", _FIGURE), ("人名", _person()), ("文件", _QUOTED_NAME))
        if pattern.search(words)
    ]
    if is_redacted(words) and "人名" not in found:
        found.append("隐去")
    if _CUT_NAME.search(words):
        found.append("残名")
    if any(_NUMBERED.search(quoted) and quoted not in _common() for quoted in _QUOTED.findall(words)):
        found.append("引语")
    if _place(words):
        found.append("单位地名")
    return tuple(found)


def names_in(words: str) -> tuple[str, ...]:
    """Names of people, places and bodies in `words` by part of speech, and what stands in quotes there; those that
    every report may use are left out."""
    import rjieba

    encodable = words.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text to the tagger
    found = [word for word, tag in rjieba.tag(encodable) if _is_name(word, tag)]
    return tuple(dict.fromkeys(word for word in (*found, *_QUOTED.findall(words)) if word not in _common()))


def campaigns_in(words: str) -> tuple[str, ...]:
    """Names of the dated campaigns and congresses that `words` mention."""
    return tuple(
        row["name"] for row in table("campaigns")["campaign"] if any(alias in words for alias in row["aliases"])
    )


def systems_in(words: str) -> tuple[str, ...]:
    """Fields of work whose own terms stand in `words`."""
    return tuple(
        row["name"]
        for row in table("systems")["system"]
        if any(term in words for term in (*row["units"], *row["terms"]))
    )


def themes_in(words: str) -> tuple[str, ...]:
    """What `words` are about, by the table of themes."""
    return tuple(row["name"] for row in table("lexicon")["theme"] if any(word in words for word in row["words"]))


@cache
def common_themes() -> frozenset[str]:
    """Themes that every report may treat, whatever its author's field of work."""
    return frozenset(row["name"] for row in table("lexicon")["theme"] if not row.get("of_a_field", False))


def _is_name(word: str, tag: str) -> bool:
    # The tagger calls 高水平 and 弘扬 people too: a person has a surname, and a length.
    if tag == "nr":
        surname = word[1:2] if word[0] in "小老阿" else word[0]
        return 2 <= len(word) <= LONGEST_PERSON and surname in _surnames()
    return tag in ("ns", "nt") and len(word) > 1


def _place(words: str) -> bool:
    if any(place in words for place in table("lexicon")["places"]):
        return True
    generic = tuple(table("lexicon")["generic_before_place"])
    return any(not match[1].endswith(generic) and match[1] not in _common() for match in _PLACE.finditer(words))


@cache
def _person() -> re.Pattern[str]:
    """张某, 张XX, 叶大爷: a person, named or half named."""
    titles = "|".join(table("lexicon")["person_titles"])
    return re.compile(rf"[\u4e00-\u9fff][某Xx×]{{1,2}}(?![市县区镇乡村局])|某某|[{_surnames()}](?:{titles})")


@cache
def _surnames() -> str:
    return "".join(table("lexicon")["surnames"])


@cache
def _common() -> frozenset[str]:
    lexicon = table("lexicon")
    return frozenset((*lexicon["common_names"], *lexicon["common_quotes"]))
