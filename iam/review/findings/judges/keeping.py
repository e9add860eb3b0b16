"""What the register of kept IDs says and does not say: keepers, ends, users, sponsors; and IDs of tests by their names.

The one law: *somebody answers for every ID that is nobody's own* (OITA-S7.4.2.2): who is gone, stopped or moved to
another unit since the row was last written answers no more.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from iam.access.accounts import AccountKind
from iam.access.kept.register import Kept, KeptKind, Member
from iam.people.standing import Status
from iam.policy.profile import StaffKind
from iam.privilege.barred import kind_of
from iam.record.columns import jst_day
from iam.review.findings.frozen import Seen
from iam.review.findings.ground import GONE, Ground, Here, Known, Page
from iam.review.words import FindingKind

Found = Iterator[tuple[FindingKind, dict[str, Any]]]

NOBODYS: Final = frozenset({AccountKind.SHARED, AccountKind.SERVICE, AccountKind.DEVELOPMENT, AccountKind.CONTRACTOR})
"""Kinds of accounts of our ledger that are nobody's own."""

FOR_A_PROJECT: Final = frozenset({KeptKind.SERVICE, KeptKind.DEVELOPMENT, KeptKind.TEST})

OF_DEVELOPMENT: Final = ("dev", "開発")
"""What a pattern of names has in it that means development; all others mean tests."""

_ONE_DAY: Final = timedelta(days=1)


def kept(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """NO_KEEPER, KEEPER_GONE, MEMBER_GONE, CONTRACT_OVER, PROJECT_OVER, NO_SPONSOR."""
    del page
    found = here.kept.get(line.comparable)
    if not line.alive:
        return
    if found is None:
        if line.kind in NOBODYS and line.person_id is None and line.keeper_id is None:
            yield FindingKind.NO_KEEPER, {"purpose": ""}
        return
    yield from _keeper(ground, found)
    yield from _over(ground, found)
    yield from _sponsor(ground, found)
    gone = [*_gone_members(ground, found, here.members.get(found.id, ()))]
    if gone:
        yield FindingKind.MEMBER_GONE, {"members": gone, "changed": found.secret_changed_on}


def _keeper(ground: Ground, found: Kept) -> Found:
    if found.keeper_id is None:
        yield FindingKind.NO_KEEPER, {"purpose": found.purpose}
        return
    keeper = ground.known.get(found.keeper_id)
    since = jst_day(found.keeper_since or found.registered_at)
    if keeper is not None and (why := _why_gone(ground, keeper, since)):
        yield FindingKind.KEEPER_GONE, {
            "keeper": keeper.called, "why": why, "keeper_status": keeper.status, "keeper_since": keeper.since,
            "then": keeper.post(since), "now": keeper.post(ground.day), "purpose": found.purpose,
        }  # fmt: skip


def _why_gone(ground: Ground, keeper: Known, since: date) -> str:
    """ "left", "away", "stopped", "moved" or ""."""
    if keeper.status in GONE:
        return "left"
    if keeper.stopped:
        return "stopped"
    if keeper.status is Status.AWAY:
        return "away"
    then, now = keeper.units(since), keeper.units(ground.day)
    return "moved" if then and now and then.isdisjoint(now) else ""


def _over(ground: Ground, found: Kept) -> Found:
    if found.over(ground.day):
        project = found.kind in FOR_A_PROJECT and found.project
        kind = FindingKind.PROJECT_OVER if project else FindingKind.CONTRACT_OVER
        yield kind, {"until": found.valid_until, "project": found.project, "company": found.company}


def _sponsor(ground: Ground, found: Kept) -> Found:
    if found.kind is not KeptKind.CONTRACTOR:
        return
    sponsor = None if found.sponsor_id is None else ground.known.get(found.sponsor_id)
    if sponsor is None or sponsor.status in GONE or sponsor.stopped:
        told = {"sponsor": sponsor.called, "sponsor_status": sponsor.status} if sponsor else {"sponsor": ""}
        yield FindingKind.NO_SPONSOR, {"company": found.company, **told}


def _gone_members(ground: Ground, found: Kept, members: Iterable[Member]) -> Iterator[list[str]]:
    """[name, last day] of whoever knew the secret as it is and uses it no more."""
    last: dict[int, date] = {}
    for member in members:
        if member.valid_from <= ground.day:
            end = _last_day(ground, member)
            last[member.person_id] = max(end, last.get(member.person_id, date.min))
    for person_id, day in last.items():
        changed = found.secret_changed_on
        if day < ground.day and (changed is None or changed < day):
            yield [ground.known[person_id].called, day.isoformat()]


def _last_day(ground: Ground, member: Member) -> date:
    """The last day on which somebody used it: of the register, or of their service."""
    until, known = member.valid_until or date.max, ground.known[member.person_id]
    if known.status not in GONE:
        return until
    # Since when somebody is not on the list any more is not known: at the latest since yesterday.
    return min(until, (known.since or ground.day) - _ONE_DAY)


def made_for_tests(ground: Ground, here: Here, page: Page, line: Seen) -> Found:
    """DEVELOPMENT, TEST_ID: in a system of production, by the register, by the owner's category, or by its name."""
    if here.system is None or not here.system.production or not line.alive:
        return
    found, person = here.kept.get(line.comparable), page.owner(line)
    kind = found.kind.value if found else line.kind
    category = kind_of(ground.profile, person.category) if person and line.kind == AccountKind.PERSONAL else None
    if kind == KeptKind.DEVELOPMENT or category is StaffKind.DEVELOPMENT:
        yield FindingKind.DEVELOPMENT, {"pattern": "", "registered": found is not None}
    elif kind == KeptKind.TEST:
        yield FindingKind.TEST_ID, {"pattern": "", "registered": found is not None}
    elif (pattern := _pattern(ground, line)) and not (person and line.account_id is not None):
        # What the ledger gives to a person is named after them, whatever else it reads like.
        development = any(word in pattern for word in OF_DEVELOPMENT)
        yield (
            (FindingKind.DEVELOPMENT if development else FindingKind.TEST_ID),
            {"pattern": pattern, "registered": False},
        )


def _pattern(ground: Ground, line: Seen) -> str:
    found = ground.test_names.match(line.comparable)
    return ground.campaign.terms.test_names[(found.lastindex or 1) - 1] if found else ""
