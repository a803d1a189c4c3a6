"""What the reader of sync files asks about the apps; mapping itself imports none."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from contactsync.apps import app_names, load_app
from contactsync.mapping.problems import Problem, check_model
from contactsync.model.app import AppInfo

log = logging.getLogger(__name__)


class ShippedApps:
    """The apps of this package; implements `mapping.loader.AppsPort`."""

    def names(self) -> tuple[str, ...]:
        """The apps there are."""
        return app_names()

    def declared(self, app: str, options: Mapping[str, Any]) -> AppInfo:
        """What the app can do with these options, which are right."""
        kind = load_app(app)
        return kind.declared(kind.Options(**options))

    def shown(self, app: str, options: Mapping[str, Any], names: Collection[str]) -> AppInfo:
        """What an account with these own fields can do with these options, which are right."""
        kind = load_app(app)
        return kind.shown(kind.Options(**options), names)

    def check_options(self, app: str, options: Mapping[str, Any]) -> Sequence[Problem]:
        """What is wrong with an app's options. An app that cannot be imported breaks only the files that name it."""
        try:
            model = load_app(app).Options
        except Exception as error:
            log.warning("The app %s cannot be imported", app, exc_info=True)
            return (Problem((), f"the app {app} cannot be imported ({type(error).__name__}).", f"Mend apps/{app}.py."),)
        return check_model(model, options)[1]
