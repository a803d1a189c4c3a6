"""One YAML file, read safely: plain data, and the line of every key.

Scalars follow YAML 1.2 core, narrowed: only true / false are booleans, null, ~ and nothing are null, and a number is
what a person would write as one. NO, on, 12:30, 0123, +49151 stay text. The data is built from the parser's events,
so that no YAML constructor ever runs and reading stops at the first level that is too deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from contactsync.errors import ConfigError, Place
from contactsync.mapping.problems import KeyPath, Problem, config_error, shown

LARGEST = 1024 * 1024
DEEPEST = 20
MOST_ENTRIES = 100_000  # keys and values; more are made to keep Airflow busy whenever it reads the folder

# libyaml where PyYAML was built with it (ten times as fast), else the same grammar in Python
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """What a file says. `data` holds only dict (keys are text), list, str, int, float, bool and None.

    With `problems`, data is what could be read before and around them.

    inherited  keys that stand in the project file's defaults, not here
    """

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    inherited: frozenset[KeyPath] = frozenset()

    def line(self, key: KeyPath) -> int:
        """The line of a key; of the nearest key around it where it is missing."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def error(self, problems: tuple[Problem, ...]) -> ConfigError:
        """These problems as one error with file and lines."""
        return config_error(self.path, [self._traced(problem) for problem in problems], self.line)

    def _traced(self, problem: Problem) -> Problem:
        """Says so where what is wrong does not stand in this file."""
        if not any(problem.key[:depth] in self.inherited for depth in (1, 2)):
            return problem
        return replace(problem, message=f"{problem.message} It stands in the defaults of contactsync.yaml.")


def read_yaml(path: Path) -> Document:
    """A YAML file whose top level is a mapping. Errors: ConfigError with every problem of the reading."""
    document = read_what_can_be_read(path)
    if document.problems:
        raise document.error(document.problems)
    return document


def read_what_can_be_read(path: Path) -> Document:
    """Like read_yaml, but problems are returned beside the data that can be read all the same.

    Errors: ConfigError where the file itself cannot be opened.
    """
    text = _text(path)
    return Document(path, problems=(text,)) if isinstance(text, Problem) else _Reader(path).read(text)


def _text(path: Path) -> str | Problem:
    """The file as text, or why it is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        step = "Check the path and who may read it."
        raise ConfigError(f"cannot be read: {reason}.", place=Place(path), next_step=step) from None
    if len(raw) > LARGEST:
        return Problem((), "is larger than 1 MiB.", "Split or shorten the file.", line=1)
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem((), "is not UTF-8 text.", "Save the file with the encoding UTF-8.", line=line)
    if found := _FORBIDDEN.search(text):
        return _control_character(found, text.count("\n", 0, found.start()) + 1, ())
    return text


def _control_character(found: re.Match[str], line: int, key: KeyPath) -> Problem:
    return Problem(key, f"holds the control character U+{ord(found[0]):04X}.", "Remove it.", line=line)


class _Stop(Exception):
    """What follows cannot be read; the problem is noted."""


class _Reader:
    """Builds the data of one file from events; a container is put in its place before it is filled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: list[Any] = []
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.entries = 0

    def read(self, text: str) -> Document:
        try:
            self._documents(yaml.parse(text, Loader=_Loader))
        except _Stop:
            pass  # why is among the problems already
        except yaml.YAMLError as error:
            self.problems.append(_syntax(error, text))
        data = self.root[0] if self.root else None
        if not isinstance(data, dict):
            self._no_mapping(data)
            data = {}
        return Document(self.path, data, self.lines, tuple(self.problems))

    def _no_mapping(self, data: object) -> None:
        if self.problems:
            return
        what = (
            "is empty." if data is None else f"must hold keys (`key: value`) at the top level; this is {shown(data)}."
        )
        self._problem((), what, "Start from one of the files in include/mappings.", 1)

    def _documents(self, stream: Iterator[events.Event]) -> None:
        for event in stream:
            if isinstance(event, events.DocumentStartEvent):
                line = _line(event)
                if event.version or event.tags:
                    self._problem((), "% directives are not allowed.", "Remove the line that starts with %.", line)
                if self.root:
                    self._problem((), "holds a second document.", "Remove the line `---`, or use a second file.", line)
                    return
                node = next(stream)
                self.root.append(self._begin(node, ()))
                self._fill(self.root[0], stream, (), 1)

    def _begin(self, event: events.Event, key: KeyPath) -> Any:
        """A scalar's value, or an empty container of the right kind."""
        line = _line(event)
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            self._problem((), f"holds more than {MOST_ENTRIES} keys and values.", "Split or shorten the file.", line)
            raise _Stop
        self.lines.setdefault(key, line)
        if isinstance(event, events.AliasEvent) or getattr(event, "anchor", None):
            self._problem(
                key, "anchors (&) and aliases (*) are not allowed.", "Write the value out, or quote it.", line
            )
        if getattr(event, "tag", None):
            self._problem(key, "tags (!) are not allowed.", "Remove the tag, or quote the value.", line)
        if isinstance(event, events.MappingStartEvent):
            return {}
        if isinstance(event, events.SequenceStartEvent):
            return []
        return self._scalar(event, key) if isinstance(event, events.ScalarEvent) else None

    def _scalar(self, event: events.ScalarEvent, key: KeyPath) -> Any:
        text = str(event.value)
        if found := _FORBIDDEN.search(text):  # written as an escape in double quotes
            self.problems.append(_control_character(found, _line(event), key))
        return _plain(text) if event.implicit[0] else text

    def _fill(self, container: Any, stream: Iterator[events.Event], key: KeyPath, depth: int) -> None:
        if isinstance(container, dict):
            self._mapping(container, stream, key, depth)
        elif isinstance(container, list):
            self._sequence(container, stream, key, depth)

    def _sequence(self, out: list[Any], stream: Iterator[events.Event], key: KeyPath, depth: int) -> None:
        for event in stream:
            if isinstance(event, events.SequenceEndEvent):
                return
            inner = (*key, len(out))
            self._check_depth(event, inner, depth)
            out.append(self._begin(event, inner))
            self._fill(out[-1], stream, inner, depth + 1)

    def _mapping(self, out: dict[str, Any], stream: Iterator[events.Event], key: KeyPath, depth: int) -> None:
        for event in stream:
            if isinstance(event, events.MappingEndEvent):
                return
            name = self._key(event, key)
            inner = (*key, name)
            twice = name in out
            if twice:
                first = f"the key is already on line {self.lines[inner]}."
                self._problem(inner, first, "Keep one of the two.", _line(event))
            self.lines.setdefault(inner, _line(event))
            value_event = next(stream)
            self._check_depth(value_event, inner, depth)
            value = self._begin(value_event, inner)
            out.setdefault(name, value)
            self._fill(value, stream, inner, depth + 1)

    def _key(self, event: events.Event, key: KeyPath) -> str:
        self._begin(event, key)  # for its checks alone: a key is always text
        if not isinstance(event, events.ScalarEvent):
            step = "If braces or brackets are meant as text, put quotes around the whole."
            self._problem(key, "a key must be text.", step, _line(event))
            raise _Stop
        return str(event.value)

    def _check_depth(self, event: events.Event, key: KeyPath, depth: int) -> None:
        if depth >= DEEPEST and isinstance(event, events.CollectionStartEvent):
            line = _line(event)
            self._problem(key, f"is nested deeper than {DEEPEST} levels.", "Remove levels.", line)
            raise _Stop

    def _problem(self, key: KeyPath, message: str, next_step: str, line: int) -> None:
        self.problems.append(Problem(key, message, next_step, line=line))


def _line(event: events.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _plain(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    lines = text.split("\n")
    around = lines[max(0, line - 2) : line]
    if any("\t" in (this[: len(this) - len(this.lstrip())]) for this in around):
        return Problem((), "a tab stands where YAML wants spaces.", "Indent with spaces.", line=line)
    reason = getattr(error, "problem", None) or "unreadable"
    if "cannot start any token" in reason:
        return Problem((), f"is not valid YAML: {reason}.", 'Put quotes around the value: "...".', line=line)
    step = "Check indentation, colons and quotes on this line and the one above."
    return Problem((), f"is not valid YAML: {reason}.", step, line=line)
