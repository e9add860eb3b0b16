"""A host whose clock is off takes no code that a clock makes (R25)."""

from dataclasses import replace
from datetime import timedelta

from iam.record.act import now
from iam.record.store import Store
from iam.signin.login import Refused, SignedIn
from iam.signin.watch import ClockWatch
from tests.entrance import Entrance

SECOND = timedelta(seconds=1)


def _one_clock(hall: Entrance) -> bool:
    return hall.store.url.get_backend_name() == "sqlite"


def test_the_database_is_asked_how_far_off_we_are(hall: Entrance) -> None:
    fast = Store(hall.store.url, hall.store.keys, lambda: now() + timedelta(seconds=5))
    slow = Store(hall.store.url, hall.store.keys, lambda: now() - timedelta(seconds=5))
    right = Store(hall.store.url, hall.store.keys)

    try:
        assert abs(right.skew()) < SECOND
        found = (fast.skew(), slow.skew())
    finally:
        for each in (fast, slow, right):
            each.dispose()
    if _one_clock(hall):
        assert found == (timedelta(), timedelta())
    else:
        assert timedelta(seconds=4) < found[0] < timedelta(seconds=6)
        assert timedelta(seconds=-6) < found[1] < timedelta(seconds=-4)


def test_a_wrong_clock_takes_no_code_of_the_hour_but_keys_still_serve(hall: Entrance) -> None:
    yamada = hall.staff(1, app=True, key=True)
    # The clock of the tests stands still in the past: on a server with a clock of its own it is far off.
    off = replace(yamada, hall=replace(hall, door=replace(hall.door, watch=ClockWatch(hall.store, SECOND))))

    refused = off.types_code(off.types_password())

    if _one_clock(hall):
        assert isinstance(refused, SignedIn)
    else:
        assert refused == Refused("clock")
    assert isinstance(off.touches(off.types_password()), SignedIn)


def test_the_clock_is_asked_again_after_a_minute_and_after_it_was_set_back(hall: Entrance) -> None:
    moments = [now()]
    store = Store(hall.store.url, hall.store.keys, lambda: moments[0])
    watch = ClockWatch(store, SECOND)
    try:
        begun = moments[0]
        assert not watch.wrong(begun)
        moments[0] = begun - timedelta(hours=1)
        assert watch.wrong(moments[0]) is not _one_clock(hall)
        moments[0] = now()
        assert not watch.wrong(moments[0])
    finally:
        store.dispose()
