"""The canonical contact: its fields, their kinds and normal forms, and the fingerprint.

A contact's values are a mapping *contact field -> text*. A field that is absent is MISSING (the app did not say);
'' or '[]' is known to be empty. Fields of several values hold canonical JSON text: a list of elements sorted by
`id`, the element's normal form, by which two elements are the same. `value` is the raw text as typed; `label` and
`primary` are attributes, absent where the side cannot hold them.

    names.prefix names.given names.middle names.family names.suffix names.full nickname
    emails phones addresses company department job_title birthday notes urls tags consent owner custom.<key>
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import xxhash

from contactsync.letters import folded, mailbox, normalized, without_plus_tag
from contactsync.phones import e164

Values = Mapping[str, str]
"""A contact's values: contact field -> canonical text. Absent key = MISSING."""


class Kind(StrEnum):
    """What a field holds; decides its normal form and how it is compared."""

    TEXT = "text"
    DATE = "date"  # YYYY-MM-DD, or --MM-DD without a year
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    EMAILS = "emails"
    PHONES = "phones"
    ADDRESSES = "addresses"
    URLS = "urls"
    TAGS = "tags"

    @property
    def several(self) -> bool:
        """True for kinds whose value is a list of elements."""
        return self in _SEVERAL


_SEVERAL = frozenset({Kind.EMAILS, Kind.PHONES, Kind.ADDRESSES, Kind.URLS, Kind.TAGS})

_SEVERAL_BY_NAME = {kind.value: kind for kind in _SEVERAL}

FIELDS: Mapping[str, Kind] = {
    "names.prefix": Kind.TEXT,
    "names.given": Kind.TEXT,
    "names.middle": Kind.TEXT,
    "names.family": Kind.TEXT,
    "names.suffix": Kind.TEXT,
    "names.full": Kind.TEXT,
    "nickname": Kind.TEXT,
    "emails": Kind.EMAILS,
    "phones": Kind.PHONES,
    "addresses": Kind.ADDRESSES,
    "company": Kind.TEXT,
    "department": Kind.TEXT,
    "job_title": Kind.TEXT,
    "birthday": Kind.DATE,
    "notes": Kind.TEXT,
    "urls": Kind.URLS,
    "tags": Kind.TAGS,
    "consent": Kind.TEXT,
    "owner": Kind.TEXT,
}
"""Every contact field but custom.<key>, in the order people read them."""

GROUPS: Mapping[str, tuple[str, ...]] = {"names": tuple(f for f in FIELDS if f.startswith("names."))}
"""Words that YAML may use for several contact fields at once."""

CONSENT = "consent"
OPTED_OUT, OPTED_IN = "opted_out", "opted_in"
"""What the field consent holds; '' is: never asked."""

MATCH_KEYS = ("email", "phone", "full_name", "company")
ADDRESS_PARTS = ("street", "extended", "po_box", "city", "region", "postal_code", "country")


def kind_of(field: str) -> Kind:
    """The kind of a contact field. Columns beside the contact fields (`column_name`) carry a list's kind in front."""
    kind = FIELDS.get(field)
    if kind is not None:
        return kind
    prefix, colon, _ = field.partition(":")
    return _SEVERAL_BY_NAME.get(prefix, Kind.TEXT) if colon else Kind.TEXT


ONE = "one "


def column_name(name: str, kind: Kind, *, one: bool = False) -> str:
    """The column of something that is no contact field: a pair of own fields, an own field that an action writes.

    Single values are kept as text in normal form, whatever their kind; only lists need theirs to be known.
    one: a single element of such a list, kept as element_text (`one_text`), '' = none
    """
    if not kind.several:
        return name
    return f"{ONE if one else ''}{kind}:{name}"


def title_of(column: str) -> str:
    """A column's name for people, without what only tells its kind."""
    if column in FIELDS:
        return column
    prefix, _, rest = column.removeprefix(ONE).partition(":")
    return rest if prefix in _SEVERAL_BY_NAME else column


# ---- elements of fields with several values


@dataclass(frozen=True, slots=True)
class Element:
    """One of several values. `id` is its normal form, `value` the raw text (an address: canonical JSON of its parts).

    `label` / `primary` are None where the side cannot hold them; '' is "known to have no label".
    """

    id: str
    value: str
    label: str | None = None
    primary: bool | None = None


EMPTY_LIST = "[]"
_quoted = json.encoder.encode_basestring  # as json.dumps writes a text with ensure_ascii=False, without its detours


def encode(elements: Iterable[Element]) -> str:
    """Canonical JSON text of elements: sorted by id, one per id (the first wins), absent attributes left out."""
    by_id: dict[str, str] = {}
    for e in elements:
        if e.id not in by_id:
            by_id[e.id] = element_text(e.id, e.value, attributes_text(e.label, e.primary))
    return list_text(by_id)


def element_text(identity: str, value: str, attributes: str) -> str:
    """One element inside of a field's canonical text. attributes: of `attributes_text`."""
    return f'{{"id":{_quoted(identity)},"value":{_quoted(value)}{attributes}}}'


def attributes_text(label: str | None, primary: bool | None) -> str:
    """What follows the value of an element; '' where the side holds neither."""
    text = "" if label is None else f',"label":{_quoted(label)}'
    if primary is not None:
        text += ',"primary":true' if primary else ',"primary":false'
    return text


def list_text(by_id: Mapping[str, str]) -> str:
    """Canonical JSON text of elements: identity -> element_text."""
    return f"[{','.join([by_id[i] for i in sorted(by_id)])}]"


def decode(text: str) -> tuple[Element, ...]:
    """The elements of a field's canonical JSON text; '' and '[]' are none."""
    if text in ("", EMPTY_LIST):
        return ()
    return tuple(Element(e["id"], e["value"], e.get("label"), e.get("primary")) for e in json.loads(text))


def is_empty(text: str) -> bool:
    """True for a value that is known to be empty."""
    return text in ("", EMPTY_LIST)


def one_text(kind: Kind, value: str, region: str | None = None) -> str:
    """A single value as the one element of a list that it is to be compared with; '' where it is none."""
    identity = element_id(kind, value, region) if value else ""
    return element_text(identity, value, "") if identity else ""


def one_value(text: str) -> str:
    """The raw text of a single element."""
    return str(json.loads(text)["value"]) if text else ""


def one_id(text: str) -> str:
    """Its identity."""
    return str(json.loads(text)["id"]) if text else ""


# ---- normal forms


_SURROGATE = re.compile("[\ud800-\udfff]")


def normal_text(text: str) -> str:
    """NFC, line ends as \\n, trimmed; lone surrogates, which no store can hold, become U+FFFD."""
    if text.isprintable():  # neither controls nor lone surrogates
        return (text if text.isascii() else normalized("NFC", text)).strip()
    text = _SURROGATE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return normalized("NFC", text).strip()


def normal_email(text: str) -> str:
    """The identity of an e-mail address: trimmed, without mailto:, in small letters, the domain not as xn--."""
    text = mailbox(normal_text(text))
    while text.startswith("mailto:"):
        text = text.removeprefix("mailto:").strip()
    return text


@functools.lru_cache(maxsize=200_000)
def normal_phone(text: str, region: str | None = None) -> str:
    """The identity of a phone number: E.164, with ';ext=' where there is one.

    A number that cannot be read with `region` (ISO 3166 code, None = only +numbers) keeps its dialled characters.
    """
    text = normal_text(text)
    if found := e164(text, region):
        return found
    dialled = "".join(c for c in text.casefold() if c.isalnum() or c in "+*#")
    return e164(dialled, region) or dialled or text


def normal_url(text: str) -> str:
    """The identity of a web address: scheme and host in lower case, no trailing slash."""
    text = normal_text(text)
    try:
        parts = urlsplit(text)
        whole = bool(parts.scheme and parts.netloc)
    except ValueError:
        whole = False
    if whole:
        text = parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()
    else:
        text = text.casefold()
    return normal_text(_without_tail(text))


def _without_tail(text: str) -> str:
    """Without the slashes and spaces that it ends in, however they are mixed; a regular expression would take long."""
    end = len(text)
    while end and (text[end - 1] == "/" or text[end - 1].isspace()):
        end -= 1
    return text[:end]


def fold(text: str) -> str:
    """Case, spaces and what does not show folded away: for tags, names and addresses as keys."""
    if not (text.isascii() and text.isprintable()):
        text = folded(normal_text(text))
    return " ".join(text.casefold().split())


def address_text(parts: Mapping[str, str]) -> str:
    """An address element's `value`: canonical JSON of its non-empty parts (ADDRESS_PARTS)."""
    kept = ((p, normal_text(str(parts.get(p) or ""))) for p in ADDRESS_PARTS)
    return f"{{{','.join([f'{_quoted(p)}:{_quoted(text)}' for p, text in kept if text])}}}"


def address_parts(value: str) -> dict[str, str]:
    """The parts of an address element's `value`."""
    return dict(json.loads(value)) if value else {}


def normal_address(value: str) -> str:
    """The identity of an address: its folded parts in a fixed order."""
    return _normal_parts(address_parts(value))


def address_id(parts: Mapping[str, str]) -> str:
    """The identity of an address element by its parts; '' where it has none."""
    return _normal_parts(parts).strip("|")


def _normal_parts(parts: Mapping[str, str]) -> str:
    return "|".join([fold(str(part)) if (part := parts.get(p)) else "" for p in ADDRESS_PARTS])


def element_id(kind: Kind, value: str, region: str | None = None) -> str:
    """The normal form of one element's value; '' means: no value, leave the element out."""
    match kind:
        case Kind.EMAILS:
            return normal_email(value)
        case Kind.PHONES:
            return normal_phone(value, region)
        case Kind.ADDRESSES:
            return address_id(address_parts(value))
        case Kind.URLS:
            return normal_url(value)
        case _:
            return fold(value)


# ---- fingerprints and keys


def fingerprint(values: Values) -> int:
    """Signed 64-bit xxh3 of a contact's values; a MISSING field differs from an empty one."""
    return _signed(hashed("".join([pieces(field, [values[field]])[0] for field in sorted(values)])))


def pieces(field: str, texts: Iterable[str]) -> list[str]:
    """What each of these values of a field adds to the fingerprint."""
    head = f"{field}\x1f"
    return [f"{head}{len(t) if t.isascii() else len(t.encode('utf-8', 'replace'))}\x1f{t}" for t in texts]


def hashed(pieces_in_order: str) -> int:
    """The fingerprint of a contact, unsigned: of the pieces of its fields, in the order of their names."""
    return xxhash.xxh3_64_intdigest(pieces_in_order.encode("utf-8", "replace"))


def raw_hash(record: object) -> int:
    """Signed 64-bit xxh3 of a record as the vendor sent it, keys sorted."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return _signed(xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace")))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= (1 << 63) else number


_KEY_FIELDS = ("emails", "phones", "names.given", "names.family", "names.full", "company")
KEY_COLUMNS: Mapping[str, str] = {field: column_name(f"key.{field}", FIELDS[field]) for field in _KEY_FIELDS}
"""Contact field -> column in which the whole of it stands for matching where the mapping does not show it so."""


def _for_key(values: Values, field: str) -> str:
    return values.get(KEY_COLUMNS[field], values.get(field, ""))


def names_for_key(values: Values) -> tuple[str, str]:
    """Given and family name, as matching sees them."""
    return _for_key(values, "names.given"), _for_key(values, "names.family")


def full_name(values: Values) -> str:
    """The name as people read it: names.full, else the parts joined."""
    if values.get("names.full"):
        return values["names.full"]
    parts = (values.get(f"names.{p}", "") for p in ("prefix", "given", "middle", "family", "suffix"))
    return " ".join(p for p in parts if p)


def key_values(values: Values, key: str, *, plus_tags: bool = True) -> tuple[str, ...]:
    """The normal values a contact has for one match key (email, phone, full_name, company).

    plus_tags False: ada+news@example.org counts as ada@example.org; for comparing only, never to be sent.
    """
    match key:
        case "email":
            found = (e.id for e in decode(_for_key(values, "emails")))
            return tuple(found if plus_tags else dict.fromkeys(without_plus_tag(i) for i in found))
        case "phone":
            return tuple(e.id for e in decode(_for_key(values, "phones")) if e.id.startswith("+"))
        case "full_name":
            name = fold(" ".join(names_for_key(values)).strip() or _for_key(values, "names.full"))
            return (name,) if name else ()
        case "company":
            company = fold(_for_key(values, "company"))
            return (company,) if company else ()
    raise ValueError(f"unknown match key {key!r}; allowed: {', '.join(MATCH_KEYS)}")


def key_hash(salt: str, key: str, value: str) -> int:
    """Salted hash of a normal key value, as the key index keeps it (signed 64 bit)."""
    digest = hashlib.blake2b(f"{key}\x1f{value}".encode("utf-8", "replace"), digest_size=8, key=salt.encode()[:64])
    return int.from_bytes(digest.digest(), "big", signed=True)
