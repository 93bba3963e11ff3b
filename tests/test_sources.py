"""A source's own page: what is known of it and what leans on it, from published versions only."""

import datetime

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import publishing
from articles.models import EditionSource
from references.models import LinkCheck, PublicationNotice, Reference
from tests import snapshots
from tests.people import NOW, make_reference, newsroom, reword

__all__ = ["newsroom"]

LATER = NOW + datetime.timedelta(days=40)
PAGE = "/sources/raper2003/"
DOWNLOADS = ("ris", "bibtex", "csl-json")


def text_of(client, address=PAGE):
    response = client.get(address)
    assert response.status_code == 200, address
    html5lib.HTMLParser(strict=True).parse(response.content.decode())
    return response.content.decode()


def merge(merged, kept):
    Reference.objects.filter(pk=merged.pk).__class__.__mro__  # rows are changed by acts only
    with connection.cursor() as cursor:
        cursor.execute("UPDATE references_reference SET merged_into_id = %s WHERE id = %s", [kept.pk, merged.pk])


def test_a_source_tells_which_statements_lean_on_it(client, newsroom):
    newsroom.live()
    text = text_of(client)
    assert f'<a href="/articles/what-is-gene-therapy/#b-{snapshots.full("p1")}">A vector carries' in text
    assert "journal article" in text
