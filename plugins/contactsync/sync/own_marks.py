"""Who made whom, by the marks that creates leave in an app (core 7, 21): how links are found again without a ledger.

A mark is the key of the create: a hash of this sync, the side written, and the id of the contact it was made from. It
says nothing to whoever does not know that id, so we work out the keys that each contact here would have given, and look
for them there. A mark of another sync, or of a contact that is no longer there, meets none of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

from contactsync.model.exchange import Verb
from contactsync.model.spec import SIDES, Side
from contactsync.sync.readings import Reading, operation_key

GENERATIONS = 32  # a contact's create has another key after each settled refusal, deletion or undo

OwnId = Callable[[str], str]
"""The id that a create of this key chooses for its contact, '' where the vendor chooses."""


def made_from(
    sync_id: str, readings: Mapping[Side, Reading], own_id: Mapping[Side, OwnId], sure: Collection[Side]
) -> frozenset[tuple[str, str]]:
    """(left id, right id) of contacts of which one bears the mark of a create from the other.

    sure  sides whose ids are still those of the account that the marks speak of
    A contact named twice, or bearing the marks of two, proves nothing: somebody copied or merged it.
    """
    pairs = {
        (source, made) if side is Side.RIGHT else (made, source)
        for side in SIDES
        if side.other in sure
        for source, made in _claims(sync_id, side, readings, own_id[side])
    }
    lefts, rights = (Counter(pair[n] for pair in pairs) for n in (0, 1))
    return frozenset((left, right) for left, right in pairs if lefts[left] == rights[right] == 1)


def _claims(sync_id: str, side: Side, readings: Mapping[Side, Reading], own_id: OwnId) -> Iterator[tuple[str, str]]:
    """(source id, id of the contact on `side` that bears its mark)."""
    bearers: dict[str, set[str]] = defaultdict(set)
    for shown in readings[side].shown.values():
        for mark in shown.marker:
            bearers[mark].add(shown.id)
    if not bearers and not own_id("any"):
        return
    sources = readings[side.other]
    names = [(i, i) for i in sources.shown] + [(old, new) for old, new in sources.moved.items() if new in sources.shown]
    for name, source in names:
        for generation in range(GENERATIONS):
            key = operation_key(sync_id, side, Verb.CREATE, name, generation)
            for made in bearers.get(key, ()):
                yield source, made
            chosen = own_id(key)
            chosen = readings[side].moved.get(chosen, chosen)
            if chosen in readings[side].shown:
                yield source, chosen
