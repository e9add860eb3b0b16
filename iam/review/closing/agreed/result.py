"""The result of a review: what came of every line, in one hash, and what it would change.

The one law: *the same answers give the same hash, and any other answer another*: lines in the order in which they were
frozen, persons by their numbers, each as canonical JSON on a line of its own, under SHA-256.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Protocol

from sqlalchemy import Connection, select

from iam.people.ledger import chunks, numbers_of_persons
from iam.record.columns import canonical_json
from iam.review.books import campaign_answer_table
from iam.review.campaigns import Campaign, Line, lines, systems_of
from iam.review.closing.agreed.planned import Planned, Way, planned, way_of
from iam.review.closing.removals import What
from iam.review.deciding.verdicts import Outcome, outcomes
from iam.review.opening.accounts.lines import ENTRY
from iam.review.words import Part, Verdict
from iam.sync.actual.reconcile import protected_logins

PAGE = 500


@dataclass
class Tally:
    """What came of the lines, and, where it was asked for, what changes."""

    hash: str = ""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    planned: list[Planned] = field(default_factory=list)


def tally(connection: Connection, of: Campaign, *, plan_on: date | None = None) -> Tally:
    """Go over every line once.  `plan_on`: also work out what changes when it is signed on this day."""
    found, hashed = Tally(), sha256()
    unread = sorted(each.system for each in systems_of(connection, of.id) if each.unread)
    _add(hashed, {"campaign": of.id, "snapshot": of.snapshot_hash, "unread": unread})
    for page in chunks(outcomes(connection, lines(connection, of.id)), PAGE):
        for line, outcome in page:
            _add(hashed, _told(line, outcome))
            if outcome is not None:
                found.verdicts[outcome.verdict] += 1
        if plan_on is not None:
            found.planned += _planned(connection, page, plan_on)
    for told in _persons(connection, of.id):
        _add(hashed, told)
    found.hash = hashed.hexdigest()
    return found


def _add(hashed: "_Hash", told: object) -> None:
    hashed.update(canonical_json(told).encode())
    hashed.update(b"\n")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _told(line: Line, outcome: Outcome | None) -> list[object]:
    if outcome is None:
        return [line.id, line.digest, None]
    return [
        line.id, line.digest, outcome.verdict, list(outcome.rights), outcome.until, outcome.keeper, outcome.owner,
        outcome.silent,
    ]  # fmt: skip


def _persons(connection: Connection, campaign_id: int) -> Iterator[list[object]]:
    """What 人事 said of each person."""
    columns = campaign_answer_table.c
    mine = columns.campaign_id == campaign_id, columns.part == Part.HR
    query = select(columns.person_id, columns.verdict, columns.until).where(*mine).order_by(columns.person_id)
    for row in connection.execute(query):
        yield ["person", row.person_id, row.verdict, row.until]


Answered = tuple[Line, Outcome | None]


def _planned(connection: Connection, page: Collection[Answered], on: date) -> Iterator[Planned]:
    """What changes of these lines, each account and right once."""
    going = [(line, outcome) for line, outcome in page if outcome is not None and outcome.verdict is not Verdict.KEEP]
    reach = _Reach(connection, [line for line, _ in going], on)
    for line, outcome in going:
        first: dict[tuple[What, str], Planned] = {}
        for each in planned(line, outcome, reach.way(line), on):
            first.setdefault((each.what, each.entitlement), each)
        yield from first.values()


class _Reach:
    """How these lines can be reached, looked up for all of them at once."""

    def __init__(self, connection: Connection, page: Collection[Line], on: date) -> None:
        persons = {line.person_id for line in page if line.person_id is not None}
        self._numbers = numbers_of_persons(connection, sorted(persons))
        self._protected = protected_logins(connection, on) if page else frozenset()

    def way(self, line: Line) -> Way:
        linked = not line.link or line.link in self._numbers.get(line.person_id or 0, ())
        linked = linked and (line.system, line.comparable) not in self._protected
        return way_of(line, linked=linked, entry=line.kind == ENTRY)
