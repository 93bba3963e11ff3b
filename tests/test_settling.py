"""Settling clashes: mine in the named places, theirs in the rest, everything else merged."""

from hypothesis import given
from hypothesis import strategies as st

from articles.admin.settling import settle
from articles.merging import merge
from articles.statements import blocks_of
from tests import snapshots as s

BASE = s.make_snapshot(
    s.section("s1", s.paragraph("p1", "One."), s.paragraph("p2", "Two."), heading="First"),
    s.section("s2", s.paragraph("p3", f"Three.{s.cite('c1')}"), s.paragraph("p4", "Four."), heading="Second"),
    citations=[s.citation("c1", block="p3", locator="p. 1")],
)


def changed(**changes):
    """A copy of BASE: `p1="…"` rewords a block, `None` takes it out, `title=` and `s1=` change field and heading."""
    made = s.deepcopy(BASE)
    for name, value in changes.items():
        if name in made:
            made[name] = value
        for section in made["sections"]:
            if section["uid"] == s.full(name):
                section["heading"] = value
            section["blocks"] = [
                b | ({"html": value} if b["uid"] == s.full(name) else {})
                for b in section["blocks"]
                if value is not None or b["uid"] != s.full(name)
            ]
    return made


def texts(snapshot):
    return {block["uid"].lstrip("0"): block["html"] for _, _, block in blocks_of(snapshot)}


def wheres(theirs, mine):
    return [conflict.where for conflict in merge(BASE, theirs, mine).conflicts]


def test_each_place_is_settled_by_itself():
    theirs, mine = changed(p1="A", p2="B", title="T"), changed(p1="X", p2="Y", title="M")
    settled = settle(BASE, theirs, mine, [s.full("p1"), "title"])
    assert texts(settled.merged) | {"title": settled.merged["title"]} == texts(BASE) | {
        "p1": "X",
        "p2": "B",
        "title": "M",
    }
    assert [conflict.where for conflict in settled.conflicts] == [s.full("p2")]


def test_what_i_deleted_and_they_changed():
    theirs, mine = changed(p1="A"), changed(p1=None)
    assert wheres(theirs, mine) == [s.full("p1")]
    assert "p1" not in texts(settle(BASE, theirs, mine, [s.full("p1")]).merged)
    assert texts(settle(BASE, theirs, mine, []).merged)["p1"] == "A"


def test_what_they_deleted_and_i_changed():
    theirs, mine = changed(p1=None), changed(p1="X")
    assert texts(settle(BASE, theirs, mine, [s.full("p1")]).merged)["p1"] == "X"
    assert "p1" not in texts(settle(BASE, theirs, mine, []).merged)


def test_a_heading_and_a_citation():
    theirs, mine = changed(s1="Theirs"), changed(s1="Mine")
    theirs["citations"][0]["locator"], mine["citations"][0]["locator"] = "p. 2", "p. 3"
    found = wheres(theirs, mine)
    assert len(found) == 2
    merged = settle(BASE, theirs, mine, found).merged
    assert merged["sections"][0]["heading"] == "Mine"
    assert merged["citations"][0]["locator"] == "p. 3"


def moved(order):
    made = s.deepcopy(BASE)
    made["sections"] = [made["sections"][place] for place in order]
    return made


def test_the_place_of_a_statement():
    theirs, mine = s.deepcopy(BASE), s.deepcopy(BASE)
    theirs["sections"][1]["blocks"].append(theirs["sections"][0]["blocks"].pop(0))
    mine["sections"].append(s.section("s3", mine["sections"][0]["blocks"].pop(0), heading="Third"))
    found = wheres(theirs, mine)
    assert found == [f"{s.full('p1')}/place"]
    third = settle(BASE, theirs, mine, found).merged["sections"][2]
    assert [block["uid"] for block in third["blocks"]] == [s.full("p1")]


edits = st.fixed_dictionaries(
    {},
    optional={
        "p1": st.sampled_from(["A", "B", None]),
        "p2": st.sampled_from(["A", "B", None]),
        "p3": st.sampled_from([f"A{s.cite('c1')}", "B", None]),
        "p4": st.sampled_from(["A", "B", None]),
        "title": st.sampled_from(["A", "B"]),
        "s1": st.sampled_from(["A", "B"]),
    },
)


@given(edits, edits)
def test_all_mine_leaves_no_clash_and_all_my_words(one, other):
    theirs, mine = changed(**one), changed(**other)
    settled = settle(BASE, theirs, mine, wheres(theirs, mine))
    assert settled.conflicts == []
    for name, value in other.items():
        if name.startswith("p") and value is not None:
            assert texts(settled.merged)[name] == value
