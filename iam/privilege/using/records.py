"""After a use: the work record, its confirmation, and the approval afterwards of an emergency.

The one law: *nobody confirms their own work* (R17): writer, confirmer and approver differ, by constraint too.
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from iam.errors import Conflict
from iam.office.roles import roles_held
from iam.outbox import Topic, Value
from iam.people.holidays import is_working_day
from iam.policy.profile import Role
from iam.privilege import telling
from iam.privilege.barred import why_barred
from iam.privilege.books import use_table
from iam.privilege.register import privileged_id
from iam.privilege.using.deciding import LONGEST_WORDS, REVIEWS, why_not_approve, why_not_confirm, why_not_write
from iam.privilege.using.uses import Acting, Use, UseState, use, use_in
from iam.record.act import Act
from iam.record.columns import among, jst_day
from iam.signin.door import Door

LONGEST_RECORD = 4000
"""Characters of a work record."""

_OVER = [str(UseState.CLOSING), str(UseState.CLOSED)]


def write_record(act: Act, acting: Acting, use_id: int, text: str, decision_number: str = "") -> Use:
    """The user says what was done; may be written anew until it is confirmed.

    `decision_number`: one that was given after the use was asked for; what was asked under another keeps that.

    Raises:
        NotFound; Forbidden: not the user; Conflict: not over yet, confirmed already, no text or too much.
    """
    found = use(act.connection, use_id)
    if refusal := why_not_write(found, acting.id):
        raise refusal
    words = text.strip()
    if not words or len(words) > LONGEST_RECORD:
        raise Conflict(f"作業記録を、{LONGEST_RECORD}文字までで書いてください。")
    number = found.decision_number or decision_number.strip()
    if len(number) > LONGEST_WORDS:
        raise Conflict(f"決裁番号は{LONGEST_WORDS}文字までにしてください。")
    columns = use_table.c
    # What was confirmed or approved is what was read.
    open_ = columns.id == use_id, columns.confirmed_at.is_(None), columns.approved_at.is_(None)
    same = *open_, columns.decision_number == found.decision_number
    query = update(use_table).where(*same).values(record=words, record_at=act.at, decision_number=number)
    if not act.connection.execute(query).rowcount:
        raise Conflict("この作業記録は、いま確認か承認がされました。書き直せません。")
    detail: dict[str, object] = {"characters": len(words)}
    if number != found.decision_number:
        detail["decision_number"] = {"before": found.decision_number, "after": number}
    act.record("use.recorded", found.subject, detail)
    if not found.record:
        _ask_to_confirm(act, acting.door, found)
    return use(act.connection, use_id)


def _ask_to_confirm(act: Act, door: Door, found: Use) -> None:
    if found.record_due is None:
        return
    on, who = privileged_id(act.connection, found.privileged_id), telling.person(act, found.person_id)
    values: dict[str, Value] = {
        **telling.words_of(door, on, found.id), "person": who.name, "until": found.record_due
    }  # fmt: skip
    if found.witness_id is not None:
        telling.tell(act, [found.witness_id], Topic.PRIVILEGE_CONFIRMATION_DUE, values)
        return
    heads = telling.bearing(act, door, Role.GENERAL_OFFICER, Role.APPROVER) - {found.person_id}
    # Where the head is the user, whoever else may confirm it.
    ids = heads or telling.bearing(act, door, *REVIEWS) - {found.person_id}
    telling.tell(act, ids, Topic.PRIVILEGE_REVIEW_DUE, values)


def seen_in(found: Use) -> str:
    """Stands for the record that somebody read."""
    return hashlib.sha256(f"{found.decision_number}\0{found.record}".encode()).hexdigest()


def _see_as_seen(found: Use, seen: str | None) -> None:
    if seen is not None and seen_in(found) != seen:
        raise Conflict("記録は、いま書き直されました。読み直してから確認してください。")


def confirm_record(act: Act, acting: Acting, use_id: int, words: str = "", *, seen: str | None = None) -> Use:
    """The witness confirms the record; where there was no witness, an officer (head, operator, system owner) reviews.

    `seen`: `seen_in` of the use whose record they read on a page.

    Raises:
        NotFound; Forbidden: the user, or not the witness; Conflict: nothing written, or confirmed already.
    """
    found = use(act.connection, use_id)
    refusal = why_not_confirm(found, acting.id, _roles(act, acting.door, acting.id))
    if refusal := refusal or why_barred(act.connection, acting.door, acting.id, act.at):
        raise refusal
    _see_as_seen(found, seen)
    # What was shown to the confirmer is what is confirmed: a record written anew meanwhile is not.
    columns = use_table.c
    same = (
        columns.id == use_id, columns.confirmed_at.is_(None), columns.record == found.record,
        columns.decision_number == found.decision_number,
    )  # fmt: skip
    query = update(use_table).where(*same).values(confirmed_by=acting.id, confirmed_at=act.at)
    if not act.connection.execute(query).rowcount:
        raise Conflict("この作業記録は、いま書き直されたか、確認されました。開き直して確かめてください。")
    act.record("use.confirmed", found.subject, {"by": acting.id, "words": words.strip()})
    return use(act.connection, use_id)


def approve_afterwards(act: Act, door: Door, use_id: int, by: int, words: str, *, seen: str | None = None) -> Use:
    """An APPROVER approves an emergency afterwards: another person than its user and its witness.

    `seen`: `seen_in` of the use whose record they read on a page.

    Raises:
        NotFound; Forbidden: not an approver, or the user or witness; Conflict: no emergency, no record yet, or done.
    """
    found = use(act.connection, use_id)
    refusal = why_not_approve(found, by, _roles(act, door, by)) or why_barred(act.connection, door, by, act.at)
    if refusal:
        raise refusal
    _see_as_seen(found, seen)
    if not words.strip():
        raise Conflict("確かめたことを書いてください。")
    columns = use_table.c
    open_ = columns.id == use_id, columns.approved_at.is_(None), columns.record == found.record
    values: dict[str, object] = {"approved_by": by, "approved_at": act.at, "approval": words.strip()}
    if found.witness_id is None and found.confirmed_at is None and found.record:
        values |= {"confirmed_by": by, "confirmed_at": act.at}
    if not act.connection.execute(update(use_table).where(*open_).values(**values)).rowcount:
        raise Conflict("この緊急利用は、いま別の担当者が承認したか、記録が書き直されました。開き直してください。")
    act.record("use.approved_afterwards", found.subject, {"by": by, "words": words.strip()})
    return use(act.connection, use_id)


def _roles(act: Act, door: Door, person_id: int) -> frozenset[Role]:
    return roles_held(act.connection, door.offices, person_id, jst_day(act.at))


# --- what is late


def unfinished(connection: Connection, at: datetime) -> list[Use]:
    """The uses whose record, confirmation or approval is missing after its last day, oldest first."""
    columns = use_table.c
    # What `Use.overdue` can be true of, so that not every use there ever was is read each second.
    query = select(use_table).where(
        among(columns.state, _OVER), columns.record_due < jst_day(at),
        columns.confirmed_at.is_(None) | (columns.emergency & columns.approved_at.is_(None)),
    )  # fmt: skip
    found = [use_in(row) for row in connection.execute(query.order_by(columns.id))]
    return [each for each in found if each.overdue(jst_day(at))]


def to_chase(connection: Connection, at: datetime) -> list[Use]:
    """Those of `unfinished` of which nobody was reminded today; on days on which nobody works, none."""
    day = jst_day(at)
    if not is_working_day(day):
        return []
    return [each for each in unfinished(connection, at) if each.chased_on is None or each.chased_on < day]


def chase(act: Act, door: Door, late: Use) -> bool:
    """Remind of what is missing, once a day; an emergency is told to everybody who learned of it (OITA-S9.4.2)."""
    columns, day = use_table.c, jst_day(act.at)
    today = func.coalesce(columns.chased_on, late.record_due) < day
    query = update(use_table).where(columns.id == late.id, today).values(chased_on=day)
    if late.record_due is None or not act.connection.execute(query).rowcount:
        return False
    on, who = privileged_id(act.connection, late.privileged_id), telling.person(act, late.person_id)
    values: dict[str, Value] = telling.words_of(door, on, late.id)
    if late.emergency and late.approved_at is None:
        act.record("use.escalated", late.subject, {"due": late.record_due})
        told: dict[str, Value] = {**values, "person": who.name, "due": late.record_due}
        ids = telling.bearing(act, door, *telling.ALARMED) | {late.person_id}
        telling.tell(act, ids, Topic.PRIVILEGE_EMERGENCY_OVERDUE, told)
        return True
    act.record("use.chased", late.subject, {"due": late.record_due})
    if not late.record:
        telling.tell(act, [late.person_id], Topic.PRIVILEGE_RECORD_DUE, {**values, "until": late.record_due})
    else:
        _ask_to_confirm(act, door, late)
    return True
