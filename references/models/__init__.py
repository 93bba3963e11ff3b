"""The library of sources, and what was found about them."""

from .checks import ArchiveCheck, Distinction, LinkCheck, Merge, NoticeCheck, PublicationNotice
from .imports import LibraryImport
from .reference import KEY, NotAllowed, Reference, ReferenceQuerySet

__all__ = [
    "KEY",
    "ArchiveCheck",
    "Distinction",
    "LibraryImport",
    "LinkCheck",
    "Merge",
    "NotAllowed",
    "NoticeCheck",
    "PublicationNotice",
    "Reference",
    "ReferenceQuerySet",
]
