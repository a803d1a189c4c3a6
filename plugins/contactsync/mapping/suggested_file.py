"""A proposal as a commented sync file that is valid as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from contactsync.mapping.alike_fields import Proposed
from contactsync.mapping.suggest import Proposal
from contactsync.model.spec import Direction, SideSpec

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_WORDS_OF_YAML = frozenset({"true", "false", "null"})


def as_file(proposal: Proposal, left: SideSpec, right: SideSpec) -> str:
    """The text of the file."""
    return "\n".join([*_head(left, right), *_fields(proposal), ""])


def _head(left: SideSpec, right: SideSpec) -> Iterator[str]:
    yield "# Proposed from the fields of both accounts. Keep what is right, then: contactsync validate, plan, run"
    yield "version: 1"
    for name, side in (("left", left), ("right", right)):
        yield f"{name}: {{app: {scalar(side.app)}, connection: {scalar(side.connection)}}}"
    yield 'dag: {schedule: null}   # only by hand at first; later for example "*/15 * * * *"'


def _fields(proposal: Proposal) -> Iterator[str]:
    yield "fields:"
    yield "  defaults: true        # the default mapping; these fields flow by it:"
    for left, field, right in proposal.defaults:
        yield f"  #   {field}: {left} <-> {right}"
    sure = [p for p in proposal.pairs if p.sure]
    unsure = [p for p in proposal.pairs if not p.sure]
    below = "" if sure else " (below a line `pairs:`)"
    if sure:
        yield "  pairs:"
        for pair in sure:
            yield from _pair(pair, "    ")
    if unsure:
        yield f"  # likely, but to be looked at first{below}:"
        for pair in unsure:
            yield from (f"    #{line[4:]}" for line in _pair(pair, "    "))
    if proposal.offers:
        yield f"  # remove the # of a field that the other app shall get as a new custom one{below}:"
        yield from (f"    #{_line(pair)}" for pair in proposal.offers)
    if proposal.left_over:
        yield "  # not proposed:"
        for side, own, why in proposal.left_over:
            yield f"  #   {side} {comment(own.name)} ({comment(own.title or own.name)}): {comment(why)}"


def _line(pair: Proposed) -> str:
    way = "" if pair.direction is Direction.BOTH else f", direction: {pair.direction}"
    return f"- {{left: {scalar(pair.left.name)}, right: {scalar(pair.right.name)}{way}}}   # {comment(pair.why)}"


def _pair(pair: Proposed, indent: str) -> Iterator[str]:
    yield f"{indent}- left: {scalar(pair.left.name)}   # {comment(pair.why)}; confidence {pair.confidence:.2f}"
    yield f"{indent}  right: {scalar(pair.right.name)}"
    if pair.direction is not Direction.BOTH:
        read_only = pair.left if pair.direction is Direction.LEFT_TO_RIGHT else pair.right
        yield f"{indent}  direction: {pair.direction}   # {comment(read_only.name)} cannot be written"
    if pair.options:
        options = ", ".join(f"{scalar(a)}: {scalar(b)}" for a, b in pair.options.items())
        yield f"{indent}  options: {{{options}}}"


def scalar(text: str) -> str:
    """A text as YAML writes it: bare where it is a plain word, else in double quotes."""
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS_OF_YAML else json.dumps(text)


def comment(text: str) -> str:
    """A text for a comment: one line, whatever an account calls its fields."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
