"""What every stage of one run needs, and what several of them ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from contactsync.apps.base import App
from contactsync.contact import Kind, Values
from contactsync.ledger.store import Ledger, LedgerReader
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.effects import effects_of, own_columns, template_fields
from contactsync.mapping.fields import to_contact, to_own
from contactsync.mapping.marks import marked_columns, marks_of
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.exchange import OwnValue, Record
from contactsync.model.ledger import SyncRow
from contactsync.model.rules import Effect, RuleEffects
from contactsync.model.spec import SIDES, DeletionPolicy, FieldPair, ProjectSpec, Side, SyncSpec
from contactsync.model.stages import Artefacts


@dataclass(frozen=True)
class Workplace:
    """All that a stage of one run needs; made by the DAG's operators, the CLI and the tests.

    open_app   opens the app of a side with the ledger's services (budget, tokens, metadata cache)
    ended      tells whether the run that owns a lock has ended (Airflow's word; CLI: never)
    """

    spec: SyncSpec
    project: ProjectSpec
    open_app: Callable[[Side], App]
    ledger: Ledger
    artefacts: Artefacts
    clock: Callable[[], datetime]
    ended: Callable[[str], bool]

    @cached_property
    def left(self) -> App:
        """The left app, opened once."""
        return self.open_app(Side.LEFT)

    @cached_property
    def right(self) -> App:
        """The right app, opened once."""
        return self.open_app(Side.RIGHT)

    def app(self, side: Side) -> App:
        """The app of a side."""
        return self.left if side is Side.LEFT else self.right

    @cached_property
    def pairs(self) -> tuple[FieldPair, ...]:
        """The fields that flow."""
        return pair_fields(self.spec, self.left.info.fields, self.right.info.fields)

    @cached_property
    def mapped(self) -> tuple[str, ...]:
        """Contact fields that are read: those that flow, and those that match keys need."""
        return tuple(p.field for p in self.pairs)

    @cached_property
    def effects(self) -> dict[Side, dict[str, RuleEffects]]:
        """What the rules do to partners, by the side read from and the rule's name, in the order of the file."""
        return {
            side: {e.name: e for e in effects_of(rules, self._declared(side.other), self.pairs)}
            for side, rules in self.spec.rules.items()
        }

    def _declared(self, side: Side) -> AppInfo:
        """What the side's very account can do; it is asked (and the answer cached) only where rules need to know."""
        app = self.app(side)
        return app.actual() if self.spec.rules else app.info

    @cached_property
    def marks(self) -> dict[Side, Effect]:
        """What deletions set on partners, by the side on which a contact was deleted."""
        return marks_of(self.spec, {s: self.app(s).info for s in SIDES}, self.pairs)

    def fields(self, side: Side) -> tuple[FieldInfo, ...]:
        """The side's own fields, with those that we write there beside the mapping under columns of their own."""
        return (*self.app(side).info.fields, *self._written(side))

    def _written(self, side: Side) -> tuple[FieldInfo, ...]:
        info, rules = self._declared(side), self.spec.rules.get(side.other, ())
        found = (*own_columns(rules, info, self.pairs), *marked_columns(self.spec, info, side.other, self.pairs))
        return tuple({f.contact: f for f in found}.values())

    def columns(self, side: Side) -> tuple[str, ...]:
        """Columns read of a side: what flows, what actions write there, and what templates of actions name."""
        named = template_fields(self.spec.rules.get(side, ()))
        return tuple(dict.fromkeys((*self.mapped, *(f.contact for f in self._written(side)), *named)))

    @property
    def reader(self) -> LedgerReader:
        """The ledger, for those who only read."""
        return self.ledger.reader()

    def decode(self, side: Side) -> Callable[[Record], Values]:
        """Contact values of a record of that side."""
        fields, columns, region = self.fields(side), self.columns(side), self.spec.match.default_region
        return lambda record: to_contact(record.fields, fields, columns, region)

    def encode(self, side: Side) -> Callable[[Values], dict[str, OwnValue]]:
        """Own fields of that side for contact values."""
        fields = self.fields(side)
        return lambda values: to_own(values, fields)

    def mapping_state(self) -> str:
        """Field -> hash of how it is mapped, as JSON: tells which fields a change of the file touches."""
        region = self.spec.match.default_region
        regions = {p.field: region if p.kind is Kind.PHONES else None for p in self.pairs}  # others' forms know none
        states = {p.field: _short(repr((p.field, p.kind.value, regions[p.field]))) for p in self.pairs}
        return json.dumps(states, sort_keys=True)

    def scope_state(self) -> str:
        """Hash of what decides whom the sync is about, what may flow where, and which columns are read.

        A change means a complete read, in which everybody is judged anew.
        """
        spec = self.spec
        marked = sorted((side, policy) for side, policy in spec.deletions.items() if policy in _MARKING)
        flow = [spec.direction.value, *((p.field, p.direction.value, p.conflicts.value) for p in self.pairs)]
        rules = sorted(spec.rules.items())
        return _short(repr((spec.match, rules, marked, spec.deletion_tag if marked else "", flow)))

    def account_id(self, side: Side) -> str:
        """Whose account the connection leads to; asked once a day, and at once when the credentials change."""
        app = self.app(side)
        access = app.access
        name = "identity:" + _short(repr(sorted(access.credentials.items())))
        cached = access.services.metadata.get(access.connection, name)
        if cached is None:
            cached = app.account().id
            access.services.metadata.put(access.connection, name, cached)
        return str(cached)


_MARKING = (DeletionPolicy.TAG, DeletionPolicy.ARCHIVE)


def sync_row(place: Workplace) -> SyncRow | None:
    """The sync's row as the ledger has it."""
    return place.ledger.sync(place.spec.id)


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
