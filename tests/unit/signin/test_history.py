"""What is unusual about a sign-in."""

from datetime import UTC, datetime

import pytest

from iam.signin.door import Where
from iam.signin.history import Oddity, Usual, at_night, network_of, oddities

DAY = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)
NIGHT = datetime(2026, 4, 6, 17, 30, tzinfo=UTC)
DESK = Where("192.0.2.10", "職場の端末")
USUAL = Usual(40, frozenset({("職場の端末", "192.0.2.0/24")}), nights=False, failures=0)


def test_the_own_desk_in_the_day_is_usual() -> None:
    assert oddities(USUAL, DESK, DAY, many=5) == set()


def test_another_lease_in_the_same_network_is_usual() -> None:
    assert oddities(USUAL, Where("192.0.2.77", "職場の端末"), DAY, many=5) == set()


@pytest.mark.parametrize("where", [Where("198.51.100.1", "職場の端末"), Where("192.0.2.10", "別の端末")])
def test_another_network_or_terminal_is_not(where: Where) -> None:
    assert oddities(USUAL, where, DAY, many=5) == {Oddity.PLACE}


def test_of_a_newcomer_no_place_is_unusual() -> None:
    few = Usual(2, frozenset({("別の端末", "198.51.100.0/24")}), nights=False, failures=0)

    assert oddities(few, DESK, NIGHT, many=5) == set()


def test_the_night_is_unusual_for_whoever_never_worked_then() -> None:
    assert oddities(USUAL, DESK, NIGHT, many=5) == {Oddity.HOUR}
    assert oddities(Usual(40, USUAL.places, nights=True, failures=0), DESK, NIGHT, many=5) == set()


@pytest.mark.parametrize(("failures", "found"), [(4, set()), (5, {Oddity.FAILURES})])
def test_success_after_many_failures_is_unusual(failures: int, found: set[Oddity]) -> None:
    assert oddities(Usual(40, USUAL.places, nights=False, failures=failures), DESK, DAY, many=5) == found


def test_being_signed_in_in_two_places_at_once_is_unusual() -> None:
    assert oddities(USUAL, DESK, DAY, many=5, elsewhere=[DESK]) == set()
    assert oddities(USUAL, DESK, DAY, many=5, elsewhere=[Where("192.0.2.99")]) == {Oddity.PARALLEL}


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (0, True), (5, True), (6, False), (12, False)])
def test_the_night_is_that_of_japan(hour: int, night: bool) -> None:
    assert at_night(datetime(2026, 4, 6, (hour - 9) % 24, 30, tzinfo=UTC)) is night


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.200", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", ""),
        ("local", "local"),
    ],
)
def test_a_network_is_told_from_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
