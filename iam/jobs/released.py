"""Plans that two officers have released: carried out exactly as they saw them, or not at all.

The one law: *the signatures are held against today*: whoever signed must still
be an officer when the plan is carried out, and the ledger and the rules must be
those that the plan was made over.
"""

from operator import attrgetter

from sqlalchemy import Connection

from iam import outbox
from iam.errors import Conflict, IntegrityError
from iam.intake.staging import unpack_reading
from iam.intake.taking import Intake, Taker, write_intake
from iam.jobs.job import Job, applier_of, base_of
from iam.office.roles import bearers
from iam.outbox import Topic
from iam.people.ledger import people
from iam.record.act import Act
from iam.record.store import Store
from iam.sync.actual.outcome import reserve_accounts
from iam.sync.apply import Applied
from iam.sync.prepare import evaluated
from iam.sync.stored.plans import PlanState, StoredPlan, changes_of, plan, plans, set_state
from iam.sync.stored.release import RELEASING, name_people, settle_links, verify_release


def carry_out_released(job: Job, plan_id: int) -> Applied:
    """Apply a plan that two officers have released, exactly as they saw it.

    Raises:
        Busy: when a run is under way; Conflict: when the ledger has moved on; IntegrityError: when it was altered.
    """
    with job.store.exclusive("sync"):
        with job.store.read() as connection:
            stored = plan(connection, plan_id)
        return _carry_released(job, stored)


def tell_officers(act: Act, job: Job, held: StoredPlan, changes: int) -> None:
    """A plan that waits is told to whoever may release it in the portal."""
    if job.offices is None:
        return
    ids = bearers(act.connection, job.offices, RELEASING, job.today)
    for officer in people(act.connection, ids):
        outbox.tell(act, officer.id, officer.email, Topic.PLAN_HELD, {"plan": held.id, "changes": changes})


def any_released(store: Store) -> bool:
    """Whether a released plan waits that nobody has begun to carry out: for a worker that looks every few seconds."""
    with store.read() as connection:
        return bool(plans(connection, PlanState.RELEASED))


def carry_out_all_released(job: Job) -> list[StoredPlan]:
    """Carry out whatever officers have released since, without waiting for the night; each plan as it stands then.

    Raises:
        Busy: when a run is under way, after which they are carried out; IntegrityError: when one was altered.
    """
    with job.store.exclusive("sync"):
        with job.store.read() as connection:
            found = _released(connection)
        finish_released(job)
        with job.store.read() as connection:
            return [plan(connection, each.id) for each in found]


def _released(connection: Connection) -> list[StoredPlan]:
    found = [p for state in (PlanState.RELEASED, PlanState.READY) for p in plans(connection, state)]
    return sorted((p for p in found if p.second_officer is not None), key=attrgetter("id"))


def finish_released(job: Job) -> None:
    """Carry out released plans that nobody has, or that a killed run left half done; the oldest first.

    For whoever holds the run's lock.
    """
    with job.store.read() as connection:
        found = _released(connection)
    known = {feed.rules.name for feed in job.feeds}
    # What is in the ledger already is carried out whichever sources are read tonight.
    released = [p for p in found if p.state is PlanState.READY or p.readings.keys() <= known]
    for stored in released:
        try:
            _carry_released(job, stored)
        except Conflict as error:
            # What the officers saw is no longer true; tonight's own plan takes its place.
            _set_aside(job, stored, str(error))
        except IntegrityError as error:
            _set_aside(job, stored, str(error))
            raise


def _set_aside(job: Job, stored: StoredPlan, reason: str) -> None:
    with job.store.act(job.actor) as act:
        act.record("plan.set_aside", f"plan {stored.id}", {"reason": reason})
        set_state(act, stored.id, PlanState.PARTLY if stored.state is PlanState.READY else PlanState.SUPERSEDED)


def _carry_released(job: Job, stored: StoredPlan) -> Applied:
    if stored.state not in (PlanState.RELEASED, PlanState.READY):
        raise Conflict(f"計画 {stored.id} は保留解除されていません(いまは「{stored.state.label_ja}」)。")
    with job.store.read() as connection:
        verify_release(connection, job.store.keys, stored, job.releasers(connection))
    if stored.state is PlanState.RELEASED:
        with job.store.act(job.actor) as act:
            _commit_released(job, act, stored)
    return applier_of(job).apply(stored.id)


def _commit_released(job: Job, act: Act, stored: StoredPlan) -> None:
    last = evaluated(act.connection)
    if dict(stored.base) != base_of(job, act.connection) or (last is not None and last[0] > stored.as_of):
        raise Conflict(f"計画 {stored.id} を作った後に台帳か規則が変わりました。iam sync で計画を作り直してください。")
    rules = {feed.rules.name: feed.rules for feed in job.feeds}
    if missing := stored.readings.keys() - rules.keys():
        raise Conflict(f"計画 {stored.id} の供給元「{'、'.join(sorted(missing))}」が設定にありません。")
    intakes: list[Intake] = []
    for name, packed in stored.readings.items():
        reading = unpack_reading(name, packed)
        taker = Taker(act.connection, reading, rules[name], at=act.at, today=stored.as_of, earlier=intakes)
        intakes.append(taker.take())
    for intake in intakes:
        write_intake(act, intake, rules[intake.reading.source])
    name_people(act, stored.id)
    reserve_accounts(act, changes_of(act.connection, stored.id), stored.as_of, {})
    settle_links(act, stored.id)
    set_state(act, stored.id, PlanState.READY)
