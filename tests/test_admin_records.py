"""People, topics, statements, settings, accounts and the records auditors read."""

import datetime
import random
import re

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.urls import get_resolver
from reversion.models import Version

from articles import roles
from articles.models import (
    ImportOriginal,
    LedgerEntry,
    Person,
    PolicyStatement,
    RoleChange,
    SiteSettings,
    Topic,
)
from tests.desk import form_of, page_of, signed_in
from tests.people import NOW, make_topic, make_user

pytestmark = pytest.mark.django_db

LISTS = [
    "articles/article",
    "articles/checkpoint",
    "articles/edition",
    "articles/figure",
    "articles/importoriginal",
    "articles/ledgerentry",
    "articles/person",
    "articles/policystatement",
    "articles/review",
    "articles/rolechange",
    "articles/topic",
    "auth/group",
    "auth/user",
    "references/reference",
]


def base_of(client, address):
    return client.get(address).context["adminform"].form.initial["base"]


def person_form(person, **changes):
    return {
        "name": person.name,
        "profession": person.profession,
        "degrees": "MD | Doctor of Medicine",
        "interests": "None declared | 2026-01-01",
        "qualified_until": "2030-01-01",
        "is_health_professional": "on",
        "reason": "Checked",
    } | changes


def test_a_person_is_saved_with_a_version_and_a_reason(newsroom):
    client = signed_in(newsroom.edward)
    address = f"/admin/articles/person/{newsroom.doctor.pk}/change/"
    post = person_form(
        newsroom.doctor,
        profession="neurologist",
        degrees="MD | Doctor of Medicine\nPhD",
        interests="Advises Acme | 2024-01-01 | 2025-06-30",
        base=base_of(client, address),
    )
    client.post(address, post)
    newsroom.doctor.refresh_from_db()
    assert newsroom.doctor.profession == "neurologist"
    assert newsroom.doctor.degrees[1] == {"abbreviation": "PhD", "meaning": ""}
    assert newsroom.doctor.interests == [{"text": "Advises Acme", "from": "2024-01-01", "until": "2025-06-30"}]
    (version,) = Version.objects.get_for_object(newsroom.doctor)
    assert (version.revision.comment, version.revision.user) == ("Checked", newsroom.edward)


def test_a_stale_form_overwrites_nobody(newsroom):
    client = signed_in(newsroom.edward)
    address = f"/admin/articles/person/{newsroom.doctor.pk}/change/"
    base = base_of(client, address)
    client.post(address, person_form(newsroom.doctor, profession="neurologist", base=base))
    shown = page_of(client.post(address, person_form(newsroom.doctor, profession="surgeon", base=base)))
    assert "Somebody else has changed this" in shown
    newsroom.doctor.refresh_from_db()
    assert newsroom.doctor.profession == "neurologist"


def test_a_topic_is_made_and_nothing_is_deleted(newsroom):
    client = signed_in(newsroom.edward)
    client.post("/admin/articles/topic/add/", {"name": "Blood", "slug": "blood", "position": "1", "reason": "New"})
    topic = Topic.objects.get(slug="blood")
    root = signed_in(newsroom.root)
    for address in (f"articles/topic/{topic.pk}", f"articles/person/{newsroom.doctor.pk}"):
        assert root.post(f"/admin/{address}/delete/", {"post": "yes"}).status_code == 403
    assert Topic.objects.filter(pk=topic.pk).exists()


def statement(**changes):
    return {
        "principle": "3",
        "text": "We keep no data.",
        "signer": "Paul Low",
        "signed_on": "2026-01-01",
        "expires_on": "2027-01-01",
    } | changes


def test_a_statement_is_added_by_a_publisher_and_never_changed(newsroom):
    client = signed_in(newsroom.paul)
    client.post("/admin/articles/policystatement/add/", statement())
    made = PolicyStatement.objects.get()
    assert made.recorded_at is not None
    address = f"/admin/articles/policystatement/{made.pk}/change/"
    assert client.post(address, statement(text="Otherwise")).status_code == 403
    assert signed_in(newsroom.root).post(address, statement(text="Otherwise")).status_code == 403
    made.refresh_from_db()
    assert made.text == "We keep no data."


def test_a_statement_that_ends_before_it_begins_is_refused(newsroom):
    client = signed_in(newsroom.paul)
    shown = page_of(client.post("/admin/articles/policystatement/add/", statement(expires_on="2025-01-01")))
    assert "must expire after" in shown
    assert not PolicyStatement.objects.exists()


def test_site_settings_are_one_row_and_recorded(newsroom):
    client = signed_in(newsroom.paul)
    assert client.get("/admin/articles/sitesettings/").url.endswith("/add/")
    post = {"name": "Our Health", "disclaimer": "Ask."}
    client.post("/admin/articles/sitesettings/add/", post)
    assert SiteSettings.current().name == "Our Health"
    assert client.get("/admin/articles/sitesettings/add/").status_code == 403
    address = client.get("/admin/articles/sitesettings/").url
    client.post(address, post | {"name": "Our Health House"})
    assert SiteSettings.objects.get().name == "Our Health House"
    assert LedgerEntry.objects.filter(kind="settings").count() == 2


# --- accounts -----------------------------------------------------------------------------------------------------


def account(user, **changes):
    return {
        "username": user.username,
        "first_name": "",
        "last_name": "",
        "email": "",
        "roles": sorted(roles.roles_of(user)),
        "may_sign_in": "on",
        "reason": "Joined the desk",
    } | changes


def test_roles_are_given_by_an_act_that_is_recorded(newsroom):
    client, recorded = signed_in(newsroom.root), RoleChange.objects.count()
    client.post(f"/admin/auth/user/{newsroom.alice.pk}/change/", account(newsroom.alice, roles=["author", "editor"]))
    assert roles.roles_of(User.objects.get(username="alice")) == {"author", "editor"}
    change = RoleChange.objects.latest("pk")
    assert (change.action, change.role, change.reason) == ("granted", "editor", "Joined the desk")
    assert RoleChange.objects.count() == LedgerEntry.objects.filter(kind="role").count() == recorded + 1


def test_accounts_are_deactivated_not_deleted(newsroom):
    client = signed_in(newsroom.root)
    address = f"/admin/auth/user/{newsroom.alice.pk}"
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        "/admin/auth/user/", {"action": "delete_selected", "_selected_action": newsroom.alice.pk, "post": "yes"}
    )
    client.post(f"{address}/change/", account(newsroom.alice, may_sign_in=""))
    alice = User.objects.get(username="alice")
    assert not alice.is_active
    assert RoleChange.objects.latest("pk").action == "deactivated"


def test_nobody_is_made_a_superuser_by_a_form(newsroom):
    client = signed_in(newsroom.root)
    post = account(newsroom.alice) | {
        "is_superuser": "on",
        "is_staff": "on",
        "user_permissions": ["1"],
        "groups": ["1"],
    }
    client.post(f"/admin/auth/user/{newsroom.alice.pk}/change/", post)
    alice = User.objects.get(username="alice")
    assert not alice.is_superuser
    assert roles.roles_of(alice) == {"author"}
    assert not alice.user_permissions.exists()


def test_a_new_account_may_sign_in_and_do_nothing_yet(newsroom):
    client = signed_in(newsroom.root)
    word = "quiet purple river 71"
    client.post(
        "/admin/auth/user/add/",
        {"username": "nora", "password1": word, "password2": word, "usable_password": "true"},
    )
    nora = User.objects.get(username="nora")
    assert nora.is_staff
    assert roles.roles_of(nora) == set()


# --- what each role may do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", LISTS)
def test_auditors_read_everything_and_change_nothing(newsroom, place):
    newsroom.live()
    client = signed_in(newsroom.audrey)
    shown = client.get(f"/admin/{place}/")
    assert shown.status_code == 200
    assert client.get(f"/admin/{place}/add/").status_code == 403
    assert client.post(f"/admin/{place}/add/", {}).status_code == 403
    for row in shown.context["cl"].result_list[:1]:
        one = client.get(f"/admin/{place}/{row.pk}/change/")
        assert one.status_code == 200
        assert client.post(f"/admin/{place}/{row.pk}/change/", {}).status_code == 403
        assert client.post(f"/admin/{place}/{row.pk}/delete/", {"post": "yes"}).status_code in (403, 404)


@pytest.mark.parametrize("who", ["alice", "rita", "audrey"])
def test_authors_reviewers_and_auditors_change_no_people_or_topics(newsroom, who):
    topic = make_topic()
    client = signed_in(getattr(newsroom, who))
    for address in (f"person/{newsroom.doctor.pk}", f"topic/{topic.pk}"):
        assert client.post(f"/admin/articles/{address}/change/", {"name": "x"}).status_code == 403
    assert Person.objects.filter(name="Dr Rita Voss").exists()


def test_an_account_without_a_role_sees_nothing(newsroom):
    client = signed_in(make_user("nobody"))
    for place in LISTS:
        assert client.get(f"/admin/{place}/").status_code == 403
    assert client.get("/admin/articles/article/second-look/").status_code == 403


def test_the_activity_record_names_people_and_shows_entries_as_recorded(newsroom):
    newsroom.live()
    client = signed_in(newsroom.audrey)
    assert "rita" in page_of(client.get("/admin/articles/ledgerentry/"))
    entry = LedgerEntry.objects.filter(kind="review").first()
    shown = page_of(client.get(f"/admin/articles/ledgerentry/{entry.pk}/change/"))
    assert entry.leaf_hash in shown
    assert "articles_review" in shown


def test_reports_of_imports_show_the_original_as_text(newsroom):
    article = newsroom.draft()
    original = ImportOriginal.objects.create(
        article=article,
        name="page.html",
        sha256="0" * 64,
        content=b"<script>alert(1)</script>",
        report={"kept": ["<b>bold</b>"]},
        actor="system",
        imported_at=NOW,
    )
    shown = page_of(signed_in(newsroom.audrey).get(f"/admin/articles/importoriginal/{original.pk}/change/"))
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "&lt;b&gt;bold" in shown


def test_overdue_articles_are_found_by_filter(newsroom):
    article = newsroom.live()
    client = signed_in(newsroom.audrey)
    assert "What is gene therapy" not in page_of(client.get("/admin/articles/article/?due=overdue"))
    type(article).objects.filter(pk=article.pk).claim(due_on=datetime.date(2020, 1, 1))
    shown = page_of(client.get("/admin/articles/article/?due=overdue"))
    assert "Overdue since" in shown
    for query in ("due=soon", "due=none", "live=yes", "live=no", "live=gone", "coverage=whole", "coverage=part"):
        assert client.get(f"/admin/articles/article/?{query}").status_code == 200


# --- random posts -------------------------------------------------------------------------------------------------


def contents():
    """Every row of every table but the auditor's own sign-in."""
    own = {"Session", "User", "LogEntry"}
    return {
        model.__name__: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model.__name__ not in own
    }


def addresses(newsroom, article):
    """Every address of the desk with keys of rows that exist."""
    keys = {"object_id": str(article.pk), "revision": article.newest_revision_id, "number": 1}
    keys |= {"name": "publish", "content_type_id": 1, "app_label": "articles", "url": "x", "id": str(newsroom.alice.pk)}
    for pattern in admin_patterns(get_resolver("gtsite.urls").url_patterns):
        names = re.findall(r"<(?:\w+:)?(\w+)>", pattern)
        if all(name in keys for name in names):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(keys[found[1]]), pattern)


def admin_patterns(patterns, prefix=""):
    for found in patterns:
        route = prefix + str(found.pattern).lstrip("^")
        if hasattr(found, "url_patterns"):
            yield from admin_patterns(found.url_patterns, route)
        elif route.startswith("admin/") and "(" not in route and "logout" not in route:
            yield route


def test_whatever_an_auditor_posts_changes_nothing(newsroom):
    article = newsroom.live()
    newsroom.do(newsroom.draft(slug="b", title="B"), "submit", newsroom.alice, reason="First")
    form = form_of(signed_in(newsroom.root), article)
    posts = [
        form,
        form | {"_save": "1", "_popup": "1", "_to_field": "id", "name": "x", "reason": "x", "words": "x"},
        {"base": article.newest_revision_id, "reason": "x", "words": "x", "confirmed": "yes", "then": "second-look"},
        {"action": "delete_selected", "_selected_action": ["1", "2"], "post": "yes", "index": "0"},
        {
            "form-TOTAL_FORMS": "2",
            "form-INITIAL_FORMS": "1",
            "form-0-id": "1",
            "form-0-state": "approved",
            "_save": "1",
        },
    ]
    client = signed_in(newsroom.audrey)
    client.raise_request_exception = False
    chance = random.Random(7)
    before = contents()
    tried = 0
    for address in addresses(newsroom, article):
        if "password" in address:
            continue
        for post in posts:
            some = {name: value for name, value in post.items() if chance.random() < 0.9}
            assert client.post(address, some).status_code in (200, 302, 400, 403, 404, 405), address
            tried += 1
    assert tried > 300
    assert contents() == before
