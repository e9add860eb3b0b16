"""Carrying a plan out: intent, deed, read-back, result; one change apart from the other.

The one law: an intent is recorded before a target is touched and a result
after, with no transaction open over the network; whatever a killed run left
in doubt is asked of the target again (design laws 1 and 3, R01, R03).
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from iam.access.accounts import decided_since, wholly_blocked
from iam.access.naming import comparable_login
from iam.errors import TargetError
from iam.intake.taking import mark_pending
from iam.people.ledger import chunks
from iam.ports import Done, Failed, Order, OrderKind, Target
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store, bulk_update
from iam.sync.actual.outcome import AccountKey, account_keys, write_done
from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import (
    ChangeState,
    PlanState,
    StoredChange,
    StoredPlan,
    change_table,
    changes_of,
    plan,
    set_state,
)

T = TypeVar("T")

BATCH: Final = 500
"""Changes between an intent and its result: what a killed run can leave in doubt."""

PAUSES: Final = (1.0, 5.0, 20.0)
"""Seconds to wait before each further try of what a target refused for the moment."""

TAKING = (ChangeKind.REVOKE, ChangeKind.DISABLE)
_GIVING = tuple(kind for kind in ChangeKind if kind not in TAKING)
_NEEDS_THE_REST = (ChangeKind.GRANT, ChangeKind.ENABLE)
_SUSPENDED = "計画の後で利用が停止されたため行いません。"
_UNDONE = "先に行うべき変更ができていないため見送りました。次の同期でやり直します。"
_AWAY = "システムに書き込めないため行っていません。次の同期でやり直します。"
_UNKNOWN_SYSTEM = "設定の [targets] にありません。書き足すか、access.toml から除いてください。"
_UNKNOWN = "システムから返事がなく、結果が分かりません。次の同期で確かめてやり直します。"


@dataclass
class Applied:
    """What became of a plan."""

    done: int = 0
    failed: list[StoredChange] = field(default_factory=list)
    away: dict[str, str] = field(default_factory=dict)
    _counting: Lock = field(default_factory=Lock, repr=False, compare=False)

    def count(self, done: int, failed: Sequence[StoredChange]) -> None:
        """Add what became of a batch; systems that are written at the same time share this."""
        with self._counting:
            self.done += done
            self.failed += failed

    @property
    def whole(self) -> bool:
        """Whether every change took effect."""
        return not self.failed and not self.away


@dataclass(frozen=True)
class Applier:
    """Applies stored plans.  `pause` waits for some seconds; `progress` hears (done, of how many).

    `pauses`: before each further try of what is refused for the moment.  `at_once`: systems written at the same time.
    """

    store: Store
    actor: str
    targets: Mapping[str, Target]
    pause: Callable[[float], None]
    progress: Callable[[int, int], None] = lambda _done, _all: None
    pauses: Sequence[float] = PAUSES
    at_once: int = 1
    _turns: "_Turns" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_turns", _Turns(self.store, self.actor))

    def apply(
        self,
        plan_id: int,
        waiting_for_more: Container[int] | None = None,
        decided: AbstractSet[tuple[str, int, int]] = frozenset(),
    ) -> Applied:
        """Carry out whatever of the plan is not done yet.  A dead target does not stop the others.

        `waiting_for_more`: people who are not settled even if all of this is done; None for everybody.
        `decided`: the `decisions` that the plan was made over; whoever gave a right back since is looked at again.
        """
        applied = Applied()
        with self.store.read() as connection:
            stored = plan(connection, plan_id)
            waiting = changes_of(connection, plan_id, ChangeState.WAITING, ChangeState.DOING, ChangeState.FAILED)
        by_system: dict[str, list[StoredChange]] = defaultdict(list)
        for change in waiting:
            by_system[change.system].append(change)
        # What is taken away is gone on every system before anything is given on any (R03).
        stumbled: set[int] = set()
        for kinds in (TAKING, _GIVING):
            runs = {each: _SystemRun(self, stored, each, applied, stumbled, len(waiting)) for each in by_system}
            self._each(partial(_apply, runs, by_system, kinds), by_system)
        failed = {change.person_id for change in applied.failed}
        done = {change.person_id for change in waiting} - failed
        settled = () if waiting_for_more is None else [id_ for id_ in done if id_ not in waiting_for_more]
        with self.store.act(self.actor) as act:
            if settled:
                mark_pending(act.connection, settled, pending=False)
                mark_pending(act.connection, decided_since(act.connection, decided))
            set_state(act, plan_id, PlanState.APPLIED if applied.whole else PlanState.PARTLY)
        return applied

    def _each(self, apply: Callable[[str], None], systems: Collection[str]) -> None:
        if self.at_once == 1 or len(systems) == 1:
            for system in systems:
                apply(system)
            return
        with ThreadPoolExecutor(self.at_once) as pool:
            # Taken from the iterator, so that what goes wrong in one of them is raised here.
            list(pool.map(apply, systems))


def _apply(
    runs: "Mapping[str, _SystemRun]",
    changes: Mapping[str, Sequence[StoredChange]],
    kinds: Sequence[ChangeKind],
    system: str,
) -> None:
    runs[system].apply(changes[system], kinds)


class _Written(Generic[T]):
    """Something to write, and what came of it."""

    def __init__(self, write: Callable[[Act], T]) -> None:
        self.write = write
        self.answers: list[T] = []
        self.fault: BaseException | None = None


class _Turns:
    """The acts of one run.  Whoever's turn it is writes all that waits by then, so that systems share one act."""

    def __init__(self, store: Store, actor: str) -> None:
        self._store = store
        self._actor = actor
        self._turn = Lock()
        self._waiting: deque[_Written[Any]] = deque()

    def write(self, write: Callable[[Act], T]) -> T:
        """What `write` answers, once the act that it was part of stands; whatever undid the act is raised."""
        mine = _Written(write)
        self._waiting.append(mine)
        with self._turn:
            if not (mine.answers or mine.fault):
                # One by one: what another thread adds meanwhile is either taken or still there.
                together = [self._waiting.popleft() for _ in range(len(self._waiting))]
                self._write(together)
        if mine.fault is not None:
            raise mine.fault
        return mine.answers[0]

    def _write(self, together: Sequence[_Written[Any]]) -> None:
        try:
            with self._store.act(self._actor) as act:
                answers = [each.write(act) for each in together]
        except BaseException as fault:  # noqa: BLE001 - raised again by each of them
            for each in together:
                each.fault = fault
            return
        for each, answer in zip(together, answers, strict=True):
            each.answers.append(answer)


class _SystemRun:
    """One plan's changes on one target.  `stumbled`: people of whom a change failed, on whatever target."""

    def __init__(  # noqa: PLR0917 - what one run shares with its siblings
        self, applier: Applier, stored: StoredPlan, system: str, applied: Applied, stumbled: set[int], in_all: int
    ) -> None:
        self._applier = applier
        self._turns = applier._turns  # noqa: SLF001 - this room's own
        self._plan_id = stored.id
        self._on = stored.as_of
        self._system = system
        self._applied = applied
        self._stumbled = stumbled
        self._in_all = in_all

    def apply(self, changes: Sequence[StoredChange], kinds: Sequence[ChangeKind]) -> None:
        """Kind by kind, in batches; once the target is away the rest waits for the next night."""
        for kind in kinds:
            for batch in chunks([c for c in changes if c.kind is kind], BATCH):
                if self._system not in self._applier.targets:
                    self._applied.away[self._system] = _UNKNOWN_SYSTEM
                if self._system in self._applied.away:
                    self._fail(batch, _AWAY)
                else:
                    self._batch(batch)

    def _batch(self, batch: Sequence[StoredChange]) -> None:
        suspended = self._suspended(batch)
        self._fail([c for c in batch if c.person_id in suspended], _SUSPENDED)
        batch = [c for c in batch if c.person_id not in suspended]
        ready = [c for c in batch if not self._must_wait(c)]
        self._fail([c for c in batch if self._must_wait(c)], _UNDONE)
        if not ready:
            return
        keys = self._turns.write(lambda act: self._intend(act, ready))
        results = self._carry_out(ready, keys)
        self._settle(ready, results, keys)
        self._applier.progress(self._applied.done + len(self._applied.failed), self._in_all)

    def _suspended(self, batch: Sequence[StoredChange]) -> Collection[int]:
        """Whoever was suspended since the plan was made, and would be let in by this batch (R20)."""
        let_in = {
            c.person_id for c in batch if c.kind is ChangeKind.ENABLE or (c.kind is ChangeKind.CREATE and c.enabled)
        }
        if not let_in:
            return ()
        store = self._applier.store
        with store.read() as connection:
            return wholly_blocked(connection, let_in, jst_day(store.clock()))

    def _must_wait(self, change: StoredChange) -> bool:
        return change.kind in _NEEDS_THE_REST and change.person_id in self._stumbled

    def _intend(self, act: Act, batch: Sequence[StoredChange]) -> Mapping[str, AccountKey]:
        bulk_update(
            act.connection, change_table, ("plan_id", "number"), ("state", "tries"),
            ((self._plan_id, c.number, ChangeState.DOING, c.tries + 1) for c in batch),
        )  # fmt: skip
        act.record_many(("change.intended", self._subject(c), self._detail(c)) for c in batch)
        return account_keys(act.connection, self._system, {c.login for c in batch})

    def _carry_out(self, batch: Sequence[StoredChange], keys: Mapping[str, AccountKey]) -> dict[int, Done | Failed]:
        """Results by number; whatever the target refused for the moment is tried again, by itself."""
        left = {c.number: _order(c, keys.get(comparable_login(c.login))) for c in batch}
        results: dict[int, Done | Failed] = {}
        for wait in (*self._applier.pauses, None):
            away = self._try(left, results)
            if not left:
                break
            if wait is None:
                if away:
                    self._applied.away[self._system] = away
                break
            self._applier.pause(wait)
        return results

    def _try(self, left: dict[int, Order], results: dict[int, Done | Failed]) -> str:
        """Send what is left; answers why the target is away, or ""."""
        away = ""
        try:
            for result in self._applier.targets[self._system].carry_out(list(left.values())):
                results[result.number] = result
        except TargetError as error:
            away = str(error)
        for number, result in results.items():
            if isinstance(result, Done) or not result.transient:
                left.pop(number, None)
        return away

    def _settle(
        self, batch: Sequence[StoredChange], results: Mapping[int, Done | Failed], keys: Mapping[str, AccountKey]
    ) -> None:
        done: list[tuple[StoredChange, Done]] = []
        failed: list[tuple[StoredChange, str]] = []
        for change in batch:
            result = results.get(change.number)
            wrong = _differs(change, result) if isinstance(result, Done) else ""
            if isinstance(result, Done) and not wrong:
                done.append((change, result))
            else:
                failed.append((change, wrong or (result.reason if isinstance(result, Failed) else _UNKNOWN)))

        def write(act: Act) -> None:
            write_done(act, self._system, self._on, done, keys)
            self._write_states(act, done, failed)

        self._turns.write(write)
        self._applied.count(len(done), [change for change, _ in failed])
        self._stumbled.update(change.person_id for change, _ in failed)

    def _write_states(
        self, act: Act, done: Sequence[tuple[StoredChange, Done]], failed: Sequence[tuple[StoredChange, str]]
    ) -> None:
        bulk_update(
            act.connection, change_table, ("plan_id", "number"), ("state", "error"),
            [(self._plan_id, c.number, ChangeState.DONE, "") for c, _ in done]
            + [(self._plan_id, c.number, ChangeState.FAILED, reason) for c, reason in failed],
        )  # fmt: skip
        act.record_many(("change.done", self._subject(c), self._detail(c)) for c, _ in done)
        act.record_many(
            ("change.failed", self._subject(c), {**self._detail(c), "reason": reason}) for c, reason in failed
        )

    def _fail(self, batch: Sequence[StoredChange], reason: str) -> None:
        if batch:
            self._turns.write(lambda act: self._write_states(act, (), [(c, reason) for c in batch]))
            self._applied.count(0, batch)
            self._stumbled.update(change.person_id for change in batch)

    def _subject(self, change: StoredChange) -> str:
        return f"account {change.system}/{change.login}"

    def _detail(self, change: StoredChange) -> dict[str, object]:
        detail: dict[str, object] = {
            "plan": self._plan_id, "number": change.number, "kind": change.kind, "rule": change.rule,
            "clause": change.clause,
        }  # fmt: skip
        if change.entitlement:
            detail["entitlement"] = change.entitlement
        if change.appointment:
            detail["appointment"] = change.appointment
        return detail


def _order(change: StoredChange, key: AccountKey | None) -> Order:
    """The order to the target.  An account made earlier in the same plan has its native id by now."""
    native = change.native_id or (key.native_id if key else "")
    return Order(
        change.number, OrderKind(change.kind.value), change.login, native_id=native, link=change.staff_number,
        entitlement=change.entitlement, enabled=change.enabled, attributes=change.attributes,
    )  # fmt: skip


def _differs(change: StoredChange, result: Done) -> str:
    """What the read-back shows to be otherwise than ordered, in one sentence, or ""."""
    found = result.found
    if change.kind in (ChangeKind.GRANT, ChangeKind.REVOKE):
        wrong = result.member is not (change.kind is ChangeKind.GRANT)
        return "読み返すと権限が計画どおりになっていません。" if wrong else ""
    if change.kind is ChangeKind.DELETE:
        return ""
    if found is None:
        return "読み返すとIDが見つかりません。"
    on = {ChangeKind.ENABLE: True, ChangeKind.DISABLE: False, ChangeKind.CREATE: change.enabled}.get(change.kind)
    if on is not None and found.enabled is not on:
        return "読み返すと有効・停止が計画どおりになっていません。"
    wrong_names = [n for n, value in change.attributes.items() if set(found.attributes.get(n, ())) != set(value)]
    return f"読み返すと属性（{'、'.join(wrong_names)}）が計画どおりになっていません。" if wrong_names else ""
