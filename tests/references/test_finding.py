"""Finding a source by what a person types or pastes."""

import time

import pytest

from references.finding import matching
from references.models import Reference


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
