"""The auditor reads everything and writes nothing; and nobody sets by a form what the form does not show."""

import datetime
import json
import os
import random

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from articles import drafting, snapshot
from articles.models import Article, Edition, Person, Review, RoleChange, Transition
from references.models import Reference
from tests.desk import at, form_of, signed_in
from tests.doors import MODEL, PICTURE, TYPED, House, Writes, doors, dump, forms_of, picture
from tests.people import NOW, PASSWORD, make_user, reword

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
POSTS = 10_000 if LONG else 500
EXTRAS = ["_saveasnew", "_addanother", "_continue", "_save", "_submit", "_popup", "_to_field", "confirmed", "action"]
ODD = ["", "1", "on", "yes", "0", "-1", "NaN", "\x00", "' OR 1=1 --", "é" * 300, "[]", "{}", "2030-01-01", "id"]
#: Whoever signs in as somebody else is somebody else.
OWN_AFFAIRS = ("/admin/login/", "/admin/logout/", "/admin/password_change/")
QUERIES = ["", "?_popup=1", "?_to_field=id", "?_popup=1&_to_field=id", "?_changelist_filters=x", "?next=/admin/"]


@pytest.fixture
def house(newsroom):
    with time_machine.travel(NOW + datetime.timedelta(hours=1), tick=False):
        yield House(newsroom)


def is_html(response):
    return response.status_code == 200 and response.headers["Content-Type"].startswith("text/html")


def forms_of_the_desk(house, user, by_itself=True):
    """(address, fields) of every form that this person sees on the desk, and of every address that takes posts."""
    client = signed_in(user)
    found = []
    for door in doors(house):
        if not door.path.startswith("/admin/") or door.path.startswith(OWN_AFFAIRS):
            continue
        if isinstance(door.body, dict) and by_itself:
            found.append((door.path, door.body))
        response = client.get(door.path)
        if is_html(response):
            found += [(door.path, form) for form in forms_of(response.content.decode())]
            found += [(door.path, {})] if by_itself else []
    return found


def columns_of(path):
    """Every column and relation of the model that an address is about."""
    model = MODEL.match(path.lstrip("/"))
    return [field.name for field in apps.get_model(model[1], model[2])._meta.get_fields()] if model else []


def varied(fields, path, dice):
    """The fields with some values changed, some of everything that a form might be made to take."""
    body = {name: values if isinstance(values, list) else [values] for name, values in fields.items()}
    body |= {name: ["1"] for name in dice.sample(EXTRAS, dice.randrange(3))}
    body |= {name: [dice.choice(ODD)] for name in columns_of(path) if dice.random() < 0.2}
    for name in list(body):
        if name.endswith("TOTAL_FORMS"):
            body[name] = [str(int(body[name][0] or 0) + 1)]
        elif dice.random() < 0.1 and not name.startswith("_"):
            body[name] = [dice.choice(ODD)]
    return body


def whatever_an_auditor_posts_from_any_form_that_a_superuser_sees_changes_nothing(house):
    found = forms_of_the_desk(house, house.newsroom.root)
    assert len(found) > 120
    assert sum(len(fields) for _, fields in found) > 300
    client = signed_in(house.newsroom.audrey)
    before, dice = dump(), random.Random(7)
    chosen = dice.choices(found, k=POSTS - len(found))
    with Writes() as writes:
        for path, fields in [*found, *chosen]:
            response = client.post(path + dice.choice(QUERIES), varied(fields, path, dice))
            assert response.status_code in (200, 302, 400, 403, 404, 405), path
            assert not writes.found, (path, writes.found)
    assert dump() == before


def an_auditor_uploads_no_picture(house):
    sent = {"picture": SimpleUploadedFile("a.png", picture("green"))}
    before = dump()
    assert signed_in(house.newsroom.audrey).post("/admin/articles/figure/upload/", sent).status_code == 400
    assert dump() == before
    assert [door.body for door in doors(house)].count(PICTURE) == 1


def an_auditor_reads_every_list_and_every_row_of_the_desk(house):
    client = signed_in(house.newsroom.audrey)
    for label, key in house.rows().items():
        app, model = label.split(".")
        assert client.get(f"/admin/{app}/{model}/", follow=True).status_code == 200, label
        assert client.get(f"/admin/{app}/{model}/{key}/change/").status_code == 200, label


def an_auditor_sees_no_form_that_takes_anything(house):
    """Lists, rows, articles, histories: nothing to fill in and no button, but one's own password and the way out."""
    found = forms_of_the_desk(house, house.newsroom.audrey, by_itself=False)
    assert [
        (path, typed) for path, fields in found if (typed := [name for name in fields if not is_hidden(name)])
    ] == []


def is_hidden(name):
    """What the locked form of an article carries along."""
    plain = ("csrfmiddlewaretoken", "base", "section", "citation")
    return name in plain or name.startswith("base-") or name.endswith(("_FORMS", "-key", "-whole"))


def saving_as_new_takes_the_right_to_add(house):
    client = signed_in(house.newsroom.petra)
    assert (
        client.post("/admin/articles/sitesettings/1/change/", {"_saveasnew": "1", "name": "Second"}).status_code == 403
    )


def test_an_auditor_reads_everything_and_writes_nothing(house, subtests):
    """One house for all, since none of this may change it: to build one takes longer than most of the asking."""
    for promise in (
        an_auditor_reads_every_list_and_every_row_of_the_desk,
        an_auditor_sees_no_form_that_takes_anything,
        an_auditor_uploads_no_picture,
        saving_as_new_takes_the_right_to_add,
        whatever_an_auditor_posts_from_any_form_that_a_superuser_sees_changes_nothing,
    ):
        with subtests.test(promise.__name__):
            promise(house)


@pytest.mark.parametrize("query", [
    "auth/user/?_to_field=password", "auth/user/?password__startswith=a", "references/reference/?_to_field=words",
    "articles/person/?user__password__startswith=a",
    "articles/person/?user__is_superuser=1", "articles/article/?scheduled_by__password__startswith=a",
    "articles/edition/?_to_field=snapshot", "articles/figure/?_to_field=content",
    "references/reference/?_to_field=note", "articles/ledgerentry/?article__scheduled_by__email__startswith=a",
])  # fmt: skip
def test_no_list_can_be_asked_about_what_it_does_not_show(newsroom, query):
    response = signed_in(newsroom.audrey).get(f"/admin/{query}")
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["auth.user.password", "auth.user.email", "articles.person.biography", "x.y.z", ".."])
def test_autocomplete_completes_relations_of_the_forms_only(newsroom, name):
    app, _, rest = name.partition(".")
    model, _, field = rest.partition(".")
    query = {"app_label": app, "model_name": model, "field_name": field}
    assert signed_in(newsroom.audrey).get("/admin/autocomplete/", query).status_code == 403


# --- mass assignment ----------------------------------------------------------------------------------------------

GOVERNED = {
    "state": "approved", "live_edition": "1", "live_edition_id": "1", "newest_revision": "1", "newest_revision_id": "1",
    "digest": "0" * 64, "parked_revision": "1", "parked_base": "1", "go_live_at": "2020-01-01", "go_live_zone": "UTC",
    "scheduled_by": "1", "updated_on": "2020-01-01", "reviewed_on": "2030-01-01", "due_on": "2040-01-01",
    "covered": "99", "statements": "99", "is_sample": "on", "created_at": "2000-01-01", "uid": "f" * 32, "id": "777",
    "pk": "777", "schema": "9", "_saveasnew": "1", "actor": "1", "published_at": "2000-01-01",
    "approvals": "[1]", "editions": "1",
}  # fmt: skip


def governed(article):
    """The columns that no form may touch; those that follow from a save are left out."""
    derived = {"newest_revision_id", "digest", "title", "slug", "subtitle", "summary", "funding"}
    row = Article.objects.filter(pk=article.pk).values().get()
    return {name: value for name, value in row.items() if name not in derived}


def counts():
    return [model.objects.count() for model in (Article, Edition, Review, Transition, RoleChange, Person, Reference)]


def everything(*models):
    names = {field.name for model in models for field in model._meta.get_fields()}
    attnames = {getattr(field, "attname", field.name) for model in models for field in model._meta.get_fields()}
    return dict.fromkeys(names | attnames, "1")


def test_an_authors_post_sets_the_fields_of_the_form_and_nothing_else(newsroom):
    article, other = newsroom.draft(), newsroom.draft(slug="other", title="Other")
    client = signed_in(newsroom.alice)
    form = form_of(client, article, title="A new title")
    before, numbers, theirs = governed(article), counts(), governed(other)
    hostile = {
        name: value for name, value in (everything(Article, Edition, Transition) | GOVERNED).items() if name not in form
    }
    hostile |= {
        "people-TOTAL_FORMS": "2",
        "people-1-id": "1",
        "people-1-article": str(other.pk),
        "article": str(other.pk),
    }
    hostile |= {"section-0000000000s1-article": str(other.pk), "section-0000000000s1-uid": "f" * 12}
    hostile |= {"citation-c1-reference": "1", "citation-c1-verdict": "supports", "citation-c1-block": "f" * 12}
    client.post(at(article), form | hostile)
    article.refresh_from_db()
    assert article.title == "A new title"
    assert governed(article) == before
    assert governed(other) == theirs
    assert counts() == numbers
    assert drafting.newest(article)["uid"] == article.uid


def test_a_new_article_begins_as_a_draft_whatever_is_posted(newsroom):
    form = {"title": "New", "kind": "therapy", "language": "en"}
    signed_in(newsroom.alice).post("/admin/articles/article/add/", everything(Article) | GOVERNED | form)
    article = Article.objects.get()
    assert (article.state, article.live_edition, article.is_sample) == ("draft", None, False)
    assert (article.go_live_at, article.scheduled_by, article.reviewed_on) == (None, None, None)
    assert article.uid != "f" * 32
    assert article.pk != 777
    assert article.created_at.year > 2000
    assert not Edition.objects.exists()


def test_a_clash_settled_by_hand_carries_only_content(newsroom):
    """The merge page carries a whole article as JSON; what it could smuggle in is refused or left out."""
    article = newsroom.draft()
    before, first = governed(article), article.newest_revision_id
    newsroom.edit(article, reword("b1", "Theirs."), newsroom.anna)
    mine = drafting.read(first, article) | {"title": "Mine", "uid": "f" * 32, "schema": 9}
    body = {"base": first, "newest": article.newest_revision_id, "mine": json.dumps(mine), **GOVERNED}
    signed_in(newsroom.alice).post(at(article, "merge"), body)
    article.refresh_from_db()
    assert article.title == "Mine"
    assert governed(article) == before
    with_more = mine | {"state": "approved"}
    assert (
        signed_in(newsroom.alice).post(at(article, "merge"), body | {"mine": json.dumps(with_more)}).status_code == 404
    )


def _broken(value, dice):
    """The same tree with one branch replaced by something of another kind."""
    odd = [None, 5, -1, True, "text", "\x00", [], {}, ["x"], {"x": 1}, 1.5, "9" * 400]
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(sorted(value))
        return value | {name: _broken(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        place = dice.randrange(len(value))
        return [*value[:place], _broken(value[place], dice), *value[place + 1 :]]
    return dice.choice(odd)


def test_a_broken_article_from_the_merge_page_is_refused_in_sentences_never_by_a_crash(newsroom):
    article = newsroom.draft()
    client, dice = signed_in(newsroom.alice), random.Random(3)
    mine = drafting.newest(article)
    for _ in range(2_000 if LONG else 150):
        body = {
            "base": article.newest_revision_id,
            "newest": article.newest_revision_id,
            "mine": json.dumps(_broken(mine, dice)),
        }
        response = client.post(at(article, "merge"), body)
        assert response.status_code in (200, 302, 404), body["mine"]
        article.refresh_from_db()
        assert snapshot.validate(drafting.newest(article)) == []


def test_a_superusers_form_of_an_account_gives_no_rights_that_it_does_not_show(newsroom):
    user = get_user_model().objects.get(pk=newsroom.alice.pk)
    client = signed_in(newsroom.root)
    path = f"/admin/auth/user/{user.pk}/change/"
    form = forms_of(client.get(path).content.decode())[0]
    hostile = {
        "is_superuser": "on",
        "is_staff": "on",
        "password": "x",
        "user_permissions": "1",
        "groups": "1",
        "id": "1",
    }
    client.post(path, form | hostile | {"first_name": "Alice"})
    changed = get_user_model().objects.get(pk=user.pk)
    assert changed.first_name == "Alice"
    assert (changed.is_superuser, changed.password) == (False, user.password)
    assert not changed.user_permissions.exists()
    assert [group.name for group in changed.groups.all()] == ["author"]
    assert changed.check_password(PASSWORD)


def test_an_editor_changes_no_column_of_a_person_that_the_form_does_not_show(newsroom):
    path = f"/admin/articles/person/{newsroom.doctor.pk}/change/"
    client = signed_in(newsroom.edward)
    form = forms_of(client.get(path).content.decode())[0]
    client.post(path, form | {"name": "Dr R. Voss", "uid": "f" * 32, "id": "777", "articles": "1", "_popup": "1"})
    changed = Person.objects.get(pk=newsroom.doctor.pk)
    assert (changed.name, changed.uid) == ("Dr R. Voss", newsroom.doctor.uid)
    assert Person.objects.count() == 2


def test_an_author_changes_no_column_of_a_source_that_the_form_does_not_show(newsroom):
    path = f"/admin/references/reference/{newsroom.reference.pk}/change/"
    client = signed_in(newsroom.alice)
    form = next(form for form in forms_of(client.get(path).content.decode()) if "title" in form)
    kept = {name: getattr(newsroom.reference, name) for name in ("id", "key")}
    client.post(path, form | {"title": "Other words", "key": "mine1999", "id": "777", "words": "x", "_popup": "1"})
    changed = Reference.objects.get()
    assert changed.title == "Other words"
    assert {name: getattr(changed, name) for name in kept} == kept


def test_a_forgotten_right_is_not_left_to_a_form(newsroom):
    """Somebody with the admin's own permissions but no role gets no further than the act.

    The library of sources knows no roles: there the permission is the right.
    """
    stranger = make_user("stranger")
    stranger.user_permissions.set(Permission.objects.all())
    article = newsroom.draft()
    client = signed_in(stranger)
    before = dump()
    client.post(at(article), form_of(client, article, title="Mine now"))
    for name in ("person", "topic", "policystatement"):
        client.post(f"/admin/articles/{name}/add/", TYPED[f"articles.{name}"])
    client.post("/admin/articles/sitesettings/add/", TYPED["articles.sitesettings"])
    client.post("/admin/articles/article/add/", TYPED["articles.article"])
    assert {name for name, digest in dump().items() if before[name] != digest} == set()
