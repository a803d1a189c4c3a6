"""The form of contactsync__manage -> an order, or why it is none. Nothing is asked of anybody here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.acts import CONTACT_ID, CONTACTS, TAKES, Act, Order, Unsure
from contactsync.model.spec import SIDES, Side
from contactsync.stages.undo_orders import check_one_of

AGAIN = "trigger contactsync__manage again"
_NAMES = tuple(one.name for one in fields(Order) if one.name != "act")
_NAMED = re.compile(CONTACT_ID)


def order_of(form: Mapping[str, Any]) -> Order:
    """The order that a filled-in form gives. Errors: ConfigError, for anything that leaves a doubt about what is meant.

    A value that the act does not take is refused, not ignored: it was meant to narrow the act, or to be another one.
    """
    given = {name: told for name, value in form.items() if name != "act" and (told := _tidy(value))}
    _check_ids(given)
    act = _act(form.get("act"))
    _check_names(act, given)
    order = Order(act, **given)
    if TAKES[act].unsure is Unsure.REFUSED and not order.yes:
        raise ConfigError(f"{act} is done only if the form says `yes`.", next_step=f"{AGAIN} with `yes`")
    if act is Act.UNDO:
        check_one_of(order.run, order.since)
    return order


def _act(given: Any) -> Act:
    try:
        return Act(str(given or ""))
    except ValueError:
        acts = tuple(act.value for act in Act)
        raise ConfigError("The form names no act.", allowed=acts, next_step=f"{AGAIN} with one of these") from None


def _tidy(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(text for one in value if (text := str(one).strip()))
    return value.strip() if isinstance(value, str) else value


def _check_ids(given: Mapping[str, Any]) -> None:
    """The schema of the form refuses the same before anything is kept; this is for whoever gets by it."""
    for name in CONTACTS:
        value = given.get(name, ())
        for text in (value,) if isinstance(value, str) else value:
            if not _NAMED.match(text):
                raise ConfigError(
                    f"`{name}` looks like an address, a number or a name. Airflow keeps what stands in a form, for all "
                    "to see who may see the DAG.",
                    allowed=("left:ID", "right:ID", "an id"),
                    next_step="name the contact by its id (contactsync explain SYNC ADDRESS prints it), or use the "
                    "command",
                )


def _check_names(act: Act, given: Mapping[str, Any]) -> None:
    takes = TAKES[act]
    if missing := [name for name in takes.needs if name not in given]:
        raise ConfigError(f"The form lacks {_list(missing)}, without which {act} is not done.", next_step=_with(act))
    allowed = (*takes.needs, *takes.may, "yes")
    if unknown := [name for name in given if name not in _NAMES]:
        raise ConfigError(f"The form has no {_list(unknown)}.", allowed=allowed, next_step=_with(act))
    if strange := [name for name in given if name not in allowed]:
        raise ConfigError(
            f"{act} does not take {_list(strange)}.",
            allowed=allowed,
            next_step=f"{AGAIN} with {_list(strange)} left empty, or with the act that you meant",
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


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _with(act: Act) -> str:
    takes = TAKES[act]
    may = f"; it may also have {_list(list(takes.may))}" if takes.may else ""
    return f"{AGAIN} with {_list(list(takes.needs))}{may}"
