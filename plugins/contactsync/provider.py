"""What Airflow reads to know our connection types. Generated from the apps; Airflow calls it in every process."""

from __future__ import annotations

import logging
from typing import Any

from contactsync.apps import app_names, load_app
from contactsync.model.app import AppInfo, Credential

log = logging.getLogger(__name__)

STANDARD_FIELDS = ("host", "schema", "login", "password", "port")
EXTRA = "extra."


def get_provider_info() -> dict[str, Any]:
    """The provider dictionary of `apache_airflow_provider`."""
    return {
        "package-name": "contactsync",
        "name": "contactsync",
        "description": "Keeps contacts equal between two apps, both ways.",
        "connection-types": [connection_type(info) for info in importable_apps()],
    }


def importable_apps() -> list[AppInfo]:
    """The shipped apps. One that cannot be imported is left out: Airflow itself must start all the same."""
    infos = []
    for name in app_names():
        try:
            infos.append(load_app(name).info)
        except Exception as error:  # noqa: BLE001 - raised here, it would stop every Airflow command
            log.warning("The app %s has no connection form, as it cannot be imported: %s", name, type(error).__name__)
    return infos


def hook_class_name(app: str) -> str:
    """FreshsalesHook for the app freshsales, GoogleContactsHook for google_contacts."""
    return "".join(part.capitalize() for part in app.split("_")) + "Hook"


def connection_type(info: AppInfo) -> dict[str, Any]:
    """One entry of `connection-types`: the form of one app."""
    return {
        "connection-type": info.conn_type,
        "hook-class-name": f"contactsync.orchestration.hooks.{hook_class_name(info.name)}",
        "hook-name": info.title,
        "ui-field-behaviour": _field_behaviour(info),
        "conn-fields": {
            c.where.removeprefix(EXTRA): _extra_field(c)
            for c in info.credentials
            if c.where.startswith(EXTRA) and c.in_form
        },
    }


def _field_behaviour(info: AppInfo) -> dict[str, Any]:
    standard = [c for c in info.credentials if not c.where.startswith(EXTRA)]
    used = {c.where for c in standard}
    return {
        "hidden-fields": [name for name in STANDARD_FIELDS if name not in used],
        "relabeling": {c.where: _label(c) for c in standard},
        "placeholders": {c.where: c.placeholder for c in standard if c.placeholder},
    }


def _label(credential: Credential) -> str:
    """Airflow cannot mark a standard field as required, so the ones that are not say so."""
    return credential.title if credential.required else f"{credential.title} (optional)"


def _extra_field(credential: Credential) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string" if credential.required else ["string", "null"]}
    if credential.secret:
        schema["format"] = "password"
    text = credential.description or (f"For example {credential.placeholder}" if credential.placeholder else "")
    return {"label": _label(credential), "description": text, "schema": schema}
