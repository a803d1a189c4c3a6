"""What a valid sync file cannot do with its two apps: said by `contactsync validate`, without asking any account."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.mapping.between_apps import no_consent
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.leaves import CUSTOM, judged_anew, leaves
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.named_fields import named_fields
from contactsync.model.app import ActionInfo, AppInfo, ConditionInfo, Deletes
from contactsync.model.spec import SIDES, DeletionPolicy, Side, SyncSpec, Unsubscribes


def advice(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> tuple[str, ...]:
    """One sentence for each wish that the apps cannot fulfil."""
    return (
        *_deletions(spec, apps),
        *_unsubscribes(spec, apps),
        *_rules(spec, apps),
        *_lacking(spec, apps),
        *_fields(spec, apps),
    )


def not_asked(file: SyncDocument) -> tuple[str, ...]:
    """One sentence for each side whose custom fields cannot be checked without asking its account."""
    told = []
    for side in SIDES:
        names = dict.fromkeys(named_fields(file.spec, file.tests, side))
        custom = [name for name in names if name.startswith(CUSTOM)]
        if custom and not file.apps[side].asked:
            told.append(
                f"{side}: whether {file.spec.side(side).connection} has {', '.join(custom)} is not known offline; keep "
                "the account's field list beside the files: contactsync snapshot."
            )
    return tuple(told)


def _rules(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> list[str]:
    """Core 9: what changes without an edit is judged anew on complete reads, which cost calls."""
    told = []
    for side, rules in spec.rules.items():
        names = judged_anew(rules, apps[side])
        if names:
            hours = spec.full_every.total_seconds() / 3600
            told.append(
                f"rules.{side}_to_{side.other}: {', '.join(names)} may change without a modified time, so who is in is "
                f"judged anew every {hours:g} h (full_every); that reads {apps[side].title} completely, one call for "
                f"each {apps[side].caps.page_size} contacts."
            )
    return told


def _lacking(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> list[str]:
    """What rules cannot say of these accounts, or perhaps not, with what to do about it."""
    told = []
    for side in SIDES:
        info, used = apps[side], _used(spec, side)
        words: list[ConditionInfo | ActionInfo] = [
            *(info.conditions if spec.rules.get(side) else ()),
            *(info.actions if spec.rules.get(side.other) else ()),
        ]
        for why in dict.fromkeys(word.missing for word in words if word.missing):
            names = ", ".join(word.name for word in words if word.missing == why)
            told.append(f"{side}: not with these options: {names}. {why}.")
        for why in dict.fromkeys(word.unsure for word in words if word.unsure and word.name in used):
            names = ", ".join(word.name for word in words if word.unsure == why and word.name in used)
            told.append(f"{side}: {names}: {why}.")
    return told


def _used(spec: SyncSpec, side: Side) -> set[str]:
    """The words of a side's app that the rules use."""
    conditions = {node.name for rule in spec.rules.get(side, ()) for node in leaves(rule.conditions)}
    arriving = spec.rules.get(side.other, ())
    return conditions | {action.name for rule in arriving for action in (*rule.actions, *rule.on_leave)}


def _unsubscribes(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> list[str]:
    if spec.unsubscribes is not Unsubscribes.CARRY:
        return []
    lacking = [why for side in SIDES if (why := no_consent(apps[side]))]
    told = [f"unsubscribes: {why}, so no opt-out is carried." for why in lacking]
    if not lacking and "consent" not in {p.field for p in pair_fields(spec, *(apps[s].fields for s in SIDES))}:
        told.append("unsubscribes: the field consent is excluded, so no opt-out is carried.")
    return told


def _deletions(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> list[str]:
    """Core 13: where an app does not tell, a contact found gone only parts its link, whatever the policy."""
    told = []
    for side in SIDES:
        policy, info = spec.deletions.get(side, DeletionPolicy.IGNORE), apps[side]
        if policy is not DeletionPolicy.IGNORE and info.caps.deletes is Deletes.NONE:
            step = f" They are told with {side}.options.{info.deletes_option}." if info.deletes_option else ""
            told.append(
                f"deletions.{side}_to_{side.other}: {info.title} does not report deletions, so none is carried over; "
                f"the partner of a deleted contact is left alone.{step}"
            )
    return told


def _fields(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> list[str]:
    pairs = pair_fields(spec, apps[Side.LEFT].fields, apps[Side.RIGHT].fields)
    flowing = {p.field for p in pairs if any(p.open_from(s) for s in SIDES)}
    if not flowing:
        return ["fields: no field flows between these two apps with this direction and choice."]
    named = [f for f in spec.fields.only if "." not in f and f != "names" and f not in flowing]
    return [f"fields.only: {name} does not flow; one of the two apps cannot hold it." for name in named]
