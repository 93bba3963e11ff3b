"""What a site asks of robots: robots.txt as RFC 9309 reads it."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

READ_AT_MOST = 500 * 1024  # RFC 9309, 2.5


@dataclass
class _Group:
    agents: list[str] = field(default_factory=list)
    rules: list[tuple[bool, str]] = field(default_factory=list)  # allowed, path


def allows(robots_txt: str, agent: str, path: str) -> bool:
    """Whether the file lets this robot ask for a path (with its query): the longest rule that fits decides."""
    wanted = _plain(path)
    fitting = [(len(rule), allowed) for allowed, rule in _rules_for(robots_txt, agent.lower()) if _fits(rule, wanted)]
    return max(fitting, default=(0, True))[1]


def _rules_for(robots_txt: str, agent: str) -> list[tuple[bool, str]]:
    """The rules of all groups that name the robot; without any, those for everyone."""
    groups = _groups(robots_txt[:READ_AT_MOST])
    own = [group for group in groups if agent in group.agents]
    return [rule for group in own or [group for group in groups if "*" in group.agents] for rule in group.rules]


def _groups(robots_txt: str) -> list[_Group]:
    groups, is_open = [_Group()], False
    for line in robots_txt.lstrip("\ufeff").splitlines():
        name, _, value = (part.strip() for part in line.split("#")[0].partition(":"))
        if name.lower() == "user-agent":
            if not is_open:
                groups.append(_Group())
            groups[-1].agents.append(value.lower())
            is_open = True
        elif name.lower() in ("allow", "disallow"):
            is_open = False
            if value:
                groups[-1].rules.append((name.lower() == "allow", value))
    return groups


def _fits(rule: str, wanted: str) -> bool:
    """``*`` stands for anything, ``$`` at the end for the end; ``%`` forms are compared as what they mean."""
    whole = rule.endswith("$")
    first, *rest = _plain(rule.removesuffix("$")).split("*")
    at = len(first)
    if not wanted.startswith(first):
        return False
    for number, piece in enumerate(rest, start=1):
        if whole and number == len(rest):
            return len(wanted) - len(piece) >= at and wanted.endswith(piece)
        found = wanted.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return at == len(wanted) if whole else True


def _plain(path: str) -> str:
    return quote(unquote(re.sub("%2[fF]", "%252F", path)), safe="/%*?&=+:;,@!$'()~-._[]")
