"""Phone numbers in E.164, as the phonenumbers library reads them; whole international numbers without its detours."""

from __future__ import annotations

import functools
import re

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber

_SPACING = str.maketrans("", "", " -.()")
_NATIONAL = re.compile(r"[0-9\s()/.-]+")
_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))  # none begins with another


def e164(text: str, region: str | None) -> str:
    """The number, with ';ext=' where there is one; '' where it is no possible number."""
    return whole_number(text) or _parsed(text, region)


def national(text: str, region: str) -> str:
    """The same of a number without a country code that there is in the region; '' of 110, of an extension, of words."""
    if not _NATIONAL.fullmatch(text):
        return ""
    try:
        there_is = phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return ""
    return _parsed(text, region) if there_is else ""


def _parsed(text: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    found = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{found};ext={number.extension}" if number.extension else found


def whole_number(text: str) -> str:
    """A number written from + to its end is what it says, unless a trunk prefix may stand inside; '' = parse it.

    Parsing takes most of the time that mapping a contact takes, and most numbers need none.
    """
    if not text.startswith("+"):
        return ""
    digits = text[1:].replace(" ", "")
    if not digits.isdigit():
        digits = digits.translate(_SPACING)
    if not (7 <= len(digits) <= 15 and digits.isdigit() and digits.isascii()):
        return ""
    code = _code(digits[:4], len(digits))
    if not code:
        return ""
    prefix = _trunk_prefix(code)
    return "" if prefix and prefix.match(digits[len(code) :]) else f"+{digits}"


@functools.cache
def _code(head: str, size: int) -> str:
    """The country code that a number of so many digits begins with; '' where it is not possible as it stands.

    head: four digits, which no code and first digit are longer than.
    """
    code = next((head[:n] for n in (1, 2, 3) if head[:n] in _CODES), "")
    if not code or head.startswith("0", len(code)) or not _is_possible(code, size - len(code)):
        return ""
    return code


@functools.cache
def _trunk_prefix(code: str) -> re.Pattern[str] | None:
    """What phonenumbers takes off in front of a national number (also inside +49 (0)30)."""
    region = COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    pattern = metadata.national_prefix_for_parsing if metadata else None
    return re.compile(pattern) if pattern else None


@functools.cache
def _is_possible(code: str, length: int) -> bool:
    """Whether a number is possible depends on its length alone."""
    return bool(phonenumbers.is_possible_number(PhoneNumber(int(code), int("2" * length))))
