"""Privileged IDs, opened and closed by the worker each second, in a thread of its own.

The one law: *nothing else that a worker does delays an end*: neither a slow mail server nor a plan of a night.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from threading import Event
from typing import Final

from iam.errors import ConfigurationError, IamError
from iam.jobs.urgent import Hastened, carrier_of, carry_all_urgent, carry_urgent, hindered
from iam.record.columns import local_text
from iam.signin.door import Door
from iam.sync.urgent import Lanes, Outcome, Settled
from web.body.door import door_of
from web.body.job import targets_of
from web.cli.running.background import beside
from web.cli.table import say
from web.cli.wiring import Desk

EACH: Final = timedelta(seconds=1)
"""Between two looks."""

PATIENCE: Final = 5
"""Seconds that a target may be silent here; at night it has what its own settings say."""


def carry_privileged(desk: Desk) -> Iterator[str]:
    """Whatever is due now, once; sentences for what was done and what stood in the way.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    try:
        with ExitStack() as opened:
            watch = _Watch(desk, Event(), opened)
            done = carry_all_urgent(desk.store, watch.door, watch.lanes)
    except ConfigurationError as error:
        yield str(error)
        return
    yield from _done(done.settled)
    yield from _troubles(desk, done)


@contextmanager
def privileged_in_background(desk: Desk, stop: Event) -> Iterator[None]:
    """Look each second, beside whatever else is done, until `stop`."""

    def stay() -> None:
        known: Sequence[str] = ()
        with ExitStack() as opened:
            watch = _Watch(desk, stop, opened)
            while not stop.is_set():
                known = watch.looked(known)
                stop.wait(EACH.total_seconds())

    _ = desk.store  # made once, before there are more threads
    with beside("urgent", stop, stay):
        yield


@dataclass
class _Watch:
    """What is needed for a look; made at the first one, and again while the configuration cannot be used."""

    desk: Desk
    stop: Event
    opened: ExitStack

    @cached_property
    def door(self) -> Door | None:
        """The door of the portal; without one nobody uses a privileged ID, and nothing is swept."""
        portal = self.desk.settings.portal
        return door_of(self.desk.deployment, portal, self.desk.keys) if portal else None

    @cached_property
    def lanes(self) -> Lanes:
        """One for each target of the body, under a patience of this work's own."""
        deployment = self.desk.deployment
        carrier = carrier_of(
            self.desk.store, deployment.model, targets_of(deployment, PATIENCE), door=self.door,
            going=lambda: not self.stop.is_set(),
        )  # fmt: skip
        return self.opened.enter_context(Lanes(carrier))

    def looked(self, known: Sequence[str]) -> Sequence[str]:
        """Look once; what stood in the way at the last look, and does so still, is not said again."""
        try:
            done = carry_urgent(self.desk.store, self.door, self.lanes)
            trouble = _troubles(self.desk, done) if done.settled or done.broken or known else ()
        except IamError as error:
            done, trouble = Hastened(), (str(error),)
        for sentence in (*_done(done.settled), *(each for each in trouble if each not in known)):
            say(f"{local_text(self.desk.store.clock())} {sentence}")
        return trouble


def _done(settled: Iterable[Settled]) -> Iterator[str]:
    """What took effect, or never will."""
    for each in settled:
        what = f"特権ID {each.errand.system}/{each.errand.login}"
        if each.outcome is Outcome.DONE:
            yield f"{what}: {each.errand.kind.label_ja}（{each.errand.subject}）。"
        elif each.outcome is not None and each.reason:
            yield f"{what}: 行いませんでした。{each.reason}"


def _troubles(desk: Desk, done: Hastened) -> Sequence[str]:
    with desk.store.read() as connection:
        found = hindered(connection)
    # What a connector did not foresee: the kind alone, for its words may be anything.
    broken = (str(each) if isinstance(each, IamError) else type(each).__name__ for each in done.broken)
    return [*found, *(f"特権IDの処理が中断しました（{each}）。やり直します。" for each in broken)]
