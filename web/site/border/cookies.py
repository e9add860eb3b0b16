"""The three cookies: who is signed in, who is about to be, and what forms need.

The one law: *a cookie is a name, not a fact*: the first two are random names of
rows in the database; the third, signed, holds the CSRF secret, the language and
what is shown once (messages, a reason that was typed), and nothing else.  All
are __Host-, Secure, HttpOnly and of this site alone (ASVS 3.3.1 to 3.3.4).
"""

import hashlib
from typing import Final

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from iam.record.keys import KeyRing

SESSION: Final = "__Host-kagimori"
STEP: Final = "__Host-kagimori-step"
FORM: Final = "__Host-kagimori-form"
_OF: Final = "of"
_SECRET: Final = "csrf_token"  # noqa: S105 - Flask-WTF's name for where its secret stands


class _Signed(SecureCookieSessionInterface):
    """Flask's own, under SHA-256 instead of SHA-1 (ASVS appendix C)."""

    salt = "kagimori-form"
    digest_method = staticmethod(hashlib.sha256)

    def __init__(self) -> None:
        self._made: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """As Flask's, made once: the keys do not change while the site runs."""
        if self._made is None:
            self._made = super().get_signing_serializer(app)
        return self._made


def register(app: Flask, keys: KeyRing) -> None:
    """Let the form cookie be signed under the key ring, also under keys that were current until lately."""
    secrets = [keys.mac("form cookie", b"", key_id) for key_id in keys.public_keys() if key_id != keys.current]
    app.session_interface = _Signed()
    app.config.update(
        SECRET_KEY=keys.mac("form cookie", b"", keys.current),
        SECRET_KEY_FALLBACKS=secrets,
        SESSION_COOKIE_NAME=FORM,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def sign_in(response: Response, token: str) -> Response:
    """Give the browser a session: the half-done login is over, and every form shown before is void."""
    _set(response, SESSION, token)
    _clear(response, STEP)
    renew()
    return response


def half_done(response: Response, token: str) -> Response:
    """Give the browser the name of a login that has begun."""
    _set(response, STEP, token)
    return response


def step_over(response: Response) -> Response:
    """Forget the half-done login."""
    _clear(response, STEP)
    return response


def sign_out(response: Response) -> Response:
    """Forget session and half-done login; every form shown before is void."""
    _clear(response, SESSION)
    _clear(response, STEP)
    renew()
    return response


def renew() -> None:
    """Void every form that this browser was shown (session fixation, ASVS 7.2.4)."""
    session.pop(_SECRET, None)
    session.pop(_OF, None)


def belongs_to(session_id: int) -> None:
    """Bind forms to one session, 0 for nobody's: a form shown to somebody else is void."""
    if session.get(_OF, 0) != session_id:
        session.pop(_SECRET, None)
        session[_OF] = session_id


def _set(response: Response, name: str, token: str) -> None:
    response.set_cookie(name, token, path="/", secure=True, httponly=True, samesite="Lax")


def _clear(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
