"""Own fields that a sync's pairs and rules name, as the very account has them: asked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contactsync.apps.base import App
from contactsync.contact import Kind
from contactsync.errors import ConfigError, Place
from contactsync.mapping.leaves import CUSTOM
from contactsync.mapping.named_fields import named_fields
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Side, SyncSpec


def fields_of(spec: SyncSpec, side: Side, app: App) -> tuple[FieldInfo, ...]:
    """The declared fields and the custom ones that pairs name. Asks the account only where there are pairs.

    Errors: ConfigError for a field that the account does not have.
    """
    names = tuple(dict.fromkeys(name for pair in spec.fields.pairs for name in pair.names(side)))
    if not names:
        return app.info.fields
    known = _known(names, app)
    found = [_named(spec, side, app, name, known) for name in names]
    declared = {f.name for f in app.info.fields}
    return (*app.info.fields, *(f for f in found if f.name not in declared))


def check_custom(spec: SyncSpec, side: Side, app: App) -> None:
    """Custom fields that rules name are there; a condition on one that is not would match nobody, silently.

    Asks the account only where rules name any. Errors: ConfigError.
    """
    names = tuple(dict.fromkeys(n for n in named_fields(spec, (), side) if n.startswith(CUSTOM) and not _free(n, app)))
    known = _known(names, app) if names else {}
    lacking = next((name for name in names if name not in known), None)
    if lacking:
        raise _absent(spec, side, app, lacking, "rules")


def _known(names: tuple[str, ...], app: App) -> dict[str, FieldInfo]:
    """The account's fields; it is asked anew where one of these is not among those it had."""
    known = _described(app)
    if _all_there(names, known, app):
        return known
    app.forget_fields()  # one may have been added since the account was last asked
    return _described(app)


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
        raise _absent(spec, side, app, name, f"fields.pairs[{n}].{side}")
    return found


def _absent(spec: SyncSpec, side: Side, app: App, name: str, key: str) -> ConfigError:
    return ConfigError(
        f"the {app.info.title} account of connection {spec.side(side).connection!r} shows no field {name!r}. "
        "Nothing was read.",
        place=Place(Path(spec.file), key=key),
        next_step=f"list its fields with: contactsync fields {spec.id} {side}, and correct the name",
    )
