"""The vendors that histories are played between, by name."""

from __future__ import annotations

from collections.abc import Mapping

from vendor import Traits

CHOICES = tuple(
    f"p{person}x{number}{tail}" for person in range(3) for number in range(2, 80, 2) for tail in ("", "abc")
)
"""Half of the short values that people type."""

KINDS: Mapping[str, Traits] = {
    "plain": Traits(primaries=("emails", "phones")),
    # Listings and look-ups by key follow behind, page by page; a delta shows again what it showed before.
    "late": Traits(
        ids="opaque",
        check="fetched_version",
        lag=120.0,
        find_lag=120.0,
        page=1,
        overlap=2,
        tokens=2,
        reverse=True,
        primaries=("emails", "phones"),
    ),
    # The client chooses the ids, deletions show in complete listings only, an answer holds no contact.
    "cards": Traits(
        ids="ours", adopt="client_id", deletes="scan", returns_record=False, batch=1, finds=False, primaries=("phones",)
    ),
    # No versions at all; an address may be there once.
    "crm": Traits(adopt="unique_key", check="fetch", deletes="none", batch=1, page=2, finds=False),
    # No versions, no batch reads before a write, no way to find again what got no answer.
    "bare": Traits(adopt="none", check="delta", overlap=1, batch=3),
    # Cuts, lowers and dots what it is sent, spells addresses and numbers its own way, and refuses what it did not
    # declare to be too long, and with it all that is in the same batch.
    "strict": Traits(
        whole=True,
        forms={"job_title": "cut", "company": "lower", "nickname": "dotted"},
        refuses={"company": 20},
        lengths={"job_title": 18},
        spells=("emails", "phones"),
        primaries=("phones",),
    ),
    # Declares how long values may be and which ones there are, requires a field without saying so, has no batches and
    # no way to look somebody up.
    "picky": Traits(
        lengths={"nickname": 12},
        choices={"grade": CHOICES},
        needs=("company",),
        adopt="none",
        check="fetched_version",
        batch=1,
        finds=False,
    ),
}
