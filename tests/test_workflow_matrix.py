"""Every state, every move, every role: who may do what is the checked-in table, and nothing else happens."""

import datetime
import json
from pathlib import Path

import pytest

from articles import roles, workflow
from articles.drafting import Refused
from articles.models import Article
from tests.people import NOW, make_person, make_user, reword

TABLE = Path(__file__).parent / "data" / "workflow-matrix.json"
STATES = [*Article.State.values, "live and draft", "withdrawn", "emergency"]
WHO = [*roles.ROLES, "superuser", "nobody"]
DETAILS = {
    "reason": "Because",
    "words": "Being checked",
    "at": NOW + datetime.timedelta(days=1),
    "block": "0000000000b2",
}


def in_state(newsroom, state):
    """An article in a state, made by the newsroom; the people asked afterwards had no part in it."""
    article = newsroom.live() if state in ("clean", "live and draft", "withdrawn") else newsroom.draft()
    steps = {
        "clean": [],
        "draft": [],
        "changes_requested": [
            ("submit", newsroom.alice),
            ("request_changes", newsroom.edward),
        ],
        "editorial_review": [("submit", newsroom.alice)],
        "medical_review": [("submit", newsroom.alice), ("pass_on", newsroom.edward)],
        "approved": [("submit", newsroom.alice), ("pass_on", newsroom.edward), ("approve", newsroom.rita)],
        "live and draft": [],
        "withdrawn": [("withdraw", newsroom.paul)],
        "emergency": [("publish_now", newsroom.paul)],
    }
    steps["scheduled"] = [*steps["approved"], ("schedule", newsroom.paul)]
    for name, actor in steps[state]:
        newsroom.do(article, name, actor, **DETAILS)
    if state == "live and draft":
        newsroom.edit(article, reword("b1", "A rewrite is under way."))
    return article


def person_with(role):
    user = make_user(f"asked-{role}", *([role] if role in roles.ROLES else []), is_superuser=role == "superuser")
    make_person("Dr Asked", user)
    return user


@pytest.mark.parametrize("state", STATES)
def test_each_role_may_do_what_the_table_says_and_nothing_else(newsroom, state):
    article = in_state(newsroom, state)
    expected = json.loads(TABLE.read_text())[state]
    found = {}
    for role in WHO:
        user = person_with(role)
        found[role] = [name for name, move in workflow.MOVES.items() if is_open(article, user, move)]
    assert found == expected


def is_open(article, user, move):
    case = workflow.Case(Article.objects.get(pk=article.pk), user, NOW, dict(DETAILS))
    return not workflow.why_not(case, move)


@pytest.mark.parametrize("state", STATES)
def test_a_refused_move_changes_nothing_and_says_why(newsroom, state):
    article = in_state(newsroom, state)
    before = Article.objects.filter(pk=article.pk).values().get()
    steps = article.transitions.count()
    for name in workflow.MOVES:
        with pytest.raises(Refused) as refusal:
            workflow.perform(article, name, newsroom.audrey, NOW, **DETAILS)
        assert all(sentence.endswith(".") for sentence in refusal.value.reasons), refusal.value.reasons
    assert Article.objects.filter(pk=article.pk).values().get() == before
    assert article.transitions.count() == steps


def test_what_is_offered_is_what_can_be_done(newsroom):
    """A button that a screen shows as open never ends in a refusal of the same conditions."""
    article = in_state(newsroom, "editorial_review")
    for offer in workflow.possible(article, newsroom.edward, NOW):
        case = workflow.Case(article, newsroom.edward, NOW)
        assert offer.is_open == (not workflow.why_not(case, offer.move))
