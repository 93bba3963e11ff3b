"""The word-processor field: blocks to HTML and back."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.admin import bodyfield
from articles.admin.bodyfield import from_editor, read_sections, to_editor
from articles.text import clean_inline, plain

PICTURE = "ab" * 32 + ".webp"
KINDS = ("paragraph", "bullet", "numbered", "subheading", "callout", "table", "figure")


def block(uid, html="Text.", kind="paragraph", **changes):
    made = {
        "uid": uid,
        "kind": kind,
        "level": 0,
        "claim": "fact",
        "html": html,
        "no_source_reason": "",
        "data": None,
    }
    return made | changes


def callout(uid, html="Call now.", heading="When to call", urgency="emergency"):
    return block(uid, html, "callout", data={"urgency": urgency, "heading": heading})


def table(uid, header, rows, caption=""):
    return block(uid, "", "table", data={"caption": caption, "header": header, "rows": rows})


def figure(uid, html="A caption", **data):
    facts = {"file": PICTURE, "alt": "A cell", "decorative": False, "width": 640, "height": 480, "credit": ""}
    return block(uid, html, "figure", claim="none", data=facts | data)


def texts_in(blocks):
    return [plain(found["html"]) for found in blocks]


# --- round trip ---------------------------------------------------------------------------------------------------

WORDS = st.lists(
    st.sampled_from(["gene", "5 mg", "<b>", "&amp;", "“dose”", "a < b", "naïve", "10⁵", "\u00a0", "cell’s", "x"]),
    min_size=1,
    max_size=4,
).map(" ".join)


def inline(with_cites=False):
    text = WORDS.map(lambda words: words.replace("&", "&amp;").replace("<", "&lt;"))
    marks = [
        st.tuples(st.sampled_from(["strong", "em", "sub", "sup"]), text).map(lambda p: f"<{p[0]}>{p[1]}</{p[0]}>"),
        text.map(lambda t: f'<a href="https://example.org/?a=1&amp;b=2">{t}</a>'),
        text.map(lambda t: f'<abbr title="deoxyribonucleic &quot;acid&quot;">{t}</abbr>'),
        text.map(lambda t: f'<span lang="fr">{t}</span>'),
        text.map(lambda t: f"<em><strong>{t}</strong></em><br>{t}"),
    ]
    return st.lists(st.one_of(text, *marks), min_size=1, max_size=3).map(lambda ps: clean_inline("".join(ps)))


visible = inline().filter(lambda html: plain(html).strip())
plain_texts = st.one_of(st.just(""), WORDS.map(str.strip))
CLAIMS = st.sampled_from(bodyfield.CLAIMS)


@st.composite
def valid_blocks(draw):
    kind = draw(st.sampled_from([*KINDS, "bullet", "bullet"]))
    made = block("", draw(visible), kind, claim=draw(CLAIMS), no_source_reason=draw(plain_texts))
    if kind in ("bullet", "numbered"):
        made["level"] = draw(st.integers(0, 3))
    if kind == "callout":
        made["data"] = {"urgency": draw(st.sampled_from(bodyfield.URGENCIES)), "heading": draw(plain_texts)}
    if kind == "table":
        width = draw(st.integers(1, 3))
        row = st.lists(st.one_of(st.just(""), inline()), min_size=width, max_size=width)
        header = draw(st.lists(visible, min_size=width, max_size=width))
        made["data"] = {
            "caption": draw(plain_texts),
            "header": header,
            "rows": draw(st.lists(row, max_size=3)),
        }
        made["html"] = ""
    if kind == "figure":
        decorative = draw(st.booleans())
        made["html"] = draw(st.one_of(st.just(""), visible))
        made["data"] = {
            "file": PICTURE,
            "alt": "" if decorative else draw(plain_texts),
            "decorative": decorative,
            "width": draw(st.integers(0, 4000)),
            "height": draw(st.integers(0, 4000)),
            "credit": draw(plain_texts),
        }
    return made


@st.composite
def block_lists(draw):
    blocks = draw(st.lists(valid_blocks(), max_size=8))
    for number, made in enumerate(blocks):
        made["uid"] = f"b{number}"
        for place in range(draw(st.integers(0, 2)) if made["kind"] != "table" else 0):
            made["html"] += f'<cite data-uid="c{number}{place}"></cite>'
    return blocks


@given(block_lists())
@example([block("a", kind="bullet", level=2), block("b", kind="numbered", level=0)])
@example(
    [
        block("a", kind="bullet", level=1),
        block("b", kind="bullet", level=3),
        block("c", kind="numbered", level=3),
    ]
)
@example([block("a", "same"), block("b", "same"), block("c", "same", "bullet")])
def test_what_was_opened_and_saved_untouched_is_unchanged(blocks):
    assert from_editor(to_editor(blocks), blocks) == (blocks, [])


@given(block_lists())
def test_the_written_form_alone_carries_the_whole_content(blocks):
    """Without the old blocks only ids (and levels that no list can show) may differ."""
    read, problems = from_editor(to_editor(blocks), [])
    assert problems == []
    ignored = ("uid", "level")
    strip = [{key: value for key, value in found.items() if key not in ignored} for found in read]
    assert strip == [{key: value for key, value in made.items() if key not in ignored} for made in blocks]


@given(st.text(alphabet="<>/pulioh3tdraside \"='&;xcite-kydb\x00\u202e", max_size=120))
@example("<li>a<ul><li>b")
@example("<table><tr><td>a<table><tr><td>b</table></table>")
@example("<aside data-urgency='urgent'><h4>a<h4>b</aside><figure><img></figure>")
def test_no_input_breaks_the_reader(html):
    blocks, _ = from_editor(html, [])
    for found in blocks:
        assert found["kind"] in (
            "paragraph",
            "bullet",
            "numbered",
            "subheading",
            "callout",
            "table",
            "figure",
        )


def test_items_nest_by_level():
    blocks = [
        block("a", "one", "bullet"),
        block("b", "two", "bullet", level=1),
        block("c", "three", "numbered", level=1),
        block("d", "four", "bullet"),
        block("e", "after"),
    ]
    html = to_editor(blocks)
    assert html.count("<ul>") == 2
    assert html.count("<ol>") == 1
    read, _ = from_editor(html, [])
    assert [(b["kind"], b["level"]) for b in read] == [(b["kind"], b["level"]) for b in blocks]


# --- what the editor's JavaScript sends ---------------------------------------------------------------------------


def test_list_items_come_back_with_paragraphs_inside():
    old = [block("a", "one", "bullet"), block("b", "two", "bullet", level=1)]
    html = (
        '<ul><li data-uid="a" data-claim="fact"><p>one</p><ul><li data-uid="b" data-claim="fact"><p>two</p></li></ul>'
        "</li></ul>"
    )
    assert from_editor(html, old) == (old, [])


def test_marks_in_another_order_are_no_edit():
    old = [block("a", "<em><strong>very</strong></em> <em>clear</em>")]
    html = '<p data-uid="a" data-claim="fact"><strong><em>very</em></strong><em></em> <em>clear</em></p>'
    assert from_editor(html, old)[0] == old


def test_a_mark_taken_off_is_an_edit():
    old = [block("a", "10<sup>5</sup> cells")]
    html = '<p data-uid="a" data-claim="fact">105 cells</p>'
    assert from_editor(html, old)[0][0]["html"] == "105 cells"


def test_a_link_turned_elsewhere_is_an_edit():
    old = [block("a", '<a href="https://a.example">x</a>')]
    html = '<p data-uid="a"><a href="https://b.example">x</a></p>'
    assert "b.example" in from_editor(html, old)[0][0]["html"]


def test_a_new_paragraph_gets_a_uid_and_counts_as_a_fact():
    old = [block("a", "Old words stand.")]
    read, _ = from_editor('<p data-uid="a" data-claim="fact">Old words stand.</p><p>Something else.</p>', old)
    assert read[0] == old[0]
    assert len(read[1]["uid"]) == 12
    assert read[1]["claim"] == "fact"


def test_the_empty_paragraph_at_the_end_is_no_block():
    assert from_editor('<p data-uid="a">Words.</p><p></p><p>&nbsp;</p>', [block("a", "Words.")])[0] == [
        block("a", "Words.")
    ]


# --- which block it was -------------------------------------------------------------------------------------------


def test_a_block_without_uid_is_known_by_its_words():
    old = [block("a", "Gene therapy is given once."), block("b", "It may cause fever.", claim="opinion")]
    read, _ = from_editor("<p>It may cause a fever.</p><p>Gene therapy is given once.</p>", old)
    assert [(b["uid"], b["claim"]) for b in read] == [("b", "opinion"), ("a", "fact")]


def test_a_paragraph_made_a_bullet_keeps_its_uid():
    old = [block("a", "Fever"), block("b", "Chills")]
    read, _ = from_editor('<ul><li><p data-uid="a">Fever</p></li><li><p>Chills</p></li></ul>', old)
    assert [(b["uid"], b["kind"]) for b in read] == [("a", "bullet"), ("b", "bullet")]


def test_of_two_elements_with_one_uid_the_more_alike_keeps_it():
    old = [block("a", "Take 5 mg in the morning.")]
    read, _ = from_editor('<p data-uid="a">Quite other words.</p><p data-uid="a">Take 5 mg in the evening.</p>', old)
    assert read[1]["uid"] == "a"
    assert read[0]["uid"] != "a"


def test_a_copy_does_not_take_the_uid_of_the_original():
    old = [block("a", "Same words."), block("b", "Others.")]
    html = to_editor(old) + '<p data-uid="a">Same words.</p>'
    uids = [b["uid"] for b in from_editor(html, old)[0]]
    assert uids[:2] == ["a", "b"]
    assert len(set(uids)) == 3


def test_a_uid_from_another_article_is_not_believed():
    read, _ = from_editor('<p data-uid="zzz">New.</p>', [])
    assert read[0]["uid"] != "zzz"


def test_a_statement_moved_to_another_section_keeps_its_uid():
    old = [block("a", "One."), block("b", "Two.")]
    reading = read_sections(["<p data-uid='b'>Two.</p>", "<p data-uid='a'>One.</p>"], [old[:1], old[1:]])
    assert [[b["uid"] for b in section] for section in reading.sections] == [["b"], ["a"]]


# --- citations ----------------------------------------------------------------------------------------------------

CITED = 'Known.<cite data-uid="c1"></cite>'


def test_copied_text_brings_copies_of_its_citations():
    old = [block("a", CITED)]
    reading = read_sections([f"<p>New before. {CITED}</p>" + to_editor(old)], [old])
    first, second = reading.sections[0]
    assert second == old[0]
    (copy,) = reading.copies
    assert reading.copies == {copy: "c1"}
    assert f'data-uid="{copy}"' in first["html"]


def test_a_citation_can_be_typed_by_its_key():
    reading = read_sections(['<p>Known.<cite data-key="raper2003"></cite></p>'], [])
    (uid,) = reading.sources
    assert reading.sources == {uid: "raper2003"}
    assert reading.sections[0][0]["html"] == f'Known.<cite data-uid="{uid}"></cite>'


def test_the_title_of_a_work_pasted_as_cite_stays_as_words():
    assert from_editor("<p>See <cite>The Lancet</cite>.</p>", [])[0][0]["html"] == "See The Lancet."


# --- pasted text --------------------------------------------------------------------------------------------------


def test_word_paste_becomes_blocks():
    html = (
        '<p class="MsoNormal" style="margin:0"><b>Risks</b><o:p></o:p></p><!--[if gte mso 9]><xml/><![endif]-->'
        "<h1>Side effects</h1><div>Some <i>mild</i></div><ol><li><p>First</p><p>more</p></li></ol>"
        "<script>alert(1)</script><style>p{}</style>"
    )
    read, problems = from_editor(html, [])
    assert problems == []
    assert [(b["kind"], b["html"]) for b in read] == [
        ("paragraph", "<strong>Risks</strong>"),
        ("subheading", "Side effects"),
        ("paragraph", "Some <em>mild</em>"),
        ("numbered", "First<br>more"),
    ]


def test_marks_around_blocks_are_kept_inside_each():
    read, _ = from_editor("<strong><p>a</p><p>b</p></strong>", [])
    assert [b["html"] for b in read] == ["<strong>a</strong>", "<strong>b</strong>"]


def test_block_tags_never_glue_words_together():
    read, _ = from_editor("<ul><li>5<div>0 mg</div></li></ul><table><tr><td>5<p>0 mg</p></td></tr></table>", [])
    assert read[0]["html"] == "5<br>0 mg"
    assert read[1]["data"]["header"] == ["5<br>0 mg"]


def test_a_pasted_picture_is_named_and_its_caption_kept():
    read, problems = from_editor(
        '<figure><img src="https://evil.example/x.png"><figcaption>The cell</figcaption></figure>', []
    )
    assert [b["html"] for b in read] == ["The cell"]
    assert problems == ["A pasted picture was left out. Upload it and insert it as a figure."]


def test_a_nested_table_becomes_lines_of_the_cell():
    read, _ = from_editor(
        "<table><tr><th>a</th><th>b</th></tr><tr><td>x<table><tr><td>1</td><td>2</td></tr></table></td><td>y</td></tr>"
        "</table><p>after</p>",
        [],
    )
    assert read[0]["data"]["rows"] == [["x<br>1<br>2", "y"]]
    assert read[1]["html"] == "after"


def test_short_rows_are_filled_up():
    read, _ = from_editor("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", [])
    assert read[0]["data"] == {"caption": "", "header": ["a", "b"], "rows": [["c", ""]]}


def test_hidden_characters_are_refused_with_the_statement_named():
    _, problems = from_editor("<p>Take 5\u202e.0 mg</p>", [])
    assert len(problems) == 1
    assert problems[0].startswith("“Take 5")


def test_a_script_address_does_not_get_through():
    read, _ = from_editor('<p><a href="javascript:alert(1)">x</a></p>', [])
    assert read[0]["html"] == "x"


# --- size ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>x" * 3_000,
        "<p>" + "word " * 40_000,
        "".join(f"<p>Paragraph number {n} of a long text.</p>" for n in range(2_000)),
        "<strong>" * 2_000 + "x",
        "<table>" * 1_000,
    ],
    ids=["nested lists", "one long text", "many paragraphs", "nested marks", "nested tables"],
)
def test_size_costs_no_more_than_it_must(html):
    old = [block(f"o{n}", f"Another text, the {n}th of many.") for n in range(200)]
    start = time.process_time()
    from_editor(html, old)
    assert time.process_time() - start < 3


def test_deep_lists_end_at_the_fourth_level():
    read, _ = from_editor("<ul><li>a" * 6, [])
    assert [b["level"] for b in read] == [0, 1, 2, 3, 3, 3]
