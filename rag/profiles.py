"""What a report *is*, or what a request asks for: 文种, 岗位, 单位, 年份, 人称, 场合, 系统. Tables in data/*.toml.

Each fact carries the span it was read from; what nothing says stays None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rag.config import table
from rag.datatypes import Document, Fact, Profile
from rag.text import bare, width_folded

_COMBINED = re.compile(r"(.+?)(?:和|及|与|暨)(?:20\d\d年度?|下一?年度?|下一步)?[^和及与暨]{2,8}$")
GROUP, INDIVIDUAL = "班子", "个人"
GOVERNMENT_REPORT = "政府工作报告"
HEAD_CHARACTERS = 600
FEWEST_TERMS = 2
NAMED_UNIT, GENERAL_UNIT = 100.0, 1.0

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)(?=\s*年|年度|[_\-—\s]|$|[\u4e00-\u9fff])")
_CHINESE_YEAR = re.compile(r"([二一][〇○零九][〇○零一二三四五六七八九]{2})年")
_DATE_YEAR = re.compile(r"(?<!\d)(20[0-4]\d|19[89]\d)\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?")
_NUMBER_YEAR = re.compile(r"[〔\[［]((?:19|20)\d\d)[〕\]］]\s*(?:第\s*)?\d+\s*号")
_OCCASION = re.compile(
    r"(?:(?:专题|年度|主题教育专题|党史学习教育专题)?(?:组织生活会|民主生活会)|党校.{0,6}(?:培训班|主体班)|主体班|培训班|年度考核|述职评议|巡察反馈|动员(?:大)?会|研讨班|读书班)"
)
_DUTIES = re.compile(r"(?:(?<=我)|(?<=本人)|(?<=主要)|(?<=[（(]))(?:分管|负责|主管|协管)[^，。；）)“”\s]{2,40}")
_WE = re.compile(r"(?:我们|支部|班子|我局|我镇|我校|本支部|全体党员|支委)")
_I = re.compile(r"(?:我(?!们|市|县|省|国|区|镇|乡|局|校|院|支部|党|军)|本人|自己)")
_SELF = re.compile(
    r"(?:我是|(?:本人|我)(?:现)?(?:任|担任|系)|(?:我|本人|我自己)?作为(?:一名|一个)?)([^，。；、\n“”]{2,24})"
)
_ARTICLES = re.compile(r"一名|一个|一位")
_SIGNED = re.compile(r"(?:述职人|报告人|汇报人|发言人|单位|职务)\s*[:：]\s*([^\n]{2,40})")
_NEWS = re.compile(r"(?:记者|本报讯|通讯员|讯[）)]|近日，.{2,30}召开|会议由.{2,20}主持|出席会议|与会)")
_ABOUT_A_MEETING = re.compile(
    r"(?:召开|举行|组织召开|参加).{0,30}(?:民主生活会|组织生活会|述职(?:评议)?(?:大)?会|动员(?:大)?会)$"
)


@dataclass(frozen=True, slots=True)
class Role:
    """A post, found in words: the post as written, its unit, and its family."""

    words: str
    unit: str | None
    family: str | None
    span: tuple[int, int] | None


def of_document(
    document: Document, title: tuple[int, int] | None, title_text: str, subtitle: tuple[int, int] | None
) -> Profile:
    """The profile of a report: from title and subtitle, then file name, then the opening, then counts over the text."""
    text = document.text
    name = _stem(document.source.path)
    sub_text = text[slice(*subtitle)] if subtitle else ""
    heads: list[tuple[str, tuple[int, int] | None]] = [
        (title_text, title),
        (sub_text, subtitle),
        (name, None),
    ]
    opening_end = min(len(text), (title[1] if title else 0) + HEAD_CHARACTERS)
    opening = (text[:opening_end], (0, opening_end))
    genre = _genre_fact(heads, opening)
    role = _role_in(heads, text, opening_end, title)
    systems = systems_of(" ".join(head for head, _ in heads), text)
    if genre and genre.value == GOVERNMENT_REPORT:
        role, systems = role or _government(title_text, title), ("政府",)
    person = _person(heads, role, genre, text)
    return Profile(
        title=Fact(title_text, title) if title else None,
        genre=genre,
        role=Fact(role.words, role.span) if role else None,
        unit=Fact(role.unit, role.span) if role and role.unit else None,
        duties=_duties(title_text, text[:opening_end]),
        year=_year(heads, text),
        person=person,
        occasion=_occasion(heads, opening),
        family=_family(role, genre, person, text),
        systems=systems,
        is_material=not _is_news(title_text, text),
    )


def of_request(role: str, topic: str, genre: str | None = None, year: int | None = None) -> Profile:
    """The profile of what a writer asks for. `genre` and `year`, where given, decide; else the words do."""
    words = f"{role} {topic}"
    found = (genre_of(genre) or genre) if genre else genre_of(topic) or genre_of(role)
    fact = Fact(found) if found else None
    post = role_of(role) or Role(role, _unit_in(role), None, None)
    asked = Fact(str(year)) if year else _year([(topic, None), (role, None)], "")
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
        family=_family(post, fact, person, ""),
        systems=systems_of(words, ""),
    )


def genre_of(words: str | None) -> str | None:
    """The 文种 that `words` name: the alias that ends last wins, the longer one where two end together."""
    if not words:
        return None
    folded = bare(width_folded(words))
    first = _COMBINED.match(folded)
    if first and any(first[1].endswith(alias) for alias, _ in _aliases()):
        folded = first[1]  # 工作总结和2025年工作计划 is a 工作总结
    ends = [(folded.rfind(alias) + len(alias), len(alias), name) for alias, name in _aliases() if alias in folded]
    return max(ends)[2] if ends else None


def genre_family(genre: str | None) -> str:
    """The family of a 文种 ("" when it is unknown)."""
    return next((row["family"] for row in table("genres")["genre"] if row["name"] == genre), "")


def is_topical(genre: str | None) -> bool:
    """Whether each report of this 文种 has a matter of its own (意见, 通知 …)."""
    return any(row["name"] == genre and row.get("topical", False) for row in table("genres")["genre"])


def matter_of(topic: str, genre: str | None) -> str:
    """What a request of a topical 文种 is about, its form words taken out; "" for a 文种 without a matter of its own.

    关于加强校园安全的意见 is about 校园安全.
    """
    if not is_topical(genre):
        return ""
    row = next(row for row in table("genres")["genre"] if row["name"] == genre)
    words = re.sub(r"20\d\d年?度?|的", "", topic)
    for word in sorted((*row["aliases"], *table("genres")["matterless"]), key=len, reverse=True):
        words = words.replace(word.removeprefix("的"), "")
    return bare(words)


def known_genres() -> tuple[str, ...]:
    return tuple(row["name"] for row in table("genres")["genre"])


def role_of(words: str) -> Role | None:
    """The post that `words` name; the last and longest known suffix decides (市科协机关党支部书记 → 支部书记)."""
    folded = _ARTICLES.sub("", bare(re.sub(r"[（(][^）)]*[）)]", "", words)))
    best: tuple[int, int, str, str] | None = None
    for suffix, family in _suffixes():
        at = folded.rfind(suffix)
        if at >= 0 and not _is_inside_longer(folded, at, suffix):
            candidate = (at + len(suffix), len(suffix), suffix, family)
            best = max(best, candidate) if best else candidate
    if best is None:
        return None
    end, _, suffix, family = best
    before = folded[: end - len(suffix)]
    unit = _unit_in(before)
    return Role(folded[:end], unit if unit == before else _unit_in(folded[:end]) or unit, family, None)


def unit_key(unit: str | None) -> str:
    """A unit's name in its long form, for comparing (教体局 = 教育体育局)."""
    found = unit or ""
    for short, long in table("roles")["unit_aliases"].items():
        found = found.replace(short, long)
    return found


def kin_of(family: str | None) -> tuple[str, ...]:
    """Families of posts near enough to learn from."""
    return next((tuple(row["kin"]) for row in table("roles")["family"] if row["name"] == family), ())


def systems_of(head: str, text: str) -> tuple[str, ...]:
    """Fields of work: those whose units stand in `head`, then those whose terms are most frequent in `text`."""
    found: dict[str, float] = {}
    for row in table("systems")["system"]:
        lengths = [len(unit) for unit in row["units"] if unit in head]
        if lengths:
            found[row["name"]] = GENERAL_UNIT if row.get("general") else NAMED_UNIT + max(lengths)
        count = sum(text.count(term) + 3 * head.count(term) for term in row["terms"])
        kinds = sum(term in text or term in head for term in row["terms"])
        if row["name"] not in found and (kinds >= FEWEST_TERMS or any(term in head for term in row["terms"])):
            found[row["name"]] = count * kinds / max(1.0, len(text) / 1000) / 10
    ranked = sorted(found, key=lambda name: (-found[name], name))
    strongest = found[ranked[0]] if ranked else 0.0
    floor = NAMED_UNIT if strongest >= NAMED_UNIT else min(GENERAL_UNIT, strongest * 0.5)
    return tuple(name for name in ranked if found[name] >= floor)[:3]


def terms_of(system: str) -> tuple[str, ...]:
    """The words of a field of work, units first."""
    return next(((*row["units"], *row["terms"]) for row in table("systems")["system"] if row["name"] == system), ())


def _genre_fact(heads: list[tuple[str, tuple[int, int] | None]], opening: tuple[str, tuple[int, int]]) -> Fact | None:
    for words, span in heads:
        found = genre_of(_tail_of_title(words))
        if found:
            return Fact(found, span)
    words, span = opening
    counts = [
        (words.count(alias) * len(alias), name) for alias, name in _aliases() if len(alias) >= 4 and alias in words
    ]
    return Fact(max(counts)[1], span) if counts else None


def _tail_of_title(words: str) -> str:
    """The title without brackets and years: …的意见（试行） is an 意见."""
    return re.sub(r"[（(][^）)]*[）)]|_?20\d\d(年度?)?$", "", words)


def _role_in(
    heads: list[tuple[str, tuple[int, int] | None]],
    text: str,
    opening_end: int,
    title: tuple[int, int] | None,
) -> Role | None:
    for words, span in heads:
        found = role_of(_before_occasion(words))
        if found and (found.unit or len(found.words) >= 3):
            return Role(found.words, found.unit, found.family, span)
    for pattern in (_SIGNED, _SELF):
        for match in pattern.finditer(text, title[1] if title else 0, opening_end + HEAD_CHARACTERS):
            found = role_of(match[1])
            if found and found.family:
                return Role(found.words, found.unit, found.family, match.span(1))
    unit = next(((u, span) for words, span in heads if (u := _unit_in(_before_occasion(words)))), None)
    return Role(unit[0], unit[0], None, unit[1]) if unit else None


def _government(title_text: str, title: tuple[int, int] | None) -> Role | None:
    """2025年某省政府工作报告: whose report it is stands before 政府工作报告."""
    match = re.match(r"(?:20\d\d年)?([\u4e00-\u9fff]{1,16}?(?:人民)?政府)工作报告", title_text)
    return Role(match[1], match[1], "政府", title) if match else None


def _before_occasion(title: str) -> str:
    """The part of a title that names who writes: before the year, the occasion and the 文种."""
    cut = re.split(
        r"20\d\d|关于|党史学习|专题|主题教育|民主生活会|组织生活会|党性|述[职学责]|对照|工作总结|心得|整改方案|调研报告|转发|批转|印发|对|_",
        title.split("——")[-1],
    )[0]
    return re.sub(r"^[—\-－\s]+|[（(][^）)]*[）)]", "", cut)


def _unit_in(words: str) -> str | None:
    units = sorted(
        {unit for row in table("systems")["system"] for unit in row["units"]} | {"党支部", "支部", "党总支"},
        key=len,
        reverse=True,
    )
    ends = [(words.rfind(unit) + len(unit), len(unit)) for unit in units if unit in words]
    return words[: max(ends)[0]] if ends else None


def _is_inside_longer(words: str, at: int, suffix: str) -> bool:
    """干部 in 干部科, 主任 in 主任科员, 书记 in 书记员 are no posts."""
    after = words[at + len(suffix) : at + len(suffix) + 1]
    return after in ("科", "员", "处", "室", "群") and suffix[-1] in "部任记长"


def _family(role: Role | None, genre: Fact | None, person: Fact | None, text: str) -> str | None:
    if genre and genre.value == GOVERNMENT_REPORT:
        return "政府"
    if role and role.family:
        return role.family
    if person and person.value == GROUP and text.count("支部") >= 3:
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
    if role and role.family in ("支部班子", "领导班子", "政府"):
        return Fact(GROUP, role.span)
    if role and role.family is None and role.unit and text:
        return Fact(GROUP, role.span)
    if text:
        own, ours = len(_I.findall(text)), len(_WE.findall(text))
        if max(own, ours) >= 3:
            return Fact(INDIVIDUAL if own > ours * 0.7 else GROUP)
        return None
    return Fact(INDIVIDUAL) if role and role.family else None


def _year(heads: list[tuple[str, tuple[int, int] | None]], text: str) -> Fact | None:
    for words, span in heads:
        match = _YEAR.search(words)
        if match:
            return Fact(match[1], _within(span, match, text))
    for row in table("campaigns")["campaign"]:
        for words, span in heads:
            if row["from"] == row["to"] and any(alias in words for alias in row["aliases"]):
                return Fact(str(row["from"]), span)
    numbered = _NUMBER_YEAR.search(text, 0, HEAD_CHARACTERS)
    if numbered:
        return Fact(numbered[1], numbered.span(1))
    dates = list(_DATE_YEAR.finditer(text, max(0, len(text) - 200))) or list(
        _DATE_YEAR.finditer(text, 0, HEAD_CHARACTERS)
    )
    if dates:
        return Fact(dates[-1][1], dates[-1].span())
    written = list(_CHINESE_YEAR.finditer(text, max(0, len(text) - 200)))
    if written:
        digits = {"〇": "0", "○": "0", "零": "0"} | {c: str(i) for i, c in enumerate("零一二三四五六七八九") if i}
        return Fact("".join(digits.get(c, c) for c in written[-1][1]), written[-1].span())
    return _campaign_year(text)


def _campaign_year(text: str) -> Fact | None:
    """The year of the one-year campaign that the text names most often."""
    counts = [
        (sum(text.count(alias) for alias in row["aliases"]), row["from"], row["aliases"])
        for row in table("campaigns")["campaign"]
        if row["from"] == row["to"]
    ]
    count, year, aliases = max(counts, default=(0, 0, []))
    if count < FEWEST_TERMS:
        return None
    at = min(text.find(alias) for alias in aliases if alias in text)
    return Fact(str(year), (at, at + max(len(alias) for alias in aliases if text.startswith(alias, at))))


def _within(span: tuple[int, int] | None, match: re.Match[str], text: str) -> tuple[int, int] | None:
    """Where in the canonical text the match inside a title's words lies."""
    if span is None:
        return None
    at = text.find(match[1], *span)
    return (at, at + len(match[1])) if at >= 0 else span


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


@cache
def _aliases() -> tuple[tuple[str, str], ...]:
    return tuple((alias, row["name"]) for row in table("genres")["genre"] for alias in row["aliases"])


@cache
def _suffixes() -> tuple[tuple[str, str], ...]:
    return tuple((suffix, row["name"]) for row in table("roles")["family"] for suffix in row["suffixes"])
