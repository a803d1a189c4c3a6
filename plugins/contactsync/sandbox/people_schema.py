"""The fields of a Person: which may be read, which written, and what each item of a field may hold."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from contactsync.sandbox.people_errors import mask_missing, mask_unknown

ITEMS: Mapping[str, str] = {
    "addresses": "city country countryCode extendedAddress formattedType formattedValue poBox postalCode region"
    " streetAddress type",
    "biographies": "contentType value",
    "birthdays": "date:date text",
    "calendarUrls": "formattedType type url",
    "clientData": "key value",
    "emailAddresses": "displayName formattedType type value",
    "events": "date:date formattedType type",
    "externalIds": "formattedType type value",
    "genders": "addressMeAs formattedValue value",
    "imClients": "formattedProtocol formattedType protocol type username",
    "interests": "value",
    "locales": "value",
    "locations": "buildingId current:bool deskCode floor floorSection type value",
    "memberships": "contactGroupMembership:object domainMembership:object",
    "miscKeywords": "formattedType type value",
    "names": "displayName displayNameLastFirst familyName givenName honorificPrefix honorificSuffix middleName"
    " phoneticFamilyName phoneticFullName phoneticGivenName phoneticHonorificPrefix phoneticHonorificSuffix"
    " phoneticMiddleName unstructuredName",
    "nicknames": "type value",
    "occupations": "value",
    "organizations": "costCenter current:bool department domain endDate:date formattedType"
    " fullTimeEquivalentMillipercent:int jobDescription location name phoneticName startDate:date symbol title type",
    "phoneNumbers": "canonicalForm formattedType type value",
    "relations": "formattedType person type",
    "sipAddresses": "formattedType type value",
    "urls": "formattedType type value",
    "userDefined": "key value",
}
"""Every field that can be written, with the attributes of its items (name or name:kind; text where no kind stands)."""

OUTPUT_ONLY = frozenset(
    {"formattedType", "formattedProtocol", "canonicalForm", "displayName", "displayNameLastFirst"}
) | frozenset({"domainMembership"})
"""Attributes the server fills in; sent ones are ignored. (emailAddresses.displayName is the exception: writable.)"""

READ_ONLY_FIELDS = ("ageRanges", "coverPhotos", "metadata", "photos", "skills")
UPDATABLE = tuple(ITEMS)
READABLE = tuple(sorted((*ITEMS, *READ_ONLY_FIELDS)))
SINGLETONS = frozenset({"biographies", "birthdays", "genders", "names"})
IGNORED = frozenset(
    {"resourceName", "etag", *READ_ONLY_FIELDS, "ageRange", "braggingRights", "fileAses", "relationshipInterests"}
) | frozenset({"relationshipStatuses", "residences", "taglines"})
"""Keys of a Person that may be sent and change nothing."""

SOURCES = ("READ_SOURCE_TYPE_CONTACT", "READ_SOURCE_TYPE_PROFILE", "READ_SOURCE_TYPE_DOMAIN_CONTACT")
CONTACT, PROFILE = SOURCES[:2]

GROUP_FIELDS = ("clientData", "groupType", "memberCount", "metadata", "name")

FORMATTED_TYPES: Mapping[str, str] = {
    "homeFax": "Home Fax",
    "workFax": "Work Fax",
    "otherFax": "Other Fax",
    "workMobile": "Work Mobile",
    "workPager": "Work Pager",
    "googleVoice": "Google Voice",
    "homePage": "Home Page",
    "freeBusy": "Free/Busy",
    "loginId": "Login ID",
    "domesticPartner": "Domestic Partner",
    "referredBy": "Referred By",
} | {t: t.title() for t in ("home", "work", "other", "mobile", "pager", "main", "blog", "profile", "ftp")}


@functools.cache
def attributes(field: str) -> Mapping[str, str]:
    """The attributes of a field's items and the kind of each: text, date, bool, int or object."""
    pairs = (word.partition(":") for word in ITEMS[field].split())
    return {name: kind or "text" for name, _, kind in pairs}


def read_mask(text: str, name: str = "personFields", method: str = "get") -> tuple[str, ...]:
    """The fields of a read mask in one order; refused when empty or unknown."""
    return _mask(text, READABLE, name, method)


def update_mask(text: str, name: str = "updatePersonFields", method: str = "updateContact") -> tuple[str, ...]:
    """The fields of an update mask; refused when empty or unknown."""
    return _mask(text, UPDATABLE, name, method)


def group_mask(
    text: str, default: tuple[str, ...] = ("groupType", "memberCount", "metadata", "name")
) -> frozenset[str]:
    """The fields of a contact group to return; empty means the default."""
    return frozenset(_mask(text, GROUP_FIELDS, "groupFields", "get") if text else default)


def _mask(text: str, allowed: tuple[str, ...], name: str, method: str) -> tuple[str, ...]:
    paths = [path for path in text.split(",") if path]
    if not paths:
        raise mask_missing(name, method)
    for path in paths:
        if path not in allowed:
            raise mask_unknown(name, path, method)
    return tuple(sorted(set(paths)))
