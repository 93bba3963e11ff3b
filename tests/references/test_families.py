"""A kept source and all that were merged into it: one family, whoever of it is asked for."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from references import families
from references.models import Reference


def merge(source, into):
    """Written as the act of merging leaves it."""
    QuerySet(Reference).filter(pk=source.pk).update(merged_into=into)


def test_whoever_is_asked_for_the_whole_family_answers_by_one_question(make_source, django_assert_num_queries):
    kept, twin, other_twin, twin_of_twin, lone = (make_source(doi=f"10.1234/{name}") for name in "abcde")
    merge(twin, kept)
    merge(other_twin, kept)
    merge(twin_of_twin, twin)
    family = {(member.pk, member.key, kept.pk) for member in (kept, twin, other_twin, twin_of_twin)}
    for member in (kept, twin, other_twin, twin_of_twin):
        with django_assert_num_queries(1):
            assert set(families.members(pk=member.pk)) == family
    both = families.members(key__in=[twin_of_twin.key, lone.key])
    assert len(both) == len(set(both))
    assert set(both) == family | {(lone.pk, lone.key, lone.pk)}
    assert families.kept({twin_of_twin.pk, other_twin.pk, lone.pk}) == {kept.pk, lone.pk}
    with django_assert_num_queries(0):
        assert families.members(pk__in=[]) == []
    assert families.members(key="nobody1999") == []


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite's planner")
def test_a_database_that_has_counted_its_rows_does_not_read_the_whole_library_for_a_family(db):
    """Nearly no source is merged, so an index of all of them looks worthless once the rows are counted."""
    QuerySet(Reference).bulk_create(Reference(key=f"many{number}", type="book", title="Many") for number in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("EXPLAIN QUERY PLAN " + families.MEMBERS.format(meant="SELECT 1"))
        plan = [row[3] for row in cursor.fetchall()]
    assert not [step for step in plan if step.startswith(("SCAN merged", "SCAN source"))], plan
