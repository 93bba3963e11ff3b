import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from articles.exporting import export_all
from articles.models import Article


class Command(BaseCommand):
    help = (
        "Write every article as one JSON file, with the sources, people, topics and pictures it needs. "
        "“manage.py import_articles” reads the files back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path("exports"), metavar="DIR", help="Default: exports")

    def handle(self, *args: Any, output: Path, **options: Any) -> None:
        files = tqdm(
            export_all(output),
            total=Article.objects.count(),
            unit="article",
            disable=not sys.stderr.isatty(),
            leave=False,
        )
        try:
            count = sum(1 for _ in files)
        except OSError as error:
            raise CommandError(f"“{output}” cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count} {'article' if count == 1 else 'articles'} written to {output}.")
