"""What `contactsync authorise` says to a person and asks; all of it on stderr, for stdout is the answer."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable

import typer

from contactsync.cli.talk import plain
from contactsync.errors import AuthError
from contactsync.model.app import AppInfo, OAuthInfo
from contactsync.rest.consent import Client, Consent, begin
from contactsync.rest.loopback import Receiver, redirect_to

PASTED_TRIES = 3
# With --no-browser nobody listens: the browser of another machine shows this address as one that it cannot reach.
UNHEARD_PORT = 53682


def ask_client(info: AppInfo, oauth: OAuthInfo, client_id: str, client_secret: str) -> Client:
    """Id and secret of the user's OAuth client; what is missing is asked for, the secret unseen."""
    if not (client_id and client_secret) and oauth.register:
        _say(f"{info.title} needs an OAuth client of your own. {oauth.register}.")
    return Client(
        client_id.strip() or typer.prompt("Client id", err=True).strip(),
        client_secret.strip() or typer.prompt("Client secret (not shown)", hide_input=True, err=True).strip(),
    )


def ask_consent(
    info: AppInfo, oauth: OAuthInfo, client: Client, *, browser: bool, port: int, wait: float
) -> tuple[Consent, str]:
    """The attempt, and the code that came of it. Errors: AuthError, ConfigError (port)."""
    if browser:
        return _through_browser(info, oauth, client, port, wait)
    consent = begin(oauth, client.id, redirect_to(port or UNHEARD_PORT))
    _say(f"Open this page in any browser, signed in as the person whose contacts they are:\n\n{consent.url}\n")
    _say(f"After Allow the browser goes to {consent.redirect}... and shows that it cannot. That is right:")
    return consent, _pasted(consent)


def _through_browser(info: AppInfo, oauth: OAuthInfo, client: Client, port: int, wait: float) -> tuple[Consent, str]:
    with Receiver(port) as receiver:
        consent = begin(oauth, client.id, receiver.redirect)
        receiver.expect(consent.state)
        _say(f"{info.title} asks for your consent in the browser. If no page opens, open this one:\n\n{consent.url}\n")
        # In a thread, for a browser in the terminal comes back only when it is closed.
        threading.Thread(target=_opened, args=(webbrowser.open, consent.url), daemon=True).start()
        return consent, consent.code_in(receiver.wait(wait))


def _opened(browse: Callable[[str], bool], url: str) -> None:
    try:
        browse(url)
    except (webbrowser.Error, OSError):
        _say("No browser could be started here.")


def _pasted(consent: Consent) -> str:
    """What a person pasted; a slip of the hand may be mended, a refusal may not."""
    for left in reversed(range(PASTED_TRIES)):
        text = typer.prompt("Paste that whole address (or the code in it)", err=True)
        try:
            return consent.code_in(text)
        except AuthError as error:
            if not left or "error=" in text:
                raise
            _say(str(error))
    raise AuthError("No answer was pasted.", next_step="start the command again")


def _say(text: str) -> None:
    typer.echo(plain(text), err=True)
