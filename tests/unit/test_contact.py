"""Normal forms, canonical texts, fingerprints and keys: what makes two values the same."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from contactsync.contact import (
    ADDRESS_PARTS,
    EMPTY_LIST,
    FIELDS,
    GROUPS,
    Element,
    Kind,
    address_parts,
    address_text,
    decode,
    element_id,
    encode,
    fingerprint,
    fold,
    full_name,
    is_empty,
    key_hash,
    key_values,
    kind_of,
    normal_address,
    normal_email,
    normal_phone,
    normal_text,
    normal_url,
    raw_hash,
)
from contactsync.letters import normalized
from factories import listed
from hypothesis import given, settings
from hypothesis import strategies as st

FAST = settings(max_examples=300, deadline=None, database=None)
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    " \r\n\tAaÄäßİi\u0307\u0301\u0323\u200b\u200d\u200c\ufeff。．xn--kvaﬁ\u0344\u0345ͅΐώ½①/:?#@;.mailto", max_size=12
)
NFC, NFD = (unicodedata.normalize(form, "Zoë Ñandú") for form in ("NFC", "NFD"))

# ---- normal forms


def by_region(text: str) -> str:
    return normal_phone(text, "DE")


MARKS = st.text("\u0301\u0323\u0344\u0345\u0f73\uff9e\u3099e\u00e9 \u0915\uac00\u1100\u1161", min_size=40, max_size=80)


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
@FAST
@given(MARKS, st.integers(0, 60))
def test_normal_forms_of_many_marks_are_those_of_unicode(
    form: Literal["NFC", "NFKC", "NFKD"], text: str, n: int
) -> None:
    long = text + "\u0323\u0301" * n + "x" * 1000
    assert normalized(form, long) == unicodedata.normalize(form, long)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f73", "\uff9e\u0323\u0301"])
def test_marks_without_end_make_nobody_wait(marks: str) -> None:
    started = time.process_time()
    assert normal_text(f"a{marks * 50_000}")
    assert fold(f"a{marks * 50_000}")
    assert time.process_time() - started < 3.0


@pytest.mark.parametrize("normal", [normal_text, normal_email, normal_phone, by_region, normal_url, fold])
@FAST
@given(ANY_TEXT)
def test_a_normal_form_is_its_own_normal_form(normal: Callable[[str], str], text: str) -> None:
    assert normal(normal(text)) == normal(text)


@FAST
@given(st.dictionaries(st.sampled_from(ADDRESS_PARTS), ANY_TEXT))
def test_an_address_read_back_is_the_same_address(parts: dict[str, str]) -> None:
    text = address_text(parts)
    assert address_text(address_parts(text)) == text
    assert element_id(Kind.ADDRESSES, text) == element_id(Kind.ADDRESSES, address_text(address_parts(text)))
    assert normal_address(text).count("|") >= len(ADDRESS_PARTS) - 1


@FAST
@given(ANY_TEXT)
def test_a_normal_text_can_be_stored_anywhere(text: str) -> None:
    normal = normal_text(text)
    normal.encode("utf-8")
    assert "\x00" not in normal
    assert "\r" not in normal


def test_line_ends_and_blanks_around_a_text_do_not_count() -> None:
    assert normal_text(" a\r\nb\rc \n") == "a\nb\nc"


def test_lone_surrogates_become_a_replacement_mark() -> None:
    assert normal_text("Ada \ud83d") == "Ada \ufffd"
    assert normal_text("Ada \U0001f600") == "Ada \U0001f600"


@pytest.mark.parametrize("kind", [Kind.TAGS, Kind.EMAILS, Kind.URLS])
def test_composed_and_decomposed_letters_are_the_same(kind: Kind) -> None:
    assert NFC != NFD
    assert normal_text(NFC) == normal_text(NFD)
    assert element_id(kind, f"{NFC}@example.org") == element_id(kind, f"{NFD}@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        " Ada@Example.ORG ",
        "mailto:ada@example.org",
        "MAILTO:Ada@example.org",
        "mailto: ada@example.org",
    ],
)
def test_spellings_of_one_e_mail_address(text: str) -> None:
    assert normal_email(text) == "ada@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "ada@müller.example",
        "Ada@MÜLLER.example",
        "ada@xn--mller-kva.example",
        "ADA@XN--MLLER-KVA.EXAMPLE",
        unicodedata.normalize("NFD", "ada@müller.example"),
        "ada@ｍüller．example",
        "ａｄａ＠müller。example",
        "\u202aada@mül\u00adler.example\u202c",
        "\ufeffa\u200bd\u200da@müller.example",
    ],
)
def test_forms_of_letters_in_one_e_mail_address(text: str) -> None:
    assert normal_email(text) == "ada@müller.example"


def test_a_turkish_capital_i_is_an_i_and_the_dotless_one_another_letter() -> None:
    assert normal_email("İNFO@example.org") == normal_email("INFO@example.org") == "info@example.org"
    assert normal_email("ınfo@example.org") != "info@example.org"
    assert fold("İPEK") == fold("ipek") == fold(unicodedata.normalize("NFD", "İpek")) == "ipek"
    assert fold("ışık") != fold("işık")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "аda@example.org"),  # the second begins with a Cyrillic letter
        ("ada@example.org", "adа@example.org"),
        ("ada@scope.example", "ada@ѕсоре.example"),
        ("ada@scope.example", "ada@xn--e1argc3h.example"),  # the same, as its ASCII form
        ("groß@example.org", "gross@example.org"),
        ("ada@straße.example", "ada@strasse.example"),
        ("ada@müller.example", "ada@muller.example"),
        ("ada@müller.example", "ada@mueller.example"),
        ("a.da@example.org", "ada@example.org"),
        ("ada+news@example.org", "ada@example.org"),
        ("ada@xn--abc-.example", "ada@abc.example"),  # stands for nothing that could be typed
        ("ada@xn--a.example", "ada@a.example"),
        ("ada@example.org", "ada@example.com"),
    ],
)
def test_addresses_of_different_people_stay_apart(one: str, other: str) -> None:
    assert normal_email(one) != normal_email(other)


def test_an_encoded_domain_is_the_one_that_was_meant() -> None:
    assert normal_email("ada@xn--strae-oqa.example") == "ada@straße.example"
    assert normal_email("ada@xn--e1argc3h.example") == "ada@ѕсоре.example"
    for broken in ("ada@xn--.example", "ada@xn--ü.example", "ada@xn--99999999.example", f"ada@xn--{'a' * 99}.example"):
        assert normal_email(broken) == broken


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Groß", "GROSS"),
        ("GROẞ", "groß"),
        ("Zoë", unicodedata.normalize("NFD", "ZOË")),
        ("Ａｄａ", "ada"),
        ("Ada\u00a0Beispiel", "ada beispiel"),
        ("\u200eAda \u200bBei\u00adspiel\ufeff", "Ada Beispiel"),
        ("Ada\u200d", "Ada"),
        ("ﬁnn", "Finn"),
    ],
)
def test_forms_of_one_name(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert key_values({"names.full": one}, "full_name") == key_values({"names.full": other}, "full_name")


def test_names_of_different_people_stay_apart() -> None:
    names = ["Ada", "Аda", "Áda", "Adа", "Adda", "Yıldız", "Yildiz", "Muller", "Müller", "Mueller"]
    assert len({fold(name) for name in names}) == len(names)


def test_joiners_count_where_they_join() -> None:
    assert fold("👩\u200d💻") != fold("👩💻")
    assert fold("نامه\u200cای") != fold("نامهای")
    assert fold("نامه\u200c") == fold("نامه")


def test_what_does_not_show_is_no_part_of_a_phone_number() -> None:
    assert normal_phone("\u202a+49\u200b 30 1234567\u202c") == "+49301234567"
    assert normal_phone("＋４９ ３０ １２３４５６７") == "+49301234567"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+49 30 1234567", None),
        ("+49-30-1234567", None),
        ("+49 (0)30 1234567", None),
        ("0049 30 1234567", "DE"),
        ("030 / 123 45 67", "DE"),
        ("(030) 1234567", "DE"),
        ("tel:+49-30-1234567", None),
        ("+49\u00a030\u20111234567", None),
    ],
)
def test_spellings_of_one_phone_number(text: str, region: str | None) -> None:
    assert normal_phone(text, region) == "+49301234567"


def test_an_extension_is_part_of_a_number() -> None:
    assert normal_phone("+49 30 1234567 ext. 12") == "+49301234567;ext=12"
    assert normal_phone("+49 30 1234567;ext=12") == "+49301234567;ext=12"
    assert normal_phone("+49 30 1234567") != normal_phone("+49 30 1234567 ext. 12")


def test_a_number_that_cannot_be_read_keeps_what_is_dialled() -> None:
    assert normal_phone("030 123-45") == "03012345"
    assert normal_phone("0800 ADA") == "0800ada"
    assert normal_phone("*100#") == "*100#"
    assert normal_phone("--") == "--"


def test_a_region_does_not_change_a_whole_number() -> None:
    assert normal_phone("+1 212 555 0100", "DE") == normal_phone("+1 212 555 0100", "US") == "+12125550100"


@pytest.mark.parametrize("text", ["https://example.org/a", "HTTPS://Example.ORG/a/", " https://example.org/a/ "])
def test_spellings_of_one_web_address(text: str) -> None:
    assert normal_url(text) == "https://example.org/a"


def test_the_path_of_a_web_address_keeps_its_case_and_a_broken_one_is_only_folded() -> None:
    assert normal_url("https://example.org/A") != normal_url("https://example.org/a")
    assert normal_url("Example.org/") == "example.org"
    assert normal_url("http://[broken") == "http://[broken"


def test_addresses_are_compared_part_by_part_without_case() -> None:
    one = address_text({"street": "Musterweg 1", "city": "Berlin"})
    assert element_id(Kind.ADDRESSES, one) == element_id(
        Kind.ADDRESSES, address_text({"city": "BERLIN ", "street": "musterweg  1", "country": ""})
    )
    assert element_id(Kind.ADDRESSES, one) != element_id(Kind.ADDRESSES, address_text({"street": "Musterweg 1 Berlin"}))


@pytest.mark.parametrize("kind", [k for k in Kind if k.several and k is not Kind.ADDRESSES])
def test_a_blank_element_has_no_identity(kind: Kind) -> None:
    assert element_id(kind, "  ") == ""


def test_an_address_without_parts_has_no_identity() -> None:
    assert element_id(Kind.ADDRESSES, address_text({"street": " "})) == element_id(Kind.ADDRESSES, "") == ""


def test_tags_are_compared_without_case_and_width() -> None:
    assert element_id(Kind.TAGS, "  Ｎews  Letter") == "news letter"


# ---- lists

ELEMENTS = st.builds(Element, st.text(min_size=1), st.text(), st.none() | st.text(), st.none() | st.booleans())


@FAST
@given(st.lists(ELEMENTS))
def test_encoding_and_decoding_give_the_elements_back_one_per_identity(elements: list[Element]) -> None:
    first: dict[str, Element] = {}
    for element in elements:
        first.setdefault(element.id, element)
    assert decode(encode(elements)) == tuple(first[i] for i in sorted(first))
    assert encode(decode(encode(elements))) == encode(elements)


@FAST
@given(st.lists(ELEMENTS, unique_by=lambda e: e.id), st.randoms(use_true_random=False))
def test_the_order_of_elements_does_not_matter(elements: list[Element], dice: object) -> None:
    assert encode(elements) == encode(elements[::-1])


def test_no_label_and_an_unknown_label_are_not_the_same() -> None:
    assert encode([Element("a", "a", "")]) != encode([Element("a", "a")])
    assert json.loads(encode([Element("a", "a")])) == [{"id": "a", "value": "a"}]


def test_empty_texts() -> None:
    assert encode([]) == EMPTY_LIST
    assert decode("") == decode(EMPTY_LIST) == ()
    assert is_empty("")
    assert is_empty(EMPTY_LIST)
    assert not is_empty(" ")
    assert not is_empty(listed("a"))


# ---- fields


def test_kinds_of_fields() -> None:
    assert kind_of("emails") is Kind.EMAILS
    assert kind_of("birthday") is Kind.DATE
    assert kind_of("custom.score") is Kind.TEXT
    assert {f for f, k in FIELDS.items() if k.several} == {"emails", "phones", "addresses", "urls", "tags"}
    assert set(GROUPS["names"]) < set(FIELDS)


# ---- fingerprints


def test_a_missing_field_is_not_an_empty_one() -> None:
    assert fingerprint({}) != fingerprint({"company": ""})
    assert fingerprint({"emails": ""}) != fingerprint({"emails": EMPTY_LIST})


def test_a_fingerprint_tells_where_one_value_ends_and_the_next_field_begins() -> None:
    one = {"company": "a", "notes": "b"}
    assert fingerprint(one) == fingerprint(dict(reversed(one.items())))
    for other in ({"company": "ab", "notes": ""}, {"company": "b", "notes": "a"}, {"company": "a\x1fnotes\x1fb"}):
        assert fingerprint(one) != fingerprint(other)


@FAST
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), ANY_TEXT))
def test_fingerprints_fit_a_signed_64_bit_column(values: dict[str, str]) -> None:
    assert -(2**63) <= fingerprint(values) < 2**63
    assert -(2**63) <= raw_hash(values) < 2**63


def test_the_order_of_a_raw_record_does_not_matter() -> None:
    assert raw_hash({"a": 1, "b": [2]}) == raw_hash({"b": [2], "a": 1})
    assert raw_hash({"b": [1, 2]}) != raw_hash({"b": [2, 1]})


# ---- names and keys


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("ada+news@example.org", "ada@example.org"),
        ("ada+a+b@example.org", "ada@example.org"),
        ("ada@example.org", "ada@example.org"),
        ("+news@example.org", "+news@example.org"),
        ("ada@ex+ample.org", "ada@ex+ample.org"),
        ("ada+news", "ada+news"),
    ],
)
def test_plus_tags_are_left_out_of_keys_by_choice(address: str, plain: str) -> None:
    values = {"emails": listed(address)}
    assert key_values(values, "email") == (address,)
    assert key_values(values, "email", plus_tags=False) == (plain,)


def test_a_name_as_people_read_it() -> None:
    parts = {"names.prefix": "Dr.", "names.given": "Ada", "names.family": "Beispiel"}
    assert full_name(parts) == "Dr. Ada Beispiel"
    assert full_name({**parts, "names.full": "A. Beispiel"}) == "A. Beispiel"
    assert full_name({}) == ""


def test_key_values() -> None:
    values = {
        "emails": listed("b@example.org", "a@example.org"),
        "phones": encode([Element("+49301234567", "030 1234567"), Element("12345", "12345")]),
        "names.given": "ADA",
        "names.family": "Beispiel",
        "company": " Muster  AG",
    }
    assert key_values(values, "email") == ("a@example.org", "b@example.org")
    assert key_values(values, "phone") == ("+49301234567",)  # a number of unknown country proves nobody the same
    assert key_values(values, "full_name") == ("ada beispiel",)
    assert key_values(values, "company") == ("muster ag",)


@pytest.mark.parametrize("key", ["email", "phone", "full_name", "company"])
def test_who_has_nothing_has_no_key(key: str) -> None:
    assert key_values({}, key) == ()
    assert key_values({"names.full": " ", "company": " ", "emails": EMPTY_LIST}, key) == ()


def test_a_full_name_is_the_same_from_its_parts_and_as_a_whole() -> None:
    whole = key_values({"names.full": "Ada Beispiel"}, "full_name")
    assert whole == key_values({"names.given": "Ada", "names.family": "Beispiel"}, "full_name")


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'shoe size'.*email, phone, full_name, company"):
        key_values({}, "shoe size")


def test_key_hashes_depend_on_salt_key_and_value() -> None:
    hashes = {key_hash(salt, key, value) for salt in ("s", "t") for key in ("email", "phone") for value in ("a", "b")}
    assert len(hashes) == 8
    assert key_hash("s", "email", "a") == key_hash("s", "email", "a")
    assert -(2**63) <= key_hash("s" * 100, "email", "\ud800") < 2**63
