"""Identifiers: what editors paste becomes one normal form, and what is not one is refused with a sentence."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from references.identifiers import (
    IdentifierError,
    identifiers_in,
    normalise_doi,
    normalise_isbn,
    normalise_issn,
    normalise_orcid,
    normalise_pmcid,
    normalise_pmid,
    normalise_url,
)

GOOD = [
    (normalise_doi, "10.1126/science.aan4672", "10.1126/science.aan4672"),
    (normalise_doi, "  10.1126/SCIENCE.AAN4672 ", "10.1126/science.aan4672"),
    (normalise_doi, "doi:10.1126/science.aan4672", "10.1126/science.aan4672"),
    (normalise_doi, "DOI: 10.1126/science.aan4672.", "10.1126/science.aan4672"),
    (normalise_doi, "https://doi.org/10.1126/science.aan4672", "10.1126/science.aan4672"),
    (normalise_doi, "http://dx.doi.org/10.1126/science.aan4672", "10.1126/science.aan4672"),
    (normalise_doi, "HTTPS://DOI.ORG/10.1126/science.aan4672?utm_source=mail#top", "10.1126/science.aan4672"),
    (normalise_doi, "doi.org/10.1126/science.aan4672", "10.1126/science.aan4672"),
    (normalise_doi, "10.1126/science.aan4672),", "10.1126/science.aan4672"),
    (normalise_doi, "10.1126/science.aan4672;", "10.1126/science.aan4672"),
    (normalise_doi, "10.1126/science.aan4672”.", "10.1126/science.aan4672"),
    (normalise_doi, "10.1016/S0140-6736(05)67889-0", "10.1016/s0140-6736(05)67889-0"),
    (normalise_doi, "10.1016/S0140-6736(05)", "10.1016/s0140-6736(05)"),
    (normalise_doi, "(10.1016/x)"[1:], "10.1016/x"),
    (normalise_doi, "https://doi.org/10.1016/S0140-6736%2805%2967889-0", "10.1016/s0140-6736(05)67889-0"),
    (
        normalise_doi,
        "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
        "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2",
    ),
    (normalise_doi, "10.1002/jgm.2989", "10.1002/jgm.2989"),
    (normalise_doi, "10.1234/Doi.12", "10.1234/doi.12"),
    (normalise_doi, "https://doi.org/10.1234/abc-doi:12", "10.1234/abc-doi:12"),
    (normalise_doi, "10.12345678/a", "10.12345678/a"),
    (normalise_pmid, "29326244", "29326244"),
    (normalise_pmid, "PMID: 29326244", "29326244"),
    (normalise_pmid, "PubMed PMID:1", "1"),
    (normalise_pmid, "https://pubmed.ncbi.nlm.nih.gov/29326244/", "29326244"),
    (normalise_pmid, "http://www.ncbi.nlm.nih.gov/pubmed/29326244", "29326244"),
    (normalise_pmcid, "PMC6168351", "PMC6168351"),
    (normalise_pmcid, "pmcid: pmc6168351", "PMC6168351"),
    (normalise_pmcid, "PMC6168351.2", "PMC6168351"),
    (normalise_pmcid, "https://pmc.ncbi.nlm.nih.gov/articles/PMC6168351/", "PMC6168351"),
    (normalise_pmcid, "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC6168351/", "PMC6168351"),
    (normalise_isbn, "0-306-40615-2", "9780306406157"),
    (normalise_isbn, "ISBN 0 306 40615 2", "9780306406157"),
    (normalise_isbn, "ISBN-10: 0306406152", "9780306406157"),
    (normalise_isbn, "978-0-306-40615-7", "9780306406157"),
    (normalise_isbn, "ISBN-13: 978\u20110\u2011306\u201140615\u20117", "9780306406157"),
    (normalise_isbn, "0-8044-2957-x", "9780804429573"),
    (normalise_isbn, "979-10-90636-07-1", "9791090636071"),
    (normalise_issn, "1096-7192", "1096-7192"),
    (normalise_issn, "ISSN 10967192", "1096-7192"),
    (normalise_issn, "eISSN: 2434-561x", "2434-561X"),
    (normalise_issn, "1096\u20137192", "1096-7192"),
    (normalise_orcid, "0000-0002-1825-0097", "0000-0002-1825-0097"),
    (normalise_orcid, "https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097"),
    (normalise_orcid, "000000021825009 7", "0000-0002-1825-0097"),
    (normalise_orcid, "0000-0002-1694-233x", "0000-0002-1694-233X"),
    (normalise_url, "https://example.org", "https://example.org/"),
    (normalise_url, "HTTPS://Example.ORG:443/Page?q=A#Part", "https://example.org/Page?q=A#Part"),
    (normalise_url, "http://example.org:80/", "http://example.org/"),
    (normalise_url, "http://example.org:8080/", "http://example.org:8080/"),
    (normalise_url, " https://example.org/a ", "https://example.org/a"),
    (normalise_url, "https://example.org./a", "https://example.org/a"),
    (normalise_url, "https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
    (normalise_url, "https://example.org/%C3%BC", "https://example.org/%C3%BC"),
    (
        normalise_url,
        "https://web.archive.org/web/20140621000000/http://www.ornl.gov/hgmis/",
        "https://web.archive.org/web/20140621000000/http://www.ornl.gov/hgmis/",
    ),
    # A Cyrillic "а" must not pass for a Latin one.
    (normalise_url, "https://ex\u0430mple.org/", "https://xn--exmple-4nf.org/"),
]

BAD = [
    *[
        (normalise_doi, text)
        for text in (
            "",
            " ",
            "10.1126",
            "10.1126/",
            "11.1126/x",
            "10.12/x",
            "10.1234567890/x",
            "science.aan4672",
            "10.1126/a b",
            "10.1126/ä",
            "10.1126/a\u200bb",
            "10.1126/a\x00",
            "10.1126/<script>",
            '10.1126/"onload',
            "https://evil.example/10.1126/x",
            "https://doi.org.evil.example/10.1126/x",
            "10.1126/...",
            "10.１126/x",
            "10.1126/" + "a" * 400,
        )
    ],
    *[
        (normalise_pmid, text)
        for text in ("", "0", "012345", "123456789", "12 34", "PMC123", "-5", "1.5", "١٢٣", "１２", "12\n34", "x12")
    ],
    *[
        (normalise_pmcid, text)
        for text in ("", "6168351", "PMC", "PMC0123", "PMC12a", "PM6168351", "PMC１２", "PMC1234567890")
    ],
    *[
        (normalise_isbn, text)
        for text in (
            "",
            "0-306-40615-3",
            "978-0-306-40615-8",
            "977-0-306-40615-7",
            "123",
            "X306406152",
            "０306406152",
            "abc",
        )
    ],
    *[(normalise_issn, text) for text in ("", "1096-7193", "1096-719", "1096-71922", "X096-7192", "ISSN")],
    *[
        (normalise_orcid, text)
        for text in (
            "",
            "0000-0002-1825-0098",
            "0000-0002-1825-009",
            "0000-0002-1825-00977",
            "X000-0002-1825-0097",
            "https://orcid.org/",
        )
    ],
    *[
        (normalise_url, text)
        for text in (
            "",
            "example.org",
            "//example.org/",
            "/page",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "\x01javascript:alert(1)",
            "data:text/html,x",
            "data:text/html;base64,PHNjcmlwdD4=",
            "vbscript:x",
            "file:///etc/passwd",
            "ftp://example.org/",
            "mailto:a@example.org",
            "tel:112",
            "blob:https://example.org/x",
            "view-source:https://example.org/",
            "http:example.org",
            "http:/example.org",
            "https:\\\\example.org",
            "https://example.org\\@evil.example/",
            "https:///example.org",
            "https://user@example.org/",
            "https://user:pw@example.org/",
            "https://@example.org/",
            "https://example.org@evil.example/",
            "https://example.org/a b",
            "https://exam\tple.org/",
            "https://example.org/\n",
            "https://example.org/\x00",
            "https://exa\u200bmple.org/",
            "https://example.org/\u202egnp.exe",
            "\ufeffhttps://example.org/",
            "https://example.org/\u00a0x",
            "https://",
            "https://?q",
            "https://localhost/",
            "https://[::1]/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://1.2.3.0x10/",
            "https://example.org:99999/",
            "https://example.org:port/",
            "https://exa_mple..org/",
            "https://-a.org/",
            "https://a-.org/",
            'https://example.org/"onmouseover=x',
            "https://example.org/<script>",
            "https://example.org/`",
            "https://[example.org/",
            "https://" + "a" * 64 + ".org/",
            "https://example.org/" + "a" * 2000,
            "&#106;avascript:alert(1)",
            "https&colon;//example.org",
            "https%3a//example.org",
        )
    ],
]


@pytest.mark.parametrize(("normalise", "written", "normal"), GOOD)
def test_a_good_identifier_gets_its_normal_form(normalise, written, normal):
    assert normalise(written) == normal


@pytest.mark.parametrize(("normalise", "written", "normal"), GOOD)
def test_a_normal_form_stays_as_it_is(normalise, written, normal):
    assert normalise(normal) == normal


@pytest.mark.parametrize(("normalise", "written"), BAD)
def test_a_bad_identifier_is_refused_with_a_sentence(normalise, written):
    with pytest.raises(IdentifierError) as refusal:
        normalise(written)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert len(sentence) < 250
    assert not any(char in sentence for char in "\x00\u202e\u200b\n\t")


@given(st.text(max_size=80))
@pytest.mark.parametrize("normalise", dict.fromkeys(row[0] for row in GOOD))
def test_any_text_is_normalised_once_and_for_all_or_refused(normalise, text):
    try:
        normal = normalise(text)
    except IdentifierError:
        return
    assert normalise(normal) == normal


@given(st.from_regex(r"10\.[0-9]{4,9}/[-._;()/:A-Za-z0-9]{1,40}[a-z0-9]", fullmatch=True))
def test_every_way_of_writing_a_doi_means_the_same(doi):
    forms = [doi, doi.upper(), f"doi:{doi}", f"https://doi.org/{doi}", f" {doi}. ", f"{doi},"]
    assert len({normalise_doi(form) for form in forms}) == 1


@given(st.text(alphabet="0123456789", min_size=9, max_size=9))
def test_ten_and_thirteen_digits_name_the_same_book(digits):
    total = sum((10 - at) * int(digit) for at, digit in enumerate(digits))
    check = "0123456789X"[-total % 11]
    assert normalise_isbn(digits + check).startswith(f"978{digits}")


@given(
    st.sampled_from(["https://example.org/", "http://sub.example.org/a?b=c"]),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Zs"]), min_size=1, max_size=3),
    st.integers(min_value=1, max_value=18),
)
def test_an_address_with_anything_hidden_inside_is_refused(url, hidden, at):
    with pytest.raises(IdentifierError):
        normalise_url(url[:at] + hidden + url[at:])


@pytest.mark.parametrize(
    ("text", "field", "found"),
    [
        (
            "Raper SE. Fatal … 2003;80:148-58. doi: 10.1016/j.ymgme.2003.08.016. PubMed PMID: 14567964.",
            "doi",
            ["10.1016/j.ymgme.2003.08.016"],
        ),
        (
            "Raper SE. Fatal … 2003;80:148-58. doi: 10.1016/j.ymgme.2003.08.016. PubMed PMID: 14567964.",
            "pmid",
            ["14567964"],
        ),
        ("14567964", "pmid", ["14567964"]),
        ("In 2003 there were 148 of them", "pmid", []),
        ("see PMC6168351.", "pmcid", ["PMC6168351"]),
        ("Some book. ISBN 978-0-306-40615-7.", "isbn", ["9780306406157"]),
        ("Available from: https://example.org/page.", "url", ["https://example.org/page"]),
        ("javascript:alert(1) and nothing else", "url", []),
    ],
)
def test_identifiers_are_found_in_a_pasted_citation(text, field, found):
    assert identifiers_in(text)[field] == found


@pytest.mark.parametrize(
    "pattern", ["10.1002/" + ")" * 9, "https://a.b/" + "%" * 9, "PMID: " + " " * 9, "10.1234/" * 2]
)
def test_long_nonsense_takes_no_more_than_linear_time(pattern):
    text = pattern * 4000
    started = time.process_time()
    for normalise in dict.fromkeys(row[0] for row in GOOD):
        with pytest.raises(IdentifierError):
            normalise(text)
    identifiers_in(text)
    assert time.process_time() - started < 1
