"""Connected systems on the officers' pages: asked for by one officer, confirmed by another."""

import re

import pytest

from iam.office import cases
from iam.policy.profile import Role
from iam.signin.tokens.clients import authenticate, client_of
from iam.signin.tokens.details import MODELS
from tests.functional.site.given import Browser, City
from web.officer.clients.forms import FORMS
from web.officer.clients.words import LABELS

PAGE = "/office/clients"
CODE = "juki-web"
ONE = f"{PAGE}/one?code={CODE}"
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


def text(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def typed(city: City, **other: str) -> dict[str, str]:
    return {
        "code": CODE, "name": "住民記録（Web）", "system": next(iter(city.door.model.systems)), "entitlement": "",
        "redirect_uris": "https://juki.city.example/callback\n\nhttps://juki.city.example/second",
        "post_logout_uris": "", "logout_uri": "", "algorithm": "ES256", "waiver": "", "waiver_until": "",
        "scopes": "profile", "reason": "更改のため", **other,
    }  # fmt: skip


def confirmed(city: City, case: str) -> str:
    """The approver confirms; the page that answers."""
    browser = city.somebody(Role.APPROVER)
    seen = text(browser, f"{case}/decide").partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    answer = browser.send(f"{case}/decide", {"seen": seen, "sure": "y"})
    assert answer.status_code in {200, 303}, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def asked(city: City, page: str, sent: dict[str, str]) -> str:
    done = city.somebody(Role.OPERATOR).send(page, sent)
    assert done.status_code == 303, done.get_data(as_text=True)
    assert done.location is not None
    return done.location


def secret_on(page: str) -> str:
    found = re.search(r'<code id="secret">([^<]+)</code>', page)
    assert found
    return found[1]


def comes_in(city: City, secret: str) -> bool:
    with city.store.read() as connection:
        return authenticate(connection, CODE, secret, city.clock()) is not None


def test_a_system_is_connected_once_a_second_officer_confirms(city: City) -> None:
    auditor = city.somebody(Role.AUDITOR)
    assert "まだ何もつながっていません" in text(auditor, PAGE)
    case = asked(city, f"{PAGE}/new/oidc", typed(city))
    shown = text(auditor, case)
    for words in ("住民記録（Web）", "https://juki.city.example/second", "更改のため", "氏名と職員番号", "登録"):
        assert words in shown
    assert "確認を待っている申請" in text(auditor, PAGE)
    with city.store.read() as connection:
        assert client_of(connection, CODE) is None, "nothing is there before the second officer"

    secret = secret_on(confirmed(city, case))
    assert comes_in(city, secret)
    shown = text(auditor, ONE)
    assert secret not in shown
    for words in ("/.well-known/openid-configuration", "接続手引きの第4章", "利用中"):
        assert words in shown
    assert "変更を申請する" not in shown, "an auditor changes nothing"


def test_a_client_is_changed_given_a_new_secret_stopped_and_served_again(city_sqlite: City) -> None:
    city = city_sqlite
    first = secret_on(confirmed(city, asked(city, f"{PAGE}/new/oidc", typed(city))))
    change = asked(city, f"{PAGE}/change?code={CODE}", typed(city, redirect_uris="https://new.city.example/cb"))
    shown = text(city.somebody(Role.APPROVER), f"{change}/decide")
    assert "https://new.city.example/cb" in shown
    assert "https://juki.city.example/callback" in shown, "what it is now stands beside"
    assert shown.count("agreed__row--new") == 1
    confirmed(city, change)
    assert "https://new.city.example/cb" in text(city.somebody(Role.AUDITOR), ONE)

    new = asked(city, f"{PAGE}/secret?code={CODE}", {"former_days": "7", "reason": "満了"})
    second = secret_on(confirmed(city, new))
    assert comes_in(city, first)
    assert comes_in(city, second)
    confirmed(city, asked(city, f"{PAGE}/stop?code={CODE}", {"reason": "休止"}))
    assert not comes_in(city, second)
    assert "再開を申請する" in text(city.somebody(Role.OPERATOR), ONE)
    confirmed(city, asked(city, f"{PAGE}/again?code={CODE}", {"reason": "再開"}))
    assert comes_in(city, second)


@pytest.mark.parametrize(
    ("kind", "field", "wrong", "said"),
    [
        ("oidc", "code", "", "クライアントIDを入力してください"),
        ("oidc", "code", "ひらがな", "半角の英小文字"),
        ("oidc", "system", "", "情報システムを選んでください"),
        ("oidc", "redirect_uris", "", "リダイレクトURIを入力してください"),
        ("oidc", "redirect_uris", "https://a.example/ok\nhttp://b.example/cb", "2行目: http:// を使えるのは"),
        ("oidc", "algorithm", "RS256", "例外措置"),
        ("oidc", "logout_uri", "https://a.example/#x", "# から後ろは書けません"),
        ("oidc", "entitlement", "other/right", "選択肢"),
        ("oidc", "reason", "", "申請の理由を入力してください"),
        ("forward", "origin", "https://a.example/path", "末尾の / なしで"),
        ("forward", "paths", "/ok\nbad", "2行目: / で始まるパス"),
        ("radius", "addresses", "10.1.0.300", "1行目: 192.0.2.10 か"),
        ("radius", "devices", "vpn-1", "1行目: 左と右を = で"),
        ("radius", "devices", "vpn-1 = nowhere", "情報システム nowhere はありません"),
        ("radius", "vlans", "lan = 9999", "lan: VLAN番号は"),
        ("terminal", "addresses", "", "問い合わせてよいアドレスを入力してください"),
        ("saml", "certificate", PEM, "証明書として読めません"),
        ("saml", "waiver", "第3号", "番号と期限の両方"),
        ("saml", "attributes", "uid = shoe_size", "login、staff_number"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    city_sqlite: City, kind: str, field: str, wrong: str, said: str
) -> None:
    sent = typed(
        city_sqlite, origin="https://a.example", paths="", proxies="", addresses="10.1.0.1", devices="", vlans="",
        entity_id="https://sp.example", acs="https://sp.example/acs", logout_url="", certificate="",
        name_id="persistent", attributes="", start_uri="",
    )  # fmt: skip
    answer = city_sqlite.somebody(Role.OPERATOR).send(f"{PAGE}/new/{kind}", {**sent, field: wrong})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert "住民記録（Web）" in page
    with city_sqlite.store.read() as connection:
        assert not cases.waiting(connection, city_sqlite.clock())


def test_everything_that_is_agreed_is_asked_for_and_shown_in_words() -> None:
    for kind, model in MODELS.items():
        assert set(model.model_fields) == set(FORMS[kind].detail_fields), kind
        assert set(model.model_fields) <= set(LABELS), kind


def test_the_same_client_is_not_asked_for_twice_and_an_unknown_door_is_nowhere(city_sqlite: City) -> None:
    asked(city_sqlite, f"{PAGE}/new/oidc", typed(city_sqlite))
    officer = city_sqlite.somebody(Role.GENERAL_OFFICER)
    again = officer.send(f"{PAGE}/new/oidc", typed(city_sqlite))
    assert (again.status_code, "すでに確認を待っています" in again.get_data(as_text=True)) == (409, True)
    text(officer, f"{PAGE}/new/telnet", 404)
    text(officer, f"{PAGE}/one?code=nothing", 404)


def test_a_change_of_nothing_is_not_asked_for(city_sqlite: City) -> None:
    confirmed(city_sqlite, asked(city_sqlite, f"{PAGE}/new/oidc", typed(city_sqlite)))
    same = city_sqlite.somebody(Role.OPERATOR).send(f"{PAGE}/change?code={CODE}", typed(city_sqlite))
    assert "いまの内容と同じです" in same.get_data(as_text=True)
