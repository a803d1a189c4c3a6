"""A ledger that is no database any more, or holds what nobody wrote: said in our words, and without what it holds."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contactsync.errors import LedgerDamaged
from contactsync.ledger.connect import make_engine
from contactsync.ledger.metadata import LedgerMetadata
from contactsync.ledger.rates import LedgerBudget
from contactsync.ledger.store import Ledger
from contactsync.model.alerts import Watched
from contactsync.model.app import Rate
from contactsync.model.approval import Asked
from contactsync.model.ledger import FoldBatch, RunState, StoredCursor, SyncRow
from contactsync.model.link import Apart, ApartReason, LinkSide
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import Side
from contactsync.rest.services import utc_now
from ledger_rows import ACCOUNT, OWNER, RUN, SYNC, WHEN, a_known, a_link, a_lock, planned
from sqlalchemy import Engine, text
from world import Clock, empty_ledger

SECRET = "wilhelmina.canary@example.org"


def _garbage(whole: bytes) -> bytes:
    return b"no database at all " * 500


def _cut_off(whole: bytes) -> bytes:
    return whole[: len(whole) // 3]


def _holes(whole: bytes) -> bytes:
    return whole[:100] + b"\xff" * 60_000 + whole[60_100:]


@pytest.mark.parametrize("damage", [_garbage, _cut_off, _holes])
def test_a_file_that_is_no_ledger(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(damage(empty_ledger()))
    engine = make_engine(f"sqlite:///{file}")
    with pytest.raises(LedgerDamaged, match=r"ledger\.db") as caught:
        Ledger(engine, Clock()).all_links(SYNC)
    engine.dispose()
    assert "restore the newest backup" in caught.value.next_step


def test_a_row_that_is_no_json(ledger: Ledger, ledger_engine: Engine) -> None:
    ledger.fold(SYNC, RUN, FoldBatch(links=[a_link()]), fence=a_lock(ledger))
    with ledger_engine.begin() as connection:
        connection.execute(text("UPDATE link_value SET base = :text"), {"text": f'{{"emails": "{SECRET}'})
    with pytest.raises(LedgerDamaged, match="Unterminated string") as caught:
        ledger.all_links(SYNC)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


SHAPES = [
    ("link_value", "base", ["[]", '{"nickname": 5}', "3", "null"]),
    ("link_value", "seen", ["[]", '{"nickname": null}']),
    ("link_value", "ref", ["[]", '"text"']),
    ("link", "apart", ["[]", '{"nickname": {}}', '{"nickname": {"reason": "held", "SECRET": "x"}}', '{"nickname": 1}']),
    ("link", "rules", ["[]", '{"matching": []}', '{"matching": {"left": "SECRET"}}', '{"entered": {"SECRET": {}}}']),
    ("known", "ref", ["[]", "1"]),
    (
        "journal",
        "intent",
        ["[]", '{"SECRET": 1}', '{"patch": ["SECRET"]}', '{"undoes": "SECRET"}', '{"key": "x"}'],
    ),
    ("journal", "outcome", ["[]", '{"modified_at": "SECRET"}', '{"values": "SECRET"}', '{"proven": "SECRET"}']),
    ("hold", "candidates", ["{}", '"SECRET"']),
    ("sync", "accounts", ["[]", '{"SECRET": "x"}', '{"left": 1}']),
    ("side_cursor", "cursor_json", ["[]", '"SECRET"']),
    ("run", "counts", ["[]", '"SECRET"']),
    ("run", "plan_ref", ["[]", '{"uri": "SECRET"}', '{"uri": 1, "sha256": "", "rows": 0}']),
    ("approval", "plan_ref", ["[]", '{"SECRET": 1}']),
    ("watched", "spec", ["[]", '{"sync_id": "people"}', '{"SECRET": 1}']),
    ("metadata", "value", ["{"]),
    ("rate", "windows", ["[]", '{"SECRET": {"1": 1}}', '{"1000000": []}']),
    ("link_side", "observed_at", ["no time"]),
]


@pytest.mark.parametrize(
    ("table", "column", "held"), [(table, column, held) for table, column, all_ in SHAPES for held in all_]
)
def test_a_row_that_is_json_of_another_shape(
    ledger: Ledger, ledger_engine: Engine, table: str, column: str, held: str
) -> None:
    a_row_of_each(ledger, ledger_engine)
    with ledger_engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = :held"), {"held": held.replace("SECRET", SECRET)})
    named = "" if column == "observed_at" else f"'s table {table}"
    with pytest.raises(LedgerDamaged, match=f"A row of the ledger{named} is damaged: ") as caught:
        everything(ledger, ledger_engine)
    assert "restore the newest backup" in caught.value.next_step
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def a_row_of_each(ledger: Ledger, engine: Engine) -> None:
    ledger.save_sync(SyncRow(SYNC, "salt", {Side.LEFT: ACCOUNT}))
    apart = {"nickname": Apart(ApartReason.HELD, "Ada", "Eva")}
    waiting = LinkSide("l1", {"nickname": "Ada"}, {"nickname": "Eva"}, observed_at=WHEN)
    one, two = a_link(left=waiting, apart=apart), a_known(ref={"href": "/1"})
    hold = Hold(Side.LEFT, "l1", HoldReason.CONFLICT, candidates=("right:r1",))
    fold = FoldBatch(links=[one], known=[(Side.LEFT, two)], hold_scope=[(Side.LEFT, "l1")], holds=[hold])
    fence = a_lock(ledger)
    ledger.fold(SYNC, RUN, fold, fence=fence)
    planned(ledger, "k1")
    run = ledger.start_run(SYNC, RUN, "cli")
    ref = {"uri": "file:///a", "sha256": "0", "rows": 0}
    ledger.end_run(replace(run, state=RunState.DONE, plan_ref=ref))
    ledger.set_cursor(SYNC, StoredCursor(Side.LEFT, {"token": "1"}, WHEN, WHEN, RUN), fence=fence)
    ledger.ask(Asked(SYNC, RUN, OWNER, "hash", ref, 1, WHEN, WHEN))
    ledger.watch([Watched(SYNC)])
    LedgerMetadata(engine, utc_now).put(ACCOUNT, "fields", [1])
    LedgerBudget(engine).take(ACCOUNT, [Rate(10, 60)], share=1.0, writes=False)


def everything(ledger: Ledger, engine: Engine) -> object:
    return (
        ledger.sync(SYNC),
        ledger.all_links(SYNC),
        ledger.known(SYNC, Side.LEFT, ["l1"]),
        ledger.journal(SYNC, RUN),
        ledger.holds(SYNC),
        ledger.cursor(SYNC, Side.LEFT),
        ledger.runs(SYNC, 1),
        ledger.approvals(SYNC),
        ledger.all_watched(),
        LedgerMetadata(engine, utc_now).get(ACCOUNT, "fields"),
        LedgerBudget(engine).take(ACCOUNT, [Rate(10, 60)], share=1.0, writes=False),
    )
