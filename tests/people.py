"""The people and makers every test knows. Each person holds one role; `rita` is a doctor whose licence is in date."""

import datetime
import itertools

import pytest
from django.contrib.auth import get_user_model

from articles import drafting, snapshot, workflow
from articles.models import Article, Person, Topic
from articles.roles import set_roles
from references.recording import save_reference
from tests import snapshots

NOW = datetime.datetime(2026, 5, 4, 9, 0, tzinfo=datetime.UTC)
PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_user(username, *roles, **fields):
    user = get_user_model().objects.create_user(username, password=PASSWORD, is_staff=True, **fields)
    set_roles(user, set(roles), actor=None, now=NOW, reason="Newly employed")
    return user


def make_person(name="Dr Ana Ruiz", user=None, **fields):
    values = {
        "profession": "haematologist",
        "is_health_professional": True,
        "degrees": [{"abbreviation": "MD", "meaning": "Doctor of Medicine"}],
        "interests": [{"text": "None declared", "from": "2026-01-01", "until": ""}],
        "qualified_until": datetime.date(2030, 1, 1),
    } | fields
    return Person.objects.create(name=name, user=user, **values)


def make_reference(key="raper2003", actor=None, **fields):
    values = {
        "key": key,
        "type": "article-journal",
        "title": "Fatal systemic inflammatory response syndrome in a patient",
        "authors": [{"family": "Raper", "given": "Steven E."}],
        "container_title": "Mol Genet Metab",
        "issued": [2003],
        "volume": "80",
        "page": "148-58",
    } | fields
    return save_reference(values, actor=actor, reason="Added")


def make_topic(name="Treatments", slug="treatments", **fields):
    return Topic.objects.create(name=name, slug=slug, **fields)


def content(author, **changes):
    """A snapshot that passes every check: one section, three statements, one cited source (`raper2003`)."""
    cited = '<cite data-uid="c1"></cite>'
    base = snapshot.empty(
        uid=f"{next(_numbers):032x}",
        slug="what-is-gene-therapy",
        title="What is gene therapy?",
        summary="How genes are used to treat disease.",
        funding="No outside funding.",
        people=[{"role": "author", "person": author.uid}],
        sections=[
            snapshots.section(
                "s1",
                snapshots.paragraph("p1", f"A vector carries the gene into the cell.{cited}"),
                snapshots.bullet("b1", "It is given once.", no_source_reason="Explained by the drawing"),
                snapshots.bullet("b2", "Take 5 mg each morning.", no_source_reason="As the leaflet says"),
            )
        ],
        citations=[snapshots.citation("c1", block="p1", accessed="2026-04-01")],
    )
    base["citations"][0]["uid"] = "c1"
    return base | changes


class Newsroom:
    """Everybody of a small publisher, and short ways to move an article along."""

    def __init__(self):
        self.alice = make_user("alice", "author")
        self.anna = make_user("anna", "author")
        self.edward = make_user("edward", "editor")
        self.rita = make_user("rita", "medical_reviewer")
        self.paul = make_user("paul", "publisher")
        self.petra = make_user("petra", "publisher")
        self.audrey = make_user("audrey", "auditor")
        self.root = make_user("root", is_superuser=True)
        self.author = make_person("Alice Moor", self.alice, profession="medical writer", is_health_professional=False)
        self.doctor = make_person("Dr Rita Voss", self.rita)
        self.reference = make_reference()

    def draft(self, actor=None, **changes) -> Article:
        return drafting.save(None, content(self.author, **changes), actor=actor or self.alice, now=NOW).article

    def edit(self, article, change, actor=None, now=NOW, **options):
        """Save an edit made by `change(content)`, started from the newest saved version."""
        article.refresh_from_db()
        mine = drafting.newest(article)
        change(mine)
        saved = drafting.save(
            article, mine, actor=actor or self.alice, now=now, base=article.newest_revision_id, **options
        )
        article.refresh_from_db()
        return saved

    def do(self, article, name, actor, now=NOW, **details):
        step = workflow.perform(article, name, actor, now, **details)
        article.refresh_from_db()
        return step

    def approved(self, article=None, now=NOW) -> Article:
        article = article or self.draft()
        self.do(article, "submit", self.alice, now, reason="First version")
        self.do(article, "pass_on", self.edward, now)
        self.do(article, "approve", self.rita, now)
        return article

    def live(self, article=None, now=NOW) -> Article:
        article = self.approved(article, now)
        self.do(article, "publish", self.paul, now)
        return article


@pytest.fixture
def newsroom(db):
    return Newsroom()


def reword(uid, html):
    """A change for `Newsroom.edit`: another text for one block."""

    def change(mine):
        for block in snapshot.blocks_of(mine):
            if block["uid"] == snapshots.full(uid):
                block["html"] = html

    return change
