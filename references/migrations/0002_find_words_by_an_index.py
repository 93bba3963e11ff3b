from typing import Any

from django.db import migrations

# The stored words hold letters, digits and spaces only, folded already: the plainest tokenizer reads them unchanged.
SQLITE = """
CREATE VIRTUAL TABLE references_words USING fts5(
    words, tokenize='ascii', prefix='1 2 3 4 5 6 7 8', detail='none', columnsize=0
)
"""
# As lexemes as they are: a parser would want to know about languages and addresses.
POSTGRESQL = """
ALTER TABLE references_reference
    ADD COLUMN lexemes tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(words), ' '))) STORED;
CREATE INDEX references_words ON references_reference USING gin (lexemes)
"""


def make(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def remove(apps: Any, schema_editor: Any) -> None:
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(
        "ALTER TABLE references_reference DROP COLUMN lexemes" if on_postgresql else "DROP TABLE references_words"
    )


class Migration(migrations.Migration):
    """Search at 100,000 sources. What FTS5 holds is kept in step by ``references.finding``."""

    dependencies = [("references", "0001_make_the_library_of_sources")]

    operations = [migrations.RunPython(make, remove)]
