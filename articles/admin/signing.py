"""What a signature would cover, told before it is given: the statements, the sources bound, the sentence recorded."""

from dataclasses import dataclass

from .. import effects
from ..cases import Case
from ..evidence import beginning
from ..four_eyes import State
from ..merging import FIELD_LABELS
from ..models import Review
from ..statements import ARTICLE

#: Moves that sign; in one state of an article they all sign the same.
SIGNING = frozenset({"sign", "approve_minor", "pass_on", "approve", "confirm_sources"})
ASPECTS = {"text": "", "place": "Moved: ", "removal": "Removed: ", "source": "Another source: "}


@dataclass(frozen=True)
class Signature:
    """``changed`` are the changes signed, ``unchanged`` the statements no current medical signature covers yet;
    ``sources`` the keys whose meaning is bound, ``sentence`` what the record says."""

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    own: int
    sources: tuple[str, ...]
    sentence: str
    against: int

    @property
    def count(self) -> int:
        return len(self.changed) + len(self.unchanged)


def signature(case: Case, offered: set[str]) -> Signature | None:
    """What pressing one of the buttons that sign would sign now, by the rule of the act itself (no query but the
    act's own)."""
    row = effects.signature(case) if offered & SIGNING else None
    return _told(case, row) if row else None


def _told(case: Case, row: Review) -> Signature:
    names = _names(case.published) | _names(case.working)
    dues = [due for due in case.dues if row.statements.get(due.key) == due.digest]
    changes = {due.key for due in dues}
    return Signature(
        changed=tuple(f"{ASPECTS[due.aspect]}{names.get(due.statement, due.statement)}" for due in dues),
        unchanged=tuple(names.get(key, key) for key in row.statements if key not in changes),
        own=sum(case.actor_id in due.makers for due in case.dues),
        sources=tuple(sorted(case.working.context["references"])),
        sentence=row.sentence,
        against=case.against,
    )


def _names(state: State | None) -> dict[str, str]:
    """What people call the statements of a state, by their keys."""
    if state is None:
        return {}
    fields = {f"{ARTICLE}:{name}": label for name, label in FIELD_LABELS.items()}
    names = fields | {f"{ARTICLE}:citations": "Sources of the whole article"}
    for section in state.snapshot["sections"]:
        names[section["uid"]] = f"Heading “{section['heading']}”" if section["heading"] else "Opening"
        names |= {block["uid"]: f"“{beginning(block)}”" for block in section["blocks"]}
    return names
