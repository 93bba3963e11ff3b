"""An act fails at each of its statements in turn: nothing of it may remain, and nobody may hear of success (K3)."""

import pytest

from articles import drafting, workflow
from articles.models import Edition
from tests.fail_points import half_states
from tests.people import NOW, reword

pytestmark = pytest.mark.django_db(transaction=True)  # acts begin and end their own transactions, as in life


def test_publishing_leaves_no_half_state_whichever_statement_fails(newsroom):
    article = newsroom.approved()
    statements, bad = half_states(lambda: workflow.perform(article, "publish", newsroom.paul, NOW))
    assert bad == []
    assert statements > 30
    assert Edition.objects.count() == 1


def test_saving_leaves_no_half_state_whichever_statement_fails(newsroom):
    article = newsroom.draft()
    mine = drafting.newest(article)
    reword("b1", "Other words.")(mine)
    base = article.newest_revision_id
    statements, bad = half_states(lambda: drafting.save(article, mine, actor=newsroom.alice, now=NOW, base=base))
    assert bad == []
    assert statements > 20
