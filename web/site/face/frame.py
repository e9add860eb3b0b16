"""What stands around every page: the body's name, who is signed in, the time that is left, the way through the site.

The one law: *the frame asks nobody*: it shows what the guard found out for this
request, so that it adds no query to a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Flask, current_app, g, jsonify, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from iam.policy.profile import Role
from iam.signin import sessions
from iam.signin.door import Entrant
from web.site.access import HOME, TABLE
from web.site.face.language import LANGUAGES, chosen, mark
from web.site.face.still import still
from web.site.site import at, session, signed_in, the_site

pages = Blueprint("session", __name__)

_DRAWN: Final = "kagimori-ways"
_HREFS: Final = "kagimori-hrefs"


@dataclass(frozen=True)
class Ways:
    """The way through the site, drawn: `main` under the header, `personal` in the menu under the person's name."""

    main: Markup
    personal: Markup


_NOWHERE: Final = Ways(Markup(""), Markup(""))
_MAIN: Final = {
    "home.page": mark("ホーム"),
    "access.page": mark("IDと権限"),
    "factors.page": mark("認証手段"),
    "activity.live": mark("端末と履歴"),
    "office.page": mark("担当者の画面"),
}
_PERSONAL: Final = {
    "password.page": mark("パスワードの変更"),
    "activity.past": mark("サインインの履歴"),
    "sheet.page": mark("手元の控え"),
    "privileged.page": mark("特権ID"),
}
"""Endpoint to label, in order; each is shown to whoever may come there."""

_MAIN_ITEM: Final = Markup('<li><a class="ways__item" href="{}"{}>{}</a></li>')
_PERSONAL_ITEM: Final = Markup('<li><a class="menu__item" href="{}"{}>{}</a></li>')


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
    app.jinja_env.globals.update(asset=_asset, still=still, languages=LANGUAGES)
    app.context_processor(_frame)
    app.register_blueprint(pages)


def _asset(name: str) -> str:
    return the_site().assets.path(name)


def _frame() -> dict[str, object]:
    who = signed_in()
    return {
        "site": the_site(),
        "who": who,
        "ways": _ways(who),
        "session_left": _left(who),
        "warning_seconds": int(the_site().door.profile.signin.warning.value) * 60,
        "language": chosen(),
        "here": request.full_path.rstrip("?"),
    }


def _left(who: Entrant | None) -> int:
    """Seconds until the session ends when nothing is done, 0 without one."""
    return 0 if who is None else max(0, int(sessions.time_left(g.session, at()).total_seconds()))


def _ways(who: Entrant | None) -> Ways:
    """The pages that this person may come to, of the navigation; drawn once for each kind of person."""
    if who is None or g.session.duty or g.session.locked:
        return _NOWHERE
    drawn: dict[tuple[str, frozenset[Role], str], Ways] = current_app.extensions.setdefault(_DRAWN, {})
    key = chosen(), who.roles, _section()
    if key not in drawn:
        drawn[key] = Ways(_items(_MAIN, _MAIN_ITEM, who.roles), _items(_PERSONAL, _PERSONAL_ITEM, who.roles))
    return drawn[key]


def _section() -> str:
    """The page of the navigation that this one is, or lies below; "" for none."""
    path = request.path
    for href in _hrefs().values():
        if path == href or (href != HOME and path.startswith(f"{href}/")):
            return path if path == href else f"{href}/"
    return ""


def _hrefs() -> dict[str, str]:
    """Endpoint to path, of every page of the navigation."""
    found: dict[str, str] = current_app.extensions.setdefault(_HREFS, {})
    if not found:
        found |= {endpoint: url_for(endpoint) for endpoint in (*_MAIN, *_PERSONAL) if endpoint in TABLE}
    return found


def _items(labels: Mapping[str, str], item: Markup, roles: frozenset[Role]) -> Markup:
    shown = [(_hrefs()[endpoint], gettext(label)) for endpoint, label in labels.items() if _open(endpoint, roles)]
    return Markup("").join(item.format(href, _current(href), label) for href, label in shown)


def _current(href: str) -> Markup:
    """Whether this is the page itself, or one below it, as a screen reader is told."""
    if request.path == href:
        return Markup(' aria-current="page"')
    below = href != HOME and request.path.startswith(f"{href}/")
    return Markup(' aria-current="true"') if below else Markup("")


def _open(endpoint: str, roles: frozenset[Role]) -> bool:
    access = TABLE.get(endpoint)
    return access is not None and (not access.roles or bool(access.roles & roles))
