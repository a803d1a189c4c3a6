"""The types that cross packages: frozen dataclasses and enums without behaviour worth the name.

app       what an app declares about itself (fields, capabilities, credentials)
exchange  what goes in and out of an app (records, pages, ops, results)
spec      one sync as its YAML file says (SyncSpec) and how its fields pair up (FieldPair)
link      what is remembered of two contacts that are one person
plan      what a run decided (actions, holds, conflicts) and what became of it
"""

from __future__ import annotations
