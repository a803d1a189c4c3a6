"""Named transforms: pure, in normal form, in linear time, and taken back where they say so."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from contactsync.contact import Kind
from contactsync.mapping.html_text import shown_text
from contactsync.mapping.normal_values import normal
from contactsync.mapping.transforms import TRANSFORMS, Transform
from hypothesis import given, settings
from hypothesis import strategies as st

FAST = settings(max_examples=200, deadline=None, database=None)
EACH = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=list(TRANSFORMS))
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    "aAbB'’-. \n\t\u00a0\u200b<>&;/ßéİ0123", max_size=30
)
VALUES = {
    Kind.TEXT: TEXTS,
    Kind.DATE: st.dates().map(str) | st.sampled_from(["--02-29", "", "no date"]),
    Kind.NUMBER: st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40).map(str),
    Kind.BOOLEAN: st.sampled_from(["true", "false", ""]),
}

# ---- what holds for each


@EACH
@FAST
@given(st.data())
def test_a_transform_gives_a_normal_form_and_the_same_each_time(transform: Transform, data: st.DataObject) -> None:
    value = normal(data.draw(VALUES[transform.takes]), transform.takes)
    found = transform.apply(value)
    assert found == transform.apply(value) == normal(found, transform.gives)


@EACH
def test_nothing_stays_nothing(transform: Transform) -> None:
    assert transform.apply("") == ""
    assert transform.inverse is None or transform.inverse("") == ""


@pytest.mark.parametrize("transform", [t for t in TRANSFORMS.values() if t.inverse], ids=lambda t: t.name)
@FAST
@given(st.data())
def test_an_inverse_gives_the_value_back(transform: Transform, data: st.DataObject) -> None:
    assert transform.inverse
    value = normal(data.draw(VALUES[transform.takes]), transform.takes)
    assert transform.inverse(transform.apply(value)) == value


SETTLED = ("trim", "collapse_spaces", "remove_spaces", "first_line", "first_word", "last_word", "upper", "lower")
SETTLED += ("title_case", "plain_letters", "digits_only", "e164", "without_year")


@pytest.mark.parametrize("name", SETTLED)
@FAST
@given(st.data())
def test_done_twice_is_done_once(name: str, data: st.DataObject) -> None:
    transform = TRANSFORMS[name]
    once = transform.apply(normal(data.draw(VALUES[transform.takes]), transform.takes))
    assert transform.apply(once) == once


SIZE = 100_000
HOSTILE = {
    "letters": "a" * SIZE,
    "digits": "1" * SIZE + "x",
    "zeros": "0" * SIZE + ".",
    "spaces": "a" + " " * SIZE + "b",
    "breaks": "\r\n" * (SIZE // 2) + "x",
    "apostrophes": "o'" * (SIZE // 2),
    "hyphens": "-" * SIZE,
    "at signs": "@" * SIZE,
    "dots": "a." * (SIZE // 2) + "!",
    "accents": "a" + "\u0301\u0323" * (SIZE // 2),
    "ligatures": "\ufdfa" * SIZE,
    "joiners": "\u200d" * SIZE,
    "open signs": "<" * SIZE,
    "open tags": "<a " * (SIZE // 3),
    "open quotes": '<a b="' * (SIZE // 6),
    "equals": "<a" + "=" * SIZE,
    "equals and spaces": "<a " + "= " * (SIZE // 2),
    "open comments": "<!--" * (SIZE // 4),
    "dashes": "<!--" + "-" * SIZE,
    "declarations": "<!" * (SIZE // 2),
    "instructions": "<?" * (SIZE // 2),
    "ends": "</" * (SIZE // 2),
    "scripts": "<script>" * (SIZE // 8),
    "scripts and their ends": "<script></scrip" * (SIZE // 15),
    "nested": "<div>" * (SIZE // 5),
    "ever other letters": "".join(f"<b i={n}>" for n in range(SIZE // 20)) + "<p>x" * (SIZE // 8),
    "signs": "&" * SIZE,
    "names": "&lt" * (SIZE // 3),
    "a huge number": "&#" + "9" * SIZE + ";",
    "a huge hexadecimal number": "&#x" + "f" * SIZE + ";",
    "phone": "+" + "49 (0) " * (SIZE // 7),
}


@EACH
def test_no_text_makes_a_transform_wait(transform: Transform) -> None:
    """100 kB: what takes the square of it takes minutes."""
    for name, text in HOSTILE.items():
        for change in (transform.apply, transform.inverse or transform.apply):
            started = time.process_time()
            change(text)
            assert time.process_time() - started < 1.0, name


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.several])
def test_no_text_makes_a_normal_form_wait(kind: Kind) -> None:
    for name, text in HOSTILE.items():
        started = time.process_time()
        normal(text, kind)
        assert time.process_time() - started < 1.0, name


# ---- one by one


@pytest.mark.parametrize(
    ("name", "given_text", "expected"),
    [
        ("trim", "Ada \u200b\n  Street", "Ada\nStreet"),
        ("collapse_spaces", "Ada\u00a0 \n Sample", "Ada Sample"),
        ("remove_spaces", "DE 12 34\u00a056", "DE123456"),
        ("first_line", "Ada\nSample", "Ada"),
        ("first_word", "Ada  Sample", "Ada"),
        ("last_word", "Ada van Sample", "Sample"),
        ("upper", "straße", "STRASSE"),
        ("lower", "ÄRGER", "ärger"),
        ("title_case", "ADA o'neil-sample McDonald d’arc", "Ada O'Neil-Sample McDonald D’Arc"),
        ("plain_letters", "Zoë Ñandú ﬁ", "Zoe Nandu fi"),
        ("digits_only", "+49 (30) 12-34", "49301234"),
        ("e164", "+49 (0)30 123456", "+4930123456"),
        ("e164", "030 123456", "030 123456"),
        ("domain", "ada@Sample.Example.org", "sample.example.org"),
        ("domain", "https://www.example.org/ada?x=1", "example.org"),
        ("domain", "Ada Sample <ada@example.org>", "Ada Sample <ada@example.org>"),
        ("domain", "http://[broken", "http://[broken"),
        ("year", "2024-02-29", "2024"),
        ("year", "--02-29", "--02-29"),
        ("without_year", "2024-02-29", "--02-29"),
        ("not", "true", "false"),
        ("yes_no", "false", "no"),
        ("times_100", "0.125", "12.5"),
        ("times_100", "n/a", "n/a"),
        ("by_100", "12345678901234567890123456789012345678901", "123456789012345678901234567890123456789.01"),
    ],
)
def test_transforms_by_example(name: str, given_text: str, expected: str) -> None:
    assert TRANSFORMS[name].apply(given_text) == expected


@pytest.mark.parametrize(
    ("region", "typed", "expected"),
    [
        ("DE", "030 123456", "+4930123456"),
        ("DE", "0049 (0)30 123456", "+4930123456"),
        ("US", "(212) 555-0123", "+12125550123"),
        ("DE", "+1 212 555 0123", "+12125550123"),
        (None, "030 123456", "030 123456"),
        ("DE", "110", "110"),
        ("DE", "030 123456 or 030 123457", "030 123456 or 030 123457"),
        ("DE", "after six", "after six"),
    ],
)
def test_a_national_number_is_one_of_the_default_region(region: str | None, typed: str, expected: str) -> None:
    change = TRANSFORMS["e164"].within(region)
    assert change(typed) == expected
    assert change(change(typed)) == expected


def test_a_region_changes_no_other_transform() -> None:
    assert [name for name, one in TRANSFORMS.items() if one.within("DE") is not one.apply] == ["e164"]


# ---- HTML


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain\ntext", "plain\ntext"),
        ("a < b and 3 <4\nc > d", "a < b and 3 <4\nc > d"),
        ("Tom &amp; Ada\nSample", "Tom & Ada\nSample"),
        ("<p>One</p><p>Two <b>bold</b>\n  words</p>", "One\nTwo bold words"),
        ("One<br>Two<BR/>Three", "One\nTwo\nThree"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<b>one</b>\n<b>two</b>", "one two"),
        ("<a title=\"x > y\" href='z>'>link</a>", "link"),
        ("before<script>if (a < b) { document.write('<p>') }</script> after", "before after"),
        ("<STYLE>p > a {}</STYLE>text", "text"),
        ("a<!-- <b>not shown</b> -->b<!-->c", "abc"),
        ("<!DOCTYPE html><?xml version='1.0'?>text</>", "text"),
        ("&lt;b&gt; &#65;&#x42; &nbsp;&hellip;", "<b> AB  …".replace("  ", " \u00a0")),
        ("<i>&lt;b&gt;</i> &nbsp; &#65;", "<b> A"),
        ("<i>x</i> &#99999999999; &#x110000;", "x \ufffd \ufffd"),
        ("I <love you", "I <love you"),
        ("<i>kept</i> <a href='open", "kept <a href='open"),
        ("<script>never closed", ""),
        ("İ<b>İ</b><script>İ</script>x", "İİx"),
    ],
)
def test_html_as_its_reader_sees_it(source: str, expected: str) -> None:
    assert shown_text(source) == expected


TAGS = st.sampled_from(["b", "p", "div", "td", "a", "h1", "x-y"])
WORDS = st.text("abcäöß.,!? ", min_size=1, max_size=12)


@FAST
@given(st.lists(st.tuples(TAGS, WORDS), max_size=8))
def test_no_word_is_lost_and_no_tag_is_left(parts: list[tuple[str, str]]) -> None:
    source = "".join(f'<{tag} title="a > b">{word}</{tag}>' for tag, word in parts)
    shown = shown_text(source)
    assert "".join(shown.split()) == "".join("".join(word for _, word in parts).split())


@FAST
@given(st.text("<>!-/ab=\"'& ;#x3script\n", max_size=60))
def test_any_text_is_read(source: str) -> None:
    shown = shown_text(source)
    assert isinstance(shown, str)
    assert len(shown) <= len(source)


def test_the_list_knows_each_by_its_name() -> None:
    assert {"strip_html", "trim", "upper", "lower", "digits_only", "first_line", "e164"} <= set(TRANSFORMS)
    changes: list[Callable[[str], str]] = [t.apply for t in TRANSFORMS.values()]
    assert all(t.name == name and t.title for name, t in TRANSFORMS.items())
    assert len(changes) == len(TRANSFORMS)
