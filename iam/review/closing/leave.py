"""What a signed review lets an errand do, and forbids it: asked by whoever carries errands out.

The one law: *exactly what was signed* (design law 1): an errand that closes somebody's account has its leave from a row
that names this system, this login and this right; what a review stopped is opened for nobody before that is undone.
"""

from sqlalchemy import Connection, select

from iam.review.books import campaign_removal_table
from iam.review.closing.agreed.writing import origin_of
from iam.review.closing.removals import What
from iam.sync.urgent.errands import ErrandKind, Mode, StoredErrand


def may_close(connection: Connection, errand: StoredErrand) -> bool:
    """Whether a signed review, put and not undone, names exactly what this errand closes."""
    if errand.kind is not ErrandKind.CLOSE or errand.mode is Mode.SECRET:
        return False
    columns = campaign_removal_table.c
    what = What.RIGHT if errand.mode is Mode.MEMBER else What.ACCOUNT
    query = select(columns.campaign_id, columns.person_id).where(
        columns.system == errand.system, columns.comparable == errand.comparable, columns.what == what,
        columns.entitlement == errand.entitlement, columns.put_at.is_not(None), columns.lifted_at.is_(None),
        columns.block_id.is_(None),
    )  # fmt: skip
    return any(origin_of(row.campaign_id) == errand.rule for row in connection.execute(query))


def stopped(connection: Connection, system: str, comparable: str) -> bool:
    """Whether a signed review stopped this account, and nobody has undone it."""
    columns = campaign_removal_table.c
    query = select(columns.id).where(
        columns.system == system, columns.comparable == comparable, columns.what == What.ACCOUNT,
        columns.put_at.is_not(None), columns.lifted_at.is_(None),
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None
