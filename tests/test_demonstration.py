"""The sample articles: what they say rests on sources, in words of our own, that people can read."""

import datetime
import html
import json
import re
import stat
import statistics
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from reversion.models import Version

from articles import drafting, publishing, snapshot, text, uploads, workflow
from articles.admin.history import events_of
from articles.demonstration import drawing, loading, reading
from articles.models import (
    Article,
    Edition,
    LedgerEntry,
    Notice,
    Page,
    Person,
    PolicyStatement,
    SiteSettings,
    TitleEntry,
)
from references import csl, identifiers
from references.models import KEY, Reference

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
FIGURES = {name: {"file": "0" * 64 + ".webp", "width": 1, "height": 1} for name in drawing.names()}
STATES = [state for states in reading.stories().values() for state in states]
UNCHECKED_DOIS = {
    "10.1126/science.270.5235.475",
    "10.1089/hum.2017.218",
    "10.1016/s0140-6736(17)31868-8",
    "10.1056/nejmoa2504747",
    "10.1056/nejmoa2031054",
    "10.1056/nejmoa2107454",
}

each_state = pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state.slug}-{state.number}")


def blocks_of(state):
    snapshot = reading.snapshot_of(state, FIGURES)
    return [block for section in snapshot["sections"] for block in section["blocks"]]


def words_of(state):
    """Everything a reader reads, as plain sentences."""
    head = [state.head[name] for name in ("title", "subtitle", "summary", "funding")]
    return [*head, *(words for block in blocks_of(state) for words in block_words(block))]


def block_words(block):
    data = block["data"] or {}
    cells = [cell for row in [data.get("header", []), *data.get("rows", [])] for cell in row]
    parts = [block["html"], *cells, *(data.get(name, "") for name in ("heading", "caption", "alt"))]
    return [text.plain(part) for part in parts if part]


def runs(words, length=6):
    plain = re.findall(r"[a-z0-9]+", " ".join(words).lower())
    return {tuple(plain[n : n + length]) for n in range(len(plain) - length + 1)}


# --- what is there ------------------------------------------------------------------------------------------------


def test_there_are_enough_articles_and_their_titles_are_spread_over_the_alphabet():
    assert len(reading.stories()) >= 10
    first = {states[-1].head["title"][0] for states in reading.stories().values()}
    assert "5" in first
    assert len(first) >= 10


def test_gene_therapy_is_told_as_of_2014_after_2017_and_today():
    states = reading.stories()["what-is-gene-therapy"]
    assert [state.head["published_at"][:4] for state in states] == ["2014", "2019", "2026"]
    told = [" ".join(words_of(state)) for state in states]
    assert "has not approved any gene therapy" in told[0]
    assert not any("has not approved any gene therapy" in words for words in told[1:])
    for state in states[1:]:
        labels = {block["uid"] for block in blocks_of(state)}
        assert {
            reading.uid_of("block", f"{state.slug} first-{name}")[:12] for name in ("imlygic", "kymriah", "luxturna")
        } <= labels


def test_a_statement_keeps_its_id_from_state_to_state():
    first, second, third = ({block["uid"] for block in blocks_of(s)} for s in reading.stories()["what-is-gene-therapy"])
    assert len(first & second) > 25
    assert len(second & third) > 25
    assert first - second
    assert third - second


# --- what it rests on ---------------------------------------------------------------------------------------------


@each_state
def test_every_statement_has_a_source_or_says_why_not(state):
    cited = {citation["block"] for citation in reading.snapshot_of(state, FIGURES)["citations"]}
    for block in blocks_of(state):
        excused = block["no_source_reason"] or block["kind"] == "subheading"
        assert block["claim"], f"no claim: {block['html']}"
        assert block["uid"] in cited or excused, f"no source: {block['html']}"


@each_state
def test_every_citation_names_a_source_we_have_and_the_day_it_was_looked_at(state):
    known = {item["id"] for item in reading.references()}
    for citation in reading.snapshot_of(state, FIGURES)["citations"]:
        assert citation["key"] in known
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", citation["accessed"])


@each_state
def test_nobody_looked_at_a_source_after_the_page_was_published(state):
    published = state.head.get("published_at")
    if published:
        assert state.head["checked"] <= published[:10]


@each_state
def test_no_page_leans_on_a_source_that_did_not_exist_yet(state):
    items = {item["id"]: item for item in reading.references()}
    year = int(state.head["checked"][:4])
    for citation in reading.snapshot_of(state, FIGURES)["citations"]:
        assert (csl.parts_of(items[citation["key"]].get("issued")) or [0])[0] <= year, citation["key"]


def test_every_source_is_well_formed_and_used():
    used = {c["key"] for state in STATES for c in reading.snapshot_of(state, FIGURES)["citations"]}
    items = reading.references()
    assert {item["id"] for item in items} == used
    for item in items:
        assert KEY.fullmatch(item["id"])
        assert csl.named_fields(item)["title"]
        assert item["custom"]["publisher_kind"] in Reference.PublisherKind.values
        assert item["custom"].get("evidence", "") in ["", *Reference.Evidence.values]
        if item.get("DOI"):
            assert identifiers.normalise_doi(item["DOI"]) == item["DOI"]


def test_no_identifier_is_one_that_nobody_has_checked():
    assert not UNCHECKED_DOIS & {item.get("DOI") for item in reading.references()}


# --- how it is written --------------------------------------------------------------------------------------------


@each_state
def test_sentences_are_short(state):
    sentences = [s for words in words_of(state) for s in re.split(r"(?<=[.!?:])\s+", words)]
    lengths = [len(re.findall(r"\w+", sentence)) for sentence in sentences]
    assert statistics.mean(lengths) <= 14
    assert max(lengths) <= 32, sentences[lengths.index(max(lengths))]


@each_state
def test_no_six_words_in_a_row_are_those_of_another_page(state):
    if not INPUTS.is_dir():
        pytest.skip("no pages to compare with")
    own = runs(words_of(state))
    for path in INPUTS.iterdir():
        theirs = runs([re.sub(r"<[^>]+>", " ", html.unescape(path.read_text("utf-8", errors="replace")))])
        shared = {" ".join(run) for run in own & theirs}
        assert not shared, f"{path.name}: {shared}"


@each_state
def test_texts_pass_the_door_as_they_are(state):
    for block in blocks_of(state):
        assert text.clean_inline(block["html"]) == block["html"]


def test_every_picture_says_what_it_shows():
    figures = [block for state in STATES for block in blocks_of(state) if block["kind"] == "figure"]
    assert len({block["data"]["alt"] for block in figures}) >= 2
    assert all(len(block["data"]["alt"]) > 40 for block in figures)


@pytest.mark.parametrize("name", drawing.names())
def test_a_drawing_becomes_the_same_small_picture_each_time(name):
    content, width, height = uploads.redrawn(drawing.draw(name))
    assert uploads.redrawn(drawing.draw(name)) == (content, width, height)
    assert len(content) < 40_000
    assert width == 720


def test_every_job_has_a_person_and_nobody_is_real():
    people = reading.data("people")["person"]
    assert {"author", "editor", "reviewer", "publisher", "auditor", "admin"} <= {p["sign_in"] for p in people}
    assert all("made-up person" in person["biography"] for person in people)
    assert all(degree["meaning"] for person in people for degree in person.get("degrees", []))


def test_all_eight_headings_have_a_signed_statement_and_one_has_run_out():
    policies = reading.data("policies")["policy"]
    assert [policy["principle"] for policy in policies] == list(range(1, 9))
    assert sum(policy["expires_on"].year < 2026 for policy in policies) == 1


def test_a_file_that_cannot_be_read_is_named_with_its_line():
    state = STATES[0]
    broken = reading.State(state.slug, 7, state.head, "## Heading without a label\n\nWords.")
    with pytest.raises(reading.ContentError, match=f"{state.slug}, state 7, “## Heading without a label”"):
        reading.snapshot_of(broken, FIGURES)


def test_snapshots_are_plain_json():
    for state in STATES:
        snapshot = reading.snapshot_of(state, FIGURES)
        assert json.loads(json.dumps(snapshot)) == snapshot


# --- loading ------------------------------------------------------------------------------------------------------

FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def sign_ins(tmp_path_factory):
    return tmp_path_factory.mktemp("var") / "demo-sign-ins.txt"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, sign_ins):
    """The whole library, loaded once for all tests below; each of them is rolled back to it."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO_SIGN_INS_FILE=sign_ins, PASSWORD_HASHERS=FAST),
        transaction.atomic(),
    ):
        call_command("load_demonstration", verbosity=0)
        yield sign_ins
        transaction.set_rollback(True)


@pytest.fixture
def library(loaded, db, settings):
    settings.DEMO_SIGN_INS_FILE = loaded
    return {article.slug: article for article in Article.objects.select_related("live_edition")}


def page_of(slug):
    return Page.objects.get(path=f"/articles/{slug}/")


def body_of(slug):
    return bytes(page_of(slug).body).decode()


def everything():
    """How many rows there are of all that a load makes."""
    models = (Article, Edition, LedgerEntry, Notice, Page, Person, PolicyStatement, Reference, SiteSettings, Version)
    return {model.__name__: model.objects.count() for model in models}


def test_every_article_is_there_as_its_last_state_says(library):
    assert set(library) == set(reading.stories())
    for slug, states in reading.stories().items():
        wanted = states[-1].head.get("state", "published")
        state = {"published": "clean", "emergency": "clean", "parked": "draft"}.get(wanted, wanted)
        assert library[slug].state == state, slug
        published = [s for s in states if s.head.get("state", "published") in ("published", "emergency")]
        assert library[slug].editions.count() == len(published), slug
        assert not snapshot.validate(drafting.newest(library[slug]))


def test_a_second_load_changes_nothing(library):
    before = everything()
    call_command("load_demonstration")
    assert everything() == before
    assert loading.missing() == []


def test_a_second_load_keeps_what_somebody_has_changed(library):
    article = library["menieres-disease"]
    editor = Person.objects.get(name="Marek Tolland").user
    mine = drafting.newest(article) | {"slug": "another-address", "title": "Renamed"}
    now = timezone.now()
    drafting.save(article, mine, actor=editor, now=now, base=article.newest_revision_id, confirmed=True)
    before = everything()
    call_command("load_demonstration")
    article.refresh_from_db()
    assert (article.slug, article.title) == ("another-address", "Renamed")
    assert everything() == before


def test_published_days_are_sample_history_and_recorded_days_are_real(library):
    now = timezone.now()
    for slug, states in reading.stories().items():
        days = [s.head["published_at"] for s in states if "published_at" in s.head]
        editions = library[slug].editions.order_by("number")
        assert [e.published_at for e in editions] == [datetime.datetime.fromisoformat(day) for day in days]
        for edition in editions:
            assert edition.is_sample
            assert now - edition.recorded_at < datetime.timedelta(minutes=30)


def test_the_history_of_an_article_is_told_in_the_order_of_its_making(library):
    told = [event.what.split(" (")[0] for event in reversed(events_of(library["what-is-gene-therapy"]))]
    checked = ["Submit for checking", "Pass on to a medical reviewer", "Approve and sign"]
    again = ["Saved", "Back to draft by an edit", *checked]
    assert told[:5] == ["Saved", *checked, "Published version 1"]
    assert told[5:11] == [*again, "Published version 2"]
    assert told[12:18] == [*again, "Published version 3"]
    assert told[11] == told[18] == "Checked, nothing to change"


def test_every_page_says_that_it_is_a_sample(library):
    pages = Page.objects.filter(path__startswith="/articles/", status__in=[200, 410])
    assert pages.count() >= 10
    for page in pages:
        assert publishing.SAMPLE_NOTICE in bytes(page.body).decode(), page.path
    for tail in ("history/", "compare/", "verify/", "share/", "editions/1/"):
        assert publishing.SAMPLE_NOTICE in Client().get(f"/articles/what-is-gene-therapy/{tail}").content.decode(), tail


def test_the_record_of_the_load_is_whole(library):
    call_command("verify_ledger")


def test_gene_therapy_has_three_published_versions_and_today_s_is_checked(library):
    article = library["what-is-gene-therapy"]
    assert [e.significance for e in article.editions.order_by("number")] == ["substantive"] * 3
    assert article.reviewed_on == datetime.date(2026, 11, 20)
    assert article.covered == article.statements
    assert "has not approved any gene therapy" not in body_of("what-is-gene-therapy")


def test_one_page_is_overdue_and_says_so(library):
    now = timezone.now().date()
    overdue = [slug for slug, a in library.items() if a.live_edition_id and a.due_on and a.due_on < now]
    assert "vectors-that-carry-genes" in overdue
    assert "should have been checked" in body_of("vectors-that-carry-genes")


def test_one_page_waits_for_its_second_check(library):
    assert publishing.is_awaiting(library["5q-spinal-muscular-atrophy"].live_edition)


def test_one_page_is_withdrawn_and_one_has_moved(library):
    assert page_of("glybera").status == 410
    assert "can no longer be had" in body_of("glybera")
    moved = page_of("leber-congenital-amaurosis")
    assert (moved.status, moved.location) == (301, "/articles/rpe65-inherited-retinal-dystrophy/")


def test_one_statement_is_withheld(library):
    assert "one in 5,000 boys" not in text.plain(body_of("haemophilia"))
    assert "counts boys only or all babies" in body_of("haemophilia")


def test_one_page_carries_a_correction(library):
    article = library["familial-lipoprotein-lipase-deficiency"]
    assert article.live_edition.is_correction
    assert "in April the maker had only announced it" in text.plain(body_of(article.slug))


def test_one_rewrite_is_parked_while_the_live_page_is_put_right(library):
    article = library["taking-part-in-a-trial"]
    assert article.parked_revision_id
    assert "Who may take part?" in json.dumps(drafting.read(article.parked_revision_id, article))
    assert "Who may take part?" not in json.dumps(drafting.newest(article))


def test_one_spelling_mistake_waits_for_a_second_look(library):
    editor = Person.objects.get(name="Marek Tolland").user
    offers = {o.move.name: o for o in workflow.possible(library["menieres-disease"], editor, timezone.now())}
    assert offers["approve_minor"].is_open, offers["approve_minor"].reasons


def test_drafts_are_on_no_page(library):
    for page in Page.objects.filter(content_type__startswith="text/html"):
        assert "Wiskott" not in bytes(page.body).decode(), page.path
    assert not TitleEntry.objects.filter(article=library["wiskott-aldrich-syndrome"]).exists()


def test_the_scheduled_article_goes_live_by_itself(library):
    later = timezone.now() + loading.SCHEDULED_AFTER
    assert [outcome.reasons for outcome in workflow.publish_due(later)] == [()]
    assert page_of("elevidys").status == 200


def test_letters_digits_and_accents_have_something_to_show(library):
    letters = set(TitleEntry.objects.values_list("letter", flat=True))
    assert {"0-9", "m", "x"} <= letters
    assert len(letters) >= 12
    assert TitleEntry.objects.get(label="Ménière’s disease").letter == "m"


def test_everybody_can_sign_in_with_the_password_in_the_file(library, sign_ins):
    assert stat.S_IMODE(sign_ins.stat().st_mode) == 0o600
    lines = [line.split()[:2] for line in sign_ins.read_text().splitlines()]
    assert {"author", "editor", "reviewer", "publisher", "auditor", "admin"} <= {name for name, _ in lines}
    assert len({password for _, password in lines}) == len(lines)
    with override_settings(PASSWORD_HASHERS=FAST):
        for name, password in lines:
            assert Client().login(username=name, password=password), name


def test_nobody_signed_what_they_wrote(library):
    for article in library.values():
        makers = {(row.statement, row.digest): row.actor for row in article.wordings.all()}
        for review in article.reviews.all():
            assert review.actor not in makers.values()


def test_a_site_in_use_is_not_given_sample_people(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not loaded"):
        call_command("load_demonstration")


def test_without_style_sheets_the_load_says_what_to_run_first(settings, monkeypatch):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    step = mock.Mock(label="What is gene therapy?")
    monkeypatch.setattr(loading, "missing", lambda: [step])
    with pytest.raises(CommandError, match=r"run `manage\.py collectstatic` first"):
        call_command("load_demonstration")
    step.run.assert_not_called()


def test_an_account_with_the_name_of_a_job_is_left_alone(library):
    mine = Person.objects.get(name="Marek Tolland").user
    person = next(p for p in reading.data("people")["person"] if p["sign_in"] == mine.get_username())
    user, _ = loading._account(person, timezone.now())
    assert user.get_username() == "editor-sample"
    assert user.pk != mine.pk
