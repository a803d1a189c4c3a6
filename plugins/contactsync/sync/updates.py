"""The update that follows for one side of a link: edits of fields and actions of rules in one action."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.model.exchange import Verb
from contactsync.model.link import Link
from contactsync.model.plan import Intent
from contactsync.model.spec import Side
from contactsync.sync.conflicts import Settled
from contactsync.sync.effects import Acts
from contactsync.sync.readings import now_values, operation_key


def update_intent(
    sync_id: str, link: Link, target: Side, settled: Mapping[str, Settled], acts: Acts | None
) -> Intent | None:
    """One update of the target: what fields and what actions write there. None where that is nothing."""
    acts = acts or Acts()
    fields = {name: s.write[target] for name, s in settled.items() if target in s.write}
    patch = {**fields, **acts.patch}
    if not patch:
        return None
    here, there = link.side(target), link.side(target.other)
    now, source = now_values(here), now_values(there)
    return Intent(
        key=operation_key(sync_id, target, Verb.UPDATE, link.id, link.version),
        side=target,
        verb=Verb.UPDATE,
        link_id=link.id,
        source_id=there.contact_id,
        target_id=here.contact_id,
        link_version=link.version,
        patch=patch,
        before={f: now[f] for f in patch if f in now},
        source={f: source[f] for f in fields if f in source},
        touched=_touched({f: settled[f].touched[target] for f in fields if target in settled[f].touched}, acts),
        dropped={f: settled[f].dropped[target] for f in fields if target in settled[f].dropped},
        apart={f: a.reason.value for f in fields if (a := settled[f].apart) is not None},
        acts=acts.words,
        entering=acts.entering,
        leaving=acts.leaving,
        version=here.version,
        ref=here.ref,
        source_version=there.version,
        source_modified_at=there.modified_at,
        source_observed_at=there.observed_at,
        observed_at=here.observed_at,
        reason=", ".join(
            sorted({s.rule for s in settled.values() if s.rule and target in s.write} | {*acts.words.values()})
        ),
    )


def _touched(fields: Mapping[str, tuple[str, ...]], acts: Acts) -> dict[str, tuple[str, ...]]:
    """Elements that change; of one field both by an edit and by an action."""
    both = {f: tuple(sorted({*ids, *fields.get(f, ())})) for f, ids in acts.touched.items()}
    return {**fields, **both}
