"""What each statement says, what a reviewer signs, and which statements a save altered."""

from copy import deepcopy

import pytest

from articles.statements import (
    block_digests,
    blocks_of,
    changed_statements,
    context_digest,
    lead_in,
    wording,
    wording_digests,
)
from tests.snapshots import (
    bullet,
    callout,
    citation,
    cite,
    full,
    make_context,
    make_snapshot,
    numbered,
    paragraph,
    reference,
    section,
    subheading,
)

CONTEXT = make_context("raper2003")


def change(snapshot, path, value):
    changed = deepcopy(snapshot)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def altered_digests(old, new, old_context=CONTEXT, new_context=CONTEXT):
    before, after = block_digests(old, old_context), block_digests(new, new_context)
    return {uid for uid in before.keys() | after.keys() if before.get(uid) != after.get(uid)}


def medicine(*bullets, lead="Take:"):
    return make_snapshot(section("s1", subheading("h1", "Medicines"), paragraph("p1", lead), *bullets))


def test_the_wording_holds_every_field_section_and_block():
    article = make_snapshot(
        section("s1", paragraph("p1", f"Text {cite('c1')}")), citations=[citation("c1", block="p1"), citation("c2")]
    )
    found = wording(article)
    assert {full("s1"), full("p1"), "article:title", "article:summary", "article:citations"} <= found.keys()
    assert [c["uid"] for c in found[full("p1")]["citations"]] == [full("c1")]
    assert full("c2") in str(found["article:citations"])


@pytest.mark.parametrize(
    "name",
    ["title", "subtitle", "summary", "also_called", "slug", "language", "kind", "funding", "people", "topics", "codes"],
)
def test_each_field_answers_for_itself(name):
    article = make_snapshot()
    changed = change(article, [name], ["x"] if isinstance(article[name], list) else "other")
    assert changed_statements(article, changed) == {f"article:{name}": {"text"}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("html", "Other"),
        ("kind", "bullet"),
        ("level", 1),
        ("claim", "opinion"),
        ("no_source_reason", "Common knowledge"),
        ("data", {"urgency": "urgent", "heading": "x"}),
    ],
)
def test_every_part_of_a_block_is_signed(name, value):
    article = make_snapshot()
    changed = change(article, ["sections", 0, "blocks", 0, name], value)
    assert altered_digests(article, changed) == {full("p1")}
    assert wording_digests(article)[full("p1")] != wording_digests(changed)[full("p1")]


def test_the_section_heading_is_part_of_what_each_of_its_statements_says():
    article = make_snapshot(section("s1", paragraph("p1"), paragraph("p2")), section("s2", paragraph("p3")))
    assert altered_digests(article, change(article, ["sections", 0, "heading"], "Do not")) == {full("p1"), full("p2")}
    assert altered_digests(article, change(article, ["sections", 1, "kind"], "risks")) == {full("p3")}


def test_the_lead_in_of_a_list_is_part_of_what_each_bullet_says():
    article, turned = medicine(bullet("b1"), bullet("b2")), medicine(bullet("b1"), bullet("b2"), lead="Do not take:")
    assert altered_digests(article, turned) == {full("p1"), full("b1"), full("b2")}


def test_a_bullet_moved_to_another_list_says_something_else():
    take, do_not = paragraph("p1", "Take:"), paragraph("p2", "Do not take:")
    article = make_snapshot(section("s1", take, bullet("b1"), do_not, bullet("b2")))
    moved = make_snapshot(section("s1", take, do_not, bullet("b2"), bullet("b1")))
    assert altered_digests(article, moved) == {full("b1")}


def test_a_subheading_leads_in_what_stands_under_it():
    article = make_snapshot(
        section("s1", subheading("h1", "Children"), paragraph("p1"), bullet("b1"), subheading("h2"), paragraph("p2"))
    )
    changed = change(article, ["sections", 0, "blocks", 0, "html"], "Adults")
    assert altered_digests(article, changed) == {full("h1"), full("p1"), full("b1")}


def test_parent_items_lead_in_their_children_only():
    items = [
        bullet("b1", "Avoid"),
        bullet("b2", "Milk", level=1),
        bullet("b3", "Raw", level=2),
        bullet("b4", "Eat"),
        bullet("b5", "Rice", level=1),
    ]
    article = medicine(*items)
    assert altered_digests(article, change(article, ["sections", 0, "blocks", 2, "html"], "Enjoy")) == {
        full("b1"),
        full("b2"),
        full("b3"),
    }
    blocks = article["sections"][0]["blocks"]
    assert [row["html"] for row in lead_in(blocks, 4)] == ["Medicines", "Take:", "Avoid", "Milk"]


def test_an_added_sibling_does_not_unsign_the_others():
    assert altered_digests(medicine(bullet("b1")), medicine(bullet("b0", "New"), bullet("b1"))) == {full("b0")}


def test_a_citation_of_the_lead_in_does_not_unsign_its_bullets():
    article = medicine(bullet("b1"))
    cited = medicine(bullet("b1"), lead=f"Take:{cite('c1')}")
    cited["citations"] = [citation("c1", block="p1")]
    assert altered_digests(article, cited) == {full("p1")}


def test_a_callout_leads_in_with_its_urgency_and_heading():
    article = make_snapshot(section("s1", callout("k1"), bullet("b1")))
    changed = change(article, ["sections", 0, "blocks", 0, "data", "heading"], "No fever")
    assert altered_digests(article, changed) == {full("k1"), full("b1")}


@pytest.mark.parametrize("name", ["key", "locator", "accessed", "quote"])
def test_a_citation_is_signed_with_its_statement(name):
    article = make_snapshot(
        section("s1", paragraph("p1", cite("c1")), paragraph("p2")), citations=[citation("c1", block="p1")]
    )
    assert altered_digests(article, change(article, ["citations", 0, name], "other2004")) == {full("p1")}


@pytest.mark.parametrize(
    "turned",
    [
        {"title": "Another"},
        {"author": []},
        {"issued": {"date-parts": [[2004]]}},
        {"DOI": "10.1/other"},
        {"PMID": "1"},
        {"URL": "https://evil.example"},
    ],
)
def test_a_reference_turned_after_approval_unsigns_what_cites_it(turned):
    article = make_snapshot(
        section("s1", paragraph("p1", cite("c1")), paragraph("p2")), citations=[citation("c1", block="p1")]
    )
    context = make_context(raper2003=reference(**turned))
    assert altered_digests(article, article, CONTEXT, context) == {full("p1")}
    assert context_digest(context) != context_digest(CONTEXT)


@pytest.mark.parametrize(
    "formatting",
    [{"volume": "81"}, {"page": "1"}, {"archive": "https://web.archive.org/x"}, {"issued": {"date-parts": [[2003]]}}],
)
def test_how_a_reference_is_written_unsigns_nothing(formatting):
    assert context_digest(make_context(raper2003=reference(**formatting))) == context_digest(CONTEXT)


def test_a_reference_that_the_context_does_not_hold_is_signed_as_unknown():
    article = make_snapshot(section("s1", paragraph("p1", cite("c1"))), citations=[citation("c1", block="p1")])
    assert altered_digests(article, article, CONTEXT, make_context()) == {full("p1")}


# --- which statements a save altered ---


def places(old, new):
    return {key for key, aspects in changed_statements(old, new).items() if "place" in aspects}


def article_of(*orders):
    return make_snapshot(
        *(section(f"s{n}", *(paragraph(uid, uid) for uid in order.split())) for n, order in enumerate(orders, 1))
    )


def test_of_a_new_article_everything_is_new_text():
    article = make_snapshot()
    assert set(changed_statements(None, article)) == set(wording(article))
    assert set(map(frozenset, changed_statements(None, article).values())) == {frozenset({"text"})}


def test_nothing_altered_is_nothing():
    article = article_of("p1 p2", "p3")
    assert changed_statements(article, deepcopy(article)) == {}


def test_adding_or_removing_beside_a_statement_does_not_move_it():
    assert places(article_of("p1 p2"), article_of("p0 p1 p9 p2")) == set()
    assert changed_statements(article_of("p1 p2 p3"), article_of("p1 p3")) == {full("p2"): {"removal"}}


def test_the_fewest_statements_that_explain_an_order_moved():
    assert places(article_of("p1 p2 p3 p4"), article_of("p4 p1 p2 p3")) == {full("p4")}
    assert places(article_of("p1 p2 p3 p4"), article_of("p2 p3 p4 p1")) == {full("p1")}
    assert len(places(article_of("p1 p2"), article_of("p2 p1"))) == 1


def test_going_to_another_section_is_a_move():
    assert changed_statements(article_of("p1 p2", "p3"), article_of("p1", "p3 p2")) == {full("p2"): {"place"}}


def test_sections_that_change_their_order_move():
    article = article_of("p1", "p2")
    turned = deepcopy(article)
    turned["sections"].reverse()
    assert len(places(article, turned)) == 1


def test_a_removed_section_is_a_removal_of_all_it_held():
    assert changed_statements(article_of("p1", "p2"), article_of("p1")) == {
        full("s2"): {"removal"},
        full("p2"): {"removal"},
    }


def test_moved_and_reworded_is_both():
    turned = article_of("p1", "p3 p2")
    turned["sections"][1]["blocks"][1]["html"] = "New"
    assert changed_statements(article_of("p1 p2", "p3"), turned) == {full("p2"): {"place", "text"}}


def test_blocks_come_in_reading_order():
    article = make_snapshot(section("s1", paragraph("p1"), numbered("n1")), section("s2", paragraph("p2")))
    assert [(s["uid"], i, b["uid"]) for s, i, b in blocks_of(article)] == [
        (full("s1"), 0, full("p1")), (full("s1"), 1, full("n1")), (full("s2"), 0, full("p2")),
    ]  # fmt: skip
