"""The library of sources, and what was found about them."""

from .checks import ArchiveCheck, LinkCheck, Merge, NoticeCheck, PublicationNotice
from .reference import KEY, NotAllowed, Reference, ReferenceQuerySet

__all__ = [
    "KEY",
    "ArchiveCheck",
    "LinkCheck",
    "Merge",
    "NotAllowed",
    "NoticeCheck",
    "PublicationNotice",
    "Reference",
    "ReferenceQuerySet",
]
