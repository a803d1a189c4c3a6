"""What is wrong, or perhaps not meant, between sync files that are right one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from contactsync.mapping.as_asked import Snapshots
from contactsync.mapping.findings import Finding
from contactsync.mapping.leaves import actions_of, written_field
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.pairs import direction_of
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.mapping.rings import ring_findings
from contactsync.mapping.rule_overlap import first_wins, value_of
from contactsync.mapping.whose import account_of
from contactsync.model.rules import Apply, How, Rule
from contactsync.model.spec import SIDES, Side
from contactsync.model.templates import placeholders


def folder_findings(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[Finding]:
    """Errors first where they are certain to do harm; the rest are notes."""
    yield from _same_accounts(files, snapshots)
    yield from _first_wins(files)
    yield from _set_twice(files, snapshots)
    yield from _two_sources(files, snapshots)
    yield from ring_findings(files, snapshots)


def _name(file: SyncDocument) -> str:
    return file.spec.file


# ---- one file


def _first_wins(files: Sequence[SyncDocument]) -> Iterator[Finding]:
    for file in files:
        for source, rules in file.spec.rules.items():
            where: KeyPath = ("rules", f"{source}_to_{source.other}")
            found = first_wins(rules, file.apps[source], file.apps[source.other], where)
            yield from (Finding(file, problem, error=False) for problem in found)


# ---- whose accounts


def _same_accounts(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[Finding]:
    """One account behind two connections: each would have a rate budget, and a name, of its own."""
    by_pair: dict[frozenset[str], list[SyncDocument]] = defaultdict(list)
    connections: dict[str, set[str]] = defaultdict(set)
    for file in files:
        accounts = [account_of(file, side, snapshots) for side in SIDES]
        if accounts[0] == accounts[1]:
            message = "leads to the account of the left side, by another connection."
            yield Finding(file, Problem(("right", "connection"), message, "Name another account."), error=True)
            continue
        by_pair[frozenset(accounts)].append(file)
        for side, account in zip(SIDES, accounts, strict=True):
            connections[account].add(file.spec.side(side).connection)
    for pair in by_pair.values():
        yield from _same_pair(pair)
    for file in files:
        for side in SIDES:
            one = file.spec.side(side).connection
            others = sorted(connections[account_of(file, side, snapshots)] - {one})
            if others:
                message = f"leads to the same account as {', '.join(others)}, so its rate limit is counted twice."
                step = "Use one connection in all files."
                yield Finding(file, Problem((side.value, "connection"), message, step), error=False)


def _same_pair(files: Sequence[SyncDocument]) -> Iterator[Finding]:
    """Only with other connections: with the same ones the reader has refused them already."""
    for one, other in combinations(files, 2):
        if all(_options(one, s) in [_options(other, o) for o in SIDES] for s in SIDES):
            for file, partner in ((one, other), (other, one)):
                message = f"{_name(partner)} keeps the same two accounts equal, by other connections."
                step = "Remove one of the files, or give them other options."
                yield Finding(file, Problem(("right",), message, step), error=True)


def _options(file: SyncDocument, side: Side) -> Mapping[str, object]:
    return dict(file.spec.side(side).options)


# ---- what they write


@dataclass(frozen=True)
class _Write:
    """An action that sets an own field of an account."""

    file: SyncDocument
    key: KeyPath
    rule: Rule
    value: str
    apply: Apply

    @property
    def sure(self) -> bool:
        """True where every contact gets it, with every run."""
        return self.apply is Apply.ALWAYS and not self.rule.conditions


def _set_twice(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[Finding]:
    """Two syncs that set one field of one account to different values."""
    writes: dict[tuple[str, str], list[_Write]] = defaultdict(list)
    for file in files:
        for account, field, write in _writes(file, snapshots):
            writes[account, field].append(write)
    for (_, field), found in writes.items():
        for one, other in combinations(found, 2):
            if one.file is not other.file and one.value != other.value:
                yield from _contradicting(field, one, other)
    for file in files:
        yield from _mapped_and_set(file, writes, snapshots)


def _writes(file: SyncDocument, snapshots: Snapshots) -> Iterator[tuple[str, str, _Write]]:
    for source, rules in file.spec.rules.items():
        receiver, account = file.apps[source.other], account_of(file, source.other, snapshots)
        for n, rule in enumerate(rules):
            for k, action in enumerate(rule.actions):
                if actions_of(receiver)[action.name].how is How.SET:
                    at = ("rules", f"{source}_to_{source.other}", n, "then", "actions", k, action.name)
                    write = _Write(file, at, rule, value_of(action, receiver), action.apply)
                    yield account, written_field(action, receiver).name, write


def _contradicting(field: str, one: _Write, other: _Write) -> Iterator[Finding]:
    sure = one.sure and other.sure and not placeholders(one.value) and not placeholders(other.value)
    for mine, theirs in ((one, other), (other, one)):
        message = f"sets {field} to another value than {_name(theirs.file)} (rule {shown(theirs.rule.name)})"
        if sure:
            message += ", and both with every run: it would go to and fro for ever."
        else:
            message += "; of a contact that both let through the later run has it."
        step = "Let one of them do it, or let their rules exclude each other."
        yield Finding(mine.file, Problem(mine.key, message, step), error=sure)


def _mapped_and_set(
    file: SyncDocument, writes: Mapping[tuple[str, str], Sequence[_Write]], snapshots: Snapshots
) -> Iterator[Finding]:
    """A field that this file's pairs write, and an action of another file sets with every run."""
    for n, side, name in _written_by_pairs(file):
        for write in writes.get((account_of(file, side, snapshots), name), ()):
            if write.file is not file and write.apply is Apply.ALWAYS:
                who = f"{_name(write.file)} (rule {shown(write.rule.name)})"
                message = f"writes {name}, which {who} sets anew with every run."
                problem = Problem(("fields", "pairs", n), message, "Let one of them have the field.")
                yield Finding(file, problem, error=False)


def _written_by_pairs(file: SyncDocument) -> Iterator[tuple[int, Side, str]]:
    """(pair, side, own field) of what pairs write."""
    for n, pair in enumerate(file.spec.fields.pairs):
        for side in SIDES:
            if direction_of(pair, file.spec).open_from(side.other):
                yield from ((n, side, name) for name in pair.names(side))


def _two_sources(files: Sequence[SyncDocument], snapshots: Snapshots) -> Iterator[Finding]:
    """One field of an account that pairs of two files write from elsewhere, one way: the last edit has it."""
    found: dict[tuple[str, str], list[tuple[SyncDocument, int]]] = defaultdict(list)
    for file in files:
        for n, side, name in _written_by_pairs(file):
            if not direction_of(file.spec.fields.pairs[n], file.spec).open_from(side):
                found[account_of(file, side, snapshots), name].append((file, n))
    for (_, name), places in found.items():
        for file, n in places:
            others = sorted({_name(other) for other, _ in places if other is not file})
            if others:
                message = f"{name} is also written by {', '.join(others)}, from another account: the last edit has it."
                step = "Let one of them have the field."
                yield Finding(file, Problem(("fields", "pairs", n), message, step), error=False)
