"""What a page says: its words whatever surrounds them, and that it is gone, in its own ways of saying so."""

import time

import pytest

from references.webpages import Page, decoded, read, sister

BODY = "<p>Gene therapy puts working genes into cells. " + "It may help people with rare diseases. " * 6 + "</p>"


def page(title, body=BODY, content_type="text/html; charset=utf-8"):
    return read(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), content_type)


def test_the_digest_knows_the_words_and_not_what_surrounds_them():
    plain = page("Gene therapy")
    dressed = page(
        "Gene therapy",
        "<header><nav>Home 17 visitors</nav></header><script>var t = 1234</script><style>p{color:red}</style>"
        f"<main>{BODY.replace('cells', '<b>CELLS</b>,').replace('people', 'people<!-- 9 -->')}</main>"
        "<div hidden>secret</div><aside>Read next</aside><footer>Printed 22 November</footer>",
    )
    assert plain.digest == dressed.digest
    assert plain.digest != page("Gene therapy", BODY.replace("working", "broken")).digest
    assert plain.digest != page("Gene therapy", BODY.replace("may", "may not")).digest


@pytest.mark.parametrize(
    "title",
    [
        "404", "Page not found", "404 Not Found", "404 - Page not found", "Not found | NIH", "NIH – Page Not Found",
        "Error 404", "Sorry, page not found!", "Oops! The page you requested could not be found",
        "This page doesn’t exist", "The page you are looking for is no longer available", "Seite nicht gefunden – Amt",
        "Page introuvable", "Página no encontrada", "Pagina non trovata", "404: Page not found · Hospital",
    ],
)  # fmt: skip
def test_a_title_that_only_says_that_the_page_is_not_there(title):
    assert page(title).missing()


@pytest.mark.parametrize(
    "title",
    [
        "Gene therapy", "Gene not found in 404 families with ataxia", "Peugeot 404", "Route 404: a history",
        "What to do when a donor is not found", "Not Found: the search for a missing gene and its families", "",
    ],
)  # fmt: skip
def test_a_title_that_speaks_of_other_things_is_a_title(title):
    assert page(title).missing() == ""


def test_a_page_of_few_words_that_says_it_is_gone_and_a_long_one_that_mentions_it():
    gone = "<h1>Example Health</h1><p>We are sorry, the page you were looking for has moved or was deleted.</p>"
    assert "page you were looking for" in page("Example Health", gone).missing()
    assert page("Example Health", gone + BODY * 6).missing() == ""
    assert page("Salud", "<p>La página solicitada no existe.</p>").missing()


def test_what_is_no_text_has_no_words_and_no_digest():
    for body, kind in ((b"%PDF-1.7 ...", "application/pdf"), (b"", "text/html"), (b"\x00\xff" * 50, "image/png")):
        assert (read(body, kind).words, read(body, kind).digest) == ((), "")
    assert read(b"Plain words", "text/plain").words == ("plain", "words")


def test_each_charset_that_browsers_read_is_read_and_no_other_is_tried():
    told = "Maladie de Gaucher à l’âge adulte, 5 µg"
    assert decoded(told.encode("cp1252"), "text/html; charset=ISO-8859-1") == told
    assert decoded(told.encode(), "text/html") == told
    assert decoded(b"\xef\xbb\xbf" + told.encode(), "text/html; charset=iso-8859-1") == told
    assert decoded('<meta charset="shift_jis">遺伝子'.encode("shift_jis"), "") == '<meta charset="shift_jis">遺伝子'
    assert decoded(told.encode("cp1252"), "text/html; charset=utf-8") == told
    assert decoded("né".encode()[:-1], "text/html; charset=utf-8") == "n"
    assert decoded(b"no mark", "text/html; charset=utf-16") == "no mark"
    started = time.process_time()
    decoded(b"a-" + b"99" * 100_000, "text/html; charset=punycode")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 20_000, "<title>" * 10_000, "<a " + "x=1 " * 15_000, "&" * 60_000, "<!--" * 15_000, "</p>" * 15_000,
        "<p>" + "\u202e\x00" * 20_000, "<table><tr><td>" * 4_000, "<title>" + "not found | " * 5_000,
        "<?xml version='1.0' encoding='x'?><html>", "<svg><title>404</title></svg>", "a " * 30_000,
    ],
)  # fmt: skip
def test_hostile_pages_are_read_in_no_time(hostile):
    started = time.process_time()
    found = read(hostile.encode("utf-8", "replace"), "text/html")
    found.missing()
    assert time.process_time() - started < 1
    assert len(found.title) <= 500
    assert found.title.isprintable()


def test_a_picture_s_title_is_not_the_page_s():
    assert page("Gene therapy", "<svg><title>404</title></svg>" + BODY) == page("Gene therapy")
    assert read(b"<body><h1>Only a heading</h1></body>", "text/html").title == "Only a heading"


def test_the_sister_stands_beside_the_page_and_is_always_the_same():
    one = sister("https://example.org/a/b/page.html?x=1#y")
    assert one == sister("https://example.org/a/b/page.html?x=1#y")
    assert one.startswith("https://example.org/a/b/no-such-page-")
    assert one.endswith(".html")
    assert sister("https://example.org/a/") != sister("https://example.org/b/")
    assert Page().missing() == ""
