"""The nouns: frozen records that every stage hands to the next. Nothing here computes more than a property.

A module a subject; all of them are had from here.
"""

from rag.datatypes.builds import BuildReport, FailedFile, Manifest
from rag.datatypes.documents import Block, Chunk, Document, Fact, Node, Point, Profile, Report, Source
from rag.datatypes.hits import Hit, Request, Twin, Why
from rag.datatypes.outlines import (
    Alternative,
    Citation,
    Evidence,
    EvidenceSection,
    Outline,
    OutlineNode,
    OutlinePoint,
    Support,
)
from rag.datatypes.reviews import (
    ERROR,
    INFO,
    RULES,
    WARNING,
    Edit,
    Finding,
    Review,
    SharedSource,
    Skeleton,
    SkeletonPart,
)

__all__ = [
    "ERROR",
    "INFO",
    "RULES",
    "WARNING",
    "Alternative",
    "Block",
    "BuildReport",
    "Chunk",
    "Citation",
    "Document",
    "Edit",
    "Evidence",
    "EvidenceSection",
    "Fact",
    "FailedFile",
    "Finding",
    "Hit",
    "Manifest",
    "Node",
    "Outline",
    "OutlineNode",
    "OutlinePoint",
    "Point",
    "Profile",
    "Report",
    "Request",
    "Review",
    "SharedSource",
    "Skeleton",
    "SkeletonPart",
    "Source",
    "Support",
    "Twin",
    "Why",
]
