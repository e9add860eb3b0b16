"""Whatever is done in whatever order: no session without two kinds proved by one person, each proof once.

Random steps of two people with each other's tokens; an oracle keeps what every half-done login has really proved.
"""

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from iam.signin import login, sessions
from iam.signin.kinds import Kind, kinds_of
from iam.signin.login import HalfDone, Outcome, Refused, SignedIn
from iam.signin.sessions import Gone, Present
from migrations.run import upgrade
from tests.bodies import a_body
from tests.entrance import HERE, ORIGIN, Entrance, Person, an_entrance

MOSTLY = some.sampled_from([True, True, True, False])


@cache
def _migrated() -> Path:
    path = Path(tempfile.mkdtemp()) / "iam.db"
    upgrade(f"sqlite:///{path}")
    return path


@dataclass
class Proved:
    """What a half-done login has really proved, whose it is, and since when."""

    person: int
    kinds: frozenset[Kind]
    since: datetime


class Door(RuleBasedStateMachine):
    """Two people with an app, a key and paper codes each."""

    halves = Bundle("halves")
    opened = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.truth: dict[str, Proved] = {}
        self.sessions: dict[str, int] = {}
        self.used: set[tuple[int, str]] = set()
        self.out: set[int] = set()

    @initialize(target=halves)
    def people(self) -> Any:  # noqa: ANN401 - as hypothesis gives bundles
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        shutil.copy(_migrated(), folder / "iam.db")
        body = a_body(f"sqlite:///{folder / 'iam.db'}", folder / "keys.json", migrated=True)
        self.hall: Entrance = an_entrance(body)
        self.closing.callback(body.store.dispose)
        self.closing.callback(self.hall.store.dispose)
        self.who: list[Person] = [self.hall.staff(number, app=True, key=True) for number in (1, 2)]
        self.paper = [list(person.recovery_codes()) for person in self.who]
        return multiple(*(self.password(who, right=True) for who in (0, 1)))

    def teardown(self) -> None:
        self.closing.close()

    # --- steps

    @rule(target=halves, who=some.integers(0, 1), right=MOSTLY)
    def typed(self, who: int, right: bool) -> Any:  # noqa: ANN401
        return self.password(who, right=right)

    def password(self, who: int, *, right: bool) -> Any:  # noqa: ANN401
        answer = self.who[who].types_password(None if right else "ちがうパスワードを打った人")
        assert not isinstance(answer, SignedIn)
        if isinstance(answer, Refused):
            return multiple()
        assert right
        assert who not in self.out
        self.truth[answer.token] = Proved(who, frozenset({Kind.KNOWLEDGE}), self.hall.clock.now)
        return answer.token

    @rule(target=opened, token=some.one_of(halves, opened), who=some.integers(0, 1), right=MOSTLY)
    def code(self, token: str, who: int, right: bool) -> Any:  # noqa: ANN401
        person = self.who[who]
        shown = person.code() if right else person.wrong_code()
        answer = login.give_code(self.hall.store, self.hall.door, token, shown, HERE)
        return self._judge(answer, token, who, Kind.POSSESSION, shown=shown)

    @rule(target=opened, token=halves, who=some.integers(0, 1), sheet=some.integers(0, 9))
    def recovery(self, token: str, who: int, sheet: int) -> Any:  # noqa: ANN401
        code = self.paper[who][sheet]
        answer = login.give_code(self.hall.store, self.hall.door, token, code, HERE)
        return self._judge(answer, token, who, Kind.POSSESSION, shown=code)

    @rule(target=opened, token=some.one_of(some.none(), halves), who=some.integers(0, 1), verifies=MOSTLY)
    def key(self, token: str | None, who: int, verifies: bool) -> Any:  # noqa: ANN401
        asked = login.key_options(self.hall.store, self.hall.door, token, HERE)
        if isinstance(asked, Refused):
            return multiple()
        key = self.who[who].keys[0]
        key.verifies = verifies
        answer = login.give_key(self.hall.store, self.hall.door, asked[0], key.get(asked[1], ORIGIN), HERE)
        kinds = frozenset({Kind.POSSESSION, Kind.KNOWLEDGE}) if verifies else frozenset({Kind.POSSESSION})
        if token is None:
            self.truth[asked[0]] = Proved(who, frozenset(), self.hall.clock.now)
        return self._judge(answer, asked[0], who, *kinds, shown=asked[1])

    @rule(target=halves, token=opened)
    def again(self, token: str) -> Any:  # noqa: ANN401
        found = self.hall.look(token)
        if isinstance(found, Gone):
            return multiple()
        who = self.sessions[token]
        answer = login.prove_again(self.hall.store, self.hall.door, found.session, self.who[who].password, HERE)
        if not isinstance(answer, HalfDone):
            return multiple()
        self.truth[answer.token] = Proved(who, frozenset({Kind.KNOWLEDGE}), self.hall.clock.now)
        return answer.token

    @rule(token=consumes(opened))
    def sign_out(self, token: str) -> None:
        found = self.hall.look(token)
        if isinstance(found, Present):
            login.sign_out(self.hall.store, found.session, found.entrant, HERE)
            assert self.hall.look(token) == Gone("signed_out")

    @rule(seconds=some.sampled_from([1, 31, 90, 599, 3600]))
    def wait(self, seconds: int) -> None:
        self.hall.clock.on(seconds=seconds)

    @rule(who=some.integers(0, 1))
    def sessions_end(self, who: int) -> None:
        with self.hall.store.act("test") as act:
            sessions.end_all(act, self.who[who].id, "ended_by_officer")
        self.truth = {token: each for token, each in self.truth.items() if each.person != who}

    @rule(who=some.just(1))
    def suspended(self, who: int) -> None:
        if who not in self.out:
            self.who[who].suspended()
            self.out.add(who)

    # --- what must hold

    def _judge(self, answer: Outcome, token: str, who: int, *kinds: Kind, shown: str) -> Any:  # noqa: ANN401
        assert not isinstance(answer, HalfDone), "with these people two kinds are always enough"
        if isinstance(answer, Refused):
            return multiple()
        before = self.truth.pop(token, None)
        assert before is not None, "no session without a half-done login of ours, and each completes once"
        assert before.person == who, "nobody completes another's login"
        assert self.hall.clock.now - before.since < timedelta(minutes=10)
        assert len(before.kinds | set(kinds)) >= 2
        assert who not in self.out
        assert (who, shown) not in self.used, "each code once"
        self.used.add((who, shown))
        assert answer.token not in {*self.truth, *self.sessions}, "a new token at every step up"
        self.sessions[answer.token] = who
        return answer.token

    @invariant()
    def every_session_holds_what_it_should(self) -> None:
        for token, who in self.sessions.items():
            found = self.hall.look(token, touch=False)
            if isinstance(found, Present):
                assert who not in self.out
                assert found.entrant.person_id == self.who[who].id
                assert len(kinds_of(found.session.proofs.methods)) >= 2
        for token in self.truth:
            assert self.hall.look(token, touch=False) == Gone("unknown")


TestDoor = Door.TestCase
TestDoor.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
