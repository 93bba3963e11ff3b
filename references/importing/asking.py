"""What the lines of a list ask for that are only an identifier or an address: registries and pages know the rest.

One question after the other, at the pace of ``references.http``; nothing is stored here. Whatever comes back is an
``Answer``: the source as somebody else describes it, or the sentence that says why there is none.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from references import dates, http, lookup
from references.formats import Record
from references.formats.cleaning import cleaned
from references.identifiers import IdentifierError, recognised
from references.models import PublicationNotice

Nature = PublicationNotice.Nature
# At a question a second, what one person waits for; the library knows those of the last list without asking.
MOST_ASKED = 500
BEYOND = (
    f"Not looked up: an import asks for {MOST_ASKED} identifiers that the library does not know. Carry this import "
    "out, then import the same list again: it goes on from there."
)
# So many questions in a row without an answer: who was asked is away, and is not asked by the rest of the list.
MOST_SILENCES = 3
SILENT = {"timeout", "dns", "refused", "busy"}
AGAIN = "{} Import the same list again later: what the library has by then is not asked for again."
GIVEN_UP = f"Not asked: {MOST_SILENCES} questions before this one had no answer. The last time: {{}}"
FAILED = "Something failed here while this was looked up. Fill in by hand; the log of the site tells what it was."
ORIGINS = {
    "crossref": "Crossref",
    "pubmed": "PubMed",
    "open-library": "Open Library; its names are split by guess",
    "page": "what the page says of itself",
}
# What identifies the work itself: two that have another of these are two works.
_OWN = ("DOI", "PMID", "PMCID")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What came of one question; goes through JSON. ``whom`` is the registry or site that was asked."""

    whom: str = ""
    item: dict[str, Any] | None = None
    origin: str = ""
    evidence: str = ""
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problem: str = ""
    is_silence: bool = False


def ask_all(
    wanted: Sequence[str],
    answers: dict[str, Answer],
    *,
    progress: Callable[[int], None] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Add to ``answers`` what is lacking for ``wanted``, in its order; ``enough`` is asked after each question.

    ``progress`` is called with the number of answers so far.
    """
    for asked in wanted[len(answers) :]:
        is_beyond = len(answers) >= MOST_ASKED
        answers[asked] = Answer(problem=BEYOND) if is_beyond else ask(asked, list(answers.values()))
        if progress:
            progress(len(answers))
        if enough():
            return


def ask(asked: str, before: Sequence[Answer] = ()) -> Answer:
    """What is known of an identifier or an address; ``before`` are the answers that came to the same list."""
    whom = _whom(asked)
    same = [answer for answer in before if answer.whom == whom]
    silences = list(takewhile(lambda answer: answer.is_silence, reversed(same)))
    if len(silences) >= MOST_SILENCES:
        return Answer(whom, problem=GIVEN_UP.format(silences[-MOST_SILENCES].problem), is_silence=True)
    try:
        return _answer(whom, lookup.by_any(asked))
    except (IdentifierError, lookup.NotKnown) as problem:
        return Answer(whom, problem=str(problem))
    except http.NotFetched as problem:
        is_silence = problem.kind in SILENT
        sentence = AGAIN.format(problem.sentence) if is_silence else problem.sentence
        return Answer(whom, problem=sentence, is_silence=is_silence)
    except Exception:
        _log.exception("looking up %r", asked)
        return Answer(whom, problem=FAILED)


def filled_in(record: Record, answer: Answer) -> Record:
    """The record with what was found, as the library may have it; or refused, with all that it says itself. Nothing
    is asked any more."""
    asks, record = record.asks, replace(record, asks="", doubts=())
    if answer.item is None:
        return replace(record, problem=answer.problem)
    said = {name: value for name, value in (record.item or {}).items() if name in _OWN}
    told = {name: value for name, value in answer.item.items() if name in _OWN}
    differing = [name for name in said if told.get(name, said[name]) != said[name]]
    if differing and asks in said.values():
        name = differing[0]
        doubt = f"The line says {name} {said[name]}, but {asks} has the {name} {told[name]}. Compare the two."
        return replace(record, doubts=(doubt,))
    item = answer.item | (said if asks in said.values() else {})
    filled = replace(record, item=item, origin=answer.origin, proposed_evidence=answer.evidence)
    kept = cleaned(replace(filled, warnings=tuple(answer.warnings), notices=tuple(answer.notices)))
    return kept if kept.item is not None else replace(kept, item=record.item)


def whence(origin: str) -> str:
    """From where the data came, for people and for the record."""
    return f"Filled in from {ORIGINS[origin]}"


def published_since(found: lookup.Found) -> list[str]:
    """What was published about the work, which the checks of sources record once the source is in the library."""
    return [_sentence(notice) for notice in found.notices if notice.nature != Nature.REINSTATEMENT]


def _answer(whom: str, found: lookup.Found) -> Answer:
    remarks = [found.remark] if found.remark else []
    return Answer(whom, found.item, found.origin, found.evidence, published_since(found), remarks)


def _sentence(notice: lookup.Notice) -> str:
    day = f", {dates.in_words([notice.dated.year, notice.dated.month, notice.dated.day])}" if notice.dated else ""
    number = f" (doi: {notice.notice_doi})" if notice.notice_doi else ""
    advice = "" if notice.nature == Nature.CORRECTION else " Think twice before you lean on this work."
    return f"{str(Nature(notice.nature).label).capitalize()}{day}{number}.{advice}"


def _whom(asked: str) -> str:
    """Who is asked: a registry by the kind of the identifier, or the site of a page."""
    kind, value = recognised(asked)
    return str(urlsplit(value).hostname) if kind == "url" else kind
