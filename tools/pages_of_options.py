"""Tables of the options of each app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from contactsync.apps import app_names, load_app
from examples import check_option
from key_meanings import OPTIONS
from key_tables import default_in_words, type_in_words
from page_parts import code, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo


def options_parts() -> Iterator[str]:
    """A heading and a table an app. Errors: KeyError for an option of which nothing is said."""
    for name in app_names():
        app = load_app(name)
        fields = app.Options.model_fields
        yield f"### {app.info.title} ({code(name)})"
        if not fields:
            yield "No options."
            continue
        said = meanings_in(app.Options)
        rows = [
            (
                code(key),
                _option_type(field),
                default_in_words(field),
                _option_allowed(field),
                said[key],
                _option_example(name, key),
            )
            for key, field in fields.items()
        ]
        yield table(("Option", "Type", "Default", "Allowed", "Meaning", "Example"), rows)
        if planned := getattr(app.Options, "not_yet", ()):
            yield f"Refused in this version: {', '.join(code(key) for key in sorted(planned))}."


def meanings_in(options: type[BaseModel]) -> dict[str, str]:
    """Option -> what the docstring says of it (`name: text`, `one, other: text`). Errors: KeyError for a silent one."""
    names = "|".join(map(re.escape, options.model_fields))
    parts = re.split(rf"(?<!\S)((?:{names})(?:, (?:{names}))*): ", " ".join((options.__doc__ or "").split()))
    said = {
        name: text.strip() for group, text in zip(parts[1::2], parts[2::2], strict=True) for name in group.split(", ")
    }
    silent = set(options.model_fields) - set(said)
    if silent:
        raise KeyError(f"the docstring of {options.__name__} says nothing of: {', '.join(sorted(silent))}")
    return said


def _option_example(app: str, key: str) -> str:
    """Errors: KeyError for an option without an example, ValueError for one that is refused."""
    example = OPTIONS[app][key]
    check_option(app, key, example)
    return code(example)


def _option_type(field: FieldInfo) -> str:
    return "word" if _literals(field.annotation) else type_in_words(field.annotation)


def _option_allowed(field: FieldInfo) -> str:
    bounds = [f"{words} {getattr(m, key)}" for m in field.metadata for key, words in _BOUNDS.items() if hasattr(m, key)]
    return ", ".join([*(code(word) for word in _literals(field.annotation)), *bounds])


def _literals(annotation: Any) -> tuple[Any, ...]:
    return tuple(a for a in get_args(annotation) if isinstance(a, str))


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
