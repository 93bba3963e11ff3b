"""Names, partial dates and lines of text: kept as the source has them, refused when they hide something."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from references import dates, names, text

LETTERS = st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=12)
PEOPLE = st.fixed_dictionaries({"family": LETTERS}, optional={"given": LETTERS, "suffix": st.just("Jr.")})
ORGANISATIONS = st.builds(lambda words: {"literal": ", ".join(words)}, st.lists(LETTERS, min_size=1, max_size=3))
PARTIAL_DATES = st.one_of(
    st.just([]),
    st.lists(st.integers(1400, 2199), min_size=1, max_size=1),
    st.tuples(st.integers(1400, 2199), st.integers(1, 12)).map(list),
    st.dates(min_value=datetime.date(1400, 1, 1), max_value=datetime.date(2199, 12, 31)).map(
        lambda day: [day.year, day.month, day.day]
    ),
)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("", []),
        ("2014", [2014]),
        (" 2014 ", [2014]),
        ("June 2014", [2014, 6]),
        ("Jun 2014", [2014, 6]),
        ("jun. 2014", [2014, 6]),
        ("Sept 2014", [2014, 9]),
        ("2014-06", [2014, 6]),
        ("2014 Jun", [2014, 6]),
        ("2014-06-21", [2014, 6, 21]),
        ("21 June 2014", [2014, 6, 21]),
        ("June 21, 2014", [2014, 6, 21]),
        ("06 Aug 2007", [2007, 8, 6]),
        ("2014 Jun 21", [2014, 6, 21]),
        ("29 Feb 2008", [2008, 2, 29]),
    ],
)
def test_a_date_is_read_as_far_as_it_is_written(written, parts):
    assert dates.parse(written) == parts


@pytest.mark.parametrize(
    "written",
    [
        "21/06/2014",
        "06/2014",
        "14",
        "2014-6",
        "2014-13",
        "2014-00",
        "2014-02-30",
        "29 Feb 2007",
        "0000",
        "1399",
        "2200",
        "Juin 2014",
        "Ju 2014",
        "soon",
        "2014-06-21T00:00",
        "2014--06",
        "２０１４",
        "2014-06-21-01",
        "٢٠١٤",
        "c2014",
        "June",
    ],
)
def test_what_is_not_clearly_a_date_is_refused_with_a_sentence(written):
    with pytest.raises(dates.DateError, match=r"\.$"):
        dates.parse(written)


@pytest.mark.parametrize(
    "parts", [None, "2014", [2014.0], [True], [2014, 6, 21, 1], [2014, 0], {"y": 1}, [[2014]], ["2014"], [10**400]]
)
def test_a_stored_date_is_checked_too(parts):
    with pytest.raises(dates.DateError):
        dates.check(parts)


@given(PARTIAL_DATES)
def test_no_form_of_a_date_invents_a_month_or_a_day(parts):
    for form in (dates.iso, dates.in_words, dates.nlm):
        assert dates.parse(form(parts)) == parts


def test_a_year_alone_is_never_shown_as_the_first_of_january():
    assert {form([2014]) for form in (dates.iso, dates.in_words, dates.nlm)} == {"2014"}


@given(st.lists(PEOPLE | ORGANISATIONS, max_size=5))
def test_names_come_back_from_their_lines(authors):
    known = names.check(authors)
    assert names.from_lines(names.to_lines(known)) == known


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Raper, Steven E.", {"family": "Raper", "given": "Steven E."}),
        ("  Raper ,Steven E.  ", {"family": "Raper", "given": "Steven E."}),
        ("King, Martin Luther, Jr.", {"family": "King", "given": "Martin Luther", "suffix": "Jr."}),
        ("Hippocrates,", {"family": "Hippocrates"}),
        ("National Cancer Institute", {"literal": "National Cancer Institute"}),
        ("{Department of Health, Education}", {"literal": "Department of Health, Education"}),
        ("van Beethoven, Ludwig", {"family": "van Beethoven", "given": "Ludwig"}),
        ("王, 小明", {"family": "王", "given": "小明"}),
    ],
)
def test_a_line_with_a_comma_is_a_person_and_one_without_an_organisation(line, name):
    assert names.from_lines(line) == [name]


@pytest.mark.parametrize(
    "written", ["A, B, C, D", ", Steven", "{}", "A{B", "{A}, B", "Ra\u200bper, S", "A\u202eB, C", "x" * 301]
)
def test_a_line_that_is_no_name_is_refused_with_a_sentence(written):
    with pytest.raises(ValueError, match=r"\.$"):
        names.from_lines(written)


@pytest.mark.parametrize(
    "stored",
    [
        "Raper",
        {"family": "Raper"},
        [1],
        [None],
        [["Raper"]],
        [{}],
        [{"given": "S"}],
        [{"family": ""}],
        [{"family": 1}],
        [{"family": "R", "literal": "X"}],
        [{"name": "R"}],
        [{"literal": "X", "given": "Y"}],
        [{"family": "A, B"}],
        [{"literal": "<b>{x}</b>"}],
    ],
)
def test_names_in_any_other_shape_are_refused(stored):
    with pytest.raises(names.NamesError):
        names.check(stored)


@pytest.mark.parametrize(
    ("author", "title", "issued", "stem"),
    [
        ({"family": "Raper"}, "Fatal", [2003, 9], "raper2003"),
        ({"family": "D’Agostino-Müller"}, "x", [2003], "dagostinomuller2003"),
        ({"literal": "National Cancer Institute"}, "x", [2012], "nci2012"),
        ({"literal": "U.S. Food and Drug Administration"}, "x", [], "usfdand"),
        ({"literal": "Mayo Clinic"}, "x", [2012], "mayoclinic2012"),
        ({"family": "王"}, "x", [2012], "source2012"),
        (None, "What Is <i>Gene</i> Therapy?", [2014], "whatis2014"),
        (None, "5-FU", [], "fund"),
    ],
)
def test_a_key_can_be_read_aloud(author, title, issued, stem):
    assert names.key_stem(title, [author] if author else [], issued) == stem


@pytest.mark.parametrize(
    "hidden",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\u00ad",
        "\u061c",
        "\u200b",
        "\u200e",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\ue000",
        "\u3164",
        "\u034f",
        "\U000e0041",
    ],
)
def test_a_hidden_character_is_refused_and_named(hidden):
    with pytest.raises(text.TextError, match=f"position 4 .*{ord(hidden):04X}"):
        text.line(f"5.0{hidden} mg")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("e\u0301", "é"),
        ("  a \t b\r\nc ", "a b c"),
        ("5\u00a0mg", "5 mg"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
    ],
)
def test_text_is_composed_and_spelling_that_needs_joiners_is_kept(written, kept):
    assert text.line(written) == kept


def test_a_joiner_between_latin_letters_is_hidden():
    with pytest.raises(text.TextError):
        text.line("do\u200dse")


def test_notes_keep_their_lines():
    assert text.lines("one\r\ntwo  \n\nthree\n") == "one\ntwo\n\nthree"


@given(st.text(max_size=40))
def test_tidied_text_stays_as_it_is(written):
    try:
        kept = text.line(written)
    except text.TextError:
        return
    assert text.line(kept) == kept
