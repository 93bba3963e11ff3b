"""What articles live on: the diet of the site and of one article, what is missing, and where a source is used."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from references import exporting, formats

from .. import citing, drafting, evidence, sources, usage
from ..models import Article

LEANED_ON_MOST = 15


class EvidencePages(admin.ModelAdmin):
    """Pages that only show: auditors read them, nobody changes anything here."""

    def get_urls(self) -> list[Any]:
        def route(rest: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(rest, self.admin_site.admin_view(require_safe(view)), name=f"articles_article_{name}")

        return [
            route("evidence/", self.site_evidence_view, "site_evidence"),
            route("gaps/", self.gaps_view, "gaps"),
            route("where-used/<slug:key>/", self.where_used_view, "where_used"),
            route("<int:object_id>/evidence/", self.evidence_view, "evidence"),
            route("<int:object_id>/evidence/<slug:format>/", self.sources_file_view, "sources_file"),
            *super().get_urls(),
        ]

    def site_evidence_view(self, request: HttpRequest) -> HttpResponse:
        """What all live pages together live on, and the sources that most of them lean on."""
        self._refuse_strangers(request)
        diet = usage.site_diet(timezone.localdate())
        return self._shown(request, "site_evidence", "Evidence", diet=diet, leaned_on=usage.leaned_on(LEANED_ON_MOST))

    def gaps_view(self, request: HttpRequest) -> HttpResponse:
        """Facts without a source, and citations that nobody has checked."""
        self._refuse_strangers(request)
        facts = Sheet(usage.uncited, request.GET.get("facts"), usage.ARTICLES_ON_A_SHEET)
        unchecked = Sheet(usage.never_checked, request.GET.get("sources"), usage.SOURCES_ON_A_SHEET)
        return self._shown(request, "gaps", "Gaps", facts=facts, unchecked=unchecked)

    def where_used_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Every article whose draft or live page leans on a source or on a twin of it."""
        self._refuse_strangers(request)
        reference = sources.kept(key)
        if reference is None:
            raise Http404("The library has no such source.")
        read = partial(usage.where_used, reference)
        uses = Sheet(read, request.GET.get("page"), usage.ARTICLES_ON_A_SHEET)
        title = f"Where {reference.key} is used"
        return self._shown(request, "where_used", title, reference=reference, asked=key, uses=uses)

    def evidence_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the draft of one article lives on, and what it lacks."""
        self._refuse_strangers(request)
        article = get_object_or_404(Article.objects.select_related("live_edition"), pk=object_id)
        draft = drafting.newest(article)
        return self._shown(
            request,
            "evidence",
            article.title,
            article=article,
            diet=usage.diet_of(evidence.leanings(draft), timezone.localdate()),
            uncited=evidence.uncited_facts(draft),
            leant=usage.sources_of(draft),
            downloads=citing.LIST_DOWNLOADS,
        )

    def sources_file_view(self, request: HttpRequest, object_id: int, format: str) -> HttpResponse:
        """The sources of the draft as a file, as the library has them, in the order of the page's list."""
        self._refuse_strangers(request)
        article = get_object_or_404(Article, pk=object_id)
        if format not in dict(citing.LIST_DOWNLOADS):
            raise Http404("Choose one of the formats of the Evidence tab.")
        name, style = citing.format_and_style(format)
        kind = formats.FORMATS[name]
        content = exporting.export(usage.cited_by_draft(article, timezone.now()), name, style)
        answer = HttpResponse("".join(content), content_type=f"{kind.media_type}; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{article.slug}-sources.{kind.extension}"'
        return answer

    def _refuse_strangers(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _shown(self, request: HttpRequest, name: str, title: str, **more: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}
        return TemplateResponse(request, f"admin/articles/article/{name}.html", context)


class Sheet:
    """One sheet of a long list that is never counted; ``read`` gives one row more than it shows, if there is one."""

    def __init__(self, read: Callable[[int], list[Any]], number: str | None, size: int) -> None:
        self.number = int(number) if number and number.isascii() and number.isdigit() and len(number) < 5 else 1
        rows = read(size * max(self.number - 1, 0))
        self.rows, self.has_next = rows[:size], len(rows) > size

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1 if self.has_next else 0
