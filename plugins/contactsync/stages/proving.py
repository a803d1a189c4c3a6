"""What a sync would lose of real contacts: some of each side are read, and nothing is written or kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from contactsync.contact import Values, is_empty
from contactsync.mapping.fates import Own, PairProof
from contactsync.mapping.pairs import OwnPair
from contactsync.mapping.proof import prove
from contactsync.model.exchange import Record
from contactsync.model.spec import SIDES, FieldPair, Side
from contactsync.stages.account_words import check_pairs
from contactsync.stages.workplace import Workplace
from contactsync.sync.creates import taken

log = logging.getLogger(__name__)
_MALFORMED = (TypeError, ValueError, AttributeError, KeyError)


@dataclass(frozen=True)
class FieldLoss:
    """One field of the default mapping, read on one side. cut: contacts of which the other side takes not all."""

    field: str
    source: Side
    tried: int
    cut: int


@dataclass(frozen=True)
class Asked:
    """wanted: contacts of each side, taken by chance; calls: requests for them at most.

    seed  the same number takes the same contacts, as long as an account stays as it is
    """

    wanted: int
    calls: int
    seed: int


@dataclass(frozen=True)
class Sampled:
    """read: contacts by side; front: of a side that was not read to its end, from how many that it lists first.

    unreadable  those that could not be mapped
    """

    asked: Asked
    read: Mapping[Side, int]
    front: Mapping[Side, int]
    unreadable: int
    pairs: tuple[PairProof, ...]
    fields: tuple[FieldLoss, ...]


def prove_live(place: Workplace, asked: Asked) -> Sampled:
    """Prove every pair, and the default mapping, with contacts of each account taken by chance.

    Errors: ConfigError where the accounts lack what the file names, and those of App.pull.
    """
    check_pairs(place)
    taken_of = {side: _taken(place, side, asked) for side in SIDES}
    records = {side: taken_of[side].records for side in SIDES}
    pairs = prove(place.spec, place.own_fields, lambda pair, side: _own(pair, side, records[side]))
    columns = {proof.pair.column for proof in pairs}
    defaults = [pair for pair in place.pairs if pair.field not in columns]
    contacts = {side: tuple(_contacts(place, side, records[side])) for side in SIDES}
    return Sampled(
        asked,
        {side: len(found) for side, found in records.items()},
        {side: found.listed for side, found in taken_of.items() if not found.anybody},
        sum(len(records[side]) - len(contacts[side]) for side in SIDES),
        pairs,
        tuple(_losses(defaults, contacts)),
    )


@dataclass(frozen=True)
class _Taken:
    """listed: contacts that were shown; anybody: everybody of the account had a chance to be taken."""

    records: Sequence[Record]
    listed: int
    anybody: bool


def _taken(place: Workplace, side: Side, asked: Asked) -> _Taken:
    """Each contact that the app shows has the same chance, and no more than is asked for is kept of them."""
    app = place.app(side)
    chance = Random(f"{asked.seed} {side}")  # nosec B311 # noqa: S311 - so that it can be done again
    kept: list[Record] = []
    listed, anybody = 0, False
    for page in app.sample(asked.wanted, asked.calls, chance):
        anybody = page.last
        for record in page.records:
            listed += 1
            if len(kept) < asked.wanted:
                kept.append(record)
            elif (n := chance.randrange(listed)) < asked.wanted:
                kept[n] = record
    log.info("%s: %d contacts sampled", app.info.title, len(kept))
    return _Taken(kept, listed, anybody)


def _own(pair: OwnPair, side: Side, records: Sequence[Record]) -> Iterator[Own]:
    """The pair's own fields of each contact that shows all of them."""
    names = pair.spec.names(side)
    for record in records:
        if all(name in record.fields for name in names):
            yield {name: record.fields[name] for name in names}


def _contacts(place: Workplace, side: Side, records: Sequence[Record]) -> Iterator[Values]:
    mapped = place.side_map(side)
    for record in records:
        try:
            yield mapped.contact(record.fields, {})
        except _MALFORMED:
            log.info("%s: a contact has an unexpected form", side)


def _losses(defaults: Sequence[FieldPair], contacts: Mapping[Side, Sequence[Values]]) -> Iterator[FieldLoss]:
    for pair in defaults:
        for source in SIDES:
            if pair.open_from(source):
                texts = [text for values in contacts[source] if not is_empty(text := values.get(pair.field, ""))]
                cut = sum(bool(taken(pair, text, source.other)[1]) for text in texts)
                yield FieldLoss(pair.field, source, len(texts), cut)
