"""The routes of people: one contact, batches, the listing and the search."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from contactsync.sandbox.people_account import Account
from contactsync.sandbox.people_consent_routes import subject_number
from contactsync.sandbox.people_errors import PeopleError, invalid, mask_missing, not_found, scope_missing
from contactsync.sandbox.people_listing import SORT_ORDERS, Asked
from contactsync.sandbox.people_oauth import EMAIL
from contactsync.sandbox.people_request import at_most, body_of, flag, known_query, names_of, number, sources_of
from contactsync.sandbox.people_schema import CONTACT, READABLE, read_mask, update_mask
from contactsync.sandbox.people_state import Person
from contactsync.sandbox.people_view import LISTED, View
from contactsync.sandbox.people_writes import contact_persons
from contactsync.sandbox.server import Sandbox
from contactsync.sandbox.wire import Reply, Request, route

Json = dict[str, Any]
_PERSON = r"/v1/(people/[^/:]+)"
_BATCH = 200
_DELETE_BATCH = 500
_FOUND_AT_MOST = 30


class ContactRoutes(Sandbox):
    """Everything under /v1/people."""

    @abstractmethod
    def account_of(self, request: Request) -> Account:
        """The account whose access token came with the request."""

    @abstractmethod
    def scopes_of(self, request: Request) -> frozenset[str]:
        """What that access token opens."""

    @route("GET", r"/v1/people/([^/:]+)/connections")
    def list_connections(self, request: Request) -> Reply:
        """people.connections.list."""
        known_query(
            request, "personFields", "pageSize", "pageToken", "requestSyncToken", "syncToken", "sortOrder", "sources"
        )
        if request.params[0] != "me":
            raise invalid("Resource name must be people/me.")
        account = self.account_of(request)
        order = request.arg("sortOrder") or SORT_ORDERS[0]
        if order not in SORT_ORDERS:
            raise invalid(
                f"Invalid value at 'sort_order' (type.googleapis.com/google.people.v1.SortOrder), \"{order}\""
            )
        asked = Asked(
            _view(account, request, kind=LISTED),
            min(number(request, "pageSize", 100, 1000), account.knobs.page_most),
            order,
            flag(request, "requestSyncToken"),
            request.arg("syncToken"),
        )
        if token := request.arg("pageToken"):
            return Reply(body=account.listings.following(token, asked, self.now(), request.fault))
        return Reply(body=account.listings.first(asked, self.now(), request.fault))

    @route("GET", _PERSON)
    def get_person(self, request: Request) -> Reply:
        """people.get."""
        known_query(request, "personFields", "sources")
        account = self.account_of(request)
        view = _view(account, request)
        if request.params[0] == "people/me":
            if not account.knobs.me_readable:
                raise scope_missing()
            shows_email = EMAIL in self.scopes_of(request) and "emailAddresses" in view.mask
            return Reply(body=_oneself(account.user, shows_email=shows_email))
        return Reply(body=view.show(account.book.find(request.params[0])))

    @route("GET", r"/v1/people:batchGet")
    def batch_get(self, request: Request) -> Reply:
        """people.getBatchGet: an unknown name is an entry without a person."""
        known_query(request, "personFields", "sources", "resourceNames")
        account = self.account_of(request)
        view = _view(account, request)
        names = request.query.get("resourceNames", [])
        if not names:
            raise invalid("resourceNames is required.")
        return Reply(body={"responses": [_got(account, view, n) for n in at_most(names, _BATCH, "resourceNames")]})

    @route("POST", r"/v1/people:createContact")
    def create_contact(self, request: Request) -> Reply:
        """people.createContact."""
        known_query(request, "personFields", "sources")
        account = self.account_of(request)
        view = _view(account, request, default=READABLE)
        return Reply(body=view.show(account.writer.create(body_of(request))))

    @route("PATCH", _PERSON + ":updateContact")
    def update_contact(self, request: Request) -> Reply:
        """people.updateContact."""
        known_query(request, "personFields", "sources", "updatePersonFields")
        account = self.account_of(request)
        mask = update_mask(request.arg("updatePersonFields"))
        view = _view(account, request, default=READABLE)
        return Reply(body=view.show(account.writer.update(request.params[0], body_of(request), mask)))

    @route("DELETE", _PERSON + ":deleteContact")
    def delete_contact_by_api(self, request: Request) -> Reply:
        """people.deleteContact."""
        known_query(request)
        self.account_of(request).book.remove(request.params[0])
        return Reply(body={})

    @route("POST", r"/v1/people:batchCreateContacts")
    def batch_create(self, request: Request) -> Reply:
        """people.batchCreateContacts: without a readMask, not even the new resource names come back."""
        account = self.account_of(request)
        body = body_of(request, "contacts", "readMask", "sources")
        view = _body_view(account, body)
        made = account.writer.create_all(at_most(contact_persons(body), _BATCH, "contacts"))
        return Reply(body={"createdPeople": [_ok(view, person) for person in made]} if view else {})

    @route("POST", r"/v1/people:batchUpdateContacts")
    def batch_update(self, request: Request) -> Reply:
        """people.batchUpdateContacts: one mask for all."""
        account = self.account_of(request)
        body = body_of(request, "contacts", "updateMask", "readMask", "sources")
        if not body.get("updateMask"):
            raise mask_missing("updateMask", "batchUpdateContacts")
        mask = update_mask(body["updateMask"], "updateMask", "batchUpdateContacts")
        view = _body_view(account, body)
        contacts = body.get("contacts") or {}
        if not isinstance(contacts, dict) or not contacts:
            raise invalid("At least one contact must be specified.")
        made = account.writer.update_all(at_most(contacts, _BATCH, "contacts"), mask)
        return Reply(body={"updateResult": {name: _ok(view, p, name) for name, p in made.items()}} if view else {})

    @route("POST", r"/v1/people:batchDeleteContacts")
    def batch_delete(self, request: Request) -> Reply:
        """people.batchDeleteContacts."""
        names = names_of(body_of(request, "resourceNames"), "resourceNames", most=_DELETE_BATCH)
        if not names:
            raise invalid("At least one resource name must be specified.")
        self.account_of(request).writer.delete_all(names)
        return Reply(body={})

    @route("GET", r"/v1/people:searchContacts")
    def search_contacts(self, request: Request) -> Reply:
        """people.searchContacts: an empty query warms the cache up, any other one finds what the cache holds."""
        known_query(request, "query", "readMask", "pageSize", "sources")
        account = self.account_of(request)
        mask = read_mask(request.arg("readMask"), "readMask", "searchContacts")
        view = account.view(
            mask, sources_of(request.query.get("sources", [])) if request.arg("sources") else (CONTACT,)
        )
        size = min(number(request, "pageSize", 10, 10_000), _FOUND_AT_MOST)
        people = account.book.people.values()
        if not request.arg("query"):
            account.search.warm(people, account.view(), self.now() - account.knobs.search_lag)
            return Reply(body={})
        numbers = account.search.find(request.arg("query"))
        found = [{"person": view.show(person)} for person in people if person.number in numbers]
        return Reply(body={"results": found[:size]} if found else {})


def _view(account: Account, request: Request, *, kind: str = "get", default: tuple[str, ...] = ()) -> View:
    """The view a query asks for; without `default`, personFields must be given."""
    text = request.arg("personFields")
    mask = default if default and not text else read_mask(text)
    return account.view(mask, sources_of(request.query.get("sources", [])), kind)


def _body_view(account: Account, body: Json) -> View | None:
    """The view a batch asks for; None when its readMask is empty: nothing is read afterwards."""
    if not body.get("readMask"):
        return None
    return account.view(read_mask(body["readMask"], "readMask"), sources_of(body.get("sources") or []))


def _ok(view: View, person: Person, asked: str = "") -> Json:
    """A PersonResponse of a success; google.rpc.Status of OK is an empty object."""
    named = {"requestedResourceName": asked} if asked else {}
    return {"httpStatusCode": 200, "person": view.show(person), "status": {}, **named}


def _got(account: Account, view: View, name: str) -> Json:
    try:
        return _ok(view, account.book.find(name), name)
    except PeopleError:
        if account.knobs.unknown_spoils:
            raise
        return {"httpStatusCode": 404, "requestedResourceName": name, "status": not_found().as_status()}


def _oneself(user: str, *, shows_email: bool) -> Json:
    """The person who consented: a stable name; the e-mail address needs another scope than that of contacts."""
    number = subject_number(user)
    body: Json = {"resourceName": f"people/{number}", "etag": "%me"}
    if shows_email:
        source = {"primary": True, "verified": True, "source": {"type": "ACCOUNT", "id": number}}
        body["emailAddresses"] = [{"metadata": source, "value": user}]
    return body
