"""Which reports and passages a search may show. A report that merely lacks a field stays, unless `strict`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rag import functions, profiles
from rag.errors import BadFilter
from rag.facets import Facets

PERSONS = ("个人", "班子")
_YEARS = re.compile(r"(\d{4})?(\.\.)?(\d{4})?")
_LEVEL_WORDS = re.compile(r"^[省市县区州旗镇乡某]+(?=.{2})")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to; None leaves a field open. `years` are inclusive bounds, either may be open."""

    genre: str | None = None
    family: str | None = None
    unit: str | None = None
    years: tuple[int | None, int | None] | None = None
    person: str | None = None
    path: str | None = None
    function: str | None = None
    exclude: tuple[str, ...] = ()
    strict: bool = False


def filters(
    *,
    genre: str | None = None,
    role_family: str | None = None,
    unit: str | None = None,
    year: int | str | None = None,
    person: str | None = None,
    path: str | None = None,
    function: str | None = None,
    exclude: Sequence[str] = (),
    strict: bool = False,
) -> Filters:
    """Filters from words as a user writes them. Raises BadFilter for a value that names nothing."""
    return Filters(
        genre=_named("文种", genre, profiles.genre_of, profiles.known_genres()),
        family=_named("岗位类别", role_family, _family_of, profiles.known_families()),
        unit=_said("单位", unit),
        years=_years(year) if year is not None else None,
        person=_named("人称", person, lambda words: words, PERSONS),
        path=_said("路径", path),
        function=_named("功能", function, lambda words: words, functions.names()),
        exclude=tuple(exclude),
        strict=strict,
    )


def chosen(wanted: Filters, facets: Facets) -> NDArray[np.bool_]:
    """Which rows of `facets` pass."""
    passing = np.ones(len(facets), dtype=bool)
    if wanted.path or wanted.exclude:
        passing &= np.fromiter((_is_wanted(path, wanted) for path in facets.paths), dtype=bool, count=len(facets))
    for name, test in _tests(wanted):
        passing &= facets.columns[name].map(partial(_passes, test, not wanted.strict)) > 0
    return passing


def kept(path: str, exclude: Sequence[str]) -> bool:
    """Whether no glob of `exclude` matches the path or the file name."""
    return not any(fnmatch(path, glob) or fnmatch(path.rsplit("/", 1)[-1], glob) for glob in exclude)


def _tests(wanted: Filters) -> list[tuple[str, Callable[[str], bool]]]:
    """The facts to look at, and what is asked of each."""
    tests: list[tuple[str, Callable[[str], bool]]] = []
    if wanted.genre:
        tests.append(("genre", lambda given: given == wanted.genre))
    if wanted.family:
        tests.append(("family", lambda given: given == wanted.family))
    if wanted.unit:
        name = _unit_name(wanted.unit)
        tests.append(("unit", lambda given: name in _unit_name(given)))
    if wanted.years:
        first, last = wanted.years
        tests.append(("year", lambda given: (first or 0) <= int(given) <= (last or 9999)))
    if wanted.person:
        tests.append(("person", lambda given: given == wanted.person))
    return tests


def _passes(test: Callable[[str], bool], lacking: bool, given: str | None) -> bool:
    return test(given) if given else lacking


def _is_wanted(path: str, wanted: Filters) -> bool:
    if not kept(path, wanted.exclude):
        return False
    if not wanted.path:
        return True
    is_glob = any(mark in wanted.path for mark in "*?[")
    return not kept(path, (wanted.path,)) if is_glob else wanted.path in path


def _unit_name(unit: str) -> str:
    """A unit in its long form without its level: 县教体局 is the 教育体育局."""
    return profiles.unit_key(_LEVEL_WORDS.sub("", unit))


def _family_of(words: str) -> str | None:
    """A family by its name or by a post of it."""
    if words in profiles.known_families():
        return words
    post = profiles.role_of(words)
    return post.family if post else None


def _named(what: str, words: str | None, known: Callable[[str], str | None], names: Sequence[str]) -> str | None:
    if words is None:
        return None
    found = known(words.strip())
    if found in names:
        return found
    near = get_close_matches(words, names, n=3, cutoff=0.3)
    shown = "、".join(near or names[:12])
    raise BadFilter(f"不认识的{what}：{words or '（空）'}", hint=f"{'是否要写' if near else '例如'}：{shown}")


def _said(what: str, words: str | None) -> str | None:
    if words is not None and not words.strip():
        raise BadFilter(f"{what}不能为空", hint="写出名称，或去掉这个选项")
    return words.strip() if words else None


def _years(words: int | str) -> tuple[int | None, int | None]:
    """2024, 2023.., ..2022, 2021..2023 as inclusive bounds."""
    match = _YEARS.fullmatch(str(words).strip().removesuffix("年"))
    if not match or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise BadFilter(f"看不懂的年份：{words}", hint="写成 2024、2023..、..2022 或 2021..2023")
    first = int(match[1]) if match[1] else None
    last = int(match[3]) if match[3] else None
    if match[1] and not match[2]:
        last = first
    if first and last and first > last:
        raise BadFilter(f"年份前后颠倒：{words}", hint=f"写成 {last}..{first}")
    return first, last
