"""From a stored card to a record, and from an href to a UID."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, unquote

import phonenumbers

from contactsync.apps._carddav_reports import Stored
from contactsync.apps._vcard import CardError, parse, unescape
from contactsync.apps._vcard_read import FIELDS, own_values, revised
from contactsync.contact import Element, element_id, encode, key_values, raw_hash
from contactsync.model.exchange import Json, Record, Unreadable

KEPT_CARD = 16_384  # longer cards (photos) are not kept in the ref but read again before they are changed
_UID_LINE = re.compile(r"^UID(?:;[^:\n]*)?:(.+)$", re.IGNORECASE | re.MULTILINE)


def reading(stored: Stored, now: datetime) -> Record | Unreadable | None:
    """The contact in a card; None for a group of contacts, which is none."""
    try:
        card = parse(stored.text)
    except CardError as error:
        found = _UID_LINE.search(stored.text)
        return Unreadable(unescape(found.group(1)).strip() if found else stored.path, f"no vCard: {error}")
    if card.is_group:
        return None
    if not card.uid:
        return Unreadable(stored.path, "the vCard has no UID")
    return Record(
        id=card.uid,
        fields=own_values(card),
        raw=raw_hash(stored.text),
        version=stored.etag or None,
        modified_at=revised(card, now),
        ref=ref_of(stored),
    )


def ref_of(stored: Stored) -> Json:
    """What a later write or point read needs."""
    ref = {"href": stored.path, "etag": stored.etag}
    return {**ref, "card": stored.text} if len(stored.text) <= KEPT_CARD else ref


def name_of(path: str) -> str:
    """The last part of a card's path."""
    return unquote(path.rstrip("/").rpartition("/")[2])


def usual_uid(name: str) -> str:
    """The UID that a name stands for by custom: UID.vcf, or the UID itself."""
    return name.removesuffix(".vcf")


def usual_path(book_path: str, uid: str) -> str:
    """Where a card of ours is put."""
    return f"{book_path.rstrip('/')}/{quote(uid, safe='')}.vcf"


class Uids:
    """name -> UID, kept only where the name does not tell: a server reports a deletion by href alone.

    Most servers and clients name a card UID.vcf, so this stays empty however large the book is.
    """

    def __init__(self, kept: Mapping[str, str]) -> None:
        self.kept = dict(kept)

    def learn(self, path: str, uid: str) -> None:
        """A card with that UID was shown there."""
        name = name_of(path)
        self.kept.pop(name, None)
        if usual_uid(name) != uid:
            self.kept[name] = uid

    def forget(self, path: str) -> str:
        """The card there is gone; its UID."""
        name = name_of(path)
        return self.kept.pop(name, "") or usual_uid(name)


# ---- match keys


def searches(keys: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(property, text) pairs to ask a server for, by match key."""
    pairs: dict[tuple[str, str], None] = {}
    for key, values in keys.items():
        for value in values:
            pairs.update(dict.fromkeys(_pairs(key, value)))
    return list(pairs)


def _pairs(key: str, value: str) -> list[tuple[str, str]]:
    match key:
        case "email":
            return [("EMAIL", value)]
        case "phone":
            return [("TEL", value), ("TEL", _spaced(value))]
        case "full_name":
            return [("FN", value)]
        case "company":
            return [("ORG", value)]
    return []


def _spaced(number: str) -> str:
    """A normal phone number as people and phones write it: +49 30 123456."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def has_key(record: Record, keys: Mapping[str, Sequence[str]]) -> bool:
    """True where the record has one of these normal key values."""
    values: dict[str, str] = {}
    for info in FIELDS:
        value = record.fields.get(info.name, "")
        if info.contact and isinstance(value, str):
            values[info.contact] = value
        elif info.name in ("EMAIL", "TEL") and not isinstance(value, str):
            raws = [str(item["value"]) for item in value]
            values[info.contact] = encode(Element(element_id(info.kind, raw), raw) for raw in raws)
    return any(set(key_values(values, key)) & set(wanted) for key, wanted in keys.items())
