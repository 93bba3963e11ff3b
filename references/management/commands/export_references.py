import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from references import exporting, finding, formats
from references.formatting import STYLES
from references.models import Reference, ReferenceQuerySet

AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Write the sources of the library in the order of their keys: all of them, those named, or those that a "
        "search finds. Sources that were merged into others are left out. What is written can be imported again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("keys", nargs="*", metavar="KEY", help="Only these, such as raper2003.")
        parser.add_argument("--format", choices=list(formats.FORMATS), required=True)
        parser.add_argument("--style", choices=list(STYLES), default="nlm", help="Of text. Default: nlm")
        parser.add_argument("--search", metavar="WORDS", help="Only what the search of the library finds.")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Where to; without it, to standard output.")

    def handle(self, *args: Any, keys: list[str], output: Path | None, **options: Any) -> None:
        count, sources = self.wanted(keys, options)
        rows = tqdm(sources, total=count, unit="source", disable=not sys.stderr.isatty(), leave=False)
        pieces = exporting.export(rows, options["format"], options["style"])
        if output is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            _write(output, pieces)
        except OSError as error:
            raise CommandError(f"“{output}” cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count:,} {'source' if count == 1 else 'sources'} written to {output}.")

    def wanted(self, keys: list[str], options: dict[str, Any]) -> tuple[int, Iterable[Reference]]:
        """How many sources are asked for, and these. Raises CommandError for what is not there."""
        sources = _wanted(keys, options["search"])
        return sources.count(), sources.iterator(AT_ONCE)


def _wanted(keys: list[str], search: str | None) -> ReferenceQuerySet:
    library = Reference.objects.filter(merged_into=None).select_related("superseded_by").order_by("key")
    if search is not None:
        library = finding.matching(library, search)
    if not keys:
        return library
    found = library.filter(key__in=keys)
    missing = sorted(set(keys) - set(found.values_list("key", flat=True)))
    if missing:
        raise CommandError(f"The library has no such source: {', '.join(missing)}.")
    return found


def _write(output: Path, pieces: Iterator[str]) -> None:
    """The whole file or none: a stopped export leaves what was there before."""
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        os.replace(part, output)
    finally:
        part.unlink(missing_ok=True)
