"""What readers see when something is not there, or went wrong: no path, no query, no setting of ours."""

from django.conf import settings
from django.db import DatabaseError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
    QueryDict,
)
from django.template.loader import render_to_string
from django.urls import reverse

from articles import publishing
from articles.views.answers import NotThere

#: Parts of the names of fields that are never shown again.
SECRET = ("password", "token", "secret")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also while the database does not answer."""
    try:
        site = publishing.site()
    except DatabaseError:
        site = None
    why = str(exception) if isinstance(exception, NotThere) else ""
    return HttpResponseNotFound(render_to_string("404.html", {"site": site, "why": why}))


def server_error(request: HttpRequest) -> HttpResponse:
    """500: asks the database nothing."""
    return HttpResponseServerError(render_to_string("500.html", {}))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token does not hold any more, with what was typed: a page that may not be stored comes back
    empty by the Back button. What another site's page sent is not shown. Asks the database nothing."""
    desk = reverse("admin:index")
    back = (desk, "the desk") if request.path.startswith(desk) else (reverse("home"), "the site")
    typed = _typed(request.POST) if _is_ours(request) else []
    return HttpResponseForbidden(render_to_string("403_csrf.html", {"typed": typed, "back": back}))


def _is_ours(request: HttpRequest) -> bool:
    """Whether one of our own pages sent this, as far as the browser tells."""
    ours = (None, settings.SITE_URL.rstrip("/"), f"{request.scheme}://{request.get_host()}")
    return request.headers.get("Origin") in ours and request.headers.get("Sec-Fetch-Site") in (None, "same-origin")


def _typed(post: QueryDict) -> list[tuple[str, str]]:
    """Everything of more than one word, under the last part of its field's name."""
    fields = [(name, value) for name, values in post.lists() for value in values if " " in value.strip()]
    shown = [(name, value) for name, value in fields if not any(part in name.lower() for part in SECRET)]
    return [(name.rpartition("-")[2].replace("_", " ").capitalize(), value) for name, value in shown]
