"""Commands for what waits for a person: holds, decide, link, keep-apart, conflicts, decisions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contactsync.cli import hold_tables, spreadsheet
from contactsync.cli.place import include_folder, request, workplace
from contactsync.cli.talk import json_text
from contactsync.model.decisions import Answer
from contactsync.model.waiting import REASONS

if TYPE_CHECKING:
    from contactsync.stages.deciding import Judge
    from contactsync.stages.retrying import Retried

Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]
Sync = Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LeftId = Annotated[str, typer.Argument(help="Id of the contact in the left app.", show_default=False)]
RightId = Annotated[str, typer.Argument(help="Id of the contact in the right app.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync holds freshsales-google --reason refused --retry")(holds)
    app.command(epilog="Example: contactsync decide freshsales-google 1f3a9c20 left")(decide)
    app.command(epilog="Example: contactsync link freshsales-google 17008066468 people/c42")(link)
    app.command(name="keep-apart", epilog="Example: contactsync keep-apart freshsales-google 17008066468 people/c42")(
        keep_apart
    )
    app.command(epilog="Example: contactsync conflicts freshsales-google --limit 20")(conflicts)


def holds(
    sync: Sync,
    reason: Annotated[str, typer.Option(help=f"Only this kind: {', '.join(REASONS)}.")] = "",
    contact: Annotated[
        str, typer.Option(help="Only this one: an id, left:ID, right:ID, an e-mail address, or the name of a hold.")
    ] = "",
    export: Annotated[
        Path | None, typer.Option(help="Write them to FILE.csv or FILE.parquet, with the vendor's words.")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Let the next run try again what is listed: only what failed is sent.")
    ] = False,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """List what waits, grouped by reason, with what may be answered to each; export it, or let it be tried again."""
    from contactsync.stages.deciding import Judge
    from contactsync.stages.retrying import retry_waiting
    from contactsync.stages.waiting import waiting, wanted_of

    asked = request()
    with workplace(include_folder(include), sync, asked.run_id) as place:
        wanted = wanted_of(place, reason, contact)
        found = waiting(place.reader, sync, wanted)
        names = {side: place.app(side).info.title for side in hold_tables.SIDES}
        if export is not None:
            rows = [hold_tables.exported(sync, one, names) for one in found]
            spreadsheet.export(export, rows, hold_tables.EXPORTED)
        done = retry_waiting(Judge(place, asked), wanted) if retry else None
    if done is not None:
        _tell(sync, done, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps([hold_tables.waiting_as_data(one) for one in found], indent=2))
    else:
        hold_tables.holds(sync, found, names, of=contact)


def _tell(sync: str, done: Retried, *, as_json: bool) -> None:
    if as_json:
        told = {"again": done.again, "left": done.left, "unread": done.unread}
        data = {name: [hold_tables.waiting_as_data(one) for one in ones] for name, ones in told.items()}
        typer.echo(json.dumps(data, indent=2))
    else:
        hold_tables.retried(sync, done)


def decide(
    sync: Sync,
    hold: Annotated[str, typer.Argument(help="Name of the hold, as `contactsync holds` shows it.")],
    answer: Annotated[Answer, typer.Argument(help="What to do; `contactsync holds` says what fits.")],
    of: Annotated[str, typer.Option(help="With adopt: id of the contact in the other app.")] = "",
    include: Include = None,
) -> None:
    """Settle one hold, for good. The next run does what follows."""
    from contactsync.stages.deciding import decide as settle

    _judged(sync, include, lambda judge: settle(judge, hold, answer, of))


def link(sync: Sync, left: LeftId, right: RightId, include: Include = None) -> None:
    """Say that two contacts are one person, whatever their keys say."""
    from contactsync.stages.deciding import link as join

    _judged(sync, include, lambda judge: join(judge, left, right))


def keep_apart(sync: Sync, left: LeftId, right: RightId, include: Include = None) -> None:
    """Say that two contacts are two persons: never matched, and neither is created for the other."""
    from contactsync.stages.deciding import keep_apart as part

    _judged(sync, include, lambda judge: part(judge, left, right))


def conflicts(
    sync: Sync,
    run: Annotated[str, typer.Option(help="Only those of this run id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many, newest first.")] = 100,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """List every value that lost, or that nobody won: base, both values, winner, rule and run."""
    asked = request()
    with workplace(include_folder(include), sync, asked.run_id) as place:
        place.reader.check()
        found = place.reader.conflicts(sync, run or None)[:limit]
        linked = {k.id: k for k in place.reader.links(sync, sorted({c.link_id for _, _, c in found}))}
    rows: list[dict[str, Any]] = [hold_tables.conflict_as_data(r, at, c, linked.get(c.link_id)) for r, at, c in found]
    if as_json:
        typer.echo(json_text(rows))
    else:
        hold_tables.conflicts(rows)


def _judged(sync: str, include: Path | None, say: Callable[[Judge], str]) -> None:
    from contactsync.stages.deciding import Judge

    asked = request()
    with workplace(include_folder(include), sync, asked.run_id) as place:
        told = say(Judge(place, asked))
    typer.echo(told)
