"""A night that was held forgets nothing: what waited is found again by the next."""

from tests.bodies import a_guard, row
from tests.functional.sync.conftest import MakeBody


def test_drift_beyond_the_band_is_held_every_night_until_somebody_decides(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = [row(number) for number in range(1, 61)]
    body.night("2026-03-02")
    accounts = body.targets["gw"].accounts
    for native in list(accounts)[:40]:
        del accounts[native]

    first = body.night("2026-03-03")
    second = body.night("2026-03-04")

    assert first.held is not None
    assert second.held is not None
    assert len(second.changes) == len(first.changes) > 0
