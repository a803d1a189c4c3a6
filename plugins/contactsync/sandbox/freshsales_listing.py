"""The reading routes of the Freshsales sandbox: views, filtered search, search, lookup, settings."""

from __future__ import annotations

from collections.abc import Iterator

from contactsync.sandbox.freshsales_base import FreshsalesBase
from contactsync.sandbox.freshsales_errors import error, refuse
from contactsync.sandbox.freshsales_fields import Record, field_rows
from contactsync.sandbox.freshsales_query import Asked, cut_page, matcher, sort
from contactsync.sandbox.freshsales_render import display_name
from contactsync.sandbox.server import Reply, Request, Traffic, route

_NEW_SECONDS = 7 * 24 * 3600
_SELECTORS = {
    "lead_sources": "lead_source",
    "contact_statuses": "contact_status",
    "campaigns": "campaign",
    "territories": "territory",
    "lifecycle_stages": "lifecycle_stages",
}


class ListingRoutes(FreshsalesBase):
    """Routes that change nothing. A search by POST counts as a read."""

    _kept: tuple[tuple[str, str, bool, int], list[Record]] | None = None

    @route("GET", r"/contacts/filters")
    def filters(self, request: Request) -> Reply:  # noqa: ARG002
        """The views of the account."""
        user, when = self.store.settings.users[0]["id"], None
        common = {"model_class_name": "Contact", "user_id": user, "is_public": True, "updated_at": when}
        rows = [{"id": id_, "name": name, "is_default": True, **common} for id_, name in self.store.views.items()]
        return Reply(body={"filters": rows})

    @route("GET", r"/contacts/view/(\d+)")
    def view(self, request: Request) -> Reply:
        """One page of a view."""
        name = self.store.views.get(int(request.params[0]))
        if name is None:
            return error(404, "Not found")
        asked = Asked.read(self.asked(request), self.knobs)
        page = cut_page(self._sorted_view(name, asked), asked, request.fault)
        return Reply(body=self.render(request).many(page.records, page.meta))

    @route("POST", r"/filtered_search/contact", Traffic.READ)
    def filtered_search(self, request: Request) -> Reply:
        """One page of the contacts that fulfil all rules."""
        body = self.body(request)
        by_day, any_operator = self.knobs.search_by_day, self.knobs.any_operator
        custom = self.store.settings.custom
        fits = matcher(body.get("filter_rule"), custom, by_day=by_day, any_operator=any_operator)
        asked = Asked.read(self.asked(request, body), self.knobs)
        rows = [record for record in self._listed(asked.page) if not record["is_deleted"] and fits(record)]
        page = cut_page(sort(rows, asked), asked, request.fault)
        return Reply(body=self.render(request, search=True).many(page.records, page.meta))

    @route("GET", r"/search")
    def search(self, request: Request) -> Reply:
        """Fuzzy search: a bare array, ids as text."""
        wanted = request.arg("q").casefold()
        if not wanted or "contact" not in request.args("include"):
            return Reply(body=[])
        hits = [r for r in self._listed(1) if not r["is_deleted"] and wanted in _haystack(r)][:25]
        render = self.render(request)
        shown = [(r, render.contact(r)) for r in hits]
        return Reply(body=[_hit(record, contact) for record, contact in shown])

    @route("GET", r"/lookup")
    def lookup(self, request: Request) -> Reply:
        """Exact look-up: nested under the entity's name."""
        wanted, field = request.arg("q").strip().casefold(), request.arg("f")
        if not wanted or not field:
            return error(400, "The parameters q and f are required")
        hits = [r for r in self._listed(1) if not r["is_deleted"] and wanted in self._keys(r, field)]
        nested = self.render(request).many(hits)
        return Reply(body={"contacts": nested} if "contact" in request.args("entities") else {})

    @route("GET", r"/settings/contacts/fields")
    def fields(self, request: Request) -> Reply:
        """The fields of contacts."""
        rows = field_rows(self.store.settings, self.flavour(request), self.knobs.required)
        return Reply(body={"fields": rows})

    @route("GET", r"/selector/(\w+)")
    def selector(self, request: Request) -> Reply:
        """Lists to choose from; owners come as users."""
        name = request.params[0]
        if name == "owners":
            return Reply(body={"users": self.store.settings.users})
        if name not in _SELECTORS:
            return error(404, "Not found")
        return Reply(body={name: self.store.settings.lists[_SELECTORS[name]]})

    @route("GET", r"/contacts")
    def flat(self, request: Request) -> Reply:
        """There is no listing without a view."""
        if self.knobs.flat_listing == 200:
            return Reply(body=self.render(request).many(list(self.store.lives())))
        return error(self.knobs.flat_listing, "Not found")

    @route("GET", r"/leads(?:/.*)?")
    @route("GET", r"/sales_accounts(?:/.*)?")
    @route("GET", r"/deals(?:/.*)?")
    @route("POST", r"/filtered_search/(?:lead|sales_account|deal)", Traffic.READ)
    def forbidden(self, request: Request) -> Reply:  # noqa: ARG002
        """Other modules: the key's user may not see them."""
        return error(403, "Access denied")

    def _listed(self, page: int) -> Iterator[Record]:
        """All records, deleted ones too, as listings show them at this moment."""
        if page == 1:
            self.lag.listing_began()
        records = self.store.records
        if not self.lag.idle:
            shown = self.lag.listed({str(id_): record for id_, record in records.items()}, self.now())
            records = {int(key): record for key, record in shown.items()}
        return (record for id_, record in records.items() if id_ not in self.store.invisible)

    def _sorted_view(self, name: str, asked: Asked) -> list[Record]:
        """A view in order; kept for the next page while nothing is written."""
        steady = self.lag.idle and name != "New Contacts"
        records = self._in_view(name, asked)
        if not steady:
            return sort(list(records), asked)
        key = (name, asked.sort, asked.descending, self.store.version)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, sort(list(records), asked))
        return self._kept[1]

    def _in_view(self, name: str, asked: Asked) -> Iterator[Record]:
        me, now = self.store.settings.users[0]["id"], self.now()
        records = self._listed(asked.page)
        if name == "Recycle Bin":
            return (record for record in records if record["is_deleted"])
        live = (record for record in records if not record["is_deleted"])
        if name == "My Contacts":
            return (record for record in live if record["owner_id"] == me)
        if name == "New Contacts":
            return (record for record in live if now - record["created_at"] < _NEW_SECONDS)
        return iter(()) if name == "My Territory Contacts" else live

    def _keys(self, record: Record, field: str) -> set[str]:
        """What an exact look-up compares, case folded."""
        if field == "email":
            return {mail["value"].casefold() for mail in record["emails"]}
        if field == "name":
            return {(display_name(record) or "").casefold()}
        if field == "phone":
            return {(record["work_number"] or "").casefold(), (record["mobile_number"] or "").casefold()}
        if field in ("mobile_number", "external_id"):
            return {(record[field] or "").casefold()}
        if field in self.store.settings.custom:
            return {str(record["custom_field"].get(field)).casefold()}
        return refuse(400, f"The field {field} is invalid")


def _haystack(record: Record) -> str:
    parts = (display_name(record), record["mobile_number"], *(mail["value"] for mail in record["emails"]))
    return "\n".join(part for part in parts if part).casefold()


def _hit(record: Record, contact: Record) -> Record:
    kept = {key: contact.get(key) for key in ("email", "avatar", "mobile_number", "job_title")}
    return {"id": str(record["id"]), "type": "contact", "name": contact.get("display_name"), **kept}
