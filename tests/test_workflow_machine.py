"""The workflow, driven at random by seven people and held against the model after every step.

Every act is foretold by ``tests/workflow_model.py``: done or refused. A refused act must change nothing, a done one
must leave the article as the model has it, and readers with exactly the approved text. ``python
bench/campaign_sequences.py`` runs as many sequences as one likes.
"""

import datetime
import json
import os

import hypothesis
import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from articles import checkpoints, drafting, publishing, roles, snapshot, workflow
from articles.drafting import Refused
from articles.models import Article, Edition, LedgerEntry, LedgerHead, Page, PagesVersion, Transition
from articles.verification import problems
from references.models import Reference
from references.recording import SaveRefused, save_reference
from tests import snapshots
from tests.people import NOW, Newsroom, content, make_person, make_user
from tests.workflow_model import CITED, LEADS_TO, RULES, Model, Person, Text, changes

PATH = "/articles/what-is-gene-therapy/"
SPARE = ("b1", "b2", "b3")
#: From each state the move that leads on towards the readers.
USUAL = {
    "draft": "submit",
    "changes_requested": "submit",
    "editorial_review": "pass_on",
    "medical_review": "approve",
    "approved": "publish",
    "scheduled": "publish",
}
#: Chooses a person: mostly one who holds the role, now and then anybody.
picks = st.integers(0, 199)
uids = st.sampled_from((CITED, *SPARE))


def cast():
    """The people of the machine, as the model has them."""
    return {
        "alice": Person({"author"}),
        "anna": Person({"author", "editor"}),
        "edward": Person({"editor"}),
        "rita": Person({"medical_reviewer"}, is_doctor=True),
        "xavier": Person(
            {"author", "editor", "medical_reviewer", "publisher"},
            is_doctor=True,
            licence_until=datetime.date(2027, 5, 1),
        ),
        "paul": Person({"publisher"}),
        "petra": Person({"publisher"}),
        "root": Person(set(), is_root=True),
    }


def stage():
    """The same people in the database, and another article to move to; returns that article's key."""
    newsroom = Newsroom()
    roles.set_roles(newsroom.anna, {"author", "editor"}, actor=newsroom.root, now=NOW)
    xavier = make_user("xavier", "author", "editor", "medical_reviewer", "publisher")
    make_person("Dr Xavier Aal", xavier, qualified_until=datetime.date(2027, 5, 1))
    other = content(newsroom.author, slug="elsewhere", title="Elsewhere")
    newsroom.live(drafting.save(None, other, actor=newsroom.alice, now=NOW).article)
    return newsroom


class Workflow(RuleBasedStateMachine):
    """One article and everybody who can touch it. ``newsroom`` is put in by whoever runs the machine."""

    newsroom = None

    def __init__(self):
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.model = Model(cast(), NOW)
        self.article = None
        self.count = 0
        self.looked_at = set()

    def teardown(self):
        try:
            if self.article is not None:
                self.nothing_acknowledged_is_lost()
                checkpoints.stamp(self.model.now)
                assert [str(p) for p in problems()] == []
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    # --- tools ----------------------------------------------------------------------------------------------------

    def user(self, name):
        """As every request does: a fresh account with fresh rights."""
        return get_user_model().objects.get(username=name)

    def someone(self, pick, *wanted):
        people = self.model.people
        able = [name for name, person in people.items() if person.holds(*wanted)]
        names = able if able and pick >= 40 else list(people)
        return names[pick % len(names)]

    def words(self):
        self.count += 1
        return f"We know zq{self.count}x well."

    def snapshot_of(self, text):
        mark = '<cite data-uid="c1"></cite>'
        blocks = [
            snapshots.paragraph(uid, words + (mark if uid == CITED else ""), no_source_reason="Told in the leaflet")
            | {"uid": uid}
            for uid, words in text.blocks
        ]
        cited = [snapshots.citation("c1", block=CITED, accessed="2026-04-01") | {"uid": "c1", "block": CITED}]
        return content(
            self.newsroom.author,
            uid="e" * 32,
            summary=text.summary,
            sections=[snapshots.section("s1", *blocks)],
            citations=cited if CITED in text.order else [],
        )

    def text_of(self, content):
        """A snapshot as the model writes it."""
        blocks = tuple((b["uid"], b["html"].partition("<cite")[0]) for b in snapshot.blocks_of(content))
        return Text(blocks, content["summary"])

    def footprint(self):
        """What any act would change."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT COUNT(*) FROM reversion_version), (SELECT COUNT(*) FROM articles_wording), "
                "(SELECT COUNT(*) FROM articles_review), (SELECT COUNT(*) FROM articles_transition), "
                "(SELECT COUNT(*) FROM articles_notice), (SELECT COUNT(*) FROM articles_edition), "
                "(SELECT COUNT(*) FROM articles_rolechange), (SELECT COUNT(*) FROM articles_rendering), "
                "(SELECT COUNT(*) FROM articles_actorname)"
            )
            counts = cursor.fetchone()
        rows = [list(model.objects.order_by("pk").values()) for model in (Article, LedgerHead, PagesVersion)]
        return counts, rows

    def attempt(self, is_refused, act):
        """Make one act; the model has foretold whether it is refused. Its result, or None for a rightful refusal."""
        if is_refused:
            before = self.footprint()
            with pytest.raises((Refused, SaveRefused)) as refusal:
                act()
            assert all(refusal.value.reasons) and refusal.value.reasons  # noqa: PT018 - one thought
            assert self.footprint() == before
            return None
        result = act()
        if self.article is not None:
            self.article.refresh_from_db()
        return result

    def move(self, name, who, **details):
        """One move of the table, in reality and in the model."""
        given = {"reason": "Because", "words": "Being checked"} | details
        foreseen = self.model.refuses(name, who, **details)
        parked = self.model.parked
        step = self.attempt(
            foreseen, lambda: workflow.perform(self.article, name, self.user(who), self.model.now, **given)
        )
        if step is None:
            return
        assert (step.name, step.to_state) == (name, LEADS_TO.get(name, self.model.state))
        self.model.done(name, who, **(details | ({"revision": self.revision()} if name == "fix_live" else {})))
        if parked and name in ("publish", "publish_now"):
            self.check_brought_back(parked, who)

    def revision(self):
        return self.article.newest_revision_id

    def check_brought_back(self, parked, who):
        """Whoever parked words finds them again beside the fix."""
        revision, edition = parked
        text = self.text_of(drafting.newest(self.article))
        then, fixed, draft = (dict(t.blocks) for t in (edition.text, self.model.text, self.model.revisions[revision]))
        result = dict(text.blocks)
        for uid, words in draft.items():
            assert then.get(uid) == words or result[uid] == words, "parked words were lost"
        for uid, words in fixed.items():
            untouched = draft.get(uid) == then.get(uid)
            assert not untouched or result.get(uid) == words, "the fix was lost"
        self.model.brought_back(text, who, self.revision())

    # --- saving ---------------------------------------------------------------------------------------------------

    @initialize(pick=picks)
    def somebody_creates_the_article(self, pick):
        who = self.someone(max(pick, 40), "author", "editor")
        text = Text(((CITED, self.words()), ("b1", self.words()), ("b2", self.words())))
        saved = drafting.save(None, self.snapshot_of(text), actor=self.user(who), now=self.model.now)
        self.article = saved.article
        self.article.refresh_from_db()
        self.model.saved(text, who, saved.revision_id)

    @rule(pick=picks)
    def somebody_creates_an_article_at_the_same_address(self, pick):
        who = self.someone(pick, "author")
        other = self.snapshot_of(self.model.text) | {"uid": "d" * 32}
        self.attempt(True, lambda: drafting.save(None, other, actor=self.user(who), now=self.model.now))

    def save(self, pick, text, confirmed=True, base=None):
        who = self.someone(pick, "author", "editor")
        is_unchanged = text == self.model.text
        may = self.model.may_save(who)
        asks = may and not is_unchanged and not confirmed and self.model.state.endswith("review")
        mine = self.snapshot_of(text)
        saved = self.attempt(
            not may or asks,
            lambda: drafting.save(
                self.article,
                mine,
                actor=self.user(who),
                now=self.model.now,
                base=base or self.revision(),
                confirmed=confirmed,
            ),
        )
        if saved is not None and not is_unchanged:
            assert saved.changed
            self.model.saved(text, who, self.revision())
        return saved

    @rule(pick=picks, uid=uids, confirmed=st.booleans())
    def somebody_rewords_a_statement(self, pick, uid, confirmed):
        self.save(pick, self.model.text.reworded(uid, self.words()), confirmed)

    @rule(pick=picks, uid=uids)
    def somebody_adds_or_drops_a_full_stop(self, pick, uid):
        words = dict(self.model.text.blocks).get(uid, "")
        other = words.removesuffix(".") if words.endswith(".") else words + "."
        self.save(pick, self.model.text.reworded(uid, other))

    @rule(pick=picks, place=st.integers(0, 3))
    def somebody_adds_a_statement(self, pick, place):
        text = self.model.text
        free = [uid for uid in SPARE if uid not in text.order]
        if free:
            blocks = list(text.blocks)
            blocks.insert(min(place, len(blocks)), (free[0], self.words()))
            self.save(pick, Text(tuple(blocks), text.summary))

    @rule(pick=picks, uid=uids)
    def somebody_deletes_a_statement(self, pick, uid):
        blocks = tuple((u, w) for u, w in self.model.text.blocks if u != uid)
        if blocks:
            self.save(pick, Text(blocks, self.model.text.summary))

    @rule(pick=picks, uid=uids)
    def somebody_brings_a_deleted_statement_back(self, pick, uid):
        told = [w for t in self.model.revisions.values() for u, w in t.blocks if u == uid]
        if told and uid not in self.model.text.order:
            self.save(pick, Text((*self.model.text.blocks, (uid, told[-1])), self.model.text.summary))

    @rule(pick=picks, uid=uids)
    def somebody_moves_a_statement_to_the_top(self, pick, uid):
        blocks = sorted(self.model.text.blocks, key=lambda block: block[0] != uid)
        self.save(pick, Text(tuple(blocks), self.model.text.summary))

    @rule(pick=picks)
    def somebody_rewrites_the_summary(self, pick):
        self.save(pick, Text(self.model.text.blocks, self.words()))

    @rule(pick=picks)
    def somebody_saves_without_a_change(self, pick):
        before = self.revision()
        self.save(pick, self.model.text, confirmed=False)
        assert self.revision() == before

    @rule(pick=picks)
    def somebody_saves_without_saying_what_they_started_from(self, pick):
        who, mine = self.someone(pick, "author"), self.snapshot_of(self.model.text.reworded("b1", self.words()))
        self.attempt(
            True, lambda: drafting.save(self.article, mine, actor=self.user(who), now=self.model.now, confirmed=True)
        )

    @rule(pick=picks, uid=uids, back=st.integers(1, 4))
    def somebody_saves_from_an_old_window(self, pick, uid, back):
        """A stale save: what does not clash is merged, the rest refused; nothing is overwritten."""
        model, who = self.model, self.someone(pick, "author", "editor")
        base = sorted(model.revisions)[-back - 1 :][0]
        mine = model.revisions[base].reworded(uid, self.words())
        merged = model.merged(model.revisions[base], mine)
        before = self.revision()
        saved = self.attempt(
            not model.may_save(who) or merged is None,
            lambda: drafting.save(
                self.article,
                self.snapshot_of(mine),
                actor=self.user(who),
                now=model.now,
                base=base,
                confirmed=True,
            ),
        )
        if saved is not None and self.revision() != before:
            model.saved(merged, who, self.revision())
        assert saved is None or self.text_of(drafting.newest(self.article)) == merged

    @rule(pick=picks, back=st.integers(1, 30))
    def somebody_restores_a_saved_version(self, pick, back):
        revisions = sorted(self.model.revisions)
        old = self.model.revisions[revisions[-min(back, len(revisions))]]
        self.restore(pick, old)

    @precondition(lambda self: self.model.editions)
    @rule(pick=picks, number=st.integers(0, 9))
    def somebody_restores_a_published_version(self, pick, number):
        self.restore(pick, self.model.editions[number % len(self.model.editions)].text)

    def restore(self, pick, old):
        who = self.someone(pick, "author", "editor")
        saved = self.attempt(
            not self.model.may_save(who),
            lambda: drafting.restore(
                self.article,
                self.snapshot_of(old),
                actor=self.user(who),
                now=self.model.now,
                base=self.revision(),
                reason="Back",
                confirmed=True,
            ),
        )
        if saved is not None and old != self.model.text:
            self.model.saved(old, who, self.revision())

    # --- moves ----------------------------------------------------------------------------------------------------

    @rule(pick=picks, steps=st.integers(1, 4))
    def it_goes_its_usual_way(self, pick, steps):
        """Some steps towards the readers, each by somebody who may: chance alone seldom gets an article approved."""
        for _ in range(steps):
            name = USUAL.get(self.model.state)
            if name == "pass_on" and self.model.level == "minor":
                name = "approve_minor"
            able = [who for who in self.model.people if name and not self.model.refuses(name, who)]
            if not able:
                return
            self.whoever_may_not_tries_it_first(name, pick)
            self.move(name, able[pick % len(able)])

    def whoever_may_not_tries_it_first(self, name, pick):
        """Somebody with the right role whom the model refuses: mostly the writer."""
        holders = [who for who, person in self.model.people.items() if person.holds(*RULES[name][1])]
        refused = [who for who in holders if self.model.refuses(name, who)]
        if refused:
            self.move(name, refused[pick % len(refused)])

    @rule(pick=picks, steps=st.integers(1, 4), uid=uids)
    def a_statement_is_reworded_and_goes_its_usual_way(self, pick, steps, uid):
        self.somebody_rewords_a_statement(pick, uid, True)
        self.it_goes_its_usual_way(pick, steps)

    @rule(pick=picks)
    @precondition(lambda self: self.model.state in RULES["submit"][0])
    def submit(self, pick):
        self.move("submit", self.someone(pick, "author", "editor"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state in RULES["request_changes"][0])
    def request_changes(self, pick):
        self.move("request_changes", self.someone(pick, "editor", "medical_reviewer"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state in RULES["sign"][0])
    def sign(self, pick):
        self.move("sign", self.someone(pick, "editor", "medical_reviewer"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "editorial_review")
    def treat_as_minor(self, pick):
        self.move("treat_as_minor", self.someone(pick, "editor"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "editorial_review")
    def raise_to_a_medical_check(self, pick):
        self.move("raise", self.someone(pick, "editor"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "editorial_review")
    def approve_a_minor_change(self, pick):
        self.move("approve_minor", self.someone(pick, "editor"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "editorial_review")
    def pass_on(self, pick):
        self.move("pass_on", self.someone(pick, "editor"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "medical_review")
    def approve(self, pick):
        self.move("approve", self.someone(pick, "medical_reviewer"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state in RULES["confirm_sources"][0])
    def confirm_sources(self, pick):
        self.move("confirm_sources", self.someone(pick, "editor", "medical_reviewer"))

    @rule(pick=picks, hours=st.sampled_from((-1, 0, 1, 30)))
    @precondition(lambda self: self.model.state == "approved")
    def schedule(self, pick, hours):
        at = self.model.now + datetime.timedelta(hours=hours)
        self.move("schedule", self.someone(pick, "publisher"), at=at)

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "scheduled")
    def unschedule(self, pick):
        self.move("unschedule", self.someone(pick, "publisher"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state in RULES["publish"][0])
    def publish(self, pick):
        self.move("publish", self.someone(pick, "publisher"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state != "clean")
    def publish_now(self, pick):
        self.move("publish_now", self.someone(pick, "publisher"))

    @rule(pick=picks)
    @precondition(lambda self: any(edition.is_owed for edition in self.model.editions))
    def approve_after(self, pick):
        self.move("approve_after", self.someone(pick, "editor", "medical_reviewer"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "clean")
    def renew(self, pick):
        self.move("renew", self.someone(pick, "medical_reviewer"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.is_live and self.model.state in RULES["fix_live"][0])
    def fix_live(self, pick):
        self.move("fix_live", self.someone(pick, "author", "editor"))

    @rule(pick=picks, is_moved=st.booleans())
    @precondition(lambda self: self.model.is_live)
    def withdraw(self, pick, is_moved):
        other = {"moved_to": Article.objects.get(slug="elsewhere")} if is_moved else {}
        self.move("withdraw", self.someone(pick, "publisher"), **other)

    @rule(pick=picks, uid=uids)
    @precondition(lambda self: self.model.is_live)
    def withhold_a_statement(self, pick, uid):
        self.move("withhold", self.someone(pick, "publisher"), block=uid)

    @rule(pick=picks)
    @precondition(lambda self: self.model.notices)
    def confirm_notice(self, pick):
        self.move("confirm_notice", self.someone(pick, "publisher"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.withheld)
    def give_back(self, pick):
        self.move("give_back", self.someone(pick, "publisher"))

    @rule(pick=picks)
    @precondition(lambda self: self.model.state == "clean")
    def reopen(self, pick):
        self.move("reopen", self.someone(pick, "publisher"))

    @rule(name=st.sampled_from(sorted(RULES)), pick=picks)
    def anybody_tries_anything(self, name, pick):
        details = {"at": self.model.now + datetime.timedelta(hours=1), "block": "b1"}
        self.move(name, list(self.model.people)[pick % len(self.model.people)], **details)

    @rule(seen=st.sampled_from(sorted(RULES)))
    def asking_what_is_possible_changes_nothing(self, seen):
        before = self.footprint()
        for name in ("alice", "xavier"):
            offers = {o.move.name: o for o in workflow.possible(self.article, self.user(name), self.model.now)}
            if seen in offers and seen not in ("schedule", "withhold"):
                assert offers[seen].is_open != self.model.refuses(seen, name)
        assert self.footprint() == before

    # --- the world around -----------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from((1, 24, 24 * 200)))
    def time_passes(self, hours):
        self.model.now += datetime.timedelta(hours=hours)

    @rule()
    def the_job_runs(self):
        """Due articles go out in the name of whoever scheduled them, if that person still may; else back, with why."""
        model = self.model
        before, parked = self.footprint(), model.parked
        outcomes = workflow.publish_due(model.now)
        self.article.refresh_from_db()
        if model.state != "scheduled" or model.schedule[0] > model.now:
            assert not outcomes
            assert self.footprint() == before
            return
        who = model.schedule[1]
        assert bool(outcomes[0].reasons) == model.refuses("publish", who)
        if outcomes[0].reasons:
            model.state, model.schedule = "approved", None
            return
        model.done("publish", who)
        if parked:
            self.check_brought_back(parked, who)

    @rule(pick=picks, role=st.sampled_from(("author", "editor", "medical_reviewer", "publisher")))
    def a_role_is_taken_or_given(self, pick, role):
        name = [n for n in self.model.people if n != "root"][pick % 7]
        held = self.model.people[name].roles ^ {role}
        roles.set_roles(self.user(name), held, actor=self.user("root"), now=self.model.now, reason="New post")
        self.model.people[name].roles = held

    @rule(pick=picks)
    def an_account_is_deactivated_or_comes_back(self, pick):
        name = [n for n in self.model.people if n != "root"][pick % 7]
        person = self.model.people[name]
        person.is_active = not person.is_active
        roles.set_active(self.user(name), person.is_active, actor=self.user("root"), now=self.model.now)

    @rule(pick=picks)
    def a_source_turns_into_another(self, pick):
        who = self.someone(pick, "author", "editor")
        reference = Reference.objects.get(key="raper2003")
        self.count += 1
        turned = self.attempt(
            not self.model.people[who].holds("author", "editor"),
            lambda: save_reference(
                {"title": f"Another study, number {self.count}"},
                actor=self.user(who),
                now=self.model.now,
                reference=reference,
                base=reference.newest_revision_id(),
            ),
        )
        if turned is not None:
            self.model.source, self.model.turned_by = self.count, who

    @rule()
    def the_worker_lays_todays_facts_over_the_page(self):
        publishing.refresh(self.article, self.model.now)
        self.article.refresh_from_db()

    # --- what is always true --------------------------------------------------------------------------------------

    @invariant()
    def the_article_is_as_the_model_has_it(self):
        if self.article is None:
            return
        model, article = self.model, self.article
        assert (article.state, bool(article.live_edition_id)) == (model.state, model.is_live)
        assert (article.newest_revision_id, bool(article.parked_revision_id)) == (model.newest, bool(model.parked))
        assert self.text_of(drafting.newest(article)) == model.text
        schedule = (article.go_live_at, article.scheduled_by.get_username()) if article.scheduled_by else None
        assert schedule == model.schedule
        owed = {e.number for e in Edition.objects.filter(article=article) if publishing.is_awaiting(e)}
        assert owed == {n for n, edition in enumerate(model.editions, 1) if edition.is_owed}

    @invariant()
    def every_published_change_was_seen_by_two(self):
        """Behind every statement that an edition changed without the emergency door stands the signature of somebody
        who did not write these words last."""
        model = self.model
        for place, edition in enumerate(model.editions):
            if edition.is_owed or place in self.looked_at:
                continue
            self.looked_at.add(place)
            base = next((e for e in reversed(model.editions[:place]) if not e.is_owed), None)
            for key, aspect in changes(base.text if base else None, edition.text):
                if aspect == "text":
                    words = edition.text.statements[key]
                    last = [r for r in model.rows if (r.key, r.words) == (key, words)][-1].maker
                    marks = {(key, words)}
                    seen = [who for _, who, signed in model.signatures if marks & {m[:2] for m in signed}]
                    assert any(who != last for who in seen), f"{key} of edition {place + 1} was seen by {last} only"

    @invariant()
    def the_live_edition_is_an_approved_revision_byte_for_byte(self):
        if self.article is None or not self.article.live_edition_id:
            return
        edition = self.article.live_edition
        assert edition == self.article.editions.order_by("-number").first()
        stored = Edition.objects.values_list("snapshot", flat=True).get(pk=edition.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT serialized_data FROM reversion_version WHERE revision_id = %s AND object_id = %s",
                [edition.revision_id, str(self.article.pk)],
            )
            assert cursor.fetchone()[0] == stored
        assert self.text_of(json.loads(stored)) == self.model.live.text
        approved = Transition.objects.filter(pk__in=edition.approvals).values_list("snapshot_digest", flat=True)
        assert edition.is_emergency or list(approved) == [edition.snapshot_digest]

    @invariant()
    def readers_see_the_live_edition_and_nothing_else(self):
        if self.article is None:
            return
        live = self.model.live.text.tokens() if self.model.is_live else set()
        for page in Page.objects.all():
            body = bytes(page.body).decode()
            found = {f"zq{n}x" for n in range(1, self.count + 1) if f"zq{n}x" in body}
            assert found <= (live if page.path == PATH else set()), f"{page.path} shows what it must not"
            if page.path == PATH and self.model.is_live:
                withheld = {w for u, w in self.model.live.text.blocks if u in self.model.withheld}
                for _, words in self.model.live.text.blocks:
                    assert (words.split()[2].strip(".") in body) == (words not in withheld)
            if page.path == PATH and not self.model.is_live:
                assert page.status in (301, 410)

    @invariant()
    def the_record_has_no_gap(self):
        numbers = LedgerEntry.objects.order_by("-sequence").values_list("sequence", flat=True)
        newest, total = numbers.first(), LedgerEntry.objects.count()
        assert newest == total - 1
        assert LedgerHead.objects.get().size == total

    def nothing_acknowledged_is_lost(self):
        for revision, text in self.model.revisions.items():
            assert self.text_of(drafting.read(revision, self.article)) == text


def run_sequences(newsroom, examples, steps, **more):
    """Drive the machine; raises with the shortest sequence that fails."""
    Workflow.newsroom = newsroom
    chosen = hypothesis.settings(max_examples=examples, stateful_step_count=steps, deadline=None, **more)
    run_state_machine_as_test(Workflow, settings=chosen)


@pytest.mark.django_db
def test_the_workflow_does_what_the_model_foretells():
    is_long = os.environ.get("HYPOTHESIS_PROFILE") == "long"
    run_sequences(stage(), examples=10_000 if is_long else 8, steps=50 if is_long else 25)
