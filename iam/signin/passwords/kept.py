"""Kept passwords: set, verified, expired, remembered so that they do not come back.

The one law: *nobody but its owner ever knows or chooses a password*
(OITA-S7.4.3.1, R33): what is stored is a wrapped hash, and officers can only
have a random temporary one issued.

Hashing is slow and never done inside a transaction, so every deed has three
parts: read what to compare (`kept_of`, `compared_with`), compare with the
hasher, write if it is still true.  The writers take the `Kept` that was read
and change nothing when somebody was there in between.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from iam.errors import Conflict, NotFound
from iam.people.ledger import person_table
from iam.policy.entry.signin import SigninRules
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Instant, Number, metadata
from iam.signin import throttle
from iam.signin.passwords.hashing import MAXIMUM, Hasher

_LEGIBLE: Final = "cdfghjkmnprtvwxy3467"
"""Neither vowels, so that no word comes about, nor what is taken for another sign on paper or by ear."""

_GROUP: Final = 4
_GROUPS: Final = 4

password_table = Table(
    "password",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("signins", Integer, nullable=False),
    Column("must_change", Text, nullable=False),
    Column("lapses_at", Instant),
    Column("used_at", Instant),
)

past_password_table = Table(
    "past_password",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("replaced_at", Instant, nullable=False),
    Column("temporary", Boolean, nullable=False),
)


class Why(StrEnum):
    """Why a password must be changed before anything else."""

    NOTHING = ""
    TEMPORARY = "temporary"
    ROTATION = "rotation"
    POLICY = "policy"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class Kept:
    """The password that a person has now."""

    person_id: int
    sealed: bytes = field(repr=False)
    set_at: datetime
    signins: int
    """How often it was used since it was set."""
    must_change: Why
    lapses_at: datetime | None
    """Of a temporary one: when it dies.  None: the person's own."""
    used_at: datetime | None
    """Of a temporary one: when it was used; it is not taken twice."""

    @property
    def temporary(self) -> bool:
        """Whether it was issued, not chosen."""
        return self.lapses_at is not None

    def usable(self, at: datetime) -> bool:
        """Whether it may be tried at all: a temporary one only once, and before it lapses."""
        return self.lapses_at is None or (self.used_at is None and at < self.lapses_at)


_OF: Final = select(password_table).where(password_table.c.person_id == bindparam("person"))


def kept_of(connection: Connection, person_id: int) -> Kept | None:
    """The person's password, or None."""
    row = connection.execute(_OF, {"person": person_id}).one_or_none()
    if row is None:
        return None
    return Kept(person_id, row.sealed, row.set_at, row.signins, Why(row.must_change), row.lapses_at, row.used_at)


def compared_with(connection: Connection, person_id: int, history: int) -> tuple[bytes, ...]:
    """What a new password must differ from: the present one, and the last `history` own and temporary ones before it.

    Sealed; give them to `is_among` after the transaction.
    """
    past = past_password_table.c
    now = select(password_table.c.sealed).where(password_table.c.person_id == person_id)
    found = list(connection.scalars(now))
    for temporary in (False, True):
        mine = past.person_id == person_id, past.temporary.is_(temporary)
        last = select(past.sealed).where(*mine).order_by(past.id.desc()).limit(history)
        found.extend(connection.scalars(last))
    return tuple(found)


def is_among(hasher: Hasher, person_id: int, sealed: Iterable[bytes], password: str) -> bool:
    """Whether `password` is one of these.  Slow: one hash each, never inside a transaction.

    Raises:
        Busy, IntegrityError: as `Hasher.verify`.
    """
    return any(hasher.verify(person_id, one, password) for one in sealed)


def set_own(act: Act, person_id: int, sealed: bytes, *, was: Kept | None, history: int) -> None:
    """The owner's own new password, judged and compared beforehand; the old one goes to the history.

    Raises:
        Conflict: when the password is not `was` any more.
    """
    _replace(act, person_id, sealed, was=was, why=Why.NOTHING, lapses_at=None)
    _forget(act, person_id, history)
    act.record("password.changed", f"person {person_id}", {"was_temporary": was is not None and was.temporary})


def issue_temporary(act: Act, person_id: int, sealed: bytes, *, life: timedelta) -> datetime:
    """A temporary password in place of whatever there was; one use, then it must be changed (R32).  Answers its end."""
    lapses_at = act.at + life
    was = _locked(act, person_id)
    _replace(act, person_id, sealed, was=was, why=Why.TEMPORARY, lapses_at=lapses_at)
    act.record("password.issued", f"person {person_id}", {"lapses_at": lapses_at, "replaced": was is not None})
    return lapses_at


def note_used(act: Act, kept: Kept) -> bool:
    """Count one sign-in with this password; False when it was replaced, used or lapsed meanwhile: then refuse.

    Of two processes that present one temporary password at once, one gets True.
    """
    columns = password_table.c
    open_still = or_(columns.lapses_at.is_(None), and_(columns.used_at.is_(None), columns.lapses_at > act.at))
    counted = (
        update(password_table)
        .where(_is(kept), open_still)
        .values(signins=columns.signins + 1, used_at=act.at if kept.temporary else None)
    )
    if act.connection.execute(counted).rowcount != 1:
        return False
    if kept.temporary:
        act.record("password.temporary_used", f"person {kept.person_id}")
    return True


def rewrap(act: Act, kept: Kept, sealed: bytes) -> bool:
    """The same password under today's parameters and key; False, and nothing done, when it was replaced meanwhile."""
    renewed = update(password_table).where(_is(kept)).values(sealed=sealed)
    if act.connection.execute(renewed).rowcount != 1:
        return False
    act.record("password.rewrapped", f"person {kept.person_id}")
    return True


def require_change(act: Act, person_id: int, why: Why) -> bool:
    """From now on this password must be changed before anything else: POLICY (re-tested and too weak) or LEAK.

    False when there is none, or when it must be changed already for as strong a reason.
    """
    columns = password_table.c
    weaker = {Why.POLICY: (Why.NOTHING,), Why.LEAK: (Why.NOTHING, Why.POLICY)}[why]
    asked = (
        update(password_table)
        .where(columns.person_id == person_id, columns.must_change.in_(weaker))
        .values(must_change=why)
    )
    if act.connection.execute(asked).rowcount != 1:
        return False
    act.record("password.change_required", f"person {person_id}", {"why": why})
    return True


def why_must_change(kept: Kept, rules: SigninRules, at: datetime) -> Why:
    """Why, or NOTHING.  `kept` as it was read before this sign-in is counted: n sign-ins pass, the next one asks."""
    if kept.must_change:
        return kept.must_change
    due = rotation_due(kept, rules)
    worn = rules.rotation_signins is not None and kept.signins >= rules.rotation_signins
    return Why.ROTATION if worn or (due is not None and due <= jst_day(at)) else Why.NOTHING


def rotation_due(kept: Kept, rules: SigninRules) -> date | None:
    """The day in Japan from which rotation by days asks for another; None when it does not."""
    if rules.rotation_days is None:
        return None
    return jst_day(kept.set_at) + timedelta(days=rules.rotation_days)


def random_temporary(minimum: int = 0) -> str:
    """A temporary password that can be read aloud and typed: groups of four with hyphens, 69 bits or more."""
    groups = max(_GROUPS, -(-(minimum + 1) // (_GROUP + 1)))
    made = "-".join("".join(secrets.choice(_LEGIBLE) for _ in range(_GROUP)) for _ in range(groups))
    return made[:MAXIMUM]


def _replace(
    act: Act, person_id: int, sealed: bytes, *, was: Kept | None, why: Why, lapses_at: datetime | None
) -> None:
    """Lock, look, change; what there was goes to the history, and what was counted against it is forgotten."""
    now = _locked(act, person_id)
    if (now and now.sealed) != (was and was.sealed):
        raise Conflict("ほかの操作でパスワードが変わりました。もう一度サインインしてからやり直してください。")
    throttle.replaced(act, person_id)
    values = {
        "sealed": sealed,
        "set_at": act.at,
        "signins": 0,
        "must_change": why,
        "lapses_at": lapses_at,
        "used_at": None,
    }
    if now is None:
        act.connection.execute(insert(password_table).values(person_id=person_id, **values))
        return
    act.connection.execute(update(password_table).where(_is(now)).values(**values))
    past = {"person_id": person_id, "sealed": now.sealed, "replaced_at": act.at, "temporary": now.temporary}
    act.connection.execute(insert(past_password_table).values(**past))


def _locked(act: Act, person_id: int) -> Kept | None:
    # The person's row, for there may be no password yet that could be locked; not its key, to which sessions refer.
    person = select(person_table.c.id).where(person_table.c.id == person_id).with_for_update(key_share=True)
    if act.connection.execute(person).one_or_none() is None:
        raise NotFound("この職員は台帳にいません。")
    return kept_of(act.connection, person_id)


def _forget(act: Act, person_id: int, history: int) -> None:
    past = past_password_table.c
    for temporary in (False, True):
        mine = past.person_id == person_id, past.temporary.is_(temporary)
        last = select(past.id).where(*mine).order_by(past.id.desc()).limit(history)
        act.connection.execute(delete(past_password_table).where(*mine, past.id.not_in(last)))


def _is(kept: Kept) -> ColumnElement[bool]:
    # No two seals are alike, so the seal says that it is still the one which was read.
    return and_(password_table.c.person_id == kept.person_id, password_table.c.sealed == kept.sealed)
