"""Finding a page: home, topics, letters, people."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page as Sheet
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles import publishing
from articles.models import Edition, LiveTopic, Review, SiteSettings, TitleEntry, Topic
from articles.people import person_facts
from articles.views.answers import listing, page, stored

NEWEST = 6
TITLES_ON_A_SHEET = 300
#: So many names a reader looks over at a glance; the A to Z of a larger site shows its letters alone.
NAMES_AT_A_GLANCE = 200
LINE = ("label", "is_title", "article__live_edition__slug", "article__live_edition__title")
LETTERS = [*"abcdefghijklmnopqrstuvwxyz", "0-9"]
#: From one letter to the next by a look into the index each; SELECT DISTINCT would read the whole A–Z.
USED_LETTERS = """
WITH RECURSIVE used (letter) AS (
    SELECT MIN(letter) FROM articles_titleentry
    UNION ALL
    SELECT (SELECT MIN(letter) FROM articles_titleentry WHERE letter > used.letter) FROM used
    WHERE used.letter IS NOT NULL
)
SELECT letter FROM used WHERE letter IS NOT NULL
"""


@dataclass
class Branch:
    """A topic, how many live articles stand in it directly, and the topics below it.

    An article may stand in several topics, so that counts cannot be added up.
    """

    topic: Topic
    articles: int = 0
    below: list["Branch"] = field(default_factory=list)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the publisher says, its topics (those below the root, if there is one root), and what is new."""
    tree = topic_tree()
    branches = tree[0].below if len(tree) == 1 and tree[0].below else tree
    newest = Edition.objects.live().without_texts().order_by("-published_at", "-id")[:NEWEST]
    context = {
        "settings": SiteSettings.current(),
        "branches": branches,
        "newest": newest,
        "letters": used_letters(),
    }
    return listing(page("articles/home.html", context))


@require_safe
def topics(request: HttpRequest) -> HttpResponse:
    """The whole tree of topics that have something to read."""
    return listing(page("articles/topics.html", {"branches": topic_tree()}))


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """One topic: the way to it, the topics below it, its articles by title."""
    found = get_object_or_404(Topic.objects.select_related("parent"), slug=slug)
    branch = find_branch(topic_tree(), found)
    if branch is None:
        raise Http404("This topic has no articles yet.")
    context = {
        "topic": found,
        "path": publishing.topic_path(found)[:-1],
        "below": branch.below,
        "sheet": sheet(request, titles_in(found)),
    }
    return listing(page("articles/topic.html", context))


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The letters, and which of them lead somewhere; where there are few names, all of them by letter."""
    return listing(page("articles/letters.html", {"letters": used_letters(), "names": few_names()}))


@require_safe
def letter(request: HttpRequest, letter: str) -> HttpResponse:
    """Titles and other names under one letter; accents folded, digits and signs under 0-9."""
    entries = TitleEntry.objects.filter(letter=letter)
    context = {"letter": letter, "letters": used_letters(), "sheet": sheet(request, titles(entries))}
    return listing(page("articles/letter.html", context))


@require_safe
def person(request: HttpRequest, uid: str) -> HttpResponse:
    """Somebody named on a live page, as that page names them, and what they had a part in."""
    if not (uid.isalnum() and len(uid) == 32):
        raise Http404("There is no such person.")
    named = Edition.objects.live().filter(context__contains=f'"{uid}"').order_by("-published_at")[:200]
    checked = Review.objects.filter(person_uid=uid, kind=Review.Kind.MEDICAL, article__live_edition__isnull=False)
    facts = person_facts(uid, list(named), list(checked.select_related("article__live_edition").order_by("-id")[:200]))
    if facts is None:
        raise Http404("There is no such person.")
    return listing(page("articles/person.html", {"person": facts}))


@require_safe
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """A picture that a published version shows; it never changes under its name."""
    answer = stored(f"/media/{name}")
    if answer.status_code == 200:
        answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def titles(entries: QuerySet[TitleEntry]) -> QuerySet[TitleEntry, Any]:
    """Lines of a list, each with the live title and address it leads to."""
    live = entries.filter(article__live_edition__isnull=False)
    return live.values(*LINE)


def titles_in(topic: Topic) -> QuerySet[LiveTopic, Any]:
    """The live articles of one topic as lines of a list, by title."""
    live = LiveTopic.objects.filter(topic=topic, article__live_edition__isnull=False).order_by("sort_key", "id")
    return live.values("article__live_edition__slug", label=F("article__live_edition__title"), is_title=Value(True))


def sheet(request: HttpRequest, lines: Any) -> Sheet:
    """One sheet of a long list; an impossible number gets the nearest one."""
    return Paginator(lines, TITLES_ON_A_SHEET).get_page(request.GET.get("page"))


def used_letters() -> list[tuple[str, bool]]:
    """Every letter, and whether something stands under it."""
    with connection.cursor() as cursor:
        cursor.execute(USED_LETTERS)
        used = {letter for (letter,) in cursor.fetchall()}
    return [(letter, letter in used) for letter in LETTERS]


def few_names() -> list[tuple[str, list[Any]]]:
    """All names by letter, in the order of the letters, if they are few; of many none is read."""
    every = TitleEntry.objects.all()
    if every.order_by()[NAMES_AT_A_GLANCE:].exists():
        return []
    found: dict[str, list[Any]] = {letter: [] for letter in LETTERS}
    for line in titles(every).values("letter", *LINE):
        found[line["letter"]].append(line)
    return [(letter, lines) for letter, lines in found.items() if lines]


def topic_tree() -> list[Branch]:
    """Topics with at least one live article in or below them, in two queries."""
    counts = Counter(dict(LiveTopic.objects.order_by().values_list("topic").annotate(Count("id"))))
    branches = {topic.pk: Branch(topic, counts[topic.pk]) for topic in Topic.objects.all()}
    top = [branch for branch in branches.values() if branch.topic.parent_id is None]
    for branch in branches.values():
        if branch.topic.parent_id:
            branches[branch.topic.parent_id].below.append(branch)
    return _with_articles(top)


def _with_articles(branches: list[Branch]) -> list[Branch]:
    for branch in branches:
        branch.below = _with_articles(branch.below)
    return [branch for branch in branches if branch.articles or branch.below]


def find_branch(branches: list[Branch], topic: Topic) -> Branch | None:
    """The branch of one topic, wherever it stands in the tree."""
    for branch in branches:
        if branch.topic.pk == topic.pk:
            return branch
        if found := find_branch(branch.below, topic):
            return found
    return None
