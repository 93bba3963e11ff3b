from django.apps import AppConfig


class ReferencesConfig(AppConfig):
    name = "references"
    label = "references"
    verbose_name = "Sources"
