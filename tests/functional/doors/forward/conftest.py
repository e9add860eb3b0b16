"""さくら市 with an application behind a reverse proxy, and a browser that knows both hosts."""

import pytest

from tests.functional.doors.forward.given import Street
from tests.functional.site.conftest import city, city_postgresql, city_sqlite, filled, ground
from tests.functional.site.given import City

__all__ = ["city", "city_postgresql", "city_sqlite", "filled", "ground"]


@pytest.fixture
def street(city_sqlite: City) -> Street:
    return Street.in_(city_sqlite)


@pytest.fixture
def either_street(city: City) -> Street:
    """Over SQLite and over PostgreSQL."""
    return Street.in_(city)
