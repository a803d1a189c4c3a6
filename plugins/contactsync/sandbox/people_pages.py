"""The web pages of Google's sandbox: consent, and what went wrong before it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from contactsync.sandbox.people_oauth import EMAIL, READ_ONLY, READ_WRITE
from contactsync.sandbox.wire import Reply, html

_MEANINGS = {
    "openid": "Associate you with your personal info",
    EMAIL: "See your primary e-mail address",
    READ_WRITE: "See, edit, download and permanently delete your contacts",
    READ_ONLY: "See and download your contacts",
}
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 sans-serif; margin: 10vh auto; max-width: 40rem; padding: 0 1rem }}
h1 {{ font-size: 1.5rem }}
code {{ display: block; opacity: .7 }}
button {{ font: inherit; margin-right: .5rem; padding: .3rem 1.2rem }}
</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""
_CONSENT = """<p>Signed in as <strong id="user">{user}</strong></p>
<p>It will be able to:</p>
<form method="post" action="{action}">
<input type="hidden" name="request" value="{number}">
<ul>
{scopes}
</ul>
<button id="deny" name="decision" value="deny">Deny</button>
<button id="allow" name="decision" value="allow">Allow</button>
</form>"""


def consent_page(action: str, number: str, user: str, client: str, scopes: Iterable[tuple[str, bool]]) -> Reply:
    """Who is asked, by whom, and for what; scopes marked True may be left out one by one."""
    items = "\n".join(_scope(scope, choice=choice) for scope, choice in scopes)
    body = _CONSENT.format(user=escape(user), action=escape(action), number=escape(number), scopes=items)
    return html(200, _PAGE.format(title=f"{escape(client)} wants to access your account", body=body))


def error_page(status: int, code: str, text: str) -> Reply:
    """Shown in the browser; the client hears nothing of it."""
    body = f"<p>{escape(text)}</p><p id=error>Error {status}: {escape(code)}</p>"
    return html(status, _PAGE.format(title="Access blocked", body=body))


def _scope(scope: str, *, choice: bool) -> str:
    meaning = f"{escape(_MEANINGS[scope])} <code>{escape(scope)}</code>"
    if not choice:
        return f"<li>{meaning}</li>"
    return f'<li><label><input type="checkbox" name="scope" value="{escape(scope)}" checked> {meaning}</label></li>'
