"""Real old pages, where somebody has them: every sentence a reader saw arrives, in order, as what it was.

The pages belong to others and are not part of this project; the test looks for them beside it.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from articles.importing.page import ImportedPage
from articles.importing.parsing import parse
from articles.text import plain

FOLDER = Path(__file__).parent.parent.parent / "shared" / "inputs"
PAGES = sorted(path for path in FOLDER.glob("*") if path.suffix in (".txt", ".html"))

if not PAGES:
    pytest.skip(f"no old pages in {FOLDER}: their texts are not compared", allow_module_level=True)


def letters(text: str) -> str:
    """Only what a reader reads: letters, digits and sentence signs, without list marks and white space."""
    return re.sub(r"[\s•]+|(?<!\w)-(?!\w)|[=-]{3,}", "", text)


def body(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        reader = _Visible()
        reader.feed(text)
        return reader.text
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.unseen = False

    def handle_starttag(self, tag, attrs):
        self.unseen = tag in ("title", "style", "script")

    def handle_endtag(self, tag):
        self.unseen = False
        self.text += "\n"

    def handle_data(self, data):
        self.text += "" if self.unseen else data


def parts(page: ImportedPage) -> list[tuple[str, str]]:
    """(kind, words) of title, headings and statements, in order."""
    found = [("title", page.snapshot["title"]), ("subtitle", page.snapshot["subtitle"])]
    for section in page.snapshot["sections"]:
        found.append(("heading", section["heading"]))
        found += [(block["kind"], plain(block["html"])) for block in section["blocks"]]
    return [(kind, words) for kind, words in found if words]


def read(path: Path) -> ImportedPage:
    return parse(path.name, path.read_bytes())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_word_is_in_the_draft_in_order_or_in_the_report(path):
    page = read(path)
    rest = letters(body(path))
    for kind, words in parts(page):
        wanted = letters(words)
        assert wanted in rest, (kind, words)
        before, rest = rest.split(wanted, 1)
        assert_reported(before, page)
    assert_reported(rest, page)


def assert_reported(left_out: str, page: ImportedPage) -> None:
    """Words between two parts must be furniture that the report quotes."""
    entries = [*page.report.recognised, *page.report.kept, *page.report.dropped]
    quoted = {letters(words) for entry in entries for words in (entry.text, *entry.text.split(" > "))}
    for words in sorted(quoted - {""}, key=len, reverse=True):
        left_out = left_out.replace(words, "")
    assert not re.sub(r"\d{1,2}\.", "", left_out), left_out


@pytest.mark.parametrize("path", [path for path in PAGES if path.suffix == ".txt"], ids=lambda path: path.name)
def test_every_bullet_line_is_a_bullet_and_nothing_else_is_one_without_saying_so(path):
    page = read(path)
    bullets = [words for kind, words in parts(page) if kind == "bullet"]
    marked = re.findall(r"^\s*[•-] +(\S.*)$", body(path), flags=re.MULTILINE)
    hollow = re.findall(r"^-\n\n(\S.*)$", body(path), flags=re.MULTILINE)
    doubted = "".join(entry.text for entry in page.report.uncertain if "bullets" in entry.sentence)
    for words in [*marked, *hollow]:
        assert letters(words) in [letters(bullet) for bullet in bullets]
    extra = [bullet for bullet in bullets if letters(bullet) not in {letters(words) for words in [*marked, *hollow]}]
    assert all(bullet in re.sub(r"\s+", " ", doubted) for bullet in extra)


@pytest.mark.parametrize("path", [path for path in PAGES if path.suffix == ".txt"], ids=lambda path: path.name)
def test_underlined_lines_are_headings(path):
    underlined = re.findall(r"^(\S.*)\n(?:-{3,}|={3,})$", body(path), flags=re.MULTILINE)
    headings = [words for kind, words in parts(read(path)) if kind in ("title", "heading")]
    assert [words for words in headings if words in underlined] == underlined


@pytest.mark.parametrize("path", [path for path in PAGES if path.suffix == ".html"], ids=lambda path: path.name)
def test_html_headings_and_list_items_stay_what_they_were(path):
    text = path.read_text(encoding="utf-8")
    found = parts(read(path))
    for tag, kind in (("h2", "heading"), ("h3", "subheading"), ("li", "bullet"), ("p", "paragraph")):
        assert sum(1 for each, _ in found if each == kind) == len(re.findall(f"<{tag}>", text))


def test_the_page_of_2014_has_its_title_dates_sources_and_notes():
    path = next((path for path in PAGES if "2014" in path.name), None)
    if path is None:
        pytest.skip("the page of 2014 is not there")
    page = read(path)
    assert page.snapshot["title"] == "What Is Gene Therapy?"
    assert page.dates == {"updated": "2014-06-21"}
    assert page.topic_path[-1] == "Genetic Disorders"
    assert [reference.accessed for reference in page.references] == ["2008-02-22", "2008-02-22", "2008-03-06"]
    assert len([words for kind, words in parts(page) if kind == "bullet"]) == 15
    kept = " ".join(entry.text for entry in page.report.kept)
    assert "verify here" in kept
    assert "All rights reserved" in kept
