"""What Freshsales is, as data: its connection form, fields, capabilities and limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from contactsync.apps._freshsales_words import BUILT_IN, actions_of, conditions_of
from contactsync.contact import Kind
from contactsync.model.app import (
    PERMISSIONS,
    Adopt,
    AppInfo,
    Batch,
    Bulk,
    Capabilities,
    Check,
    Credential,
    Deletes,
    FieldInfo,
    Rate,
    Window,
)

ALL = "All Contacts"
GRANULARITY = timedelta(seconds=1)
LAG = timedelta(seconds=120)  # not documented; the search index is known to follow behind
PER_MINUTE, PER_HOUR = 400, 1000  # Growth: 1000, Pro: 2000, Enterprise: 5000 an hour; 400 a minute for all

CLASSIC_ONLY = frozenset({"department", "has_authority", "do_not_disturb"})
"""Fields that Suite accounts do not have."""

# Suite accounts take it without a word and keep nothing, so it is mapped by itself only where the flavour is Classic.
DEPARTMENT = FieldInfo("department", title="Department (Classic)")

FIELDS = (
    FieldInfo("first_name", title="First name", contact="names.given"),
    FieldInfo("last_name", title="Last name", contact="names.family"),
    FieldInfo("job_title", title="Job title", contact="job_title"),
    FieldInfo("emails", Kind.EMAILS, "E-mails", contact="emails", holds_primary=True),
    FieldInfo("work_number", title="Work number", contact="phones", slot="work"),
    FieldInfo("mobile_number", title="Mobile number", contact="phones", slot="mobile"),
    FieldInfo("phone_numbers", Kind.PHONES, "Further numbers (Suite)", writable=False, holds_label=True),
    FieldInfo("address", Kind.ADDRESSES, "Address", contact="addresses", max_items=1),
    FieldInfo("company.name", title="Account", contact="company", writable=False),
    FieldInfo("company.website", title="Account: website", writable=False, derived=True),
    DEPARTMENT,
    FieldInfo("tags", Kind.TAGS, "Tags", contact="tags"),
    FieldInfo("medium", title="Medium"),
    FieldInfo("owner", title="Owner (e-mail)", contact="owner", writable=False),
    FieldInfo("owner.name", title="Owner (name)", writable=False),
    FieldInfo("owner.id", title="Owner (id)", writable=False),
    FieldInfo("lead_score", Kind.NUMBER, "Lead score", writable=False, derived=True),
    FieldInfo("open_deals_amount", Kind.NUMBER, "Open deals revenue", writable=False, derived=True),
    FieldInfo("won_deals_amount", Kind.NUMBER, "Won deals revenue", writable=False, derived=True),
    FieldInfo("open_deals_count", Kind.NUMBER, "Open deals", writable=False, derived=True),
    FieldInfo("last_contacted", Kind.DATETIME, "Last contacted", writable=False, derived=True),
    FieldInfo("has_authority", Kind.BOOLEAN, "Authority (Classic)"),
    FieldInfo("do_not_disturb", Kind.BOOLEAN, "Do not disturb (Classic)"),
)


def fields_of(flavour: str) -> tuple[FieldInfo, ...]:
    """The declared fields of one flavour."""
    classic = replace(DEPARTMENT, contact="department")
    return tuple(classic if f is DEPARTMENT and flavour == "classic" else f for f in FIELDS)


INFO = AppInfo(
    name="freshsales",
    title="Freshsales",
    kind="crm",
    conn_type="freshsales",
    credentials=(
        Credential(
            "subdomain",
            "host",
            "Subdomain",
            description="acme, acme.myfreshworks.com, or the address of your account",
            placeholder="acme",
        ),
        Credential(
            "api_key",
            "password",
            "API key",
            secret=True,
            description="Freshsales: Profile settings > API settings. The key sees what its user may see.",
        ),
        *PERMISSIONS,
    ),
    hosts=("*.myfreshworks.com", "*.freshsales.io"),
    fields=FIELDS,
    caps=Capabilities(
        page_size=100,
        batch=Batch(create=1, update=1, delete=1, fetch=1, find=0),
        check=Check.DELTA,
        adopt=Adopt.UNIQUE_KEY,
        returns_record=True,
        deletes=Deletes.NONE,
        window=Window.NATIVE,
        lag=LAG,
        granularity=GRANULARITY,
        rates=(Rate(PER_MINUTE, 60), Rate(PER_HOUR, 3600)),
        unique_keys=("email",),
        bulk=Bulk(size=100, create=20, update=20, upserts=True, poll_after=2.0),
    ),
    docs="https://developers.freshworks.com/crm/api/",
    conditions=conditions_of(BUILT_IN),
    actions=actions_of(BUILT_IN),
    tag_field="tags",
    deletes_option="recycle_bin",
    no_more=(
        (
            "company.",
            "a contact comes with its account's name and website, and contactsync never lists accounts "
            "to find out more",
        ),
    ),
    no_consent="Do Not Disturb is not one",
    notes=(
        "Do not disturb is not consent to e-mail: it is no unsubscribe, and is never carried as one.",
        "Contacts only: leads and accounts are never listed or written.",
        "An e-mail address belongs to one contact; Freshsales refuses it on a second.",
        "Freshsales has no conditional write: between the check and the write a window of seconds remains.",
        "Many updates, and many creates with an e-mail address, go as one job (bulk_upsert) instead of one request "
        "each; what became of each is read from the contacts. The job writes onto whoever holds the address, so it is "
        "searched for first; of a contact made in the seconds that the search lags behind, the sent fields are "
        "overwritten, it is linked, and never taken for ours. `bulk_jobs: false` sends single requests, which have no "
        "such window.",
        "Deletions are not reported; a contact that is gone is noticed when it is read by itself. The option "
        "`recycle_bin` has them read from the Recycle Bin, by one more request a run; contacts that are gone without "
        "being in it (forgotten, merged, hidden from the key's user) are then held, never taken for deleted.",
        "The account (company) and the owner are read only; of the account its name and website can be read.",
        "The department is mapped by default only with the option `flavour: classic`: Suite accounts have none.",
        "Authority and Do not disturb exist in Classic accounts; Suite accounts use the custom checkboxes that "
        "the options `authority_field` and `do_not_disturb_field` name.",
    ),
)
