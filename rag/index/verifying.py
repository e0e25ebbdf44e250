"""Whether an index is what it says: files against sums, rows against each other and the text, originals, leavings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.datatypes import Source
from rag.errors import IndexDamaged
from rag.index import checksums, generations, lock, sources
from rag.index.originals import CHANGED, GONE, folder
from rag.index.parts import Parts
from rag.passages import chunk_id

KNOWN = {generations.CURRENT, lock.LOCK, lock.HOLDER, sources.SEEN, "README.md"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found, each a list of lines or of source paths; an index without any is sound.

    `damage` is in the index itself. `changed` and `gone` are samples whose citations are stale, `away` are roots that
    cannot be looked at now, `orphans` are files in the index folder that belong to nothing.
    """

    generation: str
    documents: int
    chunks: int
    damage: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    away: tuple[str, ...]
    orphans: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not (self.damage or self.changed or self.gone or self.away or self.orphans)


def verified(index: Path, say: Callable[[str, int, int], None]) -> Verdict:
    """Check everything of the generation that serves the index in folder `index`.

    Raises IndexMissing without an index, and IndexMismatch for one of another layout.
    """
    generation = generations.current(index)
    say("核对校验和", 0, 0)
    try:
        damage = checksums.faults(generation, checksums.sums(generation), full=True)
        parts = Parts(generation)
    except IndexDamaged as error:
        return Verdict(generation.name, 0, 0, (str(error),), (), (), (), tuple(_orphans(index)))
    if not damage:  # what was altered is not worth comparing
        damage = [*_counts(parts), *_offsets(parts, say)]
    stale: dict[str, list[str]] = {CHANGED: [], GONE: []}
    files = parts.tables.files()
    for place, (path, digest) in enumerate(files.items()):
        say("核对原件", place, len(files))
        if state := parts.originals.state(Source(path, "", digest)):
            stale[state].append(path)
    say("核对原件", len(files), len(files))
    manifest = parts.manifest
    return Verdict(
        generation=generation.name,
        documents=manifest.documents,
        chunks=manifest.chunks,
        damage=tuple(damage),
        changed=tuple(stale[CHANGED]),
        gone=tuple(stale[GONE]),
        away=tuple(root for root in manifest.roots if not folder(root).exists()),
        orphans=tuple(_orphans(index)),
    )


def _counts(parts: Parts) -> list[str]:
    """The same passages in the table, the vectors and the words."""
    manifest, chunks = parts.manifest, parts.manifest.chunks
    rows = {
        "样本": (parts.tables.counts()[0], manifest.documents),
        "段落": (parts.tables.counts()[1], chunks),
        "要点": (parts.tables.counts()[2], manifest.points),
        "向量": (len(parts.store), chunks),
        "词语索引": (len(parts.lexical), chunks),
    }
    found = [f"{name}有 {count} 条，应为 {right}" for name, (count, right) in rows.items() if count != right]
    try:
        parts.store.get(parts.tables.all_chunk_ids())
    except KeyError as error:
        found.append(f"段落 {error} 没有向量")
    return found


def _offsets(parts: Parts, say: Callable[[str, int, int], None]) -> list[str]:
    """Every span lies in its text, every head phrase stands where it should, every passage has the id of its words."""
    found: list[str] = []
    documents = parts.tables.documents()
    for place, document in enumerate(documents):
        say("核对原文位置", place, len(documents))
        text, name = parts.tables.text(document.id), document.source.path
        if len(text) != document.characters:
            found.append(f"{name}：原文 {len(text)} 字，应为 {document.characters} 字")
        for stored in parts.tables.points(document.id):
            first, last = stored.point.head_span
            if text[first:last] != stored.point.head:
                found.append(f"{name}：要点与原文第 {first}—{last} 字不符")
        seen: Counter[str] = Counter()
        for chunk in parts.tables.chunks_of(document.id):
            key = "\x1f".join((name, *chunk.path, chunk.text))
            seen[key] += 1
            if chunk.id != chunk_id(key, seen[key]):  # the words are cut from the text as it stands
                found.append(f"{name}：段落与原文第 {chunk.start}—{chunk.end} 字不符")
    say("核对原文位置", len(documents), len(documents))
    return found


def _orphans(index: Path) -> list[str]:
    """What crashed builds left in the index folder, or others put there; not the draft of a build that goes on."""
    kept = {path.name for path in index.glob("g-*") if path.is_dir()}
    listed = [path for path in sorted(index.iterdir()) if path.name not in KNOWN | kept]
    drafts = [path for path in listed if path.name.startswith(generations.DRAFT)]
    if drafts and lock.may_be_held(index):
        listed = [path for path in listed if path not in drafts]
    for generation in sorted(kept):
        try:
            names = checksums.sums(index / generation).keys() | {checksums.FILE}
        except IndexDamaged:
            names = set()
        inside = (path for path in sorted((index / generation).rglob("*")) if path.is_file())
        listed += [
            path
            for path in inside
            if path.relative_to(index / generation).as_posix() not in names and not path.name.endswith(".lock")
        ]
    return [path.relative_to(index).as_posix() for path in listed if path.exists()]
