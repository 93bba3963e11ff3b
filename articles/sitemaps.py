"""The site map (sitemaps.org) and robots.txt. `lastmod` is Updated, never the moment of making."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from articles import publishing
from articles.models import Edition
from articles.views.answers import listing

# The protocol's limit for one file.
ADDRESSES_IN_A_FILE = 50_000


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every live article, or an index of files when there are more than one may hold."""
    files = _files()
    if files.num_pages > 1:
        return _xml("sitemap_index.xml", {"numbers": files.page_range})
    return _xml("sitemap.xml", {"entries": files.page(1), "is_first": True})


@require_safe
def sitemap_page(request: HttpRequest, page: int) -> HttpResponse:
    """One file of a site map that has several."""
    files = _files()
    if page not in files.page_range:
        raise Http404("There is no such part of the site map.")
    return _xml("sitemap.xml", {"entries": files.page(page), "is_first": page == 1})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything public may be read; forms and comparisons are not worth a robot's time."""
    text = render_to_string("robots.txt", {"site": publishing.site()})
    return listing(HttpResponse(text, content_type="text/plain; charset=utf-8"))


def _files() -> Paginator:
    live = Edition.objects.live().order_by("article_id").values_list("slug", "article__updated_on")
    return Paginator(live, ADDRESSES_IN_A_FILE)


def _xml(template: str, context: dict[str, object]) -> HttpResponse:
    text = render_to_string(template, {"site": publishing.site(), **context})
    return listing(HttpResponse(text, content_type="application/xml; charset=utf-8"))
