"""Codes and tokens: what kills them, who may not bring them, and what is signed and with what."""

import base64
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import insert, text, update
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from iam.access.accounts import AccountKind, AccountState, account_table, block_table
from iam.people.ledger import next_id
from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.sessions import session_table
from iam.signin.tokens.books import client_table
from iam.signin.tokens.details import written_of
from tests.functional.doors.oidc.conftest import Hall
from tests.functional.doors.oidc.party import VERIFIER, Party, a_party, said_in
from tests.functional.site.given import ORIGIN, Browser
from tests.functional.site.portal.members import Member, audited, words
from web.doors.oidc.claims import hinted, logout_token
from web.doors.oidc.server import server

ALL: Final = "openid profile email groups"


def living(party: Party, browser: Browser) -> dict[str, Any]:
    """Tokens that hold."""
    tokens = party.tokens(party.code(browser, scope=ALL))
    assert party.userinfo(tokens["access_token"]).status_code == 200
    return tokens


def dead(party: Party, tokens: dict[str, Any]) -> None:
    """Nothing of it holds any more."""
    answer = party.userinfo(tokens["access_token"])
    assert (answer.status_code, answer.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Bearer")
    assert party.asks(tokens["access_token"]) == {"active": False}
    assert party.asks(tokens["refresh_token"]) == {"active": False}
    refused = party.refreshes(tokens["refresh_token"])
    assert (refused.status_code, refused.json and refused.json["error"]) == (400, "invalid_grant")
    assert "set-cookie" not in {name.lower() for name, _ in refused.headers}


def test_what_is_told_and_of_whom(hall: Hall) -> None:
    number = hall.city.plain(1)
    browser, who = hall.browser(number), hall.city.entrant(number)
    tokens = hall.party.tokens(hall.party.code(browser, scope=f"{ALL} offline_access unknown"))
    assert (tokens["expires_in"], tokens["scope"]) == (300, ALL)
    claims = hall.party.reads(tokens["id_token"])
    assert claims == claims | {
        "iss": ORIGIN, "aud": "mail", "sub": str(who.person_id), "nonce": "n", "alg": "ES256", "name": who.name,
        "staff_number": number, "email": who.email, "acr": "urn:kagimori:kinds:2:phishing-resistant",
        "amr": ["pwd", "hwk", "user", "mfa"], "kinds": ["knowledge", "possession"],
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] == 300
    assert claims["preferred_username"] not in {"", number}, "the login in that system"
    assert "user" in claims["groups"]
    told = hall.party.userinfo(tokens["access_token"]).get_json()
    assert told == {name: claims[name] for name in told}
    asked = hall.party.asks(tokens["access_token"])
    assert (asked["active"], asked["aud"], asked["sub"], asked["scope"]) == (True, "mail", claims["sub"], ALL)
    # What was not agreed with a client it is not told, whatever it asks for.
    bare = a_party(hall.city, "groupware", "bare", scopes=[], refresh=False, algorithm="EdDSA")
    tokens = bare.tokens(bare.code(browser, scope=ALL))
    assert ("refresh_token" in tokens, tokens["scope"]) == (False, "openid")
    claims = bare.reads(tokens["id_token"])
    assert claims["alg"] == "EdDSA"
    assert not {"name", "email", "groups"} & set(claims)


@pytest.mark.parametrize(
    ("other", "status", "error"),
    [
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": "short"}, 400, "invalid_request"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/cb"}, 400, "invalid_grant"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"client_secret": "in two ways"}, 400, "invalid_request"),
        ({"client_id": "files"}, 400, "invalid_request"),
    ],
)
def test_a_code_is_not_enough(hall: Hall, other: dict[str, str | None], status: int, error: str) -> None:
    answer = hall.party.brings(hall.party.code(hall.staff()), **other)
    assert (answer.status_code, answer.json and answer.json["error"]) == (status, error)


def test_who_does_not_prove_which_client_it_is_gets_nothing(hall: Hall) -> None:
    code = hall.party.code(hall.staff())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": hall.party.uri, "code_verifier": VERIFIER}
    for secret in ("wrong", "", hall.other.secret):
        answer = hall.party.posts("/oauth/token", {**form}, secret)
        assert (answer.status_code, answer.json and answer.json["error"]) == (401, "invalid_client")
    plain = hall.city.app.test_client(use_cookies=False)
    for said in ({"client_id": "mail"}, {"client_id": "mail", "client_secret": "wrong"}, {}):
        answer = plain.post("/oauth/token", data={**form, **said}, base_url=ORIGIN)
        assert (answer.json and answer.json["error"]) == "invalid_client", said
    address = plain.post("/oauth/token", query_string={**form, "client_id": "mail"}, base_url=ORIGIN)
    assert address.status_code == 400, "what stands in the address does not count"
    # A client without a secret is believed by its verifier alone, and may not ask about tokens.
    public = a_party(hall.city, "groupware", "phone", public=True)
    tokens = public.tokens(public.code(hall.staff()))
    assert (public.posts("/oauth/introspect", {"token": tokens["access_token"]}).json or {})[
        "error"
    ] == "invalid_client"


def test_a_code_is_good_for_one_minute_and_once(hall: Hall) -> None:
    late = hall.party.code(hall.staff())
    hall.city.clock.forward(seconds=60)
    assert hall.party.brings(late).status_code == 400
    browser = hall.staff()
    code = hall.party.code(browser)
    tokens = hall.party.tokens(code)
    apart = living(hall.party, browser)
    assert hall.party.brings(code).status_code == 400
    dead(hall.party, tokens)
    assert hall.party.userinfo(apart["access_token"]).status_code == 200, "another sign-in is not concerned"
    assert audited(hall.city, "token.reused")


def test_of_several_who_bring_a_code_at_once_one_gets_tokens_and_they_are_dead(hall: Hall) -> None:
    code = hall.party.code(hall.staff())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: hall.party.brings(code), range(8)))
    assert sorted(each.status_code for each in answers) == [200, *[400] * 7]
    dead(hall.party, next(each.get_json() for each in answers if each.status_code == 200))


def test_a_code_that_another_client_brings_is_dead_for_everybody(hall: Hall) -> None:
    code = hall.party.code(hall.staff())
    stolen = hall.other.brings(code, redirect_uri=hall.party.uri)
    assert (stolen.json or {})["error"] == "invalid_grant"
    assert hall.party.brings(code).status_code == 400
    assert audited(hall.city, "token.mixed_up")


def test_who_brings_a_refresh_token_again_ends_everything_that_came_of_it(hall: Hall) -> None:
    first = living(hall.party, hall.staff())
    assert hall.party.refreshes(first["refresh_token"], scope="openid address").status_code == 400, "not more"
    second = hall.party.refreshes(first["refresh_token"], scope="openid").get_json()
    assert second["scope"] == "openid"
    third = hall.party.refreshes(second["refresh_token"]).get_json()
    assert third["scope"] == ALL, "what was once left out may be asked for again"
    assert "nonce" not in hall.party.reads(third["id_token"])
    assert hall.party.reads(third["id_token"])["auth_time"] == hall.party.reads(first["id_token"])["auth_time"]
    assert hall.other.refreshes(third["refresh_token"]).status_code == 400, "another client's; and so it is stolen"
    dead(hall.party, third)


def test_nobody_is_named_by_a_privileged_id_that_they_keep(hall: Hall) -> None:
    number = hall.city.plain(3)
    with hall.city.store.act("test") as act:
        values = {
            "id": -1, "system": "groupware", "login": "admin", "comparable": "admin", "native_id": "",
            "person_id": hall.city.entrant(number).person_id, "kind": AccountKind.PRIVILEGED,
            "state": AccountState.ACTIVE, "created_at": act.at,
        }  # fmt: skip
        act.connection.execute(insert(account_table).values(values))
    told = hall.party.userinfo(living(hall.party, hall.browser(number))["access_token"]).get_json()
    assert told["preferred_username"] not in {"admin", number}


def test_what_is_agreed_no_more_is_told_no_more(hall: Hall) -> None:
    party = a_party(hall.city, "groupware", "shrinking")
    tokens = living(party, hall.staff())
    bare = {**written_of(party.client.detail), "scopes": ["profile"]}
    with hall.city.store.act("test") as act:
        mine = client_table.c.id == party.client.id
        act.connection.execute(update(client_table).where(mine).values(detail=bare, changed_at=act.at))
    told = party.userinfo(tokens["access_token"]).get_json()
    assert told["name"]
    again = party.reads(party.refreshes(tokens["refresh_token"]).get_json()["id_token"])
    assert not {"email", "groups"} & {*told, *again}


def test_a_page_that_was_left_open_does_not_keep_its_session(hall: Hall) -> None:
    browser, asked = hall.staff(2), []
    for _ in range(4):
        asked.append("code" in hall.party.back(browser, prompt="none"))
        hall.city.clock.forward(minutes=10)
    assert asked == [True, True, True, False]


def test_whoever_was_idle_too_long_for_a_system_does_not_come_in_by_opening_a_page_first(hall: Hall) -> None:
    number = hall.city.plain(4)
    browser, person_id = hall.browser(number), hall.city.entrant(number).person_id
    with hall.city.store.act("test") as act:  # as of somebody whose own rules are laxer than the system's
        mine = session_table.c.person_id == person_id
        act.connection.execute(update(session_table).where(mine).values(idle_seconds=7200))
    hall.city.clock.forward(minutes=31)
    for page in ("/prove", "/login"):
        asked = hall.party.sends(browser)
        assert asked.location.startswith("/prove?next="), "to prove it is them"
        browser.get(asked.location.replace("/prove", page))
    assert hall.party.sends(browser).location.startswith("/prove?next=")


def suspended(hall: Hall, person_id: int, system: str = "") -> None:
    with hall.city.store.act("test") as act:
        values = {
            "id": next_id(act.connection, block_table), "person_id": person_id, "system": system, "entitlement": "",
            "origin": "test", "clause": "baseline", "reason": "調査", "valid_from": jst_day(act.at),
            "valid_until": date.max,
        }  # fmt: skip
        act.connection.execute(insert(block_table).values(**values))


def signed_out(hall: Hall, person_id: int) -> None:
    with hall.city.store.act("test") as act:
        sessions.end_all(act, person_id, "ended_by_officer")


def locked(hall: Hall, person_id: int) -> None:
    with hall.city.store.read() as connection:
        mine = sessions.of_person(connection, person_id, hall.city.clock())
    with hall.city.store.act("test") as act:
        assert [sessions.lock(act, each.id) for each in mine]


ENDS: Final[dict[str, Callable[[Hall, int], None]]] = {
    "suspended as a whole": suspended,
    "the right to the system taken away": lambda hall, person_id: suspended(hall, person_id, "groupware"),
    "the session ended by an officer": signed_out,
    "the screen locked": locked,
    "idle for longer than the session may be": lambda hall, _: hall.city.clock.forward(minutes=31),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_everything_is_dead_at_once(hall: Hall, end: Callable[[Hall, int], None]) -> None:
    number = hall.city.plain(10 + list(ENDS.values()).index(end))
    browser = hall.browser(number)
    tokens, code = living(hall.party, browser), hall.party.code(browser)
    end(hall, hall.city.entrant(number).person_id)
    assert hall.party.brings(code).status_code == 400
    dead(hall.party, tokens)


def test_a_token_for_one_system_is_nothing_to_another(hall: Hall) -> None:
    tokens = living(hall.party, hall.staff())
    assert hall.beside.asks(tokens["access_token"])["active"], "a client of the same system"
    assert hall.other.asks(tokens["access_token"]) == {"active": False}
    for mine in (hall.beside, hall.other):
        assert mine.asks(tokens["refresh_token"]) == {"active": False}
        refused = mine.posts("/oauth/revoke", {"token": tokens["access_token"]})
        assert refused.status_code == 400
    assert hall.party.userinfo(tokens["refresh_token"]).status_code == 401, "a refresh token is no access token"
    assert hall.party.posts("/oauth/revoke", {"token": "unknown"}).status_code == 200
    assert hall.party.posts("/oauth/revoke", {"token": tokens["refresh_token"]}).status_code == 200
    dead(hall.party, tokens)


def test_rs256_is_signed_for_nobody_but_until_the_last_day_of_a_waiver(hall: Hall) -> None:
    today = jst_day(hall.city.clock())
    for code, until, error in (("old", today, ""), ("older", date(2026, 4, 1), "unauthorized_client")):
        party = a_party(
            hall.city, "groupware", code, algorithm="RS256", waiver="例外 令和8年第3号", waiver_until=until.isoformat()
        )
        came = party.back(hall.staff())
        assert came.get("error", "") == error
        if not error:
            header = party.tokens(came["code"])["id_token"].partition(".")[0]
            assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "RS256"


# --- leaving


def test_a_session_ends_by_its_own_token_alone_or_when_its_owner_says_so(hall: Hall) -> None:
    browser = hall.staff(2)
    token, other = living(hall.party, browser)["id_token"], living(hall.party, hall.staff(2))["id_token"]
    left = {"post_logout_redirect_uri": "https://mail.city.example/left", "state": "x"}
    evil = {**left, "post_logout_redirect_uri": "https://evil.example/"}
    for hint in (*forged(hall, token), other, ""):
        page = browser.get("/oauth/logout", query_string={"id_token_hint": hint, "client_id": "mail", **left})
        assert (page.status_code, "Location" in page.headers) == (200, False), hint
        assert "サインアウトしますか" in words(page)
        assert browser.get("/").status_code == 200, "nobody was signed out"
    confirmed = browser.send("/oauth/logout/confirm", {"client_id": "mail", **left}, of="/oauth/logout")
    assert "「グループウェア」に戻る" in words(confirmed), "who says so may go back, and is not sent"
    assert browser.get("/").status_code == 303
    for said, there in ((left, "https://mail.city.example/left?state=x"), (evil, "/login")):
        browser = hall.staff(2)
        token = living(hall.party, browser)["id_token"]
        gone = browser.get("/oauth/logout", query_string={"id_token_hint": token, **said})
        assert (gone.status_code, gone.location) == (303, there)
        assert browser.get("/").status_code == 303


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def forged(hall: Hall, token: str) -> list[str]:
    """What looks like an ID token of ours."""
    header, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(header + "=="))
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    shown = hall.browser().get("/oauth/jwks").get_json()["keys"]
    key = next(each for each in shown if each["kid"] == said["kid"])
    public = ECKey.import_key(key)

    def signed(alg: str, by: ECKey | RSAKey) -> str:
        return jwt.encode({"alg": alg, "kid": said["kid"], "typ": "JWT"}, claims, by, [alg])

    def by_hmac(secret: bytes) -> str:
        """With what everybody may know as the secret; the library refuses to, so by hand."""
        head = encoded(json.dumps({**said, "alg": "HS256"}).encode())
        return f"{head}.{body}.{encoded(hmac.digest(secret, f'{head}.{body}'.encode(), 'sha256'))}"

    none = encoded(json.dumps({**said, "alg": "none"}).encode())
    with hall.city.app.app_context():
        signer = server().signer
    farewell = logout_token(
        signer, ORIGIN, hall.party.client, person_id=int(claims["sub"]), session_id=int(claims["sid"]),
        at=hall.city.clock(),
    )  # fmt: skip
    return [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        by_hmac(public.as_pem(private=False)),
        by_hmac(json.dumps(key).encode()),
        signed("RS256", RSAKey.generate_key(2048)),
        signed("ES256", ECKey.generate_key("P-256")),
        f"{header}.{body}.{signature[:-4]}AAAA",
        farewell,
        "not a token",
    ]


def test_a_logout_token_says_what_the_standard_has_of_it(hall: Hall) -> None:
    with hall.city.app.app_context():
        signer = server().signer
    told = hall.party.reads(
        logout_token(signer, ORIGIN, hall.party.client, person_id=7, session_id=9, at=hall.city.clock())
    )
    assert told == told | {
        "iss": ORIGIN, "aud": "mail", "sub": "7", "sid": "9",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }  # fmt: skip
    assert "nonce" not in told
    assert told["jti"]
    assert told["exp"] - told["iat"] == 120


# --- proving more


def test_who_has_a_key_is_asked_for_it_and_comes_back_to_the_same_request(hall: Hall) -> None:
    member = Member.of(hall.city, 20).with_app().with_key()
    member.browser.environ_base["HTTP_X_FORWARDED_FOR"] = "10.20.1.5"
    member.signs_in()
    asked = hall.party.sends(member.browser, acr_values="urn:kagimori:kinds:2:phishing-resistant", state="the same")
    assert asked.status_code == 303
    assert asked.location.startswith("/prove?next=/oauth/authorize")
    page = member.opens(asked.location)
    assert "セキュリティキーかICカードで確認する" in words(page)
    half = member.browser.send(asked.location, {"password": member.password})
    factor = member.opens(half.location)
    assert "認証アプリの数字" not in words(factor), "an app would not do"
    there = member.opens(touched(member, half.location).location)
    assert "「グループウェア」に進みます" in words(there)
    address = there.headers["Refresh"].removeprefix("0; url=")
    said = said_in(address)
    assert said["state"] == "the same"
    claims = hall.party.reads(hall.party.tokens(said["code"])["id_token"])
    assert claims["acr"] == "urn:kagimori:kinds:2:phishing-resistant"


def touched(member: Member, page: str) -> TestResponse:
    """The key, as the page's script does it, still on the way to where the page leads."""
    asked = member.browser.post("/login/key/options?step=1", headers={"X-CSRFToken": member.browser.token(page)})
    answer = member.keys[0].get(json.dumps((asked.json or {})["options"]), ORIGIN)
    onward = f"/login/key?{page.partition('?')[2]}"
    return member.browser.send(onward, {"response": answer, "page": "/login/factor"}, of=page)


def test_a_database_that_is_away_lets_nobody_in_and_is_named_once(hall: Hall) -> None:
    tokens, browser = living(hall.party, hall.staff()), hall.staff()
    with hall.city.store.act("test") as act:
        act.connection.execute(text("ALTER TABLE client RENAME TO gone"))
    asks: dict[str, Callable[[], Any]] = {
        "authorize": lambda: hall.party.sends(browser),
        "token": lambda: hall.party.brings("x"),
        "userinfo": lambda: hall.party.userinfo(tokens["access_token"]),
        "introspect": lambda: hall.party.posts("/oauth/introspect", {"token": "x"}),
    }
    for name, ask in asks.items():
        with capture_logs() as logs:
            answer = ask()
        assert (answer.status_code, "Location" in answer.headers) == (503, False), name
        assert [line["kind"] for line in logs if line["event"] == "failed"] == ["StoreError"], name
        assert name == "authorize" or answer.json["error"] == "temporarily_unavailable"
    with hall.city.store.act("test") as act:
        act.connection.execute(text("ALTER TABLE gone RENAME TO client"))


def test_an_id_token_of_ours_is_known_again_however_old(hall: Hall) -> None:
    token = living(hall.party, hall.staff())["id_token"]
    with hall.city.app.app_context():
        signer = server().signer
    assert (hinted(signer, ORIGIN, token, hall.city.clock()) or {})["aud"] == "mail"
    assert hinted(signer, "https://another.example", token, hall.city.clock()) is None
    assert hinted(signer, ORIGIN, token, hall.city.clock() + timedelta(days=400)) is None, "its key is shown no more"
