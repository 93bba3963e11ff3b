"""The article screen: reading, saving, merging, moving, restoring, and what nobody may do by it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from articles import drafting
from articles.models import Article
from tests import snapshots
from tests.people import NOW, make_user, newsroom, reword  # noqa: F401

pytestmark = pytest.mark.django_db


def at(article, name="change", *more):
    return reverse(f"admin:articles_article_{name}", args=[article.pk, *more])


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def fields_of(html):
    """What a browser would post from the article form: names and values, in order."""
    import html5lib

    tree = html5lib.parse(html, namespaceHTMLElements=False)
    form = next(f for f in tree.iter("form") if f.get("id") == "article-form")
    found = []
    for part in form.iter():
        name = part.get("name")
        if not name or part.get("disabled") is not None or part.tag == "button":
            continue
        if part.tag == "select":
            found += [(name, o.get("value", "")) for o in part.iter("option") if o.get("selected") is not None]
            if not [1 for o in part.iter("option") if o.get("selected") is not None] and part.get("multiple") is None:
                found.append((name, next(o.get("value", "") for o in part.iter("option"))))
        elif part.tag == "textarea":
            found.append((name, "".join(part.itertext())))
        elif part.get("type") not in ("checkbox", "radio") or part.get("checked") is not None:
            found.append((name, part.get("value", "")))
    return found


def posted(client, article, **changes):
    """The article form as it stands, with some fields changed."""
    data = {}
    for name, value in fields_of(client.get(at(article)).content.decode()):
        data.setdefault(name, []).append(value)
    return {name: value for name, value in (data | changes).items() if value is not None}


def test_the_form_saved_untouched_changes_nothing(newsroom):  # noqa: F811
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    before = article.newest_revision_id
    response = client.post(at(article), posted(client, article), follow=True)
    assert "Nothing had changed" in response.content.decode()
    article.refresh_from_db()
    assert article.newest_revision_id == before
