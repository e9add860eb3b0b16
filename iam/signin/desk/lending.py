"""Hardware tokens over the counter: lent, brought into step, brought back, lost, found, destroyed.

The one law: *the holder is told of every move* and what a token proved ends
with it: a token that was brought back or lost leaves no session behind that it
opened (R26, OITA-S7.4.1.1).
"""

from dataclasses import dataclass

from iam import outbox
from iam.errors import Conflict, Forbidden, NotFound
from iam.outbox import Topic
from iam.record.act import Act
from iam.signin import sessions
from iam.signin.desk.deeds import Deed, Officer, may
from iam.signin.door import Entrant, entrant, find
from iam.signin.factors import authenticators, stock, totp
from iam.signin.own import parting


@dataclass(frozen=True, slots=True)
class Lent:
    """A token and who has it now."""

    authenticator_id: int
    who: Entrant


def lend(officer: Officer, serial: str, person_id: int) -> Lent:
    """Lend a token to somebody who stands at the desk; it may be used at once.

    Raises:
        Forbidden, NotFound: as `deeds.why_not`, or no such token; Conflict: it is not in stock, or they are shut out.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.LEND)
        if not who.in_service:
            raise Conflict(f"{who.name}さんはサインインできる状態にありません（{who.status.label_ja}）。")
        made = stock.lend(act, officer.door.keys, serial, who.person_id)
        outbox.tell(act, who.person_id, who.email, Topic.TOKEN_LENT, {"at": act.at, "serial": serial})
        return Lent(made, who)


def resynchronise(officer: Officer, serial: str, first: str, second: str) -> bool:
    """Bring a lent token into step again by two codes that it showed one after the other; False when it did not.

    Raises:
        NotFound: no such token; Forbidden: as `deeds.why_not`; Conflict: it is not lent.
    """
    with officer.act() as act:
        bound = _bound(act, serial)
        if bound is None:
            raise Conflict("この機器はいま貸し出されていません。")
        # It lets in whoever holds the device again, as lending does.
        who = may(act, officer, authenticators.authenticator(act.connection, bound).person_id, Deed.LEND)
        done = totp.resynchronise(act, officer.door.keys, bound, first, second)
        if not done:
            act.record("desk.resync_refused", f"person {who.person_id}", {"authenticator": bound})
        return done


def give_back(officer: Officer, serial: str) -> Entrant:
    """The holder brought it back; whoever it was.

    Raises:
        NotFound: no such token; Forbidden: as `deeds.why_not`; Conflict: it is not lent.
    """
    with officer.act() as act:
        bound = _bound(act, serial)
        if bound is not None:
            # Nobody rids themselves of their last factor across their own counter.
            may(act, officer, authenticators.authenticator(act.connection, bound).person_id, Deed.TAKE_BACK)
        who = entrant(act.connection, officer.door, stock.give_back(act, serial), act.at)
        for each in sessions.of_person(act.connection, who.person_id, act.at):
            if any(used == bound for _, used in each.proofs.given):
                sessions.end(act, each.id, "factor_removed", person_id=who.person_id)
        outbox.tell(act, who.person_id, who.email, Topic.TOKEN_RETURNED, {"at": act.at, "serial": serial})
        return who


def report_lost(officer: Officer, serial: str, reason: str) -> Entrant | None:
    """It is lost, by its holder, whose sessions end, or from the cupboard; the holder.

    Raises:
        NotFound: no such token; Forbidden: the officer is its holder; Conflict: it is neither lent nor in stock.
    """
    with officer.act() as act:
        bound = _bound(act, serial)
        if bound is None:
            stock.report_lost(act, serial, reason)
            return None
        held = authenticators.authenticator(act.connection, bound)
        who = may(act, officer, held.person_id, Deed.LOST)
        # By the factor: its owner and the officers are told, and the stock follows (parting.lost).
        parting.lost(act, officer.door, officer.organisation, who, bound, by="officer")
        act.record("desk.loss_reported", f"person {who.person_id}", {"reason": reason, "authenticator": bound})
        return who


def restock(officer: Officer, serial: str, reason: str) -> None:
    """A token that was brought back or found was looked at, and goes into the cupboard again.

    Raises:
        NotFound: no such token; Conflict: it is neither returned nor lost.
    """
    with officer.act() as act:
        stock.restock(act, serial, reason)


def destroy(officer: Officer, serial: str, witness: str) -> Entrant:
    """Destroy it before a witness (OITA-S7.4.1.3), given by number; the witness.

    Raises:
        NotFound: no such token or witness; Forbidden: the officer as witness; Conflict: it is lent, or destroyed.
    """
    with officer.act() as act:
        who = find(act.connection, officer.door, witness, act.at)
        if who is None or not who.in_service:
            raise NotFound("その職員番号の職員は在職していません。番号を確かめてください。")
        if who.person_id == officer.who.person_id:
            raise Forbidden("立会者には、ほかの職員を入力してください。")
        stock.destroy(act, serial, who.staff_number)
        return who


def _bound(act: Act, serial: str) -> int | None:
    """The authenticator that the token is while it is lent."""
    found = stock.token(act.connection, serial)
    return found.authenticator_id if found.place is stock.Place.LENT else None
