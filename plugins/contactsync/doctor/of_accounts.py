"""The accounts behind the connections, and the clocks: of this machine, the database and the vendors."""

from __future__ import annotations

from collections.abc import Iterator

from contactsync.doctor.findings import Found, broken, soon
from contactsync.doctor.installation import Installation
from contactsync.ledger import health
from contactsync.ledger.connect import place
from contactsync.model.accounts import ConnectedAccount

MOST_SKEW = 30.0  # seconds between this machine and a vendor; Date headers tell whole seconds
MOST_SKEW_HERE = 5.0  # seconds between this machine and the ledger's database
SET_CLOCK = "let the machine keep its time by NTP (timedatectl set-ntp true)"


def accounts(at: Installation) -> Iterator[Found]:
    """Whether each connection is there, of the right type, answers, and leads to the account of before."""
    for one in _of_these_syncs(at):
        if not one.state.well:
            next_step = one.next_step or f"contactsync probe {one.connection}"
            yield broken(f"connection {one.connection}", f"{one.state.value}: {one.problem}", next_step)


def vendors_clocks(at: Installation) -> Iterator[Found]:
    """A clock that is wrong makes a listing look newer or older than our own writes."""
    for one in _of_these_syncs(at):
        if one.skew is not None and abs(one.skew) > MOST_SKEW:
            yield soon(
                f"connection {one.connection}",
                f"This machine's clock is {_ahead(one.skew)} the vendor's.",
                SET_CLOCK,
            )


def databases_clock(at: Installation) -> Iterator[Found]:
    """Leases run by the database's clock, everything else by this machine's."""
    if at.engine is None:
        return
    skew = (at.now - health.clock(at.engine)).total_seconds()
    if abs(skew) > MOST_SKEW_HERE:
        yield soon(place(at.engine), f"This machine's clock is {_ahead(skew)} the database's.", SET_CLOCK)


def _ahead(skew: float) -> str:
    return f"{abs(skew):,.0f} seconds {'before' if skew > 0 else 'behind'}"


def _of_these_syncs(at: Installation) -> Iterator[ConnectedAccount]:
    ids = {spec.id for spec in at.specs}
    yield from (one for one in at.accounts if any(use.sync in ids for use in one.uses))
