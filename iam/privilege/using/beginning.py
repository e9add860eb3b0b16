"""Asking for a use, a witness joining it, and the use in an emergency.

The one law: *nobody opens a privileged ID alone* (OITA-S8.1.4.3): a second person joins first, or a waiver that two
others gave is live, or it is an emergency that everybody who must know learns of at once.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.access.accounts import AccountState, account_table, grant_table, login_in
from iam.access.naming import comparable_login
from iam.errors import Conflict, Forbidden
from iam.office.changes.waivers import Control, Waiver, live_waiver
from iam.outbox import Topic, Value
from iam.people.ledger import next_id
from iam.privilege import telling, vault
from iam.privilege.barred import why_barred
from iam.privilege.books import use_table
from iam.privilege.delegating import live_for
from iam.privilege.register import Mode, PrivilegedId, privileged_id, privileged_ids
from iam.privilege.using.deciding import (
    STARTS_EMERGENCIES,
    Ground,
    minutes_of,
    why_not_ask,
    why_not_join,
    why_not_start,
    why_unproved,
)
from iam.privilege.using.ending import errand_of
from iam.privilege.using.staying import why_over
from iam.privilege.using.uses import (
    UNWITNESSED,
    Acting,
    End,
    Use,
    UseState,
    Wish,
    emergency_due,
    moved,
    use,
    use_in,
    uses_in_a_row,
)
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin.door import Door, entrant
from iam.signin.sessions import recently_proved
from iam.sync.urgent.errands import ErrandKind, put

_LOCKS: Final = 0x75736573
"""Our class of advisory locks on PostgreSQL: what one must not do twice at a time has no row yet."""


def ask(act: Act, acting: Acting, wish: Wish) -> Use:
    """Ask for a use: ASKED until a witness joins; OPENING at once under a live waiver.

    Raises:
        ProofNeeded: the session must prove itself again; Forbidden, Conflict, NotFound: see `deciding.why_not_ask`.
    """
    _one_at_a_time(act, f"person {acting.id}")
    ground = ground_of(act, acting, wish)
    if refusal := why_not_ask(ground, wish):
        raise refusal
    acting.door.see_confirmed(act.connection, act.at)
    waiver = waived(act, acting.door, ground.on.system)
    delegation = live_for(act.connection, acting.door, acting.id, ground.on.id, act.at)
    made = _insert(
        act, acting, ground, wish,
        minutes=minutes_of(ground, wish), emergency=False, delegation_id=delegation.id if delegation else None,
        waiver_id=waiver.id if waiver else None,
    )  # fmt: skip
    return open_now(act, acting.door, made) if waiver else made


def withdraw(act: Act, acting: Acting, use_id: int) -> None:
    """The asker takes back what nobody has joined yet.

    Raises:
        NotFound, Forbidden (another's), Conflict (it is not waiting any more).
    """
    found = use(act.connection, use_id)
    if found.person_id != acting.id:
        raise Forbidden("取り下げられるのは、申請した本人だけです。")
    values = {"slot": None, "ended_at": act.at, "ended_by": acting.id, "end_reason": End.WITHDRAWN.value}
    if not moved(act, use_id, (UseState.ASKED,), UseState.WITHDRAWN, **values):
        raise Conflict(f"この申請は、もう立会い待ちではありません（いまは「{found.state.label_ja}」）。")
    act.record("use.withdrawn", found.subject)


def join(act: Act, acting: Acting, use_id: int) -> Use:
    """Join as its witness: it opens.  Also takes over from a witness who is gone, while it is paused.

    Raises:
        ProofNeeded: the session must prove itself again; NotFound, Forbidden, Conflict: see `deciding.why_not_join`.
    """
    found, door = use(act.connection, use_id), acting.door
    unproved = why_unproved(acting.session, recently_proved(acting.session, act.at, door), phishing_resistant=False)
    refusal = why_not_join(found, entrant(act.connection, door, acting.id, act.at), act.at)
    if refusal := refusal or why_barred(act.connection, door, acting.id, act.at) or unproved:
        raise refusal
    if found.state is UseState.ASKED:
        door.see_confirmed(act.connection, act.at)
        if (why := why_over(act.connection, door, found, act.at)) is not None:
            raise Conflict(
                f"この申請では始められません（{why.label_ja}）。利用者に、もう一度申請してもらってください。"
            )
    values = {"witness_id": acting.id, "joined_at": act.at, "witness_seen_at": act.at}
    same = use_table.c.witness_id.is_not_distinct_from(found.witness_id)
    if not moved(act, use_id, (found.state,), found.state, same, **values):
        raise Conflict("この利用は、いま別の方が立ち会いを始めたか、取り下げられました。開き直して確かめてください。")
    act.record(
        "use.joined", found.subject, {"witness": acting.id, "state": found.state, "address": acting.where.address}
    )
    joined = use(act.connection, use_id)
    return open_now(act, door, joined) if found.state is UseState.ASKED else joined


def start_emergency(act: Act, acting: Acting, wish: Wish, reason: str) -> Use:
    """Open an ID that is registered for emergencies, without delegation and witness; everybody who must know is told.

    Raises:
        ProofNeeded, Forbidden, Conflict, NotFound: see `deciding.why_not_start`.
    """
    _one_at_a_time(act, f"person {acting.id}")
    ground = ground_of(act, acting, wish)
    if refusal := why_not_start(ground, wish, reason):
        raise refusal
    delegation = live_for(act.connection, acting.door, acting.id, ground.on.id, act.at)
    made = _insert(
        act, acting, ground, wish,
        minutes=minutes_of(ground, wish, emergency=True), emergency=True,
        delegation_id=delegation.id if delegation else None, waiver_id=None,
    )  # fmt: skip
    opening = open_now(act, acting.door, made)
    act.record("use.emergency", opening.subject, {"reason": reason, "by": acting.id})
    _alarm(act, acting.door, opening, ground.on, reason)
    return opening


def _alarm(act: Act, door: Door, opening: Use, on: PrivilegedId, reason: str) -> None:
    who = telling.person(act, opening.person_id)
    values: dict[str, Value] = {
        **telling.words_of(door, on, opening.id), "at": act.at, "person": who.name, "staff_number": who.staff_number,
        "reason": reason, "until": act.at + timedelta(minutes=opening.minutes),
        "due": emergency_due(jst_day(act.at)),
    }  # fmt: skip
    ids = telling.bearing(act, door, *telling.ALARMED) | telling.owners(act, door, on.system)
    telling.tell(act, ids - {opening.person_id}, Topic.PRIVILEGE_EMERGENCY, values)


# --- what it is judged by


def ground_of(act: Act, acting: Acting, wish: Wish) -> Ground:
    """Everything that a beginning is judged by, read anew.

    Raises:
        NotFound: no such privileged ID.
    """
    connection, door = act.connection, acting.door
    on = privileged_id(connection, wish.privileged_id)
    who = entrant(connection, door, acting.id, act.at)
    fresh = recently_proved(acting.session, act.at, door)
    neighbours = {each.id for each in privileged_ids(connection, retired=True, system=on.system)}
    delegated = live_for(connection, door, acting.id, on.id, act.at) is not None
    return Ground(
        at=act.at, rules=door.profile.privileged, on=on, who=who, login=_login(act, on, acting.id),
        delegated=delegated,
        near=delegated or bool(who.roles & STARTS_EMERGENCIES) or _delegated_near(act, door, acting.id, neighbours),
        unproved=why_unproved(acting.session, fresh, phishing_resistant=True),
        barred=why_barred(connection, door, acting.id, act.at),
        holder=_holder(act, slot_of(on, acting.id)),
        on_system=uses_in_a_row(connection, acting.id, neighbours),
        overdue=_late(act, acting.id),
    )  # fmt: skip


def _late(act: Act, person_id: int) -> Use | None:
    """Their newest use of which they have not written by the last day what was done; confirming it is up to others."""
    columns, day = use_table.c, jst_day(act.at)
    mine = columns.person_id == person_id, columns.opened_at.is_not(None), columns.record == ""
    query = select(use_table).where(*mine, columns.record_due < day).order_by(columns.id.desc())
    return next((found for found in map(use_in, act.connection.execute(query)) if found.overdue(day)), None)


def _delegated_near(act: Act, door: Door, person_id: int, ids: set[int]) -> bool:
    return any(live_for(act.connection, door, person_id, id_, act.at) is not None for id_ in sorted(ids))


def _login(act: Act, on: PrivilegedId, person_id: int) -> str:
    """The account that a use opens: the ID's own, or for a group the person's, if it is there and on."""
    if on.mode is not Mode.MEMBER:
        return on.login
    login, columns = login_in(act.connection, person_id, on.system), account_table.c
    on_ = (
        columns.system == on.system,
        columns.comparable == comparable_login(login),
        columns.state == AccountState.ACTIVE,
    )
    return login if act.connection.execute(select(columns.id).where(*on_)).first() else ""


def slot_of(on: PrivilegedId, person_id: int) -> str:
    """What one use at a time may hold: an account, or one person's place in a group."""
    if on.mode is Mode.MEMBER:
        return f"{on.system}/{on.entitlement}/{person_id}"
    return f"{on.system}/{comparable_login(on.login)}"


def _holder(act: Act, slot: str) -> Use | None:
    row = act.connection.execute(select(use_table).where(use_table.c.slot == slot)).one_or_none()
    return None if row is None else use_in(row)


def waived(act: Act, door: Door, system: str) -> Waiver | None:
    """The waiver under which a use needs no witness today, where the profile knows such a thing at all."""
    if door.profile.privileged.witness.value:
        return None
    return live_waiver(act.connection, Control.TWO_PERSON, system, act.at)


def _insert(
    act: Act, acting: Acting, ground: Ground, wish: Wish, *,
    minutes: int, emergency: bool, delegation_id: int | None, waiver_id: int | None,
) -> Use:  # fmt: skip
    values = {
        "privileged_id": ground.on.id, "slot": slot_of(ground.on, acting.id), "person_id": acting.id,
        "delegation_id": delegation_id, "emergency": emergency, "purpose": wish.purpose.strip(),
        "decision_number": wish.decision_number.strip(), "minutes": minutes, "login": ground.login,
        "session_id": acting.session.id, "address": acting.where.address, "proofs": acting.session.proofs.given,
        "state": UseState.ASKED, "asked_at": act.at, "lapses_at": act.at + UNWITNESSED, "end_reason": "",
        "record": "", "waiver_id": waiver_id, "approval": "",
    }  # fmt: skip
    try:
        row = act.connection.execute(use_table.insert().values(**values).returning(use_table)).one()
    except ConstraintBroken as error:
        raise Conflict("この特権IDの利用は、いま別の方が始めました。終わってから申請してください。") from error
    made = use_in(row)
    act.record(
        "use.asked", made.subject,
        {
            "privileged_id": ground.on.id, "person": acting.id, "purpose": made.purpose, "minutes": minutes,
            "decision_number": made.decision_number, "delegation": delegation_id, "waiver": waiver_id,
            "emergency": emergency, "address": made.address, "proofs": made.proofs.methods,
        },
    )  # fmt: skip
    return made


# --- opening


def open_now(act: Act, door: Door, opened: Use) -> Use:
    """Have the target opened; what follows when it is not open in time is an end, not an opening later on.

    For a use that waits or is paused.

    Raises:
        Conflict: somebody moved it on meanwhile.
    """
    on = privileged_id(act.connection, opened.privileged_id)
    until = opened.ends_at or act.at + UNWITNESSED + timedelta(minutes=opened.minutes)
    values: dict[str, object] = {"lapses_at": act.at + UNWITNESSED, "ends_at": until, "shown_at": None}
    if on.mode is Mode.MEMBER:
        values["grant_id"] = _grant(act, door, opened, on)
    if not moved(act, opened.id, (UseState.ASKED, UseState.PAUSED), UseState.OPENING, **values):
        raise Conflict("この利用は、いま別の処理が進めました。開き直して確かめてください。")
    secret, former = None, None
    if on.mode is Mode.SECRET:
        former = vault.held_by_target(act.connection, on.id)
        secret = vault.make(act, door.keys, on.id, "利用", use_id=opened.id)
    put(act, errand_of(door, opened, on, ErrandKind.OPEN, secret_id=secret, former_id=former))
    return use(act.connection, opened.id)


def _grant(act: Act, door: Door, opened: Use, on: PrivilegedId) -> int:
    """The right counts at the doors, and the nightly sync knows of it; the days are those that the window may touch."""
    _one_at_a_time(act, "grants")
    number = next_id(act.connection, grant_table)
    last = opened.ends_at or act.at + UNWITNESSED + timedelta(minutes=opened.minutes)
    act.connection.execute(
        grant_table.insert().values(
            id=number, person_id=opened.person_id, system=on.system, entitlement=on.entitlement,
            origin=opened.subject, clause=door.profile.privileged.window.clause,
            valid_from=jst_day(act.at), valid_until=jst_day(last),
        )
    )  # fmt: skip
    return number


def _one_at_a_time(act: Act, subject: str) -> None:
    # SQLite has one writer, who is this act.
    if act.connection.dialect.name == "postgresql":
        act.connection.execute(select(func.pg_advisory_xact_lock(_LOCKS, func.hashtext(subject))))
