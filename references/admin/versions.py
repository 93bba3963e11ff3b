"""The saved versions of a source: who changed it, when and why, and what each changed."""

import json
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from reversion.models import Version, VersionQuerySet

from references.changes import changes
from references.models import Reference

VERSIONS_PER_PAGE = 50


def all_of(request: HttpRequest, desk: Any, object_id: str, more: dict[str, Any] | None = None) -> HttpResponse:
    """Newest first, without their content."""
    reference = desk.readable_or_refused(request, unquote(object_id))
    versions = _versions_of(reference).defer("serialized_data", "object_repr")
    context = {
        "title": f"Saved versions of {reference.key}",
        "object": reference,
        "versions": Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page")),
        **(more or {}),
    }
    return desk.page(request, "saved_versions", context)


def one(request: HttpRequest, desk: Any, object_id: int, revision_id: int) -> HttpResponse:
    """What one saved version changed."""
    reference = desk.readable_or_refused(request, str(object_id))
    version = get_object_or_404(_versions_of(reference), revision_id=revision_id)
    before = _versions_of(reference).filter(pk__lt=version.pk).first()
    old = json.loads(before.serialized_data) if before else None
    context = {
        "title": f"A saved version of {reference.key}",
        "object": reference,
        "version": version,
        "changes": changes(old, json.loads(version.serialized_data)),
    }
    return desk.page(request, "saved_version", context)


def _versions_of(reference: Reference) -> VersionQuerySet:
    """Newest first, each with its revision and person."""
    return Version.objects.get_for_object(reference).select_related("revision__user")
