"""Freezing: the lines of a system are written page by page; a system that is read later is frozen anew in place.

The one law: *an answer stands on what was seen*: when a system is read at last, a line that is as it was keeps its
answers, and whatever differs is asked about anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, delete, func, select, type_coerce, update
from sqlalchemy.types import NullType

from iam.people.ledger import chunks
from iam.record.act import Act
from iam.record.bulk import bulk_update
from iam.record.columns import among
from iam.record.store import Store, bulk_insert
from iam.review.books import (
    campaign_answer_table,
    campaign_comment_table,
    campaign_finding_table,
    campaign_line_table,
    campaign_system_table,
)
from iam.review.campaigns import Campaign, systems_of
from iam.review.opening.accounts.facts import facts_of
from iam.review.opening.accounts.lines import Freezer, stranger_members
from iam.review.opening.accounts.stored import COLUMNS, Values, line_table
from iam.review.opening.accounts.uses import uses_of
from iam.review.opening.hashes import FROZEN
from iam.review.opening.plan import Ground
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.actual.reconcile import Sorting

SEEN: Final = ("link", "sorting", "kind", "state", "person_id", "keeper_id", "enabled", "rights")
"""What an answer is about: when any of it differs, the answer was about something else."""

FULL: Final = 10_000
"""Lines that are written in one act."""

_TOLD: Final = (*FROZEN, "digest")
_AT: Final = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Reading:
    """What became of reading a target.  `total`: accounts that it really holds; None: it was not read, see `trouble`.

    `used`: `Target.last_used`, {} where it keeps no such record.
    """

    system: str
    total: int | None = None
    read_at: datetime | None = None
    trouble: str = ""
    used: Mapping[str, datetime] = field(default_factory=dict)


def freeze_system(
    store: Store,
    actor: str,
    ground: Ground,
    campaign: Campaign,
    reading: Reading,
    *,
    said: Callable[[Sequence[str]], None],
) -> None:
    """Freeze one system of a campaign that is OPENING.  `said` hears the digests of each page that was written.

    Several short acts: nobody sees the campaign before it is settled, and others write meanwhile.
    """
    for page, last in _pages(store, ground, campaign, reading):
        with store.act(actor) as act:
            _insert(act, page)
            if last:
                count(act, campaign, reading)
        said([values[_AT["digest"]] for values in page])


def _insert(act: Act, page: Sequence[Values]) -> int:
    return bulk_insert(act.connection, line_table(act.connection.dialect.name), COLUMNS, page) if page else 0


def _pages(store: Store, ground: Ground, campaign: Campaign, reading: Reading) -> Iterator[tuple[list[Values], bool]]:
    """Pages of lines, each with whether it is the last, which may be empty."""
    with store.read() as connection:
        freezer = _freezer(connection, ground, campaign, reading)
    while True:
        with store.read() as connection:
            page = freezer.page(connection)
        if not page:
            break
        yield page, False
    with store.read() as connection:
        for part in freezer.rest(connection):
            page += part
            if len(page) >= FULL:
                yield page, False
                page = []
    yield page, True


def _freezer(connection: Connection, ground: Ground, campaign: Campaign, reading: Reading) -> Freezer:
    system = next(each for each in systems_of(connection, campaign.id) if each.system == reading.system)
    return Freezer(facts_of(connection, ground, campaign, system, uses_of(connection, system, reading.used)))


def count(act: Act, campaign: Campaign, reading: Reading) -> None:
    """Write down what the target holds, counted apart from the lines (R09), and how many lines there are."""
    connection, system = act.connection, reading.system
    columns, line = campaign_system_table.c, campaign_line_table.c
    mine = line.campaign_id == campaign.id, line.system == system
    lines = connection.execute(select(func.count()).where(*mine)).scalar_one()
    missing = connection.execute(select(func.count()).where(*mine, line.sorting == Sorting.MISSING)).scalar_one()
    connection.execute(
        update(campaign_system_table)
        .where(columns.campaign_id == campaign.id, columns.system == system)
        .values(
            read_at=reading.read_at, trouble=reading.trouble, lines=lines, missing=missing,
            on_target=case((columns.connected, _on_target(connection, system, reading.total)), else_=0),
        )
    )  # fmt: skip


def _on_target(connection: Connection, system: str, total: int | None) -> int:
    """Accounts as they were counted while the target was read (else in the mirror), and members that are none."""
    there, member = actual_account_table.c, actual_member_table.c
    if total is None:
        total = connection.execute(select(func.count()).where(there.system == system)).scalar_one()
    natives = func.count(member.native_id.distinct())
    besides = connection.execute(select(natives).where(member.system == system, *stranger_members())).scalar_one()
    return int(total) + int(besides)


# --- a system that is read at last


@dataclass
class Refrozen:
    """What became of the lines of a system: as they were, another than it was, new, gone; `void`: answers that went."""

    same: int = 0
    changed: int = 0
    fresh: int = 0
    gone: int = 0
    void: int = 0


def refreeze_system(act: Act, ground: Ground, campaign: Campaign, reading: Reading) -> Refrozen:
    """Freeze one system of an OPEN campaign anew, in one act: lines keep their ids, and answers where they may.

    `campaign` as it stands in this act, which nobody else answers meanwhile.
    """
    freezer = _freezer(act.connection, ground, campaign, reading)
    before, found = _before(act.connection, campaign, reading.system), Refrozen()
    differing: list[int] = []
    while page := freezer.page(act.connection):
        differing += _put(act, page, before, found)
    for page in freezer.rest(act.connection):
        differing += _put(act, page, before, found)
    gone = [id_ for id_, _ in before.values()]
    found.gone, found.changed = len(gone), len(differing)
    found.void = _forget(act, [*differing, *gone])
    changed = update(campaign_line_table).values(refrozen=campaign.revision + 1)
    for part in chunks(differing):
        act.connection.execute(changed.where(among(campaign_line_table.c.id, part)))
    for part in chunks(gone):
        act.connection.execute(delete(campaign_line_table).where(among(campaign_line_table.c.id, part)))
    count(act, campaign, reading)
    return found


_Before = dict[tuple[str, str], tuple[int, Values]]


def _before(connection: Connection, campaign: Campaign, system: str) -> _Before:
    """(native id, login) -> id of the line, and what an answer to it is about."""
    line = campaign_line_table.c
    seen = (type_coerce(line[name], NullType()) for name in SEEN)
    query = select(line.id, line.native_id, line.login, *seen)
    rows = connection.execute(query.where(line.campaign_id == campaign.id, line.system == system))
    return {(row[1], row[2]): (row[0], tuple(row[3:])) for row in rows.all()}


def _put(act: Act, page: Iterable[Values], before: _Before, found: Refrozen) -> list[int]:
    """Write a page over what stands there; the ids of lines that are something else now."""
    fresh: list[Values] = []
    known: list[Sequence[Any]] = []
    asked: list[Sequence[Any]] = []
    differing: list[int] = []
    for values in page:
        id_, seen = before.pop((values[_AT["native_id"]], values[_AT["login"]]), (0, ()))
        if not id_:
            fresh.append(values)
            continue
        known.append((id_, *values[: len(_TOLD)]))
        if seen == tuple(values[_AT[name]] for name in SEEN):
            found.same += 1
        else:
            differing.append(id_)
            asked.append((id_, values[_AT["asked"]]))
    found.fresh += _insert(act, fresh)
    if known:
        bulk_update(act.connection, line_table(act.connection.dialect.name), ["id"], _TOLD, known)
    if asked:
        bulk_update(act.connection, campaign_line_table, ["id"], ["asked"], asked)
    return differing


def _forget(act: Act, line_ids: AbstractSet[int] | Sequence[int]) -> int:
    """What was found and answered about lines that are no more what they were; how many answers."""
    answers = 0
    for part in chunks(line_ids):
        act.connection.execute(
            delete(campaign_finding_table).where(among(campaign_finding_table.c.line_id, part))
        )  # fmt: skip
        act.connection.execute(
            delete(campaign_comment_table).where(among(campaign_comment_table.c.line_id, part))
        )  # fmt: skip
        gone = delete(campaign_answer_table).where(among(campaign_answer_table.c.line_id, part))
        answers += act.connection.execute(gone).rowcount
    return answers
