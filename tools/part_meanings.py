"""What the keys mean that stand in the parts of a sync file of which there may be many: rules, tests, pairs."""

from __future__ import annotations

from collections.abc import Mapping

from key_meanings import Meaning

CONTACTS = "[contacts](#tests)"

RULE: Mapping[str, Meaning] = {
    "name": Meaning(
        "Tells the rules of a direction apart, and is what plan and journal name.", "gold", "one line, at most 100"
    ),
    "if": Meaning(
        "Conditions, all of which must hold. Without them the rule matches every contact.",
        "[has_open_deals, {lead_score: {greater_than: 50}}]",
        allowed="the sending app's conditions, `field`, `already_exists`, `any`, `all`, `not`",
        kind="list of conditions",
    ),
    "then.contacts": Meaning("What happens with contacts that match.", "update_only"),
    "then.actions": Meaning(
        "What is done to the partner in the receiving app.",
        "[{add_label: {value: Freshsales, apply: on_enter}}]",
        allowed="the receiving app's actions",
        kind="list of actions",
        beside={"fields": {"exclude": ["tags"]}},
    ),
    "on_leave": Meaning(
        "What is done once when a contact stops matching; it takes back what the rule made and nobody changed since.",
        "[{remove_label: Freshsales}]",
        allowed="the receiving app's actions, without `apply`",
        kind="list of actions",
        beside={"fields": {"exclude": ["tags"]}},
    ),
}

TEST: Mapping[str, Meaning] = {
    "name": Meaning(
        "Says what must stay true; each test of a file has its own.",
        "who is private stays private",
        "one line, at most 200",
    ),
    "given.left": Meaning(
        "The contact that the left app holds at first, or a list of several.",
        "{names: {given: Uma}, emails: [uma@example.org], own: {lead_score: 80}}",
        CONTACTS,
        kind="contact or list",
    ),
    "given.right": Meaning(
        "The same of the right app. One of the two sides is needed.",
        "[{names: {given: Uma}}, {names: {given: Uwe}}]",
        CONTACTS,
        kind="contact or list",
    ),
    "linked": Meaning(
        "An earlier run has linked the two given contacts, and settled every field as it is given.",
        "true",
    ),
    "edits.left": Meaning(
        "What a person then changes on the left, once the sync has come to rest; `null`: the contact is deleted.",
        "{job_title: Buyer, phones: []}",
        CONTACTS,
        kind="contact or null",
    ),
    "edits.right": Meaning("The same on the right.", "null", CONTACTS, kind="contact or null"),
    "expect.left": Meaning(
        "What the left app holds in the end: `null` nobody, else exactly this contact, or as many as the list has, "
        "those given first.",
        "null",
        CONTACTS,
        kind="contact, list or null",
    ),
    "expect.right": Meaning(
        "The same of the right app.",
        "{emails: [uma@example.org], custom: {Tier: gold}}",
        CONTACTS,
        kind="contact, list or null",
    ),
    "expect.why": Meaning(
        "Why something did not happen. Names of holds are those of the [runbook](runbook.md#holds); `held` is any.",
        "no_rule_matches",
        default="not asked",
    ),
    "expect.linked": Meaning("Whether the two are linked in the end.", "false", default="not asked"),
    "expect.actions": Meaning(
        "The actions of rules that were done, in any order; `[]` none.",
        "[add_label]",
        "actions of the two apps",
        default="not asked",
    ),
    "expect.conflicts": Meaning(
        "Fields that both sides had changed, and who won: `left`, `right`, or `nobody` where a person decides.",
        "{job_title: left}",
        default="not asked",
        kind="fields with a winner",
    ),
    "today": Meaning(
        "The day on which the test plays, for conditions such as `within_days`.",
        "2026-03-01",
        "a day",
        default="`2026-01-05`",
        kind="day",
    ),
}

PAIR: Mapping[str, Meaning] = {
    "left": Meaning(
        "Own field of the left app (`custom.<key>` for a custom one). Two or three in brackets are the parts of a name "
        "that the other side holds whole.",
        "[first_name, last_name]",
        kind="own field or list",
    ),
    "right": Meaning("The same of the right app.", "custom.Tier", kind="own field or list"),
    "direction": Meaning(
        "Which way it flows. A field that can only be read (`company.*` of Freshsales) flows one way.",
        "left_to_right",
        default="as the sync",
    ),
    "conflicts": Meaning("Who wins where both sides changed it.", "right", default="as the sync"),
    "options": Meaning(
        "Choices on the left: choices on the right, used both ways. Choices that differ in nothing need no pairing.",
        "{Gold: gold, Silver: silver}",
        kind="choices",
        allowed="at most 500",
    ),
    "unknown_option": Meaning(
        "A choice that `options` does not name, or that the field there does not have: a person is asked, or it is "
        "left alone.",
        "skip",
    ),
    "pick": Meaning(
        "Which of several elements the single value of the other side is: the one with that label, else `first` (the "
        "primary one, else the first that no other pair or field holds) or `nothing`. The element is remembered: an "
        "edit replaces it, a clear removes it, all others stay.",
        "{label: mobile, else: first}",
        kind="keys and values",
        allowed="`label`, `else`; or `first`",
        within={"left": "mobile_number", "right": "phoneNumbers"},
    ),
    "transforms": Meaning(
        "[Transforms](#transforms), applied in this order on the way from the sender (from the left where the pair "
        "flows both ways) and taken back in reverse.",
        "[strip_html]",
        within={"direction": "left_to_right"},
    ),
    "too_long": Meaning(
        "What the other side cannot hold whole is held, or shortened (listed by `contactsync explain`; a pair that "
        "flows both ways has to say `lossy: true` too).",
        "hold",
    ),
    "blanks": Meaning(
        "`keep`: a blank clears nothing; `clear`: a field that was emptied empties the other, never when two contacts "
        "meet for the first time. Each counts into the limit of blanked fields.",
        "clear",
    ),
    "lossy": Meaning("`true` accepts that something of the value does not come back.", "true"),
}
