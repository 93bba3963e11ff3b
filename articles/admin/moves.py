"""The workflow on screens: a button for each move a person may make now, and the sentences why not for the others."""

import datetime
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import snapshot, text, workflow
from ..drafting import Refused
from ..models import Article
from ..publishing import state_of
from ..workflow import MOVES, Move, Offer

Choices = list[tuple[str, str]]

#: What a move may be told beyond what it needs.
TAKES: dict[str, tuple[str, ...]] = {
    "schedule": ("zone",),
    "publish": ("change_note", "is_correction"),
    "publish_now": ("change_note", "is_correction"),
    "sign": ("statement", "conflicts"),
    "approve": ("statement", "conflicts"),
    "renew": ("statement", "conflicts"),
    "approve_after": ("statement", "conflicts"),
    "withdraw": ("moved_to",),
}
#: Moves whose button stands out.
FORWARD = {"submit", "approve_minor", "pass_on", "approve", "publish", "renew", "approve_after"}
GRAVE = {"publish_now", "withdraw", "withhold"}
#: Moves after which readers see another page.
REACH_READERS = {"publish", "publish_now", "approve_after", "renew", "withdraw", "withhold", "give_back"}


def _field(name: str, blocks: Choices) -> forms.Field:
    makers: dict[str, Any] = {
        "reason": lambda: _text("Why? Colleagues and auditors see this."),
        "words": lambda: _text("What readers are told"),
        "at": lambda: forms.DateTimeField(
            label="When", required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
        ),
        "zone": lambda: forms.CharField(label="Time zone", required=False, initial=settings.TIME_ZONE, max_length=64),
        "block": lambda: forms.ChoiceField(label="Which statement", required=False, choices=[("", "–"), *blocks]),
        "change_note": lambda: _text("What changed, for readers (empty: the reason given at submission)"),
        "is_correction": lambda: forms.BooleanField(label="This corrects a mistake", required=False),
        "statement": lambda: _text("Remark on your check (optional)"),
        "conflicts": lambda: _text("Competing interests in this check (optional)"),
        "moved_to": lambda: forms.SlugField(
            label="Moved to: the address of the article that takes its place (optional)", required=False
        ),
    }
    field: forms.Field = makers[name]()
    return field


def _text(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=2_000, widget=forms.Textarea({"rows": 2}))


class MoveForm(forms.Form):
    """What one move asks for; nothing else is read from the post."""

    base = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, move: Move, *args: Any, blocks: Choices | None = None, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"id_{move.name}_%s"
        super().__init__(*args, **kwargs)
        for name in (*move.needs, *TAKES.get(move.name, ())):
            self.fields[name] = _field(name, blocks or [])

    def clean(self) -> dict[str, Any]:
        """Details as the act takes them: a moment with its zone, an article for an address."""
        details = dict(self.cleaned_data)
        details.pop("base", None)
        if "at" in self.fields:
            details["at"] = self._moment(details.get("at"), details.get("zone", ""))
        if details.get("moved_to"):
            details["moved_to"] = self._article(details["moved_to"])
        else:
            details.pop("moved_to", None)
        return details

    def _moment(self, at: datetime.datetime | None, zone: str) -> datetime.datetime | None:
        """The wall clock time that was typed, read in the zone that was named."""
        if at is None or zone not in zoneinfo.available_timezones():
            return at
        return timezone.make_naive(at).replace(tzinfo=zoneinfo.ZoneInfo(zone))

    def _article(self, slug: str) -> Article | None:
        found = Article.objects.filter(slug=slug).first()
        if found is None:
            self.add_error("moved_to", f"There is no article at “{slug}”.")
        return found


@dataclass(frozen=True)
class Button:
    """A move this person may make now, with the form for what it asks."""

    move: Move
    form: MoveForm

    @property
    def is_plain(self) -> bool:
        return len(self.form.fields) == 1

    @property
    def tone(self) -> str:
        return "grave" if self.move.name in GRAVE else "forward" if self.move.name in FORWARD else "other"


def buttons(article: Article, offers: list[Offer]) -> list[Button]:
    """A button for every open offer."""
    base = {"base": article.newest_revision_id}
    blocks = live_statements(article) if any(o.is_open and "block" in o.move.needs for o in offers) else []
    return [Button(offer.move, MoveForm(offer.move, initial=base, blocks=blocks)) for offer in offers if offer.is_open]


def live_statements(article: Article) -> Choices:
    """The statements readers see now, by uid, for choosing one."""
    if article.live_edition is None:
        return []
    live = state_of(article.live_edition).snapshot
    return [(b["uid"], text.plain(b["html"])[:80] or b["kind"]) for b in snapshot.blocks_of(live)]


@transaction.atomic
def make(article: Article, name: str, actor: Any, now: datetime.datetime, post: Any) -> str:
    """Make one move from a post; the sentence to show. Raises ``Refused``.

    The post names the saved version that was looked at: nobody approves what somebody else has changed meanwhile.
    That is asked under the article's lock, so that nobody can save in between.
    """
    move = MOVES[name]
    article = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    form = MoveForm(move, post, blocks=live_statements(article) if "block" in move.needs else [])
    if not form.is_valid():
        raise Refused([str(sentence) for found in form.errors.values() for sentence in found])
    if str(post.get("base", "")) != str(article.newest_revision_id):
        raise Refused("Somebody has saved this article since you looked at it. Look at it again first.")
    workflow.perform(article, name, actor, now, **form.cleaned_data)
    return f"Done: {move.label}."


@transaction.atomic
def approve_and_publish(article: Article, actor: Any, now: datetime.datetime, post: Any) -> str:
    """Both steps at once for who may do both; if one is refused, neither happens."""
    make(article, approval_for(article), actor, now, post)
    make(article, "publish", actor, now, post)
    return f"Approved and published: {article.title}."


def approval_for(article: Article) -> str:
    """Which approval the article waits for."""
    return "approve" if article.state == Article.State.MEDICAL_REVIEW else "approve_minor"
