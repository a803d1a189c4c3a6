"""Draws histories: people, runs and mishaps in any order, between vendors of any kind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from shrink import promise_of, smallest
from story import Step, Story
from vendor import SEVERAL, SINGLE
from vendor_kinds import KINDS

STEPS = 7
SIDE = st.sampled_from(("left", "right"))
PICK = st.integers(0, 2)
WAIT = st.sampled_from((60.0, 300.0))
PLACES = ("request:before", "request:no_response", "request:after", "commit:before", "commit:after")
NAME = st.sampled_from(SINGLE)
LIST = st.sampled_from(SEVERAL)
POLICY = st.sampled_from(("left", "left", "right", "newest", "hold"))
KEY = st.sampled_from(("own", "own", "own", "none", "shared"))

ADD = st.tuples(st.just("add"), SIDE, PICK, KEY, st.lists(NAME, max_size=2))
WORD = st.sampled_from(("opted_out", "opted_out", "opted_in", ""))
OPT = st.tuples(st.just("opt"), SIDE, PICK, WORD)
EDIT = st.one_of(
    st.tuples(st.just("type"), SIDE, PICK, NAME, st.sampled_from(("", "Abc", "abcdefghijklmnop"))),
    st.tuples(st.just("clear"), SIDE, PICK, NAME),
    st.tuples(st.just("enter"), SIDE, PICK, LIST),
    st.tuples(st.just("drop"), SIDE, PICK, LIST, PICK),
    OPT,
    st.tuples(st.sampled_from(("respell", "prefer", "echo")), SIDE, PICK, LIST, PICK),
)
DELETE = st.tuples(st.just("delete"), SIDE, PICK)
FILTER = st.tuples(st.just("filter"), SIDE, st.sampled_from(("", "tags", "nickname", "company")))
FILTERED: tuple[tuple[Step, ...], ...] = (
    *((),) * 4,
    (("filter", "left", "tags"), ("filter", "right", "tags")),
    (("filter", "left", "nickname"), ("filter", "right", "company")),
    (("filter", "left", "company"), ("direction", "left_to_right")),
)


class Histories(RuleBasedStateMachine):
    """Draws a history and plays it."""

    @initialize(
        kinds=st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(KINDS))),
        conflicts=POLICY,
        deletions=st.sampled_from(("delete", "delete", "ignore")),
        unsubscribes=st.sampled_from(("carry", "carry", "ignore")),
        filters=st.sampled_from(FILTERED),
        first=st.lists(ADD, min_size=1, max_size=4),
        noted=st.lists(OPT, max_size=1),
    )
    def begin(
        self,
        kinds: tuple[str, str],
        conflicts: str,
        deletions: str,
        unsubscribes: str,
        filters: list[Step],
        first: list[Step],
        noted: list[Step],
    ) -> None:
        self.story = Story(*kinds, conflicts, deletions)
        self.play(("unsubscribes", unsubscribes), *filters, *first, *noted, ("run", 60.0))

    def play(self, *steps: Step) -> None:
        try:
            self.story.play(steps)
        except Exception as error:
            FAILED[:] = [(self.story.script, promise_of(error))]
            raise

    @rule(edits=st.lists(EDIT, min_size=1, max_size=3))
    def type(self, edits: list[Step]) -> None:
        self.play(*edits)

    @rule(edit=EDIT, wait=WAIT)
    def type_and_run(self, edit: Step, wait: float) -> None:
        self.play(edit, ("run", wait))

    @rule(side=SIDE, pick=PICK, words=st.tuples(WORD, st.sampled_from(("", "opted_in"))), seen=st.booleans())
    def opt(self, side: str, pick: int, words: tuple[str, str], seen: bool) -> None:
        run, (word, reply) = ("run", 60.0), words
        self.play(run, ("opt", side, pick, word), *((run,) if seen else ()), ("reply", side, pick, reply), run)

    @rule(some=ADD)
    def add(self, some: Step) -> None:
        self.play(some)

    @rule(one=DELETE)
    def delete(self, one: Step) -> None:
        self.play(one)

    @precondition(lambda self: any(self.story.filters.values()))
    @rule(side=SIDE, pick=PICK, wait=WAIT, edit=EDIT)
    def cross(self, side: str, pick: int, wait: float, edit: Step) -> None:
        self.play(("cross", side, pick), ("run", wait), edit)

    @rule(wait=WAIT, full=st.sampled_from((False, False, True)))
    def run(self, wait: float, full: bool) -> None:
        self.play(("run", wait, full))

    @rule(edit=EDIT, wait=WAIT, place=st.sampled_from(PLACES), number=st.integers(1, 12))
    def crash(self, edit: Step, wait: float, place: str, number: int) -> None:
        number = min(number, 3) if place.startswith("request") else number
        self.play(edit, ("crash", wait, place, number))

    @rule(side=SIDE)
    def expire(self, side: str) -> None:
        self.play(("expire", side))

    @rule(side=SIDE, fault=st.sampled_from(("trouble", "cut", "half", "empty")))
    def bad_listing(self, side: str, fault: str) -> None:
        self.play(("bad_listing", side, fault))

    @rule(side=SIDE, fault=st.sampled_from(("no_effect", "no_reply", "lost_one", "refused_connection")))
    def bad_write(self, side: str, fault: str) -> None:
        self.play(("bad_write", side, fault))

    @rule(wait=WAIT, number=st.integers(1, 6), step=st.one_of(EDIT, DELETE))
    def during(self, wait: float, number: int, step: Step) -> None:
        self.play(("during", wait, number, step))

    @rule(edit=EDIT, wait=WAIT, number=st.integers(1, 6), pause=st.sampled_from((60.0, 300.0)))
    def stall(self, edit: Step, wait: float, number: int, pause: float) -> None:
        self.play(edit, ("stall", wait, number, pause))

    @rule(side=SIDE, pick=PICK)
    def rename(self, side: str, pick: int) -> None:
        self.play(("rename", side, pick))

    @rule(side=SIDE, pick=PICK, into=PICK)
    def merge(self, side: str, pick: int, into: int) -> None:
        self.play(("merge", side, pick, into))

    @rule(
        step=st.one_of(
            st.tuples(st.just("policy"), POLICY),
            st.tuples(st.just("deleting"), st.sampled_from(("delete", "ignore"))),
            st.tuples(st.just("fields"), st.sampled_from(((), ("nickname",), ("job_title", "tags"), ("grade",)))),
            st.tuples(st.just("direction"), st.sampled_from(("both", "both", "left_to_right"))),
            FILTER,
            st.tuples(st.just("unsubscribes"), st.sampled_from(("carry", "ignore"))),
            st.tuples(st.just("schema"), SIDE, st.sampled_from(("plain", "strict", "picky"))),
        )
    )
    def change(self, step: Step) -> None:
        self.play(step)

    @rule()
    def backup(self) -> None:
        self.play(("backup",))

    @rule()
    def restore(self) -> None:
        self.play(("restore",))

    @rule(wait=WAIT, back=PICK)
    def undo(self, wait: float, back: int) -> None:
        self.play(("undo", wait, back))

    def teardown(self) -> None:
        if hasattr(self, "story"):
            self.play(("settle",))


FAILED: list[tuple[str, str]] = []
"""The script of the last history that broke a promise, and which one."""


def prove(machine: type[RuleBasedStateMachine], examples: int, number: int) -> None:
    """So many histories, drawn by this seed. One that fails is made small and printed."""
    FAILED.clear()
    asked = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    try:
        with _imports_left_alone():
            run_state_machine_as_test(seed(number)(machine), settings=asked)
    except Exception as error:
        if not FAILED:
            raise
        script, promise = FAILED[0]
        raise AssertionError(f"seed {number}: {error}\nHISTORY {smallest(script, promise)}") from None


@contextmanager
def _imports_left_alone() -> Iterator[None]:
    """What is imported is no rubbish, and histories leave little: looking for it costs a tenth of the time."""
    seldom = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*seldom)
        gc.unfreeze()
