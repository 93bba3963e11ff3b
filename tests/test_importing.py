"""Old pages become drafts: what is text arrives, what is not is reported, what cannot be read is refused."""

import json
import re
from pathlib import Path

import pytest

from articles.importing.page import ImportedPage, ImportRefused
from articles.importing.parsing import parse

PAGES = Path(__file__).parent / "data" / "import"


def read(name: str) -> ImportedPage:
    return parse(name, (PAGES / name).read_bytes())


def text_page(text: str, name: str = "page.txt") -> ImportedPage:
    return parse(name, text.encode())


def outline(page: ImportedPage) -> list[str]:
    """The page in one line per part: "## heading", "paragraph words", "  bullet words"."""
    lines = []
    for section in page.snapshot["sections"]:
        lines.append(f"## {section['heading']}".strip())
        for block in section["blocks"]:
            lines.append("  " * block["level"] + f"{block['kind']} {block['html']}")
    return lines


def sentences(page: ImportedPage, sort: str) -> list[str]:
    return [entry.sentence for entry in getattr(page.report, sort)]


def words_of(page: ImportedPage, sort: str) -> str:
    return "\n".join(entry.text for entry in getattr(page.report, sort))


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(ImportRefused) as refused:
        parse(name, data)
    return str(refused.value)


# --- a page of 2012 in plain text ---------------------------------------------------------------------------------


def test_title_subtitle_date_and_breadcrumb_are_recognised():
    page = read("old-page.txt")
    assert page.snapshot["title"] == "What Is a Sleep Diary?"
    assert page.snapshot["subtitle"] == "Writing down how you rest"
    assert page.snapshot["slug"] == "what-is-a-sleep-diary"
    assert page.dates == {"updated": "2012-03-03"}
    assert page.topic_path == ["Example.org", "Wellbeing", "Sleep", "Sleep A - Z", "Sleep: D", "Diaries"]


def test_short_lines_and_questions_become_headings_and_bullets_stay_bullets():
    lines = outline(read("old-page.txt"))
    assert [line for line in lines if line.startswith("##")] == [
        "##",
        "## How is a sleep diary kept?",
        "## Limits of a sleep diary",
    ]
    assert lines[2:5] == [
        "bullet show how long it takes to fall asleep (sleep latency)",
        "bullet find habits that disturb the night",
        "bullet see what changed after a new routine",
    ]
    assert "paragraph Some people also write down:" in lines
    assert lines[-1].startswith("paragraph No diary replaces a talk with a doctor.")


def test_sources_with_quoted_titles_are_taken_apart():
    first, second, third = read("old-page.txt").references
    assert first.csl == {
        "id": "rest2009",
        "type": "webpage",
        "title": "Sleep Diaries",
        "container-title": "Open Rest Library",
        "publisher": "The Rest Programme of the U.K. Office of Slow Mornings",
        "issued": {"date-parts": [[2009, 1, 5]]},
    }
    assert first.accessed == "2011-02-12"
    assert second.csl["author"] == [{"family": "Marlowe-Finch", "given": "Adela"}]
    assert second.csl["issued"] == {"date-parts": [[2008, 5]]}
    assert third.accessed == "2011-03-06"


def test_sources_are_cited_by_the_whole_article_with_their_access_dates():
    citations = read("old-page.txt").snapshot["citations"]
    assert [(each["key"], each["block"], each["accessed"]) for each in citations] == [
        ("marlowe2008", None, "2011-02-12"),
        ("rest2009", None, "2011-02-12"),
        ("rest2010", None, "2011-03-06"),
    ]


def test_copyright_and_seal_are_notes_and_never_text():
    page = read("old-page.txt")
    assert "©2012 Example.org. All rights reserved." in words_of(page, "kept")
    assert "We comply with the HONcode standard for trustworthy health information" in words_of(page, "kept")
    assert not any("HONcode" in line or "©" in line for line in outline(page))


def test_navigation_is_dropped_and_reported():
    page = read("old-page.txt")
    assert "Email This Page to a Friend" in words_of(page, "dropped")
    assert not any("Friend" in line for line in outline(page))


def test_every_entry_of_a_report_has_a_sentence_and_its_line():
    page = read("old-page.txt")
    title = next(entry for entry in page.report.recognised if entry.sentence.startswith("Title"))
    assert title.line == 4
    for sort in ("recognised", "kept", "dropped", "uncertain"):
        assert all(entry.sentence.endswith((".", "”.")) for entry in getattr(page.report, sort))


# --- underlined headings, front matter, odd lists ------------------------------------------------------------------


def test_front_matter_and_underlined_headings_are_read():
    page = read("underlined.txt")
    assert page.snapshot["title"] == "quiet knee syndrome"
    assert page.snapshot["also_called"] == ["Silent Knee Disease", "Still Knee"]
    assert page.snapshot["codes"] == [{"system": "omim", "code": "000001", "relation": "exact"}]
    assert "Example Library of Knees" in words_of(page, "kept")
    assert [section["heading"] for section in page.snapshot["sections"]] == [
        "What is quiet knee syndrome?",
        "How is it found?",
        "What can be done?",
    ]
    assert "subheading Key Points" in outline(page)


def test_a_bullet_without_words_takes_the_paragraph_below_it():
    lines = outline(read("underlined.txt"))
    start = lines.index("bullet Knock test : A doctor knocks and waits.")
    assert lines[start : start + 5] == [
        "bullet Knock test : A doctor knocks and waits.",
        "bullet Hum count (HC): A doctor hums and counts the following:",
        "  bullet The number of hums.",
        "  bullet The number of echoes.",
        "bullet Long look: A doctor looks for a long time.",
    ]


def test_a_list_that_lost_its_line_breaks_is_split_and_doubted():
    page = read("underlined.txt")
    lines = outline(page)
    start = lines.index("paragraph These people can help:")
    assert lines[start + 1 : start + 4] == [
        "bullet Nobody's First Knee",
        "bullet Knee Review: A Long Overview",
        "bullet Quiet Care",
    ]
    assert "A list inside a paragraph was split into bullets." in sentences(page, "uncertain")


def test_short_lines_below_a_colon_are_a_list_and_a_last_one_is_no_heading():
    lines = outline(read("underlined.txt"))
    start = lines.index("paragraph Options include:")
    assert lines[start + 1 : start + 4] == ["bullet Waiting", "bullet Walking slowly", "bullet Reading"]
    assert lines[-1] == "paragraph See also"


def test_wrapped_lines_are_joined_and_new_thoughts_are_not():
    page = text_page(
        "Sleep\n\nA person who does not sleep enough is tired on the next day and\n"
        "cannot think as fast as somebody who slept, whatever they say about\nit.\n"
        "- a bullet that is so long that it needs a second line to say\n  what it wants to say\n- another\n"
    )
    assert outline(page)[1:] == [
        "paragraph A person who does not sleep enough is tired on the next day and cannot think as fast as "
        "somebody who slept, whatever they say about it.",
        "bullet a bullet that is so long that it needs a second line to say what it wants to say",
        "bullet another",
    ]


def test_lists_nest_by_indentation_and_keep_their_numbers_kind():
    page = text_page("Title\n\nText here.\n\n1. one\n   - inner\n      * deeper\n2) two\n(3) three\n")
    assert outline(page)[2:] == [
        "numbered one",
        "  bullet inner",
        "    bullet deeper",
        "numbered two",
        "numbered three",
    ]


def test_markup_in_plain_text_is_text():
    page = text_page("Title\n\nIf x <b> y & z then <script>alert(1)</script>.\n")
    assert outline(page)[1] == "paragraph If x &lt;b&gt; y &amp; z then &lt;script&gt;alert(1)&lt;/script&gt;."


@pytest.mark.parametrize(
    ("line", "kind", "date"),
    [
        ("Last reviewed: May 2010", "reviewed", "2010-05"),
        ("Updated: 06/21/2014", "updated", "2014-06-21"),
        ("Medically reviewed by Jane Example, MD on 3 June 2011", "reviewed", "2011-06-03"),
        ("Page last updated 2013-09-01", "updated", "2013-09-01"),
        ("Published on Sept. 5, 2009", "published", "2009-09-05"),
    ],
)
def test_lines_that_state_a_date_are_recognised(line, kind, date):
    page = text_page(f"Title\n\n{line}\n\nSome text follows here.\n")
    assert page.dates == {kind: date}
    assert len(outline(page)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "Updated vaccines in 2015 protect better than the old ones.",
        "Reviewed studies from 2010 were small.",
        "Copyright law does not heal.",
        "Share your worries with a doctor.",
        "Print is not dead.",
        "Reviewed 2010 by experts who found nothing new.",
        "By the year 2000 most children were vaccinated.",
    ],
)
def test_sentences_that_begin_like_furniture_stay_text(line):
    assert f"paragraph {line}" in outline(text_page(f"Title\n\nFirst a paragraph.\n\n{line}\n\nLast words.\n"))


def test_an_ambiguous_day_keeps_only_the_year():
    assert text_page("Title\n\nUpdated 3/4/2008\n\nText.\n").dates == {"updated": "2008"}


def test_a_wrapped_page_with_capital_headings_and_columns_is_read():
    page = read("cold-feet.txt")
    assert page.snapshot["title"] == "LIVING WITH COLD FEET"
    assert page.dates == {"reviewed": "2011-05-03", "updated": "2011-05-05"}
    assert page.topic_path == ["Home", "Wellbeing", "Feet"]
    lines = [re.sub("<cite.*?</cite>", "[cited]", line) for line in outline(page)]
    assert lines == [
        "##",
        "paragraph Cold feet are common in winter. In this page we say what a person can do, and when to see a "
        "doctor. About 1 in 20 people in one village have Example's sign, first described in 1862 by an invented "
        "doctor[cited].",
        "## WHAT HELPS",
        "paragraph Some advise:",
        "bullet Wear socks.",
        "bullet Keep moving. This includes walking, dancing and, for people who can, running.",
        "  bullet Start slowly.",
        "  bullet Stop if it hurts.",
        "bullet Take a warm bath only if it is not too well-liked.",
        "paragraph Water: 36.5 - 37.5 degrees",
        "paragraph Air: - 5 to - 10 degrees",
        "## Signs",
        "paragraph The first sign is a change of colour in the toes, which turn white, then blue, then red.",
        "table ",
        "## Q: Is it dangerous?",
        "paragraph A: Rarely.",
        "paragraph Related pages:",
        "paragraph Warm hands",
    ]
    assert [each.csl["id"] for each in page.references] == ["example2010", "institutend"]
    assert page.references[0].csl["author"] == [{"family": "Example", "given": "A"}, {"family": "Sample", "given": "B"}]
    assert "By Jane Example, MD" in words_of(page, "kept")
    assert "Print | Email | Share" in words_of(page, "dropped")


def test_columns_of_numbers_become_a_table_and_are_doubted():
    page = read("cold-feet.txt")
    table = next(b for s in page.snapshot["sections"] for b in s["blocks"] if b["kind"] == "table")
    assert table["data"]["header"] == ["Age", "Socks"]
    assert table["data"]["rows"] == [["1-5", "2 pairs"], ["6-12", "4 pairs"]]
    assert any("columns" in sentence for sentence in sentences(page, "uncertain"))


def test_a_dash_before_a_number_is_doubted_because_it_may_be_a_minus():
    page = text_page("Title\n\nTemperatures here:\n\n- 5 degrees\n- 10 degrees\n")
    assert any("minus" in sentence for sentence in sentences(page, "uncertain"))


# --- HTML ----------------------------------------------------------------------------------------------------------


def test_a_web_page_arrives_with_headings_lists_and_marks():
    page = read("page.html")
    assert page.snapshot["title"] == "Blue Hands"
    assert page.snapshot["subtitle"] == "When fingers lose their colour"
    assert page.snapshot["language"] == "en-GB"
    assert page.dates == {"reviewed": "2015-05-04"}
    assert page.topic_path == ["Home", "Hands", "Blue Hands"]
    assert outline(page) == [
        "##",
        "paragraph Cold makes vessels <strong>narrow</strong>; about 10<sup>5</sup> people notice it, and "
        'H<sub>2</sub>O is not to blame. See <a href="https://example.org/cold?a=1&amp;b=2">a page about cold</a>, '
        "a local page or an odd one.",
        "## Signs",
        "subheading In the cold",
        "bullet White fingers",
        "  bullet first the tips",
        "  bullet then the palm",
        "    numbered left",
        "    numbered right",
        "bullet Blue fingers<br>These warm up slowly.",
        "subheading At home",
        "paragraph Warm water, never hot.",
        "table ",
        "paragraph Vessel",
        "paragraph A tube for blood.",
        "paragraph Hands are the weather station of the body.",
        "paragraph Wear gloves of size 10.",
    ]


def test_a_table_becomes_a_table():
    table = next(b for s in read("page.html").snapshot["sections"] for b in s["blocks"] if b["kind"] == "table")
    assert table["data"] == {
        "caption": "How long it takes",
        "header": ["Water", "Minutes"],
        "rows": [["cool", "10"], ["warm", "5 <em>or less</em>"]],
    }


@pytest.mark.parametrize(
    "words",
    ["never shown", "Nobody sees this.", "made by a machine", "Menu of everything", "12", "Subscribe"],
)
def test_what_readers_did_not_see_is_dropped_and_reported(words):
    page = read("page.html")
    assert words in words_of(page, "dropped")
    assert words not in "\n".join(outline(page))


def test_a_picture_is_not_fetched_but_its_description_is_told():
    assert any("A blue hand" in sentence for sentence in sentences(read("page.html"), "dropped"))


def test_sources_of_three_styles_are_taken_apart():
    vancouver, ama, apa = read("page.html").references
    assert vancouver.csl == {
        "id": "marlowe2003",
        "type": "article-journal",
        "author": [
            {"family": "Marlowe", "given": "A"},
            {"family": "Finch", "given": "B"},
            {"family": "Grey", "given": "CD"},
        ],
        "title": "Cold hands in warm rooms",
        "container-title": "J Example Hands",
        "issued": {"date-parts": [[2003]]},
        "volume": "80",
        "issue": "1-2",
        "page": "148-58",
        "DOI": "10.5555/hands.2003.16",
        "PMID": "99999999",
    }
    assert (ama.csl["title"], ama.csl["author"], ama.csl["URL"], ama.accessed) == (
        "Gloves for all",
        [{"literal": "Example Glove Society"}],
        "https://example.org/gloves",
        "2015-06-01",
    )
    assert (apa.csl["title"], apa.csl["container-title"], apa.csl["issued"], apa.accessed) == (
        "Colours of skin",
        "Journal of Shades",
        {"date-parts": [[2010]]},
        "2011-06-03",
    )


def test_a_page_laid_out_in_tables_and_line_breaks_is_read_as_text():
    page = read("layout.html")
    assert page.snapshot["title"] == "Tea and Rest"
    assert outline(page) == [
        "##",
        "paragraph Tea is a drink. Some people rest with it.",
        "paragraph Tea may help to:",
        "bullet sit down",
        "bullet be quiet",
        "paragraph It is never a medicine: 10<sup>6</sup> leaves prove nothing.",
    ]


def test_a_page_of_the_last_century_is_read_without_its_menu():
    page = read("capitals.htm")
    assert page.snapshot["title"] == "Pillows"
    assert outline(page) == [
        "##",
        "paragraph A pillow is a soft bag.",
        "## Kinds",
        "paragraph Round ones.<br>Square ones.",
        "## Care",
        "paragraph Air it. Wash below 40\u00a0°C; weight &lt; 1 kg.",
        "numbered Third",
        "numbered Fourth",
    ]
    assert "Home | Nights" in words_of(page, "dropped")
    assert "Beds" in words_of(page, "dropped")


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "<a href='java\tscript:alert(1)'>words</a>",
        "<svg><script>alert(1)</script></svg>",
        "<a href='data:text/html,x'>words</a>",
        "<iframe src='file:///etc/passwd'></iframe>",
        "<xi:include href='file:///etc/passwd'/>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_of_a_hostile_page_runs(hostile):
    page = parse("x.html", f"<h1>T</h1><p>Words. {hostile}</p>".encode())
    text = "\n".join(outline(page))
    assert "<script" not in text
    assert "href=" not in text
    assert "<img" not in text
    assert "root:" not in text


def test_entities_of_the_pages_own_are_refused():
    bomb = b"<!DOCTYPE html [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><p>&c;</p>"
    assert "its own entities" in refusal("x.html", bomb)


def test_reference_marks_are_bound_to_their_sources():
    page = parse(
        "x.html",
        b"<h1>T</h1><p>One<sup><a href='#r1'>1</a></sup> and both [1, 2]. Ten is 10<sup>2</sup>, [9] stays.</p>"
        b"<h2>References</h2><ol><li id=r1>Finch B. Nights. J Rest. 2003;80(1):1-2.</li>"
        b"<li>Grey C. Days. J Rest. 2004;81(1):3-4.</li><li>Moor A. Noon. J Rest. 2005;82(1):5.</li></ol>",
    )
    block = page.snapshot["sections"][0]["blocks"][0]
    one, two, three, whole = page.snapshot["citations"]
    assert [each["key"] for each in (one, two, three, whole)] == ["finch2003", "finch2003", "grey2004", "moor2005"]
    assert [each["block"] for each in (one, two, three, whole)] == [block["uid"]] * 3 + [None]
    mark = '<cite data-uid="{}"></cite>'.format
    assert block["html"] == (
        f"One{mark(one['uid'])} and both{mark(two['uid'])}{mark(three['uid'])}. Ten is 10<sup>2</sup>, [9] stays."
    )


def test_a_long_address_does_not_unwrap_a_wrapped_page():
    line = "Words that go on and on until the line is full and then a few more\n"
    page = text_page(
        "Title\n\n" + line.replace("Words", "They") + line.lower() * 4 + "end here.\n\nhttp://" + "x" * 150
    )
    assert len(outline(page)) == 3


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "", "0"])
def test_numbers_in_attributes_that_are_none_do_no_harm(number):
    page = f'<h1>T</h1><table><tr><th colspan="{number}">a</th><td rowspan="{number}">b</td></tr></table>'
    assert parse("x.html", page.encode()).snapshot["title"] == "T"
    assert parse("x.md", f'# T\n\n<p data-line="{number}">words</p>\n'.encode()).snapshot["title"] == "T"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<table>" + "<tr><th>a</th><td>b</td></tr>" * 1500 + "</table>", "more than 2,000 cells"),
        ("<p>x</p><h2>Sources</h2><ul>" + "<li>A. B. C. 2001.</li>" * 501 + "</ul>", "the limit is 500"),
    ],
)
def test_what_no_editor_could_check_is_refused(page, words):
    assert words in refusal("x.html", f"<h1>T</h1><p>Words.</p>{page}".encode())


# --- Markdown ------------------------------------------------------------------------------------------------------


def test_markdown_arrives_with_its_lines():
    page = read("notes.md")
    assert page.snapshot["title"] == "Walking after lunch"
    assert page.snapshot["kind"] == "explainer"
    assert page.snapshot["also_called"] == ["Postprandial walking"]
    assert page.dates == {"updated": "2016-07-08"}
    assert outline(page) == [
        "##",
        "paragraph A <em>short</em> walk is <strong>pleasant</strong>. "
        'See <a href="https://example.org/map">the map</a>.',
        "## What to bring",
        "numbered Shoes",
        "numbered A friend",
        "  bullet or a dog",
        "  bullet or a cat",
        "table ",
        "paragraph Walk as if nobody timed you.",
    ]
    assert page.references[0].accessed == "2016-04-09"
    title = next(entry for entry in page.report.recognised if entry.sentence.startswith("Title"))
    assert title.line == 9


# --- the same again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir()))
def test_reading_twice_gives_the_same_page(name):
    assert read(name).as_dict() == read(name).as_dict()


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.iterdir()))
def test_a_page_survives_the_way_between_processes(name):
    page = read(name)
    assert ImportedPage.from_dict(page.as_dict()) == page


def test_equal_statements_have_ids_of_their_own():
    page = text_page("Title\n\nSame words here.\n\nSame words here.\n")
    first, second = page.snapshot["sections"][0]["blocks"]
    assert first["uid"] != second["uid"]


# --- letters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_in_any_wrapping_is_read(encoding):
    page = parse("x.txt", "Żółć\n\nThe body’s café.\n".encode(encoding))
    assert page.snapshot["title"] == "Żółć"
    assert outline(page)[1] == "paragraph The body’s café."


def test_windows_letters_are_read_and_doubted():
    page = parse("x.txt", "Title\n\nThe body’s café costs 5 €.\n".encode("cp1252"))
    assert outline(page)[1] == "paragraph The body’s café costs 5 €."
    assert any("Windows-1252" in sentence for sentence in sentences(page, "uncertain"))


def test_declared_letters_are_read():
    page = parse("x.html", '<meta charset="windows-1251"><h1>Сон</h1><p>Текст о сне.</p>'.encode("cp1251"))
    assert page.snapshot["title"] == "Сон"


def test_hidden_characters_are_taken_out_and_told():
    page = text_page("Title\n\nTake 5\u200b0 mg\u202e a day.\n")
    assert outline(page)[1] == "paragraph Take 50 mg a day."
    assert any("zero width space" in sentence for sentence in sentences(page, "uncertain"))


def test_hidden_characters_written_as_entities_are_found_too():
    page = parse("x.html", b"<h1>T</h1><p>Take 5&#8203;0 mg&#x202e; a day.</p>")
    assert outline(page)[1] == "paragraph Take 50 mg a day."


def test_look_alikes_are_spelt_out_because_dropping_one_changes_a_dose():
    page = text_page("Title\n\nTake 5\u041e mg a day.\n")
    assert outline(page)[1] == "paragraph Take 5[cyrillic capital letter o (U+041E)] mg a day."


def test_letters_lost_by_an_earlier_program_are_shown():
    page = text_page("Title\n\nTake 5\ufffd0 mg a day.\n")
    assert "[replacement character (U+FFFD)]" in outline(page)[1]


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t\n", "empty"),
        ("a.txt", b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB, which is the limit"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "a picture"),
        ("a.txt", b"%PDF-1.7 ...", "a PDF file"),
        ("a.txt", b"PK\x03\x04....", "a Word or ZIP file"),
        ("a.txt", b"words\x00\x01\x02 words", "not text"),
        ("a.txt", b"\xff\xfea\x00b", "damaged"),
        ("a.txt", "Gesundheit für alle: schön".encode() + b"\xc3", "damaged character"),
        ("a.txt", b"caf\xe9 \x81\x8d", "neither UTF-8 nor Windows-1252"),
        ("a.docx", b"words", "not read"),
        ("a.html", b"<html><body><p>Half a page and then <a hre", "stops in the middle of a tag"),
        ("a.html", b"<html><body><script>x</script></body></html>", "No text"),
        ("a.html", b"<div>" * 5000 + b"deep" + b"</div>" * 5000, "nested"),
        ("a.html", b"<div>" * 150 + b"deep" + b"</div>" * 150, "nested"),
        ("a.md", b"---\ntitle: x\n\nno end", "does not end"),
        ("a.md", b"> " * 3000 + b"deep", "nested"),
        ("a.txt", b"Title\n\n" + b"- a\n" * 5001, "the limit is 5,000"),
        ("a.txt", b"Title\n\n" + b"word " * 40_000, "longer than"),
        ("a.json", b"{", "not whole JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", b"[]", "one object"),
        ("a.json", b'{"a": 1, "a": 2}', "stands twice"),
        ("a.json", b'{"a": 1.5}', "not a whole one"),
        ("a.json", b'{"a": NaN}', "not a whole one"),
        ("a.json", b'{"format": "other"}', "not one of our exports"),
        ("a.json", b'{"format": "gtsite-article", "snapshot": {"schema": 99}}', "not known here"),
        ("a.json", b'{"format": "gtsite-article", "snapshot": {"schema": 1}}', "has no"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(name, data, words):
    sentence = refusal(name, data)
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", sorted(path.name for path in PAGES.glob("*.txt")))
def test_every_word_of_a_page_of_ours_is_in_the_draft_or_in_the_report(name):
    found = json.dumps(read(name).as_dict(), ensure_ascii=False).replace('\\"', '"')
    words = [word.strip(":;") for word in (PAGES / name).read_text().split()]
    assert [word for word in words if word[:1].isalpha() and word not in found] == []
