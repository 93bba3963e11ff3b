"""Hostile markup in every text field, looked at on every page that shows it, by everybody who may open that page.

Two judges: an independent HTML parser with lists of what may stand on a page, and a browser whose content policy is
switched off, in which no piece may have run.
"""

import datetime
import json
import os
import re
from itertools import product
from urllib.parse import urlsplit

import html5lib
import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.test import Client

from articles import drafting, recording, ripple, roles, text
from articles.drafting import Refused
from articles.importing.drafts import import_page
from articles.models import ImportOriginal, PolicyStatement, SiteSettings, Topic
from references.models import Reference
from references.recording import SaveRefused, save_reference
from references.retractions import record_notice
from tests import snapshots
from tests.desk import at, form_of, signed_in
from tests.doors import House, doors
from tests.hostile import EVALUATED, HIDDEN, SCHEMES, SCRIPT, pieces, storable
from tests.people import NOW, make_user
from tests.screens import PATIENCE_MS

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ROUNDS = 30 if LONG else 2
BLOCKS = 16
PIECES = [piece for piece in pieces() if storable(piece)]
EXPLAINED = {"no_source_reason": "As the leaflet says"}

# --- the judge ----------------------------------------------------------------------------------------------------

FLOW = {
    "html", "head", "body", "title", "meta", "link", "main", "header", "footer", "nav", "search", "section", "article",
    "aside", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "a", "abbr", "span",
    "strong", "em", "sub", "sup", "br", "cite", "time", "figure", "figcaption", "img", "table", "thead", "tbody",
    "tr", "th", "td", "caption", "blockquote", "q", "details", "summary", "form", "label", "input", "button",
    "small", "ins", "del", "mark", "hr", "script", "code", "pre", "noscript",
    "svg", "path", "circle", "rect", "line", "polyline", "g",
    "i", "bdi",  # titles of sources, as the styles set them
}  # fmt: skip
DESK = FLOW | {
    "select", "option", "optgroup", "textarea", "fieldset", "legend", "template", "svg", "use", "symbol", "path",
    "b", "i", "u", "col",
}  # fmt: skip
ADDRESSES = {"href", "src", "action", "formaction", "cite", "data", "poster", "srcset", "background", "xlink:href"}
SCHEMES_ALLOWED = {"", "http", "https", "mailto", "tel"}
#: A text field's content may stand in these and is text there.
TEXT_ATTRIBUTES = {"alt", "title", "content", "value", "aria-label", "placeholder", "label"}


def faults(html, allowed):
    """What an independent reading of the page finds that no page of ours may hold."""
    for element in html5lib.parse(html, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue  # a comment
        tag = element.tag.rpartition("}")[2]
        if tag not in allowed:
            yield f"<{tag}>"
        if tag == "svg" and allowed is FLOW and element.get("aria-hidden") != "true":
            yield "a drawing that is not ours"
        if tag == "script" and (problem := _script_fault(element)):
            yield problem
        if tag == "meta" and (element.get("http-equiv") or "").lower() in ("refresh", "set-cookie"):
            yield "meta refresh"
        yield from _attribute_faults(tag, element.attrib)


def _script_fault(element):
    kind, source = element.get("type") or "", element.get("src")
    if source:
        return "" if source.startswith(("/static/", "/admin/jsi18n/")) else f"script from {source}"
    if kind in ("application/ld+json", "application/json", "importmap"):
        json.loads(element.text or "")
        return ""
    return f"inline script {(element.text or '')[:60]!r}"


def _attribute_faults(tag, attributes):
    for name, value in attributes.items():
        name = str(name).lower()
        if name.startswith("on") or name in ("style", "srcdoc", "ping", "srcset"):
            yield f"<{tag} {name}>"
        if name.rpartition("}")[2] in ADDRESSES and _scheme(value) not in SCHEMES_ALLOWED:
            yield f"<{tag} {name}={value[:60]!r}>"
        if tag in ("form", "script", "link", "base", "img", "iframe") and name in ADDRESSES and _is_foreign(value):
            yield f"<{tag}> from {value[:60]!r}"
        if SCRIPT in value and name not in TEXT_ATTRIBUTES | {"href"} and not name.startswith("data-"):
            yield f"<{tag} {name}={value[:60]!r}>"


def _scheme(address):
    seen = re.sub(r"[\x00-\x20]", "", address)
    return urlsplit(seen).scheme.lower() if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", seen) else ""


def _is_foreign(address):
    return bool(urlsplit(address.replace("\\", "/")).netloc) and not address.startswith(django_settings.SITE_URL)


def assert_harmless(response, where, allowed):
    kind = response.headers.get("Content-Type", "")
    body = response.getvalue().decode("utf-8", "replace")
    for word in (*EVALUATED, django_settings.SECRET_KEY):
        assert word not in body, f"{where}: {word} was computed"
    if kind.startswith("text/html"):
        assert list(faults(body, allowed)) == [], where
    elif kind.startswith("application/json"):
        json.loads(body)
    elif "xml" in kind:
        assert not [
            e for e in html5lib.parse(body, namespaceHTMLElements=False).iter() if e.tag in ("script", "img")
        ], where


def test_the_judge_sees_what_it_is_for():
    for bad in (
        "<script>1</script>", "<img onerror=x>", '<a href="java\tscript:x">x</a>', "<p style=x>", "<iframe></iframe>",
        '<script src="//evil.example/x.js"></script>', '<form action="https://evil.example">', "<svg></svg>",
        '<meta http-equiv="refresh" content="0">', f'<p class="{SCRIPT}">',
    ):  # fmt: skip
        assert list(faults(f"<!doctype html><title>x</title>{bad}", FLOW)), bad
    good = '<!doctype html><title>x</title><p lang="en"><a href="/x">x</a><img src="/media/x" alt="<b onerror=1>">'
    assert list(faults(good, FLOW)) == []


# --- the pieces and the text field --------------------------------------------------------------------------------


def test_there_are_many_pieces_of_every_kind():
    assert len(pieces()) > 500
    assert len(PIECES) > 400


def cleaned(piece):
    try:
        return text.clean_inline(piece)
    except text.TextError:
        return None


INLINE = {"html", "head", "body", "strong", "em", "a", "sub", "sup", "abbr", "span", "br", "cite"}
KEPT_ATTRIBUTES = {"a": {"href"}, "abbr": {"title"}, "span": {"lang"}, "cite": {"data-uid"}}


@pytest.mark.parametrize("wrap", ["{}", "a<strong>{}</strong>b", "{}{}", "<p>{}<li>{}", '<a href="/x">{}'])
def test_inline_text_keeps_only_the_inline_subset_whatever_comes(wrap):
    for piece in pieces():
        kept = cleaned(wrap.replace("{}", piece))
        if kept is None:
            continue
        assert text.clean_inline(kept) == kept
        for element in html5lib.parse(
            f"<!doctype html><title></title><body>{kept}", namespaceHTMLElements=False
        ).iter():
            assert element.tag in INLINE | {"title"}, (piece, kept)
            assert set(element.attrib) <= KEPT_ATTRIBUTES.get(element.tag, set()), (piece, kept)
            assert _scheme(element.get("href") or "") in SCHEMES_ALLOWED, (piece, kept)
        assert text.plain(kept) == text.plain(text.clean_inline(kept))


def test_an_address_that_is_not_what_it_seems_is_no_link_and_no_source(newsroom):
    for address, field in product([scheme + SCRIPT for scheme in SCHEMES], ("url", "archive_url")):
        assert "javascript" not in (text.safe_address(address) or "").partition("?")[0].partition("/")[0].lower()
        try:
            saved = save_reference({"type": "book", "title": "X", field: address}, actor=newsroom.alice, reason="x")
        except (SaveRefused, ValidationError):
            continue
        assert getattr(saved, field).startswith(("https://", "http://"))


# --- a house full of it -------------------------------------------------------------------------------------------


class Supply:
    """Hands out the pieces one after the other, cut to what a field takes."""

    def __init__(self, start):
        self.place, self.used = start, 0

    def __call__(self, longest=2_000, without="\n"):
        while True:
            piece = PIECES[self.place % len(PIECES)]
            self.place += 1
            if len(piece) <= longest and not set(without) & set(piece):
                self.used += 1
                return piece


class HostileHouse(House):
    """The seeded newsroom with hostile markup in every text field of everything."""

    def __init__(self, newsroom, start=0):
        super().__init__(newsroom)
        self.give = Supply(start)
        self._spoil_records()
        self.sources = [self._source(f"evil{number}") for number in range(3)]
        self.hostile = self._published()
        self.unfinished = self._draft("hostile-draft")
        self._spoil_steps()
        self.article = self.unfinished
        self.imported = self._import()

    def _snapshot(self, slug):
        give = self.give
        marks = [f'<cite data-uid="c{number}"></cite>' for number in range(3)]
        paragraphs = [snapshots.paragraph(f"p{n}", f"Text {n}. {give()}", **EXPLAINED) for n in range(BLOCKS)]
        for paragraph, mark in zip(paragraphs, marks, strict=False):
            paragraph["html"] = mark + paragraph["html"]
        odd = [
            snapshots.table("t1", [f"h {give()}", give()], [[f"c {give()}", give()]], caption=give(200)) | EXPLAINED,
            snapshots.callout("k1", f"K {give()}", heading=give(150)) | EXPLAINED,
            snapshots.figure("f1", html=give(), file=self.figure.name, alt=give(150), credit=give(150)),
            snapshots.subheading("h1", f"S {give()}"),
            snapshots.bullet("b1", f"B {give()}", no_source_reason=give(250)),
        ]
        return {
            "slug": slug,
            "title": give(150),
            "subtitle": give(200),
            "summary": give(),
            "funding": give(),
            "also_called": [give(100), give(100)],
            "topics": [self.spoilt_topic.uid],
            "codes": [{"system": "mesh", "code": give(40), "relation": "exact"}],
            "sections": [
                snapshots.section("s1", *paragraphs, heading=give(150)),
                snapshots.section("s2", *odd, heading=give(150)),
            ],
            "citations": [
                snapshots.citation(f"c{n}", source.key, f"p{n}", locator=give(80), quote=give()) | {"uid": f"c{n}"}
                for n, source in enumerate(self.sources)
            ],
        }

    def _draft(self, slug):
        """A draft; a piece that makes an inline text unfit is refused there and gives way to the next."""
        for _ in range(40):
            try:
                return self.newsroom.draft(**self._snapshot(slug))
            except Refused:
                continue
        raise AssertionError("no draft could be saved")

    def _published(self):
        """Two published versions, so that histories and comparisons have something to show."""
        room, article = self.newsroom, self._draft("hostile")
        for turn in range(2):
            if turn:
                changes = self._snapshot("hostile")
                room.edit(article, lambda mine, changes=changes: mine.update(changes), reason=self.give())
            room.do(article, "publish_now", room.paul, reason=self.give(), change_note=self.give(), is_correction=True)
        return article

    def _spoil_records(self):
        room, give = self.newsroom, self.give
        author = room.author
        base = recording.fingerprint(author)
        author.name, author.profession, author.affiliation, author.biography = give(150), give(100), give(190), give()
        author.degrees = [{"abbreviation": give(80), "meaning": give()}]
        author.interests = [{"text": give(), "from": "2026-01-01", "until": ""}]
        recording.save_record(author, actor=room.edward, now=NOW, reason=give(), base=base)
        self.spoilt_topic = Topic(name=give(100), slug="spoilt", description=give())
        recording.save_record(self.spoilt_topic, actor=room.edward, now=NOW, reason=give())
        for principle in range(1, 9):
            self._record(PolicyStatement(
                principle=principle, text=give(), signer=give(150), signer_role=give(150), signed_on=NOW.date(),
                expires_on=NOW.date() + datetime.timedelta(days=300),
            ))  # fmt: skip
        settings = SiteSettings.current()
        for name, longest in SETTINGS.items():
            setattr(settings, name, give(longest))
        recording.save_settings(settings, actor=room.root, now=NOW)
        self.colleague = make_user(give(100), "editor", first_name=give(100), last_name=give(100))
        roles.set_roles(self.colleague, {"author"}, actor=room.root, now=NOW, reason=give())

    def _source(self, key):
        give, room = self.give, self.newsroom
        known = {field.name: field for field in Reference._meta.get_fields() if hasattr(field, "max_length")}
        texts = {name: give(min(known[name].max_length or 500, 500)) for name in SOURCE_TEXTS}
        authors = [{"family": give(80, "{}"), "given": give(80, "{}")}, {"literal": give(80, "{}")}]
        return save_reference(
            {"key": key, "type": "article-journal", "authors": authors, "issued": [2003], **texts},
            actor=room.alice,
            reason=give(),
        )

    def _spoil_steps(self):
        room, give = self.newsroom, self.give
        room.do(self.articles["editorial review"], "request_changes", room.edward, reason=give())
        block = snapshots.full("p4")
        room.do(self.hostile, "withhold", room.paul, reason=give(), words=give(), block=block)
        gone = room.live(room.draft(slug="hostile-gone", title=give(150)))
        room.do(gone, "withdraw", room.paul, reason=give(), words=give())
        self.gone = gone
        self._spoil_library()

    def _spoil_library(self):
        """A retraction answered for, twins made one, and a record to import, each in hostile words."""
        room, give = self.newsroom, self.give
        record_notice(self.sources[0], "retraction", actor=room.edward, now=NOW, reason=give())
        list(ripple.pull(NOW))
        mark = ripple.marks_of(self.hostile, self.hostile.live_edition)[0]
        asked = ripple.Asked(mark.place or "", mark.trouble.key, mark.trouble.matter, mark.digest)
        ripple.answer(self.hostile, asked, give(500), room.edward, NOW)
        self._merge(self._source("evil8"), self._source("evil9"))
        lines = [f"TI  - {give(200)}", f"AU  - {give(80)}", f"JO  - {give(80)}", "PY  - 2003"]
        self.library_import = self._begun_import("\n".join(["TY  - JOUR", *lines, "ER  - ", ""]).encode())

    def _import(self):
        page = f"<html><title>{self.give()}</title><h1>{self.give()}</h1><p>Words. {self.give()}<p>{self.give()}"
        outcome = import_page(f"{self.give(60)}.html", page.encode(), actor=self.newsroom.edward, now=NOW)
        ImportOriginal.objects.create(
            article=self.unfinished, name=self.give(), sha256="2" * 64, content=self.give().encode(),
            report={self.give(): [self.give()]}, actor="0" * 32, imported_at=NOW,
        )  # fmt: skip
        return outcome.article


SETTINGS = {
    "name": 100, "tagline": 190, "contact_text": 500, "home_text": 500, "copyright_line": 190, "disclaimer": 500,
}  # fmt: skip
SOURCE_TEXTS = [
    "title", "container_title", "container_title_short", "publisher", "publisher_place", "collection_title", "note",
    "volume", "issue", "page", "edition", "number",
]  # fmt: skip


def public_pages(house):
    article = "/articles/hostile/"
    return [
        "/", "/topics/", "/topics/spoilt/", "/a-z/", "/verify/", "/verify.json", "/policies/", "/policies/authority/",
        "/feeds/new/", "/feeds/corrections/", "/sitemap.xml", "/robots.txt", "/no/such/page/",
        "/articles/hostile-gone/", article, f"{article}editions/1/", f"{article}editions/2/", f"{article}history/",
        f"{article}compare/?from=1&to=2",
        f"{article}verify/", f"{article}verify.json", f"{article}share/", f"{article}feed/",
        f"/people/{house.newsroom.author.uid}/", "/sources/evil0/", "/sources/evil1/",
        *(f"/a-z/{letter}/" for letter in ("s", "i", "x", "0-9")),
    ]  # fmt: skip


def nothing_hostile_survives_on_any_public_page(house):
    client = Client()
    for path in public_pages(house):
        response = client.get(path)
        assert response.status_code in (200, 404, 410), path
        assert_harmless(response, path, FLOW)
    assert house.give.used > 150


def hostile_words_are_shown_to_readers_as_the_words_they_are(house):
    """Nothing is lost on the way: what was typed as a title is read as a title."""
    body = Client().get("/articles/hostile/").content.decode()
    tree = html5lib.parse(body, namespaceHTMLElements=False)
    headline = "".join(next(tree.iter("h1")).itertext())
    assert house.hostile.title in headline


def desk_pages(house):
    found = [door.path for door in doors(house) if door.path.startswith("/admin/") and door.body is None]
    for article in (house.hostile, house.unfinished, house.imported, house.articles["editorial review"]):
        if article is not None:
            found += [at(article, name) for name in ("change", "preview", "changes", "history")]
            found.append(at(article, "saved", article.newest_revision_id))
    found += [f"/admin/references/reference/{source.pk}/change/" for source in house.sources[:1]]
    found += [f"/admin/references/reference/{source.pk}/history/" for source in house.sources[:1]]
    found += [f"/admin/auth/user/{house.colleague.pk}/change/", "/admin/articles/article/?q=%3Cscript%3E"]
    return list(dict.fromkeys(found))


#: Each role's person, and how many of the pages it looks at: all in a long run.
SEEN = {role: (who, 1 if LONG else every) for role, who, every in (
    ("superuser", "root", 1), ("auditor", "audrey", 3), ("editor", "edward", 5), ("author", "anna", 7),
    ("medical reviewer", "rita", 11), ("publisher", "petra", 11),
)}  # fmt: skip


#: Where each house begins among the pieces, and who looks at its desk. Its public pages are looked at in any case.
HOUSES = {549: ["superuser", "publisher"], 427: ["auditor"], 366: ["editor", "author"], 976: ["medical reviewer"]}
if LONG:
    HOUSES |= {number * 137: [] for number in range(ROUNDS)}


def nothing_hostile_survives_on_any_page_of_the_desk(house, role):
    who, every = SEEN[role]
    client = signed_in(getattr(house.newsroom, who))
    for path in desk_pages(house)[::every]:
        response = client.get(path, follow=True)
        assert response.status_code in (200, 403, 404, 405), path
        assert_harmless(response, f"{path} as {role}", DESK)


@pytest.mark.parametrize("start", HOUSES)
def test_nothing_hostile_survives_on_any_page(newsroom, start, subtests):
    """Readers and people of the desk look at one house, which takes longer to build than to look at."""
    with time_machine.travel(NOW + datetime.timedelta(hours=1), tick=False):
        house = HostileHouse(newsroom, start)
        for promise in (
            nothing_hostile_survives_on_any_public_page,
            hostile_words_are_shown_to_readers_as_the_words_they_are,
        ):
            with subtests.test(promise.__name__):
                promise(house)
        for role in HOUSES[start]:
            with subtests.test(role):
                nothing_hostile_survives_on_any_page_of_the_desk(house, role)


def test_every_role_looks_at_a_house():
    assert sorted(role for roles_of_house in HOUSES.values() for role in roles_of_house) == sorted(SEEN)


def test_a_clash_of_two_hostile_edits_is_shown_as_text(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    give = Supply(40)
    for _ in range(ROUNDS * 2):
        mine = form_of(client, article, title=give(150), subtitle=give(200), summary=give(), funding=give())
        newsroom.edit(article, lambda m: m.update(title=give(150), subtitle=give(200), summary=give()), newsroom.anna)
        response = client.post(at(article), mine | {"reason": give()})
        assert "Theirs" in response.content.decode()
        assert_harmless(response, "merge", DESK)


def test_hostile_posts_to_the_article_form_come_back_as_text_or_are_stored_clean(newsroom):
    article = newsroom.draft()
    client = signed_in(newsroom.alice)
    names = ["title", "subtitle", "summary", "also_called", "funding", "slug", "language", "kind", "reason", "base-x",
             "codes-0-code", "section-0000000000s1-heading", "section-0000000000s1-body", "citation-c1-locator",
             "citation-c1-quote", "citation-c1-accessed", "review_interval_months", "main_topic"]  # fmt: skip
    give = Supply(11)
    for _ in range(ROUNDS * 10):
        form = form_of(client, article) | {name: give() for name in names[:: 1 + give.place % 3]}
        assert_harmless(client.post(at(article), form, follow=True), "the article form", DESK)
    article.refresh_from_db()
    assert drafting.newest(article)["uid"] == article.uid


@pytest.mark.parametrize("kind", ["html", "md", "txt", "json"])
def test_an_imported_page_of_hostile_markup_becomes_a_clean_draft_or_is_refused(newsroom, kind):
    chosen = PIECES[:: 1 if LONG else 12]
    page = "\n\n".join(["A heading", *chosen])
    outcome = import_page(f"page.{kind}", page.encode(), actor=newsroom.edward, now=NOW)
    if outcome.article is None:
        assert outcome.sentence.endswith(".")
        return
    client = signed_in(newsroom.edward)
    for name in ("change", "preview"):
        assert_harmless(client.get(at(outcome.article, name)), name, DESK)


# --- what cannot be seen ------------------------------------------------------------------------------------------


def test_characters_that_deceive_are_refused_in_every_field_of_an_article(newsroom):
    for name, character in HIDDEN.items():
        assert_no_field_of_an_article_takes(newsroom, character, name)


def assert_no_field_of_an_article_takes(newsroom, character, name):
    odd = f"Take 5{character} mg"
    fields = {"title": odd, "subtitle": odd, "summary": odd, "funding": odd, "also_called": [odd]}
    section = snapshots.section
    bodies = [
        section("s1", snapshots.paragraph("p1", odd)),
        section("s1", heading=odd),
        section("s1", snapshots.table("t1", [odd], [["x"]])),
        section("s1", snapshots.table("t1", ["x"], [[odd]])),
        section("s1", snapshots.table("t1", ["x"], [["x"]], caption=odd)),
        section("s1", snapshots.callout("k1", "x", heading=odd)),
        section("s1", snapshots.callout("k1", odd)),
        section("s1", snapshots.bullet("b1", "x", no_source_reason=odd)),
    ]
    changes = [{name: value} for name, value in fields.items()] + [{"sections": [body]} for body in bodies]
    for number, change in enumerate(changes):
        try:
            article = newsroom.draft(citations=[], slug=f"odd-{number}-{ord(character[0])}", **change)
        except Refused:
            continue
        stored = json.dumps(drafting.newest(article), ensure_ascii=False)
        assert character == "\x00", f"{name}: only the null, which no parser of HTML lets through, may simply be gone"
        assert character not in stored


def test_characters_that_deceive_are_refused_in_everything_else_that_readers_see(newsroom):
    live = newsroom.live()
    for character in HIDDEN.values():
        assert_nothing_else_takes(newsroom, live, character)


def assert_nothing_else_takes(newsroom, live, character):
    odd, now = f"Dr {character}Ruiz", NOW
    person, base = newsroom.doctor, recording.fingerprint(newsroom.doctor)
    topic = Topic(name=odd, slug="odd")
    policy = PolicyStatement(
        principle=1, text=odd, signer="P", signed_on=now.date(), expires_on=now.date() + datetime.timedelta(days=9)
    )
    changes = [
        ("name", odd), ("profession", odd), ("affiliation", odd), ("degrees", [{"abbreviation": odd, "meaning": ""}]),
        ("interests", [{"text": odd, "from": "", "until": ""}]),
    ]  # fmt: skip
    for name, value in changes:
        person.refresh_from_db()
        setattr(person, name, value)
        with pytest.raises(Refused):
            recording.save_record(person, actor=newsroom.edward, now=now, reason="x", base=base)
    for row in (topic, policy):
        with pytest.raises(Refused):
            recording.save_record(row, actor=newsroom.petra, now=now, reason="x")
    with pytest.raises(Refused):
        recording.save_settings(SiteSettings(name=odd), actor=newsroom.root, now=now)
    with pytest.raises(Refused):
        newsroom.do(live, "withdraw", newsroom.paul, reason="Because", words=odd)
    with pytest.raises((SaveRefused, ValidationError)):
        save_reference({"type": "book", "title": odd}, actor=newsroom.alice, reason="x")


# --- in a browser -------------------------------------------------------------------------------------------------

TOUCH = """() => {
    for (const element of document.querySelectorAll('body *')) {
        for (const name of ['mouseover', 'mouseenter', 'focus', 'pointerenter', 'toggle', 'load', 'error'])
            element.dispatchEvent(new Event(name, {bubbles: false}));
    }
    return window.__ran;
}"""


@pytest.fixture
def unprotected(browser, live_server, settings):
    """A browser that obeys no content policy: only our own care stands between a piece and its running."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.route(lambda url: not url.startswith((live_server.url, "data:", "blob:")), lambda route: route.abort())
    yield context
    context.close()


@pytest.mark.browser
def test_no_piece_runs_in_a_browser_without_a_content_policy(unprotected, live_server, newsroom):
    house = HostileHouse(newsroom, start=0)
    client = signed_in(newsroom.root)
    name = django_settings.SESSION_COOKIE_NAME
    unprotected.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page = unprotected.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    paths = [*browsed(public_pages(house)), *browsed(desk_pages(house))]
    assert len(paths) > 40
    for path in paths:
        page.goto(path, wait_until="load")
        assert "/admin/login/" not in page.url or "/admin/login/" in path
        assert page.evaluate("window.__ran") is None, path
        assert page.evaluate(TOUCH) is None, path


def browsed(paths):
    """All in a long run; else each kind of page once."""
    shown = [path for path in paths if not path.endswith((".json", ".xml", ".txt", "/feed/", "/find/", "/files/"))]
    kept = [path for path in shown if "/feeds/" not in path and "autocomplete" not in path and "/delete/" not in path]
    kept = [
        path
        for path in kept
        if not path.endswith(("/upload/", "/file/", "/ris/", ".webp", "/jsi18n/", "/no-such-page/"))
    ]
    return kept if LONG else [path for number, path in enumerate(kept) if number % 3 == 0 or "hostile" in path]


@pytest.mark.browser
def test_the_browser_would_have_told(unprotected):
    page = unprotected.new_page()
    page.goto("/")
    page.set_content(f"<img src=x onerror={SCRIPT}>")
    page.wait_for_function("window.__ran === 1")
