"""Privileged IDs of さくら市, played through over targets in memory: for the officers' pages about them.

found = staged(city)                # registered, delegated, one past use, one emergency, one nomination that waits
an_open_use(city, found)            # somebody works with a privileged ID now
"""

from collections.abc import Collection

from iam.jobs.urgent import carrier_of
from iam.policy.profile import Role
from iam.privilege import using
from iam.privilege.using import UseState
from iam.sync.urgent import carry_out
from tests.functional.site.given import City
from tests.memory import MemoryTarget
from web.practice.portal.privileged import FINANCE, JUKI, WISHES, Parts, Practice, Staged


def targets(city: City) -> dict[str, MemoryTarget]:
    """One for each system, with the accounts of its privileged IDs, switched off."""
    found: dict[str, MemoryTarget] = city.__dict__.setdefault("_targets", {})
    if not found:
        found |= {code: MemoryTarget(code) for code in city.settings.targets}
        for system in (FINANCE, JUKI):
            found[system].place(WISHES[system].login, enabled=False)
    return found


def rounds(city: City) -> None:
    """What the worker does in three seconds."""
    carrier = carrier_of(city.store, city.door.model, dict(targets(city)), door=city.door)
    for _ in range(3):
        carry_out(carrier)
        using.sweep(city.store, city.door)
        city.clock.forward(seconds=1)


def practice(city: City) -> Practice:
    """The players: an officer for each part, and somebody without a role as the witness."""
    targets(city)

    def settle(id_: int, states: Collection[UseState]) -> None:
        rounds(city)
        with city.store.read() as connection:
            found = using.use(connection, id_)
        assert found.state in states, found

    parts = Parts(
        general=_id(city, city.holder(Role.GENERAL_OFFICER)), approver=_id(city, city.holder(Role.APPROVER)),
        delegate=_id(city, city.holder(Role.OPERATOR)), witness=_id(city, city.plain()),
    )  # fmt: skip
    return Practice(city.store, city.door, parts, settle)


def _id(city: City, number: str) -> int:
    return city.entrant(number).person_id


def staged(city: City) -> Staged:
    """Everything, one after the other."""
    return practice(city).play()


def an_open_use(city: City, found: Staged) -> int:
    """The delegate works on the finance system, with a witness; the number of the use."""
    play = practice(city)
    with play.acting(play.parts.delegate, stays=True) as user, play.acting(play.parts.witness, stays=True) as witness:
        use = play.asked(user, found.ids[FINANCE], "年次処理の確認")
        with witness.attempt("join", use.subject) as act:
            using.join(act, witness, use.id)
        rounds(city)
    return use.id
