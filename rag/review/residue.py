"""residue: names, units, places, figures and years that belong to somebody else's report.

Rule: a person, unit or place that stands in one or two authors' samples and is none of the writer's own (`--name`,
`--unit`, the unit of his title): warning; error when `--name` or `--unit` is given and the sign-off or title names
another. A figure or a date of a sample in like surroundings: warning. A year in title or headings more than one from
the draft's year: warning. The signed name and the years need no index.
Left alone: what samples of three or more authors name, samples of the writer's own unit.
Source: 惯例.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag import profiles
from rag.datatypes import ERROR, WARNING, Finding
from rag.fingerprint import names
from rag.review.draft import Draft, shown
from rag.review.nearby import NearSample
from rag.review.overlap import cited
from rag.text import bigrams

RULE = "residue"
AROUND = 12
OPENING = 300
LEAST_ALIKE = 0.34
FIGURES = (names.FIGURE, names.DATE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=年)")
_SIGNED = re.compile(
    r"(?:述职人|报告人|汇报人|发言人|姓\s*名)\s*[:：]\s*([\u4e00-\u9fff]{2,4})(?=\s|$|[，。；）)])", re.MULTILINE
)
_BEFORE_NAMES = "省市县区镇乡村街道的在到和与及、对了为是由从向各某"
_UNIT_TAIL = re.compile(
    r"[\u4e00-\u9fff]{2,20}(?:局|委员会|办公室|医院|学校|中学|小学|公司|集团|镇|乡|街道|村|社区|党支部|党委|中心)"
)


def review(draft: Draft) -> Iterator[Finding]:
    yield from _of_years(draft)
    yield from _of_the_signed(draft)
    yield from _of_samples(draft)


def _of_years(draft: Draft) -> Iterator[Finding]:
    title = draft.report.profile.title
    spans = [title.span] if title and title.span else []
    spans += [(node.start, node.head_end) for node in draft.nodes if node.kind == "section" and node.level <= 2]
    for start, end in spans:
        for match in _YEAR.finditer(draft.text, start, end):
            if abs(int(match[1]) - draft.year) > 1:
                yield draft.finding(
                    RULE, WARNING, *match.span(), f"标题里是{match[1]}年，这份稿子按{draft.year}年检查",
                    "改成本次的年份；若确是往年的事，可以保留",
                )  # fmt: skip


def _of_the_signed(draft: Draft) -> Iterator[Finding]:
    for match in _SIGNED.finditer(draft.text):
        if draft.names and match[1] not in draft.names:
            yield draft.finding(
                RULE, ERROR, *match.span(1), f"署名是“{match[1]}”，不是“{draft.names[0]}”", "改成本人姓名"
            )
    if not draft.units:
        return
    for start, end, kind in draft.report.ignored:
        found = _UNIT_TAIL.fullmatch(draft.text[start:end].strip()) if kind in ("unit", "signature") else None
        if found and not _is_own(draft, found[0]):
            yield draft.finding(
                RULE, ERROR, start, end, f"落款是“{shown(found[0])}”，不是“{draft.units[0]}”", "改成本单位名称"
            )


def _of_samples(draft: Draft) -> Iterator[Finding]:
    if draft.nearby is None:
        return
    own_marks: dict[str, list[names.Mark]] = {}
    for mark in names.marks(draft.text):
        own_marks.setdefault(mark.key, []).append(mark)
    said: set[str] = set()
    title = draft.report.profile.title
    title_span = title.span if title and title.span else (0, 0)
    for sample in draft.nearby.samples:
        if not sample.names or _is_own_sample(draft, sample):
            continue
        their_marks: dict[str, list[names.Mark]] = {}
        for mark in names.marks(sample.text):
            their_marks.setdefault(mark.key, []).append(mark)
        for key in sorted(sample.names - said):
            theirs = their_marks.get(key, [])
            for mark in own_marks.get(key, ()):
                start, end = _whole_name(draft, mark, sample, theirs[0]) if theirs else (mark.start, mark.end)
                is_in_title = title_span[0] <= start < title_span[1]
                if not theirs or is_in_title or _is_own(draft, draft.text[start:end]):
                    continue
                if mark.kind == names.DATE and mark.start < OPENING:
                    continue  # the day of a meeting that many hold
                if mark.kind in FIGURES and not any(_alike(draft, mark, sample, other) for other in theirs):
                    continue
                said.add(key)
                whose = f"样本 {sample.document.source.path}"
                yield draft.finding(
                    RULE, WARNING, start, end, f"{mark.kind}“{draft.text[start:end]}”出自{whose}",
                    "核对是不是自己的；不是就换掉", citations=[cited(sample, theirs[0].start, theirs[0].end)],
                )  # fmt: skip
                break


def _whole_name(draft: Draft, mark: names.Mark, sample: NearSample, other: names.Mark) -> tuple[int, int]:
    """The name with what stands before it in both texts (沙河镇 → 白沙河镇)."""
    start, begin = mark.start, other.start
    before, theirs = draft.text[max(0, start - 2) : start], sample.text[max(0, begin - 2) : begin]
    is_part = before and before[-1:] == theirs[-1:] and "\u4e00" <= before[-1] <= "\u9fff"
    if mark.kind == names.PLACE and is_part and not names.is_common(before) and before[-1] not in _BEFORE_NAMES:
        start -= 1
    return start, mark.end


def _alike(draft: Draft, mark: names.Mark, sample: NearSample, other: names.Mark) -> bool:
    """Whether a figure stands in like surroundings: it was taken over, not met by chance."""
    own = draft.text[max(0, mark.start - AROUND) : mark.start] + draft.text[mark.end : mark.end + AROUND]
    theirs = sample.text[max(0, other.start - AROUND) : other.start] + sample.text[other.end : other.end + AROUND]
    left, right = bigrams(own), bigrams(theirs)
    return bool(left) and bool(right) and len(left & right) >= LEAST_ALIKE * min(len(left), len(right))


def _is_own(draft: Draft, words: str) -> bool:
    """Whether a name is the writer's: given, or part of the unit that title or sign-off names."""
    given = (
        *draft.names,
        *draft.units,
        draft.report.profile.value("unit") or "",
        draft.report.profile.value("role") or "",
    )
    return any(name and (name in words or words in name) for name in given)


def _is_own_sample(draft: Draft, sample: NearSample) -> bool:
    own = {profiles.unit_key(unit) for unit in (*draft.units, draft.report.profile.value("unit")) if unit}
    return profiles.unit_key(sample.document.profile.value("unit")) in own
