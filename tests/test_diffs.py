"""What changed: moves told from edits, words inside, nothing hidden."""

import random
import string
from copy import deepcopy
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.diffs import block_text, diff, spelt_out, word_diff
from tests.snapshots import bullet, citation, cite, figure, full, make_snapshot, paragraph, section, table


def kinds(old, new):
    return [(change.uid.lstrip("0"), change.kind) for change in diff(old, new).blocks]


def article_of(*orders):
    return make_snapshot(
        *(section(f"s{n}", *(paragraph(uid, uid) for uid in order.split())) for n, order in enumerate(orders, 1))
    )


def pieces(old, new):
    return [(piece.op, piece.text) for piece in word_diff(old, new)]


def test_equal_snapshots_have_no_changes():
    assert not diff(make_snapshot(), make_snapshot()).has_changes


def test_a_new_article_is_all_added():
    change = diff(None, make_snapshot())
    assert [row.kind for row in (*change.sections, *change.blocks)] == ["added", "added"]
    assert change.fields[0].name == "title"
    assert change.fields[0].old is None


@pytest.mark.parametrize("name", ["title", "summary", "slug", "people", "topics", "codes", "funding", "also_called"])
def test_a_changed_field_is_told_by_name(name):
    new = make_snapshot(**{name: ["x"] if isinstance(make_snapshot()[name], list) else "x"})
    (change,) = diff(make_snapshot(), new).fields
    assert (change.name, change.new) == (name, new[name])


def test_a_move_is_no_edit_and_an_edit_no_move():
    assert kinds(article_of("p1 p2 p3"), article_of("p3 p1 p2")) == [("p3", "moved")]
    edited = article_of("p1 p2 p3")
    edited["sections"][0]["blocks"][1]["html"] = "Other"
    assert kinds(article_of("p1 p2 p3"), edited) == [("p2", "changed")]


def test_a_move_to_another_section_tells_both_headings():
    old, new = article_of("p1 p2", "p3"), article_of("p1", "p3 p2")
    for article in (old, new):
        article["sections"][1]["heading"] = "Risks"
    (change,) = diff(old, new).blocks
    assert (change.kind, change.old_section, change.new_section) == ("moved", "What it is", "Risks")
    assert change.section_uid == full("s2")


def test_moved_and_changed_is_told_as_both():
    new = article_of("p1", "p3 p2")
    new["sections"][1]["blocks"][1]["html"] = "Other"
    assert kinds(article_of("p1 p2", "p3"), new) == [("p2", "moved_and_changed")]


def test_additions_and_removals_stand_in_reading_order():
    assert kinds(article_of("p1 p2 p3", "p4"), article_of("p0 p1 p3", "p5 p4")) == [
        ("p0", "added"),
        ("p2", "removed"),
        ("p5", "added"),
    ]


def test_what_was_removed_at_the_start_comes_first():
    assert kinds(article_of("p1 p2"), article_of("p2 p3")) == [("p1", "removed"), ("p3", "added")]


def test_a_removed_section_is_told_with_its_blocks():
    change = diff(article_of("p1", "p2"), article_of("p1"))
    assert [(row.kind, row.old_heading, row.new_heading) for row in change.sections] == [
        ("removed", "What it is", None)
    ]
    assert [row.kind for row in change.blocks] == ["removed"]


def test_sections_are_changed_and_moved():
    old, new = article_of("p1", "p2", "p3"), article_of("p1", "p2", "p3")
    new["sections"].insert(0, new["sections"].pop())
    new["sections"][1]["heading"] = "New"
    assert [(row.uid.lstrip("0"), row.kind) for row in diff(old, new).sections] == [("s3", "moved"), ("s1", "changed")]
    assert not diff(old, new).blocks


def test_citations_are_told_as_added_and_removed():
    old = make_snapshot(
        section("s1", paragraph("p1", cite("c1"))), citations=[citation("c1", block="p1", locator="p. 1")]
    )
    new = deepcopy(old)
    new["citations"][0]["locator"] = "p. 2"
    (change,) = diff(old, new).blocks
    assert change.kind == "changed"
    assert [c["locator"] for c in (*change.citations_removed, *change.citations_added)] == ["p. 1", "p. 2"]


def test_citations_of_the_whole_article_are_a_field():
    (change,) = diff(make_snapshot(), make_snapshot(citations=[citation("c1")])).fields
    assert (change.name, change.old, len(change.new)) == ("citations", [], 1)


@given(st.permutations([f"p{n}" for n in range(8)]), st.permutations([f"p{n}" for n in range(8)]), st.integers(0, 8))
def test_of_permutations_only_moves_are_told_and_the_rest_kept_its_order(one, other, cut):
    old, new = article_of(" ".join(one)), article_of(" ".join(other[:cut]), " ".join(other[cut:]))
    moved = {change.uid for change in diff(old, new).blocks}
    assert {change.kind for change in diff(old, new).blocks} <= {"moved"}
    stayed = [b["uid"] for b in new["sections"][0]["blocks"] if b["uid"] not in moved]
    assert stayed == [b["uid"] for b in old["sections"][0]["blocks"] if b["uid"] in stayed]


# --- words ---


def test_a_changed_number_is_one_word_out_and_one_in():
    assert pieces("Take 5.0 mg daily.", "Take 50 mg daily.") == [
        ("same", "Take "),
        ("removed", "5.0"),
        ("added", "50"),
        ("same", " mg daily."),
    ]


def test_changes_parted_by_a_space_are_told_together():
    assert pieces("one two three", "four five three") == [
        ("removed", "one two"),
        ("added", "four five"),
        ("same", " three"),
    ]


def test_a_new_sentence_leaves_the_others_whole():
    assert pieces("First. Last.", "First. Middle one. Last.") == [
        ("same", "First. "),
        ("added", "Middle one. "),
        ("same", "Last."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "ops"), [("", "", []), ("", "a", ["added"]), ("a", "", ["removed"]), ("a", "a", ["same"])]
)
def test_empty_texts_are_texts(old, new, ops):
    assert [op for op, _ in pieces(old, new)] == ops


TEXTS = st.text(alphabet="ab .,!5\u00a0\u200b𝟓é\n", max_size=40) | st.lists(
    st.sampled_from(["a", "b.", "c", "the", "5", "mg"])
).map(" ".join)


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_the_pieces_make_both_texts(old, new):
    made = word_diff(old, new)
    assert "".join(piece.text for piece in made if piece.op != "added") == old
    assert "".join(piece.text for piece in made if piece.op != "removed") == new
    assert all(one.op != other.op for one, other in pairwise(made))
    assert made == word_diff(old, new)


def test_a_long_text_with_many_edits_finds_nearly_all_that_stayed():
    chance = random.Random(7)
    old = ["".join(chance.choices(string.ascii_lowercase, k=4)) + chance.choice(["", "", "", "."]) for _ in range(5000)]
    new = list(old)
    for _ in range(200):
        new[chance.randrange(5000)] = "changed"
    same = sum(len(piece.text.split()) for piece in word_diff(" ".join(old), " ".join(new)) if piece.op == "same")
    assert same >= 4790


# --- nothing hidden ---


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("H<sub>2</sub>O 10<sup>5</sup>", "H[sub]2[/sub]O 10[sup]5[/sup]"),
        ('<a href="/x?a=1&amp;b=2">y</a>', "[link /x?a=1&b=2]y[/link]"),
        ('a<cite data-uid="c1"></cite><br>b', "a[citation c1][line break]b"),
        ("1 &lt; 2", "1 < 2"),
    ],
)
def test_markup_is_spelt_out(html, text):
    assert spelt_out(html) == text


def test_a_turned_link_shows_although_the_visible_text_is_the_same():
    old = paragraph("p1", '<a href="https://good.example/">here</a>')
    new = paragraph("p1", '<a href="https://evil.example/">here</a>')
    assert "evil.example" in "".join(p.text for p in word_diff(block_text(old), block_text(new)) if p.op == "added")


def test_invisible_characters_of_old_times_show():
    assert "right-to-left override" in block_text(bullet("b1", "5\u202e.0"))


def test_cells_and_alternative_texts_show():
    assert block_text(table("t1", ["Age"], [["under 5"], ["<em>5</em>"]])) == "Doses\nAge\nunder 5\n[em]5[/em]"
    assert "alt: A drawing of a cell" in block_text(figure("f1"))
    assert block_text(None) == ""
