"""One source and the list of all: found, made on the spot, changed through the one act."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from references import dates, finding, formats, http, names
from references.formatting import STYLES, format_reference
from references.forms import ReferenceForm
from references.models import LinkCheck, PublicationNotice, Reference, ReferenceQuerySet
from references.recording import SaveRefused, save_reference
from references.standing import standings

from . import bulk, exports, filling, filters, health, imports, picking, versions

# What the form shows as one text is shown so to those who only read, too.
READABLE = {
    "authors": "authors_shown",
    "editors": "editors_shown",
    "issued": "issued_shown",
    "updated": "updated_shown",
}
WRITERS_ONLY = {"reason", "base"}


class StandingList(ChangeList):
    """The list with how each of its sources stands, asked for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        sources: list[Any] = list(self.result_list)
        found = standings(source.key for source in sources)
        for source in sources:
            source.standing = found[source.key]
        self.result_list = sources


@admin.register(Reference)
class ReferenceAdmin(admin.ModelAdmin):
    """Sources: found, made on the spot, changed through the one act, never deleted."""

    form = ReferenceForm
    list_display = ["key", "title_shown", "authors_and_place", "year", "type", "doi", "standing_shown"]
    list_filter = [
        filters.StandingFilter,
        filters.AddressFilter,
        filters.AskedFilter,
        filters.UsedFilter,
        filters.MergedFilter,
        "type",
        "evidence",
        "publisher_kind",
        "is_primary",
        "is_paid_by_maker",
    ]
    actions = [bulk.set_together, bulk.merge_two, exports.export_chosen]
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # each filter would count the whole library
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

    @admin.display(description="by, in", ordering="container_title")
    def authors_and_place(self, reference: Reference) -> SafeString:
        """Who wrote it, in brief, and below it where it appeared."""
        people, place = names.in_brief(reference.authors), reference.container_title_short or reference.container_title
        return format_html('{} <span class="place">{}</span>', people, "" if place == people else place)

    @admin.display(description="year", ordering="issued__0")
    def year(self, reference: Reference) -> str:
        return dates.iso(reference.issued[:1])

    @admin.display(description="standing")
    def standing_shown(self, reference: Any) -> str:
        """The worst that is known of it, in a word or two; what is fine has nothing."""
        standing = reference.standing
        if standing.nature:
            return str(PublicationNotice.Nature(standing.nature).label)
        if standing.is_reachable is False:
            return str(LinkCheck.Outcome(standing.outcome).label)
        return f"newer: {standing.superseded_by}" if standing.superseded_by else ""

    def get_changelist(self, request: HttpRequest, **options: Any) -> Any:
        return StandingList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        exportable = {"formats": formats.FORMATS.values(), "styles": STYLES}
        return super().changelist_view(request, {**exportable, **(extra_context or {})})

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

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        asked = next((request.GET[name] for name in imports.IDENTIFIERS if request.GET.get(name)), "")
        context = {"may_look_up": http.is_on(), "network_is_off": http.OFF, "fill_in_written": asked}
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_look_up": http.is_on(), "network_is_off": http.OFF, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Reference | None = None, change: bool = False, **options: Any) -> Any:
        """What was found elsewhere fills what a source lacks."""
        form = super().get_form(request, obj, change=change, **options)
        fields = getattr(request, "reference_fields", {}) if obj else {}
        return filling.prefilled(form, fields) if fields else form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What was found elsewhere fills the form of a new source."""
        return getattr(request, "reference_fields", None) or super().get_changeform_initial_data(request)

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

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """Below the form of a source stands what is known of it."""
        source = context.get("original")
        if source is not None:
            context |= health.health_of(source) | {"notice_form": health.NoticeForm()}
        return super().render_change_form(request, context, *args, **options)

    # --- further screens ------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        return [
            path("import/", self._routed(imports.start), name="references_reference_import"),
            path("import/<int:import_id>/", self._routed(imports.one), name="references_reference_import_one"),
            path("export/", self._routed(require_safe(exports.export)), name="references_reference_export"),
            path(
                "export/chosen/",
                self._routed(require_POST(exports.chosen_file)),
                name="references_reference_export_chosen",
            ),
            path("set/", self._routed(require_POST(bulk.preview_or_set)), name="references_reference_set"),
            path(
                "<int:object_id>/notice/",
                self._routed(require_POST(health.notice)),
                name="references_reference_notice",
            ),
            path("<int:object_id>/look/", self._routed(require_POST(health.look)), name="references_reference_look"),
            path("find/", self._routed(require_safe(picking.find)), name="references_reference_find"),
            path("fill-in/", self._routed(require_POST(filling.fill)), name="references_reference_fill"),
            path(
                "<int:object_id>/fill-in/",
                self._routed(require_POST(filling.complete)),
                name="references_reference_complete",
            ),
            path(
                "<int:object_id>/history/<int:revision_id>/",
                self._routed(require_safe(versions.one)),
                name="references_reference_version",
            ),
            *super().get_urls(),
        ]

    def _routed(self, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        """A view of this package, ``view(request, desk, …)``, behind the sign-in of the admin."""

        @wraps(view)
        def routed(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            return view(request, self, *args, **options)

        return self.admin_site.admin_view(routed)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed the source, when and why; newest first."""
        return versions.all_of(request, self, object_id, extra_context)

    def readable_or_refused(self, request: HttpRequest, object_id: str) -> Reference:
        """The source of this screen; 404 when there is none, 403 for who may not read it."""
        reference = self.get_object(request, object_id)
        if reference is None:
            raise Http404
        if not self.has_view_permission(request, reference):
            raise PermissionDenied
        return reference

    def page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """One screen of the library, from its template."""
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/references/reference/{name}.html", whole, status=status)


def _as_lines(written: str) -> SafeString:
    return linebreaksbr(conditional_escape(written))


def _readable(fields: Any) -> list[Any]:
    return [
        tuple(_readable(field)) if isinstance(field, tuple) else READABLE.get(field, field)
        for field in fields
        if field not in WRITERS_ONLY
    ]
