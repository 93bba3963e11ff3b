"""Indexes for lists that are longer than a sheet, and a topic's articles in their order."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def copy_sort_keys(apps, schema_editor):
    """A live article stands under its topics as it stands in the A-Z."""
    titles = apps.get_model("articles", "TitleEntry").objects.filter(article=OuterRef("article"), is_title=True)
    key = Coalesce(Subquery(titles.values("sort_key")[:1]), models.Value(""))
    apps.get_model("articles", "LiveTopic").objects.update(sort_key=key)


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0001_make_the_tables_of_articles"),
        ("reversion", "0002_add_index_on_version_for_content_type_and_db"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="livetopic",
            name="sort_key",
            field=models.CharField(
                default="",
                help_text="As in the A–Z: a topic's articles are found in order, however many.",
                max_length=220,
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["title"], name="articles_ar_title_ee81af_idx"),
        ),
        migrations.AddIndex(
            model_name="edition",
            index=models.Index(
                condition=models.Q(("is_emergency", True)), fields=["published_at"], name="edition_emergencies"
            ),
        ),
        migrations.AddIndex(
            model_name="livetopic",
            index=models.Index(fields=["topic", "sort_key"], name="articles_li_topic_i_c9ca21_idx"),
        ),
        migrations.AddIndex(
            model_name="titleentry",
            index=models.Index(fields=["letter", "sort_key"], name="articles_ti_letter_e92a04_idx"),
        ),
        migrations.RunPython(copy_sort_keys, migrations.RunPython.noop),
    ]
