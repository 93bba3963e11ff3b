"""What registries and pages say of a source becomes a source of ours, and nothing worse."""

import datetime
import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.cache import cache

from references import csl, lookup
from references.http import NotFetched
from references.identifiers import IdentifierError
from references.lookup import Found, Notice, NotKnown, books, crossref, reading
from references.models import Reference

ANSWERS = Path(__file__).parent / "data" / "answers"
RAPER = "10.1016/j.ymgme.2003.08.016"
CROSSREF = "https://api.crossref.org/works/10.1016%2Fj.ymgme.2003.08.016"
EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
BOOK = "https://openlibrary.org/api/books"
WAYBACK = "https://archive.org/wayback/available"
PAGE = "https://www.example.org/gene-therapy"


def answer(name):
    return (ANSWERS / name).read_bytes()


def fits_the_library(item):
    """The item can be kept: every key has a place, every value is valid."""
    reference = Reference(**{name: value for name, value in csl.fields_of(item).items() if name != "key"})
    reference.full_clean(exclude=["key"], validate_unique=False, validate_constraints=False)
    return True


def test_a_doi_is_asked_at_crossref(web):
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    found = lookup.by_doi(f"https://doi.org/{RAPER.upper()}")
    assert found == Found(
        {
            "type": "article-journal",
            "title": "Fatal systemic inflammatory response syndrome in a ornithine transcarbamylase deficient patient "
            "following adenoviral gene transfer",
            "author": [
                {"family": "Raper", "given": "Steven E."},
                {"family": "Chirmule", "given": "Narendra"},
                {"family": "Lee", "given": "Frank S."},
            ],
            "container-title": "Molecular Genetics and Metabolism",
            "container-title-short": "Molecular Genetics and Metabolism",
            "publisher": "Elsevier BV",
            "volume": "80",
            "issue": "1-2",
            "page": "148-158",
            "issued": {"date-parts": [[2003, 9]]},
            "DOI": RAPER,
            "ISSN": "1096-7192",
            "language": "en",
        },
        "crossref",
    )
    assert fits_the_library(found.item)
    lookup.by_doi(RAPER)
    assert len(web.seen) == 1
    assert "mailto:editors@example.org" in web.seen[0].headers["user-agent"]


def test_crossref_tells_of_retractions_corrections_and_doubts(web):
    web.answers("https://api.crossref.org/works/10.1021%2Fam300292v", answer("crossref-retracted.json"))
    found = lookup.by_doi("10.1021/am300292v")
    notice = "10.1021/acsami.9b11759"
    assert found.notices == (
        Notice("retraction", "20946", datetime.date(2019, 7, 26), notice),
        Notice("retraction", notice, None, notice),
        Notice("correction", "10.1021/am300999x", datetime.date(2012, 9, 26), "10.1021/am300999x", reasons="Erratum"),
        Notice("expression-of-concern", "10.1021/am300999y", datetime.date(2018, 1, 2), "10.1021/am300999y"),
        Notice(
            "expression-of-concern",
            "10.1021/am300999z",
            datetime.date(2018, 1, 3),
            "10.1021/am300999z",
            reasons="Partial retraction",
        ),
    )
    assert found.item["title"] == "RETRACTED: A Title with <i>in vitro</i>, CO<sub>2</sub> & more: Its Subtitle"
    assert found.item["container-title"] == "ACS Applied Materials & Interfaces"
    assert found.item["issued"] == {"date-parts": [[2012, 5, 23]]}
    assert found.item["author"] == [
        {"literal": "The Example Study Group"},
        {"family": "Author", "given": "A.", "suffix": "Jr."},
    ]
    assert fits_the_library(found.item)


def test_a_pubmed_number_is_asked_at_ncbi_with_our_address(web, settings):
    settings.NCBI_API_KEY = "a key"
    web.answers(f"{EUTILS}efetch.fcgi", answer("pubmed-raper2003.xml"))
    found = lookup.by_pmid("PMID: 14567964")
    assert found.item == {
        "type": "article-journal",
        "title": "Fatal systemic inflammatory response syndrome in a ornithine transcarbamylase deficient patient "
        "following adenoviral gene transfer",
        "author": [
            {"family": "Raper", "given": "Steven E"},
            {"family": "Batshaw", "given": "Mark L", "suffix": "Jr"},
            {"literal": "The Study Group, Philadelphia"},
        ],
        "container-title": "Molecular genetics and metabolism",
        "container-title-short": "Mol Genet Metab",
        "volume": "80",
        "issue": "1-2",
        "page": "148-58",
        "issued": {"date-parts": [[2003]]},
        "DOI": RAPER,
        "PMID": "14567964",
        "ISSN": "1096-7192",
        "language": "en",
    }
    assert (found.origin, found.notices, found.evidence) == ("pubmed", (), "trial")
    assert fits_the_library(found.item)
    [seen] = web.seen
    assert seen.url == (
        f"{EUTILS}efetch.fcgi?db=pubmed&id=14567964&retmode=xml&tool=GTSite&email=editors%40example.org&api_key=a+key"
    )


def test_pubmed_tells_of_retractions_corrections_and_doubts(web):
    web.answers(f"{EUTILS}efetch.fcgi", answer("pubmed-retracted.xml"))
    found = lookup.by_pmid("9500320")
    assert found.notices == (
        Notice(
            "expression-of-concern",
            "15016483",
            datetime.date(2004, 3, 6),
            "10.1016/s0140-6736(04)15715-2",
            "15016483",
            "Partial retraction",
        ),
        Notice("correction", "Lancet. 2004 Mar;363(9411):750"),
        Notice("retraction", "20137807", datetime.date(2010, 2, 6), "10.1016/s0140-6736(10)60175-4", "20137807"),
    )
    assert found.item["issued"] == {"date-parts": [[1998, 2, 28]]}
    assert found.item["title"].endswith("and <i>pervasive</i> H<sub>2</sub>O in children")


def test_a_mark_of_retraction_without_a_notice_is_news_too(web):
    marked = answer("pubmed-retracted.xml").replace(b"RetractionIn", b"CommentIn")
    web.answers(f"{EUTILS}efetch.fcgi", marked)
    assert Notice("retraction", "Retracted Publication") in lookup.by_pmid("9500320").notices


def test_a_chapter_of_the_bookshelf_is_a_chapter(web):
    web.answers(f"{EUTILS}efetch.fcgi", answer("pubmed-genereviews.xml"))
    found = lookup.by_pmid("20301526")
    assert found.item == {
        "type": "chapter",
        "title": "Spinal Muscular Atrophy",
        "author": [{"family": "Prior", "given": "Thomas W"}],
        "editor": [{"family": "Adam", "given": "Margaret P"}],
        "container-title": "GeneReviews®",
        "publisher": "University of Washington, Seattle",
        "publisher-place": "Seattle (WA)",
        "issued": {"date-parts": [[2000, 2, 24]]},
        "updated": {"date-parts": [[2024, 9, 19]]},
        "PMID": "20301526",
        "URL": "https://www.ncbi.nlm.nih.gov/books/NBK1352/",
        "language": "en",
    }
    assert fits_the_library(found.item)


def test_a_number_of_pubmed_central_leads_to_pubmed(web):
    web.answers(f"{EUTILS}esummary.fcgi", answer("esummary-pmc.json"))
    web.answers(f"{EUTILS}efetch.fcgi", answer("pubmed-raper2003.xml"))
    found = lookup.by_pmcid("https://pmc.ncbi.nlm.nih.gov/articles/PMC6168351/")
    assert (found.item["PMCID"], found.item["PMID"], found.origin) == ("PMC6168351", "14567964", "pubmed")
    assert web.clock.slept == [pytest.approx(0.34)]
    web.answers(f"{EUTILS}esummary.fcgi", answer("esummary-pmc.json").replace(b'"14567964"', b'"0"'))
    web.answers(CROSSREF, answer("crossref-raper2003.json"))
    clear_memory()
    assert lookup.by_pmcid("PMC6168351").origin == "crossref"


def clear_memory():
    cache.clear()


def test_a_book_is_asked_at_open_library(web):
    web.answers(BOOK, answer("openlibrary-book.json"))
    found = lookup.by_isbn("0-14-032872-6")
    assert found.item == {
        "type": "book",
        "title": "Fantastic Mr. Fox: a story",
        "author": [{"family": "Dahl", "given": "Roald"}, {"literal": "World Health Organization"}],
        "publisher": "Puffin",
        "publisher-place": "London",
        "issued": {"date-parts": [[1988, 10, 1]]},
        "ISBN": "9780140328721",
    }
    assert fits_the_library(found.item)


def test_a_page_says_what_it_is(web):
    web.answers(PAGE, answer("page.html"), Content_Type="text/html; charset=utf-8")
    found = lookup.by_url(f"{PAGE}?utm_source=mail")
    assert found.item == {
        "type": "webpage",
        "title": "What Is Gene Therapy?",
        "author": [{"family": "van der Doe", "given": "Jane"}, {"literal": "Example Health Editors"}],
        "container-title": "Example Health",
        "publisher": "National Example Institute",
        "issued": {"date-parts": [[2014, 6, 21]]},
        "updated": {"date-parts": [[2024, 3, 1]]},
        "URL": PAGE,
        "language": "en-GB",
    }
    assert fits_the_library(found.item)


def test_a_journals_page_says_it_in_the_tags_for_scholars(web):
    web.answers(PAGE, answer("scholarly.html"), Content_Type="text/html")
    found = lookup.by_url(PAGE)
    assert found.item == {
        "type": "article-journal",
        "title": "An Example Trial of <i>AAV9</i>",
        "author": [{"family": "Doe", "given": "Jane"}, {"family": "Public", "given": "John Q."}],
        "container-title": "Example Journal",
        "container-title-short": "Example J",
        "publisher": "Example Press",
        "volume": "3",
        "issue": "2",
        "page": "10-19",
        "issued": {"date-parts": [[2014, 6]]},
        "DOI": "10.1000/example.1",
        "PMID": "123456",
        "ISSN": "1096-7192",
        "URL": PAGE,
        "language": "fr",
    }
    assert fits_the_library(found.item)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>Plain – www.example.org</title>", {"title": "Plain", "container-title": "www.example.org"}),
        ("<h1>Only a <b>heading</b></h1>", {"title": "Only a"}),
        ("<title>A</title><meta name='DC.title' content='B'><meta property='og:title' content='C'>", {"title": "C"}),
        ("<title>A</title><meta name='date' content='06/07/2014'>", {"issued": None}),
        ("<title>A</title><meta name='date' content='2014-13-40'>", {"issued": {"date-parts": [[2014]]}}),
        ("<title>A</title><meta name='date' content='June 21, 2014'>", {"issued": {"date-parts": [[2014, 6, 21]]}}),
        ("<title>A</title><meta name='author' content='https://www.facebook.com/a'>", {"author": None}),
        ("<title>A</title><meta name='author' content='Madonna'>", {"author": [{"literal": "Madonna"}]}),
        ("<title>A</title><link rel='canonical' href='https://evil.example/'>", {"URL": PAGE}),
        ("<title>A</title><link rel='canonical' href='javascript:alert(1)'>", {"URL": PAGE}),
        ("<title>A</title><link rel='canonical' href='http://[::1'>", {"URL": PAGE}),
        (
            '<title>A</title><script type="application/ld+json">{"@type":"NewsArticle","author":"Ann Lee"}</script>',
            {"type": "article-newspaper", "author": [{"family": "Lee", "given": "Ann"}]},
        ),
        ('<title>A</title><script type="application/ld+json">{"@type":"Article",</script>', {"title": "A"}),
        (f'<title>A</title><script type="application/ld+json">{"[" * 100_000}</script>', {"title": "A"}),
        ('<title>A</title><script type="application/ld+json">{"@type":["Article",3],"headline":{"a":1},'
         '"author":[[],7,{"name":[]}],"publisher":"x","datePublished":2014,"isPartOf":[1]}</script>', {"title": "A"}),
    ],
)  # fmt: skip
def test_pages_that_say_little_or_nonsense(web, head, expected):
    web.answers(PAGE, f"<html><head>{head}</head></html>", Content_Type="text/html")
    found = lookup.by_url(PAGE)
    assert {name: found.item.get(name) for name in expected} == expected
    assert fits_the_library(found.item)


SITED = "<meta property=og:site_name content='NHS'>"
JOURNAL = "<meta property=og:site_name content='Gene Therapy'>"
APP = "<meta name=application-name content='Mayo Clinic'>"
WEBSITE = """<script type="application/ld+json">{"@type": "WebSite", "name": "MedlinePlus"}</script>"""
PUBLISHED = (
    """<script type="application/ld+json">{"@type": "WebPage", "publisher": {"name": "A (very) odd* site"}}</script>"""
)


@pytest.mark.parametrize(
    ("title", "head", "kept"),
    [
        ("Gene therapy | NHS", SITED, "Gene therapy"),
        ("Gene therapy|nhs", SITED, "Gene therapy"),
        ("Gene therapy – NHS", SITED, "Gene therapy"),
        ("Gene therapy — NHS", SITED, "Gene therapy"),
        ("Gene therapy - Mayo Clinic", APP, "Gene therapy"),
        ("Gene therapy · MedlinePlus", WEBSITE, "Gene therapy"),
        ("Gene therapy: MedlinePlus", WEBSITE, "Gene therapy"),
        ("MedlinePlus: Gene therapy", WEBSITE, "Gene therapy"),
        ("NHS « Gene therapy", SITED, "Gene therapy"),
        ("Gene therapy » A (very) odd* site", PUBLISHED, "Gene therapy"),
        ("Gene therapy - Treatments - NHS", SITED, "Gene therapy - Treatments"),
        ("Gene therapy - NHS | Mayo Clinic", SITED + APP, "Gene therapy"),
        ("Gene therapy | NHS", SITED + "<h1>Gene therapy</h1>", "Gene therapy"),
    ],
)
def test_a_title_ends_and_begins_without_what_the_page_calls_its_site(web, title, head, kept):
    web.answers(PAGE, f"<title>{title}</title>{head}", Content_Type="text/html")
    assert lookup.by_url(PAGE).item["title"] == kept


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("Gene therapy | NHS", ""),  # nobody says that this is the site
        ("Gene therapy - example.org", ""),
        ("Gene therapy | NHS", APP),
        ("Gene therapy - Mayo Clinic Proceedings", APP),
        ("Gene therapy – The Mayo Clinic", APP),
        ("A day at Mayo Clinic", APP),
        ("Mayo Clinic", APP),
        ("NHS", SITED),
        ("| NHS", SITED),
        ("A survey of non-NHS", SITED),
        ("Doctors–NHS", SITED),
        ("Before and after: the pre- NHS", SITED),
        ("Figures that are -NHS", SITED),
        ("NHS-wide changes", SITED),
        ("NHS England: a history", SITED),
        ("Ratio 3:NHS", SITED),
        ("Gene therapy, NHS", SITED),
        ("Gene therapy (NHS)", SITED),
        ("What is « NHS »", SITED),
        ("Gene therapy -", "<meta property=og:site_name content=''>"),
        ("Gene therapy - XX", "<meta property=og:site_name content='..'>"),
        ("NHS: what it stands for", f"{SITED}<h1>NHS: what it stands for</h1>"),
        ("Gene therapy: an overview", f"{JOURNAL}<meta name=citation_title content='Gene therapy: an overview'>"),
        ("Whom we trust: NHS", f"{SITED}<h1>Whom we <em>trust</em>: NHS</h1>"),
    ],
)
def test_a_title_keeps_what_may_belong_to_it(web, title, head):
    web.answers(PAGE, f"<title>{title}</title>{head}", Content_Type="text/html")
    assert lookup.by_url(PAGE).item["title"] == title


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("<title>Thérapie</title>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ("<meta charset=windows-1252><title>Thérapie</title>".encode("cp1252"), "text/html"),
        ("<title>Thérapie</title>".encode("cp1252"), "text/html"),
        ("<title>Thérapie</title>".encode(), "text/html; charset=nonsense"),
        ("\ufeff<title>Thérapie</title>".encode("utf-16"), "text/html"),
        (
            b'<?xml version="1.0" encoding="utf-8"?><html><title>' + "Thérapie".encode() + b"</title></html>",
            "text/html",
        ),
    ],
)
def test_letters_are_read_in_the_pages_own_encoding(web, body, media):
    web.answers(PAGE, body, Content_Type=media)
    assert lookup.by_url(PAGE).item["title"] == "Thérapie"


def test_what_is_no_page_is_said_in_a_sentence(web):
    for body, media in ((b"%PDF-1.7", "application/pdf"), (b"", "text/html"), (b"<p>no title", "text/html")):
        web.answers(PAGE, body, Content_Type=media)
        with pytest.raises(NotKnown, match=r"by hand\.$"):
            lookup.by_url(PAGE)
    web.answers(PAGE, "no", status=403)
    with pytest.raises(NotKnown, match=r"does not let programs read this page .* by hand\.$"):
        lookup.by_url(PAGE)
    web.answers(PAGE, "gone", status=410)
    with pytest.raises(NotKnown, match="410"):
        lookup.by_url(PAGE)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lookup.by_doi, RAPER),
        (lookup.by_pmid, "14567964"),
        (lookup.by_pmcid, "PMC6168351"),
        (lookup.by_isbn, "9780140328721"),
    ],
)
def test_unknown_silent_and_senseless_registries_are_told_apart(web, ask, text):
    service = CROSSREF if ask is lookup.by_doi else BOOK if ask is lookup.by_isbn else f"{EUTILS}efetch.fcgi"
    if ask is lookup.by_pmcid:
        service = f"{EUTILS}esummary.fcgi"
    empty = b'{"result": {"uids": []}}' if ask is lookup.by_pmcid else b"<PubmedArticleSet></PubmedArticleSet>"
    unknown = {CROSSREF: (b"Resource not found.", 404), BOOK: (b"{}", 200)}.get(service, (empty, 200))
    web.answers(service, unknown[0], status=unknown[1])
    with pytest.raises(NotKnown) as caught:
        ask(text)
    assert caught.value.sentence.endswith(".")
    for number, (body, status) in enumerate(
        [(b"", 500), (b"[1]", 200), (b"\xff", 200), (b"[" * 99_999, 200), (b"<a", 200)]
    ):
        clear_memory()
        web.answers(service, body, status=status)
        with pytest.raises((NotFetched, NotKnown)) as caught:
            ask(text)
        assert caught.type is NotFetched or number == 1
    with pytest.raises(IdentifierError):
        ask("not an identifier")


def test_every_value_of_an_answer_may_be_of_the_wrong_kind():
    """Whatever a registry sends in place of a value, the rest is used."""
    wrongs = [
        None,
        0,
        True,
        "",
        [],
        [[]],
        [None],
        {},
        {"date-parts": [[None]]},
        {"date-parts": 3},
        [{"name": 3}],
        "=1+1",
    ]
    work = json.loads(answer("crossref-retracted.json"))["message"]
    for key in work:
        for wrong in wrongs:
            changed = work | {key: wrong}
            assert crossref.notices(changed) or key == "updated-by"
            assert csl.fields_of(crossref.item(changed, "10.1021/am300292v"))
    book = json.loads(answer("openlibrary-book.json"))["ISBN:9780140328721"]
    for key in book:
        for wrong in wrongs:
            assert csl.fields_of(books.item(book | {key: wrong}, "9780140328721"))
    wrong_everywhere = dict.fromkeys(work, wrongs[-1]) | {"title": ["A"], "author": [{"name": {}}, {"given": 1}, "x"]}
    assert fits_the_library(crossref.item(wrong_everywhere, "10.1021/am300292v"))


HOSTILE = [
    ("<script>alert(1)</script>Title", "Title"),
    ("Title<script>alert(1)", "Title"),
    ("&lt;script&gt;alert(1)&lt;/script&gt;Title", "Title"),
    ("&amp;lt;img src=x onerror=alert(1)&amp;gt;Title", "Title"),
    ("<i onmouseover=alert(1)>In vivo</i>", "<i>In vivo</i>"),
    ("<jats:italic>In vivo</jats:italic> <mml:math><mml:mi>x</mml:mi></mml:math>", "<i>In vivo</i> x"),
    ("p < 0.05 and n > 3", "p < 0.05 and n > 3"),
    ("Age <5 years", "Age <5 years"),
    ("dose\u202e5.0\u202c mg\u200b \u00ad2\x00", "dose5.0 mg 2"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("e\u0301tude\n\t of", "étude of"),
    ("a " * 5000, None),
]  # fmt: skip


@pytest.mark.parametrize(("title", "clean"), HOSTILE)
def test_hostile_titles_are_cleaned_like_typed_ones(title, clean):
    found = reading.title(title)
    assert found == clean if clean else len(found) <= 1000
    assert reading.title(found) == found
    assert fits_the_library({"type": "webpage", "title": found})


def test_hostile_documents_are_read_at_once_and_without_their_entities(web):
    bombs = [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><PubmedArticleSet><PubmedArticle><MedlineCitation>'
        b"<PMID>1</PMID><Article><ArticleTitle>&x;Title</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
        b"</PubmedArticleSet>",
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">'.encode() for n in range(1, 9))
        + b"]><PubmedArticleSet>&a8;</PubmedArticleSet>",
        b"<a>" * 200_000,
    ]
    started = time.process_time()
    for bomb in bombs:
        clear_memory()
        web.answers(f"{EUTILS}efetch.fcgi", bomb)
        with suppress(NotKnown, NotFetched):
            assert lookup.by_pmid("1").item["title"] == "&x;Title"
    for page in (
        b"<div>" * 300_000,
        b"<meta " * 100_000,
        b"<title>" + b"<" * 500_000,
        b"<meta name=a content=b>" * 50_000,
    ):
        web.answers(PAGE, page, Content_Type="text/html")
        with suppress(NotKnown):
            assert len(lookup.by_url(PAGE).item["title"]) <= 1000
    reading.title("<!--" * 100_000)
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Jane Doe", {"family": "Doe", "given": "Jane"}),
        ("Doe, Jane", {"family": "Doe", "given": "Jane"}),
        ("Ludwig van Beethoven", {"family": "van Beethoven", "given": "Ludwig"}),
        ("By Jane Doe", {"family": "Doe", "given": "Jane"}),
        ("National Cancer Institute", {"literal": "National Cancer Institute"}),
        ("Department of Health, Education and Welfare", {"literal": "Department of Health, Education and Welfare"}),
        ("Madonna", {"literal": "Madonna"}),
        ("Agent 47", {"literal": "Agent 47"}),
        ("Jane {Doe}", {"literal": "Jane (Doe)"}),
    ],
)
def test_names_in_one_line_are_people_or_bodies(written, name):
    assert reading.written_name(written) == [name]


def test_the_copy_nearest_to_the_day_is_found(web):
    web.answers(WAYBACK, answer("wayback-closest.json"))
    near = datetime.date(2014, 6, 21)
    assert lookup.archived_copy("http://www.example.org/page", near) == (
        "https://web.archive.org/web/20140618120001/http://www.example.org/page",
        datetime.date(2014, 6, 18),
    )
    assert web.seen[0].url == f"{WAYBACK}?url=http%3A%2F%2Fwww.example.org%2Fpage&timestamp=20140621"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"available": true', '"available": false', None),
        ('"status": "200"', '"status": "404"', None),
        ('"closest"', '"other"', None),
        ("web.archive.org", "evil.example", NotFetched),
        ('"timestamp": "20140618120001"', '"timestamp": "soon"', NotFetched),
        ('"timestamp": "20140618120001"', '"timestamp": "20149918"', NotFetched),
        ("http://web", "javascript://web", NotFetched),
    ],
)
def test_no_copy_and_no_sense_are_told_apart(web, old, new, expected):
    web.answers(WAYBACK, answer("wayback-closest.json").decode().replace(old, new))
    near = datetime.date(2014, 6, 21)
    if expected:
        with pytest.raises(expected):
            lookup.archived_copy("http://www.example.org/page", near)
    else:
        assert lookup.archived_copy("http://www.example.org/page", near) is None


def test_with_the_network_off_every_question_says_so(web, settings):
    settings.NETWORK = False
    near = datetime.date(2014, 6, 21)
    for ask, *asked in (
        (lookup.by_doi, RAPER), (lookup.by_pmid, "1"), (lookup.by_pmcid, "PMC1"), (lookup.by_isbn, "9780140328721"),
        (lookup.by_url, PAGE), (lookup.archived_copy, PAGE, near),
    ):  # fmt: skip
        with pytest.raises(NotFetched, match="switched off") as caught:
            ask(*asked)
        assert caught.value.kind == "off"
    assert web.seen == []
