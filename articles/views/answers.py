"""How public views answer: without request, session or user, so that an answer is the same for everyone."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from articles import publishing
from articles.models import Edition, Page

View = Callable[..., HttpResponse]


class NotThere(Http404):
    """Nothing is here, for a reason that is a sentence for readers and safe to show."""


def page(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A whole page made now."""
    return HttpResponse(render_to_string(template, {"site": publishing.site(), **context}), status=status)


def listing(answer: HttpResponse, until: datetime | None = None) -> HttpResponse:
    """Tell the page server that this answer is the same for everyone until something is published, or `until`."""
    answer["X-GTSite-Listing"] = "1"
    if until:
        answer["X-GTSite-Until"] = str(int(until.timestamp()))
    return answer


def stored(path: str) -> HttpResponse:
    """The ready bytes of an address, its redirect, or its notice of withdrawal; Http404 if there is nothing."""
    row = Page.objects.filter(path=path).defer("brotli", "gzip").first()
    if row is None:
        raise Http404("There is no page at this address.")
    if row.location:
        return HttpResponsePermanentRedirect(row.location)
    headers = {"ETag": row.etag} if row.status == 200 else {}
    return HttpResponse(bytes(row.body), content_type=row.content_type, status=row.status, headers=headers)


def of_live_article(view: View) -> View:
    """Hand the view the live edition of the article at this address.

    An article that has moved or is withdrawn answers the same at all its addresses.
    """

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        edition = Edition.objects.live().select_related("article").filter(slug=slug).first()
        return view(request, edition, **kwargs) if edition else absent(slug)

    return answer


def absent(slug: str) -> HttpResponse:
    """What stands at the address of an article that is not live."""
    answer = stored(f"/articles/{slug}/")
    if answer.status_code == 200:
        raise Http404("There is no page at this address.")
    return answer


def safe_of_live_article(view: View) -> View:
    """`of_live_article` for views that are only read."""
    return require_safe(of_live_article(view))
