"""Every account that a sync uses or Airflow can list: asked beside each other, none of them hiding the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from contactsync.apps import load_app
from contactsync.errors import (
    AuthError,
    BadListing,
    ConnectionMissing,
    ContactsyncError,
    NotTheApi,
    RetryError,
)
from contactsync.model.accounts import AccountState, ConnectedAccount
from contactsync.model.spec import ProjectSpec, Side, SyncSpec
from contactsync.orchestration.account_ways import Way, ways_to
from contactsync.orchestration.connections import Connection, FindConnection, cli_connection
from contactsync.orchestration.credentials import credentials_of
from contactsync.orchestration.hooks import hook_class
from contactsync.orchestration.listed_connections import listed_connections
from contactsync.orchestration.services import NoTokens, services_of
from contactsync.orchestration.workplace import open_engine
from contactsync.provider import importable_apps
from contactsync.rest.services import Services, utc_now

AT_ONCE = 8  # vendors asked at the same time
SAME_KEY = "give this process the same AIRFLOW__CORE__FERNET_KEY as the one that stored it, or enter it again."
PRESS_TEST = "press Test under Admin > Connections."

Known = Callable[[str], Mapping[Side, str]]


@dataclass(frozen=True)
class Accounts:
    """What was found, and what could not be looked at, in words for a person."""

    found: tuple[ConnectedAccount, ...]
    notes: tuple[str, ...]

    @property
    def well(self) -> bool:
        """True where none of them needs a person."""
        return all(one.state.well for one in self.found)


def all_accounts(specs: Iterable[SyncSpec], project: ProjectSpec, *, ask: bool) -> Accounts:
    """Every account; without `ask` by what connections and ledger say alone."""
    types = {info.conn_type: info.name for info in importable_apps()}
    listed = listed_connections(types)
    with contextlib.ExitStack() as stack:
        services, known, notes = _remembered(project, stack)
        ways = ways_to(specs, listed.ids, known)
        found = looked_at(ways, cli_connection, services if ask else None)
    return Accounts(found, (*listed.notes, *notes))


def _remembered(project: ProjectSpec, stack: contextlib.ExitStack) -> tuple[Services, Known, tuple[str, ...]]:
    """What the ledger gives; where it cannot be used, accounts that need nothing of it are asked all the same."""
    from contactsync.ledger.migrate import check
    from contactsync.ledger.store import LedgerReader

    try:
        engine = stack.enter_context(open_engine(project, cli_connection))
        check(engine)
    except ContactsyncError as error:
        services = Services(tokens=NoTokens(f"the ledger cannot keep them. {error.message}", error.next_step), tries=1)
        return services, lambda _: {}, (f"Whose account a sync belongs to is not known. {error}",)
    reader = LedgerReader(engine, utc_now)

    def known(sync_id: str) -> Mapping[Side, str]:
        row = reader.sync(sync_id)
        return row.accounts if row else {}

    return replace(services_of(engine, project), tries=1), known, ()


def looked_at(ways: Sequence[Way], find: FindConnection, services: Services | None) -> tuple[ConnectedAccount, ...]:
    """How each account stands, by connection. `services`: None = nobody is asked."""
    opened = [_opened(way, find) for way in ways]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda one: _asked(one, services), opened))
    return tuple(sorted(_together(seen), key=lambda one: (one.connection, one.app)))


@dataclass(frozen=True)
class _Opened:
    """An account before anybody was asked. `connection`: None where there is nothing to ask with."""

    here: ConnectedAccount
    options: Mapping[str, Any]
    connection: Connection | None = None


def _opened(way: Way, find: FindConnection) -> _Opened:
    here = ConnectedAccount(way.connection, way.app, AccountState.NOT_ASKED, uses=way.uses)
    try:
        connection = find(way.connection)
    except ConnectionMissing as error:
        if way.listed:
            problem = f"Airflow has the connection {way.connection!r}, but it cannot be read."
            unread = replace(here, state=AccountState.NOT_SET_UP, problem=problem, next_step=SAME_KEY)
            return _Opened(unread, way.options)
        return _Opened(_troubled(here, AccountState.MISSING, error), way.options)
    types = {info.conn_type: info.name for info in importable_apps()}
    info = load_app(way.app or types[connection.conn_type or ""]).info
    here = replace(here, app=info.name)
    try:
        credentials_of(info, connection)
    except ConnectionMissing as error:
        fits = connection.conn_type == info.conn_type
        state = AccountState.NOT_SET_UP if fits else AccountState.WRONG_TYPE
        return _Opened(_troubled(here, state, error), way.options)
    return _Opened(here, way.options, connection)


def _asked(opened: _Opened, services: Services | None) -> ConnectedAccount:
    here, connection = opened.here, opened.connection
    if connection is None or services is None:
        return here
    told: list[float] = []

    def note(headers: Mapping[str, str]) -> None:
        with contextlib.suppress(KeyError, TypeError, ValueError):  # no such header, or no time in it
            told.append((services.clock() - parsedate_to_datetime(headers["Date"])).total_seconds())

    listening = replace(services, heard=note)
    try:
        app = hook_class(here.app)(here.connection, find=lambda _: connection).get_app(opened.options, listening)
        account = app.account()
    except ContactsyncError as error:
        return _troubled(here, _state_of(error), error)
    except Exception as error:  # noqa: BLE001 - the others go on, and the error's own words may hold secrets
        problem = f"It could not be asked: {type(error).__name__}."
        return replace(here, state=AccountState.NOT_REACHABLE, problem=problem, next_step=PRESS_TEST)
    skew = told[-1] if told else None
    return _compared(replace(here, state=AccountState.CONNECTED, account=account, skew=skew), account.id)


def _state_of(error: ContactsyncError) -> AccountState:
    if isinstance(error, AuthError):
        return AccountState.NEEDS_AUTHORISATION
    away = isinstance(error, RetryError | NotTheApi | BadListing)
    return AccountState.NOT_REACHABLE if away else AccountState.NOT_SET_UP


def _compared(here: ConnectedAccount, account_id: str) -> ConnectedAccount:
    others = [use for use in here.uses if use.known not in ("", account_id)]
    if not others:
        return here
    syncs = ", ".join(f"{use.sync} ({use.side} side: {use.known})" for use in others)
    return replace(
        here,
        state=AccountState.WRONG_ACCOUNT,
        problem=f"The connection leads to {account_id}, but these syncs belong to another account: {syncs}.",
        next_step=f"correct the connection, or accept the new account with: contactsync relink {others[0].sync}",
    )


def _troubled(here: ConnectedAccount, state: AccountState, error: ContactsyncError) -> ConnectedAccount:
    return replace(here, state=state, problem=error.message, next_step=error.next_step)


def _together(seen: Iterable[ConnectedAccount]) -> Iterator[ConnectedAccount]:
    """One row where several ways lead to the same place alike: most options say how to read, few say what."""
    rows: dict[Any, ConnectedAccount] = {}
    for one in seen:
        told = one.account and (one.account.id, one.account.contacts)
        key = (one.connection, one.app, one.state, one.problem, told)
        before = rows.get(key)
        rows[key] = replace(before, uses=(*before.uses, *one.uses)) if before else one
    yield from rows.values()
