"""The default mapping between any two shipped apps, through their wire forms: nothing is lost that both can hold."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

import pytest
from app_wires import FIELDS, WIRES
from contactsync.apps import app_names
from contactsync.apps._freshsales_record import ADDRESS
from contactsync.contact import ADDRESS_PARTS, Element, Kind, Values, address_text, element_id, normal_text
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.fields import to_contact, to_own
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import SIDES, DagSpec, FieldPair, Holding, Side, SideSpec, SyncSpec
from contactsync.sync.creates import create_intent
from contactsync.sync.elements import agree, by_id
from contactsync.sync.readings import Shown
from factories import WHEN
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

LEFT, RIGHT = SIDES
# Controls but tabs and line ends cannot stand in a vCard that a server sends, and are left out there (_vcard.clean).
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
ODD = st.text("aZäßéİ漢🙂 ,;:\\\"'^=%&<>|/().-+#@\t", max_size=25) | st.text(LETTERS, max_size=12)
LINES = st.text('ab,;:\\"^= \n\r\t', max_size=40) | ODD
LABELS = st.sampled_from(["", "work", "home", "mobile", "other", "Büro; Nord, 2.", "Ferien:Haus"])
DAYS = st.dates().map(str) | st.sampled_from(["--02-29", "--12-31", ""])
VALUES: Mapping[Kind, st.SearchStrategy[str]] = {
    Kind.EMAILS: st.from_regex(r"[A-Za-z0-9.+_'-]{1,12}@(EXAMPLE|example)\.org", fullmatch=True),
    Kind.PHONES: st.from_regex(r"\+49 ?30 ?[0-9]{4,7}|0[1-9][0-9 /-]{4,10}|[0-9]{3}", fullmatch=True),
    Kind.URLS: st.from_regex(r"https?://(www\.)?example\.(org|com)/[A-Za-z0-9,;:&=?%._~-]{0,12}", fullmatch=True),
    Kind.TAGS: ODD,
}


@dataclass(frozen=True)
class Way:
    """From one app to another: the pairs that flow, and what both can hold."""

    source: str
    target: str
    pairs: tuple[FieldPair, ...]

    @property
    def mapped(self) -> tuple[str, ...]:
        return tuple(pair.field for pair in self.pairs)

    def holding(self, field: str) -> tuple[Holding, ...]:
        return next((pair.left, pair.right) for pair in self.pairs if pair.field == field)

    @property
    def parts(self) -> tuple[str, ...]:
        """Freshsales has no place of their own for the rest of an address; it stands in the street there."""
        return tuple(ADDRESS) if "freshsales" in (self.source, self.target) else ADDRESS_PARTS

    def read(self, app: str, own: Mapping[str, OwnValue]) -> dict[str, str]:
        return to_contact(own, FIELDS[app], self.mapped, "DE")


def way(source: str, target: str) -> Way:
    spec = SyncSpec("test", SideSpec(source, "l"), SideSpec(target, "r"), DagSpec(None))
    return Way(source, target, pair_fields(spec, FIELDS[source], FIELDS[target]))


WAYS = [way(*apps) for apps in itertools.permutations(app_names(), 2)]
EACH = pytest.mark.parametrize("way", WAYS, ids=[f"{w.source}-{w.target}" for w in WAYS])
MANY = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def contacts(draw: st.DrawFn, way: Way) -> dict[str, OwnValue]:
    """What a contact of the source shows, within the declared limits of both."""
    own = {f.name: draw(values_of(f, way)) for f in FIELDS[way.source] if f.contact in way.mapped}
    return dict(WIRES[way.source](own))


def values_of(info: FieldInfo, way: Way) -> st.SearchStrategy[OwnValue]:
    if not info.kind.several:
        return texts_of(info).map(normal_text)
    item: dict[str, st.SearchStrategy[Any]] = {"value": elements_of(info.kind, way).map(_normal)}
    held = way.holding(info.contact)
    slots = next((h.slots for h in held if h.slots), ())
    if info.holds_label:
        item["label"] = st.sampled_from(slots) if slots else LABELS
    if info.holds_primary:
        item["primary"] = st.booleans()
    most = min([3, *(h.max_items for h in held if h.max_items)])
    unique = (partial(_identity, info.kind), *((itemgetter("label"),) if slots else ()))
    several = st.lists(st.fixed_dictionaries(item), max_size=most, unique_by=unique)
    return several.map(lambda items: _one_primary(items, always="freshsales" in (way.source, way.target)))


def texts_of(info: FieldInfo) -> st.SearchStrategy[str]:
    if info.kind is Kind.DATE:
        return DAYS
    if info.slot:
        return VALUES[Kind.PHONES] | st.just("")
    return LINES if info.contact == "notes" else ODD


def elements_of(kind: Kind, way: Way) -> st.SearchStrategy[Any]:
    if kind is Kind.ADDRESSES:
        return st.dictionaries(st.sampled_from(way.parts), ODD.map(normal_text), min_size=1)
    return VALUES[kind]


def _normal(value: Any) -> Any:
    return normal_text(value) if isinstance(value, str) else {k: normal_text(v) for k, v in value.items()}


def _identity(kind: Kind, item: Mapping[str, Any]) -> str:
    value = item["value"]
    return element_id(kind, address_text(value) if isinstance(value, Mapping) else value, "DE")


def _one_primary(items: list[dict[str, Any]], *, always: bool) -> list[dict[str, Any]]:
    """At most one, as everywhere; Freshsales makes one where there is none."""
    first = next((n for n, item in enumerate(items) if item.get("primary")), 0 if always else None)
    return [{**item, "primary": n == first} if "primary" in item else item for n, item in enumerate(items)]


def written(values: Values, to: str, pairs: Sequence[FieldPair], side: Side) -> Mapping[str, OwnValue]:
    """What the other app shows after the create that a run would plan; nothing is left out of it."""
    intent = create_intent("test", Shown("1", values, 0, 0, WHEN), side, pairs, (), 0)
    assume(intent)  # nobody is created of nothing
    assert intent
    assert not intent.dropped
    return WIRES[to](to_own(intent.patch, FIELDS[to]))


def lost(pair: FieldPair, before: str, after: str) -> str:
    """What of a field the other side does not say, as far as it can hold it; '' = nothing."""
    if not pair.kind.several:
        return "" if before == after else f"{before!r} is {after!r}"
    mine, theirs = by_id(before), by_id(after)
    if set(mine) != set(theirs):
        return f"{sorted(mine)} are {sorted(theirs)}"
    unlike = [i for i in mine if not _alike(pair, mine[i], theirs[i])]
    return f"{[mine[i] for i in unlike]} are {[theirs[i] for i in unlike]}" if unlike else ""


def _alike(pair: FieldPair, mine: Element, theirs: Element) -> bool:
    """In value, and in label and mark where both apps have them."""
    held = (pair.left, pair.right)
    said = replace(
        mine,
        label=mine.label if all(h.label for h in held) else None,
        primary=mine.primary if all(h.primary for h in held) else None,
    )
    return mine.value == theirs.value and agree(said, theirs, *held)


@EACH
@MANY
@given(st.data())
def test_what_both_apps_can_hold_arrives_and_comes_back(way: Way, data: st.DataObject) -> None:
    own = data.draw(contacts(way))
    before = way.read(way.source, own)
    there = way.read(way.target, written(before, way.target, way.pairs, RIGHT))
    for pair in way.pairs:
        if pair.open_from(LEFT):
            assert lost(pair, before[pair.field], there[pair.field]) == "", pair.field
    back = way.read(way.source, written(there, way.source, way.pairs, LEFT))
    for pair in way.pairs:
        if pair.open_from(LEFT) and pair.open_from(RIGHT):
            assert lost(pair, before[pair.field], back[pair.field]) == "", pair.field


def test_every_shipped_app_has_its_wire_here() -> None:
    assert set(WIRES) == set(FIELDS) == set(app_names())
    assert all(way.mapped for way in WAYS)
