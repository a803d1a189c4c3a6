"""Rules as people read them."""

from __future__ import annotations

from contactsync.model.rules import Action, Apply, Compare, Condition, Contacts, Join, Rule

_SIGNS = {Compare.EQUALS: "=", Compare.GREATER_THAN: ">", Compare.LESS_THAN: "<"}
_CONTACTS = {
    Contacts.CREATE_AND_UPDATE: "create and update",
    Contacts.UPDATE_ONLY: "update only",
    Contacts.NONE: "only the actions",
}


def rule_in_words(rule: Rule) -> str:
    """A whole rule on one line."""
    when = " and ".join(in_words(condition) for condition in rule.conditions) or "every contact"
    then = ", ".join((_CONTACTS[rule.contacts], *map(_action, rule.actions)))
    left = f"; on leaving: {', '.join(map(_action, rule.on_leave))}" if rule.on_leave else ""
    return f"{rule.name}: if {when}, then {then}{left}"


def in_words(node: Condition) -> str:
    """A condition."""
    parts = [in_words(part) for part in node.parts]
    match node.join:
        case Join.ALL:
            return f"({' and '.join(parts)})"
        case Join.ANY:
            return f"({' or '.join(parts)})"
        case Join.NOT:
            return f"not {parts[0]}" if len(parts) == 1 else f"none of ({', '.join(parts)})"
    return _leaf(node)


def _leaf(node: Condition) -> str:
    name = node.field or node.name
    if not node.values:
        return name
    if node.compare is Compare.EMPTY:
        return f"{name} is {'' if node.values == ('true',) else 'not '}empty"
    between = " and " if node.compare is Compare.BETWEEN else ", "
    return f"{name} {_SIGNS.get(node.compare, node.compare.replace('_', ' '))} {between.join(node.values)}"


def _action(action: Action) -> str:
    said = " ".join(part for part in (action.name, action.field, action.value) if part)
    return said if action.apply is Apply.ON_ENTER else f"{said} ({action.apply.replace('_', ' ')})"
