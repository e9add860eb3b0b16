"""さくら市 with systems that speak OpenID Connect."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from tests.functional.doors.oidc.party import Party, a_party
from tests.functional.site.conftest import Ground, ground  # noqa: F401 - a fixture of the city
from tests.functional.site.given import Browser, City

OFFICE: Final = "10.20.1.5"
"""A terminal in the office."""


@dataclass
class Hall:
    """The city, and three systems: two that are not one, and a second client of the first."""

    city: City
    party: Party
    other: Party
    beside: Party

    def browser(self, number: str = "", **how: object) -> Browser:
        """A browser in the office, of whoever has this number and just signed in; "" of nobody."""
        made = self.city.client()
        made.environ_base["HTTP_X_FORWARDED_FOR"] = OFFICE
        if number:
            self.city.signed_in(made, number, **how)  # type: ignore[arg-type] # as City.signed_in
        return made

    def staff(self, which: int = 0) -> Browser:
        """The browser of somebody without any role, signed in by two kinds."""
        return self.browser(self.city.plain(which))


@pytest.fixture(scope="module")
def hall(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:  # noqa: F811 - by name
    file = tmp_path_factory.mktemp("oidc") / "iam.db"
    shutil.copy(ground.file, file)
    city = City(ground.deployment, ground.keys, f"sqlite:///{file}", ground.known)
    mail, files = a_party(city, "groupware", "mail"), a_party(city, "files")
    yield Hall(city, mail, files, a_party(city, "groupware", "diary"))
    city.store.dispose()
