"""An index of the sources that each published version cites, filled from the versions themselves."""

import json

import django.db.models.deletion
from django.db import migrations, models

from articles.evidence import leanings
from articles.upcasting import upcast

BATCH = 100


def fill(apps, schema_editor):
    """What publishing would have written with each edition."""
    rows = apps.get_model("articles", "EditionSource").objects
    keys = dict(apps.get_model("references", "Reference").objects.values_list("key", "pk"))
    editions = apps.get_model("articles", "Edition").objects.order_by("pk").values_list("pk", "snapshot")
    for edition, text in editions.iterator(BATCH):
        found = leanings(upcast(json.loads(text)))
        rows.bulk_create(
            rows.model(edition_id=edition, reference_id=keys[key], statements=told)
            for key, told in found.items()
            if key in keys
        )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_find_pages_of_an_older_renderer"),
        ("references", "0001_make_the_library_of_sources"),
    ]

    operations = [
        migrations.CreateModel(
            name="EditionSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("statements", models.JSONField()),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="articles.edition"
                    ),
                ),
                (
                    "reference",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edition_sources",
                        to="references.reference",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("reference", "edition"), name="edition_source_once"),
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
