"""Two people, one draft: what does not clash merges, and no acknowledged text vanishes."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import merging
from articles.merging import merge, shortened
from tests.snapshots import bullet, citation, cite, full, make_snapshot, paragraph, section


def article_of(*orders, **changes):
    return make_snapshot(
        *(
            section(f"s{n}", *(paragraph(uid, f"Text {uid}") for uid in order.split()))
            for n, order in enumerate(orders, 1)
        ),
        **changes,
    )


def orders(snapshot):
    return [" ".join(block["uid"].lstrip("0") for block in section["blocks"]) for section in snapshot["sections"]]


def edited(snapshot, uid, html):
    changed = deepcopy(snapshot)
    for part in changed["sections"]:
        for block in part["blocks"]:
            if block["uid"] == full(uid):
                block["html"] = html
    return changed


def texts(snapshot):
    return {block["html"] for part in snapshot["sections"] for block in part["blocks"]}


def places(result):
    return [conflict.where.lstrip("0") for conflict in result.conflicts]


BASE = article_of("p1 p2 p3", "p4 p5")


def test_edits_of_different_statements_merge():
    result = merge(BASE, edited(BASE, "p1", "Theirs"), edited(BASE, "p2", "Mine"))
    assert not result.conflicts
    assert {"Theirs", "Mine"} <= texts(result.merged)


def test_edits_of_the_same_statement_are_a_conflict_that_holds_theirs():
    result = merge(BASE, edited(BASE, "p1", "Theirs"), edited(BASE, "p1", "Mine"))
    (conflict,) = result.conflicts
    assert conflict.where == full("p1")
    assert [side["html"] for side in (conflict.base, conflict.theirs, conflict.mine)] == ["Text p1", "Theirs", "Mine"]
    assert conflict.label == "Statement “Theirs” in section “What it is”"
    assert "Theirs" in texts(result.merged)


def test_the_same_edit_twice_is_no_conflict():
    both = edited(BASE, "p1", "Both")
    other = edited(both, "p2", "Mine")
    assert merge(BASE, both, other).merged == other


def test_fields_merge_one_by_one():
    result = merge(BASE, BASE | {"title": "Theirs"}, BASE | {"funding": "Mine"})
    assert (result.merged["title"], result.merged["funding"], result.conflicts) == ("Theirs", "Mine", [])
    (conflict,) = merge(BASE, BASE | {"title": "Theirs"}, BASE | {"title": "Mine"}).conflicts
    assert (conflict.where, conflict.label, conflict.theirs, conflict.mine) == ("title", "Title", "Theirs", "Mine")


def test_additions_of_both_stay_where_they_were_put():
    result = merge(article_of("p1 p2"), article_of("p1 t1 p2"), article_of("p1 p2 m1"))
    assert orders(result.merged) == ["p1 t1 p2 m1"]
    assert orders(merge(article_of("p1"), article_of("t1 p1"), article_of("m1 p1")).merged) == ["m1 t1 p1"]


def test_a_move_and_an_edit_of_the_same_statement_merge():
    result = merge(BASE, edited(BASE, "p1", "Theirs"), article_of("p2 p3", "p4 p1 p5"))
    assert not result.conflicts
    assert orders(result.merged) == ["p2 p3", "p4 p1 p5"]
    assert "Theirs" in texts(result.merged)


def test_moves_of_different_statements_merge():
    result = merge(article_of("p1 p2 p3 p4 p5"), article_of("p2 p3 p4 p5 p1"), article_of("p5 p1 p2 p3 p4"))
    assert not result.conflicts
    assert orders(result.merged) == ["p5 p2 p3 p4 p1"]


def test_one_statement_moved_to_two_places_is_a_conflict():
    result = merge(article_of("p1", "p2", "p3"), article_of("", "p2 p1", "p3"), article_of("", "p2", "p3 p1"))
    assert places(result) == ["p1/place"]
    assert orders(result.merged) == ["", "p2 p1", "p3"]


def test_one_statement_moved_twice_within_a_section_is_a_conflict():
    result = merge(article_of("p1 p2 p3 p4 p5"), article_of("p2 p3 p1 p4 p5"), article_of("p2 p3 p4 p5 p1"))
    assert places(result) == ["s1/order"]
    assert orders(result.merged) == ["p2 p3 p1 p4 p5"]


def test_deletions_merge_with_edits_elsewhere():
    result = merge(BASE, article_of("p1 p3", "p4 p5"), edited(BASE, "p1", "Mine"))
    assert not result.conflicts
    assert orders(result.merged) == ["p1 p3", "p4 p5"]


@pytest.mark.parametrize("mine", [edited(BASE, "p2", "Mine"), article_of("p1 p3", "p4 p5 p2")])
def test_a_deletion_against_an_edit_or_a_move_is_a_conflict(mine):
    deleted = article_of("p1 p3", "p4 p5")
    one, other = merge(BASE, deleted, mine), merge(BASE, mine, deleted)
    assert places(one) == places(other) == ["p2"]
    assert one.conflicts[0].theirs is None
    assert one.conflicts[0].mine is not None
    assert full("p2") not in str(one.merged)
    assert full("p2") in str(other.merged)


def test_a_deleted_section_against_an_edit_in_it_is_a_conflict():
    result = merge(BASE, article_of("p1 p2 p3"), edited(BASE, "p4", "Mine"))
    assert "p4" in places(result)
    assert orders(result.merged) == ["p1 p2 p3"]


def test_a_deleted_section_against_an_addition_to_it_is_a_conflict():
    result = merge(BASE, article_of("p1 p2 p3"), article_of("p1 p2 p3", "p4 p5 m1"))
    assert {"s2", "m1"} <= set(places(result))
    other = merge(BASE, article_of("p1 p2 p3", "p4 p5 m1"), article_of("p1 p2 p3"))
    assert orders(other.merged) == ["p1 p2 p3", "m1"]
    assert "s2" in places(other)


def test_a_statement_moved_into_a_deleted_section_stays_where_theirs_has_it():
    result = merge(BASE, article_of("p1 p2 p3"), article_of("p2 p3", "p1 p4 p5"))
    assert orders(result.merged) == ["p1 p2 p3"]
    assert "s2" in places(result)


def test_headings_and_kinds_merge_one_by_one():
    theirs, mine = deepcopy(BASE), deepcopy(BASE)
    theirs["sections"][0]["heading"], mine["sections"][0]["kind"] = "Theirs", "risks"
    result = merge(BASE, theirs, mine)
    assert (result.merged["sections"][0]["heading"], result.merged["sections"][0]["kind"]) == ("Theirs", "risks")
    mine["sections"][0]["heading"] = "Mine"
    assert places(merge(BASE, theirs, mine)) == ["s1/heading"]


def test_new_sections_of_both_are_kept():
    theirs, mine = article_of("p1"), article_of("p1")
    theirs["sections"].append(section("s8", paragraph("t1")))
    mine["sections"].insert(0, section("s9", paragraph("m1")))
    result = merge(article_of("p1"), theirs, mine)
    assert orders(result.merged) == ["m1", "p1", "t1"]
    assert not result.conflicts


def cited(html, *citations):
    return make_snapshot(section("s1", paragraph("p1", html), paragraph("p2")), citations=list(citations))


def test_citations_merge_one_by_one():
    base = cited(f"A{cite('c1')}", citation("c1", block="p1"))
    theirs = cited(f"A{cite('c1')}B{cite('c2')}", citation("c1", block="p1"), citation("c2", block="p1"))
    mine = cited(f"A{cite('c1')}", citation("c1", block="p1", locator="p. 5"), citation("c3"))
    result = merge(base, theirs, mine)
    assert not result.conflicts
    assert [(c["uid"].lstrip("0"), c["locator"]) for c in result.merged["citations"]] == [
        ("c1", "p. 5"),
        ("c2", ""),
        ("c3", ""),
    ]


def test_one_citation_changed_by_both_is_a_conflict():
    base, theirs, mine = (cited(cite("c1"), citation("c1", block="p1", locator=page)) for page in ("", "p. 1", "p. 2"))
    assert places(merge(base, theirs, mine)) == ["c1"]


def test_a_citation_removed_with_its_mark_and_changed_elsewhere_is_a_conflict_of_the_statement():
    base = cited(f"A{cite('c1')}", citation("c1", block="p1"))
    theirs, mine = cited(f"A{cite('c1')}", citation("c1", block="p1", locator="p. 5")), cited("A")
    result = merge(base, theirs, mine)
    assert places(result) == ["p1"]
    assert result.merged == theirs


def test_a_deleted_statement_takes_its_citations_with_it():
    base = cited(cite("c1"), citation("c1", block="p1"))
    theirs = deepcopy(base)
    del theirs["sections"][0]["blocks"][0]
    theirs["citations"] = []
    result = merge(base, theirs, base | {"title": "Mine"})
    assert result.merged["citations"] == []
    assert not result.conflicts


def test_only_versions_of_one_article_can_be_merged():
    with pytest.raises(ValueError, match="one article"):
        merge(BASE, BASE, BASE | {"uid": "f" * 32})


def test_what_was_merged_shares_nothing_with_what_was_given():
    theirs, mine = edited(BASE, "p1", "Theirs"), edited(BASE, "p2", "Mine")
    merge(BASE, theirs, mine).merged["sections"][0]["blocks"][0]["html"] = "Changed"
    assert "Changed" not in texts(theirs)


def test_labels_are_cut_between_words():
    assert shortened("word " * 30) == "word " * 10 + "word…"
    assert shortened("x" * 100) == "x" * 59 + "…"
    assert shortened("short") == "short"


@st.composite
def drafts(draw):
    """A snapshot over a small pool of uids, so that drafts overlap: moved, edited, deleted, added, cited."""
    uids = draw(st.lists(st.sampled_from([f"p{n}" for n in range(6)]), unique=True, max_size=6))
    homes = draw(st.lists(st.integers(1, 3), min_size=len(uids), max_size=len(uids)))
    blocks, citations = {1: [], 2: [], 3: []}, []
    for uid, home in zip(uids, homes, strict=True):
        mark = draw(st.booleans())
        html = f"{uid} {draw(st.sampled_from('xyz'))}{cite('c' + uid[1:]) if mark else ''}"
        blocks[home].append(bullet(uid, html))
        if mark:
            citations.append(citation("c" + uid[1:], block=uid, locator=draw(st.sampled_from(["", "p. 1"]))))
    present = draw(st.permutations([1, 2, 3]))
    sections = [
        section(f"s{n}", *blocks[n], heading=draw(st.sampled_from("ab")))
        for n in present
        if blocks[n] or draw(st.booleans())
    ]
    places_in_text = [b["uid"] for part in sections for b in part["blocks"]]
    citations.sort(key=lambda c: places_in_text.index(c["block"]))
    return make_snapshot(
        *sections or [section("s9")], title=draw(st.sampled_from(["A", "B", "C"])), citations=citations
    )


def everything(snapshot):
    return {(block["uid"], block["html"]) for part in snapshot["sections"] for block in part["blocks"]}


@settings(max_examples=150, deadline=None)
@given(drafts(), drafts())
def test_where_one_did_nothing_the_other_wins_whole(base, other):
    assert merge(base, base, other) == merge(base, other, base) == merge(base, other, other)
    assert merge(base, base, other).merged == other
    assert merge(base, base, other).conflicts == []


@settings(max_examples=150, deadline=None)
@given(drafts(), drafts())
def test_the_long_way_gives_the_same_as_the_short_ways(base, other):
    for theirs, mine in ((base, other), (other, base), (other, other)):
        result = merging._Merge(base, theirs, mine).result()
        assert result.conflicts == []
        assert result.merged == other


@settings(max_examples=400, deadline=None)
@given(drafts(), drafts(), drafts())
def test_no_acknowledged_text_vanishes(base, theirs, mine):
    result = merge(base, theirs, mine)
    merged = everything(result.merged)
    conflicts = str(result.conflicts)
    for side, other in ((theirs, mine), (mine, theirs)):
        others = {uid for uid, _ in everything(other)}
        for uid, html in everything(side) - everything(base):
            is_kept = (uid, html) in merged or uid in conflicts
            assert is_kept or (uid in {u for u, _ in everything(base)} and uid not in others and uid in conflicts)
    assert len(merged) == sum(len(part["blocks"]) for part in result.merged["sections"])


@settings(max_examples=400, deadline=None)
@given(drafts(), drafts(), drafts())
def test_a_merged_draft_is_whole(base, theirs, mine):
    merged = merge(base, theirs, mine).merged
    uids = [block["uid"] for part in merged["sections"] for block in part["blocks"]]
    assert len(uids) == len(set(uids))
    marks = {
        uid
        for uid in (c["uid"] for c in base["citations"] + theirs["citations"] + mine["citations"])
        if cite(uid) in str(merged["sections"]).replace("\\", "")
    }
    assert {c["uid"] for c in merged["citations"]} == marks
    assert all(c["block"] in uids for c in merged["citations"])


@settings(max_examples=200, deadline=None)
@given(drafts(), drafts(), drafts())
def test_what_nobody_touched_stays(base, theirs, mine):
    untouched = everything(base) & everything(theirs) & everything(mine)
    assert untouched <= everything(merge(base, theirs, mine).merged)
