"""Our own JSON, as `articles.exporting` writes it: a snapshot with the sources, people and topics it names.

One object with "format", "is_sample", "snapshot", "references" (CSL-JSON by key), "people" and "topics" (by uid) and
"pictures" (base 64 by name). Old schemas are read through the upcasters, as old revisions are.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from articles import shapes
from articles.upcasting import UnknownSchema, upcast

from .hidden import clean_markup, without_hidden
from .page import ImportedPage, ImportRefused, ProposedReference, Report

FORMAT = "gtsite-article"
MAX_STATEMENTS = 5_000
MAX_LOCATOR = 80
MAX_NUMBER = 2**53 - 1
_UID = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

_DEGREE = {"abbreviation": str, "meaning": str}
_PERSON = {
    "name": str,
    "degrees": [_DEGREE],
    "profession": str,
    "is_health_professional": bool,
    "affiliation": str,
    "orcid": str,
    "biography": str,
    "interests": [{"text": str, "from": str, "until": str}],
    "qualified_until": (str, type(None)),
}
_TOPIC = {"slug": str, "name": str, "parent": (str, type(None)), "position": int, "description": str}


def read_exchange(name: str, text: str, report: Report) -> ImportedPage:
    """The page in an exported file. Raises `ImportRefused` naming the first thing that is not as it should be."""
    try:
        return _page(name, text, report)
    except RecursionError:
        raise ImportRefused("The JSON is nested too deeply.") from None


def _page(name: str, text: str, report: Report) -> ImportedPage:
    whole = _object(text)
    if whole.get("format") != FORMAT:
        raise ImportRefused(f"The JSON is not one of our exports: “format” should be “{FORMAT}”.")
    _refuse_foreign_values(whole)
    snapshot = _snapshot(whole.get("snapshot"))
    cleaned = _cleaned(snapshot, report)
    page = ImportedPage(
        name,
        cleaned,
        _references(whole.get("references"), snapshot),
        report,
        people=_named(whole.get("people"), "people", _PERSON),
        topics=_named(whole.get("topics"), "topics", _TOPIC),
        pictures=_pictures(whole.get("pictures")),
        is_exchange=True,
        is_sample=whole.get("is_sample") is True,
    )
    blocks = sum(len(section["blocks"]) for section in cleaned["sections"])
    report.add("recognised", 0, f"An exported article: {blocks} statements, {len(page.references)} sources.")
    return page


def _object(text: str) -> dict[str, Any]:
    try:
        whole = json.loads(text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)
    except ValueError as error:
        raise ImportRefused(f"The file is not whole JSON: {error}.") from None
    if not isinstance(whole, dict):
        raise ImportRefused("The JSON is not one of our exports: it should be one object.")
    return whole


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def _no_fraction(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]} is not a whole one")


def _snapshot(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ImportRefused("The export has no “snapshot”.")
    try:
        snapshot = upcast(found)
    except UnknownSchema as error:
        raise ImportRefused(str(error)) from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ImportRefused("The snapshot is not whole for the schema it names.") from None
    try:
        shapes.refuse_other_snapshot(snapshot)
    except shapes.OtherShape as error:
        raise ImportRefused(f"In the export, {error}") from None
    _refuse_other_uid(snapshot["uid"])
    for citation in snapshot["citations"]:
        if len(citation["locator"]) > MAX_LOCATOR:
            raise ImportRefused(f"A locator in the export is longer than {MAX_LOCATOR} characters.")
    blocks = [block for section in snapshot["sections"] for block in section["blocks"]]
    if len(blocks) > MAX_STATEMENTS:
        raise ImportRefused(f"The article has {len(blocks):,} statements; the limit is {MAX_STATEMENTS:,}.")
    return snapshot


def _refuse_other_uid(uid: str) -> None:
    if not _UID.fullmatch(uid):
        raise ImportRefused(f"“{uid[:40]}” is no id of ours; ids are 32 of the digits 0 to 9 and a to f.")


def _refuse_other_shape(value: Any, shape: Any, where: str) -> None:
    try:
        shapes.refuse_other_shape(value, shape, where)
    except shapes.OtherShape as error:
        raise ImportRefused(f"In the export, {error}") from None


def _named(found: Any, where: str, shape: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict):
        raise ImportRefused(f"The export has no “{where}”.")
    for uid, facts in found.items():
        _refuse_other_uid(uid)
        _refuse_other_shape(facts, shape, f"{where}.{uid[:40]}")
    return found


def _pictures(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ImportRefused("The export has no “pictures”.")
    return found


def _refuse_foreign_values(value: Any) -> None:
    """No text of ours holds control characters, no number is beyond what canonical JSON can write (RFC 8785)."""
    if isinstance(value, str):
        if _CONTROL.search(value):
            raise ImportRefused("The export holds control characters; it was not written here.")
    elif isinstance(value, int):
        if abs(value) > MAX_NUMBER:
            raise ImportRefused("The export holds a number that is too large; it was not written here.")
    elif isinstance(value, (dict, list)):
        for each in value if isinstance(value, list) else (*value.keys(), *value.values()):
            _refuse_foreign_values(each)


def _references(found: Any, snapshot: dict[str, Any]) -> list[ProposedReference]:
    if not isinstance(found, dict) or not all(isinstance(item, dict) for item in found.values()):
        raise ImportRefused("The export has no “references”.")
    missing = sorted({citation["key"] for citation in snapshot["citations"]} - found.keys())
    if missing:
        raise ImportRefused(f"The export cites “{missing[0][:40]}” but does not describe it.")
    for key, item in found.items():
        _refuse_other_item(item, f"references.{key[:40]}")
    return [ProposedReference(item | {"id": key}, "", 0) for key, item in sorted(found.items())]


def _refuse_other_item(item: dict[str, Any], where: str) -> None:
    """A CSL-JSON item: texts, names and dates. Which keys the library keeps, it says itself."""
    for key, value in item.items():
        if key in ("author", "editor"):
            _refuse_other_shape(value, [dict], f"{where}.{key}")
            for name in value:
                _refuse_other_shape(list(name.values()), [str], f"{where}.{key}")
        elif key in ("issued", "updated"):
            _refuse_other_shape(value, {"date-parts": [[int]]}, f"{where}.{key}")
        else:
            _refuse_other_shape(value, str, f"{where}.{key}")


def _cleaned(snapshot: dict[str, Any], report: Report) -> dict[str, Any]:
    """The snapshot with every text as the house stores it; our own exports come out as they went in."""
    for key in ("title", "subtitle", "summary", "funding"):
        snapshot[key] = without_hidden(snapshot[key], report, 0)
    snapshot["also_called"] = [without_hidden(name, report, 0) for name in snapshot["also_called"]]
    for section in snapshot["sections"]:
        section["heading"] = without_hidden(section["heading"], report, 0)
        for block in section["blocks"]:
            block["html"] = clean_markup(block["html"], report, 0)
    return snapshot
