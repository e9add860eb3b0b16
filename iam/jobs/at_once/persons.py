"""An urgent run: the few persons who were decided about just now, without waiting for the night.

The one law: *the same door as the night* (design law 1): wanted, actual, plan, guard, stored plan, apply, read back;
only no source is read, and no system is read whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from iam import outbox
from iam.access.accounts import decisions, wholly_blocked
from iam.access.urgent import Waiting, ask_urgently, postponed, settled, waiting
from iam.errors import Busy
from iam.jobs.job import Job, base_of
from iam.jobs.night import commit_evaluation, holds_of
from iam.jobs.released import tell_officers
from iam.office.roles import bearers
from iam.outbox import Topic
from iam.people.ledger import numbers_of_persons, people
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.store import Store
from iam.sync.actual.looking import Logins, Looked, logins_of, look, only_news
from iam.sync.actual.mirror import write_observation
from iam.sync.apply import TAKING, Applied, Applier
from iam.sync.guard import Hold
from iam.sync.prepare import Evaluation, Evaluator
from iam.sync.stored.plans import Draft, PlanState, Purpose, StoredPlan, plans, set_state, store_plan

PATIENCE: Final = 2.0
"""Seconds for a system to answer at the first try; whoever needs more does not keep the others waiting."""

LONG_PATIENCE: Final = 10.0
"""The same when it is tried again."""

AT_ONCE: Final = 32
"""Systems written at the same time."""

_UNCONFIRMED: Final = "設定が、二人で確認したものと違います。確認が済むまで、権限は戻しません。"
_ALARMING: Final = 2
"""After so many tries that failed the officers are told."""


@dataclass
class Hurried:
    """What an urgent run did: changes done; changes that failed and systems that were silent, each with its trouble.

    `holds`: why the guard let nothing pass; two officers release it.  `settled`: who need not wait any more.
    """

    done: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)


def run_for(job: Job, person_ids: Iterable[int]) -> Hurried:
    """Bring every system to what is wanted for these persons now.

    A system that does not answer is tried again by the worker, as is everything when another run is under way.

    Raises:
        Busy: when another run is under way.
    """
    ids = set(person_ids)
    with job.store.act(job.actor) as act:
        ask_urgently(act, ids)
    with job.store.read() as connection:
        mine = [each for each in waiting(connection) if each.person_id in ids]
    return _run(job, mine)


def anybody_waits(store: Store) -> bool:
    """Whether somebody waits for an urgent run and is due: for a worker that looks each second."""
    with store.read() as connection:
        return bool(waiting(connection, store.clock()))


def hurry(job: Job, *, gives: bool = True) -> Hurried:
    """Run for whoever waits for an urgent run and is due; whoever was decided about just now comes first.

    `gives` False: only take away, as under a configuration that nobody has confirmed; the rest waits.  Beside another
    run, which may take long on 1 April, whoever is suspended is shut out at once; all else waits for its end.
    """
    with job.store.read() as connection:
        due = waiting(connection, job.store.clock())
    # Of two who wait, one for a silent system, the other must not wait for it too.
    mine = [each for each in due if not each.tries] or due
    try:
        return _run(job, mine, gives=gives)
    except Busy as busy:
        return _beside(job, mine, str(busy))


def _run(job: Job, mine: list[Waiting], *, gives: bool = True) -> Hurried:
    if not mine:
        return Hurried()
    ids = [each.person_id for each in mine]
    with job.store.read() as connection:
        logins = logins_of(connection, ids, job.targets.keys())
    asked = _together(logins.values())
    silent: Mapping[str, str] = {}
    if any(each.tries for each in mine):
        # Not while a night has to wait for it: who is silent is found out before the run begins.
        silent = look(job.targets, asked, LONG_PATIENCE).troubles
    with job.store.exclusive("sync"):
        alive = {system: names for system, names in asked.items() if system not in silent}
        looked = look(job.targets, alive, PATIENCE if not silent else LONG_PATIENCE)
        return _Run(job, mine, logins, {**silent, **looked.troubles}).through(looked, gives=gives)


def _beside(job: Job, mine: Collection[Waiting], busy: str) -> Hurried:
    """Shut out whoever is suspended while another run goes on; everybody goes on waiting for a run of their own.

    Nothing is settled here, neither mirror nor marks: the other run may be writing them, and lets nobody in whom it
    finds suspended (Applier).
    """
    with job.store.read() as connection:
        stopped = wholly_blocked(connection, [each.person_id for each in mine], job.today)
        logins = logins_of(connection, sorted(stopped), job.targets.keys())
    found = Hurried()
    if stopped:
        looked = look(job.targets, _together(logins.values()), PATIENCE)
        suspended = [each for each in mine if each.person_id in stopped]
        found = _Run(job, suspended, logins, looked.troubles).shut_out(looked, busy)
    with job.store.act(job.actor) as act:
        for each in mine:
            postponed(act, each, busy)
    return found


def _together(logins: Iterable[Logins]) -> Logins:
    found: dict[str, list[str]] = {}
    for each in logins:
        for system, names in each.items():
            found.setdefault(system, []).extend(names)
    return found


class _Run:
    """One urgent run; `through` is for whoever holds the lock of runs."""

    def __init__(
        self, job: Job, mine: Collection[Waiting], logins: Mapping[int, Logins], troubles: Mapping[str, str]
    ) -> None:
        self._job = job
        self._mine = {each.person_id: each for each in mine}
        self._logins = logins
        self._silent = troubles
        self._decided: set[tuple[str, int, int]] = set()
        # By person: the system that is in the way ("": none, a plan is held), and how.
        self._troubles: dict[int, tuple[str, str]] = {}
        self._report = Hurried()

    def through(self, looked: Looked, *, gives: bool) -> Hurried:
        found = self._evaluate(looked, withheld="" if gives else _UNCONFIRMED)
        plan = self._write(looked, found)
        if plan is not None and plan.state is PlanState.READY:
            self._applied(self._apply(plan, found))
        self._settle()
        return self._report

    def shut_out(self, looked: Looked, busy: str) -> Hurried:
        """Only what is taken away, and only where no band is exceeded; `busy`: why the rest waits."""
        found = self._evaluate(looked, withheld=busy)
        if found.changes and not self._report.holds:
            with self._job.store.act(self._job.actor) as act:
                plan = self._store(act, found, PlanState.READY)
            self._applied(self._applier().apply(plan.id))
        return self._report

    def _evaluate(self, looked: Looked, *, withheld: str) -> Evaluation:
        job = self._job
        with job.store.read() as connection:
            self._decided = decisions(connection)
            only_news(connection, looked.observations)
            found = Evaluator(connection, job.policy, job.today, (), looked.observations).run_for(self._mine)
            if withheld:
                self._only_taking(found, withheld)
            self._report.holds = holds_of(connection, job, found, on=job.today, at=job.store.clock())
            numbers = numbers_of_persons(connection, list(self._mine))
        for id_, systems in self._logins.items():
            for system in sorted(systems.keys() & self._silent.keys()):
                self._stuck(id_, system, self._silent[system])
        disputed = {each.staff_number: each for each in found.disputes}
        for id_, mine in numbers.items():
            for each in (disputed[number] for number in mine if number in disputed):
                self._stuck(id_, each.system, each.reason)
        return found

    def _only_taking(self, found: Evaluation, why: str) -> None:
        for change in found.changes:
            if change.kind not in TAKING:
                self._stuck(change.person_id, change.system, why)
        found.unsettled.update(change.person_id for change in found.changes)
        found.waiting.update(self._troubles)
        found.changes = [change for change in found.changes if change.kind in TAKING]

    def _stuck(self, person_id: int, system: str, trouble: str) -> None:
        self._report.troubles.setdefault(system, trouble)
        self._troubles.setdefault(person_id, (system, trouble))

    def _write(self, looked: Looked, found: Evaluation) -> StoredPlan | None:
        news = [each for each in looked.observations.values() if not each.unchanged]
        if not (found.changes or found.adoptions or news):
            return None
        job, holds = self._job, self._report.holds
        with job.store.act(job.actor) as act:
            _put_away_killed(act)
            for each in news:
                write_observation(act.connection, each)
            if holds:
                return self._hold(act, found)
            commit_evaluation(act, found, job.today, self._decided)
            return self._store(act, found, PlanState.READY) if found.changes else None

    def _hold(self, act: Act, found: Evaluation) -> StoredPlan:
        """Beyond the bands two officers look, however urgent it is."""
        held = self._store(act, found, PlanState.HELD)
        if held.made_at == act.at:
            tell_officers(act, self._job, held, len(found.changes))
        for change in found.changes:
            self._troubles.setdefault(
                change.person_id, ("", f"計画 {held.id} を保留しています: {self._report.holds[0]}")
            )
        return held

    def _store(self, act: Act, found: Evaluation, state: PlanState) -> StoredPlan:
        base = base_of(self._job, act.connection)
        return store_plan(
            act, Draft(self._job.today, Purpose.URGENT, state, base, self._report.holds, {}, found.changes)
        )

    def _apply(self, plan: StoredPlan, found: Evaluation) -> Applied:
        return self._applier().apply(plan.id, found.waiting, self._decided)

    def _applier(self) -> Applier:
        job = self._job
        return Applier(job.store, job.actor, job.targets, job.pause, pauses=(), at_once=AT_ONCE)

    def _applied(self, applied: Applied) -> None:
        self._report.done = applied.done
        for change in applied.failed:
            why = applied.away.get(change.system) or change.error or "反映を確かめられませんでした。"
            self._stuck(change.person_id, change.system, why)

    def _settle(self) -> None:
        with self._job.store.act(self._job.actor) as act:
            for id_, each in self._mine.items():
                trouble = self._troubles.get(id_)
                if trouble is None and settled(act, each):
                    self._report.settled.add(id_)
                elif trouble is not None:
                    system, why = trouble
                    postponed(act, each, f"{system}: {why}" if system else why)
                    # Of a plan that is held the officers were told as such.
                    if system and each.tries == _ALARMING:
                        _alarm(act, self._job, id_, system, why)


def _put_away_killed(act: Act) -> None:
    """An urgent plan that a killed run left: what is still to do of it is planned anew."""
    for left in plans(act.connection, PlanState.READY):
        if left.purpose is Purpose.URGENT:
            set_state(act, left.id, PlanState.PARTLY)


def _alarm(act: Act, job: Job, person_id: int, system: str, trouble: str) -> None:
    """Whoever can do it by hand at the system itself is told that it is not done yet."""
    act.record("person.not_reached", f"person {person_id}", {"system": system, "trouble": trouble})
    if job.offices is None:
        return
    ids = bearers(act.connection, job.offices, (Role.GENERAL_OFFICER, Role.OPERATOR), job.today)
    (who,) = people(act.connection, [person_id])
    told: dict[str, outbox.Value] = {"system": system, "person": who.name, "staff_number": who.staff_number}
    for each in people(act.connection, sorted(ids - {person_id})):
        outbox.tell(act, each.id, each.email, Topic.SUSPENDED_STUCK, told)
