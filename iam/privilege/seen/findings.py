"""Findings: what was seen of privileged IDs and no use explains, and what an officer said to it.

The one law: *nobody settles what was found about themselves* (design law 4): a constraint of the table and
`why_not_settle`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from iam.access.naming import comparable_login
from iam.errors import Conflict, Forbidden, IamError, NotFound
from iam.office.roles import roles_held
from iam.policy.profile import Role
from iam.privilege.books import finding_table, use_table
from iam.privilege.delegating import delegations
from iam.privilege.register import privileged_ids
from iam.privilege.seen.matching import names_of
from iam.record.act import Act
from iam.record.columns import among, jst_day
from iam.signin.door import Door

SETTLE: Final = frozenset({Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER})
"""Who may explain a finding."""

LONGEST_REASON: Final = 1_000


class FindingKind(StrEnum):
    """What was found."""

    NO_USE = "no_use"
    OUTSIDE_WINDOW = "outside_window"
    OTHER_ADDRESS = "other_address"
    NOT_THE_USER = "not_the_user"
    FAILED = "failed"
    UNKNOWN_PRIVILEGED = "unknown_privileged"
    DEFAULT_NAME = "default_name"
    HELD_WITHOUT_USE = "held_without_use"

    @property
    def label_ja(self) -> str:
        """The words that people read."""
        return {
            "no_use": "申請のない利用", "outside_window": "利用時間の外",
            "other_address": "利用者と違う接続元", "not_the_user": "利用者でない人の利用",
            "failed": "利用していない間のサインインの失敗", "unknown_privileged": "台帳にない特権",
            "default_name": "初期設定の名前のID", "held_without_use": "利用がないのに残っている特権",
        }[self.value]  # fmt: skip


class FindingState(StrEnum):
    """Where a finding stands: open, its cause gone without a word, or settled by an officer."""

    OPEN = "open"
    GONE = "gone"
    SETTLED = "settled"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"open": "未確認", "gone": "解消", "settled": "確認済み"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `detail`: evidence; of sightings {"day", "count", "first", "last", "places", "addresses", "hosts", "upto"}, of a
    scan {"entitlement"} or {"enabled"}.  `person_id`: whom it concerns, where that is known.
    """

    id: int
    kind: FindingKind
    system: str
    login: str
    detail: Mapping[str, Any]
    person_id: int | None
    sighting_id: int | None
    use_id: int | None
    found_at: datetime
    last_at: datetime
    gone_at: datetime | None
    settled_at: datetime | None
    settled_by: int | None
    settled_reason: str

    @property
    def state(self) -> FindingState:
        """Open, gone or settled."""
        if self.settled_at is not None:
            return FindingState.SETTLED
        return FindingState.OPEN if self.gone_at is None else FindingState.GONE

    @property
    def subject(self) -> str:
        """How the audit names it."""
        return f"finding {self.id}"


def findings(
    connection: Connection,
    *,
    state: FindingState | None = FindingState.OPEN,
    systems: Collection[str] | None = None,
    kind: FindingKind | None = None,
    use_id: int | None = None,
    most: int | None = None,
    offset: int = 0,
) -> list[Finding]:
    """Findings, the newest first; `state` None: all; `systems` None: of all."""
    columns = finding_table.c
    query = select(finding_table).where(*_which(state, systems, kind))
    if use_id is not None:
        query = query.where(columns.use_id == use_id)
    query = query.order_by(columns.last_at.desc(), columns.id.desc()).limit(most).offset(offset)
    return [_row(row) for row in connection.execute(query)]


def count_findings(
    connection: Connection,
    *,
    state: FindingState | None = FindingState.OPEN,
    systems: Collection[str] | None = None,
    kind: FindingKind | None = None,
) -> int:
    """How many there are."""
    query = select(func.count()).select_from(finding_table).where(*_which(state, systems, kind))
    found: int = connection.execute(query).scalar_one()
    return found


def _which(
    state: FindingState | None, systems: Collection[str] | None, kind: FindingKind | None
) -> list[ColumnElement[bool]]:
    columns = finding_table.c
    found: list[ColumnElement[bool]] = []
    if state is FindingState.SETTLED:
        found.append(columns.settled_at.is_not(None))
    elif state is not None:
        gone = columns.gone_at.is_(None) if state is FindingState.OPEN else columns.gone_at.is_not(None)
        found += [columns.settled_at.is_(None), gone]
    if systems is not None:
        found.append(among(columns.system, sorted(systems)))
    if kind is not None:
        found.append(columns.kind == kind)
    return found


def finding(connection: Connection, finding_id: int) -> Finding:
    """One finding.

    Raises:
        NotFound: when there is none.
    """
    row = connection.execute(select(finding_table).where(finding_table.c.id == finding_id)).first()
    if row is None:
        raise NotFound("その指摘はありません。一覧から開き直してください。")
    return _row(row)


def why_not_settle(connection: Connection, door: Door, found: Finding, by: int, at: datetime) -> IamError | None:
    """What keeps `by` from settling it."""
    if found.settled_at is not None:
        return Conflict("この指摘はすでに確認されています。")
    if not roles_held(connection, door.offices, by, jst_day(at)) & SETTLE:
        return Forbidden("指摘を確認できるのは、統括情報セキュリティ責任者、運用担当者、情報システムの責任者です。")
    if by in _concerned(connection, found):
        return Forbidden("自分に関わる指摘は、自分では確認できません。ほかの担当者が確認してください。")
    return None


def _concerned(connection: Connection, found: Finding) -> set[int]:
    """Whom a finding is about: the owner of the account, the user and the witness of the use, or who may use the ID."""
    columns = use_table.c
    row = connection.execute(select(columns.person_id, columns.witness_id).where(columns.id == found.use_id)).first()
    return {id_ for id_ in (found.person_id, *(row or ())) if id_ is not None} | _delegates(connection, found)


def _delegates(connection: Connection, found: Finding) -> set[int]:
    """Who was delegated a registered ID on that day: it is nobody's own, so it may have been any of them."""
    names, day = names_of(found.login), jst_day(found.last_at)
    registered = privileged_ids(connection, retired=True, system=found.system)
    ids = {each.id for each in registered if comparable_login(each.login) in names}
    if not ids:
        return set()
    approved = (each for each in delegations(connection, found.last_at) if each.approved_at is not None)
    return {each.delegate_id for each in approved if each.on(day) and ids & set(each.privileged_ids)}


def settle(act: Act, door: Door, finding_id: int, by: int, reason: str) -> Finding:
    """An officer explains a finding.

    Raises:
        NotFound, Forbidden, Conflict: see `why_not_settle`; a reason is mandatory.
    """
    found, words = finding(act.connection, finding_id), reason.strip()
    if refusal := why_not_settle(act.connection, door, found, by, act.at):
        raise refusal
    if not words or len(words) > LONGEST_REASON:
        raise Conflict(f"確かめた内容を、{LONGEST_REASON:,}文字以内で書いてください。")
    columns = finding_table.c
    changed = act.connection.execute(
        update(finding_table)
        .where(columns.id == finding_id, columns.settled_at.is_(None))
        .values(settled_at=act.at, settled_by=by, settled_reason=words)
    )
    if changed.rowcount != 1:
        raise Conflict("この指摘はすでに確認されています。")
    act.record("finding.settled", found.subject, {"kind": found.kind, "login": found.login, "reason": words})
    return finding(act.connection, finding_id)


def _row(row: Row[Any]) -> Finding:
    return Finding(
        row.id, FindingKind(row.kind), row.system, row.login, row.detail, row.person_id, row.sighting_id, row.use_id,
        row.found_at, row.last_at, row.gone_at, row.settled_at, row.settled_by, row.settled_reason,
    )  # fmt: skip
