"""What is certain, applied to a text. Pure: files are `corrected_file`'s matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.datatypes import Edit, Finding


def certain(found: Iterable[Finding]) -> tuple[Edit, ...]:
    """The edits of `found` in order of place. A finding whose edits touch those of an earlier one gives none."""
    taken: list[Edit] = []
    for finding in found:
        if finding.edits and not any(_touch(edit, other) for edit in finding.edits for other in taken):
            taken += finding.edits
    return tuple(sorted(taken, key=lambda edit: edit.start))


def corrected(text: str, edits: Sequence[Edit]) -> str:
    """`text` with `edits` (in order, none touching another) made."""
    out, position = [], 0
    for edit in edits:
        out += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join((*out, text[position:]))


def _touch(left: Edit, right: Edit) -> bool:
    return left.start < right.end and right.start < left.end
