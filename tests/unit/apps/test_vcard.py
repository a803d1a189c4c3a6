"""Reading, changing and writing vCards: what a person would miss if it were lost."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, date, datetime

import pytest
import vobject
from contactsync.apps._vcard import CardError, clean, escape, fold, parse, split, unescape
from contactsync.apps._vcard_read import own_values, revised
from contactsync.apps._vcard_write import new_card, patched
from contactsync.contact import ADDRESS_PARTS, address_text, normal_address, normal_text
from contactsync.contact import fold as fold_text
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def text_of(*lines: str, version: str = "3.0", end: str = "\r\n") -> str:
    return end.join(["BEGIN:VCARD", f"VERSION:{version}", "UID:uma", *lines, "END:VCARD", ""])


def read(*lines: str, version: str = "3.0") -> dict:
    return own_values(parse(text_of(*lines, version=version)))


def change(text: str, patch: dict, before: dict | None = None) -> list[str]:
    """The lines of the changed card, unfolded."""
    card = patched(parse(text), patch, before or {}, NOW)
    return str(card).replace("\r\n ", "").split("\r\n")[1:-2]


def difference(text: str, patch: dict, before: dict | None = None) -> tuple[set[str], set[str]]:
    """Lines that went and lines that came."""
    old, new = change(text, {}), change(text, patch, before)
    return set(old) - set(new), set(new) - set(old)


def item(value: object, label: str = "", primary: bool = False) -> dict:
    return {"value": value, "label": label, "primary": primary}


# ---- reading


def test_every_field_is_read() -> None:
    values = read(
        "N:Muster;Uma;Eva,Ada;Dr.;jr.",
        "FN:Dr. Uma Muster",
        "NICKNAME:Umi,Ulla",
        "EMAIL;TYPE=INTERNET,WORK,PREF:uma@muster.example",
        "EMAIL;TYPE=HOME:uma@example.org",
        "TEL;TYPE=CELL,VOICE:+49 170 1",
        "TEL;TYPE=WORK;TYPE=FAX:+49 30 2",
        "ADR;TYPE=HOME:PF 1;Hinterhaus;Weg 1\\, links;Köln;NRW;50667;DE",
        "ORG:Muster\\; Söhne;Labor;Team 2",
        "TITLE:Chefin",
        "BDAY:1980-02-29",
        "NOTE:eins\\nzwei",
        "URL;TYPE=WORK:https\\://muster.example",
        "CATEGORIES:Kunden,VIP\\, echt",
    )
    assert values == {
        "N.family": "Muster",
        "N.given": "Uma",
        "N.additional": "Eva Ada",
        "N.prefix": "Dr.",
        "N.suffix": "jr.",
        "FN": "Dr. Uma Muster",
        "NICKNAME": "Umi, Ulla",
        "EMAIL": [item("uma@muster.example", "work", True), item("uma@example.org", "home")],
        "TEL": [item("+49 170 1", "mobile"), item("+49 30 2", "fax")],
        "ADR": [
            item(
                {
                    "po_box": "PF 1",
                    "extended": "Hinterhaus",
                    "street": "Weg 1, links",
                    "city": "Köln",
                    "region": "NRW",
                    "postal_code": "50667",
                    "country": "DE",
                },
                "home",
            )
        ],
        "ORG.name": "Muster; Söhne",
        "ORG.unit": "Labor",
        "TITLE": "Chefin",
        "BDAY": "1980-02-29",
        "NOTE": "eins\nzwei",
        "URL": [item("https://muster.example", "work")],
        "CATEGORIES": [{"value": "Kunden"}, {"value": "VIP, echt"}],
    }


def test_a_bare_card_is_known_to_be_empty() -> None:
    assert len(read()) == 17
    assert all(value in ("", []) for value in read().values())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("BDAY:1985-10-12", "1985-10-12"),
        ("BDAY:19851012", "1985-10-12"),
        ("BDAY:--10-12", "--10-12"),
        ("BDAY:--1012", "--10-12"),
        ("BDAY:--0229", "--02-29"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-10-12", "--10-12"),
        ("BDAY:1604-10-12", "1604-10-12"),
        ("BDAY:1985-10-12T23:30:00Z", "1985-10-12"),
        ("BDAY;VALUE=date-time:1985-10-12T00:30:00+13:00", "1985-10-12"),
        ("BDAY:19851012T233000", "1985-10-12"),
        ("BDAY:", ""),
        ("BDAY;VALUE=text:circa 1800", None),
        ("BDAY:1985-10", None),
        ("BDAY:1985-02-30", None),
        ("BDAY:0000-01-01", None),
    ],
)
def test_birthdays(line: str, expected: str | None) -> None:
    assert read(line).get("BDAY") == expected


@pytest.mark.parametrize(
    ("fn", "given_name", "family"),
    [("Uma Eva Muster", "Uma Eva", "Muster"), ("Uma", "Uma", ""), ("", "", "")],
)
def test_names_come_from_fn_only_without_n(fn: str, given_name: str, family: str) -> None:
    values = read(f"FN:{fn}")
    assert (values["N.given"], values["N.family"]) == (given_name, family)
    assert read(f"FN:{fn}", "N:;;;;")["N.family"] == ""


def test_a_company_has_no_family_name() -> None:
    assert read("FN:Muster Werke", "ORG:Muster Werke")["N.family"] == ""
    assert read("FN:Muster Werke AG", "KIND:org", version="4.0")["N.family"] == ""


@pytest.mark.parametrize(
    ("lines", "label"),
    [
        (["item1.TEL:1", "item1.X-ABLabel:Hütte"], "Hütte"),
        (["item1.TEL;type=HOME:1", "ITEM1.X-ABLABEL:_$!<Work>!$_"], "work"),
        (["item1.TEL:1", "item1.X-ABLabel:_$!<HomeFAX>!$_"], "fax"),
        (["item1.TEL:1", "item1.X-ABLabel:_$!<School>!$_"], "school"),
        (["TEL;type=IPHONE;type=CELL;type=VOICE;type=pref:1"], "mobile"),
        (['TEL;TYPE="work,voice":1'], "work"),
        (["TEL;WORK;VOICE:1"], "work"),
        (["TEL;TYPE=x-Boot:1"], "Boot"),
        (["TEL;TYPE=voice:1"], ""),
        (["TEL;TYPE=MAIN:1"], "main"),
    ],
)
def test_labels(lines: list[str], label: str) -> None:
    assert read(*lines)["TEL"][0]["label"] == label


def test_the_most_preferred_is_primary() -> None:
    mails = read("EMAIL;PREF=2:a@example.org", "EMAIL;PREF=1:b@example.org", "EMAIL:c@example.org", version="4.0")
    assert [m["primary"] for m in mails["EMAIL"]] == [False, True, False]


def test_version_4_phone_uris() -> None:
    values = read("TEL;VALUE=uri;TYPE=cell:tel:+49-170-1;ext=5", version="4.0")
    assert values["TEL"] == [item("+49-170-1;ext=5", "mobile")]


def test_version_2_1_quoted_printable() -> None:
    values = read(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;",
        "NOTE;ENCODING=QUOTED-PRINTABLE:eins=0D=0Azwei ist lang=",
        "er als eine Zeile",
        "TITLE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Chef-=C4rztin",
        version="2.1",
    )
    assert (values["N.family"], values["N.given"]) == ("Müller", "Jörg")
    assert values["NOTE"] == "eins\nzwei ist langer als eine Zeile"
    assert values["TITLE"] == "Chef-Ärztin"


@pytest.mark.parametrize("charset", ["no-such", "utf-8\x00", "ascii"])
def test_a_charset_that_is_none_or_does_not_fit_costs_no_card(charset: str) -> None:
    lines = (f"TITLE;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:Chef-=C4rztin", "NOTE:a")
    values = read(*lines, version="2.1")
    assert (values["TITLE"], values["NOTE"]) == ("Chef-Ärztin", "a")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_any_line_end_and_a_byte_order_mark(end: str) -> None:
    card = parse("\ufeff" + text_of("NOTE:a", " b\u2028c", "\td", end=end))
    assert own_values(card)["NOTE"] == "ab\u2028cd"
    assert card.uid == "uma"


@pytest.mark.parametrize(
    "text",
    ["", "hello", "BEGIN:VCARD\nUID:1\n", "END:VCARD\nBEGIN:VCARD", text_of() + text_of(), "<html>BEGIN:VCARD</html>"],
)
def test_what_is_no_card_is_said_to_be_none(text: str) -> None:
    with pytest.raises(CardError):
        parse(text)


def test_a_card_within_a_card_is_kept_and_not_read() -> None:
    inner = ["AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:Anders;Ida", "TEL:1", "END:VCARD"]
    text = text_of("N:Muster;Uma;;;", "FN:Uma Muster", *inner, version="2.1")
    assert own_values(parse(text))["TEL"] == []
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("rev", "expected"),
    [
        ("20260228T100000Z", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        ("2026-02-28T10:00:00.123Z", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        ("2026-02-28T10:00:00+02:00", datetime(2026, 2, 28, 8, tzinfo=UTC)),
        ("2099-01-01T00:00:00Z", None),
        ("1904-01-01T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_rev_is_believed_when_it_is_sane(rev: str, expected: datetime | None) -> None:
    assert revised(parse(text_of(f"REV:{rev}")), NOW) == expected


# ---- changing

FULL = text_of(
    "PRODID:-//Phone//EN",
    "N:Muster;Uma;;Dr.;",
    "FN:Uma Muster",
    "EMAIL;type=INTERNET;X-KEEP=1:uma@muster.example",
    "item1.EMAIL;type=INTERNET:uma@example.org",
    "item1.X-ABLabel:Verein",
    "item2.ADR;type=HOME:;;Weg 1;Köln;;50667;DE",
    "item2.X-ABADR:de",
    "ORG:Muster;Labor;Team 2",
    "PHOTO;ENCODING=b;TYPE=JPEG:QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD",
    " QUJDQUJD",
    'X-Foo;p="a,b":c\\,d',
    "CATEGORIES:Kunden,VIP",
)


def test_nothing_asked_nothing_changed() -> None:
    values = own_values(parse(FULL))
    assert str(patched(parse(FULL), values, values, NOW)) == FULL
    assert str(patched(parse(FULL), {}, {}, NOW)) == FULL


def test_only_the_changed_part_of_a_name_and_the_full_name_made_of_it() -> None:
    assert difference(FULL, {"N.given": "Ulla"}) == (
        {"N:Muster;Uma;;Dr.;", "FN:Uma Muster"},
        {"N:Muster;Ulla;;Dr.;", "FN:Ulla Muster"},
    )


def test_a_full_name_worded_otherwise_stays() -> None:
    text = text_of("N:Muster;Uma;;;", "FN:Tante Uma")
    assert difference(text, {"N.family": "Probe"}) == ({"N:Muster;Uma;;;"}, {"N:Probe;Uma;;;"})


def test_a_full_name_can_be_given() -> None:
    assert difference(FULL, {"FN": "Tante Uma"}) == ({"FN:Uma Muster"}, {"FN:Tante Uma"})


def test_a_full_name_is_never_empty() -> None:
    text = text_of("N:Muster;Uma;;;", "FN:Uma Muster", "ORG:Muster AG")
    assert "FN:Muster AG" in change(text, {"N.given": "", "N.family": ""})
    assert "FN:-" in change(text_of("N:Muster;;;;", "FN:Muster"), {"N.family": ""})
    assert "FN:uma@example.org" in str(new_card("u", {"EMAIL": [{"value": "uma@example.org"}]}, NOW))


def test_a_company_card_that_gets_a_name_shows_the_name() -> None:
    text = text_of("N:;;;;", "FN:Muster AG", "ORG:Muster AG")
    assert "FN:Probe AG" in change(text, {"ORG.name": "Probe AG"})
    assert "FN:Uma" in change(text, {"N.given": "Uma"})


def test_a_card_without_n_gets_one_of_its_full_name() -> None:
    gone, new = difference(text_of("FN:Uma Muster"), {"N.given": "Ulla"})
    assert (gone, new) == ({"FN:Uma Muster"}, {"N:Muster;Ulla;;;", "FN:Ulla Muster"})


def test_the_parts_of_a_company_change_one_by_one() -> None:
    assert difference(FULL, {"ORG.unit": "Küche; kalt"})[1] == {"ORG:Muster;Küche\\; kalt;Team 2"}
    assert difference(FULL, {"ORG.name": "", "ORG.unit": ""})[1] == {"ORG:;;Team 2"}
    assert difference(text_of("ORG:A\\;;B", "FN:x"), {"ORG.unit": ""})[1] == {"ORG:A\\;"}
    assert difference(text_of("ORG:A", "FN:x"), {"ORG.name": ""}) == ({"ORG:A"}, set())


def test_an_element_kept_by_value_keeps_its_line() -> None:
    wanted = [item("uma@muster.example"), item("neu@example.org", "work")]
    assert difference(FULL, {"EMAIL": wanted}) == (
        {"item1.EMAIL;type=INTERNET:uma@example.org", "item1.X-ABLabel:Verein"},
        {"EMAIL;TYPE=WORK:neu@example.org"},
    )


def test_an_element_written_otherwise_keeps_its_parameters() -> None:
    wanted = [{"value": "Uma@Muster.example"}, {"value": "uma@example.org"}]
    assert difference(FULL, {"EMAIL": wanted}) == (
        {"EMAIL;type=INTERNET;X-KEEP=1:uma@muster.example"},
        {"EMAIL;TYPE=INTERNET;X-KEEP=1:Uma@Muster.example"},
    )


def test_a_removed_address_takes_its_group_along() -> None:
    assert difference(FULL, {"ADR": []}) == ({"item2.ADR;type=HOME:;;Weg 1;Köln;;50667;DE", "item2.X-ABADR:de"}, set())


def test_a_group_that_another_line_uses_keeps_its_label() -> None:
    text = text_of("FN:x", "item1.TEL:1", "item1.EMAIL:a@example.org", "item1.X-ABLabel:Boot")
    assert difference(text, {"TEL": []}) == ({"item1.TEL:1"}, set())


def test_labels_change_without_touching_the_rest() -> None:
    plain, club = own_values(parse(FULL))["EMAIL"]
    assert difference(FULL, {"EMAIL": [{**plain, "label": "work"}, club]})[1] == {
        "EMAIL;TYPE=INTERNET;X-KEEP=1;TYPE=WORK:uma@muster.example"
    }
    assert difference(FULL, {"EMAIL": [{**plain, "label": "Büro 2"}, club]})[1] == {
        "item3.EMAIL;TYPE=INTERNET;X-KEEP=1:uma@muster.example",
        "item3.X-ABLabel:Büro 2",
    }
    assert difference(FULL, {"EMAIL": [plain, {**club, "label": "home"}]}) == (
        {"item1.EMAIL;type=INTERNET:uma@example.org", "item1.X-ABLabel:Verein"},
        {"item1.EMAIL;TYPE=INTERNET;TYPE=HOME:uma@example.org"},
    )


def test_a_side_without_labels_and_primary_leaves_them_alone() -> None:
    text = text_of("FN:x", "TEL;TYPE=HOME,PREF:1", "TEL;TYPE=WORK:2")
    assert difference(text, {"TEL": [{"value": "1"}, {"value": "3"}]}) == ({"TEL;TYPE=WORK:2"}, {"TEL:3"})


@pytest.mark.parametrize(
    ("version", "lines", "expected"),
    [
        ("3.0", ["TEL;TYPE=HOME,PREF:1", "TEL:2"], {"TEL;TYPE=HOME:1", "TEL;TYPE=PREF:2"}),
        ("4.0", ["TEL;PREF=1:1", "TEL;PREF=2:2"], {"TEL:1", "TEL;PREF=1:2"}),
    ],
)
def test_the_primary_moves(version: str, lines: list[str], expected: set[str]) -> None:
    text = text_of("FN:x", *lines, version=version)
    first, second = own_values(parse(text))["TEL"]
    patch = {"TEL": [{**first, "primary": False}, {**second, "primary": True}]}
    assert difference(text, patch)[1] == expected


def test_what_the_plan_never_saw_is_not_removed() -> None:
    """The same number twice, once without its country: whoever knows the region sees one value."""
    text = text_of("FN:x", "TEL:+49 30 123456", "TEL:030 123456", "TEL:+49 30 7")
    before = {"TEL": [{"value": "+49 30 123456"}, {"value": "+49 30 7"}]}
    assert difference(text, {"TEL": [{"value": "+49 30 123456"}]}, before) == ({"TEL:+49 30 7"}, set())


def test_tags_come_and_go_one_by_one() -> None:
    wanted = [{"value": "vip"}, {"value": "Neu, ganz"}]
    assert difference(FULL, {"CATEGORIES": wanted}) == ({"CATEGORIES:Kunden,VIP"}, {"CATEGORIES:vip,Neu\\, ganz"})
    assert difference(FULL, {"CATEGORIES": []}) == ({"CATEGORIES:Kunden,VIP"}, set())


@pytest.mark.parametrize(
    ("version", "old", "value", "expected"),
    [
        ("3.0", "BDAY:1980-01-01", "1985-10-12", {"BDAY:1985-10-12"}),
        ("3.0", "BDAY;VALUE=date-time:1980-01-01T00:00:00Z", "1985-10-12", {"BDAY:1985-10-12"}),
        ("3.0", "BDAY:19800101", "1985-10-12", {"BDAY:19851012"}),
        ("3.0", "X-A:1", "--10-12", {"BDAY;X-APPLE-OMIT-YEAR=1604:1604-10-12"}),
        ("3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-10-12", "1985-10-12", {"BDAY:1985-10-12"}),
        ("3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-10-12", "1604-10-12", {"BDAY:1604-10-12"}),
        ("4.0", "X-A:1", "--10-12", {"BDAY:--1012"}),
        ("4.0", "X-A:1", "1985-10-12", {"BDAY:19851012"}),
        ("3.0", "BDAY:1980-01-01", "", set()),
    ],
)
def test_birthdays_are_written_as_the_version_has_them(version: str, old: str, value: str, expected: set[str]) -> None:
    assert difference(text_of("FN:x", old, version=version), {"BDAY": value})[1] == expected


def test_a_revision_date_that_is_there_moves() -> None:
    text = text_of("FN:Uma", "N:;Uma;;;", "REV:20200101T000000Z")
    assert "REV:20260301T120005Z" in change(text, {"TITLE": "Chefin"})
    assert "REV:20200101T000000Z" in change(text, {"TITLE": ""})


def test_several_notes_are_one() -> None:
    text = text_of("FN:x", "NOTE:eins", "NOTE:zwei")
    assert own_values(parse(text))["NOTE"] == "eins\nzwei"
    assert difference(text, {"NOTE": "drei"}) == ({"NOTE:eins", "NOTE:zwei"}, {"NOTE:drei"})


def test_quoted_printable_lines_that_change_become_plain() -> None:
    text = text_of("FN:x", "TITLE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:K=C3=B6chin", version="2.1")
    assert difference(text, {"TITLE": "Ärztin"})[1] == {"TITLE;CHARSET=UTF-8:Ärztin"}


# ---- properties

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(normal_text)
LINES = st.lists(TEXT, max_size=3).map("\n".join).map(normal_text)
MAIL = st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True)
NUMBER = st.from_regex(r"\+4930[0-9]{4,7}", fullmatch=True)
PARTS = st.dictionaries(st.sampled_from(ADDRESS_PARTS), TEXT.filter(bool), min_size=1)
LABEL = st.one_of(st.sampled_from(["", "home", "work", "mobile", "fax", "other"]), TEXT)
BIRTHDAY = st.one_of(st.just(""), st.dates(date(1700, 1, 1)).map(str), st.dates().map(lambda d: f"--{str(d)[5:]}"))
TAGS = st.lists(TEXT.filter(fold_text), max_size=3, unique_by=fold_text).map(lambda tags: [{"value": t} for t in tags])


def several(values: st.SearchStrategy) -> st.SearchStrategy:
    """Items with at most one primary."""
    items = st.lists(st.tuples(values, LABEL), max_size=4, unique_by=lambda pair: fold_text(str(pair[0])))
    return st.tuples(items, st.integers(0, 6)).map(
        lambda drawn: [item(value, label, i == drawn[1]) for i, (value, label) in enumerate(drawn[0])]
    )


SINGLE = ("N.prefix", "N.given", "N.additional", "N.family", "N.suffix", "NICKNAME", "TITLE", "ORG.name", "ORG.unit")
FIELDS = {
    **dict.fromkeys(SINGLE, TEXT),
    "NOTE": LINES,
    "BDAY": BIRTHDAY,
    "EMAIL": several(MAIL),
    "TEL": several(NUMBER),
    "ADR": several(PARTS),
    "CATEGORIES": TAGS,
}
WHOLE = st.fixed_dictionaries(FIELDS)
PATCH = st.fixed_dictionaries({}, optional=FIELDS)
FOREIGN = ('X-FOO;A="b;c":d\\,e', "item7.X-ABDATE:2020-02-02", "item7.X-ABLabel:Hochzeit", "PHOTO;ENCODING=b:QUJD")


def comparable(values: dict) -> dict:
    """Several values in an order of their own: lines are appended where they fall."""
    return {k: v if isinstance(v, str) else sorted(json.dumps(i, sort_keys=True) for i in v) for k, v in values.items()}


def same_addresses(patch: dict) -> bool:
    """Hypothesis finds addresses that differ only in what normal forms ignore."""
    ids = [normal_address(address_text(i["value"])) for i in patch.get("ADR", [])]
    return len(set(ids)) < len(ids) or "" in [i.strip("|") for i in ids]


@given(WHOLE.filter(lambda p: not same_addresses(p)), PATCH.filter(lambda p: not same_addresses(p)))
@pytest.mark.parametrize("version", ["3.0", "4.0"])
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_and_the_rest_stays(version: str, whole: dict, patch: dict) -> None:
    text = text_of("N:;;;;", *FOREIGN, version=version)
    first = patched(parse(text), whole, {}, NOW)
    values = own_values(parse(str(first)))
    assert comparable({k: values[k] for k in whole}) == comparable(whole)
    assert values["FN"]

    second = str(patched(parse(str(first)), patch, values, NOW))
    expected = {**whole, **patch}
    values = own_values(parse(second))
    assert comparable({k: values[k] for k in expected}) == comparable(expected)
    assert set(FOREIGN) <= set(second.split("\r\n"))
    assert all(len(line.encode()) <= 75 for line in second.split("\r\n"))


@given(WHOLE.filter(lambda p: not same_addresses(p)))
@settings(max_examples=100, deadline=None)
def test_vobject_reads_what_is_written(whole: dict) -> None:
    theirs = vobject.readOne(str(new_card("uma", whole, NOW)))
    name = theirs.n.value
    names = (name.prefix, name.given, name.additional, name.family, name.suffix)
    assert names == tuple(whole[f"N.{part}"] for part in ("prefix", "given", "additional", "family", "suffix"))
    assert [line.value for line in theirs.contents.get("email", [])] == [i["value"] for i in whole["EMAIL"]]
    assert [line.value for line in theirs.contents.get("tel", [])] == [i["value"] for i in whole["TEL"]]
    assert [line.value for line in theirs.contents.get("note", [])] == ([whole["NOTE"]] if whole["NOTE"] else [])
    streets = [line.value.street for line in theirs.contents.get("adr", [])]
    assert streets == [i["value"].get("street", "") for i in whole["ADR"]]
    assert {tag for line in theirs.contents.get("categories", []) for tag in line.value} == {
        i["value"] for i in whole["CATEGORIES"]
    }


@given(TEXT.filter(bool), TEXT, LINES, MAIL)
@settings(max_examples=100, deadline=None)
def test_what_vobject_writes_is_read(family: str, name: str, note: str, mail: str) -> None:
    theirs = vobject.vCard()
    theirs.add("n").value = vobject.vcard.Name(family=family, given=name)
    theirs.add("fn").value = family
    theirs.add("note").value = note
    theirs.add("email").value = mail
    values = own_values(parse(theirs.serialize()))
    assert (values["N.family"], values["N.given"], values["NOTE"]) == (family, name, note)
    assert values["EMAIL"] == [item(mail)]


@given(st.lists(st.text(max_size=30), max_size=8), st.sampled_from(["\r\n", "\n"]))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(lines: list[str], end: str) -> None:
    try:
        card = parse(end.join(["BEGIN:VCARD", *lines, "END:VCARD"]))
    except CardError:
        return
    own_values(card)


PROPERTY = r"(item1\.)?[A-Z-]{1,6}(;TYPE=[a-z,]{0,5}|;X=\"[^\"\n\r]{0,4}\"){0,2}:[^\r\n]{0,90}"


@given(st.lists(st.from_regex(PROPERTY, fullmatch=True), max_size=8))
@settings(max_examples=200, deadline=None)
def test_an_untouched_card_stays_to_the_character(lines: list[str]) -> None:
    text = text_of("FN:x", *(line for line in lines if not line.upper().startswith(("BEGIN", "END"))))
    assert str(parse(text)) == text


@given(st.text(max_size=300).filter(lambda text: "\r" not in text and "\n" not in text))
def test_folding(text: str) -> None:
    text = clean(text)
    pieces = fold(text).split("\r\n")
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == text


@given(st.lists(st.text(), min_size=1))
def test_escaping(parts: list[str]) -> None:
    for mark in ",;":
        assert [unescape(p) for p in split(mark.join(escape(p) for p in parts), mark)] == [clean(p) for p in parts]


def test_a_photo_of_ten_megabytes_passes_untouched_and_soon() -> None:
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:" + base64.b64encode(bytes(range(256)) * 40_000).decode()
    lines = "\r\n ".join(photo[i : i + 74] for i in range(0, len(photo), 74))
    began = time.process_time()
    text = str(patched(parse(text_of("FN:Uma", "N:;Uma;;;", lines)), {"TITLE": "Editor"}, {}, NOW))
    assert time.process_time() - began < 10
    assert lines in text
    assert "TITLE:Editor" in text
