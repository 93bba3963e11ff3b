"""Partial dates: a source says "2014" or "June 2014", and no more than that is kept.

A partial date is a list as in CSL: ``[2014]``, ``[2014, 6]``, ``[2014, 6, 21]``; ``[]`` is "no date".
"""

import re
from datetime import date
from typing import Any

EARLIEST, LATEST = 1400, 2199
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_NAME = r"(?P<month>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<year>[0-9]{4})"
_DAY = r"(?P<day>[0-9]{1,2})"
_FORMS = [
    re.compile(pattern)
    for pattern in (
        rf"{_YEAR}(?:-(?P<month>[0-9]{{2}})(?:-(?P<day>[0-9]{{2}}))?)?",
        rf"(?:{_DAY} )?{_NAME},? {_YEAR}",
        rf"{_NAME} {_DAY},? {_YEAR}",
        rf"{_YEAR} {_NAME}(?: {_DAY})?",
    )
]
EXPECTED = "Write the date as far as it is known: 2014, June 2014, 21 June 2014 or 2014-06-21."


class DateError(ValueError):
    """Not a partial date; the message says what to write."""


def check(parts: Any) -> list[int]:
    """The partial date itself when it is one that the calendar has, else ``DateError``."""
    if not isinstance(parts, list | tuple) or len(parts) > 3:
        raise DateError(EXPECTED)
    if any(isinstance(part, bool) or not isinstance(part, int) for part in parts):
        raise DateError(EXPECTED)
    if parts:
        _on_the_calendar(*parts)
    return list(parts)


def parse(text: str) -> list[int]:
    """The partial date written in one of the usual unambiguous ways; "21/06/2014" is not one of them."""
    written = " ".join(text.split())
    if not written:
        return []
    found = next((match for form in _FORMS if (match := form.fullmatch(written))), None)
    if found is None:
        raise DateError(f"“{text.strip()[:40]}” is not a date we can read. {EXPECTED}")
    fields = found.groupdict()
    parts = [int(fields["year"])]
    if fields.get("month"):
        parts.append(_month(fields["month"]))
    if fields.get("day"):
        parts.append(int(fields["day"]))
    return check(parts)


def iso(parts: list[int]) -> str:
    """As far as known: "2014", "2014-06", "2014-06-21"; "" for no date."""
    return "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])]) if parts else ""


def in_words(parts: list[int]) -> str:
    """For people: "2014", "June 2014", "21 June 2014"."""
    if len(parts) < 2:
        return iso(parts)
    return " ".join([*(str(day) for day in parts[2:]), MONTHS[parts[1] - 1], str(parts[0])])


def nlm(parts: list[int]) -> str:
    """As Citing Medicine writes dates: "2014 Jun 21", months cut to three letters without a stop."""
    if len(parts) < 2:
        return iso(parts)
    return " ".join([str(parts[0]), MONTHS[parts[1] - 1][:3], *(str(day) for day in parts[2:])])


def ama(parts: list[int]) -> str:
    """As the AMA Manual of Style writes dates: "June 21, 2014", "June 2014"."""
    if len(parts) < 3:
        return in_words(parts)
    return f"{MONTHS[parts[1] - 1]} {parts[2]}, {parts[0]}"


def apa(parts: list[int]) -> str:
    """As APA style writes dates: "2014, June 21", "2014, June"."""
    if len(parts) < 2:
        return iso(parts)
    return f"{parts[0]}, {' '.join([MONTHS[parts[1] - 1], *(str(day) for day in parts[2:])])}"


def legal(parts: list[int]) -> str:
    """As American laws are dated: "Dec. 14, 1993", with May, June and July in full."""
    if len(parts) < 2:
        return iso(parts)
    name = MONTHS[parts[1] - 1]
    short = name if len(name) < 5 else "Sept." if parts[1] == 9 else f"{name[:3]}."
    return ", ".join([" ".join([short, *(str(day) for day in parts[2:])]), str(parts[0])])


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    for number, name in enumerate(MONTHS, start=1):
        if written.lower() in (name.lower(), name[:3].lower(), "sept" if number == 9 else name.lower()):
            return number
    raise DateError(f"“{written}” is not a month. {EXPECTED}")


def _on_the_calendar(year: int, month: int = 1, day: int = 1) -> None:
    if not EARLIEST <= year <= LATEST:
        raise DateError(f"The year {year} is not between {EARLIEST} and {LATEST}.")
    try:
        date(year, month, day)
    except ValueError:
        raise DateError(f"The calendar has no such day: {year}-{month:02}-{day:02}.") from None
