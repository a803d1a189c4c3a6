"""Rows that hold what nobody wrote: said in our words with their table, and without what they hold, which is people's.

An edit by hand, a half restored backup, a disk: whatever it was, a run on such a row would go by something else than
what was settled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from contactsync.errors import LedgerDamaged
from contactsync.ledger.transactions import RESTORE

P = ParamSpec("P")
T = TypeVar("T")
_KINDS: dict[type, dict[str, tuple[type, ...]]] = {}  # by dataclass
_WORDS: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "yes or no", NoneType: "nothing"}


def damaged(what: str, table: str = "") -> LedgerDamaged:
    """The error for a row; `what` is wrong with it."""
    where = f"the ledger's table {table}" if table else "the ledger"
    return LedgerDamaged(f"A row of {where} is damaged: {what}.", next_step=RESTORE, what=what)


def row_of(table: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Around what makes something of a row of that table. Errors: LedgerDamaged, where nothing can be made of it."""

    def around(read: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(read)
        def told(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return read(*args, **kwargs)
            except LedgerDamaged as error:
                problem = error.what
            except (TypeError, KeyError, ValueError, AttributeError) as error:
                problem = f"it holds what contactsync does not write there ({type(error).__name__})"
            # Raised outside the handlers: the text of a KeyError or ValueError is what stood in the row.
            raise damaged(problem, table)

        return told

    return around


def check_kind(held: Any, kinds: tuple[type, ...], name: str = "it") -> None:
    """Errors: LedgerDamaged, where a part of a row is of another kind than what is written there."""
    if not isinstance(held, kinds):
        wanted = " or ".join(_WORDS.get(kind, kind.__name__) for kind in kinds)
        raise damaged(f"{name} is {_WORDS.get(type(held), type(held).__name__)} where {wanted} belongs")


def check_fields(cls: type[Any], held: Mapping[str, Any]) -> None:
    """The same for what is to become a dataclass."""
    if cls not in _KINDS:
        _KINDS[cls] = {name: _kind(hint) for name, hint in get_type_hints(cls).items()}
    kinds = _KINDS[cls]
    for name, value in held.items():
        check_kind(value, kinds.get(name, (object,)), name)


def _kind(hint: Any) -> tuple[type, ...]:
    """As which kind JSON holds it."""
    origin = get_origin(hint) or hint
    if origin in (Union, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kind(part))
    if not isinstance(origin, type):
        return (object,)
    if issubclass(origin, Mapping):
        return (dict,)
    if issubclass(origin, (str, datetime)):
        return (str,)
    if issubclass(origin, Sequence):
        return (list,)
    return (origin,) if origin in (bool, int, float, NoneType) else (object,)
