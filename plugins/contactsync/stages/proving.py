"""What a sync would lose of real contacts: some of each side are read, and nothing is written or kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from contactsync.contact import Values, is_empty
from contactsync.mapping.pairs import OwnPair
from contactsync.mapping.proof import Own, PairProof, prove
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
class Sampled:
    """read: contacts by side; unreadable: those that could not be mapped."""

    read: Mapping[Side, int]
    unreadable: int
    pairs: tuple[PairProof, ...]
    fields: tuple[FieldLoss, ...]


def prove_live(place: Workplace, sample: int) -> Sampled:
    """Prove every pair, and the default mapping, with the first `sample` contacts that each app lists.

    Errors: ConfigError where the accounts lack what the file names, and those of App.pull.
    """
    check_pairs(place)
    records = {side: tuple(_some(place, side, sample)) for side in SIDES}
    pairs = prove(place.spec, place.own_fields, lambda pair, side: _own(pair, side, records[side]))
    columns = {proof.pair.column for proof in pairs}
    defaults = [pair for pair in place.pairs if pair.field not in columns]
    contacts = {side: tuple(_contacts(place, side, records[side])) for side in SIDES}
    return Sampled(
        {side: len(found) for side, found in records.items()},
        sum(len(records[side]) - len(contacts[side]) for side in SIDES),
        pairs,
        tuple(_losses(defaults, contacts)),
    )


def _some(place: Workplace, side: Side, sample: int) -> Iterator[Record]:
    """Pages are asked for one by one, so no more is read than is needed."""
    app = place.app(side)
    found = 0
    for page in app.pull(None):
        for record in islice(page.records, sample - found):
            found += 1
            yield record
        if found >= sample:
            break
    log.info("%s: %d contacts sampled", app.info.title, found)


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
