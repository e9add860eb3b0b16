"""The office of the test, over both databases."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from iam.policy.profile import Profile
from tests.bodies import Body
from tests.offices import Office, an_office

MakeOffice = Callable[..., Office]


@pytest.fixture
def make_office(body: Body) -> Iterator[MakeOffice]:
    """Makes the office of the test's body, under another profile or with another door."""
    with ExitStack() as opened:

        def make(profile: Profile | None = None, **door: object) -> Office:
            office = an_office(body, profile, **door)
            opened.callback(office.store.dispose)
            return office

        yield make


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """Nobody is in it yet."""
    return make_office()
