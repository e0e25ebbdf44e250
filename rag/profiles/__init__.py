"""What a report *is*, or what a request asks for: 文种, 岗位, 单位, 年份, 人称, 场合, 系统. Tables in data/*.toml.

Each fact carries the span it was read from; what nothing says stays None.
"""

from __future__ import annotations

import re

from rag.config import table
from rag.datatypes import Document, Fact, Profile
from rag.profiles import genres, roles, years
from rag.profiles.genres import genre_family, genre_of, is_topical, known_genres, matter_of
from rag.profiles.occasions import occasion_kind
from rag.profiles.roles import (
    Role,
    kin_of,
    known_families,
    level_likeness,
    level_of,
    role_in_sentence,
    role_of,
    system_of,
    unit_key,
)
from rag.profiles.systems import known_systems, systems_of, terms_of
from rag.profiles.writers import FEWEST_MENTIONS, GROUP_FAMILIES, HEAD_CHARACTERS, government, writer

__all__ = [
    "Role", "genre_family", "genre_of", "is_topical", "kin_of", "known_families", "known_genres", "known_systems",
    "level_likeness", "level_of", "matter_of", "occasion_kind", "of_document", "of_request", "role_of", "systems_of",
    "terms_of", "unit_key",
]  # fmt: skip

GROUP, INDIVIDUAL = "班子", "个人"
GOVERNMENT_REPORT = "政府工作报告"
_PERSONAL = ("党性", "述职", "讲话", "心得", "总结", "汇报")  # families of 文种 that a person may write as himself


_OCCASION = re.compile(
    r"(?:(?:专题|年度|主题教育专题|党史学习教育专题)?(?:组织生活会|民主生活会)|党校.{0,6}(?:培训班|主体班)|主体班|培训班|年度考核|述职评议|巡察反馈|动员(?:大)?会|研讨班|读书班)"
)
_DUTIES = re.compile(r"(?:(?<=我)|(?<=本人)|(?<=主要)|(?<=[（(]))(?:分管|负责|主管|协管)[^，。；）)“”\s]{2,40}")
_WE = re.compile(r"(?:我们|支部|班子|我局|我镇|我校|本支部|全体党员|支委)")
_I = re.compile(r"(?:我(?!们|市|县|省|国|区|镇|乡|局|校|院|支部|党|军)|本人|自己)")
_NEWS = re.compile(r"(?:记者|本报讯|通讯员|讯[）)]|近日，.{2,30}召开|会议由.{2,20}主持|出席会议|与会)")
_ABOUT_A_MEETING = re.compile(
    r"(?:召开|举行|组织召开|参加).{0,30}(?:民主生活会|组织生活会|述职(?:评议)?(?:大)?会|动员(?:大)?会)$"
)


def of_document(
    document: Document,
    title: tuple[int, int] | None,
    title_text: str,
    subtitle: tuple[int, int] | None,
    author: tuple[int, int] | None = None,
) -> Profile:
    """The profile of a report: from title and subtitle, then file name, then the opening, then counts over the text.

    What the user states of the document (`given`) comes before all of it.
    """
    text, given = document.text, dict(document.given)
    if "title" in given:
        title, title_text = None, given["title"]
    name = _stem(document.source.path)
    sub_text = text[slice(*subtitle)] if subtitle else ""
    heads: list[tuple[str, tuple[int, int] | None]] = [
        (title_text, title),
        (sub_text, subtitle),
        (name, None),
    ]
    opening_end = min(len(text), (title[1] if title else 0) + HEAD_CHARACTERS)
    opening = (text[:opening_end], (0, opening_end))
    genre = _given_genre(given) or _genre_fact(heads, opening)
    role = _given_role(given) or writer(heads, text, opening_end, title, author)
    if role and "unit" in given:
        role = Role(role.words, given["unit"], role.family, role.span)
    systems = systems_of(" ".join((*(head for head, _ in heads), *given.values())), text)
    if genre and genre.value == GOVERNMENT_REPORT:
        role, systems = (None if "role" in given else government(title_text, title)) or role, ("政府",)
    person = _given_fact(given, "person") or _person(heads, role, genre, text)
    return Profile(
        title=Fact(title_text, title) if title_text else None,
        genre=genre,
        role=Fact(role.words, role.span) if role else None,
        unit=Fact(role.unit, role.span) if role and role.unit else None,
        duties=_given_fact(given, "duties") or _duties(title_text, text[:opening_end]),
        year=_given_fact(given, "year") or years.year(heads, text),
        person=person,
        occasion=_given_fact(given, "occasion") or _occasion(heads, opening),
        family=_family(role, genre, person, text),
        systems=systems,
        is_material=given["is_material"] == "true" if "is_material" in given else not _is_news(title_text, text),
    )


def of_request(role: str, topic: str, genre: str | None = None, year: int | None = None) -> Profile:
    """The profile of what a writer asks for. `genre` and `year`, where given, decide; else the words do."""
    words = f"{role} {topic}"
    found = (genre_of(genre) or genre) if genre else genre_of(topic) or genre_of(role)
    fact = Fact(found) if found else None
    post = role_in_sentence(role) or Role(role, roles.unit_in(role), None, None)
    asked = Fact(str(year)) if year else years.year([(topic, None), (role, None)], "")
    person = _person([(topic, None), (role, None)], post, fact, "")
    occasion = _OCCASION.search(topic)
    return Profile(
        genre=fact,
        role=Fact(post.words),
        unit=Fact(post.unit) if post.unit else None,
        duties=_duties(words, ""),
        year=asked,
        person=person,
        occasion=Fact(occasion[0]) if occasion else None,
        family=(family := _family(post, fact, person, "")),
        systems=systems_of(words, "") or system_of(family),
    )


def _given_fact(given: dict[str, str], name: str) -> Fact | None:
    return Fact(given[name]) if name in given else None


def _given_genre(given: dict[str, str]) -> Fact | None:
    """The 文种 that the user states, under the table's name where the table knows it."""
    return Fact(genre_of(given["genre"]) or given["genre"]) if "genre" in given else None


def _given_role(given: dict[str, str]) -> Role | None:
    words = given.get("role") or given.get("unit")
    if words is None:
        return None
    return role_of(words) or Role(words, given.get("unit"), None, None)


def _genre_fact(heads: list[tuple[str, tuple[int, int] | None]], opening: tuple[str, tuple[int, int]]) -> Fact | None:
    for words, span in heads:
        found = genre_of(_tail_of_title(words))
        if found:
            return Fact(found, span)
    words, span = opening
    counts = [
        (words.count(alias) * len(alias), name)
        for alias, name in genres.aliases()
        if len(alias) >= 4 and alias in words
    ]
    return Fact(max(counts)[1], span) if counts else None


def _tail_of_title(words: str) -> str:
    """The title without brackets and years: …的意见（试行） is an 意见."""
    return re.sub(r"[（(][^）)]*[）)]|_?20\d\d(年度?)?$", "", words)


def _family(role: Role | None, genre: Fact | None, person: Fact | None, text: str) -> str | None:
    if genre and genre.value == GOVERNMENT_REPORT:
        return "政府"
    if role and role.family:
        return role.family
    if person and person.value == GROUP and text.count("支部") >= FEWEST_MENTIONS:
        return "支部班子"
    return None


def _person(
    heads: list[tuple[str, tuple[int, int] | None]], role: Role | None, genre: Fact | None, text: str
) -> Fact | None:
    for words, span in heads:
        if re.search(r"班子|支委会|领导集体", words):
            return Fact(GROUP, span)
        if re.search(r"个人|本人", words):
            return Fact(INDIVIDUAL, span)
    implied = next(
        (row.get("person") for row in table("genres")["genre"] if genre and row["name"] == genre.value), None
    )
    if implied:
        return Fact(implied)
    if role and role.family in GROUP_FAMILIES:
        return Fact(GROUP, role.span)
    if role and role.family is None and role.unit and text:
        return Fact(GROUP, role.span)
    if text:
        own, ours = len(_I.findall(text)), len(_WE.findall(text))
        if max(own, ours) >= 3:
            return Fact(INDIVIDUAL if own > ours * 0.7 else GROUP)
        if not (genre and genre_family(genre.value) in _PERSONAL):
            return None
    return Fact(INDIVIDUAL) if role and role.family else None


def _occasion(heads: list[tuple[str, tuple[int, int] | None]], opening: tuple[str, tuple[int, int]]) -> Fact | None:
    for words, span in (*heads, opening):
        match = _OCCASION.search(words)
        if match:
            return Fact(match[0], span)
    return None


def _duties(title: str, opening: str) -> Fact | None:
    match = _DUTIES.search(title) or _DUTIES.search(opening)
    return Fact(match[0]) if match else None


def _is_news(title: str, text: str) -> bool:
    return bool(_ABOUT_A_MEETING.search(title)) or (len(_NEWS.findall(text[:400])) >= 2 and genre_of(title) is None)


def _stem(path: str) -> str:
    name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"^[A-Za-z]?\d{2,4}[_\-. ]+", "", name)
