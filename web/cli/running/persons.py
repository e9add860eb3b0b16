"""Persons who were suspended or given everything back: carried to the systems by the worker, twice a second.

The one law: *the worker decides nothing*: the general officer has decided; under a configuration that nobody has
confirmed it takes away and gives nothing back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Final

from iam.access.urgent import waiting
from iam.errors import Busy, IamError
from iam.jobs.at_once.persons import Hurried, anybody_waits, hurry
from iam.record.columns import jst_day, local_text
from web.body.job import job_for
from web.cli.running.background import beside
from web.cli.table import say
from web.cli.wiring import Desk

EACH: Final = timedelta(seconds=0.5)
"""Between two looks."""


def carry_persons(desk: Desk) -> Iterator[str]:
    """Run for whoever waits and is due; a sentence for what was done, or for what stood in the way.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    store = desk.store
    if not anybody_waits(store):
        return
    try:
        # The day of now: a worker outlives many of them.
        job = job_for(
            desk.deployment, store, desk.actor, today=jst_day(store.clock()), progress=lambda _what, _done, _of: None
        )
        done = hurry(job, gives=desk.judged().gives)
    except Busy:
        # A run is under way; they go on waiting, and are looked at again in a moment.
        return
    except IamError as error:
        yield f"利用の停止・回復をシステムに反映できませんでした。{error}"
        return
    yield from lines_of(done)


def lines_of(done: Hurried) -> Iterator[str]:
    """What an urgent run did, in sentences; personal data stays out of the log."""
    if done.done or done.settled:
        yield f"利用の停止・回復 {len(done.settled):,}人分を反映しました（変更{done.done:,}件）。"
    for hold in done.holds:
        yield f"利用の停止・回復を保留しています。担当者二人の確認が要ります。{hold}"
    for system, trouble in done.troubles.items():
        yield f"{system}: {trouble}"


@contextmanager
def in_background(desk: Desk, stop: Event) -> Iterator[None]:
    """Look again and again, beside whatever else is done, until `stop`: a silent system keeps no letter waiting."""

    def stay() -> None:
        known: Sequence[str] = ()
        while not stop.is_set():
            known = _told(desk, known)
            stop.wait(EACH.total_seconds())

    _ = desk.store, desk.actor  # made once, before there are two threads
    with beside("urgent persons", stop, stay):
        yield


def _told(desk: Desk, known: Sequence[str]) -> Sequence[str]:
    """Look once; what was said before and is still so is not said again."""
    try:
        now = tuple(carry_persons(desk))
    except IamError as error:
        now = (str(error),)
    for sentence in now:
        if sentence not in known:
            say(f"{local_text(desk.store.clock())} {sentence}")
    return now or (known if known and _waits(desk) else ())


def _waits(desk: Desk) -> bool:
    with desk.store.read() as connection:
        return bool(waiting(connection))
