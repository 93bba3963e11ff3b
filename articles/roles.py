"""Who may do what: the one table of roles, and the acts that give and take them."""

import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from . import ledger
from .models import RoleChange

AUTHOR = "author"
EDITOR = "editor"
MEDICAL_REVIEWER = "medical_reviewer"
PUBLISHER = "publisher"
AUDITOR = "auditor"

#: Role to its name on screens and the admin permissions that come with it (all roles may view everything).
ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    AUTHOR: (
        "Author",
        ("articles.add_article", "articles.change_article", "references.*", "articles.add_figure"),
    ),
    EDITOR: (
        "Editor",
        (
            "articles.add_article",
            "articles.change_article",
            "references.*",
            "articles.add_figure",
            "articles.add_person",
            "articles.change_person",
            "articles.add_topic",
            "articles.change_topic",
        ),
    ),
    MEDICAL_REVIEWER: ("Medical reviewer", ()),
    PUBLISHER: (
        "Publisher",
        (
            "articles.add_policystatement",
            "articles.change_sitesettings",
            "articles.add_sitesettings",
            "articles.add_topic",
            "articles.change_topic",
            "articles.add_person",
            "articles.change_person",
            "articles.add_figure",
        ),
    ),
    AUDITOR: ("Auditor", ()),
}


def has_role(user: Any, *roles: str) -> bool:
    """Whether an active user holds one of the roles. A superuser holds all of them, and is still bound by four eyes."""
    if not user.is_active:
        return False
    return user.is_superuser or bool(roles_of(user) & set(roles))


def roles_of(user: Any) -> set[str]:
    """The roles a user holds now, asked from the database once per user object."""
    if not hasattr(user, "_roles_held"):
        user._roles_held = set(user.groups.values_list("name", flat=True)) & set(ROLES)
    return user._roles_held


def only(who: tuple[str, ...]) -> str:
    """The sentence for somebody who holds none of the roles."""
    names = " and ".join(f"{ROLES[role][0].lower()}s" for role in who)
    return f"Only {names} may do this."


def install_roles(**kwargs: Any) -> None:
    """Make the groups and their permissions equal to the table; runs after every migration."""
    viewing = Permission.objects.filter(
        content_type__app_label__in=["articles", "references", "auth"], codename__startswith="view_"
    )
    for role, (_, codenames) in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([*viewing, *_permissions(codenames)])


def _permissions(codenames: tuple[str, ...]) -> list[Permission]:
    found: list[Permission] = []
    for name in codenames:
        app, codename = name.split(".")
        rows = Permission.objects.filter(content_type__app_label=app)
        if codename == "*":
            found += rows.filter(codename__startswith="add_") | rows.filter(codename__startswith="change_")
        else:
            found += rows.filter(codename=codename)
    return found


@transaction.atomic
def set_roles(user: Any, roles: set[str], *, actor: Any, now: datetime.datetime, reason: str = "") -> None:
    """Give and take roles until the user holds exactly these; each difference is recorded."""
    held = set(user.groups.values_list("name", flat=True)) & set(ROLES)
    for role in sorted(roles - held):
        user.groups.add(Group.objects.get(name=role))
        _record(user, RoleChange.Action.GRANTED, role, actor, now, reason)
    for role in sorted(held - roles):
        user.groups.remove(Group.objects.get(name=role))
        _record(user, RoleChange.Action.REVOKED, role, actor, now, reason)
    user.__dict__.pop("_roles_held", None)


@transaction.atomic
def set_active(user: Any, active: bool, *, actor: Any, now: datetime.datetime, reason: str = "") -> None:
    """Deactivate an account or bring it back; people are never deleted."""
    if user.is_active == active:
        return
    user.is_active = active
    user.save(update_fields=["is_active"])
    action = RoleChange.Action.REACTIVATED if active else RoleChange.Action.DEACTIVATED
    _record(user, action, "", actor, now, reason)


def _record(user: Any, action: str, role: str, actor: Any, now: datetime.datetime, reason: str) -> None:
    row = RoleChange.objects.create(
        person=ledger.actor_id(user, now),
        action=action,
        role=role,
        actor=ledger.actor_id(actor, now),
        at=now,
        reason=reason,
    )
    ledger.append("role", [row], actor=row.actor, now=now)
