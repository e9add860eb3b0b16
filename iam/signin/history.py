"""What happened at the door: every sign-in, failure and sign-out of a person, for the person and for officers.

The one law: *the owner is told* (OITA-S8.2.4, R36): the last success, failure
and sign-out at every sign-in, and a notice when a sign-in is unusual.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    ScalarSelect,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
)

from iam.record.act import Act
from iam.record.columns import JST
from iam.record.store import Instant, Json, Number, metadata
from iam.signin.door import Where
from iam.signin.kinds import Method

event_table = Table(
    "signin_event",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("methods", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("session_id", Number),
)
Index("ix_signin_event_person", event_table.c.person_id, event_table.c.at)


class Outcome(StrEnum):
    """What came of it.  ENDED: a session ended otherwise than by its owner's sign-out."""

    SUCCESS = "success"
    FAILURE = "failure"
    SIGNOUT = "signout"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.  `reason`: of a failure or an end, a code; officers and the owner read its word."""

    id: int
    person_id: int
    at: datetime
    outcome: Outcome
    methods: tuple[Method, ...]
    reason: str
    address: str
    terminal: str
    session_id: int | None


@dataclass(frozen=True, slots=True)
class Last:
    """The last of each before a session began, and how many failures came since the success before it.

    `signout`: how the session before ended, by sign-out or otherwise (`reason`).
    """

    success: Event | None
    failure: Event | None
    signout: Event | None
    failures_since: int


class Oddity(StrEnum):
    """What is unusual about a sign-in."""

    PLACE = "place"
    HOUR = "hour"
    FAILURES = "failures"
    PARALLEL = "parallel"

    @property
    def label_ja(self) -> str:
        """What the owner reads."""
        return {
            "place": "初めての端末・場所",
            "hour": "ふだんない時間帯",
            "failures": "失敗が続いた後",
            "parallel": "別の場所でもサインイン中",
        }[self.value]


NOBODY: Final = 0
"""The person of events about numbers that nobody has."""

REMEMBERED: Final = timedelta(days=90)
"""How far back a place or an hour counts as usual."""

_ENOUGH: Final = 3
_NIGHT: Final = (22, 6)
_LONGEST: Final = 200
_IPV4_NETWORK: Final = 24
_IPV6_NETWORK: Final = 64


_NOTED: Final = insert(event_table)


def note(
    act: Act,
    person_id: int,
    outcome: Outcome,
    where: Where,
    *,
    methods: Iterable[Method] = (),
    reason: str = "",
    session_id: int | None = None,
) -> None:
    """Remember one event; person 0 stands for numbers that nobody has."""
    values = {
        "person_id": person_id, "at": act.at, "outcome": outcome, "methods": list(methods), "reason": reason,
        "address": where.address[:_LONGEST], "terminal": where.terminal[:_LONGEST], "session_id": session_id,
    }  # fmt: skip
    act.connection.execute(_NOTED, values)


def _newest(*outcomes: Outcome) -> ScalarSelect[int]:
    columns = event_table.c
    mine = columns.person_id == bindparam("person"), columns.at < bindparam("before"), columns.outcome.in_(outcomes)
    return select(columns.id).where(*mine).order_by(columns.at.desc(), columns.id.desc()).limit(1).scalar_subquery()


def _failures_since() -> ScalarSelect[int]:
    """Failures that no success followed."""
    failed, good = event_table.alias("failed").c, event_table.alias("good").c
    mine = failed.person_id == bindparam("person"), failed.at < bindparam("before")
    after = good.person_id == failed.person_id, good.at >= failed.at, good.at < bindparam("before")
    followed = exists(select(good.id).where(*after, good.outcome == Outcome.SUCCESS))
    return select(func.count()).where(*mine, failed.outcome == Outcome.FAILURE, ~followed).scalar_subquery()


_LAST: Final = select(event_table, _failures_since().label("failures_since")).where(
    event_table.c.id.in_([_newest(Outcome.SUCCESS), _newest(Outcome.FAILURE), _newest(Outcome.SIGNOUT, Outcome.ENDED)])
)
"""The newest of each, in one question: every first page asks it."""


def last(connection: Connection, person_id: int, before: datetime) -> Last:
    """What the person is shown after sign-in (R36); `before` is `session.signed_in_at`."""
    rows = connection.execute(_LAST, {"person": person_id, "before": before}).all()
    found = {event.outcome: event for event in map(_event, rows)}
    return Last(
        found.get(Outcome.SUCCESS),
        found.get(Outcome.FAILURE),
        found.get(Outcome.SIGNOUT, found.get(Outcome.ENDED)),
        rows[0].failures_since if rows else 0,
    )


def page(connection: Connection, person_id: int, before: int | None = None, limit: int = 50) -> list[Event]:
    """Events newest first, those with an id below `before`."""
    query = select(event_table).where(event_table.c.person_id == person_id)
    if before is not None:
        query = query.where(event_table.c.id < before)
    return [_event(row) for row in connection.execute(query.order_by(event_table.c.id.desc()).limit(limit))]


def forget(act: Act, before: datetime) -> int:
    """Drop events that are older than they are kept; how many there were."""
    old = delete(event_table).where(event_table.c.at < before).returning(event_table.c.id)
    return len(act.connection.execute(old).all())


@dataclass(frozen=True, slots=True)
class Usual:
    """What a person's last ninety days were like: how often they signed in, from which terminals and networks, whether
    ever at night, and how many failures there were since."""

    successes: int
    places: frozenset[tuple[str, str]]
    nights: bool
    failures: int


_MINE: Final = (event_table.c.person_id == bindparam("person"), event_table.c.at > bindparam("since", type_=Instant))
_SUCCEEDED: Final = (*_MINE, event_table.c.outcome == Outcome.SUCCESS)
_HOURS: Final = select(event_table.c.at).where(*_SUCCEEDED)
_PLACES: Final = (
    select(
        event_table.c.terminal, event_table.c.address,
        func.count().label("times"), func.max(event_table.c.id).label("newest"),
    )
    .where(*_SUCCEEDED)
    .group_by(event_table.c.terminal, event_table.c.address)
)  # fmt: skip
_FAILURES: Final = select(func.count()).where(
    *_MINE, event_table.c.outcome == Outcome.FAILURE, event_table.c.id > bindparam("newest")
)


def usual(connection: Connection, person_id: int, at: datetime) -> Usual:
    """What `oddities` compares with.  The hours are asked only at night, when they matter."""
    mine = {"person": person_id, "since": at - REMEMBERED}
    places = connection.execute(_PLACES, mine).all()
    newest = max((row.newest for row in places), default=0)
    nights = at_night(at) and any(at_night(each) for each in connection.scalars(_HOURS, mine))
    return Usual(
        sum(row.times for row in places),
        frozenset((row.terminal, network_of(row.address)) for row in places),
        nights,
        connection.execute(_FAILURES, {**mine, "newest": newest}).scalar_one(),
    )


def oddities(
    before: Usual, where: Where, at: datetime, *, many: int, elsewhere: Iterable[Where] = ()
) -> frozenset[Oddity]:
    """What is unusual about a sign-in from `where`: pure.

    `many` failures in a row are unusual; `elsewhere` is where the person is signed in already, which is unusual from
    any other address (R40).  Of who signed in fewer than three times nothing is usual yet, so place and hour are not
    judged.
    """
    found: set[Oddity] = set()
    if before.failures >= many:
        found.add(Oddity.FAILURES)
    if any(each.address != where.address for each in elsewhere):
        found.add(Oddity.PARALLEL)
    if before.successes >= _ENOUGH:
        if (where.terminal[:_LONGEST], network_of(where.address)) not in before.places:
            found.add(Oddity.PLACE)
        if at_night(at) and not before.nights:
            found.add(Oddity.HOUR)
    return frozenset(found)


def network_of(address: str) -> str:
    """The network that an address belongs to: /24 or /64, so that another lease of an address is no other place."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    width = _IPV4_NETWORK if found.version == 4 else _IPV6_NETWORK  # noqa: PLR2004 - the protocol's own number
    return str(ip_network(f"{address}/{width}", strict=False))


def failures_by_address(connection: Connection, since: datetime) -> Counter[str]:
    """How many failures came from each address, over all people and strangers: for officers."""
    columns = event_table.c
    query = select(columns.address, func.count().label("failures")).where(
        columns.at > since, columns.outcome == Outcome.FAILURE
    )
    return Counter({row.address: row.failures for row in connection.execute(query.group_by(columns.address))})


def strangers_from(connection: Connection, address: str, since: datetime) -> int:
    """How many failures of nobody that we know came from one address."""
    columns = event_table.c
    theirs = columns.person_id == NOBODY, columns.at > since, columns.address == address[:_LONGEST]
    return connection.execute(select(func.count()).select_from(event_table).where(*theirs)).scalar_one()


def at_night(at: datetime) -> bool:
    """Whether it is from ten in the evening to six in the morning in Japan."""
    begins, ends = _NIGHT
    hour = at.astimezone(JST).hour
    return hour >= begins or hour < ends


def _event(row: Row[Any]) -> Event:
    return Event(
        row.id, row.person_id, row.at, Outcome(row.outcome), tuple(Method(each) for each in row.methods), row.reason,
        row.address, row.terminal, row.session_id,
    )  # fmt: skip
