"""A look at the address of a source, now: one visit, what it found, and what was published meanwhile."""

import pytest
from django.urls import reverse

from references import http
from references.admin import filling
from references.models import LinkCheck, NoticeCheck, PublicationNotice
from references.recording import set_merged
from tests.references.test_lookup import CROSSREF, RAPER, answer

URL = "https://www.example.org/health/gene-therapy"
PAGE = "<html><head><title>{}</title></head><body><p>Gene therapy puts working genes into cells.</p></body></html>"
BUTTON = "Look at the address now"


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def at(source, name="look"):
    return reverse(f"admin:references_reference_{name}", args=[source.pk])


def looked(desk, source):
    return desk.post(at(source), follow=True).content.decode()


def test_a_look_makes_one_visit_and_tells_what_it_found(desk, web, make_source):
    source = make_source(type="webpage", url=URL, title="A page")
    assert BUTTON in desk.get(at(source, "change")).content.decode()
    web.answers(URL, PAGE.format("Gene therapy"), Content_Type="text/html")
    assert f"Looked at {URL}: answers." in looked(desk, source)
    assert LinkCheck.objects.get().outcome == "ok"
    web.answers(URL, PAGE.format("&lt;b&gt; pills"), Content_Type="text/html")
    assert f"Looked at {URL}: answers; its title has changed." in looked(desk, source)
    web.answers(URL, status=301, Location="https://www.example.org/new?a=<b>")
    web.answers("https://www.example.org/new", PAGE.format("Gene therapy"), Content_Type="text/html")
    moved = looked(desk, source)
    assert "moved for good" in moved
    assert "It is at https://www.example.org/new?a=%3Cb%3E now." in moved
    web.answers(URL, status=410)
    gone = looked(desk, source)
    assert "gone. It answered with status 410." in gone
    assert LinkCheck.objects.count() == 4
    assert not NoticeCheck.objects.exists(), "no registry knows a page"


def test_a_look_at_a_paper_asks_what_was_published_about_it(desk, web, make_source):
    source = make_source(doi=RAPER)
    web.answers(f"https://doi.org/{RAPER}", PAGE.format("The paper"), Content_Type="text/html")
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    assert "Crossref knows of nothing new that was published about it." in looked(desk, source)
    web.answers(CROSSREF, status=404)
    http.client("").kept.clear()
    assert "Crossref: " in looked(desk, source)
    assert [check.outcome for check in NoticeCheck.objects.order_by("id")] == ["answered", "unknown"]
    web.answers("https://api.crossref.org/works/10.1021%2Fam300292v", answer("crossref-retracted.json"))
    told = looked(desk, make_source(title="Another", doi="10.1021/am300292v"))
    assert "Crossref has news of it, now recorded: retracted, corrected, expression of concern" in told
    assert "<strong>Retraction</strong> of 26 July 2019" in told
    assert PublicationNotice.objects.filter(nature="retraction").exists()


def test_where_nothing_can_be_looked_at_the_desk_says_why(desk, web, make_source, settings, monkeypatch):
    source, bare, merged = make_source(url=URL), make_source(title="B"), make_source(title="C", url=f"{URL}/c")
    set_merged(merged, source, actor=None, reason="One")
    assert "neither a web address nor a DOI" in looked(desk, bare)
    assert f"was merged into {source.key}" in looked(desk, merged)
    for other in (bare, merged):
        assert BUTTON not in desk.get(at(other, "change")).content.decode()
    with monkeypatch.context() as busy:
        busy.setattr(filling.UNDER_WAY, "acquire", lambda blocking: False)
        assert "Others are looking something up just now" in looked(desk, source)
    settings.NETWORK = False
    page = desk.get(at(source, "change")).content.decode()
    assert BUTTON not in page
    assert "The address cannot be looked at now. Looking things up on the internet is switched off here." in page
    assert looked(desk, source).count(http.OFF) == page.count(http.OFF) + 1
    assert web.seen == []
    assert not LinkCheck.objects.exists()


def test_who_may_not_change_sources_does_not_send_us_anywhere(client, web, auditor, stranger, editor, make_source):
    source = make_source(url=URL)
    for person, status in ((auditor, 403), (stranger, 403)):
        client.force_login(person)
        assert client.post(at(source)).status_code == status
        assert BUTTON not in client.get(at(source, "change")).content.decode()
    client.force_login(editor)
    assert client.get(at(source)).status_code == 405
    assert client.post(at(source).replace(f"/{source.pk}/", "/99999/")).status_code == 404
    assert web.seen == []
    assert not PublicationNotice.objects.exists()
