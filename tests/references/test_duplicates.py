"""Which sources are offered as one, and which never."""

import pytest

from references import duplicates
from references.duplicates import like, pairs

TITLE = "Fatal systemic inflammatory response syndrome after adenoviral gene transfer"
RAPER = [{"family": "Raper", "given": "Steven E."}]


def found():
    return [(pair.one, pair.other, pair.reason, pair.is_sure) for pair in pairs()]


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({}, {"title": TITLE.upper() + "."}, "The same title"),
        ({}, {"title": TITLE.replace("gene", "<i>gene</i>"), "issued": [2004]}, "The same title"),
        ({}, {"authors": []}, "The same title"),
        ({"doi": "10.1234/a"}, {"pmid": "14567964"}, "The same title"),
        ({"page": "148-158"}, {"page": "148-58"}, "The same title"),
        ({"pmcid": "PMC6168351"}, {"pmcid": "PMC6168351", "title": f"{TITLE}: a report"}, "The same PMCID"),
        (
            {"type": "book", "isbn": "9780306406157", "issued": [2003]},
            {"type": "book", "isbn": "9780306406157", "issued": [2009], "authors": []},
            "The same ISBN",
        ),
        (
            {"url": "http://example.org/a/"},
            {"url": "https://example.org/a?utm_source=x", "authors": [{"literal": "NIH"}], "issued": []},
            "The same web address",
        ),
        ({}, {"title": TITLE.replace("Fatal", "Lethal")}, "The same author and year, nearly the same title"),
    ],
)
def test_two_that_may_be_one_are_offered_with_the_reason(make_source, one, other, reason):
    first, second = (make_source(**{"title": TITLE, "authors": RAPER} | fields) for fields in (one, other))
    assert [(pair[0], pair[1], pair[2]) for pair in found()] == [(first.key, second.key, reason)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1234/a"}, {"doi": "10.1234/b"}),
        ({"pmid": "1"}, {"pmid": "2"}),
        ({"issued": [2003]}, {"issued": [2009]}),
        ({"volume": "80"}, {"volume": "81"}),
        ({"page": "148-58"}, {"page": "20-5"}),
        ({}, {"authors": [{"family": "Dunbar"}]}),
        ({"title": "Editorial"}, {"title": "Editorial"}),
        ({"title": "Annual report of the trial 2019"}, {"title": "Annual report of the trial 2020"}),
        (
            {"type": "webpage", "url": "https://example.org/a"},
            {"type": "webpage", "url": "https://example.org/b"},
        ),
        (
            {"type": "chapter", "isbn": "9780306406157", "title": "Viral vectors in practice"},
            {"type": "chapter", "isbn": "9780306406157", "title": "Cells and their growth"},
        ),
    ],
)
def test_two_that_something_tells_apart_are_not_offered(make_source, one, other):
    for fields in (one, other):
        make_source(**{"title": TITLE, "authors": RAPER} | fields)
    assert found() == []


def test_one_source_knows_its_own_twins_by_indexes(make_source, django_assert_num_queries):
    one, other = make_source(title=TITLE), make_source(title=TITLE)
    make_source(title="Another title of a paper", authors=[{"family": "Dunbar"}])
    with django_assert_num_queries(2):
        assert [(pair.one, pair.other) for pair in like(other)] == [(one.key, other.key)]


def test_a_large_library_is_not_compared_each_with_each(monkeypatch):
    compared = []
    monkeypatch.setattr(duplicates, "_pair", lambda kind, one, other: compared.append(kind))
    author = [{"family": "Smith"}]
    places = [""] * 10
    works = (duplicates.Sketch(n, f"k{n}", "book", f"a title {n}", author, [2020], *places) for n in range(2_000))
    assert duplicates.among(works) == []
    assert set(compared) == {"author"}
    assert len(compared) <= 2_000 * duplicates.NEIGHBOURS
