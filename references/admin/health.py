"""How one source stands: what was published about it, what its address answered, its twins; a notice by hand, and a
look at its address now."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from references import apart, duplicates, families, http, links
from references.models import LinkCheck, NoticeCheck, PublicationNotice, Reference
from references.recording import SaveRefused
from references.retractions import Asked, ask, record_notice
from references.standing import ANSWERS, standings

from .filling import BUSY, UNDER_WAY

VISITS_SHOWN = 5
# What this form calls a field that the act calls otherwise.
OWN_NAMES = {"reasons": "reason"}
NO_ADDRESS = "There is nothing to look at: this source has neither a web address nor a DOI."
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
    family = {member.pk for member in families.members(pk=source.pk)}
    notices = PublicationNotice.objects.filter(reference__in=family)
    return {
        "standing": standings([source.key])[source.key],
        "notices": notices.select_related("reference"),
        "visits": source.link_checks.all()[:VISITS_SHOWN],
        "copies": source.archive_checks.all()[:VISITS_SHOWN],
        "asked": source.notice_checks.all()[:VISITS_SHOWN],
        "kept_apart": sorted(key for pair in apart.pairs() if source.key in pair for key in pair - {source.key}),
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


def look(request: HttpRequest, desk: Any, object_id: int) -> HttpResponse:
    """Visit the address of a source now, ask the registries about it, and tell what was found."""
    source = desk.readable_or_refused(request, str(object_id))
    if not desk.has_change_permission(request, source):
        raise PermissionDenied
    if problem := _why_not_now(source):
        messages.error(request, problem)
    elif not UNDER_WAY.acquire(blocking=False):
        messages.error(request, BUSY)
    else:
        try:
            _look(request, source)
        finally:
            UNDER_WAY.release()
    return HttpResponseRedirect(reverse("admin:references_reference_change", args=[source.pk]))


def _why_not_now(source: Reference) -> str:
    if not http.is_on():
        return http.OFF
    if source.merged_into:
        return f"{source.key} was merged into {source.merged_into.key}. Look at the address of that one."
    return "" if source.address else NO_ADDRESS


def _look(request: HttpRequest, source: Reference) -> None:
    check = links.check(source, now=timezone.now())
    is_fine = check.outcome in ANSWERS and not (check.is_title_changed or check.is_content_changed)
    messages.add_message(request, messages.SUCCESS if is_fine else messages.WARNING, _seen(check))
    for asked in ask(source, now=timezone.now()):
        messages.add_message(request, messages.WARNING if asked.new else messages.INFO, _answered(asked))


def _seen(check: LinkCheck) -> str:
    """What a visit found, in a sentence or two."""
    found = [check.get_outcome_display()]
    found += ["its title has changed"] if check.is_title_changed else []
    found += ["its words have changed"] if check.is_content_changed else []
    moved = f" It is at {check.final_url} now." if check.outcome == LinkCheck.Outcome.MOVED else ""
    return f"Looked at {check.url}: {'; '.join(found)}.{moved} {check.detail}".strip()


def _answered(asked: Asked) -> str:
    """What a registry knew, in a sentence."""
    who = asked.check.get_origin_display()
    if asked.new:
        told = ", ".join(dict.fromkeys(notice.get_nature_display() for notice in asked.new))
        return f"{who} has news of it, now recorded: {told}."
    if asked.check.outcome == NoticeCheck.Outcome.ANSWERED:
        return f"{who} knows of nothing new that was published about it."
    return f"{who}: {asked.check.detail}"


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
