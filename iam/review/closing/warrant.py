"""What a signed review lets an errand do, and forbids it: asked by whoever carries errands out.

The one law: *exactly what was signed* (design law 1): an errand that closes somebody's account has its warrant from a
row that names this system, this login, this right and this very account; what a review stopped is opened for nobody
before that is undone.
"""

from sqlalchemy import Connection, select

from iam.review.books import campaign_removal_table
from iam.review.closing.agreed.writing import origin_of
from iam.review.closing.removals import What
from iam.sync.urgent.errands import ErrandKind, Mode, StoredErrand


def may_close(connection: Connection, errand: StoredErrand) -> bool:
    """Whether a signed review, put and not undone, names exactly what this errand closes."""
    return _named(connection, errand) is not None


def meant(connection: Connection, errand: StoredErrand) -> str:
    """The native id of the account that was judged, "" for an errand of no review: another one by now has its login."""
    return _named(connection, errand) or ""


def _named(connection: Connection, errand: StoredErrand) -> str | None:
    """The native id in the row that names what this errand closes, or None without one."""
    if errand.kind is not ErrandKind.CLOSE or errand.mode is Mode.SECRET:
        return None
    columns = campaign_removal_table.c
    what = What.RIGHT if errand.mode is Mode.MEMBER else What.ACCOUNT
    query = select(columns.campaign_id, columns.native_id).where(
        columns.system == errand.system, columns.comparable == errand.comparable, columns.what == what,
        columns.login == errand.login, columns.entitlement == errand.entitlement, columns.put_at.is_not(None),
        columns.lifted_at.is_(None), columns.block_id.is_(None),
    )  # fmt: skip
    rows = connection.execute(query)
    return next((row.native_id for row in rows if origin_of(row.campaign_id) == errand.rule), None)


def stopped(connection: Connection, system: str, comparable: str) -> bool:
    """Whether a signed review stopped this account, and nobody has undone it."""
    columns = campaign_removal_table.c
    query = select(columns.id).where(
        columns.system == system, columns.comparable == comparable, columns.what == What.ACCOUNT,
        columns.put_at.is_not(None), columns.lifted_at.is_(None),
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None
