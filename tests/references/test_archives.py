"""Archived copies of sources near the days on which they were read: looked for once, again after a month."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, Citation
from references import archives
from references.models import ArchiveCheck
from references.standing import copies

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
READ_ON = date(2014, 6, 21)
WAYBACK = "https://archive.org/wayback/available"


def copy_of(day):
    stamp = f"{day:%Y%m%d}120000"
    closest = {"available": True, "status": "200", "timestamp": stamp}
    closest["url"] = f"http://web.archive.org/web/{stamp}/https://example.org/page"
    return json.dumps({"archived_snapshots": {"closest": closest}})


@pytest.fixture
def page(make_source):
    return make_source(type="webpage", url="https://example.org/page", issued=[])


def due(source, *days, now=NOW):
    return [day for _, day in archives.due([(source.key, day) for day in days], now)]


def test_a_near_copy_is_found_once_and_then_not_looked_for_again(web, page):
    web.answers(WAYBACK, copy_of(date(2014, 6, 30)))
    assert due(page, READ_ON) == [READ_ON]
    check = archives.look_for(page, READ_ON, now=NOW)
    assert (check.captured_on, check.copy_url) == (
        date(2014, 6, 30),
        "https://web.archive.org/web/20140630120000/https://example.org/page",
    )
    assert due(page, READ_ON, now=NOW + timedelta(days=400)) == []
    assert copies([(page.key, READ_ON)])[page.key, READ_ON].is_near
    assert due(page, READ_ON, date(2024, 1, 1)) == [date(2024, 1, 1)], "another day has its own copy"


@pytest.mark.parametrize("answer", ['{"archived_snapshots": {}}', copy_of(date(2019, 1, 1))])
def test_a_copy_that_is_missing_or_far_is_looked_for_again_after_a_month(web, page, answer):
    web.answers(WAYBACK, answer)
    archives.look_for(page, READ_ON, now=NOW)
    assert not copies([(page.key, READ_ON)])[page.key, READ_ON].is_near
    assert due(page, READ_ON, now=NOW + timedelta(days=29)) == []
    assert due(page, READ_ON, now=NOW + timedelta(days=30)) == [READ_ON]
    never = date(2020, 1, 1)
    assert due(page, READ_ON, never, now=NOW + timedelta(days=30)) == [never, READ_ON]


def test_the_command_looks_for_the_days_that_the_citations_name(web, page, make_source, capsys):
    other = make_source(type="webpage", title="Without a day", url="https://example.org/other", issued=[])
    article = Article.objects.create(slug="a", title="A", created_at=NOW)
    for source, day in ((page, READ_ON), (page, READ_ON), (page, date(2024, 1, 1)), (other, None)):
        Citation.objects.create(article=article, reference=source, accessed=day)
    assert archives.read_on() == [(page.key, READ_ON), (page.key, date(2024, 1, 1))]
    web.answers(WAYBACK, copy_of(READ_ON))
    call_command("check_copies", limit=1)
    assert capsys.readouterr().out == "1 copy looked for: 1 found within 30 days of the reading.\n"
    call_command("check_copies")
    assert capsys.readouterr().out == "1 copy looked for: 0 found within 30 days of the reading.\n"
    assert sorted(ArchiveCheck.objects.values_list("wanted_on", flat=True)) == [READ_ON, date(2024, 1, 1)]


def test_an_archive_that_does_not_answer_is_not_an_archive_without_the_copy(web, page, settings):
    article = Article.objects.create(slug="a", title="A", created_at=NOW)
    Citation.objects.create(article=article, reference=page, accessed=READ_ON)
    web.answers(WAYBACK, status=503)
    with pytest.raises(CommandError, match=r"0 copies looked for.*Run the command again"):
        call_command("check_copies")
    settings.NETWORK = False
    with pytest.raises(CommandError, match="switched off"):
        call_command("check_copies")
    assert not ArchiveCheck.objects.exists()
    assert due(page, READ_ON) == [READ_ON]
