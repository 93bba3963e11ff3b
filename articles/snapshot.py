"""The snapshot: the whole article as one plain dict. This is the only module that knows both tables and dict.

``take`` reads the working copy, ``write`` makes the working copy equal to a snapshot, ``context_of`` says what a
snapshot's keys mean now, ``tidy`` and ``validate`` stand at the door of ``drafting.save``.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from references.models import Reference

from . import text
from .models import (
    Article,
    ArticlePerson,
    ArticleTopic,
    Block,
    Citation,
    Edition,
    Figure,
    Person,
    Section,
    Topic,
)

SCHEMA = 1

#: Snapshot keys that are columns of the article itself.
ARTICLE_FIELDS = (
    "uid",
    "slug",
    "language",
    "kind",
    "title",
    "subtitle",
    "summary",
    "also_called",
    "codes",
    "funding",
    "review_interval_months",
)
BLOCK_FIELDS = ("kind", "level", "claim", "html", "no_source_reason", "data")
CODE_SYSTEMS = {"mesh", "omim", "orpha", "icd10cm", "snomed", "umls", "mondo"}
CODE_RELATIONS = {"exact", "broader", "narrower"}
URGENCIES = ("non-urgent", "urgent", "emergency")
LIST_KINDS = {"bullet", "numbered"}
#: Asked of every statement; Django makes such a list anew each time.
BLOCK_KINDS, CLAIMS = Block.Kind.values, Block.Claim.values

Snapshot = dict[str, Any]


def empty(uid: str, **fields: Any) -> Snapshot:
    """A snapshot of an article with nothing in it, for new drafts."""
    return {
        "schema": SCHEMA,
        "uid": uid,
        "slug": "",
        "language": "en",
        "kind": "condition",
        "title": "",
        "subtitle": "",
        "summary": "",
        "also_called": [],
        "topics": [],
        "codes": [],
        "people": [],
        "funding": "",
        "review_interval_months": 12,
        "sections": [],
        "citations": [],
    } | fields


# --- reading the tables -------------------------------------------------------------------------------------------


def take(article: Article) -> Snapshot:
    """The working copy as it stands in the tables (six queries, whatever its size)."""
    fields = {name: getattr(article, name) for name in ARTICLE_FIELDS}
    return {
        "schema": SCHEMA,
        **fields,
        "topics": _topics(article),
        "people": _people(article),
        "sections": _sections(article),
        "citations": _citations(article),
    }


def _topics(article: Article) -> list[str]:
    return list(article.topic_links.order_by("position").values_list("topic__uid", flat=True))


def _people(article: Article) -> list[dict[str, str]]:
    rows = article.person_links.order_by("position").values_list("role", "person__uid")
    return [{"role": role, "person": uid} for role, uid in rows]


def _sections(article: Article) -> list[dict[str, Any]]:
    blocks: dict[int, list[dict[str, Any]]] = {}
    for row in article.blocks.order_by("position").values("section_id", "uid", *BLOCK_FIELDS):
        blocks.setdefault(row.pop("section_id"), []).append(row)
    return [
        {"uid": row.uid, "heading": row.heading, "kind": row.kind, "blocks": blocks.get(row.pk, [])}
        for row in article.sections.order_by("position")
    ]


def _citations(article: Article) -> list[dict[str, Any]]:
    columns = ("uid", "block_uid", "reference__key", "locator", "accessed", "quote")
    return [
        {
            "uid": uid,
            "block": block or None,
            "key": key,
            "locator": locator,
            "accessed": accessed.isoformat() if accessed else "",
            "quote": quote,
        }
        for uid, block, key, locator, accessed, quote in article.citations.order_by("position").values_list(*columns)
    ]


def context_of(snapshot: Snapshot) -> dict[str, Any]:
    """What the snapshot's keys mean at this moment: cited sources, named people, figures' files."""
    keys = {citation["key"] for citation in snapshot["citations"]}
    people = {entry["person"] for entry in snapshot["people"]}
    files = {block["data"]["file"] for block in blocks_of(snapshot) if block["kind"] == "figure" and block["data"]}
    return {
        "references": {row.key: row.csl() for row in Reference.objects.filter(key__in=keys)},
        "people": {row.uid: row.public_facts() for row in Person.objects.filter(uid__in=people)},
        "files": {row.name: row.public_facts() for row in Figure.objects.filter(name__in=files)},
    }


def blocks_of(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """Every block, in reading order."""
    return (block for section in snapshot["sections"] for block in section["blocks"])


# --- writing the tables -------------------------------------------------------------------------------------------


def write(article: Article, snapshot: Snapshot) -> None:
    """Make the working copy equal to a validated snapshot: ``take(article) == snapshot`` afterwards.

    Rows keep their identity by uid; only rows that differ are written. ``article.written`` is what the recorder
    stores. The caller holds the transaction.
    """
    article.written = snapshot
    if article.pk is None or any(getattr(article, name) != snapshot[name] for name in ARTICLE_FIELDS):
        for name in ARTICLE_FIELDS:
            setattr(article, name, snapshot[name])
        article.save()
    _write_topics(article, snapshot["topics"])
    _write_people(article, snapshot["people"])
    sections = _write_rows(
        Section,
        article,
        [
            {"uid": s["uid"], "position": position, "heading": s["heading"], "kind": s["kind"]}
            for position, s in enumerate(snapshot["sections"])
        ],
        prune=False,
    )
    _write_rows(Block, article, list(_block_rows(snapshot, sections)))
    _remove(Section, article, sections.keys() - {section["uid"] for section in snapshot["sections"]})
    cited = Reference.objects.filter(key__in=[c["key"] for c in snapshot["citations"]])
    references = dict(cited.order_by().values_list("key", "pk"))
    _write_rows(Citation, article, [_citation_row(c, n, references) for n, c in enumerate(snapshot["citations"])])


def _block_rows(snapshot: Snapshot, sections: dict[str, int]) -> Iterator[dict[str, Any]]:
    for section in snapshot["sections"]:
        for position, block in enumerate(section["blocks"]):
            row = {name: block[name] for name in BLOCK_FIELDS}
            yield row | {"uid": block["uid"], "position": position, "section_id": sections[section["uid"]]}


def _citation_row(citation: dict[str, Any], position: int, references: dict[str, int]) -> dict[str, Any]:
    return {
        "uid": citation["uid"],
        "block_uid": citation["block"] or "",
        "reference_id": references[citation["key"]],
        "position": position,
        "locator": citation["locator"],
        "accessed": datetime.date.fromisoformat(citation["accessed"]) if citation["accessed"] else None,
        "quote": citation["quote"],
    }


def _write_rows(model: Any, article: Article, wanted: list[dict[str, Any]], prune: bool = True) -> dict[str, int]:
    """Insert, change and (with ``prune``) remove an article's rows so that they are the wanted ones; uid to key."""
    there = {row.uid: row for row in model.objects.filter(article=article)}
    if prune:
        _remove(model, article, there.keys() - {row["uid"] for row in wanted})
    new = [model(article=article, **row) for row in wanted if row["uid"] not in there]
    model._base_manager.bulk_create(new)
    _change_rows(model, [(there[row["uid"]], row) for row in wanted if row["uid"] in there])
    return {row.uid: row.pk for row in [*there.values(), *new]}


def _change_rows(model: Any, pairs: list[tuple[Any, dict[str, Any]]]) -> None:
    """Bring the columns that differ to their wanted values, by one statement for all rows."""
    changed: list[Any] = []
    columns: set[str] = set()
    for known, row in pairs:
        different = {name: value for name, value in row.items() if getattr(known, name) != value}
        if different:
            for name, value in different.items():
                setattr(known, name, value)
            changed.append(known)
            columns |= different.keys()
    if changed:
        model._base_manager.bulk_update(changed, sorted(columns))


def _remove(model: Any, article: Article, gone: set[str]) -> None:
    if gone:
        model._base_manager.filter(article=article, uid__in=gone).delete()


def _write_topics(article: Article, wanted: list[str]) -> None:
    if _topics(article) == wanted:
        return
    topics = Topic.objects.in_bulk(wanted, field_name="uid")
    _replace(ArticleTopic, article, [{"topic": topics[uid]} for uid in wanted])


def _write_people(article: Article, wanted: list[dict[str, str]]) -> None:
    if _people(article) == wanted:
        return
    people = Person.objects.in_bulk([entry["person"] for entry in wanted], field_name="uid")
    _replace(ArticlePerson, article, [{"role": p["role"], "person": people[p["person"]]} for p in wanted])


def _replace(model: Any, article: Article, wanted: list[dict[str, Any]]) -> None:
    model._base_manager.filter(article=article).delete()
    model._base_manager.bulk_create(model(article=article, position=n, **row) for n, row in enumerate(wanted))


# --- the door -----------------------------------------------------------------------------------------------------


def tidy(snapshot: Snapshot) -> Snapshot:
    """The same content in normal form: texts NFC, inline markup cleaned, citations in order of appearance.

    Raises ``text.TextError`` where a text holds hidden or deceptive characters.
    """
    snapshot = deepcopy(snapshot)
    for name in ("title", "subtitle", "summary", "funding"):
        snapshot[name] = text.normalise(snapshot[name]).strip()
    snapshot["also_called"] = [text.normalise(name).strip() for name in snapshot["also_called"] if name.strip()]
    for section in snapshot["sections"]:
        section["heading"] = text.normalise(section["heading"]).strip()
    for block in blocks_of(snapshot):
        block["html"] = text.clean_inline(block["html"]).strip()
        block["no_source_reason"] = text.normalise(block["no_source_reason"]).strip()
        block["data"] = _tidy_data(block)
    for citation in snapshot["citations"]:
        for name in ("locator", "quote"):
            citation[name] = text.normalise(citation[name]).strip()
    _bind_citations(snapshot)
    return snapshot


def _tidy_data(block: dict[str, Any]) -> dict[str, Any] | None:
    data = block["data"]
    if block["kind"] == "callout" and data:
        return {
            "urgency": data.get("urgency", URGENCIES[0]),
            "heading": text.normalise(data.get("heading", "")).strip(),
        }
    if block["kind"] == "table" and data:
        return {
            "caption": text.normalise(data.get("caption", "")).strip(),
            "header": [text.clean_inline(cell) for cell in data.get("header", [])],
            "rows": [[text.clean_inline(cell) for cell in row] for row in data.get("rows", [])],
        }
    if block["kind"] == "figure" and data:
        return {
            "file": data.get("file", ""),
            "alt": "" if data.get("decorative") else text.normalise(data.get("alt", "")).strip(),
            "decorative": bool(data.get("decorative")),
            "width": int(data.get("width") or 0),
            "height": int(data.get("height") or 0),
            "credit": text.normalise(data.get("credit", "")).strip(),
        }
    return None


CITE = re.compile(r'<cite data-uid="([a-z0-9]{1,12})"></cite>')


def markers(block: dict[str, Any]) -> list[str]:
    """Uids of the citations that a block's text (or a table's cells) points to, in order."""
    texts = [block["html"]]
    if block["kind"] == "table" and block["data"]:
        texts += [*block["data"]["header"], *(cell for row in block["data"]["rows"] for cell in row)]
    return [uid for part in texts for uid in CITE.findall(part)]


def _bind_citations(snapshot: Snapshot) -> None:
    """Tie each citation to the block that holds its marker and sort by first appearance; a citation whose marker
    is gone from the text goes with it; whole-article citations come last, by key."""
    place: dict[str, tuple[int, str]] = {}
    for block in blocks_of(snapshot):
        for uid in markers(block):
            place.setdefault(uid, (len(place), block["uid"]))
    kept = []
    for citation in snapshot["citations"]:
        if citation["uid"] in place:
            citation["block"] = place[citation["uid"]][1]
            kept.append(citation)
        elif citation["block"] is None:
            kept.append(citation)
    kept.sort(key=lambda c: (0, place[c["uid"]][0], "") if c["uid"] in place else (1, 0, c["key"] + c["uid"]))
    snapshot["citations"] = kept


def validate(snapshot: Snapshot) -> list[str]:
    """Sentences saying why a tidy snapshot cannot be saved as a draft; empty when it can.

    Only what would break the house is refused here: a draft may be unfinished. What must be there before an
    article goes to review is asked by ``checks``.
    """
    return [
        *_validate_article(snapshot),
        *_validate_codes(snapshot),
        *_validate_structure(snapshot),
        *_validate_blocks(snapshot),
        *_validate_citations(snapshot),
        *_validate_links(snapshot),
    ]


def _validate_article(snapshot: Snapshot) -> Iterator[str]:
    if not snapshot["title"]:
        yield "The article needs a title."
    for name, limit in (("title", 200), ("subtitle", 300)):
        if len(snapshot[name]) > limit:
            yield f"The {name} has {len(snapshot[name])} characters; at most {limit} fit."
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", snapshot["slug"]) or len(snapshot["slug"]) > 100:
        yield "The address may hold only lower-case letters a to z, digits and single hyphens, at most 100."
    now = Article.objects.filter(slug=snapshot["slug"]).exclude(uid=snapshot["uid"])
    once = Edition.objects.filter(slug=snapshot["slug"]).exclude(article__uid=snapshot["uid"])
    for title in now.values_list("title", flat=True)[:1] or once.values_list("title", flat=True)[:1]:
        yield f"The address “{snapshot['slug']}” belongs to another article: “{title}”."
    if snapshot["kind"] not in Article.Kind.values:
        yield f"“{snapshot['kind']}” is no kind of article; use one of {', '.join(Article.Kind.values)}."
    if not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?", snapshot["language"]):
        yield f"“{snapshot['language']}” is no language tag; write “en” or “es”, for example."
    if not isinstance(snapshot["review_interval_months"], int) or not 1 <= snapshot["review_interval_months"] <= 60:
        yield "The time between checks must be 1 to 60 months."


def _validate_codes(snapshot: Snapshot) -> Iterator[str]:
    for code in snapshot["codes"]:
        if code.get("system") not in CODE_SYSTEMS or code.get("relation") not in CODE_RELATIONS or not code.get("code"):
            yield f"The code {code.get('system')} {code.get('code')} is incomplete or of an unknown system."


def _validate_structure(snapshot: Snapshot) -> Iterator[str]:
    uids = [s["uid"] for s in snapshot["sections"]] + [b["uid"] for b in blocks_of(snapshot)]
    uids += [c["uid"] for c in snapshot["citations"]]
    for uid in _doubled(uids):
        yield f"The id {uid} is used twice; each section, statement and citation needs its own."
    for uid in uids:
        if not re.fullmatch(r"[a-z0-9]{1,12}", uid):
            yield f"“{uid}” is no id; ids are 1 to 12 letters a to z and digits."
    for section in snapshot["sections"]:
        if section["kind"] not in Section.Kind.values:
            yield f"“{section['kind']}” is no kind of section."
        if len(section["heading"]) > 200:
            yield f"The heading “{section['heading'][:40]}…” has more than 200 characters."


def _doubled(uids: Iterable[str]) -> list[str]:
    return sorted(uid for uid, times in Counter(uids).items() if times > 1)


def _validate_blocks(snapshot: Snapshot) -> Iterator[str]:
    for block in blocks_of(snapshot):
        for sentence in [*_validate_block(block), *_validate_data(block)]:
            where = f"“{text.plain(block['html'])[:40]}”" if block["html"] else f"statement {block['uid']}"
            yield f"{where}: {sentence}"


def _validate_block(block: dict[str, Any]) -> Iterator[str]:
    if block["kind"] not in BLOCK_KINDS:
        yield f"“{block['kind']}” is no kind of statement."
    if block["claim"] not in CLAIMS:
        yield f"“{block['claim']}” is no kind of claim."
    if block["level"] not in range(4) or (block["level"] and block["kind"] not in LIST_KINDS):
        yield f"level {block['level']} is not possible here; lists go four levels deep."
    if len(block["no_source_reason"]) > 300:
        yield "the reason why no source is needed has more than 300 characters."


def _validate_data(block: dict[str, Any]) -> Iterator[str]:
    data = block["data"]
    if block["kind"] == "callout" and (not data or data["urgency"] not in URGENCIES):
        yield f"a callout needs one of the urgencies {', '.join(URGENCIES)}."
    if block["kind"] == "table":
        widths = {len(row) for row in [data["header"], *data["rows"]]} if data else {0}
        if len(widths) != 1 or 0 in widths:
            yield "every row of a table needs as many cells as its header."
    if block["kind"] == "figure" and (not data or not re.fullmatch(r"[0-9a-f]{64}\.webp", data["file"])):
        yield "a figure needs an uploaded picture."


def _validate_citations(snapshot: Snapshot) -> Iterator[str]:
    known = {citation["uid"] for citation in snapshot["citations"]}
    for block in blocks_of(snapshot):
        found = markers(block)
        for uid in found:
            if uid not in known:
                yield f"“{text.plain(block['html'])[:40]}” cites {uid}, which is not in the list of citations."
    for uid in _doubled(uid for block in blocks_of(snapshot) for uid in markers(block)):
        yield f"The citation {uid} stands in the text twice; make a second citation of the same source."
    for citation in snapshot["citations"]:
        yield from _validate_accessed(citation)


def _validate_accessed(citation: dict[str, Any]) -> Iterator[str]:
    if not citation["accessed"]:
        return
    try:
        datetime.date.fromisoformat(citation["accessed"])
    except ValueError:
        yield f"“{citation['accessed']}” is no day; write it as 2026-11-22."


def _validate_links(snapshot: Snapshot) -> Iterator[str]:
    yield from _missing(Reference, "key", {c["key"] for c in snapshot["citations"]}, "source")
    yield from _missing(Topic, "uid", set(snapshot["topics"]), "topic")
    yield from _missing(Person, "uid", {p["person"] for p in snapshot["people"]}, "person")
    figures = {b["data"]["file"] for b in blocks_of(snapshot) if b["kind"] == "figure" and b["data"]}
    yield from _missing(Figure, "name", figures, "picture")
    if len(set(snapshot["topics"])) < len(snapshot["topics"]):
        yield "A topic is named twice."
    people = [(p["person"], p["role"]) for p in snapshot["people"]]
    if len(set(people)) < len(people):
        yield "A person is named twice in the same role."
    for role in {p["role"] for p in snapshot["people"]} - set(ArticlePerson.Role.values):
        yield f"“{role}” is no role; use one of {', '.join(ArticlePerson.Role.values)}."


def _missing(model: Any, column: str, wanted: Iterable[str], word: str) -> Iterator[str]:
    wanted = set(wanted)
    there = set(model.objects.filter(**{f"{column}__in": wanted}).values_list(column, flat=True)) if wanted else set()
    for value in sorted(wanted - there):
        yield f"There is no {word} “{value}”."
