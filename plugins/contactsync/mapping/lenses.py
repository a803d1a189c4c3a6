"""How the text of an own field and that of its pair's column become each other.

The column holds what both sides can be compared by: the receiver's form where a pair flows one way, else the right
side's. `get(put(value)) == value` is tried for every value that may be sent; where it fails the value is marked
(model.unfit) and held rather than written as something else (core 16).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from contactsync.contact import Kind, normal_text, one_text, one_value
from contactsync.mapping.conversions import converted, on_day
from contactsync.mapping.normal_values import normal
from contactsync.mapping.pairs import OwnPair
from contactsync.mapping.transforms import TRANSFORMS, Transform
from contactsync.model.app import FieldInfo
from contactsync.model.spec import SIDES, Direction, Side
from contactsync.model.unfit import Unfit, Why, unfit, unfit_in

Text = Callable[[str], str]


@dataclass(frozen=True)
class Form:
    """get: own text -> column text; put: back. Neither fails; blank stays blank.

    put_upon  the same as `put` upon the own text that is there, of which something is kept; None = nothing is
    """

    get: Text
    put: Text
    put_upon: Callable[[str, str], str] | None = None


class UnknownOption(ValueError):
    """A value that no pair of choices knows."""


@dataclass(frozen=True)
class _Way:
    """One side: read gives the column's text, write the own one. Errors: ValueError(why, without the value)."""

    read: Text
    write: Text
    choices: Collection[str] = ()
    needs_year: bool = False
    write_upon: Callable[[str, str], str] | None = None


def forms_of(pair: OwnPair, direction: Direction, zone: ZoneInfo, region: str | None) -> dict[Side, Form]:
    """The forms of both sides; none for lists, whose elements are read as those of the default mapping."""
    if pair.kind.several:
        return {}
    if pair.element is not None:
        single = Form(partial(_as_one, pair.element, region), one_value)
        return {side: _SAME if pair.picks(side) else single for side in SIDES}
    ways = _ways(pair, direction, zone, region)
    if ways is None:
        return {}
    skip = pair.spec.skip_unknown_option
    return {
        side: Form(
            partial(_get, ways[side], ways[side.other] if _sends(pair, side, direction) else None, skip),
            partial(_put, ways[side].write),
            partial(_put_upon, upon) if (upon := ways[side].write_upon) else None,
        )
        for side in SIDES
    }


def _as_one(kind: Kind, region: str | None, text: str) -> str:
    return one_text(kind, text, region)


def _same(text: str) -> str:
    return text


_SAME = Form(_same, _same)


def _sends(pair: OwnPair, side: Side, direction: Direction) -> bool:
    return direction.open_from(side) and pair.own(side.other).writable


def _get(here: _Way, there: _Way | None, skip: bool, text: str) -> str:
    """The column's text. there: the other side, where this one's values may be sent to it."""
    if not text:
        return ""
    found = ""  # what it says, also where the other side cannot hold that
    try:
        found = normal_text(here.read(text))
        if found and there:
            _prove(found, there)
        return found
    except ValueError as error:
        unknown = Why.SKIPPED if skip else Why.OPTION
        why = unknown if isinstance(error, UnknownOption) else Why.FORM
        return unfit(Unfit(why, str(error), text, found)) if there else text


def _prove(found: str, there: _Way) -> None:
    """Errors: ValueError where the other side has no such value, or would give back another."""
    sent = there.write(found)
    if there.choices and sent not in there.choices:
        raise UnknownOption("the field there has no such choice")
    if there.needs_year and sent.startswith("--"):
        raise ValueError("a day without a year; the field there holds whole dates")
    if normal_text(there.read(sent)) != found:
        raise ValueError("it would come back as another value")


def _put_upon(write: Callable[[str, str], str], text: str, held: str) -> str:
    return _put(partial(write, held), text)


def _put(write: Text, text: str) -> str:
    """A marked text is never sent to the other side; an undo gives it back to its own, as it was typed there."""
    if found := unfit_in(text):
        return found.text
    try:
        return write(text) if text else ""
    except ValueError:
        return text


# ---- ways


def _ways(pair: OwnPair, direction: Direction, zone: ZoneInfo, region: str | None) -> dict[Side, _Way] | None:
    """None where the texts of both sides are compared as they are."""
    backwards = not _sends(pair, Side.LEFT, direction)
    if max(len(pair.spec.left), len(pair.spec.right)) > 1:
        return {side: _Way(_one_spaced, _same) for side in SIDES}
    if pair.spec.options:
        return _by_options(pair, backwards=backwards, both=_sends(pair, Side.RIGHT, direction))
    if pair.spec.transforms:
        return _by_transforms(pair, zone, region, Side.RIGHT if backwards else Side.LEFT)
    kinds = (pair.left.kind, pair.right.kind)
    if kinds == (Kind.TEXT, Kind.TEXT) and not (pair.left.choices or pair.right.choices):
        return None
    between = common_kind(*kinds) or Kind.TEXT
    return {side: _by_kind(pair.own(side), between, zone) for side in SIDES}


def common_kind(one: Kind, other: Kind) -> Kind | None:
    """The kind in which values of two kinds are compared: the one that says less; None where there is none."""
    kinds = {one, other}
    if len(kinds) == 1:
        return one
    if Kind.TEXT in kinds:
        return (kinds - {Kind.TEXT}).pop()
    if kinds == {Kind.DATE, Kind.DATETIME}:
        return Kind.DATE
    return Kind.BOOLEAN if kinds == {Kind.NUMBER, Kind.BOOLEAN} else None


def _one_spaced(text: str) -> str:
    return " ".join(text.split())


def _by_kind(own: FieldInfo, between: Kind, zone: ZoneInfo) -> _Way:
    return _Way(
        lambda text: converted(text, own.kind, between, zone),
        lambda text: converted(text, between, own.kind, zone),
        own.choices,
        own.needs_year,
        partial(_upon, zone) if (own.kind, between) == (Kind.DATETIME, Kind.DATE) else None,
    )


def _upon(zone: ZoneInfo, held: str, day: str) -> str:
    return on_day(day, held, zone)


def _by_options(pair: OwnPair, *, backwards: bool, both: bool) -> dict[Side, _Way]:
    """The column holds the right side's choices; where only the right side sends, the left side's."""
    there = {normal(a, pair.left.kind): normal(b, pair.right.kind) for a, b in pair.spec.options.items()}
    back = {b: a for a, b in there.items()}
    near, far = (Side.RIGHT, Side.LEFT) if backwards else (Side.LEFT, Side.RIGHT)
    forth, back = (back, there) if backwards else (there, back)
    known = {a: a for a in back}
    plain = partial(_known, known) if both and not backwards else _same
    return {
        near: _Way(_normally(pair.own(near).kind, partial(_known, forth)), partial(_known, back)),
        far: _Way(_normally(pair.own(far).kind, plain), _same),
    }


def _known(options: Mapping[str, str], text: str) -> str:
    if text not in options:
        raise UnknownOption("it is not among the options of the pair")
    return options[text]


def _normally(kind: Kind, then: Text) -> Text:
    return lambda text: then(normal(text, kind))


def _by_transforms(pair: OwnPair, zone: ZoneInfo, region: str | None, sender: Side) -> dict[Side, _Way]:
    """The column holds what the transforms make of the sender's value; what they lose is not given back."""
    steps = [TRANSFORMS[name] for name in pair.spec.transforms]
    apply = [step.within(region) for step in steps]
    near, far = pair.own(sender), pair.own(sender.other)

    def forth(text: str) -> str:
        kind = near.kind
        for step, change in zip(steps, apply, strict=True):
            text = change(converted(text, kind, step.takes, zone))
            kind = step.gives
        return converted(text, kind, far.kind, zone)

    return {
        sender: _Way(forth, _undone(steps, near.kind, far.kind, zone), near.choices, near.needs_year),
        sender.other: _by_kind(far, far.kind, zone),
    }


def _undone(steps: list[Transform], near: Kind, far: Kind, zone: ZoneInfo) -> Text:
    """Back through all transforms; what one of them took away does not come back."""

    def back(text: str) -> str:
        kind = far
        for step in reversed(steps):
            undo = step.inverse or _same
            text = undo(converted(text, kind, step.gives, zone))
            kind = step.takes
        return converted(text, kind, near, zone)

    return back
