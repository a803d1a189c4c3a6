"""What Google Contacts is, as data: its connection form, fields, capabilities and limits."""

from __future__ import annotations

from datetime import timedelta

from contactsync.contact import Kind
from contactsync.model.app import (
    PERMISSIONS,
    ActionInfo,
    Adopt,
    AppInfo,
    Batch,
    Capabilities,
    Check,
    ConditionInfo,
    Credential,
    Deletes,
    FieldInfo,
    OAuthInfo,
    Rate,
    Takes,
    Window,
)
from contactsync.model.rules import Compare, How

API_ROOT = "https://people.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # nosec B105 # noqa: S105 - an address
USERINFO_URL = "https://openidconnect.googleapis.com/v1/userinfo"
SCOPE = "https://www.googleapis.com/auth/contacts"
# By these Google tells whose an access token is; the second is what it makes of "email".
IDENTITY_SCOPES = frozenset({"openid", "https://www.googleapis.com/auth/userinfo.email"})

# One mask for everything: a sync token is bound to it, and so is every etag.
PERSON_FIELDS = ",".join(
    (
        "names",
        "nicknames",
        "emailAddresses",
        "phoneNumbers",
        "addresses",
        "organizations",
        "birthdays",
        "biographies",
        "urls",
        "memberships",
        "userDefined",
        "clientData",
        "metadata",
    )
)
SOURCE = "READ_SOURCE_TYPE_CONTACT"  # profiles would be merged in otherwise, and they cannot be written
PAGE_SIZE = 1000
MARKER = "contactsync.op"
PER_MINUTE = 90
LAG = timedelta(minutes=5)  # "writes may have a propagation delay of several minutes for sync requests"
BATCH = Batch(create=200, update=200, delete=500, fetch=200, find=0)


def _labelled(name: str, kind: Kind, title: str, contact: str) -> FieldInfo:
    # Google chooses the primary one itself: it can be neither held nor written.
    return FieldInfo(name, kind, title, contact, holds_label=True)


FIELDS = (
    FieldInfo("names.honorificPrefix", title="Name prefix", contact="names.prefix"),
    FieldInfo("names.givenName", title="First name", contact="names.given"),
    FieldInfo("names.middleName", title="Middle name", contact="names.middle"),
    FieldInfo("names.familyName", title="Last name", contact="names.family"),
    FieldInfo("names.honorificSuffix", title="Name suffix", contact="names.suffix"),
    FieldInfo("nicknames", title="Nickname", contact="nickname"),
    _labelled("emailAddresses", Kind.EMAILS, "E-mails", "emails"),
    _labelled("phoneNumbers", Kind.PHONES, "Phones", "phones"),
    _labelled("addresses", Kind.ADDRESSES, "Addresses", "addresses"),
    FieldInfo("organizations.name", title="Company", contact="company"),
    FieldInfo("organizations.department", title="Department", contact="department"),
    FieldInfo("organizations.title", title="Job title", contact="job_title"),
    FieldInfo("birthdays", Kind.DATE, "Birthday", contact="birthday"),
    FieldInfo("biographies", title="Notes", contact="notes"),
    _labelled("urls", Kind.URLS, "Websites", "urls"),
    FieldInfo("memberships", Kind.TAGS, "Labels", contact="tags"),
)

INFO = AppInfo(
    name="google_contacts",
    title="Google Contacts",
    kind="address book",
    conn_type="google_contacts",
    credentials=(
        Credential("client_id", "login", "Client id", required=False, description="Of the OAuth client"),
        Credential("client_secret", "password", "Client secret", secret=True, required=False),
        Credential(
            "refresh_token",
            "extra.refresh_token",
            "Refresh token",
            secret=True,
            required=False,
            description="From contactsync authorise; needed with a client id and secret",
        ),
        Credential(
            "service_account",
            "extra.service_account",
            "Service account key",
            secret=True,
            required=False,
            description="Instead of the three above: the JSON key, as text. Needs domain-wide delegation and a subject",
        ),
        Credential(
            "subject",
            "extra.subject",
            "Subject",
            required=False,
            description="The person whose contacts the service account keeps",
            placeholder="ada@acme.example",
        ),
        Credential("host", "host", "API root", required=False, placeholder=API_ROOT),
        Credential("token_url", "extra.token_url", "Token endpoint", required=False, placeholder=TOKEN_URL),
        Credential("userinfo_url", "extra.userinfo_url", "Userinfo", required=False, placeholder=USERINFO_URL),
        *PERMISSIONS,
    ),
    hosts=(
        "people.googleapis.com",
        "oauth2.googleapis.com",
        "openidconnect.googleapis.com",
        "www.googleapis.com",
        "accounts.google.com",
    ),
    fields=FIELDS,
    caps=Capabilities(
        page_size=PAGE_SIZE,
        batch=BATCH,
        check=Check.FETCHED_VERSION,
        adopt=Adopt.MARKER,
        returns_record=True,
        deletes=Deletes.FEED,
        window=Window.NONE,
        lag=LAG,
        granularity=timedelta(milliseconds=1),
        rates=(Rate(PER_MINUTE, 60), Rate(PER_MINUTE, 60, writes=True)),
        sequential_writes=True,
        capacity=25_000,
    ),
    docs="https://developers.google.com/people",
    any_custom=True,
    conditions=(ConditionInfo("has_label", "Has the label", Takes.TEXTS, ("memberships",), Compare.HAS),),
    actions=(
        ActionInfo("add_label", "Add a label", "memberships", How.ADD, reverse="remove_label"),
        ActionInfo("remove_label", "Remove a label", "memberships", How.REMOVE, reverse="add_label"),
    ),
    tag_field="memberships",
    no_consent="it has no field for it",
    notes=(
        "Only contacts of the account itself: no profiles, no 'other contacts', no directory.",
        "Labels are contact groups; one that does not exist is created when it is first written. System groups stay.",
        "Google chooses the primary e-mail and phone itself.",
        "Updates are refused where the contact changed since it was read; deletions have no such condition.",
        "Google may show a write to a listing only after minutes.",
        "Deleted contacts stay 30 days in the trash and count among the 25,000 that an account may hold.",
        "Custom fields are custom.<key>, with any key.",
        "There is no field for consent to e-mail: unsubscribes can be carried neither to nor from Google Contacts.",
    ),
    oauth=OAuthInfo(
        authorise_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url=TOKEN_URL,
        scopes=(SCOPE,),
        identity=("openid", "email"),
        parameters=(("access_type", "offline"), ("prompt", "consent")),
        userinfo_url=USERINFO_URL,
        register="Google Cloud console, APIs & Services, Credentials: an OAuth client of type desktop app",
    ),
)
