"""A contact as the search for duplicates sees it: names, addresses and numbers reduced to what makes a person.

Coarser than a match key on purpose: accents go, ä, ae and a are one, ph is f, titles and legal forms are left out. What
is found here is only ever shown to a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from contactsync.contact import Values, address_parts, decode, fold
from contactsync.letters import without_plus_tag
from contactsync.model.spec import Side

Words = tuple[str, ...]

FIELDS = (
    *(f"names.{part}" for part in ("given", "middle", "family", "full")),
    *("nickname", "emails", "phones", "addresses", "company", "birthday"),
)
"""The contact fields that are compared."""

_MARKS = re.compile("[\u0300-\u036f]")  # of Latin, Greek and Cyrillic letters; other scripts need theirs
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "a", "œ": "o", "ı": "i"})
_UMLAUT = re.compile("(?<=[aou])e")  # ae, oe, ue as ä, ö, ü
_TITLES = frozenset(
    {"dr", "prof", "mag", "dipl", "ing", "mr", "mrs", "ms", "herr", "frau", "jr", "sr", "ii", "iii", "mba", "phd"}
)
_LEGAL = frozenset(
    {"gmbh", "mbh", "ag", "kg", "ohg", "ug", "se", "ev", "eg", "co", "inc", "ltd", "llc", "plc", "corp", "sa", "bv"}
)
PARTICLES = frozenset({"von", "van", "der", "den", "de", "da", "di", "la", "le", "zu", "zur"})
_SHARED_BOXES = frozenset(
    {"info", "office", "kontakt", "contact", "mail", "hello", "admin", "sales", "service", "support", "team", "post"}
)
SHORTEST_NUMBER = 7
_SHORTEST_BOX = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """What is compared of one contact. `guessed`: the names were taken from an e-mail address."""

    side: Side
    id: str
    given: Words
    family: Words
    nickname: Words
    guessed: bool
    emails: frozenset[str]
    numbers: frozenset[str]  # E.164, or the digits without leading zeros
    company: str
    places: tuple[Words, ...]
    birthday: str

    @property
    def content(self) -> tuple[object, ...]:
        """All that is compared: two contacts of the same content cannot be told apart."""
        return (
            self.given, self.family, self.nickname, self.emails, self.numbers, self.company, self.places, self.birthday
        )  # fmt: skip

    @property
    def named(self) -> bool:
        """True where anything is known of the name."""
        return bool(self.given or self.family or self.nickname)


def profile(side: Side, contact_id: str, values: Values) -> Profile:
    """The profile of a contact."""
    emails = sorted({without_plus_tag(e.id) for e in decode(values.get("emails", ""))})
    given, family = _names(values)
    guessed = not given and not family
    if guessed:
        given, family = _names_in(emails)
    return Profile(
        side=side,
        id=contact_id,
        given=given,
        family=family,
        nickname=words(values.get("nickname", "")),
        guessed=guessed and bool(given),
        emails=frozenset(emails),
        numbers=frozenset(filter(None, (_number(e.id) for e in decode(values.get("phones", ""))))),
        company=_company(values.get("company", "")),
        places=tuple(sorted(filter(None, (_place(e.value) for e in decode(values.get("addresses", "")))))),
        birthday=values.get("birthday", ""),
    )


def words(text: str) -> Words:
    """The words of a text in coarse letters."""
    letters = unicodedata.normalize("NFD", fold(text).translate(_LETTERS))
    letters = unicodedata.normalize("NFC", _MARKS.sub("", letters))
    letters = _UMLAUT.sub("", letters).replace("ph", "f")
    return tuple("".join(c if _in_word(c) else " " for c in letters).split())


def _in_word(character: str) -> bool:
    """Letters, digits, and the vowel signs of other scripts, which are marks."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _without(found: Words, dropped: frozenset[str]) -> Words:
    """Nothing is dropped where nothing would be left."""
    return tuple(w for w in found if w not in dropped) or found


def _names(values: Values) -> tuple[Words, Words]:
    given = _without(words(f"{values.get('names.given', '')} {values.get('names.middle', '')}"), _TITLES)
    family = _without(words(values.get("names.family", "")), _TITLES)
    if family:
        return given, family
    full = values.get("names.full", "") if not given else ""
    before, comma, after = full.partition(",")
    if comma and words(after) and not set(words(after)) <= _TITLES:
        return _without(words(after), _TITLES), _without(words(before), _TITLES)
    whole = given or _without(words(full), _TITLES)
    return (whole[:-1], whole[-1:]) if len(whole) > 1 else (whole, ())


def _names_in(emails: Iterable[str]) -> tuple[Words, Words]:
    """Ada, Beispiel of ada.beispiel@example.org."""
    for email in emails:
        parts = words(re.sub(r"[._\-\d]+", " ", email.rpartition("@")[0]))
        if len(parts) > 1 and not set(parts) & _SHARED_BOXES and all(len(p) > 1 for p in parts):
            return parts[:-1], parts[-1:]
    return (), ()


def own_box(email: str) -> str:
    """The part before the @ where it is a person's; '' for info@ and the like."""
    local = email.rpartition("@")[0]
    return local if len(local) >= _SHORTEST_BOX and local not in _SHARED_BOXES else ""


def _number(identity: str) -> str:
    number = identity.partition(";")[0]
    digits = re.sub(r"\D", "", number).lstrip("0")
    if len(digits) < SHORTEST_NUMBER:
        return ""
    return identity if identity.startswith("+") else digits


def tail(number: str) -> str:
    """The last digits of a number, extension left out."""
    return number.partition(";")[0][-SHORTEST_NUMBER:]


def same_number(one: str, other: str) -> bool:
    """Equal; or one is written without its country or area."""
    if one == other or (one.startswith("+") and other.startswith("+")):
        return one == other
    short, long = sorted((one.partition(";")[0], other.partition(";")[0]), key=len)
    return long.endswith(short.lstrip("+"))


def _company(text: str) -> str:
    return " ".join(_without(words(text), _LEGAL))


def _place(value: str) -> Words:
    """Street, box, city and postal code; without a street or box it is no place where someone lives."""
    parts = address_parts(value)
    if not parts.get("street") and not parts.get("po_box"):
        return ()
    text = " ".join(parts.get(p, "") for p in ("street", "extended", "po_box", "postal_code", "city"))
    return tuple(sorted(re.sub("str$", "strasse", word) for word in words(text)))
