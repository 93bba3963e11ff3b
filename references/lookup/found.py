"""What a question to a registry gives."""

from dataclasses import dataclass
from datetime import date
from typing import Any


class NotKnown(Exception):
    """The registry answered, and does not know the work, or has nothing that we can use."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Notice:
    """What was published about a work after it, in the words of ``PublicationNotice``."""

    nature: str
    record_id: str
    dated: date | None = None
    notice_doi: str = ""
    notice_pmid: str = ""
    reasons: str = ""


@dataclass(frozen=True)
class Found:
    """A source as one origin (crossref, pubmed, open-library, page) describes it."""

    item: dict[str, Any]
    origin: str
    notices: tuple[Notice, ...] = ()
    evidence: str = ""  # the kind of evidence, where the registry says it
    remark: str = ""  # a sentence, where the library has no type for what it is
