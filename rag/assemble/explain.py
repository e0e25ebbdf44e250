"""Why an outline is as it is: whose say counted, which parts were kept, in which order, whose points carry them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rag.assemble.expected import probabilities
from rag.assemble.points import Filled
from rag.assemble.samples import Sample
from rag.assemble.slots import Layout, Slot
from rag.datatypes import OutlineNode
from rag.fits import TIER_NAMES

PARTS = {
    "genre": "文种", "cosine": "语义", "words": "用词", "person": "人称", "system": "系统", "year": "年份",
    "family": "岗位",
}  # fmt: skip
MOST_NAMED = 3


def explained(
    samples: Sequence[Sample], layout: Layout, nodes: Sequence[OutlineNode], filled: Sequence[Filled]
) -> Iterator[str]:
    """Lines for a person, in the order in which things were decided."""
    chances = probabilities(samples)
    for sample in samples:
        weight = sample.weight
        parts = "、".join(f"{PARTS[name]} {value:.1f}" for name, value in weight.parts.items())
        yield (
            f"样本“{_title(sample)}”（{TIER_NAMES[weight.tier]}）：权重 {weight.value:.2f}，"
            f"新稿像它的可能 {chances[weight.document.id]:.0%}（{parts}）"
        )
    for slot, node in zip(layout.body, nodes, strict=True):
        yield f"部分“{node.title}”：{_having(slot, samples)}，可能 {_chance(slot, chances):.0%}，列入"
    for slot in layout.passed_over:
        title = next((section.title for section in slot.core if section.title), slot.function)
        yield f"部分“{title}”：{_having(slot, samples)}，可能 {_chance(slot, chances):.0%}，不单列，内容并入同类部分"
    for (left, before), (right, after) in zip(
        zip(layout.body, nodes, strict=True), list(zip(layout.body, nodes, strict=True))[1:], strict=False
    ):
        agreed, both = _in_order(left, right)
        if both:
            yield f"顺序“{before.title}”在“{after.title}”之前：两者都有的 {both} 篇样本中 {agreed} 篇如此"
    for node, account in zip(nodes, filled, strict=True):
        yield from _of_points(node, account)


def _of_points(node: OutlineNode, account: Filled) -> Iterator[str]:
    if not account.ranked:
        yield f"要点“{node.title}”：没有样本的要点可以借用，只列提示"
        return
    merits = "；".join(f"{_title(part.sample)} {merit:.2f}" for part, merit in account.ranked[:MOST_NAMED])
    yield f"要点“{node.title}”：以首位样本为骨架（{merits}），另从其他样本补 {account.added} 条"
    counts = Counter(reason for _, reason in account.left_out)
    for reason, count in counts.items():
        heads = [head for head, why in account.left_out if why == reason][:MOST_NAMED]
        yield f"要点“{node.title}”：骨架里有 {count} 条未用，因为{reason}（如：{'；'.join(heads)}）"


def _having(slot: Slot, samples: Sequence[Sample]) -> str:
    return f"{len(samples)} 篇样本中 {len({s.sample.weight.document.id for s in slot.core})} 篇有"


def _chance(slot: Slot, chances: dict[int, float]) -> float:
    return sum(chances[key] for key in {section.sample.weight.document.id for section in slot.core})


def _in_order(left: Slot, right: Slot) -> tuple[int, int]:
    """How many samples have both parts, the left one first among them, and how many have both."""
    first = {section.sample: section.start for section in reversed(left.core)}
    second = {section.sample: section.start for section in reversed(right.core)}
    both = first.keys() & second.keys()
    return sum(first[sample] < second[sample] for sample in both), len(both)


def _title(sample: Sample) -> str:
    return sample.weight.document.source.title or sample.weight.document.source.path
