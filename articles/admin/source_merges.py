"""Sources that may be one: the list, two side by side, the merge, and taking it back."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from references import apart, changes, duplicates, merging
from references.formatting import format_reference
from references.models import Distinction, Merge, Reference
from references.recording import EDITABLE, SaveRefused

from .. import ledger, source_merges
from ..models import Article
from .records import NamedAdmin

read_or_post = require_http_methods(["GET", "HEAD", "POST"])

PAIRS_ON_A_PAGE = 50
ARTICLES_SHOWN = 20
KEPT_APART_SHOWN = 50
ARTICLES_TOLD = 5
LONGEST_REASON = 500
# In the order of the form of a source; the kept one keeps its own successor.
FIELDS = [
    field.name for field in Reference._meta.concrete_fields if field.name in EDITABLE and field.name != "superseded_by"
]


class DoneFilter(admin.SimpleListFilter):
    """Whether two sources were made one, or set apart again."""

    title = "what was done"
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("merged", "merged"), ("undone", "set apart again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Merge]) -> QuerySet[Merge]:
        return queryset.filter(undoes__isnull=self.value() == "merged") if self.value() else queryset


@admin.register(Merge)
class MergeAdmin(NamedAdmin):
    """Merges of sources: who said when and why that two are one, and who took it back."""

    list_display = ["at", "what", "who", "reason", "stands"]
    list_display_links = ["what"]
    list_filter = ["at", DoneFilter]
    list_select_related = ["kept", "merged", "undone_by"]
    search_fields = ["kept__key", "merged__key", "reason"]
    search_help_text = "The key of one of the sources, or words of the reason."
    ordering = ["-id"]

    @admin.display(description="sources")
    def what(self, merge: Merge) -> str:
        return f"{merge.merged.key} set apart from {merge.kept.key}" if merge.undoes_id else str(merge)

    @admin.display(description="stands", boolean=True)
    def stands(self, merge: Merge) -> bool:
        return not hasattr(merge, "undone_by")

    def get_urls(self) -> list[Any]:
        def route(rest: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(rest, self.admin_site.admin_view(view), name=f"references_merge_{name}")

        return [
            route("twins/", require_safe(self.twins_view), "twins"),
            route("side-by-side/<slug:one>/<slug:other>/", read_or_post(self.pair_view), "pair"),
            route("<int:object_id>/follow/", require_POST(self.follow_view), "follow"),
            route("<int:object_id>/undo/", require_POST(self.undo_view), "undo"),
            *super().get_urls(),
        ]

    # --- finding and merging --------------------------------------------------------------------------------------

    def twins_view(self, request: HttpRequest) -> HttpResponse:
        """Every pair that may be one source."""
        self._refuse_strangers(request)
        page = Paginator(duplicates.pairs(), PAIRS_ON_A_PAGE).get_page(request.GET.get("page"))
        keys = {key for pair in page for key in (pair.one, pair.other)}
        found = {source.key: source for source in Reference.objects.filter(key__in=keys)}
        rows = [(pair, found[pair.one], found[pair.other]) for pair in page]
        said = _named(apart.standing().select_related("one", "other")[:KEPT_APART_SHOWN])
        return self._page(request, "twins", "Sources that may be one", page=page, rows=rows, kept_apart=said)

    def pair_view(self, request: HttpRequest, one: str, other: str) -> HttpResponse:
        """Two sources beside each other, and the form that makes them one."""
        self._refuse_strangers(request)
        pair = Pair(_source(one), _source(other), request.POST)
        if request.method != "POST":
            return self._pair_page(request, pair)
        if not request.user.has_perm("references.change_reference"):
            raise PermissionDenied
        try:
            made, moved = pair.merge(request.user)
        except ValidationError as fault:
            return self._pair_page(request, pair, _sentences(fault))
        except SaveRefused as fault:
            return self._pair_page(request, pair, fault.reasons)
        messages.success(request, f"The source {made.merged.key} is merged into {made.kept.key}.")
        return self._told(request, made, moved)

    def _pair_page(self, request: HttpRequest, pair: "Pair", refusals: list[str] | None = None) -> HttpResponse:
        said = apart.between(pair.one, pair.other)
        may = request.user.has_perm("references.change_reference") and not pair.is_merged
        told: dict[str, Any] = {"pair": pair, "refusals": refusals, "may_tell": may, "may_merge": may and not said}
        told["kept_apart"] = _named([said])[0] if said else None
        return self._page(request, "pair", f"{pair.one.key} and {pair.other.key}", 409 if refusals else 200, **told)

    # --- one merge ------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was merged, what still cites the merged source, and the way back."""
        self._refuse_strangers(request)
        merge = self._merge(object_id)
        is_standing = merging.standing_merge(merge.merged) == merge
        citing = list(source_merges.citing(merge.merged)[:ARTICLES_SHOWN]) if is_standing else []
        may = request.user.has_perm("references.change_reference") and is_standing
        title = self.what(merge)
        return self._page(request, "merge", title, merge=merge, is_standing=is_standing, citing=citing, may_change=may)

    def follow_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Moves what could not be moved when the merge was made."""
        self._refuse_readers(request)
        made = self._merge(str(object_id))
        if merging.standing_merge(made.merged) != made:
            messages.error(request, "This merge was undone. Nothing follows it any more.")
            return HttpResponseRedirect(_address(made))
        try:
            moved = source_merges.follow(made, actor=request.user, now=timezone.now())
        except SaveRefused as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(_address(made))
        return self._told(request, made, moved)

    def undo_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Lets the two stand apart again."""
        self._refuse_readers(request)
        made = self._merge(str(object_id))
        reason = request.POST.get("reason", "")[:LONGEST_REASON]
        if not reason.strip():
            messages.error(request, "Nothing was undone. Say why they are two.")
            return HttpResponseRedirect(_address(made))
        try:
            undone, moved = source_merges.undo(made, actor=request.user, reason=reason, now=timezone.now())
        except SaveRefused as fault:
            messages.error(request, str(fault))
            return HttpResponseRedirect(_address(made))
        messages.success(request, f"The source {made.merged.key} stands for itself again.")
        if undone.stayed:
            stayed = ", ".join(changes.label_of(name) for name in undone.stayed)
            messages.warning(request, f"Changed since the merge, and left as it is in {made.kept.key}: {stayed}.")
        return self._told(request, undone.row, moved)

    def _told(self, request: HttpRequest, made: Merge, moved: list[source_merges.Moved]) -> HttpResponse:
        """Says what became of each article, and shows the merge."""
        count = sum(row.citations for row in moved)
        if count:
            drafts = _linked([row.article for row in moved if row.citations])
            told = format_html("Citations moved: {}, in {}. Somebody else has to look at it.", count, drafts)
            messages.info(request, told)
        for row in moved:
            for reason in row.reasons:
                messages.warning(request, f"{row.article.title}: {reason}")
        return HttpResponseRedirect(_address(made))

    # --- common ---------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("kept", "merged", "undoes")

    def _merge(self, object_id: str) -> Any:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return get_object_or_404(self.get_queryset(None), pk=int(object_id))  # type: ignore[arg-type]

    def _refuse_strangers(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm("references.view_reference")):
            raise PermissionDenied

    def _refuse_readers(self, request: HttpRequest) -> None:
        self._refuse_strangers(request)
        if not request.user.has_perm("references.change_reference"):
            raise PermissionDenied

    def _page(self, request: HttpRequest, name: str, title: str, status: int = 200, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}
        return TemplateResponse(request, f"admin/references/merge/{name}.html", context, status=status)


class Pair:
    """Two sources on the screen: where they differ, and what was chosen so far."""

    def __init__(self, one: Reference, other: Reference, chosen: Any) -> None:
        self.one, self.other, self.chosen = one, other, chosen
        self.is_merged = bool(one.merged_into_id or other.merged_into_id)
        self.keeps = chosen.get("keep") if chosen.get("keep") in (one.key, other.key) else self._more_used()
        self.reason = chosen.get("reason", "")

    @property
    def sources(self) -> list[dict[str, Any]]:
        return [self._source(source) for source in (self.one, self.other)]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each field that at least one of the two has."""
        found = []
        for name in FIELDS:
            values = [changes.value_of(source, name) for source in (self.one, self.other)]
            if any(values):
                sides = list(zip((self.one.key, self.other.key), values, strict=True))
                differs = values[0] != values[1]
                row = {"name": name, "label": changes.label_of(name), "sides": sides, "differs": differs}
                found.append(row | {"taken": self._taken(name, values)})
        return found

    def merge(self, actor: Any) -> tuple[Merge, list[source_merges.Moved]]:
        """Carries out what was chosen on the screen."""
        if self.chosen.get("keep") not in (self.one.key, self.other.key):
            raise SaveRefused("Say which of the two keeps its key.")
        if not self.reason.strip():
            raise SaveRefused("Say why they are one.")
        kept, merged = (self.one, self.other) if self.keeps == self.one.key else (self.other, self.one)
        fields = {
            row["name"]: getattr(merged, row["name"])
            for row in self.rows
            if row["differs"] and self.chosen.get(f"field-{row['name']}") == merged.key
        }
        bases = (self._base(kept), self._base(merged))
        reason, now = self.reason[:LONGEST_REASON], timezone.now()
        return source_merges.merge(kept, merged, fields, bases=bases, actor=actor, reason=reason, now=now)

    def _more_used(self) -> str:
        """The one that more drafts cite, else the older one."""
        used = [source_merges.citing(source).count() for source in (self.one, self.other)]
        return self.other.key if (-used[1], self.other.pk) < (-used[0], self.one.pk) else self.one.key

    def _taken(self, name: str, values: list[str]) -> str:
        """Whose value is marked: as chosen, else that of the kept one, unless it has none."""
        chosen = self.chosen.get(f"field-{name}")
        if chosen in (self.one.key, self.other.key):
            return str(chosen)
        own, others = (0, 1) if self.keeps == self.one.key else (1, 0)
        return (self.one.key, self.other.key)[own if values[own] else others]

    def _source(self, source: Reference) -> dict[str, Any]:
        citing = source_merges.citing(source)
        return {
            "source": source,
            "shown": format_reference(source.csl()).html,
            "base": source.newest_revision_id(),
            "count": citing.count(),
            "articles": citing[:ARTICLES_SHOWN],
        }

    def _base(self, source: Reference) -> int | None:
        written = str(self.chosen.get(f"base-{source.key}", ""))
        return int(written) if written.isdecimal() and len(written) < 19 else None


def _source(key: str) -> Reference:
    return get_object_or_404(Reference.objects.select_related("merged_into", "superseded_by"), key=key)


def _named(said: Iterable[Distinction]) -> list[dict[str, Any]]:
    """What was said of pairs, and by whom."""
    rows = list(said)
    names = ledger.names_of(row.actor for row in rows)
    return [{"row": row, "who": names[row.actor]} for row in rows]


def _address(merge: Merge) -> str:
    return reverse("admin:references_merge_change", args=[merge.pk])


def _linked(articles: list[Article]) -> SafeString:
    """The titles, each leading to its article; of many, the first."""
    rows = [(reverse("admin:articles_article_change", args=[article.pk]), article.title) for article in articles]
    shown = format_html_join(", ", '<a href="{}">“{}”</a>', rows[:ARTICLES_TOLD])
    rest = len(rows) - ARTICLES_TOLD
    return format_html("{} and {} more", shown, rest) if rest > 0 else shown


def _sentences(fault: ValidationError) -> list[str]:
    if not hasattr(fault, "error_dict"):
        return list(fault.messages)
    return [
        message if name == "__all__" else f"{changes.label_of(name).capitalize()}: {message}"
        for name, found in fault.message_dict.items()
        for message in found
    ]
