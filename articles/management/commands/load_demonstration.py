import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.templatetags.static import static
from tqdm import tqdm

from articles.demonstration import loading
from articles.drafting import Refused


class Command(BaseCommand):
    help = (
        "Load the sample library: articles, people, sources and a sample history. "
        "What is there already stays as it is; a second run changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "The sample library is for trying GTSite out; it is not loaded with GTSITE_ENV=production."
            )
        steps = loading.missing()
        if not steps:
            return
        _refuse_without_static_files()
        self.stdout.write(f"Loading the sample library ({len(steps)} steps) …")
        for step in tqdm(steps, unit="step", disable=not sys.stderr.isatty(), leave=False):
            try:
                step.run()
            except Refused as refusal:
                raise CommandError(f"“{step.label}” could not be loaded. {refusal}") from refusal
        self.stdout.write(f"The sample library is loaded. Sign-ins: {settings.DEMO_SIGN_INS_FILE}")


def _refuse_without_static_files() -> None:
    """The steps render pages, which name the collected style sheet."""
    try:
        static("gtsite/site.css")
    except ValueError as missing:
        raise CommandError("The style sheets are not collected yet: run `manage.py collectstatic` first.") from missing
