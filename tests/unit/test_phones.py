"""The short way to E.164 is the long one, where it is taken."""

from __future__ import annotations

import phonenumbers
import pytest
from contactsync.contact import normal_phone
from contactsync.phones import e164
from hypothesis import example, given
from hypothesis import strategies as st

CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
NATIONAL = st.text("0123456789", min_size=1, max_size=14)
SPACES = st.text(" -.()", max_size=2)


def library(text: str, region: str | None) -> str:
    """As phonenumbers says it."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{found};ext={number.extension}" if number.extension else found


@given(CODES, NATIONAL, SPACES, st.integers(0, 6), st.sampled_from([None, "DE", "US"]))
@example(49, "0301234567", "", 0, None)  # a trunk prefix inside
@example(39, "0612345678", "", 0, None)  # Italy keeps its zero
@example(1, "12125550123", "", 0, None)
@example(54, "91112345678", "", 0, None)
def test_any_number_from_plus_to_end_is_read_as_the_library_does(
    code: int, national: str, spaces: str, at: int, region: str | None
) -> None:
    text = f"+{code}{spaces}{national[:at]}{spaces}{national[at:]}"
    assert e164(text, region) == library(text, region)


@given(st.text("+0123456789 -.()/x;ext*#²", max_size=20))
def test_whatever_a_person_types_is_read_as_the_library_does(text: str) -> None:
    assert e164(text, "DE") == library(text, "DE")


@pytest.mark.parametrize("typed", ["+49 30 1234567", "+49 (0)30 1234567", "030 1234567", "0049-30-1234567"])
def test_one_number_in_many_forms_is_one_number(typed: str) -> None:
    assert normal_phone(typed, "DE") == "+49301234567"
