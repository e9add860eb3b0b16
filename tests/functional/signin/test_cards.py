"""A card at the door: beside the password, before it, and what a forged or foreign one gets."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from iam.signin import login
from iam.signin.factors import certificates
from iam.signin.factors.authenticators import Form
from iam.signin.factors.certificates import Card, TrustFiles
from iam.signin.kinds import Method
from iam.signin.login import HalfDone, Outcome, Refused, SignedIn
from iam.signin.sessions import Present
from tests.entrance import HERE, Entrance, Person
from tests.unit.signin.factors.authority import NOW, Authority, pem, trust

OURS = Authority()
WRONG = "ちがうパスワードを打った人"


@pytest.fixture
def yamada(hall: Entrance, tmp_path: Path) -> Person:
    """Somebody with a card, at a door that knows who issues cards."""
    person = hall.staff(1)
    hall.clock.now = NOW
    (tmp_path / "ca.pem").write_bytes(OURS.pem)
    (tmp_path / "crl.pem").write_bytes(OURS.revoked(7).public_bytes(Encoding.PEM))
    hall.door = replace(hall.door, authorities=TrustFiles(tmp_path / "ca.pem", tmp_path / "crl.pem"))
    bind(person, 1)
    return person


def bind(person: Person, serial: int) -> None:
    card = certificates.check(trust(OURS), pem(OURS.card(serial=serial)), NOW)
    assert isinstance(card, Card), card
    with person.hall.store.act("test") as act:
        assert isinstance(certificates.bind(act, person.id, card, "職員カード"), int)


def shows(person: Person, half: Outcome | None = None, serial: int = 1, by: Authority = OURS) -> Outcome:
    token = half.token if isinstance(half, HalfDone) else None
    return login.give_certificate(person.hall.store, person.hall.door, token, pem(by.card(serial=serial)), HERE)


def test_the_password_and_then_the_card_open_a_session(hall: Entrance, yamada: Person) -> None:
    half = yamada.types_password()
    assert isinstance(half, HalfDone)
    assert half.offers == (Form.CERTIFICATE,)

    done = shows(yamada, half)

    assert isinstance(done, SignedIn)
    assert done.duty == ""
    found = hall.look(done.token)
    assert isinstance(found, Present)
    assert found.session.proofs.methods == (Method.PASSWORD, Method.CERTIFICATE)


def test_the_card_and_then_the_password_do_too(yamada: Person) -> None:
    half = shows(yamada)

    assert isinstance(half, HalfDone)
    assert (half.password, half.offers) == (True, ())
    assert isinstance(yamada.types_password(token=half.token), SignedIn)


def test_the_card_alone_opens_nothing(hall: Entrance, yamada: Person) -> None:
    half = shows(yamada)

    assert isinstance(half, HalfDone)
    assert not isinstance(hall.look(half.token), Present)
    again = shows(yamada, half)
    assert isinstance(again, HalfDone)
    assert again.password


def test_nobody_can_lock_the_holder_of_a_card_out(hall: Entrance, yamada: Person) -> None:
    for _ in range(6):
        yamada.types_password(WRONG)
    blocked = yamada.types_password()
    assert isinstance(blocked, Refused)
    assert blocked.code == "wait"

    half = shows(yamada)
    assert isinstance(half, HalfDone)

    assert isinstance(yamada.types_password(token=half.token), SignedIn)


def test_who_holds_the_card_guesses_the_password_no_faster(hall: Entrance, yamada: Person) -> None:
    codes = []
    for _ in range(7):
        half = shows(yamada)
        assert isinstance(half, HalfDone)
        answer = yamada.types_password(WRONG, token=half.token)
        assert isinstance(answer, Refused)
        codes.append(answer.code)

    assert codes == ["wrong"] * 5 + ["wait"] * 2
    hall.clock.on(seconds=30)
    half = shows(yamada)
    assert isinstance(half, HalfDone)
    assert isinstance(yamada.types_password(token=half.token), SignedIn)


def test_a_login_begun_by_a_card_bears_five_wrong_passwords(yamada: Person) -> None:
    half = shows(yamada)
    assert isinstance(half, HalfDone)

    answers = [yamada.types_password(WRONG, token=half.token) for _ in range(5)]

    assert answers[-1] == Refused("lapsed")


def test_a_token_of_another_step_takes_no_password(hall: Entrance, yamada: Person) -> None:
    half = yamada.types_password()
    assert isinstance(half, HalfDone)
    assert yamada.types_password(token=half.token) == Refused("not_asked")
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(asked, Refused)
    assert yamada.types_password(token=asked[0]) == Refused("lapsed")


@pytest.mark.parametrize(
    ("serial", "by", "detail"),
    [(1, Authority(), "unknown_issuer"), (7, OURS, "revoked"), (2, OURS, "not_bound")],
    ids=["forged", "revoked", "unbound"],
)
def test_other_cards_are_refused_and_recorded(
    hall: Entrance, yamada: Person, serial: int, by: Authority, detail: str
) -> None:
    assert shows(yamada, None, serial, by) == Refused("certificate", detail=detail)
    assert f'"reason":"{detail}"' in hall.audited("signin.refused")[-1][2]


def test_anothers_card_does_not_complete_my_login(hall: Entrance, yamada: Person) -> None:
    sato = hall.staff(2)
    hall.clock.now = NOW + timedelta(minutes=1)
    bind(sato, 2)

    assert shows(yamada, yamada.types_password(), serial=2) == Refused("certificate", detail="bound_to_another")


def test_a_suspended_persons_card_is_as_unbound(yamada: Person) -> None:
    yamada.suspended()

    assert shows(yamada) == Refused("certificate", detail="not_bound")


def test_a_card_renews_the_proof_of_a_session_beside_the_password(hall: Entrance, yamada: Person) -> None:
    done = shows(yamada, yamada.types_password())
    assert isinstance(done, SignedIn)
    found = hall.look(done.token)
    assert isinstance(found, Present)
    hall.clock.on(minutes=6)

    half = login.prove_again(hall.store, hall.door, found.session, yamada.password, HERE)
    again = shows(yamada, half)

    assert isinstance(again, SignedIn)
    assert again.session_id == done.session_id


def test_where_no_card_is_accepted_none_is_looked_at(hall: Entrance) -> None:
    assert shows(hall.staff(1)) == Refused("certificate", detail="unknown_issuer")
