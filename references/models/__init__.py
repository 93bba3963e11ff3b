"""The library of sources, and what was found about them."""

from .checks import ArchiveCheck, LinkCheck, Merge, PublicationNotice
from .reference import KEY, NotAllowed, Reference, ReferenceQuerySet

__all__ = [
    "KEY",
    "ArchiveCheck",
    "LinkCheck",
    "Merge",
    "NotAllowed",
    "PublicationNotice",
    "Reference",
    "ReferenceQuerySet",
]
