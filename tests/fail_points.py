"""Acts that break off at their n-th statement to the database."""

import hashlib

from django.db import connection


class Broken(Exception):
    """The database refused the statement this time."""


class FailPoint:
    """Wraps every statement; the ``at``-th one is not run but fails. 0: none does, they are only counted."""

    def __init__(self, at=0):
        self.at, self.count = at, 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        if self.count == self.at:
            raise Broken(f"statement {self.at}: {sql[:80]}")
        return execute(sql, params, many, context)


def fingerprint():
    """One digest over every row of every table."""
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
            for row in cursor:
                found.update(repr((table, row)).encode())
    return found.hexdigest()


def half_states(act):
    """Let the act fail at each of its statements in turn until it runs through.

    Returns how many statements it has and the failures that left a trace or were not heard of.
    """
    before, bad, at = fingerprint(), [], 0
    while True:
        at += 1
        point = FailPoint(at)
        try:
            with connection.execute_wrapper(point):
                act()
        except Broken as broken:
            if fingerprint() != before:
                bad.append(str(broken))
        else:
            if point.count < at:
                return point.count, bad
            bad.append(f"statement {at}: it failed and the act went on")
