"""Connected accounts for people and programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from contactsync.cli.talk import Text, console
from contactsync.model.accounts import AccountState, ConnectedAccount

if TYPE_CHECKING:
    from contactsync.orchestration.accounts import Accounts

NONE_YET = (
    "Airflow has no connection of contactsync's types, and no sync names one. Next: contactsync authorise "
    "google_contacts, or add one under Admin > Connections (contactsync apps lists the types)."
)
COLOURS = {AccountState.CONNECTED: "green", AccountState.NOT_ASKED: ""}


def show(accounts: Accounts) -> None:
    """One row an account; then, for each that needs a person, what is wrong and what to do."""
    out = console()
    if not accounts.found:
        out.print(Text(NONE_YET))
    else:
        table = Table("connection", "app", "account", "state", "contacts", "used by")
        for one in accounts.found:
            state = Text(one.state.value, style=COLOURS.get(one.state, "red"))
            table.add_row(one.connection, one.app, _whose(one), state, _contacts(one), _used_by(one))
        out.print(table)
    for one in accounts.found:
        if one.problem:
            step = f" Next: {one.next_step}" if one.next_step else ""
            out.print(Text(f"{one.connection}: {one.problem}{step}", style="red"))
    for note in accounts.notes:
        out.print(Text(note, style="yellow"))


def as_data(accounts: Accounts) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "well": accounts.well,
        "accounts": [
            {
                "connection": one.connection,
                "app": one.app,
                "state": one.state.value,
                "account": asdict(one.account) if one.account else None,
                "syncs": [{"sync": use.sync, "side": use.side.value, "belongs_to": use.known} for use in one.uses],
                "problem": one.problem,
                "next_step": one.next_step,
            }
            for one in accounts.found
        ],
        "notes": list(accounts.notes),
    }


def _whose(one: ConnectedAccount) -> str:
    """Owner and host as the vendor tells them; else the account that its syncs belong to."""
    if one.account is None:
        return ", ".join(dict.fromkeys(use.known for use in one.uses if use.known))
    if one.account.owner:
        return f"{one.account.owner} at {one.account.host}"
    return one.account.id


def _contacts(one: ConnectedAccount) -> str:
    return "" if one.account is None or one.account.contacts is None else str(one.account.contacts)


def _used_by(one: ConnectedAccount) -> str:
    return ", ".join(f"{use.sync} ({use.side})" for use in one.uses) or "no sync"
