"""What the rules of one direction do to a contact's partner in this run (core 17).

A claim is what a rule may write: a column, or one element of one with several values. The first matching rule in the
file has it. Of an entered rule is remembered, per claim, what its actions made: on_leave takes back nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from contactsync.contact import EMPTY_LIST, Element, Kind, Values, decode, element_id, encode, kind_of
from contactsync.model.link import Apart, ApartReason, Made
from contactsync.model.rules import Apply, Effect, How, RuleEffects
from contactsync.model.spec import Side
from contactsync.model.templates import fill
from contactsync.sync.elements import by_id


@dataclass(frozen=True)
class Scene:
    """One direction of a link, or of a create.

    rules     by name, in the order of the file; matching: names of those that the source matches
    target    what the target shows; an absent column was never read there
    apart     fields apart of the link, for actions that were refused before; retry: those are tried again
    created   the target is created with this: absent columns are empty, and on_create applies
    """

    source_side: Side
    rules: Mapping[str, RuleEffects]
    matching: Collection[str]
    entered: Mapping[str, Made]
    source: Values
    target: Values
    apart: Mapping[str, Apart] = field(default_factory=dict)
    retry: bool = False
    created: bool = False


@dataclass
class Acts:
    """What follows.

    patch, touched   column -> text to hold, and ids of the elements changed; words: which rules and actions did it
    entering, leaving   rules that count as entered (with what was made), or as left, once the patch is written
    entered   what stands without any write
    overwritten   column -> the rule that overwrites a person's later edit (apply: always)
    unread    a column of the target has never been read: it has to be, before anything can be said
    waiting   columns whose refused action is not tried again yet
    """

    patch: dict[str, str] = field(default_factory=dict)
    touched: dict[str, tuple[str, ...]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    entering: dict[str, dict[str, str | None]] = field(default_factory=dict)
    leaving: tuple[str, ...] = ()
    entered: dict[str, dict[str, str | None]] = field(default_factory=dict)
    overwritten: dict[str, str] = field(default_factory=dict)
    unread: bool = False
    waiting: set[str] = field(default_factory=set)


ADDED, REMOVED = "+", "-"
WAITING = (ApartReason.REFUSED, ApartReason.KEPT)  # reasons for which an action of a column is not tried again
_BETWEEN = "\x1f"


def column_of(claim: str) -> str:
    """The column of a claim."""
    return claim.partition(_BETWEEN)[0]


def element_of(claim: str) -> str:
    """The element of a claim; '' where it is a whole column."""
    return claim.partition(_BETWEEN)[2]


def act(scene: Scene) -> Acts:
    """Decide what the rules do now. Pure; nothing of it counts as made before it is written and read back."""
    acting = _Acting(scene)
    for name, rule in scene.rules.items():
        if name in scene.matching:
            acting.match(rule)
    for name, rule in scene.rules.items():
        if name in scene.entered and name not in scene.matching:
            acting.leave(rule)
    return acting.out


class _Acting:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.now = dict(scene.target)  # with what is written over it
        self.claims: dict[str, str] = {}
        known = {name: made for name, made in scene.entered.items() if name in scene.rules}
        self.out = Acts(entered={name: dict(made) for name, made in known.items()})

    # ---- matching

    def match(self, rule: RuleEffects) -> None:
        """A rule that matches: enters now, or entered before and may have something left to do."""
        made = self.scene.entered.get(rule.name)
        after, fired = dict(made or {}), {}
        for effect in rule.enter:
            claim = self._claim(effect)
            late = effect.apply is Apply.ON_CREATE and not self.scene.created and claim not in after
            if late or self.claims.setdefault(claim, rule.name) != rule.name:
                continue
            waited = claim in after and after[claim] is None
            if made is not None and not waited and (effect.apply is not Apply.ALWAYS or self._was_undone(effect)):
                continue
            if self._satisfied(effect):
                if waited:
                    del after[claim]
            elif self._may_write(effect):
                if made is not None and not waited and not self._ours(effect):
                    self.out.overwritten.setdefault(effect.column, f"rule {rule.name}: {effect.action}, always")
                fired[claim] = self._write(effect, rule)
            else:
                after[claim] = None
        if fired and made is None:
            self.out.entering[rule.name] = {**after, **fired}
            return
        self.out.entered[rule.name] = after
        if fired:
            self.out.entering[rule.name] = dict(fired)

    # ---- leaving

    def leave(self, rule: RuleEffects) -> None:
        """A rule that was entered and no longer matches. What another one claims stays, and becomes that one's."""
        made = self.scene.entered[rule.name]
        heirs = {
            claim: self.claims[claim] for claim, value in made.items() if value is not None and claim in self.claims
        }
        if not self.out.entered.keys() >= set(heirs.values()):
            return  # the heir's own entering is not done yet: left in the next run
        for claim, heir in heirs.items():
            self.out.entered[heir].setdefault(claim, made[claim])
        wrote = waits = False
        for effect in rule.leave:
            claim = self._claim(effect)
            if effect.loosens or claim in self.claims or not self._takes_back(effect, rule, made):
                continue
            if self._may_write(effect):
                self._write(effect, rule)
                self.claims[claim] = rule.name
                wrote = True
            else:
                waits = True
        if wrote and not waits:
            self.out.leaving = (*self.out.leaving, rule.name)
        elif not waits:
            del self.out.entered[rule.name]

    def _takes_back(self, effect: Effect, rule: RuleEffects, made: Made) -> bool:
        """on_leave overwrites only what the rule made and nobody changed since; an element that it adds, nothing."""
        now, ours = self.now.get(effect.column), made.get(self._claim(effect))
        if now is None:  # was never read: it must be before anybody can tell
            return ours is not None or effect.how is How.ADD
        if self._satisfied(effect):
            return False
        match effect.how:
            case How.SET:
                return ours is not None and ours == now
            case How.REMOVE:
                return ours == ADDED
            case How.ADD:
                taken = {self._claim(e) for e in rule.enter if e.how is How.REMOVE}
                return ours == REMOVED or self._claim(effect) not in taken

    # ---- one effect

    def _satisfied(self, effect: Effect) -> bool:
        """True where the target already is as the effect wants it, or where its template has nothing to say."""
        now, wanted = self._now(effect), self._wanted(effect)
        if now is None or wanted is None:
            return False
        if effect.how is not How.SET:
            return not wanted or (self._identity(effect) in by_id(now)) == (effect.how is How.ADD)
        apart = self.scene.apart.get(effect.column)
        unproven = apart is not None and apart.reason is ApartReason.UNPROVEN
        own_form = apart is not None and unproven and (wanted, now) == self._remembered(apart)
        return wanted in ("", now) or own_form

    def _may_write(self, effect: Effect) -> bool:
        """False where a column was never read, or where the target refused the same before."""
        if self._now(effect) is None:
            self.out.unread = True
            return False
        if self._wanted(effect) is None:
            return False
        if self._was_refused(effect):
            self.out.waiting.add(effect.column)
            return False
        return True

    def _was_refused(self, effect: Effect) -> bool:
        """True where the same was refused before and nothing changed since, or where a person left it as it is."""
        apart = self.scene.apart.get(effect.column)
        if apart is None or apart.reason not in WAITING:
            return False
        wanted, now = self._remembered(apart)
        if self.scene.target.get(effect.column) != now:
            return False
        if apart.reason is ApartReason.KEPT:
            return True
        return not self.scene.retry and (effect.how is not How.SET or self._wanted(effect) == wanted)

    def _was_undone(self, effect: Effect) -> bool:
        """True where a person took the same back, and neither side was edited since (core 30)."""
        apart = self.scene.apart.get(effect.column)
        if apart is None or apart.reason is not ApartReason.UNDONE:
            return False
        wanted, now = self._remembered(apart)
        asked_for = effect.how is not How.SET or self._wanted(effect) == wanted
        return asked_for and self.scene.target.get(effect.column) == now

    def _write(self, effect: Effect, rule: RuleEffects) -> str:
        """What the effect makes, as it is remembered."""
        column, now = effect.column, self._now(effect) or ""
        done = f"rule {rule.name}: {effect.action}"
        words = self.out.words.get(column)
        self.out.words[column] = f"{words}, {done}" if words else done
        if effect.how is How.SET:
            text = made = self._wanted(effect) or ""
        else:
            text, made = self._changed(effect, now), ADDED if effect.how is How.ADD else REMOVED
            self.out.touched[column] = tuple(sorted({*self.out.touched.get(column, ()), self._identity(effect)}))
        self.now[column] = self.out.patch[column] = text
        return made

    def _now(self, effect: Effect) -> str | None:
        empty = "" if effect.how is How.SET else EMPTY_LIST
        return self.now.get(effect.column, empty if self.scene.created else None)

    def _ours(self, effect: Effect) -> bool:
        """True where the target shows what a rule of ours made there: nobody edited it since."""
        claim, now = self._claim(effect), self._now(effect)
        return effect.how is How.SET and any(made.get(claim) == now for made in self.scene.entered.values())

    def _wanted(self, effect: Effect) -> str | None:
        """The text to set, or the element; '' = the template has nothing to say, None = a field of it is MISSING."""
        return fill(effect.value, self.scene.source)

    def _claim(self, effect: Effect) -> str:
        return effect.column if effect.how is How.SET else f"{effect.column}{_BETWEEN}{self._identity(effect)}"

    def _identity(self, effect: Effect) -> str:
        kind = kind_of(effect.column)
        return element_id(kind if kind.several else Kind.TAGS, self._wanted(effect) or "")

    def _changed(self, effect: Effect, now: str) -> str:
        """The list with one element added or removed, all others as they are."""
        identity, value = self._identity(effect), self._wanted(effect) or ""
        kept: Iterable[Element] = [e for e in decode(now) if e.id != identity]
        return encode([*kept, Element(identity, value)] if effect.how is How.ADD else kept)

    def _remembered(self, apart: Apart) -> tuple[str | None, str | None]:
        """(what was asked for, what the target showed then)."""
        here = self.scene.source_side is Side.LEFT
        return (apart.left, apart.right) if here else (apart.right, apart.left)
