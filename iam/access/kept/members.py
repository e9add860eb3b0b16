"""Who uses a shared ID, from when until when: whoever knew its secret.

The one law: *nobody is forgotten*: whoever stops using it keeps their row with its last day, so that a review can ask
whether the secret was changed since.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.access.kept.books import kept_id_table, kept_member_table
from iam.access.kept.register import Kept, KeptKind, Member, members_of
from iam.errors import Conflict, NotFound
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import jst_day


def join(act: Act, kept: Kept, person_id: int, valid_from: date, valid_until: date | None = None) -> Member:
    """Somebody uses it from a day until a day (both inclusive; None: no end).

    Raises:
        Conflict: it is not shared or has left the register, they use it already, or the days are in the wrong order.
        NotFound: there is no such person.
    """
    if kept.kind is not KeptKind.SHARED:
        raise Conflict(f"使う人を登録できるのは共用IDだけです。これは{kept.kind.label_ja}です。")
    if valid_until is not None and valid_until < valid_from:
        raise Conflict("使い終わる日が、使い始める日より前です。")
    if act.connection.execute(select(person_table.c.id).where(person_table.c.id == person_id)).first() is None:
        raise NotFound("その職員は台帳にいません。職員番号を確かめてください。")
    _hold(act, kept)
    for each in members_of(act.connection, [kept.id])[kept.id]:
        if each.person_id == person_id and each.valid_from <= (valid_until or date.max) and (
            each.valid_until is None or valid_from <= each.valid_until
        ):  # fmt: skip
            raise Conflict("その職員は、その期間にこのIDを使う人としてすでに登録されています。")
    member = Member(kept.id, person_id, valid_from, valid_until)
    _insert(act, member)
    return member


def leave(act: Act, kept: Kept, person_id: int, valid_until: date) -> Member:
    """Somebody uses it until a day (inclusive) and no longer.

    Raises:
        Conflict: they do not use it then, or it has left the register.
    """
    _hold(act, kept)
    columns = kept_member_table.c
    mine = columns.kept_id == kept.id, columns.person_id == person_id, columns.valid_from <= valid_until
    lasting = or_(columns.valid_until.is_(None), columns.valid_until > valid_until)
    row = act.connection.execute(select(kept_member_table).where(*mine, lasting)).first()
    if row is None:
        raise Conflict("その職員は、その日にこのIDを使う人として登録されていません。")
    act.connection.execute(update(kept_member_table).where(*mine, lasting).values(valid_until=valid_until))
    act.record("kept.member_left", kept.subject, {"person": person_id, "until": valid_until})
    return Member(kept.id, person_id, row.valid_from, valid_until)


def set_members(act: Act, kept: Kept, person_ids: Collection[int]) -> bool:
    """Exactly these use it from today; whoever else did, did until today.  Whether that changed anything."""
    today = jst_day(act.at)
    using = {each.person_id: each for each in members_of(act.connection, [kept.id], today)[kept.id]}
    lasting = {id_ for id_, each in using.items() if each.valid_until != today}
    new, gone = sorted(set(person_ids) - lasting), sorted(lasting - set(person_ids))
    for id_ in gone:
        leave(act, kept, id_, today)
    for id_ in new:
        if id_ in using:  # their last day was today: they go on
            _go_on(act, kept, using[id_])
        else:
            join(act, kept, id_, today)
    return bool(new or gone)


def _go_on(act: Act, kept: Kept, member: Member) -> None:
    columns = kept_member_table.c
    mine = columns.kept_id == kept.id, columns.person_id == member.person_id, columns.valid_from == member.valid_from
    act.connection.execute(update(kept_member_table).where(*mine).values(valid_until=None))
    act.record("kept.member_joined", kept.subject, {"person": member.person_id, "from": member.valid_from})


def _insert(act: Act, member: Member) -> None:
    row = {name: getattr(member, name) for name in ("kept_id", "person_id", "valid_from", "valid_until")}
    try:
        act.connection.execute(kept_member_table.insert().values(row))
    except ConstraintBroken as error:
        raise Conflict("その職員は、いま別の担当者が登録しました。開き直してください。") from error
    detail = {"person": member.person_id, "from": member.valid_from, "until": member.valid_until}
    act.record("kept.member_joined", f"kept_id {member.kept_id}", detail)


def _hold(act: Act, kept: Kept) -> None:
    """Keep the row as it is until the act ends, so that two who change its members do so one after the other.

    Raises:
        Conflict: it has left the register.
    """
    columns = kept_id_table.c
    mine = columns.id == kept.id, columns.retired_at.is_(None)
    if not act.connection.execute(update(kept_id_table).where(*mine).values(id=columns.id)).rowcount:
        raise Conflict("このIDは、すでに台帳から外されています。")
