"""What a side can hold of a single value: as it is, shortened, or not at all and why (core 16)."""

from __future__ import annotations

from dataclasses import dataclass

from contactsync.contact import ONE, normal_text, one_value
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES, FieldPair, Holding, Side
from contactsync.model.unfit import Why, alike, unfit_in

_HELD = {Why.OPTION: HoldReason.UNKNOWN_OPTION, Why.FORM: HoldReason.NOT_REPRESENTABLE}


@dataclass(frozen=True)
class Fitted:
    """text: what the side is to hold, None = it cannot. held: the hold that this is, None = left alone in silence."""

    text: str | None
    held: HoldReason | None = None
    words: str = ""


def fitted(pair: FieldPair, text: str, target: Side) -> Fitted:
    """A single value that is not blank, as the target can hold it."""
    if found := unfit_in(text):
        return Fitted(None, _HELD.get(found.why), found.words)
    words = too_long(one_value(text) if pair.field.startswith(ONE) else text, pair.holding(target))
    if not words:
        return Fitted(text)
    if pair.shorten:
        return Fitted(_cut(text, pair.holding(target)))
    return Fitted(None, HoldReason.TOO_LONG, words)


def agreed(pair: FieldPair, left: str, right: str) -> bool:
    """True where both sides say the same, as far as each can hold what the other says."""
    if left == right or (not pair.kind.several and alike(pair.field, left, right)):
        return True
    if not pair.shorten or pair.kind.several:
        return False
    return any(
        unfit_in(text) is None and _cut(text, pair.holding(side.other)) == other != ""
        for side, text, other in zip(SIDES, (left, right), (right, left), strict=True)
    )


def too_long(text: str, held: Holding) -> str:
    """Why a value is too long for a side, in words without the value; '' = it is not."""
    if held.max_length is None or len(text) <= held.max_length:
        return ""
    return f"{len(text)} characters; the other app holds {held.max_length}"


def _cut(text: str, held: Holding) -> str:
    return text if held.max_length is None else normal_text(text[: held.max_length])
