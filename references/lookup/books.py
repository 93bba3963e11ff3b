"""Books by ISBN, from Open Library: open to programs without a key, and it knows most books in print.

Its names are written as on the title page ("Jane van der Doe"), so the split into family and given names is a guess
that the editor checks.
"""

from typing import Any

from references import http
from references.identifiers import normalise_isbn

from . import reading
from .found import Found, NotKnown

SERVICE = "Open Library"
BOOKS = "https://openlibrary.org/api/books?bibkeys=ISBN:{}&jscmd=data&format=json"


def by_isbn(text: str) -> Found:
    """The book with an ISBN; raises ``IdentifierError``, ``NotKnown`` or ``NotFetched``."""
    isbn = normalise_isbn(text)
    answer = http.get(BOOKS.format(isbn), accept="application/json", keep=True)
    reading.refuse_failure(answer, SERVICE)
    book = reading.part(reading.as_json(answer, SERVICE), f"ISBN:{isbn}")
    if book is None:
        raise NotKnown(f"Open Library does not know the ISBN {isbn}. Fill in from the book's title page.")
    if not reading.title(reading.part(book, "title")):
        raise reading.unreadable(SERVICE)
    return Found(item(book, isbn), "open-library")


def item(book: dict[str, Any], isbn: str) -> dict[str, Any]:
    """The CSL-JSON item of a book as Open Library tells it."""
    title, subtitle = reading.title(book.get("title")), reading.title(book.get("subtitle"))
    return reading.item(
        type="book",
        title=f"{title}: {subtitle}" if subtitle else title,
        author=reading.all_names(_named(book.get("authors")), reading.written_name),
        publisher=next(iter(_named(book.get("publishers"))), ""),
        publisher_place=next(iter(_named(book.get("publish_places"))), ""),
        issued=reading.csl_date(reading.written_date(book.get("publish_date"))),
        ISBN=isbn,
    )


def _named(values: Any) -> list[str]:
    return [name for one in reading.parts(values) if (name := reading.line(reading.part(one, "name")))]
