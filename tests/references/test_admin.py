"""The library on the editors' desk."""

import re

import pytest
from django.urls import reverse
from reversion.models import Version

import references.admin.source
from references.admin import ReferenceAdmin
from references.models import Reference
from references.recording import StaleSave, save_reference

LIST = "/admin/references/reference/"
ADD = f"{LIST}add/"
FIND = f"{LIST}find/"

FORM = {
    "type": "article-journal",
    "title": "Fatal systemic inflammatory response syndrome",
    "authors": "Raper, Steven E.\nNational Cancer Institute",
    "editors": "",
    "issued": "September 2003",
    "updated": "",
    "doi": "https://doi.org/10.1016/J.YMGME.2003.08.016",
    "reason": "For the risks section",
    "is_primary": "unknown",
}


def change_url(source):
    return reverse("admin:references_reference_change", args=[source.pk])


def history_url(source):
    return reverse("admin:references_reference_history", args=[source.pk])


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def reading_room(client, auditor):
    client.force_login(auditor)
    return client


def test_a_source_is_made_through_the_act(desk, editor):
    answer = desk.post(ADD, FORM)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    source = Reference.objects.get()
    assert source.key == "raper2003"
    assert source.authors == [{"family": "Raper", "given": "Steven E."}, {"literal": "National Cancer Institute"}]
    assert source.issued == [2003, 9]
    assert source.doi == "10.1016/j.ymgme.2003.08.016"
    (version,) = Version.objects.get_for_object(source).select_related("revision")
    assert (version.revision.user, version.revision.comment) == (editor, "For the risks section")


def test_the_form_shows_what_it_will_read_again(desk, make_source):
    source = make_source(issued=[2003, 9, 1], authors=[{"literal": "Health, Education"}, {"family": "Raper"}])
    page = desk.get(change_url(source))
    fields = page.context["adminform"].form
    html = page.content.decode()
    assert "{Health, Education}\nRaper," in html
    assert 'value="1 September 2003"' in html
    assert f'name="base" value="{source.newest_revision_id()}"' in html
    posted = FORM | {
        name: fields[name].value() or ""
        for name in ("authors", "editors", "issued", "updated", "type", "title", "doi", "base")
    }
    assert desk.post(change_url(source), posted).status_code == 302
    assert Version.objects.get_for_object(source).count() == 1


def test_a_change_is_one_saved_version(desk, make_source):
    source = make_source()
    answer = desk.post(change_url(source), FORM | {"title": "New", "base": source.newest_revision_id()})
    assert answer.status_code == 302
    source.refresh_from_db()
    assert (source.title, source.key) == ("New", "raper2003")
    assert Version.objects.get_for_object(source).count() == 2


def test_a_stale_form_is_refused_with_a_sentence_and_keeps_what_was_typed(desk, make_source, editor):
    source = make_source()
    base = source.newest_revision_id()
    save_reference({"title": "Hers"}, actor=editor, reference=source, base=base)
    answer = desk.post(change_url(source), FORM | {"title": "His own words", "base": base})
    assert answer.status_code == 200
    assert "Somebody else has changed this source" in answer.content.decode()
    assert "His own words" in answer.content.decode()
    source.refresh_from_db()
    assert source.title == "Hers"


@pytest.mark.parametrize("base", ["", "0", "999999", "x"])
def test_a_form_without_its_base_is_refused(desk, make_source, base):
    source = make_source()
    assert desk.post(change_url(source), FORM | {"base": base}).status_code == 200
    assert Version.objects.get_for_object(source).count() == 1


def test_when_another_writer_was_faster_by_a_moment_the_form_is_judged_again(desk, make_source, monkeypatch):
    source = make_source()
    base, attempts = source.newest_revision_id(), []

    def refused_once(*args, **options):
        attempts.append(options["base"])
        if len(attempts) == 1:
            raise StaleSave(base, base + 1)
        return save_reference(*args, **options)

    monkeypatch.setattr(references.admin.source, "save_reference", refused_once)
    assert desk.post(change_url(source), FORM | {"title": "His", "base": base}).status_code == 302
    assert attempts == [base, base]
    assert Version.objects.get_for_object(source).count() == 2


def test_a_second_source_with_the_same_doi_is_refused_by_its_field(desk, make_source):
    make_source(doi="10.1016/j.ymgme.2003.08.016")
    answer = desk.post(ADD, FORM)
    assert "already has a source with this DOI" in answer.content.decode()
    assert Reference.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "written", "sentence"),
    [
        ("doi", "nonsense", "is not a DOI"),
        ("pmid", "012", "is not a PubMed number"),
        ("isbn", "123", "is not an ISBN"),
        ("url", "javascript:alert(1)", "starts with https://"),
        ("url", "java\tscript:alert(1)", "hidden character"),
        ("archive_url", "//evil.example/", "starts with https://"),
        ("issued", "21/06/2014", "is not a date we can read"),
        ("updated", "30 Feb 2014", "calendar has no such day"),
        ("authors", "A, B, C, D", "too many commas"),
        ("title", "5.0\u202e mg", "hidden character at position 4"),
        ("language", "English", "Write the language as a code"),
        ("archived_on", "2999-01-01", "future"),
    ],
)
def test_a_fault_is_told_in_a_sentence_at_its_field(desk, field, written, sentence):
    answer = desk.post(ADD, FORM | {"doi": "", field: written})
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["adminform"].form.errors[field])
    assert not Reference.objects.exists()


def test_a_source_can_be_made_on_the_spot_and_named_by_its_key(desk):
    assert desk.get(f"{ADD}?_popup=1&_to_field=key").status_code == 200
    answer = desk.post(f"{ADD}?_popup=1&_to_field=key", FORM | {"_popup": "1", "_to_field": "key"})
    assert answer.status_code == 200
    assert answer.templates[0].name == "admin/popup_response.html"
    assert "raper2003: Fatal" in answer.content.decode()
    assert "&quot;value&quot;: &quot;raper2003&quot;" in answer.content.decode()


def test_the_form_shows_the_reference_as_readers_see_it(desk, make_source):
    source = make_source(title="CO<sub>2</sub> <script>", doi="10.1234/a")
    html = desk.get(change_url(source)).content.decode()
    assert "Raper SE. CO<sub>2</sub> &lt;script&gt;. 2003 Sep." in html
    assert 'rel="noopener external"' in html


NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("who", ["editor", "auditor"])
def test_nothing_in_any_field_becomes_markup_on_any_screen(client, request, make_source, editor, who):
    texts = ["title", "container_title", "container_title_short", "collection_title", "publisher", "publisher_place"]
    texts += ["edition", "number", "volume", "issue", "page", "note"]
    people = [{"literal": NASTY}, {"family": NASTY, "given": NASTY}]
    source = make_source(**dict.fromkeys(texts, NASTY[:60]), authors=people, editors=people)
    base = source.newest_revision_id()
    save_reference({"language": "en"}, actor=editor, reason=NASTY, reference=source, base=base)
    client.force_login(request.getfixturevalue(who))
    pages = [LIST, change_url(source), history_url(source), version_url(source, base)]
    for url in [*pages, version_url(source, source.newest_revision_id())]:
        html = client.get(url).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


# --- readers only -------------------------------------------------------------------------------------------


def test_an_auditor_reads_everything_and_writes_nothing(reading_room, make_source):
    source = make_source(updated=[2014])
    page = reading_room.get(change_url(source))
    html = page.content.decode()
    assert page.status_code == 200
    assert "Raper, Steven E." in html
    assert "September 2003" in html
    assert 'name="title"' not in html
    assert 'name="base"' not in html
    assert 'name="_save"' not in html
    assert reading_room.get(LIST).status_code == reading_room.get(history_url(source)).status_code == 200
    assert reading_room.get(ADD).status_code == 403
    assert reading_room.post(ADD, FORM).status_code == 403
    assert reading_room.post(change_url(source), FORM | {"base": source.newest_revision_id()}).status_code == 403
    source.refresh_from_db()
    assert source.title.startswith("Fatal")


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_who_has_no_right_in_the_library_sees_nothing_of_it(client, make_source, stranger, who):
    source = make_source()
    if who == "stranger":
        client.force_login(stranger)
    version = version_url(source, source.newest_revision_id())
    for url in (LIST, ADD, FIND, change_url(source), history_url(source), version):
        answer = client.get(url)
        assert answer.status_code == (403 if who == "stranger" else 302)
        assert "Fatal" not in answer.content.decode()


def test_nobody_can_delete_a_source(client, make_source, admin_user):
    client.force_login(admin_user)
    source = make_source()
    assert (
        client.post(reverse("admin:references_reference_delete", args=[source.pk]), {"post": "yes"}).status_code == 403
    )
    client.post(LIST, {"action": "delete_selected", "_selected_action": [source.pk], "post": "yes"})
    assert Reference.objects.filter(pk=source.pk).exists()


# --- saved versions -----------------------------------------------------------------------------------------


def test_saved_versions_tell_who_when_and_why(desk, make_source, editor):
    source = make_source()
    reason = "<b>Corrected</b> the journal"
    save_reference({"volume": "80"}, actor=editor, reason=reason, reference=source, base=source.newest_revision_id())
    html = desk.get(history_url(source)).content.decode()
    assert "Edith Example" in html
    assert "the system" in html
    assert "&lt;b&gt;Corrected&lt;/b&gt; the journal" in html
    assert html.index("Edith Example") < html.index("the system")


def test_the_list_of_saved_versions_costs_the_same_for_two_and_for_sixty(
    desk, make_source, editor, django_assert_max_num_queries
):
    source = make_source()
    for number in range(60):
        save_reference({"volume": str(number)}, actor=editor, reference=source, base=source.newest_revision_id())
    with django_assert_max_num_queries(7) as queries:
        html = desk.get(history_url(source)).content.decode()
    assert "Page 1 of 2" in html
    assert not any("serialized_data" in query["sql"] for query in queries.captured_queries)
    assert "the system" in desk.get(f"{history_url(source)}?page=2").content.decode()


def version_url(source, revision_id):
    return reverse("admin:references_reference_version", args=[source.pk, revision_id])


def test_a_saved_version_tells_what_it_changed_and_nothing_else(reading_room, make_source, editor):
    source = make_source(issued=[2003])
    base = source.newest_revision_id()
    changed = {"title": "<b>New</b>", "issued": [2003, 9], "is_primary": False}
    save_reference(changed, actor=editor, reason="Why", reference=source, base=base)
    page = reading_room.get(version_url(source, source.newest_revision_id()))
    assert [(change.label, change.before, change.after) for change in page.context["changes"]] == [
        ("title", source.title, "<b>New</b>"),
        ("published", "2003", "September 2003"),
        ("primary source", "", "no"),
    ]
    assert "&lt;b&gt;New&lt;/b&gt;" in page.content.decode()
    first = reading_room.get(version_url(source, base))
    assert ("authors", "", "Raper, Steven E.") in [
        (change.label, change.before, change.after) for change in first.context["changes"]
    ]


def test_a_saved_version_of_another_source_is_not_found_here(desk, make_source):
    one, other = make_source(), make_source(title="Other")
    assert desk.get(version_url(one, other.newest_revision_id())).status_code == 404
    assert desk.get(version_url(one, 9999)).status_code == 404


def test_saved_versions_of_what_does_not_exist_are_not_found(desk):
    assert desk.get(reverse("admin:references_reference_history", args=[99])).status_code == 404


# --- finding ------------------------------------------------------------------------------------------------


def test_the_citation_picker_finds_sources_as_json(desk, make_source):
    assert reverse("admin:references_reference_find") == FIND
    make_source(title="<i>E. coli</i> & more", doi="10.1234/a")
    make_source(title="Other", authors=[{"literal": "Other"}])
    answer = desk.get(FIND, {"q": "coli"})
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == [
        {
            "key": "raper2003",
            "label": "raper2003: E. coli & more",
            "text": "Raper SE. E. coli & more. 2003 Sep. doi: 10.1234/a.",
            "warning": "",
        }
    ]
    assert desk.get(FIND).json() == desk.get(FIND, {"q": "absent"}).json() == []
    assert desk.post(FIND, {"q": "coli"}).status_code == 405


def test_the_picker_warns_of_a_source_that_has_a_newer_form(desk, make_source):
    newer = make_source(title="Second edition")
    make_source(title="First edition", superseded_by=newer)
    assert [found["warning"] for found in desk.get(FIND, {"q": "first"}).json()] == [
        "There is a newer form: raper2003."
    ]


def test_the_picker_gets_at_most_twenty_in_few_queries(desk, make_source, django_assert_max_num_queries):
    for number in range(25):
        make_source(title=f"Gene therapy {number}")
    with django_assert_max_num_queries(6):
        assert len(desk.get(FIND, {"q": "gene"}).json()) == 20


def test_the_list_costs_the_same_for_two_and_for_thirty(desk, make_source, django_assert_max_num_queries):
    for number in range(30):
        make_source(title=f"Gene therapy {number}")
    with django_assert_max_num_queries(11):
        html = desk.get(LIST, {"q": "raper"}).content.decode()
    assert "Gene therapy 29" in html


def test_the_list_says_by_whom_where_and_when_and_is_sorted_by_year(desk, make_source):
    people = [{"family": "Voss", "given": "R."}, {"literal": "<b>Society</b>"}, {"family": "Raper"}]
    make_source(title="Late", authors=people, issued=[2021, 3], container_title="A Journal of <i>Genes</i>")
    make_source(title="Early", authors=people[1:2], issued=[1999], container_title="")
    make_source(title="Undated", authors=[], issued=[], container_title_short="Mol Genet Metab", container_title="Long")
    year = ReferenceAdmin.list_display.index("year") + 1
    for order, wanted in ((f"{year}", ["Early", "Late"]), (f"-{year}", ["Late", "Early"])):
        html = desk.get(LIST, {"o": order}).content.decode()
        found = re.findall(r"field-title_shown[^>]*>(.*?)<", html)
        assert [title for title in found if title != "Undated"] == wanted
        assert len(found) == 3
    assert "Voss and others" in html
    assert "A Journal of &lt;i&gt;Genes&lt;/i&gt;" in html
    assert "&lt;b&gt;Society&lt;/b&gt;" in html
    assert "Mol Genet Metab" in html


def test_the_list_filters_by_kind(desk, make_source):
    make_source(title="A paper")
    make_source(title="A law", type="legislation")
    html = desk.get(LIST, {"type__exact": "legislation"}).content.decode()
    assert "A law" in html
    assert "A paper" not in html
