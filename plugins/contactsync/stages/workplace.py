"""What every stage of one run needs, and what several of them ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from contactsync.apps.base import App
from contactsync.ledger.store import Ledger, LedgerReader
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.effects import effects_of, own_columns, template_fields
from contactsync.mapping.marks import marked_columns, marks_of
from contactsync.mapping.pairs import own_pairs
from contactsync.mapping.side_map import SideMap
from contactsync.mapping.side_maps import side_map
from contactsync.model.app import Account, AppInfo, FieldInfo
from contactsync.model.ledger import SyncRow
from contactsync.model.rules import Effect, RuleEffects
from contactsync.model.spec import SIDES, DeletionPolicy, FieldPair, ProjectSpec, Side, SyncSpec
from contactsync.model.stages import Artefacts
from contactsync.stages.account_fields import fields_of
from contactsync.stages.mapping_state import State, changed, differs, mapping_of, policies_of, short
from contactsync.stages.translating import Translator


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
    def names(self) -> Mapping[Side, str]:
        """The apps' titles; where both sides are the same app, with the side."""
        titles = {side: self.app(side).info.title for side in SIDES}
        same = len(set(titles.values())) == 1
        return {side: f"{title} ({side})" if same else title for side, title in titles.items()}

    @cached_property
    def own_fields(self) -> Mapping[Side, tuple[FieldInfo, ...]]:
        """Each side's own fields; where pairs name some, as the very account has them. Errors: ConfigError."""
        return {side: fields_of(self.spec, side, self.app(side)) for side in SIDES}

    @cached_property
    def pairs(self) -> tuple[FieldPair, ...]:
        """The fields that flow."""
        return pair_fields(self.spec, self.own_fields[Side.LEFT], self.own_fields[Side.RIGHT])

    @cached_property
    def effects(self) -> dict[Side, dict[str, RuleEffects]]:
        """What the rules do to partners, by the side read from and the rule's name, in the order of the file."""
        return {
            side: {e.name: e for e in effects_of(rules, self.declared(side.other), self.pairs)}
            for side, rules in self.spec.rules.items()
        }

    def declared(self, side: Side) -> AppInfo:
        """What the side's very account can do; it is asked (and the answer cached) only where rules need to know."""
        app = self.app(side)
        return app.actual() if self.spec.rules else app.info

    @cached_property
    def marks(self) -> dict[Side, Effect]:
        """What deletions set on partners, by the side on which a contact was deleted."""
        return marks_of(self.spec, {s: self.app(s).info for s in SIDES}, self.pairs)

    def _written(self, side: Side) -> tuple[FieldInfo, ...]:
        info, rules = self.declared(side), self.spec.rules.get(side.other, ())
        found = (*own_columns(rules, info, self.pairs), *marked_columns(self.spec, info, side.other, self.pairs))
        return tuple({f.contact: f for f in found}.values())

    @cached_property
    def _side_maps(self) -> dict[Side, SideMap]:
        mapped = tuple(p.field for p in self.pairs)
        return {
            side: side_map(
                self.spec, side, self.own_fields, mapped, self._written(side),
                template_fields(self.spec.rules.get(side, ())), any_custom=self.app(side).info.any_custom,
            )
            for side in SIDES
        }  # fmt: skip

    def side_map(self, side: Side) -> SideMap:
        """How a side is read and written: what flows, what actions write beside it, what keys and templates need."""
        return self._side_maps[side]

    def columns(self, side: Side) -> tuple[str, ...]:
        """Columns read of a side."""
        return self.side_map(side).columns

    @property
    def reader(self) -> LedgerReader:
        """The ledger, for those who only read."""
        return self.ledger.reader()

    def translator(self, side: Side) -> Translator:
        """Records of that side to columns, and patches back."""
        row = sync_row(self)
        other = changed(row.mapping, self.mapping) if row else frozenset[str]()
        picked = set(self.side_map(side).parts.columns) - other
        return Translator(self.side_map(side), lambda ids: self.reader.bases(self.spec.id, side, ids), picked)

    @cached_property
    def mapping(self) -> State:
        """Column -> hash of how it is mapped: tells which fields a change of the file touches."""
        return mapping_of(self.spec, self.pairs, own_pairs(self.spec, self.own_fields), self.own_fields)

    def scope_state(self) -> str:
        """Hash of what decides whom the sync is about, what may flow where, and which columns are read.

        A change means a complete read, in which everybody is judged anew.
        """
        spec = self.spec
        marked = sorted((side, policy) for side, policy in spec.deletions.items() if policy in _MARKING)
        flow = [spec.direction.value, *((p.field, p.direction.value, p.conflicts.value) for p in self.pairs)]
        beside = (policies_of(spec),) if spec.fields.pairs else ()
        rules = sorted(spec.rules.items())
        return short(repr((spec.match, rules, marked, spec.deletion_tag if marked else "", flow, *beside)))

    def account_id(self, side: Side) -> str:
        """Which account the connection leads to."""
        return self.account(side).id

    def account(self, side: Side) -> Account:
        """The same with its host and owner; asked once a day, and at once when credentials or options change."""
        app = self.app(side)
        access = app.access
        # By options too: they may choose among the accounts of one connection (CardDAV's book).
        chosen = sorted(self.spec.side(side).options.items())
        name = "account:" + short(repr((sorted(access.credentials.items()), chosen)))
        match access.services.metadata.get(access.connection, name):
            case {"id": str(ident), "host": str(host), "owner": str(owner)}:
                return Account(ident, host, owner=owner)
        found = app.account()
        access.services.metadata.put(
            access.connection, name, {"id": found.id, "host": found.host, "owner": found.owner}
        )
        return Account(found.id, found.host, owner=found.owner)


_MARKING = (DeletionPolicy.TAG, DeletionPolicy.ARCHIVE)


def sync_row(place: Workplace) -> SyncRow | None:
    """The sync's row as the ledger has it."""
    return place.ledger.sync(place.spec.id)


def judged_anew(place: Workplace, row: SyncRow) -> bool:
    """Mapping, match keys or the ledger itself are not what the last complete read was recorded with."""
    return row.union > 0 or differs(row.mapping, place.mapping) or row.scope != place.scope_state()
