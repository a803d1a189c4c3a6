"""Google's own client library drives the sandbox, and Google's discovery document judges its fields and answers.

Neither was written here: what they accept is not our reading of the API.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import googleapiclient
import pytest
from contactsync.sandbox.people import USER
from contactsync.sandbox.people_data import both_sides
from contactsync.sandbox.people_schema import IGNORED, ITEMS, READABLE, SINGLETONS, UPDATABLE, attributes
from contactsync.sandbox.people_seed import seed_people
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

SCOPE = "https://www.googleapis.com/auth/contacts"
_TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    place = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / "people.v1.json"
    return json.loads(place.read_text())


def violations(document, schema, value, at="") -> list[str]:
    """Where a value departs from a schema of the discovery document: unknown names, wrong types, unknown words."""
    if "$ref" in schema:
        schema = document["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    if kind != "any" and (not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool))):
        return [f"{at}: {type(value).__name__} is no {kind}"]
    if kind == "array":
        return [v for i, each in enumerate(value) for v in violations(document, schema["items"], each, f"{at}[{i}]")]
    if kind == "string" and "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of the allowed words"]
    if kind != "object":
        return []
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    found = [f"{at}.{name}: unknown" for name in value if name not in known and rest is None]
    for name, each in value.items():
        if (inner := known.get(name, rest)) is not None:
            found += violations(document, inner, each, f"{at}.{name}")
    return found


def service(google_sandbox, credentials):
    return build(
        "people",
        "v1",
        credentials=credentials,
        cache_discovery=False,
        client_options={"api_endpoint": google_sandbox.url},
    )


@pytest.fixture
def people(google):
    credentials = googleapis_user(google)
    with service(google, credentials) as client:
        yield client


def googleapis_user(sandbox):
    return Credentials(None, scopes=[SCOPE], **sandbox.credentials())


# ---- the tables


def test_the_fields_of_a_person_are_those_of_the_discovery_document(document):
    properties = document["schemas"]["Person"]["properties"]
    assert set(properties) == set(ITEMS) | IGNORED
    kinds = {"string": "text", "boolean": "bool", "integer": "int"}
    for field in ITEMS:
        schema = document["schemas"][properties[field]["items"]["$ref"]]
        told = {
            name: kinds.get(each.get("type", ""), "date" if each.get("$ref") == "Date" else "object")
            for name, each in schema["properties"].items()
            if name != "metadata"
        }
        assert attributes(field) == told, field


def test_the_masks_are_those_of_the_discovery_document(document):
    method = document["resources"]["people"]["methods"]["updateContact"]["parameters"]
    words = {name: set(method[name]["description"].split(" * ")[1:]) for name in ("personFields", "updatePersonFields")}
    assert set(READABLE) == words["personFields"]
    assert set(UPDATABLE) == words["updatePersonFields"]
    assert all("singleton" in document["schemas"]["Person"]["properties"][name]["description"] for name in SINGLETONS)


def routes_of(resources):
    for resource in resources.values():
        for method in resource.get("methods", {}).values():
            yield method["httpMethod"], "/" + method["flatPath"]
        yield from routes_of(resource.get("resources", {}))


def test_every_method_but_photos_other_contacts_and_the_directory_is_served(document, google):
    missing = {
        path
        for method, path in routes_of(document["resources"])
        if google._find(SimpleNamespace(method=method, path=path.replace("{", "").replace("}", ""), headers={})) is None
    }
    assert [p for p in missing if not any(w in p for w in ("otherContacts", "Photo", "DirectoryPeople"))] == []


# ---- Google's client


def test_the_client_lists_pages_and_deltas(document, google, people, ada):
    seed_people(google, both_sides(7, 60, 0, 0).right)
    google.account().verify_email(ada, "ada@example.org")
    query = {"resourceName": "people/me", "personFields": ",".join(READABLE), "pageSize": 25, "requestSyncToken": True}
    request, seen = people.people().connections().list(**query), []
    while request is not None:
        answer = request.execute()
        assert violations(document, {"$ref": "ListConnectionsResponse"}, answer) == []
        seen += answer["connections"]
        request = people.people().connections().list_next(request, answer)
    assert len(seen) == 61
    google.delete_contact(seen[0]["resourceName"])
    delta = people.people().connections().list(**query, syncToken=answer["nextSyncToken"]).execute()
    assert violations(document, {"$ref": "ListConnectionsResponse"}, delta) == []
    assert [person["metadata"]["deleted"] for person in delta["connections"]] == [True]


def test_the_client_creates_updates_and_deletes(document, google, people):
    body = {"names": [{"givenName": "Uma", "familyName": "Muster"}], "birthdays": [{"date": {"month": 5, "day": 4}}]}
    assert violations(document, {"$ref": "Person"}, body) == []
    made = people.people().createContact(body=body).execute()
    assert violations(document, {"$ref": "Person"}, made) == []
    read = people.people().get(resourceName=made["resourceName"], personFields="names,metadata").execute()
    read["names"][0]["familyName"] = "Vorlage"
    update = {"resourceName": made["resourceName"], "updatePersonFields": "names", "body": read}
    assert people.people().updateContact(**update).execute()["names"][0]["displayName"] == "Uma Vorlage"
    with pytest.raises(HttpError) as stale:
        people.people().updateContact(**update).execute()
    assert (stale.value.status_code, "person.etag is different" in stale.value.reason) == (400, True)
    assert people.people().deleteContact(resourceName=made["resourceName"]).execute() == {}


def test_the_client_works_in_batches(document, google, people):
    bodies = [{"contactPerson": {"names": [{"givenName": f"N{i}"}]}} for i in range(200)]
    made = people.people().batchCreateContacts(body={"contacts": bodies, "readMask": "names,metadata"}).execute()
    assert violations(document, {"$ref": "BatchCreateContactsResponse"}, made) == []
    persons = {each["person"]["resourceName"]: each["person"] for each in made["createdPeople"]}
    # 200 names make an address of over 2048 characters: the client sends the GET as a form
    got = people.people().getBatchGet(resourceNames=list(persons), personFields="names").execute()
    assert violations(document, {"$ref": "GetPeopleResponse"}, got) == []
    assert len(got["responses"]) == 200
    body = {"contacts": persons, "updateMask": "nicknames", "readMask": "names"}
    result = people.people().batchUpdateContacts(body=body).execute()
    assert violations(document, {"$ref": "BatchUpdateContactsResponse"}, result) == []
    people.people().batchDeleteContacts(body={"resourceNames": list(persons)}).execute()
    assert google.contacts() == []
    assert google.counters.reads == 1


def test_the_client_uses_groups_and_the_search(document, people, ada):
    group = people.contactGroups().create(body={"contactGroup": {"name": "VIP"}}).execute()
    assert violations(document, {"$ref": "ContactGroup"}, group) == []
    members = people.contactGroups().members()
    members.modify(resourceName=group["resourceName"], body={"resourceNamesToAdd": [ada]}).execute()
    listed = people.contactGroups().list(pageSize=100).execute()
    assert violations(document, {"$ref": "ListContactGroupsResponse"}, listed) == []
    shown = people.contactGroups().batchGet(resourceNames=[group["resourceName"]], maxMembers=5).execute()
    assert violations(document, {"$ref": "BatchGetContactGroupsResponse"}, shown) == []
    assert shown["responses"][0]["contactGroup"]["memberResourceNames"] == [ada]
    people.people().searchContacts(query="", readMask="names").execute()
    found = people.people().searchContacts(query="bei", readMask="names").execute()
    assert violations(document, {"$ref": "SearchResponse"}, found) == []
    assert [each["person"]["resourceName"] for each in found["results"]] == [ada]


# ---- Google's credentials


def test_the_client_refreshes_its_access_token(google, people, ada):
    people.people().connections().list(resourceName="people/me", personFields="names").execute()
    google.advance(3700)
    people.people().connections().list(resourceName="people/me", personFields="names").execute()
    assert google.counters.tokens == 2


def test_a_revoked_consent_is_a_refresh_error(google):
    google.desk.revoke(USER)
    with pytest.raises(RefreshError, match="invalid_grant"), service(google, googleapis_user(google)) as client:
        client.people().connections().list(resourceName="people/me", personFields="names").execute()


def key_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, *kept)
    shown = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.decode(), key.public_key().public_bytes(serialization.Encoding.PEM, shown)


def service_account(sandbox, private_key, subject=None):
    info = {"client_email": "robot@muster.example", "private_key": private_key, "token_uri": sandbox.token_uri}
    found = ServiceCredentials.from_service_account_info(info, scopes=[SCOPE])
    return found.with_subject(subject) if subject else found


def names_seen_by(sandbox, credentials):
    with service(sandbox, credentials) as client:
        answer = client.people().connections().list(resourceName="people/me", personFields="names").execute()
    return [person["resourceName"] for person in answer.get("connections", [])]


def test_a_service_account_reaches_a_person_by_delegation_and_has_no_contacts_of_its_own(google, ada):
    private, public = key_pair()
    google.add_service_account("robot@muster.example", public)
    assert names_seen_by(google, service_account(google, private, USER)) == [ada]
    assert names_seen_by(google, service_account(google, private)) == []


def test_a_service_account_without_delegation_or_with_another_key_is_refused(google):
    private, public = key_pair()
    google.add_service_account("robot@muster.example", public, delegated=False)
    with pytest.raises(RefreshError, match="unauthorized_client"):
        names_seen_by(google, service_account(google, private, USER))
    google.add_service_account("robot@muster.example", key_pair()[1])
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        names_seen_by(google, service_account(google, private, USER))
