"""What holds on every page, whoever looks: secrets are masked, the way out is there, no folder is listed."""

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from structlog.testing import capture_logs

from iam.policy.profile import Role
from iam.signin.factors.authenticators import authenticator_table
from iam.signin.watch import ClockWatch
from tests.functional.site.given import City
from tests.functional.site.portal.members import Member
from tests.functional.site.test_access import routes

INPUT = re.compile(r"<input\b[^>]*>")
OK = 200


def pages(city: City, *roles: Role | None) -> dict[tuple[str, Role | None], str]:
    """Every page that shows itself to a plain member of staff (None) or to one of these officers."""
    found = {}
    for role in roles:
        client = city.somebody(role)
        for route in routes(city.app):
            if route.method == "GET" and route.access.looks:
                answer = client.get(route.path)
                if answer.status_code == OK and answer.mimetype == "text/html":
                    found[route.path, role] = answer.text
    return found


def test_a_field_for_a_password_is_masked(city_sqlite: City) -> None:
    shown = [*pages(city_sqlite, None).values(), city_sqlite.client().get("/login").text]
    asked = [field for text in shown for field in INPUT.findall(text) if "-password" in field]
    assert len(asked) >= 3  # at the door, and a new one twice
    assert [field for field in asked if 'type="password"' not in field] == []


def test_the_way_out_is_on_every_page(city_sqlite: City) -> None:
    shown = pages(city_sqlite, None, Role.OPERATOR, Role.AUDITOR)
    assert len(shown) > 30
    assert [where for where, text in shown.items() if '<form method="post" action="/logout">' not in text] == []


def test_no_folder_is_listed(city_sqlite: City) -> None:
    client = city_sqlite.client()
    for path in ("/static/", "/static", "/static/..", "/static/%2e%2e/", "/templates/", "/portal/"):
        assert client.get(path).status_code == 404, path


def test_a_form_changes_no_field_that_it_does_not_show(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app("電話")
    yamada.signs_in()
    columns = authenticator_table.c

    def row() -> dict[str, object]:
        with city_sqlite.store.read() as connection:
            found = connection.execute(select(authenticator_table).where(columns.id == yamada.app)).one()
        return {name: value for name, value in found._mapping.items() if name != "name"}

    before = row()
    more = {"id": 1, "person_id": 1, "state": "removed", "counter": 0, "form": "webauthn", "sealed": "x"}
    assert yamada.browser.send(f"/factors/{yamada.app}/name", {"name": "別の電話", **more}).location == "/factors"
    assert row() == before


def test_a_clock_that_is_off_is_told_to_the_log_and_takes_nobody_away(city: City) -> None:
    door = replace(city.door, watch=ClockWatch(city.store, timedelta(seconds=1)))
    city.__dict__["site"] = replace(city.site, door=door)
    with capture_logs() as lines:
        answer = city.client().get("/readyz")
    assert answer.text == "ready\n"
    # The clock of the tests stands still: a server with a clock of its own is far ahead of it.
    told = [line["limit"] for line in lines if line["event"] == "clock_off"]
    assert told == ([] if city.url.startswith("sqlite") else [1])
