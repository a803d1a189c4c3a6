"""What is wrong with a YAML file, in words a person can act on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from contactsync.errors import ConfigError, Place

KeyPath = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

MOST_SHOWN = 20  # problems of one file; a person mends the first ones and looks again
_CUSTOM = "contactsync"
_LONGEST = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `wrong` is the word that may be a misspelling of one of `allowed`."""

    key: KeyPath
    message: str
    next_step: str
    allowed: tuple[str, ...] = ()
    wrong: str = ""
    line: int = 0  # 0 = look the key up in the document

    def under(self, *parents: str | int) -> Problem:
        """The same problem, seen from further out."""
        return Problem((*parents, *self.key), self.message, self.next_step, self.allowed, self.wrong, self.line)


def shown(value: object) -> str:
    """A value for a message: as JSON, on one line, shortened."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def dotted(key: KeyPath) -> str:
    """A key path as people write it: match.keys[1]."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            word = part if part.isprintable() and len(part) <= _LONGEST else shown(part)
            text += f".{word}" if text else word
    return text


def config_error(file: Path, problems: Iterable[Problem], line_of: Callable[[KeyPath], int]) -> ConfigError:
    """One error for all problems of a file, in the order of its lines."""
    placed = sorted(((p.line or line_of(p.key), p) for p in problems), key=lambda pair: pair[0])
    errors = [_single(file, line, problem) for line, problem in placed[:MOST_SHOWN]]
    if len(placed) == 1:
        return errors[0]
    more = f"\n  and {len(placed) - MOST_SHOWN} more" if len(placed) > MOST_SHOWN else ""
    lines = "".join(f"\n  {error}" for error in errors)
    return ConfigError(f"{len(placed)} problems:{lines}{more}", place=Place(file))


def _single(file: Path, line: int, problem: Problem) -> ConfigError:
    message = problem.message
    close = difflib.get_close_matches(problem.wrong[:_LONGEST], problem.allowed, 1) if problem.wrong else []
    if close:
        message = f"{message} Did you mean {close[0]!r}?"
    place = Place(file, line, dotted(problem.key))
    return ConfigError(message, place=place, allowed=problem.allowed, next_step=problem.next_step)


# ---- pydantic: from a validator to a Problem


def wrong(
    message: str, next_step: str, *, allowed: Iterable[str] = (), word: str = "", at: KeyPath = ()
) -> PydanticCustomError:
    """What a validator raises: becomes a Problem at the validator's key, or at the key `at` below it."""
    context = {"text": message, "next_step": next_step, "allowed": tuple(allowed), "word": word, "at": at}
    return PydanticCustomError(_CUSTOM, "{text}", context)


def not_yet(what: str) -> tuple[str, str]:
    """Message and next step for something that is planned: silently ignoring it would be worse."""
    return f"{what} is not yet in this version.", "Remove it, and sync without what it asks for."


def check_model(model: type[Model], data: Mapping[str, Any]) -> tuple[Model | None, tuple[Problem, ...]]:
    """The data as `model`, or what is wrong with it.

    A model may name planned keys in a class variable `not_yet: frozenset[str]`; they get a message of their own.
    """
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, tuple(_problem(model, detail) for detail in details)


def _problem(model: type[BaseModel], detail: ErrorDetails) -> Problem:
    # pydantic says so of a key that is wrong itself
    key: KeyPath = tuple(part for part in detail["loc"] if part != "[key]")
    context = detail.get("ctx", {})
    if detail["type"] == _CUSTOM:
        key = (*key, *context["at"])
        return Problem(key, context["text"], context["next_step"], context["allowed"], context["word"])
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, key)
    if detail["type"] == "missing":
        return Problem(key, "is required and missing.", f"Add `{key[-1]}:` here.")
    if detail["input"] is None:
        return Problem(key, "has no value.", "Give it one, or remove the key.")
    if detail["type"] in _WORDS:
        message, next_step = _WORDS[detail["type"]]
        message = message.format(**context)
    else:
        message, next_step = f"{detail['msg']}.", "Change the value."
    return Problem(key, f"{message} This is {shown(detail['input'])}.", next_step)


_WORDS = {
    "model_type": ("must hold keys (`key: value`).", "Write the keys indented below it."),
    "dict_type": ("must hold keys (`key: value`).", "Write the keys indented below it."),
    "list_type": ("must be a list.", "Write it as [one, two] or with one `- ` line each."),
    "string_type": ("must be text.", 'Put it in quotes: "...".'),
    "int_type": ("must be a whole number.", "Write digits only, without quotes."),
    "float_type": ("must be a number.", "Write digits only, without quotes."),
    "bool_type": ("must be true or false.", "Write true or false, in small letters and without quotes."),
    "too_short": ("needs at least {min_length} entry.", "Add one, or remove the key."),
    "string_too_long": ("must not be longer than {max_length} characters.", "Shorten it."),
    "greater_than_equal": ("must be at least {ge}.", "Raise it."),
    "greater_than": ("must be more than {gt}.", "Raise it."),
    "less_than_equal": ("must be at most {le}.", "Lower it."),
}


def _unknown_key(model: type[BaseModel], key: KeyPath) -> Problem:
    owner = _model_at(model, key[:-1])
    name = str(key[-1])
    if name in getattr(owner, "not_yet", ()):
        return Problem(key, *not_yet("this key"))
    allowed = tuple(field.alias or name for name, field in owner.model_fields.items())
    return Problem(key, "unknown key.", "Correct or remove it.", allowed, name)


def _model_at(model: type[BaseModel], key: KeyPath) -> type[BaseModel]:
    """The model that describes the mapping at `key`; list indexes and unions are looked through."""
    for part in key:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            model = next(_models_in(fields[str(part)].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
