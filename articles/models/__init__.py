"""Tables of the articles app. Others import from here; the modules below import only downwards in this order."""

from .article import Article, ArticlePerson, ArticleTopic, Block, BulletItem, ContentQuerySet, Section
from .citation import Citation
from .edition import Edition, EditionSource, Figure, LiveTopic, Notice, Page, PagesVersion, Rendering, TitleEntry
from .ledger import ActorName, Checkpoint, LedgerEntry, LedgerHead, RoleChange
from .mark import LibraryReading, SourceMark
from .outbox import ImportOriginal, OutboxMessage, TokenBucket
from .person import Person
from .policy import PolicyStatement, SiteSettings
from .review import Review, Transition, Wording
from .topic import Topic

__all__ = [
    "ActorName",
    "Article",
    "ArticlePerson",
    "ArticleTopic",
    "Block",
    "BulletItem",
    "Checkpoint",
    "Citation",
    "ContentQuerySet",
    "Edition",
    "EditionSource",
    "Figure",
    "ImportOriginal",
    "LedgerEntry",
    "LedgerHead",
    "LibraryReading",
    "LiveTopic",
    "Notice",
    "OutboxMessage",
    "Page",
    "PagesVersion",
    "Person",
    "PolicyStatement",
    "Rendering",
    "Review",
    "RoleChange",
    "Section",
    "SiteSettings",
    "SourceMark",
    "TitleEntry",
    "TokenBucket",
    "Topic",
    "Transition",
    "Wording",
]
