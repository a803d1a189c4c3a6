"""docs/configuration.md: every key of the two kinds of YAML file, from the pydantic models that read them."""

from __future__ import annotations

import re
from pathlib import Path

import configuration_words as words
from contactsync.contact import FIELDS
from contactsync.mapping.file_test_sections import TestSection
from contactsync.mapping.pair_section import PairSection
from contactsync.mapping.project import ProjectFile
from contactsync.mapping.rule_sections import RuleSection
from contactsync.mapping.spec import SyncFile
from contactsync.mapping.transforms import TRANSFORMS, Transform
from contactsync.model.spec import Limits
from key_meanings import PROJECT, SYNC, VARIABLES
from key_tables import keys_table, planned_in_words
from page_parts import GENERATED, code, page, table
from pages_of_options import options_parts
from pages_of_pairs import pairs_part
from part_meanings import PAIR, RULE, TEST


def configuration_page() -> str:
    """The whole page. Errors: KeyError for a key without a meaning or a meaning without a key."""
    return page(
        GENERATED,
        "# Configuration",
        words.INTRODUCTION,
        "## A sync: include/mappings/*.yaml",
        words.SYNC,
        keys_table(SyncFile, SYNC),
        "### Rules",
        words.RULES,
        keys_table(RuleSection, RULE),
        table(("Test", "Holds where the value"), ((code(c), text) for c, text in words.COMPARISONS.items())),
        words.ACTIONS,
        pairs_part(keys_table(PairSection, PAIR)),
        "### Transforms",
        words.TRANSFORMS,
        table(
            ("Transform", "Takes", "Gives", "What comes of a value", "Way back"), map(_transform, TRANSFORMS.values())
        ),
        "### Values of different kinds",
        words.KINDS,
        "### What a pair loses",
        words.PROOFS,
        "### Tests",
        words.TESTS,
        keys_table(TestSection, TEST),
        words.CONTACT,
        "### Limits without a key",
        _limits(),
        "### Refused in this version",
        "Planned keys and words. A file that holds one of them is broken, and its error says so:",
        planned_in_words(SyncFile),
        "### Contact fields",
        words.FIELDS,
        table(("Contact field", "Kind"), ((code(name), kind) for name, kind in FIELDS.items())),
        "## Options of the apps",
        "`options:` of a side belongs to its app; unknown options are errors.",
        *options_parts(),
        "## The project: include/contactsync.yaml",
        "The file may be absent, and every key but `version` may be left out.",
        keys_table(ProjectFile, PROJECT),
        *(("Refused in this version:", planned) if (planned := planned_in_words(ProjectFile)).strip(".") else ()),
        "## Environment variables",
        table(("Variable", "Meaning"), ((code(name), text) for name, text in VARIABLES.items())),
        words.COMPOSE.format(names=", ".join(code(name) for name in _compose_variables())),
        "## Connections",
        words.CONNECTIONS,
    )


def _transform(one: Transform) -> tuple[str, ...]:
    return (code(one.name), str(one.takes), str(one.gives), one.title, "yes" if one.inverse else "no")


def _limits() -> str:
    rows = []
    for name in ("deletes", "creates", "updates", "blanked", "new_holds"):
        limit = getattr(Limits(), name)
        count = "no bound" if limit.count is None else str(limit.count)
        percent = "no bound" if limit.percent is None else f"{limit.percent:g} %"
        rows.append((name, count, percent, f"`limits.{name}`"))
    told = """
A run that would change more than this on one side stops before its first write. Of count and percent the larger holds;
percent is of the contacts known on that side. Creates, updates and new holds are not judged before a sync has its first
links. New holds over their limit do not stop a run: it does what it can, and ends red. A complete listing of less than
half of the known contacts stops the run too. What to do then: [runbook](runbook.md#limitexceeded).
"""
    return page(told, table(("Changes", "Count", "Percent", "Key"), rows)).strip()


# ---- the rest


def _compose_variables() -> list[str]:
    text = (Path(__file__).parent.parent / ".env.example").read_text("utf-8")
    return re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
