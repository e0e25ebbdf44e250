"""What a report is about, where each of its 文种 has a matter of its own (意见, 通知): the one asked for, a sample's.

A heading or point about its own report's matter is that report's affair; one about the matter asked for may be lent.
"""

from __future__ import annotations

from functools import lru_cache

from rag.datatypes import Request
from rag.index.tables import StoredDocument
from rag.profiles import matter_of
from rag.text import bigrams

SAME_MATTER = 0.5


def asked(request: Request) -> frozenset[str]:
    """Bigrams of what the request is about; empty for a 文种 without a matter of its own."""
    return bigrams(matter_of(request.topic, request.genre))


def is_to_it(words: str, matter: frozenset[str], document: StoredDocument) -> bool:
    """Whether `words` of a report are about the `matter` asked for, and no less than about what is its own alone."""
    shared = matter & bigrams(words)
    return bool(shared) and len(shared) >= len((_own(document) - matter) & bigrams(words))


def is_its_own(words: str, matter: frozenset[str], document: StoredDocument) -> bool:
    """Whether `words` of a report are about its own matter, which is not the one asked for."""
    return (
        bool((_own(document) - matter) & bigrams(words))
        and not is_to_it(words, matter, document)
        and not is_report_to_it(matter, document)
    )


def is_report_to_it(matter: frozenset[str], document: StoredDocument) -> bool:
    """Whether a report as a whole is about the matter asked for, by its title."""
    return bool(matter) and len(matter & _own(document)) >= SAME_MATTER * len(matter)


def _own(document: StoredDocument) -> frozenset[str]:
    return _of_title(document.source.title, document.profile.value("genre"))


@lru_cache(maxsize=1024)
def _of_title(title: str, genre: str | None) -> frozenset[str]:
    return bigrams(matter_of(title, genre))
