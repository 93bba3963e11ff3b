"""Promise 3: nobody signs or approves what they made. Each test is an attempt to get past it."""

import datetime

import pytest
from django.contrib.auth.models import Group

from articles import drafting, publishing, snapshot, statements, workflow
from articles.drafting import Refused
from articles.models import Review, Wording
from references.recording import save_reference
from tests import snapshots
from tests.people import NOW, make_person, make_user, reword

LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture
def xavier(newsroom):
    """One person with every role, a doctor, and a superuser on top."""
    user = make_user("xavier", "author", "editor", "medical_reviewer", "publisher", is_superuser=True)
    make_person("Dr Xavier Aal", user)
    return user


def add_block(uid, html):
    def change(mine):
        mine["sections"][0]["blocks"].append(snapshots.paragraph(uid, html, no_source_reason="An example"))

    return change


def drop_block(uid):
    def change(mine):
        for section in mine["sections"]:
            section["blocks"] = [b for b in section["blocks"] if b["uid"] != snapshots.full(uid)]

    return change


def swap_blocks(mine):
    mine["sections"][0]["blocks"].reverse()


@pytest.mark.parametrize("move", ["approve_minor", "pass_on"])
def test_the_writer_with_every_role_passes_nothing_on(newsroom, xavier, move):
    article = newsroom.draft(actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Mine")
    with pytest.raises(Refused):
        newsroom.do(article, move, xavier)
    with pytest.raises(Refused):
        newsroom.do(article, move, xavier, now=LATER)
    assert article.state == "editorial_review"


def test_the_writer_with_every_role_does_not_approve_after_a_colleague_passed_it_on(newsroom, xavier):
    article = newsroom.draft(actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Mine")
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", xavier, now=LATER)
    assert not Review.objects.filter(kind="medical").exists()


def test_a_co_author_approves_only_with_the_others_signature(newsroom, xavier):
    article = newsroom.draft(actor=newsroom.alice)
    newsroom.edit(article, add_block("x1", "Xavier adds this sentence."), actor=xavier)
    newsroom.do(article, "submit", newsroom.alice, reason="Ours")
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match=r"You wrote this \(1 change\)"):
        newsroom.do(article, "approve", xavier)
    newsroom.do(article, "sign", newsroom.rita)
    newsroom.do(article, "approve", xavier)
    signed = {review.actor: set(review.statements) for review in Review.objects.filter(kind="medical")}
    assert len(signed) == 1, "the co-author had nothing left to sign"


def test_a_deletion_and_a_move_need_another_pair_of_eyes_too(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, drop_block("b2"), actor=xavier)
    newsroom.edit(article, swap_blocks, actor=newsroom.alice)
    newsroom.do(article, "submit", newsroom.alice, reason="Shorter")
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "pass_on", xavier)
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", xavier)
    newsroom.do(article, "approve", newsroom.rita)


def test_renewing_never_covers_ones_own_wording(newsroom, xavier):
    article = newsroom.live(_co_written(newsroom, xavier))
    newsroom.do(article, "renew", xavier, now=LATER)
    review = Review.objects.filter(kind="medical").first()
    assert snapshots.full("x1") not in review.statements
    assert snapshots.full("p1") in review.statements


def _co_written(newsroom, xavier):
    article = newsroom.draft()
    newsroom.edit(article, add_block("x1", "Xavier adds this sentence."), actor=xavier)
    return article


def test_who_wrote_everything_cannot_renew_at_all(newsroom, xavier):
    article = newsroom.draft(actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Mine")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    with pytest.raises(Refused, match="someone else must check it"):
        newsroom.do(article, "renew", xavier, now=LATER)


def test_the_emergency_door_does_not_launder(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."), actor=xavier)
    newsroom.do(article, "publish_now", xavier, reason="Wrong dose on the page")
    assert publishing.is_awaiting(article.live_edition)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve_after", xavier, now=LATER)
    with pytest.raises(Refused):
        newsroom.do(article, "approve_after", newsroom.edward)
    newsroom.do(article, "approve_after", newsroom.rita, now=LATER)
    assert not publishing.is_awaiting(article.live_edition)


def test_wording_published_in_an_emergency_stays_its_makers_in_later_versions(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."), actor=xavier)
    newsroom.do(article, "publish_now", xavier, reason="Wrong dose on the page")
    newsroom.do(article, "renew", xavier, now=LATER)
    review = Review.objects.filter(kind="medical", actor=_actor(xavier)).get()
    assert snapshots.full("b2") not in review.statements


def _actor(user):
    from articles import ledger

    return ledger.actor_id(user, NOW)


def test_a_role_taken_on_later_does_not_open_ones_own_text(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="Mine")
    newsroom.alice.groups.add(Group.objects.get(name="editor"))
    newsroom.alice.__dict__.pop("_roles_held", None)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "pass_on", newsroom.alice)


def test_an_unattended_import_belongs_to_whoever_submits_it(newsroom, xavier):
    content = drafting.newest(newsroom.draft()) | {"uid": "f" * 32, "slug": "imported"}
    article = drafting.save(None, content, actor=None, now=NOW).article
    newsroom.do(article, "submit", xavier, reason="Imported")
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "pass_on", xavier)
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", xavier)


def test_merging_gives_everybody_their_own_wording_back(newsroom, xavier):
    """Edits joined by the server stay their makers': pressing save last does not make them mine, nor yours yours."""
    article = newsroom.draft()
    base = article.newest_revision_id
    mine, theirs = drafting.newest(article), drafting.newest(article)
    reword("b1", "Alice changed this.")(theirs)
    reword("b2", "Xavier changed that.")(mine)
    drafting.save(article, theirs, actor=newsroom.alice, now=NOW, base=base)
    saved = drafting.save(article, mine, actor=xavier, now=NOW, base=base)
    assert saved.merged
    rows = Wording.objects.filter(article=article, revision_id=saved.revision_id)
    assert {row.statement for row in rows} == {snapshots.full("b2")}


def test_a_parked_draft_comes_back_with_its_makers(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Xavier rewrites the dose: 7 mg."), actor=xavier)
    newsroom.do(article, "fix_live", newsroom.alice)
    newsroom.edit(article, reword("b1", "It is given once"), actor=newsroom.alice)
    newsroom.do(article, "submit", newsroom.alice, reason="Full stop")
    newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "publish", newsroom.paul)
    texts = {b["uid"]: b["html"] for b in snapshot.blocks_of(drafting.newest(article))}
    assert texts[snapshots.full("b1")] == "It is given once"
    assert texts[snapshots.full("b2")] == "Xavier rewrites the dose: 7 mg."
    assert article.state == "draft"
    newsroom.do(article, "submit", newsroom.alice, reason="Dose")
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", xavier)
    newsroom.do(article, "approve", newsroom.rita)


def test_bringing_back_approved_wording_is_the_bringers_act_so_two_people_can_go_on(newsroom):
    """A wrote v1 and B approved it; B wrote v2 and A approved it; B brings v1 back: A may approve, B may not."""
    ann, ben = (make_user(name, "author", "editor", "medical_reviewer", "publisher") for name in ("ann", "ben"))
    make_person("Dr Ann", ann), make_person("Dr Ben", ben)
    article = newsroom.draft(actor=ann)
    _through(newsroom, article, ann, ben)
    first = publishing.state_of(article.live_edition).snapshot
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."), actor=ben)
    _through(newsroom, article, ben, ann)
    drafting.restore(article, first, actor=ben, now=NOW, base=article.newest_revision_id, reason="Back to 5 mg")
    newsroom.do(article, "submit", ben, reason="Back to 5 mg")
    newsroom.do(article, "pass_on", ann)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", ben)
    newsroom.do(article, "approve", ann)


def _through(newsroom, article, writer, second):
    newsroom.do(article, "submit", writer, reason="Please check")
    newsroom.do(article, "pass_on", second)
    newsroom.do(article, "approve", second)
    newsroom.do(article, "publish", writer)


def test_a_source_turned_after_approval_voids_it_and_its_turner_cannot_confirm(newsroom, xavier):
    article = newsroom.approved()
    reference = newsroom.reference
    save_reference(
        {"title": "Something else entirely"},
        actor=xavier,
        reason="Turned",
        reference=reference,
        base=reference.newest_revision_id(),
    )
    with pytest.raises(Refused, match="cited source has changed"):
        newsroom.do(article, "publish", newsroom.paul)
    with pytest.raises(Refused, match="You changed the source"):
        newsroom.do(article, "confirm_sources", xavier)
    newsroom.do(article, "confirm_sources", newsroom.rita)
    newsroom.do(article, "publish", newsroom.paul)
    assert "Something else entirely" in article.live_edition.context


def test_a_new_address_for_the_same_source_leaves_approvals_alone(newsroom):
    article = newsroom.approved()
    reference = newsroom.reference
    save_reference(
        {"volume": "81"}, actor=newsroom.alice, reason="Typo", reference=reference, base=reference.newest_revision_id()
    )
    newsroom.do(article, "publish", newsroom.paul)


def test_medical_signatures_need_a_named_doctor_with_a_licence_in_date(newsroom):
    article = newsroom.draft()
    newsroom.do(article, "submit", newsroom.alice, reason="First")
    newsroom.do(article, "pass_on", newsroom.edward)
    stranger = make_user("stranger", "medical_reviewer")
    with pytest.raises(Refused, match="not tied to a person"):
        newsroom.do(article, "approve", stranger)
    person = make_person("Dr Late", stranger, qualified_until=datetime.date(2026, 5, 3))
    with pytest.raises(Refused, match="time that is over"):
        newsroom.do(article, "approve", stranger)
    person.is_health_professional, person.qualified_until = False, datetime.date(2030, 1, 1)
    person.save()
    with pytest.raises(Refused, match="not as a health professional"):
        newsroom.do(article, "approve", stranger)


def test_lowering_the_significance_needs_a_non_writer_and_a_reason(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 5 mg every morning."), actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Style")
    with pytest.raises(Refused):
        newsroom.do(article, "treat_as_minor", xavier, reason="Style")
    with pytest.raises(Refused, match="Say why"):
        newsroom.do(article, "treat_as_minor", newsroom.edward)
    newsroom.do(article, "treat_as_minor", newsroom.edward, reason="The same meaning")
    newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "publish", newsroom.paul)
    assert article.live_edition.significance == "minor"


def test_the_signature_holds_for_this_text_only(newsroom):
    """A signature moved to another digest is none."""
    article = newsroom.live()
    signed = Review.objects.filter(kind="medical").get().statements
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."))
    context = snapshot.context_of(drafting.newest(article))
    now = statements.block_digests(drafting.newest(article), context)
    assert now[snapshots.full("b2")] != signed[snapshots.full("b2")]
    assert now[snapshots.full("p1")] == signed[snapshots.full("p1")]


def test_pressing_publish_is_no_approval(newsroom):
    article = newsroom.draft()
    for state_move in (None, "submit", "pass_on"):
        if state_move == "submit":
            newsroom.do(article, "submit", newsroom.alice, reason="First")
        elif state_move == "pass_on":
            newsroom.do(article, "pass_on", newsroom.edward)
        with pytest.raises(Refused, match="not possible while"):
            workflow.perform(article, "publish", newsroom.root, NOW)


def test_what_went_out_in_an_emergency_is_not_settled_by_the_next_small_change(newsroom, xavier):
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."), actor=xavier)
    newsroom.do(article, "publish_now", xavier, reason="Wrong dose on the page")
    newsroom.edit(article, reword("b1", "It is given once"), actor=newsroom.alice)
    newsroom.do(article, "submit", newsroom.alice, reason="Full stop")
    with pytest.raises(Refused, match="medical reviewer"):
        newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match=r"You wrote this \(1 change\)"):
        newsroom.do(article, "approve", xavier)
    newsroom.do(article, "approve", newsroom.rita)


def test_what_an_emergency_removed_is_answered_for_by_whoever_removed_it_then(newsroom, xavier):
    """A colleague who takes the same statement out of the next draft does not become its remover in the live one."""
    article = newsroom.live()
    newsroom.edit(article, drop_block("b2"), actor=xavier)
    newsroom.do(article, "publish_now", xavier, reason="Dangerous")
    newsroom.edit(article, add_block("b2", "Take 5 mg each morning."), actor=newsroom.alice)
    newsroom.edit(article, drop_block("b2"), actor=newsroom.alice)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve_after", xavier)


def test_the_page_can_go_back_to_what_was_approved_after_an_emergency(newsroom):
    article = newsroom.live()
    first = publishing.state_of(article.live_edition).snapshot
    newsroom.edit(article, reword("b2", "Take 50 mg each morning."))
    newsroom.do(article, "publish_now", newsroom.paul, reason="Thought to be wrong")
    drafting.restore(article, first, actor=newsroom.alice, now=NOW, base=article.newest_revision_id, reason="Was right")
    newsroom.do(article, "submit", newsroom.alice, reason="Was right")
    newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "publish", newsroom.paul)
    assert publishing.state_of(article.live_edition).snapshot == first


def test_a_signature_under_an_earlier_removal_is_none_for_a_later_one(newsroom, xavier):
    article = newsroom.live()
    for who, second in ((newsroom.alice, newsroom.rita), (newsroom.anna, newsroom.rita)):
        change = drop_block("b2") if who == newsroom.alice else add_block("b2", "Take 5 mg.")
        newsroom.edit(article, change, actor=who)
        _checked(newsroom, article, who, second)
    newsroom.edit(article, drop_block("b2"), actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Out again")
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "pass_on", xavier)


def _checked(newsroom, article, writer, doctor):
    newsroom.do(article, "submit", writer, reason="Please check")
    newsroom.do(article, "pass_on", newsroom.edward)
    newsroom.do(article, "approve", doctor)
    newsroom.do(article, "publish", newsroom.paul)


def test_nobody_brings_back_old_wording_alone_although_it_was_signed_long_ago(newsroom, xavier):
    article = newsroom.live()
    first = publishing.state_of(article.live_edition).snapshot
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."), actor=newsroom.alice)
    _checked(newsroom, article, newsroom.alice, newsroom.rita)
    drafting.restore(article, first, actor=xavier, now=NOW, base=article.newest_revision_id, reason="Back to 5 mg")
    newsroom.do(article, "submit", xavier, reason="Back to 5 mg")
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "pass_on", xavier)
    newsroom.do(article, "pass_on", newsroom.edward)
    with pytest.raises(Refused, match="You wrote this"):
        newsroom.do(article, "approve", xavier)
    newsroom.do(article, "approve", newsroom.rita)


def test_taking_out_and_putting_back_elsewhere_is_a_move_with_a_maker(newsroom, xavier):
    article = newsroom.live()
    kept = {}

    def take_out(mine):
        kept["b1"] = mine["sections"][0]["blocks"].pop(1)

    newsroom.edit(article, take_out, actor=xavier)
    newsroom.edit(article, lambda mine: mine["sections"][0]["blocks"].append(kept["b1"]), actor=xavier)
    newsroom.do(article, "submit", xavier, reason="Order")
    for move in ("pass_on", "approve_minor"):
        with pytest.raises(Refused):
            newsroom.do(article, move, xavier)


def test_a_change_treated_as_minor_once_is_weighed_anew_against_another_version(newsroom, xavier):
    """6 mg for 5 mg was called minor in spring; in autumn the page says 60 mg, and going back to 6 is another thing."""
    article = newsroom.live()
    newsroom.edit(article, reword("b2", "Take 6 mg each morning."))
    newsroom.do(article, "submit", newsroom.alice, reason="Rounded")
    newsroom.do(article, "treat_as_minor", newsroom.edward, reason="Rounded")
    newsroom.do(article, "approve_minor", newsroom.edward)
    newsroom.do(article, "publish", newsroom.paul)
    spring = publishing.state_of(article.live_edition).snapshot
    newsroom.edit(article, reword("b2", "Take 60 mg each morning."))
    _checked(newsroom, article, newsroom.alice, newsroom.rita)
    drafting.restore(article, spring, actor=newsroom.alice, now=NOW, base=article.newest_revision_id, reason="Back")
    newsroom.do(article, "submit", newsroom.alice, reason="Back")
    with pytest.raises(Refused, match="medical reviewer"):
        newsroom.do(article, "approve_minor", newsroom.edward)
