"""Sources that may be one, on the desk: compared, merged, taken back; auditors read."""

import pytest
from django.urls import reverse

from articles import drafting
from references.models import Distinction, Merge, Reference
from references.recording import save_reference
from tests.desk import fields_in, page_of, signed_in
from tests.people import make_reference

TWINS = "/admin/references/merge/twins/"
PAIR = "/admin/references/merge/side-by-side/raper2003/twin2003/"


@pytest.fixture
def twin(newsroom):
    return make_reference("twin2003", pmid="14567964", volume="", page="", title=newsroom.reference.title)


@pytest.fixture
def article(newsroom, twin):
    article = newsroom.draft(title="<b>Cited</b>")
    newsroom.edit(article, lambda content: content["citations"][0].update(key="twin2003"))
    return article


def form(client):
    import html5lib

    tree = html5lib.parse(page_of(client.get(PAIR)), namespaceHTMLElements=False)
    return fields_in(next(found for found in tree.iter("form") if found.get("class") == "desk-form"))


def test_a_pair_is_offered_compared_merged_and_taken_back(newsroom, twin, article):
    edward = signed_in(newsroom.edward)
    assert "twin2003" in page_of(edward.get(TWINS))
    html = page_of(edward.get(PAIR))
    assert "&lt;b&gt;Cited&lt;/b&gt;" in html
    # The twin is cited by a draft: it is offered as the one that stays.
    posted = form(edward)
    assert posted["keep"] == ["twin2003"]
    assert posted["field-pmid"] == ["twin2003"]
    assert posted["field-page"] == ["raper2003"]
    posted = posted | {"keep": "raper2003", "reason": "One paper"}
    answer = edward.post(PAIR, posted, follow=True)
    made = Merge.objects.get()
    assert answer.redirect_chain[0][0] == reverse("admin:references_merge_change", args=[made.pk])
    html = page_of(answer)
    link = f'<a href="{reverse("admin:articles_article_change", args=[article.pk])}">“&lt;b&gt;Cited&lt;/b&gt;”</a>'
    assert f"Citations moved: 1, in {link}. Somebody else" in html
    assert "No draft cites twin2003 any more" in html
    kept = Reference.objects.get(key="raper2003")
    assert (kept.pmid, kept.page) == ("14567964", "148-58")
    assert drafting.newest(refreshed(article))["citations"][0]["key"] == "raper2003"
    assert "twin2003" not in page_of(edward.get(TWINS))
    assert "was merged already" in page_of(edward.get(PAIR))
    undo = reverse("admin:references_merge_undo", args=[made.pk])
    for reason in ({}, {"reason": " "}):
        assert "Nothing was undone. Say why they are two." in page_of(edward.post(undo, reason, follow=True))
    assert Merge.objects.get() == made
    html = page_of(edward.post(undo, {"reason": "Two papers"}, follow=True))
    assert "twin2003 stands for itself again" in html
    assert drafting.newest(refreshed(article))["citations"][0]["key"] == "twin2003"
    again = edward.post(undo, {"reason": "Two papers"}, follow=True)
    assert Merge.objects.count() == 2
    assert again.status_code == 200


def refreshed(article):
    article.refresh_from_db()
    return article


def test_the_list_of_merges_is_narrowed_in_words_and_stands_below_the_desk(newsroom, twin):
    edward = signed_in(newsroom.edward)
    edward.post(PAIR, form(edward) | {"keep": "raper2003", "reason": "One paper"})
    edward.post(reverse("admin:references_merge_undo", args=[Merge.objects.get().pk]), {"reason": "Two papers"})
    merges = reverse("admin:references_merge_changelist")
    html = page_of(edward.get(merges))
    assert "By what was done" in html
    assert "undoes" not in html
    for done, wanted, other in (("merged", "One paper", "Two papers"), ("undone", "Two papers", "One paper")):
        html = page_of(edward.get(merges, {"done": done}))
        assert wanted in html
        assert other not in html


def test_the_way_back_from_each_screen_of_sources_begins_at_the_desk(newsroom):
    edward = signed_in(newsroom.edward)
    source = newsroom.reference
    for address in ("", "import/", f"{source.pk}/change/", "add/", f"{source.pk}/history/"):
        html = page_of(edward.get(f"/admin/references/reference/{address}"))
        way = html.partition('class="breadcrumbs"')[2].partition("</div>")[0]
        assert [">Desk<" in way, ">Home<" in way, way.count("Sources")] == [True, False, 1], address


def test_a_form_that_was_overtaken_or_lacks_a_choice_changes_nothing(newsroom, twin):
    edward = signed_in(newsroom.edward)
    posted = form(edward) | {"reason": "My own words"}
    no_choice = edward.post(PAIR, {name: value for name, value in posted.items() if name != "keep"})
    assert no_choice.status_code == 409
    assert "Say which of the two keeps its key" in page_of(no_choice)
    assert "My own words" in page_of(no_choice)
    assert "Say why they are one." in page_of(edward.post(PAIR, posted | {"reason": " "}))
    save_reference({"issue": "9"}, actor=None, reference=twin, base=twin.newest_revision_id())
    stale = edward.post(PAIR, posted)
    assert "Somebody else has changed this source" in page_of(stale)
    for base in ("", "x", "9" * 30):
        assert edward.post(PAIR, posted | {"base-twin2003": base}).status_code == 409
    assert not Merge.objects.exists()
    assert edward.get("/admin/references/merge/side-by-side/raper2003/absent2003/").status_code == 404


def test_who_may_only_read_changes_nothing_and_strangers_see_nothing(newsroom, twin, article, client):
    made_by = signed_in(newsroom.edward)
    posted = form(made_by)
    for name in ("audrey", "rita", "paul"):
        reader = signed_in(getattr(newsroom, name))
        html = page_of(reader.get(PAIR))
        assert reader.get(TWINS).status_code == 200
        assert 'type="radio"' not in html
        assert "Merge the two" not in html
        assert reader.post(PAIR, posted).status_code == 403
    made_by.post(PAIR, posted | {"reason": "One paper"})
    made = Merge.objects.get()
    addresses = [reverse(f"admin:references_merge_{name}", args=[made.pk]) for name in ("undo", "follow")]
    audrey = signed_in(newsroom.audrey)
    for address in addresses:
        assert audrey.post(address).status_code == 403
        assert made_by.get(address).status_code == 405
    assert audrey.get(reverse("admin:references_merge_change", args=[made.pk])).status_code == 200
    assert "raper2003" in page_of(audrey.get("/admin/references/merge/"))
    for address in [*addresses, TWINS, PAIR, "/admin/references/merge/"]:
        assert client.get(address).status_code in (302, 405)
    assert Merge.objects.count() == 1


def test_what_could_not_be_moved_is_shown_and_moved_later(newsroom, twin, article, monkeypatch):
    edward = signed_in(newsroom.edward)
    with monkeypatch.context() as broken:
        broken.setattr(drafting, "save", refused)
        posted = form(edward) | {"keep": "raper2003", "reason": "One paper"}
        html = page_of(edward.post(PAIR, posted, follow=True))
    assert "&lt;b&gt;Cited&lt;/b&gt;: Not now." in html
    assert "Drafts that still cite twin2003" in html
    made = Merge.objects.get()
    html = page_of(edward.post(reverse("admin:references_merge_follow", args=[made.pk]), follow=True))
    assert "No draft cites twin2003 any more" in html
    assert edward.get("/admin/references/merge/9999/change/").status_code == 404
    assert edward.get("/admin/references/merge/x/change/").status_code == 404


def refused(*args, **options):
    raise drafting.Refused("Not now.")


def test_two_that_are_not_one_are_kept_apart_with_a_reason_until_somebody_takes_it_back(newsroom, twin, client):
    edward, audrey = signed_in(newsroom.edward), signed_in(newsroom.audrey)
    say = reverse("admin:references_distinction_say", args=["twin2003", "raper2003"])
    assert "twin2003</a>" not in page_of(edward.get(TWINS))
    assert "Nothing was kept. Say why." in page_of(edward.post(say, {"reason": " "}, follow=True))
    for reader in (audrey, signed_in(newsroom.rita), client):
        assert reader.post(say, {"reason": "Two"}).status_code == (302 if reader is client else 403)
    assert not Distinction.objects.exists()
    assert "not proposed as one any more" in page_of(edward.post(say, {"reason": "<i>Two</i> trials"}, follow=True))
    said = Distinction.objects.get()
    screen = page_of(audrey.get(reverse("admin:references_reference_change", args=[twin.pk])))
    assert (
        f'<a href="{reverse("admin:references_merge_pair", args=["twin2003", "raper2003"])}">raper2003, kept' in screen
    )
    for reader in (edward, audrey):
        twins, pair = page_of(reader.get(TWINS)), page_of(reader.get(PAIR))
        assert "No two sources look like one." in twins
        for html in (twins, pair):
            assert "&lt;i&gt;Two&lt;/i&gt; trials" in html
            assert newsroom.edward.get_full_name() in html
        assert "Merge the two" not in pair
        assert ("Take it back" in pair) == (reader is edward)
    assert "are kept apart" in page_of(edward.post(PAIR, form(edward) | {"keep": "raper2003", "reason": "One"}))
    undo = reverse("admin:references_distinction_undo", args=[said.pk])
    assert audrey.post(undo, {"reason": "One"}).status_code == 403
    assert [edward.get(address).status_code for address in (say, undo)] == [405, 405]
    assert "Nothing was taken back. Say why." in page_of(edward.post(undo, follow=True))
    html = page_of(edward.post(undo, {"reason": "One trial"}, follow=True))
    assert "Merge the two" in html
    assert "twin2003" in page_of(edward.get(TWINS))
    listed = page_of(audrey.get(reverse("admin:references_distinction_changelist")))
    assert "One trial" in listed
    assert "twin2003 and raper2003, taken back" in listed
    shown = page_of(audrey.get(reverse("admin:references_distinction_change", args=[said.pk])))
    assert f'href="{reverse("admin:references_merge_pair", args=["twin2003", "raper2003"])}"' in shown
    assert not Merge.objects.exists()
