"""Validators that also tell editors what they take, as JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

LATER = "x-contactsync"
"""Key of a schema that names what only the apps can tell: tools put the app's words in its place."""


@dataclass(frozen=True)
class Told:
    """`check` judges a value before (or after) pydantic does; `schema` says to editors what it lets through.

    also  beside what pydantic itself lets through
    """

    check: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(hash=False)
    after: bool = False
    also: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's way of asking."""
        if self.after:
            return core_schema.no_info_after_validator_function(self.check, handler(source))
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's way of asking."""
        return {"anyOf": [dict(self.schema), handler(core)]} if self.also else dict(self.schema)


@dataclass(frozen=True)
class ToldPlain:
    """The same where `check` alone judges."""

    check: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's way of asking."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's way of asking."""
        del handler
        return dict(self.schema)


def later(what: str) -> dict[str, str]:
    """A schema that is filled in once the apps are known."""
    return {LATER: what}
