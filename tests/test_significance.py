"""Substantive unless proved minor."""

from copy import deepcopy

import pytest

from articles import dictionary
from articles.significance import significance
from tests.snapshots import (
    bullet,
    callout,
    citation,
    cite,
    figure,
    make_context,
    make_snapshot,
    numbered,
    paragraph,
    reference,
    section,
    subheading,
    table,
)


def with_text(html, **changes):
    return make_snapshot(section("s1", paragraph("p1", html)), **changes)


def judged(old, new):
    return significance(with_text(old), with_text(new))


MINOR = [
    ("Take  it", "Take it"),
    ("a\u00a0gene here", "a gene here"),
    ("10mg daily", "10 mg daily"),
    ("10\u00a0mg daily", "10 mg daily"),
    ("The Gene is new", "The gene is new"),
    ("it helps many people", "It helps many people"),
    ("It helps", "It helps."),
    ("It helps; it works", "It helps, it works"),
    ("A gene , a cell", "A gene, a cell"),
    ("It <strong>helps</strong>", "It helps"),
    ("It <em>helps</em>", "It <strong>helps</strong>"),
    ("line one<br>line two", "line one line two"),
    ("it’s good", "it's good"),
    ("“gene” here", '"gene" here'),
    ("teh gene", "the gene"),
    ("Teh gene", "The gene"),
    ("a treatmnet for it", "a treatment for it"),
    ("the patinet reads", "the patient reads"),
    ("recieve care", "receive care"),
    ("inhereted disease", "inherited disease"),
    ("a diesase of the eye", "a disease of the eye"),
    ("it genrally helps", "it generally helps."),
]

SUBSTANTIVE = [
    *[
        ("Take 5 mg", "Take 50 mg"),
        ("Take 5.0 mg", "Take 50 mg"),
        ("Take 5,0 mg", "Take 5.0 mg"),
        ("5-10 mg", "5 10 mg"),
    ],
    *[
        ("5 0 mg", "50 mg"),
        ("-5 °C", "5 °C"),
        ("50%", "50"),
        ("5 mg", "5 g"),
        ("5 mg", "5 Mg"),
        ("5 mg", "5 mcg"),
        ("5 mg", "5 µg"),
    ],
    *[
        ("in 5 days", "in 5, days"),
        ("in 2014", "in 2014."),
        ("1:2", "12"),
        ("5 mg", "five mg"),
        ("half a dose", "a half dose"),
    ],
    *[
        ("10<sup>5</sup> cells", "105 cells"),
        ("10<sup>5</sup>", "10<sup>6</sup>"),
        ("H<sub>2</sub>O", "H2O"),
        ("CO<sub>2</sub>", "CO<sup>2</sup>"),
    ],
    *[
        ("10⁵ cells", "105 cells"),
        ("50 mg", "5O mg"),
        ("5.0 mg", "5·0 mg"),
        ("5–10", "5-10"),
        ("5 < 6", "5 > 6".replace("<", "")),
    ],
    *[
        ("It is not safe", "It is safe"),
        ("It is safe", "It is unsafe"),
        ("do take it", "do not take it"),
        ("can", "cannot"),
        ("with", "without"),
    ],
    *[
        ("No, stop it", "No stop it"),
        ("You may", "You must"),
        ("Stop. Not now", "Stop not. Now"),
        ("wihtout milk", "without milk"),
    ],
    *[
        ("hypertension", "hypotension"),
        ("hyprtension", "hypotension"),
        ("hypptension", "hypertension"),
        ("ulikely", "likely"),
    ],
    *[
        ("intravenous", "intramuscular"),
        ("atpical case", "typical case"),
        ("prednisone", "prednisolone"),
        ("Celexa", "Celebrex"),
    ],
    *[
        ("Zolgensma", "Zolgensmo"),
        ("zyxqv gene", "zyxqw gene"),
        ("Xntac helps", "Zantac helps"),
        ("brca helps", "BRCA helps"),
    ],
    *[
        ("BRCA1", "BRCA2"),
        ("Shh", "SHH"),
        ("vitamin a", "vitamin A"),
        ("AIDS", "aids"),
        ("cd4 cells", "CD4 cells"),
        ("Ca helps", "ca helps"),
    ],
    *[
        ("It helps.", "It helps?"),
        ("It helps (rarely)", "It helps rarely"),
        ("a “cure”", "a cure"),
        ("well-known", "well known"),
    ],
    *[
        ("not able", "notable"),
        ("a part", "apart"),
        ("notable", "not able"),
        ("mother's", "mothers'"),
        ("and/or", "and or"),
    ],
    *[
        ('<a href="/a">x</a>', '<a href="/b">x</a>'),
        ('<a href="/a">x</a>', "x"),
        ('<abbr title="a">x</abbr>', '<abbr title="b">x</abbr>'),
    ],
    *[
        ("one two three", "one three two"),
        ("a word", "a word more"),
        ("", "new"),
        ("gone", ""),
        ("form the cell", "from the cell"),
    ],
    *[
        ("p<em>a</em>in", "p a in"),
        ('<span lang="la">x</span>', "x"),
        ("5 mg once", "5 mg twice"),
        ("nto now", "not now"),
    ],
]


@pytest.mark.parametrize(("old", "new"), MINOR)
def test_minor_changes_are_minor_in_both_a_paragraph_and_a_summary(old, new):
    assert judged(old, new).level == "minor"
    assert judged(old, new).reasons
    if "<" not in old:
        assert significance(make_snapshot(summary=old), make_snapshot(summary=new)).level == "minor"


@pytest.mark.parametrize(("old", "new"), SUBSTANTIVE)
def test_everything_else_is_substantive(old, new):
    result = judged(old, new)
    assert result.level == "substantive"
    assert all(reason.endswith(".") for reason in result.reasons)


@pytest.mark.parametrize("pair", [pair for pair in SUBSTANTIVE if "<" not in "".join(pair)])
def test_a_summary_is_judged_like_a_statement(pair):
    assert significance(make_snapshot(summary=pair[0]), make_snapshot(summary=pair[1])).level == "substantive"


def test_the_reason_says_which_number_became_which_and_where():
    assert judged("Take 5 mg daily.", "Take 50 mg daily.").reasons == [
        "The number “5” became “50” in “Take 50 mg daily.”."
    ]


def test_the_reason_for_a_turned_link_shows_the_address():
    (reason,) = judged('<a href="https://a.example/">x</a>', '<a href="https://b.example/">x</a>').reasons
    assert "b.example" in reason


def test_no_change_is_minor_and_the_first_version_substantive():
    assert significance(make_snapshot(), make_snapshot()).level == "minor"
    assert significance(None, make_snapshot()).level == "substantive"


def test_corrections_in_a_language_without_word_list_are_substantive():
    old, new = with_text("teh gene", language="de"), with_text("the gene", language="de")
    assert significance(old, new).level == "substantive"


def test_many_corrections_at_once_are_a_rewriting():
    assert judged("teh " * 21, "the " * 21).level == "substantive"
    assert judged("teh " * 20, "the " * 20).level == "minor"


@pytest.mark.parametrize(
    "name", ["title", "subtitle", "also_called", "slug", "language", "kind", "topics", "codes", "people"]
)
def test_other_fields_are_content(name):
    new = make_snapshot(**{name: ["x"] if isinstance(make_snapshot()[name], list) else "treatment"})
    assert significance(make_snapshot(), new).level == "substantive"


def test_a_typing_mistake_in_a_heading_is_content():
    assert significance(make_snapshot(title="Teh gene"), make_snapshot(title="The gene")).level == "substantive"
    headings = [make_snapshot(section("s1", paragraph("p1"), heading=text)) for text in ("Teh gene", "The gene")]
    assert significance(*headings).level == "substantive"
    subheadings = [make_snapshot(section("s1", subheading("h1", text))) for text in ("Teh gene", "The gene")]
    assert significance(*subheadings).level == "substantive"
    assert significance(make_snapshot(title="The  gene"), make_snapshot(title="The gene")).level == "minor"


def test_the_kind_of_a_section_is_content():
    old, new = (make_snapshot(section("s1", paragraph("p1"), kind=kind)) for kind in ("benefits", "risks"))
    assert significance(old, new).level == "substantive"


# --- lists and moves ---

TAKE, DO_NOT = paragraph("p1", "Take:"), paragraph("p2", "Do not take:")


def in_one_section(*blocks):
    return make_snapshot(section("s1", *blocks))


def test_the_order_of_bullets_inside_one_list_is_minor():
    old = in_one_section(TAKE, bullet("b1"), bullet("b2"), bullet("b3"))
    new = in_one_section(TAKE, bullet("b3"), bullet("b1"), bullet("b2"))
    assert significance(old, new).level == "minor"
    assert significance(old, new).reasons == ["Items of a bulleted list changed their order."]


def test_a_bullet_moved_from_take_to_do_not_take_is_substantive():
    old = in_one_section(TAKE, bullet("b1"), bullet("b2"), DO_NOT, bullet("b3"))
    new = in_one_section(TAKE, bullet("b1"), DO_NOT, bullet("b2"), bullet("b3"))
    assert significance(old, new).level == "substantive"


def test_two_lists_that_change_places_are_substantive():
    old = in_one_section(TAKE, bullet("b1"), DO_NOT, bullet("b2"))
    new = in_one_section(TAKE, bullet("b2"), DO_NOT, bullet("b1"))
    assert significance(old, new).level == "substantive"


def test_the_order_of_numbered_items_is_content():
    old, new = in_one_section(numbered("n1"), numbered("n2")), in_one_section(numbered("n2"), numbered("n1"))
    assert significance(old, new).level == "substantive"


def test_an_item_under_another_parent_is_substantive_and_beside_its_siblings_minor():
    old = in_one_section(bullet("b1"), bullet("b2", level=1), bullet("b3", level=1), bullet("b4"))
    siblings = in_one_section(bullet("b1"), bullet("b3", level=1), bullet("b2", level=1), bullet("b4"))
    parents = in_one_section(bullet("b1"), bullet("b2", level=1), bullet("b4"), bullet("b3", level=1))
    assert significance(old, siblings).level == "minor"
    assert significance(old, parents).level == "substantive"
    assert significance(old, in_one_section(bullet("b4"), *old["sections"][0]["blocks"][:3])).level == "minor"


def test_a_changed_level_is_substantive():
    assert (
        significance(
            in_one_section(bullet("b1"), bullet("b2")), in_one_section(bullet("b1"), bullet("b2", level=1))
        ).level
        == "substantive"
    )


def test_paragraphs_and_sections_that_move_are_substantive():
    assert significance(in_one_section(TAKE, DO_NOT), in_one_section(DO_NOT, TAKE)).level == "substantive"
    old = make_snapshot(section("s1", TAKE), section("s2", DO_NOT))
    new = make_snapshot(section("s2", DO_NOT), section("s1", TAKE))
    assert significance(old, new).level == "substantive"
    assert significance(old, make_snapshot(section("s1"), section("s2", TAKE, DO_NOT))).level == "substantive"


@pytest.mark.parametrize(
    "changed",
    [
        [TAKE],
        [TAKE, DO_NOT, paragraph("p3")],
        [TAKE, DO_NOT | {"claim": "opinion"}],
        [TAKE, DO_NOT | {"kind": "bullet"}],
        [TAKE, DO_NOT | {"no_source_reason": "x"}],
    ],
)
def test_statements_added_removed_or_marked_otherwise_are_substantive(changed):
    assert significance(in_one_section(TAKE, DO_NOT), in_one_section(*changed)).level == "substantive"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (table("t1", ["Age"], [["5"]]), table("t1", ["Age"], [["6"]])),
        (table("t1", ["teh"], [["5"]]), table("t1", ["the"], [["5"]])),
        (table("t1", ["Age"], [["5"]], "Doses"), table("t1", ["Age"], [["5"]], "Dose")),
        (figure("f1", alt="A cell"), figure("f1", alt="A gene")),
        (figure("f1"), figure("f1", file="1" * 64 + ".webp")),
        (figure("f1", "Teh cell"), figure("f1", "The cell")),
        (callout("k1"), callout("k1", urgency="non-urgent")),
        (callout("k1", heading="Fever"), callout("k1", heading="No fever")),
    ],
)
def test_tables_figures_and_callouts_are_content(old, new):
    assert significance(in_one_section(old), in_one_section(new)).level == "substantive"


# --- sources ---


def citing(html="Text", **changes):
    return make_snapshot(
        section("s1", paragraph("p1", html + cite("c1"))), citations=[citation("c1", block="p1", **changes)]
    )


@pytest.mark.parametrize(
    "change", [{"key": "other2004"}, {"locator": "p. 2"}, {"quote": "x"}, {"accessed": "2026-11-22"}]
)
def test_citations_are_content(change):
    assert significance(citing(), citing(**change)).level == "substantive"


def test_a_citation_that_moves_to_other_words_is_substantive_and_over_a_full_stop_minor():
    old = citing("One two.")
    elsewhere, before_stop = deepcopy(old), deepcopy(old)
    elsewhere["sections"][0]["blocks"][0]["html"] = f"One{cite('c1')} two."
    before_stop["sections"][0]["blocks"][0]["html"] = f"One two{cite('c1')}."
    assert significance(old, elsewhere).level == "substantive"
    assert significance(old, before_stop).level == "minor"


def test_a_citation_mark_with_a_new_name_is_the_same_citation():
    new = make_snapshot(section("s1", paragraph("p1", "Text" + cite("c9"))), citations=[citation("c9", block="p1")])
    assert significance(citing(), new).level == "minor"


@pytest.mark.parametrize(
    "change",
    [{"URL": "https://new.example/"}, {"volume": "81"}, {"page": "148–58"}, {"archive": "https://web.archive.org/x"}],
)
def test_a_new_address_or_formatting_of_the_same_source_is_minor(change):
    contexts = make_context("raper2003"), make_context(raper2003=reference(**change))
    assert significance(citing(), citing(), *contexts).level == "minor"


@pytest.mark.parametrize(
    ("change", "level"),
    [({}, "minor"), ({"URL": "https://elsewhere.example/"}, "minor"), ({"DOI": "10.1234/other"}, "substantive")],
)
def test_another_key_of_the_same_source_is_a_name_and_no_other_source(change, level):
    old, new = citing(), deepcopy(citing())
    for cited in new["citations"]:
        cited["key"] = "kept2003"
    contexts = make_context("raper2003"), make_context(kept2003=reference(**change))
    assert significance(old, new, *contexts).level == level
    assert significance(old, new).level == "substantive"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"author": []},
        {"DOI": "10.1/x"},
        {"PMID": "1"},
        {"issued": {"date-parts": [[2004]]}},
        {"URL": "https://x.example/", "title": "Other"},
    ],
)
def test_another_source_under_the_same_key_is_substantive(change):
    contexts = make_context("raper2003"), make_context(raper2003=reference(**change))
    result = significance(citing(), citing(), *contexts)
    assert result.level == "substantive"
    assert "raper2003" in result.reasons[0]


def test_a_new_address_of_a_source_that_nothing_else_identifies_is_substantive():
    bare = {"title": "Page", "author": [], "DOI": "", "PMID": ""}
    contexts = (
        make_context(raper2003=reference(URL=url, **bare)) for url in ("https://a.example/", "https://b.example/")
    )
    assert significance(citing(), citing(), *contexts).level == "substantive"


def test_a_changed_degree_of_a_named_person_is_substantive():
    article = make_snapshot()
    uid = article["people"][0]["person"]
    old, new = make_context(), make_context()
    old["people"][uid], new["people"][uid] = (
        {"name": "Ana Ruiz", "degrees": []},
        {"name": "Ana Ruiz", "degrees": ["MD"]},
    )
    assert significance(article, article, old, new).level == "substantive"


# --- the word lists ---


@pytest.mark.parametrize(
    "word", ["treatment", "hypotension", "thalassaemia", "hemophilia", "haemophilia", "zoology", "aardvark"]
)
def test_words_are_known(word):
    assert dictionary.is_word(word)
    assert dictionary.is_word(word.title())


@pytest.mark.parametrize("word", ["teh", "treatmnet", "", "\n", "zzzzzz", "treatment\ntree", "é" * 50, "\x00"])
def test_mistakes_are_no_words(word):
    assert not dictionary.is_word(word)
    assert not dictionary.is_everyday(word)


def test_rare_words_are_words_but_not_everyday_ones():
    assert dictionary.is_word("prednisolone")
    assert not dictionary.is_everyday("prednisolone")
    assert dictionary.is_everyday("treatment")
