"""The library of sources, and what was found about them."""

from .checks import ArchiveCheck, LinkCheck, Merge, NoticeCheck, PublicationNotice
from .imports import LibraryImport
from .reference import KEY, NotAllowed, Reference, ReferenceQuerySet

__all__ = [
    "KEY",
    "ArchiveCheck",
    "LibraryImport",
    "LinkCheck",
    "Merge",
    "NotAllowed",
    "NoticeCheck",
    "PublicationNotice",
    "Reference",
    "ReferenceQuerySet",
]
