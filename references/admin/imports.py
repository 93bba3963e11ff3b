"""Importing sources: a file or pasted text, what would become of each record, and the carrying out in portions.

What a list only names by an identifier is looked up before there is anything to choose, and nothing is imported then.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from references import csl, formats, importing
from references.formats.decoding import MOST_BYTES
from references.formatting import format_reference
from references.importing import portions
from references.importing.planning import readable
from references.models import LibraryImport, Reference
from references.recording import possible_keys

ROWS_ON_A_PAGE = 100
NEWEST = 10
# Servers take some 4,000 characters of an address; what does not fit is left for the person to write.
LONGEST_ADDRESS = 3_000
ALTERNATIVES = 27
IDENTIFIERS = ("doi", "pmid", "pmcid", "isbn", "url")
# Milliseconds before the page asks again how far the looking up is.
PAUSE = 2_000
WAITING = "waiting"
OUTCOMES = {
    WAITING: "To be looked up",
    importing.CREATED: "New",
    importing.UPDATED: "Changed",
    importing.MERGED: "Same as another record of the file",
    importing.UNCERTAIN: "Uncertain: nothing is done",
    importing.REFUSED: "Refused",
    importing.UNCHANGED: "Already there",
    importing.LEFT_OUT: "Left out",
}


class ImportForm(forms.Form):
    """A file, or pasted text."""

    file = forms.FileField(required=False, label="File", help_text="RIS, BibTeX, NBIB (MEDLINE), CSL-JSON or text.")
    pasted = forms.CharField(
        required=False,
        strip=False,
        label="Or paste here",
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        help_text=(
            "Records of any of these formats; or one reference per line; or one identifier per line (DOI, PMID, PMCID, "
            f"ISBN or web address), of which up to {importing.MOST_ASKED} are looked up."
        ),
    )
    format = forms.ChoiceField(
        required=False,
        choices=[("", "Find out"), *((name, known.label) for name, known in formats.FORMATS.items())],
        label="Format",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file has more than {MOST_BYTES // 2**20} MB. Split it.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if bool(cleaned.get("file")) == bool((cleaned.get("pasted") or "").strip()):
            raise forms.ValidationError("Choose a file or paste the records: one of the two.")
        return cleaned

    def read(self) -> tuple[bytes, str]:
        """The bytes to import, and what they are called."""
        file = self.cleaned_data["file"]
        if file:
            return file.read(), file.name or "a file"
        return self.cleaned_data["pasted"].encode("utf-8", "replace"), "pasted text"


def start(request: HttpRequest, desk: Any) -> HttpResponse:
    """The form, and what its records would become."""
    _refuse(request, desk, to_write=request.method == "POST")
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data, name = form.read()
        format = form.cleaned_data["format"] or formats.detect(data, name)
        now = timezone.now()
        planned = importing.plan(data, format, request.user, now)
        if planned.rows:
            started = portions.begin(planned, name, request.user, now, data)
            return HttpResponseRedirect(_address(started) + ("?going=first" if started.is_asking else ""))
        form.add_error(None, f"There is no record in it, read as {formats.FORMATS[format].label}.")
    shown = {"title": "Import sources", "may_write": _may_write(desk, request)}
    newest = LibraryImport.objects.select_related("actor").defer("plan", "ended", "data", "answers")[:NEWEST]
    return desk.page(request, "import", {**shown, "form": form, "newest": newest})


def one(request: HttpRequest, desk: Any, import_id: int) -> HttpResponse:
    """What each record would become, or has become; a POST carries out the next portion."""
    started = get_object_or_404(LibraryImport.objects.select_related("actor"), pk=import_id)
    _refuse(request, desk, to_write=request.method == "POST")
    if request.method == "POST":
        return _post(request, started)
    rows = portions.rows_of(started)
    found = Counter(map(_outcome, rows))
    counts = [(name, label, found[name]) for name, label in OUTCOMES.items() if found[name]]
    wanted, going = request.GET.get("outcome", ""), request.GET.get("going", "")
    shown = [row for row in rows if _outcome(row) == wanted] if wanted in OUTCOMES else rows
    page = Paginator(shown, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    keys = _keys_to_get(rows, page.object_list)
    context = {
        "title": f"Import of {started.name}",
        "import": started,
        "counts": counts,
        "wanted": wanted,
        "writes": found[importing.CREATED] + found[importing.UPDATED],
        "may_choose": not started.begun_at
        and not started.is_asking
        and _may_write(desk, request)
        and any(row.may_be_left_out for row in rows),
        "page": page,
        "shown": [_shown(row, keys) for row in page.object_list],
        "may_write": _may_write(desk, request),
        # Only what a person has begun goes on by itself: that all is looked up is no word to import it.
        "is_going_on": going in ("first", "on") and bool(started.begun_at or started.is_asking),
        "pause": PAUSE if started.is_asking and going == "on" else 0,
    }
    return desk.page(request, "import_one", context)


def _post(request: HttpRequest, started: LibraryImport) -> HttpResponse:
    """Goes on with looking up; or keeps what was ticked among the rows that were shown, then carries out a portion, or
    shows the page again."""
    if started.is_asking:
        portions.ask_beside(started, timezone.now())
        return HttpResponseRedirect(f"{_address(started)}?going=on")
    if shown := _numbers(request, "shown"):
        portions.choose(started, shown, _numbers(request, "take"))
    if "choose" in request.POST:
        return HttpResponseRedirect(request.get_full_path())
    portions.go_on(started, max(_numbers(request, "seen"), default=-1), request.user, timezone.now())
    return HttpResponseRedirect(f"{_address(started)}?going=on")


def _numbers(request: HttpRequest, name: str) -> set[int]:
    return {int(written) for written in request.POST.getlist(name) if written.isdecimal() and len(written) < 9}


def _shown(row: importing.Row, keys: dict[int, str]) -> dict[str, Any]:
    """A row with what it becomes: the citation as readers would see it and its key, or where to go on with it."""
    item = row.item or {}
    is_new = row.outcome == importing.CREATED
    is_for_hands = row.outcome == importing.UNCERTAIN or (row.outcome == importing.REFUSED and row.item)
    by_hand = _fields_to_add(item) if is_for_hands and not row.reference else {}
    return {
        "row": row,
        "outcome": OUTCOMES[_outcome(row)],
        "citation": format_reference({**item, "custom": None}).html if is_new else "",
        "key": keys.get(row.number, ""),
        "add": f"{reverse('admin:references_reference_add')}?{urlencode(by_hand)}" if by_hand else "",
        "is_identifier_alone": by_hand.keys() <= set(IDENTIFIERS),
    }


def _outcome(row: importing.Row) -> str:
    return WAITING if row.asks else row.becomes


def _keys_to_get(rows: list[importing.Row], on_page: Iterable[importing.Row]) -> dict[int, str]:
    """The keys that the new sources of a page would get, by row number, as the library is now; "" where so many
    have the same start that only the import itself tells."""
    numbers = {row.number for row in on_page if row.becomes == importing.CREATED and not row.reference}
    if not numbers:
        return {}
    coming = [row for row in rows[: max(numbers)] if row.becomes == importing.CREATED and not row.reference]
    wishes = {row.number: row.wished_key for row in coming}
    stems = {wishes[number][1] for number in numbers}
    wishes = {number: wish for number, wish in wishes.items() if wish[1] in stems or number in numbers}
    taken = _taken({key for wish in wishes.values() for key in islice(possible_keys(*wish), ALTERNATIVES)})
    found = {}
    for number, wish in wishes.items():
        free = (key for key in islice(possible_keys(*wish), ALTERNATIVES) if key not in taken)
        found[number] = next(free, "")
        taken.add(found[number])
    return found


def _taken(wanted: Iterable[str]) -> set[str]:
    """Those of the keys that a source has."""
    keys = iter(wanted)
    taken: set[str] = set()
    while some := list(islice(keys, 1_000)):
        taken |= set(Reference.objects.filter(key__in=some).values_list("key", flat=True))
    return taken


def _fields_to_add(item: dict[str, Any]) -> dict[str, str]:
    """What was read of an uncertain record, for the form of a new source."""
    fields = csl.named_fields({"type": "webpage", **item}) if item else {}
    told = {name: readable(value) for name, value in fields.items() if name not in (*csl.CUSTOM, "key")}
    if "type" not in item:
        told.pop("type", None)
    while len(urlencode(told)) > LONGEST_ADDRESS:
        del told[max(told, key=lambda name: len(told[name]))]
    return told


def _refuse(request: HttpRequest, desk: Any, *, to_write: bool) -> None:
    if not (desk.has_view_permission(request) and (_may_write(desk, request) or not to_write)):
        raise PermissionDenied


def _may_write(desk: Any, request: HttpRequest) -> bool:
    return bool(desk.has_add_permission(request) and desk.has_change_permission(request))


def _address(started: LibraryImport) -> str:
    return reverse("admin:references_reference_import_one", args=[started.pk])
