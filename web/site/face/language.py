"""Japanese first, English by a switch; dates as the body writes them.

The one law: *the Japanese text is the message*: a text without a translation is
shown in Japanese, never as a code.
"""

import re
from collections.abc import Callable, MutableMapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, abort, redirect, request, session
from flask.templating import Environment
from flask_babel import Babel, gettext, ngettext
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup
from werkzeug.wrappers import Response

from web.site.face.assets import TRANSLATIONS
from web.site.guarding import own_path
from web.site.site import at, the_site

LANGUAGES: Final = {"ja": "日本語", "en": "English"}
"""What the switch offers, each in its own words."""

_OURS: Final = "ja"
_CHOICE: Final = "language"
_TOKYO: Final = ZoneInfo("Asia/Tokyo")
_REIWA: Final = date(2019, 5, 1)
_HEISEI: Final = date(1989, 1, 8)
_SHOWA: Final = date(1926, 12, 25)
_ERAS: Final = ((_REIWA, "令和", 2018), (_HEISEI, "平成", 1988), (_SHOWA, "昭和", 1925))
_WEEKDAYS: Final = "月火水木金土日"
_FOREVER: Final = date.max.year
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MONTHS: Final = 30
_WRITTEN: Final = re.compile(r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])")

pages = Blueprint("language", __name__)


@pages.post("/language")
def switch() -> Response:
    """Speak another language from now on, and go back to where that was asked."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        abort(400)
    session[_CHOICE] = wanted
    return redirect(own_path(request.form.get("next")), 303)


def register(app: Flask) -> None:
    """Teach `app` its languages and dates."""
    Babel(
        app,
        default_locale=_OURS,
        default_translation_directories=str(TRANSLATIONS),
        default_timezone="Asia/Tokyo",
        locale_selector=chosen,
        configure_jinja=False,
    )
    app.jinja_env.globals.update(_=_text, ngettext=_counted)
    app.register_blueprint(pages)
    filters: dict[str, Callable[..., str]] = {
        "day": day, "instant": instant, "ago": ago, "figure": figure, "dated": dated,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)


def mark(text: str) -> str:
    """A text that is translated where it is shown: marks it for the catalogue."""
    return text


def chosen() -> str:
    """The language of this answer: "ja" or "en"."""
    return "en" if session.get(_CHOICE) == "en" else _OURS


def spoken(text: str) -> str:
    """A text in the language of this answer.  The messages are Japanese, so Japanese pages need no catalogue at all."""
    return text if chosen() == _OURS else gettext(text)


def _text(text: str, **values: object) -> Markup:
    """`_` of the templates: our own words, in which every value is escaped."""
    return Markup(spoken(text)) % values  # noqa: S704 - what stands in a template, or a text of the core


def _counted(one: str, many: str, number: int, **values: object) -> Markup:
    """`ngettext` of the templates."""
    found = one if chosen() == _OURS else ngettext(one, many, number)
    return Markup(found) % {"num": number, **values}  # noqa: S704 - as above


class _Said(NodeTransformer):
    """Puts each text that stands in a template as it is into the template, in the language of this answer."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name for it
        """`_("…")` and nothing else."""
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"),
                args=[nodes.Const(value=str(text))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                return nodes.Const(_text(text), lineno=node.lineno)
        return node


class Templates(Environment):
    """Flask's, with each template compiled once for each language, so that its texts cost nothing when it is drawn."""

    language = _OURS
    drawn: dict[str, tuple[str, ...]]
    """What `still` has drawn in this language."""

    def __init__(self, app: Flask, **options: Any) -> None:  # noqa: ANN401 - as Flask gives them
        super().__init__(app, **options)
        self._others: dict[str, Self] = {}
        self.drawn = {}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002
    ) -> Template:
        """The template in the language of this answer, which is that of the template that asks for it, if one does."""
        if parent is None and (language := chosen()) != self.language:
            return self._other(language).get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Of templates without globals of their own, which ours all are, the one mapping: to chain it costs a lookup
        for every name."""
        return self.globals if d is None else super().make_globals(d)

    def _other(self, language: str) -> Self:
        found = self._others.get(language)
        if found is None:
            made = self.overlay()
            made.language, made.drawn = language, {}
            found = self._others.setdefault(language, made)
        return found

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002
    ) -> str:
        return super()._generate(_Said().visit(source), name, filename, defer_init)


def figure(value: int) -> str:
    """1,200: a number of things, as it is written in both languages; never a number that names something."""
    return f"{value:,}"


def day(value: date | None, *, weekday: bool = True) -> str:
    """令和8年11月21日（土）, or 2026年11月21日（土）, or 21 Nov 2026; "—" for none and for the end of time."""
    if value is None or value.year == _FOREVER:
        return "—"
    if chosen() != _OURS:
        return (
            f"{value.day} {value:%b} {value.year}" if not weekday else f"{value:%a} {value.day} {value:%b} {value.year}"
        )
    end = f"（{_WEEKDAYS[value.weekday()]}）" if weekday else ""
    return f"{_year(value)}年{value.month}月{value.day}日{end}"


def instant(value: datetime | None, *, seconds: bool = False) -> str:
    """令和8年11月21日（土） 9:05, in Japan."""
    if value is None:
        return "—"
    here = value.astimezone(_TOKYO)
    clock = f"{here.hour}:{here:%M:%S}" if seconds else f"{here.hour}:{here:%M}"
    return f"{day(here.date())} {clock}"


def dated(text: str) -> str:
    """A sentence of the core, its dates (2027-03-31) as the body writes them."""
    return _WRITTEN.sub(_as_written, text)


def _as_written(found: re.Match[str]) -> str:
    try:
        return day(date.fromisoformat(found[0]), weekday=False)
    except ValueError:  # digits that are no date
        return found[0]


def ago(value: datetime | None) -> str:
    """How long ago, in one word: たった今, 5分前, 3時間前, 2日前; the day when it is longer ago."""
    if value is None:
        return "—"
    past = at() - value
    if past < _MINUTE:
        return gettext("たった今")
    if past < _HOUR:
        return ngettext("%(num)s分前", "%(num)s分前", past // _MINUTE)
    if past < _DAY:
        return ngettext("%(num)s時間前", "%(num)s時間前", past // _HOUR)
    if past < _MONTHS * _DAY:
        return ngettext("%(num)s日前", "%(num)s日前", past // _DAY)
    return day(value.astimezone(_TOKYO).date(), weekday=False)


def _year(value: date) -> str:
    if the_site().door.profile.signin.japanese_era.value:
        for first, name, before in _ERAS:
            if value >= first:
                number = value.year - before
                return f"{name}{'元' if number == 1 else number}"
    return str(value.year)
