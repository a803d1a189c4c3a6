"""Reading YAML: what scalars mean, what is refused, and that every message names file, line and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.document import read_what_can_be_read, read_yaml

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("42", 42),
        ("0.8", 0.8),
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("True", "True"),
        ("Null", "Null"),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("+4915112345", "+4915112345"),
        ("2024-01-31", "2024-01-31"),
        ("=", "="),
        ('"true"', "true"),
        ("'1'", "1"),
        ('"{{ 7*7 }}"', "{{ 7*7 }}"),
    ],
)
def test_scalars_follow_yaml_1_2_core(write: Write, written: str, meant: object) -> None:
    value = read_yaml(write(f"key: {written}\n")).data["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_always_text(write: Write) -> None:
    assert read_yaml(write("no: 1\n12: 2\n<<: {a: 3}\n")).data == {"no": 1, "12": 2, "<<": {"a": 3}}


def test_every_key_knows_its_line(write: Write) -> None:
    document = read_yaml(write("a: 1\nb:\n  c:\n    - x\n    - {d: 2}\n"))
    assert [document.line(k) for k in [("a",), ("b", "c"), ("b", "c", 1), ("b", "c", 1, "d")]] == [1, 3, 5, 5]
    assert document.line(("b", "missing")) == 2


def test_byte_order_mark_and_crlf_are_harmless(write: Write) -> None:
    document = read_yaml(write(b"\xef\xbb\xbfa: 1\r\nb: Zo\xc3\xab\r\n"))
    assert document.data == {"a": 1, "b": "Zoë"}
    assert document.line(("b",)) == 2


BOMB = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{b}, *{b}]\n" for b, c in zip("abcdefgh", "bcdefghi", strict=True))
BAD = {
    "alias bomb": (BOMB, 1, "anchors"),
    "alias": ("a: 1\nb: *a\n", 2, "aliases"),
    "anchor on a key": ("&x a: 1\n", 1, "anchors"),
    "python tag": ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags"),
    "local tag": ("b: !vault secret\n", 1, "tags"),
    "plain tag": ("b: ! text\n", 1, "tags"),
    "flow too deep": ("a: 1\nb: " + "[" * 100_000, 2, "20 levels"),
    "block too deep": ("a:\n" + "".join(" " * (i + 1) + f"k{i}:\n" for i in range(30)), 21, "20 levels"),
    "nested keys": ("? " * 100_000 + "a", 1, "a key must be text"),
    "2 MiB": ("a: " + "x" * 2 * 1024 * 1024, 1, "1 MiB"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", 3, "already on line 1"),
    "duplicate inner key": ("a:\n  b: 1\n  b: 2\n", 3, "already on line 2"),
    "latin-1": ("a: 1\nb: Zoë\n".encode("latin-1"), 2, "UTF-8"),
    "utf-16": ("a: 1\n".encode("utf-16"), 1, "UTF-8"),
    "nul": ("a: 1\nb: \x00\n", 2, "U+0000"),
    "bell in quotes": ('a: 1\nb: "\\a"\n', 2, "U+0007"),
    "mark inside": ("a: 1\nb: x\ufeffy\n", 2, "U+FEFF"),
    "lone surrogate": ('b: "\\ud800"\n', 1, "not valid YAML"),
    "tab": ("a:\n\tb: 1\n", 2, "tab"),
    "tab for list": ("a:\n  - b\n\t- c\n", 3, "tab"),
    "reserved sign": ("a: 1\nschedule: @daily\n", 2, "quotes"),
    "template": ("a: {{ 7*7 }}\n", 1, "a key must be text"),
    "empty": ("", 1, "is empty"),
    "comments only": ("# nothing\n", 1, "is empty"),
    "list": ("- a\n- b\n", 1, "top level"),
    "text": ("hello\n", 1, "top level"),
    "second document": ("a: 1\n---\nb: 2\n", 2, "second document"),
    "directive": ("%YAML 1.1\n---\na: NO\n", 1, "directives"),
    "unclosed": ("a: 1\nb: [1, 2\n", 3, "not valid YAML"),
    "bad indent": ("a: 1\n  b: 2\n", 2, "not valid YAML"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_says_where_and_what_next(write: Write, case: str) -> None:
    text, line, words = BAD[case]
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    message = str(caught.value)
    assert f"{path}:{line}: " in message
    assert words in message
    assert "Next: " in message
    assert all(len(row) < 400 + len(str(path)) for row in message.splitlines())


def test_all_problems_of_a_file_are_listed_at_once_but_no_more_than_twenty(write: Write) -> None:
    path = write("a: 1\n" * 31)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: 30 problems:")
    assert len(re.findall(r"already on line 1", message)) == 20
    assert "and 10 more" in message


def test_what_stands_before_an_error_stays_readable(write: Write) -> None:
    document = read_what_can_be_read(write("id: acme\ndag:\n  schedule: '@daily'\n  tags: [a, b\nx: 1\n"))
    assert document.problems
    assert document.data["id"] == "acme"
    assert document.data["dag"]["schedule"] == "@daily"


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read: .* Next: "):
        read_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path)
