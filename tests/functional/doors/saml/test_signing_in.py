"""From a request to an assertion: whoever sits there, what is said of them, and what is not said."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

from iam.access.accounts import block_table
from iam.people.ledger import next_id
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.deciding.facts import Knock, Whence, explain, proved_now
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_table
from tests.functional.doors.saml.hall import Hall
from tests.functional.doors.saml.provider import EC_SHA256, PERSISTENT, RSA_SHA256, Pair, Provider, stamp
from tests.functional.doors.saml.response import Answer, answer_in
from tests.functional.site.given import BOTH, Browser
from web.doors.saml.wire.xmlsec import Xmlsec, installed
from web.site.border.cookies import SESSION

PASSWORD = Proofs().plus(Method.PASSWORD)
APP = PASSWORD.plus(Method.TOTP, 1)
TWO = "urn:kagimori:kinds:2"
RESISTANT = "urn:kagimori:kinds:2:phishing-resistant"
PLAIN = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
MFA = "https://refeds.org/profile/mfa"


def context(*classes: str, comparison: str = "") -> str:
    said = f' Comparison="{comparison}"' if comparison else ""
    inside = "".join(f"<saml:AuthnContextClassRef>{each}</saml:AuthnContextClassRef>" for each in classes)
    return f"<samlp:RequestedAuthnContext{said}>{inside}</samlp:RequestedAuthnContext>"


def asks(browser: Browser, by: Provider, inside: str = "", relay: str = "", **said: str) -> TestResponse:
    """What stands at the end of the way: the request is sent, and the browser comes back with its cookies."""
    request = by.authn(inside, **said)  # type: ignore[arg-type] # attributes of the request alone
    there = browser.get(f"/saml/sso?{by.address(request, relay)}")
    assert there.status_code == 303, there.get_data(as_text=True)
    return browser.get(there.location)


def test_an_assertion_is_for_one_system_one_request_and_five_minutes(
    hall: Hall, idp: tuple[Pair, Pair], tmp_path: Path
) -> None:
    city, by = hall.city, hall.plain
    number = city.plain()
    page = asks(hall.browser(number), by, relay="https://plain.city.example/where?a=1&b=日本")
    answer, now = answer_in(page), city.clock.at
    assert (answer.location, answer.relay) == (by.acs[0], "https://plain.city.example/where?a=1&b=日本")
    assert answer.verified(idp[0], tmp_path) == ["Response", "Assertion"]
    assert answer.verified(idp[1], tmp_path) == []
    assert answer.xml.count(f'Algorithm="{EC_SHA256}"') == 2
    request, until = by.written[-1], stamp(now + timedelta(minutes=5))
    for path, attribute, expected in (
        ("", "InResponseTo", request),
        ("", "Destination", by.acs[0]),
        ("a:Issuer", "", "https://id.city.example/saml/metadata"),
        ("a:Assertion/a:Issuer", "", "https://id.city.example/saml/metadata"),
        (".//a:SubjectConfirmationData", "Recipient", by.acs[0]),
        (".//a:SubjectConfirmationData", "InResponseTo", request),
        (".//a:SubjectConfirmationData", "NotOnOrAfter", until),
        (".//a:Conditions", "NotOnOrAfter", until),
        (".//a:Conditions", "NotBefore", stamp(now - timedelta(minutes=1))),
        (".//a:Audience", "", by.entity_id),
        (".//a:NameID", "", str(city.entrant(number).person_id)),
        (".//a:NameID", "Format", PERSISTENT),
        (".//a:NameID", "SPNameQualifier", by.entity_id),
        (".//a:AuthnContextClassRef", "", RESISTANT),
    ):
        assert answer.value(path, attribute) == expected, (path, attribute)
    assert answer.statuses == ["Success"]
    who = city.entrant(number)
    told = answer.attributes
    assert (told["uid"], told["name"]) == ([number], [who.name])
    assert "user" in told["groups"]
    assert told["unit"][0]


def test_a_system_keeps_its_own_session_no_longer_than_its_zone_lets_one_last(hall: Hall) -> None:
    number, browser = hall.city.plain(), hall.browser(hall.city.plain())
    with hall.city.store.act("test") as act:
        act.connection.execute(update(session_table).values(ends_at=act.at + timedelta(hours=30)))
    answer = answer_in(asks(browser, hall.plain))
    until = hall.city.clock.at + hall.city.entrant(number).rules.overall
    assert answer.value(".//a:AuthnStatement", "SessionNotOnOrAfter") == stamp(until)


def test_the_page_that_carries_it_may_send_a_form_there_alone_and_needs_no_script(hall: Hall) -> None:
    page = asks(hall.browser(hall.city.plain()), hall.plain)
    (policy,) = page.headers.getlist("Content-Security-Policy")
    assert "form-action https://plain.city.example;" in policy
    assert "script-src 'self'" in policy
    text = page.get_data(as_text=True)
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=", text) == []
    assert re.search(r'<button[^>]*type="submit"|<button(?![^>]*type=)', text)
    other = hall.browser(hall.city.plain()).get("/")
    assert "form-action 'self';" in other.headers["Content-Security-Policy"]


def test_rsa_signs_for_whoever_has_a_waiver_and_the_login_is_the_name(
    hall: Hall, idp: tuple[Pair, Pair], tmp_path: Path
) -> None:
    city = hall.city
    number = _with_right(hall, "finance")
    answer = answer_in(asks(hall.browser(number), hall.waived))
    assert answer.verified(idp[1], tmp_path) == ["Response", "Assertion"]
    assert answer.xml.count(f'Algorithm="{RSA_SHA256}"') == 2
    assert answer.value(".//a:NameID") != str(city.entrant(number).person_id)
    assert answer.value(".//a:NameID", "Format").endswith("unspecified")


def test_a_request_is_answered_once(hall: Hall) -> None:
    browser, by = hall.stranger(), hall.plain
    hall.city.signed_in(browser, hall.city.plain())
    query = by.address(by.authn())
    first = browser.get(f"/saml/sso?{query}")
    assert answer_in(browser.get(first.location)).statuses == ["Success"]
    again = browser.get(f"/saml/sso?{query}")
    for there in (first.location, again.location):
        assert browser.get(there).status_code == 400
    assert '"replayed"' in hall.causes()[-1]


def test_nobody_is_there_so_they_sign_in_and_come_back(hall: Hall) -> None:
    browser, by = hall.browser(), hall.plain
    page = asks(browser, by, context(TWO))
    assert page.status_code == 303
    assert page.location.startswith("/login?next=/saml/go%3Frequest%3D")
    assert "kinds=2" in page.location
    back = page.location.partition("next=")[2].partition("&")[0].replace("%3F", "?").replace("%3D", "=")
    hall.city.signed_in(browser, hall.city.plain(), proofs=APP)
    assert answer_in(browser.get(back)).value(".//a:AuthnContextClassRef") == TWO


@pytest.mark.parametrize(
    ("proofs", "inside", "expected"),
    [
        (PASSWORD, "", "/factors/new?next=…"),
        (APP, "", TWO),
        (BOTH, "", RESISTANT),
        (APP, context(MFA), MFA),
        (BOTH, context(MFA), MFA),
        (BOTH, context(PLAIN), PLAIN),
        (BOTH, context("urn:unheard-of", TWO), TWO),
        (BOTH, context(PLAIN, comparison="minimum"), RESISTANT),
        (APP, context(TWO, comparison="minimum"), TWO),
        (BOTH, context(TWO, comparison="better"), RESISTANT),
        (APP, context(RESISTANT), "/prove?next=…&kinds=2&resistant=1"),
        (APP, context(TWO, comparison="better"), "/prove?next=…&kinds=2&resistant=1"),
        (APP, context("urn:unheard-of"), ["Requester", "NoAuthnContext"]),
        (APP, context(RESISTANT, comparison="better"), ["Requester", "NoAuthnContext"]),
    ],
)
def test_what_was_proved_is_what_is_said(hall: Hall, proofs: Proofs, inside: str, expected: object) -> None:
    page = asks(hall.browser(hall.city.plain(), proofs=proofs), hall.plain, inside)
    assert said_by(page) == expected


def said_by(page: TestResponse) -> object:
    """The class in the answer, else its status, else where the browser is sent."""
    if page.status_code == 303:
        return re.sub(r"next=[^&]+", "next=…", page.location)
    answer = answer_in(page)
    return answer.value(".//a:AuthnContextClassRef") if answer.statuses == ["Success"] else answer.statuses


def test_proved_anew_means_after_the_request(hall: Hall) -> None:
    browser, city = hall.browser(hall.city.plain()), hall.city
    city.clock.forward(seconds=30)
    there = browser.get(f"/saml/sso?{hall.plain.address(hall.plain.authn(ForceAuthn='true'))}").location
    city.clock.forward(seconds=20)
    page = browser.get(there)
    assert (page.status_code, page.location.partition("?")[0]) == (303, "/prove")
    city.signed_in(browser, city.plain())  # as one who has just proved themselves
    city.clock.forward(seconds=20)
    assert answer_in(browser.get(there)).statuses == ["Success"]


@pytest.mark.parametrize("case", ["nobody", "locked", "too little", "anew", "no right"])
def test_where_nobody_may_be_asked_the_system_is_told_so(hall: Hall, case: str) -> None:
    city = hall.city
    number = _without_right(hall, "finance") if case == "no right" else city.plain()
    browser = hall.browser() if case == "nobody" else hall.browser(number, proofs=APP)
    if case == "locked":
        token = browser.token("/")
        browser.post("/lock", data={"csrf_token": token})
    city.clock.forward(seconds=5)
    by = hall.waived if case == "no right" else hall.plain
    said = {"IsPassive": "true", **({"ForceAuthn": "1"} if case == "anew" else {})}
    answer = answer_in(asks(browser, by, context(RESISTANT) if case == "too little" else "", **said))
    assert answer.statuses == ["Responder", "NoPassive"]
    assert "<ns1:Assertion" not in answer.xml
    assert answer.root.find("a:Assertion", {"a": "urn:oasis:names:tc:SAML:2.0:assertion"}) is None


def test_whoever_may_not_come_in_reads_why_and_the_system_learns_nothing(hall: Hall) -> None:
    city = hall.city
    refused = asks(hall.browser(_without_right(hall, "finance")), hall.waived)
    assert refused.status_code == 403
    assert "財務会計" in refused.get_data(as_text=True)
    outside = asks(hall.browser(city.plain(), address="203.0.113.5"), hall.plain)
    assert outside.status_code == 403
    for page in (refused, outside):
        assert "SAMLResponse" not in page.get_data(as_text=True)


def test_a_screen_that_is_locked_is_unlocked_first_and_a_duty_done_first(hall: Hall) -> None:
    browser = hall.browser(hall.city.plain())
    browser.post("/lock", data={"csrf_token": browser.token("/")})
    assert asks(browser, hall.plain).location.startswith("/unlock?next=/saml/go")
    dutiful = hall.browser(hall.city.plain(1), duty="password")
    assert asks(dutiful, hall.plain).location.startswith("/password?next=/saml/go")


def test_another_sort_of_name_is_not_made_up(hall: Hall) -> None:
    policy = '<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"/>'
    answer = answer_in(asks(hall.browser(hall.city.plain()), hall.plain, policy))
    assert answer.statuses == ["Requester", "InvalidNameIDPolicy"]


def test_a_request_lapses_and_nobody_makes_one_up(hall: Hall) -> None:
    browser, city = hall.stranger(), hall.city
    there = browser.get(f"/saml/sso?{hall.plain.address(hall.plain.authn())}").location
    assert hall.stranger().get(there[:-8]).status_code == 400
    assert hall.stranger().get("/saml/go").status_code == 400
    city.clock.forward(minutes=15)
    assert browser.get(there).status_code == 400
    assert '"lapsed"' in hall.causes()[-1]


def test_from_the_portals_list_to_those_who_take_it(hall: Hall) -> None:
    browser = hall.browser(hall.city.plain())
    assert browser.post("/saml/start", data={"client": "plain"}).status_code == 400  # no token: not from our page
    page = browser.post("/saml/start", data={"client": "plain", "csrf_token": browser.token("/password")})
    answer: Answer = answer_in(browser.get(page.location))
    assert answer.statuses == ["Success"]
    assert "InResponseTo" not in answer.xml
    assert browser.get(page.location).status_code == 400
    for other in ("signing", "nobody"):
        token = browser.token("/password")
        assert browser.post("/saml/start", data={"client": other, "csrf_token": token}).status_code == 400


def test_a_session_that_ended_gives_nothing(hall: Hall) -> None:
    browser = hall.browser(hall.city.plain())
    browser.set_cookie(SESSION, "somebody's", domain=browser.host, secure=True)
    assert asks(browser, hall.plain).location.startswith("/login?next=/saml/go")


@dataclass
class Slow(Xmlsec):
    """Signs, and meanwhile something happens."""

    meanwhile: Callable[[], object] = list

    def __post_init__(self) -> None:
        super().__init__(installed())

    def _once(self, com_list: Sequence[str], extra_args: Iterable[str]) -> tuple[str, str, bytes]:
        self.meanwhile()
        return super()._once(com_list, extra_args)


@pytest.mark.parametrize(("which", "happens", "status"), [(21, "suspended", 400), (22, "signed out", 409)])
def test_what_happens_while_an_assertion_is_signed_counts(hall: Hall, which: int, happens: str, status: int) -> None:
    city, number = hall.city, hall.city.plain(which)
    browser, person_id, slow = hall.browser(number), city.entrant(number).person_id, Slow()

    def meanwhile() -> None:
        with city.store.act("test") as act:
            if happens == "suspended":
                suspend(act, person_id)
            else:
                sessions.end_all(act, person_id, "ended_by_officer")

    slow.meanwhile = meanwhile
    known = city.app.extensions
    before = known["kagimori-saml"]
    known["kagimori-saml"] = replace(before, xmlsec=slow)
    try:
        page = asks(browser, hall.plain)
    finally:
        known["kagimori-saml"] = before
    assert (page.status_code, "SAMLResponse" in page.get_data(as_text=True)) == (status, False)


def suspend(act: Act, person_id: int) -> None:
    values = {
        "id": next_id(act.connection, block_table), "person_id": person_id, "system": "", "entitlement": "",
        "origin": "test", "clause": "baseline", "reason": "調査", "valid_from": jst_day(act.at),
        "valid_until": date.max,
    }  # fmt: skip
    act.connection.execute(insert(block_table).values(**values))


def _may(hall: Hall, number: str, system: str) -> bool:
    city, who = hall.city, hall.city.entrant(number)
    at = city.clock()
    session = proved_now(city.door, who, BOTH, at)
    return explain(city.store, city.door, Knock(who, session, system, Whence("10.20.1.5"), at)).allowed


def _with_right(hall: Hall, system: str) -> str:
    return next(number for number, roles in hall.city.known.items() if not roles and _may(hall, number, system))


def _without_right(hall: Hall, system: str) -> str:
    # From the end: the first departments have most rights.
    numbers = [number for number, roles in hall.city.known.items() if not roles]
    return next(number for number in reversed(numbers) if not _may(hall, number, system))
