"""单位: who issued a document or signed it, and a unit's name as far as it really goes. Knows no table of posts."""

from __future__ import annotations

import re
from collections import deque

from rag.text import bare

_ENDS = (
    r"国务院|中共中央|[县市省州区乡镇工]委|委员会|委|政府|党组|党工委|办公厅|办公室|办|部|厅|局|院|会|署|社|行|校|中学|小学|大学|幼儿园|园|站|所|队|"
    r"处|科|室|组|团|厂|公司|集团|企业|中心|党支部|支部|党总支|协会|科协|妇联|工会|法院|检察院|街道|社区|村|镇|乡|县|市|区|省|专班|指挥部"
)
_UNIT = re.compile(rf"[\u4e00-\u9fffXx×（）]{{1,24}}(?:{_ENDS})")
_ISSUERS = re.compile(rf"(?:{_UNIT.pattern}|国务院|中共中央)(?:[\s\u3000、]+(?:{_UNIT.pattern}|国务院))*")
_BUSINESS = re.compile(r"(?:关于|印发|转发|批转|对(?=[^照]))")
# A branch that calls itself by more than 支部.
_BRANCH = re.compile(
    r"(?:[\u4e00-\u9fff]{2,12}(?:局|委|协|校|院|村|社区|公司|厂|集团)(?:机关)?|机关)(?:第[一二三四五六七八九]+)?(?:党总?)?支部"
)
# What a unit's name goes on with where a table knows its beginning only: 国务院|办公厅, 街道办|事处.
_GOES_ON = re.compile(
    r"(?:办公厅|办公室|委员会|机关党委|党委|党组|党总?支部?)(?![主书委长班副成])|(?<=委)员会|(?<=街道办)事处|"
    r"(?:第[一二三四五六七八九十]+)?[\u4e00-\u9fff]{0,4}分局(?!长)|"
    r"(?<=[镇乡道])[\u4e00-\u9fff]{1,8}?(?:村|社区)(?=驻|党|支|第|$)"
)
_DATE_LINE = re.compile(r"[（(\s]*(?:\d{4}|[二一][〇○零Ｏ一二三四五六七八九]{3})年.{1,6}月(?:.{1,3}[日号])?[）)\s]*")
_SIGNATURE_ABOVE = 3


def issuer(title: str) -> str | None:
    """Who stands before 关于, 印发, 转发 in the title of a document; None where nobody does, or somebody's post."""
    cut = _BUSINESS.search(title)
    if not cut:
        return None
    words = title[: cut.start()].strip()
    return words if words and _ISSUERS.fullmatch(words) else None


def is_unit(words: str) -> bool:
    """Whether `words` are a unit's name and nothing else."""
    return _UNIT.fullmatch(bare(words)) is not None


def signed(text: str) -> tuple[str, tuple[int, int]] | None:
    """The unit that signed, on the lines right above the first line that is a date and its span."""
    above: deque[tuple[str, int]] = deque(maxlen=_SIGNATURE_ABOVE)  # lines that say something, and where they begin
    start = 0
    for line in text.split("\n"):
        if _DATE_LINE.fullmatch(line):
            for words, first in reversed(above):
                if _UNIT.fullmatch(bare(words)):
                    return words, (first, first + len(words))
        words = line.strip()
        if words:
            above.append((words, start + line.index(words)))
        start += len(line) + 1
    return None


def branch(text: str, end: int) -> tuple[int, int] | None:
    """Where a text without a title first names the branch whose report it is: 机关支部, 某局第二党支部."""
    found = _BRANCH.search(text, 0, end)
    return found.span() if found else None


def whole(unit: str, words: str) -> str:
    """`unit` as far as its name goes in `words`: 国务院 in 国务院办公厅关于…, and 某中学 in 某中学校园."""
    at = words.find(unit)
    if at < 0:
        return unit
    rest = words[at + len(unit) :]
    if unit.endswith("学校") and rest.startswith("园"):
        return unit[:-1]
    found = _GOES_ON.match(words, at + len(unit))
    return unit + found[0] if found else unit
