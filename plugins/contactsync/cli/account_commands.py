"""Commands about accounts: authorise, accounts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contactsync.apps import load_app
from contactsync.cli import account_tables
from contactsync.cli.place import folder_or_none, loaded, project_of
from contactsync.cli.talk import json_text, log_to_stderr, plain
from contactsync.errors import ConfigError
from contactsync.model.app import AppInfo
from contactsync.model.spec import ProjectSpec, SyncSpec
from contactsync.orchestration.connections import load_airflow

if TYPE_CHECKING:
    from contactsync.orchestration.authorising import Authorised

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CLIENT_ID_VARIABLE = "CONTACTSYNC_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "CONTACTSYNC_CLIENT_SECRET"  # nosec B105 # noqa: S105 - a variable's name


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync authorise google_contacts --connection google_alex")(authorise)
    app.command(epilog="Example: contactsync accounts --offline --json")(accounts)


def authorise(  # nosec B107 # empty: asked for where it is not given
    app: Annotated[str, typer.Argument(help="The app, for example google_contacts.", show_default=False)],
    connection: Annotated[str, typer.Option(help="Id of the connection to make.  [default: the app's name]")] = "",
    client_id: Annotated[str, typer.Option(envvar=CLIENT_ID_VARIABLE, help="Of your OAuth client; else asked.")] = "",
    client_secret: Annotated[
        str, typer.Option(envvar=CLIENT_SECRET_VARIABLE, help="Better in the variable, or typed when asked.")
    ] = "",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="For servers: open the page elsewhere, paste the answer here.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the answer is waited for; 0 = a free one.")] = 0,
    wait: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for the answer.")] = 300,
    service_account: Annotated[
        Path | None, typer.Option(help="Key file of a service account, instead of a person's consent.")
    ] = None,
    subject: Annotated[str, typer.Option(help="With a service account: whose contacts they are (e-mail).")] = "",
    host: Annotated[str, typer.Option(help="API root, if it is not the vendor's own.")] = "",
    authorise_url: Annotated[str, typer.Option(help="Consent page, if it is not the vendor's own.")] = "",
    token_url: Annotated[str, typer.Option(help="Token endpoint, if it is not the vendor's own.")] = "",
    userinfo_url: Annotated[str, typer.Option(help="Userinfo endpoint, if it is not the vendor's own.")] = "",
    allow_host: Annotated[str, typer.Option(help="Other hosts than the vendor's that may be given the secrets.")] = "",
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Send secrets unencrypted, to http addresses.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Hosts may lie on this machine or in a private network.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a person authorise an account in the browser, try it, and print the connection for Airflow.

    What is printed holds secrets: store it as a connection, keep it nowhere else.
    """
    info, name = load_app(app).info, connection or app
    addresses = {"authorise_url": authorise_url, "token_url": token_url, "userinfo_url": userinfo_url}
    # Airflow's own loggers write to stdout, which is the command's answer.
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=False)
        from contactsync.orchestration.authorising import checked, permissions

        permitted = permissions(host=allow_host, http=allow_http, private=allow_private)
        if service_account is not None or subject:
            given = _service_account(info.title, {c.name for c in info.credentials}, service_account, subject)
            done = checked(info, name, {**given, "host": host, "token_url": token_url, **permitted})
        else:
            page = {"browser": not no_browser, "port": port, "wait": wait}
            given = {"host": host, **permitted}
            done = _consented(info, name, addresses, (client_id, client_secret), page, given)
    _tell(done, as_json=as_json)


def _consented(
    info: AppInfo,
    name: str,
    addresses: Mapping[str, str],
    entered: tuple[str, str],
    page: Mapping[str, Any],
    given: Mapping[str, str],
) -> Authorised:
    """Ask for the client where it was not entered, and a person for consent; then try what came of it."""
    from contactsync.cli.consent_talk import ask_client, ask_consent
    from contactsync.orchestration.authorising import by_consent, oauth_of

    oauth = oauth_of(info, addresses)
    client = ask_client(info, oauth, *entered)
    consent, code = ask_consent(info, oauth, client, **page)
    return by_consent(info, oauth, name, client, consent, code, given)


def accounts(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no vendor: what connections and ledger say.")] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")] = False,
) -> None:
    """List connected accounts: whose each is, how it stands, how many contacts it sees, which syncs use it.

    Ends with 1 where an account is not connected. Nothing is written to any app.
    """
    specs, project, notes = _project(include)
    # Airflow's own loggers write to stdout, which is the command's answer.
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=verbose)
        from contactsync.orchestration.accounts import all_accounts

        found = all_accounts(specs, project, ask=not offline)
    found = replace(found, notes=(*notes, *found.notes))
    if as_json:
        typer.echo(json_text(account_tables.as_data(found)))
    else:
        account_tables.show(found)
    if not found.well:
        raise typer.Exit(1)


def _project(include: Path | None) -> tuple[tuple[SyncSpec, ...], ProjectSpec, tuple[str, ...]]:
    """Syncs, settings, and what is missing among them. Without a project folder: none, and defaults."""
    folder = folder_or_none(include)
    if folder is None:
        return (), ProjectSpec(), ("No include/mappings folder here: which syncs use an account is not known.",)
    files = loaded(folder)
    broken = ", ".join(one.id for one in files.broken)
    notes = (f"Left out, because their files are broken (contactsync validate says why): {broken}.",) if broken else ()
    return files.specs, project_of(folder), notes


def _service_account(title: str, names: set[str], file: Path | None, subject: str) -> dict[str, str]:
    """Errors: ConfigError (no such app, option or file)."""
    if "service_account" not in names:
        raise ConfigError(f"{title} knows no service accounts.", next_step="leave out --service-account and --subject")
    if file is None or not subject:
        raise ConfigError(
            "A service account needs both its key file and the person it acts for.",
            next_step="give --service-account FILE and --subject EMAIL",
        )
    try:
        return {"service_account": file.read_text("utf-8"), "subject": subject}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} cannot be read ({type(error).__name__}).", next_step="name the JSON file that holds the key"
        ) from None


def _tell(done: Any, *, as_json: bool) -> None:
    lines, account = done.lines, done.account
    if as_json:
        whose = {"id": account.id, "owner": account.owner, "host": account.host, "contacts": account.contacts}
        told = {
            "connection": lines.id,
            "account": whose,
            "fields": lines.fields,
            "variable": lines.variable,
            "command": lines.command,
        }
        typer.echo(json_text(told))
        return
    seen = f", {account.contacts} contacts" if account.contacts is not None else ""
    typer.echo(plain(f"It works: {account.host}, account {account.owner or account.id}{seen}."))
    typer.echo(f"\nThe connection {lines.id}, as JSON:\n{lines.json}")
    typer.echo(f"\nin the environment:\n{lines.variable or '(no variable can bear this id)'}")
    typer.echo(f"\nor in Airflow's database:\n{lines.command}")
