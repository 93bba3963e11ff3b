"""The few filters that public templates need: dates as readers say them, and letters of the alphabet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
def as_authors(people: Iterable[Mapping[str, str]]) -> str:
    """Those who wrote a page, each with a profession."""
    return _told_apart([f"{one['name']}, {one['profession'] or 'profession not stated'}" for one in people])


@register.filter
def as_signers(signers: Iterable[trust.Signer]) -> str:
    """Those who checked a page."""
    return _told_apart([signer.title for signer in signers])


def _told_apart(described: list[str]) -> str:
    """ "a, b and c"; where one of them holds a comma, "a, x; b, y", so that no description seems to be of all."""
    return "; ".join(described) if any("," in one for one in described) else in_words(described)


@register.filter
def as_interest(interest: Mapping[str, str]) -> str:
    """An interest of a person with its time, for the middle of a sentence: "Shares (since 5 January 2026)"."""
    since, until = spoken(interest.get("from") or ""), spoken(interest.get("until") or "")
    if since and until:
        when = f" ({since} to {until})"
    else:
        when = f" (since {since})" if since else f" (until {until})" if until else ""
    return f"{interest['text'].removesuffix('.')}{when}"


@register.filter
def as_sentence(text: str) -> str:
    """The text with a full stop at its end, unless it has a mark of its own."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
