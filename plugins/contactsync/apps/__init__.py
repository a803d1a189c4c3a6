"""One file per app; base.py is the contract. `load_app` finds an app by its file name: there is no registry to edit."""

from __future__ import annotations

import importlib
import pkgutil

from contactsync.apps.base import App
from contactsync.errors import ConfigError


def app_names() -> tuple[str, ...]:
    """The names of all apps shipped, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base" and m.name[0] != "_"))


def load_app(name: str) -> type[App]:
    """The class of an app by its name, which is its file's name. Errors: ConfigError for an unknown name."""
    if name not in app_names():
        raise ConfigError(f"unknown app {name!r}.", allowed=app_names())
    app: type[App] = importlib.import_module(f"contactsync.apps.{name}").APP
    return app
