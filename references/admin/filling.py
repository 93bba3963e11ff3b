"""Fill in from DOI, PMID, PMCID, ISBN or web address: the ordinary form of a new source, filled with what others know.

Nothing is saved: a person looks at what was found, mends it and saves it like any source.
"""

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from references import csl, dates, http, lookup
from references.identifiers import IdentifierError
from references.models import PublicationNotice, Reference

Nature = PublicationNotice.Nature
LONGEST = 2000
ORIGINS = {
    "crossref": "Crossref",
    "pubmed": "PubMed",
    "open-library": "Open Library; its names are split by guess",
    "page": "what the page says of itself",
}
SIGNS = {"DOI": "doi", "PMID": "pmid", "PMCID": "pmcid", "URL": "url"}


def fill(request: HttpRequest, desk: Any) -> HttpResponse:
    """The form of a new source with what was found, or with the sentence that says why nothing was."""
    if not desk.has_add_permission(request):
        raise PermissionDenied
    written = request.POST.get("identifier", "").strip()[:LONGEST]
    try:
        found = lookup.by_any(written)
    except (IdentifierError, lookup.NotKnown, http.NotFetched) as problem:
        return _form(request, desk, {}, {"fill_in_problem": str(problem), "fill_in_written": written})
    known = in_library(found.item)
    if known:
        messages.info(request, f"The library already has this source: {known.key}.")
        return HttpResponseRedirect(reverse("admin:references_reference_change", args=[known.pk]))
    for sentence in sentences(found):
        messages.warning(request, sentence)
    messages.info(request, f"Filled in from {ORIGINS[found.origin]}. Compare it with the source, then save.")
    return _form(request, desk, csl.fields_of(found.item) | {"evidence": found.evidence}, {})


def in_library(item: dict[str, Any]) -> Reference | None:
    """The source that has one of the identifiers of what was found; a merged one leads to the one that was kept."""
    signs = {field: [item[key]] for key, field in SIGNS.items() if item.get(key)}
    if item["type"] == "book" and item.get("ISBN"):
        signs["isbn"] = [item["ISBN"]]
    return Reference.objects.filter(merged_into=None).with_identifiers(**signs).first() if signs else None


def sentences(found: lookup.Found) -> list[str]:
    """What was published about the work since; the checks of sources record it once the source is in the library."""
    return [_sentence(notice) for notice in found.notices if notice.nature != Nature.REINSTATEMENT]


def _sentence(notice: lookup.Notice) -> str:
    day = f", {dates.in_words([notice.dated.year, notice.dated.month, notice.dated.day])}" if notice.dated else ""
    number = f" (doi: {notice.notice_doi})" if notice.notice_doi else ""
    advice = "" if notice.nature == Nature.CORRECTION else " Think twice before you lean on this work."
    return f"{str(Nature(notice.nature).label).capitalize()}{day}{number}.{advice}"


def _form(request: HttpRequest, desk: Any, fields: dict[str, Any], context: dict[str, str]) -> HttpResponse:
    """The add form as if it had been asked for; saving it goes to its own address."""
    asking = copy(request)
    asking.method = "GET"
    asking.reference_fields = {name: value for name, value in fields.items() if value}  # type: ignore[attr-defined]
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    address = reverse("admin:references_reference_add") + query
    answer: HttpResponse = desk.add_view(asking, form_url=address, extra_context=context)
    return answer
