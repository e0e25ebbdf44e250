"""Citations: numbered in order of first use, each the exact words of a sample around what it bears out."""

from __future__ import annotations

from rag.assemble.samples import Item, Sample, Section
from rag.datatypes import Citation
from rag.text import sentences, trimmed

LONGEST_QUOTE = 120
CONTEXT = 40


class Citer:
    """Hands out citation numbers; the same span is one citation."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int, int], int] = {}
        self.citations: list[Citation] = []

    def item(self, item: Item) -> int:
        """Cite a point: from its marker to the end of the sentence that holds its head."""
        point = item.point
        start = point.span[0] if point.head_span[0] - point.span[0] <= LONGEST_QUOTE // 2 else point.head_span[0]
        return self._cite(item.sample, start, point.head_span[1], point.span[1], point.path)

    def heading(self, section: Section) -> int:
        """Cite a section's heading as it stands."""
        if section.heading is None:
            raise ValueError("a section without heading has nothing to cite")
        point = section.heading.point
        return self._cite(section.sample, point.span[0], point.head_span[1], point.head_span[1], ())

    def _cite(self, sample: Sample, start: int, least: int, most: int, path: tuple[str, ...]) -> int:
        text = sample.text
        end = least
        for first, last in sentences(text, start, most):
            if first >= least or last - start > LONGEST_QUOTE:
                break
            end = max(end, last)
        start, end = trimmed(text, start, max(end, least))
        source = sample.weight.document.source
        key = (sample.weight.document.id, start, end)
        if key not in self._numbers:
            self._numbers[key] = len(self.citations) + 1
            self.citations.append(
                Citation(
                    number=self._numbers[key],
                    path=source.path,
                    title=source.title,
                    sha256=source.sha256,
                    section=path,
                    start=start,
                    end=end,
                    page=None,
                    quote=text[start:end],
                    before=text[max(0, start - CONTEXT) : start],
                    after=text[end : end + CONTEXT],
                    tier=sample.weight.tier,
                )
            )
        return self._numbers[key]
