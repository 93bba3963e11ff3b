"""A new source's form, filled in from an identifier or an address; a person saves it."""

import json
import re

import pytest
from django.urls import reverse

from references.admin import filling
from references.models import Reference
from tests.references.test_lookup import BOOK, CROSSREF, EUTILS, PAGE, RAPER, answer

FILL = reverse("admin:references_reference_fill")
ADD = reverse("admin:references_reference_add")


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def filled(desk, written, **options):
    return desk.post(FILL, {"identifier": written}, **options)


def shown(page):
    return {
        name: page.context["adminform"].form[name].value()
        for name in page.context["adminform"].form.fields
        if page.context["adminform"].form[name].value()
    }


def test_the_form_is_filled_and_nothing_is_saved_before_a_person_saves_it(desk, web):
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    assert "From DOI, PMID, PMCID, ISBN or web address" in desk.get(ADD).content.decode()
    page = filled(desk, f" https://doi.org/{RAPER} ")
    assert page.status_code == 200
    assert Reference.objects.count() == 0
    fields = shown(page)
    assert fields["doi"] == RAPER
    assert fields["authors"] == "Raper, Steven E.\nChirmule, Narendra\nLee, Frank S."
    assert fields["issued"] == "September 2003"
    assert "Filled in from Crossref. Compare it with the source, then save." in page.content.decode()
    assert f'action="{ADD}"' in page.content.decode()
    saved = desk.post(ADD, fields)
    assert saved.status_code == 302
    assert Reference.objects.get().key == "raper2003"


KINDS = [
    ("14567964", f"{EUTILS}efetch.fcgi", "pubmed-raper2003.xml", "evidence", "trial"),
    ("ISBN 0-14-032872-6", BOOK, "openlibrary-book.json", "isbn", "9780140328721"),
    (PAGE, PAGE, "page.html", "container_title", "Example Health"),
    (f"https://journal.example.org/doi/full/{RAPER}", CROSSREF, "crossref-raper2003.json", "doi", RAPER),
]


def test_every_kind_of_identifier_is_known_by_its_looks(desk, web):
    for written, address, recorded, field, value in KINDS:
        web.answers(address, answer(recorded), Content_Type="text/html")
        assert shown(filled(desk, written))[field] == value


def test_an_address_with_a_doi_that_nobody_knows_is_visited_itself(desk, web):
    address = "https://journal.example.org/10.1000/unknown"
    web.answers(address, answer("scholarly.html"), Content_Type="text/html")
    assert shown(filled(desk, address))["container_title"] == "Example Journal"


def test_a_doi_that_crossref_does_not_keep_is_followed_to_its_page(desk, web):
    web.answers("https://doi.org/10.5281/zenodo.1", status=302, Location="https://data.example.org/a <set>")
    web.answers("https://data.example.org/a%20%3Cset%3E", answer("page.html"), Content_Type="text/html")
    fields = shown(filled(desk, "doi:10.5281/zenodo.1"))
    assert (fields["doi"], fields["container_title"]) == ("10.5281/zenodo.1", "Example Health")


def test_a_retraction_is_told_at_once(desk, web):
    web.answers(f"{EUTILS}efetch.fcgi", answer("pubmed-retracted.xml"))
    page = filled(desk, "9500320").content.decode()
    assert (
        "Retracted, 6 February 2010 (doi: 10.1016/s0140-6736(10)60175-4). Think twice before you lean on this" in page
    )
    assert '<li class="warning">Corrected.</li>' in page


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("dissertation", "It is a dissertation: the library keeps it as a report."),
        ("posted-content", "It is a preprint, or otherwise not reviewed: the library keeps it as a report."),
        ("report", ""),
    ],
)
def test_a_preprint_or_thesis_is_told_to_be_kept_as_a_report(desk, web, written, words):
    recorded = json.loads(answer("crossref-raper2003.json"))
    web.answers(CROSSREF, json.dumps(recorded | {"message": recorded["message"] | {"type": written}}).encode())
    html = filled(desk, RAPER).content.decode()
    assert words in html
    assert ("keeps it as a report" in html) == bool(words)


def test_a_source_that_the_library_has_is_opened_instead(desk, web, make_source):
    kept = make_source(doi=RAPER)
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    opened = filled(desk, RAPER, follow=True)
    assert opened.redirect_chain == [(reverse("admin:references_reference_change", args=[kept.pk]), 302)]
    assert f"The library already has this source: {kept.key}." in opened.content.decode()


REFUSALS = [
    ("", "no DOI, PMID, PMCID, ISBN or web address"),
    ("http://127.0.0.1/admin/", "not a number, in the web address"),
    ("file:///etc/passwd", "no DOI, PMID, PMCID, ISBN or web address"),
    ("10.1000/unknown", "Crossref does not know the DOI 10.1000/unknown"),
    ("https://untrusted.example.org/", "cannot prove who it is"),
    ('"><script>alert(1)</script>', "no DOI, PMID, PMCID, ISBN or web address"),
]


def test_what_cannot_be_found_is_said_beside_what_was_typed(desk, web):
    for written, sentence in REFUSALS:
        page = filled(desk, written)
        html = page.content.decode()
        assert page.status_code == 200
        assert sentence in html
        assert page.context["fill_in_written"] == written
        assert "<script>alert" not in html


def test_hostile_pages_put_no_markup_on_the_screen(desk, web):
    attack = "&lt;img src=x onerror=alert(1)&gt;\"'><svg onload=alert(1)>{{7*7}}"
    web.answers(PAGE, f"<title>A{attack}</title><meta name='author' content='{attack}'>", Content_Type="text/html")
    html = filled(desk, PAGE).content.decode()
    assert not re.search(r"<(?:img src=x|svg onload)", html)
    assert "{{7*7}}" in html


def test_slow_sites_never_hold_all_threads_of_the_server(desk, web):
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    with filling.UNDER_WAY, filling.UNDER_WAY:
        assert "Try again in a few seconds." in filled(desk, RAPER).content.decode()
    assert web.seen == []
    filled(desk, "nonsense")
    assert shown(filled(desk, RAPER))["doi"] == RAPER


def test_with_the_network_off_the_screen_says_so(desk, web, settings):
    settings.NETWORK = False
    for html in (desk.get(ADD).content.decode(), filled(desk, RAPER).content.decode()):
        assert html.count("Looking things up on the internet is switched off here.") == 1
        assert 'name="identifier"' not in html
    assert web.seen == []


def test_in_a_small_window_it_stays_one(desk, web):
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    html = desk.post(f"{FILL}?_popup=1", {"identifier": RAPER}).content.decode()
    assert f'action="{ADD}?_popup=1"' in html
    assert f'action="{FILL}?_popup=1"' in html


def test_what_a_source_lacks_is_filled_in_and_what_it_has_stays(desk, web, make_source):
    source = make_source(title="A title of our own", volume="79", doi=RAPER)
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    address = reverse("admin:references_reference_complete", args=[source.pk])
    change = reverse("admin:references_reference_change", args=[source.pk])
    assert f'value="{RAPER}"' in desk.get(change).content.decode()
    page = desk.post(address, {"identifier": RAPER})
    html, fields = page.content.decode(), shown(page)
    assert (fields["title"], fields["volume"], fields["issue"]) == ("A title of our own", "79", "1-2")
    assert "It has these otherwise, compare them: authors; title; volume." in html
    assert f'action="{change}"' in html
    source.refresh_from_db()
    assert source.issue == ""
    desk.post(change, fields)
    source.refresh_from_db()
    assert (source.issue, source.volume) == ("1-2", "79")


def test_another_source_fills_nothing_in(desk, web, make_source):
    source = make_source(doi="10.1000/ours")
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    page = desk.post(reverse("admin:references_reference_complete", args=[source.pk]), {"identifier": RAPER})
    assert f"That is another source: its DOI is {RAPER}." in page.content.decode()
    assert "volume" not in shown(page)


def test_only_who_may_change_sources_may_complete_them(client, web, auditor, stranger, make_source):
    address = reverse("admin:references_reference_complete", args=[make_source(doi=RAPER).pk])
    for person in (auditor, stranger):
        client.force_login(person)
        assert client.post(address, {"identifier": RAPER}).status_code == 403
    client.force_login(auditor)
    assert client.post(address.replace("/fill-in", "99/fill-in"), {"identifier": RAPER}).status_code == 404
    assert client.get(address).status_code == 405
    assert web.seen == []


def test_only_who_may_add_sources_may_ask(client, web, editor, auditor, stranger):
    assert client.post(FILL, {"identifier": RAPER}).status_code == 302
    for person in (auditor, stranger):
        client.force_login(person)
        assert client.post(FILL, {"identifier": RAPER}).status_code == 403
    client.force_login(editor)
    assert client.get(FILL).status_code == 405
    assert web.seen == []
