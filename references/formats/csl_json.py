"""CSL-JSON 1.1: an array of items, or one item alone.

Our items are CSL-JSON already. What its schema has no key for goes into ``custom``, the object that it leaves to
each program: ``updated`` (date-parts), ``archive_date``, ``publisher_kind``, ``evidence``, ``is_primary``,
``is_paid_by_maker``, ``superseded_by``. ``archive`` is the address of an archived copy. From other programs, particles
become part of the family name, and keys that the library has no place for are left out and named.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from references import csl, dates

from .record import LONGEST_FIELD, MOST_NAMES, Reading, Record, RecordError, refused, shown, unknown_type

_GAP = re.compile(r"[\s,]*")
# CSL types that the library keeps under another name.
_ALSO = {
    "article-magazine": "article-journal",
    "review": "article-journal",
    "post": "webpage",
    "post-weblog": "webpage",
    "entry": "chapter",
    "entry-dictionary": "chapter",
    "entry-encyclopedia": "chapter",
    "paper-conference": "chapter",
    "pamphlet": "report",
    "standard": "report",
    "bill": "legislation",
    "regulation": "legislation",
}
_KEYS = {key: name for name, key in csl.TEXTS.items()} | {
    "id": "key",
    "journalAbbreviation": "container_title_short",
}
_MOVED = ("updated", "archive_date")
_PARTICLES = ("dropping-particle", "non-dropping-particle", "family")


def looks_like(start: str) -> bool:
    """Whether a text begins as a list of items, or an item, does."""
    return bool(re.match(r"\s*(?:\[\s*)?\{\s*(?:\"|\})|\s*\[\s*\]\s*$", start))


# --- reading ------------------------------------------------------------------------------------------------


def read(text: str) -> Iterator[Record]:
    """The items of the text. What follows a place that is no JSON cannot be told apart and is refused whole."""
    decoder = json.JSONDecoder(parse_constant=_no_number)
    place, line = len(text) - len(text.lstrip()), 1
    is_list = text.startswith("[", place)
    line += text.count("\n", 0, place)
    place += is_list
    while True:
        gap = _GAP.match(text, place)
        begun = gap.end() if gap else place
        line += text.count("\n", place, begun)
        if begun >= len(text) or (is_list and text[begun] == "]"):
            yield from _ending(text, begun, line, is_list)
            return
        try:
            value, place = decoder.raw_decode(text, begun)
        except (ValueError, RecursionError) as fault:
            yield refused(line, _sentence(fault), text[begun : begun + 800])
            return
        yield _record(value, line, text[begun : min(place, begun + 800)])
        line += text.count("\n", begun, place)


def _ending(text: str, place: int, line: int, is_list: bool) -> Iterator[Record]:
    if is_list and place >= len(text):
        yield refused(line, "The list has no end (“]”). The file may be cut here.")
    elif text[place + 1 :].strip():
        yield refused(line, "Something follows the end of the list.", text[place + 1 : place + 800])


def _no_number(constant: str) -> None:
    raise ValueError(f"“{constant}” is no value of JSON.")


def _sentence(fault: Exception) -> str:
    if isinstance(fault, RecursionError):
        return "The JSON is nested too deeply to be a reference."
    what = fault.msg if isinstance(fault, json.JSONDecodeError) else str(fault)[:100]
    return f"From here on the file is not JSON ({what.rstrip('.')}). It may be cut."


def _record(value: Any, line: int, raw: str) -> Record:
    if not isinstance(value, dict):
        return refused(line, "A reference is an object in curly brackets, with a type and a title.", raw)
    try:
        return _understood(value).record(line, raw)
    except RecordError as fault:
        return refused(line, str(fault), raw, str(value.get("title") or ""))


def _understood(item: dict[str, Any]) -> Reading:
    reading = Reading()
    _read_type(reading, item)
    for key, value in item.items():
        if not value or key in ("type", "genre", "custom"):
            continue
        if key in _KEYS:
            _read_text(reading, _KEYS[key], value)
        elif key in ("author", "editor"):
            reading.people(f"{key}s", _people(key, value))
        elif key == "issued":
            _read_date(reading, "issued", value)
        elif key not in _MOVED:
            reading.left_out.append(shown(key))
    custom = item.get("custom")
    moved = {key: item[key] for key in _MOVED if item.get(key)}
    _read_custom(reading, moved | (custom if isinstance(custom, dict) else {}))
    return reading


def _read_type(reading: Reading, item: dict[str, Any]) -> None:
    written, genre = (str(item.get(key) or "")[:100] for key in ("type", "genre"))
    ours = csl.TYPES.get((written, genre)) or csl.TYPES.get((written, "")) or _ALSO.get(written)
    if not ours:
        raise unknown_type(written)
    reading.fields["type"] = ours
    if genre and genre != csl.KINDS[ours][1]:
        reading.left_out.append("genre")


def _read_text(reading: Reading, name: str, value: Any) -> None:
    if isinstance(value, bool | dict | list | float):
        raise RecordError(f"The {name.replace('_', ' ')} is a text or a whole number, not {shown(json.dumps(value))}.")
    if name == "archive_url" and not str(value).startswith(("http://", "https://")):
        reading.left_out.append("archive")
        return
    reading.text(name, str(value))


def _people(role: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(name, dict) for name in value):
        raise RecordError(f"The {role} is a list of names, each with a family name or a literal.")
    return [_person(role, name) for name in value[: MOST_NAMES + 1]]


def _person(role: str, name: dict[str, Any]) -> dict[str, str]:
    parts = {part: str(text).strip()[: LONGEST_FIELD + 1] for part, text in name.items() if isinstance(text, str)}
    if parts.get("literal"):
        return {"literal": parts["literal"]}
    family = " ".join(parts[part] for part in _PARTICLES if parts.get(part))
    if not family:
        raise RecordError(f"A name of the {role} has neither a family name nor a literal.")
    kept = {"family": family, "given": parts.get("given", ""), "suffix": parts.get("suffix", "")}
    return {part: text for part, text in kept.items() if text}


def _read_date(reading: Reading, name: str, value: Any) -> None:
    """A date as parts, numbers or text; of a range or a season the first year is kept, and the rest is told."""
    if not isinstance(value, dict):
        raise RecordError("A date is written as {“date-parts”: [[2014, 6, 21]]}.")
    parts = value.get("date-parts")
    if isinstance(parts, list) and 0 < len(parts) < 3 and all(isinstance(part, list) and part for part in parts):
        is_span = len(parts) > 1 or bool(value.get("season"))
        _read_parts(reading, name, parts[0][:1] if is_span else parts[0])
        told = f"“{shown(json.dumps(value))}”"
        if is_span and reading.fields.get(name):
            reading.left_out.append(f"{told} beyond its year")
        elif is_span:
            reading.doubts.append(f"The date {told} does not begin with a year.")
    elif written := value.get("raw") or value.get("literal"):
        reading.span(name, str(written)[:100])
    else:
        reading.doubts.append(f"The date “{shown(json.dumps(value))}” is not one day, month or year.")


def _read_parts(reading: Reading, name: str, parts: list[Any]) -> None:
    try:
        reading.fields[name] = dates.check([_number(part) for part in parts[:4] if part not in ("", None)])
    except dates.DateError as fault:
        reading.doubts.append(str(fault))


def _number(part: Any) -> Any:
    """Some programs write the numbers of a date as text."""
    return int(part) if isinstance(part, str) and re.fullmatch(r"[0-9]{1,4}", part) else part


def _read_custom(reading: Reading, custom: dict[str, Any]) -> None:
    for key, value in custom.items():
        if key == "updated":
            _read_date(reading, "updated", value)
        elif key == "archive_date":
            _read_text(reading, "archived_on", value)
        elif key in ("is_primary", "is_paid_by_maker") and isinstance(value, bool):
            reading.fields[key] = value
        elif key in csl.CUSTOM and isinstance(value, str):
            reading.text(key, value)
        elif value not in ("", None):
            reading.left_out.append(f"custom {shown(key)}")


# --- writing ------------------------------------------------------------------------------------------------


def write(items: Iterable[dict[str, Any]], style: str = "") -> Iterator[str]:
    """One array, an item at a time."""
    before = "[\n"
    for item in items:
        yield before + json.dumps(_exchanged(item), ensure_ascii=False, sort_keys=True)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _exchanged(item: dict[str, Any]) -> dict[str, Any]:
    moved = {key: item[key] for key in _MOVED if item.get(key)}
    custom = moved | (item.get("custom") or {})
    kept = {key: value for key, value in item.items() if key not in ("custom", *_MOVED)}
    return kept | ({"custom": custom} if custom else {})
