"""A source that went bad marks the statements that lean on it, everywhere, until a person answers or they change."""

import datetime
import itertools
import random
import re

import pytest

from articles import drafting, publishing, ripple, snapshot, source_merges, troubles, workflow
from articles.drafting import Refused
from articles.models import LedgerEntry, OutboxMessage, Page, PagesVersion, SourceMark
from articles.ripple import Asked, Further
from articles.verification import problems
from articles.worker import run_chores
from references import record
from references.models import LinkCheck, PublicationNotice
from references.recording import save_reference
from references.standing import Standing
from tests import snapshots
from tests.people import NOW, make_reference, make_user, reword
from tests.snapshots import bullet, callout, cite, full, paragraph, section, subheading, table

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
LATER = NOW + DAY
RETRACTED_ON = datetime.date(2019, 7, 26)
ADDRESS = "https://e.org/"
ANSWER = "We have checked it against two later trials; it stands."
_records = itertools.count(1)


def notice(source, nature="retraction", dated=RETRACTED_ON, now=NOW, **facts):
    """The library learns of a notice, and the worker does what follows from it."""
    values = {"origin": "crossref", "record_id": str(next(_records)), "dated": dated} | facts
    row = PublicationNotice(reference=source, nature=nature, noticed_at=now, **values)
    record.keep([row], now=now)
    work(now)
    return row


def work(now=NOW):
    return list(run_chores(now))


def page_of(article):
    article.refresh_from_db()
    page = Page.objects.get(path=f"/articles/{article.live_edition.slug}/")
    return bytes(page.body).decode()


def marks_on(article):
    article.refresh_from_db()
    return ripple.marks_of(article, article.live_edition)


def places(article):
    return {(mark.place, mark.trouble.key) for mark in marks_on(article)}


def give_answer(article, actor, words=ANSWER, now=NOW, further=(), **changes):
    (mark,) = marks_on(article)
    seen = {"place": mark.place or "", "key": mark.trouble.key, "matter": mark.trouble.matter, "digest": mark.digest}
    return ripple.answer(article, Asked(**seen | changes), words, actor, now, further)


def publish(newsroom, article, change, now=LATER):
    """An edit of the live page that two people stand behind."""
    newsroom.edit(article, change, now=now)
    newsroom.do(article, "submit", newsroom.alice, now, reason="News")
    level = "approve_minor" if workflow.Case(article, newsroom.edward, now).level == "minor" else "pass_on"
    newsroom.do(article, level, newsroom.edward, now)
    if level == "pass_on":
        newsroom.do(article, "approve", newsroom.rita, now)
    newsroom.do(article, "publish", newsroom.paul, now)
    return article


def actions(article):
    return list(SourceMark.objects.filter(article=article).values_list("action", flat=True))


SENTENCE = "of this statement was retracted on 26 July 2019"
P1 = full("p1")


def addressed(newsroom):
    source = newsroom.reference
    save_reference({"url": ADDRESS}, actor=None, reference=source, base=source.newest_revision_id(), now=NOW)
    work()


SOURCELESS = "A vector carries nothing."


def without_source(mine):
    """The statement keeps nothing of its source."""
    (block,) = [block for block in snapshot.blocks_of(mine) if block["uid"] == P1]
    block |= {"html": SOURCELESS, "no_source_reason": "Explained by the drawing"}


# --- from the notice to the reader --------------------------------------------------------------------------------


def test_a_retraction_is_on_the_page_on_the_list_and_in_the_record_after_one_round_of_the_worker(newsroom):
    article = newsroom.live()
    before = publishing.state_of(article.live_edition)
    assert SENTENCE not in page_of(article)
    served = Page.objects.get(edition=article.live_edition).version
    notice(newsroom.reference, notice_doi="10.1021/acsami.9b11759")
    shown = page_of(article)
    # What every page server follows: it asks for this number, then for the pages that carry a newer one.
    assert PagesVersion.objects.get().number == Page.objects.get(edition=article.live_edition).version > served
    assert shown.count(SENTENCE) == 1
    assert re.search(rf'<p id="b-{P1}">.*?</p>\s*<p class="mark-note"><a href="#source-1">', shown, re.DOTALL)
    assert "https://doi.org/10.1021/acsami.9b11759" in shown
    assert "Our editors have not answered yet; they should by 11 May 2026." in shown
    (open_mark,) = ripple.open_marks()
    assert (open_mark.block_uid, open_mark.key, open_mark.due_on) == (P1, "raper2003", NOW.date() + 7 * DAY)
    assert LedgerEntry.objects.filter(body__contains='"articles_sourcemark"').exists()
    assert list(problems()) == []
    article.refresh_from_db()
    assert publishing.state_of(article.live_edition) == before
    assert workflow.Case(article, newsroom.edward, NOW).has_changes is False
    rows, entries = SourceMark.objects.count(), LedgerEntry.objects.count()
    assert work(NOW + datetime.timedelta(seconds=2)) == []
    assert (SourceMark.objects.count(), page_of(article), LedgerEntry.objects.count()) == (rows, shown, entries)
    work(NOW + 8 * DAY)
    assert "Our editors should have answered by 11 May 2026 and have not." in page_of(article)


def test_corrections_and_doubts_ask_for_a_look_with_more_time(newsroom):
    article = newsroom.live()
    notice(newsroom.reference, "correction")
    assert "was corrected on 26 July 2019" in page_of(article)
    assert ripple.open_marks().get().due_on == NOW.date() + 30 * DAY
    notice(newsroom.reference, "expression-of-concern")
    assert "was put in doubt by its journal on 26 July 2019" in page_of(article)
    assert ripple.open_marks().get().due_on == NOW.date() + 14 * DAY


def test_a_source_with_a_newer_form_marks_its_statements(newsroom):
    article = newsroom.live()
    newer = make_reference("raper2009", title="Fatal systemic inflammation, six years on", issued=[2009])
    source = newsroom.reference
    base = source.newest_revision_id()
    save_reference({"superseded_by": newer}, actor=newsroom.edward, reference=source, base=base, now=NOW)
    work()
    assert "of this statement has been replaced by a newer one" in page_of(article)


def test_an_address_is_dead_after_two_weeks_of_failed_visits_and_alive_after_one_good_one(newsroom):
    article = newsroom.live()
    addressed(newsroom)

    def visit(day, outcome):
        at = NOW + day * DAY
        LinkCheck.objects.create(reference=newsroom.reference, url=ADDRESS, checked_at=at, outcome=outcome)
        work(at + datetime.timedelta(minutes=3))
        return "has not answered at its address since 5 May 2026" in page_of(article)

    assert [visit(1, "gone"), visit(14, "gone"), visit(15, "unreachable")] == [False, False, True]
    assert visit(17, "ok") is False
    assert actions(article) == ["raised", "lifted"]


def test_a_good_visit_waits_for_midnight_and_then_moves_the_date_of_sources_checked(newsroom):
    article = newsroom.live()
    addressed(newsroom)
    LinkCheck.objects.create(reference=newsroom.reference, url=ADDRESS, checked_at=NOW, outcome="ok")
    shown = page_of(article)
    work(NOW + datetime.timedelta(minutes=3))
    assert page_of(article) == shown
    work(NOW + DAY)
    assert '<time datetime="2026-05-04">4 May 2026</time> (1 source)' in page_of(article)


# --- exactly those statements -------------------------------------------------------------------------------------


def random_content(rng, keys):
    """Statements of every kind that cite sources: in the text, in cells, side by side, for the whole."""
    citations = []

    def some(most=2):
        marks = ""
        for key in rng.sample(keys, rng.randint(0, most)):
            uid = f"{len(citations) + 1:012x}"
            citations.append(snapshots.citation(uid, key, accessed="2026-04-01"))
            marks += cite(uid)
        return marks

    blocks = []
    for number in range(rng.randint(2, 6)):
        uid, kind = f"{number:x}b", rng.choice(["paragraph", "bullet", "subheading", "callout", "table"])
        words = f"Statement {number}.{some()}"
        if kind == "table":
            blocks.append(table(uid, ["Dose", f"Effect{some(1)}"], [["1 mg", f"none{some(1)}"]]))
        elif kind == "callout":
            blocks.append(callout(uid, words))
        else:
            blocks.append({"paragraph": paragraph, "bullet": bullet, "subheading": subheading}[kind](uid, words))
    for key in rng.sample(keys, rng.randint(0, 1)):
        citations.append(snapshots.citation(f"{len(citations) + 1:012x}", key, accessed="2026-04-01"))
    return {"sections": [section("s1", *blocks)], "citations": citations}


def leaning_by_hand(content, bad):
    """Which statements cite a bad source, read off the markers in the text alone."""
    keys = {citation["uid"]: citation["key"] for citation in content["citations"]}
    found, placed = set(), set()
    for block in snapshot.blocks_of(content):
        for uid in re.findall(r'<cite data-uid="([^"]*)">', f"{block['html']} {block['data']}"):
            placed.add(uid)
            found |= {(block["uid"], keys[uid])} if keys[uid] in bad else set()
    return found | {(None, key) for uid, key in keys.items() if uid not in placed and key in bad}


def test_forty_random_placements_mark_what_a_reader_would_mark_by_hand():
    rng, keys, total = random.Random(20190726), [f"source{year}" for year in range(2001, 2007)], 0
    for _ in range(40):
        content = snapshot.tidy(snapshots.make_snapshot() | random_content(rng, keys))
        bad = set(rng.sample(keys, rng.randint(0, 4)))
        standings = {key: Standing(key, "retraction" if key in bad else "", notice_id=1) for key in keys}
        digests = dict.fromkeys([None, *(block["uid"] for block in snapshot.blocks_of(content))], "digest")
        found = troubles.marks(content, digests, standings, ())
        expected = leaning_by_hand(content, bad)
        assert {(mark.place, mark.trouble.key) for mark in found} == expected
        assert len(found) == len(expected)
        total += len(found)
    assert total > 40


def test_what_is_marked_on_one_page_is_marked_on_every_page_and_on_no_other(newsroom):
    rng = random.Random(5)
    sources = [make_reference(f"source{year}", title=f"A study of {year}") for year in range(2001, 2005)]
    keys = [source.key for source in sources]
    articles = [
        newsroom.draft(slug=f"page-{number}", title=f"Page {number}", **random_content(rng, keys))
        for number in range(5)
    ]
    for article in articles:
        newsroom.do(article, "publish_now", newsroom.paul, reason="All at once")
    for source in sources[:2]:
        notice(source)
    for article in articles:
        expected = leaning_by_hand(publishing.state_of(article.live_edition).snapshot, keys[:2])
        assert places(article) == expected
        shown = page_of(article)
        assert shown.count(SENTENCE) == len([pair for pair in expected if pair[0]])
        assert shown.count("rests on, was retracted on") == len([pair for pair in expected if not pair[0]])
    assert ripple.open_marks().count() == sum(len(places(article)) for article in articles) > 5


def test_what_was_merged_into_a_source_shares_its_fate_and_old_pages_name_it_by_its_old_key(newsroom):
    article = newsroom.live()
    kept = make_reference("raper2004", title="Fatal systemic inflammatory response syndrome in one patient")
    type(kept).objects.filter(pk=newsroom.reference.pk)
    newsroom.reference.merged_into = kept
    newsroom.reference.save()
    notice(kept)
    assert places(article) == {(P1, "raper2003")}
    assert SENTENCE in page_of(article)


def test_old_versions_show_what_is_laid_over_them_and_are_otherwise_as_they_were(newsroom, client):
    article = newsroom.live()
    publish(newsroom, article, without_source)
    address = "/articles/what-is-gene-therapy/editions/1/"
    before = client.get(address).content.decode()
    notice(newsroom.reference, now=LATER + DAY)
    after = client.get(address).content.decode()
    note = re.search(r'\s*<p class="mark-note"><a href="#source-1">.*?</p>', after, re.DOTALL)[0]
    assert SENTENCE in note
    assert "Our editors" not in note

    def without_marks(html):
        html = html.replace(note, "").replace(' <strong class="retracted">Retracted.</strong>', "")
        return html.replace(" <strong>1 retracted.</strong>", "").replace(" Retracted.", "")

    assert without_marks(after).split() == without_marks(before).split()
    assert SENTENCE not in page_of(article)
    assert not ripple.open_marks().exists()


# --- one answer for several statements ------------------------------------------------------------------------------


def alike(newsroom, number, actor=None):
    return newsroom.live(newsroom.draft(actor, slug=f"more-{number}", title=f"More {number}"))


def tick(article):
    article.refresh_from_db()
    return Further(SourceMark.objects.get(article=article, action="raised").pk, article.live_edition_id)


def test_one_answer_holds_for_several_statements_each_with_its_own_row_and_its_own_entry(newsroom):
    first, second, third = newsroom.live(), alike(newsroom, 2), alike(newsroom, 3)
    notice(newsroom.reference)
    before = LedgerEntry.objects.count()
    rows = give_answer(first, newsroom.rita, further=[tick(third), tick(second), tick(first)])
    assert sorted(row.article_id for row in rows) == [first.pk, second.pk, third.pk]
    assert {(row.of.article_id, row.text) for row in rows} == {(a.pk, ANSWER) for a in (first, second, third)}
    entries = LedgerEntry.objects.order_by("sequence")[before:]
    assert sorted(e.article_id for e in entries) == [first.pk, second.pk, third.pk]
    assert all(ANSWER in page_of(article) for article in (first, second, third))
    assert not ripple.open_marks().exists()
    assert list(problems()) == []


def test_one_statement_that_may_not_be_answered_stops_all_of_them_and_is_named(newsroom):
    erin = make_user("erin", "editor")
    first, own, plain = newsroom.live(), alike(newsroom, 2, erin), alike(newsroom, 3)
    other = make_reference("other2001")
    cite_other = [snapshots.citation("c1", block="p1", key="other2001", accessed="2026-04-01") | {"uid": "c1"}]
    elsewhere = newsroom.live(newsroom.draft(slug="else", title="Else", citations=cite_other))
    for source in (newsroom.reference, other):
        notice(source)
    words, entries = "“A vector carries the gene into the cell.”", LedgerEntry.objects.count()
    unlike, seen = tick(elsewhere), tick(plain)
    give_answer(plain, newsroom.rita)
    for further, why in [
        ([tick(own)], f"{words} in “More 2”: You wrote this statement"),
        ([seen], f"{words} in “More 3”: There is nothing to answer here any more"),
        ([Further(tick(own).raised, 0)], f"{words} in “More 2”: Another version of the page"),
        ([unlike], "not marked for this source and this notice"),
        ([Further(10**9, 1)], "not marked for this source"),
        ([Further(number, 1) for number in range(10**9, 10**9 + 26)], "at most 25 further"),
    ]:
        with pytest.raises(Refused, match=why) as refused:
            give_answer(first, erin, further=further)
        assert len(refused.value.reasons) == len(set(refused.value.reasons))
    assert [row.article_id for row in SourceMark.objects.filter(action="answered")] == [plain.pk]
    assert LedgerEntry.objects.count() == entries + 1


# --- the reminder -------------------------------------------------------------------------------------------------


def test_an_answer_that_is_late_is_asked_for_once_and_one_that_is_given_or_in_time_is_not(newsroom):
    late, answered = newsroom.live(), alike(newsroom, 2)
    notice(newsroom.reference)
    (mark,) = marks_on(answered)
    asked = Asked(mark.place, mark.trouble.key, mark.trouble.matter, mark.digest)
    ripple.answer(answered, asked, ANSWER, newsroom.rita, NOW)
    told = OutboxMessage.objects.filter(kind="answer_overdue")
    work(NOW + 7 * DAY)
    assert not told.exists()
    assert "“What is gene therapy?” waits for an answer since 2026-05-11." in work(NOW + 8 * DAY)
    work(NOW + 9 * DAY)
    (message,) = told
    assert message.payload == {"article": late.pk, "roles": ["editor", "medical_reviewer"], "due": "2026-05-11"}
    give_answer(late, newsroom.rita, now=NOW + 9 * DAY)
    work(NOW + 40 * DAY)
    assert told.count() == 1


# --- what takes a mark off ----------------------------------------------------------------------------------------


def test_an_answer_takes_it_off_the_list_and_stands_beside_the_fact_under_a_name(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    give_answer(article, newsroom.rita)
    shown = page_of(article)
    assert SENTENCE in shown
    assert f"Our editors’ answer, by Dr Rita Voss, haematologist, 4 May 2026: “{ANSWER}”" in shown
    assert "have not answered" not in shown
    notice(newsroom.reference, origin="pubmed")
    assert page_of(article) == shown
    assert not ripple.open_marks().exists()
    assert list(problems()) == []


def test_an_answer_and_a_notice_with_markup_are_text_for_readers(newsroom):
    article = newsroom.live()
    notice(newsroom.reference, notice_doi='10.1/"><script>alert(1)</script>')
    give_answer(article, newsroom.edward, "<script>alert(2)</script> & {{ 7|add:1 }}")
    shown = page_of(article)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(2)&lt;/script&gt; &amp; {{ 7|add:1 }}" in shown


def test_who_wrote_the_statement_who_has_no_such_role_and_who_says_nothing_is_refused(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    only = "Only editors and medical reviewers may do this."
    for actor in (newsroom.alice, newsroom.paul, newsroom.audrey):
        with pytest.raises(Refused, match=only):
            give_answer(article, actor)
    drafting.roles.set_roles(newsroom.alice, {"author", "editor"}, actor=None, now=NOW)
    with pytest.raises(Refused, match="You wrote this statement"):
        give_answer(article, newsroom.alice)
    for words, why in [("  \n ", "Write what readers"), ("x" * 1_001, "at most 1,000"), ("a\u202eb", "hidden|right")]:
        with pytest.raises(Refused, match=why):
            give_answer(article, newsroom.edward, words)
    for seen, why in [({"digest": "0" * 64}, "Another wording"), ({"matter": "notice:0"}, "nothing to answer")]:
        with pytest.raises(Refused, match=why):
            give_answer(article, newsroom.edward, **seen)
    assert actions(article) == ["raised"]


def test_a_superuser_who_wrote_the_statement_may_not_answer_either(newsroom):
    article = newsroom.draft(actor=newsroom.root)
    for name, actor in [("submit", "root"), ("pass_on", "edward"), ("approve", "rita"), ("publish", "paul")]:
        newsroom.do(article, name, getattr(newsroom, actor), reason="First")
    notice(newsroom.reference)
    with pytest.raises(Refused, match="You wrote this statement"):
        give_answer(article, newsroom.root)


def test_an_answer_survives_a_small_slip_put_right_but_no_other_words(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    give_answer(article, newsroom.edward)
    cited = '<cite data-uid="c1"></cite>'
    publish(newsroom, article, reword("p1", f"A vector carries the gene into the <em>cell</em>.{cited}"))
    assert ANSWER in page_of(article)
    assert actions(article) == ["raised", "answered", "answered"]
    newsroom.edit(article, heading("Other words above it"), now=LATER + DAY)
    for name, actor in [("submit", "alice"), ("pass_on", "edward"), ("approve", "rita"), ("publish", "paul")]:
        newsroom.do(article, name, getattr(newsroom, actor), LATER + DAY, reason="A heading")
    assert ANSWER not in page_of(article)
    assert actions(article)[3:] == ["lifted", "raised"]
    assert ripple.open_marks().get().due_on == (LATER + 8 * DAY).date()


def heading(words):
    def change(mine):
        mine["sections"][0]["heading"] = words

    return change


def test_other_words_approved_after_the_mark_settle_it_and_readers_still_learn_of_the_retraction(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    cited = '<cite data-uid="c1"></cite>'
    publish(newsroom, article, reword("p1", f"One trial of a vector ended in a death.{cited}"))
    assert not ripple.open_marks().exists()
    assert actions(article) == ["raised", "revised"]
    assert SENTENCE in page_of(article)
    assert "The statement was changed after that, on 5 May 2026." in page_of(article)


def test_words_approved_before_the_notice_or_by_nobody_settle_nothing(newsroom):
    article = newsroom.live()
    cited = '<cite data-uid="c1"></cite>'
    newsroom.edit(article, reword("p1", f"One trial of a vector ended well.{cited}"), now=NOW)
    newsroom.approved(article)
    notice(newsroom.reference, now=NOW + datetime.timedelta(hours=1))
    newsroom.do(article, "publish", newsroom.paul, LATER)
    assert actions(article) == ["raised"]
    newsroom.edit(article, reword("p1", f"One trial of a vector ended badly.{cited}"), now=LATER)
    newsroom.do(article, "publish_now", newsroom.paul, LATER, reason="Urgent")
    assert actions(article) == ["raised"]
    assert ripple.open_marks().count() == 1
    newsroom.do(article, "approve_after", newsroom.rita, LATER)
    assert actions(article) == ["raised", "revised"]


def test_a_statement_that_no_longer_cites_it_loses_its_mark_and_the_record_says_why(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    publish(newsroom, article, without_source)
    assert "26 July 2019" not in page_of(article)
    assert actions(article) == ["raised", "lifted"]
    assert SourceMark.objects.last().text == "The statement no longer cites the source."


def test_answer_then_other_words_then_a_new_notice_then_back_and_again(newsroom):
    article, source = newsroom.live(), newsroom.reference
    notice(source, "expression-of-concern", datetime.date(2018, 1, 1))
    give_answer(article, newsroom.rita)
    publish(newsroom, article, reword("p1", 'Other words altogether.<cite data-uid="c1"></cite>'))
    assert not ripple.open_marks().exists()
    notice(source, now=LATER)
    assert ripple.open_marks().get().nature == "retraction"
    give_answer(article, newsroom.edward, "Answered once more.", LATER)
    notice(source, "reinstatement", datetime.date(2020, 1, 1), LATER)
    assert "2019" not in page_of(article)
    assert not ripple.open_marks().exists()
    notice(source, dated=datetime.date(2021, 1, 1), now=LATER)
    assert "was retracted on 1 January 2021" in page_of(article)
    assert "Answered once more." not in page_of(article)
    assert ripple.open_marks().count() == 1
    last = [(row.action, row.nature) for row in SourceMark.objects.filter(article=article)][-2:]
    assert last == [("lifted", "retraction"), ("raised", "retraction")]
    assert list(problems()) == []


def test_a_withdrawn_page_is_no_work_and_is_work_again_when_it_comes_back(newsroom):
    article = newsroom.live()
    notice(newsroom.reference)
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong", words="It was wrong.")
    assert not ripple.open_marks().exists()
    newsroom.do(article, "reopen", newsroom.paul)
    for name, actor in [("submit", "alice"), ("approve_minor", "edward"), ("publish", "paul")]:
        newsroom.do(article, name, getattr(newsroom, actor), LATER, reason="Back again")
    assert ripple.open_marks().count() == 1


# --- attacks ------------------------------------------------------------------------------------------------------


def test_two_readings_at_once_and_one_cut_short_double_nothing(newsroom, monkeypatch):
    article = newsroom.live()
    work()
    row = PublicationNotice(reference=newsroom.reference, nature="retraction", noticed_at=NOW, record_id="x")
    record.keep([row], now=NOW)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ripple, "_advance", killed)
        with pytest.raises(KeyboardInterrupt):
            list(ripple.pull(NOW))
    both = [ripple.pull(NOW), ripple.pull(NOW)]
    for lines in itertools.zip_longest(*both):
        assert lines
    work()
    work()
    assert actions(article) == ["raised"]
    assert list(problems()) == []


def test_the_verify_page_and_its_json_tell_what_the_page_tells(newsroom, client):
    article = newsroom.live()
    address = "/articles/what-is-gene-therapy/verify"

    def told():
        html, data = client.get(f"{address}/").content.decode(), client.get(f"{address}.json").json()
        return " ".join(re.sub(r"<[^>]+>", " ", html).split()), data["facts"]["sources_in_trouble"]

    html, data = told()
    assert "Statements that do: 0" in html
    assert data == []
    notice(newsroom.reference)
    html, (data,) = told()
    assert "The source raper2003 was retracted on 26 July 2019" in html
    assert "1 statement leans on it. Our editors should have answered by 11 May 2026 and have not." in html
    assert (data["statement"], data["status"], data["due"]) == (P1, "open", "2026-05-11")
    give_answer(article, newsroom.rita)
    html, (data,) = told()
    assert ANSWER in html
    assert (data["status"], data["answered_by"]) == ("answered", "Dr Rita Voss, haematologist")
    assert data["answer"] == ANSWER


def test_an_answer_and_its_day_follow_a_source_that_was_merged_into_its_twin(newsroom):
    article, source = newsroom.live(), newsroom.reference
    notice(source)
    give_answer(article, newsroom.rita)
    twin = make_reference("raper2003a")
    bases = (twin.newest_revision_id(), source.newest_revision_id())
    source_merges.merge(twin, source, {}, bases=bases, actor=newsroom.edward, reason="One paper", now=LATER)
    assert places(article) == {(P1, "raper2003")}
    newsroom.do(article, "submit", newsroom.alice, LATER, reason="One paper")
    newsroom.do(article, "approve_minor", make_user("erin", "editor"), LATER)
    newsroom.do(article, "publish", newsroom.paul, LATER)
    assert places(article) == {(P1, "raper2003a")}
    assert ANSWER in page_of(article)
    assert not ripple.open_marks().exists()
    assert list(problems()) == []
