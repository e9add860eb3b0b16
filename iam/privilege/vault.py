"""The vault: secrets of privileged IDs, sealed, in versions, each for one use or one rotation.

The one law: *nobody sees a secret without a use*: only `using.staying.reveal` shows one, once; what the target no
longer holds is wiped, and so is what nobody needs to know again.
"""

import secrets as chance
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.roles import roles_held
from iam.policy.profile import Role
from iam.privilege import telling
from iam.privilege.barred import why_barred
from iam.privilege.books import delegation_table, privileged_id_table, secret_table
from iam.privilege.register import Mode, PrivilegedId, in_use, privileged_id, privileged_ids
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.signin.door import Door
from iam.sync.urgent.books import errand_table
from iam.sync.urgent.errands import Errand, ErrandKind, Outcome, put

LENGTH: Final = 24
"""Characters of a secret: 137 bits and more, and short enough to be typed at a console."""

CLASSES: Final = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+.=%")
"""Each is in every secret, as most targets ask; none has a sign that is taken for another (0 O, 1 l I)."""

SUSPECTS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER})
"""Who may have a secret changed because others may know it."""

_PURPOSE: Final = "privileged secret"


@dataclass(frozen=True, slots=True)
class Vault:
    """Opens and renews secrets for whoever carries errands out (`iam.sync.urgent.Secrets`)."""

    keys: KeyRing

    def open(self, connection: Connection, secret_id: int) -> str:
        """The secret.

        Raises:
            NotFound: there is none, or it was wiped; IntegrityError: it was altered.
        """
        row = _row(connection, secret_id)
        if row.sealed is None:
            raise NotFound(f"特権IDのパスワード（{secret_id}）は、もう保管していません。")
        return self.keys.open(_purpose(row.privileged_id, row.version), row.sealed).decode()

    def anew(self, act: Act, secret_id: int) -> int:
        """Another secret in place of one that the target refuses, which is wiped; its id.

        Raises:
            NotFound: there is none.
        """
        row = _row(act.connection, secret_id)
        made = make(act, self.keys, row.privileged_id, row.why, use_id=row.use_id)
        _retire(act, secret_table.c.id == secret_id)
        return made


def random_secret() -> str:
    """A new secret: every class in it, no sign twice in a row, a letter first."""
    while True:
        found = "".join(chance.choice("".join(CLASSES)) for _ in range(LENGTH))
        mixed = all(set(each) & set(found) for each in CLASSES)
        if mixed and found[0].isalpha() and all(one != next_ for one, next_ in pairwise(found)):
            return found


def make(act: Act, keys: KeyRing, id_: int, why: str, *, use_id: int | None = None) -> int:
    """A new secret of a privileged ID, sealed, which no target holds yet; its id.

    Raises:
        Conflict: somebody makes one at this moment.
    """
    columns = secret_table.c
    last = act.connection.execute(select(func.max(columns.version)).where(columns.privileged_id == id_)).scalar()
    version = (last or 0) + 1
    sealed = keys.seal(_purpose(id_, version), random_secret().encode())
    row = secret_table.insert().values(
        privileged_id=id_, version=version, sealed=sealed, why=why, use_id=use_id, made_at=act.at
    )
    try:
        made = act.connection.execute(row.returning(columns.id)).scalar_one()
    except ConstraintBroken as error:
        raise Conflict("この特権IDのパスワードは、いま別の処理が変えています。もう一度行ってください。") from error
    act.record("secret.made", f"privileged_id {id_}", {"version": version, "why": why, "use": use_id})
    return int(made)


def held_by_target(connection: Connection, id_: int) -> int | None:
    """The secret that the target holds and we can still open; None where we do not know it."""
    columns = secret_table.c
    mine = columns.privileged_id == id_, columns.set_at.is_not(None), columns.retired_at.is_(None)
    query = select(columns.id).where(*mine, columns.sealed.is_not(None)).order_by(columns.version.desc()).limit(1)
    return connection.execute(query).scalar()


def settle(act: Act) -> int:
    """Note which secrets targets took, and wipe those before them and those that nobody needs; how many were taken."""
    return sum(_taken(act, row) for row in _untold(act.connection))


def anything_to_settle(connection: Connection) -> bool:
    """Whether `settle` would find anything: a look costs no writer's lock."""
    return bool(_untold(connection))


def _untold(connection: Connection) -> Sequence[Any]:
    """Secrets of which an errand says that the target took them, and the vault does not yet."""
    mine, errand, ids = secret_table.c, errand_table.c, privileged_id_table.c
    query = (
        select(mine.id, mine.privileged_id, mine.version, ids.kept, errand.kind, errand.settled_at)
        .join(errand_table, errand.secret_id == mine.id)
        .join(privileged_id_table, ids.id == mine.privileged_id)
        .where(mine.set_at.is_(None), mine.retired_at.is_(None), errand.outcome == Outcome.DONE)
    )
    return connection.execute(query.order_by(mine.id)).all()


def _taken(act: Act, row: Any) -> bool:  # noqa: ANN401 - a row of `_untold`
    columns = secret_table.c
    values: dict[str, object] = {"set_at": row.settled_at}
    if row.kind != ErrandKind.OPEN and not row.kept:
        # What nobody logs in with again: it only stands for "none that anybody knows".
        values["sealed"] = None
    untold = columns.id == row.id, columns.set_at.is_(None)
    if not act.connection.execute(update(secret_table).where(*untold).values(**values)).rowcount:
        return False
    _retire(act, (columns.privileged_id == row.privileged_id) & (columns.version < row.version))
    act.record("secret.set", f"privileged_id {row.privileged_id}", {"version": row.version, "by": row.kind})
    return True


def _retire(act: Act, which: Any) -> None:  # noqa: ANN401 - a clause, whose type the library does not tell apart
    old = update(secret_table).where(which, secret_table.c.retired_at.is_(None))
    act.connection.execute(old.values(retired_at=act.at, sealed=None))


# --- rotations outside of uses


def suspect(act: Act, door: Door, id_: int, by: int, reason: str) -> int:
    """A secret may be known to others: it is changed on the target at once; the errand's number.

    Raises:
        NotFound; Forbidden: not an officer, or barred; Conflict: the ID has no secret of its own, is in use, no reason.
    """
    found = privileged_id(act.connection, id_)
    roles = roles_held(act.connection, door.offices, by, jst_day(act.at))
    if not roles & SUSPECTS:
        raise Forbidden("パスワードの変更を求められるのは、統括・承認・運用の担当者と、システム・データの責任者です。")
    if barred := why_barred(act.connection, door, by, act.at):
        raise barred
    if found.mode is not Mode.SECRET or found.retired_at is not None:
        raise Conflict("このIDには、鍵守が管理するパスワードはありません。")
    if not reason.strip():
        raise Conflict("漏えいを疑う理由を書いてください。")
    if in_use(act.connection, id_):
        raise Conflict("この特権IDは利用中です。利用を終えると、パスワードはすぐに変わります。先に終えてください。")
    act.record("secret.suspected", found.subject, {"by": by, "reason": reason})
    telling.suspected(act, door, found, by)
    return rotate(act, door, found, "漏えいの疑い")


def rotate(act: Act, door: Door, on: PrivilegedId, why: str) -> int:
    """Have the target hold another secret; the errand's number."""
    former = held_by_target(act.connection, on.id)
    return put(
        act,
        Errand(
            system=on.system, login=on.login, kind=ErrandKind.ROTATE, mode=Mode.SECRET, subject=on.subject,
            rule=on.subject, clause=door.profile.privileged.window.clause,
            words=f"{telling.called(door, on)}のパスワードの変更（{why}）",
            secret_id=make(act, door.keys, on.id, why), former_id=former,
        ),
    )  # fmt: skip


def stale(connection: Connection) -> list[tuple[PrivilegedId, str]]:
    """The kept IDs whose secret must change, and why: never taken in, or a holder went since (OITA-S8.2.1.3e)."""
    kept = [each for each in privileged_ids(connection) if each.kept and each.mode is Mode.SECRET]
    if not kept:
        return []
    made, gone = _last_made(connection), _last_gone(connection)
    found = [
        (each, "保管の始まり" if each.id not in made else "利用者の交代")
        for each in kept
        if each.id not in made or (each.id in gone and gone[each.id] > made[each.id])
    ]
    return [(each, why) for each, why in found if not in_use(connection, each.id)]


def _last_made(connection: Connection) -> dict[int, datetime]:
    columns = secret_table.c
    query = select(columns.privileged_id, func.max(columns.made_at)).group_by(columns.privileged_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _last_gone(connection: Connection) -> dict[int, datetime]:
    """When a delegation for an ID ended last, by ID: only those that had been approved."""
    columns = delegation_table.c
    ended = columns.ended_at.is_not(None), columns.approved_at.is_not(None)
    query = select(columns.privileged_ids, columns.ended_at).where(*ended).order_by(columns.ended_at)
    return {id_: row.ended_at for row in connection.execute(query) for id_ in row.privileged_ids}


def _row(connection: Connection, secret_id: int) -> Row[Any]:
    row = connection.execute(select(secret_table).where(secret_table.c.id == secret_id)).one_or_none()
    if row is None:
        raise NotFound(f"特権IDのパスワード（{secret_id}）はありません。")
    return row


def _purpose(id_: int, version: int) -> str:
    # Bound to its row, so that whoever owns the database cannot put one ID's secret in the place of another's.
    return f"{_PURPOSE} {id_} {version}"
