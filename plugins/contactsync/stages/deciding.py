"""A person's decisions: what to do with a hold, who is the same as whom. Each is a small run of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contactsync.errors import ConfigError
from contactsync.ledger.store import Ledger
from contactsync.model.decisions import ANSWERS, Answer, Decided, Verdict, hold_id
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import Hold
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunRequest
from contactsync.stages.desk import desk_of
from contactsync.stages.small_run import small_run
from contactsync.stages.workplace import Workplace
from contactsync.sync.decisions import AT_ONCE, answered, relinked, unlinked

LIST_THEM = "list them with: contactsync holds {}"


@dataclass(frozen=True)
class Judge:
    """Who decides, in which sync."""

    place: Workplace
    request: RunRequest

    @property
    def by(self) -> str:
        """The person."""
        return self.request.by

    @property
    def sync_id(self) -> str:
        """The sync's id."""
        return self.place.spec.id

    @property
    def ledger(self) -> Ledger:
        """The ledger written to."""
        return self.place.ledger


def decide(judge: Judge, name: str, answer: Answer, other: str = "") -> str:
    """Answer one hold, named as `contactsync holds` shows it. Returns what follows.

    other  for adopt: the id of the contact on the other side
    Errors: ConfigError (no such hold, an answer that does not fit), LockBusy, StopError (the ledger was lost).
    """
    hold = find_hold(judge, name)
    allowed = ANSWERS[hold.reason]
    if answer not in allowed or (answer is Answer.SKIP and hold.link_id and Answer.KEEP in allowed):
        raise ConfigError(
            f"{answer} does not settle a hold of the kind {hold.reason}.",
            allowed=tuple(a.value for a in allowed),
            next_step=f"choose one of these: {'; '.join(f'{a} = {words}' for a, words in allowed.items())}",
        )
    if answer is Answer.ADOPT:
        if not other:
            raise ConfigError("adopt needs the other contact.", next_step="name its id with --of")
        left, right = (hold.contact_id, other) if hold.side is Side.LEFT else (other, hold.contact_id)
        return link(judge, left, right)
    if answer is Answer.RECREATE and not judge.place.spec.direction.open_from(hold.side):
        raise ConfigError(f"Nothing is written from the {hold.side} side in this sync.", next_step="see `direction`")
    return _write(judge, _answer(judge, hold, answer), f"{hold.reason} {hold.side}:{hold.contact_id}", answer, hold)


def find_hold(judge: Judge, name: str) -> Hold:
    """The open hold of that name. Errors: ConfigError."""
    found = [h for h, _ in judge.ledger.holds(judge.sync_id) if len(name) >= 4 and hold_id(h).startswith(name.lower())]
    if len(found) != 1:
        which = "Several holds are" if found else "No hold is"
        raise ConfigError(f"{which} named {name!r}.", next_step=LIST_THEM.format(judge.sync_id))
    return found[0]


def _answer(judge: Judge, hold: Hold, answer: Answer) -> FoldBatch:
    linked = judge.ledger.links(judge.sync_id, [hold.link_id]) if hold.link_id else []
    known = judge.ledger.known(judge.sync_id, hold.side, [hold.contact_id]).get(hold.contact_id)
    change = answered(hold, answer, linked[0] if linked else None, known or Known(hold.contact_id, None, None))
    others = tuple(h for h, _ in judge.ledger.holds(judge.sync_id) if _same_contact(h, hold) and h != hold)
    return FoldBatch(
        links=[change.link] if change.link else [],
        known=[(hold.side, change.known)] if change.known else [],
        hold_scope=[(hold.side, hold.contact_id)],
        holds=others,
    )


def _same_contact(one: Hold, other: Hold) -> bool:
    return (one.side, one.contact_id) == (other.side, other.contact_id)


# ---- who is the same as whom


def link(judge: Judge, left: str, right: str) -> str:
    """Two contacts are one person, whatever their keys say. Errors: ConfigError, LockBusy."""
    rows = _rows(judge, left, right)
    links = {k.id: k for s, i in ((Side.LEFT, left), (Side.RIGHT, right)) for k in _open_links(judge, s, i)}
    between = [k for k in links.values() if (k.left.contact_id, k.right.contact_id) == (left, right)]
    if any(k.status is LinkStatus.LIVE for k in between):
        return "They are linked already; nothing to do."
    for other in (k for k in links.values() if k not in between):
        raise ConfigError(
            f"left:{other.left.contact_id} and right:{other.right.contact_id} are linked with each other.",
            next_step=f"if that is wrong: contactsync keep-apart {judge.sync_id} "
            f"{other.left.contact_id} {other.right.contact_id}",
        )
    batch = FoldBatch(
        links=[relinked(k) for k in between],
        known=[] if between else [*_at_once(rows), *_rivals(judge, rows)],
        verdicts=[Verdict(left, right, same=True)],
    )
    return _write(judge, batch, f"left:{left} right:{right}", "same")


def keep_apart(judge: Judge, left: str, right: str) -> str:
    """Two contacts are two persons: never matched, and neither created for the other. Errors: ConfigError, LockBusy."""
    rows = _rows(judge, left, right)
    linked = [k for k in _open_links(judge, Side.LEFT, left) if k.right.contact_id == right]
    batch = FoldBatch(
        links=[unlinked(k) for k in linked],
        known=[] if linked else [*_at_once(rows), *_rivals(judge, rows)],
        verdicts=[Verdict(left, right, same=False)],
    )
    return _write(judge, batch, f"left:{left} right:{right}", "apart")


def _rows(judge: Judge, left: str, right: str) -> dict[Side, Known]:
    found: dict[Side, Known] = {}
    for side, contact_id in ((Side.LEFT, left), (Side.RIGHT, right)):
        row = judge.ledger.known(judge.sync_id, side, [contact_id]).get(contact_id)
        if row is None or row.tombstone:
            raise ConfigError(
                f"The {side} app of sync {judge.sync_id!r} has shown no contact {contact_id!r}, or it is gone.",
                next_step=f"{LIST_THEM.format(judge.sync_id)} (the ids stand there), or run the sync first",
            )
        found[side] = row
    return found


def _open_links(judge: Judge, side: Side, contact_id: str) -> list[Link]:
    """Links that hold the contact: live ones, and those that a person parted."""
    found = judge.ledger.links_of(judge.sync_id, side, [contact_id])
    parted = LinkStatus.PARTED
    return [k for k in found if k.status is LinkStatus.LIVE or (k.status is parted and _both_there(k))]


def _both_there(link: Link) -> bool:
    return all(link.side(s).standing is Standing.PRESENT for s in SIDES)


def _at_once(rows: dict[Side, Known]) -> list[tuple[Side, Known]]:
    return [(side, replace(row, wish="", due_run=AT_ONCE)) for side, row in rows.items() if row.link_id is None]


def _rivals(judge: Judge, rows: dict[Side, Known]) -> list[tuple[Side, Known]]:
    """Who shares a key with one of the two is judged again without them."""
    hashes: dict[str, set[int]] = {}
    for row in rows.values():
        for key, held in row.keys.items():
            hashes.setdefault(key, set()).update(held)
    members = [m for m in judge.ledger.key_members(judge.sync_id, hashes) if m.link_id is None]
    out = []
    for side in SIDES:
        ids = {m.contact_id for m in members if m.side is side} - {rows[side].contact_id}
        found = judge.ledger.known(judge.sync_id, side, sorted(ids))
        out += [(side, replace(row, due_run=AT_ONCE)) for row in found.values()]
    return out


# ---- writing it down


def _write(judge: Judge, batch: FoldBatch, what: str, answer: str, hold: Hold | None = None) -> str:
    """One transaction under the sync's lock."""
    with small_run(desk_of(judge.place), judge.request) as run:
        entry = Decided(what, answer, judge.by, (hold.link_id or "") if hold else "", hold.field if hold else "")
        run.fold(replace(batch, decided=[entry]))
        run.message = f"Decided by {judge.by}: {what} -> {answer}"
    return f"{run.message}. The next run does what follows from it."


def open_holds(judge: Judge) -> Sequence[tuple[str, Hold]]:
    """Every open hold with its name."""
    return [(hold_id(h), h) for h, _ in judge.ledger.holds(judge.sync_id)]
