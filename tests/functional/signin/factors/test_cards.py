"""A card is one person's, once; and the files that say which cards are good are read as they change."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from iam.errors import ConfigurationError
from iam.record.store import Store
from iam.signin.factors.authenticators import Authenticator, Form, State, end
from iam.signin.factors.certificates import Card, Code, Rejected, TrustFiles, accept, bind, check, match
from tests.functional.signin.factors.conftest import SATO, YAMADA, Race, seen
from tests.unit.signin.factors.authority import NOW, Authority, pem, trust

OURS = Authority()


def card(serial: int = 1) -> Card:
    found = check(trust(OURS), pem(OURS.card(serial=serial)), NOW)
    assert isinstance(found, Card)
    return found


def bound(store: Store, person: int, which: Card) -> int | Rejected:
    with store.act("staff:100123") as act:
        return bind(act, person, which, "私のカード")


def matched(store: Store, which: Card, person: int | None = None) -> int | Code:
    with store.read() as connection:
        found = match(connection, which, person)
    return found.person_id if isinstance(found, Authenticator) else found.code


def test_a_card_that_was_bound_tells_whose_it_is(store: Store) -> None:
    id_ = bound(store, YAMADA, card())
    assert isinstance(id_, int)
    assert matched(store, card()) == YAMADA
    assert matched(store, card(), YAMADA) == YAMADA
    held = seen(store, id_)
    assert (held.form, held.active) == (Form.CERTIFICATE, True)
    assert held.data["serial"] == "1"
    with store.act("door") as act:
        assert accept(act, id_)
    assert seen(store, id_).used_at is not None


def test_a_card_that_nobody_bound_signs_nobody_in(store: Store) -> None:
    assert matched(store, card()) is Code.NOT_BOUND


def test_a_card_of_another_does_not_complete_my_sign_in(store: Store) -> None:
    bound(store, YAMADA, card())
    assert matched(store, card(), SATO) is Code.BOUND_TO_ANOTHER


def test_a_card_is_bound_to_one_person_only(store: Store) -> None:
    bound(store, YAMADA, card())
    assert bound(store, SATO, card()) == Rejected(Code.BOUND_TO_ANOTHER)
    assert bound(store, YAMADA, card()) == Rejected(Code.BOUND_ALREADY)


@pytest.mark.parametrize("how", [State.LOST, State.REMOVED, State.DISABLED])
def test_a_card_that_ended_is_never_bound_again_by_anybody(store: Store, how: State) -> None:
    id_ = bound(store, YAMADA, card())
    assert isinstance(id_, int)
    with store.act("staff:100456") as act:
        end(act, id_, how, "test")
    assert matched(store, card()) is Code.ENDED
    assert bound(store, YAMADA, card()) == Rejected(Code.ENDED)
    assert bound(store, SATO, card()) == Rejected(Code.BOUND_TO_ANOTHER)
    with store.act("door") as act:
        assert not accept(act, id_)


def test_two_people_who_show_the_same_card_at_once_do_not_both_get_it(store: Store, race: Race) -> None:
    said = race("card", card().handle)
    assert sum(each.isdigit() for each in said) == 1
    assert set(said) - {"1", "2", "3", "4", "5"} <= {"bound_to_another", "bound_already", "Conflict"}


def files(folder: Path, *revoked: int) -> TrustFiles:
    (folder / "ca.pem").write_bytes(OURS.pem)
    revoke(folder, *revoked)
    return TrustFiles(folder / "ca.pem", folder / "crl.pem")


def revoke(folder: Path, *serials: int) -> None:
    # As a good cron job does it: whole, in one step.
    (folder / "crl.new").write_bytes(OURS.revoked(*serials).public_bytes(Encoding.PEM))
    (folder / "crl.new").replace(folder / "crl.pem")


def verdict(trusted: TrustFiles, certificate: x509.Certificate) -> Card | Code:
    found = check(trusted.trust(), pem(certificate), NOW)
    return found.code if isinstance(found, Rejected) else found


def test_a_card_is_refused_as_soon_as_the_list_names_it(tmp_path: Path) -> None:
    trusted, mine = files(tmp_path), OURS.card(serial=9)
    assert isinstance(verdict(trusted, mine), Card)
    assert trusted.trust() is trusted.trust()
    revoke(tmp_path, 9)
    assert verdict(trusted, mine) is Code.REVOKED


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN X509 CRL-----\nMII"])
def test_a_list_that_is_missing_or_half_written_lets_nobody_in_until_it_is_whole(
    tmp_path: Path, content: bytes | None
) -> None:
    trusted = files(tmp_path)
    (tmp_path / "crl.pem").unlink()
    if content is not None:
        (tmp_path / "crl.pem").write_bytes(content)
    assert verdict(trusted, OURS.card()) is Code.LIST_MISSING
    assert trusted.trouble
    revoke(tmp_path)
    assert isinstance(verdict(trusted, OURS.card()), Card)
    assert trusted.trouble == ""


def test_issuers_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        TrustFiles(tmp_path / "none.pem", None).trust()
