"""A dose must read as it is stored: what text may hold, and what inline HTML may say."""

import unicodedata
from unittest import mock

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.text import (
    TAGS,
    TextError,
    clean_inline,
    normalise,
    plain,
    safe_address,
    show_hidden,
    slugify_ascii,
    word_core,
    words,
)

INVISIBLE = [
    *"\x00\x01\x08\x0b\x0c\x1b\x7f\x80\x85\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200e\u200f",
    *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206f",
    *"\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffa\ufffb\ufffc\ufffd\ue000\uf8ff\ufdd0\uffff\ud800\udfff",
    *"\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100\U000f0000\U0010ffff",
]
AROUND = ["5{}0 mg", "Take 10{} mg", "Do {}not take", "hyper{}tension", "{}5 mg"]

LOOK_ALIKES = [
    *("5О mg", "1О mg", "Таke 5 mg", "pаin", "dоse", "сode", "hуper", "ехtra", "Рain", "mɡ 5О", "аspirin", "ѕtop"),
    *("paΙn", "dοse", "Αspirin", "νirus", "hαemophilia", "haemοphilia", "Ηeart", "Κidney", "Τake", "Ζinc"),
    *(
        "𝟓 mg",
        "𝐭ake",
        "ｍｇ 5",
        "５ mg of it",
        "take ５0 mg",
        "١0 mg",
        "5٠ mg",
        "take ٥ mg",
        "५0 mg",
        "take ५ mg",
        "৪ mg of it",
    ),
    *("5٫0 mg", "1٬000 mg", "5․0 mg", "5‚0 mg", "5．0 mg", "5，0 mg", "5｡0 mg", "5ꓸ0 mg", "1。5 mg", "5•0 mg", "5・0"),
    *("Ꭺspirin", "ꓮspirin", "օne dose", "vіrus", "ԁose", "heӏp", "cоvid", "Мay", "Βeta", "take а dose", "wіth", "xеno"),
]

LEGITIMATE = [
    *(
        "10 mg",
        "10\u00a0mg",
        "10\u202fmg",
        "5–10 mg",
        "5‑10 mg",
        "−5 °C",
        "±2",
        "≥ 5",
        "10⁵",
        "CD4⁺",
        "H₂O",
        "½ tablet",
        "1·5 mg",
    ),
    *("5 µg", "5 μg", "TNFα", "IFN-γ", "NFκB", "IκBα", "FcγRIIIa", "αvβ3", "β-thalassaemia", "TGFβ1", "Δ32", "Ω", "π"),
    *(
        "naïve",
        "Guillain–Barré",
        "Sjögren’s",
        "café",
        "coöperate",
        "Zürich",
        "Łódź",
        "Ångström",
        "İstanbul",
        "Ελληνικά",
        "ΔΝΑ",
    ),
    *(
        "ДНК",
        "Возьмите 5 мг",
        "сосо и вода",
        "А также ДНК",
        "Лечение COVID-19",
        "IgG-антитела",
        "Київ",
        "Україна",
        "Ћирилица",
    ),
    *("می\u200cخواهم", "الجرعة ٥ ملغ", "الجرعة 5 ملغ", "١٢٣", "۱۲۳", "٥٫٠", "הריון", "ה-DNA", "DNA של", "شبه COVID-19"),
    *(
        "क्\u200dष",
        "हिन्दी में ५ मिलीग्राम",
        "க்\u200cஷ",
        "ශ්\u200dරී",
        "DNAको",
        "বাংলা ৪",
        "ਪੰਜਾਬੀ",
        "ગુજરાતી",
        "മലയാളം",
        "ქართული",
    ),
    *(
        "遺伝子治療",
        "COVID検査",
        "５０ｍｇの薬",
        "유전자 치료",
        "ยีนบำบัด",
        "ການປິ່ນປົວ",
        "ဆေး",
        "ብርሃን",
        "Հայերեն",
        "葛\U000e0100城市",
    ),
    *(
        "👩\u200d⚕️",
        "❤️",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "👍🏽",
        "1️⃣",
        "🧬 gene",
        "©️",
        "ℹ️",
    ),
    *(
        "“Gene”",
        "it’s",
        "e.g. this",
        "50 %",
        "50%",
        "§ 5",
        "5 × 10",
        "5′ UTR",
        "3′",
        "→",
        "•",
        "™",
        "№ 5",
        "€5",
        "x\u0338",
        "Việt Nam",
    ),
]


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("frame", AROUND)
def test_what_cannot_be_seen_is_refused_and_named(character, frame):
    text = frame.format(character)
    with pytest.raises(TextError) as caught:
        normalise(text)
    assert f"U+{ord(caught.value.character):04X}" in str(caught.value)
    assert text[caught.value.position] == caught.value.character


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_what_cannot_be_seen_is_shown_in_a_diff(character):
    assert f"U+{ord(character):04X}" in show_hidden(f"5{character}0 mg")


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_are_refused(text):
    with pytest.raises(TextError, match=r"U\+[0-9A-F]{4}"):
        normalise(text)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_are_shown_in_a_diff(text):
    assert "(U+" in show_hidden(text)


@pytest.mark.parametrize("text", LEGITIMATE)
def test_legitimate_text_is_kept(text):
    assert normalise(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", LEGITIMATE)
def test_legitimate_text_is_kept_in_inline_html(text):
    assert plain(clean_inline(f"<em>{text}</em>")) == unicodedata.normalize("NFC", text)


def test_line_breaks_are_allowed_only_where_asked_for():
    with pytest.raises(TextError, match="line break"):
        normalise("one\ntwo")
    assert normalise("one\r\ntwo\r\tthree", multiline=True) == "one\ntwo\n\tthree"


def test_composed_and_decomposed_letters_become_one_form():
    assert normalise("cafe\u0301") == "café"
    assert normalise("\u212b") == "Å"


def test_superscripts_survive_normalisation():
    assert normalise("10⁵") == "10⁵"


def test_micro_sign_and_greek_mu_stay_as_typed_and_are_told_apart_in_a_diff():
    assert normalise("5 µg") == "5 µg"
    assert normalise("5 μg") == "5 μg"
    assert show_hidden("5 µg") != show_hidden("5 μg")
    assert "micro sign" in show_hidden("5 µg")


def test_minus_and_hyphen_are_told_apart_in_a_diff():
    assert "minus sign (U+2212)" in show_hidden("−5")
    assert show_hidden("-5") == "-5"


def test_ordinary_words_of_other_alphabets_are_not_littered_with_names():
    assert show_hidden("Возьмите 5 мг воды") == "Возьмите 5 мг воды"
    assert show_hidden("β-thalassaemia, naïve") == "β-thalassaemia, naïve"


def test_towers_of_marks_are_refused_before_they_cost_time():
    with pytest.raises(TextError, match="too many marks"):
        normalise("a" + "\u0301\u0323" * 50_000)


def test_a_mark_without_a_letter_is_refused():
    with pytest.raises(TextError, match="no letter"):
        normalise("\u0338 mg")


def test_the_sentence_tells_where_the_character_stands():
    with pytest.raises(TextError, match=r"Character 9, after “Take 5.0”, is right-to-left override"):
        normalise("Take 5.0\u202e mg")


# --- inline HTML ---


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<b>a</b> <i>b</i>", "<strong>a</strong> <em>b</em>"),
        ("10<sup>5</sup> H<sub>2</sub>O", "10<sup>5</sup> H<sub>2</sub>O"),
        ('<abbr title="gene therapy">GT</abbr>', '<abbr title="gene therapy">GT</abbr>'),
        ('<span lang="la">in vivo</span>', '<span lang="la">in vivo</span>'),
        ('<span style="color:red">x</span>', "x"),
        ("<abbr>x</abbr> <a>y</a>", "x y"),
        ('a<cite data-uid="c1">text</cite>b', 'a<cite data-uid="c1"></cite>textb'),
        ("a<cite>text</cite>b", "atextb"),
        ('a<cite data-uid="C1!"></cite>b', "ab"),
        ("one<br/>two<br>three", "one<br>two<br>three"),
        ("<p>5</p><p>0 mg</p>", "5 0 mg"),
        ("<ul><li>one<li>two</ul>", "one two"),
        ("<table><tr><td>1<td>2</table>", "1 2"),
        ("  a \n\t b  ", "a b"),
        ("a&nbsp;b", "a\u00a0b"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("<!-- hidden -->seen", "seen"),
        ("<script>alert(1)</script>seen<style>p{}</style>", "seen"),
        ("<em>a", "<em>a</em>"),
        ('<a href="/about/?a=1&b=2">x</a>', '<a href="/about/?a=1&amp;b=2">x</a>'),
        ('<a href="HTTPS://example.org/A">x</a>', '<a href="https://example.org/A">x</a>'),
        (
            '<a href="https://e.org" onclick="x()" target="_blank" rel="me" style="x">y</a>',
            '<a href="https://e.org">y</a>',
        ),
    ],
)
def test_inline_html_is_reduced_to_the_subset(html, cleaned):
    assert clean_inline(html) == cleaned
    assert clean_inline(cleaned) == cleaned


HOSTILE_ADDRESSES = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:x"),
    *(
        "\x01javascript:x",
        "javascript\x00:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "ftp://x",
    ),
    *(
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:\\\\evil.example",
        "https:/evil.example",
        "https:evil",
    ),
    *(
        "/\t/evil.example",
        "/\n/evil.example",
        "https://bank.example@evil.example",
        "https://",
        "http:///x",
        "///evil.example",
    ),
    *(
        "https://e\u200bvil.example",
        "https://evil.example/\u202egpj",
        "mailto:",
        "mailto:nobody",
        "tel:",
        "tel:abc",
        "tel:5;x",
    ),
    *(
        "feed:javascript:x",
        "view-source:x",
        "about:blank",
        "x",
        "../x",
        "?x",
        "#x",
        "",
        "https://e.org/a b",
        'https://e.org/"x',
    ),
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_hostile_addresses_are_no_links(address):
    assert safe_address(address) is None
    assert "href" not in clean_inline(f'<a href="{address}">x</a>') or '"' in address


@pytest.mark.parametrize(
    "address",
    ["/", "/articles/x/", "https://doi.org/10.1/x", "http://e.org:8080/?q=1#top", "mailto:a@b.org", "tel:+41123456789"],
)
def test_ordinary_addresses_are_kept(address):
    assert safe_address(address) == address


@pytest.mark.parametrize(
    "tag", ["svg", "math", "style", "noscript", "template", "script", "iframe", "textarea", "title", "xmp"]
)
def test_tags_that_change_how_html_is_read_are_never_kept(tag):
    assert tag not in TAGS
    assert f"<{tag}" not in clean_inline(f"a<{tag}><em title='</{tag}><img src=x onerror=y>'>b</{tag}>")


def test_hidden_characters_are_refused_behind_entities_and_across_tags():
    for html in ("5&#x202e;0", "5&#8203;0", "p<em>а</em>in", "&shy;x", "<abbr title='a&#x200b;'>x</abbr>"):
        with pytest.raises(TextError):
            clean_inline(html)


def test_a_mark_cannot_melt_into_the_tag_before_it():
    with pytest.raises(TextError):
        clean_inline("<em>\u0338x</em>")


HTML_WORDS = """< > </ & &lt; &amp; &#60; &nbsp; " ' = / <em> </em> <strong> <a href= href=/x javascript: <sup> </sup>
<cite data-uid=c1 <br <br> <p> </p> <table> <td> <li> <svg> <math> <style> <!-- --> <![CDATA[ ]]> <span lang=la> <b> <i>
<template> <select> <abbr title=x> x 5 é ́ ̸ <title> <plaintext> <script> </script> word"""
HTML_PARTS = st.lists(st.sampled_from([*HTML_WORDS.split(), " ", "\n", "\u00a0"]), max_size=30).map("".join)


@settings(max_examples=400, deadline=None)
@given(HTML_PARTS)
def test_cleaning_twice_is_cleaning_once(html):
    try:
        cleaned = clean_inline(html)
    except TextError:
        return
    assert clean_inline(cleaned) == cleaned
    assert unicodedata.normalize("NFC", cleaned) == cleaned
    normalise(plain(cleaned), multiline=True)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text):
    try:
        once = normalise(text, multiline=True)
    except TextError:
        return
    assert normalise(once, multiline=True) == once


# --- words, plain text, addresses ---


def test_plain_text_keeps_superscripts_apart_from_the_number_before():
    assert plain("10<sup>5</sup> cells, 10<sup>-3</sup>") == "10⁵ cells, 10⁻³"
    assert plain('1<sup>st</sup> H<sub>2</sub>O<br>next<cite data-uid="c1"></cite>') == "1st H2O next"
    assert plain("a &lt; b &amp; c") == "a < b & c"


def test_words_come_without_their_punctuation():
    assert words("Take 5.0 mg (daily), it’s “well-known” … 50%.") == [
        "Take", "5.0", "mg", "daily", "it’s", "well-known", "50%",
    ]  # fmt: skip
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert word_core("(…)") in ((3, 3), (0, 0))


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("What Is Gene Therapy?", "what-is-gene-therapy"),
        ("β-Thalassämie & Sjögren’s", "beta-thalassamie-sjogrens"),
        ("Łódź / Straße", "lodz-strasse"),
        ("遺伝子", ""),
        ("", ""),
        ("a" * 200, "a" * 80),
        ("word " * 40, "-".join(["word"] * 16)),
    ],
)
def test_slugs_are_plain_ascii(text, slug):
    assert slugify_ascii(text) == slug


def outcome(html):
    try:
        return clean_inline(html)
    except TextError:
        return TextError


TORN = ["&", "&amp", "&#6", "5;", "&notit;", "lt;", ">", "\u00a0", "°", "dose", "\r\n", "\x00", "\ufeff"]


@given(st.lists(st.sampled_from(TORN), min_size=1))
def test_a_long_text_without_a_tag_is_read_like_one_behind_a_tag(pieces):
    text = "x" + "".join(pieces) * (2_500 // len("".join(pieces)))
    assert outcome(f"<em>x</em>{text}") in (TextError, f"<em>x</em>{outcome(text)}")
    assert (outcome(text) is TextError) == (outcome(f"<em>x</em>{text}") is TextError)


@pytest.mark.parametrize("sign", ["&", "&#", "&lt;", ">", "\u00a0", "a\u00a0"])
def test_a_long_text_without_a_tag_is_cleaned_part_by_part(sign):
    """What cleans it takes quadratic time for a text full of signs that it escapes."""
    with mock.patch.object(nh3, "clean", wraps=nh3.clean) as cleaning:
        clean_inline(sign * 50_000)
    assert max(len(call.args[0]) for call in cleaning.call_args_list) < 1_100


def test_a_statement_that_no_reader_would_end_is_refused():
    assert clean_inline("x" * 200_000)
    with pytest.raises(TextError, match="at most 200,000 characters"):
        clean_inline("<br>" + "\u00a0" * 200_000)


def test_long_hostile_text_is_read_in_reasonable_time():
    # A generous bound on 100,000 characters each: super-linear code takes minutes here.
    for piece in (
        "<em>",
        "&lt;",
        "<a href=",
        "((((",
        "a\u0301",
        "5.",
        ". ",
        "а",
        "&",
        '<cite data-uid="c1">',
        "\u00a0",
    ):
        text = (piece * 100_000)[:100_000]
        for read in (clean_inline, plain, words, slugify_ascii, show_hidden, normalise):
            try:
                read(text)
            except TextError:
                continue
