"""What the list of sources can be narrowed to, beside their own fields."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest

from references import families
from references.models import LinkCheck, NoticeCheck, PublicationNotice, Reference
from references.standing import ANSWERS, UNKNOWN, standings

Nature = PublicationNotice.Nature
NATURES = (Nature.RETRACTION, Nature.CONCERN, Nature.CORRECTION)


class MergedFilter(admin.SimpleListFilter):
    """What was merged into another source is shown when it is asked for."""

    title = "merged"
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "merged into another")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """“All” would say too much of a list that leaves them out."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": "not merged"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        return queryset.filter(merged_into__isnull=self.value() != "yes")


class StandingFilter(admin.SimpleListFilter):
    """What was published about the source, and is still true."""

    title = "what was published about it"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((nature.value, str(nature.label)) for nature in NATURES), ("superseded", "there is a newer form")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        if self.value() == "superseded":
            return queryset.exclude(superseded_by=None)
        return queryset.filter(key__in=_standing(self.value())) if self.value() in NATURES else queryset


class AddressFilter(admin.SimpleListFilter):
    """What the last visit to its address found."""

    title = "web address"
    parameter_name = "address"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("answers", "answers"),
            ("dead", "does not answer"),
            ("changed", "holds other words than before"),
            ("unknown", "could not be looked at"),
            ("unchecked", "never looked at"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        visits = LinkCheck.objects.filter(reference=OuterRef("pk")).order_by("-id")
        outcome, changed = (Subquery(visits.values(name)[:1]) for name in ("outcome", "is_content_changed"))
        visited = queryset.exclude(url="", doi="").annotate(last_outcome=outcome, last_changed=changed)
        return visited.filter(
            {
                "answers": Q(last_outcome__in=ANSWERS),
                "dead": Q(last_outcome__isnull=False) & ~Q(last_outcome__in=ANSWERS | UNKNOWN),
                "changed": Q(last_changed=True),
                "unknown": Q(last_outcome__in=UNKNOWN),
                "unchecked": Q(last_outcome__isnull=True),
            }[self.value() or ""]
        )


class AskedFilter(admin.SimpleListFilter):
    """Whether Crossref or PubMed were ever asked about it."""

    title = "notices"
    parameter_name = "notices"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unchecked", "never asked for")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        if self.value() != "unchecked":
            return queryset
        return queryset.exclude(doi="", pmid="").exclude(Exists(NoticeCheck.objects.filter(reference=OuterRef("pk"))))


class UsedFilter(admin.SimpleListFilter):
    """Whether anything outside the library points to it; the library does not know what that may be."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("used", "used"), ("unused", "used nowhere")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reference]) -> QuerySet[Reference]:
        if self.value() not in ("used", "unused"):
            return queryset
        used = Q(pk__in=[])
        for relation in Reference._meta.related_objects:
            if relation.related_model._meta.app_label != Reference._meta.app_label:
                rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
                used |= Q(Exists(rows))
        return queryset.filter(used if self.value() == "used" else ~used)


def _standing(nature: str | None) -> list[str]:
    """Keys of the sources that stand so today: a notice may have been taken back, or be of a merged twin."""
    told = PublicationNotice.objects.filter(nature=nature).values_list("reference", flat=True)
    keys = Reference.objects.filter(pk__in=families.kept(set(told))).values_list("key", flat=True)
    return [key for key, standing in standings(keys).items() if standing.nature == nature]
