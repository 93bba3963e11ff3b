"""The library's desk: importing, exporting, setting together, filters, how a source stands."""

import datetime
import json
import re

import html5lib
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from reversion.models import Version

from references import formats, importing
from references.importing import portions
from references.models import LibraryImport, LinkCheck, NoticeCheck, PublicationNotice, Reference
from references.recording import save_reference, set_merged
from tests.desk import fields_in
from tests.references.test_admin import LIST, change_url

IMPORT, EXPORT, SET = f"{LIST}import/", f"{LIST}export/", f"{LIST}set/"
RIS = "TY  - JOUR\nTI  - Gene therapy comes of age {0}\nAU  - Dunbar, C. E.\nPY  - 2018\nDO  - 10.1234/a{0}\nER  - \n\n"


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def html_of(answer):
    return answer.content.decode()


def imported(desk, text):
    answer = desk.post(IMPORT, {"pasted": text, "format": ""})
    assert answer.status_code == 302, html_of(answer)
    return answer["Location"]


# --- importing ----------------------------------------------------------------------------------------------


def test_an_import_is_looked_at_first_and_then_carried_out(desk, editor):
    url = imported(desk, RIS.format(1) + RIS.format(2) + "TY  - JOUR\nPY  - 2018\nER  - \n")
    html = html_of(desk.get(url))
    assert "New: 2" in html
    assert "Refused: 1" in html
    assert not Reference.objects.exists()
    assert "Gene therapy comes of age 1" not in html_of(desk.get(f"{url}?outcome=refused"))
    desk.post(url, {"seen": "0"})
    assert "Done" in html_of(desk.get(url))
    assert Reference.objects.count() == 2
    version = Version.objects.get_for_object(Reference.objects.first()).select_related("revision__user").get()
    assert version.revision.user == editor
    # A second press of the button, and the same file again, change nothing.
    desk.post(url, {"seen": "0"})
    desk.post(url, {"seen": "3"})
    html = html_of(desk.get(imported(desk, RIS.format(1) + RIS.format(2))))
    assert "Already there: 2" in html
    assert "nothing to import here" in html
    assert Version.objects.count() == 2


def test_a_long_import_goes_on_in_portions_and_each_is_done_once(desk, editor):
    now = timezone.now()
    data = "".join(RIS.format(number) for number in range(27)).encode()
    plan = importing.plan(data, "ris", editor, now)
    started = portions.begin(plan, "file.ris", editor, now)
    url = reverse("admin:references_reference_import_one", args=[started.pk])
    assert portions.go_on(started, 0, editor, now, seconds=0)
    started.refresh_from_db()
    assert 0 < started.done < 27
    html = html_of(desk.get(f"{url}?going=on"))
    assert "data-goes-on" in html
    assert f"{started.done} of 27 records done" in html
    # Who presses the button of a page that has been overtaken, or while somebody is at it, does nothing.
    assert not portions.go_on(started, 0, editor, now)
    LibraryImport.objects.update(busy_until=now + datetime.timedelta(seconds=9))
    assert not portions.go_on(started, started.done, editor, now)
    # A portion that died leaves its mark; when its time is over, the work goes on.
    assert portions.go_on(started, started.done, editor, now + portions.PATIENCE, seconds=60)
    started.refresh_from_db()
    assert started.finished_at
    assert Reference.objects.count() == 27
    assert {row.outcome for row in portions.rows_of(started)} == {"created"}


def ticks_in(html):
    """What a browser posts with the form beside the table, whose boxes name that form."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    boxes = [box for box in tree.iter("input") if box.get("form") == "import"]
    assert [form.get("method") for form in tree.iter("form") if form.get("id") == "import"] == ["post"]
    taken = [box for box in boxes if box.get("type") == "hidden" or box.get("checked") is not None]
    return {name: [box.get("value") for box in taken if box.get("name") == name] for name in ("shown", "take")}


def test_what_is_not_ticked_is_left_out_and_told(desk):
    url = imported(desk, "".join(map(RIS.format, (1, 2, 1, 3))))
    assert ticks_in(html_of(desk.get(url))) == {"shown": ["1", "2", "4"], "take": ["1", "2", "4"]}
    chosen = {"shown": ["1", "2", "4"], "take": ["2", "4"], "seen": "0"}
    html = html_of(desk.post(url, chosen | {"choose": ""}, follow=True))
    assert not Reference.objects.exists()
    assert "Left out: 2" in html  # the third record is the source of the first
    assert ticks_in(html)["take"] == ["2", "4"]
    desk.post(url, {"seen": "0", "shown": ["2"], "take": ["2"]})  # from a page that does not show the others
    desk.post(url, {"seen": "4", "shown": ["1"], "take": ["1"]})
    assert {source.title[-1] for source in Reference.objects.all()} == {"2", "3"}
    html = html_of(desk.get(url))
    assert "Left out: 2" in html
    assert 'name="take"' not in html


def test_the_choice_is_carried_out_in_portions_and_stands_once_it_has_begun(desk, editor):
    now = timezone.now()
    plan = importing.plan("".join(map(RIS.format, range(27))).encode(), "ris", editor, now)
    started = portions.begin(plan, "file.ris", editor, now)
    portions.choose(started, {1, 27}, set())
    assert portions.go_on(started, 0, editor, now, seconds=0)
    started.refresh_from_db()
    assert 0 < started.done < 27
    portions.choose(started, {1, 27}, {1, 27})
    started.refresh_from_db()
    assert portions.go_on(started, started.done, editor, now, seconds=60)
    started.refresh_from_db()
    ended = [row.outcome for row in portions.rows_of(started)]
    assert (ended[0], ended[26], set(ended[1:26])) == ("left-out", "left-out", {"created"})
    assert Reference.objects.count() == 25


def test_a_portion_that_fails_leaves_the_import_free(editor, monkeypatch):
    now = timezone.now()
    started = portions.begin(importing.plan(RIS.format(1).encode(), "ris", editor, now), "x", editor, now)
    with monkeypatch.context() as broken:
        broken.setattr(portions, "carry_out", lambda *args, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            portions.go_on(started, 0, editor, now)
    assert portions.go_on(started, 0, editor, now)


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"pasted": ""}, "Choose a file or paste the records"),
        ({"pasted": "x", "file": SimpleUploadedFile("a.ris", b"TY  - JOUR")}, "one of the two"),
        ({"pasted": "[]", "format": "csl-json"}, "There is no record in it"),
        ({"file": SimpleUploadedFile("b.ris", b"x" * 21)}, "Split it"),
        ({"pasted": "x", "format": "docx"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_imported_is_told_on_the_form(desk, posted, sentence, monkeypatch):
    monkeypatch.setattr("references.admin.imports.MOST_BYTES", 20)
    answer = desk.post(IMPORT, posted)
    assert answer.status_code == 200
    assert sentence in html_of(answer)
    assert not LibraryImport.objects.exists()


def test_hostile_records_are_shown_as_text_and_half_characters_do_no_harm(desk):
    items = [{"type": "book", "title": "\ud800 half"}, {"type": "book", "title": "<script>alert(1)</script>"}]
    file = SimpleUploadedFile("<b>.json", json.dumps(items).encode())
    html = html_of(desk.post(IMPORT, {"file": file, "format": "csl-json"}, follow=True))
    assert "<script>alert" not in html
    url = reverse("admin:references_reference_import_one", args=[LibraryImport.objects.get().pk])
    assert "<script>alert" not in html_of(desk.post(url, {"seen": "0"}, follow=True))
    binary = SimpleUploadedFile("a.pdf", b"%PDF-1.4")
    assert "This is a PDF file" in html_of(desk.post(IMPORT, {"file": binary}, follow=True))


# --- exporting ----------------------------------------------------------------------------------------------


def test_the_list_is_exported_as_it_is_searched_and_filtered(desk, make_source):
    make_source(title="A paper on vectors")
    make_source(title="A law on vectors", type="legislation")
    make_source(title="Something else")
    merged = make_source(title="A twin on vectors")
    set_merged(merged, Reference.objects.get(title="Something else"), actor=None, reason="")
    asked = {"q": "vectors", "type__exact": "article-journal", "export-format": "ris", "export-style": "nlm"}
    answer = desk.get(EXPORT, asked)
    text = b"".join(answer.streaming_content).decode()
    assert "A paper on vectors" in text
    assert text.count("TY  -") == 1
    assert answer["Content-Disposition"].endswith('.ris"')
    for wrong in ({"export-format": "docx"}, {"export-format": "ris", "export-style": "x"}):
        assert desk.get(EXPORT, wrong).status_code == 400
    assert desk.get(EXPORT, {"export-format": "ris", "absent__exact": "1"}).status_code == 400
    assert desk.post(EXPORT).status_code == 405


def test_the_chosen_are_exported_after_a_look_at_them(desk, make_source):
    wanted, other, left = (make_source(title=f"Paper {n}") for n in range(3))
    screen = desk.post(LIST, {"action": "export_chosen", "_selected_action": [wanted.pk, other.pk]})
    html = html_of(screen)
    assert "Paper 1" in html
    assert "Paper 2" not in html
    fields = posted_by(screen, f"{EXPORT}chosen/")
    assert fields["chosen"] == [str(wanted.pk), str(other.pk)]
    for name in ("ris", "bibtex", "nbib", "csl-json"):
        answer = desk.post(f"{EXPORT}chosen/", fields | {"export-format": name})
        told = [record.item["title"] for record in formats.read(b"".join(answer.streaming_content), name)]
        assert told == ["Paper 0", "Paper 1"]
    assert left.key not in html
    for wrong in (fields | {"export-format": "docx"}, fields | {"chosen": ["x", "9" * 30]}, {}):
        assert desk.post(f"{EXPORT}chosen/", wrong).status_code == 400


def test_two_chosen_are_shown_side_by_side_and_any_other_number_is_told(desk, make_source):
    one, other, third = (make_source(title=f"Paper {n}") for n in range(3))
    chosen = {"action": "merge_two", "_selected_action": [one.pk, other.pk]}
    side_by_side = reverse("admin:references_merge_pair", args=[one.key, other.key])
    assert desk.post(LIST, chosen, follow=True).redirect_chain == [(side_by_side, 302)]
    for several in ([one.pk], [one.pk, other.pk, third.pk]):
        answer = desk.post(LIST, chosen | {"_selected_action": several}, follow=True)
        assert "Choose exactly two sources" in html_of(answer)
        assert answer.redirect_chain == [(LIST, 302)]


# --- setting together ---------------------------------------------------------------------------------------


def posted_by(answer, action=SET):
    import html5lib

    tree = html5lib.parse(html_of(answer), namespaceHTMLElements=False)
    return fields_in(next(found for found in tree.iter("form") if found.get("action") == action))


def buttons_of(answer):
    return re.findall(r'type="submit"[^>]* value="([^"]+)"', html_of(answer).partition('class="desk-form"')[2])


def test_chosen_sources_are_set_together_after_a_preview(desk, editor, make_source):
    one, other, stale = (make_source(title=f"Paper {n}", language="fr" if n else "en") for n in range(3))
    chosen = {"action": "set_together", "_selected_action": [one.pk, other.pk, stale.pk]}
    first = desk.post(LIST, chosen)
    assert buttons_of(first) == ["Preview"]
    fields = posted_by(first)
    fields |= {"evidence": "trial", "is_primary": "yes", "language": "en", "reason": "Read them"}
    preview = desk.post(SET, fields)
    html = html_of(preview)
    assert "Kind of evidence: not known → <strong>clinical trial</strong>" in html
    assert "Nothing is saved yet." in html.partition("<table")[0]
    assert buttons_of(preview) == ["Set them", "Change the choice"]
    assert html.count("Language: fr → <strong>en</strong>") == 2
    assert not Reference.objects.filter(evidence="trial").exists()
    save_reference({"note": "Mine"}, actor=editor, reference=stale, base=stale.newest_revision_id())
    fields = posted_by(preview)
    html = html_of(desk.post(SET, fields | {"carry-out": "1"}, follow=True))
    assert "2 sources changed" in html
    assert "stays as it is: Somebody else has changed this source" in html
    one.refresh_from_db()
    stale.refresh_from_db()
    assert (one.evidence, one.is_primary, one.language) == ("trial", True, "en")
    assert (stale.evidence, stale.is_primary, stale.language, stale.note) == ("", None, "fr", "Mine")
    newest = Version.objects.get_for_object(one).select_related("revision").first()
    assert newest.revision.comment == "Read them"
    # A second press finds all as it should be, and taking a value away is a value, too.
    assert "0 sources changed" in html_of(desk.post(SET, fields | {"carry-out": "1", "chosen": [one.pk]}, follow=True))
    taken = {"chosen": [one.pk], "is_primary": "nothing", f"base-{one.pk}": one.newest_revision_id(), "carry-out": "1"}
    desk.post(SET, taken)
    one.refresh_from_db()
    assert one.is_primary is None


def test_nothing_is_set_without_a_value_or_a_choice_or_beyond_the_limit(desk, make_source, monkeypatch):
    source = make_source()
    for posted, sentence in (
        ({"chosen": [source.pk]}, "Choose at least one value"),
        ({"chosen": [source.pk], "language": "English"}, "Write the language as a code"),
        ({"chosen": ["x", "9" * 30], "evidence": "trial"}, "No source is chosen"),
        ({"chosen": [source.pk], "evidence": "magic"}, "not one of the available choices"),
    ):
        assert sentence in html_of(desk.post(SET, posted | {"carry-out": "1"}))
    make_source(title="Another")
    monkeypatch.setattr("references.admin.bulk.MOST", 1)
    everything = {"chosen": list(Reference.objects.values_list("pk", flat=True)), "evidence": "trial"}
    assert "At most 1" in html_of(desk.post(SET, everything | {"carry-out": "1"}))
    assert Version.objects.count() == 2
    assert desk.get(SET).status_code == 405


# --- filters and standing -----------------------------------------------------------------------------------


def shown(desk, **asked):
    return {source.key for source in desk.get(LIST, asked).context["cl"].result_list}


def test_the_list_narrows_to_what_needs_a_look(desk, make_source):
    now = timezone.now()
    bad, restored, dead, fine, merged = (
        make_source(title=f"Paper {n}", url=f"https://example.org/{n}", doi=f"10.1234/{n}") for n in range(5)
    )
    set_merged(merged, fine, actor=None, reason="")
    newer = make_source(title="Newer", superseded_by=None)
    save_reference({"superseded_by": newer}, actor=None, reference=dead, base=dead.newest_revision_id())
    day = datetime.date(2024, 5, 1)
    for source, nature in ((bad, "retraction"), (restored, "retraction"), (restored, "reinstatement")):
        PublicationNotice.objects.create(
            reference=source, nature=nature, origin="person", record_id=nature, dated=day, noticed_at=now
        )
    for source, outcomes in ((dead, ["ok", "gone"]), (fine, ["gone", "ok"]), (bad, ["robots"])):
        for outcome in outcomes:
            LinkCheck.objects.create(reference=source, url=source.url, checked_at=now, outcome=outcome)
    NoticeCheck.objects.create(reference=fine, origin="crossref", checked_at=now, outcome="answered")
    assert shown(desk, standing="retraction") == {bad.key}
    assert shown(desk, standing="correction") == set()
    assert shown(desk, standing="superseded") == {dead.key}
    assert shown(desk, address="dead") == {dead.key}
    assert shown(desk, address="answers") == {fine.key}
    assert shown(desk, address="unknown") == {bad.key}
    assert shown(desk, address="unchecked") == {restored.key}
    assert shown(desk, notices="unchecked") == {bad.key, restored.key, dead.key}
    assert shown(desk, use="unused") == {bad.key, restored.key, dead.key, fine.key, newer.key}
    assert shown(desk, use="used") == set()
    assert shown(desk, merged="yes") == {merged.key}
    assert merged.key not in shown(desk)
    assert shown(desk, standing="nonsense") == shown(desk)
    html = html_of(desk.get(LIST))
    assert 'data-label="Standing" class="field-standing_shown">retracted</td>' in html
    assert 'data-label="Standing" class="field-standing_shown">gone</td>' in html


def test_the_screen_of_a_source_tells_how_it_stands(desk, make_source):
    source = make_source(url="https://example.org/")
    twin = make_source()
    LinkCheck.objects.create(
        reference=source, url=source.url, checked_at=timezone.now(), outcome="gone", detail="<b>410</b>"
    )
    html = html_of(desk.get(change_url(source)))
    assert "gone on" in html
    assert "&lt;b&gt;410&lt;/b&gt;" in html
    assert "never asked" in html
    assert reverse("admin:references_merge_pair", args=[source.key, twin.key]) in html
    notice = reverse("admin:references_reference_notice", args=[source.pk])
    empty = desk.post(notice, {"nature": "retraction", "reason": ""})
    assert empty.status_code == 409
    wrong = desk.post(notice, {"nature": "retraction", "reason": "Letter", "notice_doi": "nonsense"})
    assert "is not a DOI" in html_of(wrong)
    assert not PublicationNotice.objects.exists()
    asked = {"nature": "retraction", "reason": "Letter of the journal", "dated": "2024-05-01"}
    assert "The notice is recorded" in html_of(desk.post(notice, asked, follow=True))
    assert "recorded already" in html_of(desk.post(notice, asked))
    assert PublicationNotice.objects.get().origin == "person"
    assert "Retraction</strong> of 1 May 2024" in html_of(desk.get(change_url(source)))


def test_the_screen_of_a_source_names_the_notices_of_all_that_was_merged_into_it(desk, make_source):
    kept, twin, twin_of_twin = (make_source(doi=f"10.1234/{name}") for name in "abc")
    set_merged(twin_of_twin, twin, actor=None, reason="One")
    set_merged(twin, kept, actor=None, reason="One")
    PublicationNotice.objects.create(
        reference=twin_of_twin, nature="correction", origin="person", record_id="1", noticed_at=timezone.now()
    )
    for source in (kept, twin, twin_of_twin):
        assert "Corrected (an editor)" in html_of(desk.get(change_url(source)))


def test_a_notice_by_hand_tells_what_it_means_and_the_source_keeps_its_history(desk, make_source):
    source = make_source(issued=[2003, 9])
    notice = reverse("admin:references_reference_notice", args=[source.pk])
    assert "nothing known" in html_of(desk.get(change_url(source)))

    def recorded(nature, dated):
        asked = {"nature": nature, "reason": f"The journal, {dated}", "dated": dated}
        return " ".join(html_of(desk.post(notice, asked, follow=True)).split())

    older = recorded("retraction", "2003-08-31")
    assert "A notice cannot be older than the source, which is of September 2003." in older
    assert not PublicationNotice.objects.exists()
    doubted = recorded("expression-of-concern", "2004-01-05")
    assert "Every statement that leans on this source is marked." in doubted
    assert doubted.count("<strong>Expression of concern</strong> of 5 January 2004") == 2
    assert "is marked" in recorded("retraction", "2004-02-05")
    assert "readers are told of the retraction that was known before" in recorded("correction", "2004-03-05")
    assert "The marks stay: a later retraction is known." in recorded("reinstatement", "2004-01-06")
    restored = recorded("reinstatement", "2005-01-06")
    assert "is marked" not in restored
    assert "before it are taken off" in restored
    assert restored.count("<strong>Correction</strong> of 5 March 2004; also: Retracted on 5 February 2004;") == 2
    assert restored.index("reinstated on 6 January 2005") < restored.index('name="title"')
    assert "told of the correction that was known before" in recorded("expression-of-concern", "2004-04-01")
    other = make_source(title="Another")
    notice = reverse("admin:references_reference_notice", args=[other.pk])
    assert "the page of the source goes on telling" in recorded("reinstatement", "2005-01-06")
    assert "No statement is marked: the source was reinstated after it." in recorded("retraction", "2004-02-05")


def test_an_auditor_reads_it_all_and_changes_nothing(client, auditor, editor, make_source):
    source = make_source()
    now = timezone.now()
    started = portions.begin(importing.plan(RIS.format(1).encode(), "ris", editor, now), "x", editor, now)
    one = reverse("admin:references_reference_import_one", args=[started.pk])
    notice = reverse("admin:references_reference_notice", args=[source.pk])
    client.force_login(auditor)
    for url in (IMPORT, one, change_url(source), f"{EXPORT}?export-format=text"):
        assert client.get(url).status_code == 200
    assert '<form method="post" enctype' not in html_of(client.get(IMPORT))
    for url, posted in ((IMPORT, {"pasted": RIS}), (one, {"seen": "0"}), (SET, {"chosen": [source.pk]}), (notice, {})):
        assert client.post(url, posted).status_code == 403
    assert client.post(f"{EXPORT}chosen/", {"chosen": [source.pk]}).status_code == 200
    chosen = {"action": "set_together", "_selected_action": [source.pk]}
    assert "Values to set" not in html_of(client.post(LIST, chosen, follow=True))
    assert Reference.objects.count() == 1
    assert client.get(reverse("admin:references_reference_import_one", args=[999])).status_code == 404


def test_strangers_find_no_door_open(client, stranger, make_source):
    source = make_source()
    client.force_login(stranger)
    notice = reverse("admin:references_reference_notice", args=[source.pk])
    assert {client.get(url).status_code for url in (IMPORT, EXPORT)} == {403}
    assert {client.post(url).status_code for url in (IMPORT, SET, f"{EXPORT}chosen/", notice)} == {403}
