"""Keys for both sides, and the hall that the tests of a file share."""

from collections.abc import Iterator

import pytest

from tests.functional.doors.saml.hall import Hall, a_hall
from tests.functional.doors.saml.provider import Pair, an_rsa_key, pair
from tests.functional.site.conftest import Ground, ground  # noqa: F401 - fixtures of the city
from tests.functional.site.given import City


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    """Our own keys: on P-256, and of RSA."""
    folder = tmp_path_factory.mktemp("idp")
    return pair(folder, "idp"), pair(folder, "idp-rsa", an_rsa_key())


@pytest.fixture(scope="session")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair, Pair]:
    """Keys of service providers: on P-256, of RSA, and a stranger's on P-256."""
    folder = tmp_path_factory.mktemp("sp")
    return pair(folder, "sp"), pair(folder, "sp-rsa", an_rsa_key()), pair(folder, "stranger")


@pytest.fixture(scope="module")
def hall(
    ground: Ground,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    idp: tuple[Pair, Pair],
    theirs: tuple[Pair, Pair, Pair],
) -> Iterator[Hall]:
    """One for all tests of a file, each with sessions and requests of its own."""
    file = tmp_path_factory.mktemp("hall") / "iam.db"
    file.write_bytes(ground.file.read_bytes())
    made = a_hall(City(ground.deployment, ground.keys, f"sqlite:///{file}", ground.known), idp, theirs)
    yield made
    made.city.store.dispose()
