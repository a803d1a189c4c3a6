"""A local Freshsales account that speaks the documented API, for the demo and the tests.

with FreshsalesSandbox() as sandbox:
    seed_freshsales(sandbox, people(seed=7, n=100))
    ...   # base url sandbox.url + "/crm/sales/api", key sandbox.api_key
"""

from __future__ import annotations

from typing import Any

from contactsync.sandbox.freshsales_bulk import BulkRoutes
from contactsync.sandbox.freshsales_fields import SIDELOADS, Flavour, Record, add_custom_field
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.freshsales_listing import ListingRoutes
from contactsync.sandbox.freshsales_render import Renderer
from contactsync.sandbox.freshsales_writes import Writer

__all__ = ["Flavour", "FreshsalesKnobs", "FreshsalesSandbox"]

_ALL = frozenset({*SIDELOADS, "sales_accounts"})


class FreshsalesSandbox(ListingRoutes, BulkRoutes):
    """A Freshsales account; the methods below act as a person in the app would."""

    def hint(self) -> str:
        """The base addresses and the key."""
        return f"(classic {self.url}/api, suite {self.url}/crm/sales/api, API key {self.api_key})"

    def contacts(self) -> list[Record]:
        """All contacts outside the Recycle Bin, with every association."""
        with self.lock:
            return [self._shown(record) for record in self.store.lives()]

    def contact(self, key: str) -> Record:
        """One contact outside the Recycle Bin."""
        with self.lock:
            return self._shown(self.store.live(int(key)))

    def add_contact(self, data: Record) -> Record:
        """Adds a contact; neither poison nor required fields stop a person.

        `as_is` are keys that answers show in just that form, whatever is stored: the vendor's own oddities.
        """
        with self.lock:
            return self._shown(self._person().create(data))

    def edit_contact(self, key: str, data: Record) -> Record:
        """Changes keys, derived ones too; `emails` is then the whole list of addresses."""
        with self.lock:
            return self._shown(self._person().update(self.store.live(int(key)), data))

    def delete_contact(self, key: str) -> None:
        """Moves a contact to the Recycle Bin."""
        with self.lock:
            self.store.bin(self.store.live(int(key))["id"], self.now())

    def act(self, key: str, action: str, data: Record) -> Record:
        """restore, forget, merge (`data["loser"]` goes), hide or show (leaves or enters the key's user's sight)."""
        with self.lock:
            match action:
                case "restore":
                    self.store.restore(int(key), self.now())
                case "forget":
                    self.store.purge(int(key))
                case "merge":
                    self._merge(int(key), int(data["loser"]))
                case "hide":
                    self.store.hide(self.store.live(int(key))["id"])
                case "show":
                    self.store.show(int(key))
                case _:
                    raise ValueError(f"unknown action {action!r}; allowed: restore, forget, merge, hide, show")
            return {"id": int(key), "action": action}

    def add_account(self, name: str) -> int:
        """Adds a company; its id may be named in a contact's sales_accounts."""
        with self.lock:
            id_ = self.store.new_id()
            self.store.settings.accounts[id_] = {"id": id_, "name": name, "avatar": None, "website": None}
            return id_

    def add_field(self, name: str, label: str, type_: str, choices: tuple[str, ...] = ()) -> None:
        """Adds a custom field to the account; contacts that are there have it empty."""
        with self.lock:
            add_custom_field(self.store.settings, name, label, type_, choices)
            for record in self.store.records.values():
                record["custom_field"] = {**record["custom_field"], name: None}
            self.store.version += 1

    def drop_field(self, name: str) -> None:
        """Removes a custom field from the account, and with it every contact's value."""
        with self.lock:
            del self.store.settings.custom[name]
            for record in self.store.records.values():
                record["custom_field"] = {key: v for key, v in record["custom_field"].items() if key != name}
            self.store.version += 1

    def _merge(self, winner: int, loser: int) -> None:
        """The loser's id vanishes, also from the Recycle Bin; its addresses go to the winner."""
        kept, gone = self.store.live(winner), self.store.live(loser)
        addresses = [mail["value"] for mail in (*kept["emails"], *gone["emails"])]
        self.store.purge(loser)
        self._person().update(kept, {"emails": addresses})

    def _person(self) -> Writer:
        return Writer(self.store, self.knobs, self._own_flavour(), self.now(), person=True)

    def _own_flavour(self) -> Flavour:
        return Flavour(self.knobs.flavour or Flavour.SUITE)

    def _shown(self, record: Record) -> Record:
        renderer = Renderer(self.store.settings, self.knobs, self._own_flavour(), self.store.record_type, _ALL)
        extra: dict[str, Any] = {key: record[key] for key in ("has_authority", "do_not_disturb", "department")}
        return {**extra, **renderer.contact(record)}
