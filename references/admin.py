"""The library on the editors' desk."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from reversion.models import Version, VersionQuerySet

from . import dates, finding, names
from .changes import changes
from .formatting import format_reference
from .forms import ReferenceForm
from .models import Reference, ReferenceQuerySet
from .recording import SaveRefused, save_reference

FOUND_AT_MOST = 20
VERSIONS_PER_PAGE = 50
# What the form shows as one text is shown so to those who only read, too.
READABLE = {
    "authors": "authors_shown",
    "editors": "editors_shown",
    "issued": "issued_shown",
    "updated": "updated_shown",
}
WRITERS_ONLY = {"reason", "base"}


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    """Sources: found, made on the spot, changed through the one act, never deleted."""

    form = ReferenceForm
    list_display = ["key", "title_shown", "type", "year", "doi"]
    list_filter = [
        "type",
        "evidence",
        "publisher_kind",
        "is_primary",
        "is_paid_by_maker",
        ("superseded_by", admin.EmptyFieldListFilter),
    ]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["words"]
    search_help_text = "Words of the title, authors or journal; a DOI, PMID or address; or a whole citation, pasted."
    autocomplete_fields = ["superseded_by"]
    readonly_fields = ["key", "preview", *READABLE.values()]
    save_on_top = True
    fieldsets = [
        (
            None,
            {"fields": ["preview", "type", "title", "authors", "editors", "issued", "updated", "language"]},
        ),
        (
            "Where it appeared",
            {
                "fields": [
                    "container_title",
                    "container_title_short",
                    ("volume", "issue", "page"),
                    ("publisher", "publisher_place"),
                    ("edition", "number"),
                    "collection_title",
                ]
            },
        ),
        (
            "How to find it",
            {
                "description": "Paste numbers and addresses as you find them; saving checks and tidies them.",
                "fields": [("doi", "pmid", "pmcid"), ("isbn", "issn"), "url", ("archive_url", "archived_on")],
            },
        ),
        (
            "What kind of source",
            {"fields": ["evidence", "publisher_kind", "is_primary", "is_paid_by_maker", "superseded_by", "note"]},
        ),
        (None, {"fields": ["reason", "base"]}),
    ]

    # --- lists ----------------------------------------------------------------------------------------------

    @admin.display(description="title", ordering="title")
    def title_shown(self, reference: Reference) -> str:
        return reference.plain_title()

    @admin.display(description="year")
    def year(self, reference: Reference) -> str:
        return dates.iso(reference.issued[:1])

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[ReferenceQuerySet, bool]:
        return (finding.matching(queryset, search_term) if search_term.strip() else queryset), False

    # --- one source -----------------------------------------------------------------------------------------

    @admin.display(description="as readers see it")
    def preview(self, reference: Reference) -> SafeString | str:
        return format_reference(reference.csl()).html if reference.pk else "Shown here after the first save."

    @admin.display(description="authors")
    def authors_shown(self, reference: Reference) -> SafeString:
        return _as_lines(names.to_lines(reference.authors))

    @admin.display(description="editors")
    def editors_shown(self, reference: Reference) -> SafeString:
        return _as_lines(names.to_lines(reference.editors))

    @admin.display(description="published")
    def issued_shown(self, reference: Reference) -> str:
        return dates.in_words(reference.issued) or "no date"

    @admin.display(description="updated")
    def updated_shown(self, reference: Reference) -> str:
        return dates.in_words(reference.updated) or "no date"

    def get_fieldsets(self, request: HttpRequest, obj: Reference | None = None) -> Any:
        """Those who may only read see names and dates as text, and no fields of the act."""
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            return self.fieldsets
        return [
            (heading, options | {"fields": _readable(options["fields"])}) for heading, options in self.fieldsets[:-1]
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Reference | None = None) -> bool:
        return False

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """The citation picker names sources by key."""
        return to_field == "key" or super().to_field_allowed(request, to_field)

    def save_model(self, request: HttpRequest, obj: Reference, form: Any, change: bool) -> None:
        saved = save_reference(
            {name: getattr(obj, name) for name in form.cleaned_data if name not in WRITERS_ONLY},
            actor=request.user,
            reason=form.cleaned_data["reason"],
            reference=obj if change else None,
            base=form.cleaned_data["base"],
        )
        obj.pk = saved.pk
        obj.refresh_from_db()

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """When another writer was faster by a moment, the form is shown again and sees their work."""
        try:
            return super().changeform_view(request, *args, **options)
        except SaveRefused:
            return super().changeform_view(request, *args, **options)

    # --- saved versions and the citation picker -------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        find = self.admin_site.admin_view(require_safe(self.find_view))
        version = self.admin_site.admin_view(require_safe(self.version_view))
        return [
            path("find/", find, name="references_reference_find"),
            path("<int:object_id>/history/<int:revision_id>/", version, name="references_reference_version"),
            *super().get_urls(),
        ]

    def find_view(self, request: HttpRequest) -> JsonResponse:
        """Sources for ``?q=``, as JSON: ``[{"key", "label", "text", "warning"}]``, at most twenty."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = finding.matching(Reference.objects.select_related("superseded_by"), request.GET.get("q", ""))
        return JsonResponse([_offered(source) for source in found[:FOUND_AT_MOST]], safe=False)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed the source, when and why; newest first."""
        reference = self._readable_or_refused(request, unquote(object_id))
        versions = _versions_of(reference).defer("serialized_data", "object_repr")
        context = {
            "title": f"Saved versions of {reference.key}",
            "versions": Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page")),
            **(extra_context or {}),
        }
        return self._page(request, reference, "saved_versions", context)

    def version_view(self, request: HttpRequest, object_id: int, revision_id: int) -> HttpResponse:
        """What one saved version changed."""
        reference = self._readable_or_refused(request, str(object_id))
        version = get_object_or_404(_versions_of(reference), revision_id=revision_id)
        before = _versions_of(reference).filter(pk__lt=version.pk).first()
        old = json.loads(before.serialized_data) if before else None
        context = {
            "title": f"A saved version of {reference.key}",
            "version": version,
            "changes": changes(old, json.loads(version.serialized_data)),
        }
        return self._page(request, reference, "saved_version", context)

    def _readable_or_refused(self, request: HttpRequest, object_id: str) -> Reference:
        reference = self.get_object(request, object_id)
        if reference is None:
            raise Http404
        if not self.has_view_permission(request, reference):
            raise PermissionDenied
        return reference

    def _page(self, request: HttpRequest, reference: Reference, name: str, context: dict[str, Any]) -> HttpResponse:
        site = self.admin_site.each_context(request)
        whole = {**site, "opts": self.opts, "object": reference, **context}
        return TemplateResponse(request, f"admin/references/reference/{name}.html", whole)


def _offered(source: Reference) -> dict[str, str]:
    """What the citation picker shows of a source."""
    return {
        "key": source.key,
        "label": str(source),
        "text": format_reference(source.csl()).text,
        "warning": f"There is a newer form: {source.superseded_by.key}." if source.superseded_by else "",
    }


def _versions_of(reference: Reference) -> VersionQuerySet:
    """Newest first, each with its revision and person."""
    return Version.objects.get_for_object(reference).select_related("revision__user")


def _as_lines(written: str) -> SafeString:
    return linebreaksbr(conditional_escape(written))


def _readable(fields: Any) -> list[Any]:
    return [
        tuple(_readable(field)) if isinstance(field, tuple) else READABLE.get(field, field)
        for field in fields
        if field not in WRITERS_ONLY
    ]
