"""A person lets what failed be tried again: only that is sent, and never what nobody knows the outcome of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps.base import Access
from contactsync.apps.memory import Memory
from contactsync.errors import ConfigError, LimitExceeded, LockBusy, NothingSent, ServerTrouble
from contactsync.model.exchange import Cursor, Fetched, Op, Page, Presence, Ref, Result, State, Verb, Window
from contactsync.model.link import LinkStatus
from contactsync.model.plan import HoldReason
from contactsync.model.spec import DeletionPolicy, Limit, Side
from contactsync.model.waiting import NOT_SENT, UNKNOWN
from contactsync.stages.deciding import Judge
from contactsync.stages.retrying import Retried, retry
from contactsync.stages.waiting import Wanted, waiting, wanted_of
from views import QUIET_TABLES, changed_tables, differences, links
from world import WIDE, World, mail, memory_spec

DELETE = {Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.DELETE}
WORDS = "The value is not allowed here."


class Strict(Memory):
    """A book that refuses, loses or never gets what it is told to, and remembers every op that reached it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.refuses: set[str] = set()  # texts in a patch, or ids
        self.hides: set[str] = set()  # ids that these credentials may not see
        self.away = False
        self.mute = False
        self.sent: list[Op] = []

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        if self.away:
            raise NothingSent("The door is shut.")
        self.sent.extend(ops)
        if self.mute:
            list(super().push([op for op in ops if not self._bad(op)]))
            raise ServerTrouble("The line is dead.")
        yield from (Result(op.key, State.REFUSED, op.id, reason=WORDS) for op in ops if self._bad(op))
        yield from super().push([op for op in ops if not self._bad(op)])

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        for page in super().pull(start):
            yield replace(page, records=[r for r in page.records if r.id not in self.hides])

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        for found in super().fetch(refs):
            yield Fetched(found.id, Presence.FORBIDDEN) if found.id in self.hides else found

    def _bad(self, op: Op) -> bool:
        return bool(self.refuses & {op.id, *(v for v in op.patch.values() if isinstance(v, str))})


def strict(tmp_path: Path, n: int = 12) -> tuple[World, Strict]:
    """So many linked contacts; what is written to the right goes through a strict book."""
    world = World(tmp_path, memory_spec(deletions=DELETE))
    left, right = (
        app(Access(world.spec.side(side).connection, {}, services=world.services), Memory.Options())
        for app, side in ((Memory, Side.LEFT), (Strict, Side.RIGHT))
    )
    assert isinstance(right, Strict)
    world.open_app = lambda side: left if side is Side.LEFT else right
    for k in range(n):
        world.left.put(f"l{k}", person(k))
    for _ in range(2):
        assert world.run().ok
    assert len(links(world)) == n
    right.sent.clear()
    return world, right


def person(k: int, **fields: Any) -> dict[str, Any]:
    return {"names.given": f"Ada {k}", "emails": mail(f"ada{k}@example.org"), **fields}


def again(world: World, reason: str = "", contact: str = "") -> Retried:
    return retry(Judge(world.place(), world.request(by="maria.sample")), Wanted(reason, contact))


def what_waits(world: World) -> list[tuple[str, str]]:
    return [(one.reason, one.contact_id) for one in waiting(world.known, world.spec.id)]


def right_of(world: World, left: str) -> str:
    return next(k.right.contact_id for k in links(world) if k.left.contact_id == left)


def refused_everywhere(world: World, right: Strict) -> tuple[str, str]:
    """A create, two updates and a deletion are refused, and others go through; the two ids on the right concerned."""
    edited, deleted = right_of(world, "l1"), right_of(world, "l3")
    right.refuses = {"Poison", deleted}
    world.left.put("l90", person(90, job_title="Poison"))
    world.left.put("l91", person(91))
    world.left.put("l1", {"job_title": "Poison"})
    world.left.put("l2", {"nickname": "Poison"})
    world.left.put("l4", {"job_title": "Editor"})
    world.left.remove("l3")
    assert world.run().ok
    assert {h.contact_id for h in world.held()} == {"l90", "l1", "l2", "l3"}
    assert {h.reason for h in world.held()} == {HoldReason.REFUSED}
    assert {h.detail for h in world.held()} == {WORDS}
    right.sent.clear()
    world.run()
    assert right.sent == []
    return edited, deleted


def test_what_is_tried_again_is_judged_by_the_limits(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    right.refuses = set()
    world.with_spec(limits=replace(WIDE, updates=Limit(1, 0)))
    assert len(again(world).again) == 4
    with pytest.raises(LimitExceeded, match="2 updates on the right side; the limit is 1") as stopped:
        world.run()
    assert right.sent == []
    assert world.run(apply_plan=stopped.value.plan_hash).ok
    assert len(right.sent) == 4


def test_only_what_failed_is_sent_again_creates_updates_and_deletions(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    edited, deleted = refused_everywhere(world, right)
    right.refuses = set()
    done = again(world)
    assert {one.contact_id for one in done.again} == {"l90", "l1", "l2", "l3"}
    assert (done.left, done.unread) == ((), ())
    assert len(world.held()) == 4, "a hold stands until its action has an answer"
    assert world.run().ok
    assert sorted((op.verb, op.id) for op in right.sent) == sorted(
        [(Verb.CREATE, ""), (Verb.UPDATE, edited), (Verb.UPDATE, right_of(world, "l2")), (Verb.DELETE, deleted)]
    )
    assert [set(op.patch) for op in right.sent if op.id == edited] == [{"job_title"}]
    assert world.held() == []
    assert differences(world) == {}
    assert deleted not in world.right.contacts()
    before = world.known.dump()
    right.sent.clear()
    world.run()
    assert right.sent == []
    assert changed_tables(before, world.known.dump()) <= QUIET_TABLES


def test_what_is_refused_again_is_held_again_and_not_sent_a_third_time(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    again(world)
    for sent in (4, 0, 0):
        right.sent.clear()
        assert world.run().ok
        assert len(right.sent) == sent
        assert {h.contact_id for h in world.held()} == {"l90", "l1", "l2", "l3"}


@pytest.mark.parametrize(
    ("reason", "contact", "sent"),
    [
        ("", "left:l1", {"l1"}),
        ("", "l90", {"l90"}),
        ("refused", "", {"l90", "l1", "l2", "l3"}),
        ("ambiguous", "", set()),
    ],
)
def test_one_contact_one_reason_or_all(tmp_path: Path, reason: str, contact: str, sent: set[str]) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    done = again(world, reason, contact)
    assert {one.contact_id for one in done.again} == sent
    world.run()
    assert len(right.sent) == len(sent)


def test_what_waits_is_found_by_an_address(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    for address, found in (("Ada1@example.org", ["l1"]), ("nobody@example.org", [])):
        wanted = wanted_of(world.place(), "refused", address)
        assert [one.contact_id for one in waiting(world.known, world.spec.id, wanted)] == found


def test_a_hold_is_tried_again_by_its_name(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    name = next(one.name for one in waiting(world.known, world.spec.id) if one.contact_id == "l2")
    assert [one.contact_id for one in again(world, contact=name).again] == ["l2"]
    world.run()
    assert [set(op.patch) for op in right.sent] == [{"nickname"}]


def test_who_asked_is_written_down_and_the_next_run_knows_it_is_due(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    asked = again(world)
    told = [d for _, run, d in world.known.decisions(world.spec.id) if run == world.last().run_id]
    assert {(d.what, d.answer, d.by) for d in told} == {
        (f"refused left:{one.contact_id}", "retry", "maria.sample") for one in asked.again
    }
    assert "maria.sample asked for another try of 4" in world.last().message
    with pytest.raises(ConfigError, match="Allowed: ambiguous"):
        Wanted("refuse")


def test_while_a_run_is_on_nothing_is_asked(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    world.known.take_lock(world.spec.id, "another run", ended=lambda _: False)
    judge = Judge(world.place(ended=False), world.request(by="maria.sample"))
    with pytest.raises(LockBusy):
        retry(judge, Wanted())
    assert not world.known.decisions(world.spec.id)


def test_what_was_not_sent_need_not_wait_for_its_turn(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    right.away = True
    world.left.put("l1", {"job_title": "Editor"})
    world.left.put("l90", person(90))
    for _ in range(6):
        world.run()
    assert sorted(what_waits(world)) == [(NOT_SENT, "l1"), (NOT_SENT, "l90")]
    words = {one.words for one in waiting(world.known, world.spec.id)}
    assert words == {"create in the right app: The door is shut.", "update in the right app: The door is shut."}
    right.away = False
    world.run()
    assert right.sent == [], "its turn is some runs away"
    assert len(again(world).again) == 2
    world.run()
    assert sorted(op.verb for op in right.sent) == [Verb.CREATE, Verb.UPDATE]
    assert what_waits(world) == []
    assert differences(world) == {}


def test_an_unknown_outcome_is_shown_and_never_sent_again_by_asking(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    right.mute = True
    world.left.put("l90", person(90))
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    right.mute, right.refuses = False, {"Poison"}
    assert sorted(what_waits(world)) == [(UNKNOWN, "l1"), (UNKNOWN, "l90")]
    right.sent.clear()
    world.left.put("l2", {"nickname": "Poison"})
    world.run()  # too early to settle anything
    assert len(right.sent) == 1
    right.sent.clear()
    right.refuses = set()
    done = again(world)
    assert [one.contact_id for one in done.again] == ["l2"]
    assert {one.reason for one in done.left} == {UNKNOWN}
    assert again(world, UNKNOWN).again == ()
    for _ in range(8):
        again(world)
        world.run()
    assert [set(op.patch) for op in right.sent] == [{"nickname"}]
    assert what_waits(world) == []
    assert sum(c["names.given"] == "Ada 90" for c in world.right.contacts().values()) == 1
    assert differences(world) == {}


def test_what_only_a_person_can_answer_is_left_alone(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    gone = right_of(world, "l5")
    world.left.put("l5", {"job_title": "Editor"})
    world.right.remove(gone)
    world.run()
    assert [h.reason for h in world.held()] == [HoldReason.DELETED_AND_EDITED]
    before = world.known.all_links(world.spec.id)
    done = again(world)
    assert done.again == ()
    assert [one.reason for one in done.left] == ["deleted_and_edited"]
    assert world.known.all_links(world.spec.id) == before
    right.sent.clear()
    world.run()
    assert right.sent == []
    assert [k.status for k in before if k.left.contact_id == "l5"] == [LinkStatus.PARTED]


def test_a_try_that_could_not_leave_is_made_by_a_later_run(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    refused_everywhere(world, right)
    right.refuses = set()
    again(world)
    right.away = True
    world.run()
    right.away = False
    for _ in range(4):
        world.run()
    assert len(right.sent) == 4
    assert world.held() == []
    assert differences(world) == {}


def test_a_key_that_another_contact_has_is_judged_again_and_not_sent(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    world.left.put("l1", {"emails": mail("ada1@example.org", "ada2@example.org")})
    world.run()
    assert [(h.reason, h.contact_id) for h in world.held()] == [(HoldReason.KEY_COLLISION, "l1")]
    right.sent.clear()
    assert len(again(world).again) == 1
    for _ in range(2):
        assert world.run().ok
    assert right.sent == []
    assert [(h.reason, h.contact_id) for h in world.held()] == [(HoldReason.KEY_COLLISION, "l1")]


def test_who_may_be_seen_again_is_asked_for_by_id(tmp_path: Path) -> None:
    world, right = strict(tmp_path)
    hidden = right_of(world, "l1")
    right.hides = {hidden}
    world.run(full_read=True)
    world.run()
    assert [(h.reason, h.contact_id) for h in world.held()] == [(HoldReason.UNREADABLE, hidden)]
    right.hides = set()
    assert [one.contact_id for one in again(world).again] == [hidden]
    world.run()
    assert world.held() == []
    assert right.sent == []
    world.left.put("l1", {"job_title": "Editor"})
    world.run()
    assert differences(world) == {}
