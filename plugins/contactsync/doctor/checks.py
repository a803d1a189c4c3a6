"""Everything that the doctor looks at, in order; each check is one small function from an installation to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from contactsync.doctor import of_accounts, of_artefacts, of_files, of_ledger, of_runs, of_upkeep
from contactsync.doctor.findings import Finding, Found, Severity
from contactsync.doctor.installation import Installation
from contactsync.errors import ContactsyncError


@dataclass(frozen=True)
class Check:
    """One check. asks: only where the vendors were asked; gate: where it finds the ledger broken, nothing asks it."""

    name: str
    title: str
    find: Callable[[Installation], Iterator[Found]]
    asks: bool = False
    gate: bool = False


CHECKS = (
    Check("files", "Every sync file can be read", of_files.readable),
    Check("ledger", "The ledger is there and of this version", of_ledger.reachable),
    Check("integrity", "The ledger is whole, and its rows fit together", of_ledger.whole, gate=True),
    Check("ledger_files", "The ledger's files are private and have room", of_ledger.files),
    Check("lost", "The ledger is not behind its syncs", of_runs.lost_ledgers),
    Check("locks", "Nobody who is gone holds a sync or an account", of_runs.locks),
    Check("runs", "The newest run of each sync came to a good end", of_runs.runs),
    Check("cursors", "Each side was read lately, and completely in its time", of_runs.cursors),
    Check("unanswered", "It is known what became of every action", of_runs.unanswered),
    Check("holds", "Nothing waits for a person for weeks", of_runs.long_holds),
    Check("orphans", "Each sync of the ledger has its file", of_runs.orphans),
    Check("accounts", "Each connection leads to its account, which answers", of_accounts.accounts),
    Check("tokens", "The key opens every stored token", of_ledger.tokens),
    Check("housekeeping", "What is too old is removed", of_upkeep.overdue),
    Check("shared", "All tasks see the same ledger and artefacts", of_artefacts.shared),
    Check("writable", "The artefact root can be written", of_artefacts.writable),
    Check("private", "Only their owner may read artefacts", of_artefacts.private),
    Check("drafts", "No half-written artefacts lie about", of_artefacts.drafts),
    Check("strangers", "No artefacts of forgotten syncs lie about", of_artefacts.strangers),
    Check("pools", "The pools of all syncs exist", of_files.pools),
    Check("time_zones", "This machine knows the time zones of all syncs", of_files.time_zones),
    Check("database_clock", "This machine and the ledger's database agree on the time", of_accounts.databases_clock),
    Check("vendor_clocks", "This machine and the vendors agree on the time", of_accounts.vendors_clocks, asks=True),
)


def examine(at: Installation) -> list[Finding]:
    """All findings, in the order of the checks. A check that cannot be made is a finding, and hides no other."""
    findings: list[Finding] = []
    for check in made(at):
        found = _by(check, at)
        findings.extend(Finding(f.severity, check.name, f.where, f.what, f.next_step) for f in found)
        if check.gate and any(f.severity is Severity.BROKEN for f in found):
            at = replace(at, engine=None, ledger=None)
    return findings


def made(at: Installation) -> list[Check]:
    """The checks that are made of this installation."""
    return [check for check in CHECKS if at.asked or not check.asks]


def _by(check: Check, at: Installation) -> list[Found]:
    try:
        return list(check.find(at))
    except ContactsyncError as error:
        return [Found(Severity.SOON, check.name, f"Could not be checked: {error.message}", error.next_step)]
    except Exception as error:  # noqa: BLE001 - what is broken may break a check; the error's own words may hold contacts
        what = f"Could not be checked ({type(error).__name__})."
        return [
            Found(Severity.SOON, check.name, what, "contactsync db check; if it says that all is well, report this")
        ]
