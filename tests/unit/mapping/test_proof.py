"""Pairs proven by round trips: what is lossy by construction is caught, and what is not passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from contactsync.apps import load_app
from contactsync.contact import Kind
from contactsync.mapping.fates import Loss, PairProof
from contactsync.mapping.proof import prove
from contactsync.mapping.proof_words import lines, loss_problems, proof_data
from contactsync.mapping.samples import samples
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.app import FieldInfo
from contactsync.model.spec import SIDES, DagSpec, Direction, FieldsSpec, PairSpec, Pick, SideSpec, SyncSpec

LEFT, RIGHT = SIDES
GOLD = ("Gold", "Silver", "Bronze")


def own(kind: Kind = Kind.TEXT, name: str = "custom.left", **more: Any) -> FieldInfo:
    return FieldInfo(name, kind, name, custom=True, **more)


def proof_of(
    left: FieldInfo | str, right: FieldInfo | str, zone: str = "Europe/Berlin", region: str = "DE", **pair: Any
) -> PairProof:
    """Of one pair between Freshsales and Google Contacts; names are fields that the apps declare."""
    infos = {LEFT: load_app("freshsales").info, RIGHT: load_app("google_contacts").info}
    halves = dict(zip(SIDES, (left, right), strict=True))
    more = {s: (h,) if isinstance(h, FieldInfo) else () for s, h in halves.items()}
    names = [tuple((h.name if isinstance(h, FieldInfo) else h).split(" + ")) for h in halves.values()]
    spec = SyncSpec(
        "test",
        SideSpec("freshsales", "l"),
        SideSpec("google_contacts", "r"),
        DagSpec(None, timezone=zone),
        fields=FieldsSpec(pairs=(PairSpec(*names, **pair),)),
    )
    (proof,) = prove(spec, {s: (*infos[s].fields, *more[s]) for s in SIDES}, samples)
    assert all(way.tried >= min(2, len(list(samples(proof.pair, way.source)))) for way in proof.ways)
    return proof


def there(kind: Kind = Kind.TEXT, **more: Any) -> FieldInfo:
    return own(kind, "custom.right", **more)


def losses(proof: PairProof, loss: Loss) -> dict[str, str]:
    """Side -> reasons."""
    found = {way.source.value: [why for kind, why in way.reasons() if kind is loss] for way in proof.ways}
    return {side: "; ".join(why) for side, why in found.items() if why}


LOSSLESS: Mapping[str, PairProof] = {
    "texts": proof_of(own(), there()),
    "a text and a declared field": proof_of("medium", there()),
    "numbers": proof_of(own(Kind.NUMBER), there(Kind.NUMBER)),
    "a number and a text": proof_of(own(Kind.NUMBER), there()),
    "a text and a number": proof_of(own(), there(Kind.NUMBER)),
    "a box and a text": proof_of(own(Kind.BOOLEAN), there()),
    "a box and a number": proof_of(own(Kind.BOOLEAN), there(Kind.NUMBER)),
    "a date and a text": proof_of(own(Kind.DATE), there()),
    "a date and a birthday": proof_of(own(Kind.DATE), "birthdays"),
    "a whole date and a birthday": proof_of(own(Kind.DATE, needs_year=True), "birthdays"),
    "a whole date and a text": proof_of(own(Kind.DATE, needs_year=True), there()),
    "a date-time and a text": proof_of(own(Kind.DATETIME), there()),
    "choices": proof_of(own(choices=GOLD), there(), options={word: word.lower() for word in GOLD}),
    "the other way round": proof_of(own(Kind.BOOLEAN), there(Kind.BOOLEAN), transforms=("not",)),
    "words": proof_of(own(Kind.BOOLEAN), there(), transforms=("yes_no",)),
    "cents": proof_of(own(Kind.NUMBER), there(Kind.NUMBER), transforms=("times_100",)),
    "cents in a text": proof_of(own(), there(Kind.NUMBER), transforms=("times_100",)),
    "lengths that are held": proof_of(own(), there(max_length=20)),
    "one of several numbers": proof_of("mobile_number", "phoneNumbers", pick=Pick("mobile")),
    "one of several e-mails": proof_of(own(), "emailAddresses", pick=Pick("work", first=False)),
    "a name and its parts": proof_of("first_name + last_name", there()),
    "three parts": proof_of(own(), "names.givenName + names.middleName + names.familyName"),
    "lists": proof_of("tags", "memberships"),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_pair_that_loses_nothing_passes_both_ways(name: str) -> None:
    proof = LOSSLESS[name]
    assert proof.both
    assert losses(proof, Loss.LOST) == losses(proof, Loss.BROKEN) == {}
    assert not list(loss_problems([proof], "values"))
    assert all(
        any(fate.loss is not Loss.HELD for fate in way.fates) or way.tried > len(way.fates) for way in proof.ways
    )


WITHOUT_WAY_BACK = [name for name, transform in TRANSFORMS.items() if transform.inverse is None]


def through(name: str, **pair: Any) -> PairProof:
    transform = TRANSFORMS[name]
    return proof_of(own(transform.takes), there(transform.gives), transforms=(name,), **pair)


def test_a_date_of_which_only_the_year_goes_over_never_agrees_both_ways() -> None:
    """The year that arrives is no date that could go back."""
    for accepted in ({}, {"lossy": True}):
        (problem,) = loss_problems([through("year", **accepted)], "generated values")
        assert "never agrees" in problem.message
        assert "left_to_right" in problem.next_step


BACK_AS_IT_IS = [name for name in WITHOUT_WAY_BACK if name != "year"]


@pytest.mark.parametrize("name", BACK_AS_IT_IS)
def test_every_transform_without_a_way_back_is_caught(name: str) -> None:
    proof = through(name)
    assert name in losses(proof, Loss.LOST)["left"]
    (problem, *_) = loss_problems([proof], "generated values")
    assert problem.key == ("fields", "pairs", 0)
    assert "lossy: true" in problem.next_step


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name not in WITHOUT_WAY_BACK])
def test_every_transform_with_a_way_back_passes(name: str) -> None:
    assert not through(name).refused


@pytest.mark.parametrize("accepted", [{"lossy": True}, {"direction": Direction.LEFT_TO_RIGHT}], ids=str)
@pytest.mark.parametrize("name", BACK_AS_IT_IS)
def test_what_is_lost_one_way_or_with_a_word_for_it_is_told_and_not_refused(
    name: str, accepted: dict[str, Any]
) -> None:
    proof = through(name, **accepted)
    assert not list(loss_problems([proof], "generated values"))
    told = "\n".join(lines([proof], "generated values", examples=True))
    assert "lost (accepted)" in told
    assert f"{name} takes something away" in told
    assert "back as" in told


@pytest.mark.parametrize(
    ("proof", "side", "why"),
    [
        (proof_of(own(), there(max_length=20), shorten=True), "left", "it is shortened to 20 characters"),
        (proof_of(own(max_length=5), there(), shorten=True), "right", "it is shortened to 5 characters"),
        (
            proof_of(own(choices=GOLD), there(), options={"Gold": "good", "Silver": "good", "Bronze": "fair"}),
            "left",
            "two choices become one",
        ),
    ],
)
def test_what_is_lossy_by_construction_is_caught(proof: PairProof, side: str, why: str) -> None:
    assert losses(proof, Loss.LOST)[side] == why
    assert [p.message for p in loss_problems([proof], "generated values")]


@pytest.mark.parametrize(
    ("proof", "side", "why"),
    [
        (proof_of(own(), there(Kind.NUMBER)), "left", "a comma is not guessed at"),
        (proof_of(own(), there(Kind.NUMBER)), "left", "leading zeros"),
        (proof_of(own(), there(Kind.DATE)), "left", "time of day"),
        (proof_of(own(Kind.DATE), there(Kind.DATETIME)), "left", "needs a year"),
        (proof_of(own(), there(max_length=20)), "left", "the other side holds 20 characters"),
        (proof_of(own(choices=(*GOLD, "Lead")), there(), options=dict.fromkeys(GOLD, "x")), "left", "options"),
        (proof_of(own(), there(), transforms=("upper",), lossy=True), "right", "come back as another value"),
        (proof_of(own(choices=GOLD), there()), "right", "no such choice"),
    ],
)
def test_what_is_not_written_says_why(proof: PairProof, side: str, why: str) -> None:
    assert why in losses(proof, Loss.HELD)[side]


def test_a_field_that_can_only_be_read_is_proven_one_way() -> None:
    proof = proof_of("company.name", there(), transforms=("upper",))
    assert [way.source for way in proof.ways] == [LEFT]
    assert losses(proof, Loss.LOST)["left"].startswith("upper")
    assert not proof.refused


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"]
)
def test_a_date_and_a_date_time_lose_nothing_both_ways_in_any_zone(zone: str) -> None:
    for proof in (
        proof_of(own(Kind.DATE), there(Kind.DATETIME), zone),
        proof_of(own(Kind.DATETIME), there(Kind.DATE), zone),
    ):
        assert losses(proof, Loss.LOST) == losses(proof, Loss.BROKEN) == {}
        assert proof.both


def test_the_samples_are_the_same_each_time_and_many() -> None:
    pair = LOSSLESS["texts"].pair
    assert list(samples(pair, LEFT)) == list(samples(pair, LEFT)) != list(samples(pair, RIGHT))
    assert len({str(own) for own in samples(pair, LEFT)}) > 60


def test_data_names_each_reason_and_shows_values_only_when_asked() -> None:
    proof = through("upper", lossy=True)
    told = proof_data(proof, examples=False)
    assert (told["pair"], told["lossy_accepted"], told["refused"]) == (0, True, False)
    assert "example" not in str(told)
    assert "example" in str(proof_data(proof, examples=True))
    assert "ada" not in "\n".join(lines([proof], "sampled contacts", examples=False)).casefold()
