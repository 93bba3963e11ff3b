"""The words that readers find at a statement that leans on a source in trouble: what happened, and the answer.

They stand for as long as the statement cites the source: an answer takes the statement off the editors' list of work,
not the fact off the page.
"""

from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import quote

from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.troubles import Mark, Place, Trouble
from articles.trust import what_happened, what_was_answered

PLACES = {True: ", which this page as a whole rests on,", False: " of this statement"}


def sentences(
    marks: tuple[Mark, ...], place: Place, number_of: Callable[[str], int], today: date | None
) -> Iterator[SafeString]:
    """One mark after another for a statement, or for the page as a whole; each names its source by its number.

    Without ``today`` (on old versions) it is not told that an answer is missing: it was never owed to that version.
    """
    for mark in marks:
        if mark.place == place:
            yield _sentence(mark, number_of(mark.trouble.key), today)


def _sentence(mark: Mark, number: int, today: date | None) -> SafeString:
    return format_html(
        '<a href="#source-{0}">Source {0}</a>{1} {2}{3}.{4}',
        number,
        PLACES[mark.place is None],
        what_happened(mark.trouble),
        _notice(mark.trouble),
        _answer(mark, today),
    )


def _answer(mark: Mark, today: date | None) -> str:
    if mark.is_open and today is None:
        return ""
    return f" {what_was_answered(mark, today or date.max)}"


def _notice(trouble: Trouble) -> SafeString | str:
    """Where the notice about the source can be read."""
    if trouble.notice_doi:
        return format_html(' (<a href="https://doi.org/{}">notice</a>)', quote(trouble.notice_doi, safe="/:;()"))
    if trouble.notice_pmid:
        return format_html(' (<a href="https://pubmed.ncbi.nlm.nih.gov/{}/">notice</a>)', trouble.notice_pmid)
    return ""
