"""Formats in which references leave and enter the library.

A format is a row of ``FORMATS``: one function that reads and one that writes. Both work record by record on plain
data: the items are those of ``references.csl`` with ``custom`` (``csl.exchange_item``). Whatever the bytes, reading
ends and raises nothing: what is no reference comes back as a record with a ``problem``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import bibtex, csl_json, nbib, pasted, ris
from .cleaning import cleaned
from .decoding import NotReadable, decode
from .record import Record, refused

__all__ = ["FORMATS", "Format", "Record", "UnknownFormat", "detect", "format_named", "read", "write"]


@dataclass(frozen=True)
class Format:
    """How one format is called, stored, read and written."""

    name: str
    label: str
    extension: str
    media_type: str
    reads: Callable[[str], Iterator[Record]]
    writes: Callable[..., Iterator[str]]
    looks_like: Callable[[str], bool]
    extensions: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format(
            "ris", "RIS", "ris", "application/x-research-info-systems", ris.read, ris.write, ris.looks_like, ("ris",)
        ),
        Format(
            "bibtex",
            "BibTeX",
            "bib",
            "application/x-bibtex",
            bibtex.read,
            bibtex.write,
            bibtex.looks_like,
            ("bib", "bibtex"),
        ),
        Format(
            "nbib",
            "PubMed (NBIB, MEDLINE)",
            "nbib",
            "application/nbib",
            nbib.read,
            nbib.write,
            nbib.looks_like,
            ("nbib", "medline"),
        ),
        Format(
            "csl-json",
            "CSL-JSON",
            "json",
            "application/vnd.citationstyles.csl+json",
            csl_json.read,
            csl_json.write,
            csl_json.looks_like,
            ("json", "csl"),
        ),
        Format(
            "text",
            "one reference per line",
            "txt",
            "text/plain",
            pasted.read,
            pasted.write,
            lambda text: True,
            ("txt",),
        ),
    )
}


class UnknownFormat(ValueError):
    """There is no such format; the message names those that there are."""


def format_named(name: str) -> Format:
    """The format of that name. Raises ``UnknownFormat``."""
    if name not in FORMATS:
        raise UnknownFormat(f"“{name}” is no format we know. Choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def detect(data: bytes, filename: str = "") -> str:
    """The name of the format: by what the file holds; where that says nothing, by the end of its name."""
    try:
        start = decode(data).text[:100_000]
    except NotReadable:
        start = ""
    found = next(name for name, known in FORMATS.items() if known.looks_like(start))
    ending = filename.rpartition(".")[2].lower()
    named = next((name for name, known in FORMATS.items() if ending in known.extensions), "text")
    return named if found == "text" else found


def read(data: bytes, format: str) -> Iterator[Record]:
    """The records of a file, in order, each with its line. Raises ``UnknownFormat`` and nothing else."""
    reads = format_named(format).reads
    try:
        decoded = decode(data)
    except NotReadable as problem:
        yield refused(1, str(problem))
        return
    for record in reads(decoded.text):
        yield cleaned(record, decoded.guessed)


def write(items: Iterable[dict[str, Any]], format: str, style: str = "nlm") -> Iterator[str]:
    """The file of the items, piece by piece; ``style`` matters to ``text`` alone."""
    return format_named(format).writes(items, style=style)
