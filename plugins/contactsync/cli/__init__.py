"""`contactsync ...`: the command line. Each command is a thin layer over the stages and the ledger."""

from __future__ import annotations

import os
import sys

import typer

from contactsync.cli import (
    account_commands,
    doctor_commands,
    explain_commands,
    field_commands,
    hold_commands,
    housekeeping_commands,
    ledger_commands,
    offline_commands,
    person_commands,
    probe_commands,
    report_commands,
    sandbox_commands,
    snapshot_commands,
    sync_commands,
    undo_commands,
    validate_commands,
)
from contactsync.cli.given import check_words, files_told
from contactsync.errors import ContactsyncError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps contacts equal between two apps, both ways.",
    epilog="Exit codes: 0 all done; 1 a run ended with problems, or a check failed; 2 stopped before or during "
    "writing; 3 try again later; 4 something in a file, option or connection is wrong; 5 another run holds the sync.",
)
validate_commands.add_to(app)
sync_commands.add_to(app)
field_commands.add_to(app)
hold_commands.add_to(app)
person_commands.add_to(app)
explain_commands.add_to(app)
undo_commands.add_to(app)
report_commands.add_to(app)
account_commands.add_to(app)
doctor_commands.add_to(app)
offline_commands.add_to(app)
snapshot_commands.add_to(app)
probe_commands.add_to(app)
ledger_commands.add_to(app)
housekeeping_commands.add_to(app)
sandbox_commands.add_to(app)


def main() -> None:
    """The console script. An error of ours is one readable line and an exit code; everything else is a bug."""
    # Airflow finds fault with the underscore of a connection type at each look-up; the type's name is what users know.
    os.environ.setdefault("AIRFLOW__LOGGING__NAMESPACE_LEVELS", "airflow.models.connection.Connection=ERROR")
    try:
        check_words(sys.argv[1:])
        with files_told():
            app()
    except ContactsyncError as error:
        from contactsync.cli.talk import plain  # what a server calls its address books, for one, may be in it

        sys.stderr.write(f"{type(error).__name__}: {plain(str(error))}\n")
        sys.exit(error.exit_code)
