"""The article screen: reading, saving, merging, moving, restoring, and what nobody may do by it."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from reversion.models import Version

from articles import drafting, snapshot
from articles.admin.history import events_of
from articles.models import Article, Edition, LedgerEntry, Transition
from tests.desk import at, form_of, page_of, signed_in
from tests.people import reword

pytestmark = pytest.mark.django_db
BODY = "section-0000000000s1-body"


def saved(article):
    article.refresh_from_db()
    return drafting.newest(article)


def texts(article):
    return {block["uid"]: block["html"] for block in snapshot.blocks_of(saved(article))}


def save(client, article, **changes):
    return client.post(at(article), form_of(client, article, **changes), follow=True)


def replaced(form, old, new):
    return form | {name: [value.replace(old, new) for value in form[name]] for name in form if name.endswith("-body")}


# --- saving -------------------------------------------------------------------------------------------------------


def test_the_form_saved_untouched_changes_nothing(newsroom):
    article = newsroom.draft()
    before = article.newest_revision_id
    assert "Nothing had changed" in page_of(save(signed_in(newsroom.alice), article))
    article.refresh_from_db()
    assert article.newest_revision_id == before


def test_an_edited_statement_keeps_its_uid_and_others_their_bytes(newsroom):
    article = newsroom.draft()
    before = texts(article)
    client = signed_in(newsroom.alice)
    client.post(at(article), replaced(form_of(client, article), "given once", "given twice"))
    after = texts(article)
    assert after.keys() == before.keys()
    assert [uid for uid in after if after[uid] != before[uid]] == ["0000000000b1"]


def test_every_fact_can_be_changed(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.edward)
    changes = {
        "title": "Gene therapy",
        "subtitle": "In short",
        "slug": "gene-therapy",
        "also_called": "GT\nGenetic medicine",
        "codes-0-system": "mesh",
        "codes-0-code": "D015316",
        "codes-0-relation": "exact",
        "people-1-person": newsroom.doctor.uid,
        "people-1-role": "fact_checker",
        "review_interval_months": "6",
        "funding": "A grant",
        "citation-c1-locator": "p. 150",
        "citation-c1-quote": "Its words",
        "section-0000000000s1-heading": "Opening",
        "section-0000000000s1-kind": "what-it-is",
    }
    assert "Saved." in page_of(save(client, article, **changes))
    found = saved(article)
    assert found["also_called"] == ["GT", "Genetic medicine"]
    assert found["codes"] == [{"system": "mesh", "code": "D015316", "relation": "exact"}]
    assert found["people"][1] == {"role": "fact_checker", "person": newsroom.doctor.uid}
    assert found["citations"][0]["locator"] == "p. 150"
    assert found["sections"][0]["kind"] == "what-it-is"
    assert found["review_interval_months"] == 6


def test_a_citation_typed_by_key_gets_its_row(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    client.post(
        at(article), replaced(form_of(client, article), "given once.", 'given.<cite data-key="raper2003"></cite>')
    )
    assert [c["key"] for c in saved(article)["citations"]] == ["raper2003", "raper2003"]


def test_an_unknown_source_is_refused_and_nothing_typed_is_lost(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    form = replaced(form_of(client, article), "given once.", 'my words.<cite data-key="nobody1999"></cite>')
    shown = page_of(client.post(at(article), form))
    assert "There is no source “nobody1999”" in shown
    assert "my words." in shown
    assert "given once" in texts(article)["0000000000b1"]


def test_hidden_characters_are_refused_with_what_was_typed_still_there(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    shown = page_of(client.post(at(article), replaced(form_of(client, article), "5 mg", "5\u202e mg")))
    assert "Nothing was saved" in shown
    assert "5 mg" in texts(article)["0000000000b2"]


def test_save_and_submit_in_one_press(newsroom):
    article = newsroom.draft()
    save(signed_in(newsroom.alice), article, _submit="yes", reason="First version", title="Gene therapy now")
    article.refresh_from_db()
    assert (article.state, article.title) == ("editorial_review", "Gene therapy now")


def test_what_cannot_be_submitted_is_saved_all_the_same(newsroom):
    article = newsroom.draft(people=[])
    shown = page_of(save(signed_in(newsroom.alice), article, _submit="yes", reason="First", title="Saved title"))
    article.refresh_from_db()
    assert (article.state, article.title) == ("draft", "Saved title")
    assert "Name an author." in shown


# --- sections without JavaScript ----------------------------------------------------------------------------------


def two_sections(newsroom):
    from tests import snapshots as s

    return newsroom.draft(
        sections=[
            s.section("s1", s.paragraph("p1", "One.", claim="none"), heading="First"),
            s.section("s2", s.paragraph("p2", "Two.", claim="none"), heading="Second"),
        ],
        citations=[],
    )


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("up:0000000000s2", ["Second", "First"]),
        ("down:0000000000s1", ["Second", "First"]),
        ("up:0000000000s1", ["First", "Second"]),
        ("remove:0000000000s1", ["Second"]),
        ("add", ["First", "Second", ""]),
        ("remove:nonsense", ["First", "Second"]),
    ],
)
def test_sections_move_without_saving(newsroom, act, order):
    article = two_sections(newsroom)
    client = signed_in(newsroom.alice)
    shown = client.post(at(article), form_of(client, article, section_act=act))
    assert [form["heading"].value() or "" for form in shown.context["edit"].sections] == order
    assert [section["heading"] for section in saved(article)["sections"]] == ["First", "Second"]


def test_moved_sections_can_be_saved(newsroom):
    from tests.desk import fields_of

    article = two_sections(newsroom)
    client = signed_in(newsroom.alice)
    shown = page_of(client.post(at(article), form_of(client, article, section_act="up:0000000000s2")))
    client.post(at(article), fields_of(shown))
    assert [section["heading"] for section in saved(article)["sections"]] == ["Second", "First"]


# --- two people ---------------------------------------------------------------------------------------------------


def test_edits_of_different_statements_merge_by_themselves(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    mine = replaced(form_of(client, article), "given once", "given twice")
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."), actor=newsroom.anna)
    newsroom.edit(article, reword("b2", "Take 7 mg each morning."), actor=newsroom.edward)
    told = page_of(client.post(at(article), mine, follow=True))
    assert "anna and edward had saved meanwhile; your edit and theirs are in the draft now." in told
    assert "twice" in texts(article)["0000000000b1"]
    assert "7 mg" in texts(article)["0000000000b2"]


def clash(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    mine = replaced(form_of(client, article), "Take 5 mg", "Take 7 mg")
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."), actor=newsroom.anna)
    return article, client, client.post(at(article), mine)


def hidden(response):
    return {name: response.context[name] for name in ("base", "newest", "mine", "reason")}


def test_a_clash_is_shown_with_before_theirs_and_mine_and_saves_nothing(newsroom):
    article, _, shown = clash(newsroom)
    (found,) = shown.context["clashes"]
    assert found.base == "Take 5 mg each morning."
    assert ("added", "6") in [(p.op, p.text.strip()) for p in found.theirs]
    assert ("added", "7") in [(p.op, p.text.strip()) for p in found.mine]
    assert "6 mg" in texts(article)["0000000000b2"]


def test_a_clash_names_who_saved_meanwhile_and_when_and_nobody_before(newsroom):
    article, _, shown = clash(newsroom)
    saved_at = drafting.revisions_of(article).first().date_created
    assert [(save.who, save.at) for save in shown.context["meanwhile"]] == [("anna", saved_at)]
    told = " ".join(re.sub(r"<[^>]+>", "", page_of(shown)).split())
    at_words = date_format(timezone.localtime(saved_at), "j M Y, H:i")
    assert f"anna saved on {at_words} (see that version in a new window)" in told
    assert "alice saved" not in told
    newsroom.edit(article, reword("b2", "8 mg"), newsroom.edward, reason="<i>Eight</i>")
    again = signed_in(newsroom.alice).post(at(article, "merge"), hidden(shown) | {"choice-0000000000b2": "mine"})
    assert [(save.who, save.why) for save in again.context["meanwhile"]] == [("edward", "<i>Eight</i>")]
    assert "“&lt;i&gt;Eight" in page_of(again)


@pytest.mark.parametrize(("choice", "dose"), [("mine", "7 mg"), ("theirs", "6 mg")])
def test_a_clash_is_settled_by_choice(newsroom, choice, dose):
    article, client, shown = clash(newsroom)
    client.post(at(article, "merge"), hidden(shown) | {"choice-0000000000b2": choice})
    assert dose in texts(article)["0000000000b2"]


def test_a_third_edit_during_the_merge_is_not_overwritten(newsroom):
    article, client, shown = clash(newsroom)
    newsroom.edit(article, reword("b2", "Take 8 mg each morning."), actor=newsroom.anna)
    again = client.post(at(article, "merge"), hidden(shown) | {"choice-0000000000b2": "mine"})
    assert "8 mg" in texts(article)["0000000000b2"]
    (found,) = again.context["clashes"]
    assert ("added", "7") in [(p.op, p.text.strip()) for p in found.mine]


def test_the_merge_page_takes_no_other_article(newsroom):
    _, client, shown = clash(newsroom)
    other = newsroom.draft(slug="other", title="Other", actor=newsroom.anna)
    before = saved(other)
    client.post(at(other, "merge"), hidden(shown) | {"choice-title": "mine"})
    assert saved(other) == before


@pytest.mark.parametrize("mine", ["", "[]", "{}", '{"title": "x"}', "nonsense"])
def test_a_forged_merge_is_refused(newsroom, mine):
    article, client, shown = clash(newsroom)
    assert client.post(at(article, "merge"), hidden(shown) | {"mine": mine}).status_code == 404


def test_an_edit_during_review_asks_first(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    client = signed_in(newsroom.alice)
    form = replaced(form_of(client, article), "given once", "given twice")
    asked = client.post(at(article), form)
    assert "Confirm that you want to change it now" in page_of(asked)
    assert "once" in texts(article)["0000000000b1"]
    client.post(at(article), form | {"confirmed": "yes"})
    assert "twice" in texts(article)["0000000000b1"]


# --- moves --------------------------------------------------------------------------------------------------------


def move(user, article, name, **details):
    article.refresh_from_db()
    post = {"base": article.newest_revision_id} | details
    return page_of(signed_in(user).post(at(article, "move", name), post, follow=True))


def test_an_article_goes_from_draft_to_readers_by_buttons(newsroom):
    article = newsroom.draft()
    move(newsroom.alice, article, "submit", reason="First version")
    move(newsroom.edward, article, "pass_on")
    move(newsroom.rita, article, "approve", conflicts="None")
    move(newsroom.paul, article, "publish", change_note="First published")
    article.refresh_from_db()
    assert article.live_edition.number == 1
    assert article.live_edition.change_note == "First published"


def test_a_refused_move_says_why(newsroom):
    article = newsroom.draft()
    assert "Only publishers may do this." in move(newsroom.alice, article, "publish_now", reason="Quick")
    assert "Say why." in move(newsroom.alice, article, "submit")
    article.refresh_from_db()
    assert article.state == "draft"


def test_what_was_not_looked_at_is_not_approved(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    base = article.newest_revision_id
    newsroom.edit(article, reword("b2", "Take 500 mg."), actor=newsroom.anna, confirmed=True)
    shown = move(newsroom.edward, article, "pass_on", base=base)
    assert "Somebody has saved this article since you looked at it" in shown
    article.refresh_from_db()
    assert article.state == "editorial_review"


def test_buttons_are_for_what_is_possible_and_sentences_for_the_rest(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    context = signed_in(newsroom.alice).get(at(article)).context
    assert "pass_on" not in {button.move.name for button in context["buttons"]}
    assert any("Only editors" in sentence for offer in context["refusals"] for sentence in offer.reasons)
    context = signed_in(newsroom.edward).get(at(article)).context
    assert "pass_on" in {button.move.name for button in context["buttons"]}


def test_a_schedule_is_read_in_the_zone_that_was_named(newsroom):
    article = newsroom.approved()
    move(newsroom.paul, article, "schedule", at="2030-07-01T09:00", zone="Europe/Berlin")
    article.refresh_from_db()
    assert article.go_live_at.isoformat() == "2030-07-01T07:00:00+00:00"


def test_an_unknown_move_is_not_found(newsroom):
    article = newsroom.draft()
    assert signed_in(newsroom.root).post(at(article, "move", "erase")).status_code == 404


def test_withdrawal_needs_words_for_readers_and_a_real_target(newsroom):
    article = newsroom.live()
    assert "Say what readers are told." in move(newsroom.paul, article, "withdraw", reason="Wrong")
    assert "There is no article at “nowhere”" in move(
        newsroom.paul, article, "withdraw", reason="Wrong", words="Wrong", moved_to="nowhere"
    )
    article.refresh_from_db()
    assert article.live_edition is not None


# --- looking ------------------------------------------------------------------------------------------------------


def test_the_preview_is_stored_nowhere(newsroom):
    response = signed_in(newsroom.alice).get(at(newsroom.draft(), "preview"))
    assert response.headers["Cache-Control"] == "no-store, private"
    assert "A vector carries the gene" in page_of(response)


def test_changes_are_against_what_readers_see(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    shown = page_of(signed_in(newsroom.audrey).get(at(article, "changes")))
    assert "<ins>twice" in shown
    assert "<del>once" in shown


def test_history_names_who_when_and_why(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."), reason="Two doses now")
    shown = page_of(signed_in(newsroom.audrey).get(at(article, "history")))
    for words in ("Two doses now", "alice", "Submit for checking", "First version", "Published version 1"):
        assert words in shown


def test_history_tells_what_happened_in_one_moment_in_its_order(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    newsroom.do(article, "submit", newsroom.alice, reason="Two doses")
    events = events_of(article)
    assert len({event.at for event in events}) == 1
    assert [event.what for event in reversed(events)] == [
        *("Saved", "Submit for checking", "Pass on to a medical reviewer", "Approve and sign"),
        *("Published version 1 (substantive)", "Saved", "Back to draft by an edit", "Submit for checking"),
    ]


def test_an_old_version_comes_back_as_a_draft(newsroom):
    article = newsroom.draft()
    first = article.newest_revision_id
    newsroom.edit(article, reword("b1", "It is given twice."))
    client = signed_in(newsroom.edward)
    post = {"base": article.newest_revision_id, "reason": "The old one was right"}
    client.post(at(article, "restore", first), post)
    assert "once" in texts(article)["0000000000b1"]
    assert drafting.revisions_of(article)[0].comment == "The old one was right"


def test_a_published_version_comes_back_as_a_draft(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    post = {"base": article.newest_revision_id, "reason": "Back"}
    signed_in(newsroom.edward).post(at(article, "take_up", 1), post)
    assert "once" in texts(article)["0000000000b1"]


def test_restoring_needs_a_reason_and_the_newest_version(newsroom):
    article = newsroom.draft()
    first = article.newest_revision_id
    newsroom.edit(article, reword("b1", "It is given twice."))
    client = signed_in(newsroom.edward)
    client.post(at(article, "restore", first), {"base": article.newest_revision_id})
    client.post(at(article, "restore", first), {"base": first, "reason": "Stale"})
    assert "twice" in texts(article)["0000000000b1"]


def test_a_version_of_another_article_is_not_found(newsroom):
    article, other = newsroom.draft(), newsroom.draft(slug="other", title="Other")
    client = signed_in(newsroom.edward)
    assert client.get(at(article, "saved", other.newest_revision_id)).status_code == 404
    post = {"base": article.newest_revision_id, "reason": "Steal"}
    assert client.post(at(article, "restore", other.newest_revision_id), post).status_code == 404
    assert client.post(at(article, "take_up", 7), post).status_code == 404
    form = form_of(client, article, base=str(other.newest_revision_id))
    assert client.post(at(article), form).status_code == 404


@pytest.mark.parametrize("key", ["0", "abc", "999999", "1%2F2", "9" * 40])
def test_an_article_that_is_not_there_is_not_found(newsroom, key):
    client = signed_in(newsroom.root)
    for rest in ("change/", "preview/", "changes/", "history/"):
        assert client.get(f"/admin/articles/article/{key}/{rest}").status_code == 404


# --- what nobody may do -------------------------------------------------------------------------------------------


def everything(article):
    return (
        list(Article.objects.values()),
        list(Version.objects.values("pk")),
        list(Transition.objects.values("pk")),
        list(Edition.objects.values("pk")),
        list(LedgerEntry.objects.values("pk")),
    )


def test_a_new_article_starts_with_its_first_saved_version(newsroom):
    client = signed_in(newsroom.alice)
    post = {"title": "Haemophilia", "slug": "", "kind": "condition", "language": "en"}
    client.post("/admin/articles/article/add/", post | {"state": "approved", "live_edition": "1"})
    article = Article.objects.get(slug="haemophilia")
    assert (article.state, article.live_edition) == ("draft", None)
    assert Version.objects.get_for_object(article).count() == 1


def test_only_declared_fields_change(newsroom):
    article = newsroom.live()
    client = signed_in(newsroom.alice)
    before = Article.objects.values().get(pk=article.pk)
    extra = {field.attname: "1" for field in Article._meta.concrete_fields} | {
        "state": "approved",
        "uid": "f" * 32,
        "created_at": "2001-01-01",
        "_saveasnew": "1",
        "form-TOTAL_FORMS": "5",
        "topic_links-0-id": "1",
    }
    form = form_of(client, article)
    client.post(at(article), {name: extra[name] for name in extra if name not in form} | form)
    assert Article.objects.values().get(pk=article.pk) == before
    assert Article.objects.count() == 1


def test_auditors_and_reviewers_write_nothing(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    form = replaced(form_of(signed_in(newsroom.alice), article), "twice", "thrice")
    post = {"base": article.newest_revision_id, "reason": "Because", "words": "Because"}
    before = everything(article)
    for user in (newsroom.audrey, newsroom.rita):
        client = signed_in(user)
        assert client.post(at(article), form).status_code == 403
        assert client.post(at(article, "restore", article.newest_revision_id), post).status_code == 403
        assert client.post(at(article, "merge"), {"base": 1, "newest": 1, "mine": "{}"}).status_code == 403
        assert client.post("/admin/articles/article/add/", {"title": "x"}).status_code == 403
        assert client.get("/admin/articles/article/add/").status_code == 403
    for name in ("submit", "publish", "publish_now", "withdraw", "fix_live", "request_changes", "schedule"):
        signed_in(newsroom.audrey).post(at(article, "move", name), post)
    signed_in(newsroom.audrey).post(at(article, "both"), post)
    assert everything(article) == before


def test_readers_of_the_desk_see_the_text_but_no_way_to_write(newsroom):
    shown = page_of(signed_in(newsroom.audrey).get(at(newsroom.draft())))
    assert "A vector carries the gene" in shown
    assert "Save and submit" not in shown
    assert 'name="section_act"' not in shown


def test_nothing_is_deleted(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.root)
    assert client.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        "/admin/articles/article/", {"action": "delete_selected", "_selected_action": article.pk, "post": "yes"}
    )
    assert Article.objects.filter(pk=article.pk).exists()


def test_strangers_are_sent_to_sign_in(client, newsroom):
    article = newsroom.draft()
    for name in ("change", "preview", "changes", "history"):
        assert "/admin/login/" in client.get(at(article, name)).url


def test_looking_writes_nothing(newsroom):
    article = newsroom.live()
    newsroom.edit(article, reword("b1", "It is given twice."))
    clients = [signed_in(user) for user in (newsroom.petra, newsroom.audrey, newsroom.root)]
    with CaptureQueriesContext(connection) as queries:
        for client in clients:
            for name in ("change", "preview", "changes", "history"):
                client.get(at(article, name))
            client.get("/admin/articles/article/second-look/")
    writes = [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert writes == []


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_typed_markup_is_shown_as_text_on_every_page(newsroom):
    article = newsroom.draft(
        title=f"T {HOSTILE}", summary=HOSTILE, funding=HOSTILE, also_called=[HOSTILE], subtitle=HOSTILE
    )
    newsroom.edit(article, lambda mine: mine["sections"][0].update(heading=HOSTILE), reason=HOSTILE)
    newsroom.do(article, "submit", newsroom.alice, reason=HOSTILE)
    client = signed_in(newsroom.root)
    pages = [at(article, name) for name in ("change", "changes", "history", "preview")]
    pages += [at(article, "saved", article.newest_revision_id)]
    pages += ["/admin/articles/article/", "/admin/articles/article/second-look/", "/admin/"]
    for address in pages:
        shown = page_of(client.get(address))
        assert "<script>alert" not in shown, address
        assert "<img src=x" not in shown, address


# --- cost ---------------------------------------------------------------------------------------------------------


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_cost_the_same_however_long(newsroom):
    client = signed_in(newsroom.root)

    def costs():
        return [
            queries_of(client, address)
            for address in ("/admin/articles/article/", "/admin/articles/article/second-look/")
        ]

    def waiting(number):
        article = newsroom.live(newsroom.draft(slug=f"a-{number}", title=f"A {number}"))
        newsroom.edit(article, reword("b1", "It is given twice."))
        newsroom.do(article, "submit", newsroom.alice, reason="More")

    waiting(1)
    before = costs()
    for number in range(2, 6):
        waiting(number)
    assert costs() == before


def test_history_costs_the_same_however_long(newsroom):
    article = newsroom.live()
    client = signed_in(newsroom.audrey)
    before = queries_of(client, at(article, "history"))
    for number in range(4):
        newsroom.edit(article, reword("b1", f"It is given {number} times."))
    assert queries_of(client, at(article, "history")) == before


def test_the_posted_merge_carries_my_whole_edit(newsroom):
    _, _, shown = clash(newsroom)
    mine = json.loads(shown.context["mine"])
    assert "7 mg" in mine["sections"][0]["blocks"][2]["html"]
