"""What readers are told about a person: only what live pages and signatures say, never what is being edited."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from articles.models import Edition, Review
from articles.rendering import Link

PARTS = {"author": "Wrote", "editor": "Edited", "translator": "Translated", "fact_checker": "Checked the facts of"}


@dataclass(frozen=True)
class PersonFacts:
    """A person as the newest page names them; `parts` are lists of pages by what they did."""

    name: str
    profession: str
    degrees: Sequence[dict[str, str]]
    affiliation: str
    interests: Sequence[dict[str, str]]
    parts: Sequence[tuple[str, list[Link]]]


def person_facts(uid: str, named: Sequence[Edition], checked: Iterable[Review]) -> PersonFacts | None:
    """The facts about a person, or None when no live page names them and no review of one is theirs.

    `named` are live editions whose context mentions them, newest first; `checked` their reviews of live articles.
    """
    reviews = list(checked)
    known = [people[uid] for edition in named if uid in (people := json.loads(edition.context)["people"])]
    if not known and not reviews:
        return None
    facts: dict[str, Any] = known[0] if known else _from_review(reviews[0])
    return PersonFacts(
        name=facts["name"],
        profession=facts["profession"],
        degrees=facts["degrees"],
        affiliation=facts["affiliation"],
        interests=facts["interests"],
        parts=[*_written(uid, named), *_reviewed(reviews)],
    )


def _from_review(review: Review) -> dict[str, Any]:
    told = {"name": review.person_name, "profession": review.person_profession}
    return told | {"degrees": [], "affiliation": "", "interests": []}


def _written(uid: str, named: Iterable[Edition]) -> list[tuple[str, list[Link]]]:
    found: dict[str, list[Link]] = {}
    for edition in named:
        for entry in json.loads(edition.snapshot)["people"]:
            if entry["person"] == uid:
                found.setdefault(entry["role"], []).append(Link(edition.title, f"/articles/{edition.slug}/"))
    return [(PARTS[role], links) for role, links in found.items() if role in PARTS]


def _reviewed(reviews: Iterable[Review]) -> list[tuple[str, list[Link]]]:
    live = (review.article.live_edition for review in reviews)
    links = dict.fromkeys(Link(edition.title, f"/articles/{edition.slug}/") for edition in live if edition)
    return [("Checked", list(links))] if links else []
