"""Makers of valid schema-1 snapshots: a test states only what matters to it. Uids are fixed or counted."""

from copy import deepcopy
from typing import Any

from articles.text import CITATION_UID

Content = dict[str, Any]

ARTICLE_UID = "a" * 32
AUTHOR_UID = "b" * 32
TOPIC_UID = "c" * 32


def block(uid: str, html: str = "", kind: str = "paragraph", **changes: Any) -> Content:
    """A block of any kind; `uid` may be short ("p1"), it is filled up with zeros."""
    made: Content = {
        "uid": full(uid),
        "kind": kind,
        "level": 0,
        "claim": "fact",
        "html": html,
        "no_source_reason": "",
        "data": None,
    }
    return made | changes


def paragraph(uid: str, html: str = "Gene therapy adds a working gene.", **changes: Any) -> Content:
    return block(uid, html, **changes)


def bullet(uid: str, html: str = "It is given once.", level: int = 0, **changes: Any) -> Content:
    return block(uid, html, "bullet", level=level, **changes)


def numbered(uid: str, html: str = "Wash your hands.", level: int = 0, **changes: Any) -> Content:
    return block(uid, html, "numbered", level=level, **changes)


def subheading(uid: str, html: str = "In short", **changes: Any) -> Content:
    return block(uid, html, "subheading", **({"claim": "none"} | changes))


def callout(uid: str, html: str = "Call your doctor.", urgency: str = "urgent", heading: str = "Fever") -> Content:
    return block(uid, html, "callout", claim="advice", data={"urgency": urgency, "heading": heading})


def table(uid: str, header: list[str], rows: list[list[str]], caption: str = "Doses") -> Content:
    return block(uid, "", "table", data={"caption": caption, "header": header, "rows": rows})


def figure(uid: str, html: str = "How it works.", alt: str = "A drawing of a cell", **data: Any) -> Content:
    facts: Content = {
        "file": "0" * 64 + ".webp",
        "alt": alt,
        "decorative": False,
        "width": 640,
        "height": 360,
        "credit": "Our drawing",
    }
    return block(uid, html, "figure", claim="none", data=facts | data)


def section(uid: str, *blocks: Content, heading: str = "What it is", kind: str = "") -> Content:
    return {"uid": full(uid), "heading": heading, "kind": kind, "blocks": list(blocks)}


def citation(uid: str, key: str = "raper2003", block: str | None = None, **changes: Any) -> Content:
    made: Content = {
        "uid": full(uid),
        "block": full(block) if block else None,
        "key": key,
        "locator": "",
        "accessed": "",
        "quote": "",
    }
    return made | changes


def cite(uid: str) -> str:
    """The mark of a citation inside a block's html."""
    return f'<cite data-uid="{full(uid)}"></cite>'


def full(uid: str) -> str:
    """ "p1" → "0000000000p1"; the uids of tests stay readable and are valid citation marks."""
    filled = uid.rjust(12, "0")
    assert CITATION_UID.fullmatch(filled), f"{uid!r} is no uid"
    return filled


def make_snapshot(*sections: Content, **changes: Any) -> Content:
    """A valid snapshot; sections by position, any top-level key by name. A fresh copy each time."""
    made: Content = {
        "schema": 1,
        "uid": ARTICLE_UID,
        "slug": "what-is-gene-therapy",
        "language": "en",
        "kind": "therapy",
        "title": "What is gene therapy?",
        "subtitle": "",
        "summary": "Gene therapy treats a disease by changing genes.",
        "also_called": [],
        "topics": [TOPIC_UID],
        "codes": [],
        "people": [{"role": "author", "person": AUTHOR_UID}],
        "funding": "",
        "review_interval_months": 12,
        "sections": list(sections) if sections else [section("s1", paragraph("p1"))],
        "citations": [],
    }
    return deepcopy(made | changes)


def make_context(*keys: str, **references: Content) -> Content:
    """A context holding one made-up reference for each key, or the items given by name."""
    known = {key: reference(key) for key in keys} | references
    return deepcopy({"references": known, "people": {}, "files": {}})


def reference(key: str = "raper2003", **changes: Any) -> Content:
    made: Content = {
        "id": key,
        "type": "article-journal",
        "title": "Fatal systemic inflammatory response syndrome",
        "author": [{"family": "Raper", "given": "Steven E."}],
        "container-title": "Molecular Genetics and Metabolism",
        "volume": "80",
        "page": "148-158",
        "issued": {"date-parts": [[2003, 9]]},
        "DOI": "10.1016/j.ymgme.2003.08.016",
        "PMID": "14567964",
        "URL": "https://doi.org/10.1016/j.ymgme.2003.08.016",
        "archive": "",
        "archive_date": "",
    }
    return made | changes
