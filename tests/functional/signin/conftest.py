"""The door of the body of the test, over both databases."""

from collections.abc import Iterator

import pytest

from tests.bodies import Body
from tests.entrance import Entrance, an_entrance


@pytest.fixture
def hall(body: Body) -> Iterator[Entrance]:
    """A door with nobody before it yet."""
    made = an_entrance(body)
    yield made
    made.store.dispose()
