"""Changing the configuration: drafted at the console, signed by an officer, confirmed by another; or at once, alarmed.

The one law: *the confirmed rules say who confirms* (OITA-S8.1.4.3, R17, R19): whoever may write the files cannot make
officers of themselves by the very change that is to be confirmed.  A change by one person stands three days, and
another one in a row stands no longer (OITA-S9.4.2, R21).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, func, select, update

from iam import outbox
from iam.errors import Conflict, Forbidden, IntegrityError
from iam.office import cases
from iam.office.books import case_table
from iam.office.cases import Case, CaseKind, CaseState
from iam.office.changes.books import configuration_table
from iam.office.changes.configuration import (
    EMERGENCY,
    Configuration,
    Difference,
    Running,
    Standing,
    Statement,
    configuration_of,
    confirmed,
    differences,
    judge,
    sealed,
)
from iam.office.roles import STAFF, Offices, bearers
from iam.outbox import Topic
from iam.people.ledger import people
from iam.policy.profile import Profile, Role, StaffCategory, Title
from iam.record.act import Act
from iam.record.columns import canonical_json, jst_day
from iam.record.keys import KeyRing

LIFE: Final = timedelta(days=3)
"""How long a signed proposal waits: whoever is away over a weekend must be able to read a long diff."""

HEADS: Final = (Role.GENERAL_OFFICER, Role.APPROVER)
"""Whom a change by one person alarms."""


def draft(act: Act, keys: KeyRing, running: Running, reason: str) -> Configuration:
    """At the console: what the files say now, for an officer to sign.  It changes nothing.

    Raises:
        Conflict: when just this is in force already.
    """
    if judge(act.connection, keys, running, act.at).standing is Standing.CONFIRMED:
        raise Conflict("いまの設定は、すでに確認済みです。")
    found = _written(act, running, reason)
    detail = {"digest": found.digest, "reason": reason}
    act.record("configuration.drafted", f"configuration {found.id}", detail)
    return found


def sign(act: Act, offices: Offices, keys: KeyRing, id_: int, *, asked_by: int, reason: str) -> Case:
    """An officer asks for the confirmation of a draft, or of an emergency.

    Raises:
        NotFound, Forbidden: as `cases.ask`; Conflict: when it is decided already, or waits.
    """
    found = configuration_of(act.connection, id_)
    if found.confirmed_at is not None:
        raise Conflict("この案は、もう確認されています。")
    if not found.sound:
        raise Conflict("この案は、申し出のあとに書き換えられています。iam policy propose で出し直してください。")
    if _waits(act.connection, found, act.at):
        raise Conflict("この案は、すでに確認を待っています。")
    see_seats(act.connection, offices, keys, [asked_by], act.at)
    content = {"configuration": found.id, "digest": found.digest}
    case = cases.ask(
        act, offices, CaseKind.CONFIGURATION, asked_by, subject_id=None, content=content, reason=reason, life=LIFE
    )
    columns = configuration_table.c
    # Of two who sign at once the database lets one through: the case that stood there is part of the condition.
    stood = columns.case_id.is_(None) if found.case_id is None else columns.case_id == found.case_id
    signed = update(configuration_table).where(columns.id == id_, columns.confirmed_at.is_(None), stood)
    if (
        act.connection.execute(signed.values(case_id=case.id, proposed_by=_name(act.connection, asked_by))).rowcount
        != 1
    ):
        raise Conflict("この案は、いま別の担当者が申請しました。開き直して確かめてください。")
    return case


def _waits(connection: Connection, found: Configuration, at: datetime) -> bool:
    return found.case_id is not None and cases.case_of(connection, found.case_id, at).state is CaseState.ASKED


def take_effect(act: Act, offices: Offices, keys: KeyRing, case: Case) -> Configuration:
    """Another officer has confirmed: from now on this is the configuration.  To be called while the case is settled.

    Raises:
        Conflict: when the draft is not what was asked about; Forbidden: when asker or decider hold no such role
        under the rules that are confirmed so far.
    """
    found = configuration_of(act.connection, int(case.content["configuration"]))
    if not found.sound or found.digest != case.content["digest"] or found.case_id != case.id:
        raise Conflict("申請されたときから案の内容が変わっています。iam policy propose で出し直してください。")
    decider = cases.case_of(act.connection, case.id, act.at).decided_by or 0
    see_seats(act.connection, offices, keys, [case.asked_by, decider], act.at)
    before = in_force(act.connection, keys)
    by, asked = _name(act.connection, decider), _name(act.connection, case.asked_by)
    seal = sealed(keys, found.id, found.digest, ["confirmed", asked, by, act.at])
    columns = configuration_table.c
    query = update(configuration_table).where(columns.id == found.id, columns.confirmed_at.is_(None))
    done = act.connection.execute(query.values(proposed_by=asked, confirmed_by=by, confirmed_at=act.at, seal=seal))
    if done.rowcount != 1:
        raise Conflict("この案は、もう確認されています。")
    detail = {"digest": found.digest, "proposed_by": asked, "confirmed_by": by, "changes": _told(before, found)}
    act.record("configuration.confirmed", f"configuration {found.id}", detail)
    return configuration_of(act.connection, found.id)


def emergency(act: Act, offices: Offices, keys: KeyRing, running: Running, reason: str) -> Configuration:
    """One person, at once, for three days; the heads are told in the same act.

    Raises:
        Conflict: when nothing is asked yet, when it stands already, or when the last one lapsed unconfirmed.
    """
    before = in_force(act.connection, keys)
    if before is None:
        raise Conflict("設定の確認をまだ始めていないので、そのまま使えます。緊急の変更は要りません。")
    if judge(act.connection, keys, running, act.at).gives:
        raise Conflict("いまの設定は、すでに使えます。")
    until = _end(act.connection, before, act.at)
    found = _written(act, running, reason)
    seal = sealed(keys, found.id, found.digest, ["emergency", act.at, until])
    query = update(configuration_table).where(configuration_table.c.id == found.id)
    act.connection.execute(query.values(emergency_until=until, seal=seal))
    detail = {"digest": found.digest, "reason": reason, "until": until, "changes": _told(before, found)}
    act.record("configuration.emergency", f"configuration {found.id}", detail)
    values: dict[str, outbox.Value] = {
        "at": act.at, "account": act.actor, "reason": reason, "number": found.id, "until": until,
    }  # fmt: skip
    alarm(act, offices, keys, Topic.CONFIGURATION_EMERGENCY, values)
    return configuration_of(act.connection, found.id)


def _end(connection: Connection, before: Configuration, at: datetime) -> datetime:
    """Three days from the first unconfirmed change since the last confirmation, however many there are in a row."""
    columns = configuration_table.c
    query = select(func.min(columns.proposed_at)).where(
        columns.emergency_until.is_not(None), columns.confirmed_at.is_(None), columns.proposed_at >= before.confirmed_at
    )
    first: datetime | None = connection.execute(query).scalar_one()
    until = (first or at) + EMERGENCY
    if until <= at:
        raise Conflict(
            "前の緊急の変更が、確認されないまま期限を過ぎました。確認済みの設定に戻すか、"
            "ポータルの「設定の変更」で確認を受けてください。"
        )
    return until


def alarm(act: Act, offices: Offices, keys: KeyRing, topic: Topic, values: Mapping[str, outbox.Value]) -> None:
    """Tell the heads as the confirmed rules know them, not as a changed profile would have them."""
    seats = confirmed_offices(act.connection, offices, keys) or offices
    for person in people(act.connection, bearers(act.connection, seats, HEADS, jst_day(act.at))):
        outbox.tell(act, person.id, person.email, topic, values)


def in_force(connection: Connection, keys: KeyRing) -> Configuration | None:
    """What was confirmed last.

    Raises:
        IntegrityError: when it was altered since.
    """
    found = next(iter(confirmed(connection, keys)), None)
    if found is not None and not found.sound:
        raise IntegrityError("確認済みの設定の記録が書き換えられています。iam audit verify で確かめてください。")
    return found


def changes_of(
    connection: Connection, keys: KeyRing, found: Configuration
) -> tuple[Configuration | None, list[Difference]]:
    """What stands before `found`, and what it changes there.  Before the first, everything is new."""
    earlier = [each for each in confirmed(connection, keys, before=found) if each.id != found.id]
    before = earlier[0] if earlier else None
    stated: Sequence[Statement] = before.statements if before else ()
    return before, differences(stated, found.statements)


def confirmed_offices(connection: Connection, offices: Offices, keys: KeyRing) -> Offices | None:
    """`offices` with the seats that the confirmed configuration gives; None while nothing is confirmed.

    Raises:
        IntegrityError: when what is stored of them cannot be read.
    """
    found = in_force(connection, keys)
    return None if found is None else Offices(_with_seats(offices.profile, found.content["seats"]), offices.absence)


def _with_seats(profile: Profile, seats: Mapping[str, Any]) -> Profile:
    try:
        titles = TypeAdapter(tuple[Title, ...]).validate_json(canonical_json(seats["titles"]))
        categories = TypeAdapter(tuple[StaffCategory, ...]).validate_json(canonical_json(seats["categories"]))
    except (KeyError, ValidationError) as error:
        raise IntegrityError("確認済みの設定の記録を読めません。iam audit verify で確かめてください。") from error
    return profile.model_copy(update={"titles": titles, "categories": categories})


def see_seats(connection: Connection, offices: Offices, keys: KeyRing, person_ids: Sequence[int], at: datetime) -> None:
    """See that each of these may have a part in it under the confirmed rules as well.

    Raises:
        Forbidden: when one may not.
    """
    seats = confirmed_offices(connection, offices, keys)
    if seats is None:
        return
    able = {Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER}
    if missing := set(person_ids) - bearers(connection, seats, able, jst_day(at)):
        names = "、".join(person.name for person in people(connection, missing))
        raise Forbidden(f"{names}さんは、確認済みの設定ではその役職にありません。別の担当者が行ってください。")


def waiting_case(connection: Connection, configuration_id: int, at: datetime) -> int | None:
    """The case under which a row waits, if it does."""
    columns = case_table.c
    query = (
        select(columns.id)
        .join(configuration_table, configuration_table.c.case_id == columns.id)
        .where(configuration_table.c.id == configuration_id, columns.state == CaseState.ASKED, columns.lapses_at > at)
    )
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _written(act: Act, running: Running, reason: str) -> Configuration:
    values = {
        "digest": running.digest, "content": running.content, "proposed_by": act.actor, "proposed_at": act.at,
        "reason": reason,
    }  # fmt: skip
    query = configuration_table.insert().values(**values).returning(configuration_table.c.id)
    return configuration_of(act.connection, act.connection.execute(query).scalar_one())


def _told(before: Configuration | None, after: Configuration) -> object:
    """The diff as the audit keeps it: key, what was, what is; of the first only how much it says."""
    if before is None:
        return {"first": len(after.statements)}
    changed = differences(before.statements, after.statements)
    return [[each.key, each.before and each.before.value, each.after and each.after.value] for each in changed]


def _name(connection: Connection, person_id: int) -> str:
    return next((f"{STAFF}{person.staff_number}" for person in people(connection, [person_id])), "")
