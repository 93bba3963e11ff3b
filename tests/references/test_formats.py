"""Formats: what is written is read back as it was, other programs' files are understood, bad ones are refused."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from references import csl, formats
from references.formats.latex import LatexError, decode, encode
from references.formats.people import read_name, write_name
from references.formatting import format_reference
from references.text import words

from .items import LINES, NAMES, items

LOSSLESS = ["ris", "bibtex", "nbib", "csl-json"]


def records_of(data, name):
    return list(formats.read(data.encode() if isinstance(data, str) else data, name))


def item_in(data, name):
    (record,) = records_of(data, name)
    assert not record.problem, record.problem
    return record.item


def problems_in(data, name):
    return [(record.line, record.problem) for record in records_of(data, name) if record.problem]


# --- there and back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(items(), max_size=2))
def test_what_is_written_is_read_back_as_it_was(name, several):
    written = "".join(formats.write(several, name))
    found = records_of(written, name)
    assert [record.item for record in found] == several
    assert not any(record.problem or record.doubts or record.notices for record in found)
    assert not several or formats.detect(written.encode()) == name


WHOLE = {
    "id": "raper2003",
    "title": "<i>In vivo</i> use of H<sub>2</sub>O — 50% & more",
    "author": [
        {"family": "King", "given": "Martin L.", "suffix": "Jr."},
        {"literal": "Department of Health, Education"},
    ],
    "editor": [{"family": "Hippocrates"}, {"literal": "WHO"}],
    "issued": {"date-parts": [[2003, 9]]},
    "updated": {"date-parts": [[2013, 3, 4]]},
    "archive": "https://web.archive.org/web/2014/https://example.org/a_b%20c",
    "archive_date": "2014-06-21",
    "DOI": "10.1016/j.ymgme.2003.08.016",
    "PMID": "14567964",
    "PMCID": "PMC6168351",
    "ISBN": "9780306406157",
    "ISSN": "1096-7192",
    "URL": "https://example.org/a_b~c?x=%7E&y={z}",
    "language": "zh-Hans",
    "note": "One line.\n\nTY - another\nPMID- 1",
    "custom": {
        "publisher_kind": "maker",
        "evidence": "systematic-review",
        "is_primary": False,
        "is_paid_by_maker": True,
        "superseded_by": "raper2005",
    },
} | {key: f"{key} of it" for key in csl.TEXTS.values() if key in ("volume", "issue", "page", "edition", "number")}


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("kind", csl.KINDS)
def test_every_field_of_every_type_of_source_survives(name, kind):
    csl_type, genre = csl.KINDS[kind]
    whole = WHOLE | {"type": csl_type} | ({"genre": genre} if genre else {})
    whole |= {key: f"The {key}" for key in csl.TEXTS.values() if key not in whole and key.endswith(("title", "place"))}
    whole |= {"publisher": "A & B", "container-title-short": "Mol. Genet."}
    assert set(csl.TEXTS.values()) <= whole.keys()
    assert set(csl.CUSTOM) == whole["custom"].keys()
    assert item_in("".join(formats.write([whole], name)), name) == whole


@given(LINES)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_latex_gives_the_text_back(line):
    assert decode(encode(line)) == line


@given(NAMES)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_name_on_a_line_is_read_as_the_same_name(names):
    assert [read_name(write_name(name)) for name in names] == names


def test_what_the_item_of_an_edition_has_does_not_change_with_what_is_exchanged():
    fields = {"key": "a2003", "type": "book", "title": "T", "publisher_kind": "maker", "is_primary": True}
    assert csl.item(fields) == {"id": "a2003", "type": "book", "title": "T"}
    assert csl.exchange_item(fields)["custom"] == {"publisher_kind": "maker", "is_primary": True}
    assert csl.exchange_item(fields | {"is_primary": False})["custom"]["is_primary"] is False


# --- files of other programs --------------------------------------------------------------------------------

RIS = """\
TY  - JOUR
T1  - Fatal systemic inflammatory
      response <em>syndrome</em>
A1  - Raper, Steven E.
A1  - Chirmule N
A1  - National Institutes of Health,
JF  - Molecular Genetics and Metabolism
JO  - Mol Genet Metab
Y1  - 2003/09/15/
VL  - 80
IS  - 1-2
SP  - 148
EP  - 158
SN  - 1096-7192 (Print); 9780306406157
DO  - https://doi.org/10.1016/j.ymgme.2003.08.016
AN  - WOS:000186260500016
ET  - 2003/10/21
LA  - English
LA  - tongue
AB  - We report.
KW  - gene
ER  -
"""
NBIB = """
PMID- 14567964
OWN - NLM
IS  - 1096-7192 (Print)
VI  - 80
DP  - 2003 Sep-Oct
TI  - Fatal systemic inflammatory response
      syndrome.
PG  - 148-58
FAU - Raper, Steven E
AU  - Raper SE
CN  - Study Group
LA  - eng
PL  - United States
TA  - Mol Genet Metab
JT  - Molecular genetics and metabolism
AID - S1096719203001690 [pii]
AID - 10.1016/j.ymgme.2003.08.016 [doi]
"""
BIBTEX = r"""
Exported by hand.
@comment{not {an} entry}
@string{jgm = "J. Gene Med."}
@Article{M{\"u}ller:2003,
  author  = "M{\"u}ller, Hans and {World Health Organization} and Ludwig van Beethoven and King, Jr., Martin",
  title   = {On {DNA} \& $\alpha$-globin {\it in vivo}: 50\% of \emph{H}$_2$O},
  journal = jgm # " Suppl",
  year    = 2003, month = sep,
  number  = 1, pages = {148--158},
  url     = {https://example.org/a_b%20c~d?x=\_},
  abstract = {Long.},
}
"""


def test_a_ris_file_of_another_program_is_understood():
    (record,) = records_of(RIS, "ris")
    assert record.item == {
        "type": "article-journal",
        "title": "Fatal systemic inflammatory response <i>syndrome</i>",
        "author": [
            {"family": "Raper", "given": "Steven E."},
            {"family": "Chirmule", "given": "N"},
            {"literal": "National Institutes of Health"},
        ],
        "container-title": "Molecular Genetics and Metabolism",
        "container-title-short": "Mol Genet Metab",
        "issued": {"date-parts": [[2003, 9, 15]]},
        "volume": "80",
        "issue": "1-2",
        "page": "148-158",
        "ISSN": "1096-7192",
        "ISBN": "9780306406157",
        "language": "en",
        "DOI": "https://doi.org/10.1016/j.ymgme.2003.08.016",
    }
    assert record.notices == ("Not kept: ET, “tongue” as language, AN, AB, KW.",)


def test_a_conference_is_a_book_and_a_paper_in_its_proceedings_a_chapter():
    paper = "TY  - CONF\nTI  - Vectors\nT2  - Proceedings of X\nSP  - 12\nER  - \n"
    whole = "TY  - CONF\nTI  - Proceedings of X\nER  - \n"
    kinds = [(record.item["type"], record.item.get("container-title")) for record in records_of(paper + whole, "ris")]
    assert kinds == [("chapter", "Proceedings of X"), ("book", None)]


def test_a_record_of_pubmed_is_understood_and_a_range_of_months_is_no_month():
    (record,) = records_of(NBIB, "nbib")
    assert record.item["author"] == [{"family": "Raper", "given": "Steven E"}, {"literal": "Study Group"}]
    assert record.item["issued"] == {"date-parts": [[2003]]}
    assert record.item["title"] == "Fatal systemic inflammatory response syndrome"
    assert (record.item["DOI"], record.item["language"]) == ("10.1016/j.ymgme.2003.08.016", "en")
    assert "publisher-place" not in record.item
    assert "2003 Sep-Oct" in record.notices[0]


@pytest.mark.parametrize(
    ("written", "parts", "is_told"),
    [
        (["PY  - 2018", "DA  - Jan 12"], [2018, 1, 12], False),
        (["PY  - 2018", "DA  - 12 January"], [2018, 1, 12], False),
        (["PY  - 2018///Jan 12"], [2018, 1, 12], False),
        (["PY  - 2018///Jan"], [2018, 1], False),
        (["Y1  - 2017/Dec/19"], [2017, 12, 19], False),
        (["PY  - 2012", "DA  - Jan 12"], [2012], True),  # or is it January 2012?
        (["PY  - 2003", "DA  - Sep-Oct"], [2003], True),
        (["PY  - 2003///Fall"], [2003], True),
        (["DA  - 2003 Sep-Oct"], [2003], True),
        (["PY  - 2003///"], [2003], False),
    ],
)
def test_a_date_in_ris_is_read_as_far_as_it_is_sure_and_the_rest_is_told(written, parts, is_told):
    (record,) = records_of("\n".join(["TY  - JOUR", "TI  - T", *written, "ER  - "]), "ris")
    assert (record.item["issued"]["date-parts"], record.doubts) == ([parts], ())
    assert bool(record.notices) == is_told
    assert not is_told or "beyond its year" in record.notices[0]


@pytest.mark.parametrize("name", ["date", "year"])
@pytest.mark.parametrize("written", ["2012/2013", "2003-09/2003-10", "2003-21", "2012--2013", "2003/..", "2012–13"])
def test_of_a_span_in_bibtex_the_first_year_is_kept_and_the_rest_is_told(written, name):
    (record,) = records_of(f"@article{{a, title = {{T}}, {name} = {{{written}}}}}", "bibtex")
    assert (record.item["issued"]["date-parts"], record.doubts) == ([[int(written[:4])]], ())
    assert f"“{decode(written)}” beyond its year" in record.notices[0]


@pytest.mark.parametrize(
    "date",
    [
        {"date-parts": [[2003, 9], [2003, 10]]},
        {"date-parts": [[2003]], "season": "fall"},
        {"raw": "2003-09/2003-10"},
        {"literal": "2003 Spring"},
        {"date-parts": [[2003], [None]], "season": 3},
    ],
)
def test_of_a_span_or_season_in_csl_json_the_first_year_is_kept_and_the_rest_is_told(date):
    (record,) = records_of(json.dumps({"type": "book", "title": "T", "issued": date}), "csl-json")
    assert (record.item["issued"], record.doubts) == ({"date-parts": [[2003]]}, ())
    assert "beyond its year" in record.notices[0]


def test_two_months_in_bibtex_are_not_the_first_of_them():
    (record,) = records_of('@article{a, title = {T}, year = 2003, month = sep # "/" # oct}', "bibtex")
    assert (record.item["issued"], record.doubts) == ({"date-parts": [[2003]]}, ())
    assert record.notices == ("Not kept: month.",)


def test_a_span_in_csl_json_that_begins_with_no_year_is_doubted():
    (record,) = records_of('[{"type": "book", "title": "T", "issued": {"date-parts": [[null], [2003]]}}]', "csl-json")
    assert record.doubts[0].endswith("does not begin with a year.")


@pytest.mark.parametrize("written", ["2003-13", "2003-02-30", "21/06/2003", "soon", "9999/9999", "2003-09-x"])
def test_what_is_neither_a_date_nor_a_span_is_doubted(written):
    (record,) = records_of(f"@article{{a, title = {{T}}, date = {{{written}}}}}", "bibtex")
    assert (record.item.get("issued"), len(record.doubts)) == (None, 1)


TAKEN_BACK = (
    NBIB.rstrip()
    + """
PT  - Journal Article
PT  - Retracted Publication
RIN - Lancet. 2010 Feb 6;375(9713):445. doi: 10.1016/S0140-6736(10)60175-4. PMID:
      20137807
EIN - Mol Genet Metab. 2004;81:1.
"""
)


def test_what_pubmed_says_was_published_about_a_paper_is_told_in_words():
    (record,) = records_of(TAKEN_BACK, "nbib")
    retraction, correction = record.warnings
    assert retraction.startswith("PubMed calls this paper retracted: Lancet. 2010 Feb 6;375(9713):445.")
    assert "PMID: 20137807. Think twice" in retraction
    assert correction == "PubMed knows of a correction of this paper: Mol Genet Metab. 2004;81:1."
    assert not any(tag in notice for notice in record.notices for tag in ("RIN", "EIN", "PT"))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("PT  - Retracted Publication", "PubMed calls this paper retracted. Think twice"),
        ("ECI - Lancet. 2004;1:1", "PubMed knows of an expression of concern about this paper: Lancet. 2004;1:1."),
        ("PRIN- Lancet. 2004;1:1", "PubMed calls this paper retracted in part: Lancet"),
        ("PT  - Retraction of Publication", "PubMed calls this a notice that retracts another paper; it is not"),
        ("PT  - Expression of Concern\nECF - A. 2001;1:1", "PubMed calls this an expression of concern about another"),
        ("EFR - Lancet. 2004;1:1", "PubMed calls this a correction of another paper: Lancet. 2004;1:1; it is not"),
    ],
)
def test_each_notice_of_pubmed_is_told_once_and_as_what_it_is(lines, told):
    (record,) = records_of(f"{NBIB.rstrip()}\n{lines}\n", "nbib")
    (warning,) = record.warnings
    assert warning.startswith(told)


def test_a_bibtex_file_is_understood_and_its_address_is_never_decoded():
    item = item_in(BIBTEX, "bibtex")
    assert item["title"] == "On DNA & α-globin in vivo: 50% of <i>H</i><sub>2</sub>O"
    assert item["author"] == [
        {"family": "Müller", "given": "Hans"},
        {"literal": "World Health Organization"},
        {"family": "van Beethoven", "given": "Ludwig"},
        {"family": "King", "given": "Martin", "suffix": "Jr."},
    ]
    assert item["URL"] == r"https://example.org/a_b%20c~d?x=\_"
    assert (item["container-title"], item["issue"], item["page"]) == ("J. Gene Med. Suppl", "1", "148-158")
    assert item["issued"] == {"date-parts": [[2003, 9]]}


def test_csl_json_of_another_program_is_understood():
    foreign = {
        "id": 12,
        "type": "article-magazine",
        "title": "A <b>bold</b> title",
        "author": [{"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"}],
        "issued": {"date-parts": [["2003", "9"]]},
        "accessed": {"date-parts": [[2014, 6, 21]]},
        "volume": 80,
        "journalAbbreviation": "Mag",
        "abstract": "Long.",
    }
    (record,) = records_of(json.dumps(foreign), "csl-json")
    assert record.item == {
        "id": "12",
        "type": "article-journal",
        "title": "A bold title",
        "author": [{"family": "van Beethoven", "given": "Ludwig"}],
        "issued": {"date-parts": [[2003, 9]]},
        "volume": "80",
        "container-title-short": "Mag",
    }
    assert record.notices == ("Not kept: accessed, abstract.", "Markup of mere look was taken off the title.")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\"{u} {\'e} \~n \c{c} \v s \o{} {\AA} \ss{} \i", "ü é ñ ç š ø Å ß ı"),
        (r"\'{\i} \.I \H{o}", "í İ ő"),
        ("``quoted'' --- or -- not~so", "“quoted” — or – not so"),
        (r"\textsuperscript{13}C, {\em e} \& \% \$ \# \_ \{ \}", "<sup>13</sup>C, e & % $ # _ { }"),
        ("10$^{-3}$ and $x_i$", "10<sup>-3</sup> and x<sub>i</sub>"),
        ("plain {{Braces}} {go}", "plain Braces go"),
    ],
)
def test_latex_is_read_as_text(latex, text):
    assert decode(latex) == text


@pytest.mark.parametrize("latex", [r"\input{/etc/passwd}", r"\foo", "{" * 500 + "}" * 500, "\\'" * 500])
def test_a_command_that_is_not_known_is_never_guessed_at(latex):
    with pytest.raises(LatexError, match=r"\.$"):
        decode(latex)


# --- pasted lists -------------------------------------------------------------------------------------------

CITATIONS = {
    "National Cancer Institute. Gene therapy [Internet]. Bethesda (MD): National Cancer Institute; "
    "[updated 2020 Jun 24; cited 2020 Jul 1]. Available from: https://example.org/x": {
        "type": "webpage",
        "title": "Gene therapy",
        "author": [{"literal": "National Cancer Institute"}],
        "publisher": "National Cancer Institute",
        "publisher-place": "Bethesda (MD)",
        "updated": {"date-parts": [[2020, 6, 24]]},
        "URL": "https://example.org/x",
    },
    "NHS England. Genomic medicine [Internet]. NHS England; [date unknown]. Available from: https://example.org/y": {
        "type": "webpage",
        "title": "Genomic medicine",
        "author": [{"literal": "NHS England"}],
        "publisher": "NHS England",
        "URL": "https://example.org/y",
    },
    "MedlinePlus Genetics. MedlinePlus [Internet]. National Library of Medicine (US); [date unknown]. "
    "How does gene therapy work? Available from: https://example.org/z": {
        "type": "webpage",
        "title": "How does gene therapy work?",
        "author": [{"literal": "MedlinePlus Genetics"}],
        "container-title": "MedlinePlus",
        "publisher": "National Library of Medicine (US)",
        "URL": "https://example.org/z",
    },
    "Mayo Clinic. Gene therapy. Mayo Foundation. Published December 29, 2020. Accessed June 21, 2021. "
    "https://example.org/m": {
        "type": "webpage",
        "title": "Gene therapy",
        "author": [{"literal": "Mayo Clinic"}],
        "container-title": "Mayo Foundation",
        "issued": {"date-parts": [[2020, 12, 29]]},
        "URL": "https://example.org/m",
    },
    "Murray PR, Pfaller MA. Medical microbiology. 4th ed. St. Louis: Mosby; 2002.": {
        "type": "book",
        "title": "Medical microbiology",
        "author": [{"family": "Murray", "given": "P R"}, {"family": "Pfaller", "given": "M A"}],
        "edition": "4",
        "publisher": "Mosby",
        "publisher-place": "St. Louis",
        "issued": {"date-parts": [[2002]]},
    },
    "1. Raper SE, Chirmule N, van der Berg AB. Fatal syndrome: a case? Mol Genet Metab. 2003 Sep;80(1-2):148-58. "
    "doi: 10.1016/j.ymgme.2003.08.016. PubMed PMID: 14567964.": {
        "type": "article-journal",
        "title": "Fatal syndrome: a case?",
        "author": [
            {"family": "Raper", "given": "S E"},
            {"family": "Chirmule", "given": "N"},
            {"family": "van der Berg", "given": "A B"},
        ],
        "container-title-short": "Mol Genet Metab",
        "issued": {"date-parts": [[2003, 9]]},
        "volume": "80",
        "issue": "1-2",
        "page": "148-58",
        "DOI": "10.1016/j.ymgme.2003.08.016",
        "PMID": "14567964",
    },
    "Raper, S. E., & Lee, F. S. (2003). Fatal syndrome. Molecular Genetics and Metabolism, 80(1), 148–158. "
    "https://doi.org/10.1016/j.ymgme.2003.08.016": {
        "type": "article-journal",
        "title": "Fatal syndrome",
        "author": [{"family": "Raper", "given": "S. E."}, {"family": "Lee", "given": "F. S."}],
        "container-title": "Molecular Genetics and Metabolism",
        "issued": {"date-parts": [[2003]]},
        "volume": "80",
        "issue": "1",
        "page": "148-158",
        "DOI": "10.1016/j.ymgme.2003.08.016",
    },
    "National Cancer Institute. Gene therapy [Internet]. Bethesda (MD): National Institutes of Health; 2012 "
    "[updated 2013 Mar 4; cited 2014 Jun 21]. Available from: https://example.org/page": {
        "type": "webpage",
        "title": "Gene therapy",
        "author": [{"literal": "National Cancer Institute"}],
        "publisher": "National Institutes of Health",
        "publisher-place": "Bethesda (MD)",
        "issued": {"date-parts": [[2012]]},
        "updated": {"date-parts": [[2013, 3, 4]]},
        "URL": "https://example.org/page",
    },
}


PEOPLE = [{"family": "Raper", "given": "S"}, {"family": "van der Berg", "given": "J K", "suffix": "Jr"}]
PUBLISHED = {"publisher": "Wiley", "publisher-place": "New York (NY)", "issued": {"date-parts": [[1999]]}}
# What is written in these styles is read back, less what the style leaves out.
STYLED = [
    {
        "type": "article-journal",
        "title": "Of mice and (some) men: why?",
        "author": PEOPLE,
        "container-title": "The Journal of Gene Medicine",
        "container-title-short": "J Gene Med",
        "issued": {"date-parts": [[2003, 9, 15]]},
        "volume": "80",
        "issue": "1-2",
        "page": "148-158",
        "DOI": "10.1016/j.ymgme.2003.08.016",
    },
    {"type": "book", "title": "Genes", "author": PEOPLE, "edition": "2", **PUBLISHED},
    {
        "type": "chapter",
        "title": "On genes",
        "author": PEOPLE,
        "editor": PEOPLE[:1],
        "container-title": "The big book",
        "page": "1-9",
        **PUBLISHED,
    },
    {
        "type": "webpage",
        "title": "Gene therapy",
        "author": [{"literal": "National Cancer Institute"}],
        "container-title": "Cancer topics",
        "publisher": "NIH",
        "issued": {"date-parts": [[2012]]},
        "updated": {"date-parts": [[2013, 3, 4]]},
        "URL": "https://example.org/page",
    },
]


@pytest.mark.parametrize("style", ["nlm", "ama", "apa"])
def test_a_formatted_source_is_read_as_it_is_or_doubted(style):
    sure = 0
    for item in STYLED:
        for accessed in ("", "2014-06-21"):
            line = format_reference(item, style, accessed).text
            (record,) = records_of(line, "text")
            if record.doubts:
                continue
            sure += 1
            told = {
                key: value for key, value in record.item.items() if key not in ("issued", "page", "author", "editor")
            }
            assert told.items() <= item.items(), line
            assert [name.get("family") for name in record.item["author"]] == [
                name.get("family") for name in item["author"]
            ], line
            assert record.item["issued"]["date-parts"][0][0] in (1999, 2003, 2012, 2013), line
    assert sure >= {"nlm": 8, "ama": 8, "apa": 4}[style]


def test_what_is_surely_read_of_many_formatted_sources_is_theirs():
    several = json.loads((Path(__file__).parent / "data/citeproc/items.json").read_text())
    sure = 0
    for item in (one["item"] for one in several):
        for style in ("nlm", "ama", "apa"):
            line = format_reference(item, style, "2014-06-21").text
            (record,) = records_of(line, "text")
            if record.doubts or record.item is None:
                continue
            sure += 1
            assert words(record.item["title"]) == words(item["title"]), line
            assert not item.get("author") or _families(record.item, "author") == _families(item, "author"), line
            assert _families(record.item, "editor") in ([], _families(item, "editor")), line
    assert sure > 80


def _families(item, role):
    return [words(name.get("family") or name.get("literal", "")) for name in item.get(role, [])]


PUBMED = "Raper SE, Chirmule N. Fatal syndrome. Mol Genet Metab. {};80(1-2):148-58. doi: 10.1016/j.x. {}PMID: 14567964."


@pytest.mark.parametrize("span", ["2003 Sep-Oct", "2003 Dec-2004 Jan", "2003 Sep 12-19", "2003 Fall"])
@pytest.mark.parametrize("epub", ["", "Epub 2003 Aug 30. "])
def test_a_citation_that_pubmed_gives_is_read_though_its_date_is_a_span(span, epub):
    (record,) = records_of(PUBMED.format(span, epub), "text")
    assert (record.doubts, record.notices) == ((), (f"Not kept: “{span}” beyond its year.",))
    assert record.item["issued"] == {"date-parts": [[2003]]}
    told = [record.item[key] for key in ("title", "container-title-short", "volume", "issue", "page", "DOI", "PMID")]
    assert told == ["Fatal syndrome", "Mol Genet Metab", "80", "1-2", "148-58", "10.1016/j.x", "14567964"]


@pytest.mark.parametrize("span", ["2003 Sep-Oct-Nov", "2003 Foo", "2003 oct-nov"])
def test_a_date_of_a_citation_that_is_none_is_doubted(span):
    (record,) = records_of(PUBMED.format(span, ""), "text")
    assert record.doubts


PAGES = [
    "{}. Gene therapy at a glance. FDA. Published May 1, 2012. https://example.org/x",
    "{}. (2012, May 1). Gene therapy at a glance. FDA. https://example.org/x",
    "{}. Gene therapy at a glance [Internet]. Bethesda (MD): FDA; 2012 May 1. Available from: https://example.org/x",
]


@pytest.mark.parametrize("line", PAGES)
@pytest.mark.parametrize(
    ("organisation", "is_sure"),
    [
        ("U.S. Food and Drug Administration", True),
        ("U.S. Department of Health, Education, and Welfare", True),
        ("Centers for Disease Control and Prevention, National Center for Health Statistics", True),
        ("Mary Ann Smith, Jane Doe", False),
        ("Smith, John", False),
        ("Genes, trials and the National Cancer Institute", False),
    ],
)
def test_an_organisation_with_a_comma_or_a_stop_is_read_where_it_can_be_nothing_else(line, organisation, is_sure):
    (record,) = records_of(line.format(organisation), "text")
    assert bool(record.doubts) != is_sure
    if is_sure:
        assert record.item["author"] == [{"literal": organisation}]
        assert record.item["title"] == "Gene therapy at a glance"


@pytest.mark.parametrize("line", CITATIONS)
def test_a_citation_in_a_known_form_is_read_whole(line):
    (record,) = records_of(line, "text")
    assert (record.item, record.doubts) == (CITATIONS[line], ())


@pytest.mark.parametrize(
    ("line", "known", "doubt"),
    [
        ("doi:10.1016/j.ymgme.2003.08.016", {"DOI": "10.1016/j.ymgme.2003.08.016"}, "identifier"),
        ("https://example.org/page", {"URL": "https://example.org/page"}, "identifier"),
        ("[3] PMID: 14567964", {"PMID": "14567964"}, "identifier"),
        ("See Raper's work of 2003, and others.", {}, "certainty"),
        ("Raper SE et al. Title here. Some Journal 2003. PMID: 14567964", {"PMID": "14567964"}, "certainty"),
        ("WHO. (1999). On genes (No. 12). https://example.org/r", {"URL": "https://example.org/r"}, "certainty"),
        (
            "Gene therapy. Mayo Clinic. May 1, 2012. https://example.org/r",
            {"URL": "https://example.org/r"},
            "certainty",
        ),
        ("=HYPERLINK(1) 10.1234/abc", {"DOI": "10.1234/abc"}, "certainty"),
        (
            "NICE. On genes [Internet]. NICE; 2020. (Guidance HST24). Available from: https://example.org/h",
            {"URL": "https://example.org/h"},
            "certainty",
        ),
        (
            "NICE. On genes [Internet]. NICE; [date unknown]. (Guidance HST24). Available from: https://example.org/h",
            {"URL": "https://example.org/h"},
            "certainty",
        ),
        (
            "Novartis. Compendium [Internet]. Cells: a summary; [updated 2024 Sep 3]. Available from: https://example.org/n",
            {"URL": "https://example.org/n"},
            "certainty",
        ),
        (
            "Deaminase deficiency. (2024). In GeneReviews. University of Washington. https://example.org/g",
            {"URL": "https://example.org/g"},
            "certainty",
        ),
        ("Murray PR. Medical microbiology. Rev. ed. New York: Mosby; 2002.", {}, "certainty"),
        ("Murray PR. Medical microbiology. 4th ed. U.S.: Mosby; 2002.", {}, "certainty"),
        (
            "Meltzer PS. Tumors. In: Roe B, editor. Cancer. Rev. ed. New York: Mosby; 2002. p. 93-113.",
            {},
            "certainty",
        ),
    ],
)
def test_what_is_not_surely_read_is_doubted_and_its_identifiers_are_kept(line, known, doubt):
    (record,) = records_of(line, "text")
    assert record.item == known
    assert doubt in record.doubts[0]


def test_a_list_of_authors_that_is_not_whole_is_doubted():
    (record,) = records_of("Raper SE, Lee FS, et al. Fatal syndrome. Mol Genet Metab. 2003;80(1):148-58.", "text")
    assert record.item["author"] == [{"family": "Raper", "given": "S E"}, {"family": "Lee", "given": "F S"}]
    assert "not whole" in record.doubts[0]


def test_a_line_that_a_spreadsheet_would_calculate_is_kept_from_it_and_read_back():
    titles = ['=HYPERLINK("http://x.test")', "+1+1", "-2+3", "@SUM(1)", "＝1"]
    lines = list(formats.write([{"type": "book", "title": title} for title in titles], "text"))
    assert all(line.startswith("'") for line in lines)
    assert [record.raw[1:].strip() for record in records_of("".join(lines), "text")] == [
        format_reference({"type": "book", "title": title}).text for title in titles
    ]


# --- files that are no good ---------------------------------------------------------------------------------


def test_a_cut_file_gives_its_whole_records_and_refuses_the_cut_one_by_its_line():
    several = [{"id": f"a200{n}", "type": "book", "title": f"Title {n}"} for n in range(3)]
    for name, ending in {"ris": 6, "bibtex": 4, "csl-json": 6}.items():
        written = "".join(formats.write(several, name))
        found = records_of(written[:-ending], name)
        assert [record.item for record in found[:2]] == several[:2], name
        assert found[2].item is None or name == "csl-json", name
        assert found[-1].line > 3, name
        assert "cut" in found[-1].problem, name


@pytest.mark.parametrize(
    ("name", "data", "line", "reason"),
    [
        ("ris", "TY  - THES\nTI  - A\nER  - \n", 1, "THES"),
        ("ris", "AU  - Nobody\n\nTY  - BOOK\nTI  - A\nER  - \n", 1, "outside"),
        ("ris", "TY  - BOOK\nTI  - A\nTY  - BOOK\nTI  - B\nER  - \n", 1, "no end"),
        ("ris", f"TY  - BOOK\nTI  - {'a' * 1_000_000}\nER  - \n", 1, "characters long"),
        ("ris", "TY  - BOOK\nTI  - A <script>alert(1)</script>\nER  - \n", 1, "HTML"),
        ("ris", "TY  - BOOK\nTI  - <img src=x onerror=alert(1)>\nER  - \n", 1, "HTML"),
        ("ris", "TY  - BOOK\nTI  - A\nPB  - <a href='javascript:x'>P</a>\nER  - \n", 1, "HTML"),
        ("ris", "TY  - BOOK\nTI  - =cmd|' /C calc'!A0\nER  - \n", 1, "formula"),
        ("ris", "TY  - BOOK\nTI  - A\nAU  - @SUM(1+1), B\nER  - \n", 1, "formula"),
        ("ris", "TY  - BOOK\nTI  - A\nAU  - A, B, C, D\nER  - \n", 1, "name"),
        ("bibtex", "@book{a,\n title = {" + "{" * 300 + "}" * 300 + "}}", 1, "nested"),
        ("bibtex", "\n@book{a, title = {Unbalanced {x}, year = 2003", 2, "no end"),
        ("bibtex", "@book{a, title = {x} year 2003}", 1, "="),
        ("bibtex", "@phdthesis{a, title={T}}", 1, "phdthesis"),
        ("bibtex", r"@book{a, title={\input{/etc/passwd}}}", 1, r"\\input"),
        ("bibtex", "nothing here", 1, "no entry"),
        ("nbib", "PMID- 1\nTI  - Alone.\n", 1, "JT"),
        ("nbib", "no tag\n", 1, "no tag"),
        ("csl-json", "[" * 30_000, 1, "object|nested|JSON"),
        ("csl-json", '{"a":' * 30_000, 1, "nested|JSON"),
        ("csl-json", '[{"type": "book", "title": "A"}, {"type": ', 1, "JSON"),
        ("csl-json", '[{"type": "thesis"}]', 1, "thesis"),
        ("csl-json", "[1, null]", 1, "object"),
        ("csl-json", '{"type": "book", "title": ["A"]}', 1, "text"),
        ("csl-json", '{"type": "book", "author": "A"}', 1, "list of names"),
        ("csl-json", '{"type": "book", "issued": 2003}', 1, "date"),
        ("csl-json", '{"type": "book", "volume": NaN}', 1, "NaN"),
        ("text", "a" * 5_000, 1, "characters long"),
    ],
)
def test_a_bad_record_is_refused_with_its_line_and_the_reason(name, data, line, reason):
    found = problems_in(data, name)
    assert found[0][0] == line
    assert re.search(reason, found[0][1]), found[0][1]
    assert found[0][1].endswith((".", ".)"))


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("ris", "TY  - THES\nTI  - T\nER  - ", "THES"),
        ("bibtex", "@phdthesis{a, title = {T}}", "@phdthesis"),
        ("csl-json", '[{"type": "thesis", "title": "T"}]', "thesis"),
    ],
)
def test_who_has_a_type_that_the_library_does_not_keep_is_told_what_to_do(name, data, kind):
    ((_, problem),) = problems_in(data, name)
    assert problem.startswith(f"“{kind}” is not a type of source that the library keeps.")
    assert problem.endswith("can be added by hand as a report: Sources, “Add source”.")


def test_after_a_bad_record_the_next_ones_are_read():
    bad_then_good = {
        "ris": "TY  - THES\nER  - \n\nTY  - BOOK\nTI  - Good\nER  - \n",
        "bibtex": "@book{a, title = {x{}, year\n@book{b, title={Good}}",
        "nbib": "PMID- 1\n\nPMID- 2\nTI  - Good.\nJT  - J\n",
        "csl-json": '[1, {"type": "book", "title": "Good"}]',
    }
    for name, data in bad_then_good.items():
        first, second = records_of(data, name)
        assert first.item is None, name
        assert second.item["title"] == "Good", name


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("Thérapie".encode("utf-8-sig"), "Thérapie"),
        ("Thérapie 王".encode("utf-16"), "Thérapie 王"),
        ("Thérapie".encode("utf-16-le"), "Thérapie"),
        ("Thérapie 王".encode("utf-32"), "Thérapie 王"),
        ("Thérapie".encode("cp1252"), "Thérapie"),
    ],
)
def test_the_letters_of_a_file_are_read_as_they_were_written(data, title):
    start, end = "TY  - BOOK\nTI  - ", "\nER  - \n"
    coding = (
        "utf-16-le"
        if data[1:2] == b"\x00"
        else next(code for code in ("utf-8-sig", "utf-16", "utf-32", "cp1252") if _can(data, code, title))
    )
    (record,) = records_of((start + title + end).encode(coding), "ris")
    assert record.item["title"] == title
    assert bool(record.notices) == (coding == "cp1252"), "a guess is told, and nothing else"


def _can(data, coding, title):
    try:
        return data.decode(coding) == title
    except UnicodeError:
        return False


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 ...", "Word"),
        (b"TY  - BOOK\nTI  - caf\xc3\xa9 \xff", "damaged"),
        (b"\xff\xfeT\x00Y", "damaged"),
        (b"TY\x00", "not text"),
        (b"\x81\x8d\x8f", "neither"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data, reason):
    for name in formats.FORMATS:
        ((line, problem),) = problems_in(data, name)
        assert line == 1
        assert reason in problem


def test_an_empty_file_holds_no_records():
    for name in formats.FORMATS:
        assert records_of(b"", name) == records_of(b" \n\n", name) == []
        assert records_of("".join(formats.write([], name)), name) == []


@pytest.mark.parametrize(
    ("filename", "data", "name"),
    [
        ("a.txt", RIS, "ris"),
        ("a.txt", NBIB, "nbib"),
        ("a", BIBTEX, "bibtex"),
        ("a.ris", '[{"type": "book"}]', "csl-json"),
        ("a.ris", "", "ris"),
        ("a.bib", "nothing", "bibtex"),
        ("A.NBIB", "nothing", "nbib"),
        ("list", "10.1234/abc", "text"),
    ],
)
def test_the_format_is_known_by_what_the_file_holds_and_else_by_its_name(filename, data, name):
    assert formats.detect(data.encode(), filename) == name


def test_an_unknown_format_is_named_with_those_that_there_are():
    with pytest.raises(formats.UnknownFormat, match=r"“endnote”.*ris, bibtex, nbib, csl-json, text"):
        list(formats.read(b"", "endnote"))


HOGS = {
    "ris": ["TY  - JOUR\n" * 20_000, "TY  - JOUR\nAU  - " + "a " * 100_000 + "\nER  - ", "x\n" * 30_000],
    "bibtex": [
        "@a{x={" * 20_000,
        '@string{a="'
        + "x" * 999
        + '"}'
        + "".join(f"@string{{a{n}=a{n or ''}#a}}" for n in range(500))
        + "@book{x,title=a}",
        "@string{a={xxxxxxxxxx}}" + "@string{a=a#a#a#a#a#a#a#a}" * 60,
        "@book{a,author={" + " " * 100_000 + "and}}",
        "@" * 100_000,
        "@book{a,=\n" * 10_000,
    ],
    "nbib": ["PMID- 1\n" * 20_000, "TI  - a\n" * 30_000],
    "csl-json": ["[" + "{}," * 20_000, '{"title":"' + "<" * 200_000 + '"}', "1" * 200_000],
    "text": ["Ab C, " * 600 + "\n", ("Aa B" + ", Aa B" * 600 + ". " + "a. " * 200 + "\n") * 5, "a. (" * 900],
}


@pytest.mark.parametrize("name", HOGS)
def test_no_file_keeps_the_reader_busy(name):
    for data in HOGS[name]:
        started = time.process_time()
        assert records_of(data, name)
        assert time.process_time() - started < 2, data[:40]
