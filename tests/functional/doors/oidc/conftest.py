"""さくら市 with systems that speak OpenID Connect."""

from tests.functional.site.conftest import city_sqlite, filled_database, ground  # noqa: F401 - fixtures of the city
