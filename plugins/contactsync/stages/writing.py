"""load: the plan's actions of one side, written under the account's lease."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from contactsync.checks import Target
from contactsync.errors import ArtefactError, StopError
from contactsync.frames import plan_from
from contactsync.load import Loader, LoadOrder
from contactsync.model.exchange import State, Verb
from contactsync.model.plan import Bucket
from contactsync.model.spec import Side
from contactsync.model.stages import Loaded, Opened, Planned, RunRequest, Waits
from contactsync.packed import Packed
from contactsync.stages.run_words import batches_words
from contactsync.stages.same_file import check_file
from contactsync.stages.workplace import Workplace

WRITTEN = {Verb.CREATE: Bucket.CREATED, Verb.UPDATE: Bucket.UPDATED, Verb.DELETE: Bucket.DELETED}
UNWRITTEN = {
    State.ADOPTED: "there already",
    State.REFUSED: "refused by the app",
    State.OVERTAKEN: "edited meanwhile",
    State.NOT_SENT: "not sent",
    State.PLANNED: "not reached",
    State.SENT: "without an answer",
    State.ACCEPTED: "without an answer yet",
    State.UNKNOWN: "without an answer",
}
ANEW = "clear the task `open` of this run with everything downstream, or trigger a new run."


def load_side(place: Workplace, request: RunRequest, opened: Opened, planned: Planned, side: Side) -> Loaded:
    """Write one side. A dry run writes nothing. Errors: AccountBusy, FenceLost, FileChanged, AuthError ..."""
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
    check_file(place, header)
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
    loaded = Loader(order, place.ledger, target, place.app(side.other)).run(intents)
    keys = {i.key for i in intents}
    return _with_ends(loaded, place.reader.ends_of_run(place.spec.id, request.run_id, side, keys))


def written_line(place: Workplace, side: Side, loaded: Loaded) -> str:
    """`Google Contacts: 12 updated, 1 created; 3 not written (refused by the app 3)`."""
    done = ", ".join(f"{count} {what}" for what, count in loaded.written.items()) or "nothing written"
    why: dict[str, int] = {}
    for state, count in loaded.unwritten.items():
        words = UNWRITTEN[State(state)]
        why[words] = why.get(words, 0) + count
    told = ", ".join(f"{words} {count}" for words, count in sorted(why.items()))
    left = f"; {sum(why.values())} not written ({told})" if why else ""
    failed = f". NOT COMPLETE: {batches_words(loaded.failed_batches, side)}" if loaded.failed_batches else ""
    return f"{place.names[side]}: {done}{left}{failed}"


def _with_ends(loaded: Loaded, ends: Mapping[tuple[Verb, State], int]) -> Loaded:
    """What the journal says of this plan, after all tries of it."""
    unwritten: dict[str, int] = {}
    for (_, state), count in ends.items():
        if state is not State.DONE:
            unwritten[state.value] = unwritten.get(state.value, 0) + count
    done = {WRITTEN[verb].value: ends[verb, State.DONE] for verb in WRITTEN if ends.get((verb, State.DONE))}
    return replace(loaded, written=done, unwritten=unwritten)
