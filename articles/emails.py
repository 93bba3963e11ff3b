"""Every message this site sends, one function each. Nothing else sends mail."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from articles import publishing

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def share(to: str, title: str, slug: str) -> None:
    """Somebody thought this page might help: the same words for every page and every address."""
    site = publishing.site()
    context = {"site": site, "title": _one_line(title), "url": site.url + reverse("article", args=[slug])}
    _send(to, f"{_one_line(site.name)}: a page somebody wants you to see", "emails/share.txt", context)


MESSAGES: dict[str, Callable[..., None]] = {"share": share}


def deliver(kind: str, payload: dict[str, Any]) -> None:
    """Send the message of an outbox row; the row is erased by whoever asked for it."""
    MESSAGES[kind](**payload)


def _send(to: str, subject: str, template: str, context: dict[str, Any]) -> None:
    body = render_to_string(template, context)
    EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [to], headers=HEADERS).send()


def _one_line(text: str) -> str:
    return " ".join(text.split())
