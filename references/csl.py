"""A reference as a CSL-JSON item: the form that leaves the library (contexts of editions, formatting,
exchange).

``KINDS`` tells how our types of source are named there. A partial date stays partial; what a source does not
have is left out. Beside the keys of CSL an item may have ``updated`` (a date, as Citing Medicine wants it
kept apart from ``issued``), ``archive`` (the address of an archived copy) and ``archive_date``
("2024-05-12").

An item of an edition's context is part of what was approved and holds no more than this. An item that is
exchanged with other programs has the editors' judgement of the source, too, in ``custom``: the object that
CSL-JSON leaves to each program.
"""

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

# our type -> (CSL type, CSL genre)
KINDS = {
    "article-journal": ("article-journal", ""),
    "webpage": ("webpage", ""),
    "book": ("book", ""),
    "chapter": ("chapter", ""),
    "report": ("report", ""),
    "guideline": ("report", "guideline"),
    "trial": ("webpage", "trial registration"),
    "dataset": ("dataset", ""),
    "legislation": ("legislation", ""),
    "press-release": ("webpage", "press release"),
    "article-newspaper": ("article-newspaper", ""),
}
TYPES = {csl: ours for ours, csl in KINDS.items()}

# our field -> key of the item
TEXTS = {
    "title": "title",
    "container_title": "container-title",
    "container_title_short": "container-title-short",
    "collection_title": "collection-title",
    "publisher": "publisher",
    "publisher_place": "publisher-place",
    "edition": "edition",
    "number": "number",
    "volume": "volume",
    "issue": "issue",
    "page": "page",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "isbn": "ISBN",
    "issn": "ISSN",
    "url": "URL",
    "archive_url": "archive",
    "language": "language",
    "note": "note",
}
NAMES = {"authors": "author", "editors": "editor"}
DATES = {"issued": "issued", "updated": "updated"}
# What editors judge of a source, and its newer form (a key): only in items that are exchanged.
CUSTOM = ("publisher_kind", "evidence", "is_primary", "is_paid_by_maker", "superseded_by")
# When a source was looked at belongs to the citation, not to the source.
NOT_OURS = frozenset({"accessed"})
KEYS = {*TEXTS.values(), *NAMES.values(), *DATES.values(), "id", "type", "genre", "archive_date"}

# What an address carries for the counting of visitors; the same page answers without it.
COUNTERS = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "cmpid", "ref_src")


class CslError(ValueError):
    """The item cannot be kept as it is; the message names the key or type."""


def item(fields: dict[str, Any]) -> dict[str, Any]:
    """The CSL-JSON item of a reference's fields (``key``, ``type`` and what it has of the others)."""
    csl_type, genre = KINDS[fields["type"]]
    made = {"id": fields["key"], "type": csl_type, "genre": genre}
    made |= {key: fields.get(name) for name, key in (TEXTS | NAMES).items()}
    made |= {key: _date_parts(fields.get(name)) for name, key in DATES.items()}
    archived_on = fields.get("archived_on")
    made["archive_date"] = archived_on.isoformat() if archived_on else ""
    return {key: value for key, value in made.items() if value}


def exchange_item(fields: dict[str, Any]) -> dict[str, Any]:
    """The item with all that the library keeps of a source, for exchange; never for an edition's context."""
    custom = {name: fields[name] for name in CUSTOM if fields.get(name) not in ("", None)}
    return item(fields) | ({"custom": custom} if custom else {})


def named_fields(item: dict[str, Any]) -> dict[str, Any]:
    """The fields that an exchanged item names, and no others: what it is silent about is to stay as it is."""
    custom = item.get("custom") or {}
    if not isinstance(custom, dict):
        raise CslError("A source's “custom” must be an object of names and values.")
    fields = fields_of({key: value for key, value in item.items() if key != "custom"})
    judged = {name: custom[name] for name in CUSTOM if custom.get(name) not in ("", None)}
    return {name: value for name, value in fields.items() if value} | judged


def fields_of(item: dict[str, Any]) -> dict[str, Any]:
    """The fields of a reference described by a CSL-JSON item: all of them, so that saving replaces what was
    there.

    Refuses a type we do not keep and keys that would be lost, except ``accessed``, which belongs to the
    citation. Values are taken as they are; the model validates and normalises them.
    """
    unknown = sorted(key for key in item.keys() - KEYS - NOT_OURS if item[key])
    if unknown:
        raise CslError(f"A source has no place for: {', '.join(unknown)}.")
    fields: dict[str, Any] = {"key": item.get("id", ""), "type": type_of(item)}
    fields |= {name: str(item.get(key) or "") for name, key in TEXTS.items()}
    fields |= {name: item.get(key) or [] for name, key in NAMES.items()}
    fields |= {name: parts_of(item.get(key)) for name, key in DATES.items()}
    fields["archived_on"] = _day(item.get("archive_date"))
    return fields


def type_of(item: dict[str, Any]) -> str:
    """Our type of source for an item's CSL type and genre."""
    named = (item.get("type", ""), item.get("genre", ""))
    if named not in TYPES:
        raise CslError(f"“{' / '.join(filter(None, named))}” is not a type of source that the library keeps.")
    return TYPES[named]


def parts_of(value: Any) -> list[int]:
    """The partial date in CSL's ``{"date-parts": [[2014, 6]]}``; [] when there is none."""
    if not value:
        return []
    try:
        (parts,) = value["date-parts"]
    except (KeyError, TypeError, ValueError):
        raise CslError("A date is written as {“date-parts”: [[2014, 6, 21]]}, one date and no range.") from None
    return list(parts)


def identity(item: dict[str, Any]) -> dict[str, Any]:
    """What makes the source this source: authors, title, year, DOI, PMID and target.

    A change here voids approvals of the text that leans on it; better formatting of the rest does not.
    """
    return {
        "authors": item.get("author", []),
        "title": item.get("title", ""),
        "year": next(iter(parts_of(item.get("issued"))), None),
        "doi": item.get("DOI", "").lower(),
        "pmid": item.get("PMID", ""),
        "target": target(item.get("URL", "")),
    }


def target(url: str) -> str:
    """Where an address leads, without what does not matter: scheme, visitor counting, closing slash,
    fragment.

    A fragment that is itself a path (``#!/page``) does matter.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    kept = [(key, value) for key, value in parse_qsl(parts.query, True) if not key.lower().startswith(COUNTERS)]
    query = f"?{urlencode(kept)}" if kept else ""
    fragment = f"#{parts.fragment}" if "/" in parts.fragment else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}{fragment}"


def _date_parts(parts: list[int] | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [list(parts)]} if parts else None


def _day(written: str | None) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        raise CslError("The day of an archived copy is written as 2024-05-12.") from None
