"""Fills a Freshsales sandbox with invented persons."""

from __future__ import annotations

from collections.abc import Iterable

from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.freshsales_fields import Record
from contactsync.sandbox.people_data import Person, people


def seed_freshsales(sandbox: FreshsalesSandbox, persons: Iterable[Person]) -> dict[int, str]:
    """Types the persons into the account; says which contact each person's number became.

    An e-mail address that another contact has already is left out, since the account allows it only once.
    """
    accounts: dict[str, int] = {}
    ids: dict[int, str] = {}
    for person in persons:
        data = contact_data(person)
        data["emails"] = [mail for mail in person.emails if sandbox.store.holder(mail) is None]
        if person.company:
            if person.company not in accounts:
                accounts[person.company] = sandbox.add_account(person.company)
            data["sales_accounts"] = [{"id": accounts[person.company], "is_primary": True}]
        ids[person.number] = str(sandbox.add_contact(data)["id"])
    return ids


def seeded_freshsales(n: int, *, seed: int = 7) -> FreshsalesSandbox:
    """A sandbox, not yet started, with `n` persons."""
    sandbox = FreshsalesSandbox()
    seed_freshsales(sandbox, people(seed, n))
    return sandbox


def contact_data(person: Person) -> Record:
    """A person as a Freshsales contact, without company: mobile number first, then work."""
    mobile, work = (*person.phones, "", "")[:2]
    data: Record = {"first_name": person.given, "last_name": person.family, "emails": list(person.emails)}
    data |= {"work_number": work or None, "mobile_number": mobile or None, "job_title": person.job_title or None}
    data |= {"tags": list(person.tags), "medium": "Fair" if person.number % 3 == 0 else None}
    data["phone_numbers"] = [{"value": phone, "label": "Other"} for phone in person.phones[2:]]
    authority, quiet = person.number % 4 == 0, person.number % 10 == 3
    data |= {"has_authority": authority, "do_not_disturb": quiet}  # Classic keys; Suite has only custom fields for them
    data["custom_field"] = {"cf_has_authority": authority, "cf_do_not_disturb": quiet, "cf_birthday": person.birthday}
    if person.address is not None:
        place = person.address
        data |= {"address": place.street, "city": place.city, "state": place.region or None}
        data |= {"zipcode": place.postal_code, "country": place.country}
    return data | _sales(person.number)


def _sales(number: int) -> Record:
    """Figures the app would have worked out, so that every condition finds somebody and somebody not."""
    return {
        "lead_score": number * 37 % 100,
        "open_deals_amount": 1250.5 * (number % 7) if number % 5 else None,
        "open_deals_count": number % 7 if number % 5 else None,
        "won_deals_amount": 990.0 * (number % 3),
        "won_deals_count": number % 3,
        "last_contacted": "2026-03-14T09:26:53+00:00" if number % 2 else None,
    }
