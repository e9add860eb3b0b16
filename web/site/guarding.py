"""The guard: finds out who is asking, and lets a request through only as the table of access says.

The one law: *default deny*.  Whoever is not signed in is sent to sign in, whoever
has a duty does that first, whoever locked the screen unlocks it, whoever holds
another role reads who may; a program that asks for JSON gets 401 or 403.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from flask import Flask, current_app, flash, g, jsonify, redirect, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Forbidden
from iam.policy.profile import Profile, Role
from iam.signin import sessions
from iam.signin.door import Entrant
from iam.signin.sessions import Gone, Present, Session
from web.site.access import DUTY_PAGES, HOME, LOGIN, PROVE, UNLOCK, Access, Who, public
from web.site.border import cookies, typed
from web.site.border.callers import caller
from web.site.border.headers import UNSAFE
from web.site.border.refusals import refused
from web.site.site import at, the_site

_LONGEST_PATH: Final = 2_000
_NO_PAGE: Final = public()
"""What does not exist is told to everybody, in the frame of whoever asks."""


class DutyFirst(Forbidden):
    """Something must be done before anything else; `page` is where."""

    def __init__(self, duty: str) -> None:
        self.duty = duty
        self.page = DUTY_PAGES[duty]
        super().__init__(
            gettext("先にパスワードを変更してください。変更が済むまで、ほかの画面は使えません。")
            if duty == "password"
            else gettext("先に二つ目の認証手段を登録してください。登録が済むまで、ほかの画面は使えません。")
        )


def register(app: Flask, table: Mapping[str, Access]) -> None:
    """Guard every route of `app`.

    Raises:
        LookupError: when a route has no row in `table`.
    """
    if homeless := sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(table)):
        raise LookupError(f"these pages have no row in the table of access: {homeless}")

    @app.before_request
    def guard() -> Response | tuple[Response, int] | None:
        access = _NO_PAGE if request.endpoint is None else table[request.endpoint]
        request.max_content_length = access.body
        if access.looks:
            look(touch=access.touches)
        if caller().forged_certificate:
            refused("certificate", "not from a listed proxy")
        return _stop(access)

    @app.after_request
    def forget(response: Response) -> Response:
        if g.get("gone"):
            response.delete_cookie(cookies.SESSION, path="/", secure=True, httponly=True, samesite="Lax")
        return response


def own_path(wanted: str | None) -> str:
    """`wanted` when it is a path of this site, else the first page: nobody is sent elsewhere (ASVS 3.7.2)."""
    if not wanted or len(wanted) > _LONGEST_PATH or not wanted.startswith("/"):
        return HOME
    # Browsers take a backslash for a slash, and drop tabs and line ends.
    if wanted.startswith("//") or "\\" in wanted or any(sign < "!" or sign == "\x7f" for sign in wanted):
        return HOME
    parts = urlsplit(wanted)
    return HOME if parts.scheme or parts.netloc else wanted


def wants_json() -> bool:
    """Whether a program is asking."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def look(*, touch: bool = True) -> None:
    """Find the session behind the cookie, if it still holds.  A page whose row says `looks=False` may do so itself."""
    token = request.cookies.get(cookies.SESSION)
    if not token:
        cookies.belongs_to(0)
        return
    found = sessions.look(the_site().store, the_site().door, token, at(), touch=touch)
    if isinstance(found, Gone):
        g.gone = found.reason
        cookies.belongs_to(0)
    else:
        _known(found)


def _known(found: Present) -> None:
    g.session, g.entrant = found.session, found.entrant
    cookies.belongs_to(found.session.id)


def _stop(access: Access) -> Response | tuple[Response, int] | None:
    """The answer that stands instead of the page, or None."""
    if access.who is Who.HALF_DONE and not request.cookies.get(cookies.STEP):
        return _elsewhere(LOGIN, "signed_out")
    session: Session | None = g.get("session")
    if session is None:
        return _to_login() if access.who is Who.SIGNED_IN else None
    if session.locked and not access.locked:
        return _elsewhere(_with_next(UNLOCK), "locked")
    if session.duty and session.duty not in access.duties:
        raise DutyFirst(session.duty)
    entrant: Entrant = g.entrant
    if access.roles and not access.roles & entrant.roles:
        raise _refused(access)
    if access.proved and not sessions.recently_proved(session, at(), the_site().door):
        typed.keep()
        return _elsewhere(_with_next(PROVE), "prove")
    return None


def _to_login() -> Response | tuple[Response, int]:
    if g.get("gone") and not wants_json():
        flash(gettext("サインインの期限が切れました。もう一度サインインしてください。"), "info")
    return _elsewhere(_with_next(LOGIN), "signed_out")


def _elsewhere(page: str, code: str) -> Response | tuple[Response, int]:
    if wants_json():
        return jsonify(error=code, page=page), 401
    return redirect(page, 303)


def _with_next(page: str) -> str:
    """`page`, and where to go on afterwards; what a form had sent is not sent again, but the form is shown again."""
    if request.method in UNSAFE and not _has_page(request.path):
        return page
    wanted = request.full_path.rstrip("?")
    return page if wanted == HOME else f"{page}?next={quote(own_path(wanted), safe='/')}"


def _has_page(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")


def _refused(access: Access) -> Forbidden:
    """Remember who wanted what, and say who may."""
    refused("page", "、".join(sorted(access.roles)))
    names = "、".join(bearers(the_site().door.profile, access.roles))
    return Forbidden(gettext("この画面を使えるのは、%(names)sです。", names=names))


def bearers(profile: Profile, roles: frozenset[Role]) -> list[str]:
    """The body's own titles of these roles, in the order of the profile."""
    return [title.name for title in profile.titles if roles & set(title.roles)]
