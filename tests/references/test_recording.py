"""The one act of the library: whole checks, one saved version, no lost edit, nothing deleted."""

import json
import threading

import pytest
import reversion
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reversion.models import Revision, Version

from references import csl
from references.models import NotAllowed, Reference
from references.recording import SaveRefused, StaleSave, find_or_create, save_reference

RAPER = {
    "id": "raper2003",
    "type": "article-journal",
    "title": "Fatal systemic inflammatory response syndrome",
    "author": [{"family": "Raper", "given": "Steven E."}],
    "container-title": "Molecular Genetics and Metabolism",
    "issued": {"date-parts": [[2003, 9]]},
    "DOI": "10.1016/j.ymgme.2003.08.016",
    "PMID": "14567964",
}
PAGE = {
    "id": "nci2012",
    "type": "webpage",
    "title": "Gene therapy",
    "author": [{"literal": "National Cancer Institute"}],
    "issued": {"date-parts": [[2012]]},
    "updated": {"date-parts": [[2013, 3]]},
    "URL": "https://example.org/page",
    "archive": "https://web.archive.org/web/2014/https://example.org/page",
    "archive_date": "2014-06-21",
}


def versions_of(source):
    return Version.objects.get_for_object(source).count()


# --- one save, one version ----------------------------------------------------------------------------------


def test_a_save_makes_one_version_that_holds_the_snapshot_and_says_who_and_why(editor):
    source = save_reference(csl.fields_of(RAPER), actor=editor, reason="Cited in the risks section")
    (version,) = Version.objects.get_for_object(source)
    assert json.loads(version.serialized_data) == source.snapshot_dict()
    assert version.revision.user == editor
    assert version.revision.comment == "Cited in the risks section"
    assert source.snapshot_dict()["csl"] == RAPER


def test_saving_what_is_already_there_makes_no_version(make_source):
    source = make_source()
    same = save_reference(
        {"title": f"  {source.title} ", "doi": ""}, actor=None, reference=source, base=source.newest_revision_id()
    )
    assert same == source
    assert versions_of(source) == Revision.objects.count() == 1


def test_fields_that_are_not_named_keep_their_value(make_source):
    source = make_source(doi="10.1234/a")
    save_reference({"volume": "80"}, actor=None, reference=source, base=source.newest_revision_id())
    source.refresh_from_db()
    assert (source.doi, source.volume, source.issued) == ("10.1234/a", "80", [2003, 9])
    assert versions_of(source) == 2


def test_a_refused_save_leaves_nothing_behind(editor):
    with pytest.raises(ValidationError):
        save_reference({"type": "book", "title": "T", "doi": "no doi"}, actor=editor)
    assert not Reference.objects.exists()
    assert not Revision.objects.exists()


def test_if_the_version_cannot_be_stored_neither_is_the_source(make_source, monkeypatch):
    monkeypatch.setattr(Reference, "snapshot_dict", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_source()
    assert not Reference.objects.exists()


def test_the_recorders_own_revert_is_refused(make_source):
    source = make_source()
    save_reference({"title": "Other"}, actor=None, reference=source, base=source.newest_revision_id())
    first = Version.objects.get_for_object(source).last().revision
    with pytest.raises(reversion.errors.RevertError):
        first.revert()
    source.refresh_from_db()
    assert source.title == "Other"


def test_an_unknown_field_is_refused_by_name(make_source):
    with pytest.raises(SaveRefused, match="colour"):
        make_source(colour="red")
    with pytest.raises(SaveRefused, match="uid"):
        make_source(uid="0" * 32)


def test_a_save_inside_another_record_is_refused(make_source):
    with pytest.raises(SaveRefused, match="by itself"), reversion.create_revision():
        make_source()


# --- two writers --------------------------------------------------------------------------------------------


def test_a_stale_save_is_refused_and_changes_nothing(make_source, editor):
    source = make_source()
    opened_at = source.newest_revision_id()
    save_reference({"title": "Hers"}, actor=editor, reference=source, base=opened_at)
    with pytest.raises(StaleSave) as refusal:
        save_reference({"title": "His"}, actor=editor, reference=source, base=opened_at)
    assert (refusal.value.base, refusal.value.newest) == (opened_at, source.newest_revision_id())
    source.refresh_from_db()
    assert source.title == "Hers"
    assert versions_of(source) == 2


@pytest.mark.parametrize("base", [None, 0, -1, 10**9])
def test_a_change_must_name_the_version_it_was_made_from(make_source, base):
    source = make_source()
    with pytest.raises(StaleSave):
        save_reference({"title": "x"}, actor=None, reference=source, base=base)


def test_old_values_in_the_callers_hand_do_not_come_back(make_source):
    source = make_source()
    stale = Reference.objects.get(pk=source.pk)
    save_reference({"volume": "80"}, actor=None, reference=source, base=source.newest_revision_id())
    save_reference({"issue": "1"}, actor=None, reference=stale, base=stale.newest_revision_id())
    source.refresh_from_db()
    assert (source.volume, source.issue) == ("80", "1")


def test_a_doi_that_another_writer_took_a_moment_ago_is_refused(make_source, monkeypatch):
    make_source(doi="10.1234/a")
    monkeypatch.setattr(Reference, "validate_constraints", lambda self, exclude=None: None)
    with pytest.raises(SaveRefused, match="already"):
        make_source(doi="10.1234/a", title="Other")
    assert Reference.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite' and connection.is_in_memory_db()")
def test_two_writers_at_once_get_two_keys_and_lose_nothing():
    together, faults = threading.Barrier(4), []

    def write(number):
        try:
            together.wait()
            save_reference(csl.fields_of(RAPER | {"DOI": f"10.1234/{number}", "PMID": "", "id": ""}), actor=None)
        except Exception as fault:  # shown by the assertion below
            faults.append(fault)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not faults
    assert set(Reference.objects.values_list("key", flat=True)) == {
        "raper2003",
        "raper2003a",
        "raper2003b",
        "raper2003c",
    }
    assert Version.objects.count() == 4


# --- other ways in and out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda: Reference.objects.update(title="x"),
        lambda: Reference.objects.filter(title="x").update(title="y"),
        lambda: Reference.objects.bulk_create([Reference(title="x")]),
        lambda: Reference.objects.bulk_update([Reference(title="x")], ["title"]),
        lambda: Reference.objects.all().delete(),
        lambda: Reference.objects.get().delete(),
    ],
)
def test_every_way_of_writing_without_a_version_is_refused_with_a_sentence(make_source, write):
    source = make_source()
    with pytest.raises(NotAllowed, match=r"\.$"):
        write()
    source.refresh_from_db()
    assert source.title.startswith("Fatal")


def test_who_may_only_read_cannot_save_through_the_act(make_source, auditor, editor):
    source = make_source()
    with pytest.raises(SaveRefused, match="may not change"):
        save_reference({"title": "x"}, actor=auditor, reference=source, base=source.newest_revision_id())
    with pytest.raises(SaveRefused, match="may not add"):
        find_or_create(RAPER, auditor)
    editor.is_active = False
    with pytest.raises(SaveRefused, match="may not add"):
        find_or_create(RAPER, editor)


# --- keys ---------------------------------------------------------------------------------------------------


def test_sources_of_the_same_name_get_letters(make_source):
    keys = [make_source(title=f"Title {number}").key for number in range(28)]
    assert keys[:3] == ["raper2003", "raper2003a", "raper2003b"]
    assert keys[26:] == ["raper2003z", "raper2003aa"]


def test_the_twelfth_source_of_a_name_and_year_asks_hardly_more_than_the_second(make_source):
    asked = []
    for number in range(12):
        with CaptureQueriesContext(connection) as questions:
            make_source(title=f"Title {number}")
        asked.append(len(questions))
    assert asked[11] <= asked[1] + 1  # not one more for each key that is taken


def test_a_key_never_changes(make_source):
    source = make_source()
    saved = save_reference(
        {"authors": [{"literal": "Other"}], "issued": [1999], "key": "other1999"},
        actor=None,
        reference=source,
        base=source.newest_revision_id(),
    )
    assert saved.key == "raper2003"


@pytest.mark.parametrize(
    ("wished", "given"),
    [
        ("smith2001b", "smith2001b"),
        ("Smith 2001", "raper2003"),
        ("x" * 60 + "2001", "raper2003"),
        ("../etc", "raper2003"),
        ("", "raper2003"),
    ],
)
def test_a_key_may_be_brought_along_when_it_is_well_formed(make_source, wished, given):
    assert make_source(key=wished).key == given


def test_a_key_that_is_taken_is_not_given_twice(make_source):
    make_source(key="smith2001")
    assert make_source(key="smith2001").key == "raper2003"


# --- what is checked ----------------------------------------------------------------------------------------


def test_all_faults_are_told_together_each_by_its_field(make_source):
    bad = {
        "type": "poem",
        "title": "",
        "authors": [{"given": "S"}],
        "editors": "none",
        "issued": [2014, 13],
        "updated": [2014, 2, 30],
        "doi": "x",
        "pmid": "x",
        "pmcid": "x",
        "isbn": "x",
        "issn": "x",
        "url": "javascript:alert(1)",
        "archive_url": "//x",
        "language": "english, I think",
        "publisher": "a\u202eb",
        "note": "a\x00b",
    }
    with pytest.raises(ValidationError) as refusal:
        make_source(**bad)
    assert set(refusal.value.message_dict) == set(bad)
    assert all(sentence.endswith(".") for sentences in refusal.value.message_dict.values() for sentence in sentences)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"doi": "https://doi.org/10.1016/J.YMGME.2003.08.016."}, {"doi": "10.1016/j.ymgme.2003.08.016"}),
        ({"isbn": "0-306-40615-2", "issn": "10967192"}, {"isbn": "9780306406157", "issn": "1096-7192"}),
        ({"title": " Cafe\u0301  au lait "}, {"title": "Café au lait"}),
        ({"url": "HTTPS://EXAMPLE.org"}, {"url": "https://example.org/"}),
    ],
)
def test_what_is_kept_is_the_normal_form(make_source, written, kept):
    source = make_source(**written)
    source.refresh_from_db()
    assert {name: getattr(source, name) for name in kept} == kept


@pytest.mark.parametrize("doi", ["10.1234/a", "10.1234/A", "https://doi.org/10.1234/a", "10.1234/a."])
def test_one_doi_is_one_source_however_it_is_written(make_source, doi):
    make_source(doi="10.1234/a")
    with pytest.raises(ValidationError, match="already has a source with this DOI"):
        make_source(doi=doi, title="Other")
    make_source(title="Without a DOI")
    make_source(title="Without a DOI, too")


def test_a_copy_cannot_be_archived_tomorrow_or_nowhere(make_source):
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    with pytest.raises(ValidationError, match="future"):
        make_source(archive_url="https://web.archive.org/x", archived_on=tomorrow)
    with pytest.raises(ValidationError, match="address of the archived copy"):
        make_source(archived_on=timezone.localdate())


def test_a_source_cannot_come_to_supersede_itself(make_source):
    old, new = make_source(title="Old"), make_source(title="New")
    save_reference({"superseded_by": new}, actor=None, reference=old, base=old.newest_revision_id())
    with pytest.raises(ValidationError, match="supersede itself"):
        save_reference({"superseded_by": old}, actor=None, reference=new, base=new.newest_revision_id())
    with pytest.raises(ValidationError, match="supersede itself"):
        save_reference({"superseded_by": new}, actor=None, reference=new, base=new.newest_revision_id())


@pytest.mark.parametrize("parts", [[2014], [2014, 6], [2014, 6, 21], []])
def test_a_partial_date_is_kept_as_partial_as_it_is(make_source, parts):
    source = make_source(issued=parts)
    source.refresh_from_db()
    assert source.issued == parts
    assert source.csl().get("issued") == ({"date-parts": [parts]} if parts else None)


# --- CSL and identity ---------------------------------------------------------------------------------------

WORDS = st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x17F), min_size=1, max_size=20)
PARTS = st.sampled_from([[2014], [2014, 6], [2014, 6, 21]])
ITEMS = st.builds(
    lambda kind, required, rest: dict(zip(("type", "genre"), kind, strict=True)) | required | rest,
    st.sampled_from(sorted(csl.TYPES)),
    st.fixed_dictionaries({"title": WORDS}),
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(
                ["container-title", "container-title-short", "collection-title", "publisher", "publisher-place"], WORDS
            ),
            **dict.fromkeys(["edition", "number", "volume", "issue", "page", "note"], WORDS),
            **dict.fromkeys(["issued", "updated"], PARTS.map(lambda parts: {"date-parts": [parts]})),
            **dict.fromkeys(
                ["author", "editor"],
                st.lists(
                    st.fixed_dictionaries({"family": WORDS}, optional={"given": WORDS})
                    | st.fixed_dictionaries({"literal": WORDS}),
                    min_size=1,
                    max_size=3,
                ),
            ),
            "URL": st.just("https://example.org/a?b=c"),
            "ISBN": st.just("9780306406157"),
            "ISSN": st.just("1096-7192"),
            "PMCID": st.just("PMC12"),
            "language": st.sampled_from(["en", "zh-Hans"]),
        },
    ),
)


@given(ITEMS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_comes_back_from_the_library_as_it_went_in(db, item):
    whole = {key: value for key, value in item.items() if value}
    source = save_reference(csl.fields_of(whole), actor=None)
    source.refresh_from_db()
    assert source.csl() == whole | {"id": source.key}
    assert json.loads(json.dumps(source.snapshot_dict())) == source.snapshot_dict()


def test_a_key_of_an_item_that_would_be_lost_is_refused_by_name():
    with pytest.raises(csl.CslError, match="abstract"):
        csl.fields_of(RAPER | {"abstract": "Long"})
    assert "accessed" not in csl.fields_of(RAPER | {"accessed": {"date-parts": [[2014]]}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "song"},
        {"type": "report", "genre": "thesis"},
        {"issued": {"date-parts": [[2014], [2015]]}},
        {"issued": {"raw": "June"}},
        {"issued": [2014]},
        {"archive_date": "2014"},
        {"archive_date": 7},
    ],
)
def test_an_item_that_we_cannot_keep_is_refused_with_a_sentence(wrong):
    with pytest.raises(csl.CslError, match=r"\.$"):
        csl.fields_of(RAPER | wrong)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"URL": "http://example.org/page/?utm_source=mail#top"}, True),
        ({"URL": "https://example.org/page?id=2"}, False),
        ({"URL": "https://evil.example/page"}, False),
        ({"URL": "https://example.org/page#!/other"}, False),
        ({"URL": "https://example.org/Page"}, False),
        ({"publisher": "Another", "volume": "3", "note": "n", "language": "en"}, True),
        ({"issued": {"date-parts": [[2012, 5]]}}, True),
        ({"issued": {"date-parts": [[2013]]}}, False),
        ({"title": "Gene therapies"}, False),
        ({"author": [{"literal": "Another"}]}, False),
        ({"DOI": "10.1234/a"}, False),
        ({"PMID": "1"}, False),
        ({"archive": "https://web.archive.org/other"}, True),
    ],
)
def test_only_what_makes_the_source_another_one_changes_its_identity(change, is_same):
    assert (csl.identity(PAGE) == csl.identity(PAGE | change)) is is_same


# --- find or make -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again",
    [
        RAPER,
        RAPER | {"id": "", "DOI": "https://doi.org/10.1016/J.YMGME.2003.08.016", "PMID": ""},
        {"type": "webpage", "title": "Something else", "PMID": "14567964"},
    ],
)
def test_a_source_with_the_same_identifier_is_found(db, again):
    source, is_new = find_or_create(RAPER, None)
    assert (is_new, source.key) == (True, "raper2003")
    assert find_or_create(again, None) == (source, False)
    assert versions_of(source) == 1


def test_what_editors_elsewhere_thought_of_a_source_comes_with_it(db):
    source, _ = find_or_create(RAPER | {"custom": {"evidence": "observational", "superseded_by": "none1999"}}, None)
    assert (source.evidence, source.superseded_by) == ("observational", None)
    for nonsense in ({"evidence": "hearsay"}, {"is_primary": "perhaps"}, ["trial"], "trial"):
        with pytest.raises((ValidationError, csl.CslError)):
            find_or_create(RAPER | {"DOI": "", "PMID": "", "title": "Another", "custom": nonsense}, None)


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        ({}, False),
        ({"URL": "http://EXAMPLE.org/page/"}, False),
        ({"URL": "https://example.org/other"}, True),
        ({"title": "Another page"}, True),
        ({"id": "somethingelse2012"}, False),
    ],
)
def test_a_page_is_found_by_its_address_and_title(db, change, is_new):
    find_or_create(PAGE, None)
    assert find_or_create(PAGE | change, None)[1] is is_new


def test_a_book_without_any_identifier_is_found_by_key_title_and_year(db):
    book = {"id": "roe1999", "type": "book", "title": "Genes", "issued": {"date-parts": [[1999]]}}
    find_or_create(book, None)
    assert find_or_create(book, None)[1] is False
    assert find_or_create(book | {"id": "roe1999a"}, None)[1] is True


def test_a_bad_item_is_refused_before_anything_is_looked_for(db):
    with pytest.raises(ValidationError):
        find_or_create(RAPER | {"URL": "javascript:alert(1)"}, None)
