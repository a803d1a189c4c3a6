"""What a run decides, while it is being decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from contactsync.model.exchange import Verb
from contactsync.model.link import Link
from contactsync.model.plan import Conflict, Counted, Hold, Intent
from contactsync.model.spec import Side
from contactsync.packed import Packed, json_form
from contactsync.sync.link_case import LinkDecision


def _no_intents() -> Packed[Intent]:
    return Packed(form=json_form(Intent))


def _no_links() -> Packed[Link]:
    return Packed(form=json_form(Link))


def _none_counted() -> Packed[Counted]:
    return Packed(form=json_form(Counted))


@dataclass
class Draft:
    """What is decided so far. Whatever there may be one of for each contact is kept packed."""

    intents: Packed[Intent] = field(default_factory=_no_intents)
    order: list[tuple[Side, Verb, str]] = field(default_factory=list)  # of the intents
    links: Packed[Link] = field(default_factory=_no_links)
    holds: list[Hold] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    counted: Packed[Counted] = field(default_factory=_none_counted)
    linked_now: dict[tuple[Side, str], str] = field(default_factory=dict)
    swallowed: dict[tuple[Side, str], str] = field(default_factory=dict)  # ids that became another link's -> their link

    def act(self, *intents: Intent) -> None:
        """Actions to plan."""
        self.intents.extend(intents)
        self.order.extend((i.side, i.verb, i.key) for i in intents)

    def take(self, decision: LinkDecision) -> None:
        """What was decided of one link."""
        self.act(*decision.intents)
        self.links.append(decision.link)
        self.holds.extend(decision.holds)
        self.conflicts.extend(decision.conflicts)
        self.counted.extend(decision.counted)

    def sorted_intents(self) -> Packed[Intent]:
        """All actions in the order of the plan: by side, verb and key."""
        return self.intents.in_order(sorted(range(len(self.order)), key=self.order.__getitem__))
