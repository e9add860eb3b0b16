"""Doors that a body may leave out, and whose libraries it then need not install.

The one law: *wanted and not there is said before anybody is served*; not wanted is not there at all.
"""

from collections.abc import Mapping
from importlib.util import find_spec

from flask import Flask

from iam.errors import ConfigurationError
from iam.settings import Saml
from web.site.access import Access


def saml(app: Flask, settings: Saml | None, origin: str) -> Mapping[str, Access]:
    """Serve SAML where [saml] stands, and say who may come to its pages.

    Raises:
        ConfigurationError: when the library, xmlsec1 or a key is missing or wrong.
    """
    if settings is None:
        return {}
    _refuse_incomplete()
    from web.doors.saml import pages  # noqa: PLC0415 - only where it is wanted
    from web.doors.saml.ourselves import ourselves  # noqa: PLC0415 - the same

    pages.register(app, ourselves(settings, origin))
    return pages.ROWS


def refuse_unready(settings: Saml | None, origin: str) -> None:
    """Say what `saml` would, before the first process is started.

    Raises:
        ConfigurationError: as `saml`.
    """
    saml(Flask(__name__), settings, origin)


def _refuse_incomplete() -> None:
    if find_spec("saml2") is None:
        cure = "kagimori[saml] を導入する（接続手引き 第8章）か、設定から [saml] を外してください。"
        raise ConfigurationError([f"[saml]: SAMLの部品 pysaml2 が入っていません。{cure}"])
