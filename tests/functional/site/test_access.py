"""One table of access: every page stands in it, and nobody comes to a page but as it says."""

from dataclasses import dataclass
from typing import Final

import pytest
from flask import Blueprint, Flask
from sqlalchemy import func, select
from werkzeug.routing import IntegerConverter, Rule

from iam.policy.profile import Role
from iam.record.audit.chain import audit_record
from iam.record.columns import metadata
from iam.signin import sessions
from iam.signin.sessions import Present
from tests.functional.site.given import City
from web.site.access import DUTY_PAGES, LOGIN, PROVE, TABLE, UNLOCK, Access, Who, only, signed_in
from web.site.app import create_app
from web.site.border.headers import UNSAFE


@dataclass(frozen=True)
class Route:
    """One method of one page, at an address that its rule takes."""

    endpoint: str
    method: str
    path: str

    @property
    def access(self) -> Access:
        return TABLE[self.endpoint]


def routes(app: Flask) -> list[Route]:
    """Every method of every page."""
    adapter, found = app.url_map.bind(""), []
    for rule in app.url_map.iter_rules():
        path = adapter.build(
            rule.endpoint, {name: _sample(rule, name) for name in rule.arguments}, append_unknown=False
        )
        found += [
            Route(rule.endpoint, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
    return found


def _sample(rule: Rule, name: str) -> object:
    converter = rule._converters[name]  # noqa: SLF001 - a rule tells its converters no other way
    return 1 if isinstance(converter, IntegerConverter) else "x"


def test_a_page_without_a_row_is_never_served(city_sqlite: City) -> None:
    stray = Blueprint("stray", __name__)
    stray.get("/stray")(lambda: "everything")
    with pytest.raises(LookupError, match=r"stray\.<lambda>"):
        create_app(city_sqlite.site, [stray])


def test_no_row_is_left_over_from_a_page_that_is_gone(city_sqlite: City) -> None:
    assert set(TABLE) == {rule.endpoint for rule in city_sqlite.app.url_map.iter_rules()}


def test_nobody_comes_to_a_page_without_signing_in(city_sqlite: City) -> None:
    for route in routes(city_sqlite.app):
        answer = city_sqlite.client().open(route.path, method=route.method)
        if route.access.who is Who.ANYBODY:
            assert answer.status_code != 401, route
            continue
        if route.access.who is Who.MACHINE:
            assert answer.status_code in {400, 401, 403}, route
            continue
        assert answer.status_code == 303, route
        assert answer.location.partition("?")[0] == LOGIN, route


def test_a_program_without_a_session_is_told_so_by_401(city_sqlite: City) -> None:
    for route in routes(city_sqlite.app):
        if route.access.who is Who.SIGNED_IN:
            answer = city_sqlite.client().open(route.path, method=route.method, headers={"Accept": "application/json"})
            assert answer.status_code == 401, route
            assert answer.json == {"error": "signed_out", "page": answer.json and answer.json["page"]}


def test_nothing_is_changed_without_a_csrf_token(city_sqlite: City) -> None:
    city = city_sqlite
    for route in routes(city.app):
        if route.method not in UNSAFE:
            continue
        for sent in (  # as a form, as a program
            {"data": {"reason": "x"}},
            {"json": {"name": "x"}},
        ):
            client = city.client()
            if route.access.who is Who.SIGNED_IN:
                city.signed_in(client, whoever_may(city, route), duty=min(route.access.duties, default=""))
            client.set_cookie("__Host-kagimori-step", "somebody's", domain=client.host, secure=True)
            before = content(city)
            answer = client.open(route.path, method=route.method, **sent)
            if route.access.who is Who.MACHINE:  # it asks for no token, but for the credentials of a program
                assert answer.status_code in {400, 401, 403, 404}, (route, answer.location)
                continue
            assert answer.status_code in {400, 404}, (route, answer.location)
            assert content(city) == before, route


def whoever_may(city: City, route: Route) -> str:
    """The number of somebody who may come to this page."""
    held = sorted(role for role in route.access.roles if any(role in roles for roles in city.known.values()))
    return city.holder(held[0]) if held else city.plain()


def content(city: City) -> dict[str, int]:
    """How many rows each table holds but the audit and the sessions that the test opens."""
    with city.store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if not table.name.startswith("audit") and table.name != "session"
        }


def test_whoever_holds_no_role_comes_to_no_officers_page(city_sqlite: City) -> None:
    client = city_sqlite.somebody()
    for route in routes(city_sqlite.app):
        if route.access.roles:
            answer = client.open(route.path, method=route.method)
            assert answer.status_code == 403, route


ROWS: Final = {
    "made.officer": only(Role.GENERAL_OFFICER),
    "made.sensitive": signed_in(proved=True),
    "made.home": signed_in(),
    "made.change": signed_in("password"),
}


@pytest.fixture
def made(city: City) -> City:
    """The city with four pages: for an officer, a sensitive one, an ordinary one, one for a forced change."""
    pages = Blueprint("made", __name__)
    pages.get("/made/officer", endpoint="officer")(lambda: "the officer's")
    pages.route("/made/sensitive", endpoint="sensitive", methods=["GET", "POST"])(lambda: "sensitive")
    pages.get("/made/home", endpoint="home")(lambda: "home")
    pages.get("/made/change", endpoint="change")(lambda: "change")
    city.more, city.rows = [pages], ROWS
    return city


def test_an_officer_comes_to_the_officers_page_and_others_read_who_may(made: City) -> None:
    assert made.somebody(Role.GENERAL_OFFICER).get("/made/officer").text == "the officer's"
    refused = made.somebody().get("/made/officer")
    assert refused.status_code == 403
    assert "この画面を使えるのは、統括情報セキュリティ責任者です。" in refused.text


def test_who_was_refused_stands_in_the_audit(made: City) -> None:
    client = made.client()
    made.signed_in(client, number := made.plain())
    client.get("/made/officer")
    with made.store.read() as connection:
        columns = audit_record.c
        last = connection.execute(select(audit_record).order_by(columns.number.desc()).limit(1)).one()
    assert (last.actor, last.action, last.subject) == (f"staff:{number}", "page.refused", "made.officer")


def test_whoever_tries_a_page_again_and_again_does_not_fill_the_audit(made: City) -> None:
    client = made.somebody()
    for _ in range(5):
        assert client.get("/made/officer").status_code == 403
    with made.store.read() as connection:
        actions = connection.execute(select(audit_record.c.action)).scalars().all()
    assert actions.count("page.refused") == 1


def test_a_sensitive_page_asks_for_a_new_proof_after_five_minutes(made: City) -> None:
    client = made.somebody()
    assert client.get("/made/sensitive").text == "sensitive"
    made.clock.forward(minutes=4, seconds=59)
    assert client.get("/made/sensitive").text == "sensitive"
    made.clock.forward(seconds=1)
    answer = client.get("/made/sensitive?page=2")
    assert (answer.status_code, answer.location) == (303, f"{PROVE}?next=/made/sensitive%3Fpage%3D2")
    assert client.get("/made/home").text == "home"


def test_before_a_forced_change_every_page_but_the_change_answers_403(made: City) -> None:
    client = made.client()
    made.signed_in(client, made.plain(), duty="password")
    assert client.get("/made/change").text == "change"
    answer = client.get("/made/home")
    assert answer.status_code == 403
    assert f'href="{DUTY_PAGES["password"]}"' in answer.text


def test_with_a_duty_nothing_else_is_open_on_the_whole_site(city_sqlite: City) -> None:
    for duty in DUTY_PAGES:
        client = city_sqlite.client()
        city_sqlite.signed_in(client, city_sqlite.plain(), duty=duty)
        for route in routes(city_sqlite.app):
            access = route.access
            if access.who is Who.SIGNED_IN and duty not in access.duties:
                assert client.open(route.path, method=route.method).status_code == 403, (route, duty)


def test_a_locked_session_is_sent_to_unlock_and_nowhere_else(made: City) -> None:
    client = made.client()
    token = made.signed_in(client, made.plain())
    found = sessions.look(made.store, made.door, token, made.clock())
    assert isinstance(found, Present)
    with made.store.act("test") as act:
        sessions.lock(act, found.session.id)
    answer = client.get("/made/home")
    assert (answer.status_code, answer.location) == (303, f"{UNLOCK}?next=/made/home")
    as_program = client.get("/made/home", headers={"Accept": "application/json"})
    assert (as_program.status_code, as_program.json) == (401, {"error": "locked", "page": f"{UNLOCK}?next=/made/home"})


def test_an_idle_session_ends_and_says_so_on_the_next_page(made: City) -> None:
    client = made.somebody()
    made.clock.forward(hours=1)
    answer = client.get("/made/home")
    assert (answer.status_code, answer.location) == (303, f"{LOGIN}?next=/made/home")
    assert client.get_cookie("__Host-kagimori", domain=client.host) is None
    assert "サインインの期限が切れました。" in client.get("/nowhere").text


def test_a_made_up_token_opens_nothing(made: City) -> None:
    client = made.client()
    client.set_cookie("__Host-kagimori", "A" * 43, domain=client.host, secure=True)
    assert client.get("/made/home").status_code == 303


def test_the_page_that_counts_down_gets_the_idle_time_anew(made: City) -> None:
    client = made.somebody()
    made.clock.forward(minutes=20)
    token = client.token("/nowhere")
    answer = client.post("/session/extend", headers={"X-CSRFToken": token, "Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json == {"left": made.door.profile.signin.general.idle.value * 60}
    made.clock.forward(minutes=20)
    assert client.get("/made/home").text == "home"
