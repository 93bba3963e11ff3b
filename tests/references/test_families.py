"""A kept source and all that were merged into it: one family, whoever of it is asked for."""

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
