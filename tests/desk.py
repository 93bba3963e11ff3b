"""The editors' desk as a browser without JavaScript sees it: forms read from the page, changed and posted."""

import html5lib
from django.test import Client
from django.urls import reverse


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def at(article, name="change", *more):
    return reverse(f"admin:articles_article_{name}", args=[article.pk, *more])


def fields_of(html, form_id="article-form"):
    """What a browser would post from a form: names to lists of values, in order."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return fields_in(next(found for found in tree.iter("form") if found.get("id") == form_id))


def fields_in(form):
    """The same for a form found already."""
    fields = {}
    for part in form.iter():
        name = part.get("name")
        if name and part.get("disabled") is None and part.tag in ("input", "select", "textarea"):
            fields.setdefault(name, []).extend(_values(part))
    return fields


def _values(part):
    if part.tag == "textarea":
        return ["".join(part.itertext())]
    if part.tag == "select":
        options = list(part.iter("option"))
        chosen = [o for o in options if o.get("selected") is not None]
        chosen = chosen or ([] if part.get("multiple") is not None else options[:1])
        return [o.get("value", "") for o in chosen]
    if part.get("type") in ("checkbox", "radio") and part.get("checked") is None:
        return []
    return [part.get("value", "")]


def form_of(client, article, **changes):
    """The article form as it stands, with some fields changed."""
    return fields_of(client.get(at(article)).content.decode()) | changes


def page_of(response):
    return response.content.decode()
