"""A system signs somebody out: whose session ends, who may ask, and what is answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from iam.signin import sessions
from iam.signin.sessions import Gone, Present
from tests.functional.doors.saml.hall import Hall, register
from tests.functional.doors.saml.provider import Pair, Provider, stamp
from tests.functional.doors.saml.response import Answer, answer_at, answer_in
from tests.functional.site.given import Browser

MINUTE: Final = timedelta(minutes=1)


def came_in(hall: Hall, by: Provider, browser: Browser) -> tuple[str, str]:
    """Signed in at a system: the name and the session index that it was given."""
    there = browser.get(f"/saml/sso?{by.address(by.authn())}")
    answer: Answer = answer_in(browser.get(there.location))
    return answer.value(".//a:NameID"), answer.value(".//a:AuthnStatement", "SessionIndex")


def look(hall: Hall, token: str) -> Present | Gone:
    return sessions.look(hall.city.store, hall.city.door, token, hall.city.clock())


@pytest.mark.parametrize("way", ["address", "form", "all sessions"])
def test_the_session_in_the_portal_ends_and_the_system_is_told(hall: Hall, idp: tuple[Pair, Pair], way: str) -> None:
    browser, by = hall.browser(), hall.signing
    token = hall.city.signed_in(browser, hall.city.plain())
    name, index = came_in(hall, by, browser)
    assert isinstance(look(hall, token), Present)
    message = by.logout(name) if way == "all sessions" else by.logout(name, index)
    # As another site's page brings it: without our cookies.
    stranger = hall.stranger()
    if way == "form":
        answer = stranger.post(
            "/saml/slo", data=by.posted(by.signed(message), "state"), headers={"Origin": "https://signing.city.example"}
        )
    else:
        answer = stranger.get(f"/saml/slo?{by.address(message, 'state')}")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    told = answer_at(answer.location, idp[0])
    assert (told.location, told.relay, told.statuses) == (by.logout_url, "state", ["Success"])
    assert told.value("", "InResponseTo") == by.written[-1]
    assert look(hall, token) == Gone("signed_out")


def test_other_systems_keep_theirs_and_the_answer_says_so(hall: Hall, idp: tuple[Pair, Pair]) -> None:
    browser, by = hall.browser(hall.city.plain()), hall.signing
    came_in(hall, hall.plain, browser)
    name, index = came_in(hall, by, browser)
    answer = hall.stranger().get(f"/saml/slo?{by.address(by.logout(name, index))}")
    assert answer_at(answer.location, idp[0]).statuses == ["Success", "PartialLogout"]


def test_rsa_answers_whoever_has_a_waiver(hall: Hall, idp: tuple[Pair, Pair]) -> None:
    browser, by = hall.browser(hall.city.plain()), hall.waived
    name, index = came_in(hall, by, browser)
    answer = hall.stranger().get(f"/saml/slo?{by.address(by.logout(name, index))}")
    assert answer_at(answer.location, idp[1]).statuses == ["Success"]


@pytest.mark.parametrize(
    ("cause", "make"),
    [
        ("name_id", lambda by, name, index: by.address(by.logout(f"{name}1", index))),
        ("name_id", lambda by, _, index: by.address(by.logout("", index))),
        ("unknown_session", lambda by, name, _: by.address(by.logout(name, "_somebody's"))),
        ("unknown_session", lambda by, name, _: by.address(by.logout(f"{name}1"))),
        ("unknown_session", lambda by, *_: by.address(by.logout("佐藤"))),
        ("unsigned", lambda by, name, index: by.address(by.logout(name, index)).partition("&SigAlg")[0]),
        ("issued", lambda by, name, index: by.address(by.logout(name, index, by=timedelta(minutes=-6)))),
        (
            "issued",
            lambda by, name, index: by.address(by.logout(name, index, NotOnOrAfter=stamp(by.clock.at - 2 * MINUTE))),
        ),
        ("destination", lambda by, name, index: by.address(by.logout(name, index, Destination=by.logout_url))),
        ("structure", lambda by, name, index: by.address(by.logout(f"{name}<!-- x -->9", index))),
        ("kind", lambda by, *_: by.address(by.authn())),
    ],
)
def test_whoever_asks_for_less_than_that_ends_nothing(
    hall: Hall, cause: str, make: Callable[[Provider, str, str], str]
) -> None:
    browser = hall.browser()
    token = hall.city.signed_in(browser, hall.city.plain())
    name, index = came_in(hall, hall.signing, browser)
    answer = hall.stranger().get(f"/saml/slo?{make(hall.signing, name, index)}")
    assert answer.status_code == 400
    assert f'"{cause}' in hall.causes()[-1]
    assert isinstance(look(hall, token), Present)


def test_no_system_ends_what_another_was_given(hall: Hall) -> None:
    browser = hall.browser()
    token = hall.city.signed_in(browser, hall.city.plain())
    name, index = came_in(hall, hall.plain, browser)
    for by in (hall.signing, hall.waived, hall.plain):
        answer = hall.stranger().get(f"/saml/slo?{by.address(by.logout(name, index))}")
        assert answer.status_code == 400, by.entity_id
    assert isinstance(look(hall, token), Present)


def test_without_an_address_to_answer_to_there_is_no_signing_out(hall: Hall, theirs: tuple[Pair, Pair, Pair]) -> None:
    silent = Provider(
        "https://silent.city.example/sp", ("https://silent.city.example/acs",), theirs[0], clock=hall.city.clock
    )
    register(hall.city, silent, "groupware")
    assert hall.stranger().get(f"/saml/slo?{silent.address(silent.logout('7', '_a'))}").status_code == 400
    assert '"no_logout' in hall.causes()[-1]
