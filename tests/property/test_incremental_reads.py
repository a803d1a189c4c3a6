"""Reading only what changed ends as reading everything does, whatever people did."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from contactsync.contact import Values
from contactsync.model.link import LinkStatus
from contactsync.model.spec import SIDES, DeletionPolicy, MatchSpec, Side
from contactsync.rehearsal.artefacts import MemoryArtefacts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from views import links, values_of
from world import World, mail, memory_spec

ADDRESSES = ["ada@example.org", "uma@example.org", "jo@example.org", "ada@example.org"]
"""Of persons 0 to 3. They keep them: a held change of a key is tried again by complete reads alone (core 2)."""
TITLES = ["", "Editor", "Writer", "Captain"]

edits = st.tuples(
    st.sampled_from(SIDES),
    st.sampled_from(["put", "put", "put", "remove"]),
    st.integers(0, 3),
    st.sampled_from(TITLES),
)
histories = st.lists(st.lists(edits, max_size=5), min_size=1, max_size=3)


def play(root: Path, history: Any, *, full: bool, policy: DeletionPolicy) -> dict[str, Any]:
    """The same history, with deltas or with complete reads; what both sides hold at the end."""
    spec = memory_spec(match=MatchSpec(keys=(("email",),)), deletions=dict.fromkeys(SIDES, policy))
    world = World(root, spec, artefacts=MemoryArtefacts())
    for step in history:
        for side, act, number, title in step:
            apply(world, side, act, number, title)
        # A complete read only misses a contact; the run after it asks by id. Both then know as much.
        for _ in range(2):
            assert world.run(full_read=full).ok
    assert world.run(full_read=full).ok
    writes = world.writes()
    assert world.run(full_read=full).ok
    assert world.writes() == writes
    return {
        **{side.value: contents(values_of(world, side)) for side in SIDES},
        "held": sorted((h.side.value, h.contact_id[0], h.reason.value) for h in world.held()),
        "links": {status.value: len(links(world, status)) for status in LinkStatus},
    }


def apply(world: World, side: Side, act: str, number: int, title: str) -> None:
    """What a person does: contacts are told apart by who made them, and everybody is on the side where he was born."""
    book, name = world.book(side), f"{side}-{number}"
    if act == "remove":
        book.remove(name)
    else:
        book.put(name, {"emails": mail(ADDRESSES[number]), "names.given": f"Person {number}", "job_title": title})


def contents(values: dict[str, Values]) -> list[Any]:
    return sorted((v["emails"], v["names.given"], v["job_title"]) for v in values.values())


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # an example is twenty runs: shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
@given(histories, st.sampled_from(DeletionPolicy))
def test_deltas_end_as_complete_reads_do(history: Any, policy: DeletionPolicy) -> None:
    ends = []
    for full in (False, True):
        with tempfile.TemporaryDirectory() as root:
            ends.append(play(Path(root), history, full=full, policy=policy))
    assert ends[0] == ends[1]
