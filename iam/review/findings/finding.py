"""Finding: one pass over the frozen lines of a review, all kinds at once, written in bulk.

The one law: *finding again finds the same*: what an earlier pass wrote of these systems is replaced, never added to.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import delete, func, select, update

from iam.access.model import AccessModel
from iam.policy.clauses import own_clause
from iam.policy.profile import Profile
from iam.record.act import Act
from iam.record.bulk import bulk_insert
from iam.review.books import campaign_finding_table, campaign_line_table
from iam.review.campaigns import CampaignSystem, systems_of
from iam.review.findings.frozen import Seen, pages, persons_on
from iam.review.findings.ground import Ground, Here, Page, ground_of, here_of
from iam.review.findings.judges import keeping, owners, rights, standing
from iam.review.words import FindingKind

CLAUSES: Final[Mapping[FindingKind, str]] = {
    FindingKind.NO_OWNER: "OITA-S8.2.1.2c", FindingKind.OWNER_LEFT: "OITA-S8.2.1.2c",
    FindingKind.OWNER_MOVED: "OITA-S8.2.1.2a", FindingKind.UNUSED: "OITA-S8.2.1.2c",
    FindingKind.NEVER_USED: "OITA-S8.2.1.2c", FindingKind.CONTRACT_OVER: "OITA-S8.2.1.2b",
    FindingKind.PROJECT_OVER: "OITA-S8.3.2.2a", FindingKind.ROGUE: "OITA-S8.2.1.2c",
    FindingKind.MISSING: "OITA-S8.2.1.2a", FindingKind.NO_KEEPER: "OITA-S7.4.2.2",
    FindingKind.KEEPER_GONE: "OITA-S7.4.2.2", FindingKind.MEMBER_GONE: "OITA-S7.4.2.2",
    FindingKind.NO_DELEGATION: "OITA-S8.2.1.3b", FindingKind.DEVELOPMENT: "OITA-S8.3.2.2a",
    FindingKind.TEST_ID: "OITA-S8.3.2.2a", FindingKind.NO_SECOND_FACTOR: "OITA-S6.4.4",
    FindingKind.UNUSUAL_RIGHT: "OITA-S8.2.1.1", FindingKind.NO_SPONSOR: "OITA-S10.1.2",
}  # fmt: skip
"""The clause that asks about each kind, as the model policy numbers it; `own_clause` says which the body has."""

Judge = Callable[[Ground, Here, Page, Seen], Iterator[tuple[FindingKind, dict[str, Any]]]]
JUDGES: Final[tuple[Judge, ...]] = (
    owners.no_owner, owners.left, rights.moved, standing.dormant, standing.rogue, standing.missing, keeping.kept,
    standing.privilege, keeping.made_for_tests, owners.second_factor, rights.unusual,
)  # fmt: skip


def find(
    act: Act, campaign_id: int, profile: Profile, model: AccessModel, *, systems: Collection[str] | None = None
) -> Counter[FindingKind]:
    """Find everything about the lines of one campaign, or about those of `systems` alone (read later).

    Call it in the act that froze them, after the last line and all persons are in.  Writes `campaign_finding` and the
    count in `campaign_line.findings`; what was found of these lines before is replaced.  Answers how many of each kind.
    The day and the numbers are those of the campaign.
    """
    ground = ground_of(act, campaign_id, profile, model)
    clauses = {kind: own_clause(profile, clause) for kind, clause in CLAUSES.items()}
    counted: Counter[FindingKind] = Counter()
    for frozen in systems_of(act.connection, campaign_id):
        if systems is None or frozen.system in systems:
            _forget(act, frozen)
            counted += _of_system(act, ground, here_of(ground, frozen), clauses)
            _count(act, frozen)
    return counted


def _of_system(act: Act, ground: Ground, here: Here, clauses: Mapping[FindingKind, str]) -> Counter[FindingKind]:
    counted: Counter[FindingKind] = Counter()
    births = rights.Births(ground, here.code)
    factor = here.signin.clauses.get("second_factor", clauses[FindingKind.NO_SECOND_FACTOR])
    clauses = {**clauses, FindingKind.NO_SECOND_FACTOR: factor}
    for part in pages(act.connection, ground.campaign.id, here.code):
        page = Page(part, persons_on(act.connection, ground.campaign.id, part))
        page = replace(page, odd=rights.odd_rights(ground, here, page, births))
        rows = list(_of_page(ground, here, page, clauses))
        bulk_insert(act.connection, campaign_finding_table,
                    ("campaign_id", "line_id", "kind", "evidence", "clause"), rows)  # fmt: skip
        counted.update(FindingKind(kind) for _, _, kind, _, _ in rows)
    return counted


def _of_page(
    ground: Ground, here: Here, page: Page, clauses: Mapping[FindingKind, str]
) -> Iterator[tuple[int, int, FindingKind, dict[str, Any], str]]:
    for line in page.lines:
        # A kind stands once on a line: a term that is over and a row that is over are one finding.
        found: dict[FindingKind, dict[str, Any]] = {}
        for judge in JUDGES:
            for kind, evidence in judge(ground, here, page, line):
                found.setdefault(kind, evidence)
        for kind, evidence in found.items():
            told = {**_of_line(page, line), **evidence}
            yield ground.campaign.id, line.id, kind, told, clauses[kind]


def _of_line(page: Page, line: Seen) -> dict[str, Any]:
    """What every finding tells."""
    owner = page.owner(line)
    known: dict[str, Any] = {"status": "", "since": None, "post": ""}
    if owner is not None:
        known = {"status": owner.status, "since": owner.since, "post": owner.appointment}
    return {
        "used": line.used_at, "where": line.used_where, "created": line.created_at, "former": line.former, **known,
    }  # fmt: skip


def _forget(act: Act, frozen: CampaignSystem) -> None:
    """What was found of this system before."""
    line, found = campaign_line_table.c, campaign_finding_table.c
    mine = line.campaign_id == frozen.campaign_id, line.system == frozen.system, line.findings > 0
    here = found.campaign_id == frozen.campaign_id, found.line_id.in_(select(line.id).where(*mine))
    act.connection.execute(delete(campaign_finding_table).where(*here))
    act.connection.execute(update(campaign_line_table).where(*mine).values(findings=0))


def _count(act: Act, frozen: CampaignSystem) -> None:
    line, found = campaign_line_table.c, campaign_finding_table.c
    mine = line.campaign_id == frozen.campaign_id, line.system == frozen.system
    with_some = line.id.in_(select(found.line_id).where(found.campaign_id == frozen.campaign_id))
    many = select(func.count()).where(found.line_id == line.id).scalar_subquery()
    act.connection.execute(update(campaign_line_table).where(*mine, with_some).values(findings=many))
