"""Is a change minor or substantive? Substantive unless proved minor: a rule that errs costs a check, never a reader.

Minor are, and only where they cannot touch a number, a unit, a negation or a name: white space, a capital first letter,
sentence punctuation, strong and em, the order inside one bulleted list, a typing mistake corrected to an everyday
word, a new address for the same source and the formatting of references. Everything else is content.

Deliberately cautious, beyond the plain list above:
- titles, headings, subheadings, callouts, tables, figures: any change but white space is substantive;
- numbered lists: their order is content, since the number is;
- ? against . changes a question into a statement; brackets, quotation marks, dashes and slashes are content;
- a stop or comma at a number or beside a negation is content ("5." and "5"; "No, stop" and "No stop");
- corrections are judged in English only, since only English words are known here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from articles import dictionary
from articles.diffs import Piece, spelt_out, word_diff
from articles.merging import FIELD_LABELS, shortened
from articles.statements import LIST_KINDS, blocks_of, moved_statements
from articles.text import inline_pieces, plain
from references import csl

Content = dict[str, Any]

MINOR, SUBSTANTIVE = "minor", "substantive"
# One statement with more changed words than this was rewritten, not corrected.
MOST_SLIPS = 20


@dataclass(frozen=True)
class Significance:
    """`level`: minor or substantive. `reasons`: for a substantive change all that make it so, else what was found
    minor.
    """

    level: str
    reasons: list[str] = field(default_factory=list)


def significance(
    old: Content | None, new: Content, old_context: Content | None = None, new_context: Content | None = None
) -> Significance:
    """Judge the step from `old` to `new`, both in the newest schema. Without both contexts, what the keys mean is
    taken to be unchanged."""
    if old is None:
        return Significance(SUBSTANTIVE, ["This article has not been published before."])
    renamed, new = new, _under_old_keys(old, new, old_context, new_context)
    weighty = [
        *_weighty_fields(old, new),
        *_weighty_sections(old, new),
        *_weighty_blocks(old, new),
        *_weighty_places(old, new),
        *_weighty_context(old, renamed, old_context, new_context),
    ]
    if weighty:
        return Significance(SUBSTANTIVE, list(dict.fromkeys(weighty)))
    return Significance(MINOR, list(dict.fromkeys(_minor_reasons(old, new, old_context, new_context))))


# --- fields, sections, places -----------------------------------------------------------------------------

_PROSE_FIELDS = ("summary", "funding")
_CITATION_FACTS = ("key", "locator", "accessed", "quote")


def _weighty_fields(old: Content, new: Content) -> Iterator[str]:
    for name, label in FIELD_LABELS.items():
        if name in _PROSE_FIELDS:
            yield from _weighty_words(_as_html(old[name]), _as_html(new[name]), {}, {}, new["language"])
        elif _spaced(old[name]) != _spaced(new[name]):
            yield f"{label} changed{_from_to(old[name], new[name])}."
    if _cited(old).get(None) != _cited(new).get(None):
        yield "The sources of the article as a whole changed."


def _weighty_sections(old: Content, new: Content) -> Iterator[str]:
    before = {section["uid"]: section for section in old["sections"]}
    after = {section["uid"]: section for section in new["sections"]}
    for uid in [*after, *(uid for uid in before if uid not in after)]:
        was, now = before.get(uid), after.get(uid)
        if was is None or now is None:
            word = "added" if was is None else "removed"
            yield f"The section “{_heading(now or was or {})}” was {word}."
        elif _spaced(was["heading"]) != _spaced(now["heading"]):
            yield f"The heading “{_heading(was)}” became “{_heading(now)}”."
        elif was["kind"] != now["kind"]:
            yield f"The section “{_heading(now)}” was marked as another kind of section."


def _weighty_places(old: Content, new: Content) -> Iterator[str]:
    """Moves other than inside one bulleted list."""
    before = {section["uid"]: _shape(section["blocks"]) for section in _common_blocks(old, new)}
    after = {section["uid"]: _shape(section["blocks"]) for section in _common_blocks(new, old)}
    common = [uid for uid in before if uid in after]
    if [uid for uid in after if uid in before] != common:
        yield "The order of the sections changed."
    if all(before[uid] == after[uid] for uid in common):
        return
    moved = moved_statements(old, new)
    texts = [_quoted(block) for _, _, block in blocks_of(new) if block["uid"] in moved]
    yield from (f"{text} was moved: it now stands under other words." for text in texts)
    if not texts:
        yield "Items of a list now stand under other words."


def _common_blocks(snapshot: Content, other: Content) -> Iterator[Content]:
    """The sections with only those blocks that the other snapshot has too."""
    present = {block["uid"] for _, _, block in blocks_of(other)}
    for section in snapshot["sections"]:
        yield section | {"blocks": [block for block in section["blocks"] if block["uid"] in present]}


def _shape(blocks: list[Content]) -> list[Any]:
    """The blocks' uids with each list as a tree, in which bullets of one level under one parent have no order."""
    shape: list[Any] = []
    run: list[Content] = []
    for block in [*blocks, None]:
        if block is not None and block["kind"] in LIST_KINDS:
            run.append(block)
            continue
        if run:
            shape.append(_tree(run))
            run = []
        if block is not None:
            shape.append(block["uid"])
    return shape


def _tree(items: list[Content]) -> Any:
    """A frozenset for bullets, a tuple where the order counts. Deeper items belong to the one before."""
    groups: list[list[Content]] = []
    for item in items:
        if groups and item["level"] > groups[0][0]["level"]:
            groups[-1].append(item)
        else:
            groups.append([item])
    branches = [(group[0]["uid"], _tree(group[1:]) if group[1:] else None) for group in groups]
    is_bulleted = all(group[0]["kind"] == "bullet" for group in groups)
    return frozenset(branches) if is_bulleted else tuple(branches)


# --- statements -------------------------------------------------------------------------------------------

_PROSE_KINDS = frozenset({"paragraph", "bullet", "numbered"})
_KIND_WORDS = {
    "kind": "became another kind of statement",
    "level": "moved to another level of its list",
    "claim": "was marked as another kind of claim",
    "no_source_reason": "has another reason for having no source",
}


def _weighty_blocks(old: Content, new: Content) -> Iterator[str]:
    before = {block["uid"]: block for _, _, block in blocks_of(old)}
    after = {block["uid"]: block for _, _, block in blocks_of(new)}
    old_facts, new_facts = _facts_of_citations(old), _facts_of_citations(new)
    old_cited, new_cited = _cited(old), _cited(new)
    for uid in [*after, *(uid for uid in before if uid not in after)]:
        was, now = before.get(uid), after.get(uid)
        if was is None or now is None:
            yield from (f"{_quoted(block)} was {word}." for block, word in ((now, "added"), (was, "removed")) if block)
            continue
        if old_cited.get(uid) != new_cited.get(uid):
            yield f"The sources of {_quoted(now)} changed."
        if was != now:
            yield from _weighty_block(was, now, old_facts, new_facts, new["language"])


def _weighty_block(was: Content, now: Content, old_facts: Content, new_facts: Content, language: str) -> Iterator[str]:
    yield from (f"{_quoted(now)} {words}." for name, words in _KIND_WORDS.items() if was[name] != now[name])
    if _data(was, old_facts) != _data(now, new_facts):
        yield f"{_DATA_WORDS.get(now['kind'], 'What belongs to')} {_quoted(now)} changed."
    if now["kind"] in _PROSE_KINDS:
        yield from _weighty_words(was["html"], now["html"], old_facts, new_facts, language)
    elif _tokens(was["html"], old_facts) != _tokens(now["html"], new_facts):
        yield f"{_quoted(was)} became {_quoted(now)}."


_DATA_WORDS = {"table": "The cells or caption of", "figure": "The picture or its description of",
               "callout": "The urgency or heading of"}  # fmt: skip


def _data(block: Content, facts: Content) -> Any:
    """The block's data with citation marks told by what they cite, and white space evened out."""
    data = block["data"]
    if not data or "rows" not in data:
        return _spaced(data)
    rows = [[_tokens(cell, facts) for cell in row] for row in [data["header"], *data["rows"]]]
    return [_spaced(data["caption"]), rows]


# --- words ------------------------------------------------------------------------------------------------

_END_MARKS = ".,;:!…"
_NEGATIONS = frozenset((
    "no", "not", "nor", "none", "never", "neither", "nobody", "nothing", "nowhere", "cannot", "without",
    "except", "unless", "stop", "avoid", "against", "hardly", "rarely", "seldom", "barely", "lack", "lacks",
    "fail", "fails", "isnt", "arent", "wasnt", "werent", "dont", "doesnt", "didnt", "cant", "couldnt",
    "wont", "wouldnt", "shouldnt", "mustnt", "neednt", "hasnt", "havent", "hadnt",
))  # fmt: skip
_NUMBER_WORDS = frozenset((
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million",
    "billion", "once", "twice", "thrice", "half", "quarter", "third", "double", "triple", "single", "first",
    "second", "hourly", "daily", "weekly", "monthly", "yearly", "hour", "hours", "day", "days", "week",
    "weeks", "month", "months", "year", "years", "minute", "minutes", "more", "less", "most", "least",
    "many", "few", "fewer", "all", "some", "any", "every", "each", "only", "before", "after", "under",
    "over", "above", "below", "up", "down", "increase", "decrease", "increases", "decreases", "increased",
    "decreased", "high", "low", "higher", "lower", "may", "can", "must", "should", "safe", "unsafe", "now",
    "new",
))  # fmt: skip
_UNITS = frozenset((
    "%", "‰", "g", "kg", "mg", "mcg", "ug", "µg", "μg", "ng", "pg", "l", "ml", "dl", "µl", "μl", "cl", "m",
    "cm", "mm", "µm", "μm", "nm", "km", "mol", "mmol", "µmol", "μmol", "nmol", "iu", "u", "mu", "meq",
    "kcal", "cal", "kj", "j", "hz", "khz", "mhz", "ghz", "pa", "kpa", "mmhg", "gy", "mgy", "sv", "msv",
    "bq", "s", "ms", "min", "h", "hr", "hrs", "d", "wk", "mo", "yr", "c", "f", "°c", "°f", "k", "kg/m²",
    "vg", "vg/kg", "bp", "kb", "mb", "x", "tsp", "tbsp", "oz", "lb", "ft", "rad", "w", "kw", "v", "mv",
    "ma", "n", "ph", "ppm", "ppb",
))  # fmt: skip
_NUMBER_AND_UNIT = re.compile(r"([0-9][0-9.,]*)([^\W\d_]+|[%‰]|°[CF])")
# Prefixes that turn a word into its opposite or into another thing.
_TURNING_PREFIXES = (
    "hyper", "hypo", "un", "in", "im", "ir", "il", "non", "dis", "anti", "pre", "post", "inter", "intra", "macro",
    "micro", "a", "ab", "over", "under", "super", "sub", "mono", "bi", "tri", "poly", "brady", "tachy", "contra",
)  # fmt: skip
# Of two letters only these are words wherever they stand; the rest may be elements, genes or units.
_SHORT_WORDS = frozenset((
    "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "of", "on", "or", "so", "to",
    "up", "us", "we",
))  # fmt: skip
_OPEN, _CLOSE = "\ue000", "\ue001"


def _weighty_words(old: str, new: str, old_facts: Content, new_facts: Content, language: str) -> Iterator[str]:
    """Why the change from one inline HTML to another is substantive; nothing if it is minor."""
    if old == new:
        return
    before, after = _tokens(old, old_facts), _tokens(new, new_facts)
    if before == after:
        return
    if len(before) != len(after):
        before, after = _without_lone_marks(before), _without_lone_marks(after)
    if len(before) != len(after):
        yield _difference(old, new)
        return
    places = [place for place in range(len(after)) if before[place] != after[place]]
    if len(places) > MOST_SLIPS or any(_is_weighty(before, after, place, language) for place in places):
        yield _difference(old, new)


def _is_weighty(before: list[str], after: list[str], place: int, language: str) -> bool:
    was, now = before[place], after[place]
    if _OPEN in was or _OPEN in now:
        return True
    old_word, new_word = was.rstrip(_END_MARKS), now.rstrip(_END_MARKS)
    if was[len(old_word) :] != now[len(new_word) :] and _is_mark_weighty(before, after, place):
        return True
    return not (
        old_word == new_word or _is_case_only(old_word, new_word) or _is_corrected(old_word, new_word, language)
    )


def _is_mark_weighty(before: list[str], after: list[str], place: int) -> bool:
    """Punctuation at or before a number, or beside a negation, is content."""
    near = [*before[max(0, place - 1) : place + 2], *after[max(0, place - 1) : place + 2]]
    return any(_has_digit(token) or _is_negation(token) for token in near if not _is_citation(token))


def _without_lone_marks(tokens: list[str]) -> list[str]:
    """Tokens with punctuation that stands alone ("text [1]." and "text ." have such) joined to nothing, unless it
    is near a number or negation."""
    kept = []
    for place, token in enumerate(tokens):
        near = tokens[max(0, place - 1) : place + 2]
        is_lone = not token.strip(_END_MARKS)
        if not is_lone or any(_has_digit(t) or _is_negation(t) for t in near if not _is_citation(t)):
            kept.append(token)
    return kept


def _is_case_only(old: str, new: str) -> bool:
    """Only the first letter's case differs, in a word that is no unit, symbol or single letter."""
    if len(old) < 3 and old.casefold() not in _SHORT_WORDS:
        return False
    if len(old) != len(new) or old[1:] != new[1:] or old[0].casefold() != new[0].casefold():
        return False
    return old[1:].islower() and not _has_digit(old) and old.casefold() not in _UNITS and old.replace("-", "").isalpha()


def _is_corrected(old: str, new: str, language: str) -> bool:
    """A typing mistake put right: no word before, an everyday word now, at most two slips apart, no opposite near."""
    if language.partition("-")[0].lower() != dictionary.LANGUAGE:
        return False
    if not (_is_simple_word(old) and _is_simple_word(new)) or old[0].isupper() != new[0].isupper():
        return False
    was, now = old.lower(), new.lower()
    slips = _distance(was, now)
    if slips > (2 if len(now) > 4 else 1) or _is_telling(now) or _is_telling(was):
        return False
    if dictionary.is_word(was) or not dictionary.is_everyday(now):
        return False
    near = (other for other in _turned(now) if _distance(was, other) <= slips + 1)
    return not any(dictionary.is_word(other) for other in near)


def _is_simple_word(word: str) -> bool:
    """Small ASCII letters, the first may be a capital: names of genes and drugs carry digits or inner capitals."""
    return word.isascii() and word.isalpha() and len(word) > 2 and (word[1:].islower())


def _is_telling(word: str) -> bool:
    """A negation, number, unit or other word on which a sentence turns."""
    return _is_negation(word) or word in _NUMBER_WORDS or word in _UNITS


def _is_negation(token: str) -> bool:
    letters = "".join(character for character in token.casefold() if character.isalpha())
    return letters in _NEGATIONS


def _turned(word: str) -> set[str]:
    """Words that differ from this one by a prefix or an ending that changes the meaning."""
    stems = {word} | {word[len(p) :] for p in _TURNING_PREFIXES if word.startswith(p)}
    turned = {prefix + stem for stem in stems if len(stem) > 3 for prefix in ("", *_TURNING_PREFIXES)}
    roots = {word} | {word[: -len(e)] for e in ("ful", "less") if word.endswith(e)}
    turned |= {root + ending for root in roots for ending in ("ful", "less")}
    return turned - {word}


def _distance(old: str, new: str, most: int = 3) -> int:
    """Slips between two words: letters added, dropped or changed, neighbours swapped; `most` means that or more."""
    if abs(len(old) - len(new)) >= most or len(old) > 40:
        return most
    before_last: list[int] = []
    last = list(range(len(new) + 1))
    for i, a in enumerate(old, 1):
        row = [i]
        for j, b in enumerate(new, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == new[j - 2] and old[i - 2] == b:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        before_last, last = last, row
    return min(last[-1], most)


def _is_citation(token: str) -> bool:
    return token.startswith(f"{_OPEN}cite{_OPEN}")


def _has_digit(token: str) -> bool:
    return any(character.isnumeric() for character in token) or "%" in token


# --- html as tokens ---------------------------------------------------------------------------------------


def _tokens(html: str, facts: Content) -> list[str]:
    """Words and markup that means something: sup, sub, a, abbr, span with their values, citations by what they cite.

    strong, em and the kind of white space are left out; curly and straight quotation marks count as the same. A number
    and its unit are two tokens, with or without a space between.
    """
    text = "".join(_written(tag, value, facts) for tag, value in inline_pieces(html))
    return [part for token in text.split() for part in _parted(token)]


def _parted(token: str) -> list[str]:
    stem = token.rstrip(_END_MARKS)
    match = _NUMBER_AND_UNIT.fullmatch(stem)
    if match and match[2].casefold() in _UNITS:
        return [match[1], match[2] + token[len(stem) :]]
    return [token]


def _written(tag: str, value: str, facts: Content) -> str:
    """Text as it is, markup as private-use characters, which no stored text can hold: words cannot imitate it."""
    if not tag:
        return value.translate(_SAME_QUOTES)
    if tag in ("strong", "/strong", "em", "/em", "/cite"):
        return ""
    if tag == "br":
        return " "
    if tag == "cite":
        return f" {_marked('cite', repr(facts.get(value, value)))} "
    return _marked(tag, value)


def _marked(tag: str, value: str) -> str:
    return f"{_OPEN}{tag}{_OPEN}{_CLOSE.join(value.split())}{_CLOSE}"


_SAME_QUOTES = str.maketrans("“”„‘’", '"""\'\'')


def _as_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- citations and sources --------------------------------------------------------------------------------


def _facts_of_citations(snapshot: Content) -> Content:
    """What each citation mark stands for: uids are only names, a copied mark may get a new one."""
    return {c["uid"]: tuple(c[name] for name in _CITATION_FACTS) for c in snapshot["citations"]}


def _cited(snapshot: Content) -> dict[str | None, Counter[tuple[str, ...]]]:
    """What each block cites, and with None what the article as a whole cites."""
    cited: dict[str | None, Counter[tuple[str, ...]]] = {}
    for citation in snapshot["citations"]:
        facts = tuple(citation[name] for name in _CITATION_FACTS)
        cited.setdefault(citation["block"], Counter())[facts] += 1
    return cited


def _weighty_context(
    old: Content, new: Content, old_context: Content | None, new_context: Content | None
) -> Iterator[str]:
    if old_context is None or new_context is None:
        return
    for key in _shared_keys(old, new):
        was, now = old_context["references"].get(key), new_context["references"].get(key)
        if was != now and not _is_same_source(was, now):
            yield f"The source {key} is now another source{_titled(now)}."
    named = {row["person"] for row in old["people"]} & {row["person"] for row in new["people"]}
    for uid in sorted(named):
        was, now = old_context["people"].get(uid), new_context["people"].get(uid)
        if _byline(was) != _byline(now):
            yield f"The name, degrees or profession of {(now or was or {}).get('name') or 'a named person'} changed."


def _under_old_keys(old: Content, new: Content, old_context: Content | None, new_context: Content | None) -> Content:
    """`new` with the old key of each citation that names the same source under another key, as after a merge: a key is
    a name of ours, and readers never see it."""
    if old_context is None or new_context is None:
        return new
    before = {citation["uid"]: citation["key"] for citation in old["citations"]}
    same = {
        citation["uid"]: before[citation["uid"]]
        for citation in new["citations"]
        if before.get(citation["uid"], citation["key"]) != citation["key"]
        and _is_same_source(
            old_context["references"].get(before[citation["uid"]]), new_context["references"].get(citation["key"])
        )
    }
    return new | {"citations": [c | {"key": same.get(c["uid"], c["key"])} for c in new["citations"]]} if same else new


def _shared_keys(old: Content, new: Content) -> list[str]:
    return sorted({c["key"] for c in old["citations"]} & {c["key"] for c in new["citations"]})


def _is_same_source(was: Content | None, now: Content | None) -> bool:
    """All of its identity but the address is equal, and there is enough of it to tell."""
    if was is None or now is None:
        return False
    before, after = csl.identity(was), csl.identity(now)
    address_changed = before.pop("target") != after.pop("target")
    is_known = bool(before["doi"] or before["pmid"] or (before["title"] and before["authors"]))
    return before == after and (is_known or not address_changed)


def _byline(person: Content | None) -> Any:
    facts = person or {}
    return [facts.get(name) for name in ("name", "degrees", "profession", "is_health_professional")]


def _titled(item: Content | None) -> str:
    return f": “{shortened(item['title'])}”" if item and item.get("title") else ""


# --- sentences --------------------------------------------------------------------------------------------


def _difference(old: str, new: str) -> str:
    """The first difference as a sentence: "The number “5” became “50” in “Take 50 mg daily”."."""
    texts = plain(old), plain(new)
    if texts[0] == texts[1]:
        texts = spelt_out(old), spelt_out(new)
    removed, added = _first_change(word_diff(*texts))
    return _sentence(shortened(removed), shortened(added), shortened(plain(new) or plain(old)))


def _first_change(pieces: list[Piece]) -> tuple[str, str]:
    """What was removed and what was added at the first place that differs."""
    changed = [place for place, piece in enumerate(pieces) if piece.op != "same"]
    here = pieces[changed[0] : changed[0] + 2] if changed else []
    removed = "".join(piece.text for piece in here if piece.op == "removed")
    added = "".join(piece.text for piece in here if piece.op == "added")
    return removed.strip(), added.strip()


def _sentence(removed: str, added: str, where: str) -> str:
    if removed and added:
        is_number = _has_digit(removed) and _has_digit(added)
        return f"{'The number ' if is_number else ''}“{removed}” became “{added}” in “{where}”."
    if removed:
        return f"“{removed}” was removed from “{where}”."
    if added:
        return f"“{added}” was added in “{where}”."
    return f"A space in “{where}” now joins or parts words."


def _minor_reasons(
    old: Content, new: Content, old_context: Content | None, new_context: Content | None
) -> Iterator[str]:
    before = {block["uid"]: block for _, _, block in blocks_of(old)}
    for _, _, block in blocks_of(new):
        was = before[block["uid"]]
        if was["html"] != block["html"]:
            yield _minor_sentence(was["html"], block["html"])
    yield from (_minor_sentence(_as_html(old[n]), _as_html(new[n])) for n in _PROSE_FIELDS if old[n] != new[n])
    if moved_statements(old, new):
        yield "Items of a bulleted list changed their order."
    if old_context and new_context and old_context["references"] != new_context["references"]:
        yield "A source has a new address or is written differently; it is the same source."
    if old == new:
        yield "The text did not change."


def _minor_sentence(old: str, new: str) -> str:
    where = shortened(plain(new))
    if _letters(old) == _letters(new):
        return f"Only capitals, punctuation, spaces or emphasis changed in “{where}”."
    return f"A typing mistake was corrected: {_difference(old, new)}"


def _letters(html: str) -> str:
    return "".join(character for character in plain(html).casefold() if character.isalnum())


def _quoted(block: Content) -> str:
    data = block["data"] or {}
    text = plain(block["html"]) or data.get("caption") or data.get("heading") or data.get("alt") or block["kind"]
    return f"“{shortened(text)}”"


def _heading(section: Content) -> str:
    return section.get("heading") or "without a heading"


def _spaced(value: Any) -> Any:
    """The value with runs of white space in its texts as one space."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [_spaced(part) for part in value]
    if isinstance(value, dict):
        return {name: _spaced(part) for name, part in value.items()}
    return value


def _from_to(old: Any, new: Any) -> str:
    if isinstance(old, str) and isinstance(new, str) and old and new:
        return f" from “{shortened(old)}” to “{shortened(new)}”"
    return ""
