from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from articles import usage
from references.management.commands.export_references import Command as Library
from references.models import Reference


class Command(Library):
    """The library's own command, which knows nothing of articles, with the sources of one."""

    help = f"{Library.help} With --article, those that its live page lists, in the order of that list."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--article",
            metavar="SLUG",
            help="Only the sources that the live page at this address (such as what-is-gene-therapy) lists, in the "
            "order of its citations. The sources of a draft are exported on its Evidence tab.",
        )

    def wanted(self, keys: list[str], options: dict[str, Any]) -> tuple[int, Iterable[Reference]]:
        slug = options["article"]
        if slug is None:
            return super().wanted(keys, options)
        if keys or options["search"] is not None:
            raise CommandError("Give either --article, or keys or a search.")
        found = usage.cited_by_live_page(slug, timezone.now())
        if found is None:
            raise CommandError(
                f"No live page has the address “{slug}”. The sources of a draft are exported on its Evidence tab."
            )
        if not found:
            raise CommandError(f"The live page “{slug}” lists no source.")
        return len(found), found
