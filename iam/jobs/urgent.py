"""Urgent work, each second: errands on targets, and the uses of privileged IDs that they open and close.

The one law: *an end comes on time*: whatever else a worker has to do, and whichever target is dead, what is over is
closed within seconds; safe to run twice and by two at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from iam.access.accounts import OF_A_REVIEW
from iam.access.model import AccessModel
from iam.office.changes.configuration import why_nothing_is_given
from iam.ports import Target
from iam.privilege import delegating, telling
from iam.privilege.using import Swept, opens_now, sweep
from iam.privilege.vault import Vault
from iam.record.act import Act
from iam.record.store import Store
from iam.review.closing import warrant
from iam.signin.door import Door
from iam.sync.urgent import Carrier, Lanes, Settled, StoredErrand, undone

ACTOR: Final = "worker"

BETWEEN_DELEGATIONS: Final = timedelta(seconds=10)
"""Between two looks at delegations: what is void is unusable at once; a look marks it, and tells."""

_STOPPED: Final = "棚卸で停止と決まったIDのため、開きません。要るときは、統括か人事が停止を取り消してください。"
_NOBODYS: Final = "これを待つ利用がないか、開ける時間を過ぎたため、開きません。要るときは、利用を申請し直してください。"

MOST_ROUNDS: Final = 20
"""How often one call goes on, while what was swept puts more errands."""


@dataclass
class Hastened:
    """What one round did.  `broken`: what broke off the work on a target; it begins anew in the next round."""

    settled: list[Settled] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)
    swept: list[Swept] = field(default_factory=list)


def carrier_of(
    store: Store,
    model: AccessModel,
    targets: Mapping[str, Target],
    *,
    door: Door | None,
    going: Callable[[], bool] = lambda: True,
) -> Carrier:
    """Who carries errands out.  Without a `door` (a body without a portal) nobody is told of a target that is dead."""

    def alarm(act: Act, errand: StoredErrand, _reason: str) -> None:
        # What a review closes is alarmed by the review, a day later (R10).
        if door is not None and not errand.rule.startswith(OF_A_REVIEW):
            telling.stuck(act, door, errand)

    def withheld(connection: Connection, errand: StoredErrand, at: datetime) -> str:
        if warrant.stopped(connection, errand.system, errand.comparable):
            return _STOPPED
        return "" if door is None else why_withheld(connection, door, errand, at)

    return Carrier(
        store, ACTOR, model, targets, Vault(store.keys), alarm=alarm, going=going, withheld=withheld,
        signed=warrant.may_close, meant=warrant.meant,
    )  # fmt: skip


def why_withheld(connection: Connection, door: Door, errand: StoredErrand, at: datetime) -> str:
    """Why an ID is not opened: no use waits for it (R12), or nobody confirmed what this worker runs with (R19); or "".

    Under a configuration that nobody confirmed an emergency goes on: it is alarmed and approved afterwards in any case.
    """
    use = opens_now(connection, door, errand, at)
    if use is None:
        return _NOBODYS
    refusal = why_nothing_is_given(connection, door.keys, door.running, at)
    return "" if refusal is None or use.emergency else str(refusal)


def carry_urgent(store: Store, door: Door | None, lanes: Lanes) -> Hastened:
    """One round: what is due is begun, each target in its lane, and what was done moves its use on; waits for none.

    Raises:
        StoreError, Busy: when the database is away; what was begun goes on, and is settled later.
    """
    lanes.start()
    done = Hastened(*lanes.take())
    if door is not None:
        delegating.tidy(store, door, ACTOR, each=BETWEEN_DELEGATIONS)
        done.swept.append(sweep(store, door))
        # What has just ended is closed now, not at the next look.
        lanes.start()
    return done


def carry_all_urgent(store: Store, door: Door | None, lanes: Lanes) -> Hastened:
    """Rounds until nothing is due: for whoever stays only for one."""
    done = Hastened()
    for _ in range(MOST_ROUNDS):
        found = carry_urgent(store, door, lanes)
        lanes.wait()
        settled, broken = lanes.take()
        done.settled += [*found.settled, *settled]
        done.broken += [*found.broken, *broken]
        done.swept += found.swept
        if not any(each.outcome for each in (*found.settled, *settled)):
            break
    return done


def hindered(connection: Connection) -> list[str]:
    """A sentence for each target on which something cannot be done, and why."""
    return sorted({f"{each.system}: {each.reason}" for each in undone(connection) if each.reason})
