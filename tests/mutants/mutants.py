"""Seeded faults: what each does to the shipped code, which promise it breaks, and the test that has to notice it.

A fault is a change of source text, made while a module is imported (plant.py); the files stay as they are. Where one
defence would hide that another is missing, the fault takes away both.
"""

from __future__ import annotations

from dataclasses import dataclass

from killers import KILLERS


@dataclass(frozen=True)
class Edit:
    """In `module`, the text `old`, which stands there exactly once, becomes `new`."""

    module: str  # below contactsync, without it
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A fault, by its name in words."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def killer(self) -> str:
        """The test that fails with it, and passes without."""
        return "::".join(KILLERS[self.name])


def one(name: str, module: str, old: str, new: str) -> Mutant:
    """A fault in one place."""
    return Mutant(name, (Edit(module, old, new),))


SEND = """        sent = self.ledger.send(
            order.sync_id, order.run_id, order.side, [i.key for i in group], fence=order.fence, claim=self.claim
        )
"""

WRITING = (
    one("no intent before the request", "load", SEND, "        sent = {i.key for i in group}\n"),
    Mutant(
        "intent after the request",
        (
            Edit("load", SEND, "        early = self._push(group)\n" + SEND),
            Edit("load", "            outcomes = self._push(batches[0])\n", "            outcomes = early\n"),
        ),
    ),
    one(
        "a contact written field by field",
        "apps._freshsales_writing",
        'reply = self.api_write(method, path, params={"include": INCLUDE}, json={"contact": body})',
        "parts = [{n: v} for n, v in body.items()] if op.id else [body]\n"
        '        reply = [self.api_write(method, path, json={"contact": part}) for part in parts][-1]',
    ),
    one(
        "no pre-write check",
        "load",
        "        checked = check_targets(self.target, chunk, now)\n",
        "        checked = Checked(tuple(chunk), ())\n",
    ),
    one(
        "no point read before a delete",
        "checks",
        "    there = [i for i in intents if not i.undoes and answers.get(i.source_id) is not Presence.GONE]\n",
        "    there: list[Intent] = []\n",
    ),
    one(
        "results taken by position",
        "load",
        "                    if missing.pop(result.key, None) is not None:\n",
        "                    result = replace(result, key=next(iter(missing), result.key))\n"
        "                    if missing.pop(result.key, None) is not None:\n",
    ),
    one(
        "a create sent again after a time-out",
        "rest.session",
        "on=(RateLimited,), limited",
        "on=(RateLimited, OutcomeUnknown), limited",
    ),
    one("a marked create made again after one listing", "sync.unknowns", "LISTINGS = 2 ", "LISTINGS = 1 "),
    one(
        "the key index not asked before a create",
        "stages.planning",
        "        others, other_known = self._others(known)\n",
        "        others, other_known = [], {s: {} for s in SIDES}\n",
    ),
    one(
        "a plan without the link's version",
        "sync.updates",
        "Verb.UPDATE, link.id, link.version)",
        "Verb.UPDATE, link.id, 0)",
    ),
    one(
        "guard only when nothing at all is listed",
        "sync.guards",
        "reading.rows * 2 >= known",
        "reading.rows > 0",
    ),
    one(
        "guard after the first write",
        "stages.planning",
        '        judge(request, plan, look=f"contactsync plan {sync}", passes=passes)\n',
        "        log.info(passes)\n",
    ),
)

REMEMBERING = (
    one(
        "a link before its create",
        "record",
        "            case State.DONE | State.ADOPTED:\n                self._created(row, source)",
        "            case State.DONE | State.ADOPTED | State.REFUSED:\n                self._created(row, source)",
    ),
    one(
        "half a link kept",
        "record",
        "            case State.DONE | State.ADOPTED:\n                self._created(row, source)",
        "            case State.DONE | State.ADOPTED | State.NOT_SENT:\n                self._created(row, source)",
    ),
    one(
        "one base for both sides",
        "sync.fold",
        "            bases[source][name] = planned\n        return\n",
        "            bases[source][name] = observed\n        return\n",
    ),
    one(
        "base = what was sent",
        "sync.fold",
        "        bases[target][name] = observed\n        if planned",
        "        bases[target][name] = intent.patch[name]\n        if planned",
    ),
    one(
        "base moved for fields that were not written",
        "sync.fold",
        "        _rebased(here, base, {**now_values(here), **intent.patch, **(outcome.values or {})}),\n",
        "        _rebased(here, {**base, **(outcome.values or {})}, {**now_values(here), **(outcome.values or {})}),\n",
    ),
    one(
        "a value that was cut taken for an edit",
        "sync.fold",
        "        bases[target][name] = observed\n        if planned",
        "        bases[target].setdefault(name, observed)\n        if planned",
    ),
    one(
        "a default of the app carried back",
        "sync.created",
        "    base = _of(values, mapped) or _of(intent.patch, mapped)\n",
        "    base = {**dict.fromkeys(mapped, ''), **_of(intent.patch, mapped)}\n",
    ),
    one(
        "no tombstone",
        "record",
        "replace(gone, tombstone=True, raw=None, keys={}, generation=gone.generation + 1)",
        "replace(gone, raw=None, link_id=None)",
    ),
    one(
        "the cursor moved before the run is recorded",
        "stages.reading",
        "    # A complete read tries held and refused fields again, also where nothing was edited.\n",
        "    early = StoredCursor(side, extracted.cursor, now, now, request.run_id)\n"
        "    place.ledger.set_cursor(place.spec.id, early, fence=opened.fence)\n",
    ),
    one(
        "a dry run stores its cursors",
        "stages.recording",
        "        return _summary(place, done, dry_run=True)\n",
        "        from contactsync.ledger import runs, transactions\n"
        "        for side, header in headers.items():\n"
        "            at = datetime.fromisoformat(header['began_at'])\n"
        "            cursor = StoredCursor(side, header['cursor'], at, at, request.run_id)\n"
        "            with transactions.writing(place.ledger._engine) as connection:\n"
        "                runs.set_cursor(connection, place.spec.id, cursor)\n"
        "        return _summary(place, done, dry_run=True)\n",
    ),
)

DECIDING = (
    one(
        "not listed = gone",
        "sync.links",
        "        return replace(side, standing=Standing.MISSING) if missing else side\n",
        "        return replace(side, standing=Standing.GONE) if missing else side\n",
    ),
    one("a blank clears", "sync.conflicts", "        clears = state.pair.clear_blanks\n", "        clears = True\n"),
    one(
        "a field that was not shown clears",
        "sync.conflicts",
        "    left, right = state.now[Side.LEFT], state.now[Side.RIGHT]\n    if left is None or right is None:\n",
        "    blank = {s: text or '' for s, text in state.now.items()}\n"
        "    state = replace(state, now=blank, pair=replace(state.pair, clear_blanks=True))\n"
        "    left, right = state.now[Side.LEFT], state.now[Side.RIGHT]\n    if left is None or right is None:\n",
    ),
    one(
        "a delete beats an edit",
        "sync.table",
        "(SideState.GONE, SideState.CHANGED, Decision.SURVIVES,",
        "(SideState.GONE, SideState.CHANGED, Decision.DELETION,",
    ),
    one(
        "a change of version alone tells of an edit",
        "sync.links",
        "    differing = {f: v for f, v in shown.values.items() if side.base.get(f) != v}\n",
        "    news = shown.version != side.version\n"
        "    differing = {f: v for f, v in shown.values.items() if news and side.base.get(f) != v}\n",
    ),
    one(
        "keys in capitals differ",
        "contact",
        "    text = mailbox(normal_text(text))\n",
        "    text = normal_text(text)\n",
    ),
    one(
        "a key overrides a link",
        "sync.reconcile",
        "        if (s, i) not in linked and i not in adopted",
        "        if i not in adopted",
    ),
    one(
        "a value that lost is not listed",
        "sync.links",
        "    lost = {name: s for name, s in settled.items() if s.loser or s.held is HoldReason.CONFLICT}\n",
        "    lost: dict[str, Settled] = {}\n",
    ),
    one(
        "the order of reading decides",
        "sync.draft",
        "        return self.intents.in_order(sorted(range(len(self.order)), key=self.order.__getitem__))\n",
        "        return self.intents\n",
    ),
)

ALONE = (
    one(
        "no lock",
        "ledger.locks",
        "    free = row.owner is None or row.expires_at <= read_clock(connection)\n",
        "    free = True\n",
    ),
    Mutant(
        "no fence",
        (
            Edit(
                "ledger.locks",
                "    if row is None or row.owner is None or row.fence != fence:\n",
                "    if row is None:\n",
            ),
            Edit("ledger.locks", "        if row.owner != owner or row.fence != fence:\n", "        if row is None:\n"),
            Edit(
                "ledger.intents",
                '        sync_lock.c.fence == bindparam("with_fence"),\n        sync_lock.c.owner.is_not(None),\n',
                '        sync_lock.c.fence >= bindparam("with_fence"),\n',
            ),
        ),
    ),
    one(
        "no claim",
        "ledger.intents",
        '        claim.c.number == bindparam("with_claim"),\n',
        '        claim.c.number >= bindparam("with_claim"),\n',
    ),
    Mutant(
        "no account lease",
        (
            Edit(
                "load",
                "self.ledger.take_account(self.target.account, order.owner, ended=order.ended)\n",
                "self.ledger.take_account(self.target.account, order.owner, ended=lambda _owner: True)\n",
            ),
            Edit("load", "        self.ledger.renew_account(self.target.account, self.order.owner, self.lease)\n", ""),
        ),
    ),
    one(
        "a token refreshed without waiting for one's turn",
        "ledger.tokens",
        "        self._wait_for_turn(connection, fingerprint, me)\n",
        "",
    ),
)

TALKING = (
    one(
        "an unfinished listing taken for a whole one",
        "apps.base",
        "    if not ended:\n        raise BadListing(",
        "    if not ended and not app:\n        raise BadListing(",
    ),
    one(
        "a cursor that leaves out its own second",
        "apps._freshsales_reading",
        "        return since if settled else since - self._lag - OVERLAP\n",
        "        return since\n",
    ),
    one(
        "a cursor by our own clock",
        "apps._freshsales_reading",
        '"since": _stamped(since), ',
        '"since": _stamped(self._services.clock()), ',
    ),
    one(
        "a date read by the zone of the machine",
        "mapping.conversions",
        "        return (found.astimezone(zone) if found.tzinfo else found).date().isoformat()\n",
        "        return found.astimezone().date().isoformat()\n",
    ),
    one(
        "lines of a card that nobody maps are dropped",
        "apps._vcard_write",
        "    draft = Draft(card)\n    _set_names(",
        "    known = tuple(n for n in card.lines if not n or not n.name.startswith('X-'))\n"
        "    draft = Draft(Card(known))\n    _set_names(",
    ),
    one(
        "the vendor's words kept as they are",
        "rest.redaction",
        "    return redacted(_words(reply), secrets)[:LONGEST_WORDS]\n",
        "    return _words(reply)[:LONGEST_WORDS]\n",
    ),
)

FILTERING = (
    one("who left the filter is kept up to date", "sync.links", "in_scope(observed, rules.direction):", "True:"),
    one(
        "a closed direction lets everybody through",
        "sync.scope",
        " for side in SIDES if direction.open_from(side))",
        " for side in SIDES)",
    ),
    one(
        "who is deleted outside the filter is deleted",
        "sync.links",
        "open_from(gone) and link.scope.get(gone, True)",
        "open_from(gone)",
    ),
    one("bases of another mapping count", "stages.planning", "else self._changed_fields(),", "else frozenset(),"),
    one("bases of a field taken out count", "stages.mapping_state", 'before.get(f"{_GONE}{name}")', "None"),
    one(
        "who is outside the filter is made",
        "sync.scope",
        "    return UPDATE_ONLY if _lets_through((*matching.alone, *matching.rules), rules) else NO_RULE\n",
        '    return ""\n',
    ),
)

FITTING = (
    one("what is too long is sent", "sync.fitting", "held.max_length is None or len(text)", "True or len(text)"),
    one(
        "a choice that is not there is sent", "mapping.lenses", "there.choices and sent not in", "False and sent not in"
    ),
    one(
        "more at once than the vendor takes",
        "load",
        "        return max(1, int(getattr(",
        "        return 10 * max(1, int(getattr(",
    ),
    Mutant(
        "a vendor that cannot find is asked to",
        (
            Edit("checks", "    if not caps.batch.find:\n", "    if False:\n"),
            Edit("checks", "len(asked), caps.batch.find)", "len(asked), 50)"),
            Edit("checks", "start + caps.batch.find]", "start + 50]"),
        ),
    ),
    one("what an undo left is replaced unseen", "sync.conflicts", "    loses = undone and", "    loses = False and"),
)

CONSENTING = (
    one(
        "consent follows the policy of conflicts",
        "sync.conflicts",
        "    if state.pair.field == CONSENT:\n        return _settle_consent(state)\n",
        "",
    ),
    one("an opt-in is reverted", "sync.consent", " and (first or base[s] != OPTED_OUT)]", "]"),
    one(
        "an opt-out is carried though the file says no",
        "mapping.defaults",
        "        if name == CONSENT and spec.unsubscribes is not Unsubscribes.CARRY:\n",
        "        if False:\n",
    ),
)

LISTING = (
    one("two primary numbers", "sync.elements", "if len(primaries) < 2:", "if len(primaries) < 20:"),
    one("a removal beats an edit", "sync.elements", " and i not in target.edited and", " and"),
    one("a number spelled otherwise is another", "contact", "return normal_phone(value, region)", "return value"),
)

ALL = (WRITING, REMEMBERING, DECIDING, ALONE, TALKING, FILTERING, FITTING, CONSENTING, LISTING)
MUTANTS = {mutant.name: mutant for group in ALL for mutant in group}
