"""What auditors read: the activity record, daily stamps, published versions, signatures, imports, role changes."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..ledger import SYSTEM
from ..models import ActorName, Checkpoint, Edition, ImportOriginal, LedgerEntry, Review, RoleChange
from .reading import ReadingAdmin

SHOWN_OF_AN_ORIGINAL = 100_000


class NamedAdmin(ReadingAdmin):
    """Records with an actor, who is shown by the newest name known."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = ActorName.objects.filter(actor=OuterRef("actor")).order_by("-since", "-id").values("name")
        return super().get_queryset(request).annotate(actor_name=Subquery(names[:1]))

    @admin.display(description="who")
    def who(self, row: Any) -> str:
        if row.actor == SYSTEM:
            return "the system"
        return row.actor_name or "former colleague"


#: What entries may be of. Asking the record itself would read all of it for every list.
KINDS = {
    "revision": "saved version",
    "wording": "who wrote what",
    "step": "step",
    "review": "signature",
    "edition": "published version",
    "page": "page made anew",
    "notice": "withdrawn or withheld",
    "policy": "policy",
    "settings": "site settings",
    "picture": "picture",
    "import": "import of an old page",
    "role": "change of role",
    "source": "news of a source",
    "answer": "answer about a source",
}


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        return queryset.filter(kind=self.value()) if self.value() in KINDS else queryset


@admin.register(LedgerEntry)
class LedgerEntryAdmin(NamedAdmin):
    list_display = ["sequence", "at", "what", "who", "article"]
    ordering = ["-sequence"]
    list_select_related = ["article"]
    list_filter = [KindFilter, "at"]
    search_fields = ["article__title", "article__slug", "sequence"]
    search_help_text = "An article's title or address, or a number of the record."
    fields = ["sequence", "at", "what", "who", "article", "leaf_hash", "body_shown"]
    readonly_fields = ["what", "who", "body_shown"]

    @admin.display(description="what", ordering="kind")
    def what(self, entry: LedgerEntry) -> str:
        return KINDS.get(entry.kind, entry.kind)

    @admin.display(description="as recorded")
    def body_shown(self, entry: LedgerEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(json.loads(entry.body), indent=1, ensure_ascii=False))


@admin.register(Checkpoint)
class CheckpointAdmin(ReadingAdmin):
    list_display = ["at", "size", "root"]
    fields = ["at", "size", "root", "key", "signature"]


@admin.register(Edition)
class EditionAdmin(NamedAdmin):
    list_display = ["title", "number", "published_at", "significance", "is_emergency", "who"]
    list_filter = ["significance", "is_emergency", "is_correction", "published_at"]
    search_fields = ["title", "slug"]
    ordering = ["-id"]
    fields = [
        "article",
        "number",
        "title",
        "slug",
        "language",
        "significance",
        "change_note",
        "is_correction",
        "is_emergency",
        "who",
        "published_at",
        "recorded_at",
        "snapshot_digest",
        "context_digest",
    ]
    readonly_fields = ["who"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("article").defer("snapshot", "context")


@admin.register(Review)
class ReviewAdmin(NamedAdmin):
    list_display = ["article", "kind", "person_name", "signed_at", "due_on", "signed", "is_carried"]
    list_select_related = ["article"]
    list_filter = ["kind", "signed_at"]
    search_fields = ["article__title", "person_name"]
    fields = [
        "article",
        "kind",
        "who",
        "person_name",
        "person_profession",
        "sentence",
        "statement",
        "conflicts",
        "signed_at",
        "recorded_at",
        "due_on",
        "snapshot_digest",
        "context_digest",
    ]
    readonly_fields = ["who", "sentence"]

    @admin.display(description="statements signed")
    def signed(self, review: Review) -> int:
        return len(review.statements)

    @admin.display(description="carried over", boolean=True)
    def is_carried(self, review: Review) -> bool:
        return review.carried_from_id is not None


@admin.register(ImportOriginal)
class ImportOriginalAdmin(NamedAdmin):
    list_display = ["name", "article", "imported_at", "who"]
    list_select_related = ["article"]
    search_fields = ["name", "article__title"]
    fields = ["name", "article", "imported_at", "who", "sha256", "report_shown", "original_shown"]
    readonly_fields = ["who", "report_shown", "original_shown"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content", "report")

    @admin.display(description="what was recognised, kept, dropped and is uncertain")
    def report_shown(self, original: ImportOriginal) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(original.report, indent=1, ensure_ascii=False))

    @admin.display(description="the original")
    def original_shown(self, original: ImportOriginal) -> SafeString:
        text = bytes(original.content)[:SHOWN_OF_AN_ORIGINAL].decode("utf-8", "replace")
        return format_html("<pre>{}</pre>", text)


@admin.register(RoleChange)
class RoleChangeAdmin(NamedAdmin):
    list_display = ["at", "whose", "action", "role", "who", "reason"]
    list_filter = ["action", "role", "at"]
    fields = ["at", "whose", "action", "role", "who", "reason"]
    readonly_fields = ["who", "whose"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = ActorName.objects.filter(actor=OuterRef("person")).order_by("-since", "-id").values("name")
        return super().get_queryset(request).annotate(person_name=Subquery(names[:1]))

    @admin.display(description="whose role")
    def whose(self, change: Any) -> str:
        return change.person_name or "former colleague"
