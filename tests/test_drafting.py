"""Promise 5: nothing is lost. Promise 1 and 7 from below: what a save stores, and how old versions are read."""

import datetime
import json
import threading

import pytest
import reversion
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reversion.errors import RevertError
from reversion.models import Revision, Version

from articles import drafting, snapshot
from articles.canonical import canonical, digest
from articles.drafting import NeedsConfirmation, Refused, StaleSave
from articles.models import Article, Block, BulletItem
from tests import snapshots
from tests.people import NOW, content, make_person, make_reference, make_topic, reword


def versions(article):
    return Version.objects.get_for_object(article).count()


def test_a_save_stores_one_version_which_is_the_canonical_snapshot(newsroom):
    article = newsroom.draft()
    newsroom.edit(article, reword("b1", "It is given twice."))
    assert versions(article) == 2
    stored = Version.objects.get_for_object(article)[0].serialized_data
    assert stored.encode() == canonical(snapshot.take(article))
    assert digest(snapshot.take(article)) == article.digest


def test_saving_without_a_change_makes_no_version(newsroom):
    article = newsroom.draft()
    saved = newsroom.edit(article, lambda mine: None)
    assert not saved.changed
    assert versions(article) == 1


CHANGES = {
    "title": lambda mine: mine.update(title="Another title"),
    "also called": lambda mine: mine.update(also_called=["Gene transfer"]),
    "code": lambda mine: mine.update(codes=[{"system": "mesh", "code": "D015316", "relation": "exact"}]),
    "person": lambda mine: mine.update(people=[]),
    "section": lambda mine: mine["sections"][0].update(heading="Other heading"),
    "order": lambda mine: mine["sections"][0]["blocks"].reverse(),
    "block": lambda mine: mine["sections"][0]["blocks"][1].update(level=1),
    "claim": lambda mine: mine["sections"][0]["blocks"][1].update(claim="advice"),
    "citation": lambda mine: mine["citations"][0].update(locator="p. 3"),
    "quote": lambda mine: mine["citations"][0].update(quote="Words of the source."),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_at_each_level_alters_the_snapshot_and_makes_exactly_one_version(newsroom, name):
    article = newsroom.draft()
    before = article.digest
    newsroom.edit(article, CHANGES[name])
    assert article.digest != before
    assert versions(article) == 2
    assert snapshot.take(article) == drafting.newest(article)


def test_tables_and_saved_version_are_the_same_when_everything_moves_and_changes_kind(newsroom):
    other, topics = make_person("Bo Lind"), [make_topic(f"Topic {n}", f"topic-{n}").uid for n in range(2)]
    one, two = make_reference(title="One").key, make_reference(title="Two").key
    first = [
        snapshots.section(
            "s1", snapshots.callout("k1"), *(snapshots.paragraph(f"n{n}", f"Words {n}") for n in range(5))
        ),
        snapshots.section("s2", snapshots.table("t1", ["Dose"], [["5 mg"]]), heading="Doses"),
    ]
    cited = [snapshots.citation("c1", one), snapshots.citation("c2", two)]
    article = newsroom.draft(sections=first, citations=cited, topics=topics)

    def turn(mine):
        (opening, doses), (earlier, later) = mine["sections"], mine["citations"]
        opening["blocks"][0] |= {"kind": "bullet", "data": None}
        opening["blocks"].append(snapshots.callout("k2", urgency="emergency"))
        doses["blocks"] = [opening["blocks"].pop(2), *doses["blocks"]]
        opening["blocks"].reverse()
        earlier["key"], later["key"] = later["key"], earlier["key"]
        mine.update(sections=[doses, opening], topics=topics[::-1])
        mine["people"] = [{"role": "editor", "person": other.uid}, *mine["people"]]

    newsroom.edit(article, turn)
    assert snapshot.take(article) == drafting.newest(article)
    assert digest(snapshot.take(article)) == article.digest
    assert [section["heading"] for section in drafting.newest(article)["sections"]] == ["Doses", "What it is"]


def test_a_version_of_an_article_is_stored_by_a_save_only(newsroom):
    article = newsroom.draft()
    with pytest.raises(TypeError, match="stored only by"), reversion.create_revision():
        reversion.add_to_revision(Article.objects.get(pk=article.pk))
    assert versions(article) == 1


SAVE_QUERIES = 28


@pytest.mark.parametrize("size", [1, 30])
def test_a_save_asks_as_much_for_one_changed_statement_as_for_all(newsroom, django_assert_max_num_queries, size):
    many = [snapshots.paragraph(f"n{n}", f"Words {n}") for n in range(30)]
    article = newsroom.draft(sections=[snapshots.section("s1", *many)], citations=[])
    mine = drafting.newest(article)
    for block in mine["sections"][0]["blocks"][:size]:
        block["html"] += " again"
    if size > 1:
        mine["sections"][0]["blocks"].reverse()
    base = article.newest_revision_id
    with django_assert_max_num_queries(SAVE_QUERIES):
        drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base)


def test_a_topic_is_part_of_the_snapshot(newsroom):
    topic = make_topic()
    article = newsroom.draft(topics=[topic.uid])
    assert snapshot.take(article)["topics"] == [topic.uid]


def test_a_stale_save_that_does_not_clash_is_merged(newsroom):
    article = newsroom.draft()
    base, mine, theirs = article.newest_revision_id, drafting.newest(article), drafting.newest(article)
    reword("b1", "Anna wrote this.")(theirs)
    reword("b2", "Alice wrote that.")(mine)
    drafting.save(article, theirs, actor=newsroom.anna, now=NOW, base=base)
    saved = drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base)
    texts = {block["html"] for block in snapshot.blocks_of(drafting.newest(saved.article))}
    assert {"Anna wrote this.", "Alice wrote that."} <= texts
    assert saved.merged


def test_a_stale_save_that_clashes_is_refused_with_all_three_in_hand(newsroom):
    article = newsroom.draft()
    base, mine, theirs = article.newest_revision_id, drafting.newest(article), drafting.newest(article)
    reword("b2", "Take 6 mg.")(theirs)
    reword("b2", "Take 7 mg.")(mine)
    drafting.save(article, theirs, actor=newsroom.anna, now=NOW, base=base)
    with pytest.raises(StaleSave) as refusal:
        drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base)
    (conflict,) = refusal.value.result.conflicts
    seen = [json.dumps(part) for part in (conflict.base, conflict.theirs, conflict.mine)]
    assert ["5 mg" in seen[0], "6 mg" in seen[1], "7 mg" in seen[2]] == [True, True, True]
    article.refresh_from_db()
    assert versions(article) == 2


@pytest.mark.parametrize("base", [None, 0, 999_999])
def test_a_save_that_does_not_say_where_it_started_is_refused(newsroom, base):
    article = newsroom.draft()
    mine = drafting.newest(article) | {"title": "Other"}
    with pytest.raises(Refused, match="started from"):
        drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base)


def test_a_revision_of_another_article_is_no_base(newsroom):
    article, other = newsroom.draft(), newsroom.draft(slug="other")
    mine = drafting.newest(article) | {"title": "Other"}
    with pytest.raises(Refused, match="started from"):
        drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=other.newest_revision_id)


def test_the_uid_cannot_be_changed_by_a_save(newsroom):
    article = newsroom.draft()
    uid = article.uid
    newsroom.edit(article, lambda mine: mine.update(uid="0" * 32, title="New"))
    assert Article.objects.get(pk=article.pk).uid == uid


@pytest.mark.parametrize("who", ["rita", "paul", "audrey"])
def test_only_authors_and_editors_write(newsroom, who):
    article = newsroom.draft()
    with pytest.raises(Refused, match="Only authors and editors"):
        newsroom.edit(article, reword("b1", "Other"), actor=getattr(newsroom, who))


def test_a_deactivated_author_writes_nothing(newsroom):
    article = newsroom.draft()
    newsroom.alice.is_active = False
    with pytest.raises(Refused):
        newsroom.edit(article, reword("b1", "Other"))


def test_an_edit_during_review_must_be_confirmed_and_returns_signatures(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "sign", newsroom.rita)
    with pytest.raises(NeedsConfirmation, match=r"Dr Rita Voss signed 3 statements; this returns 1\."):
        newsroom.edit(article, reword("b1", "It is given twice."))
    newsroom.edit(article, reword("b1", "It is given twice."), confirmed=True)
    assert article.state == "medical_review"


def test_a_scheduled_or_withdrawn_article_is_not_edited(newsroom):
    article = newsroom.approved()
    newsroom.do(article, "schedule", newsroom.paul, at=NOW + datetime.timedelta(days=1))
    with pytest.raises(Refused, match="schedule"):
        newsroom.edit(article, reword("b1", "Other"))
    newsroom.do(article, "publish", newsroom.paul)
    newsroom.do(article, "withdraw", newsroom.paul, reason="Wrong", words="Being checked")
    with pytest.raises(Refused, match="withdrawn"):
        newsroom.edit(article, reword("b1", "Other"))


def test_restore_makes_a_new_draft_from_an_old_version_or_edition(newsroom):
    article = newsroom.live()
    first = drafting.read(article.newest_revision_id, article)
    newsroom.edit(article, reword("b1", "It is given twice."))
    base = article.newest_revision_id
    drafting.restore(article, first, actor=newsroom.alice, now=NOW, base=base, reason="Back")
    article.refresh_from_db()
    assert drafting.newest(article) == first
    assert Revision.objects.get(pk=article.newest_revision_id).comment == "Back"


def test_the_recorders_own_revert_is_refused(newsroom):
    article = newsroom.draft()
    for revision in Revision.objects.filter(version__in=Version.objects.get_for_object(article)):
        with pytest.raises(RevertError):
            revision.revert()


def test_every_article_has_a_version(newsroom):
    newsroom.live()
    assert all(versions(article) for article in Article.objects.all())


@pytest.mark.parametrize(
    "act",
    [
        lambda rows: rows.update(html="x"),
        lambda rows: rows.delete(),
        lambda rows: rows.bulk_create([]),
        lambda rows: rows.bulk_update([], ["html"]),
    ],
)
def test_bulk_writes_to_content_are_refused(newsroom, act):
    newsroom.draft()
    with pytest.raises(TypeError, match="no saved version"):
        act(Block.objects.all())


def test_bullets_are_a_view_of_the_blocks(newsroom):
    newsroom.draft()
    assert set(BulletItem.objects.values_list("uid", flat=True)) == {snapshots.full("b1"), snapshots.full("b2")}


BAD = {
    "hidden": (lambda m: m.update(title="Dose\u202e 5"), "U+202E"),
    "no title": (lambda m: m.update(title=" "), "needs a title"),
    "slug": (lambda m: m.update(slug="Ä b"), "address"),
    "kind": (lambda m: m.update(kind="page"), "no kind of article"),
    "unknown source": (lambda m: m["citations"][0].update(key="nobody1999"), "no source “nobody1999”"),
    "unknown person": (lambda m: m.update(people=[{"role": "author", "person": "x"}]), "no person"),
    "doubled uid": (lambda m: m["sections"][0]["blocks"][1].update(uid=snapshots.full("b2")), "used twice"),
    "level": (lambda m: m["sections"][0]["blocks"][0].update(level=2), "level"),
    "lonely marker": (
        lambda m: m["sections"][0]["blocks"][1].update(html='x<cite data-uid="zz"></cite>'),
        "not in the list",
    ),
    "date": (lambda m: m["citations"][0].update(accessed="yesterday"), "no day"),
    "interval": (lambda m: m.update(review_interval_months=0), "1 to 60"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_would_break_the_house_is_refused_whole(newsroom, name):
    article = newsroom.draft()
    change, sentence = BAD[name]
    with pytest.raises(Refused) as refusal:
        newsroom.edit(article, change)
    assert sentence in str(refusal.value)
    article.refresh_from_db()
    assert versions(article) == 1
    assert digest(snapshot.take(article)) == article.digest


def test_two_articles_cannot_share_an_address_not_even_a_former_one(newsroom):
    article = newsroom.live()
    newsroom.edit(article, lambda mine: mine.update(slug="gene-therapy"))
    with pytest.raises(Refused, match="belongs to another article"):
        newsroom.draft(slug="what-is-gene-therapy")


def test_looking_at_history_changes_nothing(newsroom, django_assert_num_queries):
    article = newsroom.live()
    before = Version.objects.count()
    with django_assert_num_queries(1):
        list(drafting.revisions_of(article))
    drafting.newest(article)
    assert Version.objects.count() == before


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), min_size=1, max_size=5),
    level=st.integers(0, 3),
)
def test_what_is_written_to_the_tables_is_read_back(newsroom, titles, level):
    blocks = [snapshots.bullet(f"n{i}", f"Statement {i}", level=level) for i in range(len(titles))]
    mine = content(newsroom.author, slug=f"s{Article.objects.count()}", citations=[])
    mine["also_called"] = titles
    mine["sections"] = [snapshots.section("s1", *blocks)]
    article = drafting.save(None, mine, actor=newsroom.alice, now=NOW).article
    assert snapshot.take(Article.objects.get(pk=article.pk)) == snapshot.tidy(mine)


@pytest.mark.django_db(transaction=True)
def test_nobodys_save_is_lost_when_many_save_at_once(request):
    """Four people add a statement each, again and again; every acknowledged one is in the newest version."""
    newsroom = request.getfixturevalue("newsroom")
    article = newsroom.draft()
    acknowledged, lock = [], threading.Lock()

    def writer(number):
        try:
            for turn in range(3):
                uid = f"w{number}x{turn}"
                fresh = Article.objects.get(pk=article.pk)
                mine = drafting.newest(fresh)
                mine["sections"][0]["blocks"].append(snapshots.paragraph(uid, f"Words {uid}"))
                try:
                    drafting.save(fresh, mine, actor=newsroom.alice, now=NOW, base=fresh.newest_revision_id)
                except Refused:
                    continue
                with lock:
                    acknowledged.append(snapshots.full(uid))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    article.refresh_from_db()
    stored = {block["uid"] for block in snapshot.blocks_of(drafting.newest(article))}
    assert set(acknowledged) <= stored
    assert acknowledged
    assert versions(article) == 1 + len(acknowledged)
    assert connection.vendor in ("sqlite", "postgresql")
