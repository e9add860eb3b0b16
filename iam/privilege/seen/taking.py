"""Taking in an export of a target's log.

The one law: *a line counts once*, whatever exports it comes in and in whatever order; a file that was taken in is
known by its hash, and what cannot be read is told with its place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, func, select

from iam.access.naming import comparable_login
from iam.errors import NotFound, SourceError
from iam.people.ledger import chunks
from iam.ports import Sighting, SightingSource, Unreadable
from iam.privilege.books import privileged_id_table, sighting_file_table, sighting_table
from iam.privilege.seen.evidence import Day, Setting, tell_of, write_days
from iam.privilege.seen.findings import FindingKind
from iam.privilege.seen.ground import Ground, ground_of, ids_of, may_matter
from iam.privilege.seen.matching import SLACK, Judged, Verdict
from iam.record.act import Act
from iam.record.columns import jst_day, local_text
from iam.record.store import Store, bulk_insert

__all__ = ["FOUND", "Setting", "TakenIn", "take_in"]

MOST_KEPT: Final = 1_000_000
"""Sign-ins of one file that may concern privileged IDs."""

MOST_REJECTED: Final = 200
"""Unreadable rows that are kept with the file; it counts all."""

FOUND: Final = frozenset(kind.value for kind in FindingKind)
"""Verdicts that are findings."""

_STEP: Final = 10_000
_FUTURE: Final = "この記録の時刻は未来です。対象の時計、--zone、--year を確かめてください。"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of an export.

    `file_id` None and `known`: it was taken in before, as `known` says.  `rows`: sign-ins read; of them `fresh` are
    new sightings, `repeated` were known, `ordinary` are no privileged ID's business, `earlier` are older than the
    register's entry.  `findings`: ids of the new ones.  `passed_over`: other records, by why.
    """

    file_id: int | None
    rows: int = 0
    fresh: int = 0
    repeated: int = 0
    ordinary: int = 0
    earlier: int = 0
    findings: Sequence[int] = ()
    rejected: Sequence[Unreadable] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    known: str = ""


@dataclass
class _Read:
    """An export in memory: what may matter, and the count of the rest."""

    kept: dict[bytes, Sighting] = field(default_factory=dict)
    rejected: list[Unreadable] = field(default_factory=list)
    rows: int = 0
    repeated: int = 0
    ordinary: int = 0


@dataclass(frozen=True, slots=True)
class TakenFile:
    """An export that was taken in.  `rejected`: (place, field, reason) of rows that could not be read."""

    id: int
    name: str
    system: str
    sha256: str
    rows: int
    rejected: Sequence[tuple[str, str, str]]
    first_at: datetime | None
    last_at: datetime | None
    taken_at: datetime
    taken_by: str


def taken_files(connection: Connection, *, file_id: int | None = None, most: int = 20) -> list[TakenFile]:
    """The exports that were taken in, the newest first; with `file_id` that one."""
    columns = sighting_file_table.c
    query = select(sighting_file_table).order_by(columns.taken_at.desc(), columns.id.desc()).limit(most)
    found = connection.execute(query if file_id is None else query.where(columns.id == file_id))
    return [
        TakenFile(
            row.id, row.name, row.system, row.sha256, row.rows, [(a, b, c) for a, b, c in row.rejected], row.first_at,
            row.last_at, row.taken_at, row.taken_by,
        )
        for row in found
    ]  # fmt: skip


def take_in(
    store: Store,
    setting: Setting,
    actor: str,
    system: str,
    source: SightingSource,
    *,
    progress: Callable[[int], None] = lambda _rows: None,
) -> TakenIn:
    """Read `source` to its end, hold it against the uses of `system`, and write what is new.

    Raises:
        NotFound: for a system that the access model does not know.
        SourceError: when the file cannot be read to its end; then nothing is taken in.
    """
    if system not in setting.model.systems:
        known = "、".join(setting.model.systems) or "なし"
        raise NotFound(f"システム「{system}」はアクセスモデルにありません（あるもの: {known}）。")
    with store.read() as connection:
        registered = frozenset(each.login for each in ids_of(connection, system)) - {""}
    read = _read(source, system, registered, store.clock(), progress)
    with store.act(actor) as act:
        if words := _taken_before(act.connection, source.sha256, system):
            return TakenIn(None, known=words)
        return _write(act, setting, system, source, read)


def _read(
    source: SightingSource, system: str, registered: frozenset[str], at: datetime, progress: Callable[[int], None]
) -> _Read:
    found = _Read()
    for row in source.read():
        if isinstance(row, Unreadable):
            found.rejected.append(row)
            continue
        found.rows += 1
        if not found.rows % _STEP:
            progress(found.rows)
        if row.at > at + SLACK:
            stamp = local_text(row.at)
            found.rejected.append(Unreadable(row.place, "日時", stamp, _FUTURE, None, row.fingerprint))
        elif not may_matter(row, registered):
            found.ordinary += 1
        else:
            _keep(found, row, system, source.name)
    return found


def _keep(found: _Read, row: Sighting, system: str, name: str) -> None:
    mark = blake2b(f"{system}\0".encode() + row.fingerprint, digest_size=16).digest()
    if mark in found.kept:
        found.repeated += 1
    elif len(found.kept) >= MOST_KEPT:
        raise SourceError(f"{name}: 特権に関わる記録が{MOST_KEPT:,}件を超えています。期間を分けてください。")
    else:
        found.kept[mark] = row


def _taken_before(connection: Connection, sha256: str, system: str) -> str:
    """When and by whom a file was taken in; "" when it was not, or the register of its system changed since."""
    columns, register = sighting_file_table.c, privileged_id_table.c
    row = connection.execute(select(sighting_file_table).where(columns.sha256 == sha256)).first()
    if row is None:
        return ""
    query = select(func.count()).where(register.system == system, register.changed_at > row.taken_at)
    if row.system == system and connection.execute(query).scalar_one():
        return ""
    return f"{local_text(row.taken_at)}に{row.taken_by}が「{row.name}」として取り込んでいます（{row.system}）。"


def _write(act: Act, setting: Setting, system: str, source: SightingSource, read: _Read) -> TakenIn:
    known = _known_among(act.connection, read.kept)
    fresh = {mark: row for mark, row in read.kept.items() if mark not in known}
    instants = [row.at for row in read.kept.values()] or [act.at]
    between = min(instants), max(instants)
    ground = ground_of(act.connection, setting.model, system, (row.login for row in fresh.values()), between)
    judged = {mark: ground.judge(row) for mark, row in fresh.items()}
    verdicts = [each.verdict for each in judged.values()]
    kept = {mark: row for mark, row in fresh.items() if judged[mark].verdict not in _NOT_KEPT}
    file_id = _write_file(act, system, source, read)
    _write_sightings(act, system, file_id, kept, judged)
    days = (_day(row, judged[mark]) for mark, row in kept.items() if judged[mark].verdict.value in FOUND)
    findings = write_days(act, system, days, owners_in(ground, kept.values()))
    tell_of(act, setting, findings)
    done = TakenIn(
        file_id, read.rows, len(kept), read.repeated + len(known),
        read.ordinary + verdicts.count(Verdict.ORDINARY), verdicts.count(Verdict.EARLIER), findings, read.rejected,
        source.passed_over, min(instants) if read.kept else None, max(instants) if read.kept else None,
    )  # fmt: skip
    told = {
        "name": source.name, "system": system, "sha256": source.sha256, "rows": done.rows, "fresh": done.fresh,
        "rejected": len(read.rejected), "findings": len(findings),
    }  # fmt: skip
    act.record("sightings.taken_in", f"sighting_file {file_id}", told)
    return done


_NOT_KEPT: Final = frozenset({Verdict.ORDINARY, Verdict.EARLIER})


def _known_among(connection: Connection, marks: Iterable[bytes]) -> set[bytes]:
    column = sighting_table.c.fingerprint
    found: set[bytes] = set()
    for part in chunks(marks):
        found.update(connection.execute(select(column).where(column.in_(part))).scalars())
    return found


def _write_file(act: Act, system: str, source: SightingSource, read: _Read) -> int:
    columns = sighting_file_table.c
    instants = [row.at for row in read.kept.values()]
    values = {
        "name": source.name, "system": system, "sha256": source.sha256, "rows": read.rows,
        "rejected": [[each.place, each.field, each.reason] for each in read.rejected[:MOST_REJECTED]],
        "first_at": min(instants, default=None), "last_at": max(instants, default=None), "taken_at": act.at,
        "taken_by": act.actor,
    }  # fmt: skip
    again = select(columns.id).where(columns.sha256 == source.sha256)
    if (known := act.connection.execute(again).scalar()) is not None:
        act.connection.execute(sighting_file_table.update().where(columns.id == known).values(**values))
        return int(known)
    row = act.connection.execute(sighting_file_table.insert().values(**values).returning(columns.id))
    return int(row.scalar_one())


def _write_sightings(
    act: Act, system: str, file_id: int, kept: Mapping[bytes, Sighting], judged: Mapping[bytes, Judged]
) -> None:
    columns = (
        "file_id", "fingerprint", "system", "host", "login", "comparable", "at", "what", "address", "place", "use_id",
        "verdict", "judged_at",
    )  # fmt: skip
    rows = (
        (file_id, mark, system, row.host, row.login, comparable_login(row.login), row.at, row.what.value, row.address,
         row.place, judged[mark].use_id, judged[mark].verdict.value, act.at)
        for mark, row in kept.items()
    )  # fmt: skip
    bulk_insert(act.connection, sighting_table, columns, rows)


def _day(row: Sighting, judged: Judged) -> Day:
    return Day(judged.verdict.value, comparable_login(row.login), jst_day(row.at))


def owners_in(ground: Ground, rows: Iterable[Sighting]) -> dict[str, int]:
    """Comparable login -> person, for the logins of these sightings that the ledger knows."""
    found = {row.login: ground.owner(row.login) for row in rows}
    return {
        comparable_login(login): whose.person_id
        for login, whose in found.items()
        if whose is not None and whose.person_id is not None
    }
