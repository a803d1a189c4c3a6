"""From what a person authorised to a connection that is known to work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contactsync.errors import ConfigError
from contactsync.model.app import ALLOW_HOST, ALLOW_HTTP, ALLOW_PRIVATE, Account, AppInfo, OAuthInfo
from contactsync.orchestration.connection_lines import ConnectionLines, lines_of
from contactsync.orchestration.hooks import hook_class
from contactsync.rest.consent import Client, Consent, exchange
from contactsync.rest.origin import origin
from contactsync.rest.reach import guard, reach_of
from contactsync.rest.services import MemoryTokens, Services

ENDPOINTS = ("authorise_url", "token_url", "userinfo_url")


@dataclass(frozen=True)
class Authorised:
    """A connection, and whose account answered through it."""

    lines: ConnectionLines
    account: Account


def oauth_of(info: AppInfo, changes: Mapping[str, str]) -> OAuthInfo:
    """The app's OAuth endpoints, those in `changes` replaced. Errors: ConfigError (no OAuth; no address)."""
    if info.oauth is None:
        needed = ", ".join(f"{c.title} (field {c.where})" for c in info.credentials if c.required)
        raise ConfigError(
            f"{info.title} has no consent page: its connection holds what a person enters.",
            next_step=f"add a connection of type {info.conn_type!r} under Admin > Connections and enter "
            f"{needed or 'nothing else'}, then press Test; contactsync apps lists every field",
        )
    for name in ENDPOINTS:
        if changes.get(name) and origin(changes[name]) is None:
            raise ConfigError(
                f"--{name.replace('_', '-')} is no address of a web page.",
                allowed=("https://HOST/PATH",),
                next_step=f"write it like that, for example {getattr(info.oauth, name)}, or leave it out",
            )
    given = {name: changes.get(name, "") or getattr(info.oauth, name) for name in ENDPOINTS}
    return replace(
        info.oauth,
        authorise_url=given["authorise_url"],
        token_url=given["token_url"],
        userinfo_url=given["userinfo_url"],
    )


def by_consent(
    info: AppInfo,
    oauth: OAuthInfo,
    connection_id: str,
    client: Client,
    consent: Consent,
    code: str,
    other: Mapping[str, str],
) -> Authorised:
    """Buy tokens with the code, then try the refresh token. `other`: further credentials, such as the host.

    Errors: AuthError, HostRefused and those of `App.account`.
    """
    import requests

    with requests.Session() as session:
        guard(session, reach_of(connection_id, info.hosts, dict(other)))
        tokens = exchange(session, Services(), oauth, client, consent, code)
    credentials = {
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": tokens.refresh,
        **other,
        **_differing(info, oauth),
    }
    return checked(info, connection_id, credentials)


def checked(info: AppInfo, connection_id: str, credentials: Mapping[str, str]) -> Authorised:
    """The connection, once the account behind it has answered. Errors: those of `App.account`, ConnectionMissing."""
    lines, tokens = lines_of(info, connection_id, credentials), MemoryTokens()
    hook = hook_class(info.name)(connection_id, find=lambda _: lines.connection())
    account = hook.get_app({}, Services(tokens=tokens)).account()
    # A vendor that rotates refresh tokens has just replaced the one that was tried.
    newest = next((str(kept["refresh_token"]) for kept in tokens.kept.values() if kept.get("refresh_token")), "")
    if newest and "refresh_token" in credentials:
        lines = lines_of(info, connection_id, {**credentials, "refresh_token": newest})
    return Authorised(lines, account)


def permissions(*, host: str, http: bool, private: bool) -> dict[str, str]:
    """What a person permits a connection, as its credentials."""
    said = {ALLOW_HOST: host, ALLOW_HTTP: "true" if http else "", ALLOW_PRIVATE: "true" if private else ""}
    return {name: word for name, word in said.items() if word}


def _differing(info: AppInfo, oauth: OAuthInfo) -> dict[str, str]:
    """Addresses that are not the app's own have to stand in the connection."""
    if info.oauth is None:
        return {}
    names = ("token_url", "userinfo_url")
    return {name: getattr(oauth, name) for name in names if getattr(oauth, name) != getattr(info.oauth, name)}
