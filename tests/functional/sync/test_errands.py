"""Errands: opened and closed within seconds, read back, and nothing else on the target touched."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from threading import Event

import pytest
from sqlalchemy import select, update

from iam.access.accounts import AccountState, account_table
from iam.ports import Done, Failed, Order, OrderKind, TargetAccount
from iam.record.audit.chain import audit_record
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.urgent import ErrandKind, Lanes, Mode, Outcome, carry_out
from iam.sync.urgent.aims import MOST_A_MINUTE
from iam.sync.urgent.carrying import MOST_SECRETS
from tests.bodies import DAY
from tests.errands import ADMIN, ROOT, Desk, a_desk, register
from tests.functional.conftest import MakeBody
from tests.functional.sync.conftest import SqliteBody
from tests.memory import MemoryTarget

OPEN, CLOSE, ROTATE = ErrandKind.OPEN, ErrandKind.CLOSE, ErrandKind.ROTATE
ENABLE, MEMBER, SECRET = Mode.ENABLE, Mode.MEMBER, Mode.SECRET


@pytest.fixture
def desk(sqlite_body: SqliteBody) -> Iterator[Desk]:
    found = a_desk(sqlite_body)
    yield found
    found.body.store.dispose()


@pytest.fixture
def both(make_body: MakeBody) -> Desk:
    """The test runs over both databases."""
    return a_desk(make_body)


def is_open(desk: Desk, mode: Mode) -> bool:
    """As the target itself would say, of the newest secret."""
    if mode is MEMBER:
        return ROOT in desk.gw.rights_of(desk.person)
    if mode is ENABLE:
        return bool(desk.gw.is_on(ADMIN))
    return desk.gw.opens(ADMIN, desk.vault.texts[max(desk.vault.texts)])


def mirrored(desk: Desk) -> bool:
    """Whether the mirror says of the privileged ID, and of who holds the right, what the target does."""
    account, member = actual_account_table.c, actual_member_table.c
    with desk.body.store.read() as connection:
        mine = account.system == "gw", account.login == ADMIN
        prints = connection.execute(select(account.fingerprint).where(*mine)).scalars().all()
        holders = connection.execute(select(member.native_id).where(member.entitlement == ROOT)).scalars().all()
    return prints == [desk.gw.accounts[f"uid={ADMIN}"].fingerprint] and set(holders) == desk.gw.groups.get(ROOT, set())


def quiet_night(desk: Desk) -> bool:
    """Whether the night after finds everything as the ledger says it."""
    desk.body.store.clock = desk.body.clock
    report = desk.body.night(desk.body.today + DAY)
    desk.body.store.clock = desk.moment
    return not report.changes and not report.disputes


@pytest.mark.parametrize("mode", Mode)
def test_what_was_opened_is_closed_and_the_night_is_not_surprised(both: Desk, mode: Mode) -> None:
    both.put(OPEN, mode)
    (opened,) = both.round()
    was_open = is_open(both, mode) and mirrored(both)
    first = both.vault.texts.get(1, "")

    both.put(CLOSE, mode)
    (closed,) = both.round()

    assert (opened.outcome, was_open) == (Outcome.DONE, True)
    assert (closed.outcome, is_open(both, mode)) == (Outcome.DONE, False)
    assert both.gw.is_on(both.person)
    both.gw.touch(ADMIN, enabled=True)
    assert not both.gw.opens(ADMIN, first)
    both.gw.touch(ADMIN, enabled=False)
    assert mirrored(both)
    assert quiet_night(both)
    assert not both.body.audit_breaks()


def test_a_secret_that_the_target_refuses_is_made_anew_and_never_told(desk: Desk) -> None:
    desk.put(OPEN, SECRET, secret_id=desk.vault.make("refused-1-refused"), former_id=None)
    desk.gw.acceptable = lambda secret: secret != "refused-1-refused"

    (settled,) = desk.round()

    assert (settled.outcome, desk.vault.renewed, settled.errand.secret_id) == (Outcome.DONE, [1], 2)
    assert desk.gw.opens(ADMIN, desk.vault.texts[2])
    with desk.body.store.read() as connection:
        told = "".join(connection.execute(select(audit_record.c.detail)).scalars())
    assert not any(text and text in told + repr(settled) for text in desk.vault.texts.values())


def test_after_five_refused_secrets_an_open_has_failed_and_a_close_goes_on_for_ever(desk: Desk) -> None:
    desk.gw.acceptable = lambda _: False
    desk.put(OPEN, SECRET)
    (opened,) = desk.round()
    renewed = len(desk.vault.renewed)
    desk.put(CLOSE, SECRET)
    tried = []
    for _ in range(3):
        desk.moment.on(minutes=1)
        tried.append(desk.round()[0].outcome)
    desk.gw.acceptable = bool
    desk.moment.on(minutes=1)
    (closed,) = desk.round()

    assert (opened.outcome, renewed) == (Outcome.FAILED, MOST_SECRETS - 1)
    assert tried == [None] * 3
    assert closed.outcome is Outcome.DONE
    assert [number for number, _ in desk.alarms] == [1, 2]


def test_an_account_that_is_on_with_an_old_secret_is_rotated_in_place(desk: Desk) -> None:
    desk.put(OPEN, SECRET)
    desk.round()
    desk.put(ROTATE, SECRET, subject="privileged 1")

    (settled,) = desk.round()

    assert settled.outcome is Outcome.DONE
    assert (desk.gw.is_on(ADMIN), desk.gw.opens(ADMIN, desk.vault.texts[1])) == (True, False)
    assert desk.gw.opens(ADMIN, desk.vault.texts[2])


Refused = Callable[[Desk], int]
REFUSED: dict[str, Refused] = {
    "a person's own account": lambda desk: desk.put(OPEN, ENABLE, login=desk.person),
    "a person's own secret": lambda desk: desk.put(OPEN, SECRET, login=desk.person),
    "nobody's account": lambda desk: desk.put(OPEN, ENABLE, login="stranger"),
    "an ordinary right": lambda desk: desk.put(OPEN, MEMBER, entitlement="mail"),
    "a right that is not in the model": lambda desk: desk.put(OPEN, MEMBER, entitlement="none"),
    "taking away what nobody gave": lambda desk: desk.put(CLOSE, MEMBER, entitlement="soumu"),
    "a right for a privileged ID": lambda desk: desk.put(OPEN, MEMBER, login=ADMIN),
}


def test_an_errand_touches_nothing_but_what_is_privileged(desk: Desk) -> None:
    desk.gw.place("stranger")
    desk.gw.carried.clear()
    before = desk.gw.content()

    numbers = [put(desk) for put in REFUSED.values()]
    settled = {each.errand.id: each for each in desk.round()}

    assert [settled[number].outcome for number in numbers] == [Outcome.REFUSED] * len(numbers)
    assert (desk.gw.carried, desk.gw.content()) == ([], before)
    assert sorted(desk.alarms) == [(number, settled[number].reason) for number in numbers]
    assert all(each.reason.endswith("。") for each in settled.values())


def test_a_right_is_given_to_nobody_whose_account_is_off_and_taken_from_anybody(desk: Desk) -> None:
    desk.put(OPEN, MEMBER)
    desk.round()
    with desk.body.store.act("test") as act:
        off = update(account_table).where(account_table.c.login == desk.person)
        act.connection.execute(off.values(state=AccountState.DISABLED))
    desk.put(OPEN, MEMBER, subject="use 2")
    (refused,) = desk.round()

    desk.put(CLOSE, MEMBER)
    (closed,) = desk.round()

    assert (refused.outcome, closed.outcome) == (Outcome.REFUSED, Outcome.DONE)
    assert not is_open(desk, MEMBER)


def test_a_close_ends_what_waits_and_every_subject_learns_of_it(both: Desk) -> None:
    both.gw.away = True
    both.put(OPEN, SECRET)
    both.round()
    both.put(ROTATE, SECRET, subject="privileged 1")
    both.put(CLOSE, SECRET, subject="use 2")
    both.gw.away = False
    both.rounds()

    assert [each.outcome for each in both.errands()] == [Outcome.SUPERSEDED]
    assert [each.outcome for each in both.errands("privileged 1")] == [Outcome.SUPERSEDED]
    assert [each.outcome for each in both.errands("use 2")] == [Outcome.DONE]
    assert not is_open(both, SECRET)


class Watched(MemoryTarget):
    """Calls `at_step` before each step of a visit."""

    steps: int = 0

    def at_step(self, number: int) -> None:
        """Nothing, until a test says otherwise."""

    def _step(self) -> None:
        self.steps += 1
        self.at_step(self.steps)

    def opens(self, login: str, secret: str) -> bool:
        self._step()
        found = super().opens(login, secret)
        self._step()
        return found

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        self._step()
        done = list(super().carry_out(orders))
        self._step()
        yield from done


def watched(desk: Desk, at_step: Callable[[int], None]) -> Watched:
    """The target of the desk, watched: whatever happens on it happens on that of the desk."""
    gw = desk.gw
    found = Watched("gw", gw.accounts, gw.groups, secrets=gw.secrets)
    found.at_step = at_step  # type: ignore[method-assign, assignment]  # what the test does in the middle
    return found


class Then(StrEnum):
    """What becomes of whoever was opening when the CLOSE came."""

    GOES_ON = "goes on"
    DIES = "dies"
    DIES_LATER = "dies after one more step"
    SLEPT = "goes on, and its claim had lapsed"


@dataclass
class Interruption:
    """A CLOSE that is put at one step of an opening; perhaps another worker runs then."""

    desk: Desk
    mode: Mode
    step: int
    other_worker: bool
    then: Then
    reached: bool = False

    def __call__(self, number: int) -> None:
        if self.then is Then.DIES_LATER and number == self.step + 1:
            raise KeyboardInterrupt
        if number != self.step:
            return
        self.reached = True
        if self.then is Then.SLEPT:
            self.desk.moment.on(minutes=2)
        self.desk.put(CLOSE, self.mode)
        if self.other_worker:
            self.desk.round()
        if self.then is Then.DIES:
            raise KeyboardInterrupt


@pytest.mark.parametrize("mode", Mode)
def test_a_close_put_while_it_is_being_opened_ends_closed(sqlite_body: SqliteBody, mode: Mode) -> None:
    """At every step of the opening: whether another worker closes at once, and what becomes of the opener."""
    desk = a_desk(sqlite_body)
    steps = 0
    for step, other_worker, then in product(range(1, 10), (False, True), Then):
        desk.moment.on(minutes=2)
        interruption = Interruption(desk, mode, step, other_worker, then)
        desk.put(OPEN, mode)
        with suppress(KeyboardInterrupt):
            carry_out(desk.carrier(targets={"gw": watched(desk, interruption)}))
        if not interruption.reached:
            assert is_open(desk, mode)
            break
        steps = step
        desk.rounds()
        assert not is_open(desk, mode), interruption
        assert mode is MEMBER or desk.gw.is_on(ADMIN) is False, interruption
    assert steps >= {ENABLE: 2, MEMBER: 2, SECRET: 6}[mode]
    assert not desk.body.audit_breaks()
    desk.body.store.dispose()


def test_a_worker_that_woke_up_after_its_claim_opens_nothing(desk: Desk) -> None:
    """A pause longer than a claim, of a virtual machine perhaps."""

    def sleep(number: int) -> None:
        if number == 1:
            desk.moment.on(minutes=2)

    desk.put(OPEN, SECRET)
    (settled,) = carry_out(desk.carrier(targets={"gw": watched(desk, sleep)}))

    assert settled.outcome is None
    assert OrderKind.ENABLE not in {order.kind for order in desk.gw.carried}
    assert desk.gw.is_on(ADMIN) is False


class Hanging(MemoryTarget):
    """Answers nothing until it is told to, and then not either."""

    asked: Event
    answers: Event

    def find(self, login: str) -> TargetAccount | None:
        self.asked.set()
        self.answers.wait(30)
        self.away = True
        return super().find(login)


def test_a_clock_that_is_set_back_puts_no_end_off(desk: Desk) -> None:
    desk.put(OPEN, SECRET)
    desk.round()
    desk.put(CLOSE, SECRET)
    desk.moment.on(hours=-2)
    settled = [each.outcome for each in desk.round()]

    assert settled == [Outcome.DONE]
    assert not is_open(desk, SECRET)


def test_a_dead_target_delays_nobody_else(both: Desk) -> None:
    """One that hangs: its lane waits, the others go on, also with what is put later."""
    hanging = Hanging("gw")
    hanging.asked, hanging.answers = Event(), Event()
    both.put(CLOSE, ENABLE)
    with Lanes(both.carrier(targets={**both.body.targets, "gw": hanging})) as lanes, ExitStack() as ending:
        ending.callback(hanging.answers.set)
        lanes.start()
        assert hanging.asked.wait(30)
        for _ in range(2):
            number = both.put(CLOSE, ENABLE, system="zei", subject="use 2")
            while not (settled := lanes.take()[0]):
                lanes.start()
            assert [(each.errand.id, each.outcome) for each in settled] == [(number, Outcome.DONE)]
        hanging.answers.set()
        lanes.wait()
        ((hindered,), errors) = lanes.take()
    assert (hindered.errand.system, hindered.outcome, errors) == ("gw", None, [])


def test_a_dead_target_is_tried_for_ever_and_told_once(desk: Desk) -> None:
    desk.gw.away = True
    desk.put(CLOSE, ENABLE)
    waits = []
    for _ in range(8):
        desk.round()
        (left,) = desk.undone()
        waits.append((left.due_at - desk.moment.now).total_seconds())
        desk.moment.now = left.due_at
    desk.gw.away = False
    desk.rounds()

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert desk.alarms == [(1, left.reason)]
    assert desk.errands()[0].outcome is Outcome.DONE


def test_more_than_a_score_in_a_minute_waits_but_never_a_close(desk: Desk) -> None:
    logins = [f"kanri1{number:02}" for number in range(MOST_A_MINUTE + 3)]
    for login in logins:
        register(desk.body, "gw", login)
        desk.gw.place(login, enabled=False)
        desk.put(OPEN, ENABLE, login=login)
    desk.round()
    on = [login for login in logins if desk.gw.is_on(login)]
    alarms = len(desk.alarms)
    for login in logins:
        desk.put(CLOSE, ENABLE, login=login)
    desk.round()

    assert (len(on), alarms) == (MOST_A_MINUTE, 3)
    assert not any(desk.gw.is_on(login) for login in logins)


def test_what_is_not_on_the_target_is_not_open(desk: Desk) -> None:
    desk.gw.remove(ADMIN)
    settled = [(desk.put(kind, SECRET), desk.round()[0].outcome)[1] for kind in (ROTATE, CLOSE)]

    assert settled == [None, Outcome.DONE]


def test_a_target_that_says_yes_and_does_nothing_is_not_believed(desk: Desk) -> None:
    class Liar(MemoryTarget):
        def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
            for order in orders:
                yield Done(order.number, self.accounts.get(order.native_id), member=order.kind is OrderKind.REVOKE)

    desk.put(OPEN, SECRET)
    desk.round()
    desk.put(OPEN, MEMBER)
    desk.round()
    for mode in (SECRET, MEMBER):
        desk.put(CLOSE, mode, subject=mode)
    liar = Liar("gw", desk.gw.accounts, desk.gw.groups, secrets=desk.gw.secrets)
    done = carry_out(desk.carrier(targets={"gw": liar}))

    assert [(each.outcome, each.reason != "") for each in done] == [(None, True)] * 2


def test_errands_of_one_account_go_in_their_order(desk: Desk) -> None:
    desk.gw.away = True
    desk.put(CLOSE, ENABLE)
    desk.round()
    desk.put(OPEN, ENABLE, subject="use 2")
    desk.gw.away = False

    first = desk.round()
    desk.rounds()

    assert first == []
    assert desk.gw.is_on(ADMIN)
    assert [order.kind for order in desk.gw.carried if order.login == ADMIN] == [OrderKind.DISABLE, OrderKind.ENABLE]
