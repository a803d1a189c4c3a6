"""Runs killed with SIGKILL while they carry paired fields: one contact, with the values and the memory of a whole run.

The contact has a choice that is paired, a number, and a choice that its pair does not know: that one is marked where it
is read (model.unfit), held, and must neither be sent nor be forgotten by a death. With --full, at every commit too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps.memory import Book
from contactsync.model.link import Link
from contactsync.model.plan import HoldReason
from contactsync.model.spec import FieldsSpec, Side, SideSpec
from contactsync.model.unfit import as_typed, unfit_in
from contactsync.sync.readings import now_values
from crash_run import KILLED, crash
from paired import fields
from radicale_server import RadicaleServer
from views import at_rest, links
from world import Hub, World, hub_of, mail, memory_spec

OWN = ("custom.cf_segment", "custom.cf_unit_", "custom.cf_customer_number")
PLACES = ("request:before:1", "request:no_response:1", "request:after:1")
NEW = {"cf_segment": "Middle & Large", "cf_unit_": 12.5, "cf_customer_number": "Z 9"}
EDITED = {"cf_segment": "Small", "cf_unit_": 13, "cf_customer_number": "Z 10"}
FITTING = {"cf_customer_number": "A"}


@dataclass
class Couple:
    """A sync with three pairs towards the right.

    type_in  somebody types these own fields on the left, of a new contact or of the only one
    shown    what the right side's only contact holds of the three
    """

    world: World
    hub: Hub | None
    type_in: Callable[[Mapping[str, Any]], object]
    shown: Callable[[], tuple[str, ...]]
    columns: tuple[str, ...]

    def remembered(self) -> list[tuple[str, ...]]:
        """Of each pair either side's base, or what it last showed where the pair waits for a person; without marks."""
        link = self.link()
        return [tuple(as_typed(_held(link, side, column)) for side in Side) for column in self.columns]

    def link(self) -> Link:
        (link,) = links(self.world)
        return link


def _held(link: Link, side: Side, column: str) -> str:
    half = link.side(side)
    return (now_values(half) if column in link.apart else half.base).get(column, "")


def spec_of(*rights: str) -> FieldsSpec:
    options = ({"Small": "small", "Middle & Large": "big"}, {}, {"A": "a"})
    pairs = [
        {"left": a, "right": b, **({"options": o} if o else {})} for a, b, o in zip(OWN, rights, options, strict=True)
    ]
    return fields(*pairs)


def columns(*rights: str) -> tuple[str, ...]:
    return tuple(f"{a} <-> {b}" for a, b in zip(OWN, rights, strict=True))


def typed_into(hub: Hub) -> Callable[[Mapping[str, Any]], object]:
    def type_in(own: Mapping[str, Any]) -> None:
        if found := hub.freshsales.contacts():
            hub.freshsales.edit_contact(str(found[0]["id"]), {"custom_field": dict(own)})
        else:
            name = {"first_name": "Ada", "last_name": "Beispiel", "emails": ["ada@example.org"]}
            hub.freshsales.add_contact({**name, "custom_field": dict(own)})

    return type_in


@contextmanager
def google(root: Path, radicale: RadicaleServer) -> Iterator[Couple]:
    rights = ("custom.Segment", "custom.Unit", "custom.Customer")
    with hub_of(root) as hub:

        def shown() -> tuple[str, ...]:
            (person,) = hub.google.contacts()
            own = {i["key"]: i["value"] for i in person.get("userDefined", ())}
            return tuple(own.get(right.removeprefix("custom."), "") for right in rights)

        world = hub.world("freshsales-google", fields=spec_of(*rights))
        yield Couple(world, hub, typed_into(hub), shown, columns(*rights))


@contextmanager
def card(root: Path, radicale: RadicaleServer) -> Iterator[Couple]:
    book, rights = radicale.home().book(), ("NICKNAME", "ORG.unit", "TITLE")
    with hub_of(root, book=book) as hub:

        def shown() -> tuple[str, ...]:
            (name,) = book.names()
            lines = dict(line.split(":", 1) for line in book.get(name).splitlines() if ":" in line)
            return lines.get("NICKNAME", ""), lines.get("ORG", "").removeprefix(";"), lines.get("TITLE", "")

        world = hub.world("freshsales-carddav", fields=spec_of(*rights))
        yield Couple(world, hub, typed_into(hub), shown, columns(*rights))


@contextmanager
def jobs(root: Path, radicale: RadicaleServer) -> Iterator[Couple]:
    """Two books in files; the right one makes contacts by asynchronous jobs."""
    rights = ("custom.Segment", "custom.Unit", "custom.Customer")
    left, right = (
        SideSpec("memory", f"pairs_{s}", {"path": str(root / f"{s}.book"), "bulk": int(s is Side.RIGHT)}) for s in Side
    )
    world = World(root, memory_spec(left=left, right=right, fields=spec_of(*rights)), step=300.0)
    books = [Book(root / f"{side}.book") for side in Side]

    def type_in(own: Mapping[str, Any]) -> None:
        ada = {"names.given": "Ada", "emails": mail("ada@example.org")}
        books[0].put("l1", {**ada, **{f"custom.{key}": str(value) for key, value in own.items()}})

    def shown() -> tuple[str, ...]:
        (found,) = books[1].contacts().values()
        return tuple(str(found.get(right, "")) for right in rights)

    yield Couple(world, None, type_in, shown, columns(*rights))


SCENES = {scene.__name__: scene for scene in (google, card, jobs)}


def cells(*, full: bool) -> list[tuple[str, str]]:
    """Scene and the point of death."""
    if full:
        commits = [f"commit:{when}:{n}" for when in ("before", "after") for n in range(1, 25)]
        return [*((name, place) for name in ("google", "card") for place in PLACES), *(("jobs", at) for at in commits)]
    return [("google", PLACES[1]), ("card", PLACES[2]), ("jobs", "commit:before:9"), ("jobs", "commit:after:7")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize(("name", "place"), cells(full=bool(metafunc.config.getoption("full"))))


def test_a_create_and_an_update_with_paired_fields_survive_a_death(
    tmp_path: Path, radicale: RadicaleServer, name: str, place: str
) -> None:
    with SCENES[name](tmp_path, radicale) as couple:
        couple.type_in(NEW)
        died = crash(couple.world, place, couple.hub) == KILLED
        after(couple, shown=("big", "12.5", ""), remembered=[("big", "big"), ("12.5", "12.5"), ("Z 9", "")])
        couple.type_in(EDITED)
        died = crash(couple.world, place, couple.hub) == KILLED or died
        after(couple, shown=("small", "13", ""), remembered=[("small", "small"), ("13", "13"), ("Z 10", "")])
        couple.type_in(FITTING)
        died = crash(couple.world, place, couple.hub) == KILLED or died
        after(couple, shown=("small", "13", "a"), remembered=[("small", "small"), ("13", "13"), ("a", "a")])
        assert died or place.startswith("commit")


def after(couple: Couple, shown: tuple[str, ...], remembered: list[tuple[str, str]]) -> None:
    """As if nobody had died: shown, remembered, held, and quiet."""
    at_rest(couple.world)
    assert couple.shown() == shown
    assert couple.remembered() == remembered
    held = [h.reason for h in couple.world.held()]
    assert held == ([] if shown[2] else [HoldReason.UNKNOWN_OPTION])
    assert bool(unfit_in(now_values(couple.link().left)[couple.columns[2]])) == (not shown[2])
    journal = couple.world.known.journal(couple.world.spec.id)
    assert couple.world.run().ok
    assert couple.world.known.journal(couple.world.spec.id) == journal
