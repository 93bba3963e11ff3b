"""Finding a source by what a person types or pastes."""

import time

import pytest
from django.db import connection
from django.db.models import QuerySet

from references import finding
from references.finding import matching
from references.models import Reference
from references.recording import save_reference


@pytest.fixture
def library(make_source):
    make_source(
        title="Fatal systemic inflammatory response syndrome in an ornithine transcarbamylase deficient patient "
        "following adenoviral gene transfer",
        container_title="Molecular Genetics and Metabolism",
        doi="10.1016/j.ymgme.2003.08.016",
        pmid="14567964",
    )
    make_source(
        title="Gene therapy comes of <i>age</i>",
        authors=[{"family": "Dunbar", "given": "Cynthia E."}],
        issued=[2018],
        pmcid="PMC6168351",
    )
    make_source(
        title="Thérapie génique",
        authors=[{"literal": "Institut national de la santé"}, {"family": "Müller", "given": "Ø"}],
        issued=[2020],
        isbn="9780306406157",
        url="https://example.org/therapie",
    )


CITATION = (
    "Raper SE, Chirmule N, Lee FS, Wivel NA, Bagg A, Gao GP, et al. Fatal systemic inflammatory response syndrome in a "
    "ornithine transcarbamylase deficient patient following adenoviral gene transfer. Mol Genet Metab. 2003;80:148-58."
)


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("raper2003", ["raper2003"]),
        ("RAPER", ["raper2003"]),
        ("fatal inflam", ["raper2003"]),
        ("dunbar 2018", ["dunbar2018"]),
        ("of age", ["dunbar2018"]),
        ("gene", ["dunbar2018", "raper2003"]),
        ("therapie genique", ["insds2020"]),
        ("Thérapie", ["insds2020"]),
        ("muller", ["insds2020"]),
        ("10.1016/j.ymgme.2003.08.016", ["raper2003"]),
        ("https://doi.org/10.1016/J.YMGME.2003.08.016", ["raper2003"]),
        ("14567964", ["raper2003"]),
        ("PMID: 14567964", ["raper2003"]),
        ("PMC6168351", ["dunbar2018"]),
        ("ISBN 0-306-40615-2", ["insds2020"]),
        ("https://example.org/therapie", ["insds2020"]),
        (CITATION, ["raper2003"]),
        (f"{CITATION} doi: 10.1016/j.ymgme.2003.08.016. PubMed PMID: 14567964.", ["raper2003"]),
        ("Dunbar CE, High KA, Joung JK. Gene therapy comes of age. Science. 2018;359.", ["dunbar2018"]),
        ("Raper SE", ["raper2003"]),
        ("Dunbar CE 2018", ["dunbar2018"]),
        ("Dunbar XY", []),
        ("Institut national de la santé, Müller Ø. Thérapie génique. Presse Med. 2020;49(3):1-9.", ["insds2020"]),
        ("Institut national de la santé, Müller Ø. Thérapie génique. Presse Med. 2019;49(3):1-9.", []),
        ("nothing of the kind", []),
        ("", []),
        ("%", []),
        ("' OR zz=zz --", []),
        ("_", []),
    ],
)
def test_what_is_meant_is_found(library, written, keys):
    found = matching(Reference.objects.all(), written).values_list("key", flat=True)
    assert sorted(found) == [key if key != "insds2020" else _french() for key in keys]


def _french():
    return Reference.objects.get(isbn="9780306406157").key


def test_a_megabyte_of_pasted_text_is_answered_in_a_moment(library):
    started = time.process_time()
    unlike = " ".join(f"w{number}" for number in range(100_000))
    for pasted in ("gene " * 200_000, "x" * 1_000_000, "10.1234/" * 100_000, unlike, "\x00" * 9):
        list(matching(Reference.objects.all(), pasted))
    assert time.process_time() - started < 2


def found(written):
    return list(matching(Reference.objects.all(), written).values_list("key", flat=True))


def test_many_are_found_as_few_are_and_in_the_order_of_the_list(make_source, monkeypatch):
    for number in range(5):
        make_source(title=f"Vectors of kind {number}", authors=[{"family": "EDCBA"[number]}], issued=[2000])
    few = found("vectors kind")
    monkeypatch.setattr(finding, "FEW", 1)
    assert found("vectors kind") == few == ["a2000", "b2000", "c2000", "d2000", "e2000"]
    only = matching(Reference.objects.filter(key__gt="c"), "vec")
    assert only.count() == 3
    assert [source.key for source in only[:2]] == ["c2000", "d2000"]


def test_every_word_counts_however_many_are_typed(make_source):
    make_source(title="One of seven words that people type", volume="99", page="148-58")
    assert found("one of seven words that people type 99 148") == ["raper2003"]
    assert found("one of seven words that 99 148") == ["raper2003"]
    assert found("one of seven words that 98 148") == []
    assert found("one of seven words zzz") == []


def test_what_was_changed_is_found_by_its_new_words_and_not_by_the_old(make_source):
    source = make_source(title="Before", note="Remarkable", collection_title="Library of old")
    assert found("remark old") == ["raper2003"]
    save_reference({"title": "After", "note": ""}, actor=None, reference=source, base=source.newest_revision_id())
    assert (found("after"), found("before"), found("remarkable")) == (["raper2003"], [], [])


def test_words_no_index_could_hold_are_cut_and_harm_nothing(make_source):
    make_source(title="字" * 990, note=" ".join(f"w{number}" for number in range(800)))
    assert found("字" * 990) == found("字字") == ["raper2003"]


def test_sources_that_came_in_beside_the_act_are_found_after_the_next_migration(make_source):
    source = make_source(title="By the act")
    made = QuerySet(Reference).create(key="raw2003", type="book", title="Raw", words=" raw2003 raw")
    finding.note_after_migrate(connection.alias)
    assert found("raw") == ["raw2003"]
    QuerySet(Reference).filter(pk=made.pk)._raw_delete(connection.alias)
    finding.note_after_migrate(connection.alias)
    assert found("act") == [source.key]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM references_words")
            assert cursor.fetchone() == (1,)
