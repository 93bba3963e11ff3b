import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from references import formats, importing
from references.formats.decoding import MOST_BYTES

#: Sentences about single records that are shown for each file; the rest is counted.
MOST_SHOWN = 200
STOPPED = "Stopped. What was imported so far is whole; run the command again to go on."
NOT_IN = (importing.REFUSED, importing.UNCERTAIN)


class Command(BaseCommand):
    help = (
        "Bring sources into the library: RIS, BibTeX, NBIB (PubMed), CSL-JSON, or text with one reference or "
        "one identifier per line (DOI, PMID, PMCID, ISBN, web address), which are looked up where NETWORK is on. "
        "A record is created, or updates the source that it speaks of, or is told with its line and the reason. "
        "The same file again changes nothing. Exit code 1 if a file or record was refused or is uncertain."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--format", type=_format, metavar="F", help=f"{', '.join(formats.FORMATS)}. Without it, each file tells."
        )
        parser.add_argument("--dry-run", action="store_true", help="Report what would happen and change nothing.")

    def handle(self, *args: Any, paths: list[Path], dry_run: bool, **options: Any) -> None:
        counts, now = Counter[str](), timezone.now()
        try:
            for path in paths:
                counts += self._import(path, options["format"], now, dry_run)
        except KeyboardInterrupt:
            raise CommandError(STOPPED, returncode=130) from None
        told = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in importing.OUTCOMES if counts[outcome])
        summary = f"{'Nothing was changed. ' if dry_run else ''}{counts.total():,} records: {told or 'none'}."
        if any(counts[outcome] for outcome in NOT_IN):
            raise CommandError(summary)
        self.stdout.write(summary)

    def _import(self, path: Path, format: str | None, now: datetime, dry_run: bool) -> Counter[str]:
        data = self._read(path)
        if data is None:
            return Counter({importing.REFUSED: 1})
        named = format or formats.detect(data, path.name)
        with _bar("read", None) as bar:
            plan = importing.plan(data, named, None, now, progress=lambda done: bar.update(done - bar.n))
        if plan.asks:
            plan = importing.plan(data, named, None, now, answers=self._looked_up(plan.asks))
        rows = plan.rows if dry_run else self._carried_out(plan, now)
        self._tell(path, rows, with_all=dry_run)
        return Counter(row.outcome for row in rows)

    def _read(self, path: Path) -> bytes | None:
        try:
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as error:
            self.stderr.write(_printable(f"{path}: the file cannot be read: {error.strerror}."))
            return None

    def _looked_up(self, wanted: list[str]) -> dict[str, importing.Answer]:
        answers: dict[str, importing.Answer] = {}
        with _bar("looked up", len(wanted)) as bar:
            importing.ask_all(wanted, answers, progress=lambda done: bar.update(done - bar.n))
        return answers

    def _carried_out(self, plan: importing.Plan, now: datetime) -> list[importing.Row]:
        with _bar("imported", len(plan.rows)) as bar:
            progress = lambda done: bar.update(done - bar.n)  # noqa: E731 - one expression
            return importing.carry_out(plan, None, now, progress=progress).rows

    def _tell(self, path: Path, rows: list[importing.Row], *, with_all: bool) -> None:
        told = [
            row
            for row in rows
            if row.outcome in NOT_IN or row.warnings or (with_all and row.outcome != importing.UNCHANGED)
        ]
        for row in told[:MOST_SHOWN]:
            stream = self.stderr if row.outcome in NOT_IN or row.warnings else self.stdout
            stream.write(_printable(f"{path}, line {row.line}: {row.outcome}{_what(row)}"))
        if len(told) > MOST_SHOWN:
            self.stderr.write(f"… and {len(told) - MOST_SHOWN:,} more.")


def _what(row: importing.Row) -> str:
    named = f" {row.reference}" if row.reference else ""
    changes = [f"{change.label}: “{change.before}” → “{change.after}”" for change in row.differences]
    return ": ".join([f"{named} “{row.title[:80]}”", "; ".join([*row.warnings, *row.reasons, *changes])]).removesuffix(
        ": "
    )


def _format(name: str) -> str:
    try:
        return formats.format_named(name).name
    except formats.UnknownFormat as fault:
        raise ArgumentTypeError(str(fault)) from None


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Any]:
    with tqdm(total=total, desc=what, unit="record", disable=not sys.stderr.isatty(), leave=False) as bar:
        yield bar


def _printable(text: str) -> str:
    """Nothing from a file or its name may steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
