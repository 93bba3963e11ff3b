from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ArticlesConfig(AppConfig):
    name = "articles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the project's only receivers: the activity record's, and two that follow migrations."""
        from reversion.signals import post_revision_commit

        from references import record

        from . import ledger, protection, roles

        post_revision_commit.connect(ledger.record_revision, dispatch_uid="ledger")
        record.written.connect(ledger.record_sources, dispatch_uid="ledger")
        post_migrate.connect(protection.install_after_migrate, sender=self, dispatch_uid="protection")
        post_migrate.connect(roles.install_roles, sender=self, dispatch_uid="roles")
