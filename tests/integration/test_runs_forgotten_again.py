"""Forgetting comes to its end: killed and said again, in all syncs of a hub, after a restore, in old artefacts."""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from canaries import found, stored
from contactsync.apps.base import Access
from contactsync.apps.memory import Memory
from contactsync.errors import ArtefactError, ConfigError, ServerTrouble
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.ledger.transactions import CRASH_AT
from contactsync.model.exchange import Cursor, Op, Page, Result, Window
from contactsync.model.plan import HoldReason
from contactsync.model.spec import MatchSpec, Side, SideSpec
from contactsync.model.stages import ArtefactRef
from contactsync.orchestration.artefacts import StoredArtefacts
from contactsync.stages.persons import find, key_of
from forgetful import ZOE, ada, archives, at, forgotten, leaks, lived, new_world, partner, step, zoe
from radicale_server import RadicaleBook, RadicaleServer
from views import differences, links
from world import World, hub_of, mail, memory_spec, new_ledger

# ---- killed


def short_past(root: Path) -> World:
    world = new_world(root)
    world.left.put("zoe-left", zoe())
    world.left.put("l1", ada(1))
    assert step(world).ok
    step(world)
    assert leaks(world)
    return world


def copied(world: World, root: Path) -> World:
    """The same sync over a copy of everything that is stored."""
    world.known._engine.dispose()
    shutil.copytree(world.root, root)
    twin = replace(world, root=root, ledger=Ledger(make_engine(f"sqlite:///{root / 'ledger.db'}"), world.clock))
    twin.artefacts = StoredArtefacts(at(root), world.spec.id, "run", twin.known.became)
    return twin


def dies(world: World, crash_at: str) -> bool:
    """`forget` in another process, which kills itself there; False where it came to its end before."""
    process = multiprocessing.get_context("fork").Process(target=_forget_until, args=(world, crash_at))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -9)
    return process.exitcode == -9


def _forget_until(world: World, crash_at: str) -> None:
    os.environ[CRASH_AT] = crash_at
    forgotten(ZOE, world)


def test_one_that_was_killed_is_said_again_and_comes_to_its_end(tmp_path: Path) -> None:
    world = short_past(tmp_path / "world")
    for number, place in ((n, p) for n in itertools.count(1) for p in ("before", "after")):
        twin = copied(world, tmp_path / f"{place}{number}")
        killed = dies(twin, f"commit:{place}:{number}")
        if not killed:
            break
        forgotten(ZOE, twin)
        assert leaks(twin) == [], (place, number)
        shutil.rmtree(twin.root / "artefacts" / "pair")
    assert number > 8, "it was killed at many commits"
    assert leaks(twin) == [], "this one was not killed"
    for _ in range(2):
        assert step(twin, full_read=True).counts["left_to_right"]["forgotten"] == 1
    assert leaks(twin) == []


# ---- all syncs of a hub


def hub(root: Path) -> tuple[World, World]:
    """Two syncs in one ledger that share the left account."""
    first = new_world(root)
    second = World(
        root, memory_spec(id="other", left=first.spec.left), first.clock, first.known, first.services, artefacts=None
    )
    return first, second


def test_a_person_is_forgotten_from_app_to_app(tmp_path: Path) -> None:
    first, second = hub(tmp_path)
    first.left.put("zoe-left", zoe())
    first.left.put("l1", ada(1))
    for world in (first, second):
        step(world)
        step(world)
    named = key_of(f"right:{partner(second)}")
    parts = {one.archive.sync_id: one.contacts for one in find({"other": archives(second)["other"]}, named)}
    assert parts == {"other": {(Side.LEFT, "zoe-left"), (Side.RIGHT, partner(second))}}
    done = forgotten("left:zoe-left", first, second)
    assert {one.sync_id for one in done.portions} == {"pair", "other"}
    assert leaks(first) == []
    for world in (first, second):
        assert step(world, full_read=True).counts["left_to_right"]["forgotten"] == 1
        assert len(links(world)) == 1


def test_one_sync_alone_may_forget(tmp_path: Path) -> None:
    first, second = hub(tmp_path)
    first.left.put("zoe-left", zoe())
    for world in (first, second):
        step(world)
    forgotten(ZOE, first)
    first.left.put("zoe-left", {"job_title": "Writer"})
    for world in (first, second):
        step(world)
        step(world)
    assert links(first) == []
    assert second.right.contacts()[partner(second)]["job_title"] == "Writer"


def test_an_id_of_two_accounts_asks_for_the_sync(tmp_path: Path) -> None:
    first, second = hub(tmp_path)
    second.spec = replace(second.spec, left=SideSpec("memory", "yet another book"))
    second = World(tmp_path, second.spec, first.clock, first.known, first.services)
    for world in (first, second):
        world.left.put("zoe-left", zoe())
        step(world)
    with pytest.raises(ConfigError, match=r"Several accounts have a contact of that id: pair \(left\), other \(left\)"):
        find(archives(first, second), key_of("zoe-left"))
    assert len(find(archives(first, second), key_of(ZOE))) == 2


# ---- a backup


def test_a_ledger_restored_from_before_forgets_anew(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    lived(world)
    world.known._engine.dispose()
    backup = (tmp_path / "ledger.db").read_bytes()
    forgotten(ZOE, world)
    restore(world, backup)
    assert leaks(world), "the backup still has it"
    for _ in range(3):
        assert step(world).ok
    assert leaks(world) == []
    assert len(links(world)) == 5
    assert (len(world.left.contacts()), len(world.right.contacts())) == (6, 6)


def test_a_lost_ledger_still_knows_whom_to_forget(tmp_path: Path) -> None:
    world = short_past(tmp_path)
    right = partner(world)
    forgotten(ZOE, world)
    world.known._engine.dispose()
    (tmp_path / "ledger.db").unlink()
    world.ledger = new_ledger(tmp_path / "ledger.db", world.clock)
    world.right.put(right, {"nickname": "Canary"})
    for _ in range(3):
        assert step(world).ok
    assert leaks(world) == []
    assert [h for h in world.held() if h.reason is HoldReason.UNION] == []
    assert "nickname" not in world.left.contacts()["zoe-left"]


def restore(world: World, backup: bytes) -> None:
    world.known._engine.dispose()
    for file in world.root.glob("ledger.db*"):
        file.unlink()
    (world.root / "ledger.db").write_bytes(backup)


# ---- artefacts of runs that are over


def references(world: World) -> list[ArtefactRef]:
    paths = sorted((world.root / "artefacts").rglob("*.parquet"))
    return [ArtefactRef(p.absolute().as_uri(), hashlib.sha256(p.read_bytes()).hexdigest(), 0) for p in paths]


def test_old_runs_can_still_be_replayed_for_everybody_else(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    lived(world)
    refs = references(world)
    artefacts = StoredArtefacts(at(tmp_path), world.spec.id, "run", world.known.became)
    before = {ref.uri: artefacts.read(ref) for ref in refs}
    forgotten(ZOE, world)
    for again in (ZOE, "left:l1"):  # rewritten once, and some of them twice
        forgotten(again, world)
        for ref in refs:
            artefacts.read(ref)
    for ref in refs:
        frame, header = artefacts.read(ref)
        was, told = before[ref.uri]
        assert dict(frame.dtypes) == dict(was.dtypes)
        assert header.keys() == told.keys()
        for n in (0, 2, 3, 4):
            assert repr(frame.to_dict("records")).count(f"ada{n}@") == repr(was.to_dict("records")).count(f"ada{n}@")
    Path(refs[0].uri.removeprefix("file://")).write_bytes(b"PAR1 something else")
    with pytest.raises(ArtefactError, match="not what was written"):
        artefacts.read(refs[0])


def test_what_a_killed_process_left_half_written_goes_too(tmp_path: Path) -> None:
    world = short_past(tmp_path)
    draft = next((tmp_path / "artefacts").rglob("*.parquet")).parent / ".plan-1.parquet.0a0b"
    draft.write_text(ZOE)
    forgotten(ZOE, world)
    assert not draft.exists()


# ---- who comes under another id, or without an answer


class Moving(Memory):
    """A book whose contacts get new ids."""

    moved: dict[str, str] = {}  # noqa: RUF012

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            yield replace(page, moved=dict(self.moved)) if page.last else page


def test_a_forgotten_contact_under_a_new_id_is_that_contact_still(tmp_path: Path) -> None:
    world = short_past(tmp_path)
    moving = Moving(Access(world.spec.left.connection, {}, services=world.services), Memory.Options())
    world.open_app = lambda side: moving if side is Side.LEFT else _memory(world, side)
    forgotten("left:zoe-left", world)
    world.left.remove("zoe-left")
    world.left.put("moved-left", zoe(emails=mail("somewhere.quixwort@example.org"), job_title="Head of Canaries"))
    moving.moved = {"zoe-left": "moved-left"}
    assert step(world).counts["left_to_right"]["forgotten"] == 1
    moving.moved = {}
    for full in (True, False, True):
        world.left.put("moved-left", {"nickname": f"Zo {full}"})
        assert step(world, full_read=full).counts["left_to_right"]["forgotten"] == 1
    assert len(world.right.contacts()) == 2
    assert leaks(world) == []


def _memory(world: World, side: Side) -> Memory:
    return Memory(Access(world.spec.side(side).connection, {}, services=world.services), Memory.Options())


class Mute(Memory):
    """A book that takes what it is told and never answers."""

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        list(super().push(ops))
        raise ServerTrouble("The line is dead.")


def unanswered(root: Path, **fields: Any) -> World:
    """A create that got no answer."""
    world = new_world(root, match=MatchSpec(keys=(("email",),), create_without_key=True))
    mute = Mute(Access(world.spec.right.connection, {}, services=world.services), Memory.Options())
    world.open_app = lambda side: mute if side is Side.RIGHT else _memory(world, side)
    world.left.put("zoe-left", fields)
    step(world)
    return world


def test_what_an_unanswered_create_made_is_known_by_its_address(tmp_path: Path) -> None:
    world = unanswered(tmp_path, **zoe())
    forgotten("left:zoe-left", world)
    world.open_app = None
    for full in (False, True, True, True):
        summary = step(world, full_read=full)
        assert summary.ok
    assert summary.counts["right_to_left"]["forgotten"] == 1
    assert leaks(world) == []
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 1)


def test_without_an_address_the_answer_is_waited_for(tmp_path: Path) -> None:
    world = unanswered(tmp_path, job_title="Head of Canaries")
    with pytest.raises(ConfigError, match=r"no answer yet.* contactsync run pair"):
        forgotten("left:zoe-left", world)
    world.open_app = None
    for _ in range(4):
        step(world, full_read=True)
    forgotten("left:zoe-left", world)
    assert leaks(world) == []


# ---- real servers


def test_nothing_of_a_person_stays_of_three_real_apps(tmp_path: Path, radicale: RadicaleServer) -> None:
    book = radicale.home().book()
    with hub_of(tmp_path, book=book) as servers:
        servers.freshsales.add_contact({"first_name": "Zoë-Marguerite", "last_name": "Quixwort", "email": ZOE})
        servers.freshsales.add_contact({"first_name": "Ada", "last_name": "Beispiel", "email": "ada@example.org"})
        book.put("Quixwort-Zoe", card(ZOE, "urn:uuid:quixwort"))
        worlds = [servers.world(name) for name in ("freshsales-google", "freshsales-carddav")]
        for world in (*worlds, *worlds):
            assert step(world).ok
        assert all(len(links(world)) == 2 for world in worlds)
        assert leaks(worlds[0])
        contacts = (servers.freshsales.contacts(), servers.google.contacts(), cards(book))
        forgotten(ZOE, *worlds)
        assert leaks(worlds[0]) == []
        servers.reset_counters()
        for full in (False, True):
            for world in worlds:
                assert step(world, full_read=full).ok
        assert servers.writes() == 0
        assert (servers.freshsales.contacts(), servers.google.contacts(), cards(book)) == contacts
        book.put("Quixwort-Zoe", card("other@example.org", "urn:uuid:quixwort"))
        assert step(worlds[1]).ok
        book.delete("Quixwort-Zoe")
        assert step(worlds[1]).ok
        assert leaks(worlds[0]) == []
        assert found(["urn:uuid:quixwort"], stored(worlds[0].known._engine, tmp_path / "artefacts")) == []
        assert all(differences(world) == {} for world in worlds)


def cards(book: RadicaleBook) -> dict[str, str]:
    return {name: book.get(name) for name in book.names()}


def card(address: str, uid: str) -> str:
    return (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Zoë-Marguerite Quixwort\r\nN:Quixwort;Zoë-Marguerite;;;\r\n"
        f"EMAIL;TYPE=WORK:{address}\r\nEND:VCARD\r\n"
    )
