"""The round over reviews: opens what is due, reminds, lets silence speak, carries out what was signed, verifies.

The one law: *safe to run twice and by two at once*: each step is one conditional statement, and a round that was killed
is followed by one that goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from iam.errors import Busy, Conflict, IamError, SheetError
from iam.jobs.at_once.persons import hurry
from iam.jobs.job import Job
from iam.jobs.reviews.opening import open_review, read_again, read_target
from iam.jobs.urgent import carrier_of
from iam.people.holidays import is_working_day
from iam.people.ledger import chunks
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.review.campaigns import Campaign, campaign, campaigns, systems_of
from iam.review.closing.executing import GIVEN, MOST, give, put_due, trouble, waits
from iam.review.closing.lifting import end_outlived
from iam.review.closing.removals import Removal
from iam.review.closing.verifying import alarm_late, close_done, in_the_way, unverified, verify
from iam.review.deciding.counting.progress import undecided
from iam.review.deciding.silence import let_silence_speak
from iam.review.opening.plan import Ground, Opening
from iam.review.timing.floor import alarm_missed, held
from iam.review.timing.reminding import remind_due, silence_on, tell_signers
from iam.review.timing.schedule import due
from iam.review.words import CampaignState
from iam.signin.door import Door
from iam.sync.prepare import evaluated
from iam.sync.urgent import carry_out as carry_errands

ACTOR: Final = "worker"

_NO_TARGET: Final = "設定の [targets] にこのシステムがないため、読み直せません。設定に書き足してください。"


@dataclass
class Tended:
    """What a round did, and in `troubles` what stood in the way, in sentences.  `held`: by the guard, for officers."""

    opened: list[Campaign] = field(default_factory=list)
    reminded: int = 0
    silenced: int = 0
    put: int = 0
    verified: int = 0
    closed: list[int] = field(default_factory=list)
    held: bool = False
    troubles: list[str] = field(default_factory=list)


def tend(job: Job, door: Door, *, opens: bool = True) -> Tended:
    """One round.  `opens` False: nothing new is opened, as under a configuration that nobody has confirmed.

    Raises:
        StoreError, Busy: when the database is away.
    """
    done = Tended()
    if opens:
        _open(job, door, done)
    with job.store.read() as connection:
        running = campaigns(connection, states=[CampaignState.OPEN])
    for each in running:
        _read_away(job, door, each, done)
        _ask(job.store, door, each, done)
    with job.store.act(ACTOR) as act:
        end_outlived(act)
    put_signed(job.store, door, done)
    read_signed(job, door, done, everything=True)
    with job.store.act(ACTOR) as act:
        alarm_late(act, door)
        alarm_missed(act, door)
    return done


def _read_away(job: Job, door: Door, each: Campaign, done: Tended) -> None:
    """Read the targets that were away at the opening, as long as nobody has signed without them."""
    with job.store.read() as connection:
        away = [one.system for one in systems_of(connection, each.id) if one.unread]
    if not away or each.general_by is not None or each.hr_by is not None:
        return
    try:
        read_again(job, _ground(job, door), each.id)
    except (Conflict, Busy) as error:
        done.troubles.append(str(error))


def _ground(job: Job, door: Door) -> Ground:
    return Ground(door.profile, door.model, door.offices, job.policy.rules.unit)


def _open(job: Job, door: Door, done: Tended) -> None:
    """Open what the schedule asks for; one that was opened meanwhile by somebody else is as good."""
    with job.store.read() as connection:
        # Before the first night there is nothing that could be reviewed.
        begun = evaluated(connection) is not None
        slots = due(job.today, door.profile.review, held(connection)) if begun else []
    for slot in slots:
        try:
            done.opened.append(open_review(job, _ground(job, door), Opening(slot.kind)).campaign)
        except (Conflict, Busy) as error:
            done.troubles.append(str(error))


def _ask(store: Store, door: Door, each: Campaign, done: Tended) -> None:
    """Silence, reminders, escalation, and the call for signatures, of one open review."""
    if each.silenced_at is None and jst_day(store.clock()) >= silence_on(each):
        done.silenced += _silence(store, door, each)
    with store.act(ACTOR) as act:
        found = remind_due(act, door, campaign(act.connection, each.id))
        done.reminded += found.told if found else 0
    with store.read() as connection:
        ready = not undecided(connection, each.id).total
    if ready and is_working_day(jst_day(store.clock())):
        with store.act(ACTOR) as act:
            done.reminded += tell_signers(act, door, each)


def _silence(store: Store, door: Door, each: Campaign) -> int:
    try:
        with store.act(ACTOR) as act:
            spoken = let_silence_speak(act, door, each.id)
    except Conflict:
        # Somebody signed, or another worker was first.
        return 0
    return spoken.removed + spoken.kept + spoken.passed


def put_signed(store: Store, door: Door, done: Tended, campaign_id: int | None = None) -> None:
    """Put what was signed and is due, an act for some at a time."""
    while True:
        with store.read() as connection:
            if not waits(connection, jst_day(store.clock()), campaign_id):
                return
        with store.act(ACTOR) as act:
            done.put += put_due(act, door, campaign_id)


def read_signed(
    job: Job, door: Door, done: Tended, campaign_id: int | None = None, *, everything: bool = False
) -> None:
    """Read the systems again of which the mirror says that something is done, and verify; close what is done.

    `everything`: read every system that something waits for, as somebody may have seen to it by hand.
    """
    with job.store.read() as connection:
        given = [each for each in unverified(connection, campaign_id) if each.what in GIVEN]
    _give(job.store, door, [each for each in given if everything or not each.trouble])
    with job.store.read() as connection:
        rows = unverified(connection, campaign_id)
        stands = in_the_way(connection, rows)
    # What stands in our own books need not be read on any system.
    there = [each for each in rows if each.what not in GIVEN and (everything or not stands[each.id])]
    silent = _read(job, there)
    done.troubles += [f"{system}: {why}" for system, why in silent.items() if why]
    _verify(job.store, [each for each in rows if each.what in GIVEN or each.system in silent], silent, done)
    with job.store.read() as connection:
        signed = campaigns(connection, states=[CampaignState.SIGNED])
    for each in signed:
        with job.store.act(ACTOR) as act:
            if close_done(act, door, each.id):
                done.closed.append(each.id)


def _give(store: Store, door: Door, rows: Iterable[Removal]) -> None:
    """Keepers and owners, each in an act of their own; what refuses them stands on the row."""
    for each in rows:
        try:
            with store.act(ACTOR) as act:
                give(act, door, each)
        except (Conflict, SheetError) as error:
            with store.act(ACTOR) as act:
                trouble(act, each, str(error))


def _read(job: Job, rows: Iterable[Removal]) -> dict[str, str]:
    """Read the systems of these rows to their proved end; of each why that could not be, or ""."""
    found: dict[str, str] = {}
    of = {each.system: each.campaign_id for each in rows}
    for system, id_ in sorted(of.items()):
        if system not in job.targets:
            found[system] = _NO_TARGET
            continue
        try:
            with job.store.exclusive("sync"):
                with job.store.read() as connection:
                    (there,) = (each for each in systems_of(connection, id_) if each.system == system)
                found[system] = read_target(job, there).trouble
        except Busy as error:
            found[system] = str(error)
    return found


def _verify(store: Store, rows: Iterable[Removal], silent: Mapping[str, str], done: Tended) -> None:
    for part in chunks(rows, MOST):
        unread = [each for each in part if each.what not in GIVEN and silent[each.system]]
        with store.act(ACTOR) as act:
            for each in unread:
                trouble(act, each, silent[each.system])
            done.verified += verify(act, [each for each in part if each not in unread])


def signed_waits(store: Store) -> bool:
    """Whether something signed is to be put or verified now: for a worker that looks often."""
    with store.read() as connection:
        if waits(connection, jst_day(store.clock())):
            return True
        rows = unverified(connection)
        return bool(rows) and not all(in_the_way(connection, rows).values())


def look(job: Job, door: Door) -> Tended:
    """What a worker does as soon as `signed_waits`: put, and verify what the read-back says is done."""
    done = Tended()
    put_signed(job.store, door, done)
    read_signed(job, door, done)
    return done


def carry_out(job: Job, door: Door, campaign_id: int, going: Callable[[], bool] = lambda: True) -> Tended:
    """Put, run, read back and verify what one signed review changes, now.

    Raises:
        NotFound: there is none; StoreError: when the database is away.
    """
    done = Tended()
    with job.store.read() as connection:
        campaign(connection, campaign_id)
    put_signed(job.store, door, done, campaign_id)
    try:
        hurried = hurry(job)
        done.held = bool(hurried.holds)
        done.troubles += [str(hold) for hold in hurried.holds]
        done.troubles += [f"{system}: {why}" for system, why in hurried.troubles.items()]
        carry_errands(carrier_of(job.store, door.model, job.targets, door=door, going=going))
    except IamError as error:
        done.troubles.append(str(error))
    read_signed(job, door, done, campaign_id, everything=True)
    return done
