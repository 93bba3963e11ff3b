"""Three-way merging of snapshots: what two people did to the same draft, brought together by field and by statement.

What does not clash merges by itself. Where it clashes, the result holds theirs (the version already saved) and the list
of conflicts holds all three, so that no acknowledged text is lost: it is merged, or shown, or its deletion was
somebody's act.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from articles.diffs import FIELDS
from articles.statements import CITATION_MARK, blocks_of, moved_keys
from articles.text import plain

Content = dict[str, Any]

ABSENT: Any = None


@dataclass(frozen=True)
class Conflict:
    """One place that two people changed differently.

    `where`: a field's name; a section's, block's or citation's uid, followed by "/heading" or "/kind" for a section's
    values, "/place" for a block put into two sections, "/order" for two orders of a section's statements;
    "sections/order". `label`: the place in words. `base`, `theirs`, `mine`: the values; None where there is none. A
    block's value carries its citations under "citations".
    """

    where: str
    label: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True)
class MergeResult:
    merged: Content
    conflicts: list[Conflict] = field(default_factory=list)


def merge(base: Content, theirs: Content, mine: Content) -> MergeResult:
    """Bring `mine` and `theirs`, both made from `base`, together. All three in the newest schema, of one article.

    One block is one unit: two people's edits of the same block are a conflict, unless they are equal. A deletion
    clashes with an edit or a move of what was deleted. Orders merge unless both moved the same statement: the result
    keeps their order, with my additions and moves after what preceded them in mine.
    """
    if len({(s["schema"], s["uid"]) for s in (base, theirs, mine)}) != 1:
        raise ValueError("Only snapshots of one article in one schema can be merged.")
    if mine in (base, theirs):
        return MergeResult(deepcopy(theirs))
    if theirs == base:
        return MergeResult(deepcopy(mine))
    return _Merge(base, theirs, mine).result()


def _three_way(base: Any, theirs: Any, mine: Any) -> tuple[Any, bool]:
    """The merged value, and whether both changed it differently (then it is theirs)."""
    if mine in (base, theirs):
        return theirs, False
    if theirs == base:
        return mine, False
    return theirs, True


class _Side:
    """One snapshot, by uid."""

    def __init__(self, snapshot: Content):
        self.snapshot = snapshot
        self.sections = {section["uid"]: section for section in snapshot["sections"]}
        self.section_order = list(self.sections)
        self.blocks: dict[str, Content] = {}
        self.homes: dict[str, str] = {}
        self.orders: dict[str, list[str]] = {uid: [] for uid in self.sections}
        for section, _, block in blocks_of(snapshot):
            self.blocks[block["uid"]] = block
            self.homes[block["uid"]] = section["uid"]
            self.orders[section["uid"]].append(block["uid"])
        self.citations = {citation["uid"]: citation for citation in snapshot["citations"]}

    def block_with_citations(self, uid: str) -> Content | None:
        if uid not in self.blocks:
            return None
        own = [citation for citation in self.citations.values() if citation["block"] == uid]
        return {**self.blocks[uid], "citations": own}

    def section_alone(self, uid: str) -> tuple[str, str] | None:
        section = self.sections.get(uid)
        return (section["heading"], section["kind"]) if section else None


class _Merge:
    """The work of one merge. Each step fills what the next reads; conflicts collect in reading order of theirs."""

    def __init__(self, base: Content, theirs: Content, mine: Content):
        self.base, self.theirs, self.mine = _Side(base), _Side(theirs), _Side(mine)
        self.sides = (self.base, self.theirs, self.mine)
        self.conflicts: list[Conflict] = []

    def result(self) -> MergeResult:
        merged = {
            "schema": self.theirs.snapshot["schema"],
            "uid": self.theirs.snapshot["uid"],
        } | self._fields()
        citations, clashing = self._citations()
        blocks = self._blocks(clashing)
        homes = self._homes(blocks)
        sections = self._sections(homes)
        homes = self._rehoused(homes, sections)
        merged["sections"] = [
            section | {"blocks": [blocks[block] for block in self._block_order(section["uid"], homes)]}
            for section in self._ordered_sections(sections)
        ]
        merged["citations"] = _in_text_order(merged["sections"], self._kept_citations(citations, homes))
        return MergeResult(deepcopy(merged), deepcopy(self.conflicts))

    def _clash(self, where: str, label: str, values: list[Any]) -> None:
        self.conflicts.append(Conflict(where, label, *values))

    def _fields(self) -> Content:
        merged = {}
        for name in FIELDS:
            values = [side.snapshot[name] for side in self.sides]
            merged[name], is_clash = _three_way(*values)
            if is_clash:
                self._clash(name, FIELD_LABELS[name], [side.snapshot[name] for side in self.sides])
        return merged

    def _citations(self) -> tuple[dict[str, Content], set[str]]:
        """The merged citations by uid, and the uids of those both changed."""
        merged, clashing = {}, set()
        for uid in _every_key(self.theirs.citations, self.mine.citations, self.base.citations):
            values = [side.citations.get(uid) for side in self.sides]
            value, is_clash = _three_way(*values)
            if is_clash:
                clashing.add(uid)
            if value is not None:
                merged[uid] = value
        return merged, clashing

    def _blocks(self, clashing: set[str]) -> dict[str, Content]:
        """The merged blocks by uid; notes every block that is to keep their citations."""
        merged: dict[str, Content] = {}
        self.blocks_as_theirs: set[str] = set()
        blocks_of_clashing = {
            side.citations[uid]["block"]
            for side in (self.base, self.theirs, self.mine)
            for uid in clashing
            if uid in side.citations
        }
        for uid in _every_key(self.theirs.blocks, self.mine.blocks, self.base.blocks):
            values = [side.blocks.get(uid) for side in self.sides]
            value, is_clash = _three_way(*values)
            differs_with_citations = uid in blocks_of_clashing and values[1] != values[2]
            if is_clash or differs_with_citations or self._was_deleted_and_changed(uid):
                value = values[1]
                self.blocks_as_theirs.add(uid)
                self._clash(uid, self._block_label(uid), [side.block_with_citations(uid) for side in self.sides])
            if value is not None:
                merged[uid] = value
        self._note_citation_conflicts(clashing)
        return merged

    def _was_deleted_and_changed(self, uid: str) -> bool:
        """One deleted the block while the other moved it elsewhere or changed its citations."""
        if uid not in self.base.blocks or (uid in self.theirs.blocks) == (uid in self.mine.blocks):
            return False
        side = self.theirs if uid in self.theirs.blocks else self.mine
        return (side.homes[uid], side.block_with_citations(uid)) != (
            self.base.homes[uid],
            self.base.block_with_citations(uid),
        )

    def _note_citation_conflicts(self, clashing: set[str]) -> None:
        for uid in sorted(clashing):
            blocks = {s.citations[uid]["block"] for s in self.sides if uid in s.citations}
            if not blocks & self.blocks_as_theirs:
                self._clash(uid, self._citation_label(uid), [side.citations.get(uid) for side in self.sides])

    def _homes(self, blocks: dict[str, Content]) -> dict[str, str]:
        """The section of each merged block."""
        homes = {}
        for uid in blocks:
            before, theirs, mine = (side.homes.get(uid) for side in (self.base, self.theirs, self.mine))
            if theirs is None or mine is None:
                homes[uid] = theirs or mine or ""
                continue
            homes[uid], is_clash = _three_way(before, theirs, mine)
            if is_clash:
                self._clash(
                    f"{uid}/place",
                    f"Place of {self._block_label(uid)}",
                    [side.homes.get(uid) for side in self.sides],
                )
        return homes

    def _sections(self, homes: dict[str, str]) -> dict[str, Content]:
        """The merged sections by uid, without blocks."""
        merged = {}
        for uid in _every_key(self.theirs.sections, self.mine.sections, self.base.sections):
            in_theirs, in_mine = uid in self.theirs.sections, uid in self.mine.sections
            if in_theirs and in_mine:
                merged[uid] = self._merged_section(uid)
            elif uid not in self.base.sections:
                merged[uid] = _bare((self.theirs if in_theirs else self.mine).sections[uid])
            elif (in_theirs or in_mine) and self._is_deletion_disputed(uid, homes):
                self._clash(uid, self._section_label(uid), [side.sections.get(uid) for side in self.sides])
                if in_theirs:
                    merged[uid] = _bare(self.theirs.sections[uid])
        return merged

    def _merged_section(self, uid: str) -> Content:
        section: Content = {"uid": uid}
        for name, word in (("heading", "Heading"), ("kind", "Kind")):
            # A section that both added has no base: an equal value is taken, a different one is a conflict.
            values = [(side.sections.get(uid) or {}).get(name) for side in self.sides]
            section[name], is_clash = _three_way(*values)
            if is_clash:
                label = f"{word} of {self._section_label(uid)}"
                self._clash(f"{uid}/{name}", label, [(side.sections.get(uid) or {}).get(name) for side in self.sides])
        return section

    def _is_deletion_disputed(self, uid: str, homes: dict[str, str]) -> bool:
        """One deleted the section; the other changed its heading or kind, or has statements there that remain."""
        keeper = self.theirs if uid in self.theirs.sections else self.mine
        return keeper.section_alone(uid) != self.base.section_alone(uid) or uid in homes.values()

    def _rehoused(self, homes: dict[str, str], sections: dict[str, Content]) -> dict[str, str]:
        """Blocks whose section is gone with theirs go back to their place in theirs, or are reported as a conflict."""
        settled = {}
        for uid, home in homes.items():
            if home not in sections:
                home = self.theirs.homes.get(uid, "")
            if home in sections:
                settled[uid] = home
            elif all(conflict.where != uid for conflict in self.conflicts):
                self._clash(uid, self._block_label(uid), [side.block_with_citations(uid) for side in self.sides])
        return settled

    def _block_order(self, section: str, homes: dict[str, str]) -> list[str]:
        orders = [
            [uid for uid in side.orders.get(section, []) if homes.get(uid) == section]
            for side in (self.base, self.theirs, self.mine)
        ]
        order, is_clash = _merged_order(*orders)
        if is_clash:
            label = f"Order in {self._section_label(section)}"
            self._clash(f"{section}/order", label, [side.orders.get(section) for side in self.sides])
        return order

    def _ordered_sections(self, sections: dict[str, Content]) -> Iterator[Content]:
        orders = [
            [uid for uid in side.section_order if uid in sections] for side in (self.base, self.theirs, self.mine)
        ]
        order, is_clash = _merged_order(*orders)
        if is_clash:
            self._clash("sections/order", "Order of the sections", [side.section_order for side in self.sides])
        yield from (sections[uid] for uid in order)

    def _kept_citations(self, merged: dict[str, Content], homes: dict[str, str]) -> list[Content]:
        """Citations of remaining blocks and of the whole article; for a block kept as theirs, exactly theirs."""
        own = [c for c in merged.values() if c["block"] not in self.blocks_as_theirs]
        own += [c for c in self.theirs.citations.values() if c["block"] in self.blocks_as_theirs]
        return [c for c in own if c["block"] is None or c["block"] in homes]

    def _block_label(self, uid: str) -> str:
        side = next(side for side in (self.theirs, self.mine, self.base) if uid in side.blocks)
        return f"Statement “{shortened(plain(side.blocks[uid]['html']))}” in {self._section_label(side.homes[uid])}"

    def _section_label(self, uid: str) -> str:
        side = next(side for side in (self.theirs, self.mine, self.base) if uid in side.sections)
        heading = side.sections[uid]["heading"]
        return f"section “{shortened(heading)}”" if heading else "the section without a heading"

    def _citation_label(self, uid: str) -> str:
        side = next(side for side in (self.theirs, self.mine, self.base) if uid in side.citations)
        return f"Citation of {side.citations[uid]['key']}"


FIELD_LABELS = {
    "title": "Title",
    "subtitle": "Subtitle",
    "summary": "Summary",
    "also_called": "Also called",
    "slug": "Address",
    "language": "Language",
    "kind": "Kind of article",
    "topics": "Topics",
    "codes": "Medical codes",
    "people": "People",
    "funding": "Funding",
    "review_interval_months": "Months between reviews",
}


def shortened(text: str, longest: int = 60) -> str:
    """The beginning of a text, cut between words, for a label."""
    text = " ".join(text[: longest * 4].split())
    if len(text) <= longest:
        return text
    return (text[: longest - 1].rpartition(" ")[0] or text[: longest - 1]) + "…"


def _merged_order(base: list[str], theirs: list[str], mine: list[str]) -> tuple[list[str], bool]:
    """Their order with my additions and moves, each after what precedes it in mine; and whether moves clashed."""
    moved_by_both = moved_keys(base, theirs) & moved_keys(base, mine)
    common = set(theirs) & set(mine)
    is_clash = bool(moved_by_both) and [k for k in theirs if k in common] != [k for k in mine if k in common]
    placed = (set(mine) - set(theirs)) | (moved_keys(base, mine) - moved_by_both)
    return _inserted([key for key in theirs if key not in placed], mine, placed), is_clash


def _inserted(order: list[str], mine: list[str], placed: set[str]) -> list[str]:
    """`order` with each key of `placed` after the key that precedes it in `mine`."""
    followers: dict[str | None, list[str]] = {}
    anchor: str | None = None
    known = set(order)
    for key in mine:
        if key in placed:
            followers.setdefault(anchor, []).append(key)
        elif key in known:
            anchor = key
    result = list(followers.get(None, []))
    for key in order:
        result.append(key)
        result.extend(followers.get(key, []))
    return result


def _every_key(*sides: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for side in sides for key in side))


def _bare(section: Content) -> Content:
    return {name: value for name, value in section.items() if name != "blocks"}


def _in_text_order(sections: list[Content], citations: list[Content]) -> list[Content]:
    """Citations by first appearance in the text; then those without a mark, by key."""
    places: dict[str, int] = {}
    for section in sections:
        for block in section["blocks"]:
            for uid in CITATION_MARK.findall("".join(html_parts(block))):
                places.setdefault(uid, len(places))
    return sorted(citations, key=lambda c: (places.get(c["uid"], len(places)), c["block"] is None, c["key"], c["uid"]))


def html_parts(block: Content) -> Iterator[str]:
    """Every piece of inline HTML in a block, in reading order: its text, then header and cells of a table."""
    yield block["html"]
    data = block["data"] or {}
    for row in [data.get("header") or [], *(data.get("rows") or [])]:
        yield from row
