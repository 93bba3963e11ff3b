"""What readers see when something is not there, or went wrong: no path, no query, no setting of ours."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseServerError
from django.template.loader import render_to_string

from articles import publishing
from articles.views.answers import NotThere


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
