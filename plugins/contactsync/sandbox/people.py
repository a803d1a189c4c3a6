"""A local server that speaks Google's People API v1 and its token endpoint, for the demo and the tests.

with PeopleSandbox() as google:
    google.load(USER, [{"names": [{"givenName": "Ada", "familyName": "Beispiel"}]}])
    requests.get(google.url + "/v1/people/me/connections", params={"personFields": "names"},
                 headers={"Authorization": f"Bearer {google.access_token()}"})
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import parse_qs

from contactsync.sandbox.limits import Allowance, Limit
from contactsync.sandbox.people_account import Account
from contactsync.sandbox.people_consent import Client, ConsentDesk
from contactsync.sandbox.people_consent_routes import OPEN, ConsentRoutes
from contactsync.sandbox.people_contact_routes import ContactRoutes
from contactsync.sandbox.people_errors import PeopleError, quota_spent, scope_missing, unauthenticated
from contactsync.sandbox.people_group_routes import GroupRoutes
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_oauth import READ_ONLY, READ_WRITE, Grant, ServiceAccount, TokenDesk
from contactsync.sandbox.people_state import Person, Rules
from contactsync.sandbox.server import Record
from contactsync.sandbox.transport import Outcome
from contactsync.sandbox.wire import Reply, Request, Traffic, html

USER = "uma@muster.example"
CLIENT_ID = "sandbox.apps.example"
CLIENT_SECRET = "invented-client-secret"  # nosec B105 # noqa: S105 - opens a local sandbox only
REFRESH_TOKEN = "1//invented-refresh-token"  # nosec B105 # noqa: S105 - opens a local sandbox only
PROJECT = "100000000001"
_MINUTE = 60.0


class PeopleSandbox(ContactRoutes, GroupRoutes, ConsentRoutes):
    """Google Contacts on 127.0.0.1. `USER` has consented; other accounts come to be when first used."""

    name = "google_contacts"

    def __init__(
        self, *, port: int = 0, knobs: PeopleKnobs | None = None, clock: Callable[[], float] = time.time, seed: int = 1
    ) -> None:
        self.google = knobs if knobs is not None else PeopleKnobs()
        super().__init__(port=port, knobs=self.google, clock=clock)
        self.desk = TokenDesk()
        self.consents = ConsentDesk([Client(CLIENT_ID, CLIENT_SECRET)])
        self.signed_in = USER
        self.accounts: dict[str, Account] = {}
        self.parallel_mutations = 0
        self._mutating: dict[str, int] = {}
        self._gate = threading.Lock()
        self._dice = random.Random(seed)  # nosec B311 # noqa: S311 - the order of items, no secret
        self.consent(USER, REFRESH_TOKEN)

    # ---- credentials

    def consent(self, user: str, refresh_token: str, scopes: Iterable[str] = (READ_WRITE,)) -> None:
        """Lets a refresh token of the sandbox's client read and write a user's contacts."""
        self.desk.grants.append(Grant(user, CLIENT_ID, CLIENT_SECRET, frozenset(scopes), [refresh_token]))

    def access_token(self, user: str = USER, scopes: Iterable[str] = (READ_WRITE,)) -> str:
        """A valid access token, without going through the token endpoint."""
        with self.lock:
            return self.desk.issue(user, frozenset(scopes), self.now() + self.google.access_token_seconds)

    def hint(self) -> str:
        """The client, its secret and the refresh token."""
        return f"(client id {CLIENT_ID}, client secret {CLIENT_SECRET}, refresh token {REFRESH_TOKEN})"

    def credentials(self) -> dict[str, str]:
        """What a client needs to get access tokens for `USER`."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
            "token_uri": self.token_uri,
        }

    def add_service_account(self, email: str, public_key: bytes, *, delegated: bool = True) -> None:
        """Knows a service account by its public key (PEM); only a delegated one may act for users."""
        self.desk.service_accounts[email] = ServiceAccount(email, public_key, delegated)

    def account(self, user: str = USER) -> Account:
        """The account of a user, created empty when it is first asked for."""
        if user not in self.accounts:
            rules = Rules(
                self.now,
                lambda: (self.google.lag_seconds, self.google.lag_listings),
                lambda: (self.google.capacity, self.google.capacity_status),
            )
            self.accounts[user] = Account(user, rules, self.google, self._dice)
        return self.accounts[user]

    def load(self, user: str, drafts: Iterable[Record]) -> list[str]:
        """Fills an account with contacts (a Person's JSON data, plus `labels`); their resource names."""
        with self.lock:
            return self.account(user).load(drafts)

    # ---- as the person, for `USER`

    def contacts(self) -> list[Record]:
        """All contacts with all fields, in the order they were written."""
        with self.lock:
            account = self.account()
            view = account.view()
            return [view.show(person) for person in account.book.people.values()]

    def contact(self, key: str) -> Record:
        """One contact by resource name; former names find it too."""
        with self.lock, _as_key(key):
            return self._shown(self.account().book.find(key))

    def add_contact(self, data: Record) -> Record:
        """Adds a contact."""
        with self.lock:
            return self._shown(self.account().add(data))

    def edit_contact(self, key: str, data: Record) -> Record:
        """Replaces the given fields; `labels` replaces the user groups, `resourceName` renames the contact."""
        with self.lock, _as_key(key):
            return self._shown(self.account().edit(key, data))

    def delete_contact(self, key: str) -> None:
        """Moves a contact to the trash."""
        with self.lock, _as_key(key):
            self.account().book.remove(key)

    def expire_sync_tokens(self) -> None:
        """Makes all sync tokens given out so far void."""
        with self.lock:
            self.account().listings.expire_all()

    def show_all_writes(self) -> None:
        """Ends the lag of all writes so far."""
        with self.lock:
            self.account().book.index.flush()

    def _shown(self, person: Person) -> Record:
        return self.account().view().show(person)

    # ---- measuring

    def describe(self) -> Record:
        """State, counters and knobs as JSON data."""
        with self.lock:
            state = super().describe()
            own = {"parallel_mutations": self.parallel_mutations, "refresh_tokens_reused": self.desk.reused}
            return {**state, "counters": {**state["counters"], **own}}

    def reset_counters(self) -> None:
        """Starts counting anew; limits and state stay."""
        super().reset_counters()
        self.parallel_mutations = 0

    def _answer(self, request: Request) -> Outcome:
        """Counts writes of one user that overlap: Google asks for one at a time. Outside the lock they can."""
        access = self.access_of(request)
        if access is None or request.method == "GET" or _is_long_get(request):
            return super()._answer(request)
        with self._gate:
            under_way = self._mutating.get(access.user, 0)
            self._mutating[access.user] = under_way + 1
            self.parallel_mutations += under_way > 0
        try:
            return super()._answer(request)
        finally:
            with self._gate:
                self._mutating[access.user] -= 1

    # ---- what the framework asks

    def local_path(self, request: Request) -> str | None:
        """A GET whose address grew too long comes as a form by POST, with a header that says so."""
        if _is_long_get(request) and self.google.long_get:
            request.method = "GET"
            request.query = parse_qs(request.body.decode(), keep_blank_values=True)
        return request.path

    def admit(self, request: Request) -> Reply | None:
        """401 without a valid access token, 403 without the scope."""
        if request.path in OPEN:
            return None
        access = self.access_of(request)
        if access is None or access.until <= self.now():
            return unauthenticated().reply
        needed = {READ_WRITE} if request.method != "GET" else {READ_WRITE, READ_ONLY}
        return None if needed & access.scopes else scope_missing().reply

    def unrouted(self, request: Request) -> Reply:  # noqa: ARG002 - any address
        """Google answers unknown addresses with a web page."""
        return html(404, "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title></html>")

    def limits(self, request: Request, traffic: Traffic) -> list[Limit]:
        """Reads and writes per user and minute, an update takes from both; the start of a full sync has its own."""
        access = self.access_of(request)
        if access is None or traffic is Traffic.TOKEN:
            return []
        wanted = [("read", self.google.reads_per_minute, _MINUTE)] if _reads(request) else []
        if traffic is Traffic.WRITE:
            wanted.append(("write", self.google.writes_per_minute, _MINUTE))
        if request.path.endswith("/connections") and not {"syncToken", "pageToken"} & set(request.query):
            wanted.append(("full", self.google.full_syncs, self.google.full_sync_window))
        own = [Limit(f"{kind}:{access.user}", most, seconds) for kind, most, seconds in wanted if most > 0]
        return [*super().limits(request, traffic), *own]

    def too_many(self, allowance: Allowance) -> Reply:
        """The documented 429."""
        kind = allowance.limit.bucket.partition(":")[0]
        return Reply(429, quota_spent(kind if kind in ("read", "write", "full") else "read", PROJECT))

    def account_of(self, request: Request) -> Account:
        """The account whose access token came with the request."""
        access = self.access_of(request)
        if access is None:
            raise unauthenticated()
        return self.account(access.user)

    def scopes_of(self, request: Request) -> frozenset[str]:
        """What the request's access token opens."""
        access = self.access_of(request)
        return access.scopes if access else frozenset()


def _is_long_get(request: Request) -> bool:
    return request.method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET"


@contextlib.contextmanager
def _as_key(key: str) -> Iterator[None]:
    """An unknown contact is a KeyError for those who act as the person."""
    try:
        yield
    except PeopleError as error:
        if error.code == 404:
            raise KeyError(key) from error
        raise


def _reads(request: Request) -> bool:
    """True for requests that count as critical reads: every GET, and the updates, which read before they write."""
    return request.method in ("GET", "PATCH") or request.path.endswith(":batchUpdateContacts")
