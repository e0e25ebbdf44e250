"""A draft to findings: a rule a file, one table that lists them. Pure; what an index can tell is handed in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from rag.datatypes import RULES, Finding, Profile, Review
from rag.review import (
    balance,
    baseline,
    case,
    confusion,
    doubled,
    name,
    numbering,
    overlap,
    person,
    placeholder,
    punctuation,
    quotes,
    residue,
    stale,
    structure,
)
from rag.review.baseline import accepted_keys
from rag.review.corrected_file import corrected_file
from rag.review.draft import Draft
from rag.review.fixing import corrected
from rag.review.nearby import Nearby, nearby

__all__ = [
    "INDEXED", "REVIEWERS", "Draft", "Nearby", "accepted_keys", "corrected", "corrected_file", "findings", "nearby",
    "reviewed", "stated_year",
]  # fmt: skip

REVIEWERS: dict[str, Callable[[Draft], Iterator[Finding]]] = {
    "overlap": overlap.review,
    "residue": residue.review,
    "structure": structure.review,
    "balance": balance.review,
    "case": case.review,
    "person": person.review,
    "placeholder": placeholder.review,
    "numbering": numbering.review,
    "stale": stale.review,
    "name": name.review,
    "quotes": quotes.review,
    "punctuation": punctuation.review,
    "doubled": doubled.review,
    "confusion": confusion.review,
}
# What cannot be told at all, or only in part, without samples to compare with.
INDEXED = {
    "overlap": "全部",
    "residue": "人名、单位、数字的比对",
    "structure": "与样本比结构",
    "balance": "与样本比篇幅",
}


def findings(draft: Draft, off: Collection[str] = ()) -> tuple[Finding, ...]:
    """What the rules find in `draft`, in reading order; `off` names rules not to run."""
    found: Iterable[Finding] = (finding for rule in RULES if rule not in off for finding in REVIEWERS[rule](draft))
    ordered = sorted(found, key=lambda finding: (finding.start, RULES.index(finding.rule), finding.end))
    return baseline.keyed(ordered, draft.text)


def reviewed(
    draft: Draft, off: Collection[str], skipped: dict[str, str], accepted: Collection[str] = frozenset()
) -> Review:
    """The findings with what stands around them: sources, notes, rules that did not run."""
    skipped = {rule: why for rule, why in skipped.items() if rule not in off}
    skipped |= dict.fromkeys(off, "已在设置里关掉")
    found = findings(draft, off)
    kept = tuple(finding for finding in found if finding.key not in accepted)
    is_compared = draft.nearby is not None and "overlap" not in off
    return Review(
        document=draft.report.document,
        year=draft.year,
        findings=kept,
        sources=draft.copies.sources if is_compared else (),
        notes=tuple(_notes(draft, skipped)),
        skipped=skipped,
        accepted=len(found) - len(kept),
    )


def stated_year(profile: Profile, text: str) -> int | None:
    """The year that title, file name or date of a draft state; one guessed from a campaign's name is none, since
    whether that campaign is still current is the question."""
    if profile.year is None:
        return None
    span = profile.year.span
    is_printed = span is None or profile.year.value in text[slice(*span)] or not text[slice(*span)].isalnum()
    return profile.year_number if is_printed else None


def _notes(draft: Draft, skipped: dict[str, str]) -> Iterator[str]:
    genre = draft.genre or "认不出文种"
    yield f"按{genre}、{draft.year}年检查"
    for path in draft.nearby.itself if draft.nearby else ():
        yield f"这份稿子本身就是样本 {path}，比对时已略去它"
    if "overlap" in skipped and draft.nearby is None:
        yield "没有索引，没有与样本比对；先用 rag build 建索引"
    if draft.skeleton is not None:
        authors = max((part.support.of for part in draft.skeleton.parts), default=0)
        yield f"结构参照 {authors} 位作者的{draft.skeleton.genre}样本"
