"""What `contactsync validate` tells of the proofs of pairs, for people and as JSON-able data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contactsync.mapping.advice import advice, not_asked
from contactsync.mapping.fates import PairProof
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.proof_words import lines, proof_data

if TYPE_CHECKING:
    from contactsync.stages.proving import FieldLoss, Sampled

GENERATED, SAMPLED = "generated values", "sampled contacts"


@dataclass
class Checked:
    """One file that could be read, and what was found about it. findings: those that are no errors."""

    file: SyncDocument
    proofs: tuple[PairProof, ...]
    sampled: Sampled | None = None
    problems: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def notes_of(one: Checked) -> tuple[str, ...]:
    """What the two apps cannot do, what cannot be known offline, and what it and others do to each other."""
    return (*advice(one.file.spec, one.file.apps), *not_asked(one.file), *one.findings)


def told(one: Checked, *, examples: bool) -> list[str]:
    """A line for each pair and for each loss. examples: with a value of each."""
    found = list(lines(one.proofs, GENERATED, examples=examples))
    return [*found, *_sampled(one, one.sampled, examples=examples)] if one.sampled else found


def _sampled(one: Checked, sampled: Sampled, *, examples: bool) -> Iterator[str]:
    counts = " and ".join(f"{n} of {one.file.apps[side].title}" for side, n in sampled.read.items())
    unreadable = f"; {sampled.unreadable} could not be read" if sampled.unreadable else ""
    yield f"{SAMPLED}: {counts}, taken by chance (--seed {sampled.asked.seed} takes the same again){unreadable}"
    for side, listed in sampled.front.items():
        title, calls = one.file.apps[side].title, sampled.asked.calls
        yield f"  {title}: from the {listed} that it lists first; --calls above {calls} reads more"
    yield from lines(sampled.pairs, SAMPLED, examples=examples)
    yield from (_loss(one, loss) for loss in sampled.fields if loss.cut)


def _loss(one: Checked, loss: FieldLoss) -> str:
    there = one.file.apps[loss.source.other].title
    way = f"{loss.source}_to_{loss.source.other}"
    return f"{loss.field}, {way}: {there} cannot hold all that {loss.cut} of {loss.tried} contacts have"


def as_data(checked: Sequence[Checked], problems: Sequence[str], *, examples: bool) -> dict[str, Any]:
    """All of it."""
    valid = [one for one in checked if not one.problems]
    return {
        "valid": [one.file.spec.id for one in valid],
        "notes": {one.file.spec.id: notes_of(one) for one in valid},
        "problems": list(problems),
        "proofs": {one.file.spec.id: _proofs(one, examples=examples) for one in checked},
    }


def _proofs(one: Checked, *, examples: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"generated": [proof_data(proof, examples=examples) for proof in one.proofs]}
    if one.sampled:
        found["sampled"] = {
            "seed": one.sampled.asked.seed,
            "read": {str(side): count for side, count in one.sampled.read.items()},
            "from_first": {str(side): listed for side, listed in one.sampled.front.items()},
            "unreadable": one.sampled.unreadable,
            "pairs": [proof_data(proof, examples=examples) for proof in one.sampled.pairs],
            "fields": [_field(loss) for loss in one.sampled.fields],
        }
    return found


def _field(loss: FieldLoss) -> dict[str, Any]:
    return {"field": loss.field, "from": str(loss.source), "tried": loss.tried, "not_all": loss.cut}
