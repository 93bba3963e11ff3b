"""What the screen of an import says of each record: what it becomes, or where a person goes on with it."""

import datetime
import json

import html5lib
import pytest

from references import http, importing
from references.models import Reference
from tests.desk import fields_of
from tests.references.test_desk import html_of, imported

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
SHORT = "Raper SE, Chirmule N, et al. Fatal systemic response. Mol Genet Metab. 2003;80(1):148-58. doi:10.1016/j.x.16"


@pytest.fixture
def desk(client, editor):
    client.force_login(editor)
    return client


def rows_of(desk, text):
    """The cells of each row of the table, as text, and the addresses in it."""
    tree = html5lib.parse(html_of(desk.get(imported(desk, text))), namespaceHTMLElements=False)
    for row in tree.find(".//table/tbody").iter("tr"):
        yield [" ".join("".join(cell.itertext()).split()) for cell in row], [link.get("href") for link in row.iter("a")]


def test_a_new_source_is_shown_as_readers_would_see_it_with_its_key(desk, make_source):
    make_source(title="Other", authors=[{"family": "Lee", "given": "A"}], issued=[2003])
    lee = {"type": "book", "title": "One <i>in vivo</i>", "author": [{"family": "Lee", "given": "B"}]}
    several = [lee | {"title": f"{lee['title']} {n}", "issued": {"date-parts": [[2003]]}} for n in "xy"]
    named = {**lee, "title": "Quite another", "id": "mine2001", "author": [{"family": "Roe"}]}
    rows = [cells for cells, _ in rows_of(desk, json.dumps([*several, named]))]
    keys = [cells[3] for cells in rows]
    assert [cells[2] for cells in rows] == ["New"] * 3
    assert "Lee B. One in vivo x" in rows[0][4]
    made = importing.carry_out(importing.plan(json.dumps([*several, named]).encode(), "csl-json", None, NOW), None, NOW)
    assert [row.reference for row in made.rows] == keys == ["lee2003a", "lee2003b", "mine2001"]


def test_a_refused_record_is_called_by_its_title(desk):
    bad = {"type": "thesis", "title": "A thesis"}
    future = {"type": "book", "title": "Seen tomorrow", "URL": "javascript:alert(1)"}
    assert [cells[1:3] for cells, _ in rows_of(desk, json.dumps([bad, future]))] == [
        ["A thesis", "Refused"],
        ["Seen tomorrow", "Refused"],
    ]
    ((cells, _),) = rows_of(desk, "TY  - NOPE\nTI  - Of no type\nER  - \n")
    assert cells[1:3] == ["Of no type", "Refused"]
    ((cells, _),) = rows_of(desk, "PMID- 1\nXTYP- nope\nTI  - Of no type\n      either\nJT  - J\n\n")
    assert cells[2] == "Refused"
    assert cells[1].startswith("Of no type")


def test_what_is_there_already_needs_no_reading(desk, make_source):
    make_source(title="Fatal systemic response", doi="10.1016/j.x.16")
    (there, _), (alone, _) = rows_of(desk, f"Words nobody reads doi:10.1016/j.x.16\n{'doi:10.1016/j.x.16'}\n")
    assert (there[2], there[4]) == ("Already there", "")
    assert "could not be read" not in alone[4] + there[4]


def test_an_identifier_alone_is_filled_in_where_sources_are_added(desk, settings):
    ((cells, links),) = rows_of(desk, "doi:10.1234/alone\n")
    assert "It can be filled in at “Add source”" in cells[4]
    assert http.OFF in cells[4]
    html = html_of(desk.get(links[0]))
    assert fields_of(html, "reference_form")["doi"] == ["10.1234/alone"]
    settings.NETWORK = True
    ((cells, links),) = rows_of(desk, "doi:10.1234/alone\n")
    assert http.OFF not in cells[4]
    assert 'name="identifier" id="id_identifier" value="10.1234/alone"' in html_of(desk.get(links[0]))


def test_a_line_with_et_al_is_added_on_a_form_that_holds_what_was_read(desk):
    ((cells, links),) = rows_of(desk, SHORT)
    assert cells[2].startswith("Uncertain")
    form = fields_of(html_of(desk.get(links[0])), "reference_form")
    told = {name: form[name][0] for name in ("type", "title", "authors", "issued", "volume", "page", "doi")}
    assert told == {
        "type": "article-journal",
        "title": "Fatal systemic response",
        "authors": "Raper, S E\nChirmule, N",
        "issued": "2003",
        "volume": "80",
        "page": "148-58",
        "doi": "10.1016/j.x.16",
    }
    desk.post(links[0], {name: values[0] for name, values in form.items() if not name.startswith("_")} | {"_save": "1"})
    assert Reference.objects.get().doi == "10.1016/j.x.16"


def test_an_address_never_grows_longer_than_servers_take(desk):
    ((_, links),) = rows_of(desk, SHORT.replace("Fatal systemic", "Fatal " + "é" * 800))
    assert len(links[0]) < 4_000
    assert fields_of(html_of(desk.get(links[0])), "reference_form")["doi"] == ["10.1016/j.x.16"]
