"""さくら市 with terminals that ask at /validate/check: one for all tests of the door."""

from collections.abc import Iterator

import pytest

from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.devices.served import Hall, a_hall
from tests.functional.doors.validate.module import Module
from tests.functional.site.conftest import Ground, ground

__all__ = ["ground"]


@pytest.fixture(scope="package")
def hall(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with a_hall(ground, tmp_path_factory.mktemp("validate")).served() as made:
        yield made


@pytest.fixture(scope="package")
def module(hall: Hall) -> Module:
    """The sign-in module of a terminal of an agreed network."""
    agreed = {"addresses": ["10.20.0.0/16"]}
    secret = a_client(hall.city.store, ClientKind.TERMINAL, "groupware", agreed, code="windows")[1]
    return Module(hall.port, f"windows:{secret}")
