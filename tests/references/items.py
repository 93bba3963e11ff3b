"""Items of the library as they may be, for tests and campaigns: every type of source, every field, any allowed text."""

from hypothesis import strategies as st

from references import csl, text
from references.formats.cleaning import cleaned
from references.formats.record import Record

ALPHABET = "aAeéüßñłżŒ王Жا0127 .,;:!?-–—'’\"`()[]{}&%$#_~^\\/|@=+*<>°µ±"
SPECIAL = [
    "A title. With stop.", "What is gene therapy?", "<i>BRCA1</i> and H<sub>2</sub>O<sup>+</sup>", "p < 0.05 & more",
    "50% of \\alpha {DNA} $x_1$", "TY  - JOUR", "ER  -", "PMID- 1", "@article{x,", "a -- b --- c", "``quoted''",
    "et al", "and others", "Smith and Jones", "x - y", "100-110", "e12-e19", "S1--S9", "(a", "b)", "~home", "C:\\temp",
    "=sum", "Vol. 3", "http://example.org/a_b~c%20d", "«é»", "中文标题", "'single'", '"double"', "a  b", "-", "–",
    "<3 years", "i<j>k", "end.", "etc..", "&amp;", "\\", "{", "}", "{}", "#", "1", "0", "eng", "en",
]  # fmt: skip


def _as_kept(written):
    try:
        return text.line(written)
    except text.TextError:
        return ""


def _is_allowed(written):
    record = cleaned(Record(1, {"title": written}))
    return record.item is not None and record.item["title"] == written


LINES = (
    (st.sampled_from(SPECIAL) | st.text(alphabet=ALPHABET, min_size=1, max_size=30))
    .map(_as_kept)
    .filter(lambda line: line and _is_allowed(line))
)
NOTES = st.lists(LINES, min_size=1, max_size=4).map(lambda lines: "\n\n".join(lines))
PARTS = LINES.map(lambda line: " ".join(line.translate({ord(c): None for c in ",{}"}).split())).filter(
    lambda part: part and _is_allowed(part)
)
PEOPLE = st.fixed_dictionaries({"family": PARTS}, optional={"given": PARTS, "suffix": st.just("Jr.")})
ORGANISATIONS = LINES.map(lambda line: " ".join(line.translate({ord(c): None for c in "{}"}).split())).filter(
    lambda part: part and _is_allowed(part)
)
NAMES = st.lists(PEOPLE | ORGANISATIONS.map(lambda name: {"literal": name}), min_size=1, max_size=4)
DATES = (
    st.dates()
    .filter(lambda day: 1400 <= day.year <= 2199)
    .flatmap(lambda day: st.sampled_from([[day.year], [day.year, day.month], [day.year, day.month, day.day]]))
)
CSL_DATES = DATES.map(lambda parts: {"date-parts": [parts]})
ADDRESSES = st.sampled_from(
    [
        "https://example.org/a",
        "https://example.org/a_b~c?x=%7E&y={z}#!/p",
        "https://example.org/100%25",
        "http://x.org/|^",
    ]
)
CODES = {"language": st.sampled_from(["en", "fr", "zh-Hans", "haw", "nb"])}
IDENTIFIERS = {
    "DOI": st.sampled_from(
        ["10.1016/j.ymgme.2003.08.016", "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"]
    ),
    "PMID": st.sampled_from(["14567964", "1"]),
    "PMCID": st.just("PMC6168351"),
    "ISBN": st.just("9780306406157"),
    "ISSN": st.just("1096-7192"),
    "URL": ADDRESSES,
    "archive": ADDRESSES,
}
JUDGEMENT = st.fixed_dictionaries(
    {},
    optional={
        "publisher_kind": st.sampled_from(["government", "maker"]),
        "evidence": st.sampled_from(["systematic-review", "trial"]),
        "is_primary": st.booleans(),
        "is_paid_by_maker": st.booleans(),
        "superseded_by": st.just("raper2003a"),
    },
)
PLAIN = (
    "container-title",
    "container-title-short",
    "collection-title",
    "publisher",
    "publisher-place",
    "edition",
    "number",
)
PLACES = ("volume", "issue", "page")


@st.composite
def items(draw):
    """One item, as ``Reference.exchange_item`` would give it."""
    csl_type, genre = csl.KINDS[draw(st.sampled_from(sorted(csl.KINDS)))]
    made = {"id": draw(st.sampled_from(["raper2003", "nci2014b"])), "type": csl_type, "title": draw(LINES)}
    made |= {"genre": genre} if genre else {}
    optional = dict.fromkeys((*PLAIN, *PLACES), LINES) | IDENTIFIERS | CODES
    optional |= {"author": NAMES, "editor": NAMES, "issued": CSL_DATES, "updated": CSL_DATES, "note": NOTES}
    made |= draw(st.fixed_dictionaries({}, optional=optional))
    if "archive" in made and draw(st.booleans()):
        made["archive_date"] = "2014-06-21"
    custom = draw(JUDGEMENT)
    return made | ({"custom": custom} if custom else {})
