"""What Google's sandbox can be told to do: quotas, expiry, stale reads and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from contactsync.sandbox.knobs import Knobs


@dataclass
class PeopleKnobs(Knobs):
    """Google's settings; 0 means no limit.

    expire_at_page=k   the k-th page of the next delta is refused, and all sync tokens given out so far are void
    me_readable        False refuses people/me, so that only userinfo tells whose a token is
    etag_settling      seconds after a write in which even a fresh etag is refused, as seen after rapid writes
    sources_required   False takes an update with a person's etag alone, as the live API was seen to do
    check_etags        False takes an update on a former state
    check_sync_tokens  False takes a sync token with other fields, and lists everything for one that was never given
    name_failed        False leaves out which contacts of a refused batch were wrong
    keep_client_data   False forgets clientData
    one_name           False takes contacts with several names
    long_get           False knows no GET that comes as a form by POST
    unknown_spoils     True refuses a whole batchGet for one name that nobody has
    vary_source_etags  True gives a contact's source another etag for each mask
    page_most          contacts on a page at most
    """

    reads_per_minute: int = 0
    writes_per_minute: int = 0
    full_syncs: int = 0
    full_sync_window: float = 60.0
    refuse_list_etags: bool = False
    sources_required: bool = True
    check_etags: bool = True
    check_sync_tokens: bool = True
    name_failed: bool = True
    keep_client_data: bool = True
    one_name: bool = True
    long_get: bool = True
    unknown_spoils: bool = False
    vary_source_etags: bool = False
    page_most: int = 1000
    etag_settling: float = 0.0
    expired_code: int = 400
    expired_status: str = "INVALID_ARGUMENT"
    sync_token_seconds: float = 7 * 86400.0
    expire_at_page: int = 0
    capacity: int = 25_000
    capacity_status: int = 400
    search_lag: float = 0.0
    show_profiles: bool = True
    access_token_seconds: float = 3599.0
    rotate_refresh_tokens: bool = False
    invalid_grant: bool = False
    code_seconds: float = 600.0
    withhold_refresh_token: bool = False
    me_readable: bool = True
    phone_region: str = ""
    shuffle: bool = True

    @classmethod
    def documented(cls) -> Self:
        """Quotas, lag and etag rules as users of the live API report them; nobody told the quota of full syncs."""
        return cls(reads_per_minute=90, writes_per_minute=90, full_syncs=20, refuse_list_etags=True, lag_seconds=120.0)
