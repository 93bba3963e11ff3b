"""Importing: what a plan says is what happens, a second time nothing happens, and nothing comes in by half."""

import datetime
import io
import json

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from reversion.models import Version

from references import csl, exporting, formats, importing
from references.importing import carrying
from references.models import Reference
from references.recording import SaveRefused, save_reference

from .test_formats import LOSSLESS, WHOLE

NOW = datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.UTC)
RAPER = {
    "id": "raper2003",
    "type": "article-journal",
    "title": "Fatal systemic inflammatory response syndrome",
    "author": [{"family": "Raper", "given": "Steven E."}],
    "issued": {"date-parts": [[2003, 9]]},
    "DOI": "10.1016/j.ymgme.2003.08.016",
}


def planned(*several, format="csl-json", actor=None, raw=None):
    data = raw if raw is not None else json.dumps(several).encode()
    return importing.plan(data, format, actor, NOW)


def outcomes(plan):
    return [row.outcome for row in plan.rows]


def imported(*several, **how):
    return importing.carry_out(planned(*several, **how), None, NOW)


def library():
    return {source.key: source.exchange_item() for source in Reference.objects.select_related("superseded_by")}


# --- there and back -----------------------------------------------------------------------------------------


def one_of_each_type():
    for number, (csl_type, genre) in enumerate(csl.KINDS.values()):
        yield WHOLE | {
            "id": f"king2003{'abcdefghijkl'[number]}",
            "type": csl_type,
            "genre": genre,
            "title": f"{WHOLE['title']} {number}",
            "DOI": f"10.1016/j.{number}",
            "PMID": str(number + 1),
            "PMCID": f"PMC{number + 1}",
            "URL": f"https://example.org/{number}",
            "number": str(number),
            "custom": WHOLE["custom"] | {"superseded_by": "raper2003"},
        }


def test_a_library_that_is_written_and_read_elsewhere_is_the_same_library(db):
    imported(RAPER, *one_of_each_type())
    before = library()
    assert len(before) == len(csl.KINDS) + 1
    assert before["king2003a"]["custom"]["superseded_by"] == "raper2003"
    assert {item["type"] for item in before.values()} == {csl_type for csl_type, _ in csl.KINDS.values()}
    sources = list(Reference.objects.select_related("superseded_by"))
    for name in LOSSLESS:
        data = "".join(exporting.export(sources, name)).encode()
        plan = planned(raw=data, format=name)
        assert set(outcomes(plan)) == {"unchanged"}, (name, [row for row in plan.rows if row.outcome != "unchanged"])
        assert not any(row.reasons for row in plan.rows), name
    Reference.objects.all()._raw_delete("default")
    importing.carry_out(planned(raw=data, format=name), None, NOW)
    assert library() == before


@pytest.mark.parametrize("name", LOSSLESS)
def test_the_same_file_again_changes_nothing(db, name, make_source):
    make_source(title="Fatal systemic inflammatory response syndrome", doi=RAPER["DOI"])
    page = {"id": "x", "type": "webpage", "title": "A page", "URL": "https://example.org/p"}
    no_key = {"id": "", "type": "book", "title": "Genes", "issued": {"date-parts": [[1999]]}}
    several = [RAPER | {"volume": "80"}, page, no_key, RAPER | {"id": "", "issue": "2", "volume": "81"}]
    data = "".join(formats.write(several, name)).encode()
    first = planned(raw=data, format=name)
    assert outcomes(first) == ["updated", "created", "created", "merged"]
    summary = importing.carry_out(first, None, NOW)
    assert [row.reference for row in summary.rows] == [
        "raper2003",
        "pagend",
        "genes1999",
        "raper2003",
    ]
    kept, versions = library(), Version.objects.count()
    assert (kept["raper2003"]["volume"], kept["raper2003"]["issue"]) == ("80", "2")
    again = planned(raw=data, format=name)
    assert outcomes(again) == ["unchanged", "unchanged", "unchanged", "merged"]
    assert importing.carry_out(again, None, NOW).counts() == again.counts()
    assert (library(), Version.objects.count()) == (kept, versions)


# --- what a plan says ---------------------------------------------------------------------------------------


def test_a_plan_writes_nothing_and_goes_through_json(db, make_source):
    make_source(doi=RAPER["DOI"], title=RAPER["title"])
    before, versions = library(), Version.objects.count()
    plan = planned(RAPER | {"volume": "80"}, RAPER | {"type": "thesis"}, {"type": "book", "title": "New"})
    assert outcomes(plan) == ["updated", "refused", "created"]
    assert importing.Plan.from_json(plan.to_json()) == plan
    assert (library(), Version.objects.count()) == (before, versions)


@pytest.mark.parametrize(
    "written", ["", "[]", "{}", '{"rows": 1}', '{"format": "ris", "made_at": "", "rows": [{}]}', "[" * 9999]
)
def test_what_is_no_plan_is_refused(written):
    with pytest.raises(ValueError, match=r"plan|JSON|Expecting"):
        importing.Plan.from_json(written)


def test_a_file_with_too_many_records_is_refused_from_there_on(db, monkeypatch):
    monkeypatch.setattr(importing.planning, "MOST_RECORDS", 2)
    plan = planned(raw=b"10.1234/a\n10.1234/b\n10.1234/c\n10.1234/d\n", format="text")
    assert [(row.line, row.outcome) for row in plan.rows] == [(1, "uncertain"), (2, "uncertain"), (3, "refused")]
    assert "Split the file." in plan.rows[-1].reasons[0]


SAME = [
    ({"id": "", "DOI": "https://doi.org/10.1016/J.YMGME.2003.08.016"}, "unchanged"),
    (
        {"id": "zotero_key_1", "author": [{"family": "Raper", "given": "SE"}], "issued": {"date-parts": [[2003]]}},
        "unchanged",
    ),
    ({"DOI": "", "title": "Fatal Systemic inflammatory response-syndrome"}, "updated"),
    ({"DOI": "", "id": "", "volume": "80"}, "updated"),
    ({"DOI": "", "id": "", "PMID": "14567964"}, "updated"),
    ({"title": "Quite another matter altogether"}, "uncertain"),
    ({"PMID": "999", "DOI": "10.1016/j.other"}, "created"),
    ({"DOI": "", "id": "", "title": "Fatal systemic inflammatory response syndromes"}, "uncertain"),
    ({"DOI": "", "id": "", "issued": {"date-parts": [[2004]]}}, "created"),
    ({"DOI": "", "id": "", "author": [{"family": "Lee"}]}, "created"),
    ({"URL": "javascript:alert(1)"}, "refused"),
    ({"title": "Half a character: \ud83d"}, "refused"),
    ({"author": [{"family": "A,\ud83d"}]}, "refused"),
    ({"title": ""}, "refused"),
    ({"title": "x" * 1001}, "refused"),
    ({"ISSN": "1234-5678"}, "refused"),
    ({"language": "Old tongue"}, "unchanged"),
    ({"custom": {"evidence": "gossip"}}, "refused"),
    ({"title": "Fatal\u202esyndrome"}, "refused"),
    ({"archive": "https://example.org/a", "archive_date": "2030-01-01"}, "refused"),
    ({"archive_date": "2014-01-01"}, "refused"),
    ({"archive": "https://example.org/a", "archive_date": "someday"}, "refused"),
]


def test_the_same_source_is_known_by_identifier_address_or_likeness_and_what_is_unclear_is_said(db):
    imported(RAPER)
    for change, outcome in SAME:
        (row,) = planned(RAPER | change).rows
        assert row.outcome == outcome, (change, row)
        assert importing.Plan("", "", [row]).to_json().encode(), "nothing in a plan that no database takes"
        assert row.reasons or outcome in ("created", "updated", "unchanged")
        assert all(reason.endswith((".", ".”")) for reason in row.reasons), row.reasons


def test_two_records_that_are_one_source_are_merged_and_the_first_says_what_counts(db):
    plan = planned(
        RAPER,
        RAPER | {"id": "", "title": "Fatal systemic inflammatory response syndrome.", "volume": "80"},
        RAPER | {"id": "", "DOI": "", "PMID": "14567964"},
        RAPER | {"id": "other2003", "DOI": "", "issue": "1"},
        RAPER | {"id": "", "DOI": "", "edition": "2"},
    )
    assert outcomes(plan) == ["created", "merged", "merged", "created", "uncertain"]
    assert [row.into for row in plan.rows] == [None, 1, 1, None, None]
    assert "row 1" in plan.rows[4].reasons[0]
    summary = importing.carry_out(plan, None, NOW)
    assert [row.reference for row in summary.rows] == ["raper2003", "raper2003", "raper2003", "other2003", ""]
    made = library()["raper2003"]
    assert (made["title"], made["volume"], made["PMID"]) == (RAPER["title"], "80", "14567964")


def test_a_merged_record_is_known_by_what_it_gained(db):
    plain = {"id": "", "type": "book", "title": "Genes and their therapy"}
    plan = planned(plain, plain | {"DOI": "10.1234/g"}, plain | {"title": "Genes, therapy", "DOI": "10.1234/g"})
    assert [(row.outcome, row.into) for row in plan.rows] == [("created", None), ("merged", 1), ("merged", 1)]


def test_a_record_that_would_make_another_one_unknown_is_uncertain_and_stays_so(db):
    several = [
        {"id": "", "type": "book", "title": "Genes and their therapy"},
        {"id": "", "type": "book", "title": "Genes and their therapy", "DOI": "10.1234/g"},
        {"id": "", "type": "book", "title": "Genes, therapy", "DOI": "10.1234/g", "author": [{"family": "Lee"}]},
    ]
    assert outcomes(planned(*several)) == ["created", "merged", "uncertain"]
    imported(*several)
    again = planned(*several)
    assert outcomes(again) == ["unchanged", "merged", "uncertain"]
    assert "together the two would be" in again.rows[2].reasons[0]


def test_identifiers_of_two_sources_are_never_mixed(db):
    imported(RAPER, {"id": "lee2004", "type": "book", "title": "Another", "PMID": "1"})
    (row,) = planned(RAPER | {"PMID": "1"}).rows
    assert row.outcome == "uncertain"
    assert "lee2004" in row.reasons[0]
    assert "raper2003" in row.reasons[0]


def test_a_wider_type_or_less_of_a_date_or_name_does_not_take_from_what_is_known(db):
    full = RAPER | {"type": "report", "genre": "guideline", "URL": "https://example.org/a"}
    imported(full)
    less = full | {
        "genre": "",
        "author": [{"family": "Raper", "given": "S E"}],
        "issued": {"date-parts": [[2003]]},
        "URL": "http://example.org/a/?utm_source=x",
    }
    assert outcomes(planned(less)) == ["unchanged"]
    (row,) = planned(full | {"issued": {"date-parts": [[2003, 10]]}}).rows
    assert [(change.field, change.before, change.after) for change in row.differences] == [
        ("issued", "September 2003", "October 2003")
    ]


def test_the_first_few_of_the_authors_that_are_known_take_nothing_from_them(db):
    people = [{"family": "Raper", "given": "Steven E."}, {"family": "Roe", "given": "Ann"}, {"literal": "WHO"}]
    imported(RAPER | {"author": people})
    assert outcomes(planned(RAPER | {"author": [{"family": "Raper", "given": "SE"}, {"family": "Roe"}]})) == [
        "unchanged"
    ]
    assert outcomes(planned(RAPER | {"author": people[1:]})) == ["updated"]


def test_names_that_change_stand_apart_on_one_line(db):
    imported(RAPER)
    people = [{"family": "Raper", "given": "Steven E."}, {"family": "Roe", "given": "Ann"}, {"literal": "WHO"}]
    (row,) = planned(RAPER | {"author": people}).rows
    assert [change.after for change in row.differences] == ["Raper, Steven E.; Roe, Ann; WHO"]


def test_what_a_file_is_silent_about_stays(db):
    imported(RAPER | {"custom": {"is_primary": True}, "note": "Ours", "volume": "80"})
    imported(RAPER | {"volume": "81"})
    kept = library()["raper2003"]
    assert (kept["note"], kept["custom"], kept["volume"]) == ("Ours", {"is_primary": True}, "81")


def test_a_merged_source_is_found_as_the_one_that_was_kept(db, make_source):
    twin = make_source(title="Fatal", doi="10.1234/twin")
    kept = make_source(title="Fatal systemic", doi="10.1234/kept", volume="80")
    Reference.objects.filter(pk=twin.pk)._update([(Reference._meta.get_field("merged_into"), None, kept.pk)])
    (row,) = planned(
        {"type": "article-journal", "title": "Fatal", "DOI": "10.1234/twin", "volume": "1", "issue": "2"}
    ).rows
    assert (row.outcome, row.reference) == ("updated", kept.key)
    assert [change.field for change in row.differences] == ["issue"]


def test_a_pasted_identifier_of_a_source_that_is_there_changes_nothing_and_a_new_one_is_uncertain(db):
    imported(RAPER)
    plan = planned(raw=b"doi: 10.1016/j.ymgme.2003.08.016\n\n10.1234/new\nSome words.\n", format="text")
    short = b"Raper SE. Fatal systemic inflammatory response syndrome. Mol Genet Metab. 2004;80(1):148-58. "
    (known,) = planned(raw=short + b"doi:10.1016/j.ymgme.2003.08.016", format="text").rows
    assert (known.outcome, known.differences) == ("unchanged", [])
    assert [(row.line, row.outcome, row.reference) for row in plan.rows] == [
        (1, "unchanged", "raper2003"),
        (3, "uncertain", ""),
        (4, "uncertain", ""),
    ]
    assert importing.carry_out(plan, None, NOW).counts() == {"unchanged": 1, "uncertain": 2}
    assert Reference.objects.count() == 1


def test_a_pasted_address_of_one_source_that_is_there_is_that_source_and_of_two_neither(db):
    page = {"type": "webpage", "title": "Haemophilia", "URL": "https://example.org/conditions/haemophilia"}
    imported(page)
    lines = b"https://example.org/conditions/haemophilia\nSome words. https://example.org/conditions/haemophilia/\n"
    there = planned(raw=lines, format="text").rows
    assert [row.outcome for row in there] == ["unchanged", "merged"]
    assert {row.reference for row in there} == set(library())
    imported({**page, "title": "Quite another part of it"})
    assert outcomes(planned(raw=lines, format="text")) == ["uncertain", "uncertain"]


# --- carrying out -------------------------------------------------------------------------------------------


def test_each_source_that_came_in_has_its_saved_version_with_person_and_reason(editor):
    plan = planned(RAPER, actor=editor)
    importing.carry_out(plan, editor, NOW)
    (version,) = Version.objects.all()
    assert (version.revision.user, version.revision.comment) == (editor, "Imported")


def test_who_may_not_write_sources_cannot_even_plan(auditor):
    with pytest.raises(SaveRefused, match="may not"):
        planned(RAPER, actor=auditor)
    plan = planned(RAPER)
    assert importing.carry_out(plan, auditor, NOW).counts() == {"refused": 1}
    assert not Reference.objects.exists()


def test_a_plan_may_be_carried_out_again_after_a_stop_in_the_middle(db, monkeypatch):
    monkeypatch.setattr(carrying, "BATCH", 4)
    plan = planned(
        *[{"type": "book", "title": f"Title of book {number} x", "id": f"a200{number}"} for number in range(7)]
    )

    def stopped(fields, **how):
        if fields["title"] == "Title of book 5 x":
            raise KeyboardInterrupt
        return save_reference(fields, **how)

    monkeypatch.setattr(carrying, "save_reference", stopped)
    with pytest.raises(KeyboardInterrupt):
        importing.carry_out(plan, None, NOW)
    monkeypatch.setattr(carrying, "save_reference", save_reference)
    assert Reference.objects.count() == Version.objects.count() == 4, "whole batches and no others"
    seen = []
    summary = importing.carry_out(plan, None, NOW, progress=seen.append)
    assert summary.counts() == {"created": 3, "unchanged": 4}
    assert seen == [4, 7]
    assert Version.objects.count() == Reference.objects.count() == 7


def test_a_plan_may_be_carried_out_in_portions(db, monkeypatch):
    monkeypatch.setattr(carrying, "BATCH", 3)
    old = {"id": "a2001", "type": "book", "title": "Old form", "custom": {"superseded_by": "z2002"}}
    several = [{"type": "book", "title": f"Title of book {number} x", "id": f"b20{number:02}"} for number in range(3)]
    plan = planned(old, RAPER | {"id": "z2002"}, *several, RAPER | {"id": "z2003", "DOI": ""}, RAPER)
    first = importing.carry_out(plan, None, NOW, enough=lambda: True)
    assert (len(first.rows), Reference.objects.count()) == (3, 3)
    assert not Reference.objects.exclude(superseded_by=None).exists()
    again = importing.Plan.from_json(importing.Plan(plan.format, plan.made_at, first.rows).to_json()).rows
    last = importing.carry_out(plan, None, NOW, done=again)
    assert last.counts() == {"created": 6, "merged": 1}
    assert last.rows[-1].reference == "z2002"
    assert Reference.objects.get(key="a2001").superseded_by.key == "z2002"


def test_a_source_that_somebody_changed_since_the_preview_is_not_written_over(make_source):
    source = make_source(doi=RAPER["DOI"], title=RAPER["title"])
    plan = planned(RAPER | {"volume": "80"})
    save_reference({"volume": "99"}, actor=None, reference=source, base=source.newest_revision_id())
    (row,) = importing.carry_out(plan, None, NOW).rows
    assert (row.outcome, library()["raper2003"]["volume"]) == ("refused", "99")
    assert "since the preview" in row.reasons[0]


def test_a_record_that_is_refused_at_the_last_moment_leaves_the_others_whole(db, monkeypatch):
    plan = planned(*[{"type": "book", "title": f"Title {word}", "id": f"a200{n}"} for n, word in enumerate("abc")])
    monkeypatch.setattr(Reference, "full_clean", _refusing("Title b"))
    summary = importing.carry_out(plan, None, NOW)
    assert [row.outcome for row in summary.rows] == ["created", "refused", "created"]
    assert Version.objects.count() == Reference.objects.count() == 2


def _refusing(title):
    real = Reference.full_clean

    def full_clean(self, *args, **options):
        real(self, *args, **options)
        if self.title == title and "key" in (options.get("exclude") or ()) and "validate_unique" not in options:
            raise ValidationError({"title": ["No."]})

    return full_clean


def test_newer_forms_are_tied_whatever_the_order_in_the_file(db):
    old = {"id": "a2001", "type": "book", "title": "Old form", "custom": {"superseded_by": "a2002"}}
    new = {"id": "a2002", "type": "book", "title": "New form entirely"}
    lost = {"id": "a2003", "type": "book", "title": "Alone", "custom": {"superseded_by": "nowhere2009"}}
    summary = imported(old, new, lost)
    assert Reference.objects.get(key="a2001").superseded_by.key == "a2002"
    assert "nowhere2009" in summary.rows[2].reasons[0]
    assert outcomes(planned(old, new)) == ["unchanged", "unchanged"]


# --- commands -----------------------------------------------------------------------------------------------


@pytest.fixture
def run(db):
    def call(*arguments):
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*map(str, arguments), stdout=out, stderr=err)
        except CommandError as error:
            return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
        return 0, out.getvalue(), err.getvalue()

    return call


def test_files_are_imported_exported_and_imported_again_by_commands(run, tmp_path):
    file = tmp_path / "in.json"
    file.write_text(json.dumps([RAPER, {"type": "book", "title": "Genes", "id": "genes1999"}]))
    assert run("import_references", file, "--dry-run")[1].endswith("Nothing was changed. 2 records: 2 created.\n")
    assert not Reference.objects.exists()
    assert run("import_references", file) == (0, "2 records: 2 created.\n", "")
    for name in ("ris", "bibtex", "nbib", "csl-json"):
        out = tmp_path / f"out.{name}"
        code, said, _ = run("export_references", "--format", name, "--output", out)
        assert (code, said) == (0, f"2 sources written to {out}.\n")
        assert run("import_references", out) == (0, "2 records: 2 unchanged.\n", "")
        assert run("export_references", "--format", name)[1] == out.read_text()
    text = run("export_references", "--format", "text")[1].splitlines()
    assert [line.split(".")[0] for line in text] == ["Genes", "Raper SE"]
    assert run("export_references", "raper2003", "--format", "text")[1].splitlines() == text[1:]
    assert run("export_references", "--search", "genes", "--format", "text")[1].splitlines() == text[:1]
    code, _, said = run("export_references", "nobody2000", "--format", "ris")
    assert (code, said) == (1, "The library has no such source: nobody2000.")
    assert run("export_references", "--format", "ris", "--output", tmp_path / "no" / "x.ris")[0] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.json",
        "out.bibtex",
        "out.csl-json",
        "out.nbib",
        "out.ris",
    ]


def test_what_did_not_come_in_is_told_with_line_and_reason_and_the_exit_code_says_so(run, tmp_path):
    file = tmp_path / "in.ris"
    file.write_bytes(b"TY  - BOOK\nTI  - Good\nER  - \nTY  - THES\nTI  - \x1b[31mBad\nER  - \nTY  - BOOK\nTI  - Cut")
    code, out, err = run("import_references", file, tmp_path / "missing.ris", "--format", "ris")
    assert code == 1
    assert f"{file}, line 4: refused" in err
    assert f"{file}, line 7: refused" in err
    assert "may be cut" in err
    assert "missing.ris: the file cannot be read" in err
    assert err.endswith("4 records: 1 created, 3 refused.")
    assert "\x1b" not in out + err
    assert Reference.objects.count() == 1


def test_a_stopped_export_leaves_the_file_that_was_there(run, tmp_path, monkeypatch, make_source):
    make_source()
    out = tmp_path / "out.ris"
    out.write_text("before")

    def stopped(*args):
        yield "TY"
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "export", stopped)
    with pytest.raises(KeyboardInterrupt):
        run("export_references", "--format", "ris", "--output", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.ris"]
    assert out.read_text() == "before"


def test_one_moment_is_asked_for_a_whole_import(run, tmp_path):
    file = tmp_path / "in.json"
    file.write_text(json.dumps([RAPER]))
    with time_machine.travel(NOW, tick=False):
        run("import_references", file)
        assert timezone.now() == NOW


# --- what PubMed says of a paper ----------------------------------------------------------------------------

TRIAL = b"""
PMID- 14567964
PT  - Randomized Controlled Trial
PT  - Retracted Publication
TI  - Fatal systemic response.
FAU - Raper, Steven E
JT  - Molecular genetics
DP  - 2003 Sep
"""


def test_a_paper_that_pubmed_calls_retracted_does_not_come_in_without_a_word(db, tmp_path, capsys):
    (row,) = planned(raw=TRIAL, format="nbib").rows
    assert row.outcome == "created"
    assert row.warnings == ["PubMed calls this paper retracted. Think twice before you lean on it."]
    assert importing.Plan.from_json(planned(raw=TRIAL, format="nbib").to_json()).rows == [row]
    file = tmp_path / "a.nbib"
    file.write_bytes(TRIAL)
    for _ in range(2):  # the second time it is there already, and still retracted
        call_command("import_references", str(file))
        assert "calls this paper retracted" in capsys.readouterr().err


def test_pubmeds_words_fill_the_kind_of_evidence_of_a_new_source_and_of_no_other(db):
    (row,) = imported(raw=TRIAL, format="nbib").rows
    source = Reference.objects.get()
    assert (source.evidence, row.reasons) == ("trial", ["Kind of evidence, by PubMed’s words for it: clinical trial."])
    for judged in ("guideline", ""):
        save_reference(
            {"evidence": judged}, reference=source, base=source.newest_revision_id(), actor=None, now=NOW, reason="x"
        )
        assert outcomes(planned(raw=TRIAL, format="nbib")) == ["unchanged"]
        source.refresh_from_db()
    own = (
        TRIAL.replace(b"DP  - ", b"XEVI- observational\nDP  - ").replace(b"14567964", b"1").replace(b"Fatal", b"Other")
    )
    imported(raw=own, format="nbib")
    assert Reference.objects.get(pmid="1").evidence == "observational"


# --- what is no change --------------------------------------------------------------------------------------

JOURNAL = {"container-title": "Molecular Genetics and Metabolism", "container-title-short": "Mol Genet Metab"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {"title": "Fatal Systemic Inflammatory Response Syndrome"}),
        (JOURNAL, {"container-title": "Molecular genetics and metabolism"}),
        (JOURNAL, {"container-title": "Mol. Genet. Metab."}),
        (JOURNAL, {"container-title-short": "Molecular Genetics and Metabolism"}),
        ({"issue": "1-2"}, {"issue": "1"}),
        ({"issue": "1"}, {"issue": "1-2"}),
    ],
)
def test_what_a_file_only_spells_in_another_way_changes_nothing(db, ours, theirs):
    imported(RAPER | ours)
    assert outcomes(planned(RAPER | ours | theirs)) == ["unchanged"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {"title": "Fatal systemic inflammatory response syndromes"}),
        (JOURNAL, {"container-title": "Molecular Genetics"}),
        (JOURNAL | {"container-title": ""}, {"container-title": "Mol Genet Metab"}),
        ({"issue": "1-2"}, {"issue": "3"}),
        ({"issue": "1-2"}, {"issue": "1-2-3"}),
        ({"issue": ""}, {"issue": "1"}),
    ],
)
def test_what_a_file_says_otherwise_is_a_change(db, ours, theirs):
    imported(RAPER | ours)
    assert outcomes(planned(RAPER | ours | theirs)) == ["updated"]
