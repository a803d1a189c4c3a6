"""Commands about syncs: run, plan, release, relink, reset."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from contactsync.cli import plan_tables, tables
from contactsync.cli.place import include_folder, request, workplace
from contactsync.cli.plan_differences import differences
from contactsync.cli.talk import json_text, plain
from contactsync.mapping.loader import load_sync
from contactsync.model.stages import RunRequest, Summary
from contactsync.orchestration.project_file import defaults_in
from contactsync.orchestration.shipped_apps import ShippedApps

Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]
Sync = Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FullRead = Annotated[bool, typer.Option("--full-read", help="Read both apps completely.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")]


Limit = Annotated[
    int | None, typer.Option(min=1, help="Write at most so many contacts a side; the next run plans the others again.")
]
Contacts = Annotated[
    list[str] | None, typer.Option(help="Write only this one: an id, left:ID or right:ID; may be given several times.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync run freshsales-google --dry-run")(run)
    app.command(epilog="Example: contactsync plan freshsales-google")(plan)
    app.command(epilog="Example: contactsync release freshsales-google 1f3a9c2077aa01be --limit 10")(release)
    app.command(epilog="Example: contactsync relink freshsales-google")(relink)
    app.command(epilog="Example: contactsync reset freshsales-google")(reset)


def run(
    sync: Sync,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Work everything out, write nothing.")] = False,
    full_read: FullRead = False,
    apply_plan: Annotated[
        str, typer.Option(help="Hash of a plan that may pass once: a first one, or one over the limits.")
    ] = "",
    limit: Limit = None,
    contact: Contacts = None,
    include: Include = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Run one sync now, without a scheduler."""
    asked = request(dry_run=dry_run, full_read=full_read, apply_plan=apply_plan, limit=limit, contacts=contact or ())
    _run(sync, asked, include, as_json=as_json, verbose=verbose)


def release(
    sync: Sync,
    plan_hash: Annotated[str, typer.Argument(help="Hash of the plan, as the run or `plan` named it.", metavar="HASH")],
    limit: Limit = None,
    contact: Contacts = None,
    include: Include = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Let a plan pass, and run it now: a sync's first one, or one over its limits.

    What was edited since the plan was made is left for the next run; nothing is done that the plan did not say.
    """
    asked = request(apply_plan=plan_hash, limit=limit, contacts=contact or ())
    _run(sync, asked, include, as_json=as_json, verbose=verbose)


def _run(sync: str, asked: RunRequest, include: Path | None, *, as_json: bool, verbose: bool) -> None:
    from contactsync.pipeline import run_sync

    with workplace(include_folder(include), sync, asked.run_id, verbose=verbose) as place:
        summary = run_sync(place, asked)
    _tell(summary, as_json=as_json)
    if not summary.ok:
        raise typer.Exit(1)


def plan(
    sync: Sync,
    full_read: FullRead = False,
    against: Annotated[Path | None, typer.Option(help="Another version of the sync's file: what would differ.")] = None,
    run: Annotated[str, typer.Option(help="The plan of this run, as it was made; nothing is read.")] = "",
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would change now: per contact and field, with the reason, and why not. Writes nothing."""
    from contactsync.pipeline import plan_sync
    from contactsync.stages.lost_words import relinking
    from contactsync.stages.stored_plans import plan_of_run

    asked = request(dry_run=True, full_read=full_read)
    if against is not None:
        _compare(sync, against, include, asked, as_json=as_json)
        return
    with workplace(include_folder(include), sync, asked.run_id) as place:
        made, summary = plan_of_run(place, run) if run else plan_sync(place, asked)
        lost = None if run else relinking(place.reader, place.artefacts, sync, made)
        names = {side: place.app(side).info.title for side in (tables.LEFT, tables.RIGHT)}
    if as_json:
        typer.echo(json_text(plan_tables.plan_as_data(made, summary, lost)))
    else:
        plan_tables.plan(made, summary, names, lost)


def _compare(sync: str, against: Path, include: Path | None, asked: RunRequest, *, as_json: bool) -> None:
    from contactsync.pipeline import compare_specs

    other = load_sync(against, against.parent, ShippedApps(), defaults_in(include_folder(include)))
    with workplace(include_folder(include), sync, asked.run_id) as place:
        now, then = compare_specs(place, other, asked)
        names = {side: place.app(side).info.title for side in (tables.LEFT, tables.RIGHT)}
    found = differences(now, then)
    if as_json:
        typer.echo(json_text([asdict(one) for one in found]))
    else:
        plan_tables.differences(found, names, against.name)


def relink(
    sync: Sync,
    lost: Annotated[
        bool, typer.Option("--lost", help="Also a sync of which ledger and state file know nothing any more.")
    ] = False,
    include: Include = None,
) -> None:
    """Accept the accounts now behind the connections; links are found again, nobody is created or deleted meanwhile."""
    from contactsync.stages.relinking import relink as accept

    asked = request()
    with workplace(include_folder(include), sync, asked.run_id) as place:
        changed = accept(place, asked, never_ran=lost)
    for side, (before, now) in changed.items():
        typer.echo(plain(f"{side}: {before or 'unknown'} -> {now}" if before != now else f"{side}: {now} (as before)"))
    typer.echo("The next two runs read both sides completely and find the links again.")


def reset(
    sync: Sync,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    include: Include = None,
) -> None:
    """Drop the cursors of both sides: the next run reads both apps completely. Links, holds and journal stay."""
    from contactsync.stages.desk import desk_of
    from contactsync.stages.resetting import reset as drop

    asked = request()
    with workplace(include_folder(include), sync, asked.run_id) as place:
        if not yes:
            typer.confirm(f"Have sync {sync!r} read both apps completely in its next run?", abort=True, err=True)
        told = drop(desk_of(place), asked)
    typer.echo(told)


def _tell(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(summary), indent=2))
    else:
        tables.summary(summary)
