"""A vCard being changed, line by line."""

from __future__ import annotations

from contactsync.apps._vcard import Card, Line, escape


class Draft:
    """A card being changed: removed lines leave a None, so that indices stay."""

    def __init__(self, card: Card) -> None:
        self.lines: list[Line | None] = list(card.lines)
        self.version = card.version

    def card(self) -> Card:
        """What it is by now."""
        return Card(tuple(line for line in self.lines if line))

    def indices(self, name: str) -> list[int]:
        """Where the lines of a name stand."""
        return [i for i, line in enumerate(self.lines) if line and line.name == name]

    def change(self, index: int, wire: str) -> None:
        """Give a line another wire value; an equal one leaves it to the character."""
        line = self.lines[index]
        if line and line.value != wire:
            self.lines[index] = line.changed(wire, version=self.version)

    def add(self, line: Line) -> int:
        """Append a line; its index."""
        self.lines.append(line.changed(line.value, version=self.version))
        return len(self.lines) - 1

    def remove(self, index: int) -> None:
        """Take a line out, and with it what only describes it: its group's X-AB lines."""
        line = self.lines[index]
        self.lines[index] = None
        group = line.group.casefold() if line else ""
        mates = [i for i, mate in enumerate(self.lines) if group and mate and mate.group.casefold() == group]
        if all((mate := self.lines[i]) and mate.name.startswith("X-AB") for i in mates):
            for i in mates:
                self.lines[i] = None

    def set_wire(self, name: str, wire: str) -> None:
        """Set the first line of a name; '' removes all of them."""
        found = self.indices(name)
        if not wire:
            for index in found:
                self.remove(index)
        elif found:
            self.change(found[0], wire)
        else:
            self.add(Line(name, wire))

    def set_text(self, name: str, text: str) -> None:
        """The same with text that is still to be escaped."""
        self.set_wire(name, escape(text))

    def free_group(self) -> str:
        """A group name that no line uses."""
        used = {line.group.casefold() for line in self.lines if line}
        return next(f"item{n}" for n in range(1, len(used) + 2) if f"item{n}" not in used)
