"""What an app declares about itself. Forms, docs, mapping and the planner read these values; nothing here talks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from contactsync.contact import Kind
from contactsync.model.rules import Compare, How


class Adopt(StrEnum):
    """How a create with an unknown outcome is found again (core 21)."""

    CLIENT_ID = "client_id"  # the id was chosen by us: look it up
    UNIQUE_KEY = "unique_key"  # the vendor refuses a second contact with that key: look the key up
    MARKER = "marker"  # the operation key stands in the record: wait for a listing to show it
    NONE = "none"  # only a person can tell


class Check(StrEnum):
    """How a target is proven unchanged just before it is written (core 19)."""

    VERSION = "version"  # conditional write with the listed version; a contact without one is fetched first
    FETCHED_VERSION = "fetched_version"  # conditional write, but listed versions are refused: fetch first
    FETCH = "fetch"  # no conditional write: batch fetch just before the chunk
    DELTA = "delta"  # no conditional write, no batch fetch: one more delta pull just before the chunk


class Deletes(StrEnum):
    """How the app tells that a contact was deleted."""

    FEED = "feed"  # a delta reports deleted ids
    SCAN = "scan"  # absent from a complete listing, then confirmed by a point read
    NONE = "none"  # never: a point read that says gone only parts the link


class Window(StrEnum):
    """Whether contacts changed since a time can be asked for."""

    NATIVE = "native"
    SCAN = "scan"
    NONE = "none"


@dataclass(frozen=True)
class FieldInfo:
    """One field of an app, under the app's own name.

    choices  of a dropdown or radio field, in the account's order
    contact  the contact field that the default mapping puts it in ('' = none)
    slot     for a single value that is one of several there: its label (mobile_number is phones/mobile)
    needs_year  of a date: one without a year (--02-29) cannot be held
    identity    the vendor's own id of a custom field, '' where none is told: another one under the same name is another
                field, made after the first was deleted
    """

    name: str
    kind: Kind = Kind.TEXT
    title: str = ""
    contact: str = ""
    slot: str = ""
    writable: bool = True
    max_items: int | None = None
    max_length: int | None = None
    holds_label: bool = False
    holds_primary: bool = False
    derived: bool = False  # may change without moving the vendor's modified time
    custom: bool = False
    choices: tuple[str, ...] = ()
    needs_year: bool = False
    identity: str = ""


@dataclass(frozen=True)
class Rate:
    """At most `count` requests in `seconds`. `writes`: counts mutating requests only."""

    count: int
    seconds: float
    writes: bool = False


@dataclass(frozen=True)
class Batch:
    """Records per request; 1 = one by one, 0 = cannot."""

    create: int = 1
    update: int = 1
    delete: int = 1
    fetch: int = 1
    find: int = 0


@dataclass(frozen=True)
class Bulk:
    """Writes that the vendor takes as one asynchronous job, whose outcome is polled.

    size        records in a job
    create, update  from how many on a job is worth it, 0 = never: fewer go by `batch`
    upserts     a create writes onto whoever holds its unique key: only creates with one go, and it is looked for first
    poll_after  seconds until the first poll
    """

    size: int
    create: int = 0
    update: int = 0
    upserts: bool = False
    poll_after: float = 0.0


@dataclass(frozen=True)
class Capabilities:
    """What the app can do, as values (core G)."""

    page_size: int
    batch: Batch
    check: Check
    adopt: Adopt
    returns_record: bool  # a write's answer carries the whole record
    deletes: Deletes
    window: Window
    lag: timedelta  # how long a listing may lag behind a write
    granularity: timedelta  # of modified_at
    rates: tuple[Rate, ...]
    unique_keys: tuple[str, ...] = ()  # match keys of which the vendor refuses a second contact
    sequential_writes: bool = False
    consent: bool = False
    capacity: int | None = None  # how many contacts an account may hold
    bulk: Bulk | None = None  # None = no jobs


@dataclass(frozen=True)
class Credential:
    """One field of a connection. `where`: host | login | password | port | schema | extra.<key>.

    in_form: False = not among the fields of the form, but typed into Extra as JSON.
    """

    name: str
    where: str
    title: str
    secret: bool = False
    required: bool = True
    description: str = ""
    placeholder: str = ""
    in_form: bool = True


ALLOW_HTTP, ALLOW_HOST, ALLOW_PRIVATE = "allow_http", "allow_host", "allow_private"
PERMISSIONS = (
    Credential(
        ALLOW_HOST,
        f"extra.{ALLOW_HOST}",
        "Allow hosts",
        required=False,
        in_form=False,
        description="Further hosts than the app's own that may be given the secrets, parted by commas; *.name is all "
        "below a name. Needed only where the app has hosts of its own",
    ),
    Credential(
        ALLOW_HTTP,
        f"extra.{ALLOW_HTTP}",
        "Allow http",
        required=False,
        in_form=False,
        description="true sends secrets and contacts unencrypted where the address says http://",
    ),
    Credential(
        ALLOW_PRIVATE,
        f"extra.{ALLOW_PRIVATE}",
        "Allow private addresses",
        required=False,
        in_form=False,
        description="true lets the host lie on this machine or in a private network",
    ),
)
"""What a connection has to say in so many words before a request goes there (`rest.reach`)."""


class Takes(StrEnum):
    """What stands behind a condition's name in YAML."""

    NOTHING = "nothing"  # `- has_open_deals`
    TEXTS = "texts"  # `- owned_by: x` or a list: any of them
    COMPARISON = "comparison"  # `- lead_score: {between: [60, 100]}`


@dataclass(frozen=True)
class ConditionInfo:
    """A condition of the app's own (beside `field` and `already_exists`, which all have).

    fields   own fields judged; it holds where it holds for any of them
    compare, value   of a condition that takes nothing; compare alone for one that takes texts
    missing  why it cannot be judged with these options, and what to do; '' = it can
    unsure   why some accounts may lack it, which only the account itself tells; '' = all have it
    """

    name: str
    title: str
    takes: Takes
    fields: tuple[str, ...]
    compare: Compare = Compare.EQUALS
    value: str = ""
    missing: str = ""
    unsure: str = ""


@dataclass(frozen=True)
class ActionInfo:
    """An action on a contact of the app.

    field    own field written; '' = named in YAML (update_field)
    value    the fixed value, None = given in YAML
    reverse  the action that takes it back
    allow    key that must be true in YAML where the action loosens something (allow_unmark)
    missing, unsure   as for conditions
    """

    name: str
    title: str
    field: str
    how: How = How.SET
    value: str | None = None
    reverse: str = ""
    allow: str = ""
    missing: str = ""
    unsure: str = ""


@dataclass(frozen=True)
class OAuthInfo:
    """How a person lets an OAuth client into an account: the authorisation code grant.

    What comes of it goes into the credentials named client_id, client_secret and refresh_token; addresses that differ
    from these go into those named token_url, userinfo_url and host, where the app has them.

    scopes      what syncs need; a person who leaves one out is told so
    identity    further scopes, which only tell whose account it is
    parameters  further parameters of the consent page
    userinfo_url  tells whose an access token is; '' = the app's `account` knows another way
    register    where to get a client id, in one line
    """

    authorise_url: str
    token_url: str
    scopes: tuple[str, ...]
    identity: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    userinfo_url: str = ""
    register: str = ""


@dataclass(frozen=True)
class AppInfo:
    """Everything about an app that is data. `oauth`: None where a person enters a key or password."""

    name: str
    title: str
    kind: str  # crm | address book | test
    conn_type: str
    credentials: tuple[Credential, ...]
    fields: tuple[FieldInfo, ...]
    caps: Capabilities
    hosts: tuple[str, ...] = ()  # of the vendor, *.name for what lies below; none = wherever a connection leads
    docs: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)  # one line each, for the generated docs
    oauth: OAuthInfo | None = None
    conditions: tuple[ConditionInfo, ...] = ()
    actions: tuple[ActionInfo, ...] = ()
    tag_field: str = ""  # own field of tags, labels or categories that `deletions: tag` may set
    any_custom: bool = False  # any custom.<key> may be written, and one that a record does not show is empty there
    archive: ActionInfo | None = None  # what `deletions: archive` does; None = the app has no archive
    account_options: tuple[str, ...] = ()  # by these options one connection leads to different accounts
    asked: bool = False  # `fields` are those of a very account, custom ones included
    deletes_option: str = ""  # with which option of the side deletions are told after all
    no_more: tuple[tuple[str, str], ...] = ()  # (beginning of field names, why the app has no others of them)
    no_consent: str = ""  # why the app holds no consent to e-mail, where people may think that it does


@dataclass(frozen=True)
class Account:
    """What stands behind a connection, as one cheap call tells it.

    id          stable identity of the account (host and user or book); another id = another account
    contacts    how many contacts it sees, None where the vendor does not tell
    owner       whose credentials these are, '' where the vendor does not tell
    limit_left  what is left of the rate limit, in the vendor's words, '' where it does not tell
    """

    id: str
    host: str
    contacts: int | None = None
    owner: str = ""
    limit_left: str = ""
