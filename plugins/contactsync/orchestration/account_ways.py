"""Which accounts there are to look at: those that syncs open, and what else Airflow can list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contactsync.model.accounts import Use
from contactsync.model.spec import SIDES, Side, SyncSpec


@dataclass(frozen=True)
class Way:
    """A connection with the options that a sync opens it with, and who does so.

    app     '' = by the connection's type
    listed  Airflow listed the connection, so it is there, whether or not it can be read
    """

    connection: str
    app: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    listed: bool = False


def ways_to(
    specs: Iterable[SyncSpec], listed: Collection[str], known: Callable[[str], Mapping[Side, str]]
) -> tuple[Way, ...]:
    """What the syncs open, then what else Airflow lists. `known`: sync id -> Account.id by side, as of its last run."""
    found: dict[str, Way] = {}
    for spec in specs:
        accounts = known(spec.id)
        for side in SIDES:
            half = spec.side(side)
            name = repr((half.connection, half.app, sorted(half.options.items(), key=repr)))
            before = found.get(name) or Way(half.connection, half.app, half.options, (), half.connection in listed)
            found[name] = replace(before, uses=(*before.uses, Use(spec.id, side, accounts.get(side, ""))))
    # Airflow takes a variable's name in capitals for an id in any spelling.
    used = {way.connection.upper() for way in found.values()}
    return (*found.values(), *(Way(one, listed=True) for one in listed if one.upper() not in used))
