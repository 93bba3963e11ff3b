import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from articles.importing.decoding import MAX_BYTES
from articles.importing.drafts import REFUSED, ImportOutcome, import_page
from articles.importing.page import Entry

HEADINGS = (
    ("recognised", "Recognised"),
    ("kept", "Kept as a note for you"),
    ("dropped", "Dropped"),
    ("uncertain", "Please check"),
)
LONGEST_QUOTE = 100


class Command(BaseCommand):
    help = (
        "Make drafts of old pages: plain text, HTML, Markdown, or JSON written by “manage.py export_articles”. "
        "Every file gets a report. The same file again changes nothing. Exit code 1 if a file was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A file, or a folder with files.")
        parser.add_argument(
            "--topic", default="", metavar="PATH", help="Where the drafts belong, such as “Health/Rare diseases”."
        )
        parser.add_argument("--dry-run", action="store_true", help="Report what would happen and change nothing.")

    def handle(self, *args: Any, paths: list[Path], topic: str, dry_run: bool, **options: Any) -> None:
        files = [found for path in paths for found in _files(path)]
        outcomes = []
        for name, path in tqdm(files, unit="file", disable=not sys.stderr.isatty(), leave=False):
            outcome = self._import(name, path, topic, dry_run)
            self._tell(outcome)
            outcomes.append(outcome.status)
        refused = outcomes.count(REFUSED)
        told = ", ".join(f"{outcomes.count(status)} {status}" for status in dict.fromkeys(outcomes))
        summary = f"{len(outcomes)} {'file' if len(outcomes) == 1 else 'files'}: {told or 'nothing to do'}."
        if refused:
            raise CommandError(summary)
        self.stdout.write(summary)

    def _import(self, name: str, path: Path, topic: str, dry_run: bool) -> ImportOutcome:
        if not path.is_file():
            return ImportOutcome(name, REFUSED, "There is no such file." if not path.exists() else "This is no file.")
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            return ImportOutcome(name, REFUSED, f"The file cannot be opened: {error.strerror}.")
        return import_page(name, data, actor=None, now=timezone.now(), topic=topic, dry_run=dry_run)

    def _tell(self, outcome: ImportOutcome) -> None:
        stream = self.stderr if outcome.status == REFUSED else self.stdout
        stream.write(_printable(f"{outcome.name}: {outcome.sentence}"))
        for sort, heading in HEADINGS:
            entries = getattr(outcome.report, sort)
            if entries:
                self.stdout.write(f"  {heading}:")
            for entry in entries:
                self.stdout.write(f"    {_line(entry)}")


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """Files with the names under which they are remembered: below a folder, the way from there."""
    if not path.is_dir():
        yield _printable(_own_name(path)), path
        return
    for found in sorted(path.rglob("*")):
        way = found.relative_to(path)
        if not found.is_dir() and not any(part.startswith(".") for part in way.parts):
            yield _printable(way.as_posix()), found


def _own_name(path: Path) -> str:
    """A file's name; an “index.html” is told from others by its folder."""
    return f"{path.resolve().parent.name}/{path.name}" if path.stem.lower() == "index" else path.name


def _line(entry: Entry) -> str:
    where = f"line {entry.line}: " if entry.line else ""
    quote = " ".join(entry.text.split())
    if len(quote) > LONGEST_QUOTE:
        quote = f"{quote[:LONGEST_QUOTE].rstrip()} …"
    return _printable(f"{where}{entry.sentence}{f' “{quote}”' if quote else ''}")


def _printable(text: str) -> str:
    """Nothing from a file or its name may steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
