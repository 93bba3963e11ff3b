"""What changed between two saved versions of a source, for people to read."""

from dataclasses import dataclass
from typing import Any

from . import csl, dates, names

LABELS = {name: name.replace("_", " ") for name in csl.TEXTS} | {
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "isbn": "ISBN",
    "issn": "ISSN",
    "url": "web address",
    "archive_url": "address of an archived copy",
    "container_title": "journal, site or book",
    "container_title_short": "journal, abbreviated",
    "collection_title": "series",
    "issued": "published",
    "is_primary": "primary source",
    "evidence": "kind of evidence",
    "is_paid_by_maker": "paid for by a maker",
}
TRUTHS = {True: "yes", False: "no", None: ""}


@dataclass(frozen=True)
class Change:
    """One field, as it read before and after."""

    label: str
    before: str
    after: str


def changes(old: dict[str, Any] | None, new: dict[str, Any]) -> list[Change]:
    """The fields that differ between two snapshots of a source; everything it has, for its first."""
    before, after = _readable(old) if old else {}, _readable(new)
    return [
        Change(label_of(field), before.get(field, ""), text)
        for field, text in after.items()
        if before.get(field, "") != text
    ]


def _readable(snapshot: dict[str, Any]) -> dict[str, str]:
    fields = csl.fields_of(snapshot["csl"])
    return {
        **{field: fields[field] for field in ("key", "type", *csl.TEXTS)},
        **{field: names.to_lines(fields[field]) for field in csl.NAMES},
        **{field: dates.in_words(fields[field]) for field in csl.DATES},
        "archived_on": fields["archived_on"].isoformat() if fields["archived_on"] else "",
        "publisher_kind": snapshot["publisher_kind"],
        "is_primary": TRUTHS[snapshot["is_primary"]],
        "evidence": snapshot["evidence"],
        "is_paid_by_maker": TRUTHS[snapshot["is_paid_by_maker"]],
        "superseded_by": snapshot["superseded_by"] or "",
        "merged_into": snapshot["merged_into"] or "",
    }


def label_of(field: str) -> str:
    """What people call a field of a source."""
    return LABELS.get(field, field.replace("_", " "))


def value_of(reference: Any, field: str) -> str:
    """A field of a source in words."""
    value = getattr(reference, field)
    if field in csl.NAMES:
        return names.to_lines(value)
    if field in csl.DATES:
        return dates.in_words(value)
    if field == "superseded_by":
        return value.key if value else ""
    if value is None or isinstance(value, bool):
        return TRUTHS[value]
    display = getattr(reference, f"get_{field}_display", None)
    return str(display() if display else value)
