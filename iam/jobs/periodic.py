"""What runs every few moments and every hour: letters are sent, and what ran out is put away.

The one law: *safe to run twice and by two at once*: each piece is taken by one
conditional statement, and whoever dies in the middle loses nothing but time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar

from iam.errors import Busy, MailError
from iam.office.cases import lapse
from iam.outbox.letters import LETTERS, Claimed, Outcome, claim, postpone, settle
from iam.outbox.notices import forget_seen
from iam.outbox.queue import Queue
from iam.ports import Mailer
from iam.record.act import Act
from iam.record.store import Store
from iam.signin import history
from iam.signin.deciding import records
from iam.signin.factors.codes import end_lapsed as end_lapsed_codes
from iam.signin.sessions import end_lapsed, forget_ended
from iam.signin.steps import forget_lapsed
from iam.signin.throttle import forget_strangers
from iam.signin.tokens import issued
from iam.signin.tokens.farewells import FAREWELLS

T = TypeVar("T")

ACTOR: Final = "worker"
"""Who does it, in the audit."""

KEPT: Final = timedelta(days=400)
"""How long ended sessions, sign-in events, settled letters and seen notices are kept beside the audit: a year and
a review."""

ATTEMPTS: Final = 20
"""How often a result is written when the database is busy: with its own patience, less than a claim holds."""

PAUSE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the letters.  `trouble`: why the mail server could not be used, or ""."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many were put away."""

    sessions_ended: int = 0
    sessions_forgotten: int = 0
    logins: int = 0
    codes: int = 0
    cases: int = 0
    letters_failed: int = 0
    letters_forgotten: int = 0
    notices_forgotten: int = 0
    events_forgotten: int = 0
    numbers_forgotten: int = 0
    farewells_failed: int = 0
    farewells_forgotten: int = 0
    tokens_forgotten: int = 0
    decisions_forgotten: int = 0


def deliver(
    store: Store,
    mailer: Mailer | None,
    *,
    going: Callable[[], bool] = lambda: True,
    pause: Callable[[timedelta], object] = lambda _: None,
) -> Delivered:
    """Send every letter that is due, one at a time, while `going()`; stops early when the server is away.

    Without a mailer each is settled as not sent: notices stand in the portal
    alone, and no letter goes out months later when a server is configured.
    `pause` waits, and is called while the database is busy.

    Raises:
        StoreError, Busy: when the database is away; a letter that was sent meanwhile goes once more later.
    """
    done = Delivered()
    while going() and not done.trouble:
        claimed = taken(store, LETTERS, claim)
        if claimed is None:
            break
        done = _skip(store, claimed, done, pause) if mailer is None else _send(store, mailer, claimed, done, pause)
    return done


def tidy(store: Store, keep: timedelta = KEPT) -> Tidied:
    """End what ran out, and forget what ended before `keep`; each subject in an act of its own, to keep them short."""
    before = store.clock() - keep
    with store.act(ACTOR) as act:
        done = Tidied(sessions_ended=end_lapsed(act), sessions_forgotten=forget_ended(act, before))
    with store.act(ACTOR) as act:
        done = replace(done, logins=forget_lapsed(act), codes=end_lapsed_codes(act), cases=lapse(act))
    with store.act(ACTOR) as act:
        done = replace(
            done,
            letters_failed=LETTERS.give_up(act),
            letters_forgotten=LETTERS.forget(act, before),
            notices_forgotten=forget_seen(act, before),
        )
    with store.act(ACTOR) as act:
        done = replace(
            done,
            farewells_failed=FAREWELLS.give_up(act),
            farewells_forgotten=FAREWELLS.forget(act, before),
            tokens_forgotten=issued.tidy(act),
        )
    with store.act(ACTOR) as act:
        done = replace(done, decisions_forgotten=records.forget(act, before))
    with store.act(ACTOR) as act:
        return replace(done, events_forgotten=history.forget(act, before), numbers_forgotten=forget_strangers(act))


def taken(store: Store, queue: Queue, claim: Callable[[Act], T | None]) -> T | None:
    """What has waited longest, claimed; None when nothing is due."""
    with store.read() as connection:
        if not queue.waiting(connection, store.clock()):
            return None
    with store.act(ACTOR) as act:
        return claim(act)


def _skip(store: Store, claimed: Claimed, done: Delivered, pause: Callable[[timedelta], object]) -> Delivered:
    written(store, pause, lambda act: settle(act, claimed, Outcome.NOT_SENT))
    return done


def _send(
    store: Store, mailer: Mailer, claimed: Claimed, done: Delivered, pause: Callable[[timedelta], object]
) -> Delivered:
    try:
        mailer.send(claimed.letter)
    except MailError as error:
        reason, trouble = str(error), str(error) if error.away else ""
        if error.transient and written(store, pause, lambda act: postpone(act, claimed, reason)):
            return replace(done, postponed=done.postponed + 1, trouble=trouble)
        if not error.transient:
            written(store, pause, lambda act: settle(act, claimed, Outcome.FAILED, reason))
        return replace(done, failed=done.failed + 1, trouble=trouble)
    written(store, pause, lambda act: settle(act, claimed, Outcome.SENT))
    return replace(done, sent=done.sent + 1)


def written(store: Store, pause: Callable[[timedelta], object], deed: Callable[[Act], object]) -> object:
    """Do `deed` in an act, again while the database is busy: the letter has gone, and that must be known."""
    for _ in range(ATTEMPTS - 1):
        try:
            with store.act(ACTOR) as act:
                return deed(act)
        except Busy:
            pause(PAUSE)
    with store.act(ACTOR) as act:
        return deed(act)
