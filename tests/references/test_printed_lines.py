"""Pasted lines in our own three styles: what they print is read back, and what they print alike is left to a person.

The sources are those that the formatting is checked with: all eleven types, with and without each field.
"""

import datetime
import json
import time
from pathlib import Path

import pytest

from references import csl, exporting, formats, importing
from references.formats import printed
from references.formatting import STYLES, format_reference
from references.formatting.parts import full_pages, initials
from references.models import Reference
from references.text import words

NOW = datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.UTC)
ITEMS = {
    one["item"]["id"]: one["item"]
    for one in json.loads((Path(__file__).parent / "data/citeproc/items.json").read_text(encoding="utf-8"))
}
IDENTIFIERS = {"DOI", "PMID", "PMCID", "ISBN", "URL"}

CUT = "the style names the first people of a long list only"
ORGANISATION = "nobody can tell the name of an organisation from a title, or one organisation from two"
PERSON = "a name without initials looks like an organisation"
ALIKE = "the style prints other types of source, or other fields of it, in the same way"
EDITION = "an edition in words may be the end of the title"
BARE = "there is no more than a title, perhaps with a name"
SITE = "the author who is the site is not named, or title and site may be author and title"
UNCERTAIN = {
    "nlm": {
        CUT: "journal-eight-authors journal-seven-authors journal-twenty-authors journal-twenty-one-authors "
        "book-seven-editors",
        ORGANISATION: "journal-two-organisations",
        PERSON: "journal-han journal-one-name",
        ALIKE: "book-online dataset dataset-online dataset-no-date page-editor",
        EDITION: "book-one-editor",
        BARE: "page-title-only book-no-date",
        SITE: "site-is-author",
    },
    "ama": {
        CUT: "journal-eight-authors journal-seven-authors journal-twenty-authors journal-twenty-one-authors "
        "book-seven-editors",
        ORGANISATION: "journal-two-organisations page-updated-only page-not-read dataset-no-date",
        PERSON: "journal-han journal-one-name",
        ALIKE: "book-online report-online dataset dataset-online guideline-updated page-full-date site-part-author "
        "newspaper-online",
        EDITION: "book-one-editor",
        BARE: "page-title-only page-nothing-known book-no-date",
        SITE: "site-part site-part-updated",
    },
    "apa": {
        CUT: "journal-twenty-one-authors",
        ORGANISATION: "journal-two-organisations page-not-read site-is-author",
        PERSON: "journal-han journal-one-name",
        ALIKE: "journal-no-volume book-doi book-online page-editor page-full-date site-part-author newspaper-online",
        BARE: "page-title-only page-nothing-known book-no-date",
    },
}
# Read otherwise than the source has it, because the style does not tell: a report of an organisation looks like its
# page (which the record says), and one name stands for publisher and author, or for publisher and site.
TOLD_OTHERWISE = {
    ("nlm", "report-online"): {"type"},
    ("nlm", "guideline-updated"): {"type"},
    ("ama", "press-release-no-author"): {"author"},
    ("ama", "page-editor"): {"publisher"},
    ("apa", "report-online"): {"type", "publisher"},
    ("apa", "guideline-updated"): {"type", "publisher"},
    ("apa", "page-updated-only"): {"publisher"},
    ("apa", "site-part"): {"author", "publisher"},
    ("apa", "site-part-updated"): {"author", "publisher"},
    ("apa", "trial"): {"author", "publisher"},
    ("apa", "press-release-no-author"): {"author", "publisher"},
}


def line_of(item, style, accessed=""):
    return format_reference(item, style, accessed).text


def record_of(line):
    (record,) = formats.read(line.encode(), "text")
    return record


def doubted(style, accessed=""):
    return {key for key, item in ITEMS.items() if record_of(line_of(item, style, accessed)).doubts}


@pytest.mark.parametrize("accessed", ["", "2014-06-21"])
@pytest.mark.parametrize("style", STYLES)
def test_the_lines_that_stay_uncertain_are_these_and_no_others(style, accessed):
    assert doubted(style, accessed) == {key for keys in UNCERTAIN[style].values() for key in keys.split()}


@pytest.mark.parametrize("style", STYLES)
def test_what_a_style_prints_is_read_back_field_by_field(style):
    records = {key: record_of(line_of(item, style)) for key, item in ITEMS.items()}
    certain = {key: record for key, record in records.items() if not record.doubts}
    assert {csl.TYPES[ITEMS[key]["type"], ITEMS[key].get("genre", "")] for key in certain} == told_types(style)
    for key, record in certain.items():
        faults = wrong_fields(record.item, ITEMS[key], style)
        assert faults == TOLD_OTHERWISE.get((style, key), set()), record
        assert "type" not in faults or record.notices[0].startswith("Taken for a web page; "), record


def told_types(style):
    """The types of which a line can be certain: APA alone writes “[Data set]”."""
    return set(csl.KINDS) - ({"dataset"} if style != "apa" else set())


def wrong_fields(read, item, style):
    """The fields that are printed and read otherwise or not at all, and those that were made up."""
    printed_fields = {field for field in item if field not in ("id", "type") and is_printed(field, item, style)}
    made_up = {field for field in read if field not in ("id", "type", "genre") and not is_of(field, read, item)}
    lost = {field for field in printed_fields if not is_of(field, item, read)}
    kinds = [csl.TYPES[one["type"], one.get("genre", "")] for one in (read, item)]
    return made_up | lost | ({"type"} if kinds[0] not in (kinds[1], {"guideline": "report"}.get(kinds[1])) else set())


def is_printed(field, item, style):
    without = {name: value for name, value in item.items() if name != field}
    return field != "genre" and line_of(without, style) != line_of(item, style)


def is_of(field, one, other):
    """Whether what one says of a field the other says, too, as far as a line tells it."""
    if field in ("author", "editor"):
        return called(one[field]) == called(other.get(field, []))
    if field in ("issued", "updated"):
        days = [other[name]["date-parts"][0] for name in ("issued", "updated") if name in other]
        return any(all(map(int.__eq__, one[field]["date-parts"][0], day)) for day in days)
    if field in ("container-title", "container-title-short"):
        names = ("container-title", "container-title-short", "publisher")
        return any(words(one[field]) == words(other.get(name, "")) for name in names)
    if field == "page":
        return full_pages(one[field], "-") == full_pages(other.get(field, ""), "-")
    if field == "edition":
        return words(one[field])[0].rstrip("stndrh") == words(other.get(field, "?"))[0].rstrip("stndrh")
    return words(one[field]) == words(other.get(field, ""))


def called(names):
    return [(words(name.get("family") or name["literal"]), initials(name.get("given", ""))) for name in names]


# --- in the library it came from -----------------------------------------------------------------------------------


def plan_of(text):
    return importing.plan(text.encode(), "text", None, NOW)


def imported(*items):
    plan = importing.plan(json.dumps(items).encode(), "csl-json", None, NOW)
    return importing.carry_out(plan, None, NOW).counts()


def library():
    return {source.key: source.exchange_item() for source in Reference.objects.order_by("pk")}


def exported(style):
    return "".join(exporting.export(Reference.objects.order_by("pk"), "text", style))


def test_every_line_of_an_export_is_its_own_source_and_nothing_changes(db):
    unsure = {key for reasons in UNCERTAIN.values() for keys in reasons.values() for key in keys.split()}
    kinds = {csl.TYPES[item["type"], item.get("genre", "")]: key for key, item in reversed(ITEMS.items())}
    imported(*(ITEMS[key] for key in ITEMS if key in unsure | set(kinds.values())))
    kept = library()
    assert {csl.TYPES[item["type"], item.get("genre", "")] for item in kept.values()} == set(csl.KINDS)
    for style in STYLES:
        plan = plan_of(exported(style))
        assert [(row.outcome, row.reference, row.reasons) for row in plan.rows] == [("unchanged", k, []) for k in kept]
        assert importing.carry_out(plan, None, NOW).counts() == {"unchanged": len(kept)}
    assert library() == kept


@pytest.mark.parametrize("style", STYLES)
def test_what_came_in_from_lines_goes_out_as_the_same_lines(db, style):
    unsure = {key for keys in UNCERTAIN[style].values() for key in keys.split()}
    several = {csl.TYPES[item["type"], item.get("genre", "")]: item for k, item in ITEMS.items() if k not in unsure}
    assert set(several) == told_types(style)
    text = "".join(formats.write(several.values(), "text", style))
    assert importing.carry_out(plan_of(text), None, NOW).counts() == {"created": len(several)}
    assert exported(style) == text
    assert plan_of(text).counts() == {"unchanged": len(several)}


REPORT = {
    "id": "who2022",
    "type": "report",
    "title": "Gene therapy. What is next",
    "author": [{"family": "Roe", "given": "Ann"}],
    "publisher": "World Health Organization",
    "issued": {"date-parts": [[2022]]},
    "URL": "https://example.org/next",
}


@pytest.mark.parametrize("accessed", ["", "2024-05-06", "2024-05", "2024"])
@pytest.mark.parametrize("style", STYLES)
def test_a_line_that_would_be_uncertain_is_known_by_the_library_on_whatever_day_it_was_looked_at(db, style, accessed):
    line = line_of(REPORT, style, accessed)
    assert plan_of(line).rows[0].outcome == "uncertain"
    imported(REPORT)
    (row,) = plan_of(line).rows
    assert (row.outcome, row.reference) == ("unchanged", "who2022")


def test_a_number_before_a_line_may_be_that_of_a_list_or_part_of_the_title(db):
    titles = ["2. Genes and more", "– Genes. And more", "(3) genes", "+ genes and others", "1984. A novel"]
    imported(*({"id": f"a{number}", "type": "book", "title": title} for number, title in enumerate(titles)))
    for before in ("", "7. ", "[12] ", "• "):
        plan = plan_of("".join(before + line for line in exported("nlm").splitlines(keepends=True)))
        assert [(row.outcome, row.reference) for row in plan.rows] == [("unchanged", key) for key in library()]


def test_a_line_that_two_sources_print_is_neither_of_them(db):
    book = {"type": "book", "title": "Genes", "author": [{"family": "Roe", "given": "A"}], "publisher": "Press"}
    imported(
        *(book | {"id": f"roe{number}", "ISBN": isbn} for number, isbn in enumerate(["9780306406157", "9780131103627"]))
    )
    assert Reference.objects.count() == 2
    (row,) = plan_of(line_of(book, "nlm")).rows
    assert (row.outcome, row.reference) == ("uncertain", "")
    assert len(row.reasons) >= 2


def test_a_line_that_differs_by_a_letter_is_not_taken_for_the_source(db):
    imported(REPORT)
    (row,) = plan_of(line_of(REPORT, "apa").replace("Roe, A.", "Roe, B.").replace("/next", "/other")).rows
    assert (row.outcome, row.reference) == ("uncertain", "")


# --- what may mean two things, and what is no reference --------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Vitamin D. A review of trials. Bethesda (MD): Springer; 2013.",
        "NHS. Gene Therapy [Internet]. 2013 May 1. Available from: https://example.org/h",
        "NICE, European Society of Human Genetics. Editing genes. BMJ. 2014;1(2):1-9.",
        "NICE & Mayo Clinic. (2014). Editing genes. BMJ, 1(2), 1–9.",
        "Roe A. A study of genes. J. Inherit. Metab. Dis. 2011;80:1-9.",
        "Roe A, Poe B. A report without a name. 2013 Mar. doi: 10.1234/x.",
        "Roe A, Poe B, Low C, et al. One name more was cut. Lancet. 2011;80:1-9.",
        "Roe, A. (2013). Progress in 2019. Still waiting.",
        "Roe, A. (2013). Health of nations, 2020. https://example.org/h",
        "Mayo Clinic. Gene therapy. News release. May 1, 2013. https://example.org/h",
        "Roe A. Genes [Internet]. Cells: a summary; [updated 2024 Sep 3]. Available from: https://example.org/n",
        "Mayo Clinic. Gene therapy [Internet]. Wiley & Sons; [updated 2015 May 4]. Available from: https://example.org/h",
        "Report of the Committee on Genes. An appraisal. Lancet. 2011;80:1-9.",
        "Roe A. Genes. London: Press; 2013. p. 1-9. p. 1-9.",
    ],
)
def test_what_may_mean_two_things_is_left_to_a_person(line):
    record = record_of(line)
    assert record.doubts, record.item
    assert record.item.keys() <= IDENTIFIERS or "not whole" in record.doubts[0]


@pytest.mark.parametrize("style", STYLES)
def test_a_line_that_was_cut_or_torn_is_no_half_record(style):
    """What is read of it is certain only where it prints the torn line itself; else its identifiers are all."""
    for item in list(ITEMS.values())[::6]:
        line = line_of(item, style, "2014-06-21")
        torn = [line[:at] for at in range(12, len(line), 17)] + [line[at:] for at in range(5, len(line), 23)]
        torn += [f"{line} {line}", line[::-1], line.replace(". ", ".. "), line.replace(" ", "  "), line.upper()]
        for written in torn:
            record = record_of(written)
            assert (record.item is None) == bool(record.problem)
            if record.doubts and "not whole" not in record.doubts[0]:
                assert record.item.keys() <= IDENTIFIERS, written
            elif record.item and not record.doubts:
                assert words(record.item["title"])[0] in words(written), written
                assert {"type", "title"} <= record.item.keys(), written


def test_a_reading_is_proved_by_the_line_and_not_by_its_form():
    good = "Raper SE, Roe A. Fatal syndrome. Mol Genet Metab. 2003 Sep;80(1-2):148-58. PubMed PMID: 14567964."
    assert len(printed.readings(good)) == 1
    for wrong in (good.replace("148-58", "148-158"), good.replace("PubMed PMID", "PMID"), good.replace(";80", "; 80")):
        assert printed.readings(wrong) == []


HOGS = [
    *("abcdefghi " * 399, "A,B " * 990, "a. (" * 990, "St. " * 990, "A [Internet]. " * 280, "Aa B, " * 660, "(" * 3990),
    "Raper SE. " + "A. In: " * 560,
    "A [Internet]. " + "Identifier N, " * 270 + "; 2000.",
    "Aa, B., " * 480 + "& Cc, D. (2000). T. J, 1.",
    "A. B. Available from: https://" + "a" * 3900,
    "x Available from: https://a " * 140,
]


@pytest.mark.parametrize("hog", HOGS)
def test_no_line_costs_more_than_its_length(hog):
    text = f"{hog[:3990]}\n" * 25
    started = time.process_time()
    assert len(list(formats.read(text.encode(), "text"))) == 25
    assert time.process_time() - started < 2


def test_a_thousand_lines_are_read_in_a_moment():
    text = "".join(line_of(item, "nlm") + "\n" for item in ITEMS.values()) * 11
    started = time.process_time()
    assert len(list(formats.read(text.encode(), "text"))) == len(ITEMS) * 11
    assert time.process_time() - started < 4
