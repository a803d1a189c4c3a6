"""Own fields that a sync's pairs name, as the very account has them: asked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contactsync.apps.base import App
from contactsync.contact import Kind
from contactsync.errors import ConfigError, Place
from contactsync.mapping.leaves import CUSTOM
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Side, SyncSpec


def fields_of(spec: SyncSpec, side: Side, app: App) -> tuple[FieldInfo, ...]:
    """The declared fields and the custom ones that pairs name. Asks the account only where there are pairs.

    Errors: ConfigError for a field that the account does not have.
    """
    names = tuple(dict.fromkeys(name for pair in spec.fields.pairs for name in pair.names(side)))
    if not names:
        return app.info.fields
    known = _described(app)
    if not _all_there(names, known, app):
        app.forget_fields()  # one may have been added since the account was last asked
        known = _described(app)
    found = [_named(spec, side, app, name, known) for name in names]
    declared = {f.name for f in app.info.fields}
    return (*app.info.fields, *(f for f in found if f.name not in declared))


def _described(app: App) -> dict[str, FieldInfo]:
    return {f.name: f for f in app.describe()}


def _free(name: str, app: App) -> bool:
    return app.info.any_custom and name.startswith(CUSTOM)


def _all_there(names: tuple[str, ...], known: Mapping[str, FieldInfo], app: App) -> bool:
    return all(name in known or _free(name, app) for name in names)


def _named(spec: SyncSpec, side: Side, app: App, name: str, known: Mapping[str, FieldInfo]) -> FieldInfo:
    found = known.get(name)
    if found is None and _free(name, app):
        found = FieldInfo(name, Kind.TEXT, name.removeprefix(CUSTOM), custom=True)
    if found is None:
        n = next(n for n, pair in enumerate(spec.fields.pairs) if name in pair.names(side))
        raise ConfigError(
            f"the {app.info.title} account of connection {spec.side(side).connection!r} shows no field {name!r}. "
            "Nothing was read.",
            place=Place(Path(spec.file), key=f"fields.pairs[{n}].{side}"),
            next_step=f"list its fields with: contactsync fields {spec.id} {side}, and correct the pair",
        )
    return found
