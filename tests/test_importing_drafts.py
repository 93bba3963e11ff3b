"""The act and the command: an old page becomes a draft once, whole or not at all, and is never taken for checked."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from articles import drafting, snapshot, workflow
from articles.importing.drafts import CREATED, REFUSED, UNCHANGED, import_page
from articles.importing.page import Report
from articles.importing.parsing import parse
from articles.models import Article, Edition, ImportOriginal, LedgerEntry, Topic, Wording
from articles.verification import problems
from references.csl import CslError
from references.models import Reference
from tests.people import NOW, make_topic, make_user

PAGES = Path(__file__).parent / "data" / "import"
OLD_PAGE = (PAGES / "old-page.txt").read_bytes()

pytestmark = pytest.mark.django_db


def bring(name="old-page.txt", data=OLD_PAGE, actor=None, **options):
    return import_page(name, data, actor=actor, now=NOW, read=parse, **options)


def everything() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Article, Reference, Topic, ImportOriginal, LedgerEntry, Wording))


def test_a_page_becomes_a_draft_with_its_sources_and_its_original():
    outcome = bring()
    article = outcome.article
    assert (outcome.status, outcome.sentence) == (CREATED, "Imported as the draft “What Is a Sleep Diary?”.")
    assert article.state == Article.State.DRAFT
    assert snapshot.take(article) == drafting.newest(article)
    assert [row.key for row in Reference.objects.order_by("key")] == ["marlowe2008", "rest2009", "rest2010"]
    assert article.citations.get(reference__key="rest2010").accessed.isoformat() == "2011-03-06"
    original = article.originals.get()
    assert (original.name, bytes(original.content), original.actor) == ("old-page.txt", OLD_PAGE, "system")
    assert Report.from_dict(original.report) == outcome.report


def test_nothing_of_an_import_is_public_or_checked():
    article = bring().article
    assert article.live_edition is None
    assert not Edition.objects.exists()
    assert article.reviewed_on is None


def test_the_activity_record_tells_of_the_import_and_stays_whole():
    bring()
    assert LedgerEntry.objects.filter(kind="import").count() == 1
    assert list(problems()) == []


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir()))
def test_the_same_file_again_changes_nothing(name):
    data = (PAGES / name).read_bytes()
    assert bring(name, data).status == CREATED
    before = everything()
    again = bring(name, data)
    assert again.status == UNCHANGED
    assert "nothing has changed since" in again.sentence
    assert everything() == before


def test_the_same_bytes_under_another_name_are_the_same_page():
    first = bring()
    again = bring("copy.txt")
    assert (again.status, again.article) == (UNCHANGED, first.article)


def test_other_bytes_under_the_same_name_are_left_to_an_editor():
    bring()
    before = everything()
    outcome = bring(data=OLD_PAGE + b"\nOne more line.\n")
    assert outcome.status == REFUSED
    assert "imported on 4 May 2026 as “What Is a Sleep Diary?”" in outcome.sentence
    assert "rename the file" in outcome.sentence
    assert everything() == before


def test_an_address_that_is_taken_gets_a_number_and_a_word_to_the_editor():
    bring()
    outcome = bring("other.txt", OLD_PAGE + b"\nOne more line.\n")
    assert outcome.article.slug == "what-is-a-sleep-diary-2"
    assert any("belongs to “What Is a Sleep Diary?”" in entry.sentence for entry in outcome.report.uncertain)


def test_a_dry_run_reports_the_same_and_changes_nothing():
    before = everything()
    dry = bring(dry_run=True, topic="Health/Sleep")
    assert everything() == before
    assert (dry.status, dry.article) == (CREATED, None)
    assert dry.sentence == "Would become the draft “What Is a Sleep Diary?”."
    assert dry.report == bring(topic="Health/Sleep").report


def test_a_refused_page_leaves_nothing_behind():
    before = everything()
    outcome = bring("half.html", b"<html><body><p>Half a page <a hre")
    assert (outcome.status, outcome.article) == (REFUSED, None)
    assert everything() == before


def test_a_topic_path_is_followed_and_made_where_it_is_missing():
    health = make_topic("Health", "health")
    article = bring(topic="health/Sleep well").article
    topic = article.topics.get()
    assert (topic.name, topic.parent, topic.slug) == ("Sleep well", health, "sleep-well")


def test_the_breadcrumb_finds_a_topic_that_is_there_and_makes_none():
    sleep = make_topic("SLEEP", "sleep")
    assert bring().article.topics.get() == sleep
    assert Topic.objects.count() == 1


def test_a_source_that_the_library_has_is_used_and_not_doubled():
    bring("page.html", (PAGES / "page.html").read_bytes())
    count = Reference.objects.count()
    other = bring("other.html", (PAGES / "page.html").read_bytes().replace(b"Blue Hands", b"Green Hands"))
    assert Reference.objects.count() == count
    assert any("The library already has the source" in entry.sentence for entry in other.report.recognised)


def test_a_bad_value_of_a_source_is_left_out_and_told():
    text = b"Title\n\nSome text.\n\nSources\n\nFinch B. Nights. J Rest. 2003;80(1):1-2. doi:10.5555/x PMID: 0\n"
    outcome = bring("bad.txt", text)
    assert outcome.status == CREATED
    assert Reference.objects.get().title == "Nights"
    assert any("Left out of the source" in entry.sentence for entry in outcome.report.uncertain)


def test_a_source_that_cannot_be_kept_is_a_note_and_its_mark_goes(monkeypatch):
    text = b"Title\n\nSome text [1].\n\nSources\n\nFinch B. Nights. J Rest. 2003;80(1):1-2.\n"
    monkeypatch.setattr("articles.importing.drafts.find_or_create", refuse_source)
    outcome = bring("bad.txt", text)
    assert outcome.article.blocks.get().html == "Some text."
    assert not outcome.article.citations.exists()
    assert [entry.text for entry in outcome.report.kept] == ["Nights"]


def refuse_source(*args, **kwargs):
    raise CslError("No place for it.")


def test_importing_is_for_those_who_write(newsroom):
    page = b"Title\n\nSome text without sources.\n"
    for person in (newsroom.audrey, newsroom.rita, newsroom.paul):
        assert bring(data=page, actor=person).sentence == "Only authors and editors write articles."
    assert bring(data=page, actor=newsroom.alice).status == CREATED


def test_who_imports_is_the_maker_and_cannot_approve(newsroom):
    """Threat A9: two pairs of eyes hold for imported text."""
    article = bring(actor=newsroom.edward).article
    makers = set(Wording.objects.filter(article=article).values_list("actor", flat=True))
    assert len(makers) == 1
    assert article.originals.get().actor in makers
    Article.objects.filter(pk=article.pk).claim(state=Article.State.EDITORIAL_REVIEW)
    article.refresh_from_db()
    offers = {offer.move.name: offer.reasons for offer in workflow.possible(article, newsroom.edward, NOW)}
    others = {offer.move.name: offer.reasons for offer in workflow.possible(article, make_user("eve", "editor"), NOW)}
    assert offers["pass_on"]
    assert not others["pass_on"]


def test_hostile_text_is_stored_as_text():
    page = b"<h1>T</h1><p>{{ settings.SECRET_KEY }} {% debug %} %(x)s {0.__class__} <b onclick=x>bold</b></p>"
    article = bring("t.html", page).article
    block = article.blocks.get()
    assert block.html == "{{ settings.SECRET_KEY }} {% debug %} %(x)s {0.__class__} <strong>bold</strong>"


# --- the command ---------------------------------------------------------------------------------------------------


def run(*arguments) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_articles", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "index.html").write_bytes(b"<h1>Deep</h1><p>Some deep words.</p>")
    (tmp_path / "old-page.txt").write_bytes(OLD_PAGE)
    (tmp_path / ".hidden.txt").write_bytes(b"Hidden\n\nNot looked at.\n")
    return tmp_path


def test_a_folder_is_imported_with_a_report_for_each_file(folder):
    out, _ = run(folder, "--topic", "Health/Sleep")
    assert set(Article.objects.values_list("title", flat=True)) == {"Deep", "What Is a Sleep Diary?"}
    assert set(ImportOriginal.objects.values_list("name", flat=True)) == {"deep/index.html", "old-page.txt"}
    assert all(article.topics.get().name == "Sleep" for article in Article.objects.all())
    assert "old-page.txt: Imported as the draft “What Is a Sleep Diary?”." in out
    assert "line 4: Title: “What Is a Sleep Diary?”." in out
    assert "2 files: 2 created." in out


def test_the_command_again_changes_nothing(folder):
    run(folder)
    before = everything()
    out, _ = run(folder)
    assert everything() == before
    assert "2 files: 2 unchanged." in out


def test_a_dry_run_of_the_command_changes_nothing(folder):
    before = everything()
    out, _ = run(folder, "--dry-run")
    assert everything() == before
    assert "Would become the draft" in out


def test_what_is_refused_is_told_and_the_rest_goes_on(folder):
    (folder / "a-picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "empty.txt").write_bytes(b"")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="6 files"):
        call_command("import_articles", str(folder), str(folder / "missing.txt"), stdout=out, stderr=err)
    refused = err.getvalue()
    for name in ("a-picture.png", "empty.txt", "huge.txt", "missing.txt"):
        assert f"{name}: " in refused
    assert Article.objects.count() == 2


def test_a_device_is_not_read():
    with pytest.raises(CommandError):
        run("/dev/zero")


def test_imported_pages_pass_the_checks_that_any_draft_meets():
    article = bring().article
    assert snapshot.validate(drafting.newest(article)) == []
