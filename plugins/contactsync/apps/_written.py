"""The texts of what was written, so that a vendor's answer can be shown without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a patch or an own value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts_in(part)
