"""An encrypted ledger: whole runs as ever, nothing of a person readable in the database, keys that can be replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from canaries import found, stored
from contactsync.errors import ConfigError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.erasing import compact
from contactsync.ledger.resealing import reseal, sealed_columns
from contactsync.ledger.sealing import ESCAPED, SEALED, Cipher
from contactsync.ledger.store import Ledger
from contactsync.ledger.tokens import LedgerTokens
from world import Clock, World

OLD, NEW = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZCE=", "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldyE="
MAIL, FAMILY, TITLE = "wilhelmina.canary@example.org", "Canary-Ørsted", "Chief Canary Officer"
VALUES = (MAIL, FAMILY, TITLE, "Deputy Canary", "Wilhelmina")


def world_at(url: str, folder: Path, cipher: Cipher | None) -> World:
    clock = Clock()
    return World(folder, ledger=Ledger(make_engine(url, cipher), clock), clock=clock)


def live(world: World) -> None:
    """Created, edited on both sides at once, and at rest."""
    mail = {"value": MAIL, "label": "work", "primary": True}
    world.left.put("a", {"names.given": "Wilhelmina", "names.family": FAMILY, "emails": [mail]})
    assert world.run().ok
    [other] = world.right.contacts()
    world.left.put("a", {"job_title": TITLE})
    world.right.put(other, {"job_title": "Deputy Canary"})
    assert world.run().ok
    world.run()
    writes = world.writes()
    assert world.run().ok
    assert world.writes() == writes
    assert world.left.contacts()["a"]["job_title"] == world.right.contacts()[other]["job_title"]
    assert len(world.known.conflicts(world.spec.id)) == 1


def readable(world: World, folder: Path) -> list[str]:
    return found(VALUES, {name: held for name, held in stored(world.known._engine, folder).items() if "table" in name})


def test_runs_go_on_as_ever_and_nothing_of_a_person_can_be_read(ledger_url: str, tmp_path: Path) -> None:
    world = world_at(ledger_url, tmp_path, Cipher(OLD, seals=True))
    live(world)
    assert readable(world, tmp_path / "none") == []
    [link] = world.known.all_links(world.spec.id)
    assert link.left.base["names.family"] == FAMILY
    assert [one.id for one in world.known.links_naming(world.spec.id, MAIL)] == [link.id]
    journal = world.known.journal(world.spec.id)
    assert any(MAIL in str(row.intent) for row in journal)


def test_without_the_key_or_with_another_nothing_is_read_and_the_next_step_is_said(
    ledger_url: str, tmp_path: Path
) -> None:
    world = world_at(ledger_url, tmp_path, Cipher(OLD, seals=True))
    live(world)
    for cipher, words in (
        (None, "no key to read them.*CONTACTSYNC_KEY"),
        (Cipher(NEW, seals=True), "another key.*comma"),
    ):
        with pytest.raises(ConfigError, match=words):
            Ledger(make_engine(ledger_url, cipher), Clock()).all_links(world.spec.id)


def test_a_plain_ledger_is_encrypted_gets_another_key_and_is_plain_again(ledger_url: str, tmp_path: Path) -> None:
    plain = world_at(ledger_url, tmp_path, None)
    live(plain)
    LedgerTokens(plain.known._engine, OLD).refresh("crm", "f", lambda _: {"access_token": "t", "refresh_token": "r"})
    before = plain.known.dump()
    assert readable(plain, tmp_path / "none")

    for cipher, keys in ((Cipher(OLD, seals=True), OLD), (Cipher(f"{NEW},{OLD}", seals=True), f"{NEW},{OLD}")):
        engine = make_engine(ledger_url, cipher)
        assert reseal(engine, cipher, keys).tokens == 1
        compact(engine)
        assert found(VALUES, stored(engine, tmp_path / "none")) == []
    newest = make_engine(ledger_url, Cipher(NEW, seals=True))
    assert Ledger(newest, Clock()).dump() == before
    assert LedgerTokens(newest, NEW).get("crm", "f") == {"access_token": "t", "refresh_token": "r"}

    opens = Cipher(NEW, seals=False)
    reseal(make_engine(ledger_url, opens), opens, NEW)
    assert plain.known.dump() == before


def test_a_text_that_looks_encrypted_is_a_text(ledger_url: str, tmp_path: Path) -> None:
    world = world_at(ledger_url, tmp_path, None)
    for number, word in enumerate((f"{SEALED}gAAAA", f"{ESCAPED}{SEALED}x")):
        world.left.put(str(number), {"names.given": "Ada", "emails": [{"value": f"ada{number}@example.org"}]})
        world.run()
        [other] = world.right.contacts().keys() - {"0", "1"} if number == 0 else [max(world.right.contacts())]
        world.left.put(str(number), {"job_title": word})
        world.right.put(other, {"job_title": "another"})
        world.run()
    kept = {c.left for _, _, c in world.known.conflicts(world.spec.id)}
    assert kept == {f"{SEALED}gAAAA", f"{ESCAPED}{SEALED}x"}


def test_every_text_that_may_hold_a_person_can_be_encrypted() -> None:
    names = {f"{column.table.name}.{column.name}" for column in sealed_columns()}
    assert names >= {"link_value.base", "link_value.seen", "journal.intent", "journal.outcome", "conflict.left_value"}
