"""What runs every night, as plain functions that are safe to run twice.

The one law: one door.  Whatever changes a target comes through here in the
same order: read, compare, guard, record, apply, verify (design law 1).
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from iam.access.accounts import decided_since, decisions
from iam.access.urgent import waiting
from iam.errors import Busy, IntegrityError, SourceError, TargetError
from iam.intake.blind import spare
from iam.intake.staging import (
    Reading,
    count_departments,
    known_fingerprints,
    last_run,
    pack_reading,
    quarantine_size,
    read_source,
)
from iam.intake.taking import Intake, Taker, mark_pending, write_intake
from iam.jobs.job import Feed, Job, applier_of, base_of
from iam.jobs.released import carry_out_released, finish_released, tell_officers
from iam.jobs.seen import look_for_privilege
from iam.ports import Authority
from iam.privilege.seen.evidence import Setting
from iam.record.act import Act
from iam.sync.actual.mirror import Observation, observe, write_observation
from iam.sync.actual.outcome import adopt, reserve_accounts
from iam.sync.guard import Hold, judge_feed, judge_plan
from iam.sync.prepare import Evaluation, Evaluator, night_table, population
from iam.sync.report import Report, SourceReport, TargetReport
from iam.sync.stored.plans import (
    Draft,
    PlanState,
    Purpose,
    plans,
    set_state,
    store_plan,
    supersede_held,
    undone_keys,
)
from iam.sync.stored.release import vouched

__all__ = ["Feed", "Job", "Night", "carry_out_released", "nightly", "preview"]

LONGEST_WAIT: Final = 30
"""Seconds for which a night waits for an urgent run."""

REHEARSAL_DAYS: Final = 60
"""How long a rehearsal vouches for what it showed: 内示 to 1 April and some."""


def nightly(job: Job) -> Report:
    """Read everything, plan, guard, and apply what may be applied.

    Raises:
        Busy: when another run is under way.
    """
    with _alone(job):
        finish_released(job)
        night = Night(job, job.today)
        with job.store.read() as connection:
            night.look(connection)
        night.write()
        # Before the plan takes away what nobody is meant to hold: that it was held is what officers must learn.
        look_for_privilege(job.store, job.actor, Setting(job.policy.rules.model, job.told))
        night.apply()
        return night.report


@contextmanager
def _alone(job: Job) -> Iterator[None]:
    """The lock of runs.  An urgent run is over in moments, so a night waits for it; for another night it does not.

    Raises:
        Busy: when another run is under way.
    """
    with ExitStack() as held:
        for left in reversed(range(LONGEST_WAIT)):
            try:
                held.enter_context(job.store.exclusive("sync"))
                break
            except Busy:
                if not left or not _hurried(job):
                    raise
                job.pause(1.0)
        yield


def _hurried(job: Job) -> bool:
    with job.store.read() as connection:
        return bool(waiting(connection))


def preview(job: Job, *, on: date | None = None, keep: bool = True) -> Report:
    """What a run would do, today or on a future day (a rehearsal).  Touches neither ledger nor targets.

    `keep` stores the plan with its hash.

    Raises:
        Busy: when another run is under way.
    """
    with job.store.exclusive("sync"):
        night = Night(job, on or job.today)
        with job.store.read() as connection:
            night.look(connection)
        if keep:
            night.keep(Purpose.REHEARSAL if on else Purpose.PREVIEW)
        return night.report


def holds_of(connection: Connection, job: Job, found: Evaluation, *, on: date, at: datetime) -> list[Hold]:
    """What holds these changes back on a day, if anything does."""
    if not found.changes:
        return []
    since = at - timedelta(days=REHEARSAL_DAYS)
    rehearsed = dict(vouched(connection, since, job.policy.digest))
    if on > job.today:
        # A rehearsal vouches for what it shows, so that its holds are those that will be left on the day.
        known = (c for c in found.changes if c.cause.entry and c.cause.entry.known_from < at)
        rehearsed.update((change.key, job.today) for change in known)
    undone = undone_keys(connection, since)
    people = population(connection, [feed.rules.name for feed in job.feeds])
    return judge_plan(found.changes, people, job.policy.guard, rehearsed, undone)


def commit_evaluation(act: Act, found: Evaluation, on: date, decided: AbstractSet[tuple[str, int, int]]) -> None:
    """Write what an evaluation settles by itself; `decided`: the `decisions` that it was made over."""
    adopt(act, found.adoptions, on)
    reserve_accounts(act, found.changes, on, found.linked)
    mark_pending(act.connection, found.people - found.unsettled, pending=False)
    # Whoever was decided about since the look is looked at again; in this order no click falls between.
    mark_pending(act.connection, found.unsettled | decided_since(act.connection, decided))


class Night:
    """One run on one day."""

    def __init__(self, job: Job, on: date) -> None:
        self._job = job
        self._on = on
        self._at: datetime = job.store.clock()
        self._rules = {feed.rules.name: feed.rules for feed in job.feeds}
        self._chosen: list[Intake] = []
        self._whole: list[Intake] = []
        self._observed: dict[str, Observation] = {}
        self._evaluation = Evaluation()
        self._held: Evaluation | None = None
        self._decided: set[tuple[str, int, int]] = set()
        self.report = Report(on)

    def look(self, connection: Connection) -> None:
        """Read sources and targets, take in, evaluate, judge; nothing is written."""
        self._decided = decisions(connection)
        readings = self._read_sources(connection)
        self._observe(connection)
        feed_holds = {name: self._judge(connection, reading) for name, reading in readings.items()}
        trusted = {name: r for name, r in readings.items() if not feed_holds[name]}
        holds = [hold for many in feed_holds.values() for hold in many]
        for candidate in self._candidates(readings, trusted):
            intakes = self._take(connection, candidate)
            found = Evaluator(connection, self._job.policy, self._on, intakes, self._observed).run()
            plan_holds = self._judge_plan(connection, found)
            if candidate is readings:
                self._whole, self._held = intakes, found
                self.report.holds = [*holds, *plan_holds]
            if not plan_holds and (candidate is not readings or not holds):
                self._choose(intakes, found, whole=candidate is readings)
                break
        self._tell(connection, readings)

    def _judge_plan(self, connection: Connection, found: Evaluation) -> list[Hold]:
        return holds_of(connection, self._job, found, on=self._on, at=self._at)

    def _candidates(self, readings: dict[str, Reading], trusted: dict[str, Reading]) -> Sequence[dict[str, Reading]]:
        """Everything; without sources that are out of their bands; dates alone: the first that passes is applied."""
        candidates = [readings]
        if trusted != readings:
            candidates.append(trusted)
        if readings and trusted:
            candidates.append({})
        return candidates

    def _choose(self, intakes: list[Intake], found: Evaluation, *, whole: bool) -> None:
        self._chosen, self._evaluation = intakes, found
        if whole:
            self._held = None

    def _read_sources(self, connection: Connection) -> dict[str, Reading]:
        readings: dict[str, Reading] = {}
        # Who speaks for the person goes first: a post needs a person to hold it.
        for feed in sorted(self._job.feeds, key=lambda f: Authority.PERSON not in f.rules.authority):
            name = feed.rules.name
            report = SourceReport(name)
            self.report.sources.append(report)
            self._job.progress(f"供給元「{name}」を読んでいます", 0, 0)
            last = last_run(connection, name)
            staged = known_fingerprints(connection, name)
            if last is None and staged:
                raise IntegrityError(
                    f"供給元「{name}」を最後に取り込んだ記録が失われています。データベースが書き換えられた疑いがあります。"
                )
            try:
                anew = last is not None and last.rules != feed.rules.digest
                reading = read_source(feed.source, staged, feed.rules, anew=anew)
            except SourceError as error:
                report.error = str(error)
                continue
            spare(connection, reading)
            count_departments(connection, reading, last, feed.rules)
            readings[name] = reading
        return readings

    def _observe(self, connection: Connection) -> None:
        for system, target in self._job.targets.items():
            report = TargetReport(system)
            self.report.targets.append(report)
            self._job.progress(f"システム「{system}」を読んでいます", 0, 0)
            try:
                found = observe(connection, target)
            except TargetError as error:
                report.error = str(error)
                continue
            self._observed[system] = found
            report.total, report.drifted = found.total, len(found.touched)

    def _judge(self, connection: Connection, reading: Reading) -> list[Hold]:
        last = last_run(connection, reading.source)
        return judge_feed(reading, last, self._job.policy.guard)

    def _take(self, connection: Connection, readings: Mapping[str, Reading]) -> list[Intake]:
        intakes: list[Intake] = []
        for name, reading in readings.items():
            taker = Taker(connection, reading, self._rules[name], at=self._at, today=self._job.today, earlier=intakes)
            intakes.append(taker.take())
        return intakes

    def _tell(self, connection: Connection, readings: Mapping[str, Reading]) -> None:
        shown = self._held or self._evaluation
        self.report.changes = shown.changes
        self.report.disputes = shown.disputes
        by_name = {intake.reading.source: intake for intake in self._whole}
        chosen = {intake.reading.source for intake in self._chosen}
        for report in self.report.sources:
            reading = readings.get(report.name)
            if reading is None:
                continue
            intake = by_name[report.name]
            report.total, report.added, report.gone = reading.total, len(reading.rows), len(reading.gone)
            report.rejected = [*reading.rejected, *intake.rejected]
            report.warnings = reading.warnings
            report.absent = sum(1 for person in intake.absences if person.absent_runs)
            report.accepted = report.name in chosen
            report.quarantined = quarantine_size(connection, report.name) + len(report.rejected)

    def keep(self, purpose: Purpose) -> None:
        """Store what was found as a plan that is only shown."""
        with self._job.store.act(self._job.actor) as act:
            found = self._held or self._evaluation
            base = base_of(self._job, act.connection)
            draft = Draft(self._on, purpose, PlanState.SHOWN, base, self.report.holds, {}, found.changes)
            self.report.plan = store_plan(act, draft)

    def write(self) -> None:
        """Write the ledger, the mirror, the reserved logins and the plan: whole or not at all (R01)."""
        with self._job.store.act(self._job.actor) as act:
            for stopped in plans(act.connection, PlanState.READY):
                set_state(act, stopped.id, PlanState.PARTLY)
            self._write_readings(act)
            if self._held is None or self._chosen or self._evaluation.people:
                self._write_observations(act)
                self._commit_evaluation(act)
            if self._held is not None:
                self._hold(act)

    def _write_readings(self, act: Act) -> None:
        for intake in self._chosen:
            if not intake.empty:
                write_intake(act, intake, self._rules[intake.reading.source])
        # A source that is believed tonight, even if it says nothing new, withdraws what waited for it.
        supersede_held(act, None if self._held is None else [i.reading.source for i in self._chosen])
        for report in self.report.sources:
            report.quarantined = quarantine_size(act.connection, report.name)

    def _write_observations(self, act: Act) -> None:
        """What was seen, with whoever was looked at for it: a night held whole must see it all again."""
        for found in self._observed.values():
            if not found.unchanged:
                write_observation(act.connection, found)

    def _commit_evaluation(self, act: Act) -> None:
        found = self._evaluation
        commit_evaluation(act, found, self._on, self._decided)
        self._remember_evaluation(act)
        if found.changes:
            draft = Draft(
                self._on, Purpose.NIGHTLY, PlanState.READY, base_of(self._job, act.connection), (), {}, found.changes
            )
            self.report.plan = store_plan(act, draft)
        else:
            act.record("sync.settled", "sync", {"on": self._on.isoformat(), "looked_at": len(found.people)})

    def _remember_evaluation(self, act: Act) -> None:
        rules, on = self._job.policy.digest, self._on
        row = act.connection.execute(select(night_table)).first()
        if row is None:
            act.connection.execute(night_table.insert().values(id=1, evaluated_on=on, rules=rules))
        elif (row.evaluated_on, row.rules) != (on, rules):
            act.connection.execute(night_table.update().values(evaluated_on=on, rules=rules))

    def _hold(self, act: Act) -> None:
        """Store what waits for two officers: whatever is left to do once tonight's part is done."""
        chosen = {intake.reading.source for intake in self._chosen}
        held = {i.reading.source: i.reading for i in self._whole if i.reading.source not in chosen}
        if self._chosen or self._evaluation.people:
            intakes = self._take(act.connection, held)
            found = Evaluator(act.connection, self._job.policy, self._on, intakes, self._observed).run()
            tonight = {change.effect for change in self._evaluation.changes}
            self.report.changes = [change for change in found.changes if change.effect not in tonight]
        readings = {name: pack_reading(reading) for name, reading in held.items()}
        base = base_of(self._job, act.connection)
        draft = Draft(self._on, Purpose.NIGHTLY, PlanState.HELD, base, self.report.holds, readings, self.report.changes)
        self.report.held = store_plan(act, draft)
        if self.report.held.made_at == act.at:
            # The same plan as last night was told of last night.
            tell_officers(act, self._job, self.report.held, len(self.report.changes))

    def apply(self) -> None:
        """Carry the committed plan out."""
        if self.report.plan is not None:
            applier = applier_of(self._job)
            self.report.applied = applier.apply(self.report.plan.id, self._evaluation.waiting, self._decided)
