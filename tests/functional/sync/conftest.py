"""Bodies that live through nights, over both databases."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bodies import Body, a_body

MakeBody = Callable[..., Body]


@pytest.fixture
def make_body(database_url: str, tmp_path: Path) -> Iterator[MakeBody]:
    """Makes the body of the test, over the database of the test, with the given rules."""
    with ExitStack() as opened:

        def make(**rules: object) -> Body:
            body = a_body(database_url, tmp_path / "keys.json", **rules)  # type: ignore[arg-type] # a_body says what
            opened.callback(body.store.dispose)
            return body

        yield make


@pytest.fixture
def body(make_body: MakeBody) -> Body:
    return make_body()
