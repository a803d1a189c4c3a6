"""Lists of one own field as canonical text: what mapping.fields makes of one contact's list, for all distinct lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from contactsync.contact import (
    EMPTY_LIST,
    Kind,
    address_id,
    address_text,
    attributes_text,
    element_id,
    element_text,
    list_text,
    normal_email,
    normal_phone,
    normal_text,
)
from contactsync.mapping.app_frame import only_item
from contactsync.model.app import FieldInfo
from contactsync.phones import whole_number


@dataclass(frozen=True)
class ElementTexts:
    """kind: of the lists that the own field `info` holds. region: that of phone numbers without a country code."""

    kind: Kind
    info: FieldInfo
    region: str | None

    def plain(self, text: str) -> str | None:
        """A list of none or of one plain value, as most are; None for any other."""
        if text == EMPTY_LIST:
            return EMPTY_LIST
        found = only_item(text)
        if found is None:
            return None
        raw, label, primary = found
        value = raw.strip() if raw.isascii() and raw.isprintable() else ""
        if not value:
            return self.listed([{"value": raw, "label": label, "primary": primary == "true"}])
        identity = self._identity(value)
        element = element_text(identity, value, self._attributes(label, primary == "true"))
        return f"[{element}]" if identity else EMPTY_LIST

    def listed(self, items: Sequence[Mapping[str, Any]]) -> str:
        """Of two elements that are the same the first counts."""
        found: dict[str, str] = {}
        for item in items:
            raw = item.get("value") or ""
            identity, text = self._one(raw, item.get("label"), bool(item.get("primary")))
            if identity and identity not in found:
                found[identity] = text
        return list_text(found)

    def in_slot(self, value: str) -> tuple[str, str]:
        """Identity and text of a single value, whose label is its slot."""
        text = normal_text(value)
        identity = element_id(self.kind, text, self.region) if text else ""
        return identity, element_text(identity, text, attributes_text(self.info.slot, None))

    def _one(self, raw: Any, label: Any, primary: bool) -> tuple[str, str]:
        """Identity and text of an element."""
        if isinstance(raw, Mapping):
            text, identity = address_text(raw), address_id(raw)
        else:
            text = normal_text(str(raw))
            identity = element_id(self.kind, text, self.region)
        return identity, element_text(identity, text, self._attributes(str(label or ""), primary))

    def _attributes(self, label: str | None, primary: bool) -> str:
        return _attributes(
            (label or "") if self.info.holds_label else None, primary if self.info.holds_primary else None
        )

    @cached_property
    def _identity(self) -> Callable[[str], str]:
        """contact.element_id of a trimmed text of printable ASCII, in which few letters need a second look."""
        match self.kind:
            case Kind.EMAILS:
                return _plain_email
            case Kind.PHONES:
                return partial(_plain_phone, self.region)
            case _:
                return lambda text: element_id(self.kind, text, self.region)


@lru_cache(maxsize=10_000)
def _attributes(label: str | None, primary: bool | None) -> str:
    return attributes_text(None if label is None else normal_text(label), primary)


def _plain_email(text: str) -> str:
    small = text.lower()
    return normal_email(text) if small.startswith("mailto:") or "xn--" in small else small


def _plain_phone(region: str | None, text: str) -> str:
    return whole_number(text) or normal_phone(text, region)
