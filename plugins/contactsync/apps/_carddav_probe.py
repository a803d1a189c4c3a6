"""What the CardDAV connector assumes of a server beyond what all of them are known to do, checked by reading only."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urljoin

from contactsync.apps._carddav_cards import usual_path
from contactsync.apps._carddav_probe_account import CARDS, POINTS, REPORT, REPORTS, Account
from contactsync.apps._carddav_reports import DATA, ETAG, GONE, Stored, card_at, cards_like, multiget
from contactsync.apps._probing import Answer, CannotTell, Check, judged, own_mark
from contactsync.apps._vcard import Card, CardError, parse
from contactsync.apps._xml_bounds import XmlError
from contactsync.errors import CursorExpired

MISSED = "report it: changes or deletions would be missed"
ONE_BY_ONE = "nothing: cards are then read one by one, which takes longer"
COMPLETE = "nothing: the address book is then read completely at each run"


# ---- listings


def _tells_changes(account: Account) -> Answer:
    token = account.listed.token
    return judged(token, f"sync-collection {'gives a token' if token else 'is refused'}")


def _complete(account: Account) -> Answer:
    there, named = set(account.plain.paths), set(account.listed.paths)
    told = f"a plain listing names {len(there)} cards, sync-collection without a token {len(named)}"
    return judged(there == named, f"{told}, {len(there - named)} are missing, {len(named - there)} more")


def _unchanged(account: Account) -> Answer:
    again = account.changes(account.token)
    told = f"asked again with the token of a moment ago: {len(again.paths)} changed, {len(again.removed)} removed"
    return judged(not again.paths and not again.removed, told)


def _unknown_token(account: Account) -> Answer:
    made_up = f"{account.token.rpartition('/')[0]}/contactsync-{own_mark()}"
    try:
        listing = account.changes(made_up)
    except CursorExpired as refused:
        return judged(True, refused.message.rpartition("(")[2].rstrip(").") or "refused")
    everything = set(listing.paths) >= set(account.listed.paths)
    return judged(False, f"taken, and {'everything' if everything else f'{len(listing.paths)} cards'} listed")


# ---- cards


def _multiget(account: Account) -> Answer:
    try:
        members = multiget(account.dav, account.book, account.paths)
    except XmlError as error:
        return judged(False, str(error))
    whole = {m.path for m in members if DATA in m.props and m.text(ETAG)}
    found = len(whole & set(account.paths))
    return judged(found == len(account.paths), f"{found} of {len(account.paths)} cards came with text and etag")


def _missing_card(account: Account) -> Answer:
    absent = usual_path(account.book.path, f"contactsync-{own_mark()}")
    try:
        members = multiget(account.dav, account.book, [account.paths[0], absent])
    except XmlError as error:
        return judged(False, str(error))
    other = any(m.path == account.paths[0] and DATA in m.props for m in members)
    told = [m.status for m in members if m.path == absent]
    seen = f"a card that is not there: {'HTTP ' + str(told[0]) if told else 'not mentioned'}"
    return judged(other and told and told[0] in GONE, f"{seen}, the other card {'came' if other else 'did not come'}")


def _etags(account: Account) -> Answer:
    listed = account.cards[0]
    read = card_at(account.dav, account.book, listed.path)
    strong = listed.etag.startswith('"')
    same = isinstance(read, Stored) and read.etag == listed.etag
    told = f"the etag is {'strong' if strong else 'weak' if listed.etag else 'missing'}"
    return judged(strong and same, f"{told}, GET gives {'the same' if same else 'another or none'}")


def _cards(account: Account) -> Answer:
    versions: Counter[str] = Counter()
    for stored in account.cards:
        versions[_kind(stored)] += 1
    told = ", ".join(f"{number} of {kind}" for kind, number in sorted(versions.items()))
    return judged(not versions.keys() & {UNREADABLE, NO_UID}, f"{len(account.cards)} cards: {told}")


UNREADABLE, NO_UID = "no vCard", "no UID"


def _kind(stored: Stored) -> str:
    card = _parsed(stored)
    if card is None:
        return UNREADABLE
    return f"version {card.version}" if card.uid or card.is_group else NO_UID


def _parsed(stored: Stored) -> Card | None:
    try:
        return parse(stored.text)
    except CardError:
        return None


# ---- queries


def _by_uid(account: Account) -> Answer:
    return _finds(account, "UID", next((c.uid for c in _all_parsed(account) if c.uid), ""))


def _by_email(account: Account) -> Answer:
    """In other letters: match keys of e-mails are compared without regard to case."""
    text = next((text for card in _all_parsed(account) if (text := card.text_of("EMAIL"))), "")
    return _finds(account, "EMAIL", text.swapcase())


def _finds(account: Account, name: str, text: str) -> Answer:
    if not text:
        raise CannotTell(f"no card of {len(account.cards)} has {name}")
    found = cards_like(account.dav, account.book, [(name, text)])
    if found is None:
        return judged(False, "addressbook-query is refused, or not answered in full")
    return judged(found, f"a query by {name} gave {len(found)} cards")


def _finds_nobody(account: Account) -> Answer:
    found = cards_like(account.dav, account.book, [("UID", f"contactsync-{own_mark()}")])
    if found is None:
        return judged(False, "addressbook-query is refused, or not answered in full")
    return judged(not found, f"a UID that nobody has gave {len(found)} cards")


def _all_parsed(account: Account) -> list[Card]:
    return [card for stored in account.cards if (card := _parsed(stored)) and not card.is_group]


def _home(account: Account) -> Answer:
    """Cards are put into the book by names of our own."""
    places = {urljoin(account.book.url, path).rpartition("/")[0] for path in account.paths}
    return judged(places == {account.book.url.rstrip("/")}, f"cards lie in {len(places)} folders")


READS: tuple[Check[Account], ...] = (
    Check("tells_changes", "The server tells what changed (sync-collection)", REPORTS, COMPLETE, _tells_changes),
    Check("complete", "A listing by sync-collection names every card", REPORTS, MISSED, _complete),
    Check("unchanged", "A sync-token lists nothing where nothing changed", REPORTS, REPORT, _unchanged),
    Check("unknown_token", "A sync-token that was never given is refused", REPORTS, MISSED, _unknown_token),
    Check("folder", "Cards lie in the address book itself", CARDS, "report it", _home),
    Check("multiget", "Cards come several at a time, with text and etag", REPORTS, ONE_BY_ONE, _multiget),
    Check("missing_card", "A card that is not there answers 404, others come", REPORTS, ONE_BY_ONE, _missing_card),
    Check("etags", "Etags are strong, and the same in every answer", REPORTS, "do not sync to this server; report it",
          _etags),
    Check("cards", "Cards are vCards with a UID", CARDS, "nothing: those that are not are held one by one", _cards),
    Check("by_uid", "A card is found by its UID", POINTS, "report it: moved cards would count as forbidden", _by_uid),
    Check("by_email", "A card is found by its e-mail, whatever the case", CARDS, "report it", _by_email),
    Check("finds_nobody", "A query that nobody fits finds nobody", POINTS, "report it", _finds_nobody),
)  # fmt: skip
