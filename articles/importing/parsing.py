"""`parse`: the one entrance to the readers."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from .assembly import assemble
from .decoding import decode
from .exchange import read_exchange
from .front_matter import split_front_matter
from .markdown import read_markdown
from .markup import read_markup
from .page import ImportedPage, ImportRefused, Reading, Report
from .plain_text import read_plain_text

#: What a file is by its name; anything else is not looked at.
FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    "": "text",
}
_LOOKS_LIKE_HTML = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)


def parse(name: str, data: bytes) -> ImportedPage:
    """The page in a file: plain text, HTML, Markdown or our own JSON, by the ending of its name.

    Pure: no database, no network, no clock; the same name and bytes give the same page. Raises
    `ImportRefused`, and nothing else, with one sentence.
    """
    ending = PurePosixPath(name).suffix.lower()
    if ending not in FORMATS:
        raise ImportRefused(
            f"Files ending in “{ending}” are not read; HTML, plain text, Markdown and our own JSON are."
        )
    report = Report()
    text = decode(data, report)
    if FORMATS[ending] == "json":
        return read_exchange(name, text, report)
    digest = hashlib.sha256(data).hexdigest()
    return assemble(name, digest, _read(text, FORMATS[ending], report), report)


def _read(text: str, form: str, report: Report) -> Reading:
    if form == "text" and _LOOKS_LIKE_HTML.match(text):
        report.add("uncertain", 0, "The file is named as plain text but holds HTML; it was read as HTML.")
        form = "html"
    if form == "html":
        return read_markup(text, report)
    facts, body = split_front_matter(text)
    reading = read_markdown(body, report) if form == "markdown" else read_plain_text(body, report)
    reading.facts = facts | reading.facts
    return reading
