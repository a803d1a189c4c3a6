"""Google Contacts, through the People API v1: the contacts of one account, with its labels and custom fields.

Changes and deletions come by sync token; a write carries the etag of a read just before it. Everything that changes
something is sent one request after another, as Google asks.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from contactsync.apps._people_account import Whose, root
from contactsync.apps._people_facts import INFO, PER_MINUTE, SCOPE, TOKEN_URL
from contactsync.apps._people_groups import Groups
from contactsync.apps._people_probe import LAST, NEVER, READS
from contactsync.apps._people_probe_account import Account as Probed
from contactsync.apps._people_probe_writes import WRITES, tried
from contactsync.apps._people_reading import Reader
from contactsync.apps._people_writing import Writer
from contactsync.apps._probing import findings, unchecked, untried
from contactsync.apps.base import Access, App, AppOptions
from contactsync.contact import Kind
from contactsync.errors import ConnectionMissing, StopError
from contactsync.model.app import Account, AppInfo, FieldInfo, Rate
from contactsync.model.exchange import Cursor, Fetched, Op, Page, Ref, Result, Window
from contactsync.model.probe import Finding
from contactsync.rest.auth import BearerAuth, OAuthRefresh
from contactsync.rest.service_account import ServiceAccount
from contactsync.rest.services import FreeBudget, Services
from contactsync.rest.session import Api


class GoogleContactsOptions(AppOptions):
    """rate_per_minute: requests that the project's quota allows for each user. lag_seconds: how long listings lag."""

    rate_per_minute: int = Field(PER_MINUTE, gt=0)
    lag_seconds: int | None = Field(None, ge=0)


class GoogleContacts(App):
    """Contacts of a Google account; see the module's text."""

    info: ClassVar[AppInfo] = INFO
    Options = GoogleContactsOptions

    def __init__(self, access: Access, options: AppOptions) -> None:
        super().__init__(access, options)
        self.chosen = GoogleContactsOptions.model_validate(options.model_dump())
        rate, seconds = self.chosen.rate_per_minute, self.chosen.lag_seconds
        lag = INFO.caps.lag if seconds is None else timedelta(seconds=seconds)
        rates = (Rate(rate, 60), Rate(rate, 60, writes=True))
        # The declaration of this very account: its project's quota is the user's to say.
        vars(self)["info"] = replace(INFO, caps=replace(INFO.caps, rates=rates, lag=lag))

    @functools.cached_property
    def api(self) -> Api:
        """The wire. Errors: ConnectionMissing where credentials are missing."""
        return self._wire(self.access.services)

    def _wire(self, services: Services) -> Api:
        given = self.access.credentials
        return Api(
            self.access.session,
            services,
            base_url=root(given.get("host", "")),
            account=self._cache,
            auth=self._auth,
            rates=self.info.caps.rates,
            secrets=[given[c.name] for c in INFO.credentials if c.secret and c.name in given],
        )

    @functools.cached_property
    def _auth(self) -> BearerAuth:
        given, access = self.access.credentials, self.access
        needed = ("subject",) if "service_account" in given else ("client_id", "client_secret", "refresh_token")
        missing = [c for c in INFO.credentials if c.name in needed and not given.get(c.name)]
        if missing:
            raise ConnectionMissing(
                f"The connection {access.connection!r} for Google Contacts lacks: "
                f"{', '.join(f'{c.title} (field {c.where})' for c in missing)}.",
                next_step="enter client id, client secret and refresh token, or a service account key and a subject.",
            )
        if "service_account" in given:
            return ServiceAccount(
                access.session,
                access.services,
                connection=access.connection,
                key=given["service_account"],
                scope=SCOPE,
                subject=given["subject"],
                token_url=given.get("token_url", ""),
            )
        return OAuthRefresh(
            access.session,
            access.services,
            connection=access.connection,
            token_url=given.get("token_url", TOKEN_URL),
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            refresh_token=given["refresh_token"],
        )

    @property
    def _cache(self) -> str:
        """Under which the rate budget and metadata are kept; Google counts by user, and a connection is one user's."""
        return f"google_contacts:{self.access.connection}"

    @functools.cached_property
    def groups(self) -> Groups:
        """The account's labels."""
        return Groups(self.api, self.access.services.metadata, self._cache)

    @functools.cached_property
    def reader(self) -> Reader:
        """Reads the account."""
        return Reader(self.api, self.groups, self.access.services.metadata, self._cache)

    def account(self) -> Account:
        """The person behind the credentials, and how many contacts there are."""
        return Whose(self.api, self._auth, self.access).account()

    def describe(self) -> Sequence[FieldInfo]:
        """The declared fields and the custom ones seen so far; any other key may be written too."""
        keys = self.reader.look_for_keys()
        custom = (FieldInfo(f"custom.{key}", Kind.TEXT, key, custom=True) for key in keys)
        return (*self.info.fields, *custom)

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """All contacts, or what changed since a cursor."""
        if isinstance(start, Window):
            raise StopError(
                "Google Contacts cannot list the contacts that changed within a time.",
                next_step="run without a window.",
            )
        return self.reader.pull(start)

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """Point reads, 200 a request."""
        return self.reader.fetch(refs)

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Write in batches, one after another."""
        return Writer(self.api, self.groups, self.reader).push(ops)

    def probe(self, *, write: bool) -> Generator[Finding, None, None]:
        """What no document says of the API, checked against this account."""
        services = self.access.services
        burst = self._wire(replace(services, budget=FreeBudget(), tries=1))
        account = Probed(self.api, burst, services, self.chosen.rate_per_minute, self.info.caps.lag)
        yield from findings(READS, account)
        yield from tried(account) if write else unchecked(WRITES)
        yield from findings(LAST, account)
        yield from untried(NEVER)


APP = GoogleContacts
