"""Requests that are not as they should be, and where they end: on a page of ours, or at the client with its error."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from iam.signin.tokens import issued
from iam.signin.tokens.books import issued_table
from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.oidc.conftest import Hall
from tests.functional.doors.oidc.party import a_party, said_in
from tests.functional.site.given import ORIGIN
from tests.functional.site.portal.members import audited, words
from web.doors.oidc.program.tokens import MOST_PUSHED

EVIL = "https://evil.example/cb"


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": None},
        {"redirect_uri": EVIL},
        {"redirect_uri": "https://mail.city.example/cb/"},
        {"redirect_uri": "https://mail.city.example/cb?x=1"},
        {"redirect_uri": "http://mail.city.example/cb"},
        {"redirect_uri": "https://mail.city.example:443/cb"},
        {"redirect_uri": "https://mail.city.example@evil.example/cb"},
        {"redirect_uri": 'https://mail.city.example/cb"あ\\'},
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "だれか"},
        {"client_id": "x" * 5000},
        {"client_id": "packaged"},
        {"redirect_uri": EVIL, "response_type": 'co"de'},
        {"redirect_uri": EVIL, "code_challenge": None},
        {"request_uri": "https://evil.example/request.jwt"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:unknown"},
    ],
)
def test_a_browser_is_sent_nowhere_that_was_not_agreed(hall: Hall, other: dict[str, str | None]) -> None:
    hall.city.clock.forward(minutes=2)
    before = len(audited(hall.city, "oidc.refused"))
    saml = {"entity_id": "https://packaged.city.example", "acs": ["https://mail.city.example/cb"]}
    if other == {"client_id": "packaged"}:
        a_client(hall.city.store, ClientKind.SAML, "groupware", saml, code="packaged")
    for browser in (hall.browser(), hall.staff()):
        answer = hall.party.sends(browser, **other)
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "アプリケーションから送られた要求を受け付けられません" in words(answer)
    assert len(audited(hall.city, "oidc.refused")) == before + 1, "remembered, and a flood does not fill the audit"


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "select_account"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"id_token_hint": "eyJhbGciOiJub25lIn0.e30."}, "login_required"),
        ({"meant": "1"}, ""),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_client(
    hall: Hall, other: dict[str, str | None], error: str
) -> None:
    answer = hall.party.back(hall.staff(), **other)
    assert answer.get("error", "") == error
    assert ("code" in answer) is not bool(error)


def test_silently_nobody_is_shown_anything(hall: Hall) -> None:
    assert hall.party.back(hall.browser(), prompt="none")["error"] == "login_required"
    locked = hall.staff()
    locked.send("/lock", of="/")
    assert hall.party.back(locked, prompt="none")["error"] == "interaction_required"
    assert a_party(hall.city, "juki").back(hall.staff(), prompt="none")["error"] == "access_denied"


def test_a_parameter_that_stands_there_twice_is_refused(hall: Hall) -> None:
    said = [*hall.party.request().items(), ("redirect_uri", EVIL)]
    answer = hall.staff().get(f"/oauth/authorize?{urlencode(said)}")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_request_by_post_is_asked_again_by_get(hall: Hall) -> None:
    browser, foreign = hall.staff(), {"Origin": "https://mail.city.example", "Sec-Fetch-Site": "cross-site"}
    answer = browser.post("/oauth/authorize", data=hall.party.request(), headers=foreign)
    assert answer.status_code == 303
    assert "code" in said_in(browser.get(answer.location).location)
    assert browser.post("/oauth/authorize", data={"client_id": "x" * 9000}, headers=foreign).status_code == 400


def test_what_is_pushed_counts_alone_and_once(hall: Hall) -> None:
    party = a_party(hall.city, "groupware", "pushing", require_par=True)
    assert party.back(hall.staff())["error"] == "invalid_request", "it has not pushed"
    for wrong in ({"redirect_uri": EVIL}, {"code_challenge_method": "plain"}, {"request_uri": "urn:x"}):
        refused = party.posts("/oauth/par", {**party.request(), **wrong})
        assert (refused.status_code, "Location" in refused.headers) == (400, False)
    assert party.posts("/oauth/par", {**party.request()}, secret="wrong").status_code == 401
    made = party.posts("/oauth/par", {**party.request()})
    assert (made.status_code, made.json and made.json["expires_in"]) == (201, 60)
    assert made.json
    uri = made.json["request_uri"]

    def brings(**said: str) -> dict[str, str]:
        answer = hall.staff().get(f"/oauth/authorize?{urlencode({'request_uri': uri, **said})}")
        return said_in(answer.location) if answer.location else {"page": str(answer.status_code)}

    assert brings(client_id="mail") == {"page": "400"}, "another client's"
    came = brings(client_id="pushing", redirect_uri=EVIL, scope="openid email", nonce="mine")
    token = party.reads(party.tokens(came["code"])["id_token"])
    assert (token["nonce"], "email" in token) == ("n", False), "what was pushed counts, not what the address says"
    assert brings(client_id="pushing") == {"page": "400"}, "used"
    made = party.posts("/oauth/par", {**party.request()})
    hall.city.clock.forward(seconds=61)
    uri = made.json["request_uri"] if made.json else ""
    assert brings(client_id="pushing") == {"page": "400"}, "too old"


def test_whoever_has_no_secret_pushes_so_often_and_no_more(hall: Hall) -> None:
    party = a_party(hall.city, "groupware", "anybody", public=True)
    statuses = [party.posts("/oauth/par", {**party.request()}).status_code for _ in range(MOST_PUSHED + 2)]
    assert statuses == [201] * MOST_PUSHED + [429] * 2
    assert hall.party.posts("/oauth/par", {**hall.party.request()}).status_code == 201, "whoever has one is known"
    hall.city.clock.forward(minutes=1)
    assert party.posts("/oauth/par", {**party.request()}).status_code == 201
    hall.city.clock.forward(minutes=30)
    with hall.city.store.act("test") as act:
        issued.tidy(act)
        kept = act.connection.execute(select(issued_table.c.id).where(issued_table.c.kind == "request")).all()
    assert not kept


def test_a_request_waits_sealed_for_twenty_minutes_and_makes_nobody_write_a_row(hall: Hall) -> None:
    before = rows(hall)
    sent = hall.party.sends(hall.browser(), state="s" * 300)
    kept = said_in(sent.location)["next"]
    assert (sent.status_code, rows(hall)) == (303, before)
    assert "mail.city.example" not in kept
    staff = hall.staff()
    onward = staff.get(kept)
    assert said_in(onward.headers["Refresh"].removeprefix("0; url="))["state"] == "s" * 300
    other = kept.replace("client_id=mail", "client_id=files")
    for bent in (f"{kept[:-5]}AAAA=", kept.replace("~", ""), f"{kept}%00", other):
        answer = staff.get(bent)
        assert (answer.status_code, "Location" in answer.headers) == (400, False), bent
    hall.city.clock.forward(minutes=20)
    assert hall.staff().get(kept).status_code == 400
    assert hall.party.sends(hall.browser(), state="s" * 1500).status_code == 302, "too long to be carried: it is pushed"


def rows(hall: Hall) -> int:
    with hall.city.store.read() as connection:
        return len(connection.execute(issued_table.select()).all())


def test_the_documents_say_what_is_served(hall: Hall) -> None:
    told = hall.browser().get("/.well-known/openid-configuration").get_json()
    assert told == hall.browser().get("/.well-known/oauth-authorization-server").get_json()
    assert told["issuer"] == ORIGIN
    paths = {rule.rule for rule in hall.city.app.url_map.iter_rules()}
    for name, value in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.removeprefix(ORIGIN) in paths, name
    token = hall.party.reads(
        hall.party.tokens(hall.party.code(hall.staff(), scope="openid profile email groups"))["id_token"]
    )
    assert set(token) - {"alg"} <= set(told["claims_supported"])
    assert token["acr"] in told["acr_values_supported"]
