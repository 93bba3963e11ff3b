"""NLM, AMA 11 and APA 7 against an independent implementation: citeproc-js with the official CSL styles.

`data/citeproc/README.md` tells how the fixtures were made. Each difference is an entry of `differences.json`: what
citeproc-js wrote, what we write, and the rule of the style's own manual that it goes by.
"""

import html
import json
import re
from pathlib import Path

import pytest

from references.csl import KEYS, TYPES
from references.formatting import STYLES, format_reference

DATA = Path(__file__).parent / "data" / "citeproc"
MANUALS = {"nlm": ("Citing Medicine, chapter ", "NLM, Samples of Formatted References"),
           "ama": ("AMA 11, 3.", "AMA 11, 14."), "apa": ("APA 7, ",)}  # fmt: skip


def read(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


ITEMS = {entry["item"]["id"]: entry for entry in read("items.json")}
CITEPROC = read("citeproc.json")
REASONS, DIFFERENCES = read("differences.json").values()


def theirs(style, name):
    """What citeproc-js wrote, without its frame and the number of the list; upright inside italic as we mark it."""
    written = re.sub(r'<div class="csl-left-margin">.*?</div>|</?div[^>]*>', "", CITEPROC[style][name])
    upright = re.sub(r'<span style="font-style:normal;">(.*?)</span>', r"</i>\1<i>", written)
    return html.unescape(without_empty_italics(" ".join(upright.split())))


def ours(style, name):
    entry = ITEMS[name]
    shown = format_reference(entry["item"], style, entry["accessed"])
    return html.unescape(without_empty_italics(re.sub(r"</?(?:a|bdi)\b[^>]*>", "", shown.html)))


def without_empty_italics(written):
    return written.replace("<i></i>", "").replace("</i><i>", "")


def faults(style, name, expected, shown, differences):
    """What is wrong with the explanations of one reference in one style; nothing when they are complete and true."""
    for difference in differences:
        before, after = difference["citeproc"], difference["ours"]
        if before == after or expected.count(before) != 1:
            return [f"{name} in {style}: “{before}” → “{after}” explains nothing (any more)"]
        if not REASONS[difference["because"]].startswith(MANUALS[style]):
            return [f"{name} in {style}: {difference['because']} names no rule of the manual"]
        expected = expected.replace(before, after)
    return [] if expected == shown else [f"{name} in {style}:\n  expected {expected}\n  shown    {shown}"]


@pytest.mark.parametrize("style", STYLES)
def test_every_reference_reads_as_citeproc_writes_it_or_as_the_manual_explains(style):
    found = [
        fault
        for name in ITEMS
        for fault in faults(
            style, name, theirs(style, name), ours(style, name), DIFFERENCES.get(name, {}).get(style, [])
        )
    ]
    assert not found, "\n".join(found)


def test_the_fixtures_cover_every_type_of_source_and_every_field():
    assert len(ITEMS) >= 60
    assert {(entry["item"]["type"], entry["item"].get("genre", "")) for entry in ITEMS.values()} == set(TYPES)
    assert set().union(*(entry["item"] for entry in ITEMS.values())) >= KEYS - {"ISBN", "ISSN", "note"}
    assert all(CITEPROC[style].keys() == ITEMS.keys() for style in STYLES)


def test_every_explanation_is_used_and_belongs_to_a_fixture():
    used = {each["because"] for styles in DIFFERENCES.values() for listed in styles.values() for each in listed}
    assert used == set(REASONS)
    assert DIFFERENCES.keys() <= ITEMS.keys()
    assert all(styles.keys() <= STYLES.keys() and all(styles.values()) for styles in DIFFERENCES.values())


SHOWN = "Roe A. Genes. Press; 2005."


@pytest.mark.parametrize(
    ("expected", "differences"),
    [
        ("Roe A. Genes. Press; 2004.", []),
        (SHOWN, [("2004", "2005", "nlm-doi")]),
        (SHOWN, [("2005", "2005", "nlm-doi")]),
        ("Roe A. Genes. Press; 2004.", [("2004", "2006", "nlm-doi")]),
        ("Roe A. Genes. Press; 2004.", [("2004", "2005", "ama-law")]),
        ("Roe A. Genes. Press; 2004 2004.", [("2004", "2005", "nlm-doi")]),
    ],
)
def test_a_difference_unexplained_vanished_or_explained_by_another_manual_is_found(expected, differences):
    listed = [dict(zip(("citeproc", "ours", "because"), each, strict=True)) for each in differences]
    assert faults("nlm", "book", expected, SHOWN, listed)


@pytest.mark.parametrize("style", STYLES)
def test_text_says_what_html_says_for_every_fixture(style):
    raised = str.maketrans("₂²⁺", "22+")
    for name, entry in ITEMS.items():
        shown = format_reference(entry["item"], style, entry["accessed"])
        assert re.sub(r"</?(?:i|sub|sup)>", "", ours(style, name)) == shown.text.translate(raised)


@pytest.mark.parametrize("style", STYLES)
def test_titles_keep_their_capitals(style):
    for title in ("mRNA and p53 in SMA", "Handbook of gene therapy", "THE GENE"):
        for kind in ("book", "article-journal", "webpage", "report"):
            assert title in format_reference({"type": kind, "title": title}, style).text


@pytest.mark.parametrize("style", STYLES)
def test_an_unknown_type_from_an_old_edition_is_still_shown(style):
    assert "raper2003" in format_reference({"id": "x", "type": "document", "title": "raper2003"}, style).text


def test_addresses_and_dois_are_links_without_a_stop_after_them():
    page = ITEMS["site-part-author"]
    for style in STYLES:
        assert format_reference(page["item"], style, page["accessed"]).text.endswith("/linking")
    article = ITEMS["journal-eight-authors"]["item"]
    assert format_reference(article, "ama").text.endswith(" doi:10.1016/j.ymgme.2003.08.016")
    assert format_reference(article, "apa").text.endswith(" https://doi.org/10.1016/j.ymgme.2003.08.016")
    for style in STYLES:
        assert 'href="https://doi.org/10.1016/j.ymgme.2003.08.016"' in format_reference(article, style).html
