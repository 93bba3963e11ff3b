"""A new article is ready to be written; rows for people and codes; pages that only show; a way back from a refusal."""

import pytest

from articles import drafting
from articles.models import Article
from tests.desk import at, fields_of, form_of, page_of, signed_in
from tests.people import make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"
FACTS = {"title": "Haemophilia", "slug": "", "kind": "condition", "language": "en"}


def newest():
    return drafting.newest(Article.objects.get())


def test_a_new_article_names_its_writer_and_has_a_section_to_write_in(newsroom):
    client = signed_in(newsroom.alice)
    assert "autofocus" in page_of(client.get(ADD))
    shown = page_of(client.post(ADD, FACTS, follow=True))
    assert newest()["people"] == [{"role": "author", "person": newsroom.author.uid}]
    (section,) = newest()["sections"]
    assert f'name="section-{section["uid"]}-body"' in shown


def test_a_writer_whom_readers_are_not_told_about_is_not_named(newsroom):
    signed_in(newsroom.anna).post(ADD, FACTS)
    assert newest()["people"] == []


@pytest.mark.parametrize("rows", ["people", "codes"])
def test_a_row_is_added_without_saving_and_without_losing_what_was_typed(newsroom, rows):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    before = form_of(client, article)
    shown = page_of(client.post(at(article), before | {"section_act": f"row:{rows}", "title": "Typed"}))
    after = fields_of(shown)
    assert int(after[f"{rows}-TOTAL_FORMS"][0]) == int(before[f"{rows}-TOTAL_FORMS"][0]) + 1
    assert after["title"] == ["Typed"]
    assert newest()["title"] == "What is gene therapy?"
    last = int(after[f"{rows}-TOTAL_FORMS"][0]) - 1
    field, value = {"people": ("person", newsroom.doctor.uid), "codes": ("code", "D015316")}[rows]
    client.post(at(article), after | {f"{rows}-{last}-{field}": value})
    assert value in [row[field] for row in newest()[rows]]


@pytest.mark.parametrize("act", ["row:", "row:nonsense", "row:people:x", "row:section"])
def test_a_forged_row_adds_nothing(newsroom, act):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    answer = client.post(at(article), form_of(client, article, section_act=act))
    assert answer.status_code == 200
    counts = {name: value for name, value in fields_of(page_of(answer)).items() if name.endswith("TOTAL_FORMS")}
    assert counts == {"people-TOTAL_FORMS": ["2"], "codes-TOTAL_FORMS": ["1"]}


def test_codes_are_called_what_their_makers_call_them(newsroom):
    shown = page_of(signed_in(newsroom.alice).get(at(newsroom.draft())))
    assert "ICD-10-CM (diagnoses)" in shown
    assert ">icd10cm<" not in shown


def test_a_page_to_read_is_no_form_to_fill_in(newsroom):
    shown = page_of(signed_in(newsroom.rita).get(at(newsroom.draft())))
    assert "You can read this text; its authors and editors write it." in shown
    for words in ("when you save", "Add a person", "Add a section", "people-1-person"):
        assert words not in shown, words


def test_a_refusal_leads_back_to_the_desk(newsroom):
    answer = signed_in(newsroom.audrey).get(ADD)
    assert answer.status_code == 403
    shown = page_of(answer)
    assert "You are signed in as audrey" in shown
    assert '<a href="/admin/">Back to the desk</a>' in shown
    assert "gtsite/admin/desk.css" in shown


def test_every_page_of_the_desk_has_an_icon(client, newsroom):
    for shown in (page_of(client.get("/admin/login/")), page_of(signed_in(newsroom.audrey).get("/admin/"))):
        assert 'rel="icon"' in shown


def test_a_superuser_without_a_person_can_start_an_article(newsroom):
    signed_in(make_user("chief", is_superuser=True)).post(ADD, FACTS)
    assert newest()["sections"]
