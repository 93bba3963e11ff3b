"""What the lists of the desk need: cells that know their column, where a narrow screen shows no columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

ROLES = {"<td": "cell", "<th": "rowheader"}
TICKS = "action-checkbox-column"


@register.filter
def labels(headers: Iterable[Mapping[str, Any]]) -> list[str]:
    """For each column the attribute that names it in its cells. Boxes to tick have no name."""
    return [
        "" if TICKS in header["class_attrib"] else format_html(' data-label="{}"', capfirst(header["text"]))
        for header in headers
    ]


@register.filter
def in_columns(cells: Iterable[SafeString], labels: list[str]) -> Iterator[SafeString]:
    """A row's cells, as Django's list makes them, each with its role and the name of its column.

    The style sheet makes a card of a row, and a table whose rows are blocks is no table to some screen readers: the
    roles keep it one. Behind the last column Django may put a hidden key, which has no name either.
    """
    for cell, label in zip_longest(cells, labels, fillvalue=SafeString()):
        yield mark_safe(f'{cell[:3]} role="{ROLES[cell[:3]]}"{label}{cell[3:]}')
