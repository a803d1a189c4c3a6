"""Custom fields asked for again before a plan clears any: one may be another field than when it was last asked for.

What fields an account has is kept for a day. Where one was deleted and made anew in the meantime, everybody seems to
have cleared it.
"""

from __future__ import annotations

import json
from dataclasses import replace

from contactsync.model.plan import Plan
from contactsync.model.spec import SIDES
from contactsync.stages.mapping_state import changed, identified
from contactsync.stages.workplace import Workplace
from contactsync.sync.guards import blanked


def with_fields_of_now(place: Workplace, plan: Plan) -> Workplace | None:
    """The same with the accounts' fields as they are now, where those that this plan clears are no longer the same.

    Asks the accounts only where the plan clears a field of which the vendor tells an id. Errors: ConfigError for a
    field that is gone.
    """
    told = {name for name, state in place.mapping.items() if identified(state)}
    cleared = told and {name for intent in plan.intents for name in blanked(intent)} & told
    if not cleared:
        return None
    for side in SIDES:
        place.app(side).forget_fields()
    fresh = replace(place)  # with nothing that it remembers
    return fresh if changed(json.dumps(dict(place.mapping)), fresh.mapping) & cleared else None
