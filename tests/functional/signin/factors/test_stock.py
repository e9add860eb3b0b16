"""The stock of tokens: one token, one holder; what was destroyed never comes back; no seed is left lying about."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from iam.errors import Conflict, NotFound, TokenFileError
from iam.ports import Otp, TokenSeed
from iam.record.store import Store
from iam.signin.factors import totp
from iam.signin.factors.authenticators import Form, State
from iam.signin.factors.stock import (
    Place,
    Token,
    destroy,
    follow_loss,
    give_back,
    lend,
    report_lost,
    restock,
    take_in,
    tokens,
)
from tests.functional.signin.factors.conftest import RACERS, SATO, YAMADA, Clock, Race, seen

SECRET = b"canary-seed-20-bytes"
TYPED = base64.b32encode(SECRET).decode()
OFFICER = "staff:100456"


def seed(serial: str = "T1", secret: bytes = SECRET, **said: object) -> TokenSeed:
    return TokenSeed(serial, secret, place=f"seeds.csv {serial}", **said)  # type: ignore[arg-type] # by name


@pytest.fixture
def stocked(store: Store) -> Store:
    """Two TOTP tokens and one HOTP token in stock."""
    with store.act(OFFICER) as act:
        take_in(act, store.keys, [seed("T1"), seed("T2"), seed("H1", otp=Otp.HOTP, counter=5)], "2027年度")
    return store


def done(store: Store, deed: Callable[..., object], *words: object) -> object:
    with store.act(OFFICER) as act:
        return deed(act, *words)


def lent(store: Store, serial: str = "T1", person: int = YAMADA) -> int:
    with store.act(OFFICER) as act:
        return lend(act, store.keys, serial, person)


def places(store: Store) -> dict[str, Place]:
    with store.read() as connection:
        return {each.serial: each.place for each in tokens(connection)}


def token(store: Store, serial: str = "T1") -> Token:
    with store.read() as connection:
        return next(each for each in tokens(connection) if each.serial == serial)


def judged(store: Store, id_: int, code: str) -> object:
    with store.act("door") as act:
        return type(totp.give(act, store.keys, id_, code, previous_step=False))


def showing(clock: Clock) -> str:
    return pyotp.TOTP(TYPED).at(clock())


def test_what_was_taken_in_is_in_stock_and_can_be_counted(stocked: Store) -> None:
    assert places(stocked) == dict.fromkeys(["H1", "T1", "T2"], Place.IN_STOCK)
    with stocked.read() as connection:
        assert len(tokens(connection, Place.IN_STOCK, "2027年度")) == 3
        assert tokens(connection, Place.LENT) == []
        assert tokens(connection, batch="2026年度") == []


def test_serials_that_are_known_are_refused_by_name_and_nothing_is_taken_in(stocked: Store) -> None:
    with pytest.raises(TokenFileError) as caught, stocked.act(OFFICER) as act:
        take_in(act, stocked.keys, [seed("N1"), seed("T2"), seed("T1")], "再")
    assert [line.split()[3] for line in caught.value.problems] == ["T2", "T1"]
    assert "N1" not in places(stocked)


@pytest.mark.parametrize("wrong", [{"secret": b"ten-bytes!"}, {"digits": 12}, {"algorithm": "MD5"}, {"period": 3600}])
def test_a_token_that_cannot_sign_in_is_not_taken_in(store: Store, wrong: dict[str, object]) -> None:
    with pytest.raises(TokenFileError, match="X1"), store.act(OFFICER) as act:
        take_in(act, store.keys, [seed("X1", **wrong)], "2027年度")  # type: ignore[arg-type] # by name
    assert places(store) == {}


def test_a_lent_token_signs_its_holder_in(stocked: Store, clock: Clock) -> None:
    id_ = lent(stocked)
    held = seen(stocked, id_)
    assert (held.person_id, held.form, held.active) == (YAMADA, Form.TOKEN, True)
    assert (token(stocked).place, token(stocked).staff_number, token(stocked).name) == (
        Place.LENT,
        "100123",
        "山田 太郎",
    )
    clock.on(seconds=30)
    assert judged(stocked, id_, showing(clock)) is totp.Accepted
    assert judged(stocked, id_, showing(clock)) is totp.Replayed


def test_a_counting_token_goes_on_where_its_file_said(stocked: Store) -> None:
    id_ = lent(stocked, "H1")
    code = pyotp.HOTP(TYPED).at(5)
    assert judged(stocked, id_, code) is totp.Accepted


def test_a_token_that_is_lent_is_lent_to_nobody_else(stocked: Store) -> None:
    lent(stocked)
    with pytest.raises(Conflict, match="貸出中"):
        lent(stocked, person=SATO)


def test_of_officers_who_lend_one_token_at_once_one_does(stocked: Store, race: Race) -> None:
    said = race("lend", "T1")
    assert sorted(said) == ["Conflict"] * (RACERS - 1) + ["lent"]


def test_a_returned_token_signs_nobody_in_and_waits_for_an_officers_look(stocked: Store, clock: Clock) -> None:
    id_ = lent(stocked)
    assert done(stocked, give_back, "T1") == YAMADA
    assert (seen(stocked, id_).state, seen(stocked, id_).sealed) == (State.REMOVED, None)
    clock.on(seconds=30)
    assert judged(stocked, id_, showing(clock)) is not totp.Accepted
    with pytest.raises(Conflict, match="点検待ち"):
        lent(stocked, person=SATO)
    done(stocked, restock, "T1", "電池を確かめた")
    other = lent(stocked, person=SATO)
    assert other != id_
    assert seen(stocked, other).person_id == SATO


def test_a_code_of_the_last_holder_is_no_good_for_the_next(stocked: Store, clock: Clock) -> None:
    first = lent(stocked)
    clock.on(seconds=30)
    assert judged(stocked, first, showing(clock)) is totp.Accepted
    done(stocked, give_back, "T1")
    done(stocked, restock, "T1", "")
    second = lent(stocked, person=SATO)
    assert judged(stocked, second, showing(clock)) is totp.Replayed
    counting = lent(stocked, "H1")
    press = pyotp.HOTP(TYPED)
    assert judged(stocked, counting, press.at(6)) is totp.Accepted
    done(stocked, give_back, "H1")
    done(stocked, restock, "H1", "")
    again = lent(stocked, "H1", SATO)
    assert judged(stocked, again, press.at(6)) is not totp.Accepted
    assert judged(stocked, again, press.at(7)) is totp.Accepted


def test_a_lost_token_is_dead_at_once_and_comes_back_only_by_an_officer(stocked: Store, clock: Clock) -> None:
    id_ = lent(stocked)
    assert done(stocked, report_lost, "T1", "窓口で届出") == YAMADA
    assert seen(stocked, id_).state is State.LOST
    assert token(stocked).staff_number == "100123"
    clock.on(seconds=30)
    assert judged(stocked, id_, showing(clock)) is not totp.Accepted
    with pytest.raises(Conflict, match="紛失"):
        lent(stocked, person=SATO)
    done(stocked, restock, "T1", "机の中から見つかった")
    lent(stocked, person=SATO)


def test_a_loss_that_its_holder_reported_moves_the_stock_too(stocked: Store) -> None:
    id_ = lent(stocked)
    assert done(stocked, follow_loss, id_) == "T1"
    assert places(stocked)["T1"] is Place.LOST
    assert done(stocked, follow_loss, id_) is None


def test_a_loss_of_something_else_does_not_touch_the_stock(stocked: Store) -> None:
    assert done(stocked, follow_loss, 999) is None
    assert set(places(stocked).values()) == {Place.IN_STOCK}


def test_a_token_lost_from_the_cupboard_has_no_holder(stocked: Store) -> None:
    assert done(stocked, report_lost, "T1", "棚卸で不足") is None
    assert token(stocked).staff_number == ""


@pytest.mark.parametrize("way", [[], [report_lost]])
def test_a_destroyed_token_is_gone_for_good_with_its_seed(stocked: Store, way: list[Callable[..., object]]) -> None:
    for deed in way:
        done(stocked, deed, "T1", "理由")
    done(stocked, destroy, "T1", "総務課 鈴木")
    for deed, words in ((restock, ["x"]), (report_lost, ["x"]), (give_back, []), (destroy, ["x"])):
        with pytest.raises(Conflict, match="廃棄済"):
            done(stocked, deed, "T1", *words)
    with pytest.raises(Conflict, match="廃棄済"):
        lent(stocked)
    with pytest.raises(TokenFileError), stocked.act(OFFICER) as act:
        take_in(act, stocked.keys, [seed("T1")], "再")
    with stocked.read() as connection:
        sealed = connection.execute(text("SELECT sealed FROM token_stock WHERE serial = 'T1'")).scalar_one()
    assert bytes(sealed) == b""


def test_a_lent_token_is_not_destroyed_under_its_holder(stocked: Store) -> None:
    lent(stocked)
    with pytest.raises(Conflict, match="貸出中"):
        done(stocked, destroy, "T1", "総務課 鈴木")


def test_what_is_not_there_is_told(stocked: Store) -> None:
    with pytest.raises(NotFound, match="Z9"):
        lent(stocked, "Z9")
    with pytest.raises(NotFound):
        lent(stocked, "T1", person=404)
    assert places(stocked)["T1"] is Place.IN_STOCK


def test_who_did_what_and_before_whom_is_in_the_audit(stocked: Store) -> None:
    lent(stocked)
    done(stocked, report_lost, "T1", "紛失")
    done(stocked, destroy, "T1", "総務課 鈴木")
    with stocked.read() as connection:
        rows = connection.execute(
            text("SELECT actor, action, detail FROM audit_record WHERE action LIKE 'token.%' ORDER BY number")
        ).all()
    assert [row.action for row in rows] == ["token.imported", "token.lent", "token.lost", "token.destroyed"]
    assert {row.actor for row in rows} == {OFFICER}
    assert json.loads(rows[0].detail)["serials"] == ["T1", "T2", "H1"]
    assert json.loads(rows[3].detail)["witness"] == "総務課 鈴木"


def test_no_seed_is_left_in_the_database_in_clear(stocked: Store, tmp_path: Path) -> None:
    lent(stocked)
    done(stocked, give_back, "T1")
    found = []
    with stocked.read() as connection:
        for table in ("token_stock", "authenticator", "audit_record", "letter", "notice"):
            found += [repr(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - ours
    held = "".join(found).encode()
    held += b"".join(path.read_bytes() for path in tmp_path.glob("iam.db*"))
    for clear in (SECRET, SECRET.hex().encode(), TYPED.encode()):
        assert clear not in held
    assert b"T1" in held
