"""A body with three networks, a flow and terminals, over both databases."""

from collections.abc import Iterator

import pytest

from tests.bodies import Body
from tests.entrance import an_entrance
from tests.functional.signin.deciding.given import NETWORKS, Gate


@pytest.fixture
def gate(body: Body) -> Iterator[Gate]:
    """Nobody is there yet."""
    made = Gate(an_entrance(body, networks=NETWORKS))
    yield made
    made.close()
