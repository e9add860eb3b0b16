"""The result of a review: what came of every line, in one hash, and what it would change.

The one law: *the same answers give the same hash, and any other answer another*: lines in the order in which they were
frozen, persons by their numbers, each as canonical JSON on a line of its own, under SHA-256.  And *what is agreed on is
what was frozen*: a snapshot that is no more what its hash says has no result.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final, Protocol

from sqlalchemy import Connection, Row, select

from iam.errors import IntegrityError
from iam.people.ledger import chunks, numbers_of_persons
from iam.record.columns import among, canonical_json
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign, Line, read_line, systems_of
from iam.review.closing.agreed.planned import Planned, Way, planned, way_of
from iam.review.closing.removals import What
from iam.review.deciding.verdicts import Outcome, outcomes
from iam.review.opening.accounts.lines import ENTRY
from iam.review.opening.hashes import Hashing, digest_of_line, people_hash, sealed_hash
from iam.review.words import How, Part, Verdict
from iam.sync.actual.reconcile import protected_logins

PAGE: Final = 5_000
"""Lines at a time."""


@dataclass
class Tally:
    """What came of the lines, and, where it was asked for, what changes."""

    hash: str = ""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    planned: list[Planned] = field(default_factory=list)


def tally(connection: Connection, of: Campaign, *, plan_on: date | None = None) -> Tally:
    """Go over every line once.  `plan_on`: also work out what changes when it is signed on this day.

    Raises:
        IntegrityError: the lines or persons are not those that were frozen.
    """
    found, hashed, chain = Tally(), sha256(), Hashing()
    unread = sorted(each.system for each in systems_of(connection, of.id) if each.unread)
    _add(hashed, {"campaign": of.id, "snapshot": of.snapshot_hash, "unread": unread})
    left = _left(connection, of.id)
    for page in _pages(connection, of.id):
        chain.take([row.digest for row in page])
        kept = _kept(connection, of.id, page, left)
        others = _weighed(connection, [row.id for row in page if row.id not in kept])
        for row in page:
            if row.id in kept:
                hashed.update(_KEPT % (row.id, row.digest.encode(), b"true" if kept[row.id] else b"false"))
            else:
                _add(hashed, _told(*others[row.id]))
        found.verdicts[Verdict.KEEP] += len(kept)
        found.verdicts.update(outcome.verdict for _, outcome in others.values() if outcome is not None)
        if plan_on is not None:
            found.planned += _planned(connection, others.values(), plan_on)
    for told in _persons(connection, of.id):
        _add(hashed, told)
    if sealed_hash(connection, of, people_hash(connection, of.id), chain) != of.snapshot_hash:
        raise IntegrityError(_ALTERED.format(title=of.title, what=""))
    found.hash = hashed.hexdigest()
    return found


_ALTERED: Final = (
    "{title}: 固定した内容{what}が、始めたときから書き換えられています。締めずに、証跡とデータベースを調べてください。"
)

_KEPT: Final = b'[%d,"%s","keep",[],null,null,null,%s]\n'
"""What `_told` makes of a line that stays: by far the most, so they are not worked out one by one."""


Frozen = Row[int, str, int | None]
"""A line's id and digest, and whose it is."""


def _pages(connection: Connection, campaign_id: int) -> Iterator[Sequence[Frozen]]:
    columns, last = campaign_line_table.c, 0
    query = select(columns.id, columns.digest, columns.person_id).where(columns.campaign_id == campaign_id)
    while page := connection.execute(query.where(columns.id > last).order_by(columns.id).limit(PAGE)).all():
        yield page
        last = page[-1].id


def _left(connection: Connection, campaign_id: int) -> set[int]:
    """The persons of whom 人事 said that they left: their lines go, whatever else was answered."""
    columns = campaign_answer_table.c
    query = select(columns.person_id).where(columns.campaign_id == campaign_id, columns.verdict == Verdict.LEFT)
    return set(connection.execute(query).scalars())


def _kept(connection: Connection, campaign_id: int, page: Sequence[Frozen], left: AbstractSet[int]) -> dict[int, bool]:
    """The lines of which nobody said anything but KEEP -> whether silence alone said it."""
    columns = campaign_answer_table.c
    mine = columns.campaign_id == campaign_id, columns.line_id.between(page[0].id, page[-1].id)
    query = select(columns.line_id, columns.verdict, columns.how).where(*mine)
    silent: dict[int, bool] = {}
    otherwise = {row.id for row in page if row.person_id in left}
    for line_id, verdict, how in connection.execute(query):
        if verdict == Verdict.KEEP:
            silent[line_id] = silent.get(line_id, True) and how == How.SILENCE
        else:
            otherwise.add(line_id)
    return {id_: each for id_, each in silent.items() if id_ not in otherwise}


Answered = tuple[Line, Outcome | None]


def _weighed(connection: Connection, ids: Collection[int]) -> dict[int, Answered]:
    """These lines with what comes of them, in their order."""
    columns, found = campaign_line_table.c, dict[int, Answered]()
    for part in chunks(ids):
        query = select(campaign_line_table).where(among(columns.id, part)).order_by(columns.id)
        read = [read_line(row) for row in connection.execute(query)]
        _see_as_frozen(read)
        found.update((line.id, (line, outcome)) for line, outcome in outcomes(connection, read))
    return found


def _see_as_frozen(read: Collection[Line]) -> None:
    """What something will be done about is held against its digest; of what stays the digests alone are."""
    if altered := [each for each in read if digest_of_line(each) != each.digest]:
        first = altered[0]
        raise IntegrityError(_ALTERED.format(title=f"棚卸 {first.campaign_id}", what=f"（行 {first.id}）"))


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
