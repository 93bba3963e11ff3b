"""Every door of the site: the resolver's patterns, each with addresses made from one seeded newsroom.

A pattern that needs an argument which this module does not know stops the tests, so that no address goes unasked.
"""

import datetime
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import html5lib
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver
from PIL import Image
from reversion.models import Version

from articles import checkpoints, drafting, recording, ripple, roles, source_merges, workflow
from articles.models import (
    Article,
    Edition,
    ImportOriginal,
    LedgerEntry,
    PolicyStatement,
    Review,
    RoleChange,
    SiteSettings,
)
from articles.uploads import store_picture
from references import importing
from references.importing import portions
from references.models import LibraryImport, Merge, Reference
from references.recording import save_reference
from references.retractions import record_notice
from tests import desk, snapshots
from tests.people import NOW, PASSWORD, make_reference, make_topic, make_user, reword

CAPTURE = re.compile(r"<(?:\w+:)?(\w+)>")
REGULAR = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
MODEL = re.compile(r"admin/(articles|references|auth)/(\w+)/")
#: Tables that say who is signed in, and nothing else.
SIGN_IN_TABLES = ("django_session", "axes_")
DAY = datetime.timedelta(days=1)
RECORD = b"TY  - BOOK\nTI  - A book to import\nAU  - Voss, Rita\nPY  - 2020\nER  - \n"


def patterns() -> list[str]:
    """Every pattern of the resolver as one text, in the order in which it is tried."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: Any, before: str) -> Iterator[str]:
    for found in resolver.url_patterns:
        whole = before + str(found.pattern)
        if isinstance(found, URLPattern):
            yield whole
        else:
            yield from _walk(found, whole)


@dataclass(frozen=True)
class Door:
    """One address of a pattern; `title` is the pattern, and what was put into it where that matters."""

    title: str
    path: str
    body: Any = None


def picture(colour: str = "red") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(target, "PNG")
    return target.getvalue()


class House:
    """A newsroom with one row of everything, and an article in every state."""

    def __init__(self, newsroom: Any) -> None:
        self.newsroom = newsroom
        self.topic = make_topic()
        self.figure = store_picture(picture(), actor=newsroom.alice, now=NOW)
        self.hidden_figure = store_picture(picture("blue"), actor=newsroom.alice, now=NOW)
        self.articles = {state: self._article(state) for state in STATES}
        self.article = self.articles["draft"]
        self.live = self.articles["live"]
        self.reference = make_reference("voss2019", title="A second source", doi="10.1000/182")
        self._change_reference()
        self.twins = [make_reference(f"twin2001{letter}", title=f"Twins: {letter}") for letter in "abcdef"]
        self.merge = self._merge(*self.twins[:2])
        self.kept_apart = source_merges.keep_apart(*self.twins[4:], actor=newsroom.edward, reason="Two papers", now=NOW)
        self.library_import = self._begun_import(RECORD)
        self.mark = self._mark()
        self.account = make_user("zoe", "author", first_name="Zoe")
        roles.set_active(self.account, False, actor=newsroom.root, now=NOW, reason="Left")
        self._record(PolicyStatement(
            principle=1, text="Doctors write our pages.", signer="Petra", signed_on=NOW.date(),
            expires_on=NOW.date() + 300 * DAY,
        ))  # fmt: skip
        recording.save_settings(SiteSettings(name="House of genes"), actor=newsroom.root, now=NOW)
        self.stamp = checkpoints.stamp(NOW)
        self.original = ImportOriginal.objects.create(
            article=self.article, name="old.txt", sha256="0" * 64, content=b"An old page", report={"kept": ["a seal"]},
            actor="0" * 32, imported_at=NOW,
        )  # fmt: skip

    def _merge(self, kept: Reference, merged: Reference) -> Merge:
        bases = (kept.newest_revision_id(), merged.newest_revision_id())
        made, _ = source_merges.merge(
            kept, merged, {}, bases=bases, actor=self.newsroom.edward, reason="One paper", now=NOW
        )
        return made

    def _begun_import(self, record: bytes) -> LibraryImport:
        planned = importing.plan(record, "ris", self.newsroom.edward, NOW)
        return portions.begin(planned, "one.ris", self.newsroom.edward, NOW)

    def _mark(self) -> Any:
        """What waits for an answer: the source of a live article was retracted."""
        bad = make_reference("bad2001", title="Later taken back")
        room = self.newsroom
        article = room.draft(slug="in-trouble", title="An article whose source is in trouble", topics=[self.topic.uid])
        room.edit(article, lambda mine: mine["citations"][0].update(key=bad.key))
        self.troubled = room.live(article)
        record_notice(bad, "retraction", actor=room.edward, now=NOW, reason="Its data were made up")
        list(ripple.pull(NOW))
        (mark,) = ripple.marks_of(self.troubled, self.troubled.live_edition)
        return mark

    def _record(self, row: Any) -> None:
        recording.save_record(row, actor=self.newsroom.petra, now=NOW, reason="First")

    def _change_reference(self) -> None:
        base = self.reference.newest_revision_id()
        saved = {"title": "A second source, again"}
        save_reference(saved, actor=self.newsroom.alice, reason="Title", reference=self.reference, base=base)
        self.reference.refresh_from_db()

    def _article(self, state: str) -> Article:
        room = self.newsroom
        figure = snapshots.figure("f1", file=self.figure.name, width=8, height=8)
        article = room.draft(slug=state.replace(" ", "-"), title=f"An article: {state}", topics=[self.topic.uid])
        if state == "live":
            room.edit(article, lambda mine: mine["sections"][0]["blocks"].append(figure))
        for name, actor in STATES[state]:
            room.do(article, name, actor(room), reason="Because", words="Being checked", block=snapshots.full("b2"),
                    at=NOW + DAY)  # fmt: skip
        if state in ("live and draft", "parked", "minor", "twice"):
            room.edit(article, reword("b1", "it is given once." if state == "minor" else "A rewrite is under way."))
        if state == "minor":
            room.do(article, "submit", room.alice, reason="Case")
        if state == "twice":
            room.do(article, "publish_now", room.paul, reason="Urgent")
        if state == "parked":
            room.do(article, "fix_live", room.anna)
        return article

    def rows(self) -> dict[str, Any]:
        """Model label to the key of the row that its admin pages are asked for."""
        return {
            "articles.article": self.article.pk,
            "articles.figure": self.figure.pk,
            "articles.person": self.newsroom.author.pk,
            "articles.topic": self.topic.pk,
            "auth.user": self.account.pk,
            "auth.group": Group.objects.get(name="editor").pk,
            "articles.ledgerentry": LedgerEntry.objects.latest("sequence").pk,
            "articles.checkpoint": self.stamp.pk,
            "articles.edition": Edition.objects.latest("pk").pk,
            "articles.review": Review.objects.latest("pk").pk,
            "articles.importoriginal": self.original.pk,
            "articles.rolechange": RoleChange.objects.latest("pk").pk,
            "articles.policystatement": PolicyStatement.objects.latest("pk").pk,
            "articles.sitesettings": 1,
            "references.reference": self.reference.pk,
            "references.merge": self.merge.pk,
            "references.distinction": self.kept_apart.pk,
        }


def _steps(*names: str) -> list[tuple[str, Any]]:
    return [(name, WHO_DOES[name]) for name in names]


WHO_DOES = {
    "submit": lambda room: room.alice,
    "request_changes": lambda room: room.edward,
    "pass_on": lambda room: room.edward,
    "approve": lambda room: room.rita,
    "schedule": lambda room: room.paul,
    "publish": lambda room: room.paul,
    "publish_now": lambda room: room.paul,
    "withdraw": lambda room: room.paul,
    "withhold": lambda room: room.paul,
}
APPROVED = _steps("submit", "pass_on", "approve")
LIVE = [*APPROVED, *_steps("publish")]
STATES: dict[str, list[tuple[str, Any]]] = {
    "draft": [],
    "changes requested": _steps("submit", "request_changes"),
    "editorial review": _steps("submit"),
    "medical review": _steps("submit", "pass_on"),
    "approved": APPROVED,
    "scheduled": [*APPROVED, *_steps("schedule")],
    "live": LIVE,
    "live and draft": LIVE,
    "twice": LIVE,
    "minor": LIVE,
    "parked": LIVE,
    "withheld": [*LIVE, *_steps("withhold")],
    "withdrawn": [*LIVE, *_steps("withdraw")],
    "emergency": _steps("publish_now"),
}
#: The state in which a move makes sense.
MOVES = {
    "submit": "draft",
    "request_changes": "editorial review",
    "sign": "medical review",
    "treat_as_minor": "editorial review",
    "raise": "minor",
    "approve_minor": "minor",
    "pass_on": "editorial review",
    "approve": "medical review",
    "confirm_sources": "approved",
    "schedule": "approved",
    "unschedule": "scheduled",
    "publish": "approved",
    "publish_now": "draft",
    "approve_after": "emergency",
    "renew": "live",
    "fix_live": "live and draft",
    "withdraw": "live",
    "withhold": "live",
    "confirm_notice": "withdrawn",
    "give_back": "withheld",
    "reopen": "withdrawn",
}
SAYS = {"reason": "Because", "words": "Being checked", "at": "2031-05-05T09:00", "block": snapshots.full("b2")}


def doors(house: House) -> list[Door]:
    """Every pattern with at least one address; fails for a pattern whose arguments are not known here."""
    return [door for pattern in patterns() for door in _doors_of(house, pattern)]


def _doors_of(house: House, pattern: str) -> list[Door]:
    special = _special(house).get(pattern)
    if special is None:
        return [Door(pattern, _filled(pattern, _arguments(house, pattern)))]
    return [Door(f"{pattern} {note}".strip(), path, body) for note, path, body in special]


def _filled(pattern: str, known: dict[str, Any]) -> str:
    """The pattern as an address; KeyError names the argument that nobody has thought of."""
    plain = re.sub(r"[\^$]", "", REGULAR.sub(lambda m: f"<{m[1]}>", pattern))
    return "/" + CAPTURE.sub(lambda m: str(known[m[1]]), plain)


def _arguments(house: House, pattern: str) -> dict[str, Any]:
    model = MODEL.match(pattern)
    if model:
        key = house.rows()[f"{model[1]}.{model[2]}"]
        known = {"object_id": key, "id": key, "revision": house.article.newest_revision_id}
        return known | {"key": house.newsroom.reference.key, "format": "ris"}
    return {
        "slug": house.live.slug,
        "number": 1,
        "letter": "a",
        "uid": house.newsroom.author.uid,
        "page": 1,
        "url": "no-such-page/",
        "app_label": "articles",
        "name": house.figure.name,
        "key": house.newsroom.reference.key,
        "format": "ris",
    }


def _special(house: House) -> dict[str, list[tuple[str, str, Any]]]:
    """Patterns that one address cannot stand for, or whose arguments are their own: (note, address, body)."""
    desk_of, sources = "admin/articles/article/<path:object_id>/", "admin/references/reference/"
    draft, live, both = house.article, house.live, house.articles["live and draft"]
    one = _desk(draft)
    return {
        **_library(house),
        "admin/login/": [("", "/admin/login/", {"username": "paul", "password": PASSWORD, "next": "/admin/"})],
        "admin/password_change/": [("", "/admin/password_change/", {"old_password": PASSWORD, **NEW_PASSWORD})],
        "admin/autocomplete/": [(name, f"/admin/autocomplete/?{query}", None) for name, query in COMPLETIONS],
        "admin/r/<path:content_type_id>/<path:object_id>/": [("", f"/admin/r/{_type_of(Article)}/{live.pk}/", None)],
        f"{sources}<int:object_id>/history/<int:revision_id>/": [
            ("", f"/{sources}{house.reference.pk}/history/{house.reference.newest_revision_id()}/", None)
        ],
        f"{desk_of}merge/": [("", f"{one}merge/", _merge(draft))],
        f"{desk_of}move/<slug:name>/": [(name, *_move(house, name)) for name in workflow.MOVES],
        f"{desk_of}approve-and-publish/": [
            ("", f"{_desk(house.articles['minor'])}approve-and-publish/", _says(house.articles["minor"]))
        ],
        f"{desk_of}saved/<int:revision>/restore/": [
            ("", f"{_desk(live)}saved/{_first_revision(live)}/restore/", _says(live))
        ],
        f"{desk_of}published/<int:number>/restore/": [("", f"{_desk(both)}published/1/restore/", _says(both))],
        "admin/articles/figure/file/<str:name>": [
            ("", f"/admin/articles/figure/file/{house.hidden_figure.name}", None)
        ],
        "admin/articles/figure/upload/": [("", "/admin/articles/figure/upload/", PICTURE)],
        "topics/<slug:slug>/": [("", f"/topics/{house.topic.slug}/", None)],
        "policies/<slug:slug>/": [("", "/policies/authority/", None)],
        "media/<str:name>": [
            ("published", f"/media/{house.figure.name}", None),
            ("not published", f"/media/{house.hidden_figure.name}", None),
        ],
        "articles/<slug:slug>/": [
            *((state, f"/articles/{row.slug}/", None) for state, row in house.articles.items()),
            ("as of", f"/articles/{live.slug}/?as_of=2026-05-04", None),
        ],
        "articles/<slug:slug>/editions/<int:number>/": [
            (state, f"/articles/{house.articles[state].slug}/editions/1/", None)
            for state in ("draft", "scheduled", "live", "withheld", "withdrawn")
        ],
        "articles/<slug:slug>/compare/": [("", f"/articles/{house.articles['twice'].slug}/compare/?from=1&to=2", None)],
    }


def _library(house: House) -> dict[str, list[tuple[str, str, Any]]]:
    """The doors of the library that need more than a number."""
    source, merge = "/admin/references/reference/", "/admin/references/merge/"
    apart = "/admin/references/distinction/"
    one, kept, other = house.reference, *house.twins[2:4]
    bases = {f"base-{twin.key}": twin.newest_revision_id() for twin in (kept, other)}
    pair = {"keep": kept.key, "reason": "One paper", **bases}
    together = {"chosen": one.pk, f"base-{one.pk}": one.newest_revision_id(), "evidence": "trial", "carry-out": "1"}
    notice = {"nature": "correction", "reason": "A table was wrong"}
    asked = {"place": house.mark.place or "", "key": house.mark.trouble.key, "matter": house.mark.trouble.matter}
    answer = {**asked, "digest": house.mark.digest, "words": "The statement rests on two other trials as well."}
    troubled = f"{_desk(house.troubled)}"
    begun = house.library_import
    return {
        "admin/references/reference/import/": [("", f"{source}import/", {"pasted": RECORD.decode(), "format": "ris"})],
        "admin/references/reference/import/<int:import_id>/": [("", f"{source}import/{begun.pk}/", {"seen": "0"})],
        "admin/references/reference/export/": [("", f"{source}export/?export-format=ris", None)],
        "admin/references/reference/export/chosen/": [
            ("", f"{source}export/chosen/", {"chosen": one.pk, "export-format": "ris"})
        ],
        "admin/references/reference/fill-in/": [("", f"{source}fill-in/", {"identifier": "10.1000/182"})],
        "admin/references/reference/<int:object_id>/fill-in/": [
            ("", f"{source}{one.pk}/fill-in/", {"identifier": "10.1000/182"})
        ],
        "admin/references/reference/set/": [("", f"{source}set/", together)],
        "admin/references/reference/<int:object_id>/look/": [("", f"{source}{one.pk}/look/", {})],
        "admin/references/reference/<int:object_id>/notice/": [("", f"{source}{one.pk}/notice/", notice)],
        "admin/references/merge/side-by-side/<slug:one>/<slug:other>/": [
            ("", f"{merge}side-by-side/{kept.key}/{other.key}/", pair)
        ],
        "admin/references/merge/<int:object_id>/follow/": [("", f"{merge}{house.merge.pk}/follow/", {})],
        "admin/references/merge/<int:object_id>/undo/": [("", f"{merge}{house.merge.pk}/undo/", {"reason": "Two"})],
        "admin/references/distinction/between/<slug:one>/<slug:other>/": [
            ("", f"{apart}between/{kept.key}/{other.key}/", {"reason": "Two papers"})
        ],
        "admin/references/distinction/<int:object_id>/undo/": [
            ("", f"{apart}{house.kept_apart.pk}/undo/", {"reason": "One after all"})
        ],
        "admin/articles/article/<int:object_id>/sources-in-trouble/": [("", f"{troubled}sources-in-trouble/", None)],
        "admin/articles/article/<int:object_id>/answer/": [("", f"{troubled}answer/", answer)],
    }


def _desk(article: Article) -> str:
    return f"/admin/articles/article/{article.pk}/"


def _says(article: Article) -> dict[str, Any]:
    return SAYS | {"base": article.newest_revision_id}


#: Stands for a picture to upload, made anew for each post.
PICTURE = "picture"
NEW_PASSWORD = {"new_password1": "a wholly new phrase", "new_password2": "a wholly new phrase"}
COMPLETIONS = [
    (f"{model}.{field}", f"app_label={app}&model_name={model}&field_name={field}")
    for app, model, field in (
        ("articles", "person", "user"),
        ("articles", "topic", "parent"),
        ("references", "reference", "superseded_by"),
        ("articles", "articletopic", "topic"),
        ("articles", "edition", "article"),
        ("reversion", "revision", "user"),
    )
]


def _first_revision(article: Article) -> int:
    return Version.objects.get_for_object(article).order_by("revision_id").first().revision_id


def _type_of(model: Any) -> int:
    return ContentType.objects.get_for_model(model).pk


def _move(house: House, name: str) -> tuple[str, dict[str, Any]]:
    article = house.articles[MOVES[name]]
    return f"{_desk(article)}move/{name}/", _says(article)


def _merge(article: Article) -> dict[str, Any]:
    mine = drafting.newest(article) | {"title": "My title"}
    number = article.newest_revision_id
    return {"base": number, "newest": number, "mine": json.dumps(mine), "reason": "Title"}


# --- forms --------------------------------------------------------------------------------------------------------

#: What is typed into the forms of each model; a field named here is one that a person may change.
TYPED = {
    "articles.article": {"title": "Another title", "kind": "therapy", "language": "en"},
    "articles.person": {"name": "Dr Other", "profession": "nurse", "reason": "Wrong before"},
    "articles.topic": {"name": "Another topic", "slug": "another-topic", "position": "3"},
    "references.reference": {"type": "book", "title": "Another book", "authors": "Voss, Rita", "issued": "2020"},
    "articles.policystatement": {
        "principle": "2", "text": "We complement doctors.", "signer": "Petra", "signed_on": "2026-05-04",
        "expires_on": "2027-05-04",
    },
    "articles.sitesettings": {"name": "Another name"},
    "auth.user": {"username": "newcomer", "password1": "a wholly new phrase", "password2": "a wholly new phrase"},
}  # fmt: skip


def forms_of(html: str) -> list[dict[str, list[str]]]:
    """What a browser would post from each form of a page that is not the way out."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    found = [form for form in tree.iter("form") if form.get("id") != "logout-form"]
    posting = [form for form in found if (form.get("method") or "").lower() == "post"]
    return [desk.fields_in(form) for form in posting]


def body_of(house: House, door: Door, superuser: Client) -> Any:
    """What is posted at a door: its own body, or the page's form with something typed."""
    if door.body is not None:
        return door.body
    model = MODEL.match(door.path.lstrip("/"))
    if not model or not door.path.endswith(("/add/", "/change/")):
        return {}
    shown = superuser.get(door.path)
    forms = forms_of(shown.content.decode()) if shown.status_code == 200 else []
    typed = TYPED.get(f"{model[1]}.{model[2]}", {})
    return {name: value for form in forms[:1] for name, value in (form | typed).items()}


# --- the database as one digest -----------------------------------------------------------------------------------


def dump() -> dict[str, str]:
    """A digest of every table but those of sign-ins, and of accounts without their last sign-in."""
    return {name: _digest(name) for name in sorted(_tables())}


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return {name for name in names if not name.startswith((*SIGN_IN_TABLES, "sqlite_"))}


def _digest(table: str) -> str:
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        kept = ", ".join(connection.ops.quote_name(name) for name in columns if name != "last_login")
        cursor.execute(f"SELECT {kept} FROM {connection.ops.quote_name(table)} ORDER BY 1")
        whole = hashlib.sha256()
        for row in cursor.fetchall():
            whole.update(repr([bytes(value) if isinstance(value, memoryview) else value for value in row]).encode())
    return whole.hexdigest()


class Writes:
    """Statements that changed anything but a sign-in and were not undone: `with Writes() as w: …; w.found`."""

    SAVEPOINT = re.compile(r'(ROLLBACK TO )?SAVEPOINT "?(\w+)"?')
    WORD = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|ALTER|DROP|CREATE|TRUNCATE)\b", re.IGNORECASE)
    SIGN_IN = re.compile(r'UPDATE "auth_user" SET "last_login"|"(django_session|axes_\w+)"')

    def __init__(self) -> None:
        self.found: list[str] = []
        self._marks: dict[str, int] = {}

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if mark := self.SAVEPOINT.match(sql):
            undone, name = mark.groups()
            self.found = self.found[: self._marks.setdefault(name, len(self.found))] if undone else self.found
            self._marks[name] = len(self.found)
        if self.WORD.match(sql) and not self.SIGN_IN.search(sql[:120]):
            self.found.append(sql)
        return execute(sql, params, many, context)

    def __enter__(self) -> "Writes":
        self._wrapper = connection.execute_wrapper(self)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._wrapper.__exit__(*error)
