"""Freshsales (Freshworks CRM), Classic and Suite: contacts of one account, seen with one user's API key.

Listing always needs a view; changes come from the filtered search by `updated_at`, which has whole seconds, and there
are no conditional writes. Leads and accounts are never touched.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from contactsync.apps._freshsales_bulk import Bulk
from contactsync.apps._freshsales_facts import ALL, CLASSIC_ONLY, INFO, PER_HOUR, PER_MINUTE, fields_of
from contactsync.apps._freshsales_listing import sheet
from contactsync.apps._freshsales_probe import NEVER, READS
from contactsync.apps._freshsales_probe_account import Account as Probed
from contactsync.apps._freshsales_probe_writes import WRITES, tried
from contactsync.apps._freshsales_reading import Reader
from contactsync.apps._freshsales_site import Site
from contactsync.apps._freshsales_words import actions_of, conditions_of, flags_of
from contactsync.apps._freshsales_writing import Writer
from contactsync.apps._probing import findings, unchecked, untried
from contactsync.apps.base import Access, App, AppOptions
from contactsync.errors import NotTheApi
from contactsync.model.app import Account, AppInfo, Deletes, FieldInfo, Rate
from contactsync.model.exchange import Cursor, Fetched, Json, Op, Page, Record, Ref, Result, Window
from contactsync.model.probe import Finding
from contactsync.rest.reply import Reply

CUSTOM_NAME = r"^(custom\..+)?$"


class FreshsalesOptions(AppOptions):
    """view: name or id of the contact view to keep in step. flavour: which product the account is.

    authority_field, do_not_disturb_field: the custom fields that say so in a Suite account; Classic has its own.
    recycle_bin: the contact view of deleted contacts, by name or id (Recycle Bin); deletions are then read from it.
    hourly_limit, minute_limit: requests that the account's plan allows. lag_seconds: how long listings follow behind.
    bulk_jobs: whether many creates or updates go as one job of Freshsales (bulk_upsert), which saves most requests.
    """

    view: str = ALL
    flavour: Literal["auto", "classic", "suite"] = "auto"
    authority_field: str = Field("", pattern=CUSTOM_NAME)
    do_not_disturb_field: str = Field("", pattern=CUSTOM_NAME)
    recycle_bin: str = ""
    hourly_limit: int = Field(PER_HOUR, gt=0)
    minute_limit: int = Field(PER_MINUTE, gt=0)
    lag_seconds: int | None = Field(None, ge=0)
    bulk_jobs: bool = True


def declaration(flavour: str, chosen: FreshsalesOptions) -> AppInfo:
    """What an account of that flavour can do, with these options."""
    rates = (Rate(chosen.minute_limit, 60), Rate(chosen.hourly_limit, 3600))
    lag = INFO.caps.lag if chosen.lag_seconds is None else timedelta(seconds=chosen.lag_seconds)
    deletes = Deletes.FEED if chosen.recycle_bin else Deletes.NONE
    bulk = INFO.caps.bulk if chosen.bulk_jobs else None
    flags = flags_of(flavour, chosen.authority_field, chosen.do_not_disturb_field)
    return replace(
        INFO,
        fields=fields_of(flavour),
        caps=replace(INFO.caps, rates=rates, lag=lag, deletes=deletes, bulk=bulk),
        conditions=conditions_of(flags),
        actions=actions_of(flags),
    )


class Freshsales(App):
    """Contacts of a Freshsales account; see the module's text."""

    info: ClassVar[AppInfo] = INFO
    Options = FreshsalesOptions

    def __init__(self, access: Access, options: AppOptions) -> None:
        super().__init__(access, options)
        self.chosen = FreshsalesOptions.model_validate(options.model_dump())
        # The declaration of this very account: its flavour and its plan's limits are the user's to say.
        vars(self)["info"] = declaration(self.chosen.flavour, self.chosen)

    @classmethod
    def declared(cls, options: AppOptions) -> AppInfo:
        """As the options say."""
        chosen = FreshsalesOptions.model_validate(options.model_dump())
        return declaration(chosen.flavour, chosen)

    @classmethod
    def shown(cls, options: AppOptions, names: Collection[str]) -> AppInfo:
        """Some fields tell which product it is, unless the options do."""
        chosen = FreshsalesOptions.model_validate(options.model_dump())
        found = "suite" if CLASSIC_ONLY.isdisjoint(names) else "classic"
        return declaration(found if chosen.flavour == "auto" else chosen.flavour, chosen)

    @functools.cached_property
    def site(self) -> Site:
        """The account's address and metadata."""
        return Site(
            self.access.session,
            self.access.services,
            connection=self.access.connection,
            place=self.access.credentials["subdomain"],
            key=self.access.credentials["api_key"],
            flavour=self.chosen.flavour,
            rates=self.info.caps.rates,
        )

    @functools.cached_property
    def reader(self) -> Reader:
        """Reads the chosen view."""
        return Reader(
            self.site,
            self.access.services,
            view=self.chosen.view,
            lag=self.info.caps.lag,
            recycle_bin=self.chosen.recycle_bin,
        )

    def account(self) -> Account:
        """The host and its base path; how many contacts the view has; what is left of the limit."""
        try:
            reply = self.reader.view.page(page=1, per_page=1)
        except NotTheApi:
            self.site.forget("base")  # the account may have moved since its address was found
            reply = self.reader.view.page(page=1, per_page=1)
        parts = urlsplit(self.site.api.base_url)
        users = [email or name for email, name in self.site.owners().values()]
        return Account(
            id=f"{parts.netloc}{parts.path}",
            host=parts.netloc,
            contacts=sheet(reply).total,
            owner=users[0] if len(users) == 1 else "",  # the API does not say whose key it is
            limit_left=_limit_left(reply),
        )

    def describe(self) -> Sequence[FieldInfo]:
        """The declared fields and the account's custom ones (custom.cf_...)."""
        custom = self.site.custom_fields()  # asks the account, which tells its flavour
        classic = self.site.is_classic
        return (*(f for f in self.info.fields if classic or f.name not in CLASSIC_ONLY), *custom)

    def forget_fields(self) -> None:
        """Custom fields are asked for once a day."""
        self.site.forget("fields")

    def actual(self) -> AppInfo:
        """Conditions and actions of the very product that the account is."""
        return declaration("classic" if self.site.is_classic else "suite", self.chosen)

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """The whole view, or what changed since a cursor or within a window."""
        return self.reader.pull(start)

    def sample(self, wanted: int, calls: int, chance: Random) -> Iterator[Page]:
        """Of pages from anywhere in the view."""
        return self.reader.sample(max(2, min(wanted, calls)), chance)

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """Point reads, one by one."""
        return (self.reader.fetch(ref.id) for ref in refs)

    def look_up(self, op: Op) -> Iterator[Record]:
        """Contacts that hold an e-mail of this create."""
        return self.reader.look_up(op)

    def look_up_all(self, ops: Sequence[Op]) -> Iterator[Record]:
        """The same for many, by one search for each hundred addresses."""
        return self.reader.look_up_all(ops)

    @functools.cached_property
    def bulk(self) -> Bulk:
        """Writes many contacts as one job."""
        return Bulk(self.site, self.reader, self.access.services, self.info.caps.lag)

    def submit(self, ops: Sequence[Op]) -> Iterator[Result]:
        """One job."""
        return self.bulk.submit(ops)

    def poll(self, job: Json, ops: Sequence[Op]) -> Iterator[Result] | None:
        """What became of each contact of a job, as the contacts show it."""
        return self.bulk.poll(job, ops)

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Write one by one; after three unknown outcomes in a row the rest is not sent."""
        return Writer(self.site, self.reader).push(ops)

    def probe(self, *, write: bool) -> Generator[Finding, None, None]:
        """What no document says of the API, checked against this account."""
        chosen, lag = self.chosen, self.info.caps.lag
        limits = (chosen.hourly_limit, chosen.minute_limit)
        account = Probed(self.site, self.access.services, chosen.view, lag, *limits)
        yield from findings(READS, account)
        yield from tried(account) if write else unchecked(WRITES)
        yield from untried(NEVER)


def _limit_left(reply: Reply) -> str:
    left, of = (reply.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit"))
    return f"{left} of {of} requests left" if left and of else f"{left} requests left" if left else ""


APP = Freshsales
