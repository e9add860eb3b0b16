"""Whatever is done in whatever order, by whomever: no use without leave, none past its end, none judged by its own.

Random steps of five people, of time in both directions, of a target that goes away and comes back, and of a worker that
comes round or does not (R12, R17).
"""

import copy
import shutil
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import update

from iam.access.accounts import block_table
from iam.errors import Conflict, Forbidden, NotFound
from iam.policy.profile import Role
from iam.privilege import delegating, using
from iam.privilege.delegating import live_for
from iam.privilege.using import Acting, Use, UseState, Wish, deciding
from iam.record.act import Act
from iam.signin import sessions
from iam.signin.door import entrant
from iam.signin.kinds import Method, Proofs
from migrations.run import upgrade
from tests.bodies import a_body
from tests.entrance import Person
from tests.functional.privilege.conftest import ruled
from tests.memory import MemoryTarget
from tests.offices import an_office
from tests.privileged import RULES, Wing, a_wing, delegated

PROVED = Proofs(((Method.VERIFIED_KEY, 1),))
NAMES = ("root", "console", "admins")
ANYBODY = some.integers(0, 4)
DELEGATES = some.sampled_from([3, 3, 2])
ANY_ID = some.sampled_from(NAMES)
ANY_USE = some.integers(0, 3)
"""Which of the newest uses."""

SECONDS = some.sampled_from([1, 130, 600, 1850, 1850, 2750, 4000, 100_000, -3, -400, -4000])
WORKER = some.sampled_from(["stays", "stays", "sweeps", "carries", "is killed"])
"""What the worker does next."""

CAP, REST = 60, 20


@cache
def _ready() -> tuple[Wing, Path, dict[str, Any]]:
    """A wing with two delegates, made once; its database and its target as they were at first."""
    folder = Path(tempfile.mkdtemp())
    upgrade(f"sqlite:///{folder / 'iam.db'}")
    body = a_body(f"sqlite:///{folder / 'iam.db'}", folder / "keys.json", migrated=True, of=RULES)
    wing = a_wing(an_office(body, ruled(longest=CAP, window=30, rest=REST, emergency=30)), *NAMES)
    delegated(wing, wing.operator, [wing.ids["root"]])
    wing.store.dispose()
    body.store.dispose()
    shutil.copy(folder / "iam.db", folder / "first.db")
    return wing, folder, copy.deepcopy({**vars(wing.gw), "now": wing.clock.now})


class Privileged(RuleBasedStateMachine):
    """General officer, approver, operator (a delegate too), delegate, and somebody else."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.shown: dict[int, list[str]] = {}

    @initialize()
    def begins(self) -> None:
        wing, folder, first = _ready()
        for each in folder.glob("iam.db*"):
            each.unlink()
        shutil.copy(folder / "first.db", folder / "iam.db")
        state = copy.deepcopy(first)
        wing.clock.now = state.pop("now")
        wing.body.targets["gw"] = MemoryTarget(**state)
        wing.door_changed = replace(wing.office.hall.door)
        self.wing, self.at_first = wing, wing.clock.now
        self.people = [wing.general, wing.approver, wing.operator, wing.user, wing.witness]
        assert wing.delegation is not None
        self.delegation = wing.delegation.id
        self.closing.callback(wing.store.dispose)

    def teardown(self) -> None:
        self.closing.close()

    # --- who acts, and on what

    def acting(self, person: Person, act: Act) -> Acting:
        """In a session that was opened this moment."""
        wing = self.wing
        who = entrant(act.connection, wing.door, person.id, act.at)
        _, number = sessions.open_session(act, wing.door, who, person.where, proofs=PROVED, duty="")
        session = sessions.session_of(act.connection, number)
        assert session is not None
        return Acting(wing.store, wing.door, session, who, person.where)

    def does(self, who: int, verb: Any, *words: Any) -> Any:  # noqa: ANN401 - any verb
        """The verb, or None where it is refused; no two things happen at one instant."""
        self.wing.clock.on(milliseconds=7)
        try:
            with self.wing.store.act("test") as act:
                return verb(act, self.acting(self.people[who], act), *words)
        except (Forbidden, Conflict, NotFound):
            return None

    def uses(self) -> list[Use]:
        with self.wing.store.read() as connection:
            return using.uses(connection)

    def pick(self, which: int) -> int:
        found = self.uses()
        return found[which % len(found)].id if found else 1

    # --- steps

    @rule(who=DELEGATES, other=some.sampled_from([4, 4, 0]), name=ANY_ID, minutes=some.sampled_from([None, 45, 60]))
    def works(self, who: int, other: int, name: str, minutes: int | None) -> None:
        """What people mostly do: one asks, another joins, it opens, the secret is looked at."""
        for each in self.uses():
            self.does(who, using.write_record, each.id, "再起動")
        made = self.does(who, using.ask, Wish(self.wing.ids[name].id, "更新", minutes=minutes))
        if made is not None and self.does(other, using.join, made.id) is not None:
            self.wing.round()
            self.looks(0)

    @rule(who=ANYBODY, name=ANY_ID, minutes=some.sampled_from([None, 5, 30, 61, -1]), emergency=some.booleans())
    def begins_alone(self, who: int, name: str, minutes: int | None, emergency: bool) -> None:
        wish = Wish(self.wing.ids[name].id, "更新", minutes=minutes)
        self.does(who, *((using.start_emergency, wish, "障害") if emergency else (using.ask, wish)))

    @rule(who=ANYBODY, which=ANY_USE, verb=some.sampled_from(["join", "join", "present", "leave", "withdraw", "end"]))
    def takes_part(self, who: int, which: int, verb: str) -> None:
        def end(act: Act, acting: Acting, number: int) -> Use:
            return using.end(act, acting.door, number, acting.id, "終わり")

        self.does(who, end if verb == "end" else getattr(using, verb), self.pick(which))

    @rule(which=ANY_USE)
    def looks(self, which: int) -> None:
        """Whoever holds it, in the very session that asked."""
        number = self.pick(which)
        try:
            with self.wing.store.act("test") as act:
                found = using.use(act.connection, number)
                session = sessions.session_of(act.connection, found.session_id or 0)
                if session is not None:
                    who = entrant(act.connection, self.wing.door, found.person_id, act.at)
                    fresh = replace(session, proved_at=act.at)
                    acting = Acting(self.wing.store, self.wing.door, fresh, who, self.wing.user.where)
                    self.shown.setdefault(number, []).append(using.reveal(act, acting, number))
        except (Forbidden, Conflict, NotFound):
            pass

    @rule(who=ANYBODY, other=ANYBODY, which=ANY_USE, verb=some.sampled_from(["confirm", "approve"]))
    def closes_the_books(self, who: int, other: int, which: int, verb: str) -> None:
        def approve(act: Act, acting: Acting, number: int) -> Use:
            return using.approve_afterwards(act, acting.door, number, acting.id, "確認")

        number = self.pick(which)
        for each in (who, 3):
            self.does(each, using.write_record, number, "再起動")
        self.does(other, approve if verb == "approve" else using.confirm_record, number)

    @rule(seconds=SECONDS, watched=some.booleans(), worker=WORKER)
    def time_passes(self, seconds: int, watched: bool, worker: str) -> None:
        """In either direction; where somebody watched, the witness of each use is still there."""
        self.wing.clock.now = max(self.wing.clock.now + timedelta(seconds=seconds), self.at_first)
        for each in self.uses():
            if watched and each.under_way and each.witness_id is not None:
                self.does([person.id for person in self.people].index(each.witness_id), using.present, each.id)
        self.comes_round(worker)

    @rule(
        what=some.sampled_from(["away", "suspended", "delegation"]), worker=WORKER, undone=some.sampled_from([1, 1, 0])
    )
    def something_happens(self, what: str, worker: str, undone: int) -> None:
        """Something that takes away what a use needs; mostly it is put right some time later."""
        happens, is_undone = {
            "away": (self.away, self.back), "suspended": (self.wing.user.suspended, self.lifted),
            "delegation": (self.delegation_ends, self.delegation_begins),
        }[what]  # fmt: skip
        happens()
        self.comes_round(worker)
        if undone:
            is_undone()

    @rule(worker=WORKER)
    def all_is_well_again(self, worker: str) -> None:
        self.back()
        self.lifted()
        self.delegation_begins()
        self.comes_round(worker)

    def away(self) -> None:
        self.wing.gw.away = True

    def back(self) -> None:
        self.wing.gw.away = False

    def lifted(self) -> None:
        with self.wing.store.act("test") as act:
            act.connection.execute(update(block_table).values(lifted_at=act.at))
        self.wing.clock.on(seconds=1)
        delegating.tidy(self.wing.store, self.wing.door, "worker")
        self.delegation_begins()

    def delegation_begins(self) -> None:
        """Anew, where it ended."""
        wing = self.wing
        with suppress(Forbidden, Conflict, NotFound):
            self.delegation = delegated(wing, wing.user, list(wing.ids.values())).id

    def delegation_ends(self) -> None:
        def end(act: Act, acting: Acting) -> object:
            return delegating.end(act, acting.door, self.delegation, acting.id, "交代")

        self.does(0, end)

    def comes_round(self, how: str) -> None:
        """The worker, perhaps."""
        if how == "carries":
            self.wing.carry()
        if how == "sweeps":
            using.sweep(self.wing.store, self.wing.door)
            self.nothing_stays_that_nobody_allows()
        if how == "stays":
            self.a_minute_with_a_worker()

    def a_minute_with_a_worker(self) -> None:
        """Within 60 seconds whatever was over is off the target, if that can be reached (R12)."""
        at = self.wing.clock.now
        over = {each.id for each in self.uses() if each.ends_at is not None and each.ends_at <= at}
        for _ in range(4):
            self.wing.round()
            self.wing.clock.on(seconds=15)
        self.nothing_stays_that_nobody_allows()
        states = {each.id: each.state for each in self.uses()}
        done = {UseState.CLOSED, UseState.WITHDRAWN, UseState.LAPSED}
        done |= {UseState.CLOSING} if self.wing.gw.away else set()
        assert all(states[number] in done for number in over), states

    def nothing_stays_that_nobody_allows(self) -> None:
        wing, at = self.wing, self.wing.clock.now
        with wing.store.read() as connection:
            for each in using.uses(connection, states=using.UNDER_WAY):
                live = live_for(connection, wing.door, each.person_id, each.privileged_id, at)
                assert each.emergency or live is not None
                assert entrant(connection, wing.door, each.person_id, at).in_service

    # --- what always holds

    @invariant()
    def every_row_is_sound(self) -> None:
        for each in self.uses():
            assert each.witness_id != each.person_id
            assert each.confirmed_by != each.person_id
            assert each.confirmed_by is None or each.witness_id in (None, each.confirmed_by)
            assert each.approved_by is None or each.approved_by not in (each.person_id, each.witness_id)
            assert each.approved_by in (None, self.wing.approver.id)
            assert each.opened_at is None or each.emergency or each.witness_id is not None
            assert each.opened_at is None or each.ends_at is not None
            assert each.emergency or each.delegation_id is not None
            assert (each.slot is None) == (each.state not in using.UNDONE)
            assert each.approved_by is None or Role.APPROVER in self.wing.office.roles(self.wing.approver)

    @invariant()
    def nobody_goes_past_the_cap(self) -> None:
        opened = [each for each in self.uses() if each.opened_at is not None]
        for _, mine in groupby(sorted(opened, key=lambda each: (each.person_id, each.opened_at)), _person):
            row, end = timedelta(0), datetime.min.replace(tzinfo=self.at_first.tzinfo)
            for each in mine:
                assert each.opened_at is not None
                assert each.ends_at is not None
                begins_anew = each.opened_at - end >= timedelta(minutes=REST)
                row = deciding.duration(each) + (timedelta(0) if begins_anew else row)
                end = max(end, each.ended_at or each.ends_at)
                assert row <= timedelta(minutes=CAP), opened

    @invariant()
    def the_target_holds_nothing_but_what_a_use_accounts_for(self) -> None:
        found, wing = self.uses(), self.wing
        for name in NAMES:
            mine = [each for each in found if each.privileged_id == wing.ids[name].id]
            undone = [each for each in mine if each.state in using.UNDONE]
            accounts = [each.slot for each in undone]
            assert len(accounts) == len(set(accounts))
            assert not (name != "admins" and len(undone) > 1)
            if not any(each.state is not UseState.ASKED for each in undone):
                assert wing.shut(name), mine
        for number, secrets in self.shown.items():
            over = next(each.state is UseState.CLOSED for each in found if each.id == number)
            dead = secrets if over else secrets[:-1]
            away, wing.gw.away = wing.gw.away, False
            assert not any(wing.gw.opens("kanri1", secret) for secret in dead)
            wing.gw.away = away


def _person(use: Use) -> int:
    return use.person_id


TestPrivileged = Privileged.TestCase
TestPrivileged.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,  # a run of the tests finds what the last one found; a hunt changes this line
)
