"""Who may ask for what: every pattern of the resolver × everybody × every method against one checked-in table.

The table is `tests/data/permission-matrix.txt`: doors that are answered alike stand together, above one line for each
set of methods. A number is the answer's status, "login" the way to the sign-in form; "w" behind it: something was
written. A pattern without a row fails, and so does a row without a pattern. After a wanted change, write the table anew
with `GTSITE_WRITE_MATRIX=1 pytest tests/test_permission_matrix.py`, and read every line that differs.
"""

import datetime
import os
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory

from articles import roles
from tests.doors import PICTURE, House, Writes, body_of, doors, dump, patterns, picture
from tests.people import NOW, make_person, make_user

TABLE = Path(__file__).parent / "data" / "permission-matrix.txt"
PEOPLE = ["anonymous", "nobody", *roles.ROLES, "superuser"]
SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"]
METHODS = [*SAFE, "POST", "PUT", "PATCH", "DELETE"]
ANSWERED = ["GET", "HEAD", "POST"]
SOON = NOW + datetime.timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def house(newsroom, settings):
    """Sessions live in the cookie, so that what is undone between two requests cannot end one."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    with time_machine.travel(SOON, tick=False):
        yield House(newsroom)


def everybody():
    handler = BaseHandler()
    handler.load_middleware()
    found = {"anonymous": Asking(handler)}
    for name in PEOPLE[1:]:
        user = make_user(f"asking-{name}", *([name] if name in roles.ROLES else []), is_superuser=name == "superuser")
        make_person(f"Dr {name}", user)
        found[name] = Asking(handler, user)
    return found


class Asking:
    """One person's requests, each undone before the next; without a test client, which costs more than most answers."""

    def __init__(self, handler, user=None):
        self.handler = handler
        self.factory = RequestFactory()
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
            self.factory.cookies = self.client.cookies

    def ask(self, method, door, body):
        """Status and whether anything was written; what was done is undone."""
        request = self._request(method, door.path, body)
        request._dont_enforce_csrf_checks = True
        with transaction.atomic(), Writes() as writes, drawn_if(method == "GET"):
            response = self.handler.get_response(request)
            transaction.set_rollback(True)
        return _word(response) + ("w" if writes.found else "")

    def _request(self, method, path, body):
        if method != "POST":
            return self.factory.generic(method, path)
        if body == PICTURE:
            body = {"picture": SimpleUploadedFile("a.png", picture("green"))}
        return self.factory.post(path, body)


@contextmanager
def drawn_if(is_wanted):
    """Whether the desk's templates are rendered; the other methods are asked for their status only."""
    if is_wanted:
        yield
        return
    with mock.patch.object(SimpleTemplateResponse, "rendered_content", ""):
        yield


def _word(response):
    if response.status_code == 302 and response.headers["Location"].startswith("/admin/login/"):
        return "login"
    return str(response.status_code)


def measured(house, people):
    """Title of each door to method to what everybody got, in the order of PEOPLE."""
    superuser = people["superuser"].client
    found = {}
    for door in doors(house):
        body = body_of(house, door, superuser)
        found[door.title] = {
            method: [asking.ask(method, door, body) for asking in people.values()] for method in METHODS
        }
    return found


def as_text(found):
    """The table as people read it."""
    groups = {}
    for title, methods in found.items():
        alike = {}
        for method, words in methods.items():
            alike.setdefault("".join(f" {word:<6}" for word in words).rstrip(), []).append(method)
        lines = [f"    {' '.join(names):<44}{words}" for words, names in alike.items()]
        groups.setdefault("\n".join(lines), []).append(title or "(home)")
    heading = f"# {' ' * 46}" + "".join(f" {name[:6]:<6}" for name in PEOPLE)
    blocks = ["\n".join([*titles, lines]) for lines, titles in groups.items()]
    return "\n\n".join([heading.rstrip(), *blocks]) + "\n"


def from_text(text):
    """The table as `measured` gives it."""
    found = {}
    for block in text.split("\n\n")[1:]:
        rows = [line for line in block.splitlines() if line.startswith(" ")]
        titles = [line for line in block.splitlines() if not line.startswith(" ")]
        for title in titles:
            found["" if title == "(home)" else title] = {m: words for row in rows for m, words in _row(row)}
    return found


def _row(line):
    words = line.split()
    methods = [word for word in words if word in METHODS]
    return [(method, words[len(methods) :]) for method in methods]


def test_everybody_gets_what_the_table_says_by_every_method_at_every_address(house):
    people = everybody()
    before = dump()
    found = measured(house, people)
    if os.environ.get("GTSITE_WRITE_MATRIX"):
        TABLE.write_text(as_text(found))
    expected = from_text(TABLE.read_text())
    assert set(found) - set(expected) == set(), "addresses without a row in the table"
    assert set(expected) - set(found) == set(), "rows of the table without an address"
    wrong = [
        f"{title} {method}: expected {expected[title][method]}, got {words}"
        for title, methods in found.items()
        for method, words in methods.items()
        if expected[title][method] != words
    ]
    assert not wrong, "\n".join(wrong)
    assert dump() == before


def words_of(table, *people):
    """(door, method, person, word) for some people, by the methods that anybody is answered by."""
    columns = [PEOPLE.index(name) for name in people or PEOPLE]
    for title, methods in table.items():
        for method in ANSWERED:
            words = methods[method]
            yield from ((title, method, PEOPLE[column], words[column]) for column in columns)


@pytest.fixture(scope="module")
def table():
    return from_text(TABLE.read_text())


def test_the_table_holds_every_pattern_each_with_every_method_and_everybody(table):
    titles = list(table)
    for pattern in patterns():
        assert [title for title in titles if title == pattern or title.startswith(f"{pattern} ")], pattern
    assert all(set(methods) == set(METHODS) for methods in table.values())
    assert all(len(words) == len(PEOPLE) for methods in table.values() for words in methods.values())


def test_in_the_table_nobody_is_answered_by_another_method(table):
    for title, methods in table.items():
        assert all(set(words) == {"405"} for name, words in methods.items() if name not in ANSWERED), title


def test_in_the_table_nothing_breaks_and_reading_never_writes(table):
    assert not [row for row in words_of(table) if row[3].startswith("5")]
    assert not [row for row in words_of(table) if row[3].endswith("w") and row[1] != "POST"]


def test_in_the_table_readers_and_auditors_write_nothing_but_their_own_password(table):
    written = {row[0] for row in words_of(table, "anonymous", "nobody", "auditor") if row[3].endswith("w")}
    assert written == {"admin/password_change/"}


def test_in_the_table_the_desk_is_closed_to_those_who_have_not_signed_in(table):
    doors_of_the_desk = [row for row in words_of(table, "anonymous") if row[0].startswith("admin/")]
    open_to_all = ("admin/login/", "admin/logout/")
    assert {word for door, _, _, word in doors_of_the_desk if door not in open_to_all} == {"login"}


def test_in_the_table_readers_pages_are_the_same_for_everybody(table):
    for title, methods in table.items():
        if not title.startswith("admin/"):
            assert all(len(set(words)) == 1 for words in methods.values()), title


def test_in_the_table_nothing_can_be_deleted_by_anybody(table):
    deleting = [row for row in words_of(table, *PEOPLE[1:]) if "/delete/" in row[0]]
    assert {row[3] for row in deleting} == {"403"}
    assert len({row[0] for row in deleting}) > 10


def what_comes_without_the_forms_token_is_refused_at_every_door_and_changes_nothing(house):
    """The one form for readers has a token of its own, and no cookie."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.newsroom.root)
    forms = Client()
    forms.force_login(house.newsroom.root)
    for door in doors(house):
        body = body_of(house, door, forms) if door.body is None else door.body
        with Writes() as writes:
            for method in ("post", "put", "patch", "delete"):
                data = body if method == "post" and isinstance(body, dict) else {}
                status = getattr(client, method)(door.path, data).status_code
                is_own = door.title == "articles/<slug:slug>/share/"
                assert status == (405 if method != "post" else 400 if is_own else 403), (door.title, method)
        assert not writes.found, door.title


def a_number_that_belongs_to_another_article_is_answered_like_one_that_does_not_exist(house):
    """Foreign saved versions, published versions and sources' versions: 404, byte for byte alike."""
    client = Client()
    client.force_login(house.newsroom.root)
    mine, theirs = house.articles["draft"], house.articles["live and draft"]
    one, desk = mine.pk, "/admin/articles/article"
    saved, other = f"{desk}/{one}/saved", theirs.newest_revision_id
    source, live = f"/admin/references/reference/{house.reference.pk}/history", f"/articles/{house.live.slug}"
    stranger = make_person("Dr Stranger")
    reasons = {"reason": "Because", "base": mine.newest_revision_id}
    merging = {"newest": theirs.newest_revision_id, "mine": "{}", **reasons}
    pairs = [
        ("get", f"{saved}/{other}/", f"{saved}/999999/", {}),
        ("post", f"{saved}/{other}/restore/", f"{saved}/999999/restore/", reasons),
        ("post", f"{desk}/{one}/published/1/restore/", f"{desk}/{one}/published/999999/restore/", reasons),
        ("post", f"{desk}/{one}/merge/", f"{desk}/999999/merge/", merging),
        ("get", f"{source}/{mine.newest_revision_id}/", f"{source}/999999/", {}),
        ("get", f"{live}/editions/2/", f"{live}/editions/999/", {}),
        ("get", f"{live}/compare/?from=1&to=2", f"{live}/compare/?from=8&to=9", {}),
        ("get", f"/articles/{mine.slug}/editions/1/", "/articles/no-such-article/editions/1/", {}),
        ("get", f"/articles/{mine.slug}/history/", "/articles/no-such-article/history/", {}),
        ("get", f"/articles/{mine.slug}/", "/articles/no-such-article/", {}),
        ("get", f"/articles/{mine.slug}/verify.json", "/articles/no-such-article/verify.json", {}),
        ("get", f"/articles/{mine.slug}/feed/", "/articles/no-such-article/feed/", {}),
        ("get", f"/media/{house.hidden_figure.name}", f"/media/{'0' * 64}.webp", {}),
        ("get", f"/people/{stranger.uid}/", f"/people/{'0' * 32}/", {}),
    ]
    before = dump()
    for method, foreign, missing, body in pairs:
        answers = [getattr(client, method)(path, body) for path in (foreign, missing)]
        assert [answer.status_code for answer in answers] == [404, 404], foreign
        assert answers[0].content == answers[1].content, foreign
    posted = client.post(f"{desk}/{one}/change/", {"base": theirs.newest_revision_id, "title": "Theirs"})
    assert posted.status_code == 404
    assert dump() == before


def test_what_is_forged_is_refused_and_changes_nothing(house, subtests):
    for promise in (
        what_comes_without_the_forms_token_is_refused_at_every_door_and_changes_nothing,
        a_number_that_belongs_to_another_article_is_answered_like_one_that_does_not_exist,
    ):
        with subtests.test(promise.__name__):
            promise(house)
