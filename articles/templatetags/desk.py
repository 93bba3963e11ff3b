"""The filter that the lists of the desk need: cells that know their column, where a narrow screen shows no columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

ROLES = {"<td": "cell", "<th": "rowheader"}
TICKS = "action-checkbox-column"


@register.filter
def in_columns(cells: Iterable[SafeString], headers: Iterable[Mapping[str, Any]]) -> Iterator[SafeString]:
    """A row's cells, as Django's list makes them, each with its role and the name of its column.

    The style sheet makes a card of a row, and a table whose rows are blocks is no table to some screen readers: the
    roles keep it one. Boxes to tick have no name, nor has the hidden key that Django may put behind the last column.
    """
    names = ["" if TICKS in header["class_attrib"] else capfirst(header["text"]) for header in headers]
    for number, cell in enumerate(cells):
        name = names[number] if number < len(names) else ""
        yield mark_safe(cell[:3] + _facts(ROLES[cell[:3]], name) + cell[3:])


def _facts(role: str, name: str) -> SafeString:
    return format_html(' role="{}" data-label="{}"', role, name) if name else format_html(' role="{}"', role)
