"""Loads the sample library through the acts that people use, every step in the name of a sample person.

What is there already is left as it is: a second load changes nothing, and nothing that somebody has edited since is
touched. Published versions carry days of the sample history; what was recorded when is always real.
"""

import datetime
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles import drafting, roles, uploads, workflow
from articles.models import Article, Person, PolicyStatement, SiteSettings, Topic
from articles.recording import save_record, save_settings
from references.recording import find_or_create

from . import drawing, reading
from .reading import State, uid_of

#: How long after loading the scheduled sample article goes live by itself.
SCHEDULED_AFTER = datetime.timedelta(hours=1)
EDITOR, PUBLISHER, SECOND_PUBLISHER = "tolland", "holt", "marsh"


@dataclass(frozen=True)
class Step:
    """A part of the library that is still missing, and what brings it in: whole or not at all."""

    label: str
    run: Callable[[], None]


def missing() -> list[Step]:
    """What is not in the library yet, in the order in which it must come."""
    there = set(Article.objects.values_list("slug", flat=True)) | _known_uids()
    told = [states for slug, states in reading.stories().items() if slug not in there]
    told.sort(key=_waits_for_another)
    return [*_missing_basics(), *(Step(states[-1].head["title"], partial(_tell, states)) for states in told)]


def _known_uids() -> set[str]:
    """Addresses of the sample articles that are there, also under another address by now."""
    uids = set(Article.objects.filter(is_sample=True).values_list("uid", flat=True))
    return {slug for slug in reading.stories() if uid_of("article", slug) in uids}


def _waits_for_another(states: list[State]) -> bool:
    """An article that has moved needs the one it moved to."""
    return "moved_to" in states[-1].head.get("withdrawn", {})


def _missing_basics() -> list[Step]:
    people = {uid_of("person", person["key"]) for person in reading.data("people")["person"]}
    topics = {uid_of("topic", topic["slug"]) for topic in reading.data("topics")["topic"]}
    wanted = [
        (Person.objects.filter(uid__in=people).count() < len(people), Step("people", _add_people)),
        (Topic.objects.filter(uid__in=topics).count() < len(topics), Step("topics", _add_topics)),
        (not PolicyStatement.objects.exists(), Step("policies", _add_policies)),
        (not SiteSettings.objects.exists(), Step("site settings", _add_site)),
    ]
    return [step for is_missing, step in wanted if is_missing]


# --- people, topics, policies, site -------------------------------------------------------------------------------


@transaction.atomic
def _add_people() -> None:
    now = timezone.now()
    sign_ins = []
    for person in reading.data("people")["person"]:
        if not Person.objects.filter(uid=uid_of("person", person["key"])).exists():
            user, password = _account(person, now)
            sign_ins.append(f"{user.get_username():<16}{password:<16}{person['name']}\n")
            _add_person(person, user, now)
    if sign_ins:
        _keep_sign_ins("".join(sign_ins))


def _account(person: dict[str, Any], now: datetime.datetime) -> tuple[Any, str]:
    """A new account for the person, and its password. An account that has the name already stays its owner's."""
    User = get_user_model()
    password = secrets.token_urlsafe(9)
    name = person["sign_in"]
    first, _, last = person["name"].rpartition(" ")
    user = User.objects.create_user(
        f"{name}-sample" if User.objects.filter(username=name).exists() else name,
        password=password,
        first_name=first,
        last_name=last,
        is_staff=True,
        is_superuser=person.get("is_superuser", False),
    )
    roles.set_roles(user, set(person["roles"]), actor=None, now=now, reason="Sample person")
    return user, password


def _add_person(person: dict[str, Any], user: Any, now: datetime.datetime) -> None:
    fields = ("name", "degrees", "profession", "is_health_professional", "affiliation", "biography", "interests")
    row = Person(
        uid=uid_of("person", person["key"]),
        user=user,
        qualified_until=person.get("qualified_until"),
        **{name: person[name] for name in fields if name in person},
    )
    save_record(row, actor=None, now=now, reason="Sample person")


def _keep_sign_ins(lines: str) -> None:
    """Only the owner of the file may read it."""
    path = Path(settings.DEMO_SIGN_INS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    with path.open("a", encoding="utf-8") as file:
        file.write(lines)


@transaction.atomic
def _add_topics() -> None:
    now = timezone.now()
    for position, topic in enumerate(reading.data("topics")["topic"]):
        uid = uid_of("topic", topic["slug"])
        if not Topic.objects.filter(Q(uid=uid) | Q(slug=topic["slug"])).exists():
            row = Topic(
                uid=uid,
                slug=topic["slug"],
                name=topic["name"],
                parent=Topic.objects.filter(slug=topic.get("part_of")).first(),
                position=position,
                description=topic["description"],
            )
            save_record(row, actor=_publisher(), now=now, reason="Sample topic")


@transaction.atomic
def _add_policies() -> None:
    now = timezone.now()
    for policy in reading.data("policies")["policy"]:
        row = PolicyStatement(**policy | {"text": policy["text"].strip()})
        save_record(row, actor=_publisher(), now=now, reason="Sample statement")


def _add_site() -> None:
    site = reading.data("site")
    row = SiteSettings(**site | {"home_text": site["home_text"].strip()})
    save_settings(row, actor=_publisher(), now=timezone.now())


def _publisher() -> Any:
    return Person.objects.get(uid=uid_of("person", PUBLISHER)).user


# --- articles -----------------------------------------------------------------------------------------------------


@transaction.atomic
def _tell(states: list[State]) -> None:
    """Bring one article through its history."""
    telling = _Telling({name for state in states for name in reading.drawings_of(state)})
    for state in states:
        telling.bring_to(state)


@dataclass
class _Telling:
    """One article on its way, with the people who move it. Every act happens when it happens."""

    drawings: set[str]
    article: Article | None = None

    @property
    def now(self) -> datetime.datetime:
        return timezone.now()

    @cached_property
    def users(self) -> dict[str, Any]:
        people = {uid_of("person", person["key"]): person["key"] for person in reading.data("people")["person"]}
        return {people[row.uid]: row.user for row in Person.objects.filter(uid__in=people).select_related("user")}

    @cached_property
    def figures(self) -> reading.Figures:
        """What became of the drawings this article shows."""
        rows = {name: uploads.store_picture(drawing.draw(name), actor=None, now=self.now) for name in self.drawings}
        return {name: {"file": row.name, "width": row.width, "height": row.height} for name, row in rows.items()}

    def bring_to(self, state: State) -> None:
        self._save(state)
        for name in STEPS[state.head.get("state", "published")]:
            getattr(self, f"_{name}")(state)
        self._lay_over(state)

    def _save(self, state: State) -> None:
        content = reading.snapshot_of(state, self.figures)
        self._cite_from_library(content)
        author = self.users[state.head["authors"][-1]]
        base = self.article.newest_revision_id if self.article else None
        reason = state.head.get("change_note", "")
        self.article = drafting.save(
            self.article, content, actor=author, now=self.now, base=base, reason=reason
        ).article
        if not self.article.is_sample:
            self.article.is_sample = True
            self.article.save(update_fields=["is_sample"])

    def _cite_from_library(self, content: dict[str, Any]) -> None:
        """The sources go into the library, where the same source may have another key already."""
        items = {item["id"]: item for item in reading.references()}
        keys = {citation["key"] for citation in content["citations"]}
        found = {key: find_or_create(items[key], None, now=self.now)[0].key for key in sorted(keys)}
        for citation in content["citations"]:
            citation["key"] = found[citation["key"]]

    def _perform(self, name: str, who: str, **details: Any) -> None:
        assert self.article is not None
        workflow.perform(self.article, name, self.users[who], self.now, **details)
        self.article.refresh_from_db()

    def _submit(self, state: State) -> None:
        self._perform("submit", state.head["authors"][-1], reason=state.head["change_note"])

    def _pass_on(self, state: State) -> None:
        self._perform("pass_on", EDITOR, signed_at=_moment(state, "published_at"))

    def _approve(self, state: State) -> None:
        self._perform("approve", state.head["reviewer"], signed_at=_moment(state, "published_at"))

    def _publish(self, state: State) -> None:
        self._perform("publish", PUBLISHER, published_at=_moment(state, "published_at"), **_public_words(state))

    def _publish_now(self, state: State) -> None:
        self._perform(
            "publish_now",
            PUBLISHER,
            reason=state.head["reason"],
            published_at=_moment(state, "published_at"),
            **_public_words(state),
        )

    def _fix_live(self, state: State) -> None:
        self._perform("fix_live", state.head["authors"][-1])

    def _schedule(self, state: State) -> None:
        self._perform("schedule", PUBLISHER, at=self.now + SCHEDULED_AFTER, zone="Europe/London")

    def _lay_over(self, state: State) -> None:
        """What happened to the published version afterwards."""
        head = state.head
        if "renewed_at" in head:
            self._perform("renew", head["reviewer"], signed_at=_moment(state, "renewed_at"))
        for withheld in head.get("withheld", []):
            block = uid_of("block", f"{state.slug} {withheld['label']}")[:12]
            self._perform("withhold", PUBLISHER, block=block, words=withheld["notice"], reason="A reader asked")
        if "withdrawn" in head:
            self._withdraw(head["withdrawn"])

    def _withdraw(self, withdrawn: dict[str, str]) -> None:
        target = Article.objects.filter(slug=withdrawn.get("moved_to")).first()
        self._perform("withdraw", PUBLISHER, words=withdrawn["notice"], reason=withdrawn["notice"], moved_to=target)
        self._perform("confirm_notice", SECOND_PUBLISHER)


#: Which moves bring a state of an article to where its head says it stands.
STEPS = {
    "draft": (),
    "editorial_review": ("submit",),
    "medical_review": ("submit", "pass_on"),
    "scheduled": ("submit", "pass_on", "approve", "schedule"),
    "published": ("submit", "pass_on", "approve", "publish"),
    "emergency": ("publish_now",),
    "parked": ("fix_live",),
}


def _moment(state: State, name: str) -> datetime.datetime | None:
    written = state.head.get(name)
    return datetime.datetime.fromisoformat(written) if written else None


def _public_words(state: State) -> dict[str, Any]:
    return {"change_note": state.head["change_note"], "is_correction": "correction" in state.head}
