"""Fill in from DOI, PMID, PMCID, ISBN or web address: the ordinary form of a source, filled with what others know.

Nothing is saved: a person looks at what was found, mends it and saves it like any source.
"""

from collections.abc import Callable
from copy import copy
from functools import partial
from threading import BoundedSemaphore
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from references import changes, csl, http, lookup
from references.identifiers import IdentifierError
from references.importing.asking import published_since, whence
from references.models import Reference

LONGEST = 2000
# A slow site holds a thread of the server for some seconds: never so many that readers have to wait.
UNDER_WAY = BoundedSemaphore(2)
BUSY = "Others are looking something up just now. Try again in a few seconds."
IDENTIFIERS = ("doi", "pmid", "pmcid", "isbn")
SIGNS = {"DOI": "doi", "PMID": "pmid", "PMCID": "pmcid", "URL": "url"}


def fill(request: HttpRequest, desk: Any) -> HttpResponse:
    """The form of a new source with what was found, or with the sentence that says why nothing was."""
    if not desk.has_add_permission(request):
        raise PermissionDenied
    show = _Form(request, desk.add_view, reverse("admin:references_reference_add"))
    found = show.looked_up()
    if found is None:
        return show.answer({})
    known = in_library(found.item)
    if known:
        messages.info(request, f"The library already has this source: {known.key}.")
        return HttpResponseRedirect(reverse("admin:references_reference_change", args=[known.pk]))
    messages.info(request, f"{whence(found.origin)}. Compare it with the source, then save.")
    return show.answer(_fields(found))


def complete(request: HttpRequest, desk: Any, object_id: int) -> HttpResponse:
    """The form of a source with what it lacked filled in; what it has otherwise is told, and stays."""
    reference = desk.readable_or_refused(request, str(object_id))
    if not desk.has_change_permission(request, reference):
        raise PermissionDenied
    change = partial(desk.change_view, object_id=str(object_id))
    show = _Form(request, change, reverse("admin:references_reference_change", args=[object_id]))
    found = show.looked_up()
    if found is None:
        return show.answer({})
    told = _fields(found)
    other = [name for name in IDENTIFIERS if told.get(name) and getattr(reference, name) not in ("", told[name])]
    if other:
        show.problem = f"That is another source: its {changes.LABELS[other[0]]} is {told[other[0]]}."
        return show.answer({})
    missing = {name: value for name, value in told.items() if not getattr(reference, name)}
    differing = [
        changes.LABELS.get(name, name) for name in told.keys() - missing if told[name] != getattr(reference, name)
    ]
    messages.info(request, _what_was_filled(whence(found.origin), missing, sorted(differing)))
    return show.answer(missing)


def _what_was_filled(origin: str, missing: dict[str, Any], differing: list[str]) -> str:
    filled = "; ".join(sorted(changes.LABELS.get(name, name) for name in missing)) or "nothing that was missing"
    otherwise = f" It has these otherwise, compare them: {'; '.join(differing)}." if differing else ""
    return f"{origin}: {filled}.{otherwise} Nothing is saved yet."


def _fields(found: lookup.Found) -> dict[str, Any]:
    """What was found, by the fields of the form; without what it does not say."""
    fields = csl.fields_of(found.item) | {"evidence": found.evidence}
    return {name: value for name, value in fields.items() if value}


def prefilled(form: type[Any], fields: dict[str, Any]) -> type[Any]:
    """The form of a source that is there, with these fields shown as if they had been typed."""

    class Prefilled(form):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.initial |= fields

    return Prefilled


def in_library(item: dict[str, Any]) -> Reference | None:
    """The source that has one of the identifiers of what was found; a merged one leads to the one that was kept."""
    signs = {field: [item[key]] for key, field in SIGNS.items() if item.get(key)}
    if item["type"] == "book" and item.get("ISBN"):
        signs["isbn"] = [item["ISBN"]]
    return Reference.objects.filter(merged_into=None).with_identifiers(**signs).first() if signs else None


def sentences(found: lookup.Found) -> list[str]:
    """What a person should know of the work: what was published about it since, and as what it is kept."""
    return [*published_since(found), *filter(None, [found.remark])]


class _Form:
    """The ordinary form, shown as if it had been asked for; saving it goes to its own address."""

    def __init__(self, request: HttpRequest, view: Callable[..., HttpResponse], address: str) -> None:
        self.request, self.view = request, view
        self.address = address + (f"?{request.GET.urlencode()}" if request.GET else "")
        self.written = request.POST.get("identifier", "").strip()[:LONGEST]
        self.problem = ""

    def looked_up(self) -> lookup.Found | None:
        """What is known of the identifier that was typed; what was published about it is told at once."""
        if not UNDER_WAY.acquire(blocking=False):
            self.problem = BUSY
            return None
        try:
            found = lookup.by_any(self.written)
        except (IdentifierError, lookup.NotKnown, http.NotFetched) as problem:
            self.problem = str(problem)
            return None
        finally:
            UNDER_WAY.release()
        for sentence in sentences(found):
            messages.warning(self.request, sentence)
        return found

    def answer(self, fields: dict[str, Any]) -> HttpResponse:
        asking = copy(self.request)
        asking.method = "GET"
        asking.reference_fields = fields  # type: ignore[attr-defined]
        context = {"fill_in_problem": self.problem, "fill_in_written": self.written} if self.problem else {}
        return self.view(asking, form_url=self.address, extra_context=context)
