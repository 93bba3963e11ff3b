"""Send to a friend: the form and its answer."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles import sharing
from articles.forms import ShareForm, share_token
from articles.models import Edition
from articles.views.answers import of_live_article, page
from gtsite.security import client_address

TOO_MANY = "You have sent several messages in a short time. Please try again in an hour."
FROM_ELSEWHERE = "Nothing was sent: the form did not come from this page. Please send it from here."
TRY_LATER = "We cannot send messages at the moment. Please try again later."


# No cookie is set for readers; the form carries its own token, and foreign pages are refused.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@of_live_article
def share(request: HttpRequest, edition: Edition) -> HttpResponse:
    """Show the form, or put one message into the outbox. Every well-formed address gets the same answer."""
    if request.method != "POST":
        return _form(edition, ShareForm(edition.article.uid))
    if is_from_elsewhere(request):
        return _form(edition, ShareForm(edition.article.uid), 403, FROM_ELSEWHERE)
    form = ShareForm(edition.article.uid, request.POST)
    if not form.is_valid():
        return _form(edition, form, 400)
    return _send(request, edition, form)


def _send(request: HttpRequest, edition: Edition, form: ShareForm) -> HttpResponse:
    try:
        is_accepted = sharing.share(edition, form.cleaned_data["address"], client_address(request), timezone.now())
    except DatabaseError:
        return _form(edition, form, 503, TRY_LATER)
    if not is_accepted:
        return _form(edition, form, 429, TOO_MANY)
    return _private(page("articles/share_done.html", {"edition": edition}))


def _form(edition: Edition, form: ShareForm, status: int = 200, refusal: str = "") -> HttpResponse:
    token = share_token(edition.article.uid)
    context = {"edition": edition, "form": form, "token": token, "refusal": refusal}
    return _private(page("articles/share.html", context, status))


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site's page made this request, as far as the browser tells."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    known = {urlsplit(settings.SITE_URL).netloc, request.get_host()}
    return origin != "null" and urlsplit(origin).netloc not in known
