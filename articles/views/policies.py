"""What the publisher states about itself, signed and expiring, under eight headings."""

from datetime import datetime, time, timedelta

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles import principles, publishing, trust
from articles.views.answers import listing, page


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """All eight headings, stated or not."""
    records, now = publishing.policy_records(), timezone.now()
    context = {"principles": principles.site_principles(records, trust.day(now)), "texts": _texts(records)}
    return listing(page("articles/policies.html", context), _until(records, now))


@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One heading with the signed statement in full."""
    heading = next((h for h in principles.HEADINGS if h.slug == slug), None)
    if heading is None:
        raise Http404("There is no such heading.")
    records, now = publishing.policy_records(), timezone.now()
    context = {
        "heading": heading,
        "policy": principles.current_policy(records, heading.number),
        "finding": principles.policy_finding(records, heading.number, trust.day(now)),
    }
    return listing(page("articles/policy.html", context), _until(records, now))


@require_safe
def verify_site(request: HttpRequest) -> HttpResponse:
    """The eight headings for the whole site."""
    records, now = publishing.policy_records(), timezone.now()
    context = {"principles": principles.site_principles(records, trust.day(now)), "today": trust.day(now)}
    return listing(page("articles/verify_site.html", context), _midnight(now))


@require_safe
def verify_site_json(request: HttpRequest) -> HttpResponse:
    """The same for machines."""
    records, now = publishing.policy_records(), timezone.now()
    findings = principles.as_json(principles.site_principles(records, trust.day(now)))
    site = publishing.site()
    answer = JsonResponse(
        {"schema": 1, "site": site.name, "url": site.url, "as_of": trust.day(now).isoformat(), "principles": findings}
    )
    return listing(answer, _midnight(now))


def _texts(records: list[trust.PolicyRecord]) -> dict[int, str]:
    return {record.principle: record.text for record in records}


def _until(records: list[trust.PolicyRecord], now: datetime) -> datetime | None:
    facts = trust.DisplayFacts(today=trust.day(now), policies=tuple(records))
    return trust.next_change_at(facts, now)


def _midnight(now: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(trust.day(now) + timedelta(days=1), time()))
