"""One Airflow hook per app: it turns a connection into an opened app and answers the Test button.

The classes (FreshsalesHook, GoogleContactsHook ...) are made on first use by `__getattr__`, one for each file in apps/.
The requests.Session comes from the http provider, so that TLS settings, proxies and extra headers of the connection
mean what they mean everywhere in Airflow; retries, limits and errors are rest's, `HttpHook.run` is never used.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection as SdkConnection
from pydantic import ValidationError
from requests import Session

from contactsync.apps import app_names, load_app
from contactsync.apps.base import Access, App
from contactsync.errors import ConfigError, ConnectionMissing, ContactsyncError
from contactsync.model.app import Account, AppInfo
from contactsync.orchestration.connections import Connection, FindConnection, task_connection
from contactsync.orchestration.credentials import EXTRA, credentials_of
from contactsync.provider import hook_class_name
from contactsync.rest.reach import guard, reach_of
from contactsync.rest.services import Services


class AppHook(HttpHook):
    """Opens the app of one connection. `find`: how to look the connection up (the CLI passes its own way)."""

    app_name: ClassVar[str] = ""
    conn_name_attr = "http_conn_id"

    def __init__(self, http_conn_id: str = "", *, find: FindConnection = task_connection) -> None:
        super().__init__(http_conn_id=http_conn_id or self.default_conn_name)
        self.find = find

    @property
    def app_class(self) -> type[App]:
        """The app that this hook opens."""
        return load_app(self.app_name)

    @functools.cached_property
    def connection(self) -> Connection:
        """The connection, looked up once."""
        return self.find(self.http_conn_id)

    def get_app(self, options: Mapping[str, Any], services: Services) -> App:
        """The app, opened; nothing is asked yet. Errors: ConnectionMissing, ConfigError (options)."""
        credentials = credentials_of(self.app_class.info, self.connection)
        session = self.open_session()
        guard(session, reach_of(self.http_conn_id, self.app_class.info.hosts, credentials))
        access = Access(connection=self.http_conn_id, credentials=credentials, session=session, services=services)
        return self.app_class(access, _checked_options(self.app_class, options))

    def open_session(self) -> Session:
        """The http provider's session without any authentication: apps add their own."""
        try:
            session = self.get_conn()
        except ValueError as error:
            raise ConnectionMissing(
                f"The connection {self.http_conn_id!r} holds a host that is no host name or URL.",
                next_step="correct the host under Admin > Connections.",
            ) from error
        session.auth = None
        _check_headers(session, self.http_conn_id)
        return session

    def get_connection(self, conn_id: str) -> Any:  # type: ignore[override]  # the base's class method cannot know `find`
        """What the http provider may see of the connection: no login, and of the extras none of the app's own."""
        own = {c.where.removeprefix(EXTRA) for c in self.app_class.info.credentials if c.where.startswith(EXTRA)}
        extra = {key: value for key, value in self.connection.extra_dejson.items() if key not in own}
        return SdkConnection(
            conn_id=conn_id,
            conn_type="http",
            host=self.connection.host,
            port=self.connection.port,
            extra=json.dumps(extra) if extra else None,
        )

    def test_connection(self) -> tuple[bool, str]:
        """For the Test button: whether the account answers, and a sentence about it. Nothing is tried again."""
        from contactsync.orchestration.trial_services import trial_services  # it knows workplaces, and they know hooks

        try:
            with trial_services(self.app_class.info, self.find) as services:
                account = self.get_app({}, services).account()
        except ContactsyncError as error:
            return False, str(error)
        except Exception as error:  # noqa: BLE001 - the button shows a sentence, and the error's own text may hold secrets
            return (
                False,
                f"{self.hook_name} could not be tested: {type(error).__name__}. Next: see the API server's log.",
            )
        return True, _about(account, self.app_class.info)


def hook_class(app: str) -> type[AppHook]:
    """The hook class of an app. Errors: ConfigError for an unknown app."""
    info = load_app(app).info
    return _hook_class(app, info.conn_type, info.title)


@functools.cache
def _hook_class(app: str, conn_type: str, title: str) -> type[AppHook]:
    attributes = {
        "__module__": __name__,
        "__doc__": f"Opens a {title} account from an Airflow connection.",
        "app_name": app,
        "conn_type": conn_type,
        "hook_name": title,
        "default_conn_name": f"{conn_type}_default",
    }
    return type(hook_class_name(app), (AppHook,), attributes)


def __getattr__(name: str) -> type[AppHook]:
    """The hook classes by name, for Airflow."""
    for app in app_names():
        if hook_class_name(app) == name:
            return hook_class(app)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _checked_options(app: type[App], options: Mapping[str, Any]) -> Any:
    try:
        return app.Options.model_validate(dict(options))
    except ValidationError as error:
        wrong = ", ".join(".".join(str(part) for part in e["loc"]) or "options" for e in error.errors())
        raise ConfigError(
            f"{app.info.title} cannot be opened with these options (wrong or missing: {wrong}).",
            allowed=tuple(app.Options.model_fields),
            next_step="correct `options` of this side in the sync's file.",
        ) from error


def _check_headers(session: Session, connection_id: str) -> None:
    """The http provider sends every other extra as a header; requests would fail later and less clearly."""
    wrong = [key for key, value in session.headers.items() if not isinstance(value, str | bytes)]
    if wrong:
        raise ConnectionMissing(
            f"The connection {connection_id!r} has extras that are no text and so cannot be sent as headers: "
            f"{', '.join(wrong)}.",
            next_step="write them as text or remove them from Extra under Admin > Connections.",
        )


def _about(account: Account, info: AppInfo) -> str:
    parts = [f"Connected to {account.host or info.title}"]
    if account.contacts is not None:
        parts.append(f"{account.contacts} contacts")
    if account.owner:
        parts.append(f"credentials of {account.owner}")
    if account.limit_left:
        parts.append(f"limit left: {account.limit_left}")
    return "; ".join(parts) + "."
