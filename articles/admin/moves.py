"""The workflow on screens: a button for each move a person may make now, and the sentences why not for the others."""

import datetime
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import Truncator

from .. import text, workflow
from ..drafting import Refused
from ..models import Article, Block, Transition
from ..publishing import state_of
from ..workflow import MOVES, Move, Offer
from .standing import HELD_BY

Choices = list[tuple[str, list[tuple[str, str]]]]

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

#: What has happened, after each move.
DONE = {
    "submit": "Submitted for checking.",
    "request_changes": "Sent back with your words.",
    "sign": "Signed. What you wrote yourself still needs somebody else.",
    "treat_as_minor": "This counts as a minor change now.",
    "raise": "This needs a medical reviewer now.",
    "approve_minor": "Approved.",
    "pass_on": "Passed on.",
    "approve": "Approved and signed.",
    "confirm_sources": "Sources confirmed.",
    "schedule": "Scheduled.",
    "unschedule": "Taken off the schedule.",
    "publish": "Published.",
    "publish_now": "Published before it was checked. Readers see it now; its approval is owed and stands under "
    "“Second look”.",
    "approve_after": "Approved afterwards. The page no longer says that its check is owed.",
    "renew": "Recorded: checked, nothing to change. Readers see the new date.",
    "fix_live": "This is the live text. Your longer draft is set aside and comes back when this is published.",
    "withdraw": "Withdrawn: readers see your words now. Another publisher confirms it next; it stands under "
    "“Second look”.",
    "withhold": "Withheld: readers see your words in its place. Another publisher confirms it next; it stands under "
    "“Second look”.",
    "confirm_notice": "Confirmed. Nothing more is owed for it.",
    "give_back": "Readers see the statement again.",
    "reopen": "Reopened. Readers still see that it is withdrawn until it is published again.",
}
#: Moves whose sentence needs no word on who has the article now.
TELLS_ALL = {"publish_now", "approve_after", "renew", "fix_live", "withdraw", "withhold", "confirm_notice", "give_back"}


def _field(name: str, blocks: Choices) -> forms.Field:
    makers: dict[str, Any] = {
        "reason": lambda: _text("Why? Colleagues and auditors see this."),
        "words": lambda: _text("What readers are told"),
        "at": lambda: forms.DateTimeField(
            label="When", required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
        ),
        "zone": lambda: forms.CharField(label="Time zone", required=False, initial=settings.TIME_ZONE, max_length=64),
        "block": lambda: forms.ChoiceField(
            label="Which statement",
            required=False,
            choices=[("", "–"), *blocks],
            error_messages={"invalid_choice": "The live version has no such statement."},
        ),
        "change_note": lambda: _text("What changed, for readers (empty: the reason given at submission)"),
        "is_correction": lambda: forms.BooleanField(label="This corrects a mistake", required=False),
        "statement": lambda: _text("Remark on your check (optional)"),
        "conflicts": lambda: _text("Competing interests in this check (optional)"),
        "moved_to": lambda: forms.CharField(
            label="Moved to (optional)",
            required=False,
            max_length=300,
            help_text="The live article that readers are sent to instead: its title, or the address of its page as "
            "your browser shows it. Empty: readers are only told that this page is withdrawn.",
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

    def _article(self, written: str) -> Article | None:
        """The article meant by its title, the address of its page or the last part of that."""
        slug = written.split("?")[0].rstrip("/").rpartition("/")[2]
        found = Article.objects.filter(Q(slug=slug) | Q(title__iexact=written), live_edition__isnull=False).first()
        if found is None:
            sentence = f"There is no article at “{written}” that readers can see. Give its title or its page's address."
            self.add_error("moved_to", sentence)
        return found


@dataclass(frozen=True)
class Button:
    """A move this person may make now, with the form for what it asks."""

    move: Move
    form: MoveForm
    problems: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        return len(self.form.fields) == 1

    @property
    def tone(self) -> str:
        return "grave" if self.move.name in GRAVE else "forward" if self.move.name in FORWARD else "other"


@dataclass(frozen=True)
class Attempt:
    """A move that was refused: what was typed for it, and the sentences why not."""

    name: str
    post: QueryDict
    reasons: tuple[str, ...]


def buttons(article: Article, offers: list[Offer], attempt: Attempt | None = None) -> list[Button]:
    """A button for every open offer; the one that was just tried keeps what was typed."""
    blocks = live_statements(article) if any(o.is_open and "block" in o.move.needs for o in offers) else []
    return [_button(article, offer.move, blocks, attempt) for offer in offers if offer.is_open]


def _button(article: Article, move: Move, blocks: Choices, attempt: Attempt | None) -> Button:
    """The newest saved version is what the screen shows now, so that is what a second try is about."""
    if attempt is None or attempt.name != move.name:
        return Button(move, MoveForm(move, initial={"base": article.newest_revision_id}, blocks=blocks))
    typed = attempt.post.copy()
    typed["base"] = str(article.newest_revision_id)
    return Button(move, MoveForm(move, typed, blocks=blocks), attempt.reasons)


def live_statements(article: Article) -> Choices:
    """The statements readers see now, by uid under the heading of their section, for choosing one."""
    if article.live_edition is None:
        return []
    live = state_of(article.live_edition).snapshot
    return [
        (section["heading"] or "Opening", [(b["uid"], _beginning(b)) for b in section["blocks"]])
        for section in live["sections"]
    ]


def _beginning(block: dict[str, Any]) -> str:
    return Truncator(text.plain(block["html"])).chars(160) or Block.Kind(block["kind"]).label


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
    step = workflow.perform(article, name, actor, now, **form.cleaned_data)
    return done(step)


def done(step: Transition) -> str:
    """What has happened, and who has the article now."""
    told = DONE.get(step.name, f"Done: {MOVES[step.name].label}.")
    return told if step.name in TELLS_ALL else f"{told} {HELD_BY[Article.State(step.to_state)]}"


@transaction.atomic
def approve_and_publish(article: Article, actor: Any, now: datetime.datetime, post: Any) -> str:
    """Both steps at once for who may do both; if one is refused, neither happens."""
    make(article, approval_for(article), actor, now, post)
    make(article, "publish", actor, now, post)
    return f"Approved and published: {article.title}. Readers see it now."


def approval_for(article: Article) -> str:
    """Which approval the article waits for."""
    return "approve" if article.state == Article.State.MEDICAL_REVIEW else "approve_minor"
