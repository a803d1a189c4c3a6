"""contactsync sandbox: local servers that speak the vendors' APIs, with invented contacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: contactsync sandbox --contacts 200")(sandbox)


def sandbox(
    contacts: Annotated[int, typer.Option(min=0, max=20_000, help="Persons on both sides.")] = 100,
    only_left: Annotated[int, typer.Option(min=0, max=20_000, help="Persons only in Freshsales.")] = 10,
    only_right: Annotated[int, typer.Option(min=0, max=20_000, help="Persons only in Google Contacts.")] = 10,
    freshsales_port: Annotated[int, typer.Option(min=0, max=65535, help="0 = a free port.")] = 0,
    google_port: Annotated[int, typer.Option(min=0, max=65535, help="0 = a free port.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed invents the same persons.")] = 7,
) -> None:
    """Start and seed the local servers, print how to connect to them, and serve until Ctrl-C."""
    from contactsync.sandbox.freshsales import FreshsalesSandbox
    from contactsync.sandbox.freshsales_seed import seed_freshsales
    from contactsync.sandbox.people import PeopleSandbox
    from contactsync.sandbox.people_data import both_sides
    from contactsync.sandbox.people_seed import seed_people
    from contactsync.sandbox.run import run_sandboxes

    persons = both_sides(seed, contacts, only_left, only_right)
    freshsales, google = FreshsalesSandbox(port=freshsales_port), PeopleSandbox(port=google_port)
    seed_freshsales(freshsales, persons.left)
    seed_people(google, persons.right)
    run_sandboxes(
        [freshsales, google],
        typer.echo,
        started=lambda: _connections(freshsales.url, freshsales.api_key, google.credentials(), google.url),
    )


def _connections(freshsales: str, key: str, google: Mapping[str, str], root: str) -> None:
    """What to paste into a shell, so that the shipped syncs use these servers."""
    from contactsync.sandbox.server import PERMITTED

    crm = {"conn_type": "freshsales", "host": f"{freshsales}/crm/sales/api", "password": key, "extra": PERMITTED}
    book = {
        "conn_type": "google_contacts",
        "host": root,
        "login": google["client_id"],
        "password": google["client_secret"],
        "extra": {"refresh_token": google["refresh_token"], "token_url": google["token_uri"], **PERMITTED},
    }
    typer.echo("Connections for the shipped syncs:")
    typer.echo(f"export AIRFLOW_CONN_FRESHSALES_ACME='{json.dumps(crm)}'")
    typer.echo(f"export AIRFLOW_CONN_GOOGLE_ALEX='{json.dumps(book)}'")
