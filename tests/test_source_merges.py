"""Merging sources: citations follow, nothing is lost, and all of it can be taken back."""

import datetime

import pytest
from reversion.models import Version

from articles import drafting, source_merges
from articles.models import Article, LedgerEntry, Wording
from articles.verification import problems
from references import finding
from references.models import Merge, Reference
from references.recording import SaveRefused, StaleSave, find_or_create, save_reference
from tests.people import NOW, make_reference, reword

LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture
def twin(newsroom):
    """The same paper once more, with a number of its own."""
    return make_reference("twin2003", title="Fatal systemic inflammatory response syndrome", pmid="14567964", volume="")


def merge(newsroom, twin, fields=None, actor=None, **more):
    kept = newsroom.reference
    bases = (kept.newest_revision_id(), twin.newest_revision_id())
    how = {"bases": bases, "actor": actor or newsroom.edward, "reason": "One paper", "now": LATER} | more
    return source_merges.merge(kept, twin, {"pmid": twin.pmid} if fields is None else fields, **how)


def cite_twin(content):
    content["citations"][0]["key"] = "twin2003"


def unaccounted():
    """What the record objects to, but for the roles that the fixture gave by hand."""
    return [problem for problem in problems() if "role" not in str(problem).lower()]


def cited(article):
    article.refresh_from_db()
    return [citation["key"] for citation in drafting.newest(article)["citations"]]


def test_a_merge_keeps_the_chosen_values_and_moves_what_cites_the_other(newsroom, twin):
    article = newsroom.draft()
    newsroom.edit(article, cite_twin)
    untouched = newsroom.draft(slug="another", title="Another")
    made, moved = merge(newsroom, twin)
    kept, twin = newsroom.reference, Reference.objects.get(pk=twin.pk)
    kept.refresh_from_db()
    assert (kept.pmid, twin.pmid, twin.merged_into) == ("14567964", "14567964", kept)
    assert [(row.article, row.citations, row.reasons) for row in moved] == [(article, 1, ())]
    assert cited(article) == ["raper2003"]
    version = Version.objects.get_for_object(article).select_related("revision__user").first()
    assert version.revision.comment == f"Merge {made.pk} of sources: twin2003 is raper2003. One paper"
    assert version.revision.user == newsroom.edward
    assert Version.objects.get_for_object(untouched).count() == 1
    # Whoever merged made the change: somebody else has to look at it.
    made_by = Wording.objects.filter(article=article, revision=version.revision).values_list("actor", flat=True)
    assert set(made_by) == {made.actor}
    assert finding.matching(Reference.objects.all(), "twin2003").get() == kept
    assert finding.matching(Reference.objects.all(), "PMID: 14567964").get() == kept
    assert finding.matching(Reference.objects.all(), "fatal systemic").get() == kept
    assert find_or_create({"id": "", "type": "book", "title": "Another", "PMID": twin.pmid}, None) == (kept, False)
    assert LedgerEntry.objects.filter(kind="source", body__contains="references_merge").count() == 1
    assert unaccounted() == []


def test_published_versions_keep_what_they_were_published_with(newsroom, twin):
    article = newsroom.draft()
    newsroom.edit(article, cite_twin)
    newsroom.live(article)
    before = (article.live_edition.snapshot, article.live_edition.context)
    merge(newsroom, twin)
    article.refresh_from_db()
    assert (article.live_edition.snapshot, article.live_edition.context) == before
    assert article.state == Article.State.DRAFT
    assert cited(article) == ["raper2003"]


def test_what_cannot_be_moved_is_told_and_moved_by_repeating(newsroom, twin):
    waiting = newsroom.draft()
    newsroom.edit(waiting, cite_twin)
    newsroom.approved(waiting)
    newsroom.do(waiting, "schedule", newsroom.paul, at=NOW + datetime.timedelta(days=9), zone="UTC")
    free = newsroom.draft(slug="another", title="Another")
    newsroom.edit(free, cite_twin)
    made, moved = merge(newsroom, twin)
    assert [(row.article, row.citations) for row in moved] == [(waiting, 0), (free, 1)]
    assert "Take it off the schedule" in moved[0].reasons[0]
    newsroom.do(waiting, "unschedule", newsroom.paul)
    again, moved = merge(newsroom, Reference.objects.get(pk=twin.pk))
    assert again == made
    assert [(row.article, row.citations) for row in moved] == [(waiting, 1)]
    assert merge(newsroom, Reference.objects.get(pk=twin.pk))[1] == []
    assert Merge.objects.count() == 1


def test_a_merge_that_died_between_two_articles_is_finished_by_repeating_it(newsroom, twin, monkeypatch):
    articles = [newsroom.draft(slug=f"a-{n}", title=f"Number {n}") for n in range(3)]
    for article in articles:
        newsroom.edit(article, cite_twin)
    save, calls = drafting.save, []

    def dies_at_the_second(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return save(*args, **options)

    monkeypatch.setattr(drafting, "save", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        merge(newsroom, twin)
    assert [cited(article) for article in articles] == [["raper2003"], ["twin2003"], ["twin2003"]]
    monkeypatch.undo()
    _, moved = merge(newsroom, Reference.objects.get(pk=twin.pk))
    assert [row.article for row in moved] == articles[1:]
    assert all(cited(article) == ["raper2003"] for article in articles)
    assert Merge.objects.count() == 1


def test_an_undoing_puts_back_what_is_as_the_merge_left_it_and_tells_the_rest(newsroom, twin):
    same, changed, own = (newsroom.draft(slug=f"a-{n}", title=f"Number {n}") for n in range(3))
    for article in (same, changed):
        newsroom.edit(article, cite_twin)
    made, _ = merge(newsroom, twin, {"pmid": twin.pmid, "volume": "81"})
    newsroom.edit(same, reword("b1", "It is given twice."))
    newsroom.edit(changed, lambda content: content["citations"][0].update(locator="p. 150"))
    kept = Reference.objects.get(pk=newsroom.reference.pk)
    save_reference({"volume": "82"}, actor=None, reference=kept, base=kept.newest_revision_id())
    undone, moved = source_merges.undo(made, actor=newsroom.edward, reason="Two papers", now=LATER)
    kept, twin = Reference.objects.get(pk=kept.pk), Reference.objects.get(pk=twin.pk)
    assert (kept.pmid, kept.volume, twin.merged_into) == ("", "82", None)
    assert undone.stayed == ["volume"]
    assert (cited(same), cited(changed), cited(own)) == (["twin2003"], ["raper2003"], ["raper2003"])
    assert [(row.article, row.citations) for row in moved] == [(same, 1), (changed, 0)]
    assert "was changed after the merge" in moved[1].reasons[0]
    assert undone.row.undoes == made
    # Repeating it changes nothing, and the two can be merged again.
    versions = Version.objects.count()
    assert source_merges.undo(made, actor=newsroom.edward, reason="", now=LATER)[0].row == undone.row
    assert Version.objects.count() == versions
    newsroom.reference.refresh_from_db()
    assert merge(newsroom, twin)[0].pk != made.pk
    assert unaccounted() == []


@pytest.mark.parametrize(
    ("who", "sentence"),
    [("rita", "Only authors and editors"), ("audrey", "Only authors and editors"), ("paul", "Only authors")],
)
def test_only_those_who_write_merge(newsroom, twin, who, sentence):
    with pytest.raises(SaveRefused, match=sentence):
        merge(newsroom, twin, actor=getattr(newsroom, who))
    assert not Merge.objects.exists()


def test_a_merge_that_was_overtaken_or_makes_no_sense_changes_nothing(newsroom, twin):
    kept = newsroom.reference
    with pytest.raises(SaveRefused, match="into itself"):
        source_merges.merge(kept, kept, {}, bases=(1, 1), actor=newsroom.edward, reason="", now=LATER)
    with pytest.raises(StaleSave):
        merge(newsroom, twin, bases=(kept.newest_revision_id(), 0))
    versions = Version.objects.count()
    third = make_reference("third2003", doi="10.1234/third")
    with pytest.raises(Exception, match="already has a source with this DOI"):
        merge(newsroom, twin, {"doi": third.doi})
    twin.refresh_from_db()
    assert twin.merged_into is None
    assert Version.objects.count() == versions + 1
    merge(newsroom, twin)
    with pytest.raises(SaveRefused, match=r"twin2003 was merged into raper2003 already"):
        source_merges.merge(
            third, Reference.objects.get(pk=twin.pk), {}, bases=(1, 1), actor=newsroom.edward, reason="", now=LATER
        )
    assert Merge.objects.count() == 1


def test_an_undoing_waits_for_the_undoing_of_a_later_merge_and_for_a_number_in_use(newsroom, twin):
    made, _ = merge(newsroom, twin)
    third = make_reference("third2003")
    newsroom.reference.refresh_from_db()
    kept = newsroom.reference
    bases = (third.newest_revision_id(), kept.newest_revision_id())
    later, _ = source_merges.merge(third, kept, {}, bases=bases, actor=newsroom.edward, reason="", now=LATER)
    assert finding.matching(Reference.objects.all(), "twin2003").get() == third
    with pytest.raises(SaveRefused, match="Undo that merge first"):
        source_merges.undo(made, actor=newsroom.edward, reason="", now=LATER)
    undone, _ = source_merges.undo(later, actor=newsroom.edward, reason="", now=LATER)
    with pytest.raises(SaveRefused, match="This is an undoing"):
        source_merges.undo(undone.row, actor=newsroom.edward, reason="", now=LATER)
    source_merges.undo(made, actor=newsroom.edward, reason="", now=LATER)
    assert not Reference.objects.exclude(merged_into=None).exists()
