"""The sample articles: what they say rests on sources, in words of our own, that people can read."""

import html
import json
import re
import statistics
from pathlib import Path

import pytest

from articles import text
from articles.demonstration import drawing, reading
from references import csl, identifiers
from references.models import KEY

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
FIGURES = {name: {"file": "0" * 64 + ".webp", "width": 1, "height": 1} for name in drawing.names()}
STATES = [state for states in reading.stories().values() for state in states]
UNCHECKED_DOIS = {
    "10.1126/science.270.5235.475",
    "10.1089/hum.2017.218",
    "10.1016/s0140-6736(17)31868-8",
    "10.1056/nejmoa2504747",
    "10.1056/nejmoa2031054",
    "10.1056/nejmoa2107454",
}

each_state = pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state.slug}-{state.number}")


def blocks_of(state):
    snapshot = reading.snapshot_of(state, FIGURES)
    return [block for section in snapshot["sections"] for block in section["blocks"]]


def words_of(state):
    """Everything a reader reads, as plain sentences."""
    head = [state.head[name] for name in ("title", "subtitle", "summary", "funding")]
    return [*head, *(words for block in blocks_of(state) for words in block_words(block))]


def block_words(block):
    data = block["data"] or {}
    cells = [cell for row in [data.get("header", []), *data.get("rows", [])] for cell in row]
    parts = [block["html"], *cells, *(data.get(name, "") for name in ("heading", "caption", "alt"))]
    return [text.plain(part) for part in parts if part]


def runs(words, length=6):
    plain = re.findall(r"[a-z0-9]+", " ".join(words).lower())
    return {tuple(plain[n : n + length]) for n in range(len(plain) - length + 1)}


# --- what is there ------------------------------------------------------------------------------------------------


def test_there_are_enough_articles_and_their_titles_are_spread_over_the_alphabet():
    assert len(reading.stories()) >= 10
    first = {states[-1].head["title"][0] for states in reading.stories().values()}
    assert "5" in first
    assert len(first) >= 10


def test_gene_therapy_is_told_as_of_2014_after_2017_and_today():
    states = reading.stories()["what-is-gene-therapy"]
    assert [state.head["published_at"][:4] for state in states] == ["2014", "2019", "2026"]
    told = [" ".join(words_of(state)) for state in states]
    assert "has not approved any gene therapy" in told[0]
    assert not any("has not approved any gene therapy" in words for words in told[1:])
    for state in states[1:]:
        labels = {block["uid"] for block in blocks_of(state)}
        assert {
            reading.uid_of("block", f"{state.slug} first-{name}")[:12] for name in ("imlygic", "kymriah", "luxturna")
        } <= labels


def test_a_statement_keeps_its_id_from_state_to_state():
    first, second, third = ({block["uid"] for block in blocks_of(s)} for s in reading.stories()["what-is-gene-therapy"])
    assert len(first & second) > 25
    assert len(second & third) > 25
    assert first - second
    assert third - second


# --- what it rests on ---------------------------------------------------------------------------------------------


@each_state
def test_every_statement_has_a_source_or_says_why_not(state):
    cited = {citation["block"] for citation in reading.snapshot_of(state, FIGURES)["citations"]}
    for block in blocks_of(state):
        excused = block["no_source_reason"] or block["kind"] == "subheading"
        assert block["claim"], f"no claim: {block['html']}"
        assert block["uid"] in cited or excused, f"no source: {block['html']}"


@each_state
def test_every_citation_names_a_source_we_have_and_the_day_it_was_looked_at(state):
    known = {item["id"] for item in reading.references()}
    for citation in reading.snapshot_of(state, FIGURES)["citations"]:
        assert citation["key"] in known
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", citation["accessed"])


@each_state
def test_nobody_looked_at_a_source_after_the_page_was_published(state):
    published = state.head.get("published_at")
    if published:
        assert state.head["checked"] <= published[:10]


@each_state
def test_no_page_leans_on_a_source_that_did_not_exist_yet(state):
    items = {item["id"]: item for item in reading.references()}
    year = int(state.head["checked"][:4])
    for citation in reading.snapshot_of(state, FIGURES)["citations"]:
        assert (csl.parts_of(items[citation["key"]].get("issued")) or [0])[0] <= year, citation["key"]


def test_every_source_is_well_formed_and_used():
    used = {c["key"] for state in STATES for c in reading.snapshot_of(state, FIGURES)["citations"]}
    items = reading.references()
    assert {item["id"] for item in items} == used
    for item in items:
        assert KEY.fullmatch(item["id"])
        assert csl.fields_of(item)["title"]
        if item.get("DOI"):
            assert identifiers.normalise_doi(item["DOI"]) == item["DOI"]


def test_no_identifier_is_one_that_nobody_has_checked():
    assert not UNCHECKED_DOIS & {item.get("DOI") for item in reading.references()}


# --- how it is written --------------------------------------------------------------------------------------------


@each_state
def test_sentences_are_short(state):
    sentences = [s for words in words_of(state) for s in re.split(r"(?<=[.!?:])\s+", words)]
    lengths = [len(re.findall(r"\w+", sentence)) for sentence in sentences]
    assert statistics.mean(lengths) <= 14
    assert max(lengths) <= 32, sentences[lengths.index(max(lengths))]


@each_state
def test_no_six_words_in_a_row_are_those_of_another_page(state):
    if not INPUTS.is_dir():
        pytest.skip("no pages to compare with")
    own = runs(words_of(state))
    for path in INPUTS.iterdir():
        theirs = runs([re.sub(r"<[^>]+>", " ", html.unescape(path.read_text("utf-8", errors="replace")))])
        shared = {" ".join(run) for run in own & theirs}
        assert not shared, f"{path.name}: {shared}"


@each_state
def test_texts_pass_the_door_as_they_are(state):
    for block in blocks_of(state):
        assert text.clean_inline(block["html"]) == block["html"]


def test_every_picture_says_what_it_shows():
    figures = [block for state in STATES for block in blocks_of(state) if block["kind"] == "figure"]
    assert len({block["data"]["alt"] for block in figures}) >= 2
    assert all(len(block["data"]["alt"]) > 40 for block in figures)


@pytest.mark.parametrize("name", drawing.names())
def test_a_drawing_becomes_the_same_small_picture_each_time(name):
    content, facts = drawing.draw(name)
    assert drawing.draw(name) == (content, facts)
    assert len(content) < 25_000
    assert facts["width"] >= 720
    assert facts["file"].endswith(".webp")


def test_every_job_has_a_person_and_nobody_is_real():
    people = reading.data("people")["person"]
    assert {"author", "editor", "reviewer", "publisher", "auditor", "admin"} <= {p["sign_in"] for p in people}
    assert all("made-up person" in person["biography"] for person in people)
    assert all(degree["meaning"] for person in people for degree in person.get("degrees", []))


def test_all_eight_headings_have_a_signed_statement_and_one_has_run_out():
    policies = reading.data("policies")["policy"]
    assert [policy["principle"] for policy in policies] == list(range(1, 9))
    assert sum(policy["expires_on"].year < 2026 for policy in policies) == 1


def test_a_file_that_cannot_be_read_is_named_with_its_line():
    state = STATES[0]
    broken = reading.State(state.slug, 7, state.head, "## Heading without a label\n\nWords.")
    with pytest.raises(reading.ContentError, match=f"{state.slug}, state 7, “## Heading without a label”"):
        reading.snapshot_of(broken, FIGURES)


def test_snapshots_are_plain_json():
    for state in STATES:
        snapshot = reading.snapshot_of(state, FIGURES)
        assert json.loads(json.dumps(snapshot)) == snapshot
