from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from articles import workflow


class Command(BaseCommand):
    help = "Publish what is scheduled for now or earlier. “manage.py work” does this all the time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen and change nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        outcomes = workflow.publish_due(timezone.now(), dry_run=dry_run)
        for outcome in outcomes:
            self.stdout.write(_line(outcome, dry_run))
        if not outcomes:
            self.stdout.write("Nothing is due.")


def _line(outcome: workflow.Outcome, dry_run: bool) -> str:
    title = f"“{outcome.article.title}”"
    if outcome.reasons:
        return f"{title}: not published. {' '.join(outcome.reasons)}"
    return f"{title}: would be published." if dry_run else f"{title}: published."
