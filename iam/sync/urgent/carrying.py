"""One errand carried out: claimed, refused or brought to its target, and settled by what was read back.

The one law: intent before, result after, no transaction over the network (design laws 1 and 3); and *a CLOSE comes
last*: an OPEN that was overtaken by one, or died with its work half done, is closed after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection, select, update

from iam.access.model import AccessModel
from iam.errors import Conflict, IamError, IntegrityError, NotFound
from iam.ports import Target
from iam.record.act import Act
from iam.record.store import Store
from iam.sync.urgent.aims import why_refused, why_wait
from iam.sync.urgent.books import errand_table
from iam.sync.urgent.errands import DOING, ERRANDS, ErrandKind, Mode, Outcome, StoredErrand, detail_of, stored
from iam.sync.urgent.settling import (
    Alarm,
    Settled,
    again,
    ended,
    in_hand,
    later,
    opening_until,
    overtaken,
    write_shown,
)
from iam.sync.urgent.visits import Shown, Texts, Visit

MOST_SECRETS: Final = 5
"""Secrets that are tried on a target before it is told that it takes none."""

BEGIN_WITHIN: Final = ERRANDS.hold / 2
"""Nothing is opened later than this after the claim: what is on the way then ends before the claim lapses."""

FARTHEST: Final = max(ERRANDS.hold, ERRANDS.longest_delay)
"""Nothing is put off further than this: what looks so was put before the clock was set back, and is due."""

_NOT_OURS: Final = "ほかの処理が引き継ぎました。"
_NO_TARGET: Final = "設定の [targets] にこのシステムがないため、書き込めません。設定に書き足してください。"


class Secrets(Protocol):
    """The vault, as whoever sets a secret on a target sees it.  No secret of it is kept, logged or shown."""

    def open(self, connection: Connection, secret_id: int) -> str:
        """The secret in clear.

        Raises:
            NotFound: when it is not there, or is no longer kept; IntegrityError: when it was altered.
        """

    def anew(self, act: Act, secret_id: int) -> int:
        """Another secret in the place of this one, which the target refused; answers the new one's id."""


@dataclass(frozen=True)
class Carrier:
    """Who carries errands out, and with what.

    `alarm`: called in the act of an errand's first failure, once for each.
    `going`: whether to begin another errand.
    `withheld`: why an opening may not be carried out now, "" when it may; asked of nothing that closes.
    `signed`: whether a review that two persons signed names exactly what this errand closes.
    `meant`: the native id of the one account that may be closed, "" for whichever has the login.
    """

    store: Store
    actor: str
    model: AccessModel
    targets: Mapping[str, Target]
    secrets: Secrets
    alarm: Alarm = lambda _act, _errand, _reason: None
    going: Callable[[], bool] = lambda: True
    withheld: Callable[[Connection, StoredErrand, datetime], str] = lambda _connection, _errand, _at: ""
    signed: Callable[[Connection, StoredErrand], bool] = lambda _connection, _errand: False
    meant: Callable[[Connection, StoredErrand], str] = lambda _connection, _errand: ""


def due_systems(connection: Connection, at: datetime) -> set[str]:
    """The systems on which an errand is due."""
    table = errand_table.c
    due = (table.due_at <= at) | (table.due_at > at + FARTHEST)
    query = select(table.system).where(table.settled_at.is_(None), due).distinct()
    return set(connection.execute(query).scalars())


def carry_next(carrier: Carrier, system: str) -> Settled | None:
    """Carry out what is due on one system: a CLOSE before all else, then what has waited longest; None without any.

    Raises:
        StoreError, Busy: when the database is away; the errand is taken up again when its claim lapses.
    """
    with carrier.store.act(carrier.actor) as act:
        claimed = _claimed(act, carrier, system)
    return _Round(carrier, claimed).run() if isinstance(claimed, StoredErrand) else claimed


def _claimed(act: Act, carrier: Carrier, system: str) -> StoredErrand | Settled | None:
    table, earlier = errand_table.c, errand_table.alias("earlier")
    before = (
        earlier.c.settled_at.is_(None), earlier.c.id < table.id, earlier.c.system == table.system,
        earlier.c.comparable == table.comparable, earlier.c.entitlement == table.entitlement,
    )  # fmt: skip
    far = update(errand_table).where(
        table.system == system, table.settled_at.is_(None), table.due_at > act.at + FARTHEST
    )
    act.connection.execute(far.values(due_at=act.at))
    first = ~select(earlier.c.id).where(*before).exists()
    query = select(errand_table).where(table.system == system, first).order_by(table.kind != ErrandKind.CLOSE)
    row = ERRANDS.claim(act, query)
    if row is None:
        return None
    errand = replace(stored(row), tries=row.tries + 1, due_at=act.at + ERRANDS.hold)
    signed = carrier.signed(act.connection, errand)
    reason = why_refused(act.connection, carrier.model, errand, signed=signed) or _withheld(act, carrier, errand)
    if reason:
        return ended(act, carrier.alarm, errand, Outcome.REFUSED, reason)
    if reason := why_wait(act.connection, errand, act.at):
        return again(act, carrier.alarm, errand, reason)
    act.connection.execute(update(errand_table).where(table.id == errand.id).values(outcome=DOING))
    if not errand.reason:
        act.record("errand.intended", errand.subject, {"errand": errand.id, "try": errand.tries, **detail_of(errand)})
    return errand


def _withheld(act: Act, carrier: Carrier, errand: StoredErrand) -> str:
    return carrier.withheld(act.connection, errand, act.at) if errand.kind is ErrandKind.OPEN else ""


@dataclass
class _Round:
    """One claimed errand, from the target to its end."""

    carrier: Carrier
    errand: StoredErrand

    def run(self) -> Settled:
        """Bring it to the target, with another secret where one is refused, and write down what was shown."""
        target = self.carrier.targets.get(self.errand.system)
        if target is None:
            return self._settled(Shown(_NO_TARGET))
        shown = self._visit(target)
        for _ in range(MOST_SECRETS - 1):
            if not shown.unacceptable:
                break
            hindrance = self._another_secret()
            shown = Shown(hindrance, shown.found) if hindrance else self._visit(target)
        return self._settled(shown)

    def _visit(self, target: Target) -> Shown:
        with self.carrier.store.read() as connection:
            texts = Texts(self._text(connection, self.errand.secret_id), self._text(connection, self.errand.former_id))
            meant = self.carrier.meant(connection, self.errand)
        return Visit(target, self.errand.id, self.errand, texts, self._ours, meant).shown()

    def _text(self, connection: Connection, secret_id: int | None) -> str:
        """A secret in clear; "" for none: a target refuses to set that, and another is made."""
        if secret_id is None or self.errand.mode is not Mode.SECRET:
            return ""
        try:
            return self.carrier.secrets.open(connection, secret_id)
        except IamError:
            return ""

    def _ours(self) -> bool:
        """Whether no CLOSE came, and the claim will not lapse under what is begun now."""
        if self.errand.due_at - self.carrier.store.clock() < ERRANDS.hold - BEGIN_WITHIN:
            return False
        with self.carrier.store.read() as connection:
            return in_hand(connection, self.errand)

    def _another_secret(self) -> str:
        """Have one made in place of the one refused; why that cannot be, or ""."""
        try:
            with self.carrier.store.act(self.carrier.actor) as act:
                if not in_hand(act.connection, self.errand, lock=True):
                    return _NOT_OURS
                self.errand = self._renewed(act, self.errand.secret_id or 0)
        except (NotFound, Conflict, IntegrityError) as error:
            return str(error)
        return ""

    def _renewed(self, act: Act, refused: int) -> StoredErrand:
        newer = self.carrier.secrets.anew(act, refused)
        mine = update(errand_table).where(errand_table.c.id == self.errand.id)
        act.connection.execute(mine.values(secret_id=newer))
        detail = {"errand": self.errand.id, "secret": newer, "refused": refused}
        act.record("errand.secret_renewed", self.errand.subject, detail)
        return replace(self.errand, secret_id=newer)

    def _settled(self, shown: Shown) -> Settled:
        errand, carrier = self.errand, self.carrier
        with carrier.store.act(carrier.actor) as act:
            if not in_hand(act.connection, errand, lock=True):
                return overtaken(act, errand)
            write_shown(act, errand, shown)
            if shown.another:
                return ended(act, carrier.alarm, errand, Outcome.REFUSED, shown.reason)
            if shown.unacceptable and errand.kind is not ErrandKind.CLOSE:
                return ended(act, carrier.alarm, errand, Outcome.FAILED, shown.reason)
            if shown.reason:
                return again(act, carrier.alarm, errand, shown.reason)
            until = opening_until(act.connection, errand, act.at)
            return later(act, errand, until) if until else ended(act, carrier.alarm, errand, Outcome.DONE, "")
