"""Bad input at the forward door, and what it gets: refused, closed, with one clear cause in the log."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs
from werkzeug.test import Client as Asking

from iam.record.audit.chain import audit_record
from iam.signin.door import hash_of, new_token
from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.forward.given import APP, OTHER, PROXIES, SYSTEM, Street, forwarded, named
from tests.functional.site.given import ORIGIN
from web.doors.forward.pages import BROWSER
from web.doors.forward.reading import VISIT

STRANGER = "192.0.2.66"


def refused_for(street: Street, **asked: object) -> str:
    """Ask, see that it is closed, and give the cause as the log has it."""
    with capture_logs() as logs:
        answer = street.check(**asked)  # type: ignore[arg-type] # as check
    assert (answer.status_code, named(answer)) == (403, {})
    causes = [line["reason"] for line in logs if line["event"] == "forward"]
    assert len(causes) == 1
    return str(causes[0])


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"peer": STRANGER}, "not from a listed proxy"),
        ({"peer": ""}, "not from a listed proxy"),
        ({"origin": "https://evil.example"}, "no application at https://evil.example"),
        ({"origin": "http://bunsho.city.example"}, "no application at http://bunsho.city.example"),
        ({"origin": ORIGIN}, f"no application at {ORIGIN}"),
        ({"X_Forwarded_Host": "kyuyo.city.example"}, "X-Original-URL and X-Forwarded-Host name two hosts"),
        ({"shape": forwarded, "X_Original_URL": f"{OTHER}/"}, "X-Original-URL and X-Forwarded-Host name two hosts"),
        ({"shape": lambda *_: {}}, "neither X-Original-URL nor X-Forwarded-Host"),
        ({"to": ""}, "no path in X-Original-URL or X-Forwarded-Uri"),
        ({"query": "app=kyuyo"}, "the proxy asks for another application than bunsho"),
        ({"query": "app=bunsho&app=kyuyo"}, "the proxy asks for another application than bunsho"),
    ],
)
def test_a_request_that_is_not_clear_is_refused_with_its_cause(
    street: Street, asked: Mapping[str, object], cause: str
) -> None:
    token = street.come_in(street.city.plain())
    assert refused_for(street, token=token, **asked) == cause


def test_an_application_with_proxies_of_its_own_is_asked_for_by_no_other(street: Street) -> None:
    detail = {"origin": OTHER, "proxies": ["192.0.2.10/32"]}
    a_client(street.city.store, ClientKind.FORWARD, SYSTEM, detail, code="kyuyo")
    assert refused_for(street, origin=OTHER) == "this proxy may not ask for kyuyo"
    assert refused_for(street, peer="192.0.2.10") == "this proxy may not ask for bunsho"
    assert street.check(origin=OTHER, peer="192.0.2.10").status_code == 401


def test_identity_headers_of_the_caller_are_never_passed_on(street: Street) -> None:
    forged: dict[str, Any] = {"X_Remote_User": "shichou", "X_Kagimori_Groups": "admin"}
    assert named(street.check(**forged)) == {}
    street.come_in(street.city.plain())
    own = named(street.check())
    street.city.clock.forward(seconds=1)
    assert named(street.check(**forged)) == own
    assert own["X-Remote-User"] != "shichou"


def test_an_address_that_a_browser_wrote_is_not_believed(street: Street) -> None:
    token, inside = street.come_in(street.city.plain()), street.address
    street.address = f"{inside}, 203.0.113.9"  # what the proxy saw stands last
    assert street.check(token=token).status_code == 403
    street.address = inside
    assert street.check(token=token).status_code == 200


def test_a_visit_opens_its_own_application_alone(street: Street) -> None:
    token = street.come_in(street.city.plain())
    a_client(street.city.store, ClientKind.FORWARD, SYSTEM, {"origin": OTHER}, code="kyuyo")
    street.city.clock.forward(seconds=1)
    street.doorway._gates._until = 0.0  # noqa: SLF001 - the list is read anew, as it is every few seconds
    answer = street.check(origin=OTHER, token=token)
    assert (answer.status_code, answer.headers["X-Kagimori-Reason"], named(answer)) == (401, "signed_out", {})


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "%00", "\u00e9"])
def test_a_token_that_is_none_is_sent_the_way_in(street: Street, token: str) -> None:
    assert street.check(token=token).status_code == 401


def test_of_two_cookies_of_one_name_none_counts(street: Street) -> None:
    token = street.come_in(street.city.plain())
    answer = street.check(Cookie=f"{VISIT}={token}; {VISIT}={new_token()[0]}")
    assert answer.status_code == 401


# --- tickets


def ticket_for(street: Street, number: str = "") -> str:
    """The address at which a ticket that was just given is taken."""
    street.sign_in(number or street.city.plain())
    begun = street.open(f"{APP}/.kagimori/begin?to=/list")
    return street.open(begun.location).location


def test_a_ticket_that_was_used_opens_nothing(street: Street) -> None:
    there = ticket_for(street)
    first = dict(street.cookies[APP])
    assert street.open(there).location == "/list"
    assert street.open(there).location == "/list"  # the page was loaded anew by whoever is in already
    street.cookies[APP] = first
    assert street.open(there).location == f"{ORIGIN}/auth/over?app=bunsho"
    assert VISIT not in street.cookies[APP]
    with street.city.store.read() as connection:
        actions = connection.execute(select(audit_record.c.action)).scalars().all()
    assert actions.count("token.reused") == 2


def test_a_ticket_lives_a_minute(street: Street) -> None:
    there = ticket_for(street)
    street.city.clock.forward(seconds=61)
    assert street.open(there).location == f"{ORIGIN}/auth/over?app=bunsho"
    assert VISIT not in street.cookies[APP]


def test_a_ticket_opens_no_other_host(street: Street) -> None:
    a_client(street.city.store, ClientKind.FORWARD, SYSTEM, {"origin": OTHER}, code="kyuyo")
    there = ticket_for(street)
    street.cookies[OTHER] = dict(street.cookies[APP])
    assert street.open(there.replace(APP, OTHER)).location == f"{ORIGIN}/auth/over?app=kyuyo"
    assert VISIT not in street.cookies[OTHER]


def test_a_ticket_that_another_browser_asked_for_signs_nobody_in(street: Street) -> None:
    there = ticket_for(street)
    for held in ({}, {BROWSER: new_token()[0]}):
        street.cookies[APP] = dict(held)
        assert street.open(there).location == f"{ORIGIN}/auth/over?app=bunsho"
        assert VISIT not in street.cookies[APP]


def test_a_ticket_is_worth_nothing_once_its_session_is_over(street: Street) -> None:
    there = ticket_for(street)
    with street.city.store.act("test") as act:
        act.connection.execute(text("UPDATE session SET locked = :yes"), {"yes": True})
    assert street.open(there).location.startswith(f"{ORIGIN}/auth/start?")  # to be unlocked
    assert VISIT not in street.cookies[APP]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)",
        "/.kagimori/leave", "evil", "/%0d%0aSet-Cookie:x=1/../\r\nX: y",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_application(street: Street, to: str) -> None:
    street.sign_in(street.city.plain())
    browser, hashed = new_token()
    street.cookies[APP] = {BROWSER: browser}
    started = Asking(street.doorway, use_cookies=False).get(
        "/auth/start", base_url=ORIGIN, query_string={"app": "bunsho", "to": to, "browser": hashed},
        headers={
            "Cookie": "; ".join(f"{k}={v}" for k, v in street.cookies[ORIGIN].items()),
            "X-Forwarded-For": street.address,
        },
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )  # fmt: skip
    assert started.location.startswith(f"{APP}/.kagimori/enter?ticket=")
    assert street.open(started.location).location == "/"
    assert hash_of(browser) == hashed


@pytest.mark.parametrize("path", ["begin?to=/", "enter?ticket=x&to=/", "leave"])
def test_the_way_in_is_no_way_for_a_stranger(street: Street, path: str) -> None:
    with capture_logs() as logs:
        answer = street.open(f"{APP}/.kagimori/{path}", peer=STRANGER)
    assert answer.status_code == 403
    assert [line["reason"] for line in logs if line["event"] == "forward"] == ["not from a listed proxy"]


# --- what is not guarded, and what cannot be asked


def test_only_a_path_that_everybody_reads_alike_goes_unguarded(street: Street) -> None:
    a_client(street.city.store, ClientKind.FORWARD, SYSTEM, {"origin": OTHER, "paths": ["/kanri"]}, code="kyuyo")
    open_, closed = ["/", "/help", "/help/a.html?x=/kanri"], [
        "/kanri", "/kanri/x", "/KANRI/x", "/kanri2", "/x/../kanri", "/%6banri", "//kanri", "/x;/kanri", "/./kanri",
    ]  # fmt: skip
    for to in open_:
        answer = street.check(to, origin=OTHER)
        assert (answer.status_code, set(named(answer).values())) == (200, {""}), to
    for to in closed:
        assert street.check(to, origin=OTHER).status_code == 401, to


@pytest.mark.parametrize("shape", PROXIES.values(), ids=PROXIES)
def test_a_database_that_is_away_closes_the_door(street: Street, shape: object) -> None:
    token = street.come_in(street.city.plain())
    assert street.check(token=token).status_code == 200
    with street.city.store.act("test") as act:
        act.connection.execute(text("ALTER TABLE issued_token RENAME TO gone"))
    with capture_logs() as logs:
        answer = street.check(token=token, shape=shape)  # type: ignore[arg-type] # as PROXIES has it
    assert (answer.status_code, named(answer)) == (503, {})
    assert [line["status"] for line in logs] == [503]
    assert "iam db upgrade" in logs[0]["reason"]


def test_the_servers_loop_answers_checks_alone_and_only_what_is_kept(street: Street) -> None:
    token = street.come_in(street.city.plain())
    asked = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/auth/check", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_X_ORIGINAL_URL": f"{APP}/", "HTTP_X_FORWARDED_FOR": street.address, "HTTP_COOKIE": f"{VISIT}={token}",
    }  # fmt: skip
    assert street.doorway.at_once(asked) is None  # it must be read and written down first
    answer = street.check(token=token)
    said = street.doorway.at_once(asked)
    assert said is not None
    assert (said[0], dict(said[1])) == ("200 OK", dict(answer.headers.items()))
    for path in ("/", "/login", "/.kagimori/begin", "/auth/start", "/auth/checks"):
        assert street.doorway.at_once({**asked, "PATH_INFO": path}) is None
    with street.city.store.act("test") as act:
        act.connection.execute(text("ALTER TABLE issued_token RENAME TO gone"))
    assert street.doorway.at_once(asked) is None


def test_only_get_is_answered(street: Street) -> None:
    token = street.come_in(street.city.plain())
    answer = Asking(street.doorway, use_cookies=False).post(
        "/auth/check", headers={"X-Original-URL": f"{APP}/", "Cookie": f"{VISIT}={token}"},
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )  # fmt: skip
    assert (answer.status_code, named(answer)) == (405, {})
