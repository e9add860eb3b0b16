"""What an account is by itself: in no book, not there, not used, privileged for nobody.

The one law: *absence is not departure*: what a target that was not read does not show is not missing, and where no
sign-in is ever seen, nobody is told never to have signed in.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from iam.access.accounts import AccountKind, AccountState
from iam.privilege.register import Mode
from iam.privilege.seen.findings import FindingKind as Privileged
from iam.record.columns import jst_day
from iam.review.findings.frozen import Seen
from iam.review.findings.ground import Ground, Here, Page
from iam.review.opening.accounts.lines import ENTRY
from iam.review.words import FindingKind
from iam.sync.actual.reconcile import Sorting

Found = Iterator[tuple[FindingKind, dict[str, Any]]]
UNKNOWN = frozenset({Sorting.ROGUE, Sorting.UNLINKED, Sorting.DISPUTED})


def rogue(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """ROGUE: in no ledger, in no register, under no protection that is in force."""
    del ground
    deleted = line.sorting == Sorting.LINKED and line.state == AccountState.DELETED
    if not (line.sorting in UNKNOWN or deleted) or line.comparable in here.kept or line.comparable in here.registered:
        return
    mark, former, owner = here.marks.get(line.comparable), here.left.get(line.comparable), page.owner(line)
    yield FindingKind.ROGUE, {
        "link": line.link, "linked": owner.called if owner else "", "deleted": deleted,
        "rights": list(line.held.names), "entry": line.kind == ENTRY,
        "protected_until": mark.until if mark else None, "protected_by": mark.owner if mark else "",
        "retired": jst_day(former.retired_at) if former and former.retired_at else None,
    }  # fmt: skip


def missing(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """MISSING: our books have it in force, and the target, read to its end, does not."""
    del ground, page
    expected = (
        line.state == AccountState.ACTIVE
        or line.kind == AccountKind.PRIVILEGED
        or line.comparable in here.kept
        or line.comparable in here.registered
    )
    if line.sorting == Sorting.MISSING and here.read and expected:
        yield FindingKind.MISSING, {"read": here.frozen.read_at}


def dormant(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """UNUSED since, or NEVER_USED since it was made: as many days as the zone allows, fewer for what is privileged."""
    del page
    if not (line.enabled and line.there):
        return
    terms = ground.campaign.terms
    strict = line.kind == AccountKind.PRIVILEGED or line.held.privileged
    limit = terms.dormant.get(here.zone.code, here.zone.dormancy_days.value)
    limit = min(limit, terms.dormant_privileged) if strict else limit
    told = {"limit": limit, "zone": here.zone.label, "strict": strict}
    if line.used_at is not None:
        if (days := _days(ground, line.used_at)) >= limit:
            yield FindingKind.UNUSED, {**told, "days": days}
    elif here.used and line.created_at is not None and (days := _days(ground, line.created_at)) >= limit:
        yield FindingKind.NEVER_USED, {**told, "days": days}


def _days(ground: Ground, since: datetime) -> int:
    return (ground.day - jst_day(since)).days


def privilege(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """NO_DELEGATION: privilege that no use explains, or an ID of the register that nobody may use."""
    del page
    if not line.there:
        return
    seen = here.privilege.get(line.comparable, ())
    rights = sorted(str(each.detail["entitlement"]) for each in seen if "entitlement" in each.detail)
    names = [here.system.entitlements[right].name for right in rights] if here.system else []
    opened = any(each.kind is Privileged.HELD_WITHOUT_USE and "entitlement" not in each.detail for each in seen)
    registered = here.registered.get(line.comparable)
    nobody = (
        registered is not None
        and registered.mode is not Mode.MEMBER
        and not registered.emergency
        and registered.id not in ground.delegated
    )
    if names or opened or nobody:
        yield FindingKind.NO_DELEGATION, {"rights": names, "opened": opened, "nobody": nobody}
