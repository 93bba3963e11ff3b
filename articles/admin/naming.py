"""What people call the things that a snapshot names by uid."""

from ..models import Person, Topic


def names_in_use() -> dict[str, str]:
    """Names of all topics and people, by uid."""
    return dict(Topic.objects.values_list("uid", "name")) | dict(Person.objects.values_list("uid", "name"))
