"""From sightings and scans to findings, and to those who must look at them.

The one law: *a finding says what the sightings say now*: it is worked out from them, one a day for each account and
kind; what an officer settled stays as it was settled, and what comes after is another finding.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, update

from iam.access.model import AccessModel
from iam.office.roles import Offices, bearers, owners_of
from iam.outbox import Topic, Value
from iam.people.ledger import chunks
from iam.policy.profile import Role
from iam.privilege.books import finding_table, sighting_table, use_table
from iam.privilege.seen.findings import Finding, FindingKind, finding
from iam.privilege.telling import tell
from iam.record.act import Act
from iam.record.columns import JST, jst_day

MOST_PLACES: Final = 10
"""Lines of a log that a finding names; it counts all."""

TOLD: Final = (Role.GENERAL_OFFICER, Role.OPERATOR)
"""Who is written to about every new finding; beside them, whoever owns the system."""

_AT_ONCE: Final = 5_000
"""Sightings that are forgotten in one act, to keep it short."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the body's files say to sightings and scans.  `offices` None: no portal, so nobody to write to."""

    model: AccessModel
    offices: Offices | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What a finding is about.  `key` names it: the same cause is never two open findings."""

    kind: FindingKind
    system: str
    login: str
    key: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    person_id: int | None = None
    sighting_id: int | None = None
    use_id: int | None = None


@dataclass(frozen=True, order=True, slots=True)
class Day:
    """The sightings that one finding counts: a kind, an account (comparable), a day in Japan."""

    kind: str
    comparable: str
    day: date


def write_days(act: Act, system: str, days: Iterable[Day], owners: Mapping[str, int]) -> list[int]:
    """Make the findings of these days say what the sightings say; answers the ids of new findings.

    `owners`: comparable login -> person.
    """
    fresh = (_write_day(act, system, each, owners) for each in sorted(set(days)))
    return [id_ for id_ in fresh if id_ is not None]


def _write_day(act: Act, system: str, day: Day, owners: Mapping[str, int]) -> int | None:
    last, key = _last_of(act.connection, f"{day.kind}:{system}:{day.comparable}:{day.day.isoformat()}")
    settled = last is not None and last.settled_at is not None
    told = _told_by(last)
    rows = _sightings(act.connection, system, day, told)
    if not rows:
        if last is not None and not settled and last.gone_at is None:
            _gone(act, last)
        return None
    cause = _cause(act.connection, system, day, rows, owners)
    cause = replace(cause, key=key, detail={**cause.detail, **told.detail})
    if last is None or settled:
        return write_new(act, cause, rows[-1].at)
    values = {"detail": cause.detail, "last_at": rows[-1].at, "gone_at": None, "use_id": cause.use_id}
    act.connection.execute(update(finding_table).where(finding_table.c.id == last.id).values(**values))
    return last.id if last.gone_at is not None else None


@dataclass(frozen=True, slots=True)
class _Told:
    """What an officer has settled already under the same cause: sightings up to `after` that were judged by `until`."""

    after: int = 0
    until: datetime | None = None

    @property
    def detail(self) -> dict[str, object]:
        """As the finding that follows holds it."""
        return {"after": self.after, "until": self.until}


def _sightings(connection: Connection, system: str, day: Day, told: _Told) -> list[Row[Any]]:
    columns = sighting_table.c
    begin = datetime.combine(day.day, time(), JST)
    query = select(sighting_table).where(
        columns.system == system, columns.comparable == day.comparable, columns.at >= begin,
        columns.at < begin + _ONE_DAY, columns.verdict == day.kind,
    )  # fmt: skip
    if told.until is not None:
        # What was taken in before and became this since was told by nobody.
        query = query.where(or_(columns.id > told.after, columns.judged_at > told.until))
    return list(connection.execute(query.order_by(columns.at, columns.id)))


def _told_by(last: Finding | None) -> _Told:
    """What the last finding under a cause leaves to the next; one that is not settled goes on with what it began."""
    if last is None:
        return _Told()
    if last.settled_at is not None:
        return _Told(last.detail["upto"], last.settled_at)
    until = last.detail["until"]
    return _Told(last.detail["after"], datetime.fromisoformat(until) if until else None)


def sightings_of(connection: Connection, found: Finding, most: int) -> list[Row[Any]]:
    """The sightings that a finding counts, as rows of the table in the order of time; none of what a scan found."""
    if found.sighting_id is None:
        return []
    first = select(sighting_table.c.comparable).where(sighting_table.c.id == found.sighting_id)
    comparable = connection.execute(first).scalar_one()
    day = Day(found.kind.value, comparable, date.fromisoformat(str(found.detail["day"])))
    rows = _sightings(connection, found.system, day, _told_by(replace(found, settled_at=None)))
    settled = found.settled_at
    return [row for row in rows if row.id <= found.detail["upto"] and (settled is None or row.judged_at <= settled)][
        :most
    ]


def _cause(connection: Connection, system: str, day: Day, rows: list[Row[Any]], owners: Mapping[str, int]) -> Cause:
    used = next((row.use_id for row in rows if row.use_id is not None), None)
    query = select(use_table.c.person_id).where(use_table.c.id == used)
    # Who is not the user is whoever owns the account.
    of_use = None if used is None or day.kind == FindingKind.NOT_THE_USER else connection.execute(query).scalar()
    detail = {
        "day": day.day, "count": len(rows), "first": rows[0].at, "last": rows[-1].at,
        "upto": max(row.id for row in rows), "places": [row.place for row in rows[:MOST_PLACES]],
        "addresses": sorted({row.address for row in rows} - {""})[:MOST_PLACES],
        "hosts": sorted({row.host for row in rows} - {""})[:MOST_PLACES],
        "what": sorted({row.what for row in rows}),
    }  # fmt: skip
    person = of_use or owners.get(day.comparable)
    return Cause(FindingKind(day.kind), system, rows[0].login, "", detail, person, rows[0].id, used)


def _last_of(connection: Connection, key: str) -> tuple[Finding | None, str]:
    """The newest finding under a key, and the key that the next one would have."""
    columns = finding_table.c
    last = None
    while (id_ := connection.execute(select(columns.id).where(columns.key == key)).scalar()) is not None:
        last = finding(connection, id_)
        key = f"{key.partition('#')[0]}#{id_}"
    return last, key


def write_standing(act: Act, cause: Cause) -> tuple[int, bool]:
    """A finding of something that stands on a target now; answers its id and whether it is new.

    What an officer settled stays settled while it stands, unless it was shut then and is open now.
    """
    last, key = _last_of(act.connection, cause.key)
    if last is None or last.gone_at is not None or _worse(last, cause):
        return write_new(act, replace(cause, key=key), act.at), True
    values = {"last_at": act.at} | ({} if last.settled_at is not None else {"detail": dict(cause.detail)})
    act.connection.execute(update(finding_table).where(finding_table.c.id == last.id).values(**values))
    return last.id, False


def _worse(last: Finding, cause: Cause) -> bool:
    return last.settled_at is not None and bool(cause.detail.get("enabled")) and not last.detail.get("enabled")


def write_new(act: Act, cause: Cause, last_at: datetime) -> int:
    """A new finding, recorded; two who find the same at once are decided by its key."""
    row = act.connection.execute(
        finding_table.insert()
        .values(
            kind=cause.kind, system=cause.system, login=cause.login, key=cause.key, detail=dict(cause.detail),
            person_id=cause.person_id, sighting_id=cause.sighting_id, use_id=cause.use_id, found_at=act.at,
            last_at=last_at, settled_reason="",
        )
        .returning(finding_table.c.id)
    )  # fmt: skip
    id_: int = row.scalar_one()
    told = {"kind": cause.kind, "system": cause.system, "login": cause.login, "use": cause.use_id}
    act.record("finding.made", f"finding {id_}", told)
    return id_


def write_gone(act: Act, kinds: Collection[FindingKind], standing: Collection[int]) -> list[int]:
    """Whatever a scan found before and finds no longer is gone; sightings stay what they are."""
    columns = finding_table.c
    query = select(columns.id).where(
        columns.kind.in_(list(kinds)), columns.sighting_id.is_(None), columns.gone_at.is_(None)
    )
    gone = [
        finding(act.connection, id_) for id_ in sorted(set(act.connection.execute(query).scalars()) - set(standing))
    ]
    # One of sightings keeps its count when they are forgotten.
    scanned = [each for each in gone if "upto" not in each.detail]
    for each in scanned:
        _gone(act, each)
    return [each.id for each in scanned]


def older(connection: Connection, before: datetime) -> bool:
    """Whether there are sightings of before `before`."""
    columns = sighting_table.c
    return connection.execute(select(columns.id).where(columns.at < before).limit(1)).first() is not None


def forget(act: Act, before: datetime) -> int:
    """Delete sightings of before `before`, some thousands in one act; how many.

    What was found of them stays, with its days and places.
    """
    columns = sighting_table.c
    query = select(columns.id).where(columns.at < before).order_by(columns.id).limit(_AT_ONCE)
    old = act.connection.execute(query).scalars().all()
    gone = 0
    for part in chunks(old):
        pointing = finding_table.c.sighting_id.in_(part)
        act.connection.execute(update(finding_table).where(pointing).values(sighting_id=None))
        gone += act.connection.execute(sighting_table.delete().where(columns.id.in_(part))).rowcount
    if gone:
        act.record("sightings.forgotten", "sightings", {"count": gone, "before": before})
    return gone


def _gone(act: Act, found: Finding) -> None:
    act.connection.execute(update(finding_table).where(finding_table.c.id == found.id).values(gone_at=act.at))
    act.record("finding.gone", found.subject, {"kind": found.kind, "system": found.system, "login": found.login})


def tell_of(act: Act, setting: Setting, ids: Collection[int]) -> None:
    """One letter for each system with new findings, to those who look after privileged IDs and after the system."""
    if setting.offices is None or not ids:
        return
    found = [finding(act.connection, id_) for id_ in sorted(ids)]
    for code in sorted({each.system for each in found}):
        here = [each for each in found if each.system == code]
        kinds = "、".join(dict.fromkeys(each.kind.label_ja for each in here))
        system = setting.model.systems.get(code)
        values: dict[str, Value] = {
            "at": act.at,
            "system": system.name if system else code,
            "count": len(here),
            "kinds": kinds,
        }
        looking = bearers(act.connection, setting.offices, TOLD, jst_day(act.at))
        owning = owners_of(act.connection, setting.offices, setting.model, code, jst_day(act.at))
        tell(act, looking | owning, Topic.PRIVILEGE_FOUND, values)
