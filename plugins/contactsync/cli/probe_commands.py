"""contactsync probe: what an app assumes of the vendor, checked against the user's own account."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from contactsync.cli.place import folder_or_none, loaded, project_of, request
from contactsync.cli.talk import json_text, log_to_stderr
from contactsync.errors import ConfigError, WritesForbidden
from contactsync.model.probe import Finding, Verdict
from contactsync.model.spec import SIDES, ProjectSpec
from contactsync.orchestration.connections import load_airflow

TERMINATED = 143  # what shells report of a process ended by SIGTERM


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: contactsync probe freshsales_acme --json")(probe)


def probe(
    connection: Annotated[str, typer.Argument(help="Id of an Airflow connection.", show_default=False)],
    write: Annotated[
        bool, typer.Option("--write", help="Also make one contact with an invented name, try it, and delete it.")
    ] = False,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the app's options, as in a sync file; may be repeated.")
    ] = None,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as bug reports need it.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")] = False,
) -> None:
    """Check what contactsync assumes of this very account, and say what does not hold. Reads only, without --write.

    Ends with 1 where an assumption is refuted.
    """
    out = sys.stdout
    options, project, syncs = _options(option or ()), *_project(include, connection)
    told: list[tuple[str, Finding]] = []
    # Airflow's own loggers write to stdout, which is the command's answer; what they say meanwhile goes to stderr.
    with redirect_stdout(sys.stderr), _ending_in_order():
        load_airflow()
        log_to_stderr(verbose=verbose)
        with closing(_found(connection, options, project, syncs, write=write)) as found:
            for title, finding in found:
                told.append((title, finding))
                if not as_json:
                    typer.echo(_line(finding), file=out)
    if as_json:
        typer.echo(json_text(_report(told, write=write)))
    else:
        typer.echo(_summary(told))
    if any(finding.verdict is Verdict.REFUTED for _, finding in told):
        raise typer.Exit(1)


def _found(
    connection: str, options: Mapping[str, str], project: ProjectSpec, syncs: Iterable[str], *, write: bool
) -> Generator[tuple[str, Finding], None, None]:
    """The app's title with each finding. Errors: those of App.account, for there is nothing to check without it."""
    from contactsync.orchestration.probing import opened, probed

    if write and not project.writes:
        raise WritesForbidden(
            f"In environment {project.environment!r} nothing is written to any account.",
            next_step="leave out --write, or set CONTACTSYNC_ENV to an environment with writes: allowed",
        )
    with opened(connection, options, project) as (app, ledger):
        app.account()
        with closing(probed(app, ledger, syncs, request().run_id, write=write)) as findings:
            for finding in findings:
                yield app.info.title, finding


def _options(words: Iterable[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    wrong = [name for name, equals, _ in pairs if not (name and equals)]
    if wrong:
        raise ConfigError(f"--option {wrong[0]!r} is no NAME=VALUE.", next_step="write for example --option view=12345")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _project(include: Path | None, connection: str) -> tuple[ProjectSpec, tuple[str, ...]]:
    """The project's settings, and the syncs that use the connection; without a project folder, defaults and none."""
    folder = folder_or_none(include)
    if folder is None:
        return ProjectSpec(), ()
    specs = loaded(folder).specs
    return project_of(folder), tuple(s.id for s in specs if connection in [s.side(x).connection for x in SIDES])


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """A command that is asked to end still deletes its throw-away contact."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _line(finding: Finding) -> str:
    line = f"{finding.verdict.value}: {finding.id}: {finding.assumption} [{finding.relies}]: {finding.seen}."
    return f"{line} Next: {finding.remedy}." if finding.verdict is Verdict.REFUTED else line


def _summary(told: Sequence[tuple[str, Finding]]) -> str:
    counts = Counter(finding.verdict for _, finding in told)
    if not counts:
        return "This app assumes nothing that could be checked."
    return f"{told[0][0]}: " + ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)


def _report(told: Sequence[tuple[str, Finding]], *, write: bool) -> dict[str, Any]:
    """Nothing that tells whose account it is."""
    findings = [asdict(finding) for _, finding in told]
    return {
        "contactsync": version("contactsync"),
        "app": told[0][0] if told else "",
        "write": write,
        "findings": findings,
    }
