"""The site map (sitemaps.org) and robots.txt. `lastmod` is Updated, never the moment of making."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles import publishing, sources
from articles.models import Edition
from articles.views.answers import listing

# The protocol's limit for one file.
ADDRESSES_IN_A_FILE = 50_000


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every live article and the sources they cite, or an index of files when there are more than one may hold."""
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


class _Addresses:
    """The addresses of live articles, then of the sources they cite: path and day of the last change."""

    def __init__(self) -> None:
        self.articles = Edition.objects.live().order_by("article_id").values_list("slug", "article__updated_on")
        self.sources = sources.listed().values_list("key", flat=True)
        self.number_of_articles = self.articles.count()

    def __len__(self) -> int:
        return self.number_of_articles + self.sources.count()

    def __getitem__(self, part: slice) -> list[tuple[str, date | None]]:
        start, stop, first = part.start, part.stop, self.number_of_articles
        pages = self.articles[start:stop] if start < first else []
        cited = self.sources[max(0, start - first) : stop - first] if stop > first else []
        told = [(reverse("article", args=[slug]), updated) for slug, updated in pages]
        return [*told, *((reverse("source", args=[key]), None) for key in cited)]


def _files() -> Paginator:
    return Paginator(_Addresses(), ADDRESSES_IN_A_FILE)  # type: ignore[arg-type]


def _xml(template: str, context: dict[str, object]) -> HttpResponse:
    text = render_to_string(template, {"site": publishing.site(), **context})
    return listing(HttpResponse(text, content_type="application/xml; charset=utf-8"))
