"""`fields.pairs` of a sync file, as it is written. Whether the apps have these fields: mapping.pair_checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from contactsync.mapping.condition_words import plain_text
from contactsync.mapping.problems import shown, wrong
from contactsync.mapping.sections import Section
from contactsync.mapping.told import Told
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.mapping.words import Short, choice, line_of_text, one_of
from contactsync.model.spec import ConflictPolicy, Direction, PairSpec, Pick

_LONGEST_NAME, _MOST_PARTS, _MOST_OPTIONS = 300, 3, 500


def _names(value: Any) -> tuple[str, ...]:
    """The own field of a side, or the two or three that are the parts of a name."""
    names = value if isinstance(value, list) else [value]
    parts = 2 <= len(names) <= _MOST_PARTS or not isinstance(value, list)
    if not parts or not all(isinstance(n, str) and n.strip() and "\n" not in n for n in names):
        step = f"Write one name, or [given, family]: 2 to {_MOST_PARTS} parts of what the other side holds whole."
        raise wrong(f"{shown(value)} is not an own field.", step)
    if any(len(n) > _LONGEST_NAME for n in names):
        raise wrong(f"the name of a field has at most {_LONGEST_NAME} characters.", "Correct the name.")
    if len({n.strip() for n in names}) < len(names):
        raise wrong(f"{shown(value)} names a field twice.", "Name it once.")
    return tuple(n.strip() for n in names)


def _options(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise wrong(f"must pair choices. This is {shown(value)}.", "Write {choice on the left: choice on the right}.")
    if len(value) > _MOST_OPTIONS:
        raise wrong(f"has {len(value)} entries; at most {_MOST_OPTIONS} are allowed.", "Shorten the list.")
    return {key.strip(): plain_text(choice_there, (key,)) for key, choice_there in value.items()}


def _pick(value: Any) -> Any:
    return {"else": "first"} if value == "first" else value


def _transform(name: str) -> str:
    if name not in TRANSFORMS:
        raise wrong(f"{shown(name)} is no transform.", "Use one of these.", allowed=tuple(TRANSFORMS), word=name)
    return name


_NAME = {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME}
_PARTS = {"type": "array", "items": _NAME, "minItems": 2, "maxItems": _MOST_PARTS, "uniqueItems": True}
_CHOICES = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
    "minProperties": 1,
    "maxProperties": _MOST_OPTIONS,
}

Names = Annotated[tuple[str, ...], Told(_names, {"anyOf": [_NAME, _PARTS]})]
TransformName = Annotated[str, Told(_transform, {"enum": list(TRANSFORMS)}, after=True)]


class PickSection(Section):
    """`pick:` which of several elements the single value of the other side is."""

    label: Annotated[str, line_of_text(100)] = ""
    otherwise: Annotated[str, Field(alias="else"), choice("first", "nothing")] = "nothing"

    @model_validator(mode="after")
    def _says_something(self) -> PickSection:
        if not self.label and self.otherwise == "nothing":
            raise wrong("picks nothing.", "Write {label: mobile, else: first}, or pick: first.")
        return self

    def spec(self) -> Pick:
        """As the rest of contactsync knows it."""
        return Pick(self.label, self.otherwise == "first")


class PairSection(Section):
    """One pair of own fields."""

    left: Names
    right: Names
    direction: Annotated[Direction | None, one_of(Direction)] = None
    conflicts: Annotated[ConflictPolicy | None, one_of(ConflictPolicy)] = None
    options: Annotated[dict[str, str], Told(_options, _CHOICES)] = {}
    unknown_option: Annotated[str, choice("hold", "skip")] = "hold"
    pick: Annotated[PickSection | None, Told(_pick, {"const": "first"}, also=True)] = None
    transforms: Annotated[list[TransformName], Field(max_length=10), Short] = []
    too_long: Annotated[str, choice("hold", "shorten")] = "hold"
    blanks: Annotated[str, choice("keep", "clear")] = "keep"
    lossy: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> PairSection:
        parts = max(len(self.left), len(self.right)) > 1
        if len(self.left) > 1 and len(self.right) > 1:
            raise wrong("both sides name the parts of a name.", "Pair the parts one by one.", at=("right",))
        clash = next((key for key, why in self._excluded(parts=parts).items() if why), "")
        if clash:
            words = self._excluded(parts=parts)[clash]
            raise wrong(f"cannot stand beside {words}.", "Keep one of the two.", at=(clash,))
        self._check_options()
        return self

    def _excluded(self, *, parts: bool) -> Mapping[str, str]:
        """Key -> what it cannot stand beside; '' where it may stand."""
        single = "pick" if self.pick else "the parts of a name" if parts else ""
        return {
            "options": single if self.options else "",
            "transforms": ("options" if self.options else single) if self.transforms else "",
            "too_long": single if self.too_long == "shorten" else "",
            "pick": "the parts of a name" if self.pick and parts else "",
        }

    def _check_options(self) -> None:
        """One choice on the right for two on the left is no way back."""
        seen: dict[str, str] = {}
        for left, right in self.options.items():
            other = seen.setdefault(right, left)
            if other != left and self.direction is not Direction.LEFT_TO_RIGHT:
                message = f"{shown(right)} is paired with {shown(other)} already, so there is no way back."
                step = "Pair each choice once, or write direction: left_to_right."
                raise wrong(message, step, at=("options", left))

    def spec(self) -> PairSpec:
        """As the rest of contactsync knows it."""
        return PairSpec(
            self.left,
            self.right,
            self.direction,
            self.conflicts,
            self.options,
            self.unknown_option == "skip",
            self.pick.spec() if self.pick else None,
            tuple(self.transforms),
            self.too_long == "shorten",
            self.blanks == "clear",
            self.lossy,
        )
