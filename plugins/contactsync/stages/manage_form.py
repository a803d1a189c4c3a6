"""The form of contactsync__manage -> an order, or why it is none. Nothing is asked of anybody here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.acts import CONTACTS, TAKES, Act, Order, Unsure
from contactsync.model.spec import SIDES, Side
from contactsync.stages.form_values import FormValue, listed
from contactsync.stages.undo_orders import check_one_of

AGAIN = "trigger contactsync__manage again"
_EMPTY = {one.name: one.default for one in fields(Order) if one.name != "act"}


def order_of(form: Mapping[str, Any]) -> Order:
    """The order that a filled-in form gives. Errors: ConfigError, for anything that leaves a doubt about what is meant.

    A value that the act does not take is refused, not ignored: it was meant to narrow the act, or to be another one.
    """
    filled = {name: value for name, value in form.items() if name != "act" and value is not None}
    given = {name: told for name, value in filled.items() if name in _EMPTY and (told := _read(name, value))}
    act = _act(form.get("act"))
    _check_names(act, given, [name for name in filled if name not in _EMPTY])
    order = Order(act, **given)
    if TAKES[act].unsure is Unsure.REFUSED and not order.yes:
        raise ConfigError(f"{act} is done only if the form says `yes`.", next_step=f"{AGAIN} with `yes`")
    if act is Act.UNDO:
        check_one_of(order.run, order.since)
    return order


def _read(name: str, value: Any) -> Any:
    box = FormValue(name, value, f"{AGAIN} with such a value, or with `{name}` left empty")
    match _EMPTY[name]:
        case bool():
            return box.yes_or_no()
        case None:
            return box.number()
        case ():
            return box.contacts() if name in CONTACTS else box.texts()
        case _:
            return box.contact() if name in CONTACTS else box.text()


def _act(given: Any) -> Act:
    try:
        return Act(str(given or ""))
    except ValueError:
        acts = tuple(act.value for act in Act)
        raise ConfigError("The form names no act.", allowed=acts, next_step=f"{AGAIN} with one of these") from None


def _check_names(act: Act, given: Mapping[str, Any], unknown: list[str]) -> None:
    takes = TAKES[act]
    if missing := [name for name in takes.needs if name not in given]:
        raise ConfigError(f"The form lacks {listed(missing)}, without which {act} is not done.", next_step=_with(act))
    allowed = (*takes.needs, *takes.may, "yes")
    if unknown:
        raise ConfigError(f"The form has no {listed(unknown)}.", allowed=allowed, next_step=_with(act))
    if strange := [name for name in given if name not in allowed]:
        raise ConfigError(
            f"{act} does not take {listed(strange)}.",
            allowed=allowed,
            next_step=f"{AGAIN} with {listed(strange)} left empty, or with the act that you meant",
        )


def bare_id(text: str, side: Side | None = None) -> str:
    """The id in `left:ID`, `right:ID` or `ID`. Errors: ConfigError, where it is one of the other side."""
    named, colon, rest = text.partition(":")
    if not colon or named not in SIDES:
        return text
    if side is not None and named != side:
        raise ConfigError(
            f"`{side}` in the form names a contact of the {named} side.", next_step=f"{AGAIN} with both in their places"
        )
    return rest


def _with(act: Act) -> str:
    takes = TAKES[act]
    may = f"; it may also have {listed(takes.may)}" if takes.may else ""
    return f"{AGAIN} with {listed(takes.needs)}{may}"
