"""Who passes: requests of three proxies, what the application is told, who is turned away at the very next ask."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet
from markupsafe import escape
from sqlalchemy import insert, select, update

from iam.access.accounts import block_table
from iam.access.places.register import Known, Particulars, register, report_lost
from iam.access.places.terminals import TerminalKind
from iam.settings.portal import Certificates
from iam.signin import sessions
from iam.signin.deciding.records import decision_table
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_table
from iam.signin.tokens.signing import Signer
from tests.functional.doors.forward.given import APP, DESK, PROXIES, Shape, Street, claims, named
from tests.functional.site.given import ORIGIN, City
from web.doors.forward.reading import VISIT
from web.practice.servers.certificates import make_certificates

PASSWORD_AND_APP = Proofs().plus(Method.PASSWORD).plus(Method.TOTP, 1)


@pytest.mark.parametrize("shape", PROXIES.values(), ids=PROXIES)
def test_somebody_who_was_let_in_passes_and_is_named(street: Street, shape: Shape) -> None:
    number = street.city.plain()
    street.come_in(number)
    answer = street.check("/list", shape=shape)
    assert answer.status_code == 200
    said = named(answer)
    assert set(said) == {"X-Remote-User", "X-Kagimori-Name", "X-Kagimori-Groups", "X-Kagimori-Assertion"}
    assert said["X-Kagimori-Groups"].split(",") == claims(answer)["groups"] != []
    assert claims(answer)["aud"] == "bunsho"
    assert claims(answer)["iss"] == ORIGIN
    assert claims(answer)["preferred_username"] == said["X-Remote-User"]
    assert said["X-Kagimori-Name"].isascii()


def test_the_way_in_is_found_as_traefik_and_caddy_hand_it_on(street: Street) -> None:
    street.way_in = lambda url: {"X-Forwarded-Proto": "https", "X-Forwarded-Host": url.split("/")[2]}
    street.come_in(street.city.plain())
    assert street.check(shape=PROXIES["caddy"]).status_code == 200


def test_whoever_has_just_signed_in_goes_on_by_a_page(street: Street) -> None:
    """As a browser comes there after a form of ours, which may not lead elsewhere by a redirect (form-action)."""
    street.sign_in(street.city.plain())
    begun = street.open(street.check("/list").headers["X-Kagimori-Location"])
    page = street.open(begun.location, **{"Sec-Fetch-Site": "same-origin"})
    there = page.headers["Refresh"].removeprefix("0; url=")
    assert (page.status_code, there.startswith(f"{APP}/.kagimori/enter?ticket=")) == (200, True)
    assert escape(there) in page.get_data(as_text=True)
    assert street.open(there).location == "/list"
    assert street.check("/list").status_code == 200


def test_the_assertion_is_signed_by_a_key_that_is_shown_and_lives_a_minute(street: Street) -> None:
    street.come_in(street.city.plain())
    token = street.check().headers["X-Kagimori-Assertion"]
    keys = KeySet.import_key_set({"keys": Signer(street.city.store).jwks(street.city.clock())})
    found = jwt.decode(token, keys, algorithms=["ES256"])
    assert (found.header["typ"], found.claims["exp"] - found.claims["iat"]) == ("forward+jwt", 60)
    with pytest.raises(BadSignatureError):
        jwt.decode(token, ECKey.generate_key("P-256"), algorithms=["ES256"])


@pytest.mark.parametrize(
    ("shape", "accept", "method", "status"),
    [
        ("nginx", "text/html", "GET", 401),
        ("traefik", "text/html", "GET", 302),
        ("caddy", "text/html", "GET", 302),
        ("traefik", "application/json", "GET", 401),
        ("traefik", "text/html", "POST", 401),
    ],
)
def test_whoever_is_not_in_is_sent_the_way_in(
    street: Street, shape: str, accept: str, method: str, status: int
) -> None:
    answer = street.check("/a?b=1", shape=PROXIES[shape], method=method, Accept=accept)
    assert (answer.status_code, named(answer)) == (status, {})
    page = accept == "text/html" and method == "GET"
    there = f"{APP}/.kagimori/begin?to=%2Fa%3Fb%3D1"
    assert answer.headers.get("X-Kagimori-Location") == (there if page else None)
    assert answer.headers.get("Location") == (there if status == 302 else None)
    assert answer.headers["Cache-Control"] == "no-store"


# --- the very next ask


def suspend(street: Street) -> None:
    _block(street, system="")


def take_the_right(street: Street) -> None:
    _block(street, system="groupware")


def _block(street: Street, system: str) -> None:
    day = street.city.clock().date()
    with street.city.store.act("test") as act:
        person = street.city.entrant(street.city.plain()).person_id
        row = {"person_id": person, "system": system, "origin": "officer", "clause": "SAKURA-3.2", "reason": "調査",
               "valid_from": day - timedelta(days=1), "valid_until": day + timedelta(days=9)}  # fmt: skip
        act.connection.execute(insert(block_table).values(**row))


def sign_out(street: Street) -> None:
    with street.city.store.act("test") as act:
        sessions.end_all(act, street.city.entrant(street.city.plain()).person_id, "signed_out")


def lock(street: Street) -> None:
    with street.city.store.act("test") as act:
        act.connection.execute(update(session_table).values(locked=True))


def lose_the_terminal(street: Street) -> None:
    with street.city.store.act("test") as act:
        report_lost(act, "PC-0101", "置き忘れ")


def leave(street: Street) -> None:
    assert street.open(f"{APP}/.kagimori/leave").location == f"{ORIGIN}/auth/over?app=bunsho&left=1"


CHANGES: list[tuple[Callable[[Street], None], int]] = [
    (suspend, 401), (take_the_right, 403), (sign_out, 401), (lock, 401), (lose_the_terminal, 403), (leave, 401),
    (Street.stop, 403),
]  # fmt: skip


@pytest.mark.parametrize(("change", "status"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_what_changes_counts_at_the_very_next_ask(
    either_street: Street, change: Callable[[Street], None], status: int
) -> None:
    street = either_street
    token = street.come_in(street.city.plain())
    assert [street.check(token=token).status_code for _ in range(3)] == [200, 200, 200]
    change(street)
    answer = street.check(token=token)
    if change is Street.stop:  # the list of applications is five seconds old at most; the visit is asked at once
        assert answer.status_code == 401
        return
    assert (answer.status_code, named(answer)) == (status, {}), answer.headers


def test_a_visit_ends_with_the_idle_time_of_the_session(street: Street) -> None:
    number = street.city.plain()
    token = street.come_in(number)
    limit = street.city.entrant(number).rules.idle
    street.city.clock.forward(seconds=limit.total_seconds() - 60)
    assert street.check(token=token).status_code == 200  # and this was use
    street.city.clock.forward(seconds=limit.total_seconds() - 60)
    assert street.check(token=token).status_code == 200
    street.city.clock.forward(seconds=limit.total_seconds() + 60)
    assert street.check(token=token).status_code == 401


def test_an_answer_is_kept_for_half_a_minute_and_every_ask_counts(street: Street) -> None:
    token = street.come_in(street.city.plain())
    first = street.check(token=token).headers["X-Kagimori-Assertion"]
    assert street.check(token=token).headers["X-Kagimori-Assertion"] == first
    street.city.clock.forward(seconds=31)
    assert street.check(token=token).headers["X-Kagimori-Assertion"] != first
    with street.city.store.read() as connection:
        rows = connection.execute(select(decision_table).where(decision_table.c.door == "forward")).all()
    assert {(row.system, row.outcome, row.address) for row in rows} == {("groupware", "allow", DESK)}


# --- proving more, being refused


def test_more_is_proved_at_the_portal_and_lets_in_then(street: Street) -> None:
    number = street.city.plain()
    street.sign_in(number, proofs=PASSWORD_AND_APP)
    last = street.follow(f"{APP}/.kagimori/begin?to=/list&resistant=1")[-1]
    assert (last.status_code, last.request.path, last.request.args["resistant"]) == (200, "/prove", "1")
    back = last.request.args["next"]
    assert back.startswith("/auth/start?app=bunsho&to=%2Flist&")
    street.sign_in(number)  # as the page leaves it: with a key
    assert street.follow(f"{ORIGIN}{back}")[-1].location == "/list"
    assert street.check().status_code == 200


def test_a_proof_that_grew_old_is_asked_for_anew(street: Street) -> None:
    street.come_in(street.city.plain())
    with street.city.store.act("test") as act:
        act.connection.execute(update(session_table).values(proved_at=act.at - timedelta(hours=11)))
    answer = street.check("/list")
    assert (answer.status_code, named(answer), answer.headers["X-Kagimori-Reason"]) == (401, {}, "overall")
    assert street.follow(answer.headers["X-Kagimori-Location"])[-1].request.path == "/prove"


def test_a_host_that_sees_less_than_the_portal_sends_round_once_and_then_says_why(street: Street) -> None:
    street.sign_in(street.city.plain())
    begun = street.open(f"{APP}/.kagimori/begin?to=/list")
    entered = street.open(street.open(begun.location).location, address="203.0.113.9")
    page = street.open(entered.location)
    assert (page.status_code, page.request.path) == (403, "/auth/refused")
    assert VISIT not in street.cookies[APP]


def test_whoever_may_not_come_in_reads_why_at_the_portal(street: Street) -> None:
    street.come_in(street.city.plain())
    lose_the_terminal(street)
    answer = street.check()
    assert (answer.status_code, answer.headers["X-Kagimori-Reason"]) == (403, "terminal-lost")
    page = street.open(answer.headers["X-Kagimori-Location"])
    assert page.status_code == 403
    assert "紛失の届けが出ている端末です。" in page.text
    street.city.clock.forward(minutes=11)
    assert "もう一度開いてください" in street.open(answer.headers["X-Kagimori-Location"]).text


def test_whoever_has_no_right_is_told_at_the_portal_and_gets_no_ticket(street: Street) -> None:
    street.sign_in(street.city.plain())
    take_the_right(street)
    last = street.follow(f"{APP}/.kagimori/begin?to=/")[-1]
    assert (last.status_code, last.request.path) == (403, "/auth/start")
    assert "「グループウェア」には入れません" in last.text


def test_without_an_address_the_strictest_place_counts(street: Street) -> None:
    street.come_in(street.city.plain())
    assert street.check().status_code == 200
    for said in ("", "unknown", "10.20.1.11, unknown"):
        street.address = said
        answer = street.check()
        assert (answer.status_code, named(answer)) == (403, {}), said


def test_a_terminal_is_known_by_the_certificate_that_a_listed_proxy_saw(
    city_sqlite: City, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tls = make_certificates(tmp_path_factory.mktemp("tls"))
    pem = tls.certificate.read_text(encoding="ascii")
    mark = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    city_sqlite.portal["certificate"] = Certificates(ca=tls.ca)
    street = Street.in_(city_sqlite)
    with city_sqlite.store.act("test") as act:
        known = Known.of(city_sqlite.door.profile, city_sqlite.door.model)
        terminal = register(act, known, Particulars("PC-0200", "持出し用", TerminalKind.PC, "lgwan", certificate=mark))
    street.come_in(city_sqlite.plain())
    street.address = "10.20.9.9"
    assert street.check(X_Client_Cert=quote(pem)).status_code == 200
    assert street.check().status_code == 200
    with city_sqlite.store.read() as connection:
        columns = decision_table.c
        query = select(columns.terminal_id).where(columns.address == street.address).order_by(columns.id)
        assert connection.execute(query).scalars().all() == [terminal.id, None]
    with city_sqlite.store.act("test") as act:
        report_lost(act, "PC-0200", "置き忘れ")
    assert street.check(X_Client_Cert=quote(pem)).status_code == 403
