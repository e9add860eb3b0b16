"""FreeRADIUS before nginx before さくら市: one of each for all tests of the door."""

import contextlib
from collections.abc import Iterator

import pytest

from iam.access.places.terminals import TerminalKind
from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.devices.served import Hall, a_hall
from tests.functional.doors.radius.freeradius import Radius, freeradius
from tests.functional.site.conftest import Ground, ground
from tests.functional.site.serving import Proxy, nginx_before
from web.practice.servers.certificates import make_certificates

__all__ = ["ground"]

CLIENT = "radius-1"
AGREED = {
    "addresses": ["127.0.0.1"],
    "devices": {"server-1": "finance", "switch-1": "juki"},
    "vlans": {"lgwan": "120", "mnu": "110"},
}


@pytest.fixture(scope="package")
def hall(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    made = a_hall(ground, tmp_path_factory.mktemp("radius"))
    made.terminal("PR-9001", "mnu", kind=TerminalKind.DEVICE, mac="02-00-5E-10-01-01")
    made.terminal("PC-9103", "lgwan", mac="02-00-5E-20-00-03", lost=True)
    made.terminal("PC-9001", "mnu", mac="02-00-5E-10-00-01", address="10.10.1.11")
    with made.served():
        yield made


@pytest.fixture(scope="package")
def secret(hall: Hall) -> str:
    return a_client(hall.city.store, ClientKind.RADIUS, "groupware", AGREED, code=CLIENT)[1]


@pytest.fixture(scope="package")
def proxy(hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    tls = make_certificates(folder)
    with nginx_before(hall, folder, certificate=tls.certificate, key=tls.key, ca=tls.ca, cards=tls.ca) as running:
        yield running


@pytest.fixture(scope="package")
def radius(proxy: Proxy, secret: str) -> Iterator[Radius]:
    with contextlib.ExitStack() as running:
        yield running.enter_context(freeradius(f"https://localhost:{proxy.port}", proxy.ca, CLIENT, secret))
