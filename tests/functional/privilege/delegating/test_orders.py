"""Whatever is called in whatever order: a delegation is usable exactly when three persons made it and nothing broke it.

Random steps of officers, staff and a contractor, of HR, of the register and of the clock; an oracle that keeps its own
books says what each step must come to (R13, R14, R17).
"""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import insert, update

from iam.access.accounts import block_table
from iam.errors import Conflict, Forbidden, NotFound
from iam.office.books import assignment_table
from iam.office.roles import How
from iam.outbox import Topic, notices
from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.privilege import delegating, register
from iam.privilege.books import delegation_table
from iam.privilege.delegating import Delegation, DelegationState, Wish
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import State, end, of_person
from migrations.run import upgrade
from tests.bodies import DAY, a_body
from tests.delegations import ACCESS, Bureau, a_bureau, a_row, bearer
from tests.entrance import Person
from tests.offices import CONTRACTED, POSTS, an_office

CAST = 6
"""General officer, approver, two of the staff with keys, one without, and a contractor with a key; by their place."""

GENERAL, APPROVER, CONTRACTOR = 0, 1, 5
LOGINS = ("maint", "lone")
HEADS = (Role.GENERAL_OFFICER, Role.APPROVER)

anybody = some.integers(0, CAST - 1)
whoever = some.integers(0, 30)
login = some.sampled_from(LOGINS)


@cache
def _prepared() -> tuple[Path, KeyRing]:
    """A body with its people, keys and register, made once."""
    folder = Path(tempfile.mkdtemp())
    upgrade(f"sqlite:///{folder / 'iam.db'}")
    body = a_body(f"sqlite:///{folder / 'iam.db'}", folder / "keys.json", migrated=True)
    office = an_office(body, model=ACCESS)
    keeper = a_row(8, "0101", title_code=POSTS[Role.GENERAL_OFFICER])
    outside = a_row(7, category=CONTRACTED, valid_until="2027-03-31", home_body="さくらシステム")
    office.settle(keeper, a_row(6), outside)
    bureau = a_bureau(office)
    bearer(office, 7).with_key()
    bureau.account("lone", most_holders=1)
    office.store.dispose()
    body.store.dispose()
    return folder / "iam.db", body.store.keys


@dataclass
class Truth:
    """What the oracle knows of one delegation.  `broken`: something happened after the nomination that voids it."""

    wish: Wish
    logins: tuple[str, ...]
    nominator: int
    delegate: int
    at: datetime
    approver: int | None = None
    over: bool = False
    broken: bool = False
    versions: tuple[int, ...] = ()

    def days(self, on: date) -> bool:
        return self.wish.valid_from <= on <= self.wish.valid_until

    def meets(self, other: "Truth") -> bool:
        return self.wish.valid_from <= other.wish.valid_until and other.wish.valid_from <= self.wish.valid_until


@dataclass
class Books:
    """What the oracle knows of everybody."""

    roles: dict[int, set[Role]] = field(default_factory=lambda: {GENERAL: {HEADS[0]}, APPROVER: {HEADS[1]}})
    keys: dict[int, int] = field(default_factory=lambda: {2: 1, 3: 1, CONTRACTOR: 1})
    barred: set[int] = field(default_factory=lambda: {CONTRACTOR})
    stopped: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LOGINS, 0))

    def acts(self, who: int, role: Role) -> bool:
        return role in self.roles.get(who, set()) and not {who} & (self.barred | self.gone | self.stopped.keys())

    def trusted(self, who: int) -> bool:
        return self.keys.get(who, 0) > 0 and not {who} & (self.barred | self.gone | self.stopped.keys())


MOST_KEYS = 5
"""Fewer than anybody may register."""


class Orders(RuleBasedStateMachine):
    """Everybody tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.books = Books()
        self.truth: dict[int, Truth] = {}
        self.posts = 0

    @initialize()
    def people(self) -> None:
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        prepared, keys = _prepared()
        shutil.copy(prepared, folder / "iam.db")
        body = a_body(f"sqlite:///{folder / 'iam.db'}", keys, migrated=True)
        office = an_office(body, model=ACCESS)
        self.closing.callback(body.store.dispose)
        self.closing.callback(office.store.dispose)
        by_number = {number: bearer(office, number) for number in range(1, 9)}
        self.keeper = by_number[8]
        self.cast: list[Person] = [by_number[number] for number in (1, 2, 4, 5, 6, 7)]
        general, approver, operator, delegate, spare = (by_number[number] for number in range(1, 6))
        self.bureau = Bureau(office, general, approver, operator, delegate, spare)
        with office.store.read() as connection:
            self.bureau.ids = {each.login: each for each in register.privileged_ids(connection)}

    def teardown(self) -> None:
        self.closing.close()

    # --- the oracle

    @property
    def now(self) -> datetime:
        return self.bureau.store.clock()

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=9)).date()

    def waits(self, truth: Truth) -> bool:
        days = self.bureau.door.profile.privileged.pending_days.value
        return truth.approver is None and not truth.over and self.now < truth.at + timedelta(days=days)

    def lives(self, truth: Truth) -> bool:
        return truth.approver is not None and not truth.over and self.today <= truth.wish.valid_until

    def others(self, truth: Truth) -> list[Truth]:
        return [each for each in self.truth.values() if each is not truth and set(each.logins) & set(truth.logins)]

    def may_nominate(self, truth: Truth) -> bool:
        mine = [each for each in self.others(truth) if each.delegate == truth.delegate and each.meets(truth)]
        return (
            self.books.acts(truth.nominator, Role.GENERAL_OFFICER)
            and truth.nominator != truth.delegate
            and self.books.trusted(truth.delegate)
            and not any(self.waits(each) or self.lives(each) for each in mine)
        )

    def may_approve(self, truth: Truth, who: int) -> bool:
        meeting = [each for each in self.others(truth) if each.meets(truth) and self.lives(each)]
        held = {each.delegate for each in meeting if "lone" in each.logins}
        return (
            self.waits(truth)
            and len({truth.nominator, truth.delegate, who}) == 3
            and self.books.acts(who, Role.APPROVER)
            and self.books.acts(truth.nominator, Role.GENERAL_OFFICER)
            and self.books.trusted(truth.delegate)
            and not truth.broken
            and self.today <= truth.wish.valid_until
            and not any(each.delegate == truth.delegate for each in meeting)
            and not ("lone" in truth.logins and held)
            and all(len({each.delegate for each in meeting if name in each.logins}) < 2 for name in truth.logins)
        )

    def usable_now(self, truth: Truth) -> bool:
        return self.lives(truth) and not truth.broken and self.books.trusted(truth.delegate) and truth.days(self.today)

    def another_day(self) -> date:
        """The first day of a post as no post before had it."""
        self.posts += 1
        return date(2020, 4, 1) + self.posts * DAY

    def breaks(self, who: int) -> None:
        for truth in self.truth.values():
            truth.broken |= truth.delegate == who

    def tried(self, deed: Callable[[Act], object], *, allowed: bool) -> bool:
        refused = ""
        try:
            with self.bureau.store.act("test") as act:
                deed(act)
        except (Forbidden, Conflict, NotFound) as refusal:
            refused = str(refusal)
        assert (not refused) is allowed, refused
        return allowed

    def pick(self, which: int) -> tuple[int, Truth]:
        return list(self.truth.items())[which % len(self.truth)]

    # --- officers

    @rule(
        by=anybody,
        delegate=anybody,
        named=some.sets(login, min_size=1),
        ahead=some.integers(0, 3),
        days=some.integers(1, 9),
    )
    def nominates(self, by: int, delegate: int, named: set[str], ahead: int, days: int) -> None:
        first = self.today + ahead * DAY
        ids = tuple(self.bureau.ids[name].id for name in sorted(named))
        wish = Wish(self.cast[delegate].id, ids, first, first + (days - 1) * DAY, "作業")
        truth = Truth(wish, tuple(sorted(named)), by, delegate, self.now)
        made: list[Delegation] = []
        if self.tried(
            lambda act: made.append(delegating.nominate(act, self.bureau.door, self.cast[by].id, wish)),
            allowed=self.may_nominate(truth),
        ):
            self.truth[made[0].id] = truth

    @rule(delegate=some.sampled_from([2, 3]), named=login, ahead=some.sampled_from([0, 0, 2]), days=some.integers(1, 9))
    def entrusted_as_it_should_be(self, delegate: int, named: str, ahead: int, days: int) -> None:
        before = len(self.truth)
        self.nominates(GENERAL, delegate, {named}, ahead, days)
        if len(self.truth) > before:
            self.approves(APPROVER, before, stale=False)

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever, stale=some.sampled_from([False, False, True]))
    def approves(self, by: int, which: int, stale: bool) -> None:
        id_, truth = self.pick(which)
        with self.bureau.store.read() as connection:
            seen = delegating.delegation(connection, id_, self.now).content_hash
        if self.tried(
            lambda act: delegating.approve(act, self.bureau.door, id_, self.cast[by].id, "stale" if stale else seen),
            allowed=not stale and self.may_approve(truth, by),
        ):
            truth.approver = by

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever)
    def declines(self, by: int, which: int) -> None:
        id_, truth = self.pick(which)
        differ = by not in {truth.nominator, truth.delegate}
        allowed = self.waits(truth) and differ and self.books.acts(by, Role.APPROVER)
        if self.tried(
            lambda act: delegating.decline(act, self.bureau.door, id_, self.cast[by].id, "不要"), allowed=allowed
        ):
            truth.over = True

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever)
    def withdraws(self, by: int, which: int) -> None:
        id_, truth = self.pick(which)
        allowed = self.waits(truth) and by == truth.nominator and by not in self.books.barred | self.books.gone
        if self.tried(lambda act: delegating.withdraw(act, self.bureau.door, id_, self.cast[by].id), allowed=allowed):
            truth.over = True

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever)
    def ends(self, by: int, which: int) -> None:
        id_, truth = self.pick(which)
        head = any(self.books.acts(by, role) for role in HEADS)
        allowed = self.lives(truth) and (head or by == truth.delegate)
        if self.tried(lambda act: delegating.end(act, self.bureau.door, id_, self.cast[by].id, "済"), allowed=allowed):
            truth.over = True

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever)
    def receives(self, by: int, which: int) -> None:
        id_, truth = self.pick(which)
        allowed = truth.approver is not None and self.books.acts(by, Role.GENERAL_OFFICER)
        self.tried(lambda act: delegating.receive(act, self.bureau.door, id_, self.cast[by].id), allowed=allowed)

    @precondition(lambda self: self.truth)
    @rule(by=anybody, which=whoever)
    def reviews(self, by: int, which: int) -> None:
        # Nobody acted as a deputy, so there is nothing to review.
        id_, _ = self.pick(which)
        self.tried(lambda act: delegating.review(act, self.bureau.door, id_, self.cast[by].id, "確認"), allowed=False)

    # --- what happens meanwhile

    @rule(who=some.integers(2, 3))
    def comes_back(self, who: int) -> None:
        if who not in self.books.gone | self.books.barred:
            return
        columns = appointment_table.c
        with self.bureau.store.act("test") as act:
            act.connection.execute(
                update(appointment_table)
                .where(columns.person_id == self.cast[who].id)
                .values(category="regular", valid_from=self.another_day(), valid_until=date.max)
            )
        self.books.gone.discard(who)
        self.books.barred.discard(who)

    @rule(who=anybody, role=some.sampled_from(HEADS))
    def gets_a_role(self, who: int, role: Role) -> None:
        if role in self.books.roles.setdefault(who, set()):
            return
        day = self.today
        with self.bureau.store.act("test") as act:
            act.connection.execute(
                insert(assignment_table).values(
                    person_id=self.cast[who].id, role=role, kind=How.NAMED, valid_from=day, valid_until=day + 300 * DAY,
                    reason="test", given_at=act.at,
                )
            )  # fmt: skip
        self.books.roles[who].add(role)

    @rule(who=some.integers(2, CAST - 1))
    def loses_roles(self, who: int) -> None:
        with self.bureau.store.act("test") as act:
            mine = assignment_table.c.person_id == self.cast[who].id
            act.connection.execute(update(assignment_table).where(mine).values(withdrawn_at=act.at))
        self.books.roles[who] = set()

    @rule(who=some.integers(2, 3), how=some.sampled_from(["moves", "moves", "leaves", "contracted"]))
    def moves(self, who: int, how: str) -> None:
        columns = appointment_table.c
        with self.bureau.store.act("test") as act:
            said: dict[str, dict[str, object]] = {
                "moves": {"valid_from": self.another_day()},
                "leaves": {"valid_until": self.today - DAY},
                "contracted": {"category": CONTRACTED},
            }
            act.connection.execute(
                update(appointment_table).where(columns.person_id == self.cast[who].id).values(**said[how])
            )
        self.breaks(who)
        if how == "contracted":
            self.books.barred.add(who)
        elif how == "leaves":
            self.books.gone.add(who)

    @rule(who=some.sampled_from([0, 1, 2, 2, 3, 3]), soon=some.booleans())
    def suspended(self, who: int, soon: bool) -> None:
        self.cast[who].suspended()
        self.books.stopped[who] = 1
        self.breaks(who)
        if soon:
            self.restored()

    @precondition(lambda self: self.books.stopped)
    @rule()
    def restored(self) -> None:
        with self.bureau.store.act("test") as act:
            lasting = block_table.c.lifted_at.is_(None)
            act.connection.execute(update(block_table).where(lasting).values(lifted_at=act.at))
        self.books.stopped.clear()
        self.a_moment()

    @rule(who=some.integers(2, 3), state=some.sampled_from([State.LOST, State.REMOVED]))
    def loses_a_factor(self, who: int, state: State) -> None:
        with self.bureau.store.act("test") as act:
            mine = of_person(act.connection, self.cast[who].id)
            if not mine:
                return
            end(act, mine[0].id, state, "test")
        self.books.keys[who] -= 1
        if state is State.LOST:
            self.breaks(who)
        self.a_moment()

    @rule(who=some.integers(2, 4))
    def gets_a_key(self, who: int) -> None:
        if self.books.keys.get(who, 0) >= MOST_KEYS:
            return
        self.cast[who].with_key()
        self.books.keys[who] = self.books.keys.get(who, 0) + 1

    @rule(name=login)
    def register_changes(self, name: str) -> None:
        was = self.bureau.ids[name]
        purpose = "別の用途" if was.purpose == "保守" else "保守"
        wish = replace(register.Wish.like(was), purpose=purpose)
        self.bureau.ids[name] = self.bureau.registers(wish, by=self.keeper)
        for truth in self.truth.values():
            truth.broken |= name in truth.logins

    @precondition(lambda self: self.truth)
    @rule(which=whoever)
    def somebody_writes_past_the_rules(self, which: int) -> None:
        id_, truth = self.pick(which)
        with self.bureau.store.act("somebody at the database") as act:
            act.connection.execute(
                update(delegation_table).where(delegation_table.c.id == id_).values(reason="別の理由")
            )
        truth.broken = True

    def a_moment(self) -> None:
        """What comes next comes later: of two things at one instant the strict order is believed."""
        self.bureau.office.hall.clock.on(seconds=1)

    @rule(hours=some.sampled_from([1, 12, 24, 24, 96]))
    def time_passes(self, hours: int) -> None:
        self.bureau.office.hall.clock.on(hours=hours)

    @rule()
    def worker_goes_round(self) -> None:
        self.bureau.tidies()
        for truth in self.truth.values():
            lapsed = truth.approver is None and not self.waits(truth)
            dead = truth.approver is not None and (
                truth.broken or not self.books.trusted(truth.delegate) or truth.wish.valid_until < self.today
            )
            truth.over |= lapsed or dead

    # --- what always holds

    @invariant()
    def usable_exactly_when_three_persons_made_it_and_nothing_broke_it(self) -> None:
        with self.bureau.store.read() as connection:
            for who, person in enumerate(self.cast):
                for name in LOGINS:
                    found = delegating.live_for(
                        connection, self.bureau.door, person.id, self.bureau.ids[name].id, self.now
                    )
                    mine = {
                        id_
                        for id_, truth in self.truth.items()
                        if truth.delegate == who and name in truth.logins and self.usable_now(truth)
                    }
                    assert ({found.id} if found else set()) == mine

    @invariant()
    def what_is_live_was_noticed_by_its_general_officer(self) -> None:
        with self.bureau.store.read() as connection:
            live = delegating.delegations(connection, self.now, states={DelegationState.LIVE})
            for found in live:
                assert found.approved_by is not None
                assert len({found.nominated_by, found.approved_by, found.delegate_id}) == 3
                told = notices.unseen(connection, found.nominated_by)
                numbers = {each.detail["number"] for each in told if each.topic is Topic.PRIVILEGE_DELEGATED}
                assert found.noticed_at is not None
                assert found.id in numbers


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=30,
    stateful_step_count=35,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,  # a run of the tests finds what the last one found; a hunt changes this line
)
