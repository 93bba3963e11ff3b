"""The few filters that public templates need: dates as readers say them, and letters of the alphabet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles import trust

register = template.Library()


@register.filter
def on_day(when: date | datetime | None) -> SafeString | str:
    """A date as "3 May 2026" inside a time element."""
    if not when:
        return ""
    on = trust.day(when) if isinstance(when, datetime) else when
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), trust.long_date(on))


@register.filter
def spoken(text: str) -> str:
    """A date as stored, "2026-01-03", in words; anything else as it is."""
    try:
        return trust.long_date(date.fromisoformat(text))
    except ValueError:
        return text


@register.filter
def in_month(when: date | None) -> str:
    """A date as "May 2026"."""
    return trust.month(when)


@register.filter
def degrees(held: Iterable[dict[str, str]]) -> str:
    """Degrees with their meaning: "MD (Doctor of Medicine), PhD (Doctor of Philosophy)"."""
    return ", ".join(_degree(degree) for degree in held)


def _degree(degree: dict[str, str]) -> str:
    meaning = degree["meaning"]
    return f"{degree['abbreviation']} ({meaning})" if meaning else degree["abbreviation"]


@register.filter
def as_host(address: str) -> str:
    """The address without its scheme, as people read it aloud."""
    return address.partition("://")[2].rstrip("/") or address


@register.filter
def in_words(names: Iterable[str]) -> str:
    """ "a, b and c"."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


@register.filter
def without_stop(text: str) -> str:
    """The text without the full stop at its end, for the middle of a sentence."""
    return text.removesuffix(".")


@register.filter
def as_sentence(text: str) -> str:
    """The text with a full stop at its end, unless it has a mark of its own."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
