"""What is refused at the border: forged forms, cookies, origins, addresses, certificates, and odd characters."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from flask import Blueprint, jsonify
from sqlalchemy import select
from structlog.testing import capture_logs

from iam.record.audit.chain import audit_record
from iam.settings import Certificates, Portal
from tests.functional.site import parts
from tests.functional.site.given import MORNING, ORIGIN, City
from web.site.access import public
from web.site.border.callers import Proxies, caller
from web.site.border.cookies import FORM

FORM_OK: Final[Mapping[str, str]] = {
    "number": "00010002", "password": "長い合言葉を覚えています", "code": "123456", "way": "key",
}  # fmt: skip
OTHER: Final = "https://evil.example"


@pytest.fixture
def shown(city_sqlite: City) -> City:
    city_sqlite.more, city_sqlite.rows = [parts.pages], dict(parts.ROWS)
    return city_sqlite


def refusals(city: City) -> list[tuple[str, str]]:
    """What the audit says was refused: the action and the page."""
    with city.store.read() as connection:
        rows = connection.execute(select(audit_record).order_by(audit_record.c.number)).all()
    return [(row.action, row.subject) for row in rows if row.action.endswith(".refused")]


# --- forms


def test_a_form_with_its_token_is_taken(shown: City) -> None:
    assert shown.somebody().send("/_parts", dict(FORM_OK)).status_code == 200


def test_a_form_without_a_token_is_refused_and_recorded(shown: City) -> None:
    client = shown.somebody()
    answer = client.post("/_parts", data=FORM_OK)
    assert answer.status_code == 400
    assert "画面の有効期限が切れています" in answer.text
    assert refusals(shown) == [("form.refused", "parts.page")]


def test_a_token_of_another_browser_is_refused(shown: City) -> None:
    theirs = shown.client().token("/_parts")
    mine = shown.client()
    mine.token("/_parts")
    assert mine.post("/_parts", data={**FORM_OK, "csrf_token": theirs}).status_code == 400


def test_a_token_from_before_the_sign_in_is_refused_after_it(shown: City) -> None:
    client = shown.client()
    before, cookie = client.token("/_parts"), client.get_cookie(FORM, domain=client.host)
    shown.signed_in(client, shown.plain())
    assert client.post("/_parts", data={**FORM_OK, "csrf_token": before}).status_code == 400
    # Nor does it help whoever planted their own form cookie together with its token.
    assert cookie
    client.set_cookie(FORM, cookie.value, domain=client.host, secure=True)
    assert client.post("/_parts", data={**FORM_OK, "csrf_token": before}).status_code == 400


def test_a_token_of_one_session_is_void_in_the_next(shown: City) -> None:
    client = shown.somebody()
    token = client.token("/_parts")
    shown.signed_in(client, shown.plain(1))
    assert client.post("/_parts", data={**FORM_OK, "csrf_token": token}).status_code == 400


def test_a_token_lapses(shown: City) -> None:
    shown.app.config["WTF_CSRF_TIME_LIMIT"] = -1
    answer = shown.somebody().send("/_parts", dict(FORM_OK))
    assert answer.status_code == 400
    assert "画面を開き直して" in answer.text


def test_a_program_sends_the_token_in_a_header(shown: City) -> None:
    client = shown.somebody()
    token = client.token("/_parts")
    answer = client.post("/session/extend", headers={"X-CSRFToken": token, "Accept": "application/json"})
    assert answer.status_code == 200
    refused = client.post("/session/extend", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.mimetype) == (400, "application/json")


def test_what_was_typed_is_shown_to_be_copied_but_no_secret_is(shown: City) -> None:
    answer = shown.somebody().post("/_parts", data={**FORM_OK, "reason": "年度末の<繁忙>のため"})
    assert "年度末の&lt;繁忙&gt;のため" in answer.text
    assert FORM_OK["password"] not in answer.text
    assert FORM_OK["code"] not in answer.text


def test_another_sites_form_gets_nothing_of_it_back(shown: City) -> None:
    answer = shown.somebody().post(
        "/_parts", data={"reason": "仕込まれた文"}, headers={"Sec-Fetch-Site": "cross-site", "Origin": OTHER}
    )
    assert answer.status_code == 400
    assert "仕込まれた文" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": OTHER},
        {"Origin": "null"},
        {"Origin": ORIGIN.replace("https", "http")},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_change_that_another_origin_asks_for_is_refused_even_with_a_token(
    shown: City, headers: dict[str, str]
) -> None:
    client = shown.somebody()
    token = client.token("/_parts")
    answer = client.post("/_parts", data={**FORM_OK, "csrf_token": token}, headers=headers)
    assert answer.status_code == 400
    assert refusals(shown) == [("origin.refused", "parts.page")]


def test_a_flood_of_refusals_leaves_one_record_a_minute(shown: City) -> None:
    client = shown.client()
    for _ in range(20):
        client.post("/_parts")
    assert len(refusals(shown)) == 1
    shown.clock.forward(minutes=1)
    client.post("/_parts")
    assert len(refusals(shown)) == 2


# --- cookies


def test_a_tampered_form_cookie_is_as_none(shown: City) -> None:
    client = shown.somebody()
    token = client.token("/_parts")
    cookie = client.get_cookie(FORM, domain=client.host)
    assert cookie
    client.set_cookie(FORM, cookie.value[:-2] + "xx", domain=client.host, secure=True)
    assert client.post("/_parts", data={**FORM_OK, "csrf_token": token}).status_code == 400


@pytest.mark.parametrize("value", ["", "x", "A" * 4000, "%00", "é", "' OR 1=1", "a.b.c"])
def test_a_made_up_session_cookie_opens_nothing_and_breaks_nothing(shown: City, value: str) -> None:
    client = shown.client()
    client.set_cookie("__Host-kagimori", value, domain=client.host, secure=True)
    client.set_cookie("__Host-kagimori-step", value, domain=client.host, secure=True)
    assert client.get("/_parts").status_code == 200
    assert client.post("/session/extend").status_code == 303


def test_the_language_is_the_only_thing_a_stranger_can_put_into_the_form_cookie(shown: City) -> None:
    client = shown.client()
    answer = client.send("/language", {"language": "en", "next": "/_parts"}, of="/_parts")
    assert (answer.status_code, answer.location) == (303, "/_parts")
    assert '<html lang="en">' in client.get("/_parts").text
    assert client.send("/language", {"language": "../../etc"}, of="/_parts").status_code == 400


# --- where one is sent


ELSEWHERE: Final = (
    OTHER, "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:/evil.example",
    "/\t/evil.example", "/\n//evil.example", "javascript:alert(1)", "data:text/html,x", " //evil.example",
    "evil.example", "/ok\r\nSet-Cookie: a=b", "http://id.city.example@evil.example", "/%0d%0aLocation:x\r\n", "",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_to_another_site(shown: City, target: str) -> None:
    answer = shown.client().send("/language", {"language": "en", "next": target}, of="/_parts")
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_path_of_this_site_is_kept_with_its_query(shown: City) -> None:
    answer = shown.client().send("/language", {"language": "en", "next": "/_parts?page=2&q=佐藤"}, of="/_parts")
    assert answer.location.startswith("/_parts?page=2&q=")


@pytest.mark.parametrize(
    "path", ["//evil.example", "///evil.example/..", "/%2f%2fevil.example", "/login//evil.example"]
)
def test_an_odd_path_is_no_page_and_leads_nowhere(shown: City, path: str) -> None:
    answer = shown.client().open(environ_overrides={"PATH_INFO": unquote(path), "REMOTE_ADDR": "127.0.0.1"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_a_header_cannot_be_smuggled_through_the_address(shown: City) -> None:
    answer = shown.client().get("/home%0d%0aSet-Cookie:%20a=b")
    assert answer.status_code in {303, 404}
    assert all("a=b" not in value for name, value in answer.headers if name == "Set-Cookie")


# --- what is typed


ODD: Final = (
    "\u0000", "a\u0000b", "\u202egnp.exe", "\ud83d\ude00" * 500, "é" * 3000, "𠮷野家 髙﨑 葛󠄀", "\x1b[31m", "\u200b",
    "'; DROP TABLE person; --",
    "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n", "\r\nSet-Cookie: a=b", "＝CMD｜'/C calc'!A0",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("field", ["number", "password", "code", "reason", "way", "agree", "csrf_token", "unknown"])
def test_odd_characters_in_any_field_never_break_a_page(shown: City, field: str, text: str) -> None:
    client = shown.somebody()
    sent = {
        "csrf_token": client.token("/_parts"),
        **FORM_OK,
        field: text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    }
    answer = client.post("/_parts", data=sent)
    assert answer.status_code in {200, 400, 422}
    assert "<script>alert" not in answer.text


def test_marks_that_turn_the_direction_of_a_text_are_told_beside_the_field(shown: City) -> None:
    answer = shown.somebody().send("/_parts", {**FORM_OK, "reason": "\u202egnp.exe"})
    assert answer.status_code == 422
    assert "表示できない文字が含まれています。" in answer.text
    assert 'aria-describedby="reason-error"' in answer.text


def test_names_with_rare_characters_are_taken_as_they_are(shown: City) -> None:
    assert shown.somebody().send("/_parts", {**FORM_OK, "reason": "𠮷野 髙﨑 葛󠄀\ue000"}).status_code == 200


def test_a_mistake_keeps_what_was_typed_but_secrets(shown: City) -> None:
    answer = shown.somebody().send("/_parts", {**FORM_OK, "number": "", "reason": "残る理由", "way": "token"})
    assert answer.status_code == 422
    assert "職員番号を入力してください。" in answer.text
    assert "残る理由" in answer.text
    assert 'value="token"' in answer.text
    assert FORM_OK["password"] not in answer.text
    assert FORM_OK["code"] not in answer.text


@pytest.mark.parametrize("path", ["/_parts%00", "/_parts?q=%00", "/office/%00"])
def test_a_nul_in_the_address_is_refused(shown: City, path: str) -> None:
    assert shown.somebody().get(path).status_code == 400


# --- who connects


@pytest.fixture
def told(city_sqlite: City) -> City:
    """The city with a page that says who it takes the caller for, and cards that a proxy vouches for."""
    pages = Blueprint("told", __name__)

    @pages.get("/_who")
    def who() -> Any:  # noqa: ANN401 - a page
        found = caller()
        return jsonify(
            address=found.address, terminal=found.terminal, certificate=found.certificate, whence=found.whence.address
        )

    city_sqlite.more, city_sqlite.rows = [pages], {"told.who": public()}
    assert city_sqlite.settings.portal
    values = city_sqlite.settings.portal.model_dump() | {
        "origin": ORIGIN,
        "proxies": ("127.0.0.1", "10.0.0.0/28", "fd00::1"),
    }
    city_sqlite.portal = {"proxies": Portal.model_validate(values).proxies}
    return city_sqlite


def seen(city: City, peer: str, **headers: str) -> dict[str, str]:
    answer = city.client().get("/_who", environ_overrides={"REMOTE_ADDR": peer}, headers={
        name.replace("_", "-"): value for name, value in headers.items()
    })  # fmt: skip
    assert answer.status_code == 200
    found: dict[str, str] = answer.json or {}
    return found


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what stands left, a stranger wrote
        ("127.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two of our own
        ("127.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # a proxy that asks for itself
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "garbage", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, garbage", "127.0.0.1"),  # nothing beyond what cannot be read is believed
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("192.0.2.66", "198.51.100.7", "192.0.2.66"),  # not listed: a forged header
    ],
)
def test_the_address_is_what_the_nearest_listed_proxy_saw(told: City, peer: str, forwarded: str, address: str) -> None:
    assert seen(told, peer, X_Forwarded_For=forwarded)["address"] == address


@pytest.mark.parametrize(
    "forwarded", ["", "garbage", "198.51.100.7:52344", "198.51.100.7, garbage", "garbage, 10.0.0.2", "10.0.0.2"]
)
def test_where_a_proxy_stands_is_not_where_people_are(told: City, forwarded: str) -> None:
    assert seen(told, "10.0.0.3", X_Forwarded_For=forwarded)["whence"] == ""
    assert Proxies(told.site.portal.proxies).address_behind("10.0.0.3", forwarded) == ""
    assert seen(told, "192.0.2.66", X_Forwarded_For=forwarded)["whence"] == "192.0.2.66", "no proxy: whoever connects"


def a_card() -> bytes:
    """A certificate, as a proxy writes it into its header."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yamada")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(MORNING).not_valid_after(MORNING + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(Encoding.PEM)


def test_a_certificate_is_believed_from_a_listed_proxy_alone(told: City, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(a_card())
    told.portal["certificate"] = Certificates.model_validate({"ca": str(tmp_path / "ca.pem")})
    card = a_card()
    assert seen(told, "127.0.0.1", X_Client_Cert=quote(card.decode()))["certificate"] == card.decode()
    assert seen(told, "127.0.0.1", X_Client_Cert="garbage")["certificate"] == ""
    with capture_logs() as lines:
        assert seen(told, "192.0.2.66", X_Client_Cert=quote(card.decode()))["certificate"] == ""
    assert {"forged": ("X-Client-Cert",), "address": "192.0.2.66"}.items() <= lines[-1].items()


def test_a_forged_certificate_is_recorded(told: City, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(a_card())
    told.portal["certificate"] = Certificates.model_validate({"ca": str(tmp_path / "ca.pem")})
    seen(told, "192.0.2.66", X_Client_Cert=quote(a_card().decode()))
    assert refusals(told) == [("certificate.refused", "told.who")]


def test_without_cards_no_header_is_read_at_all(told: City) -> None:
    assert seen(told, "127.0.0.1", X_Client_Cert=quote(a_card().decode()))["certificate"] == ""


def test_endless_hops_are_not_followed(told: City) -> None:
    hops = ", ".join(["203.0.113.9"] + ["10.0.0.2"] * 50)
    assert seen(told, "127.0.0.1", X_Forwarded_For=hops)["address"] == "10.0.0.2"


def test_other_headers_of_proxies_are_not_listened_to(told: City) -> None:
    found = seen(told, "127.0.0.1", Forwarded="for=203.0.113.9", X_Real_IP="203.0.113.9", True_Client_IP="203.0.113.9")
    assert found["address"] == "127.0.0.1"


def test_what_a_terminal_says_of_itself_is_cut_and_cleaned(told: City) -> None:
    assert seen(told, "127.0.0.1", User_Agent="Mozilla/5.0 " + "x" * 500)["terminal"] == "Mozilla/5.0 " + "x" * 188
