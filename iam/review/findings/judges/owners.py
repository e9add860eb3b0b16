"""Whose an account is, and how they stand: nobody, gone, their term over, without the second factor of the zone.

The one law: *only an account that can still do something is found*: one that is off and holds no right waits for its
retention; and a suspension that undoes itself (silence, a late renewal) may keep its rights while it is off.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from iam.access.accounts import AccountKind
from iam.people.standing import Status
from iam.review.findings.frozen import Seen, Who
from iam.review.findings.ground import GONE, SERVING, Ground, Here, Page
from iam.review.words import FindingKind
from iam.signin.factors.authenticators import LASTING
from iam.sync.actual.reconcile import Sorting

DAILY: Final = frozenset(form.method(verified=verified) for form in LASTING for verified in (False, True))
"""What serves day by day beside a password, as frozen persons have it; each proves possession."""

Found = Iterator[tuple[FindingKind, dict[str, Any]]]


def no_owner(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """NO_OWNER: the target's number is nobody's, or the ledger's own account has no person."""
    del ground, page
    if line.comparable in here.kept or line.comparable in here.registered:
        return
    numberless = line.sorting == Sorting.ROGUE and line.link and line.person_id is None
    ownerless = line.sorting == Sorting.LINKED and line.kind == AccountKind.PERSONAL and line.person_id is None
    if numberless or ownerless:
        yield FindingKind.NO_OWNER, {"link": line.link}


def left(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """OWNER_LEFT: and CONTRACT_OVER, where what ended is a term."""
    del here
    person = page.owner(line)
    if person is None or person.status not in GONE or not _still_held(ground, person, line):
        return
    yield FindingKind.OWNER_LEFT, {"enabled": line.enabled, "rights": list(line.held.names)}
    if person.status == Status.LAPSED:
        until = person.since - timedelta(days=1) if person.since else None
        yield FindingKind.CONTRACT_OVER, {"until": until, "company": "", "term": True}


def _still_held(ground: Ground, person: Who, line: Seen) -> bool:
    """Whether it is on, or holds rights that nothing brings back into use by itself."""
    if line.enabled or not line.alive:
        return line.enabled
    if person.status == Status.ABSENT:
        return False
    grace = timedelta(days=ground.rules.lapsed_grace_days)
    waits = person.status == Status.LAPSED and person.since is not None and ground.day < person.since + grace
    return not waits


def second_factor(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """NO_SECOND_FACTOR: whoever can come in, and has but a password where two kinds are asked for."""
    person = page.owner(line)
    if (
        person is None
        or person.status not in SERVING
        or not (line.enabled and ground.enrolled and here.signin.second_factor)
    ):
        return
    if line.kind == AccountKind.PERSONAL and DAILY.isdisjoint(person.factors):
        yield FindingKind.NO_SECOND_FACTOR, {"zone": here.zone.label, "factors": sorted(person.factors)}
