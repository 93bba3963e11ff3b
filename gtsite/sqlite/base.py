"""Django's SQLite backend without the one check constraint that `trusted_schema=OFF` refuses.

Django writes CHECK(JSON_VALID(column)) into each table with a JSON field. SQLite before 3.41 counts its own
JSON functions among the unsafe ones, and refuses such a table when the schema is not trusted. What we keep in
JSON fields has been through `json.dumps`, so nothing is lost.
"""

from typing import Any, ClassVar

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    data_type_check_constraints: ClassVar[dict[str, Any]] = {
        kind: check
        for kind, check in base.DatabaseWrapper.data_type_check_constraints.items()
        if kind != "JSONField"
    }
