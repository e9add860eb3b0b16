"""Privileged IDs of the test's body, over both databases."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from iam.policy.profile import Profile
from tests.functional.conftest import MakeBody
from tests.functional.signin.deciding.given import NETWORKS
from tests.offices import a_profile, an_office
from tests.privileged import RULES, Wing, a_wing

MakeWing = Callable[..., Wing]


@pytest.fixture
def make_wing(make_body: MakeBody) -> Iterator[MakeWing]:
    """Makes the wing of the test, with the IDs that are named, under a profile whose [privileged] is `changed`."""
    with ExitStack() as opened:

        def make(*names: str, **changed: object) -> Wing:
            office = an_office(make_body(of=RULES), ruled(**changed), networks=NETWORKS)
            opened.callback(office.store.dispose)
            return a_wing(office, *names)

        yield make


@pytest.fixture
def wing(make_wing: MakeWing) -> Wing:
    """All of its IDs."""
    return make_wing()


def ruled(**changed: object) -> Profile:
    """The profile of an office, with values of [privileged] as given."""
    profile = a_profile()
    rules = profile.privileged
    values = {name: getattr(rules, name).model_copy(update={"value": value}) for name, value in changed.items()}
    return profile.model_copy(update={"privileged": rules.model_copy(update=values)})
