"""docs/schema/*.json: JSON Schemas of both kinds of file for editors, from the models that read them.

They let through whatever the reader does, and not much more: what two keys mean together is the reader's to judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from contactsync.apps import app_names, load_app
from contactsync.apps.base import AppOptions
from contactsync.mapping.project import ProjectFile
from contactsync.mapping.sections import Section
from contactsync.mapping.spec import SyncFile
from contactsync.mapping.told import LATER
from contactsync.model.app import AppInfo
from contactsync.model.spec import SIDES
from editor_words import CONTACT, action, condition
from examples import value_of
from key_meanings import PROJECT, SYNC, Meaning
from part_meanings import PAIR, RULE, TEST

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that all editors read


def sync_schema() -> str:
    """Of the files in include/mappings."""
    schema = _told(SyncFile, "A sync of contactsync", SYNC)
    _describe(_at(schema, "rules.left_to_right[]"), RULE)
    _describe(_at(schema, "rules.right_to_left[]"), RULE)
    _describe(_at(schema, "fields.pairs[]"), PAIR)
    _describe(_at(schema, "tests[]"), TEST)
    infos = {name: load_app(name).info for name in app_names()}
    for side in SIDES:
        _at(schema, f"{side}.app")["enum"] = list(infos)
    schema["allOf"] = list(_of_apps(infos))
    schema["definitions"] = {
        "contact": CONTACT,
        "condition": {"anyOf": [_definition(f"condition of {name}") for name in infos]},
        "action": {"anyOf": [_definition(f"action of {name}") for name in infos]},
        "leaving": {"anyOf": [_definition(f"leaving of {name}") for name in infos]},
        **{key: value for name, info in infos.items() for key, value in _words_of(name, info)},
    }
    return _text(schema)


def project_schema() -> str:
    """Of include/contactsync.yaml."""
    return _text(_told(ProjectFile, "Settings of contactsync", PROJECT))


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


# ---- from the model


def _told(model: type[Section], title: str, meanings: Mapping[str, Meaning]) -> Schema:
    drawn = model.model_json_schema(by_alias=True)
    schema = _inlined(drawn, drawn.pop("$defs", {}))
    _describe(schema, meanings)
    return {"$schema": DIALECT, "title": title, **{k: v for k, v in schema.items() if k != "title"}}


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Every part written out where it stands, so that each key can have a meaning of its own."""
    if isinstance(node, list):
        return [_inlined(inner, definitions) for inner in node]
    if not isinstance(node, dict):
        return node
    if LATER in node:
        return _definition(node[LATER])
    if "$ref" in node:
        found = definitions[node["$ref"].rpartition("/")[2]]
        node = {**found, **{k: v for k, v in node.items() if k != "$ref"}}
    kept = {k: v for k, v in node.items() if k not in ("title", "description") or not isinstance(v, str)}
    if isinstance(kept.get("default"), list | dict) or kept.get("default") in (None, ""):
        kept.pop("default", None)
    return {key: _inlined(inner, definitions) for key, inner in kept.items()}


def _definition(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name.replace(' ', '-')}"}


def _describe(schema: Schema, meanings: Mapping[str, Meaning]) -> None:
    for key, meaning in meanings.items():
        leaf = _at(schema, key)
        leaf["description"] = plain(meaning.text)
        leaf["examples"] = [value_of(meaning.example)]


def plain(text: str) -> str:
    """Without the links and marks of Markdown."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def _at(schema: Schema, dotted: str) -> Schema:
    """The schema of a key; `[]` goes into the entries of a list. Errors: KeyError."""
    for part in dotted.split("."):
        schema = schema["properties"][part.removesuffix("[]")]
        if part.endswith("[]"):
            schema = schema["items"]
    return schema


# ---- of the apps


def _of_apps(infos: Mapping[str, AppInfo]) -> Iterator[Schema]:
    """For each app on each side: its options, the conditions it knows as sender, the actions it knows as receiver."""
    for side in SIDES:
        sent, received = f"{side}_to_{side.other}", f"{side.other}_to_{side}"
        for name in infos:
            options = _options(load_app(name).Options)
            rules = {
                sent: _each_rule({"if": {"items": _definition(f"condition of {name}")}}),
                received: _each_rule(
                    {
                        "then": {"properties": {"actions": {"items": _definition(f"action of {name}")}}},
                        "on_leave": {"items": _definition(f"leaving of {name}")},
                    }
                ),
            }
            yield {
                "if": {
                    "required": [side],
                    "properties": {side: {"required": ["app"], "properties": {"app": {"const": name}}}},
                },
                "then": {"properties": {side: {"properties": {"options": options}}, "rules": {"properties": rules}}},
            }


def _each_rule(properties: Schema) -> Schema:
    return {"items": {"properties": properties}}


def _options(model: type[AppOptions]) -> Schema:
    drawn = model.model_json_schema()
    return dict(_inlined(drawn, drawn.pop("$defs", {})))


def _words_of(name: str, info: AppInfo) -> Iterator[tuple[str, Schema]]:
    yield f"condition-of-{name}", condition(info, _definition(f"condition of {name}"))
    yield f"action-of-{name}", action(info, leaving=False)
    yield f"leaving-of-{name}", action(info, leaving=True)
