"""Reviews, tended by the worker each hour in a thread of its own; what was just signed is carried out within seconds.

The one law: *the worker decides nothing*: what is opened stands in the policy, what is taken away two persons signed;
under a configuration that nobody has confirmed nothing is opened.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Final

from iam.errors import ConfigurationError, IamError
from iam.jobs.reviews.tending import Tended, look, signed_waits, tend
from iam.record.columns import jst_day, local_text
from web.body.door import door_of
from web.body.job import job_for
from web.cli.running.background import beside
from web.cli.table import say
from web.cli.wiring import Desk

EACH: Final = timedelta(seconds=5)
"""Between two looks for what was signed."""

ROUND: Final = timedelta(hours=1)
"""Between two rounds over everything."""

FIRST: Final = timedelta(minutes=1)
"""From the start of the worker to the first round: whoever starts everything at once is not kept waiting by it."""


def tend_reviews(desk: Desk, *, everything: bool = True) -> Iterator[str]:
    """One round, or a look for what was signed; a sentence for what was done or stood in the way.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    portal = desk.settings.portal
    if portal is None or not (everything or signed_waits(desk.store)):
        return
    try:
        today = jst_day(desk.store.clock())
        job = job_for(desk.deployment, desk.store, desk.actor, today=today, progress=lambda _what, _done, _of: None)
        door = door_of(desk.deployment, portal, desk.keys)
        opens = everything and not desk.unsettled and desk.judged().gives
        done = tend(job, door, opens=opens) if everything else look(job, door)
    except ConfigurationError as error:
        yield str(error)
        return
    yield from lines_of(done)


def lines_of(done: Tended) -> Iterator[str]:
    """What a round did, in sentences; personal data stays out of the log."""
    for each in done.opened:
        yield f"棚卸 {each.id}「{each.title}」を始めました。"
    if done.reminded:
        yield f"棚卸の知らせを{done.reminded:,}通書きました。"
    if done.silenced:
        yield f"棚卸の期限が過ぎ、回答のない{done.silenced:,}件を決まりのとおりに扱いました。"
    if done.put or done.verified:
        yield f"棚卸の結果 {done.put:,}件の反映を始め、{done.verified:,}件を読み直して確かめました。"
    for id_ in done.closed:
        yield f"棚卸 {id_} が完了しました。"
    yield from done.troubles


@contextmanager
def reviews_in_background(desk: Desk, stop: Event) -> Iterator[None]:
    """Look again and again, beside whatever else is done, until `stop`."""

    def stay() -> None:
        known: Sequence[str] = ()
        due = monotonic() + FIRST.total_seconds()
        while not stop.is_set():
            everything = monotonic() >= due
            if everything:
                due = monotonic() + ROUND.total_seconds()
            known = _told(desk, known, everything=everything)
            stop.wait(EACH.total_seconds())

    _ = desk.store, desk.actor  # made once, before there are more threads
    with beside("reviews", stop, stay):
        yield


def _told(desk: Desk, known: Sequence[str], *, everything: bool) -> Sequence[str]:
    """Look once; what was said before and is still so is not said again."""
    try:
        now = tuple(tend_reviews(desk, everything=everything))
    except IamError as error:
        now = (str(error),)
    for sentence in now:
        if sentence not in known:
            say(f"{local_text(desk.store.clock())} {sentence}")
    return now or known
