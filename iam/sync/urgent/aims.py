"""What an errand may touch: an account of the register of privileged IDs, or one membership of a person's own account.

The one law: *nobody else's account* (R03, R12): whatever an errand names besides is refused and recorded, whoever put
it; only taking away again what an errand gave, and what a signed review names, needs no leave of the model of today.
"""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, update

from iam.access.accounts import AccountKind, AccountState, account_table
from iam.access.model import AccessModel
from iam.ports import TargetAccount
from iam.record.act import Act
from iam.sync.actual.mirror import put_accounts
from iam.sync.actual.outcome import write_membership
from iam.sync.urgent.books import errand_table
from iam.sync.urgent.errands import Errand, ErrandKind, Mode, Outcome, StoredErrand, same_account

MOST_A_MINUTE: Final = 20
"""OPENs and ROTATEs that took effect on one target: more at once is a fault of somebody, not work."""

_NO_ACCOUNT: Final = "台帳にないIDです。特権ID台帳の登録を確かめてください。"
_NOT_PRIVILEGED: Final = "特権ID台帳のIDではないため、何もしません。登録を確かめてください。"
_NOT_OWN: Final = "本人のIDではないため、権限を付け外ししません。登録を確かめてください。"
_ORDINARY: Final = "特権の権限ではないため、付け外ししません。access.toml の privileged を確かめてください。"
_NOT_LIVE: Final = "本人のIDが有効ではありません。同期で有効になってから、もう一度申し出てください。"
_TOO_MANY: Final = f"1分間に{MOST_A_MINUTE}件を超えたため、待っています。覚えのない申出がないか確かめてください。"


def account_id(connection: Connection, errand: StoredErrand) -> int | None:
    """Our row of the account, or None."""
    return _row(connection, errand)[0]


def why_refused(connection: Connection, model: AccessModel, errand: StoredErrand, *, signed: bool = False) -> str:
    """Why this errand may never be carried out, in one sentence with the cure, or "".

    `signed`: a review that two persons signed names exactly what it closes; nothing is opened by that.
    """
    if signed and errand.kind is ErrandKind.CLOSE:
        return ""
    found, kind, person_id, state = _row(connection, errand)
    if found is None:
        return _NO_ACCOUNT
    if errand.mode is not Mode.MEMBER:
        return "" if kind == AccountKind.PRIVILEGED else _NOT_PRIVILEGED
    if kind != AccountKind.PERSONAL or person_id is None:
        return _NOT_OWN
    if errand.kind is ErrandKind.CLOSE and _opened_by_us(connection, errand):
        return ""
    if not _is_privileged(model, errand):
        return _ORDINARY
    return _NOT_LIVE if errand.kind is ErrandKind.OPEN and state != AccountState.ACTIVE else ""


def why_wait(connection: Connection, errand: StoredErrand, at: datetime) -> str:
    """Why this errand must wait although it is due, or "".  A CLOSE never waits."""
    if errand.kind is ErrandKind.CLOSE:
        return ""
    table = errand_table.c
    lately = table.settled_at.between(at - timedelta(minutes=1), at), table.outcome == Outcome.DONE
    opened = table.system == errand.system, table.kind != ErrandKind.CLOSE
    count = select(func.count()).select_from(errand_table).where(*lately, *opened)
    return _TOO_MANY if connection.execute(count).scalar_one() >= MOST_A_MINUTE else ""


def write_account(act: Act, errand: StoredErrand, found: TargetAccount, on: date) -> None:
    """What was read back of an ID, into mirror and ledger, so that the night is not surprised."""
    put_accounts(act.connection, errand.system, [found])
    state = AccountState.ACTIVE if found.enabled else AccountState.DISABLED
    values = {"state": state, "native_id": found.native_id, "disabled_on": None if found.enabled else on}
    mine = account_table.c.id == account_id(act.connection, errand)
    act.connection.execute(update(account_table).where(mine).values(**values))


def write_member(act: Act, errand: StoredErrand, native_id: str, *, member: bool) -> None:
    """What was read back of a membership, into mirror and ledger."""
    mine = account_id(act.connection, errand)
    row = (mine, errand.entitlement, errand.rule, errand.clause, None)
    write_membership(act, errand.system, native_id, row, held=member)


def _row(connection: Connection, errand: StoredErrand) -> tuple[int | None, str, int | None, str]:
    """(id, kind, person, state) of our account; all empty where there is none."""
    columns = account_table.c
    query = select(columns.id, columns.kind, columns.person_id, columns.state).where(
        columns.system == errand.system, columns.comparable == errand.comparable
    )
    row = connection.execute(query).first()
    return (row.id, row.kind, row.person_id, row.state) if row else (None, "", None, "")


def _is_privileged(model: AccessModel, errand: Errand) -> bool:
    system = model.systems.get(errand.system)
    entitlement = system.entitlements.get(errand.entitlement) if system else None
    return entitlement is not None and entitlement.privileged


def _opened_by_us(connection: Connection, errand: StoredErrand) -> bool:
    table = errand_table.c
    # What was refused when it was claimed first has reached nothing; later, it may have.
    reached = (table.tries > 1) | ((table.tries > 0) & (table.outcome != Outcome.REFUSED))
    opened = table.kind == ErrandKind.OPEN, reached
    query = select(table.id).where(*same_account(errand), *opened).limit(1)
    return connection.execute(query).first() is not None
