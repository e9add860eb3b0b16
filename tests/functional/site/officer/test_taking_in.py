"""A vendor's file through the page: all of it or nothing, every mistake by its line, no seed anywhere."""

import io
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from iam.policy.profile import Role
from iam.signin.factors import stock
from tests.functional.site.given import City
from tests.functional.site.officer.desk import Desk, an_officer, records, take_in, token
from tests.functional.site.portal.members import audited, beside, words
from tests.unit.connectors_tokens.makers import KEY, PASSWORD, Token, container, derived

PAGE = "/office/tokens/import"
SEED = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"
GOOD = f"serial,secret,type,digits,period\nSN-000201,{SEED},totp,6,30\nSN-000202,{SEED[::-1]},totp,6,30\n"


@pytest.fixture
def desk(city: City) -> Desk:
    return an_officer(city, Role.OPERATOR)


def sent(desk: Desk, content: bytes | str, name: str = "seeds.csv", **form: Any) -> TestResponse:  # noqa: ANN401 - fields
    data = content.encode() if isinstance(content, str) else content
    return desk.sends(PAGE, {"file": (io.BytesIO(data), name), **form})


def count(desk: Desk) -> int:
    with desk.city.store.read() as connection:
        return len(stock.tokens(connection))


def problems(answer: TestResponse) -> list[str]:
    listed = answer.text.partition('id="file-error"')[2].partition("</ol>")[0]
    return [each.partition("</li>")[0] for each in listed.split("<li>")[1:]]


def test_a_csv_is_taken_in_under_its_name(desk: Desk) -> None:
    answer = sent(desk, GOOD, batch="2026年度購入分")
    told = desk.opens(answer.location or "")
    assert "2台を在庫に取り込みました（受入「2026年度購入分」）。" in told
    assert "確実に消去してください" in told
    assert token(desk.city, "SN-000201").batch == "2026年度購入分"
    ((actor, subject, _),) = audited(desk.city, "token.imported")
    assert (actor, subject) == (f"staff:{desk.number}", "batch 2026年度購入分")


def test_without_a_name_the_file_and_the_day_are_the_name(desk: Desk) -> None:
    sent(desk, GOOD, "納品/機器 一覧.csv")
    assert token(desk.city, "SN-000201").batch == "機器 一覧.csv 2026-11-20"


def by_key() -> bytes:
    return container([Token("SN-000301", key=KEY)], key=KEY)


def by_password() -> bytes:
    return container([Token("SN-000301", key=derived())], key=derived(), password=True)


@pytest.mark.parametrize(
    ("field", "secret", "made"),
    [("key", KEY.hex(), by_key), ("password", PASSWORD, by_password)],
    ids=["key", "password"],
)
def test_an_encrypted_file_needs_what_opens_it(city: City, field: str, secret: str, made: Callable[[], bytes]) -> None:
    desk, content = an_officer(city, Role.OPERATOR), made()
    closed = sent(desk, content, "seeds.xml")
    assert closed.status_code == 422
    assert problems(closed)
    wrong = sent(desk, content, "seeds.xml", **{field: secret[::-1]}, batch="暗号のファイル")
    assert wrong.status_code == 422
    assert 'value="暗号のファイル"' in wrong.text
    assert secret[::-1] not in wrong.text
    assert count(desk) == 0
    opened = sent(desk, content, "seeds.xml", **{field: secret})
    assert opened.status_code == 303, words(opened)
    assert token(city, "SN-000301").place is stock.Place.IN_STOCK


def test_every_line_that_is_wrong_is_told_and_nothing_is_taken(desk: Desk) -> None:
    take_in(desk.city, "SN-000203")
    before = records(desk.city)
    content = (
        GOOD + f"SN-000203,{SEED},totp,6,30\nSN-000204,zz,totp,6,30\n,{SEED},totp,6,30\nSN-000201,{SEED},xxx,6,30\n"
    )
    answer = sent(desk, content, batch="納品")
    assert answer.status_code == 422
    told = problems(answer)
    for number in (5, 6, 7):
        assert any(f"seeds.csv {number}行目" in each for each in told), told
    assert "何も取り込んでいません" in words(answer)
    assert 'value="納品"' in answer.text
    assert (count(desk), records(desk.city)) == (1, before)
    known = sent(desk, GOOD.replace("SN-000202", "SN-000203"))
    assert any("seeds.csv 3行目" in each and "すでに取り込んで" in each for each in problems(known))
    assert count(desk) == 1


def test_no_seed_is_shown_or_recorded_whatever_is_wrong(desk: Desk) -> None:
    answer = sent(desk, GOOD.replace("totp,6", "totp,99") + f"{SEED},SN-9,totp,6,30\n")
    assert answer.status_code == 422
    assert SEED not in answer.text
    sent(desk, GOOD)
    for _, _, detail in audited(desk.city, "token.imported"):
        assert SEED not in detail
    for page in ("/office/tokens", "/office/tokens/one?serial=SN-000201"):
        assert SEED not in desk.browser.get(page).text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空です"),
        (b"\xff\xfe\x00\x01", ""),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ""),
        (b"<html>", ""),
        (b"serial,secret\n", "一つもありません"),
        (b"PK\x03\x04" + b"\x00" * 100, ""),
    ],
)
def test_what_is_no_file_of_tokens_is_refused_in_words(city_sqlite: City, content: bytes, told: str) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    answer = sent(desk, content, "<b>.csv")
    assert answer.status_code == 422
    assert told in " ".join(problems(answer))
    assert problems(answer)
    assert "<b>" not in answer.text
    assert count(desk) == 0


def test_no_file_is_told_beside_the_field(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    for form in ({"batch": "納品"}, {"batch": "納品", "file": (io.BytesIO(b""), "")}, {"file": "text"}):
        answer = desk.sends(PAGE, form)
        assert answer.status_code == 422
        assert problems(answer) == ["ファイルを選んでください。"]


def test_key_and_password_together_are_one_too_many(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    answer = sent(desk, GOOD, key="00" * 16, password="あいことば")
    assert "どちらか一つ" in beside(answer, "key")
    assert "あいことば" not in answer.text
    wrong = sent(desk, GOOD, key="短い鍵")
    assert "128・192・256ビット" in beside(wrong, "key")
    assert "短い鍵" not in wrong.text


def test_many_mistakes_are_counted_and_not_all_listed(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    answer = sent(desk, "serial,secret\n" + "".join(f"SN-{n:06},zz\n" for n in range(300)))
    assert len(problems(answer)) == 200
    assert "ほかに100件あります" in words(answer)
    assert "300か所" in words(answer)


def multipart(token: str, content: bytes) -> dict[str, Any]:
    """A form with a file as a browser writes it, whole in memory."""
    fields = (
        f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="seeds.csv"\r\n\r\n'
    )
    body = fields.encode() + content + b"\r\n--b--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=b"}


def test_a_file_that_is_too_large_is_not_read(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    answer = desk.browser.post(PAGE, **multipart(desk.browser.token(PAGE), b"x" * (9 * 2**20)))
    assert answer.status_code == 413
    assert "大きすぎます" in words(answer)


def test_what_was_sent_never_lies_on_a_disk(city_sqlite: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> None:
        raise AssertionError("a file of secrets was written to a disk")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, no_file)
    desk = an_officer(city_sqlite, Role.OPERATOR)
    lines = "".join(f"SN-{n:06},{n:040x},totp,6,30\n" for n in range(20_000))
    answer = desk.browser.post(PAGE, **multipart(desk.browser.token(PAGE), lines.encode()))
    assert answer.status_code == 303
    assert count(desk) == 20_000
    desk.opens("/office/tokens")
