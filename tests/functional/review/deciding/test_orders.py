"""Whatever is answered in whatever order: the most restrictive wins, and nobody decides about their own.

Random answers of everybody about everything, roles that move, escalation, silence; an oracle that keeps its own books
says which answers are taken and what becomes of every line (R10, R17).
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert, select, update

from iam.access.accounts import block_table
from iam.errors import Conflict, Forbidden, SheetError
from iam.people.ledger import appointment_table, next_id
from iam.policy.entry.review import Silence
from iam.policy.profile import Role
from iam.record.columns import JST, jst_day
from iam.review.books import campaign_answer_table
from iam.review.campaigns import Line, lines
from iam.review.deciding.counting.progress import By, progress, undecided
from iam.review.deciding.silence import let_silence_speak
from iam.review.deciding.taking.passing import escalate, pass_on_orphans
from iam.review.deciding.verdicts import outcomes
from iam.review.words import How, Part, Verdict
from tests.bodies import DAY
from tests.functional.review.deciding.given import (
    GENERAL,
    GENERAL_TOO,
    GW,
    GW_TOO,
    HR,
    HR_TOO,
    OPERATOR,
    OUTSIDE,
    STAFF,
    ZEI,
    Council,
    a_copy,
)

CAST = (GENERAL, GENERAL_TOO, HR, HR_TOO, GW, GW_TOO, ZEI, OPERATOR, OUTSIDE, STAFF[0])
MOVING = (GENERAL_TOO, HR_TOO, GW, GW_TOO, ZEI)
"""Who may lose what they are; somebody is always left."""

WEIGHT = {Verdict.KEEP: 0, Verdict.KEEPER: 1, Verdict.LAPSE: 3, Verdict.REDUCE: 4, Verdict.REMOVE: 5}
HEADS = {GENERAL, GENERAL_TOO, 8, OPERATOR}

whichever = some.integers(0, 22)
FITTING = [*((each, Part.OWNER) for each in (GW, GW_TOO, ZEI)), (GENERAL, Part.GENERAL), (GENERAL_TOO, Part.GENERAL)]
ANYBODY = [*FITTING * 3, *((each, part) for each in CAST for part in (Part.OWNER, Part.GENERAL))]
EVENTS = (
    "moves_away",
    "steps_in",
    "is_suspended",
    "is_escalated",
    "orphans",
    "orphans",
    "silence",
    "nothing",
    "nothing",
)
seed = some.integers(0, 2**20)


class Orders(RuleBasedStateMachine):
    """Everybody answers everything."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        # What the oracle knows: what each part said of each line (verdict, by), 人事 of each person; who may what.
        self.said: dict[tuple[int, Part], tuple[Verdict, int]] = {}
        self.persons: dict[int, tuple[Verdict, int]] = {}
        self.silent: set[int] = set()
        self.asked: dict[int, Part] = {}
        self.gone: set[int] = set()
        self.stopped: set[int] = set()
        self.spoke = False
        self.steps = 0

    @initialize(silence=some.sampled_from(Silence))
    def opened(self, silence: Silence) -> None:
        self.silence = silence
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        self.council: Council = a_copy(folder, self.silence)
        self.closing.callback(self.council.body.store.dispose)
        self.closing.callback(self.council.store.dispose)
        self.lines = self.council.lines()
        self.asked = {line.id: line.asked for line in self.lines}
        self.number = {id_: number for number, id_ in self.council.numbers.items()}

    def teardown(self) -> None:
        self.closing.close()

    # --- the oracle

    def acts(self, who: int) -> bool:
        return who not in self.gone | self.stopped | {OUTSIDE}

    def owners(self, line: Line) -> set[int]:
        """Who may answer for the system, of those who are there and neither own nor keep it."""
        named = {GW, GW_TOO} if line.system == "gw" else {ZEI}
        return {each for each in named if self.acts(each) and not self.own(each, line)}

    def own(self, who: int, line: Line) -> bool:
        return self.council.numbers[who] in {line.person_id, line.keeper_id}

    def may(self, who: int, part: Part, line: Line) -> bool:
        if not self.acts(who) or self.own(who, line):
            return False
        if part is Part.GENERAL:
            return who in {GENERAL, GENERAL_TOO}
        return who in self.owners(line) and self.asked[line.id] is Part.OWNER

    def sound(self, line: Line, verdict: Verdict, reason: str) -> bool:
        nobodys = line.person_id is None and line.keeper_id is None
        if verdict in {Verdict.KEEP, Verdict.REDUCE} and nobodys:
            return False
        if verdict is Verdict.KEEPER:
            return line.person_id is None
        return bool(reason) or (verdict is Verdict.KEEP and not line.findings)

    def verdicts(self, line: Line) -> list[Verdict]:
        """All that weighs on a line, silence aside when somebody spoke."""
        found = [each[0] for key, each in self.said.items() if key[0] == line.id]
        if line.person_id is not None and self.left(self.number[line.person_id]):
            found.append(Verdict.REMOVE)
        if line.id in self.silent:
            found.append(Verdict.REMOVE if self.silence is Silence.SUSPEND else Verdict.KEEP)
        return found

    def left(self, who: int) -> bool:
        return who in self.persons and self.persons[who][0] is Verdict.LEFT

    def open(self, line: Line) -> bool:
        return not self.verdicts(line)

    def tried(self, deed: Callable[[], object], *, allowed: bool) -> bool:
        refused = ""
        try:
            deed()
        except (Forbidden, Conflict, SheetError) as refusal:
            refused = str(refusal)
        assert (not refused) is allowed, refused
        return allowed

    # --- what they do

    def drawn(self, seed: int) -> Random:
        """Chance of the step: drawn one by one, most of what is done would be the first of everything."""
        self.steps += 1
        return Random(seed * 1_000 + self.steps)

    @rule(seed=seed)
    def some_answer(self, seed: int) -> None:
        chance = self.drawn(seed)
        for _ in range(6):
            what = chance.choice(list(WEIGHT)), chance.choice(["不要", "不要", "不要", ""])
            self.answers(chance.choice(ANYBODY), chance.randrange(23), what, stale=chance.random() < 0.2)

    def answers(self, whoever: tuple[int, Part], which: int, what: tuple[Verdict, str], *, stale: bool) -> None:
        (by, part), (verdict, reason) = whoever, what
        line = self.lines[which]
        said: dict[str, Any] = {"reason": reason}
        if verdict is Verdict.LAPSE:
            said["until"] = self.today + 20 * DAY
        if verdict is Verdict.REDUCE:
            said["rights"] = (line.rights[0].right,)
        if verdict is Verdict.KEEPER:
            said["given_to"] = self.council.numbers[STAFF[1]]
        before = self.said.get((line.id, part))
        seen = 0 if stale else None
        may, sound = self.may(by, part, line), self.sound(line, verdict, reason)
        same = before is not None and self.stands(line, part, verdict, said)
        allowed = may and (same or (sound and not (stale and before is not None)))
        if (
            self.tried(lambda: self.council.answers(by, line, verdict, part, seen=seen, **said), allowed=allowed)
            and not same
        ):
            self.said[line.id, part] = verdict, by
            self.silent.discard(line.id)

    def stands(self, line: Line, part: Part, verdict: Verdict, said: dict[str, Any]) -> bool:
        columns = campaign_answer_table.c
        with self.council.store.read() as connection:
            row = connection.execute(
                select(columns.verdict, columns.reason, columns.until).where(
                    columns.line_id == line.id, columns.part == part, columns.how != How.SILENCE
                )
            ).one_or_none()
        return row is not None and tuple(row) == (verdict, said["reason"], said.get("until"))

    @rule(seed=seed)
    def personnel_answer(self, seed: int) -> None:
        chance = self.drawn(seed)
        for _ in range(3):
            verdict = chance.choice([Verdict.IN_SERVICE, Verdict.IN_SERVICE, Verdict.LEFT, Verdict.UNKNOWN])
            self.person(chance.choice([HR, HR_TOO, GENERAL]), chance.choice((*CAST, 8, 10)), verdict)

    def person(self, by: int, about: int, verdict: Verdict) -> None:
        said: dict[str, Any] = {"until": self.today - DAY} if verdict is Verdict.LEFT else {"reason": "照会中"}
        allowed = by in {HR, HR_TOO} and self.acts(by) and by != about
        if self.tried(lambda: self.council.answers(by, about, verdict, **said), allowed=allowed):
            self.persons[about] = verdict, by

    @property
    def today(self) -> date:
        return jst_day(self.council.clock())

    # --- what happens meanwhile

    @rule(seed=seed)
    def meanwhile(self, seed: int) -> None:
        chance = self.drawn(seed)
        for _ in range(2):
            self.happens(chance.choice(EVENTS), chance.choice(MOVING))

    def happens(self, what: str, who: int) -> None:
        if what == "is_escalated":
            self.is_escalated("zei" if who == ZEI else "gw")
        elif what == "orphans":
            self.orphans_are_passed_on()
        elif what == "silence":
            self.nobody_speaks()
        elif what != "nothing":
            getattr(self, what)(who)

    def moves_away(self, who: int) -> None:
        columns = appointment_table.c
        with self.council.store.act("test") as act:
            act.connection.execute(
                update(appointment_table)
                .where(columns.person_id == self.council.numbers[who])
                .values(title_code="01", known_from=act.at)
            )
        self.gone.add(who)

    def steps_in(self, who: int) -> None:
        if who not in self.gone & {GW_TOO, HR_TOO}:
            return
        role = Role.SYSTEM_OWNER if who == GW_TOO else Role.HR_OFFICER
        columns = appointment_table.c
        with self.council.store.act("test") as act:
            act.connection.execute(
                update(appointment_table)
                .where(columns.person_id == self.council.numbers[who])
                .values(title_code=f"9{list(Role).index(role)}", known_from=act.at)
            )
        self.gone.discard(who)

    def is_suspended(self, who: int) -> None:
        with self.council.store.act("test") as act:
            act.connection.execute(
                insert(block_table).values(
                    id=next_id(act.connection, block_table), person_id=self.council.numbers[who], system="",
                    entitlement="", origin="test", clause="baseline", reason="test", valid_from=self.today,
                    valid_until=date.max,
                )
            )  # fmt: skip
        self.stopped.add(who)

    def is_escalated(self, system: str) -> None:
        with self.council.store.act("test") as act:
            escalate(act, self.council.id, "統括が引き取る", systems=[system])
        for line in self.lines:
            if line.system == system and self.open(line):
                self.asked[line.id] = Part.GENERAL

    def orphans_are_passed_on(self) -> None:
        with self.council.store.act("worker") as act:
            pass_on_orphans(act, self.council.door, self.council.id)
        self.pass_orphans()

    def pass_orphans(self) -> None:
        for line in self.lines:
            if self.open(line) and not self.owners(line):
                self.asked[line.id] = Part.GENERAL

    def nobody_speaks(self) -> None:
        due = self.council.campaign.due_on
        if self.today <= due:
            self.council.clock.now = datetime.combine(due + DAY, time(9), JST)

        def deed() -> None:
            with self.council.store.act("worker") as act:
                let_silence_speak(act, self.council.door, self.council.id)

        if not self.tried(deed, allowed=not self.spoke):
            return
        self.spoke = True
        self.pass_orphans()
        for line in self.lines:
            if not self.open(line) or self.asked[line.id] is not Part.OWNER:
                continue
            if self.waits(line):
                self.asked[line.id] = Part.GENERAL
            else:
                self.silent.add(line.id)

    def waits(self, line: Line) -> bool:
        if self.silence is Silence.KEEP:
            return line.findings > 0
        heads = {self.council.numbers[each] for each in HEADS - self.gone}
        return line.person_id in heads

    # --- what always holds

    @invariant()
    def the_most_restrictive_wins_and_nobody_decided_about_their_own(self) -> None:
        if not hasattr(self, "council"):
            return
        columns = campaign_answer_table.c
        with self.council.store.read() as connection:
            found = list(outcomes(connection, lines(connection, self.council.id)))
            left = undecided(connection, self.council.id)
            parts = {each.key: each.open for each in progress(connection, self.council.id, By.PART)}
            rows = connection.execute(select(columns.line_id, columns.person_id, columns.answered_by)).all()
        for line, outcome in found:
            said = self.verdicts(line)
            assert (outcome and outcome.verdict.weight) == max((WEIGHT[each] for each in said), default=None)
            assert line.asked is self.asked[line.id]
        assert left.lines == sum(parts.values()) == sum(self.open(line) for line in self.lines)
        answered = {who for who, said in self.persons.items() if said[0] is not Verdict.UNKNOWN}
        silent = len(self.council.numbers) - len(self.persons) if self.spoke else 0
        assert left.persons + left.unknown + silent == len(self.council.numbers) - len(answered)
        whose = {line.id: {line.person_id, line.keeper_id} for line in self.lines}
        assert all(row.answered_by not in whose.get(row.line_id, {row.person_id}) for row in rows if row.answered_by)


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=12, stateful_step_count=8, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
