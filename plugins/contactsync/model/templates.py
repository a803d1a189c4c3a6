"""Templates of actions: text with contact fields in {braces}. `{{` and `}}` stand for a brace. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")  # one character at a time or up to the next brace: never slow


def placeholders(template: str) -> tuple[str, ...]:
    """The names in braces, each once. Errors: ValueError for a brace that neither begins nor ends a name."""
    names = dict.fromkeys(found[1].strip() for found in _PART.finditer(template) if _is_name(found))
    return tuple(names)


def _is_name(found: re.Match[str]) -> bool:
    if found[0] in ("{", "}"):
        raise ValueError(f"a lone {found[0]} at character {found.start() + 1}")
    return found[1] is not None


def fill(template: str, values: Mapping[str, str]) -> str | None:
    """The text with every name replaced by its value; None where one of them is MISSING, so that it cannot be known."""
    names = placeholders(template)
    if any(name not in values for name in names):
        return None
    return _PART.sub(lambda found: values[found[1].strip()] if found[1] is not None else found[0][0], template).strip()


def constant(text: str) -> str:
    """A template that is just this text."""
    return text.replace("{", "{{").replace("}", "}}")
