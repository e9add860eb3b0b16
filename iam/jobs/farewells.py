"""Farewells are said: to every client that a session was ended for, until it took the word or is given up.

The one law: *safe to run twice and by two at once*, as every periodic piece; a client that is away
holds up nobody else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from iam.errors import FarewellError
from iam.jobs.periodic import taken, written
from iam.ports import Farewell
from iam.record.store import Store
from iam.signin.tokens.farewells import FAREWELLS, Claimed, Outcome, claim, postpone, settle


@dataclass
class Said:
    """What became of the farewells.  `troubles`: why a client could not be told, by its code."""

    taken: int = 0
    postponed: int = 0
    failed: int = 0
    not_sent: int = 0
    troubles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """How word is sent.  `token_for` writes the signed logout token at the moment of sending, for it lives two minutes.

    `sender`: None where the body tells nobody.  `token_for` may raise FarewellError too.
    """

    sender: Farewell | None
    token_for: Callable[[Claimed], str]
    going: Callable[[], bool] = lambda: True
    pause: Callable[[timedelta], object] = lambda _: None
    """Waits; is called while the database is busy."""


def say_farewells(store: Store, sending: Sending) -> Said:
    """Tell every client that is due, one at a time, while `going()`.

    Without a sender each is settled as not sent.  A client that was away in this round is not asked again in it.

    Raises:
        StoreError, Busy: when the database is away; a word that was taken meanwhile goes once more later.
    """
    done = Said()
    while sending.going() and (claimed := taken(store, FAREWELLS, claim)) is not None:
        _say(store, sending, claimed, done)
    return done


def _say(store: Store, sending: Sending, claimed: Claimed, done: Said) -> None:
    if sending.sender is None or not claimed.uri:
        written(store, sending.pause, lambda act: settle(act, claimed, Outcome.NOT_SENT))
        done.not_sent += 1
        return
    if claimed.code in done.troubles:
        _later(store, sending, claimed, done)
        return
    try:
        sending.sender.send(claimed.uri, sending.token_for(claimed))
    except FarewellError as error:
        reason = done.troubles[claimed.code] = str(error)
        if error.transient:
            _later(store, sending, claimed, done)
        else:
            written(store, sending.pause, lambda act: settle(act, claimed, Outcome.FAILED, reason))
            done.failed += 1
        return
    written(store, sending.pause, lambda act: settle(act, claimed, Outcome.TAKEN))
    done.taken += 1


def _later(store: Store, sending: Sending, claimed: Claimed, done: Said) -> None:
    reason = done.troubles[claimed.code]
    if written(store, sending.pause, lambda act: postpone(act, claimed, reason)):
        done.postponed += 1
    else:
        done.failed += 1
