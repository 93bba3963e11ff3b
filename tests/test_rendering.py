"""One article as a whole page: what it says, and that nothing in it can be anything but text."""

import datetime
import itertools
import re
from datetime import UTC, date

import html5lib
import pytest

from articles import rendering, troubles, trust
from articles.rendering import ARCHIVE, PREVIEW, Change, EditionInfo, Link, Notice, RenderInput, Site
from articles.trust import EditionRecord, Records, ReviewRecord, Signer, SourceRecord
from references.standing import Standing
from tests import snapshots
from tests.snapshots import bullet, callout, citation, cite, figure, full, numbered, paragraph, section, table

NS = "{http://www.w3.org/1999/xhtml}"
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Signer("e" * 32, "Dr Ana Ruiz", "haematologist")
SITE = Site("Plain Health", "https://plain.example", "desk@plain.example", "© 2026 Plain Health")
AUTHOR = {
    "name": "Maya Lindqvist",
    "degrees": [{"abbreviation": "MSc", "meaning": "Master of Science"}],
    "profession": "not a health professional",
    "is_health_professional": False,
    "affiliation": "",
    "interests": [],
}


def make_input(*sections, signed=True, **changes):
    """A page whose every statement is signed; anything can be changed by name."""
    snapshot_names = ("title", "subtitle", "summary", "also_called", "citations", "funding", "people")
    told = {name: changes.pop(name) for name in snapshot_names if name in changes}
    snapshot = snapshots.make_snapshot(*sections, **told)
    keys = {entry["key"] for entry in snapshot["citations"]}
    context = snapshots.make_context(*keys)
    context["people"][snapshots.AUTHOR_UID] = AUTHOR
    digests = {block["uid"]: "digest" for part in snapshot["sections"] for block in part["blocks"]}
    retracted = changes.pop("retracted", ())
    records = Records(
        editions=changes.pop("editions", (EditionRecord(1, NOW, NOW, "substantive", "First published."),)),
        block_digests=digests,
        approved_digests=changes.pop("approved", {}),
        reviews=changes.pop("reviews", (ReviewRecord(ANA, NOW, digests, date(2027, 5, 4)),) if signed else ()),
        sources=tuple(SourceRecord(key, date(2026, 5, 3), is_retracted=key in retracted) for key in keys),
        marks=troubles.marks(snapshot, {**digests, None: "digest"}, {key: standing(key) for key in retracted}, ()),
    )
    values = {
        "snapshot": snapshot,
        "context": context,
        "facts": trust.display_facts(records, NOW),
        "site": SITE,
        "edition": EditionInfo(1, NOW, NOW),
    } | changes
    return RenderInput(**values)


def standing(key):
    return Standing(key, nature="retraction", dated=date(2019, 7, 26), notice_id=1, notice_doi="10.1021/acsami.9b11759")


def render(*sections, **changes):
    return rendering.render_article(make_input(*sections, **changes))


def tree_of(html):
    return html5lib.HTMLParser(strict=True).parse(html)


def texts(tree, tag):
    return [" ".join("".join(element.itertext()).split()) for element in tree.iter(f"{NS}{tag}")]


CITED = section(
    "s1",
    paragraph("p1", f"One.{cite('c1')}{cite('c2')}"),
    paragraph("p2", f"Two.{cite('c3')}"),
    table("t1", ["Drug", f"Dose{cite('c4')}"], [["A", "5 mg"]]),
)
CITATIONS = [
    citation("c1", "zeta1999", "p1", accessed="2026-05-03"),
    citation("c2", "raper2003", "p1", locator="p. 150"),
    citation("c3", "zeta1999", "p2"),
    citation("c4", "alpha2001", "t1"),
    citation("c5", "beta2002", None),
]


def test_sources_are_numbered_as_the_text_cites_them():
    html = render(CITED, citations=CITATIONS)
    markers = re.findall(r'href="#source-(\d+)"[^>]* aria-label="source (\d+)">\[(\d+)\]', html)
    assert markers == [("1",) * 3, ("2",) * 3, ("1",) * 3, ("3",) * 3]
    assert 'id="source-4"' in html
    assert "Used for the page as a whole" in html


def test_markers_and_sources_lead_to_each_other():
    html = render(CITED, citations=CITATIONS)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', html):
        assert target in ids, target
    assert 'aria-label="Back to where source 1 is cited, b"' in html
    assert "(p. 150)" in html


def test_each_marker_shows_its_source_in_one_line_and_is_described_by_it_once():
    tree = tree_of(render(CITED, citations=CITATIONS))
    panels = [e for e in tree.iter(f"{NS}span") if e.get("class") == "brief"]
    notes = {panel[0].get("id"): "".join(panel[0].itertext()) for panel in panels}
    markers = [e for e in tree.iter(f"{NS}a") if (e.get("aria-label") or "").startswith("source ")]
    assert [marker.get("aria-describedby") for marker in markers] == list(notes)
    assert [marker.get("interestfor") for marker in markers] == [panel.get("id") for panel in panels]
    title = "Fatal systemic inflammatory response syndrome. Molecular Genetics and Metabolism."
    assert set(notes.values()) == {f"Raper 2003. {title}"}
    assert [panel.get("popover") for panel in panels] == [""] * len(markers)


def test_a_tap_opens_the_panel_of_its_marker_and_the_panel_leads_to_the_same_entry():
    tree = tree_of(render(CITED, citations=CITATIONS))
    panels = {e.get("id"): e for e in tree.iter(f"{NS}span") if e.get("class") == "brief"}
    markers = [e for e in tree.iter(f"{NS}sup") if e.get("class") == "cite"]
    assert len(markers) == 4
    for marker in markers:
        link, button = marker
        way = panels.pop(button.get("popovertarget"))[1]
        assert (button.text, button.get("aria-label")) == (link.text, link.get("aria-label"))
        assert way.get("href") == link.get("href")
        assert way.text == f"Source {link.text.strip('[]')} in full"
        assert button.get("hidden") == ""  # without the style sheet there is one marker, and it is a link
    assert panels == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"author": [{"family": "A"}, {"literal": "B Group"}]}, "A and B Group 2003."),
        ({"author": [{"family": "A"}, {"family": "B"}, {"family": "C"}], "issued": None}, "A and others. Fatal"),
        ({"author": [{"family": "A"}, {"literal": "et al."}]}, "A and others 2003."),
        ({"author": [], "title": "Is it <i>safe</i>?"}, "2003. Is it safe? Molecular"),
        ({"title": "word " * 60}, "word …. Molecular"),
    ],
)
def test_a_source_in_one_line_says_who_when_what_and_where(changes, told):
    assert told in rendering.brief(snapshots.reference(**changes))


def test_the_list_leads_to_each_source_s_own_page_but_for_a_preview():
    assert 'href="/sources/zeta1999/"' in render(CITED, citations=CITATIONS)
    preview = render(CITED, citations=CITATIONS, mode=PREVIEW, edition=None)
    assert "/sources/" not in preview
    assert "cite-this-page" not in preview


def test_a_citation_without_its_mark_in_the_text_still_gets_one():
    html = render(section("s1", paragraph("p1", "One.")), citations=[citation("c1", block="p1")])
    assert re.search(r'One\.<sup class="cite" id="cite-[^"]+"><a href="#source-1"', html)


def test_a_mark_without_a_citation_leaves_nothing():
    html = render(section("s1", paragraph("p1", f"One.{cite('c9')}")))
    assert "One.</p>" in html


def test_the_same_mark_twice_has_one_address():
    html = render(
        section("s1", paragraph("p1", f"One{cite('c1')} two{cite('c1')}.")), citations=[citation("c1", block="p1")]
    )
    assert html.count(f'id="cite-{full("c1")}"') == 1
    assert html.count('<a href="#source-1"') - html.count(">Source 1 in full</a>") == 2
    assert html.count(f'popovertarget="brief-{full("c1")}"') == 2
    assert html.count(f'id="brief-{full("c1")}"') == 1


def test_back_links_go_on_after_z():
    assert [rendering._letters(n) for n in (0, 25, 26, 27, 701, 702)] == ["a", "z", "aa", "ab", "zz", "aaa"]


def test_lists_nest_by_level_and_split_by_kind():
    html = render(
        section(
            "s1",
            bullet("a"),
            bullet("b", level=1),
            bullet("c", level=3),
            bullet("d"),
            numbered("e"),
            paragraph("f"),
            bullet("g", level=2),
        )
    )
    tree = tree_of(html)
    body = next(e for e in tree.iter(f"{NS}section") if e.get("id") == f"s-{full('s1')}")
    outer = [child.tag.removeprefix(NS) for child in body]
    assert outer == ["h2", "ul", "ol", "p", "ul"]
    depth = {e.get("id"): d for e, d in _depths(body) if e.tag == f"{NS}li"}
    assert depth == {f"b-{full(uid)}": d for uid, d in zip("abcdeg", (1, 2, 3, 1, 1, 1), strict=True)}


def _depths(element, lists=0):
    for child in element:
        inside = lists + (child.tag in (f"{NS}ul", f"{NS}ol"))
        yield child, inside
        yield from _depths(child, inside)


@pytest.mark.parametrize(
    ("urgency", "label"),
    [("non-urgent", "Non-urgent advice"), ("urgent", "Urgent advice"), ("emergency", "Immediate action required")],
)
def test_callouts_say_how_urgent_they_are_in_words(urgency, label):
    html = render(section("s1", callout("k1", "Call.", urgency=urgency, heading="Fever")))
    heading = next(text for text in texts(tree_of(html), "h3") if "Fever" in text)
    assert heading == f"{label}: Fever"


def test_headings_never_skip_a_level():
    html = render(section("s0", callout("k1"), heading=""), section("s1", callout("k2"), heading="Risks"))
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_tables_scroll_and_name_their_cells():
    html = render(section("s1", table("t1", ["Drug", "Dose"], [["A", "5 mg"]], caption="Doses")))
    assert f'role="region" tabindex="0" aria-labelledby="t-{full("t1")}"' in html
    assert '<th scope="col">Drug</th>' in html
    assert '<th scope="row">A</th>' in html


def test_figures_have_words_for_who_cannot_see_them_and_their_size():
    html = render(section("s1", figure("f1", alt="A drawing")), section("s2", figure("f2", alt="", decorative=True)))
    assert 'alt="A drawing" width="640" height="360"' in html
    assert 'alt="" width="640"' in html
    assert "Our drawing" in html


def test_a_statement_published_by_the_emergency_door_is_marked():
    editions = (
        EditionRecord(1, NOW, NOW, "substantive"),
        EditionRecord(2, NOW, NOW, "substantive", awaiting=True),
    )
    html = render(section("s1", paragraph("p1"), paragraph("p2")), editions=editions, approved={full("p1"): "digest"})
    assert html.count(rendering.AWAITING_MARK) == 1
    assert html.index(f'id="b-{full("p2")}"') < html.index(rendering.AWAITING_MARK)


def test_statements_nobody_signed_are_marked_on_a_signed_page_only():
    some = (ReviewRecord(ANA, NOW, {full("p1"): "digest"}, date(2027, 5, 4)),)
    html = render(section("s1", paragraph("p1"), paragraph("p2")), reviews=some)
    assert html.count(rendering.UNCHECKED_MARK) == 1
    assert rendering.UNCHECKED_MARK not in render(section("s1", paragraph("p1"), paragraph("p2")), signed=False)


def test_a_withheld_statement_gives_way_to_its_notice_with_its_sources():
    notice = Notice("withheld", "Being checked <again>.", date(2026, 11, 20), block=full("p1"))
    html = render(
        section("s1", paragraph("p1", f"Take 5 mg.{cite('c1')}"), bullet("b1")),
        citations=[citation("c1", block="p1")],
        notices=(notice,),
    )
    assert "Take 5 mg" not in html
    assert "Being checked &lt;again&gt;." in html
    assert 'id="source-1"' not in html


def test_a_retracted_source_marks_the_statements_that_lean_on_it():
    html = render(
        section("s1", paragraph("p1", f"One.{cite('c1')}"), paragraph("p2", f"Two.{cite('c2')}")),
        citations=[citation("c1", "raper2003", "p1"), citation("c2", "zeta1999", "p2")],
        retracted=("zeta1999",),
    )
    assert html.count("of this statement was retracted on 26 July 2019") == 1
    assert 'href="https://doi.org/10.1021/acsami.9b11759"' in html
    assert html.count('<strong class="retracted">Retracted.</strong>') == 1


def test_about_this_page_tells_who_what_and_when():
    tree = tree_of(render(funding="A grant of the town."))
    about = dict(zip(texts(tree, "dt"), texts(tree, "dd"), strict=True))
    assert "Maya Lindqvist, MSc (Master of Science), not a health professional." in about["Written by"]
    assert about["Checked by"].startswith("Dr Ana Ruiz, haematologist 1 of 1 statements")
    assert about["Next check due"] == "4 May 2027"
    assert about["Updated"] == "22 November 2026"
    assert about["What changed"].startswith("First published.")
    assert about["Funding"] == "A grant of the town."
    assert "desk@plain.example" in about["Corrections"]


def test_people_are_told_apart_and_an_interest_ends_without_a_gap():
    shares = {"text": "Shares in a maker.", "from": "2026-01-05", "until": ""}
    second = {"role": "author", "person": "d" * 32}
    page = make_input(section("s1", paragraph("p1")), people=[snapshots.make_snapshot()["people"][0], second])
    page.context["people"] |= {
        snapshots.AUTHOR_UID: AUTHOR | {"interests": [shares]},
        "d" * 32: AUTHOR | {"name": "Imogen Vale", "profession": "science writer"},
    }
    html = " ".join(rendering.render_article(page).split())
    assert "Written by Maya Lindqvist, not a health professional; Imogen Vale, science writer." in html
    assert "Interests: Shares in a maker (since 5 January 2026).</p>" in html


def test_nobody_named_and_nothing_stated_is_said():
    html = render(people=[], signed=False)
    assert "No author is named." in html
    assert "No health professional has checked this page." in html
    assert "Funding: not stated." in html


def test_no_seal_is_claimed():
    html = render()
    assert "No outside body certifies this site." in html
    assert "comply with the HONcode" not in html


def test_an_old_version_names_what_replaced_it_and_is_not_indexed():
    old = EditionInfo(1, NOW, NOW, superseded_by=2, superseded_on=date(2026, 12, 1))
    html = render(mode=ARCHIVE, edition=old)
    assert "This is an old version of this page." in html
    assert "1 December 2026" in html
    assert '<meta name="robots" content="noindex">' in html
    assert "canonical" not in html
    assert "Send to a friend" not in html


def test_a_preview_says_so_and_needs_no_published_version():
    html = render(mode=PREVIEW, edition=None)
    assert "<strong>Preview.</strong>" in html
    assert "noindex" in html
    tree_of(html)


def test_the_sample_notice_is_the_first_thing_on_the_page():
    notice = Notice("sample", "Sample article, sample history, not for patients.", date(2026, 11, 22))
    html = render(notices=(notice,))
    assert html.index("not for patients.") < html.index("<h1>")


def test_corrections_are_told_under_about():
    html = render(notices=(Notice("correction", "The year was wrong.", date(2026, 6, 1)),))
    assert "The year was wrong." in html
    assert "None so far." not in html


def test_the_way_and_the_related_pages_are_links():
    html = render(breadcrumb=(Link("Genetics", "/topics/genetics/"),), related=(Link("Sickle cell", "/articles/s/"),))
    assert '<a href="/topics/genetics/">Genetics</a>' in html
    assert '<li aria-current="page">What is gene therapy?</li>' in html
    assert '<a href="/articles/s/">Sickle cell</a>' in html


def test_the_page_is_the_same_bytes_each_time():
    assert render(CITED, citations=CITATIONS) == render(CITED, citations=CITATIONS)
    assert re.fullmatch(r"[0-9a-f]{16}", rendering.renderer_version())


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs():
    html = render(CITED, citations=CITATIONS)
    tree = tree_of(html)
    assert [e.get("type") for e in tree.iter(f"{NS}script")] == ["application/ld+json"]
    assert not list(tree.iter(f"{NS}style"))
    for element in tree.iter():
        assert not [name for name in element.attrib if str(name) == "style" or str(name).startswith("on")]
    loaded = [e.get("href") for e in tree.iter(f"{NS}link") if e.get("rel") in ("stylesheet", "icon")]
    loaded += [e.get("src") for e in tree.iter(f"{NS}img")]
    assert len(loaded) <= 3
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "<a href='javascript:alert(1)'>x</a>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "{{ 7|add:7 }}{% debug %}",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<style>@import 'https://evil.example'</style>",
    "\u2028</script>",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_any_field_becomes_markup(evil):
    person = AUTHOR | {
        "name": evil,
        "profession": evil,
        "affiliation": evil,
        "degrees": [{"abbreviation": evil, "meaning": evil}],
        "interests": [{"text": evil, "from": evil, "until": evil}],
    }
    page = make_input(
        section(
            "s1",
            paragraph("p1", evil),
            bullet("b1", evil),
            callout("k1", evil, heading=evil),
            table("t1", [evil], [[evil]], caption=evil),
            figure("f1", evil, alt=evil, credit=evil),
            heading=evil,
        ),
        title=evil,
        subtitle=evil,
        summary=evil,
        also_called=[evil],
        funding=evil,
        citations=[citation("c1", "raper2003", "p1", locator=evil), citation("c2", "evil", None)],
        site=Site(evil, "https://plain.example", evil, evil),
        notices=(Notice("safety", evil, date(2026, 1, 1)), Notice("correction", evil, date(2026, 1, 1))),
        breadcrumb=(Link(evil, "/topics/x/"),),
        related=(Link(evil, "/articles/x/"),),
        changes=(Change(1, date(2026, 1, 1), evil),),
    )
    page.context["people"][snapshots.AUTHOR_UID] = person
    page.context["references"]["evil"] = snapshots.reference(
        "evil", title=evil, author=[{"literal": evil}], **{"container-title": evil, "URL": evil, "DOI": evil}
    )
    tree = html5lib.parse(rendering.render_article(page))
    assert [e.get("type") for e in tree.iter(f"{NS}script")] == ["application/ld+json"]
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag.removeprefix(NS) not in ("style", "math", "iframe", "object", "embed", "template")
        for name, value in element.attrib.items():
            assert not str(name).startswith("on")
            if str(name) in ("href", "src", "action"):
                assert value.split(":")[0] in ("https", "http", "mailto") or value[0] in "/#", value
    assert "14" not in texts(tree, "h1")[0]


def test_old_text_that_would_be_refused_today_is_shown_as_words():
    html = render(section("s1", paragraph("p1", "Take \u202e05 mg<em>now</em>")))
    assert "<em>now</em>" not in html
    assert "now" in html


def test_a_withdrawn_page_says_why_and_sends_the_reader_on():
    html = rendering.render_gone("What is <b>?", Notice("withdrawn", "The dose was wrong.", date(2026, 5, 4)), SITE)
    tree_of(html)
    assert "The dose was wrong." in html
    assert "4 May 2026" in html
    assert "What is &lt;b&gt;?" in html
    assert "noindex" in html
    assert "Sample article" not in html
