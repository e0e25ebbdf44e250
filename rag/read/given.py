"""What the user states of a sample, in a sidecar (报告.docx.toml) or in front matter (--- lines of .md and .txt).

A stated fact overrides what the program would read. Front matter is `key: value` lines and no YAML: nothing of a
profile is nested, and a YAML library brings tags, anchors and bombs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from rag.errors import SourceError
from rag.read.asides import Given

SUFFIX = ".toml"
LARGEST = 64 * 1024
LONGEST_FRONT_MATTER = 60  # lines
# Names of the fields, as users may write them.
FIELDS = {
    "title": "title",
    "标题": "title",
    "genre": "genre",
    "文种": "genre",
    "role": "role",
    "岗位": "role",
    "unit": "unit",
    "单位": "unit",
    "year": "year",
    "年份": "year",
    "person": "person",
    "人称": "person",
    "duties": "duties",
    "分工": "duties",
    "occasion": "occasion",
    "场合": "occasion",
    "is_material": "is_material",
    "是否材料": "is_material",
}
PERSONS = ("个人", "班子")
_TRUE, _FALSE = ("true", "yes", "是"), ("false", "no", "否")
_LINE = re.compile(r"([^\s:：#-][^:：]{0,40}?)\s*[:：](?:\s+(.*)|(.*))$")
_YEAR = re.compile(r"(?:19|20)\d\d")


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of the file at `path` stands, if it has one."""
    return path.with_name(path.name + SUFFIX)


def stated(data: bytes, name: str) -> dict[str, str]:
    """The facts in the sidecar `name`. Raises SourceError for what is no TOML, an unknown key or a bad value."""
    hint = f"改正 {name}；可写 title genre role unit year person duties occasion is_material（或标题、文种、岗位等）"
    if len(data) > LARGEST:
        raise SourceError(f"附带说明过大：{name} 超过 {LARGEST // 1024} KB", hint=hint)
    try:
        given = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{name} 不是合法的 TOML：{error}", hint=hint) from error
    return {fact.name: fact.value for fact in _settled(given, name)}


def front_matter(text: str) -> tuple[list[Given], str]:
    """The facts above a text and the text below them. Keys of other programs (tags, date …) are passed over.

    Only a block of `key: value` lines between two lines of --- is front matter. Raises SourceError for a bad value
    and for a key that is nearly one of ours.
    """
    lines = text.split("\n", LONGEST_FRONT_MATTER + 1)
    if not lines or lines[0].rstrip() != "---":
        return [], text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None or not any(_LINE.match(line) for line in lines[1:end]):
        return [], text
    if not all(_is_of_front_matter(line) for line in lines[1:end]):
        return [], text
    pairs = [(m[1].strip(), (m[2] or m[3] or "").strip()) for line in lines[1:end] if (m := _LINE.match(line))]
    ours = {key: _unquoted(value) for key, value in pairs if _is_ours(key) and value}
    return list(_settled(ours, "文件开头的说明")), "\n".join(lines[end + 1 :])


def _is_of_front_matter(line: str) -> bool:
    """A pair, or what may stand between pairs: blanks, comments, items of a list, indented lines."""
    return (
        not line.strip()
        or line.lstrip().startswith(("#", "- "))
        or line.startswith((" ", "\t"))
        or bool(_LINE.match(line))
    )


def _is_ours(key: str) -> bool:
    return key.lower() in FIELDS or bool(get_close_matches(key.lower(), FIELDS, n=1, cutoff=0.8))


def _settled(given: Mapping[str, object], where: str) -> Iterator[Given]:
    for key, value in given.items():
        field = FIELDS.get(key.lower())
        if field is None:
            near = get_close_matches(key.lower(), FIELDS, n=1)
            known = "、".join(dict.fromkeys(FIELDS.values()))
            hint = f"是否要写 {near[0]}？" if near else f"可写：{known}"
            raise SourceError(f"{where}里有不认识的项：{key}", hint=hint)
        yield Given(field, _value(field, value, where))


def _value(field: str, value: object, where: str) -> str:
    words = str(value).strip()
    if field == "is_material":
        if words.lower() not in (*_TRUE, *_FALSE):
            raise SourceError(f"{where}里的 {field} 应为 true 或 false，得到 {words}", hint="例如 is_material = false")
        return "true" if words.lower() in _TRUE else "false"
    if field == "year" and not _YEAR.fullmatch(words.removesuffix("年")):
        raise SourceError(f"{where}里的 year 应为四位年份，得到 {words}", hint="例如 year = 2024")
    if field == "person" and words not in PERSONS:
        raise SourceError(f"{where}里的 person 应为个人或班子，得到 {words}", hint='例如 person = "个人"')
    if isinstance(value, dict | list) or not words or "\n" in words:
        raise SourceError(f"{where}里的 {field} 应为一行文字", hint=f'例如 {field} = "…"')
    return words.removesuffix("年") if field == "year" else words


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return re.sub(r"\s+#.*$", "", value)
