"""`limits:` what a run may change without a person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from contactsync.mapping.problems import wrong
from contactsync.mapping.sections import Section
from contactsync.model.spec import Limit, Limits


class LimitSection(Section):
    """One limit: the larger of count and percent."""

    count: Annotated[int, Field(ge=0)] | None = None
    percent: Annotated[float, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _bound(self) -> LimitSection:
        if self.count is None and self.percent is None:
            raise wrong("needs count, percent or both.", "Write for example {count: 5, percent: 5}.")
        return self

    def spec(self) -> Limit:
        """As the rest of contactsync knows it."""
        return Limit(self.count, self.percent)


def _section(limit: Limit) -> LimitSection:
    return LimitSection(count=limit.count, percent=limit.percent)


class LimitsSection(Section):
    """`limits:` what one run may change on one side without a person; the other limits keep their defaults."""

    deletes: LimitSection = _section(Limits().deletes)
    creates: LimitSection = _section(Limits().creates)
    updates: LimitSection = _section(Limits().updates)
    blanked: LimitSection = _section(Limits().blanked)
    new_holds: LimitSection = _section(Limits().new_holds)

    def spec(self) -> Limits:
        """As the rest of contactsync knows it."""
        return Limits(**{name: getattr(self, name).spec() for name in type(self).model_fields})
