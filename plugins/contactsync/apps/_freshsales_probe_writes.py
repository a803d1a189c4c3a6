"""What the Freshsales connector assumes of writes, checked on one throw-away contact."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

from contactsync.apps._freshsales_probe_account import (
    BIN,
    READING,
    REPORT,
    Account,
    bin_rows,
    changed,
    is_classic,
    listing,
    looked_up,
    rule,
)
from contactsync.apps._freshsales_probe_more import MORE
from contactsync.apps._freshsales_probe_trial import WRITING, Trial, removed
from contactsync.apps._freshsales_reading import contact_of
from contactsync.apps._freshsales_record import FLAGS
from contactsync.apps._freshsales_site import INCLUDE
from contactsync.apps._probe_trial import FAMILY, GIVEN, trial
from contactsync.apps._probing import (
    LAG,
    Answer,
    Assumption,
    CannotTell,
    Check,
    address_of,
    dicts,
    judged,
    own_mark,
    status,
    waited_for,
    within,
)
from contactsync.model.probe import Finding
from contactsync.rest.redaction import vendor_words

PAUSE = 2.0  # updated_at has whole seconds


# ---- create


def _create(trial: Trial) -> Answer:
    emails = [{"value": trial.email, "is_primary": True}]
    trial.answer = trial.create({"first_name": GIVEN, "last_name": FAMILY, "emails": emails})
    if trial.made:
        return judged(True, f"{status(trial.answer)}, contact {trial.id}")
    words = vendor_words(trial.answer, [trial.email, GIVEN, FAMILY])
    return judged(False, f"{status(trial.answer)}: {words}")


def _created(trial: Trial) -> Answer:
    if trial.answer is None or trial.answer.status >= 300:
        raise CannotTell("nothing was created")
    return judged(trial.answer.status == 201, status(trial.answer))


def _answer(trial: Trial) -> Answer:
    row, _ = contact_of(trial.answer) if trial.answer else (None, {})
    if row is None:
        raise CannotTell("nothing was created")
    wanted = {"id", "first_name", "last_name", "emails", "updated_at", "owner_id"}
    lacking = sorted(wanted - row.keys())
    with_ids = all(e.get("id") for e in dicts(row.get("emails")))
    told = f"lacking: {', '.join(lacking) or 'nothing'}; e-mails come {'with' if with_ids else 'without'} ids"
    return judged(not lacking and with_ids, told)


# ---- how soon it shows


def _by_search(trial: Trial) -> Answer:
    account, most = trial.account, trial.account.lag.total_seconds()
    since = rule("is_after", changed(trial.read()) - timedelta(seconds=PAUSE))
    seen = waited_for(lambda: _has(listing(account.search(since, sort_type="desc")), trial.id), account.services, most)
    return within(seen, most, "the search")


def _by_view(trial: Trial) -> Answer:
    most = trial.account.lag.total_seconds()
    asked = {"sort": "updated_at", "sort_type": "desc", "per_page": 100, "page": 1}
    seen = waited_for(lambda: _has(trial.account.page(**asked), trial.id), trial.account.services, most)
    return within(seen, most, "the view")


def _by_lookup(trial: Trial) -> Answer:
    most = trial.account.lag.total_seconds()
    found = waited_for(lambda: trial.id in looked_up(trial.account, trial.email), trial.account.services, most)
    return within(found, most, "the look-up")


def _has(page: Mapping[str, Any], contact_id: str) -> bool:
    return contact_id in [str(row.get("id")) for row in dicts(page.get("contacts"))]


# ---- update


def _partial(trial: Trial) -> Answer:
    before = trial.read()
    trial.changed(job_title="Probe")
    after = trial.read()
    lost = [key for key in ("first_name", "last_name", "email") if after.get(key) != before.get(key)]
    stored = after.get("job_title") == "Probe"
    return judged(stored and not lost, f"the key was {'' if stored else 'not '}stored, {len(lost)} others changed")


def _emails(trial: Trial) -> Answer:
    second = address_of(own_mark())
    trial.changed(emails=[*_kept(trial), {"value": second, "is_primary": False}])
    grown = _kept(trial)
    gone = [{**e, "_destroy": True} for e in grown if e["value"] == second]
    if len(grown) != 2 or not gone:
        return judged(False, f"two addresses were sent, {len(grown)} are stored")
    trial.changed(emails=[*(e for e in grown if e["value"] != second), *gone])
    return judged(
        [e["value"] for e in _kept(trial)] == [trial.email], f"after _destroy of one, {len(_kept(trial))} left"
    )


def _kept(trial: Trial) -> list[dict[str, Any]]:
    return [{key: e.get(key) for key in ("id", "value", "is_primary")} for e in dicts(trial.read().get("emails"))]


def _custom(trial: Trial) -> Answer:
    texts = [str(row["name"]) for row in trial.account.custom if row.get("type") in ("text", "textarea")]
    if len(texts) < 2:
        raise CannotTell(f"it takes two custom text fields, the account has {len(texts)}")
    first, second = texts[:2]
    trial.changed(custom_field={first: "probe 1"})
    trial.changed(custom_field={second: "probe 2"})
    held = trial.read().get("custom_field") or {}
    told = f"of two fields written one after the other {sum(bool(held.get(n)) for n in texts[:2])} are stored"
    return judged(held.get(first) == "probe 1" and held.get(second) == "probe 2", told)


def _tags(trial: Trial) -> Answer:
    before = changed(trial.read())
    trial.account.services.sleep(PAUSE)
    trial.changed(tags=["contactsync-probe"])
    row = trial.read()
    if row.get("tags") != ["contactsync-probe"]:
        return judged(False, "the tag was not stored")
    return judged(changed(row) > before, f"updated_at moved by {(changed(row) - before).total_seconds():.0f} s")


def _flags(trial: Trial) -> Answer:
    told: dict[str, str] = {}
    for name in FLAGS:
        reply = trial.change(**{name: True})
        told[name] = status(reply) if reply.status >= 300 else "stored" if trial.read().get(name) is True else "ignored"
    classic, words = is_classic(trial.account), ", ".join(f"{name} {word}" for name, word in told.items())
    right = [(word == "stored") == classic for word in told.values()]
    return judged(all(right), f"{'Classic' if classic else 'Suite'}: {words}")


def _unique(trial: Trial) -> Answer:
    held = trial.id
    reply = trial.create({"first_name": GIVEN, "last_name": FAMILY, "emails": [{"value": trial.email}]})
    if reply.status < 300:
        return judged(False, f"a second contact with the address was made ({status(reply)})")
    body = reply.json()
    errors = body.get("errors") if isinstance(body, dict) else None
    listed = isinstance(errors, dict) and isinstance(errors.get("message"), list)
    found = held in looked_up(trial.account, trial.email)
    told = f"{status(reply)}, errors.message is {'a list' if listed else 'none'}: {vendor_words(reply, [trial.email])}"
    return judged(reply.status in (400, 409, 422) and listed and found, told)


# ---- delete


def _delete(trial: Trial) -> Answer:
    reply = trial.account.site.api.write("DELETE", f"contacts/{trial.id}")
    trial.deleted = reply.status < 300
    body = reply.text.strip()
    shape = body if body in ("", "true", "{}") else f"{len(body)} characters"
    return judged(trial.deleted, f"{status(reply)}, body: {shape or 'empty'}")


def _deleted_get(trial: Trial) -> Answer:
    reply = trial.account.get(f"contacts/{trial.deleted_id}", include=INCLUDE)
    row, _ = contact_of(reply)
    marked = row is not None and row.get("is_deleted") is True
    told = f"{status(reply)}{' with is_deleted: true' if marked else ''}"
    return judged(reply.status == 404 or marked, told)


def _deleted_in_bin(trial: Trial) -> Answer:
    gone, most = trial.deleted_id, trial.account.lag.total_seconds()
    found = waited_for(lambda: _has({"contacts": bin_rows(trial.account)}, gone), trial.account.services, most)
    return within(found, most, f"the {BIN}")


# ---- the table


WRITES: tuple[Check[Trial], ...] = (
    Check(
        "create",
        "A contact can be made of a name and an e-mail",
        WRITING,
        "make the fields that the account demands optional, or map them",
        _create,
    ),
    Check("create_status", "A create answers 201", WRITING, REPORT, _created),
    Check("create_answer", "A create answers with the whole contact", WRITING, REPORT, _answer),
    Check("search_lag", "The search shows a write within `lag_seconds`", READING, LAG, _by_search),
    Check("view_lag", "The view shows a write within `lag_seconds`", READING, LAG, _by_view),
    Check("lookup_lag", "The look-up shows a write within `lag_seconds`", READING, LAG, _by_lookup),
    Check(
        "partial", "An update leaves what it does not name", WRITING, "do not sync to this account; report it", _partial
    ),
    Check("emails", "E-mails are kept unless named with _destroy", WRITING, "keep `emails` out; report it", _emails),
    Check("custom", "Custom fields are merged", WRITING, "map at most one custom field; report it", _custom),
    Check("tags", "A change of tags moves updated_at", READING, "keep `tags` out; report it", _tags),
    Check(
        "flags",
        "Classic stores Authority and Do not disturb, Suite ignores them",
        "apps/_freshsales_facts.py",
        "on Suite use custom fields for them",
        _flags,
    ),
    Check(
        "unique_email",
        "A second contact of one address is refused in a list of words",
        WRITING,
        "report it",
        _unique,
    ),
    *MORE,
    Check("delete", "A contact can be deleted", WRITING, "use a key whose user may delete contacts", _delete),
    Check("deleted_get", "A deleted contact answers 404 or is marked", READING, "report it", _deleted_get),
    Check("deleted_in_bin", f"A deleted contact is in the {BIN}", READING, REPORT, _deleted_in_bin),
)
REMOVED = Assumption(
    "removed",
    "The throw-away contact is deleted again",
    "apps/_freshsales_probe_trial.py",
    "delete it by hand in Freshsales",
)


def tried(account: Account) -> Generator[Finding, None, None]:
    """All of it; the contact is removed whatever happens."""
    subject = Trial(account)
    return trial(WRITES, subject, REMOVED, lambda: removed(subject), account.services)
