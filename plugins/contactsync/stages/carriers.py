"""Who carries which match key on a side: as the key index has it, and as this run saw it (core 10)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from contactsync.contact import ONE
from contactsync.model.link import Link
from contactsync.model.spec import SIDES, Side
from contactsync.stages.workplace import Workplace
from contactsync.sync.collisions import Carriers, Held, carry, in_lists
from contactsync.sync.readings import Reading, key_hashes, now_values

Keys = Mapping[str, Sequence[int]]
"""Match key -> hashes."""


def carriers(
    place: Workplace,
    links: Sequence[Link],
    readings: Mapping[Side, Reading],
    seen: Mapping[Side, Mapping[str, Keys]],
    salt: str,
) -> Carriers:
    """Everybody who carries a key of this run's contacts. seen: the key hashes of contacts that this run read."""
    match = place.spec.match
    wanted: dict[str, set[int]] = {}
    held: Held = {}
    for side in SIDES:
        unread = [now_values(k.side(side)) for k in links if k.side(side).contact_id not in seen[side]]
        picks = any(name.startswith(ONE) for name in place.columns(side))  # else nobody's values need to be looked at
        values = itertools.chain((s.values for s in readings[side].shown.values()) if picks else (), unread)
        picked = (in_lists(v) for v in values if any(name.startswith(ONE) for name in v))
        others = (key_hashes(salt, match, v) for v in itertools.chain(unread, picked))
        for keys in itertools.chain(seen[side].values(), others):
            for key, hashes in keys.items():
                wanted.setdefault(key, set()).update(hashes)
        for contact_id, keys in seen[side].items():
            carry(held, side, keys, contact_id)
    for member in place.reader.key_members(place.spec.id, wanted):
        reading = readings[member.side]
        contact_id = reading.moved.get(member.contact_id, member.contact_id)
        told = contact_id in seen[member.side] or contact_id in reading.gone or contact_id in reading.forgotten
        if not told:
            carry(held, member.side, {member.key: (member.hash,)}, contact_id)
    return Carriers(match, salt, held)
