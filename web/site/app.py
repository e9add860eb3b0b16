"""The web application, put together.

The one law: `create_app` is the list of what the site is made of, in order: who
answers first, who answers last.  Pages stand in web/portal and web/officer.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from web.doors import optional
from web.doors.forward import pages as forward
from web.doors.oidc import pages as oidc
from web.doors.radius import pages as radius
from web.doors.validate import pages as validate
from web.officer import pages as officer
from web.portal import pages as portal
from web.site import guarding, problems, remembered
from web.site.access import TABLE, Access, Who
from web.site.border import cookies, headers, numbers
from web.site.border.uploads import InMemory
from web.site.face import frame, language
from web.site.face.assets import STATIC
from web.site.face.language import Templates
from web.site.running import health, journal
from web.site.site import EXTENSION, Site

__all__ = ["Site", "create_app"]

PAGES: Final[tuple[Blueprint, ...]] = (
    health.pages,
    *portal.PAGES,
    *officer.PAGES,
    forward.pages,
    *oidc.PAGES,
    radius.pages,
    validate.pages,
)
"""Every page of the site; each one's endpoints stand in the table of access."""

_CSRF_SECONDS: Final = 12 * 60 * 60


class _Pages(Flask):
    """Flask with our templates, and without coroutines."""

    jinja_environment = Templates  # type: ignore[assignment] # Flask's own base class, as it is made by Flask

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: no page of ours is a coroutine, and asking that takes longer than some of what is asked."""
        return func


def create_app(site: Site, more: Sequence[Blueprint] = (), rows: Mapping[str, Access] = MappingProxyType({})) -> Flask:
    """The site, ready to be served; `more` are pages that only tests have, `rows` who may come there.

    Raises:
        LookupError: when a page has no row in the table of access.
        ConfigurationError: when a part that the settings ask for is missing or wrong.
    """
    app = _Pages("kagimori", root_path=str(Path(__file__).parents[1]), static_folder=str(STATIC))
    more_rows = optional.saml(app, site.deployment.settings.saml, site.portal.origin)
    table = {**TABLE, **rows, **more_rows}
    machines = {endpoint for endpoint, access in table.items() if access.who is Who.MACHINE}
    app.extensions[EXTENSION] = site
    app.url_map.merge_slashes = False  # an odd path is no page; no redirect is made of what a visitor wrote
    app.request_class = InMemory
    app.jinja_env.undefined = StrictUndefined
    app.config["WTF_CSRF_TIME_LIMIT"] = _CSRF_SECONDS
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the origin is judged by headers, also behind a proxy that ends TLS
    cookies.register(app, site.store.keys)
    numbers.register(app)
    journal.register(app)
    headers.register(app, site.portal, machines)
    language.register(app)
    frame.register(app)
    problems.register(app)
    oidc.register(app, site)
    for pages in (*PAGES, *more):
        app.register_blueprint(pages)
    guarding.register(app, table)
    remembered.register(app)
    csrf = CSRFProtect(app)
    for endpoint in machines & set(app.view_functions):
        csrf.exempt(app.view_functions[endpoint])
    app.before_request(headers.refuse_unstorable)
    return app
