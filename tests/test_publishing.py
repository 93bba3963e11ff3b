"""Editions, pages and notices: what readers get, and when it goes away."""

import datetime
import gzip
import json
import subprocess
import sys
import threading

import brotli
import pytest
from django.conf import settings as django_settings
from django.db import connections

from articles import drafting, publishing, rendering, trust, workflow
from articles.canonical import canonical, digest_bytes
from articles.drafting import Refused
from articles.models import Article, Edition, LiveTopic, Notice, Page, PagesVersion, Rendering, TitleEntry
from articles.verification import problems
from articles.worker import owed_by, run_chores
from tests.people import NOW, make_topic, reword

DAY = datetime.timedelta(days=1)
PATH = "/articles/what-is-gene-therapy/"


def body(path=PATH):
    return bytes(Page.objects.get(path=path).body).decode()


def correct(newsroom, article, change, now=NOW, **details):
    newsroom.edit(article, change, now=now)
    newsroom.do(article, "submit", newsroom.alice, now, reason="Corrected")
    newsroom.do(article, "pass_on", newsroom.edward, now)
    newsroom.do(article, "approve", newsroom.rita, now)
    newsroom.do(article, "publish", newsroom.paul, now, **details)


def test_a_page_is_stored_ready_in_three_forms(newsroom):
    newsroom.live()
    page = Page.objects.get(path=PATH)
    assert brotli.decompress(bytes(page.brotli)) == gzip.decompress(bytes(page.gzip)) == bytes(page.body)
    assert page.digest == digest_bytes(bytes(page.body))
    assert page.etag.strip('"') in page.digest


def test_an_edition_is_the_approved_snapshot_byte_for_byte(newsroom):
    article = newsroom.live()
    edition = article.live_edition
    approved = article.transitions.get(pk=edition.approvals[0])
    assert digest_bytes(edition.snapshot.encode()) == approved.snapshot_digest == edition.snapshot_digest
    assert edition.snapshot.encode() == canonical(json.loads(edition.snapshot))


def test_a_draft_of_a_live_article_never_reaches_its_page(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "Canary: not for readers."))
    publishing.refresh(article, NOW)
    assert "Canary" not in body()


def test_every_publication_moves_the_pages_version_and_the_modification_time(newsroom):
    article = newsroom.live()
    before, page = PagesVersion.objects.get().number, Page.objects.get(path=PATH)
    correct(newsroom, article, reword("b1", "It is given twice."))
    after = Page.objects.get(path=PATH)
    assert PagesVersion.objects.get().number > before
    assert after.last_modified > page.last_modified
    assert after.version == PagesVersion.objects.get().number
    assert after.etag != page.etag


@pytest.mark.parametrize("number", [1, 2])
def test_a_page_made_again_from_the_stored_edition_is_the_same_byte_for_byte(newsroom, number):
    first, second = make_topic(), make_topic("Cells", "cells", parent=make_topic("Body", "body"))
    cited = [{"system": "mesh", "code": "D015316", "relation": "exact"}]
    article = newsroom.live(newsroom.draft(topics=[second.uid, first.uid], codes=cited, also_called=["Gene transfer"]))
    if number == 2:
        correct(newsroom, article, reword("b1", "It is given twice."), is_correction=True)
    before = list(Page.objects.order_by("path").values_list("path", "digest", "last_modified", "next_change_at"))
    assert not publishing.refresh(article, NOW)
    after = list(Page.objects.order_by("path").values_list("path", "digest", "last_modified", "next_change_at"))
    assert after == before
    assert article.renderings.count() == number


@pytest.mark.parametrize(("number", "most"), [(1, 61), (2, 54)])
def test_publishing_asks_for_nothing_twice(newsroom, django_assert_max_num_queries, number, most):
    article = newsroom.approved(newsroom.draft(topics=[make_topic().uid]))
    if number == 2:
        newsroom.do(article, "publish", newsroom.paul)
        newsroom.edit(article, reword("b1", "It is given twice."))
        newsroom.approved(article)
    with django_assert_max_num_queries(most):
        workflow.perform(article, "publish", newsroom.paul, NOW)


def test_an_act_stops_where_its_article_became_another_under_it(newsroom):
    article = newsroom.live()
    seen = Article.objects.get(pk=article.pk)
    newsroom.edit(article, reword("b1", "It is given twice."))
    with pytest.raises(RuntimeError, match="changed while it was locked"):
        seen.claim(live_edition=None)
    article.refresh_from_db()
    assert article.live_edition is not None


def test_a_withdrawn_article_is_gone_at_all_its_addresses(newsroom):
    article = newsroom.live()
    correct(newsroom, article, lambda mine: mine.update(slug="gene-therapy"))
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong dose", words="We are checking this page.")
    for path in (PATH, "/articles/gene-therapy/"):
        page = Page.objects.get(path=path)
        assert page.status == 410
        assert "We are checking this page." in bytes(page.body).decode()
        assert "A vector carries" not in bytes(page.body).decode()
    assert not Edition.objects.live().exists()
    assert not TitleEntry.objects.exists()
    assert [publishing.gone_notice(edition) is not None for edition in article.editions.all()] == [True, True]
    assert list(problems()) == []


def test_a_second_publisher_confirms_a_withdrawal_not_the_first(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong dose", words="We are checking this page.")
    assert publishing.unconfirmed().count() == 1
    with pytest.raises(Refused, match="another publisher"):
        newsroom.do(article, "confirm_notice", newsroom.paul)
    newsroom.do(article, "confirm_notice", newsroom.petra)
    assert publishing.unconfirmed().count() == 0


def test_a_moved_article_leads_to_where_it_moved(newsroom):
    article, other = newsroom.live(), newsroom.live(newsroom.draft(slug="other", title="Other"))
    newsroom.do(article, "withdraw", newsroom.paul, reason="Merged", words="See the other page.", moved_to=other)
    page = Page.objects.get(path=PATH)
    assert (page.status, page.location) == (301, "/articles/other/")


def test_an_article_does_not_move_to_a_draft_or_to_itself(newsroom):
    article, draft = newsroom.live(), newsroom.draft(slug="other", title="Other")
    for target in (article, draft):
        with pytest.raises(Refused, match="another article that is live"):
            newsroom.do(article, "withdraw", newsroom.paul, reason="x", words="x", moved_to=target)


def test_a_withdrawn_article_comes_back_only_by_reopening_and_approval(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong dose", words="We are checking this page.")
    with pytest.raises(Refused):
        newsroom.do(article, "publish", newsroom.paul)
    newsroom.do(article, "reopen", newsroom.paul)
    correct(newsroom, article, reword("b2", "Take 4 mg each morning."))
    assert "Take 4 mg" in body()
    assert publishing.gone_notice(article.live_edition) is None
    assert publishing.gone_notice(article.editions.get(number=1)) is not None
    assert list(problems()) == []


def test_a_withheld_statement_is_not_read_and_comes_back_when_given_back(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b2", words="Being checked", reason="A letter")
    assert "5 mg" not in body()
    assert "Being checked" in body()
    with pytest.raises(Refused, match="withheld already"):
        newsroom.do(article, "withhold", newsroom.paul, block="0000000000b2", words="x", reason="x")
    newsroom.do(article, "give_back", newsroom.petra, reason="It was right")
    assert "5 mg" in body()


def test_a_changed_address_leaves_a_permanent_redirect(newsroom):
    article = newsroom.live()
    correct(newsroom, article, lambda mine: mine.update(slug="gene-therapy"))
    correct(newsroom, article, lambda mine: mine.update(slug="gene-therapy-explained"))
    for path in (PATH, "/articles/gene-therapy/"):
        page = Page.objects.get(path=path)
        assert (page.status, page.location) == (301, "/articles/gene-therapy-explained/")
    assert article.editions.get(number=1).slug == "what-is-gene-therapy"


def test_listings_follow_the_live_version(newsroom):
    topic = make_topic()
    article = newsroom.live(newsroom.draft(topics=[topic.uid], also_called=["Écran", "X-linked test", "5q test"]))
    entries = {(e.label, e.letter) for e in TitleEntry.objects.all()}
    assert entries == {("What is gene therapy?", "w"), ("Écran", "e"), ("X-linked test", "x"), ("5q test", "0-9")}
    assert [link.topic for link in LiveTopic.objects.all()] == [topic]
    newsroom.edit(article, lambda mine: mine.update(also_called=["Draft only"]))
    assert not TitleEntry.objects.filter(label="Draft only").exists()


def test_markers_of_a_new_look_come_over_the_same_edition_and_the_record_stays_whole(newsroom, monkeypatch):
    article = newsroom.live()
    with monkeypatch.context() as earlier:
        earlier.setattr(rendering, "CITE", '<sup class="cite"><a href="#source-{number}">[{number}]</a></sup>')
        earlier.setattr(rendering, "renderer_version", lambda: "0" * 16)
        publishing.refresh(article, NOW)
    before, page = Edition.objects.values().get(), Page.objects.get(path=PATH)
    assert "popovertarget" not in body()
    assert list(run_chores(NOW + DAY))
    assert "popovertarget" in body()
    assert Edition.objects.values().get() == before
    shown = Rendering.objects.filter(path=PATH)
    assert [seen.digest for seen in shown][:2] == [Page.objects.get(path=PATH).digest, page.digest]
    assert list(problems()) == []


def test_related_pages_are_refreshed_when_a_neighbour_comes_or_goes(newsroom):
    topic = make_topic()
    first = newsroom.live(newsroom.draft(topics=[topic.uid]))
    assert "Zolgensma" not in body()
    other = newsroom.live(newsroom.draft(topics=[topic.uid], slug="zolgensma", title="Zolgensma"))
    list(run_chores(NOW))
    assert "Zolgensma" in body()
    newsroom.do(other, "withdraw", newsroom.paul, reason="x", words="x")
    list(run_chores(NOW))
    assert "Zolgensma" not in body()
    assert first.live_edition_id


# --- dates --------------------------------------------------------------------------------------------------------


def test_the_four_dates_are_four_facts(newsroom):
    article = newsroom.live()
    assert (article.updated_on, article.reviewed_on, article.due_on) == (
        NOW.date(),
        NOW.date(),
        datetime.date(2027, 5, 4),
    )
    later = NOW + 100 * DAY
    newsroom.edit(article, reword("b1", "It is given once"), now=later)
    newsroom.do(article, "submit", newsroom.alice, later, reason="Full stop")
    newsroom.do(article, "approve_minor", newsroom.edward, later)
    newsroom.do(article, "publish", newsroom.paul, later)
    assert (article.updated_on, article.reviewed_on) == (NOW.date(), NOW.date()), "a typo moves neither"
    newsroom.do(article, "renew", newsroom.rita, later)
    assert (article.updated_on, article.reviewed_on) == (NOW.date(), later.date()), "a check moves Reviewed only"
    assert article.due_on == trust.add_months(later.date(), 12)
    correct(newsroom, article, reword("b2", "Take 6 mg each morning."), later + DAY)
    assert article.updated_on == (later + DAY).date()
    assert article.reviewed_on == later.date(), "the oldest current signature counts"


def test_an_overdue_page_says_so_by_itself(newsroom):
    newsroom.live()
    assert "Next check: May 2027" in body()
    list(run_chores(datetime.datetime(2027, 5, 5, 1, tzinfo=datetime.UTC)))
    assert "This page should have been checked in May 2027 and was not. Ask your doctor before acting on it." in body()


def test_one_page_that_cannot_be_made_does_not_stop_the_others(newsroom, monkeypatch, caplog):
    newsroom.live()
    newsroom.live(newsroom.draft(slug="other", title="Other"))
    later = datetime.datetime(2027, 5, 5, 1, tzinfo=datetime.UTC)
    render = publishing.rendering.render_article

    def poisoned(page):
        if page.slug == "what-is-gene-therapy":
            raise ValueError("poisoned")
        return render(page)

    monkeypatch.setattr(publishing.rendering, "render_article", poisoned)
    list(run_chores(later))
    assert "was not. Ask your doctor" in body("/articles/other/")
    assert "Next check: May 2027" in body()
    assert "cannot be made anew" in caplog.text
    monkeypatch.undo()
    list(run_chores(later + datetime.timedelta(hours=1)))
    assert "was not. Ask your doctor" in body()


def test_a_page_published_without_a_doctor_says_so(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "publish_now", newsroom.paul, reason="Outbreak")
    assert "No health professional has checked this page." in body()
    assert (article.covered, article.reviewed_on) == (0, None)


def test_only_the_statements_that_changed_lose_their_signature(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."))
    newsroom.do(article, "publish_now", newsroom.paul, reason="Wrong dose on the page")
    assert (article.covered, article.statements) == (2, 3)
    assert article.reviewed_on is None


# --- the emergency door -------------------------------------------------------------------------------------------


def test_the_emergency_door_needs_a_reason_and_stays_on_the_list(newsroom):
    article = newsroom.draft()
    with pytest.raises(Refused, match="Say why"):
        newsroom.do(article, "publish_now", newsroom.paul)
    newsroom.do(article, "publish_now", newsroom.paul, reason="Outbreak")
    assert [edition.article for edition in publishing.approvals_owed()] == [article]
    assert "approv" in body().lower()


def test_an_owed_approval_escalates_after_three_working_days(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "publish_now", newsroom.paul, reason="Outbreak")
    edition = article.live_edition
    assert owed_by(edition) == datetime.date(2026, 5, 7)
    assert not [line for line in run_chores(NOW + 3 * DAY) if "still waits" in line]
    assert [line for line in run_chores(NOW + 4 * DAY) if "still waits" in line]
    assert not [line for line in run_chores(NOW + 4 * DAY) if "still waits" in line], "once a day is enough"


# --- the schedule -------------------------------------------------------------------------------------------------


@pytest.fixture
def scheduled(newsroom):
    article = newsroom.approved()
    newsroom.do(article, "schedule", newsroom.paul, at=NOW + DAY, zone="Europe/London")
    return article


def test_a_scheduled_article_is_published_when_its_moment_comes_not_before(newsroom, scheduled):
    assert workflow.publish_due(NOW + DAY - datetime.timedelta(seconds=1)) == []
    (outcome,) = workflow.publish_due(NOW + DAY)
    assert outcome.reasons == ()
    assert workflow.publish_due(NOW + DAY) == []
    scheduled.refresh_from_db()
    assert (scheduled.state, scheduled.live_edition.number) == ("clean", 1)
    assert (scheduled.go_live_at, scheduled.go_live_zone, scheduled.scheduled_by) == (None, "", None)


def test_a_dry_run_changes_nothing(newsroom, scheduled):
    (outcome,) = workflow.publish_due(NOW + DAY, dry_run=True)
    assert outcome.reasons == ()
    assert not Edition.objects.exists()


@pytest.mark.parametrize("loss", ["role", "account", "source", "tables"])
def test_a_schedule_that_lost_what_it_stood_on_is_refused_aloud(newsroom, scheduled, loss):
    if loss == "role":
        newsroom.paul.groups.clear()
    elif loss == "account":
        newsroom.paul.is_active = False
        newsroom.paul.save()
    elif loss == "source":
        from references.recording import save_reference

        base = newsroom.reference.newest_revision_id()
        save_reference({"title": "Other"}, actor=newsroom.alice, reference=newsroom.reference, base=base)
    else:
        from articles.models import Block

        Block._base_manager.filter(article=scheduled).update(html="Take 500 mg.")
    (outcome,) = workflow.publish_due(NOW + DAY)
    assert outcome.reasons
    scheduled.refresh_from_db()
    assert (scheduled.state, scheduled.live_edition) == ("approved", None)
    assert scheduled.transitions.first().name == "schedule_failed"
    assert workflow.publish_due(NOW + DAY) == [], "nobody waits for it in silence, and it is not tried for ever"


def test_a_moment_in_the_past_or_an_unknown_zone_is_refused(newsroom):
    article = newsroom.approved()
    with pytest.raises(Refused, match="lie ahead"):
        newsroom.do(article, "schedule", newsroom.paul, at=NOW - DAY)
    with pytest.raises(Refused, match="no time zone"):
        newsroom.do(article, "schedule", newsroom.paul, at=NOW + DAY, zone="Mars/Olympus")


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_a_due_article_once(request):
    newsroom = request.getfixturevalue("newsroom")
    article = newsroom.approved()
    newsroom.do(article, "schedule", newsroom.paul, at=NOW + DAY)
    barrier, outcomes = threading.Barrier(3), []

    def work():
        try:
            barrier.wait(10)
            outcomes.extend(workflow.publish_due(NOW + DAY))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Edition.objects.filter(article=article).count() == 1
    assert len([o for o in outcomes if not o.reasons]) == 1
    assert list(problems()) == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_publish_a_due_article_once(request):
    newsroom = request.getfixturevalue("newsroom")
    article = newsroom.approved()
    newsroom.do(article, "schedule", newsroom.paul, at=NOW + DAY)
    program = (
        "import datetime, django; from django.conf import settings; settings.STORAGES = {storages!r}; django.setup();"
        "from django.db import connection; connection.settings_dict['NAME'] = {name!r};"
        "from articles import workflow;"
        "print(sum(1 for o in workflow.publish_due(datetime.datetime({at}, tzinfo=datetime.UTC)) if not o.reasons))"
    ).format(
        name=str(connections["default"].settings_dict["NAME"]), at="2026, 5, 5, 9", storages=django_settings.STORAGES
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in running]
    assert sorted(int(out or 0) for out, _ in answers) == [0, 1], answers
    assert Edition.objects.filter(article=article).count() == 1


# --- fixing a live page while a rewrite waits ---------------------------------------------------------------------


def test_a_live_page_is_fixed_while_a_rewrite_waits_and_the_rewrite_comes_back(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("p1", 'A rewritten opening.<cite data-uid="c1"></cite>'))
    newsroom.do(article, "fix_live", newsroom.alice)
    assert "A vector carries" in drafting.newest(article)["sections"][0]["blocks"][0]["html"]
    correct(newsroom, article, reword("b2", "Take 4 mg each morning."))
    assert "Take 4 mg" in body()
    assert "rewritten" not in body()
    newest = {b["html"] for b in drafting.newest(article)["sections"][0]["blocks"]}
    assert newest >= {'A rewritten opening.<cite data-uid="c1"></cite>', "Take 4 mg each morning."}
    assert (article.state, article.parked_revision) == ("draft", None)
    assert list(problems()) == []


def test_only_one_draft_can_be_parked(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "Rewrite."))
    newsroom.do(article, "fix_live", newsroom.alice)
    newsroom.edit(article, reword("b2", "Take 4 mg."))
    with pytest.raises(Refused, match="parked already"):
        newsroom.do(article, "fix_live", newsroom.alice)


def test_a_notice_row_is_written_for_everything_readers_are_told(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b2", words="Being checked", reason="A letter")
    newsroom.do(article, "give_back", newsroom.paul, reason="It was right")
    assert list(Notice.objects.values_list("kind", "action")) == [("withheld", "raised"), ("withheld", "lifted")]
    assert Article.objects.get(pk=article.pk).state == "clean"
