"""What the proof of pairs tells: problems of the file, and a line for each loss."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from contactsync.mapping.fates import Fate, Loss, Own, PairProof, WayProof
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.model.spec import Side


def loss_problems(proofs: Iterable[PairProof], values: str) -> Iterator[Problem]:
    """What is wrong with the file. values: what was tried, for people: 'generated values'."""
    for proof in proofs:
        at: KeyPath = ("fields", "pairs", proof.place)
        refused = {(fate.loss, fate.why) for fate in proof.refused}
        for way in proof.ways:
            for (loss, why), fates in way.reasons().items():
                if (loss, why) in refused:
                    count = f"{len(fates)} of {way.tried} {values} of {_names(proof, way.source)}"
                    message = f"{_LOST[loss]}: {count}; {why}."
                    yield Problem(at, message, _REMEDY[loss].format(way=_one_way(proof)))


_LOST = {Loss.LOST: "flows both ways and loses something", Loss.BROKEN: "never agrees"}
_REMEDY = {
    Loss.LOST: "Write direction: {way}, or lossy: true.",
    Loss.BROKEN: "Pair other fields, or write direction: {way} with other transforms.",
}


def _one_way(proof: PairProof) -> str:
    """The direction that carries most."""
    ways = sorted(proof.ways, key=lambda way: (len(way.fates), way.source))
    source = ways[0].source if ways else Side.LEFT
    return f"{source}_to_{source.other}"


def _names(proof: PairProof, side: Side) -> str:
    return " + ".join(proof.pair.spec.names(side))


def lines(proofs: Iterable[PairProof], values: str, *, examples: bool) -> Iterator[str]:
    """A line for each pair and way, and one for each loss. examples: with a value, which may be contact data."""
    for proof in proofs:
        for way in proof.ways:
            whole = way.tried - len(way.fates)
            names = f"{_names(proof, way.source)} -> {_names(proof, way.source.other)}"
            yield f"fields.pairs[{proof.place}] {names}: {whole} of {way.tried} {values} arrive whole"
            for (loss, why), fates in way.reasons().items():
                accepted = " (accepted)" if loss is Loss.LOST and not proof.refused else ""
                example = f", for example {_example(fates[0])}" if examples else ""
                yield f"  {loss}{accepted}: {len(fates)}; {why}{example}"


def _example(fate: Fate) -> str:
    back = f", back as {_shown(fate.after)}" if fate.loss is Loss.LOST and fate.after is not None else ""
    return f"{_shown(fate.before)}{back}"


def _shown(own: Own) -> str:
    values = list(own.values())
    return shown(values[0] if len(values) == 1 else values)


def proof_data(proof: PairProof, *, examples: bool) -> dict[str, object]:
    """The same as JSON-able data."""
    return {
        "pair": proof.place,
        "left": list(proof.pair.spec.left),
        "right": list(proof.pair.spec.right),
        "lossy_accepted": proof.accepted,
        "refused": bool(proof.refused),
        "ways": [_way(way, examples=examples) for way in proof.ways],
    }


def _way(way: WayProof, *, examples: bool) -> dict[str, object]:
    losses: list[dict[str, object]] = []
    for (loss, why), fates in way.reasons().items():
        told: dict[str, object] = {"loss": str(loss), "why": why, "count": len(fates)}
        if examples:
            told["example"] = json.loads(json.dumps({"before": fates[0].before, "after": fates[0].after}))
        losses.append(told)
    return {"from": str(way.source), "tried": way.tried, "whole": way.tried - len(way.fates), "losses": losses}
