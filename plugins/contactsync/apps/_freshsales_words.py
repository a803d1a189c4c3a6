"""What rules may say of Freshsales contacts: conditions and actions, as PieSync had them. Data only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contactsync.model.app import ActionInfo, ConditionInfo, Takes
from contactsync.model.rules import Compare


@dataclass(frozen=True)
class Flag:
    """Authority or Do not disturb: the own field that says so, and why there is none, or may be none (model.app)."""

    field: str
    missing: str = ""
    unsure: str = ""


BUILT_IN = (Flag("has_authority"), Flag("do_not_disturb"))


def flags_of(flavour: str, authority_field: str, do_not_disturb_field: str) -> tuple[Flag, Flag]:
    """Classic accounts have both built in; Suite accounts use custom fields, which the side's options name."""
    authority = _flag(flavour, "has_authority", "authority_field", authority_field)
    return authority, _flag(flavour, "do_not_disturb", "do_not_disturb_field", do_not_disturb_field)


def _flag(flavour: str, built_in: str, option: str, named: str) -> Flag:
    if flavour == "classic":
        return Flag(built_in)
    if named:
        return Flag(named)
    step = (
        "add a custom field of the type Checkbox to contacts (Admin Settings > Contacts > Fields) and name it in this "
        f"side's options: {option}: custom.cf_{built_in}"
    )
    if flavour == "auto":
        unsure = (
            f"whether the account is Classic, which has {built_in}, is only known online; for a Suite account {step}"
        )
        return Flag(built_in, unsure=unsure)
    return Flag(built_in, f"Freshsales Suite has no such field; {step}")


def conditions_of(flags: tuple[Flag, Flag]) -> tuple[ConditionInfo, ...]:
    """All conditions."""
    authority, quiet = flags
    yes, more, texts = Takes.NOTHING, Takes.COMPARISON, Takes.TEXTS
    contacted = ("last_contacted",)
    deals = ("open_deals_count", "open_deals_amount")
    return (
        ConditionInfo("medium", "Medium", texts, ("medium",)),
        ConditionInfo("open_deals_revenue", "Open deals revenue", more, ("open_deals_amount",)),
        ConditionInfo("won_deals_revenue", "Won deals revenue", more, ("won_deals_amount",)),
        ConditionInfo("owned_by", "Owned by (name, e-mail or id)", texts, ("owner", "owner.name", "owner.id")),
        _flagged(authority, "has_authority", "Has authority", "true"),
        _flagged(authority, "has_no_authority", "Has no authority", "false"),
        ConditionInfo("contacted", "Has been contacted", yes, contacted, Compare.EMPTY, "false"),
        ConditionInfo("not_contacted", "Has not been contacted", yes, contacted, Compare.EMPTY, "true"),
        ConditionInfo("has_open_deals", "Has open deals", yes, deals, Compare.GREATER_THAN, "0"),
        _flagged(quiet, "do_not_disturb", "Marked Do Not Disturb", "true"),
        ConditionInfo("lead_score", "Lead score", more, ("lead_score",)),
    )


def _flagged(flag: Flag, name: str, title: str, value: str) -> ConditionInfo:
    fields = (flag.field,)
    return ConditionInfo(name, title, Takes.NOTHING, fields, value=value, missing=flag.missing, unsure=flag.unsure)


def actions_of(flags: tuple[Flag, Flag]) -> tuple[ActionInfo, ...]:
    """All actions."""
    authority, quiet = flags
    quieter, louder = "mark_do_not_disturb", "unmark_do_not_disturb"
    return (
        _setting(authority, "grant_authority", "Grant authority", "true", "revoke_authority"),
        _setting(authority, "revoke_authority", "Revoke authority", "false", "grant_authority"),
        _setting(quiet, quieter, "Mark as Do Not Disturb", "true", louder),
        replace(_setting(quiet, louder, "Unmark Do Not Disturb", "false", quieter), allow="allow_unmark"),
        ActionInfo("update_medium", "Update Medium", "medium"),
        ActionInfo("update_field", "Update any field", ""),
    )


def _setting(flag: Flag, name: str, title: str, value: str, reverse: str) -> ActionInfo:
    missing, unsure = flag.missing, flag.unsure
    return ActionInfo(name, title, flag.field, value=value, reverse=reverse, missing=missing, unsure=unsure)
