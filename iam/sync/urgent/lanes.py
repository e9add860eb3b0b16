"""Lanes: each target's errands one after the other, the targets beside each other.

The one law: *a dead target delays nobody else's closing*: it holds up its own lane alone, and whoever looks after the
lanes never waits for one.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Final, Self

from iam.sync.urgent.carrying import Carrier, carry_next, due_systems
from iam.sync.urgent.settling import Settled

MOST_LANES: Final = 32
"""Targets at a time: more than a body has systems with privileged IDs."""


class Lanes:
    """The lanes of one worker, for the length of a `with`."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._pool = ThreadPoolExecutor(MOST_LANES, thread_name_prefix="errands")
        self._running: dict[str, Future[None]] = {}
        self._settled: list[Settled] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way: an errand or two."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self) -> None:
        """Begin a lane for every system on which something is due, unless one runs already; does not wait.

        Raises:
            StoreError, Busy: when the database is away.
        """
        carrier = self._carrier
        with carrier.store.read() as connection:
            due = due_systems(connection, carrier.store.clock())
        for system in sorted(due - self._running.keys()):
            self._running[system] = self._pool.submit(self._lane, system)

    def wait(self) -> None:
        """Until every lane that was begun has ended."""
        wait(self._running.values())

    def take(self) -> tuple[list[Settled], list[BaseException]]:
        """What was settled or tried since the last time, and what broke off a lane; such a lane begins anew."""
        over = [system for system, future in self._running.items() if future.done()]
        errors = [error for system in over if (error := self._running.pop(system).exception())]
        # A lane may add one meanwhile: that is for the next time.
        return [self._settled.pop(0) for _ in range(len(self._settled))], errors

    def _lane(self, system: str) -> None:
        while self._carrier.going() and (settled := carry_next(self._carrier, system)) is not None:
            self._settled.append(settled)


def carry_out(carrier: Carrier) -> list[Settled]:
    """Carry out everything that is due, each target in a lane of its own; returns when all of it was tried once.

    Raises:
        StoreError, Busy: when the database is away.
    """
    with Lanes(carrier) as lanes:
        lanes.start()
        lanes.wait()
        settled, errors = lanes.take()
    if errors:
        raise errors[0]
    return settled
