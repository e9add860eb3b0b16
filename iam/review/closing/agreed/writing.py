"""What a signed review changes, written down in the act of the second signature: rows, and blocks with their days.

The one law: *signed is wanted* (design law 1): from this act on the blocks say what may be, whoever asks; the systems
follow.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import insert, select

from iam.access.accounts import OF_A_REVIEW, block_table
from iam.people.ledger import chunks
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import bulk_insert
from iam.review.books import campaign_finding_table, campaign_removal_table
from iam.review.campaigns import Campaign
from iam.review.closing.agreed.planned import Planned

CLAUSE: Final = "OITA-S8.2.1.2c"
"""棚卸: IDs that are not needed, and those of whoever left, are stopped with 人事."""

_COLUMNS: Final = (
    "campaign_id", "line_id", "system", "login", "comparable", "native_id", "what", "entitlement", "person_id",
    "reason", "clause", "block_id", "due_on", "trouble", "lift_reason",
)  # fmt: skip


def origin_of(campaign_id: int) -> str:
    """How blocks and errands name the review behind them."""
    return f"{OF_A_REVIEW}{campaign_id}"


def write_planned(act: Act, of: Campaign, rows: Sequence[Planned], clause: str) -> None:
    """Write everything that changes; a block for each account and right of a person's own, from its day on.

    `clause`: of the body, that asks for reviews; it stands where nothing was found that has one of its own.
    """
    clauses = defaultdict(lambda: clause, _clauses(act, of, {each.line.id for each in rows}))
    blocks = _blocked(act, of, [each for each in rows if each.blocked], clauses)
    bulk_insert(
        act.connection, campaign_removal_table, _COLUMNS,
        ((of.id, each.line.id, each.line.system, each.line.login, each.line.comparable, each.line.native_id, each.what,
          each.entitlement, each.person_id, each.reason, clauses[each.line.id],
          blocks.get((each.line.id, each.entitlement)) if each.blocked else None, each.due_on, "", "")
         for each in rows),
    )  # fmt: skip
    act.record_many(
        ("review.decided", each.line.subject,
         {"what": each.what, "system": each.line.system, "login": each.line.login, "entitlement": each.entitlement,
          "due": each.due_on, "person": each.person_id})
        for each in rows
    )  # fmt: skip


def _clauses(act: Act, of: Campaign, line_ids: Collection[int]) -> dict[int, str]:
    """The clause that asked about each line: of what was found first."""
    columns, found = campaign_finding_table.c, dict[int, str]()
    for part in chunks(line_ids):
        query = select(columns.line_id, columns.clause).where(
            columns.campaign_id == of.id, among(columns.line_id, part)
        )
        for row in act.connection.execute(query.order_by(columns.id)):
            found.setdefault(row.line_id, row.clause)
    return found


def _blocked(act: Act, of: Campaign, rows: Sequence[Planned], clauses: Mapping[int, str]) -> dict[tuple[int, str], int]:
    """(line, entitlement) -> block."""
    found: dict[tuple[int, str], int] = {}
    query = insert(block_table).returning(block_table.c.id, sort_by_parameter_order=True)
    for part in chunks(rows):
        values = [
            {"person_id": each.person_id, "system": each.line.system, "entitlement": each.entitlement,
             "origin": origin_of(of.id), "clause": clauses[each.line.id], "reason": each.reason,
             "valid_from": each.due_on, "valid_until": date.max}
            for each in part
        ]  # fmt: skip
        ids = act.connection.execute(query, values).scalars()
        found.update(((each.line.id, each.entitlement), id_) for each, id_ in zip(part, ids, strict=True))
    return found
