"""Settling a clash of two edits: for each place somebody chose theirs or mine."""

from collections.abc import Collection
from copy import deepcopy
from typing import Any

from ..merging import MergeResult, merge

Snapshot = dict[str, Any]


def settle(base: Snapshot, theirs: Snapshot, mine: Snapshot, keep_mine: Collection[str]) -> MergeResult:
    """Merge again with mine in the named places (``Conflict.where``); in all other clashes theirs stand.

    Where mine is to stand, the base is made equal to theirs: then only I changed that place.
    """
    base = deepcopy(base)
    for where in keep_mine:
        _give_way(base, theirs, where)
    return merge(base, theirs, mine)


def _give_way(base: Snapshot, theirs: Snapshot, where: str) -> None:
    name, _, part = where.partition("/")
    if where == "sections/order":
        order = {section["uid"]: place for place, section in enumerate(theirs["sections"])}
        base["sections"].sort(key=lambda section: order.get(section["uid"], len(order)))
    elif part in ("heading", "kind"):
        _copy_section_value(base, theirs, name, part)
    elif part == "order":
        _copy_order(base, theirs, name)
    elif name in base and not part:
        base[name] = deepcopy(theirs[name])
    else:
        _copy_block(base, theirs, name)
        _copy_section(base, theirs, name)
        _copy_citation(base, theirs, name)


def _copy_section_value(base: Snapshot, theirs: Snapshot, uid: str, part: str) -> None:
    theirs_by_uid = {section["uid"]: section for section in theirs["sections"]}
    for section in base["sections"]:
        if section["uid"] == uid and uid in theirs_by_uid:
            section[part] = theirs_by_uid[uid][part]


def _copy_order(base: Snapshot, theirs: Snapshot, uid: str) -> None:
    order = {
        block["uid"]: place
        for section in theirs["sections"]
        if section["uid"] == uid
        for place, block in enumerate(section["blocks"])
    }
    for section in base["sections"]:
        if section["uid"] == uid:
            section["blocks"].sort(key=lambda block: order.get(block["uid"], len(order)))


def _copy_block(base: Snapshot, theirs: Snapshot, uid: str) -> None:
    """The block as theirs has it, where theirs has it, with its citations; or not at all."""
    homes = {b["uid"]: (s["uid"], place, b) for s in theirs["sections"] for place, b in enumerate(s["blocks"])}
    known = any(b["uid"] == uid for s in base["sections"] for b in s["blocks"])
    if not known and uid not in homes:
        return
    for section in base["sections"]:
        section["blocks"] = [b for b in section["blocks"] if b["uid"] != uid]
        if uid in homes and section["uid"] == homes[uid][0]:
            section["blocks"].insert(homes[uid][1], deepcopy(homes[uid][2]))
    own = [c for c in theirs["citations"] if c["block"] == uid]
    base["citations"] = [c for c in base["citations"] if c["block"] != uid] + deepcopy(own)


def _copy_section(base: Snapshot, theirs: Snapshot, uid: str) -> None:
    """A section that one of us took out."""
    there = next((section for section in theirs["sections"] if section["uid"] == uid), None)
    place = next((n for n, section in enumerate(base["sections"]) if section["uid"] == uid), None)
    if place is None:
        return
    if there is None:
        del base["sections"][place]
    else:
        base["sections"][place] |= {"heading": there["heading"], "kind": there["kind"]}


def _copy_citation(base: Snapshot, theirs: Snapshot, uid: str) -> None:
    there = [c for c in theirs["citations"] if c["uid"] == uid]
    if there or any(c["uid"] == uid for c in base["citations"]):
        base["citations"] = [c for c in base["citations"] if c["uid"] != uid] + deepcopy(there)
