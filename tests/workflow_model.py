"""The workflow a second time, in plain Python without a database: what the state machine holds the real one against.

Written from the promises, not from the code. A text is a tuple of statements and a summary; people are names. A
statement's text decides everything: two texts that differ in their last full stop only differ in a minor way.
"""

import datetime
import sys
from dataclasses import dataclass, field, replace

WRITERS = {"author", "editor"}
REVIEWS = {"editorial_review", "medical_review"}
CITED = "p1"
#: What never changes in these texts (title, language …), as one statement.
REST, SUMMARY = "rest", "summary"
LAST = sys.maxsize


@dataclass(frozen=True)
class Text:
    """A whole article: its statements in order, and its summary."""

    blocks: tuple[tuple[str, str], ...]
    summary: str = "How it works."

    @property
    def order(self):
        return [uid for uid, _ in self.blocks]

    @property
    def statements(self):
        return {REST: REST, SUMMARY: self.summary} | dict(self.blocks)

    def reworded(self, uid, words):
        return replace(self, blocks=tuple((u, words if u == uid else w) for u, w in self.blocks))

    def tokens(self):
        return {word for words in self.statements.values() for word in words.split() if word.startswith("zq")}


@dataclass
class Person:
    roles: set
    is_doctor: bool = False
    is_root: bool = False
    is_active: bool = True
    licence_until: datetime.date = datetime.date(2030, 1, 1)

    def holds(self, *roles):
        return self.is_active and (self.is_root or bool(self.roles & set(roles)))


@dataclass(frozen=True)
class Row:
    """Who made, moved or removed a statement, at which revision."""

    key: str
    aspect: str
    words: str
    maker: str
    revision: int


@dataclass
class Edition:
    text: Text
    source: int
    revision: int
    level: str
    is_owed: bool = False


@dataclass
class Notice:
    kind: str
    by: str
    block: str = ""
    is_confirmed: bool = False
    is_lifted: bool = False


@dataclass(frozen=True)
class Due:
    """One change that somebody other than its makers must sign; ``mark`` is what a signature is compared with."""

    mark: tuple
    makers: frozenset
    block: str = ""


@dataclass
class Model:
    """What should be true of one article. Acts are methods; ``refuses`` foretells the answer to a move."""

    people: dict
    now: datetime.datetime
    source: int = 0
    turned_by: str = ""
    state: str = ""
    revisions: dict = field(default_factory=dict)
    newest: int = 0
    rows: list = field(default_factory=list)
    signatures: list = field(default_factory=list)  # (is medical, who, marks)
    settled_at: set = field(default_factory=set)  # revisions somebody approved
    approvals: list = field(default_factory=list)  # (text, source, level)
    rulings: list = field(default_factory=list)  # (text, source, edition, level)
    editions: list = field(default_factory=list)
    is_live: bool = False
    parked: tuple | None = None
    schedule: tuple | None = None
    notices: list = field(default_factory=list)

    # --- facts ----------------------------------------------------------------------------------------------------

    @property
    def text(self):
        return self.revisions[self.newest]

    @property
    def live(self):
        return self.editions[-1] if self.is_live else None

    @property
    def base(self):
        """What changes are measured against: the newest edition that nobody owes an approval for."""
        return next((e for e in reversed(self.editions) if not e.is_owed), None)

    def cites(self, text):
        return self.source if CITED in text.order else None

    def marks(self, text, source):
        return {key: (key, words, source if key == CITED else None) for key, words in text.statements.items()}

    def dues(self, base, text, source, until=LAST):
        marks, changed = self.marks(text, source), changes(base.text if base else None, text)
        since = base.revision if base else 0
        found = [self._due(key, aspect, text, marks, since, until) for key, aspect in sorted(changed)]
        turned = base and CITED in base.text.order and CITED in text.order and base.source != source
        if turned and (CITED, "text") not in changed:
            found.append(Due(marks[CITED], frozenset({self.turned_by}), CITED))
        return found

    def _due(self, key, aspect, text, marks, since, until):
        if aspect == "text":
            same = [r for r in self._texts(key, until) if r.aspect == "text" and r.words == text.statements[key]]
            is_back = any(row.revision < same[-1].revision for row in same)
            mark = (*marks[key], same[-1].revision) if is_back else marks[key]
            return Due(mark, self.makers(key, text.statements[key], until), key)
        acts = [r for r in self.rows if since < r.revision <= until]
        own = [r for r in acts if (r.key, r.aspect) == (key, aspect)]
        act = (own[-1].revision if own else since, aspect, key)
        if aspect == "removal":
            return Due(act, frozenset(last_makers(own)))
        place = text.order.index(key)
        stirred = {r.key for r in acts if r.aspect != "text"}
        who = last_makers(own) if own else {r.maker for r in acts if r.key in stirred}
        return Due((*act, text.order[place - 1] if place else ""), frozenset(who))

    def _texts(self, key, until):
        return [r for r in self.rows if r.key == key and r.aspect != "place" and r.revision <= until]

    def makers(self, key, words, until=LAST):
        """Everybody who wrote these words, but for those whose writing was approved and then replaced."""
        found, rows = set(), self._texts(key, until)
        for place, row in enumerate(rows):
            if row.aspect != "text" or row.words != words:
                continue
            following = rows[place + 1].revision if place + 1 < len(rows) else None
            is_last = not any(r.aspect == "text" and r.words == words for r in rows[place + 1 :])
            if is_last or not any(row.revision <= s < following for s in self.settled_at):
                found.add(row.maker)
        return frozenset(found)

    def signed(self, due, medical_only):
        return any(
            due.mark in marks and who not in due.makers
            for is_medical, who, marks in self.signatures
            if is_medical or not medical_only
        )

    def unsigned(self, medical_only):
        return [d for d in self.dues(self.base, self.text, self.source) if not self.signed(d, medical_only)]

    @property
    def computed(self):
        return level_of(self.base, self.text, self.source)

    @property
    def level(self):
        for text, source, edition, level in reversed(self.rulings):
            if (text, source) == (self.text, self.cites(self.text)) and edition is self.base:
                return level
        return self.computed

    @property
    def approval(self):
        return next((a for a in reversed(self.approvals) if a[0] == self.text), None)

    @property
    def is_approved(self):
        return self.approval is not None and self.approval[1] == self.cites(self.text)

    @property
    def has_changes(self):
        return self.live is None or bool(self.dues(self.live, self.text, self.source))

    @property
    def withheld(self):
        return {n.block for n in self.notices if n.kind == "withheld" and not n.is_lifted}

    @property
    def withdrawal(self):
        found = [n for n in self.notices if n.kind == "withdrawn" and not n.is_lifted]
        return found[-1] if found and not self.is_live else None

    @property
    def open_notices(self):
        return [n for n in self.notices if not n.is_confirmed and not n.is_lifted]

    # --- saving ---------------------------------------------------------------------------------------------------

    def may_save(self, who):
        if not self.people[who].holds(*WRITERS) or self.state == "scheduled":
            return False
        return self.state != "clean" or self.is_live

    def merged(self, base, mine):
        """Both edits together, or None where they clash; ``mine`` rewords one statement of the base."""
        ours, theirs, old = dict(mine.blocks), dict(self.text.blocks), dict(base.blocks)
        for uid, words in ours.items():
            if words == old[uid] or theirs.get(uid) == words:
                continue
            if theirs.get(uid) != old[uid]:
                return None
            return self.text.reworded(uid, words)
        return self.text

    def saved(self, text, who, revision):
        self._write(text, {who}, revision)
        if self.live and self.parked is None and (text, self.source) == (self.live.text, self.live.source):
            self.state = "clean"
        else:
            self.state = self.state if self.state in REVIEWS else "draft"

    def _write(self, text, makers, revision):
        old = self.revisions.get(self.newest)
        joined = list(self.rows) if len(makers) > 1 else []
        for key, aspect in changes(old, text):
            words = text.statements[key] if aspect == "text" else ""
            earlier = last_makers([r for r in joined if (r.key, r.aspect, r.words) == (key, aspect, words)])
            for maker in earlier or makers:
                self.rows.append(Row(key, aspect, words, maker, revision))
        self.revisions[revision], self.newest = text, revision

    # --- moves ----------------------------------------------------------------------------------------------------

    def refuses(self, name, who, **details):
        """Whether this move must be refused to this person now."""
        sources, roles = RULES[name]
        person = self.people[who]
        if self.state not in sources or not person.holds(*roles):
            return True
        condition = getattr(self, f"_{name}_refused", None)
        return bool(condition and condition(who, person, details))

    def _unqualified(self, person):
        return not person.is_doctor or person.licence_until < self.now.date()

    def _own(self, who, dues):
        return any(who in due.makers for due in dues)

    def _submit_refused(self, who, person, details):
        return not self.has_changes

    def _sign_refused(self, who, person, details):
        is_medical = self.state == "medical_review"
        if is_medical and (not person.holds("medical_reviewer") or self._unqualified(person)):
            return True
        if not is_medical and not person.holds("editor"):
            return True
        return all(who in due.makers for due in self.unsigned(is_medical))

    def _treat_as_minor_refused(self, who, person, details):
        return self.computed == "minor" or self._own(who, self.dues(self.base, self.text, self.source))

    def _raise_refused(self, who, person, details):
        return self.computed != "minor" or self._own(who, self.dues(self.base, self.text, self.source))

    def _approve_minor_refused(self, who, person, details):
        return self.level != "minor" or self._own(who, self.unsigned(False))

    def _pass_on_refused(self, who, person, details):
        return self.level == "minor" or self._own(who, self.unsigned(False))

    def _approve_refused(self, who, person, details):
        return self._unqualified(person) or self._own(who, self.unsigned(True))

    def _confirm_sources_refused(self, who, person, details):
        if self.approval is None or self.is_approved or who == self.turned_by:
            return True
        is_medical = self.level != "minor"
        if is_medical and (not person.holds("medical_reviewer") or self._unqualified(person)):
            return True
        return self._own(who, self.unsigned(is_medical))

    def _schedule_refused(self, who, person, details):
        return not self.is_approved or details["at"] <= self.now

    def _publish_refused(self, who, person, details):
        return not self.is_approved

    def _publish_now_refused(self, who, person, details):
        return not self.has_changes

    def _approve_after_refused(self, who, person, details):
        if self.live is None or not self.live.is_owed:
            return True
        if self._own(who, self.dues(self.base, self.live.text, self.live.source, self.live.revision)):
            return True
        is_medical = self.live.level != "minor"
        return is_medical and (not person.holds("medical_reviewer") or self._unqualified(person))

    def _renew_refused(self, who, person, details):
        if self.live is None or self._unqualified(person):
            return True
        return not self._readable(who, self.live.text, self.live.revision)

    def _readable(self, who, text, until=LAST):
        return [uid for uid, words in text.blocks if who not in self.makers(uid, words, until)]

    def _fix_live_refused(self, who, person, details):
        return self.live is None or not self.has_changes or self.parked is not None

    def _withdraw_refused(self, who, person, details):
        return self.live is None

    def _withhold_refused(self, who, person, details):
        return self.live is None or details["block"] not in self.live.text.order or details["block"] in self.withheld

    def _confirm_notice_refused(self, who, person, details):
        return all(notice.by == who for notice in self.open_notices)

    def _give_back_refused(self, who, person, details):
        return self.live is None or not self.withheld

    def _reopen_refused(self, who, person, details):
        return self.withdrawal is None

    def done(self, name, who, **details):
        """The move was made: what is true now."""
        effect = getattr(self, f"_{name}", None)
        if effect:
            effect(who, **details)
        self.state = LEADS_TO.get(name, self.state)

    def _sign(self, who, **details):
        self._signs(who, self.state == "medical_review")

    def _signs(self, who, is_medical):
        marks = {due.mark for due in self.unsigned(is_medical) if who not in due.makers}
        if is_medical:
            current = self.marks(self.text, self.source)
            covered = {mark for medical, _, signed in self.signatures if medical for mark in signed}
            marks |= {current[uid] for uid in self._readable(who, self.text) if current[uid] not in covered}
        if marks:
            self.signatures.append((is_medical, who, marks))

    def _treat_as_minor(self, who, **details):
        self.rulings.append((self.text, self.cites(self.text), self.base, "minor"))

    def _raise(self, who, **details):
        self.rulings.append((self.text, self.cites(self.text), self.base, "substantive"))

    def _approve_minor(self, who, **details):
        self._approves(who, False)

    def _pass_on(self, who, **details):
        self._signs(who, False)

    def _approve(self, who, **details):
        self._approves(who, True)

    def _approves(self, who, is_medical):
        level = self.level
        self._signs(who, is_medical)
        self.settled_at.add(self.newest)
        self.approvals.append((self.text, self.cites(self.text), level))

    def _confirm_sources(self, who, **details):
        level = self.level
        self._signs(who, level != "minor")
        self.approvals.append((self.text, self.cites(self.text), level))

    def _schedule(self, who, at, **details):
        self.schedule = (at, who)

    def _unschedule(self, who, **details):
        self.schedule = None

    def _publish(self, who, **details):
        self._edition(self.approval[2], is_owed=False)

    def _publish_now(self, who, **details):
        self._edition(self.computed, is_owed=True)

    def _edition(self, level, is_owed):
        last, new = self.editions[-1] if self.editions else None, None
        new = Edition(self.text, self.source, self.newest, level, is_owed)
        if last and level == "minor" and not is_owed:
            self._carry(self.marks(last.text, last.source), self.marks(new.text, new.source))
        if self.withdrawal:
            self.withdrawal.is_lifted = True
        self.editions.append(new)
        self.is_live, self.schedule = True, None

    def _carry(self, old, new):
        moved = {key: new[key] for key in new if key in old and old[key] != new[key]}
        for is_medical, who, marks in list(self.signatures):
            carried = {mark for key, mark in moved.items() if old[key] in marks}
            if is_medical and carried:
                self.signatures.append((True, who, carried))

    def _approve_after(self, who, **details):
        dues = self.dues(self.base, self.live.text, self.live.source, self.live.revision)
        self.signatures.append((self.live.level != "minor", who, {due.mark for due in dues}))
        self.settled_at.add(self.live.revision)
        self.live.is_owed = False

    def _renew(self, who, **details):
        marks = self.marks(self.live.text, self.live.source)
        readable = self._readable(who, self.live.text, self.live.revision)
        self.signatures.append((True, who, {marks[uid] for uid in readable}))

    def _fix_live(self, who, revision, **details):
        self.parked = (self.newest, self.live)
        self._write(self.live.text, {r.maker for r in self.rows} | {who}, revision)

    def brought_back(self, text, who, revision):
        """The parked draft was merged with the fix, which made this text."""
        self.parked = None
        if text != self.text:
            self._write(text, {r.maker for r in self.rows} | {who}, revision)
            self.state = "draft"

    def _withdraw(self, who, **details):
        self.notices.append(Notice("withdrawn", who))
        self.is_live, self.schedule = False, None

    def _withhold(self, who, block, **details):
        self.notices.append(Notice("withheld", who, block))

    def _confirm_notice(self, who, **details):
        for notice in self.open_notices:
            notice.is_confirmed = notice.by != who

    def _give_back(self, who, **details):
        for notice in self.notices:
            notice.is_lifted = notice.is_lifted or notice.kind == "withheld"


def last_makers(rows):
    """Who acted last; several where the server joined their edits."""
    return {r.maker for r in rows if r.revision == rows[-1].revision}


def changes(old, new):
    """Which statements differ, and how: pairs of key and aspect."""
    before, after = old.statements if old else {}, new.statements
    found = {(key, "text") for key, words in after.items() if before.get(key) != words}
    found |= {(key, "removal") for key in before if key not in after}
    return found | {(uid, "place") for uid in (moved(old.order, new.order) if old else ())}


def moved(old, new):
    """What left the longest run that kept its order; of equally long runs, the one the real workflow keeps."""
    from articles.statements import moved_keys

    return moved_keys([uid for uid in old if uid in new], [uid for uid in new if uid in old])


def level_of(base, text, source):
    """Minor only if no more than full stops differ."""
    if base is None:
        return "substantive"
    found = changes(base.text, text)
    before, after = base.text.statements, text.statements
    is_turned = CITED in before and CITED in after and base.source != source
    same = all(a == "text" and k in before and before[k].rstrip(".") == after[k].rstrip(".") for k, a in found)
    return "minor" if same and not is_turned else "substantive"


ALL = {"clean", "draft", "changes_requested", "editorial_review", "medical_review", "approved", "scheduled"}
CHECKERS, PUBLISHERS = ("editor", "medical_reviewer"), ("publisher",)
RULES = {
    "submit": ({"draft", "changes_requested"}, ("author", "editor")),
    "request_changes": ({"editorial_review", "medical_review", "approved"}, CHECKERS),
    "sign": (REVIEWS, CHECKERS),
    "treat_as_minor": ({"editorial_review"}, ("editor",)),
    "raise": ({"editorial_review"}, ("editor",)),
    "approve_minor": ({"editorial_review"}, ("editor",)),
    "pass_on": ({"editorial_review"}, ("editor",)),
    "approve": ({"medical_review"}, ("medical_reviewer",)),
    "confirm_sources": ({"approved", "scheduled"}, CHECKERS),
    "schedule": ({"approved"}, PUBLISHERS),
    "unschedule": ({"scheduled"}, PUBLISHERS),
    "publish": ({"approved", "scheduled"}, PUBLISHERS),
    "publish_now": (ALL - {"clean"}, PUBLISHERS),
    "approve_after": (ALL, CHECKERS),
    "renew": ({"clean"}, ("medical_reviewer",)),
    "fix_live": ({"draft", "changes_requested", *REVIEWS}, ("author", "editor")),
    "withdraw": (ALL, PUBLISHERS),
    "withhold": (ALL, PUBLISHERS),
    "confirm_notice": (ALL, PUBLISHERS),
    "give_back": (ALL, PUBLISHERS),
    "reopen": ({"clean"}, PUBLISHERS),
}
LEADS_TO = {
    "submit": "editorial_review",
    "request_changes": "changes_requested",
    "approve_minor": "approved",
    "pass_on": "medical_review",
    "approve": "approved",
    "schedule": "scheduled",
    "unschedule": "approved",
    "publish": "clean",
    "publish_now": "clean",
    "fix_live": "draft",
    "withdraw": "clean",
    "reopen": "draft",
}
