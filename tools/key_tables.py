"""Tables of the keys of a YAML file, from the pydantic models that read it."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from contactsync.mapping.problems import check_model
from contactsync.mapping.spec import Section, SyncFile
from examples import check_example, smallest_with
from key_meanings import Meaning
from page_parts import code, plain, table
from pydantic.fields import FieldInfo

NO_VALUE = "~no such word~"
HEAD = ("Key", "Type", "Default", "Allowed", "Meaning", "Example")


@dataclass(frozen=True)
class Key:
    """One key of a file, and where it stands."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def dotted(self) -> str:
        """As people write it."""
        return ".".join(self.path)


def keys_of(model: type[Section], above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key that holds a value, in the order of the file."""
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        inner = _section(field.annotation)
        if inner is None:
            yield Key(path, field)
        else:
            yield from keys_of(inner, path)


def _section(annotation: Any) -> type[Section] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def keys_table(model: type[Section], meanings: Mapping[str, Meaning]) -> str:
    """A row a key. Errors: KeyError for a key without a meaning or a meaning without a key."""
    keys = list(keys_of(model))
    unknown = set(meanings) ^ {key.dotted for key in keys}
    if unknown:
        raise KeyError(f"tools/key_meanings.py and {model.__name__} differ in: {', '.join(sorted(unknown))}")
    return table(HEAD, (_row(model, key, meanings[key.dotted]) for key in keys))


def _row(model: type[Section], key: Key, meaning: Meaning) -> tuple[str, ...]:
    check_example(model, key.path, meaning)
    default = "required" if key.field.is_required() else meaning.default or default_in_words(key.field)
    allowed = meaning.allowed or ", ".join(code(word) for word in allowed_words(model, key))
    kind = meaning.kind or type_in_words(key.field.annotation)
    return (code(key.dotted), kind, default, allowed, meaning.text, code(meaning.example))


def default_in_words(field: FieldInfo) -> str:
    """Of a key or an option."""
    text = plain(field.get_default(call_default_factory=True))
    return code(text) if text not in ("", "null", "{}", "[]") else "none"


def type_in_words(annotation: Any) -> str:
    """What a person writes there."""
    if get_origin(annotation) is Annotated:
        return type_in_words(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        words = [type_in_words(part) for part in get_args(annotation) if part is not type(None)]
        return " or ".join([*words, "null"] if type(None) in get_args(annotation) else words)
    if get_origin(annotation) is list:
        return f"list of {type_in_words(get_args(annotation)[0])}s"
    simple = {str: "text", bool: "true or false", int: "whole number", float: "number", timedelta: "length of time"}
    if annotation in simple:
        return simple[annotation]
    return "word" if isinstance(annotation, type) and issubclass(annotation, StrEnum) else "keys and values"


def allowed_words(model: type[Section], key: Key) -> tuple[str, ...]:
    """The words that the reader itself names when a wrong one stands there."""
    for wrong in (NO_VALUE, [NO_VALUE]):
        for problem in check_model(model, smallest_with(model, key.path, wrong))[1]:
            if problem.key[: len(key.path)] == key.path and problem.allowed:
                return problem.allowed
    return ()


# ---- of later versions


def planned_in_words(model: type[Section]) -> str:
    """Keys and words of later versions."""
    return (
        ", ".join(code(name) for name in (*planned_keys(model), *(_PLANNED_WORDS if model is SyncFile else ()))) + "."
    )


def planned_keys(model: type[Section], above: str = "") -> Iterator[str]:
    """Keys that the models name as planned."""
    yield from (f"{above}{name}" for name in sorted(model.not_yet))
    for name, field in model.model_fields.items():
        inner = _section(field.annotation)
        if inner is not None:
            yield from planned_keys(inner, f"{above}{field.alias or name}.")


_PLANNED_WORDS = ("fields: custom.<key>",)
