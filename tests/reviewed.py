"""A review of さくら市, opened over targets in memory that hold what the mirror says and what hands left there.

    found = opened(city.store, city.deployment)

Planted on each system: what `web.practice.portal.reviewed.PLANTED` names.
"""

from dataclasses import replace

from sqlalchemy import select

from iam.jobs.reviews.opening import Opened, open_review
from iam.ports import TargetAccount
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.review.opening.plan import Opening
from iam.review.words import CampaignKind
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from tests.memory import MemoryTarget
from web.body.deployment import Deployment
from web.body.job import ground_of, job_for
from web.practice.portal.reviewed import PLANTED


def mirrored(store: Store) -> dict[str, MemoryTarget]:
    """Targets in memory that hold what was last seen of the real ones."""
    targets: dict[str, MemoryTarget] = {}
    with store.read() as connection:
        for row in connection.execute(select(actual_account_table)):
            target = targets.setdefault(row.system, MemoryTarget(row.system))
            attributes = {name: tuple(values) for name, values in row.attributes.items()}
            target.accounts[row.native_id] = TargetAccount(
                row.native_id, row.login, row.link, row.enabled, attributes, row.fingerprint
            )
        for row in connection.execute(select(actual_member_table)):
            targets[row.system].groups.setdefault(row.entitlement, set()).add(row.native_id)
    return targets


def meddled(targets: dict[str, MemoryTarget]) -> None:
    """What years and hands leave on targets."""
    for target in targets.values():
        for login in PLANTED:
            target.place(login)


def opened(
    store: Store,
    deployment: Deployment,
    *,
    kind: CampaignKind = CampaignKind.EXTRA,
    away: str = "",
    systems: tuple[str, ...] = (),
) -> Opened:
    """Open a review; `away`: a system that does not answer."""
    targets = mirrored(store)
    meddled(targets)
    if away:
        targets[away].away = True
    job = job_for(deployment, store, "unyou", today=jst_day(store.clock()), progress=lambda *_: None)
    job = replace(job, targets=dict(targets), pause=lambda _: None)
    return open_review(job, ground_of(deployment), Opening(kind, systems))
