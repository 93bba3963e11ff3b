"""How one source stands: what was published about it, what its address answered, its twins; and a notice by hand."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from references import duplicates
from references.models import PublicationNotice, Reference
from references.recording import SaveRefused
from references.retractions import record_notice
from references.standing import standings

VISITS_SHOWN = 5
# What this form calls a field that the act calls otherwise.
OWN_NAMES = {"reasons": "reason"}
# What a notice by hand means for readers.
MARKED = "Every statement that leans on this source is marked."
PUT_BACK = (
    "Marks for a retraction or a concern before it are taken off; "
    "the page of the source goes on telling readers what happened."
)
STAYS = "The marks stay: a later {} is known."
STANDS_ALREADY = "The marks stay as they are: readers are told of the {} that was known before."
CLEARED = "No statement is marked: the source was reinstated after it."


class NoticeForm(forms.Form):
    """What a person knows was published about a source."""

    nature = forms.ChoiceField(label="What was published", choices=PublicationNotice.Nature.choices)
    dated = forms.DateField(
        label="On", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Empty: not known."
    )
    notice_doi = forms.CharField(label="DOI of the notice", required=False, max_length=255)
    notice_pmid = forms.CharField(label="PMID of the notice", required=False, max_length=60)
    reason = forms.CharField(
        label="What it says, and how you know", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


def health_of(source: Reference) -> dict[str, Any]:
    """What the screen of a source shows of it."""
    notices = PublicationNotice.objects.filter(reference__in=[source, *source.merged.all()])
    return {
        "standing": standings([source.key])[source.key],
        "notices": notices.select_related("reference"),
        "visits": source.link_checks.all()[:VISITS_SHOWN],
        "copies": source.archive_checks.all()[:VISITS_SHOWN],
        "asked": source.notice_checks.all()[:VISITS_SHOWN],
        "twins": [pair.other if pair.one == source.key else pair.one for pair in duplicates.like(source)],
    }


def notice(request: HttpRequest, desk: Any, object_id: int) -> HttpResponse:
    """Record a notice by hand: it is shown to readers of every page that leans on the source."""
    source = desk.readable_or_refused(request, str(object_id))
    if not desk.has_change_permission(request, source):
        raise PermissionDenied
    form = NoticeForm(request.POST)
    recorded = _recorded(source, form, request) if form.is_valid() else None
    if recorded:
        messages.success(request, f"The notice is recorded. {_consequence(source, recorded)}")
        return HttpResponseRedirect(reverse("admin:references_reference_change", args=[source.pk]))
    context = {"title": f"A notice about {source.key}", "object": source, "form": form}
    return desk.page(request, "notice", context, status=409)


def _consequence(source: Reference, recorded: PublicationNotice) -> str:
    """What the notice means for readers, in a sentence: what was known before counts, too."""
    standing = standings([source.key])[source.key]
    if recorded.nature == PublicationNotice.Nature.REINSTATEMENT:
        is_bad = standing.is_retracted or standing.is_doubted
        return STAYS.format(standing.notice_named) if is_bad else PUT_BACK
    if standing.notice_id == recorded.pk:
        return MARKED
    return STANDS_ALREADY.format(standing.notice_named) if standing.nature else CLEARED


def _recorded(source: Reference, form: NoticeForm, request: HttpRequest) -> PublicationNotice | None:
    try:
        return record_notice(source, actor=request.user, now=timezone.now(), **form.cleaned_data)
    except SaveRefused as fault:
        form.add_error(None, fault.reasons)
    except ValidationError as fault:
        for name, sentences in fault.message_dict.items():
            field = OWN_NAMES.get(name, name)
            form.add_error(field if field in form.fields else None, sentences)
    return None
