"""What the command line prints of forgetting a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from contactsync.cli.talk import Text, console, json_text
from contactsync.stages.stored import as_data

if TYPE_CHECKING:
    from contactsync.stages.forgetting import Erased, Portion

_COLUMNS = ("sync", "contacts", "links", "journal", "holds", "conflicts", "artefacts")


def show(portions: Sequence[Portion], *, as_json: bool, to_stderr: bool = False) -> None:
    """What would be erased, per sync, and who goes with the person."""
    if as_json:
        _print_json([_portion(one) for one in portions])
        return
    out = console(to_stderr=to_stderr)
    table = Table(*_COLUMNS)
    for one in portions:
        data = _portion(one)
        table.add_row(*(Text(", ".join(v) if isinstance(v, list) else str(v)) for v in (data[c] for c in _COLUMNS)))
    out.print(table)
    for one in portions:
        if one.beside:
            others = ", ".join(sorted(f"{side}:{i}" for side, i in one.beside))
            words = f"{one.sync_id}: these share an address and have no partner, so they are left alone too: {others}"
            out.print(Text(words, style="yellow"))
        if one.before:
            out.print(Text(f"{one.sync_id}: forgotten before; what is still there goes now."))
    out.print("Nothing is deleted in the apps.")


def done(erased: Erased, *, as_json: bool) -> None:
    """What was erased, and what is left to do."""
    if as_json:
        told = {"syncs": [_portion(one) for one in erased.portions], "artefacts_rewritten": erased.artefacts}
        _print_json({**told, "compacted": erased.compacted})
        return
    from contactsync.stages.forgetting import lines

    erased_so, as_before, *more = lines(erased)
    out = console()
    out.print(erased_so)
    out.print(as_before)
    for line in more:
        out.print(Text(line, style="yellow"))


def lifted(syncs: Sequence[str], *, as_json: bool) -> None:
    """Where the person is synced again."""
    if as_json:
        _print_json({"lifted": list(syncs)})
    else:
        words = f"Lifted in {', '.join(syncs)}. The next run reads both sides completely and meets the person anew."
        console().print(words)


def exported(portions: Sequence[Portion]) -> dict[str, Any]:
    """All that is stored, per sync."""
    return {"syncs": {one.sync_id: _stored(one) for one in portions if one.stored.known or one.artefacts or one.before}}


def _stored(one: Portion) -> dict[str, Any]:
    return {
        "contacts": sorted(f"{side}:{i}" for side, i in one.contacts),
        "share_an_address": sorted(f"{side}:{i}" for side, i in one.beside),
        "forgotten": one.before,
        **as_data(one.stored),
        "artefacts": [
            {"file": held.uri, "run": held.run, "rows": held.rows, "content": held.content} for held in one.artefacts
        ],
    }


def _portion(one: Portion) -> dict[str, Any]:
    return {
        "sync": one.sync_id,
        "contacts": sorted(f"{side}:{i}" for side, i in one.contacts),
        "beside": sorted(f"{side}:{i}" for side, i in one.beside),
        "links": len(one.stored.links),
        "journal": len(one.stored.actions),
        "holds": len(one.stored.holds),
        "conflicts": len(one.stored.conflicts),
        "artefacts": len(one.artefacts),
        "forgotten_before": one.before,
    }


def _print_json(data: Any) -> None:
    sys.stdout.write(f"{json_text(data)}\n")
