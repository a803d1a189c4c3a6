"""SyncSpec <-> JSON text: the form in which it is part of the serialised DAG.

Everything is text, numbers, lists and mappings; `{{ 7*7 }}` in a title stays those nine characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from contactsync.model.alerts import Freshness
from contactsync.model.approval import Approval, When, WhileWaiting
from contactsync.model.rules import Action, Apply, Compare, Condition, Contacts, Join, Rule
from contactsync.model.spec import (
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    FirstRun,
    Limit,
    Limits,
    MatchSpec,
    PairSpec,
    Pick,
    Side,
    SideSpec,
    SyncSpec,
    Unsubscribes,
)


def spec_as_json(spec: SyncSpec) -> str:
    """The whole spec; two specs are equal exactly when their texts say the same.

    One pass of the encoder, which takes enums as text and tuples as lists by itself: this runs whenever Airflow parses
    the DAG folder.
    """
    return json.dumps(vars(spec), default=_plain)


def _plain(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else vars(value)


def spec_from_json(text: str) -> SyncSpec:
    """The spec that `spec_as_json` made the text of."""
    data = json.loads(text)
    return SyncSpec(
        id=data["id"],
        left=SideSpec(**data["left"]),
        right=SideSpec(**data["right"]),
        dag=DagSpec(**{**data["dag"], "tags": tuple(data["dag"]["tags"])}),
        title=data["title"],
        description=data["description"],
        file=data["file"],
        direction=Direction(data["direction"]),
        match=MatchSpec(**{**data["match"], "keys": tuple(tuple(key) for key in data["match"]["keys"])}),
        conflicts=ConflictPolicy(data["conflicts"]),
        fields=_fields(data["fields"]),
        full_every=timedelta(seconds=data["full_every"]),
        unsubscribes=Unsubscribes(data["unsubscribes"]),
        deletions={Side(side): DeletionPolicy(policy) for side, policy in data["deletions"].items()},
        deletion_tag=data["deletion_tag"],
        rules={Side(side): tuple(_rule(rule) for rule in rules) for side, rules in data["rules"].items()},
        limits=Limits(**{name: Limit(**limit) for name, limit in data["limits"].items()}),
        freshness=Freshness(**{k: None if s is None else timedelta(seconds=s) for k, s in data["freshness"].items()}),
        alerts=tuple(data["alerts"]),
        first_run=FirstRun(data["first_run"]),
        limit=data["limit"],
        approval=_approval(data["approval"]),
    )


def _approval(data: Mapping[str, Any]) -> Approval:
    when, meanwhile = When(data["when"]), WhileWaiting(data["while_waiting"])
    return Approval(when, tuple(data["approvers"]), timedelta(seconds=data["timeout"]), meanwhile)


def _fields(data: Mapping[str, Any]) -> FieldsSpec:
    pairs = tuple(_pair(pair) for pair in data["pairs"])
    return FieldsSpec(data["defaults"], tuple(data["only"]), tuple(data["exclude"]), pairs)


def _pair(data: Mapping[str, Any]) -> PairSpec:
    named = {name: tuple(data[name]) for name in ("left", "right", "transforms")}
    chosen = {
        "direction": Direction(data["direction"]) if data["direction"] else None,
        "conflicts": ConflictPolicy(data["conflicts"]) if data["conflicts"] else None,
        "pick": Pick(**data["pick"]) if data["pick"] else None,
    }
    return PairSpec(**{**data, **named, **chosen})


def _rule(data: Mapping[str, Any]) -> Rule:
    return Rule(
        data["name"],
        tuple(_condition(part) for part in data["conditions"]),
        Contacts(data["contacts"]),
        tuple(_action(part) for part in data["actions"]),
        tuple(_action(part) for part in data["on_leave"]),
    )


def _condition(data: Mapping[str, Any]) -> Condition:
    parts = tuple(_condition(part) for part in data["parts"])
    test, values = Compare(data["compare"]), tuple(data["values"])
    return Condition(Join(data["join"]), data["name"], data["field"], test, values, parts)


def _action(data: Mapping[str, Any]) -> Action:
    return Action(**{**data, "apply": Apply(data["apply"])})
