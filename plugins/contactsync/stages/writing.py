"""load: the plan's actions of one side, written under the account's lease."""

from __future__ import annotations

from datetime import datetime

from contactsync.checks import Target
from contactsync.errors import ArtefactError, StopError
from contactsync.frames import plan_from
from contactsync.load import Loader, LoadOrder
from contactsync.model.spec import Side
from contactsync.model.stages import Loaded, Opened, Planned, RunRequest, Waits
from contactsync.packed import Packed
from contactsync.stages.workplace import Workplace

ANEW = "clear the task `open` of this run with everything downstream, or trigger a new run."


def load_side(place: Workplace, request: RunRequest, opened: Opened, planned: Planned, side: Side) -> Loaded:
    """Write one side. A dry run writes nothing. Errors: AccountBusy, FenceLost, AuthError and what stops a load."""
    if request.dry_run:
        return Loaded(side.value, 0, 0)
    if planned.waits is not Waits.NOBODY:
        raise StopError("The plan of this run waits for a person. Nothing was written.", next_step=ANEW)
    pieces, header = place.artefacts.read_pieces(planned.ref)
    if (header["sync"], header["run"]) != (place.spec.id, request.run_id):
        raise ArtefactError(
            f"The plan that was handed on is of run {header['run']} of sync {header['sync']}. Nothing was written.",
            next_step=ANEW,
        )
    plan = plan_from(pieces, header, parts=("intents",))
    intents = Packed(i for i in plan.intents if i.side is side)
    if not intents:
        return Loaded(side.value, 0, 0)
    place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    order = LoadOrder(
        place.spec.id, request.run_id, side, request.owner, opened.fence, place.clock, place.ended,
        place.app(side).access.services.sleep,
    )  # fmt: skip
    translator = place.translator(side)
    translator.expect([i.target_id for i in intents if i.target_id])
    read_at = datetime.fromisoformat(header["began_at"][side.value])
    cursor = header["cursors"][side.value]
    target = Target(place.app(side), translator, place.account_id(side), cursor, read_at)
    return Loader(order, place.ledger, target, place.app(side.other)).run(intents)
