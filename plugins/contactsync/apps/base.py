"""The app contract. An app is one file that declares what it is (`info`, `Options`) and implements a few functions.

Glossary
    ACCOUNT     what stands behind an Airflow connection (one Freshsales account seen by one key, one address book)
    ID          the vendor's own stable identity of a contact, as text
    OWN FIELD   a field under the app's own name; values are OwnValue (model.exchange)
    VERSION     what the vendor changes with every change of a contact (etag); opaque text
    REF         opaque JSON that the app needs to find a contact again
    CURSOR      opaque JSON of the app, from which a later pull lists only what changed since
    OP          one write; its KEY tells its result apart and, where the app can, marks the record it creates

What an app never does: map fields, decide, remember, sleep by itself, retry a create. Absent is not empty: an own field
that the vendor did not return is left out of Record.fields. An error is never an empty page.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, ClassVar

import requests
from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from contactsync.errors import BadListing, StopError
from contactsync.model.app import Account, AppInfo, FieldInfo
from contactsync.model.exchange import Cursor, Fetched, Json, Op, Record, Ref, Result, Window
from contactsync.model.exchange import Page as Page
from contactsync.model.probe import Finding
from contactsync.rest.services import Services


class AppOptions(BaseModel):
    """Base of an app's `options:` in YAML; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Python takes True for 1; a person who writes it means something else."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise PydanticKnownError("int_type")
        return value


@dataclass(frozen=True)
class Access:
    """One connection, opened.

    connection   its id, for messages and for the token store
    credentials  by Credential.name; optional ones that are empty are absent
    session      a requests.Session with the connection's TLS settings, proxies and extra headers; no retries of its own
    services     budget, tokens, metadata cache, clock
    """

    connection: str
    credentials: Mapping[str, str]
    session: requests.Session = field(default_factory=requests.Session)
    services: Services = field(default_factory=Services)


class App(ABC):
    """One app bound to one connection and the options of one side. Cheap to make: nothing is asked before a call."""

    info: ClassVar[AppInfo]
    Options: ClassVar[type[AppOptions]] = AppOptions

    def __init__(self, access: Access, options: AppOptions) -> None:
        self.access = access
        self.options = options

    @classmethod
    def declared(cls, options: AppOptions) -> AppInfo:
        """The declaration with these options, without asking any account. Default: `info`."""
        del options
        return cls.info

    @classmethod
    def shown(cls, options: AppOptions, names: Collection[str]) -> AppInfo:
        """The declaration of an account that has these own fields, without asking it. Default: as `declared`."""
        del names
        return cls.declared(options)

    def actual(self) -> AppInfo:
        """The declaration of this very account; may ask it. Default: `info`."""
        return self.info

    @abstractmethod
    def account(self) -> Account:
        """Whose account this is, by one or two cheap reads; the Test button and the account check use it.

        Errors: AuthError (refused credentials), NotTheApi (wrong host), ServerTrouble, RateLimited.
        """

    def describe(self) -> Sequence[FieldInfo]:
        """All own fields of this very account, custom ones included. Default: the declared ones.

        A declared field that this edition of the app lacks is left out, unless the default mapping has it.
        """
        return self.info.fields

    def forget_fields(self) -> None:  # noqa: B027 - most apps keep nothing
        """Drop what is kept of the account's fields: one that a sync names is not among them. Default: nothing is."""

    @abstractmethod
    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """Pages of contacts: all of them (None), those changed since a cursor, or within a window.

        The last page has `last=True` and the cursor for the next pull; where the vendor's deltas overlap, rows may be
        shown again. `start=None` yields pages with complete=True. Errors: CursorExpired (before or at any page),
        BadListing (loops, missing end marker, a count that does not add up), and those of `account`.
        """

    def sample(self, wanted: int, calls: int, chance: Random) -> Iterator[Page]:
        """Pages of contacts taken by chance, with `wanted` or more of them if there are, in at most `calls` requests.

        The same chance takes the same contacts of an account that did not change. The end has `last=True` if anybody
        of the account may have been taken. `calls` is 2 or more. Errors: those of `pull`. Default, for vendors that
        list from the front only: the first pages.
        """
        del wanted, chance
        return islice(self.pull(None), calls)

    @abstractmethod
    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """Point reads, batched as the vendor allows; one answer per ref, in any order. Forbidden is never gone."""

    def find(self, keys: Mapping[str, Sequence[str]]) -> Iterable[Record]:
        """Records whose normal key values (match key -> values) contain one of these. Only with caps.batch.find > 0."""
        del keys
        raise StopError(f"{self.info.name} declares caps.batch.find = 0, so nothing may call find.")

    @abstractmethod
    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Write a chunk of ops of one verb (at most caps.batch of that verb), yielding results as they settle.

        One bad record costs only itself: a batch-level refusal is bisected. A mutating request whose outcome is not
        known is never repeated: its ops are yielded `unknown`. Ops not yielded when this raises are unknown, unless it
        raises NothingSent. Order is free; results are matched by key.
        """

    def submit(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Write ops of one verb as one asynchronous job. Only with caps.bulk, which says how many.

        Yields `accepted` with the job for what the job holds, and what is settled without it. `not_sent`: the vendor
        takes no such job now, and these go by `push`. Otherwise as `push`.
        """
        del ops
        raise StopError(f"{self.info.name} declares no caps.bulk, so nothing may be submitted.")

    def poll(self, job: Json, ops: Sequence[Op]) -> Iterator[Result] | None:
        """Results of an asynchronous job, None while it has not ended. Only with caps.bulk.

        ops: those of the job that are to be settled; a later run knows neither their patch nor what was before.
        """
        del job, ops
        raise StopError(f"{self.info.name} declares no caps.bulk, so there is no job to poll.")

    def own_id(self, key: str) -> str:
        """The id that a create of this operation key gives its contact (adopt: client_id); '' = the vendor's."""
        del key
        return ""

    def look_up(self, op: Op) -> Iterator[Record]:
        """Records that may be what an unknown create made: by client id or unique key (core 21). Default: none."""
        del op
        return iter(())

    def look_up_all(self, ops: Sequence[Op]) -> Iterator[Record]:
        """The same for many creates at once, each record once, by as few requests as the vendor needs."""
        found = {record.id: record for op in ops for record in self.look_up(op)}
        return iter(found.values())

    def probe(self, *, write: bool) -> Generator[Finding, None, None]:
        """Check what the app assumes against this very account, one finding an assumption, as they come in.

        Reads only. With `write` also on one throw-away contact, which is deleted again whatever happens, also when the
        generator is closed early. Default: nothing is assumed.
        """
        del write
        yield from ()


def pages_of(app: App, start: Cursor | Window | None) -> Iterator[Page]:
    """The pages of a listing up to its positive end marker. Errors: BadListing where it does not come, App.pull's."""
    ended = False
    for page in app.pull(start):
        if ended:
            raise BadListing(f"{app.info.title} sent a page after the last one.", next_step="run again")
        yield page
        ended = page.last
    if not ended:
        raise BadListing(
            f"The listing of {app.info.title} stopped without its end marker; nothing was taken from it.",
            next_step="run again; if it stays, look at the app's status page",
        )
