"""Statements and what they say: the units that people write, sign and approve.

Approvals and signatures are bound to the digests computed here. Changing what a digest covers unsigns every
article, so it happens only together with a new snapshot schema.
"""

import re
from bisect import bisect_left
from collections.abc import Hashable, Iterator
from typing import Any, TypeVar

from articles.canonical import digest
from references import csl

Snapshot = dict[str, Any]
Content = dict[str, Any]
Key = TypeVar("Key", bound=Hashable)

ARTICLE = "article"
LIST_KINDS = frozenset({"bullet", "numbered"})

_NOT_WORDING = frozenset({"schema", "uid", "sections", "citations"})
CITATION_MARK = re.compile(r'<cite data-uid="([a-z0-9]{1,12})"></cite>')


def wording(snapshot: Snapshot) -> dict[str, Content]:
    """What each statement says, by key.

    - "article:title" and so on: each top-level value except schema, uid and sections, so that two people can each
      answer for their own field; "article:citations" holds the citations of the article as a whole;
    - a section's uid: its heading and kind;
    - a block's uid: kind, level, claim, html, no_source_reason and data, and with "citations" its own citations
      (uid, key, locator, accessed, quote) in the snapshot's order.
    """
    citations = _citations_by_block(snapshot)
    found = _article_wording(snapshot, citations.get(None, []))
    for section in snapshot["sections"]:
        found[section["uid"]] = {"heading": section["heading"], "kind": section["kind"]}
        for block in section["blocks"]:
            found[block["uid"]] = _block_wording(block, citations.get(block["uid"], []))
    return found


def wording_digests(snapshot: Snapshot) -> dict[str, str]:
    """The digest of each statement's wording, by the same keys as `wording`."""
    return {key: digest(content) for key, content in wording(snapshot).items()}


def block_digests(snapshot: Snapshot, context: Content) -> dict[str, str]:
    """What a medical reviewer signs, by block uid.

    The digest covers the heading and kind of the block's section, its lead-in (see `lead_in`), its wording with its
    citations, and the identity of the references these cite (see `references.csl.identity`; null for a reference that
    the context does not hold). The meaning of "5 mg" is not in the bullet alone.
    """
    citations = _citations_by_block(snapshot)
    identities = context_identity(context)["references"]
    return {
        block["uid"]: digest(_signed_content(section, index, citations.get(block["uid"], []), identities))
        for section, index, block in blocks_of(snapshot)
    }


def lead_in(blocks: list[Content], index: int) -> list[Content]:
    """The text within its section that gives the block at `index` its meaning, from far to near.

    - The nearest subheading before it (none for a subheading itself);
    - for a list item also the nearest block before it that is not a list item, if that is not the subheading already;
    - and its parent items: walking back through the list, each nearest item of a lower level.

    Each is kind, html without citation marks, and data. Citations of a lead-in belong to the lead-in alone.
    """
    block = blocks[index]
    if block["kind"] == "subheading":
        return []
    leading = _introduction(blocks, index) if block["kind"] in LIST_KINDS else []
    subheading = next((b for b in reversed(blocks[:index]) if b["kind"] == "subheading"), None)
    if subheading is not None and subheading not in leading:
        leading.insert(0, subheading)
    return [_lead_in_text(b) for b in leading]


def context_identity(context: Content) -> Content:
    """The part of a context whose change voids approvals: the identity of each reference, by key."""
    return {"references": {key: csl.identity(item) for key, item in context["references"].items()}}


def context_digest(context: Content) -> str:
    """Digest of `context_identity`: equal as long as every key still means the same source.

    What approvals are bound to. The digest of a stored context with all its formatting is `canonical.digest(context)`.
    """
    return digest(context_identity(context))


def blocks_of(snapshot: Snapshot) -> Iterator[tuple[Content, int, Content]]:
    """Every block with its section and its index there, in reading order."""
    for section in snapshot["sections"]:
        for index, block in enumerate(section["blocks"]):
            yield section, index, block


def changed_statements(old: Snapshot | None, new: Snapshot) -> dict[str, set[str]]:
    """Which statements a save altered, and how: what four eyes must look at.

    - "text": its wording is new or different;
    - "removal": it was there and is gone;
    - "place": it stands in another section or moved past a neighbour. A statement added or removed beside it is no
      move. Of two orders the fewest statements that explain the difference are called moved (the longest run
      that kept its order stayed), the same on every computer.
    """
    before = wording_digests(old) if old else {}
    after = wording_digests(new)
    changed: dict[str, set[str]] = {}
    for key, value in after.items():
        if before.get(key) != value:
            changed.setdefault(key, set()).add("text")
    for key in before.keys() - after.keys():
        changed.setdefault(key, set()).add("removal")
    for key in moved_statements(old, new) if old else ():
        changed.setdefault(key, set()).add("place")
    return changed


def moved_statements(old: Snapshot, new: Snapshot) -> set[str]:
    """Uids of sections moved past sections, and of blocks moved to another section or past a neighbour."""
    moved = moved_keys([s["uid"] for s in old["sections"]], [s["uid"] for s in new["sections"]])
    homes = {block["uid"]: section["uid"] for section, _, block in blocks_of(old)}
    old_orders = {section["uid"]: [b["uid"] for b in section["blocks"]] for section in old["sections"]}
    for section in new["sections"]:
        stayed = []
        for block in section["blocks"]:
            home = homes.get(block["uid"])
            if home == section["uid"]:
                stayed.append(block["uid"])
            elif home is not None:
                moved.add(block["uid"])
        moved |= moved_keys(old_orders.get(section["uid"], []), stayed)
    return moved


def moved_keys(old: list[str], new: list[str]) -> set[str]:
    """The keys common to both lists that left the longest run keeping its order."""
    places = {key: place for place, key in enumerate(old)}
    common = [key for key in new if key in places]
    kept = longest_kept(common, places)
    return set(common).difference(kept)


def longest_kept(keys: list[Key], places: dict[Key, int]) -> list[Key]:
    """The longest subsequence of `keys` whose places rise (patience sorting, n log n; deterministic)."""
    tails: list[int] = []
    tail_indexes: list[int] = []
    previous: list[int] = []
    for index, key in enumerate(keys):
        pile = bisect_left(tails, places[key])
        previous.append(tail_indexes[pile - 1] if pile else -1)
        tails[pile : pile + 1] = [places[key]]
        tail_indexes[pile : pile + 1] = [index]
    kept: list[Key] = []
    index = tail_indexes[-1] if tail_indexes else -1
    while index >= 0:
        kept.append(keys[index])
        index = previous[index]
    return kept[::-1]


def _citations_by_block(snapshot: Snapshot) -> dict[str | None, list[Content]]:
    grouped: dict[str | None, list[Content]] = {}
    for citation in snapshot["citations"]:
        own = {key: value for key, value in citation.items() if key != "block"}
        grouped.setdefault(citation["block"], []).append(own)
    return grouped


def _article_wording(snapshot: Snapshot, citations: list[Content]) -> Content:
    own = {f"{ARTICLE}:{name}": {name: value} for name, value in snapshot.items() if name not in _NOT_WORDING}
    return own | {f"{ARTICLE}:citations": {"citations": citations}}


def _block_wording(block: Content, citations: list[Content]) -> Content:
    own = {key: value for key, value in block.items() if key != "uid"}
    return own | {"citations": citations}


def _signed_content(section: Content, index: int, citations: list[Content], identities: Content) -> Content:
    return {
        "section": {"heading": section["heading"], "kind": section["kind"]},
        "lead_in": lead_in(section["blocks"], index),
        "block": _block_wording(section["blocks"][index], citations),
        "references": {citation["key"]: identities.get(citation["key"]) for citation in citations},
    }


def _introduction(blocks: list[Content], index: int) -> list[Content]:
    parents: list[Content] = []
    level = blocks[index]["level"]
    for block in reversed(blocks[:index]):
        if block["kind"] not in LIST_KINDS:
            return [block, *parents]
        if block["level"] < level:
            parents.insert(0, block)
            level = block["level"]
    return parents


def _lead_in_text(block: Content) -> Content:
    return {"kind": block["kind"], "html": CITATION_MARK.sub("", block["html"]), "data": block["data"]}
