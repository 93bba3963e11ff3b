"""Moves from their boxes: a refusal loses nothing that was typed, and a success says who has the article now."""

import datetime
from html import unescape

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.admin import signing
from articles.models import Article
from references.recording import save_reference
from tests.desk import at, fields_in, fields_of, page_of, signed_in
from tests.people import NOW, make_person, make_user, reword
from tests.snapshots import full

pytestmark = pytest.mark.django_db


def press(user, article, name, **details):
    article.refresh_from_db()
    post = {"base": article.newest_revision_id} | details
    return page_of(signed_in(user).post(at(article, "move", name), post, follow=True))


def box(shown, article, name):
    """The box of a move: whether it stands open, and what a browser would post from it."""
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    for details in tree.iter("details"):
        for form in details.iter("form"):
            if form.get("action") == at(article, "move", name):
                return details.get("open") is not None, fields_in(form)
    raise AssertionError(f"no box for {name}")


TYPED = {"reason": "It is out of date", "words": "Read the newer page."}


def test_a_refused_withdrawal_keeps_its_box_open_with_everything_typed(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withdraw", **TYPED, moved_to="No such page!")
    is_open, fields = box(shown, article, "withdraw")
    assert is_open
    assert fields["reason"] == [TYPED["reason"]]
    assert fields["words"] == [TYPED["words"]]
    assert fields["moved_to"] == ["No such page!"]
    assert "There is no article at “No such page!” that readers can see." in shown
    assert "slug" not in shown.split('id="article-form"')[0]


def test_a_refused_withholding_keeps_its_words_too(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withhold", **TYPED)
    is_open, fields = box(shown, article, "withhold")
    assert is_open
    assert fields["words"] == [TYPED["words"]]
    assert "Say which statement." in shown
    assert "valid choice" not in press(newsroom.paul, article, "withhold", **TYPED, block="nonsense")


def test_other_boxes_stay_closed_and_empty(newsroom):
    article = newsroom.live()
    shown = press(newsroom.paul, article, "withhold", **TYPED)
    is_open, fields = box(shown, article, "withdraw")
    assert not is_open
    assert fields["reason"] == [""]


def test_the_text_beside_a_refused_move_can_still_be_saved(newsroom):
    article = newsroom.draft()
    newsroom.alice.groups.add(*newsroom.paul.groups.all())
    shown = press(newsroom.alice, article, "publish_now")
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    form = next(form for form in tree.iter("form") if form.get("id") == "article-form")
    assert form.get("action") == at(article)
    client = signed_in(newsroom.alice)
    client.post(form.get("action"), fields_of(shown) | {"title": "Saved after all"})
    assert Article.objects.get(pk=article.pk).title == "Saved after all"


def test_what_was_typed_about_an_older_version_can_be_sent_after_another_look(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    old = article.newest_revision_id
    newsroom.edit(article, reword("b2", "Take 6 mg."), actor=newsroom.anna, confirmed=True)
    client = signed_in(newsroom.edward)
    post = {"base": old, "reason": "Why 6 mg?"}
    shown = page_of(client.post(at(article, "move", "request_changes"), post))
    assert "Look at it again first" in shown
    is_open, fields = box(shown, article, "request_changes")
    assert (is_open, fields["reason"]) == (True, ["Why 6 mg?"])
    client.post(at(article, "move", "request_changes"), fields)
    article.refresh_from_db()
    assert article.state == "changes_requested"


@pytest.mark.parametrize(
    "written",
    ["better", "The Better Page", "/articles/better/", "https://health.example/articles/better/?from=mail"],
)
def test_where_an_article_moved_is_told_as_people_copy_it(newsroom, written):
    article = newsroom.live()
    target = newsroom.live(newsroom.draft(slug="better", title="The better page"))
    press(newsroom.paul, article, "withdraw", **TYPED, moved_to=written)
    assert article.notices.get().moved_to == target


@pytest.mark.parametrize("written", ["unpublished", "what-is-gene-therapy", "https://evil.example/", "'; --"])
def test_an_article_moves_nowhere_else(newsroom, written):
    article = newsroom.live()
    newsroom.draft(slug="unpublished", title="Not yet")
    press(newsroom.paul, article, "withdraw", **TYPED, moved_to=written)
    article.refresh_from_db()
    assert article.live_edition is not None


def test_messages_say_who_has_the_article_now(newsroom):
    article = newsroom.draft()
    steps = [
        (newsroom.alice, "submit", {"reason": "First"}, "An editor who did not write it looks at it next"),
        (newsroom.edward, "request_changes", {"reason": "Why?"}, "It is with its author again"),
        (newsroom.alice, "submit", {"reason": "So"}, "An editor who did not write it looks at it next"),
        (newsroom.edward, "pass_on", {}, "A medical reviewer checks it next"),
        (newsroom.rita, "approve", {}, "A publisher can publish or schedule it now"),
        (newsroom.paul, "publish", {}, "Readers see it now"),
        (newsroom.paul, "withdraw", TYPED, "Another publisher confirms it next"),
        (newsroom.petra, "confirm_notice", {}, "Nothing more is owed"),
        (newsroom.paul, "reopen", {}, "until it is published again"),
    ]
    for user, name, details, sentence in steps:
        shown = press(user, article, name, **details)
        assert sentence in shown, name
        assert "Done:" not in shown


def test_the_list_offers_a_notice_to_be_confirmed_to_another_publisher_only(newsroom):
    article = newsroom.live()
    newsroom.do(article, "withhold", newsroom.paul, block="0000000000b1", words="Being checked", reason="A letter")
    look = "/admin/articles/article/second-look/"
    own, others = (page_of(signed_in(who).get(look)) for who in (newsroom.paul, newsroom.petra))
    assert "Confirm the notice" not in own
    assert "You told readers this; another publisher must confirm it." in own
    assert "Confirm the notice" in others


def test_the_list_offers_what_was_published_first_to_somebody_who_did_not_write_it(newsroom):
    article = newsroom.live()
    writer = make_user("writer", "author", "medical_reviewer")
    make_person("Dr Writer", writer)
    newsroom.edit(article, reword("b1", "It is given twice."), actor=writer)
    newsroom.do(article, "publish_now", newsroom.paul, reason="A wrong dose")
    look = "/admin/articles/article/second-look/"
    own, others = (page_of(signed_in(who).get(look)) for who in (writer, newsroom.rita))
    assert "Approve what was published" not in own
    assert "someone else must approve" in own
    assert "Approve what was published" in others


# --- sources that changed after the approval ----------------------------------------------------------------------

LOOK = "/admin/articles/article/second-look/"


def turn(reference, actor):
    reference.refresh_from_db()
    save_reference(
        {"title": "Something else entirely"},
        actor=actor,
        reason="Turned",
        reference=reference,
        base=reference.newest_revision_id(),
    )


def items_for(user):
    return {item.article.slug: item for item in signed_in(user).get(LOOK).context["items"]}


def steps_for(user, slug):
    return [name for name, _ in items_for(user)[slug].steps]


def test_one_screen_confirms_every_article_whose_source_changed(newsroom):
    approved = newsroom.approved(newsroom.draft(slug="one", title="One"))
    scheduled = newsroom.approved(newsroom.draft(slug="two", title="Two"))
    newsroom.do(scheduled, "schedule", newsroom.paul, at=NOW + datetime.timedelta(days=1), zone="Europe/London")
    assert list(items_for(newsroom.rita)) == ["one"]
    turn(newsroom.reference, newsroom.anna)
    assert list(items_for(newsroom.rita)) == ["one", "two"]
    assert steps_for(newsroom.paul, "one") == []
    client = signed_in(newsroom.rita)
    for article in (approved, scheduled):
        assert steps_for(newsroom.rita, article.slug) == ["confirm_sources"]
        post = {"base": article.newest_revision_id, "then": "second-look"}
        assert "Sources confirmed." in page_of(client.post(at(article, "move", "confirm_sources"), post, follow=True))
    assert list(items_for(newsroom.rita)) == ["one"]
    assert steps_for(newsroom.paul, "one") == ["publish"]
    scheduled.refresh_from_db()
    assert scheduled.state == "scheduled"
    assert scheduled.reviews.first().kind == "medical"


def test_the_button_is_not_for_whoever_changed_the_source_or_wrote_the_text(newsroom):
    newsroom.approved(newsroom.draft(slug="one", title="One"))
    rosa = make_user("rosa", "author", "medical_reviewer")
    turn(newsroom.reference, rosa)
    assert steps_for(rosa, "one") == []
    assert steps_for(newsroom.alice, "one") == []
    assert steps_for(newsroom.edward, "one") == []
    assert steps_for(newsroom.rita, "one") == ["confirm_sources"]


def test_second_look_costs_the_same_however_many_articles_cite_the_source(newsroom):
    client = signed_in(newsroom.rita)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(LOOK)
        return len(queries)

    newsroom.approved(newsroom.draft(slug="one", title="One"))
    turn(newsroom.reference, newsroom.anna)
    cost()
    before = cost()
    for number in range(4):
        newsroom.approved(newsroom.draft(slug=f"a-{number}", title=f"A {number}"))
    turn(newsroom.reference, newsroom.edward)
    assert cost() == before


# --- what a signature covers, before it is given ------------------------------------------------------------------


def covered(user, article):
    """The box that tells what is signed, as one line of text, and how many questions the screen asked."""
    client = signed_in(user)
    client.get(at(article))
    with CaptureQueriesContext(connection) as queries:
        shown = page_of(client.get(at(article)))
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    found = [d for d in tree.iter("details") if d.get("id") == "what-you-sign"]
    return " ".join("".join(found[0].itertext()).split()) if found else "", len(queries)


def test_the_screen_says_exactly_what_will_be_signed_which_sources_are_bound_and_the_sentence_recorded(
    newsroom, monkeypatch
):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."))
    newsroom.do(article, "submit", newsroom.alice, reason="Dose")
    told, _ = covered(newsroom.edward, article)
    assert "Editorial check by edward: “I have read this statement as it stands, and it is right.”" in told
    newsroom.do(article, "pass_on", newsroom.edward)
    assert covered(newsroom.alice, article)[0] == covered(newsroom.edward, article)[0] == ""
    told, questions = covered(newsroom.rita, article)
    assert told.startswith("What your signature covers: 1 statement, 1 source Changed since published version 1")
    assert "(word by word): “Take 6 mg each morning.” Bound" in told
    assert "It is given once." not in told
    assert "Bound with it, as the library names them now" in told
    assert "address): raper2003." in told
    assert questions <= 19
    with monkeypatch.context() as patch:
        patch.setattr(signing, "signature", lambda case, offered: None)
        assert covered(newsroom.rita, article) == ("", questions)
    step = newsroom.do(article, "approve", newsroom.rita)
    review = article.reviews.first()
    assert review.sentence in told
    assert list(review.statements) == [full("b2")]
    assert list(step.data["references"]) == ["raper2003"]
    audit = page_of(signed_in(newsroom.audrey).get(f"/admin/articles/review/{review.pk}/change/"))
    assert review.sentence in unescape(audit)


def test_ones_own_words_are_not_among_them_and_statements_nobody_signed_yet_are(newsroom):
    first = newsroom.draft()
    newsroom.do(first, "submit", newsroom.alice, reason="New")
    newsroom.edit(first, reword("b2", "Take 7 mg."), actor=newsroom.edward, confirmed=True)
    told, _ = covered(newsroom.edward, first)
    assert "Not among them: 1 change of your own." in told
    assert "New: nothing was published before" in told
    assert "7 mg" not in told
    assert "(word by word): Also called" in told
    live = newsroom.live(newsroom.draft(slug="other", title="Other"))
    newsroom.edit(live, lambda mine: mine["sections"][0].update(heading="For children only"))
    newsroom.do(live, "submit", newsroom.alice, reason="Narrower")
    newsroom.do(live, "pass_on", newsroom.edward)
    told, _ = covered(newsroom.rita, live)
    assert "word): Heading “For children only” Unchanged, without a current medical signature: “A vector" in told
    assert "“I have read these 4 statements as they stand, and they are right.”" in told
    newsroom.do(live, "approve", newsroom.rita)
    assert live.reviews.first().sentence in told
