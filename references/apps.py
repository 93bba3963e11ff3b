from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReferencesConfig(AppConfig):
    name = "references"
    label = "references"
    verbose_name = "Sources"

    def ready(self) -> None:
        """Keep the index of words in step with sources that came or went by a migration."""
        from . import finding

        post_migrate.connect(finding.note_after_migrate, sender=self, dispatch_uid="finding")
