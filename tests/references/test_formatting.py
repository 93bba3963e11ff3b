"""References as readers see them: NLM style in detail, and what holds in every style."""

import random
import re
import time

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from references.csl import TYPES
from references.formatting import STYLES, format_reference, initials

RAPER = {
    "id": "raper2003",
    "type": "article-journal",
    "title": "Fatal systemic inflammatory response syndrome",
    "author": [{"family": "Raper", "given": "Steven E."}, {"family": "Wilson", "given": "James M."}],
    "container-title": "Molecular Genetics and Metabolism",
    "container-title-short": "Mol. Genet. Metab.",
    "issued": {"date-parts": [[2003, 9]]},
    "volume": "80",
    "issue": "1-2",
    "page": "148-158",
    "DOI": "10.1016/j.ymgme.2003.08.016",
    "PMID": "14567964",
}
PAGE = {
    "id": "nci2012",
    "type": "webpage",
    "title": "Gene therapy",
    "author": [{"literal": "National Cancer Institute"}],
    "publisher": "National Cancer Institute",
    "publisher-place": "Bethesda (MD)",
    "issued": {"date-parts": [[2012]]},
    "updated": {"date-parts": [[2013, 3, 4]]},
    "URL": "https://example.org/page",
}
PEOPLE = [{"family": f"Author{letter}", "given": letter} for letter in "ABCDEFG"]


CSL = {"container_title": "container-title", "publisher_place": "publisher-place"}


def text(item, **changes):
    accessed = changes.pop("accessed", "2014-06-21")
    changed = item | {CSL.get(key, key): value for key, value in changes.items()}
    return format_reference({key: value for key, value in changed.items() if value}, accessed=accessed).text


EXPECTED = [
    (
        text(RAPER),
        "Raper SE, Wilson JM. Fatal systemic inflammatory response syndrome. Mol Genet Metab. 2003 Sep;80(1-2):148-58. "
        "doi: 10.1016/j.ymgme.2003.08.016. PubMed PMID: 14567964.",
    ),
    (
        text(
            {
                "type": "article-journal",
                "title": "Gene therapy comes of age",
                "author": [{"family": "Dunbar", "given": "Cynthia E."}],
                "container-title": "Science",
                "issued": {"date-parts": [[2018, 1, 12]]},
                "volume": "359",
                "issue": "6372",
                "page": "eaan4672",
                "DOI": "10.1126/science.aan4672",
                "PMID": "29326244",
            }
        ),
        "Dunbar CE. Gene therapy comes of age. Science. 2018 Jan 12;359(6372):eaan4672. doi: 10.1126/science.aan4672. "
        "PubMed PMID: 29326244.",
    ),
    (
        text(PAGE),
        "National Cancer Institute. Gene therapy [Internet]. Bethesda (MD): National Cancer Institute; "
        "2012 [updated 2013 Mar 4; cited 2014 Jun 21]. Available from: https://example.org/page",
    ),
    (
        text(PAGE, container_title="Cancer.gov", author=None),
        "Cancer.gov [Internet]. Bethesda (MD): National Cancer Institute; 2012. Gene therapy; "
        "[updated 2013 Mar 4; cited 2014 Jun 21]. Available from: https://example.org/page",
    ),
    (
        text(PAGE, author=None, issued=None),
        "Gene therapy [Internet]. Bethesda (MD): National Cancer Institute; [updated 2013 Mar 4; cited 2014 Jun 21]. "
        "Available from: https://example.org/page",
    ),
    (
        text(PAGE, author=None, issued=None, updated=None, publisher=None, publisher_place=None),
        "Gene therapy [Internet]. [cited 2014 Jun 21]. Available from: https://example.org/page",
    ),
    (text({"type": "webpage", "title": "Gene therapy"}, accessed=""), "Gene therapy. [date unknown]."),
    (
        text(PAGE, title="What is gene therapy?", updated=None),
        "National Cancer Institute. What is gene therapy? [Internet]. Bethesda (MD): National Cancer Institute; "
        "2012 [cited 2014 Jun 21]. Available from: https://example.org/page",
    ),
    (
        text(
            {
                "type": "chapter",
                "title": "Gene transfer",
                "author": [{"family": "van der Berg", "given": "Anna-Maria"}],
                "editor": [
                    {"family": "King", "given": "Martin Luther", "suffix": "Jr."},
                    {"family": "Roe", "given": "R"},
                ],
                "container-title": "Handbook of gene therapy",
                "edition": "2",
                "publisher": "Press",
                "publisher-place": "London",
                "issued": {"date-parts": [[2012, 5]]},
                "page": "96-103",
            }
        ),
        "van der Berg AM. Gene transfer. In: King ML Jr, Roe R, editors. Handbook of gene therapy. 2nd ed. "
        "London: Press; 2012 May. p. 96-103.",
    ),
    (
        text(
            {
                "type": "book",
                "title": "Genes.",
                "editor": [{"family": "Roe", "given": "Ann"}],
                "edition": "Rev. ed.",
                "publisher": "Press",
                "collection-title": "Primers",
                "volume": "3",
                "issued": {"date-parts": [[1999]]},
            }
        ),
        "Roe A, editor. Genes. Rev. ed. Vol. 3. Press; 1999. (Primers).",
    ),
    (
        text(
            {
                "type": "report",
                "title": "Report",
                "number": "12",
                "publisher": "Office",
                "issued": {"date-parts": [[2007, 8]]},
            }
        ),
        "Report. Office; 2007 Aug. Report No.: 12.",
    ),
    (
        text(
            {
                "type": "report",
                "genre": "guideline",
                "title": "Care",
                "publisher": "NICE",
                "issued": {"date-parts": [[2020]]},
            }
        ),
        "Care. NICE; 2020.",
    ),
    (
        text(
            {
                "type": "webpage",
                "genre": "trial registration",
                "number": "NCT00004386",
                "title": "A study",
                "container-title": "ClinicalTrials.gov",
                "publisher": "National Library of Medicine",
                "issued": {"date-parts": [[1999, 10, 18]]},
                "URL": "https://clinicaltrials.example/NCT00004386",
            }
        ),
        "ClinicalTrials.gov [Internet]. National Library of Medicine. Identifier NCT00004386, A study; "
        "1999 Oct 18 [cited 2014 Jun 21]. Available from: https://clinicaltrials.example/NCT00004386",
    ),
    (
        text(
            {
                "type": "legislation",
                "title": "Orphan Drug Act",
                "number": "Pub. L. No. 97-414",
                "issued": {"date-parts": [[1983, 1, 4]]},
            }
        ),
        "Orphan Drug Act, Pub. L. No. 97-414 (Jan. 4, 1983).",
    ),
    (
        text(
            {
                "type": "dataset",
                "title": "Approvals",
                "publisher": "FDA",
                "issued": {"date-parts": [[2024]]},
                "DOI": "10.1234/a",
            }
        ),
        "Approvals. FDA; 2024. doi: 10.1234/a.",
    ),
    (
        text(
            {
                "type": "webpage",
                "genre": "press release",
                "title": "FDA approves",
                "publisher": "FDA",
                "issued": {"date-parts": [[2017, 12, 19]]},
            }
        ),
        "FDA approves [press release]. FDA; 2017 Dec 19.",
    ),
    (
        text(
            {
                "type": "article-newspaper",
                "title": "Teen dies",
                "container-title": "St. Louis Post",
                "issued": {"date-parts": [[1999, 9, 29]]},
                "page": "A1",
            }
        ),
        "Teen dies. St. Louis Post. 1999 Sep 29:A1.",
    ),
    (
        text({"type": "book", "title": "<i>E. coli</i> and CO<sub>2</sub> at 10<sup>5</sup>"}),
        "E. coli and CO₂ at 10⁵. [date unknown].",
    ),
]


@pytest.mark.parametrize(("shown", "expected"), EXPECTED)
def test_each_kind_of_source_reads_as_citing_medicine_has_it(shown, expected):
    assert shown == expected


@pytest.mark.parametrize("written", ["3", "3rd", "3rd."])
@pytest.mark.parametrize(
    ("style", "expected"),
    [("nlm", "Genes. 3rd ed. X; 2010."), ("ama", "Genes. 3rd ed. X; 2010."), ("apa", "Genes (3rd ed.). (2010). X.")],
)
def test_an_edition_is_called_one_whoever_wrote_its_number(style, expected, written):
    book = {"type": "book", "title": "Genes", "edition": written, "publisher": "X", "issued": {"date-parts": [[2010]]}}
    assert format_reference(book, style).text == expected


@pytest.mark.parametrize("style", ["nlm", "ama", "apa"])
@pytest.mark.parametrize(("version", "shown"), [("version 2.1", "version 2.1"), ("2", "2nd ed.")])
def test_the_version_of_a_data_set_is_told_in_each_style(style, version, shown):
    item = {"id": "a", "type": "dataset", "title": "Approvals", "publisher": "Dryad", "edition": version}
    assert re.search(rf"Approvals\W+{re.escape(shown)}\W", format_reference(item, style).text)


def test_an_archived_copy_is_told_with_its_day():
    shown = text(PAGE, archive="https://web.archive.org/x", archive_date="2024-05-12")
    assert shown.endswith("/page Archived copy from 12 May 2024: https://web.archive.org/x")


def test_seven_authors_are_six_and_others():
    assert text(RAPER, author=PEOPLE).startswith(
        "AuthorA A, AuthorB B, AuthorC C, AuthorD D, AuthorE E, AuthorF F, et al. F"
    )
    assert "et al." not in text(RAPER, author=PEOPLE[:6])


@pytest.mark.parametrize(
    ("style", "start"),
    [("nlm", "Roe A, et al. Fatal"), ("ama", "Roe A, et al. Fatal"), ("apa", "Roe, A., et al. (2003). Fatal")],
)
def test_a_list_of_authors_that_is_not_whole_says_so_without_an_and(style, start):
    for others in ("et al", "et al."):
        people = [{"family": "Roe", "given": "Ann"}, {"literal": others}]
        assert format_reference(RAPER | {"author": people}, style).text.startswith(start)
        chapter = {"type": "chapter", "title": "A", "editor": people, "container-title": "B"}
        assert "&" not in format_reference(chapter, style).text


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Care in the U.S.", "Care in the U.S. [Internet]. "),
        ("And then...", "And then... [Internet]. "),
        ("A page.", "A page [Internet]. "),
        ("Really?", "Really? [Internet]. "),
        ("What they call “care.”", "What they call “care.” [Internet]. "),
    ],
)
def test_only_the_closing_stop_of_a_title_goes(title, shown):
    assert text({"type": "webpage", "title": title, "URL": "https://e.org/"}).startswith(shown)


def test_an_organisation_that_is_its_site_is_not_named_twice():
    shown = text(PAGE, container_title="NHS", author=[{"literal": "NHS"}], publisher=None, publisher_place=None)
    assert shown.startswith("NHS [Internet]. 2012. Gene therapy;")


def test_the_language_is_named_unless_it_is_english():
    assert text(RAPER, language="fr-CA", DOI=None, PMID=None).endswith(":148-58. French.")
    assert text(RAPER, language="en-GB", DOI=None, PMID=None).endswith(":148-58.")


def test_pubmed_and_pubmed_central_share_a_sentence():
    shown = text(RAPER, PMCID="PMC12", DOI=None)
    assert shown.endswith(":148-58. PubMed PMID: 14567964; PubMed Central PMCID: PMC12.")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("parts", [[2014], [2014, 6]])
def test_a_partial_date_stays_partial_in_every_kind(style, parts):
    for kind, genre in TYPES:
        item = {"type": kind, "genre": genre, "title": "T", "container-title": "C", "URL": "https://e.org/"}
        shown = format_reference(item | {"issued": {"date-parts": [parts]}}, style).text
        assert "2014" in shown
        assert "Jan" not in shown
        assert not re.search(r"June? [0-9]{1,2}\b", shown)


WHOLE = PAGE | {
    "author": [{"family": "Roe", "given": "Ann"}, {"literal": "NHS"}],
    "editor": [{"family": "Doe", "given": "John"}],
    "container-title": "Larger Work",
    "container-title-short": "Lar Wk",
    "collection-title": "Primers",
    "number": "12",
    "volume": "3",
    "issue": "4",
    "page": "15-19",
    "edition": "2",
    "DOI": "10.1234/a",
    "PMID": "123",
    "PMCID": "PMC12",
    "archive": "https://a.org/y",
    "archive_date": "2016-01-02",
    "language": "fr",
}
DOUBLED = re.compile(r"\.\.|,,|;;|::|  |\(\s|\s\)|\(\)|\[\]|\s[.,;:)]|[,;:]\.|^\W|[,;:]$")


@pytest.mark.parametrize("style", STYLES)
def test_whatever_is_missing_leaves_no_mark_behind(style):
    chance = random.Random(7)
    for kind, genre in TYPES:
        for _ in range(80):
            share = chance.random()
            item = {key: value for key, value in WHOLE.items() if chance.random() < share}
            item |= {"type": kind, "genre": genre, "title": "A title"}
            shown = format_reference(item, style, chance.choice(["", "2024-05-12"])).text
            assert not DOUBLED.search(shown), shown


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ("Steven E.", "SE"),
        ("S. E.", "SE"),
        ("S.E.", "SE"),
        ("SE", "SE"),
        ("Jean-Paul", "JP"),
        ("Ludwig van", "L"),
        ("Élodie", "É"),
        ("Ольга", "О"),
        ("小明", "小明"),
        ("", ""),
        ("D'Arcy", "D"),
        ("Łukasz", "Ł"),
        ("bell", "bell"),
    ],
)
def test_given_names_become_initials_where_the_script_has_them(given, short):
    assert initials(given) == short


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("148-158", "148-58"),
        ("126–127", "126-7"),
        ("96-103", "96-103"),
        ("5-5", "5-5"),
        ("e12-e15", "e12-5"),
        ("S14-T19", "S14-T19"),
        ("S9-S14", "S9-14"),
        ("1340-52", "1340-52"),
        ("A1", "A1"),
        ("158-148", "158-148"),
        ("1" * 5000 + "-2", "1" * 5000 + "-2"),
    ],
)
def test_page_ranges_lose_the_figures_that_repeat(page, shown):
    assert text(RAPER, page=page, DOI=None, PMID=None).endswith(f":{shown}.")


def test_a_title_keeps_its_markup_in_html_and_its_meaning_in_text():
    shown = format_reference({"type": "book", "title": "CO<sub>2</sub> at 10<sup>-5</sup> in <i>E. coli</i>"})
    assert "CO<sub>2</sub> at 10<sup>-5</sup> in <i>E. coli</i>" in shown.html
    assert "CO₂ at 10⁻⁵ in E. coli" in shown.text


@pytest.mark.parametrize(
    "title", ["a <i>b", "a</i> b", "<i>a<sub>b</i></sub>", "<i>a<i>b</i></i>", "<i onclick=x>a</i>", "<I>a</I>"]
)
def test_markup_that_is_not_exactly_ours_is_shown_as_text(title):
    shown = format_reference({"type": "book", "title": title})
    assert "<" not in shown.html.replace("&lt;", "")
    assert title in shown.text


def test_links_are_marked_as_leading_away():
    book = {"type": "book", "URL": "https://example.org/"}
    html = format_reference(RAPER | {"PMCID": "PMC12"} | book).html
    assert html.count("<a ") == html.count('rel="noopener external"') == 4
    assert 'href="https://doi.org/10.1016/j.ymgme.2003.08.016"' in html


@pytest.mark.parametrize("style", STYLES)
def test_a_link_leads_where_the_address_says(style):
    url = "https://example.org/?a=1&copy=2"
    html = format_reference(PAGE | {"URL": url}, style).html
    (link,) = html5lib.parseFragment(html, namespaceHTMLElements=False).iter("a")
    assert (link.attrib["href"], link.text) == (url, url)


@pytest.mark.parametrize("key", ["URL", "archive"])
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a@b.example/", "java\tscript:x"]
)
def test_an_address_that_should_never_have_got_here_is_no_link(key, url):
    shown = format_reference({"type": "webpage", "title": "T", key: url})
    assert "<a" not in shown.html
    assert url in shown.text


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</a><svg/onload=x>",
    "&lt;b&gt;",
    "&#60;b",
    "{{ x }}",
    "{% x %}",
    "%(x)s",
    "{0.__class__}",
    "{}",
    "{text}",
    "<i><script></i>",
    "javascript:alert(1)",
    "<!--",
    "]]>",
    "<sub onclick=x>",
    "<i>",
    "</sup>",
]
FIELDS = [
    "title",
    "container-title",
    "container-title-short",
    "collection-title",
    "publisher",
    "publisher-place",
    "edition",
    "number",
    "volume",
    "issue",
    "page",
    "DOI",
    "PMID",
    "PMCID",
    "URL",
    "archive",
    "language",
    "genre",
    "note",
]
KINDS = ["article-journal", "webpage", "book", "chapter", "report", "dataset", "legislation", "article-newspaper"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_in_any_field_becomes_markup(nasty, style):
    people = [{"literal": nasty}, {"family": nasty, "given": nasty, "suffix": nasty}]
    fields = {"id": "x", **dict.fromkeys(FIELDS, nasty), "author": people, "editor": people}
    for kind, genre in [*((kind, nasty) for kind in KINDS), *TYPES]:
        holds_no_markup(format_reference(fields | {"type": kind, "genre": genre}, style), nasty)


def holds_no_markup(shown, nasty):
    tree = html5lib.parseFragment(shown.html, namespaceHTMLElements=False)
    assert {element.tag for element in tree.iter() if isinstance(element.tag, str)} <= {
        "DOCUMENT_FRAGMENT",
        "a",
        "bdi",
        "i",
        "sub",
        "sup",
    }
    assert all(
        set(link.attrib) == {"href", "rel"} and link.attrib["href"].startswith("https://") for link in tree.iter("a")
    )
    if "<" not in nasty:
        assert nasty in "".join(tree.itertext())


@given(st.text(max_size=60), st.sampled_from(KINDS), st.sampled_from(list(STYLES)))
def test_html_and_text_say_the_same(title, kind, style):
    item = {"type": kind, "title": title, "author": [{"literal": title or "x"}], "volume": title}
    shown = format_reference(item, style)
    tree = html5lib.parseFragment(shown.html.replace("\r", " ").replace("\x00", ""), namespaceHTMLElements=False)
    if "<" not in title and "\r" not in title and "\x00" not in title:
        assert "".join(tree.itertext()) == shown.text


@pytest.mark.parametrize("style", STYLES)
def test_text_from_right_to_left_stands_apart_and_turns_nothing_after_it(style):
    item = RAPER | {"title": "العلاج 2 الجيني & شفاء", "author": [{"family": "حداد", "given": "محمد"}]}
    html = format_reference(item, style).html
    assert "<bdi>العلاج 2 الجيني</bdi> &amp; <bdi>شفاء</bdi>" in html
    assert "<bdi>حداد" in html


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("mark", "\u202e\u202d\u202a\u2066\u2067\u200f\u061c")
def test_a_mark_that_turns_the_direction_of_a_line_is_left_out(style, mark):
    shown = format_reference(RAPER | {"title": f"Gene{mark} therapy", "author": [{"literal": f"WHO{mark}"}]}, style)
    assert mark not in shown.html + shown.text
    assert "Gene therapy" in shown.text


LONG = ("<i>", "<i>a</i>", ".", "(", "1-", "A.", "U.S.", "ا.", "\u064b", "1", "a-", " ", "”", "&")


@pytest.mark.parametrize("style", STYLES)
def test_long_fields_take_linear_time(style):
    for piece in LONG:
        written = (piece * 10_000)[:10_000]
        people = [{"family": written, "given": written}]
        item = {"type": "chapter", "title": written, "container-title": written, "author": people, "editor": people}
        started = time.process_time()
        format_reference(item | {"page": written, "volume": written, "edition": written}, style)
        assert time.process_time() - started < 1, piece


def test_a_megabyte_title_is_formatted_at_once():
    started = time.process_time()
    for style in STYLES:
        format_reference({"type": "book", "title": "." * 1_000_000}, style)
    format_reference({"type": "book", "title": "<i>a</i>" * 20_000}, "apa")
    assert time.process_time() - started < 8
