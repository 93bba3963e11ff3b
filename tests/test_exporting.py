"""Export and import are one another's mirror: import(export(x)) is x, digest for digest."""

import base64
import io
import json

import pytest
from django.core.management import call_command
from PIL import Image, PngImagePlugin

from articles import canonical, drafting, exporting, snapshot, upcasting, uploads
from articles.importing.drafts import CREATED, REFUSED, UNCHANGED, import_page
from articles.importing.parsing import parse
from articles.models import Article, Figure, Person, Topic
from articles.verification import problems
from references.models import Reference
from tests import people, snapshots
from tests.people import NOW, make_topic

pytestmark = pytest.mark.django_db


def read_back(data: bytes, name="exported.json", actor=None):
    return import_page(name, data, actor=actor, now=NOW, read=parse)


def rich_article(newsroom) -> Article:
    """An article with everything a snapshot can hold."""
    health = make_topic("Health", "health")
    genes = make_topic("Genes", "genes", parent=health)
    picture = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(picture, "PNG")
    figure = uploads.store_picture(picture.getvalue(), actor=newsroom.alice, now=NOW)
    drawing = {"file": figure.name, "alt": "A gene", "decorative": False, "width": 4, "height": 3, "credit": "Own"}
    base = people.content(newsroom.author)
    base["sections"].append(
        snapshots.section(
            "s2",
            snapshots.table("t1", ["Age", "mg"], [["1", "10<sup>5</sup>"]]),
            snapshots.block("f1", "A drawing.", "figure", data=drawing),
            snapshots.callout("k1", "Go now.", "emergency", "Call an ambulance"),
        )
    )
    extra = {
        "also_called": ["Genthérapie"],
        "topics": [genes.uid],
        "codes": [{"system": "mesh", "code": "D015316", "relation": "exact"}],
    }
    return drafting.save(None, base | extra, actor=newsroom.alice, now=NOW).article


def forget(exported: bytes, **changes) -> bytes:
    """The export as it would come from another house: every id of it is unknown here."""
    whole = json.loads(exported)
    text = exported.decode()
    for number, uid in enumerate([whole["snapshot"]["uid"], *whole["people"], *whole["topics"]]):
        text = text.replace(uid, f"{number + 0xABC:032x}")
    return json.dumps(json.loads(text) | changes).encode()


def test_an_export_read_here_again_is_known_to_be_the_same(newsroom):
    article = rich_article(newsroom)
    outcome = read_back(exporting.export(article))
    assert (outcome.status, outcome.article) == (UNCHANGED, article)


def test_an_export_of_an_article_that_changed_since_is_refused(newsroom):
    article = newsroom.draft()
    exported = exporting.export(article)
    newsroom.edit(article, people.reword("b1", "It is given twice."))
    outcome = read_back(exported)
    assert outcome.status == REFUSED
    assert "is here already, and differs" in outcome.sentence


def test_the_pure_reader_gives_back_the_snapshot_digest_for_digest(newsroom):
    article = rich_article(newsroom)
    page = parse("exported.json", exporting.export(article))
    assert canonical.digest(page.snapshot) == article.digest
    assert page.report.uncertain == []


def test_an_export_brought_to_another_house_is_the_same_article_with_its_company(newsroom):
    article = rich_article(newsroom)
    exported = forget(exporting.export(article))
    wanted = json.loads(exported)["snapshot"] | {"slug": "from-elsewhere"}
    exported = json.dumps(json.loads(exported) | {"snapshot": wanted}).encode()
    outcome = read_back(exported)
    assert (outcome.status, outcome.report.uncertain) == (CREATED, outcome.report.uncertain)
    assert outcome.article.digest == canonical.digest(wanted)
    topic = Topic.objects.get(uid=wanted["topics"][0])
    assert (topic.name, topic.parent.name) == ("Genes", "Health")
    person = Person.objects.get(uid=wanted["people"][0]["person"])
    assert (person.name, person.user) == ("Alice Moor", None)
    assert person.public_facts() == newsroom.author.public_facts()
    assert list(problems()) == []


def test_a_second_export_of_the_import_is_the_same_file(newsroom):
    exported = forget(exporting.export(rich_article(newsroom)))
    first = read_back(json.dumps(_renamed(exported)).encode()).article
    again = exporting.export(first)
    topics = json.loads(again)["topics"]
    assert {facts["name"] for facts in topics.values()} == {"Genes", "Health"}
    assert canonical.digest(json.loads(again)["snapshot"]) == first.digest
    assert exporting.export(first) == again


def _renamed(exported: bytes) -> dict:
    whole = json.loads(exported)
    whole["snapshot"]["slug"] = "from-elsewhere"
    return whole


def test_a_source_whose_key_is_taken_here_is_cited_by_the_key_it_gets_here(newsroom):
    whole = _renamed(forget(exporting.export(newsroom.draft())))
    whole["references"]["raper2003"]["title"] = "Another paper of that year"
    outcome = read_back(json.dumps(whole).encode())
    reference = outcome.article.citations.get().reference
    assert reference.title == "Another paper of that year"
    assert reference.key != "raper2003"
    assert any(f"is called {reference.key} here" in entry.sentence for entry in outcome.report.uncertain)
    assert Reference.objects.count() == 2


def test_a_sample_stays_a_sample(newsroom):
    article = newsroom.draft()
    article.is_sample = True
    article.save(update_fields=["is_sample"])
    outcome = read_back(json.dumps(_renamed(forget(exporting.export(article)))).encode())
    assert outcome.article.is_sample


def test_old_exports_are_read_through_the_upcasters(newsroom, monkeypatch):
    exported = json.dumps(_renamed(forget(exporting.export(newsroom.draft())))).encode()

    def from_0_to_1(old):
        return old | {"schema": 1, "title": old["title"].removeprefix("Old: ")}

    monkeypatch.setattr(upcasting, "OLDEST_SCHEMA", 0)
    monkeypatch.setattr(upcasting, "UPCASTERS", {0: from_0_to_1})
    whole = json.loads(exported)
    whole["snapshot"] |= {"schema": 0, "title": "Old: What is gene therapy?"}
    assert read_back(json.dumps(whole).encode()).article.title == "What is gene therapy?"


def picture_export(newsroom, content: bytes) -> bytes:
    """An export whose only picture has the name its bytes deserve."""
    whole = _renamed(forget(exporting.export(rich_article(newsroom))))
    (old_name,) = whole["pictures"]
    name = f"{canonical.digest_bytes(content)}.webp"
    whole["pictures"] = {name: base64.b64encode(content).decode()}
    return json.dumps(whole).replace(old_name, name).encode()


def webp(**options) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (5, 5), "red").save(target, "WEBP", **options)
    return target.getvalue()


def test_a_picture_comes_along_with_the_bytes_it_had(newsroom):
    content = webp()
    outcome = read_back(picture_export(newsroom, content))
    assert outcome.status == CREATED
    assert bytes(Figure.objects.get(name=f"{canonical.digest_bytes(content)}.webp").content) == content


def png() -> bytes:
    target, info = io.BytesIO(), PngImagePlugin.PngInfo()
    Image.new("RGB", (5, 5), "red").save(target, "PNG", pnginfo=info)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        png(),
        webp() + b"<script>alert(1)</script>",
        webp(exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"),
        webp(xmp=b"<x:xmpmeta/>"),
        webp()[:-9],
        b"RIFF\x04\x00\x00\x00WEBP",
        b"",
    ],
    ids=["png", "tail", "exif", "xmp", "cut", "hollow", "empty"],
)
def test_what_is_more_than_a_picture_of_ours_is_refused(newsroom, content):
    outcome = read_back(picture_export(newsroom, content))
    assert outcome.status == REFUSED
    assert outcome.sentence.startswith("The picture ")
    assert not Article.objects.filter(slug="from-elsewhere").exists()


def test_a_picture_under_a_false_name_is_refused(newsroom):
    whole = json.loads(picture_export(newsroom, webp()))
    (name,) = whole["pictures"]
    whole["pictures"][name] = base64.b64encode(webp(quality=10)).decode()
    assert "not what its name says" in read_back(json.dumps(whole).encode()).sentence


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("snapshot", "title"), 5, "snapshot.title"),
        (("snapshot", "extra"), "x", "unknown “extra”"),
        (("snapshot", "uid"), "../../etc", "is no id of ours"),
        (("snapshot", "slug"), "../../etc", "The address may hold only"),
        (("snapshot", "kind"), "poem", "is no kind of article"),
        (("snapshot", "title"), "A\x00B", "control characters"),
        (("snapshot", "review_interval_months"), 10**20, "too large"),
        (("snapshot", "review_interval_months"), True, "not of the right kind"),
        (("snapshot", "sections"), {}, "should be a list"),
        (("snapshot", "people"), [{"role": "medical_reviewer", "person": "0" * 32}], "There is no person"),
        (("references",), {}, "does not describe it"),
        (("people",), [], "has no “people”"),
        (("pictures",), {"x": 1}, "has no “pictures”"),
        (("references", "raper2003", "issued"), {"date-parts": 5}, "should be a list"),
        (("references", "raper2003", "issued"), {"date-parts": [[2003], [2004]]}, "cannot be kept"),
        (("references", "raper2003", "author"), ["x"], "not of the right kind"),
        (("references", "raper2003", "author"), [{"family": ["x"]}], "not of the right kind"),
        (("references", "raper2003", "title"), 5, "not of the right kind"),
        (("references", "raper2003", "type"), "song", "not a type of source"),
        (("references", "raper2003", "archive_date"), "soon", "raper2003"),
        (("references", "raper2003", "URL"), "javascript:alert(1)", "cannot be kept"),
        (("references", "raper2003", "surprise"), "x", "no place for"),
        (("people", f"{0xABD:032x}", "qualified_until"), "soon", "Person: Alice Moor."),
        (("people", f"{0xABD:032x}", "interests"), [{"text": "x"}], "has no “from”"),
        (
            ("topics",),
            {"f" * 32: {"slug": "a", "name": "A", "parent": "f" * 32, "position": 0, "description": ""}},
            "in a circle",
        ),
    ],
)
def test_a_changed_export_is_refused_by_name(newsroom, path, value, words):
    whole = _renamed(forget(exporting.export(newsroom.draft())))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    before = Article.objects.count()
    outcome = read_back(json.dumps(whole).encode())
    assert outcome.status == REFUSED
    assert words in outcome.sentence
    assert Article.objects.count() == before


def test_an_author_may_not_bring_people_or_topics_along(newsroom):
    whole = _renamed(forget(exporting.export(newsroom.draft())))
    outcome = read_back(json.dumps(whole).encode(), actor=newsroom.alice)
    assert outcome.sentence == "Only editors and publishers may do this."


def test_markup_in_an_export_is_cleaned_like_any_other(newsroom):
    whole = _renamed(forget(exporting.export(newsroom.draft())))
    whole["snapshot"]["sections"][0]["blocks"][1]["html"] = "It is <script>x</script><b>given</b> once."
    article = read_back(json.dumps(whole).encode()).article
    assert "It is <strong>given</strong> once." in [
        block["html"] for block in snapshot.blocks_of(snapshot.take(article))
    ]


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_one_file_for_each_article(newsroom, tmp_path):
    rich_article(newsroom)
    newsroom.draft(slug="another")
    out = io.StringIO()
    call_command("export_articles", "--output", str(tmp_path / "out"), stdout=out)
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["another.json", "what-is-gene-therapy.json"]
    assert "2 articles written" in out.getvalue()
    for path in (tmp_path / "out").iterdir():
        article = Article.objects.get(slug=path.stem)
        assert path.read_bytes() == exporting.export(article)
        assert canonical.digest(json.loads(path.read_bytes())["snapshot"]) == article.digest


def test_all_exports_can_be_imported_again_without_a_change(newsroom, tmp_path):
    rich_article(newsroom)
    call_command("export_articles", "--output", str(tmp_path), stdout=io.StringIO())
    out = io.StringIO()
    call_command("import_articles", str(tmp_path), stdout=out)
    assert "1 file: 1 unchanged." in out.getvalue()


def test_every_export_names_its_snapshot_in_canonical_form(newsroom):
    data = exporting.export(newsroom.draft())
    assert canonical.canonical(json.loads(data)) + b"\n" == data
