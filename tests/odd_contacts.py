"""Contact data as it really comes: every odd kind by number and name, as persons who were typed into an app.

A person is typed into any app (`odd_typing`); what only one app can show stands as that app shows it: lines of a vCard,
keys of a Freshsales row or of a Google Person, fields of a memory book. `{own}` is an e-mail's local part that nobody
else has, `{kind}` one that the persons of a kind share.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contactsync.model.plan import HoldReason

CRM, GOOGLE, BOOK, MEMORY = "freshsales", "google_contacts", "carddav", "memory"
OWN = "{own}@example.org"
MILLION = 10**6


@dataclass(frozen=True)
class Typed:
    """What a person typed. `phones` are (label, number).

    not_in  the app that does not let it be typed; only  the one app that can show it
    extra   lines of a vCard, keys of a row or Person, fields of a book
    held    app that it is to be synced to ('' = any) -> why it is held instead
    apart   app that it is to be synced to -> fields that it holds in another form than was sent
    filled  line of a vCard that any change of it completes
    """

    given: str = "Ada"
    family: str = "Muster"
    emails: Sequence[str] = (OWN,)
    phones: Sequence[tuple[str, str]] = ()
    title: str = ""
    company: str = ""
    nickname: str = ""
    note: str = ""
    birthday: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()
    uid: str = ""
    not_in: str = ""
    only: str = ""
    extra: Any = None
    held: Mapping[str, HoldReason] = field(default_factory=dict)
    apart: Mapping[str, Sequence[str]] = field(default_factory=dict)
    filled: str = ""


@dataclass(frozen=True)
class Odd:
    """One kind of contact data, and persons of whom it is so."""

    number: int
    name: str
    persons: tuple[Typed, ...]


REFUSED, AMBIGUOUS, UNREADABLE, NO_KEY = (
    HoldReason.REFUSED,
    HoldReason.AMBIGUOUS,
    HoldReason.UNREADABLE,
    HoldReason.NO_KEY,
)
TEXTS = ("names.given", "names.family", "job_title", "company", "nickname", "notes", "addresses", "tags")


def odd(number: int, name: str, *persons: Typed) -> Odd:
    return Odd(number, name, persons)


def text(number: int, name: str, value: str, **more: Any) -> Odd:
    """The same text wherever a person may type one."""
    person = Typed(
        given=value,
        family=f"Muster {value} Muster",
        title=value,
        company=value,
        nickname=value,
        note=value,
        address={"street": value, "city": "Musterstadt"},
        tags=(f"tag {value}",),
        **more,
    )
    return odd(number, name, person)


def phone(number: int, name: str, *numbers: str) -> Odd:
    labels = ("mobile", "work")
    return odd(number, name, Typed(phones=tuple(zip(labels, numbers, strict=False))))


def mails(number: int, name: str, *emails: str, refused: bool = False) -> Odd:
    """refused: Freshsales takes none of them, from nobody."""
    more: dict[str, Any] = {"not_in": CRM, "held": {CRM: REFUSED}} if refused else {}
    return odd(number, name, Typed(emails=emails, **more))


def card(*lines: str, **more: Any) -> Typed:
    """A vCard of these lines, as some program wrote it; VERSION, UID, N, FN and EMAIL are there where not given."""
    return Typed(only=BOOK, extra=lines, **more)


def row(held: Mapping[str, HoldReason] | None = None, **keys: Any) -> Typed:
    """A Freshsales contact that came with these keys."""
    return Typed(only=CRM, extra=keys, held=held or {})


def person(**fields: Any) -> Typed:
    """A Google Person with these fields."""
    return Typed(only=GOOGLE, extra=fields)


def entry(held: Mapping[str, HoldReason] | None = None, **fields: Any) -> Typed:
    """A memory book's contact with these fields."""
    return Typed(only=MEMORY, extra=fields, held=held or {})


def birthdays(*texts: str) -> tuple[Typed, ...]:
    """Birthdays as texts, where a text can stand; Google knows only dates."""
    return (*(card(f"BDAY:{t}") for t in texts), *(entry(birthday=t) for t in texts))


ANY = ""
NESTED: Any = "deep"
for _ in range(300):
    NESTED = [NESTED]
PHOTO = base64.b64encode(bytes(range(256)) * 400).decode()  # of 100 kB: the server takes seconds a search for 10 MB


KINDS: tuple[Odd, ...] = (
    odd(
        0,
        "nothing odd: the bystander",
        Typed(
            given="Uma",
            family="Beispiel",
            phones=(("mobile", "+49 170 1234567"), ("work", "+49 30 7654321")),
            title="Editor",
            company="Muster & Söhne",
            nickname="Umi",
            note="Likes tea.\nAnd cake.",
            birthday="1990-05-01",
            address={"street": "Weg 1", "city": "Musterstadt", "postal_code": "01234", "country": "Germany"},
            tags=("friend", "VIP"),
        ),
    ),
    text(1, "empty string", ""),
    odd(2, "null", Typed(), row(last_name=None, job_title=None, tags=None, medium=None, address=None)),
    odd(3, "key missing", Typed(given=""), card("NOTE:nothing else")),
    text(4, "whitespace only", "   "),
    text(5, "no-break and zero-width spaces", "Mus\u00a0ter\u200b\u2060 Weg"),
    text(6, "leading and trailing spaces", "  Muster\u3000 "),
    text(7, "CR, LF and tab inside", "Mus\r\nter\rWeg\t7\n"),
    text(8, "NUL", "Mus\x00ter"),
    # No XML answer could carry controls back, so a card is written without them.
    text(9, "C0 and C1 controls", "Mus\x01\x1b\x1f\x7f\x85\x9bter\x0b\x0c", apart={BOOK: TEXTS}),
    text(10, "lone surrogate", "Mus\ud83dter\udc00", not_in=BOOK),  # a file holds no half characters
    text(11, "NFD", "Zoe\u0308 A\u030angstro\u0308m"),
    text(12, "emoji with joiners", "👩‍👩‍👧‍👦 Muster 🏳️‍🌈"),
    text(13, "right to left override", "\u202eretsuM\u202c"),
    odd(
        14,
        "Turkish dots",
        Typed(given="İpek", family="Işıl", emails=("{own}İI@example.org",)),
        Typed(given="ipek", family="ısıl", emails=("{own}ıx@example.org",)),
    ),
    odd(
        15,
        "sharp s",
        Typed(family="Groß", emails=("{own}straße@example.org",)),
        Typed(family="GROSS", emails=("{own}strasse@example.org",)),
    ),
    odd(
        16,
        "Cyrillic look-alikes",
        Typed(given="Anna", emails=("{kind}a@example.org",)),
        Typed(given="\u0410nna", emails=("{kind}\u0430@example.org",)),
    ),
    text(17, "flood of combining marks", "Z" + "\u0301\u0327" * 60 + "oe"),
    text(18, "latin-1 read as UTF-8", "MÃ¤x MÃ¼ster \ufffd"),
    text(19, "byte order mark", "\ufeffMuster"),
    text(20, "UTF-16 read as latin-1", "ÿþM\x00u\x00s\x00t\x00e\x00r\x00"),
    odd(21, "a million characters", Typed(note="ä " * (MILLION // 2)), row(job_title="x" * MILLION)),
    odd(22, "one more than the target takes", Typed(title="x" * 256, held={CRM: REFUSED})),
    odd(23, "many bytes a character at the limit", Typed(title="👩‍👧" * 85, family="ä" * 255)),
    mails(24, "e-mail in capitals", "{own}.UMA@Example.ORG"),
    mails(25, "plus-tag and dots", "u.{own}.a+news+2@example.org"),
    mails(26, "quoted local part", '"uma {own}"@example.org', refused=True),
    mails(27, "punycode domain", "{own}@xn--mller-kva.example", "{own}@bücher.example"),
    mails(28, "two @ signs, no top-level domain", "{own}@@example.org", "{own}@localhost", refused=True),
    mails(29, "mailto in front", "mailto:{own}@example.org"),
    mails(30, "many e-mails in one field", "{own}@example.org; b{own}@example.org", refused=True),
    odd(
        31,
        "two persons with one e-mail",
        Typed(emails=("{kind}@example.org",), not_in=CRM, held={ANY: AMBIGUOUS}),
        Typed(given="Uma", emails=("{kind}@example.org",), not_in=CRM, held={ANY: AMBIGUOUS}),
    ),
    mails(32, "one e-mail twice", "{own}@example.org", "{own}@EXAMPLE.org", "{own}@example.org"),
    phone(33, "phone as E.164", "+493012345678"),
    phone(34, "national phone", "030 12345678"),
    phone(35, "00 and +", "0049 30 12345678", "+49 30 12345679"),
    phone(36, "extension", "+49 30 12345678 ext. 12", "+1 212 555 0100x7"),
    phone(37, "vanity letters", "1-800-FLOWERS", "+1 800 FLOWERS"),
    phone(38, "digits of other scripts", "٠٣٠١٢٣٤٥٦٧٨", "+４９３０１２３４５６７９"),
    phone(39, "one phone in two forms", "+49 30 12345678", "030/1234 5678"),
    odd(
        40,
        "phone as a number",
        Typed(phones=(("mobile", "4.93012345678e11"), ("work", "1e11"))),
        row(mobile_number=493012345678, work_number=4.93012345678e11),
    ),
    odd(
        41,
        "date of zeros, date without a year",
        *birthdays("0000-00-00", "--02-29", "--0229", "1990-00-00"),
        person(birthdays=[{"date": {"month": 2, "day": 29}}]),
        person(birthdays=[{"date": {"year": 1990}}]),
    ),
    odd(42, "29 February", Typed(birthday="2024-02-29"), *birthdays("2023-02-29")),
    odd(
        43,
        "date-time at midnight with a zone",
        *birthdays("1990-05-01T00:00:00+14:00", "1990-05-01T00:00:00-11:00", "1990-05-01T00:00:00Z"),
    ),
    odd(44, "dates at the ends of time", Typed(birthday="1899-12-31"), Typed(birthday="9999-12-31")),
    odd(45, "seconds and milliseconds since 1970", *birthdays("631152000", "631152000000")),
    odd(46, "day and month, month and day", *birthdays("31/12/1990", "12/31/1990", "01.02.1990")),
    odd(
        47,
        "yes and one for true",
        row(has_authority="Yes", do_not_disturb=1, custom_field={"cf_has_authority": "Yes", "cf_do_not_disturb": 1}),
        entry(archived="Yes", consent="1"),
    ),
    odd(
        48,
        "choice that nobody knows",
        Typed(phones=(("satellite on the boat", "+881 6 12345678"),)),
        row(custom_field={"cf_segment": "Tiny"}, contact_status_id=4711, lead_source_id="gone"),
    ),
    odd(49, "choices in another order, and twice", Typed(tags=("beta", "alpha", "ALPHA", "Gamma"))),
    odd(
        50,
        "list for a single value, single value for a list",
        row({ANY: UNREADABLE}, tags="VIP"),
        row({ANY: UNREADABLE}, job_title=["Buyer"]),
        row({ANY: UNREADABLE}, emails="{own}@example.org"),
        entry({ANY: UNREADABLE}, job_title=[{"value": "Buyer"}]),
        entry({ANY: UNREADABLE}, emails="{own}@example.org"),
    ),
    odd(
        51,
        "null inside of a list",
        row({ANY: NO_KEY}, emails=[{"id": 7, "value": None, "is_primary": True}], phone_numbers=[{"value": None}]),
        row(tags=[None, "VIP"]),
        row({ANY: UNREADABLE}, tags=[{"name": "VIP"}]),
        row({ANY: UNREADABLE}, sales_accounts=[None]),
        person(phoneNumbers=[{"type": "home"}], urls=[{}]),
        entry({ANY: NO_KEY}, emails=[{"value": None}], phones=[{"value": "+49 30 5", "label": None, "primary": None}]),
    ),
    odd(
        52,
        "ids past 2^53, leading zeros, case",
        *(Typed(uid=uid) for uid in ("00700", "00070", "AbCdEf", "aBcDeF", "36893488147419103232")),
    ),
    odd(
        53,
        "NaN and Infinity",
        row(lead_score=float("nan"), open_deals_amount=float("inf")),
        row({ANY: UNREADABLE}, mobile_number=float("nan")),
    ),
    text(54, "formulas", '=HYPERLINK("http://x.example","a")+cmd|\' /C calc\'!A0'),
    text(55, "markup and templates", "<script>alert(1)</script>{{7*7}}${jndi:ldap://x.example/a}{% raw %}"),
    odd(
        56,
        "SQL, %00 and ../",
        Typed(uid="../../etc/passwd", family="'; DROP TABLE link; --"),
        Typed(uid="%00%2e%2e?x=1#y", family="%00../%2e%2e%2f\\..\\"),
    ),
    odd(
        57,
        "vCards of all ages",
        card(
            "VERSION:2.1",
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCster;=C3=84da",
            "TEL;CELL;VOICE:0170 123456",
        ),
        card("VERSION:2.1", "NOTE;ENCODING=QUOTED-PRINTABLE:soft=20=", "break=0D=0Ahard"),
        card("VERSION:4.0", 'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+49-170-1234567;ext=5', "KIND:individual"),
        card("item1.EMAIL;type=INTERNET:{own}@example.org", "item1.X-ABLabel:_$!<HomePage>!$_", 'X-THING;X="a;b:c":d'),
        card("TITLE:bad \\escape \\, \\; \\n end\\", "ORG:A\\;B;C\\,D", "CATEGORIES:a\\,b,c"),
        card(
            "NOTE:folded in the mid",
            " dle and ",
            "\tagain",
            "ADR:;;Street 1",
            "TEL:",
            "EMAIL:{own}@example.org",
            "BDAY:",
        ),
        # Freshsales has no place for a post box: it stands in the street.
        card("N:only family", "ADR;TYPE=dom,home,postal,parcel:a;b;c;d;e;f;g;h;i", apart={CRM: ("addresses",)}),
    ),
    odd(
        58,
        "vCard with an empty FN, with two UIDs",
        card("FN:", "N:;;;;", filled="FN:"),
        card("UID:{own}-1", "UID:{own}-2"),
    ),
    odd(59, "photo", card(f"PHOTO;ENCODING=b;TYPE=JPEG:{PHOTO}")),
    odd(
        60,
        "country and state by other names, postcode with zeros",
        Typed(address={"street": "Weg 1", "postal_code": "00123", "region": "NRW", "country": "DE"}),
        Typed(
            address={"street": "Weg 1", "postal_code": "00123", "region": "Nordrhein-Westfalen", "country": "Germany"}
        ),
    ),
    odd(
        61,
        "names that are none",
        Typed(given="", family="", company="Muster GmbH"),
        Typed(given="Muster", family="Ada"),
        Typed(given="", family="Cher"),
        Typed(given="Unknown", family="Unknown"),
        Typed(given="-", family="."),
    ),
    odd(62, "no key at all", Typed(emails=(), title="Buyer", held={ANY: NO_KEY})),
    odd(
        63,
        "merged with itself, merged in a circle",
        person(former="itself"),
        person(former="next"),
        person(former="before"),
    ),
    odd(
        64,
        "fields that nobody knows",
        row(hat_size=7, custom_field={"cf_unheard_of": {"a": [1]}}),
        person(userDefined=[{"key": "", "value": "x"}, {"key": "a", "value": "1"}, {"key": "a", "value": "2"}]),
        card("X-HAT-SIZE;TYPE=a:7", "HATSIZE:7"),
        entry(hat_size="7"),
    ),
    odd(
        65,
        "ten thousand tags, hundreds of levels",
        Typed(tags=tuple(f"tag {n}" for n in range(90))),
        # Each new label is a request of Google's ninety a minute.
        row({GOOGLE: REFUSED}, tags=[f"label {n}" for n in range(10_000)]),
        row(custom_field={"cf_customer_number": NESTED}),
    ),
)
"""Every kind, in the order of their numbers."""
