"""Opening a review: every target of its scope is read, then everything is frozen, found and hashed.

The one law: *what could not be read is said* (R09): a target that is away keeps no review from beginning, its lines are
those of the last reading, marked as such, and the review cannot end as complete before it was read.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from iam.errors import Conflict, TargetError
from iam.jobs.job import Job
from iam.record.act import Act
from iam.review.campaigns import Campaign, CampaignSystem, campaign, systems_of
from iam.review.deciding.taking.writing import held_open
from iam.review.findings import find
from iam.review.opening.freezing import Reading, freeze_system, refreeze_system
from iam.review.opening.hashes import Hashing
from iam.review.opening.people import accounts_by_person, add_people, frozen_people, involved, put_people
from iam.review.opening.plan import Ground, Opening, begin
from iam.review.opening.settling import put_away, settle, settle_again
from iam.review.words import CampaignState, FindingKind
from iam.sync.actual.mirror import observe, write_observation


@dataclass
class Opened:
    """What was opened, or read again.  `put_away`: half-open campaigns that a killed run left."""

    campaign: Campaign
    systems: list[CampaignSystem]
    findings: Counter[FindingKind] = field(default_factory=Counter)
    put_away: list[int] = field(default_factory=list)

    @property
    def unread(self) -> list[CampaignSystem]:
        """Systems of which the campaign cannot say what they really hold."""
        return [each for each in self.systems if each.unread]


def open_review(job: Job, ground: Ground, opening: Opening) -> Opened:
    """Read every target of the scope, freeze, find, hash; then the campaign is OPEN.

    Raises:
        Busy: another run is under way; Conflict: the schedule's review was opened before; NotFound: no such system.
    """
    with job.store.exclusive("sync"):
        with job.store.act(job.actor) as act:
            left = put_away(act)
        with job.store.act(job.actor) as act:
            begun = begin(act, ground, opening, frozenset(job.targets))
        with job.store.read() as connection:
            systems = systems_of(connection, begun.id)
        readings = [read_target(job, each) for each in systems]
        of_lines = _freeze(job, ground, begun, readings)
        found = Counter[FindingKind]()
        for reading in readings:
            job.progress("確かめることを調べています", 0, 0)
            with job.store.act(job.actor) as act:
                found += find(act, begun.id, ground.profile, ground.model, systems=[reading.system])
        with job.store.act(job.actor) as act:
            opened = settle(act, begun.id, of_lines)
            return Opened(opened, systems_of(act.connection, opened.id), found, left)


def _freeze(job: Job, ground: Ground, begun: Campaign, readings: Collection[Reading]) -> Hashing:
    """Lines, then the persons who have to do with them; the hash of the lines in the order of their writing."""
    of_lines = Hashing()

    def said(digests: Sequence[str]) -> None:
        of_lines.take(digests)
        job.progress("利用者IDの状態を固定しています", of_lines.count, 0)

    for reading in readings:
        freeze_system(job.store, job.actor, ground, begun, reading, said=said)
    with job.store.read() as connection:
        ids, accounts = involved(connection, begun), accounts_by_person(connection, begun)
        there = 0
        for page in frozen_people(connection, ground, begun, ids, accounts):
            with job.store.act(job.actor) as act:
                there += put_people(act, page)
            job.progress("職員の状態を固定しています", there, len(ids))
    return of_lines


def read_target(job: Job, system: CampaignSystem) -> Reading:
    """Read one target to its proved end, and make the mirror say so; for whoever holds the lock of runs.

    A target that is away is no error here: the reading says what stood in the way.
    """
    target = job.targets.get(system.system)
    if target is None:
        return Reading(system.system)
    job.progress(f"{system.name}を読んでいます", 0, 0)
    try:
        with job.store.read() as connection:
            seen = observe(connection, target)
        used = target.last_used()
    except TargetError as error:
        return Reading(system.system, trouble=str(error))
    if not seen.unchanged:
        with job.store.act(job.actor) as act:
            write_observation(act.connection, seen)
    return Reading(system.system, seen.total, job.store.clock(), "", used or {})


def read_again(job: Job, ground: Ground, campaign_id: int, systems: Collection[str] | None = None) -> Opened:
    """Read the targets that were away (of `systems`, all unread unless given), and freeze what they hold.

    A line that stays as it was keeps its answers; one that differs is asked about anew; signatures are void.

    Raises:
        Busy: another run is under way; Conflict: the campaign is not open; NotFound: there is none.
    """
    with job.store.exclusive("sync"):
        with job.store.read() as connection:
            open_ = campaign(connection, campaign_id)
            unread = [each for each in systems_of(connection, campaign_id) if each.unread]
        if open_.state is not CampaignState.OPEN:
            raise Conflict(f"棚卸 {campaign_id} は{open_.state.label_ja}のため、システムを読み直せません。")
        wanted = [each for each in unread if systems is None or each.system in systems]
        readings = [reading for each in wanted if not (reading := read_target(job, each)).trouble]
        with job.store.act(job.actor) as act:
            return _again(act, ground, open_, readings)


def _again(act: Act, ground: Ground, open_: Campaign, readings: Collection[Reading]) -> Opened:
    found = Counter[FindingKind]()
    if readings:
        open_ = held_open(act, open_.id)
        became = {each.system: refreeze_system(act, ground, open_, each) for each in readings}
        add_people(act, ground, open_)
        found = find(act, open_.id, ground.profile, ground.model, systems=list(became))
        open_ = settle_again(act, open_.id, became)
    return Opened(open_, systems_of(act.connection, open_.id), found)
