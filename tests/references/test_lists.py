"""A list of identifiers: each is looked up once, shown like any other record, and comes in when a person says so."""

import datetime
import json
from threading import Event

import html5lib
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from playwright.sync_api import expect
from reversion.models import Version

from references import http, importing
from references.formats import read
from references.importing import asking, portions
from references.models import LibraryImport, Reference
from tests.desk import fields_of
from tests.references.conftest import person
from tests.references.test_desk import IMPORT, html_of, imported, ticks_in
from tests.references.test_import_screen import NOW, rows_of
from tests.references.test_lookup import BOOK, CROSSREF, EUTILS, PAGE, RAPER, answer
from tests.screens import assert_accessible, assert_fits
from tests.web import Reply

ALL = f"https://doi.org/{RAPER.upper()}\nPMID: 9500320\nISBN 0-14-032872-6\n{PAGE}\n"


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def registries(web, db):
    """They know the four sources of ``ALL``."""
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    web.answers(f"{EUTILS}efetch.fcgi", _known_to_pubmed)
    web.answers(BOOK, answer("openlibrary-book.json"))
    web.answers(PAGE, answer("page.html"), Content_Type="text/html")
    return web


@pytest.fixture
def at_once(monkeypatch):
    """What is done beside the request is done when the request is answered."""
    monkeypatch.setattr(portions, "ask_beside", portions.look_up)


def _known_to_pubmed(seen):
    for pmid, name in (("9500320", "pubmed-retracted.xml"), ("14567964", "pubmed-raper2003.xml")):
        if f"id={pmid}&" in seen.url:
            return Reply(answer(name))
    return Reply(b"<PubmedArticleSet></PubmedArticleSet>")


def looked_up(desk, text):
    """The address of an import all of whose identifiers are looked up."""
    url = imported(desk, text).partition("?")[0]
    desk.post(url)
    assert not LibraryImport.objects.filter(is_asking=True).exists()
    return url


def planned(text, answers=None):
    return importing.plan(text.encode(), "text", None, NOW, answers=answers)


def answered(text):
    """The plan of a list whose identifiers are looked up."""
    answers = {}
    importing.ask_all(planned(text).asks, answers)
    return planned(text, answers)


def cells_of(desk, url):
    return [cells for cells, _ in _rows(desk, url)]


def _rows(desk, url):
    tree = html5lib.parse(html_of(desk.get(url)), namespaceHTMLElements=False)
    for row in tree.find(".//table/tbody").iter("tr"):
        yield [" ".join("".join(cell.itertext()).split()) for cell in row], [link.get("href") for link in row.iter("a")]


# --- what a line asks for -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("doi:10.1016/J.x.1", ["10.1016/j.x.1"]),
        ("https://doi.org/10.1016/j.x.1", ["10.1016/j.x.1"]),
        ("10.1016/j.x.1.", ["10.1016/j.x.1"]),
        ("3. DOI: 10.1016/j.x.1;", ["10.1016/j.x.1"]),
        ("10.1234/a, 10.1234/b", ["10.1234/a", "10.1234/b"]),
        ("PMID: 123", ["123"]),
        ("PMID 123, PMID 456", ["123", "456"]),
        ("14567964", ["14567964"]),
        ("https://pubmed.ncbi.nlm.nih.gov/12345/", ["12345"]),
        ("PMC6168351", ["PMC6168351"]),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC12345/", ["PMC12345"]),
        ("ISBN 978-0-14-032872-1", ["9780140328721"]),
        ("0140328726", ["9780140328721"]),
        ("https://www.nhs.uk/x", ["https://www.nhs.uk/x"]),
        ("Available from: https://www.nhs.uk/x", ["https://www.nhs.uk/x"]),
        ("https://j.example.org/doi/full/10.1016/j.x.1", ["https://j.example.org/doi/full/10.1016/j.x.1"]),
        ("PMID: 1; PMCID: PMC2; DOI: 10.1056/NEJMoa2034577", ["10.1056/nejmoa2034577"]),
        ("10.1234/a 10.1234/b PMID: 5", [""]),
        ("12", [""]),
        ("Words that nobody reads, doi:10.1234/a", [""]),
        ("Gene therapy. https://www.nhs.uk/x", [""]),
        ("javascript:alert(1)", [""]),
    ],
)
def test_a_line_that_is_only_an_identifier_asks_for_it_in_its_normal_form(line, asks):
    assert [record.asks for record in read(line.encode(), "text")] == asks


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ISBN 978-0-14-032872-2", "the last one checks the others"),
        ("PMID: 123456789", "one to eight digits"),
        ("doi:11.1234/x", "A DOI starts with 10."),
        ("PMCID: 6168351", "It starts with PMC"),
        ("http://127.0.0.1/admin/", "not a number"),
        ("https://user:secret@example.org/", "Leave out the user name"),
        ("10.1234/" + "a" * 10_000_000, "characters long"),
    ],
)
def test_a_line_that_is_nearly_an_identifier_is_refused_with_what_is_wrong(line, sentence):
    (record,) = read(line.encode(), "text")
    assert sentence in record.problem
    assert not record.asks


# --- at the door --------------------------------------------------------------------------------------------


def test_a_list_of_identifiers_is_looked_up_shown_and_imported(desk, editor, registries, at_once):
    url = imported(desk, ALL + f"\ndoi:{RAPER}\nPMID: 14567964\n")
    html = html_of(desk.get(url))
    assert "0 of 5 identifiers looked up" in html
    assert "To be looked up: 6" in html
    assert "data-goes-on" in html
    assert 'name="seen"' not in html
    assert registries.seen == []
    address = url.partition("?")[0]
    html = html_of(desk.post(address, follow=True))
    assert "What would happen" in html
    assert "New: 4" in html
    assert "Same as another record of the file: 2" in html
    assert "Retracted, 6 February 2010" in html
    assert "and pervasive H2O in children" in html
    assert [cells[2] for cells in cells_of(desk, address)[:4]] == ["New"] * 4
    assert "Filled in from Crossref." in html
    assert f"https://doi.org/{RAPER.upper()}" in html  # what was pasted, beside what it is
    assert "Filled in from what the page says of itself." in html
    assert not Reference.objects.exists()
    assert len([seen for seen in registries.seen if seen.url.startswith(CROSSREF)]) == 1
    desk.post(address, {"seen": "0", **ticks_in(html)})
    assert "Done" in html_of(desk.get(address))
    paper = Reference.objects.get(doi=RAPER)
    assert (paper.key, paper.volume, paper.pmid) == ("raper2003", "80", "14567964")
    assert Reference.objects.get(pmid="9500320").title.endswith("in children")
    assert Reference.objects.get(isbn="9780140328721").type == "book"
    revision = Version.objects.get_for_object(paper).select_related("revision").get().revision
    assert (revision.user, revision.comment) == (editor, "Imported. Filled in from Crossref")


def test_the_same_list_again_asks_nobody_and_changes_nothing(desk, registries, at_once):
    url = looked_up(desk, ALL)
    desk.post(url, {"seen": "0"})
    before, questions = list(Reference.objects.values()), len(registries.seen)
    again = imported(desk, ALL)
    assert "Already there: 4" in html_of(desk.get(again))
    assert not LibraryImport.objects.filter(is_asking=True).exists()
    desk.post(again, {"seen": "0"})
    assert (list(Reference.objects.values()), len(registries.seen)) == (before, questions)
    assert Version.objects.count() == 4


def test_what_the_library_has_is_known_without_the_network(web, make_source):
    make_source(doi=RAPER, title="By DOI")
    make_source(pmid="123", title="By PMID")
    make_source(pmcid="PMC77", title="By PMCID")
    make_source(type="book", isbn="9780140328721", title="By ISBN")
    make_source(type="webpage", url="https://www.nhs.uk/x/", title="By address")
    make_source(type="webpage", url="http://www.nhs.uk/y?id=1", title="By another")
    plan = planned(
        f"{RAPER}\nPMID 123\nPMC77\nISBN 0-14-032872-6\nhttp://www.nhs.uk/x\nhttps://www.nhs.uk/y?id=1&utm_source=a\n"
        "https://www.nhs.uk/y?id=2\n"
    )
    assert [row.outcome for row in plan.rows] == [*["unchanged"] * 6, "uncertain"]
    assert plan.asks == ["https://www.nhs.uk/y?id=2"]
    assert web.seen == []


def test_a_chapter_with_the_number_of_the_book_is_not_the_book(web, make_source):
    make_source(type="chapter", isbn="9780140328721", title="A chapter")
    assert planned("ISBN 978-0-14-032872-1").asks == ["9780140328721"]


def test_looking_up_is_no_word_to_import(desk, registries, at_once):
    url = looked_up(desk, ALL)
    assert "data-goes-on" not in html_of(desk.get(f"{url}?going=on"))
    desk.post(url)  # from a page that was overtaken
    assert not Reference.objects.exists()
    assert LibraryImport.objects.get().begun_at is None


def test_while_it_is_looked_up_nothing_is_imported_or_chosen(desk, editor, registries, monkeypatch):
    monkeypatch.setattr(portions, "ask_beside", lambda started, now: None)
    url = imported(desk, f"{RAPER}\nGene therapy\n").partition("?")[0]
    started = LibraryImport.objects.get()
    assert not portions.go_on(started, 0, editor, timezone.now())
    portions.choose(started, {1}, set())
    desk.post(url, {"seen": "0", "shown": "1"})
    started.refresh_from_db()
    assert (started.is_asking, started.done, started.begun_at) == (True, 0, None)
    assert not any(row.is_left_out for row in portions.rows_of(started))
    assert not Reference.objects.exists()


def test_who_may_only_read_sees_how_far_it_is_and_asks_nobody(client, auditor, editor, registries):
    client.force_login(editor)
    url = imported(client, ALL)
    client.force_login(auditor)
    html = html_of(client.get(url))
    assert "0 of 4 identifiers looked up" in html
    assert "data-goes-on" not in html
    assert client.post(url).status_code == 403
    assert registries.seen == []


def test_what_is_not_found_is_refused_with_the_reason_and_the_way_on(desk, registries, at_once):
    url = looked_up(desk, f"10.1234/unknown\nPMID 5\n{RAPER}\nhttps://www.example.org/gone\n")
    (doi, links), (pmid, _), (known, _), (page, _) = _rows(desk, url)
    assert [cells[2] for cells in (doi, pmid, known, page)] == ["Refused", "Refused", "New", "Refused"]
    assert "Crossref does not know the DOI 10.1234/unknown" in doi[4]
    assert "PubMed does not know the number 5" in pmid[4]
    assert "has no page at this address (status 404)" in page[4]
    assert fields_of(html_of(desk.get(links[0])), "reference_form")["doi"] == ["10.1234/unknown"]


def test_with_the_network_off_each_line_says_so_and_nothing_waits(desk, make_source):
    make_source(doi=RAPER)
    (known, _), (other, links) = rows_of(desk, f"{RAPER}\nPMID: 5\n")
    assert known[2] == "Already there"
    assert http.OFF in other[4]
    assert "Add source" in other[4]
    assert links
    assert not LibraryImport.objects.filter(is_asking=True).exists()


# --- what comes of a question -------------------------------------------------------------------------------


def test_who_does_not_answer_three_times_in_a_row_is_not_asked_again(registries):
    registries.answers("https://api.crossref.org/works/10.1234%2F0", answer("crossref-raper2003.json"))
    for number in range(1, 7):
        registries.answers(f"https://api.crossref.org/works/10.1234%2F{number}", status=500)
    plan = answered("".join(f"10.1234/{number}\n" for number in range(7)) + "PMID: 9500320\n")
    assert [row.outcome for row in plan.rows] == ["created", *["refused"] * 6, "created"]
    assert {seen.url[-1] for seen in registries.seen if "crossref" in seen.url} == {"0", "1", "2", "3"}
    assert "Crossref could not answer (status 500)." in plan.rows[1].reasons[0]
    assert "Import the same list again later" in plan.rows[1].reasons[0]
    assert plan.rows[6].reasons[0].startswith("Not asked: 3 questions before this one had no answer.")


def test_one_silence_does_not_hold_up_the_others(registries):
    for number in (1, 2, 4, 5):
        registries.answers(f"https://api.crossref.org/works/10.1234%2F{number}", status=500)
    plan = answered("".join(f"10.1234/{number}\n" for number in range(1, 7)))
    assert not any("Not asked" in row.reasons[0] for row in plan.rows)


def test_what_fails_here_is_told_for_its_line_alone(registries, monkeypatch, caplog):
    real = asking.lookup.by_any
    monkeypatch.setattr(asking.lookup, "by_any", lambda asked: 1 / 0 if asked == "5" else real(asked))
    plan = answered(f"PMID: 5\n{RAPER}\n")
    assert [row.outcome for row in plan.rows] == ["refused", "created"]
    assert plan.rows[0].reasons == [asking.FAILED]
    assert "looking up '5'" in caplog.text


@pytest.mark.parametrize("title", ["=cmd|'/c calc'!A1", "@SUM(1+1)*cmd", "A <script>alert(1)</script> of text"])
def test_a_hostile_answer_refuses_its_line_or_loses_its_markup(registries, title):
    recorded = json.loads(answer("crossref-raper2003.json"))
    hostile = recorded | {"message": recorded["message"] | {"title": [title]}}
    registries.answers("https://api.crossref.org/works/10.1234%2Fa", json.dumps(hostile).encode())
    plan = answered("10.1234/a\nPMID: 9500320\n")
    assert plan.rows[1].outcome == "created"
    hostile, _ = plan.rows
    assert hostile.outcome == "refused" or hostile.item["title"] == "A of text"


def test_a_source_that_is_there_gains_what_it_lacks_and_keeps_what_it_has(registries, make_source):
    kept = make_source(pmid="14567964", title="Fatal systemic inflammatory response syndrome", volume="79")
    registries.answers(CROSSREF, answer("crossref-raper2003.json"))
    registries.answers(f"{EUTILS}esummary.fcgi", answer("esummary-pmc.json"))
    plan = answered("PMC6168351\n")
    (row,) = plan.rows
    assert (row.outcome, row.reference) == ("updated", kept.key)
    changed = {difference.field for difference in row.differences}
    assert {"doi", "pmcid", "issue"} <= changed
    assert not {"title", "volume", "authors", "type"} & changed
    importing.carry_out(plan, None, NOW)
    kept.refresh_from_db()
    assert (kept.title, kept.volume, kept.pmcid) == (
        "Fatal systemic inflammatory response syndrome",
        "79",
        "PMC6168351",
    )
    assert planned("PMC6168351\n").rows[0].outcome == "unchanged"


def test_a_line_whose_identifiers_are_of_two_works_is_left_to_a_person(registries):
    (row,) = answered(f"doi:{RAPER}; PMID: 14567964\n").rows
    assert (row.outcome, row.item["PMID"]) == ("created", "14567964")
    (row,) = answered("PMID: 14567964 PMCID: PMC5\n").rows
    assert row.outcome == "created"
    registries.answers("https://doi.org/10.1234/page", status=302, Location=PAGE)
    page = b"<title>One</title><meta name=citation_pmid content=77>"
    registries.answers(PAGE, page, Content_Type="text/html")
    (row,) = answered("doi:10.1234/page PMID: 78\n").rows
    assert row.outcome == "uncertain"
    assert row.reasons == ["The line says PMID 78, but 10.1234/page has the PMID 77. Compare the two."]


def test_a_list_is_looked_up_to_its_limit_and_goes_on_from_there(registries, monkeypatch):
    monkeypatch.setattr(asking, "MOST_ASKED", 2)
    plan = answered(ALL)
    assert [row.outcome for row in plan.rows] == ["created", "created", "refused", "refused"]
    assert plan.rows[2].reasons == [asking.BEYOND]
    importing.carry_out(plan, None, NOW)
    assert [row.outcome for row in answered(ALL).rows] == ["unchanged", "unchanged", "created", "created"]


def test_five_thousand_identifiers_ask_no_more_than_one_person_waits_for(registries, monkeypatch):
    asked = []
    monkeypatch.setattr(asking.lookup, "by_any", lambda text: asked.append(text) or _nothing(text))
    plan = answered("".join(f"10.1234/{number}\n" for number in range(5_000)))
    assert len(asked) == importing.MOST_ASKED
    assert [row.reasons[0] == asking.BEYOND for row in plan.rows] == [False] * 500 + [True] * 4_500


def _nothing(text):
    raise asking.lookup.NotKnown(f"Nobody knows {text}.")


def test_an_answer_goes_through_json_whole(registries):
    answers = {}
    importing.ask_all(planned(ALL).asks, answers)
    kept = portions._answers(LibraryImport(answers=portions._as_json(answers)))
    assert kept == answers
    assert list(kept) == list(answers)


# --- some at a time -----------------------------------------------------------------------------------------


def begun(editor, text=ALL):
    now = timezone.now()
    plan = importing.plan(text.encode(), "text", editor, now)
    return portions.begin(plan, "list.txt", editor, now, text.encode()), now


def test_who_is_stopped_goes_on_from_the_last_answers_that_were_kept(editor, registries, monkeypatch):
    started, now = begun(editor)
    real, asked = asking.lookup.by_any, []

    def stopped_at_the_third(text):
        asked.append(text)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return real(text)

    monkeypatch.setattr(asking.lookup, "by_any", stopped_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        portions.look_up(started, now, seconds=0)
    started.refresh_from_db()
    assert (started.answered, started.busy_until, started.is_asking) == (2, None, True)
    assert portions.look_up(started, now, seconds=0)
    assert asked == [*planned(ALL).asks[:3], *planned(ALL).asks[2:]]
    started.refresh_from_db()
    assert [row.outcome for row in portions.rows_of(started)] == ["created"] * 4
    assert (started.is_asking, bytes(started.data), started.answers, started.busy_until) == (False, b"", "", None)


def test_what_is_under_way_is_not_done_twice_and_who_was_overtaken_stops(editor, registries, monkeypatch):
    started, now = begun(editor)
    LibraryImport.objects.update(busy_until=now + datetime.timedelta(seconds=9))
    assert not portions.look_up(started, now)
    started.refresh_from_db()
    assert portions.ask_beside(started, now) is None
    assert registries.seen == []
    overtaken = now + portions.PATIENCE

    def overtake(text):
        LibraryImport.objects.update(busy_until=overtaken + datetime.timedelta(hours=1))
        return real(text)

    real = asking.lookup.by_any
    monkeypatch.setattr(asking.lookup, "by_any", overtake)
    assert not portions.look_up(started, overtaken, seconds=0)
    started.refresh_from_db()
    assert (started.answered, len(registries.seen)) == (0, 1)
    assert started.busy_until == overtaken + datetime.timedelta(hours=1)


def test_a_process_looks_up_few_lists_at_once(editor, registries):
    started, now = begun(editor)
    with portions.LISTS, portions.LISTS:
        assert portions.ask_beside(started, now) is None
    assert registries.seen == []


@pytest.mark.django_db(transaction=True)
def test_no_request_and_nothing_in_the_database_stays_open_while_others_are_asked(client, registries, make_source):
    editor = person("edith", "view_reference", "add_reference", "change_reference")
    client.force_login(editor)
    asked, go = Event(), Event()

    def slow(seen):
        asked.set()
        assert go.wait(60)
        return Reply(answer("crossref-raper2003.json"))

    registries.answers(CROSSREF, slow)
    started, now = begun(editor, f"{RAPER}\n")
    thread = portions.ask_beside(started, now)
    assert asked.wait(60)
    make_source(title="Saved while Crossref thinks")  # SQLite has one writer: an open transaction would refuse this
    url = f"/admin/references/reference/import/{started.pk}/"
    assert "0 of 1 identifiers looked up" in html_of(client.post(url, follow=True))
    go.set()
    thread.join(60)
    assert "New: 1" in html_of(client.get(url))
    assert portions.LISTS.acquire(blocking=False)
    portions.LISTS.release()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_list_goes_on_by_itself_to_the_preview_and_no_further(page, live_server, client, registries):
    editor = person("edith", "view_reference", "add_reference", "change_reference")
    client.force_login(editor)
    cookies = [{"name": name, "value": kept.value, "url": live_server.url} for name, kept in client.cookies.items()]
    page.context.add_cookies(cookies)
    go = Event()
    registries.answers(CROSSREF, lambda seen: Reply(answer("crossref-raper2003.json")) if go.wait(60) else Reply())
    left, _ = begun(editor)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{IMPORT}{left.pk}/")  # an import that was left: nothing goes on before its button is pressed
    expect(page.get_by_role("button", name="Look up", exact=True)).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    page.goto(IMPORT)
    page.get_by_label("Or paste here").fill(ALL)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="0 of 4 identifiers looked up")).to_be_visible()
    expect(page.get_by_role("button", name="Show how far it is")).to_be_visible()
    go.set()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    expect(page.get_by_text("Filled in from Crossref.")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()
    assert_accessible(page)
    assert not Reference.objects.exists()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Done", exact=True)).to_be_visible()
    assert Reference.objects.count() == 4


# --- by command ---------------------------------------------------------------------------------------------


def test_the_command_looks_a_list_up_and_a_rehearsal_writes_nothing(registries, db, tmp_path, capsys):
    file = tmp_path / "list.txt"
    file.write_text(ALL)
    call_command("import_references", str(file), "--dry-run")
    told = capsys.readouterr()
    assert "Nothing was changed. 4 records: 4 created." in told.out
    assert "Retracted, 6 February 2010" in told.err
    assert not Reference.objects.exists()
    assert not LibraryImport.objects.exists()
    call_command("import_references", str(file))
    assert "4 records: 4 created." in capsys.readouterr().out
    questions = len(registries.seen)
    call_command("import_references", str(file))
    assert "4 records: 4 unchanged." in capsys.readouterr().out
    assert len(registries.seen) == questions
    assert Version.objects.count() == 4


def test_the_command_tells_that_the_network_is_off(db, tmp_path, capsys):
    file = tmp_path / "list.txt"
    file.write_text(ALL)
    with pytest.raises(CommandError, match="4 records: 4 uncertain"):
        call_command("import_references", str(file))
    assert capsys.readouterr().err.count(http.OFF) == 4
