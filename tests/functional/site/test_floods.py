"""What somebody sends only to keep the site busy, or to make it stumble: it costs us no more than an ordinary form.

To put marks in order takes quadratic time and stops every thread of a process meanwhile: what one form
holds would take half a minute.
"""

import json
from collections.abc import Callable
from time import process_time

import pytest
from werkzeug.test import TestResponse

from iam.policy.profile import Role
from iam.settings import Portal
from tests.functional.site.given import ORIGIN, City
from tests.functional.site.portal.members import Member
from tests.softkey import b64
from web.body.door import WAITING
from web.site.access import BODY
from web.site.running.serving import options_of

SECONDS = 1.0
MARKS = "a" + "\u0301" * 40_000 + "\u0316" * 40_000
assert len(MARKS.encode()) < BODY

Send = Callable[[Member], TestResponse]


def _in_parts(member: Member, page: str, of: str | None = None, **fields: str) -> TestResponse:
    """As multipart, where nothing is written as three characters."""
    form = {"csrf_token": member.browser.token(of or page), **fields}
    return member.browser.post(page, data=form, content_type="multipart/form-data")


def _code(member: Member) -> TestResponse:
    member.types()
    return _in_parts(member, "/login/factor", code=MARKS)


def _signed_in(member: Member) -> Member:
    member.signs_in()
    return member


AT_THE_DOOR: dict[str, Send] = {
    "number": lambda member: _in_parts(member, "/login", number=MARKS, password="x"),
    "password": lambda member: _in_parts(member, "/login", number="1", password=MARKS),
    "code": _code,
}
SIGNED_IN: dict[str, Send] = {
    "the old password": lambda member: _in_parts(member, "/password", old=MARKS, new="x"),
    "a new password": lambda member: _in_parts(member, "/password", old="x", new=MARKS),
    "a password again": lambda member: _in_parts(member, "/prove", password=MARKS),
    "a name": lambda member: _in_parts(member, "/factors/new/app", name=MARKS),
}


@pytest.mark.parametrize("where", AT_THE_DOOR)
def test_a_flood_of_marks_costs_no_more_at_the_door(city_sqlite: City, where: str) -> None:
    _is_cheap(AT_THE_DOOR[where], Member.of(city_sqlite).with_app())


@pytest.mark.parametrize("where", SIGNED_IN)
def test_a_flood_of_marks_costs_no_more_to_somebody_signed_in(city_sqlite: City, where: str) -> None:
    _is_cheap(SIGNED_IN[where], _signed_in(Member.of(city_sqlite).with_app()))


@pytest.mark.parametrize(("page", "field"), [("/office/people/1/leak", "reason"), ("/office/tokens/lend", "serial")])
def test_a_flood_of_marks_costs_no_more_to_an_officer(city_sqlite: City, page: str, field: str) -> None:
    officer = Member(city_sqlite, "", city_sqlite.somebody(Role.GENERAL_OFFICER))
    _is_cheap(lambda member: _in_parts(member, page, **{field: MARKS}), officer)


def _is_cheap(send: Send, member: Member) -> None:
    member.browser.get("/login")  # whatever is made once is made
    before = process_time()
    answer = send(member)
    assert process_time() - before < SECONDS
    assert answer.status_code in {303, 422}, answer.status_code


@pytest.mark.parametrize("hashes", [1, 2, 32])
def test_whoever_hashes_or_waits_to_leaves_threads_for_everybody_else(city_sqlite: City, hashes: int) -> None:
    portal = Portal(origin=ORIGIN, hashes=hashes)
    assert options_of(portal, lambda: None)["threads"] >= hashes + WAITING + 8
    places = city_sqlite.door.hasher._places  # noqa: SLF001 - how many may hash or wait
    assert places._initial_value == city_sqlite.site.portal.hashes + WAITING  # type: ignore[attr-defined] # noqa: SLF001


@pytest.mark.parametrize("id_", ["a\0b", "\ud800", "あ", "a b", "", "a" * 60_000])
def test_a_key_with_an_odd_name_is_refused_as_unknown(city: City, id_: str) -> None:
    browser = city.client()
    asked = browser.post("/login/key/options", headers={"X-CSRFToken": browser.token("/login")})
    assert asked.status_code == 200
    client = json.dumps({"type": "webauthn.get", "challenge": asked.json["options"]["challenge"], "origin": ORIGIN})  # type: ignore[index] # it has one
    said = {"clientDataJSON": b64(client.encode()), "authenticatorData": b64(b"\0" * 37), "signature": "AAAA"}
    answer = json.dumps({"id": id_, "rawId": "AAAA", "type": "public-key", "response": said})

    refused = browser.send("/login/key", {"response": answer, "page": "/login"}, of="/login")

    assert (refused.status_code, refused.location) == (303, "/login")
    assert "このセキュリティキーは登録されていません" in browser.get("/login").text


@pytest.mark.parametrize("sent", ["[" * 100_000, '{"password":' * 20_000, '{"password": "\\ud800"}', "{"])
def test_json_of_any_depth_is_answered(city_sqlite: City, sent: str) -> None:
    browser = city_sqlite.somebody()
    headers = {"X-CSRFToken": browser.token("/password"), "Content-Type": "application/json"}
    assert browser.post("/password/strength", data=sent, headers=headers).status_code == 200


@pytest.mark.parametrize("number", ["9" * 19, "9" * 40, "-1", "1.5", "x", "٣"])
def test_a_number_that_no_row_has_is_nothing_to_an_officers_list(city: City, number: str) -> None:
    browser = city.somebody(Role.GENERAL_OFFICER)
    for page in (
        "/office/people/1/history?before=",
        "/history?before=",
        "/office/people?q=a&page=",
        "/office/plans?page=",
    ):
        assert browser.get(page + number).status_code == 200, page


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**40])
def test_no_row_with_such_a_number_is_looked_for(city: City, number: int) -> None:
    browser = city.somebody(Role.GENERAL_OFFICER)
    person = city.entrant(city.plain()).person_id
    for page in (
        f"/office/people/{number}", f"/office/people/{number}/history", f"/office/people/{number}/temporary-password",
        f"/office/people/{number}/factors/1/lost", f"/office/people/{person}/factors/{number}/lost",
        f"/office/people/{number}/sessions/{number}/end", f"/office/plans/{number}", f"/office/plans/{number}/release",
        f"/office/cases/{number}", f"/office/cases/{number}/decide", f"/office/deputies/{number}/withdraw",
        f"/office/returns/{number}/lift", f"/factors/{number}/name", f"/factors/{number}/scan",
    ):  # fmt: skip
        assert browser.get(page).status_code == 404, page
    # Of sessions there may be so many.
    ended = browser.post(f"/sessions/{number}/end", data={"csrf_token": browser.token("/sessions")})
    assert ended.status_code == (303 if number < 2**63 else 404)
