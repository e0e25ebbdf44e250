"""岗位 and 单位: which post words name, whose, on which level, and what is akin to it. Table: data/roles.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from rag.config import table
from rag.profiles.systems import units_of_systems
from rag.text import bare

KIN_LEVEL = 0.5
# From the top down; 省, 自治区 and 直辖市 are neighbours of each other.
LEVELS = ("中央", "省", "市", "县", "乡镇", "村社区")
PROVINCES = ("省", "自治区", "直辖市")

_ARTICLES = re.compile(r"一名|一个|一位")
_SENTENCE = re.compile(r"[，。；,;！!？?\n]")
_PRESENTS = re.compile(r"(?:我是|我在|我现在是|本人是|本人|担任|现任|作为|身份是|(?:岗位|职务)[是:：])(.+)")
# What follows in a sentence is what the person does or wants, not who he is.
_TURNS = re.compile(r"(?<!党)(?<!驻)(?:要写|想写|需要|准备|打算|负责|分管|主管|协管|从事)")
# 在县教育局工作三年的年轻科员: what is neither unit nor post.
_FILLING = re.compile(
    r"(?:参加)?工作了?(?:近|快)?[一二三四五六七八九十\d]+多?年|的|一名|一个|一位|^我?(?:一名|一个|一位)?(?:在|刚到|来自|是)"
)
_BELOW_REGION = re.compile(r"省?.{2,8}[市县区州盟]")
_LEVEL_MARKS = (
    ("村社区", re.compile(r"(?<![乡农])村(?!镇)|社区|居委会|小区|网格")),
    ("乡镇", re.compile(r"(?<!城)镇|(?<!城)乡(?!村)|街道")),
    ("县", re.compile(r"县|旗|(?<![社小园校院灾景库矿牧林辖片战治发新])区(?![域块别])")),
    ("市", re.compile(r"(?<!城)市(?![场容])|自治州|盟")),
    ("自治区", re.compile(r"自治区")),
    ("省", re.compile(r"省")),
    ("中央", re.compile(r"中央|国务院|国家|部委")),
)


@dataclass(frozen=True, slots=True)
class Role:
    """A post, found in words: the post as written, its unit, and its family."""

    words: str
    unit: str | None
    family: str | None
    span: tuple[int, int] | None


def role_of(words: str) -> Role | None:
    """The post that `words` name; the last and longest known suffix decides (市科协机关党支部书记 → 支部书记)."""
    folded = _ARTICLES.sub("", bare(re.sub(r"[（(][^）)]*[）)]", "", words)))
    best: tuple[int, int, int, str, str] | None = None
    for suffix, family, units in _suffixes():
        at = folded.rfind(suffix)
        if at >= 0 and not _is_inside_longer(folded, at, suffix):
            named = max((len(unit) for unit in units if unit in folded[:at]), default=0)
            if units and not named:
                continue
            candidate = (at + len(suffix), len(suffix), named, suffix, family)
            best = max(best, candidate) if best else candidate
    if best is None:
        return None
    end, _, _, suffix, family = best
    before = folded[: end - len(suffix)]
    unit = unit_in(before)
    return Role(folded[:end], unit if unit == before else unit_in(folded[:end]) or unit, family, None)


def role_in_sentence(words: str) -> Role | None:
    """The post in what a person says of himself: 我是县教育局的一名年轻干部，分管办公室文字工作.

    The clause that presents him decides, else the first that names a post.
    """
    clauses = [clause for clause in _SENTENCE.split(words) if clause.strip()]
    presented = [match[1] for clause in clauses if (match := _PRESENTS.search(clause))]
    for clause in (*presented, *clauses):
        found = role_of(_FILLING.sub("", _TURNS.split(clause.strip())[0]))
        if found:
            return found
    return role_of(words)


def unit_key(unit: str | None) -> str:
    """A unit's name in its long form, for comparing (教体局 = 教育体育局)."""
    found = unit or ""
    for short, long in table("roles")["unit_aliases"].items():
        if short in found and long not in found:
            found = found.replace(short, long)
    return found


def kin_of(family: str | None) -> tuple[str, ...]:
    """Families of posts near enough to learn from."""
    return next((tuple(row["kin"]) for row in table("roles")["family"] if row["name"] == family), ())


def system_of(family: str | None) -> tuple[str, ...]:
    """The field of work of a family of posts, where it has one: a 班主任 works in 教育."""
    return next(((row["system"],) for row in table("roles")["family"] if row["name"] == family and "system" in row), ())


def known_families() -> tuple[str, ...]:
    return tuple(row["name"] for row in table("roles")["family"])


@lru_cache(maxsize=16_384)
def level_of(words: str | None) -> str | None:
    """Where in the order of administration a post or unit stands, by the last mark in its name; None if none says it.

    A government named by its region alone (宁夏政府) stands where the table of regions puts it.
    """
    if not words:
        return None
    ends = [(match.end(), name) for name, mark in _LEVEL_MARKS for match in mark.finditer(words)]
    if "直辖市" in words:
        return "直辖市"
    if ends:
        found = max(ends)[1]
        if found not in ("省", "市") or "政府" not in words:
            return found
    for row in table("roles")["region"]:
        if any(
            words.startswith(name) and not re.match(r"省?.{2,8}[市县区州盟]", words[len(name) :])
            for name in row["names"]
        ):
            return str(row["level"])
    return max(ends)[1] if ends else None


def level_likeness(asked: str | None, given: str | None) -> float:
    """1 on one level, KIN_LEVEL one step apart or between kinds of provinces, else 0."""
    if asked is None or given is None:
        return 0.0
    if asked == given:
        return 1.0
    if asked in PROVINCES and given in PROVINCES:
        return KIN_LEVEL
    steps = [LEVELS.index("省" if level in PROVINCES else level) for level in (asked, given)]
    return KIN_LEVEL if abs(steps[0] - steps[1]) == 1 else 0.0


def unit_in(words: str) -> str | None:
    """The unit that `words` name, from their start to the end of the last known unit word; None if none."""
    ends = [(words.rfind(unit) + len(unit), len(unit)) for unit in _units() if unit in words]
    return words[: max(ends)[0]] if ends else None


def _is_inside_longer(words: str, at: int, suffix: str) -> bool:
    """干部 in 干部科, 主任 in 主任科员, 书记 in 书记员 are no posts."""
    after = words[at + len(suffix) : at + len(suffix) + 1]
    return after in ("科", "员", "处", "室", "群") and suffix[-1] in "部任记长"


@cache
def _units() -> frozenset[str]:
    known = {unit for units in units_of_systems().values() for unit in units}
    return frozenset(known | {"党支部", "支部", "党总支"})


@cache
def _suffixes() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(suffix, family, units that must stand before it; none: any)."""
    roles = table("roles")
    plain = [(suffix, row["name"], ()) for row in roles["family"] for suffix in row["suffixes"]]
    return (
        *plain,
        *((suffix, row["family"], tuple(row["units"])) for row in roles["post"] for suffix in row["suffixes"]),
    )
