"""contactsync explain: one contact, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contactsync.cli.place import include_folder, request, workplace
from contactsync.cli.talk import Text, console, json_text
from contactsync.model.decisions import Wish
from contactsync.model.readable import readable
from contactsync.model.spec import SIDES, Side
from contactsync.sync.matching import LEFT_OUT
from contactsync.sync.reconcile import NOT_AGAIN

if TYPE_CHECKING:
    from contactsync.model.plan import JournalRow
    from contactsync.stages.explaining import Explanation, Half

Who = Annotated[str, typer.Argument(help="An id, left:ID, right:ID, or an e-mail address.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: contactsync explain freshsales-google ada@example.org")(explain)


def explain(
    sync: Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)],
    contact: Who,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the apps what they show now.")] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one contact: both sides, its link, what was last seen, what waits, and what was done. Writes nothing."""
    from contactsync.stages.explaining import explain as tell

    asked = request(dry_run=True)
    with workplace(include_folder(include), sync, asked.run_id) as place:
        found = tell(place, contact, live=not offline)
        names = {side: place.app(side).info.title for side in SIDES}
    if as_json:
        typer.echo(json_text(as_data(found)))
    else:
        for line in _lines(found, names):
            console().print(Text(line))


def as_data(found: Explanation) -> dict[str, Any]:
    """The same as JSON-able data."""
    link = found.link
    return {
        "sides": {h.side.value: _half(h) for h in found.halves},
        "link": link
        and {
            "id": link.id,
            "status": link.status.value,
            "in_scope": {s.value: link.scope.get(s, True) for s in SIDES},
            "apart": {name: apart.reason.value for name, apart in link.apart.items()},
        },
        "holds": {n: {"reason": h.reason.value, "field": h.field, "detail": h.detail} for n, h in found.holds.items()},
        "conflicts": [
            {"run": run, "field": c.field, "rule": c.rule, "winner": c.winner and c.winner.value}
            for run, _, c in found.conflicts
        ],
        "actions": [_action(row) for row in found.actions],
        "decisions": [{"when": at.isoformat(), "by": by, "what": w, "answer": a} for at, by, w, a in found.decisions],
    }


_LEFT_OUT: dict[str, str] = {Wish.SKIP: LEFT_OUT, Wish.NOT_AGAIN: NOT_AGAIN}


def _half(half: Half) -> dict[str, Any]:
    names = {**half.base, **half.seen, **(half.now or {})}
    known = half.known
    return {
        "contact": half.contact_id,
        "presence": half.presence,
        "first_seen": known.first_seen_at.isoformat() if known and known.first_seen_at else "",
        "left_out": _LEFT_OUT.get(known.wish, "") if known else "",
        "fields": {
            name: {
                "now": readable(name, half.now[name]) if half.now and name in half.now else None,
                "last_seen": readable(name, half.seen[name]) if name in half.seen else None,
                "settled": readable(name, half.base[name]) if name in half.base else None,
            }
            for name in names
        },
    }


def _action(row: JournalRow) -> dict[str, Any]:
    intent, outcome = row.intent, row.outcome
    return {
        "run": row.run_id,
        "when": row.sent_at.isoformat() if row.sent_at else "",
        "verb": intent.verb.value,
        "side": intent.side.value,
        "state": outcome.state.value,
        "fields": sorted(intent.patch) or list(intent.trimmed),
        "because": intent.reason,
        "said": outcome.reason,
    }


def _lines(found: Explanation, names: dict[Side, str]) -> Iterator[str]:
    data = as_data(found)
    for side in SIDES:
        half = data["sides"].get(side.value)
        if half is None:
            yield f"{names[side]}: no contact linked"
            continue
        yield f"{names[side]} {half['contact']}: {half['presence']}"
        if half["left_out"]:
            yield f"    left out: {half['left_out']}"
        for name, value in half["fields"].items():
            shown = value["now"] if value["now"] is not None else value["last_seen"]
            was = value["settled"]
            yield f"    {name}: {shown}" + (f"   (last settled: {was})" if was is not None and was != shown else "")
    link = data["link"]
    if link:
        scope = ", ".join(f"{names[Side(s)]} {'in' if v else 'out of'} scope" for s, v in link["in_scope"].items())
        yield f"link {link['id']}: {link['status']}; {scope}"
        yield from (f"    {name} rightly differs: {why.replace('_', ' ')}" for name, why in link["apart"].items())
    for name, hold in data["holds"].items():
        yield f"held {name}: {hold['reason']} {hold['field']}: {hold['detail']}"
    for c in data["conflicts"]:
        yield f"conflict over {c['field']}: {c['winner'] or 'nobody'} won ({c['rule']}) in {c['run']}"
    for a in data["actions"]:
        what = ", ".join(a["fields"])
        done = f"{a['when'][:19]} {a['verb']} in {names[Side(a['side'])]}"
        yield f"{done}: {a['state']} {a['said']} [{what}] {a['because']}"
    for d in data["decisions"]:
        yield f"{d['when'][:19]} {d['by']} decided {d['what']} -> {d['answer']}"
