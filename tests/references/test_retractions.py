"""What was published about sources is recorded once, from any file, and from nothing that is not about them."""

import csv
import io
import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from references import http, record, retraction_watch, retractions
from references.models import NoticeCheck, PublicationNotice, Reference
from references.recording import SaveRefused
from references.retraction_watch import LONGEST_ROW, FileRefused, Problem, Row, dois_of, notice_of, pmids_of, rows
from references.standing import standings

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HEADINGS = [
    "Record ID", "Title", "Subject", "Institution", "Journal", "Publisher", "Country", "Author", "URLS", "ArticleType",
    "RetractionDate", "RetractionDOI", "RetractionPubMedID", "OriginalPaperDate", "OriginalPaperDOI",
    "OriginalPaperPubMedID", "RetractionNature", "Reason", "Paywalled", "Notes",
]  # fmt: skip


def row(number=1, **changes):
    fields = dict.fromkeys(HEADINGS, "x") | {
        "Record ID": str(number),
        "Title": "A title, with a comma",
        "Author": "Ada Lovelace;Alan Turing",
        "RetractionDate": "7/26/2019 0:00",
        "RetractionDOI": "10.1234/notice",
        "RetractionPubMedID": "0",
        "OriginalPaperDOI": "unavailable",
        "OriginalPaperPubMedID": "0",
        "RetractionNature": "Retraction",
        "Reason": "+Concerns/Issues about Data;+Investigation by Journal/Publisher;",
    }
    return [(fields | changes)[name] for name in HEADINGS]


def written(*records, headings=HEADINGS):
    text = io.StringIO()
    csv.writer(text).writerows([headings, *records])
    return text.getvalue().encode()


def read(data):
    return list(rows(io.BytesIO(data)))


def check(*records, **options):
    told = []
    summary = retractions.check_file(
        io.BytesIO(written(*records)), now=NOW, tell=lambda line, sentence: told.append((line, sentence)), **options
    )
    return summary, told


def noted():
    return sorted(PublicationNotice.objects.values_list("reference__key", "nature", "record_id"))


# --- reading the file ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Line 1: this is no Retraction Watch file. It is empty."),
        (b"<!DOCTYPE html><title>Sign in</title>\n", "Line 1: this is no Retraction Watch file: it lacks the columns"),
        (b"Record ID;RetractionNature\n1;Retraction\n", "lacks the columns Record ID, RetractionNature"),
        (written(), "Line 2: there is no row below the headings"),
        (written().decode().encode("utf-16"), "Line 1: this is no Retraction Watch file"),
        (b"\x00\x01\x02" * 100, "There is a null character in it"),
        (b'"' + b"a" * 3_000_000, "It is longer than"),
        (b"\x1b[2J\n", "begins with “[2J”"),
    ],
)
def test_a_file_that_is_no_such_data_is_refused_whole_with_the_line(data, sentence):
    with pytest.raises(FileRefused) as refusal:
        read(data)
    assert sentence in str(refusal.value)
    assert "\x1b" not in str(refusal.value)


def test_columns_are_found_by_name_and_the_mark_of_the_encoding_is_no_part_of_the_first():
    turned = written(row(7)[::-1], headings=HEADINGS[::-1])
    (found,) = read(b"\xef\xbb\xbf" + turned.replace(b"\r\n", b"\n"))
    assert (found.line, found.record_id, found.nature, found.notice_doi) == (2, "7", "Retraction", "10.1234/notice")


GOOD = written(row(2))[len(written()) :]
HOSTILE = [
    (b'1,"a title that is never closed,x\r\n', "unexpected end of data"),
    (b'1,"' + b"megabyte " * 200_000 + b'",x\r\n', "longer than"),
    (b'1,"' + b"a\n" * 2_000, "unexpected end of data"),
    (b"1,null\0character," + b"x," * 17 + b"x\r\n", "null character"),
    (b"1,too,short\r\n", "3 fields instead of 20"),
    (b"x," * 40 + b"\r\n", "41 fields instead of 20"),
    (b'1,"closed"and open,' + b"x," * 17 + b"x\r\n", "expected after"),
]


@pytest.mark.parametrize(("bad", "reason"), HOSTILE, ids=[reason for _, reason in HOSTILE])
def test_a_bad_row_costs_itself_and_no_other(bad, reason):
    found = read(written() + GOOD + bad + GOOD + GOOD)
    assert [one.record_id for one in found if isinstance(one, Row)] == ["2", "2", "2"]
    first = next(one for one in found if isinstance(one, Problem))
    assert first.line == 3
    assert reason in first.sentence


def test_line_breaks_and_doubled_marks_inside_a_field_belong_to_it():
    told = 'He said "no"\r\nand then\n"yes"'
    found = read(written(row(1, Title=told, Reason=told), row(2)))
    assert [(one.line, one.record_id) for one in found] == [(2, "1"), (7, "2")]
    assert "no" in found[0].reasons


def test_a_stray_mark_inside_a_field_without_marks_is_only_a_character():
    found = read(written(row(2)).replace(b"x,x,x,x", b'x,5" nail,x,x', 1))
    assert [one.record_id for one in found] == ["2"]


def test_each_row_is_read_in_its_own_encoding():
    data = written(row(1, Reason="+Défaut")) + written(row(2, Reason="+Défaut"))[len(written()) :].decode().encode(
        "cp1252"
    )
    assert [notice_of(one).reasons for one in read(data)] == ["Défaut", "Défaut"]


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_or_stirred_file_breaks_the_reader(seed):
    chance = random.Random(seed)
    data = bytearray(written(*(row(number, Title='a "b",\nc') for number in range(50))))
    for _ in range(chance.randint(1, 40)):
        place = chance.randrange(len(written()), len(data))
        data[place : place + chance.randint(0, 3)] = chance.choice([b'"', b"\n", b",", b"\0", b"\xff", b'""', b"\r"])
    for one in read(bytes(data[: chance.randrange(len(written()) + 1, len(data))])):
        assert isinstance(one, Row | Problem)


def test_files_of_marks_alone_are_read_in_one_pass(monkeypatch):
    """Rows that never close would otherwise be looked through again for each of their lines."""
    looked_at = []
    fields = retraction_watch._fields
    monkeypatch.setattr(
        retraction_watch, "_fields", lambda data, *more: (looked_at.append(len(data)), fields(data, *more))[1]
    )
    data = written() + (b'"\n' + b"a\n" * 150) * 40
    read(data)
    assert sum(looked_at) < 3 * len(data)


# --- what a row says ----------------------------------------------------------------------------------------


def only(*records):
    (found,) = read(written(*records))
    return found


@pytest.mark.parametrize(
    ("told", "dated"),
    [
        ("7/26/2019 0:00", date(2019, 7, 26)),
        ("12/1/2019", date(2019, 12, 1)),
        ("1/2/2020 12:00:00 AM", date(2020, 1, 2)),
        ("2020-02-29", date(2020, 2, 29)),
        ("2020-02-29T00:00:00Z", date(2020, 2, 29)),
        ("", None),
        ("unavailable", None),
    ],
)
def test_dates_are_read_month_first_and_a_missing_one_is_none(told, dated):
    assert notice_of(only(row(RetractionDate=told))).dated == dated


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"RetractionDate": "26/7/2019 0:00"}, "no date that we can read"),
        ({"RetractionDate": "2/30/2019"}, "no date that we can read"),
        ({"RetractionDate": "1/1/٢٠١٩"}, "no date that we can read"),
        ({"RetractionNature": "Withdrawal"}, "“Withdrawal” is no kind of notice"),
        ({"RetractionNature": ""}, "no kind of notice"),
        ({"Record ID": " "}, "Record ID"),
        ({"Record ID": "1" * 65}, "Record ID"),
    ],
)
def test_a_row_that_cannot_be_understood_says_why(changes, sentence):
    with pytest.raises(retraction_watch.RowError) as fault:
        notice_of(only(row(**changes)))
    assert sentence in str(fault.value)


def test_the_four_natures_are_told_apart():
    told = ["Retraction", "Correction", " expression of  concern", "REINSTATEMENT"]
    found = [notice_of(only(row(RetractionNature=nature))).nature for nature in told]
    assert found == ["retraction", "correction", "expression-of-concern", "reinstatement"]


def test_identifiers_come_in_normal_form_and_what_is_missing_is_no_identifier():
    sici = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
    assert dois_of(only(row(OriginalPaperDOI=sici)))[0] == sici.lower()
    assert dois_of(only(row(OriginalPaperDOI="https://doi.org/10.1234/ABC.; 10.1234/d"))) == [
        "10.1234/abc", "10.1234/d",
    ]  # fmt: skip
    for nothing in ("unavailable", "Unavailable", "", "0", "no doi"):
        assert dois_of(only(row(OriginalPaperDOI=nothing))) == []
    assert pmids_of(only(row(OriginalPaperPubMedID="0"))) == []
    assert pmids_of(only(row(OriginalPaperPubMedID="14567964; 0"))) == ["14567964"]
    said = notice_of(only(row(RetractionDOI="unavailable", RetractionPubMedID="0")))
    assert (said.notice_doi, said.notice_pmid) == ("", "")
    assert said.reasons == "Concerns/Issues about Data; Investigation by Journal/Publisher"


# --- against the library ------------------------------------------------------------------------------------


def test_a_retraction_is_recorded_once_however_often_the_file_is_read(make_source):
    by_doi = make_source(doi="10.1234/abc")
    by_pmid = make_source(title="Another paper", pmid="14567964")
    make_source(title="A page without either", type="webpage", url="https://example.org/")
    records = [
        row(1, OriginalPaperDOI="10.1234/ABC", OriginalPaperPubMedID="0"),
        row(2, OriginalPaperPubMedID="14567964", RetractionNature="Correction"),
        row(3),
        row(4, OriginalPaperDOI="10.1234/of-others", OriginalPaperPubMedID="99"),
        row(1, OriginalPaperDOI="10.1234/abc"),
    ]
    first, told = check(*records)
    assert (first.rows, dict(first.new), first.known, told) == (5, {"retraction": 1, "correction": 1}, 1, [])
    again, _ = check(*records)
    assert (again.new.total(), again.known) == (0, 3)
    assert noted() == sorted([(by_doi.key, "retraction", "1"), (by_pmid.key, "correction", "2")])
    kept = PublicationNotice.objects.get(reference=by_doi)
    assert (kept.dated, kept.notice_doi, kept.origin) == (date(2019, 7, 26), "10.1234/notice", "retraction-watch")


def test_a_reinstatement_in_the_file_clears_the_mark(make_source):
    source = make_source(doi="10.1234/abc")
    retracted = row(1, OriginalPaperDOI="10.1234/abc")
    check(retracted)
    assert standings([source.key])[source.key].is_retracted
    back = {"RetractionNature": "Reinstatement", "RetractionDate": "1/1/2021 0:00", "OriginalPaperDOI": "10.1234/abc"}
    check(retracted, row(2, **back))
    assert standings([source.key])[source.key].nature == ""
    assert len(noted()) == 2


def test_a_number_that_names_another_paper_than_the_doi_marks_nothing_but_is_shown_to_a_person(make_source):
    meant, other = make_source(doi="10.1234/meant"), make_source(title="Innocent", doi="10.1234/other", pmid="77")
    summary, told = check(row(1, OriginalPaperDOI="10.1234/meant", OriginalPaperPubMedID="77"))
    assert noted() == [(meant.key, "retraction", "1")]
    assert (summary.uncertain, summary.refused) == (1, 0)
    assert told[0][0] == 2
    assert f"PMID 77 is {other.key}" in told[0][1]


def test_two_sources_that_are_the_same_paper_unknown_to_us_are_both_marked(make_source):
    one, two = make_source(doi="10.1234/abc"), make_source(pmid="14567964")
    check(row(1, OriginalPaperDOI="10.1234/abc", OriginalPaperPubMedID="14567964"))
    assert noted() == sorted([(one.key, "retraction", "1"), (two.key, "retraction", "1")])


def test_a_notice_about_a_merged_source_counts_for_the_kept_one(make_source):
    kept = make_source(doi="10.1234/kept", pmid="77")
    twin = make_source(doi="10.1234/twin", pmid="14567964")
    QuerySet(Reference).filter(pk=twin.pk).update(merged_into=kept)
    check(row(1, OriginalPaperDOI="10.1234/kept", OriginalPaperPubMedID="14567964"))
    assert noted() == [(kept.key, "retraction", "1")], "the same paper is marked once"
    concern = row(2, OriginalPaperDOI="10.1234/twin", RetractionNature="Expression of concern")
    concern[HEADINGS.index("OriginalPaperPubMedID")] = "77"
    assert check(concern)[0].uncertain == 0, "the number is the kept one's, and they are one"
    assert noted()[1] == (twin.key, "expression-of-concern", "2")
    assert standings([kept.key])[kept.key].is_retracted
    assert standings([kept.key, twin.key])[twin.key].is_retracted


def test_bad_rows_about_our_sources_are_refused_with_their_line_and_those_about_others_are_not_our_concern(make_source):
    source = make_source(doi="10.1234/abc")
    summary, told = check(
        row(1, RetractionNature="Withdrawal"),
        row(2, OriginalPaperDOI="10.1234/abc", RetractionDate="soon"),
        row(3, OriginalPaperDOI="10.1234/abc"),
        ["4", "cut"],
    )
    assert [line for line, _ in told] == [3, 5]
    assert (summary.refused, summary.new.total()) == (2, 1)
    assert noted() == [(source.key, "retraction", "3")]


def test_a_run_that_is_killed_and_started_again_leaves_the_same_rows(make_source, monkeypatch):
    sources = [make_source(title=f"Paper {number}", doi=f"10.1234/{number}") for number in range(7)]
    records = [row(n, OriginalPaperDOI=source.doi, Reason="+a;" * n) for n, source in enumerate(sources)]
    monkeypatch.setattr(retractions, "BATCH", 2)
    keep, batches = record.keep, []

    def killed(notices, **options):
        batches.append(notices)
        if len(batches) == 3:
            raise KeyboardInterrupt
        return keep(notices, **options)

    monkeypatch.setattr(record, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        check(*records)
    assert len(noted()) == 4
    monkeypatch.setattr(record, "keep", keep)
    summary, _ = check(*records)
    assert (summary.new.total(), summary.known) == (3, 4)
    assert noted() == sorted((source.key, "retraction", str(n)) for n, source in enumerate(sources))


def test_two_runs_at_once_record_each_notice_once(make_source, monkeypatch):
    """Another run wrote the same notice after we asked what is there."""
    source = make_source(doi="10.1234/abc")
    unrecorded, calls = retractions._unrecorded, []

    def asked_too_early(wanted):
        calls.append(wanted)
        return list(wanted.values()) if len(calls) == 1 else unrecorded(wanted)

    check(row(1, OriginalPaperDOI="10.1234/abc"))
    monkeypatch.setattr(retractions, "_unrecorded", asked_too_early)
    summary, _ = check(row(1, OriginalPaperDOI="10.1234/abc"), row(2, OriginalPaperDOI="10.1234/abc"))
    assert (summary.new.total(), summary.known) == (1, 1)
    assert noted() == [(source.key, "retraction", "1"), (source.key, "retraction", "2")]


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_tells_what_it_found_and_fails_when_a_row_or_the_file_was_refused(make_source, tmp_path, capsys):
    source = make_source(doi="10.1234/abc")
    path = tmp_path / "retraction_watch.csv"
    path.write_bytes(written(row(1, OriginalPaperDOI="10.1234/abc"), row(2)))
    call_command("check_retractions", str(path))
    assert capsys.readouterr().out.splitlines() == [
        f"{source.key}: retracted, says Retraction Watch.",
        "2 rows read, 1 new notice (1 × retracted), 0 known already.",
    ]
    call_command("check_retractions", str(path), limit=1)
    assert "1 row read, 0 new notices, 1 known already." in capsys.readouterr().out

    path.write_bytes(written(row(1), ["cut"], *(["cut"] for _ in range(120))))
    with pytest.raises(CommandError, match=r"121 rows refused\.") as failure:
        call_command("check_retractions", str(path))
    told = capsys.readouterr().err.splitlines()
    assert failure.value.returncode == 1
    assert told[0] == "Line 3: It has 1 fields instead of 20."
    assert told[-1] == "… and 21 more."
    assert len(told) == 101

    path.write_bytes(b"<html>")
    with pytest.raises(CommandError, match=r"nothing was recorded\. Line 1"):
        call_command("check_retractions", str(path))
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("check_retractions", str(tmp_path / "nothing.csv"))
    assert len(noted()) == 1


# --- from the registries ------------------------------------------------------------------------------------

CROSSREF = "https://api.crossref.org/works/10.1021%2Fam300292v"
EFETCH = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi"
ANSWERS = Path(__file__).parent / "data" / "answers"


def ask(limit=None):
    return list(retractions.ask_all(retractions.due(limit), lambda: NOW))


def test_crossref_and_pubmed_are_asked_and_what_they_say_is_recorded_once(web, make_source):
    source = make_source(doi="10.1021/am300292v", pmid="14567964")
    make_source(title="Neither number")
    web.answers(CROSSREF, (ANSWERS / "crossref-retracted.json").read_bytes())
    web.answers(EFETCH, status=500)
    crossref, pubmed = ask()
    assert (crossref.check.outcome, pubmed.check.outcome) == ("answered", "failed")
    assert "retraction" in {notice.nature for notice in crossref.new}
    assert {notice.origin for notice in crossref.new} == {"crossref"}
    stand = standings([source.key])[source.key]
    assert (stand.is_retracted, stand.dated, stand.notice_doi) == (True, date(2019, 7, 26), "10.1021/acsami.9b11759")
    before = noted()
    assert [asked.new for asked in ask()] == [[], []]
    assert noted() == before
    assert NoticeCheck.objects.count() == 4


def test_sources_are_asked_about_in_turn_and_an_unknown_one_is_no_failure(web, make_source):
    keys = [make_source(title=f"Paper {number}", doi=f"10.1234/{number}").key for number in range(3)]
    assert [asked.check.reference.key for asked in ask(2)] == keys[:2]
    assert [asked.check.reference.key for asked in ask(2)] == [keys[2], keys[0]]
    assert set(NoticeCheck.objects.values_list("outcome", flat=True)) == {"unknown"}


def test_registries_that_do_not_answer_are_left_alone_after_ten_questions(web, make_source, monkeypatch, capsys):
    for number in range(12):
        make_source(title=f"Paper {number}", doi=f"10.1234/{number}")

    def silent(doi):
        raise http.NotFetched("timeout", "Crossref did not answer in time.")

    monkeypatch.setattr(retractions.lookup, "by_doi", silent)
    with pytest.raises(CommandError, match=r"10 × did not answer; 0 new notices.* in a row"):
        call_command("check_retractions", online=True)
    assert NoticeCheck.objects.count() == 10
    with pytest.raises(CommandError, match="2 questions: 2 × did not answer; 0 new notices"):
        call_command("check_retractions", online=True, limit=2)


def test_the_online_command_tells_what_is_new(web, make_source, capsys):
    source = make_source(doi="10.1021/am300292v")
    web.answers(CROSSREF, (ANSWERS / "crossref-retracted.json").read_bytes())
    call_command("check_retractions", online=True)
    told = capsys.readouterr().out.splitlines()
    assert f"{source.key}: retracted, says Crossref." in told
    assert told[-1].startswith("1 question: 1 × answered; ")


def test_without_the_network_or_with_two_wishes_the_command_says_what_to_do(make_source, settings, tmp_path):
    settings.NETWORK = False
    make_source(doi="10.1234/abc")
    with pytest.raises(CommandError, match="switched off"):
        call_command("check_retractions", online=True)
    with pytest.raises(CommandError, match="or say --online"):
        call_command("check_retractions")
    with pytest.raises(CommandError, match="or say --online"):
        call_command("check_retractions", str(tmp_path), online=True)
    assert not NoticeCheck.objects.exists()


# --- by hand ------------------------------------------------------------------------------------------------


def test_a_person_records_a_notice_with_a_reason_and_a_second_click_does_nothing(make_source, editor, auditor):
    source = make_source(doi="10.1234/abc")
    facts = {"now": NOW, "reason": "Told by the journal’s page.", "notice_doi": "https://doi.org/10.1234/N"}
    notice = retractions.record_notice(source, "retraction", actor=editor, **facts)
    assert (notice.dated, notice.notice_doi, notice.origin) == (None, "10.1234/n", "person")
    with pytest.raises(SaveRefused, match="already"):
        retractions.record_notice(source, "retraction", actor=editor, **facts)
    with pytest.raises(SaveRefused, match="may not"):
        retractions.record_notice(source, "correction", actor=auditor, **facts)
    assert len(noted()) == 1
    assert standings([source.key])[source.key].notice_id == notice.pk


def test_a_notice_by_hand_is_checked_whole(make_source, editor):
    with pytest.raises(ValidationError) as faults:
        retractions.record_notice(
            make_source(), "withdrawn", actor=editor, now=NOW, reason=" ", dated=date(2026, 11, 23),
            notice_doi="no doi", notice_pmid="0",
        )  # fmt: skip
    assert sorted(faults.value.message_dict) == ["dated", "nature", "notice_doi", "notice_pmid", "reasons"]
    assert noted() == []


@pytest.mark.parametrize(
    ("issued", "dated", "is_older"),
    [
        ([2003, 9], date(2003, 8, 31), True),
        ([2003, 9], date(2003, 9, 1), False),
        ([2003], date(2002, 12, 31), True),
        ([2003], date(2003, 1, 1), False),
        ([2003, 9, 15], date(2003, 9, 14), True),
        ([2003, 9, 15], date(2003, 9, 15), False),
        ([], date(1900, 1, 1), False),
    ],
)
def test_a_notice_by_hand_is_not_older_than_its_source_as_far_as_that_is_dated(issued, dated, is_older):
    assert retractions._is_before(dated, issued) == is_older


def test_a_row_is_at_most_as_long_as_a_field_may_be():
    """Beyond its own limit the parser would refuse a row with other words than ours."""
    assert csv.field_size_limit() >= LONGEST_ROW
