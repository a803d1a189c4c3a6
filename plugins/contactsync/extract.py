"""Reading one side of a run: pages, then the point reads that a listing cannot answer (core 2, 6, 7)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from contactsync.apps.base import App, pages_of
from contactsync.errors import CursorExpired
from contactsync.ledger.store import LedgerReader
from contactsync.model.exchange import Cursor, Fetched, Page, Presence, Record, Ref, Unreadable, Window
from contactsync.model.link import Known, Link, LinkSide, LinkStatus
from contactsync.model.spec import Side
from contactsync.packed import PackedMap
from contactsync.sync.moves import final_ids

log = logging.getLogger(__name__)

AT_ONCE = 1000  # contacts of which the ledger tells together
ANSWERS = 100  # point reads between two beats


@dataclass(frozen=True)
class ReadOrder:
    """What to read of one side. cursor None or complete True: everything is listed.

    anew: rows count even where their raw form is the stored one (the mapping changed, or the ledger was lost)
    window: ask the app for who changed within it, rather than from the cursor
    beat: called with every page and batch, for whoever keeps a lock meanwhile
    """

    sync_id: str
    side: Side
    cursor: Cursor | None
    complete: bool
    run_seq: int
    now: datetime
    anew: bool = False
    beat: Callable[[], None] = lambda: None
    window: Window | None = None


@dataclass(frozen=True)
class Extracted:
    """One side as read: the rows that are not known already, and what the listing and the point reads said.

    records    new or changed, by id
    gone       ids reported deleted or found gone; unlisted_linked / unlisted: known ids a complete read did not list
    listed     rows that the pages held; news: those of them that are worked on
    ghosts     ids reported deleted or moved that nobody ever saw: a create of unknown outcome may have made them
    forgotten  rows listed that belong to persons whom the sync has forgotten; they are in none of the others
    again      salted hash of an id by which such a person showed for the first time -> the person
    """

    complete: bool
    began_at: datetime
    cursor: Cursor | None
    listed: int
    news: int
    records: Mapping[str, Record]
    gone: Collection[str] = ()
    forbidden: Collection[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    ghosts: Collection[str] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unlisted_linked: Collection[str] = ()
    unlisted: Collection[str] = ()
    forgotten: int = 0
    again: Mapping[int, str] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """True where nothing of this side is to be worked on."""
        return not (
            self.records or self.gone or self.forbidden or self.moved or self.unreadable or self.unlisted_linked
            or self.unlisted
        )  # fmt: skip


def extract(app: App, ledger: LedgerReader, order: ReadOrder) -> Extracted:
    """Pull the side and ask by id where a listing proves nothing. Errors: those of App.pull and App.fetch."""
    try:
        listing = _pull(app, None if order.complete else order.window or order.cursor, order.beat)
    except CursorExpired:
        log.info("%s: the delta cursor expired, reading everything", order.side)
        listing = _pull(app, None, order.beat)
    extracted = _news(app, ledger, order, listing)
    return _with_point_reads(app, ledger, order, extracted)


# ---- the listing


@dataclass
class _Listing:
    complete: bool = False
    cursor: Cursor | None = None
    records: PackedMap[str, Record] = field(default_factory=PackedMap)
    raws: dict[str, int] = field(default_factory=dict)  # of the records
    deleted: dict[str, None] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def _pull(app: App, start: Cursor | Window | None, beat: Callable[[], None]) -> _Listing:
    listing = _Listing(complete=start is None)
    for page in pages_of(app, start):
        _add(listing, page)
        beat()
    return listing


def _add(listing: _Listing, page: Page) -> None:
    listing.records.update((r.id, r) for r in page.records)
    listing.raws.update((r.id, r.raw) for r in page.records)
    listing.deleted.update(dict.fromkeys(page.deleted))
    listing.moved.update(page.moved)
    listing.unreadable.extend(page.unreadable)
    if page.last:
        listing.cursor = page.cursor
        listing.complete = listing.complete or page.complete


def _news(app: App, ledger: LedgerReader, order: ReadOrder, listing: _Listing) -> Extracted:
    """Leave out rows whose raw form is the stored one; on a complete read, find who was not listed."""
    unlisted_linked, unlisted = list[str](), list[str]()
    if listing.complete:
        index = ledger.known_frame(order.sync_id, order.side)
        live = index[~index["tombstone"]]
        # Unknown where a run died after it linked a contact and before it stored how the contact was shown.
        raws = dict(zip(live["contact_id"], live["raw"].astype(object).where(live["raw"].notna(), None), strict=True))
        linked = set(live.loc[live["link_id"].notna(), "contact_id"])
        buried = set(index.loc[index["tombstone"], "contact_id"])
        seen = {*listing.records, *(u.id for u in listing.unreadable), *listing.moved}
        late = _too_young_to_list(app, ledger, order, [i for i in linked if i not in seen])
        listing.records.update(late)
        listing.raws.update((i, r.raw) for i, r in late.items())
        absent = [i for i in raws if i not in seen and i not in late]
        unlisted_linked = [i for i in absent if i in linked]
        unlisted = [i for i in absent if i not in linked]
    else:
        known = ledger.known(order.sync_id, order.side, list(listing.records))
        raws = {i: row.raw for i, row in known.items() if not row.tombstone}
        linked = set(raws)  # an unlinked contact is judged again only when it changes, or on a complete read
        buried = known.keys() - linked
    told = listing.raws.items()
    heirs = _heirs(ledger, order, listing.moved)
    settled = linked - heirs
    fresh = listing.records.only(i for i, raw in told if order.anew or i not in settled or raws.get(i) != raw)
    doubtful = _doubtful(app, ledger, order, fresh, buried | {*listing.deleted})
    gone = _told_gone(app, ledger, order, [i for i in listing.deleted if i not in listing.records])
    extracted = Extracted(
        complete=listing.complete,
        began_at=order.now,
        cursor=listing.cursor,
        listed=len(listing.records) + len(listing.unreadable),
        news=0,
        records=fresh.only(i for i in fresh if i not in doubtful),
        gone=gone,
        moved=listing.moved,
        ghosts=_ghosts(ledger, order, listing),
        unreadable=tuple(listing.unreadable),
        unlisted_linked=tuple(unlisted_linked),
        unlisted=tuple(unlisted),
    )
    if doubtful:
        answers = _asked(app, [Ref(i, fresh[i].ref) for i in sorted(doubtful)], order)
        extracted = _answered(extracted, [a for a in answers if a.id not in buried or a.record is not None])
    unseen = heirs - {*listing.records, *listing.deleted}
    if unseen:
        extracted = _answered(extracted, _asked(app, [Ref(i) for i in sorted(unseen)], order))
    worked = {*extracted.records, *extracted.gone, *extracted.forbidden, *extracted.moved}
    return replace(extracted, news=len(fresh.keys() & worked) + len(listing.unreadable))


def _heirs(ledger: LedgerReader, order: ReadOrder, moved: Mapping[str, str]) -> set[str]:
    """Under whose id linked contacts go on: however well known that one is, to the link its values are new (core 8)."""
    ends = final_ids(moved)
    held = [k for k in _links(ledger, order, list(ends)) if k.status is LinkStatus.LIVE] if ends else []
    return {ends[k.side(order.side).contact_id] for k in held}


# ---- point reads


def _asked(app: App, refs: Collection[Ref], order: ReadOrder) -> Iterator[Fetched]:
    for number, answer in enumerate(app.fetch(list(refs)), 1):
        yield answer
        if number % ANSWERS == 0:
            order.beat()


def _doubtful(
    app: App, ledger: LedgerReader, order: ReadOrder, fresh: Mapping[str, Record], told: Collection[str]
) -> set[str]:
    """Rows that count only once they were fetched by id: a listing is no evidence against something newer.

    told: ids of which it is known, or was said by the same listing, that they are gone
    """
    doubtful = {i for i in fresh if i in told}
    lag = app.info.caps.lag
    if not lag or not fresh:
        return doubtful
    ids = iter(fresh)
    while part := list(islice(ids, AT_ONCE)):
        halves = {h.contact_id: h for link in _links(ledger, order, part) for h in (link.side(order.side),)}
        doubtful.update(i for i, h in halves.items() if _may_lag(fresh[i], h, order.now, lag, app))
    return doubtful


def _may_lag(record: Record, half: LinkSide, now: datetime, lag: timedelta, app: App) -> bool:
    """Listed within the lag of our own write and not provably newer; or older than what was read before."""
    if record.version is not None and record.version == half.own_version:
        return False
    if record.modified_at is not None and half.modified_at is not None and record.modified_at < half.modified_at:
        return True
    if half.own_at is None or now - half.own_at > lag:
        return False
    newer = record.modified_at is not None and record.modified_at - half.own_at > app.info.caps.granularity
    return not newer


def _too_young_to_list(app: App, ledger: LedgerReader, order: ReadOrder, absent: Collection[str]) -> dict[str, Record]:
    """Contacts that we wrote within the app's lag: a listing without them says nothing, so they are asked for by id."""
    lag = app.info.caps.lag
    if not lag or not absent:
        return {}
    halves = [link.side(order.side) for link in _links(ledger, order, absent)]
    young = [Ref(h.contact_id, h.ref) for h in halves if _within(h, order.now, lag)]
    answers = _asked(app, young, order) if young else ()
    return {f.id: f.record for f in answers if f.record is not None and f.record.id == f.id}


def _told_gone(app: App, ledger: LedgerReader, order: ReadOrder, deleted: Collection[str]) -> tuple[str, ...]:
    """Deletions that the app reports; one within the lag of our own create is asked for by id first."""
    known = ledger.known(order.sync_id, order.side, deleted)
    told = [i for i in deleted if i in known and not known[i].tombstone]
    lag = app.info.caps.lag
    if not lag or not told:
        return tuple(told)
    halves = {h.contact_id: h for link in _links(ledger, order, told) for h in (link.side(order.side),)}
    young = [i for i in told if i in halves and _within(halves[i], order.now, lag)]
    answers = _asked(app, [Ref(i, known[i].ref) for i in young], order)
    alive = {f.id for f in answers if f.presence is not Presence.GONE}
    return tuple(i for i in told if i not in alive)


def _ghosts(ledger: LedgerReader, order: ReadOrder, listing: _Listing) -> tuple[str, ...]:
    told = [i for i in {**listing.deleted, **listing.moved} if i not in listing.records]
    known = ledger.known(order.sync_id, order.side, told)
    return tuple(i for i in told if i not in known)


def _within(half: LinkSide, now: datetime, lag: timedelta) -> bool:
    return half.own_at is not None and now - half.own_at <= lag


def _links(ledger: LedgerReader, order: ReadOrder, ids: Collection[str]) -> list[Link]:
    return ledger.links_of(order.sync_id, order.side, list(ids))


def _with_point_reads(app: App, ledger: LedgerReader, order: ReadOrder, read: Extracted) -> Extracted:
    """Ask by id for linked contacts that the last complete read did not list, all that are due, and all decided of."""
    live = (LinkStatus.LIVE, LinkStatus.PARTED)
    missing = [k.side(order.side) for k in ledger.missing_links(order.sync_id, order.side) if k.status in live]
    known = ledger.known(order.sync_id, order.side, [h.contact_id for h in missing])
    due = ledger.due_contacts(order.sync_id, order.side, order.run_seq, order.now)
    wanted = {h.contact_id: Ref(h.contact_id, h.ref) for h in missing if not _waits(known.get(h.contact_id), order)}
    decided = (k for k in ledger.known(order.sync_id, order.side, read.unlisted).values() if k.wish)
    # What a person decided of a contact is not forgotten where it goes on under another id.
    wanted.update({k.contact_id: Ref(k.contact_id, k.ref) for k in (*due, *decided)})
    told = {*read.records, *read.gone, *read.forbidden, *(u.id for u in read.unreadable)}
    wanted = {i: ref for i, ref in wanted.items() if i not in told}
    if not wanted:
        return read
    return _answered(read, _asked(app, wanted.values(), order))


def _waits(row: Known | None, order: ReadOrder) -> bool:
    """True for whom the app would not show lately: asked for again after a while."""
    if row is None or row.due_run is None:
        return False
    return row.due_run > order.run_seq and (row.due_at is None or row.due_at > order.now)


def _answered(read: Extracted, answers: Iterable[Fetched]) -> Extracted:
    records, moved = PackedMap(read.records.items()), dict(read.moved)
    gone, forbidden = list(read.gone), list(read.forbidden)
    for answer in answers:
        match answer.presence:
            case Presence.GONE:
                gone.append(answer.id)
            case Presence.FORBIDDEN:
                forbidden.append(answer.id)
            case _ if answer.record is not None:
                records[answer.record.id] = answer.record
                if answer.record.id != answer.id:
                    moved[answer.id] = answer.record.id
    answered = {*records, *gone, *moved}
    return replace(
        read,
        records=records,
        gone=tuple(gone),
        forbidden=tuple(forbidden),
        moved=moved,
        unlisted_linked=tuple(i for i in read.unlisted_linked if i not in answered),
        unlisted=tuple(i for i in read.unlisted if i not in answered),
    )
