"""What rules may say of Freshsales contacts: conditions and actions, as PieSync had them. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from contactsync.model.app import ActionInfo, ConditionInfo, Takes
from contactsync.model.rules import Compare


@dataclass(frozen=True)
class Flag:
    """Authority or Do not disturb: the own field that says so, and why there is none."""

    field: str
    missing: str = ""


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
    if flavour == "auto":
        return Flag(built_in)  # whether the account has it is only known once it is asked
    missing = (
        "Freshsales Suite has no such field; add a custom field of the type Checkbox to contacts (Admin Settings > "
        f"Contacts > Fields) and name it in this side's options: {option}: custom.cf_{built_in}"
    )
    return Flag(built_in, missing)


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
        ConditionInfo(
            "has_authority", "Has authority", yes, (authority.field,), value="true", missing=authority.missing
        ),
        ConditionInfo(
            "has_no_authority", "Has no authority", yes, (authority.field,), value="false", missing=authority.missing
        ),
        ConditionInfo("contacted", "Has been contacted", yes, contacted, Compare.EMPTY, "false"),
        ConditionInfo("not_contacted", "Has not been contacted", yes, contacted, Compare.EMPTY, "true"),
        ConditionInfo("has_open_deals", "Has open deals", yes, deals, Compare.GREATER_THAN, "0"),
        ConditionInfo(
            "do_not_disturb", "Marked Do Not Disturb", yes, (quiet.field,), value="true", missing=quiet.missing
        ),
        ConditionInfo("lead_score", "Lead score", more, ("lead_score",)),
    )


def actions_of(flags: tuple[Flag, Flag]) -> tuple[ActionInfo, ...]:
    """All actions."""
    authority, quiet = flags
    return (
        ActionInfo(
            "grant_authority", "Grant authority", authority.field, value="true", reverse="revoke_authority",
            missing=authority.missing,
        ),
        ActionInfo(
            "revoke_authority", "Revoke authority", authority.field, value="false", reverse="grant_authority",
            missing=authority.missing,
        ),
        ActionInfo(
            "mark_do_not_disturb", "Mark as Do Not Disturb", quiet.field, value="true",
            reverse="unmark_do_not_disturb", missing=quiet.missing,
        ),
        ActionInfo(
            "unmark_do_not_disturb", "Unmark Do Not Disturb", quiet.field, value="false",
            reverse="mark_do_not_disturb", allow="allow_unmark", missing=quiet.missing,
        ),
        ActionInfo("update_medium", "Update Medium", "medium"),
        ActionInfo("update_field", "Update any field", ""),
    )  # fmt: skip
