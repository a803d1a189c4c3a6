"""By which traces a forgotten person is known again, and by which not."""

from __future__ import annotations

from typing import Any

import pytest
from contactsync.contact import Values
from contactsync.model.forgotten import Tombstone
from contactsync.model.spec import MatchSpec
from contactsync.sync.forgotten import Forgotten, cursor_without, id_trace, key_traces, mail_traces, name_traces
from contactsync.sync.readings import key_hashes
from factories import LEFT, RIGHT, WHEN, listed

SALT = "salt"


def forgot(values: Values, salt: str = SALT) -> Forgotten:
    return Forgotten(salt, tuple(Tombstone(*t, "zoe", WHEN) for t in key_traces(salt, values)))


def person(*mails: str, phone: str = "", given: str = "", family: str = "") -> dict[str, str]:
    numbers = {"phones": listed(phone)} if phone else {}
    return {"emails": listed(*mails), "names.given": given, "names.family": family, **numbers}


MAIL = person("zoe@example.org", given="Zoe", family="Sample")
NUMBER = person(phone="+4930123456", given="Zoe", family="Sample")
NAME = person(given="Zoe", family="Sample")


@pytest.mark.parametrize(
    ("forgotten", "shown", "known"),
    [
        (MAIL, person("zoe@example.org", given="Somebody"), True),
        (MAIL, person("zoe+news@example.org"), True),
        (person("zoe+news@example.org"), person("zoe@example.org"), True),
        (MAIL, person("uma@example.org", "zoe@example.org"), True),
        (MAIL, person("zoe@example.com", given="Zoe", family="Sample"), False),
        (MAIL, NAME, False),
        (NUMBER, person("new@example.org", phone="+4930123456", given="ZOE", family=" sample"), True),
        (NUMBER, person(phone="+4930123456", given="Uma", family="Sample"), False),
        (NUMBER, NAME, False),
        (NAME, NAME, True),
        (NAME, person("zoe@example.org", given="Zoe", family="Sample"), False),
        (NAME, NUMBER, False),
        ({}, {}, False),
        (person(), person(), False),
    ],
)
def test_who_is_known_by_keys(forgotten: Values, shown: Values, known: bool) -> None:
    assert bool(forgot(forgotten).by_values(shown)) is known


def test_an_id_is_known_on_its_own_side_whatever_the_contact_holds() -> None:
    forgotten = Forgotten(SALT, (Tombstone(*id_trace(SALT, LEFT, "42"), "zoe", WHEN),))
    assert forgotten.by_id(LEFT, "42") == "zoe"
    assert forgotten.by_id(RIGHT, "42") == forgotten.by_id(LEFT, "421") == ""


def test_nobody_is_known_by_another_salt() -> None:
    forgotten = forgot(MAIL)
    assert not Forgotten("pepper", forgotten.tombstones).by_values(MAIL)


def test_an_address_has_the_hash_of_the_key_index() -> None:
    index = key_hashes(SALT, MatchSpec(keys=(("email",),)), MAIL)["email"]
    assert {number for _, number in mail_traces(SALT, "zoe@example.org")} == set(index)
    assert forgot(MAIL).hashes()["email"] == set(index)


@pytest.mark.parametrize(
    ("cursor", "left", "names"),
    [
        ({"token": "t", "uids": {"zoe.vcf": "gone", "uma": "u1"}}, {"token": "t", "uids": {"uma": "u1"}}, {"zoe.vcf"}),
        ({"since": "2026-01-01", "ids": ["gone", "kept"]}, {"since": "2026-01-01", "ids": ["kept"]}, set()),
        ({"gone": {"a": 1}, "kept": {"b": ["gone"]}}, {"kept": {"b": []}}, set()),
        ({"seq": 7}, {"seq": 7}, set()),
        (None, None, set()),
    ],
)
def test_a_cursor_loses_what_stands_for_a_forgotten_id(cursor: Any, left: Any, names: set[str]) -> None:
    found, named = cursor_without(cursor, lambda text: "zoe" if text == "gone" else "")
    assert (found, set(named)) == (left, names)
    assert cursor_without(found, lambda text: "zoe" if text == "gone" else "") == (left, {})


def test_a_name_under_which_an_app_kept_a_contact_is_known_with_and_without_its_ending() -> None:
    names = {"ada.v1.vcf": "p1", "uma": "p2"}
    assert name_traces(SALT, LEFT, names) == {
        id_trace(SALT, LEFT, "ada.v1.vcf"): "p1",
        id_trace(SALT, LEFT, "ada.v1"): "p1",
        id_trace(SALT, LEFT, "uma"): "p2",
    }
