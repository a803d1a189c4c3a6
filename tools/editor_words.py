"""Conditions, actions and contacts of sync files as JSON Schema, in the words of an app."""

from __future__ import annotations

from typing import Any

from contactsync.contact import ADDRESS_PARTS, FIELDS, Kind
from contactsync.mapping.condition_words import MOST, TESTS
from contactsync.mapping.given_contacts import CUSTOM, NAME_PARTS, NAMES, OWN, PLAIN_FIELDS
from contactsync.mapping.given_contacts import MOST as MOST_GIVEN
from contactsync.model.app import AppInfo, Takes
from contactsync.model.rules import ALREADY_EXISTS, FIELD, Apply, Compare, Join

Schema = dict[str, Any]

VALUE: Schema = {"type": ["string", "number", "boolean"]}
FILLED: Schema = {"type": ["string", "number", "boolean", "null"]}
NUMBER: Schema = {"type": ["number", "string"]}
SOME: Schema = {"type": "array", "items": VALUE, "minItems": 1, "maxItems": MOST}
ONE_OR_SOME: Schema = {"anyOf": [VALUE, SOME]}

_TESTS: dict[Compare, Schema] = {
    Compare.EQUALS: VALUE,
    Compare.IN: SOME,
    Compare.CONTAINS: ONE_OR_SOME,
    Compare.STARTS_WITH: ONE_OR_SOME,
    Compare.GREATER_THAN: NUMBER,
    Compare.LESS_THAN: NUMBER,
    Compare.BETWEEN: {"type": "array", "items": VALUE, "minItems": 2, "maxItems": 2},
    Compare.EMPTY: {"type": "boolean"},
    Compare.BEFORE: {"type": "string"},
    Compare.AFTER: {"type": "string"},
    Compare.WITHIN_DAYS: {"type": "integer", "minimum": 0, "maximum": 36_600},
}
TEST: Schema = {
    "type": "object",
    "properties": {name: _TESTS[Compare(name)] for name in TESTS},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}


def condition(info: AppInfo, itself: Schema) -> Schema:
    """One condition of the app; `itself` refers to this very schema."""
    alone = [c.name for c in info.conditions if c.takes is Takes.NOTHING]
    valued = {
        c.name: _described(c.title, ONE_OR_SOME if c.takes is Takes.TEXTS else {"anyOf": [*ONE_OR_SOME["anyOf"], TEST]})
        for c in info.conditions
        if c.takes is not Takes.NOTHING
    }
    nested = {"type": "array", "items": itself, "minItems": 1, "maxItems": MOST}
    properties = {
        Join.ANY: _described("One of these holds.", nested),
        Join.ALL: _described("All of these hold.", nested),
        Join.NOT: _described("None of these holds.", {"anyOf": [itself, nested]}),
        FIELD: _described("A test of any own field, custom ones too.", _on_field(info)),
        **valued,
    }
    return {"anyOf": [{"enum": [*alone, ALREADY_EXISTS]}, _single(properties)]}


def _on_field(info: AppInfo) -> Schema:
    own = {"enum": [f.name for f in info.fields]}
    name = {"anyOf": [own, {"type": "string", "pattern": r"^\s*custom\."}]}
    return {
        "type": "object",
        "properties": {"name": name, **TEST["properties"]},
        "required": ["name"],
        "additionalProperties": False,
        "minProperties": 2,
        "maxProperties": 2,
    }


def action(info: AppInfo, *, leaving: bool) -> Schema:
    """One action on a contact of the app."""
    keys: Schema = {"value": VALUE, "field": VALUE}
    if not leaving:
        keys |= {"apply": {"enum": list(Apply)}, "allow_unmark": {"type": "boolean"}}
    full = {"type": "object", "properties": keys, "additionalProperties": False}
    properties = {a.name: _described(a.title, {"anyOf": [VALUE, full]}) for a in info.actions}
    return {"anyOf": [{"enum": [a.name for a in info.actions if a.value is not None and a.field]}, _single(properties)]}


def _single(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _described(text: str, schema: Schema) -> Schema:
    return {"description": text, **schema}


# ---- contacts of tests


_ATTRIBUTES: Schema = {"label": FILLED, "primary": {"type": "boolean"}}
_ITEM: Schema = {
    "type": "object",
    "properties": {"value": VALUE, **_ATTRIBUTES},
    "required": ["value"],
    "additionalProperties": False,
}
_ADDRESS: Schema = {
    "type": "object",
    "properties": {**dict.fromkeys(ADDRESS_PARTS, FILLED), **_ATTRIBUTES},
    "additionalProperties": False,
}


def _several(item: Schema) -> Schema:
    return {"anyOf": [{"type": "null"}, {"type": "array", "items": item, "maxItems": MOST_GIVEN}]}


def _of_kind(kind: Kind) -> Schema:
    if not kind.several:
        return FILLED
    return _several(_ADDRESS) if kind is Kind.ADDRESSES else _several({"anyOf": [VALUE, _ITEM]})


_OWN: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [FILLED, _several({"anyOf": [VALUE, _ITEM]})]},
}

CONTACT: Schema = {
    "type": "object",
    "properties": {
        NAMES: {
            "type": "object",
            "properties": dict.fromkeys(NAME_PARTS, FILLED),
            "additionalProperties": False,
            "minProperties": 1,
        },
        **{name: _of_kind(FIELDS[name]) for name in PLAIN_FIELDS},
        CUSTOM: _described("Custom fields by their keys.", _OWN),
        OWN: _described("Further own fields of the app, by its own names.", _OWN),
    },
    "additionalProperties": False,
    "minProperties": 1,
}
