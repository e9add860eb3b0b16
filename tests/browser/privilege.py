"""Privileged IDs in the city: so that none of their pages is empty.

The one law: *by the verbs of whoever does them*, as in tour.py.  No worker runs here: `Rounds` does what it would.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from iam.jobs.urgent import carrier_of
from iam.office import cases
from iam.office.changes import waivers
from iam.office.changes.waivers import Control
from iam.policy.profile import Role
from iam.privilege import register, using
from iam.privilege.books import delegation_table
from iam.privilege.register import Deed, Mode
from iam.privilege.using import UseState
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin.door import Door
from iam.sync.urgent import carry_out
from tests.browser.city import City
from tests.browser.sightings import Seen, furnish_seen
from tests.memory import MemoryTarget
from web.practice.portal.privileged import ACTOR, FINANCE, GROUPWARE, JUKI, WISHES, Parts, Practice, Staged
from web.practice.portal.visitors import Way

SPARE: Final = "juki-yobi"
"""The login of an ID that was retired."""


@dataclass
class Rounds:
    """What the worker does, over targets in memory."""

    store: Store
    door: Door
    targets: dict[str, MemoryTarget] = field(default_factory=dict)

    def go(self, count: int = 4) -> None:
        """So many rounds."""
        carrier = carrier_of(self.store, self.door.model, dict(self.targets), door=self.door)
        for _ in range(count):
            carry_out(carrier)
            using.sweep(self.store, self.door)

    def settle(self, id_: int, states: Collection[UseState]) -> None:
        """Until a use stands in one of these states."""
        for _ in range(20):
            self.go(1)
            with self.store.read() as connection:
                if using.use(connection, id_).state in states:
                    return
        raise AssertionError(f"use {id_} is in none of {states}")


@dataclass(frozen=True)
class Privilege:
    """What can be looked at.  `open`: a use with its witness; `stuck`: one whose target died before its end.

    `asked`: a use that waits for a witness; `waiver`: an exception that holds; `ask_id`, `ask_waiver`: cases that wait.
    `seen`: what a log of a target showed.
    """

    staged: Staged
    open: int
    stuck: int
    asked: int
    waiver: int
    ask_id: int
    ask_waiver: int
    seen: Seen

    def id_of(self, system: str) -> int:
        """The privileged ID of a system."""
        return self.staged.ids[system].id


def furnish_privilege(city: City) -> Privilege:
    """The register, delegations in every state that waits, uses of each sort, exceptions."""
    rounds = Rounds(city.store, city.door, {code: MemoryTarget(code) for code in city.deployment.settings.targets})
    for system, login in ((FINANCE, WISHES[FINANCE].login), (JUKI, WISHES[JUKI].login), (JUKI, SPARE)):
        rounds.targets[system].place(login, enabled=False)
    cast = city.cast
    parts = Parts(
        general=city.id_of(cast.one(Role.GENERAL_OFFICER)), approver=city.id_of(cast.one(Role.APPROVER)),
        delegate=city.id_of(cast.one(Role.OPERATOR)), witness=city.id_of(city.newcomer(Way.APP)),
    )  # fmt: skip
    play = Practice(city.store, city.door, parts, rounds.settle)
    staged = play.play()
    spare = play.registered(register.Wish(Deed.NEW, JUKI, Mode.SECRET, SPARE, purpose="予備機の保守"))
    play.registered(register.Wish.retiring(spare))
    waiver, ask_waiver = _waivers(city, play)
    _by_a_deputy(city, staged, waiver)
    # Nobody asks for the change of an ID that is in use.
    ask_id = _ask_id(city, play, staged)
    stuck = _stuck(play, rounds, staged)
    return Privilege(
        staged, _open(play, rounds, staged), stuck, _asked(play, staged), waiver, ask_id, ask_waiver,
        furnish_seen(city),
    )  # fmt: skip


def _stuck(play: Practice, rounds: Rounds, staged: Staged) -> int:
    """A use of the ID on juki whose target died before its end."""
    with play.acting(play.parts.delegate) as user, play.acting(play.parts.witness) as witness:
        use = play.asked(user, staged.ids[JUKI], "帳票の文字の追加")
        with witness.attempt("join", use.subject) as act:
            using.join(act, witness, use.id)
        rounds.settle(use.id, {UseState.OPEN})
        rounds.targets[JUKI].away = True
        with user.attempt("end", use.subject) as act:
            using.end(act, play.door, use.id, user.id)
        rounds.go(1)
    return use.id


def _open(play: Practice, rounds: Rounds, staged: Staged) -> int:
    with play.acting(play.parts.delegate, stays=True) as user, play.acting(play.parts.witness, stays=True) as witness:
        use = play.asked(user, staged.ids[FINANCE], "決算の前の設定の確認")
        with witness.attempt("join", use.subject) as act:
            using.join(act, witness, use.id)
        rounds.settle(use.id, {UseState.OPEN})
    return use.id


def _asked(play: Practice, staged: Staged) -> int:
    with play.acting(play.parts.delegate, stays=True) as user:
        return play.asked(user, staged.ids[GROUPWARE], "掲示板の整理").id


def _waivers(city: City, play: Practice) -> tuple[int, int]:
    """One that holds, and the case of one that waits."""
    today, systems = jst_day(city.store.clock()), city.door.model.systems
    wish = waivers.Wish(Control.DELEGATION, "", "次の週に、統括が記録を確かめる", today, today + timedelta(days=30))
    with city.store.act(ACTOR) as act:
        case = waivers.propose(
            act, city.door.offices, play.parts.delegate, wish, "担当が三人しかいない", systems=systems
        )
    with city.store.act(ACTOR) as act:
        held = cases.confirm(
            act, city.door.offices, case.id, decided_by=play.parts.approver, seen_hash=case.content_hash,
            carry_out=lambda act, of: waivers.take_effect(act, city.door.offices, of, systems=systems),
        )  # fmt: skip
    wish = waivers.Wish(Control.TWO_PERSON, JUKI, "画面を録画する", today, today + timedelta(days=7))
    with city.store.act(ACTOR) as act:
        waits = waivers.propose(act, city.door.offices, play.parts.delegate, wish, "夜間は一人のため", systems=systems)
    return held.id, waits.id


def _by_a_deputy(city: City, staged: Staged, waiver: int) -> None:
    """The delegation that holds was nominated under the exception, so that somebody has to look at it afterwards."""
    with city.store.act(ACTOR) as act:
        mine = delegation_table.c.id == staged.live.id
        act.connection.execute(update(delegation_table).where(mine).values(waiver_id=waiver))


def _ask_id(city: City, play: Practice, staged: Staged) -> int:
    """The case of a change that waits."""
    like = register.Wish.like(staged.ids[GROUPWARE])
    wish = register.Wish(
        Deed.CHANGE, like.system, like.mode, like.login, like.entitlement, "グループウェアの管理", 2, id=like.id
    )
    with city.store.act(ACTOR) as act:
        return register.propose(act, city.door, play.parts.delegate, wish, "人数を絞るため").id


def privileged_at(found: Privilege) -> dict[tuple[str, str], object]:
    """What each officers' page about privileged IDs asks for: endpoint and name to a number."""
    staged, here = found.staged, "id_"
    finance, live, waiting = found.id_of(FINANCE), staged.live.id, staged.waiting.id
    ids = {
        "privileged_ids.one": finance, "privileged_id_asks.change": finance, "privileged_id_asks.retire": finance,
        "privileged_id_asks.suspect": finance, "delegations.one": live, "delegation_deeds.end": live,
        "delegation_deeds.review": live, "delegation_deeds.approve": waiting, "delegation_deeds.decline": waiting,
        "use_watch.one": staged.emergency, "use_deeds.end": found.open, "use_deeds.approve": staged.emergency,
        "waivers.withdraw": found.waiver,
    }  # fmt: skip
    return {(endpoint, here): id_ for endpoint, id_ in ids.items()} | found.seen.at()
