"""What stands around every page: the body's name, who is signed in, the time that is left, the way through the site.

The one law: *the frame asks nobody*: it shows what the guard found out for this
request, so that it adds no query to a page.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Flask, g, jsonify, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from iam.signin import sessions
from iam.signin.door import Entrant
from web.site.access import HOME, TABLE
from web.site.face.language import LANGUAGES, chosen
from web.site.site import at, session, signed_in, the_site

pages = Blueprint("session", __name__)


@dataclass(frozen=True)
class Way:
    """One entry of the navigation.  `personal`: it stands in the menu under the person's name.

    `current`: "page" on the page itself, "true" on a page below it, "" elsewhere.
    """

    label: str
    href: str
    personal: bool
    current: str


_WAYS: Final[tuple[tuple[str, object, bool], ...]] = (
    ("home.page", lazy_gettext("ホーム"), False),
    ("access.page", lazy_gettext("IDと権限"), False),
    ("factors.page", lazy_gettext("認証手段"), False),
    ("activity.live", lazy_gettext("サインイン"), False),
    ("office.page", lazy_gettext("担当者の画面"), False),
    ("password.page", lazy_gettext("パスワードの変更"), True),
    ("activity.past", lazy_gettext("サインインの履歴"), True),
    ("sheet.page", lazy_gettext("手元の控え"), True),
)  # fmt: skip
"""Endpoint, label, whether personal, in order; each is shown to whoever may come there."""


@pages.post("/session/extend")
def extend() -> Response:
    """Begin the idle time anew; the page that counts down asks for it."""
    found = session()
    with the_site().store.act("session") as act:
        held = sessions.extend(act, found.id)
    seconds = min(found.idle, found.ends_at - at()).total_seconds() if held else 0
    return jsonify(left=max(0, int(seconds)))


def register(app: Flask) -> None:
    """Give every template the frame."""
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = _asset
    app.context_processor(_frame)
    app.register_blueprint(pages)


def _asset(name: str) -> str:
    return the_site().assets.path(name)


def _frame() -> dict[str, object]:
    who = signed_in()
    return {
        "site": the_site(),
        "who": who,
        "ways": ways(who) if who else [],
        "session_left": _left(who),
        "warning_seconds": int(the_site().door.profile.signin.warning.value) * 60,
        "language": chosen(),
        "languages": LANGUAGES,
        "here": request.full_path.rstrip("?"),
    }


def _left(who: Entrant | None) -> int:
    """Seconds until the session ends when nothing is done, 0 without one."""
    return 0 if who is None else max(0, int(sessions.time_left(g.session, at()).total_seconds()))


def ways(who: Entrant) -> list[Way]:
    """The pages that this person may come to, of those that stand in the navigation."""
    if g.session.duty or g.session.locked:
        return []
    return [
        Way(str(label), href := url_for(endpoint), personal, current=_current(href))
        for endpoint, label, personal in _WAYS
        if _open(endpoint, who)
    ]


def _current(href: str) -> str:
    if request.path == href:
        return "page"
    return "true" if href != HOME and request.path.startswith(f"{href}/") else ""


def _open(endpoint: str, who: Entrant) -> bool:
    access = TABLE.get(endpoint)
    return access is not None and (not access.roles or bool(access.roles & who.roles))
