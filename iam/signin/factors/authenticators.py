"""Authenticators: what is bound to whom, since when, and how it ended.

The one law: *one device, one person, once* (R26): a handle (credential id,
certificate, serial) that was ever bound is never bound again; the database
says so.  And a counter only ever rises, by one conditional statement, so that
of two processes that were shown the same code exactly one believes it.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    ForeignKey,
    LargeBinary,
    Row,
    Table,
    Text,
    UniqueConstraint,
    Update,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from iam.errors import Conflict, NotFound
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin.kinds import Method

LONGEST_NAME: Final = 40
"""Characters of the name that a person gives to an authenticator."""

MOST_ACTIVE: Final = 10
"""Authenticators that one person may hold at a time; recovery and temporary codes not counted."""

FULL: Final = "登録できる認証手段は{most}個までです。使わないものを削除してください。"
BOUND: Final = "この{form}は、すでに登録されたことがあるため使えません。別のものを使ってください。"
"""What a page may look up in its own language."""


class Form(StrEnum):
    """What an authenticator is.  RECOVERY is one set of recovery codes, TEMPORARY one code handed over at the desk."""

    TOTP = "totp"
    TOKEN = "token"  # noqa: S105 - a hardware OATH token
    WEBAUTHN = "webauthn"
    CERTIFICATE = "certificate"
    RECOVERY = "recovery"
    TEMPORARY = "temporary"

    @property
    def label_ja(self) -> str:
        """The word that staff read."""
        return self.method().label_ja

    def method(self, *, verified: bool = False) -> Method:
        """The way of proving oneself; `verified` says that a security key verified its user itself."""
        if self is Form.WEBAUTHN:
            return Method.VERIFIED_KEY if verified else Method.KEY
        return Method(self.value)


class State(StrEnum):
    """Where an authenticator is in its life.  Only an ACTIVE one proves anything; nothing leads back to ACTIVE."""

    PENDING = "pending"
    ACTIVE = "active"
    LOST = "lost"
    REMOVED = "removed"
    DISABLED = "disabled"

    @property
    def label_ja(self) -> str:
        """The word that staff read."""
        return _STATES[self]


_STATES: Final[Mapping[State, str]] = {
    State.PENDING: "登録の途中",
    State.ACTIVE: "有効",
    State.LOST: "紛失",
    State.REMOVED: "削除済",
    State.DISABLED: "停止",
}

LASTING: Final = frozenset({Form.TOTP, Form.TOKEN, Form.WEBAUTHN, Form.CERTIFICATE})
"""What serves day by day.  Codes that are used up are for the day on which these are not at hand."""

ALIVE: Final = (State.PENDING, State.ACTIVE)
_ENDED: Final = frozenset({State.LOST, State.REMOVED, State.DISABLED})

authenticator_table = Table(
    "authenticator",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("form", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handle", Text),
    Column("sealed", LargeBinary),
    Column("data", Json, nullable=False),
    Column("counter", Number, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False),
    UniqueConstraint("form", "handle"),
)

code_table = Table(
    "single_code",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("authenticator_id", ForeignKey("authenticator.id"), nullable=False, index=True),
    Column("lapses_at", Instant),
    Column("used_at", Instant),
)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One row.  `counter` is the highest step or sign count that was believed; `sealed` is gone once it ended."""

    id: int
    person_id: int
    form: Form
    name: str
    state: State
    handle: str | None
    sealed: bytes | None = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    counter: int
    enrolled_at: datetime
    confirmed_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None
    end_reason: str

    @property
    def active(self) -> bool:
        """Whether it proves anything."""
        return self.state is State.ACTIVE

    @property
    def lasting(self) -> bool:
        """Whether it serves day by day: active, and no code that is used up."""
        return self.active and self.form in LASTING


_ALL_OF: Final = (
    select(authenticator_table)
    .where(authenticator_table.c.person_id == bindparam("person"))
    .order_by(authenticator_table.c.id)
)
_ALIVE_OF: Final = _ALL_OF.where(among(authenticator_table.c.state, ALIVE))


def of_person(connection: Connection, person_id: int, *, alive: bool = True) -> list[Authenticator]:
    """The person's authenticators, oldest first; with `alive` only those that are pending or active."""
    found = connection.execute(_ALIVE_OF if alive else _ALL_OF, {"person": person_id})
    return [_authenticator(row) for row in found]


def mine(store: Store, person_id: int, *, alive: bool = True) -> list[Authenticator]:
    """`of_person`, for what a page asks."""
    return [_authenticator(row) for row in store.rows(_ALIVE_OF if alive else _ALL_OF, person=person_id)]


def of_people(connection: Connection, person_ids: Iterable[int]) -> dict[int, list[Authenticator]]:
    """The active authenticators of each person that has one: for progress of enrolment by department."""
    columns = authenticator_table.c
    query = select(authenticator_table).where(among(columns.person_id, list(person_ids)), columns.state == State.ACTIVE)
    found: dict[int, list[Authenticator]] = {}
    for row in connection.execute(query.order_by(columns.id)):
        found.setdefault(row.person_id, []).append(_authenticator(row))
    return found


def authenticator(
    connection: Connection, id_: int, *, person_id: int | None = None, lock: bool = False
) -> Authenticator:
    """One authenticator, whatever its state; with `person_id` only that person's own; with `lock` until the act ends.

    Raises:
        NotFound: when there is none, or it is somebody else's.
    """
    columns = authenticator_table.c
    query = select(authenticator_table).where(columns.id == id_)
    if person_id is not None:
        query = query.where(columns.person_id == person_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("その認証手段は登録されていません。")
    return _authenticator(row)


def by_handle(connection: Connection, form: Form, handle: str) -> Authenticator | None:
    """Whoever's it is and whatever its state: the one authenticator that this handle was ever bound to."""
    columns = authenticator_table.c
    query = select(authenticator_table).where(columns.form == form, columns.handle == handle)
    row = connection.execute(query).one_or_none()
    return None if row is None else _authenticator(row)


def cleaned(name: str, form: Form) -> str:
    """`name` on one line, without invisible characters, at most 40 characters; the form's word when nothing is left.

    A page should refuse longer names (LONGEST_NAME) rather than have them cut here.
    """
    plain = "".join(
        " " if unicodedata.category(each) in _BLANK else each for each in unicodedata.normalize("NFC", name)
    )
    seen = "".join(each for each in plain if unicodedata.category(each) not in _UNSEEN)
    return " ".join(seen.split())[:LONGEST_NAME].strip() or form.label_ja


# Control characters break a line, format characters (bidirectional overrides) make it read as another name.
_BLANK: Final = frozenset({"Cc", "Zl", "Zp", "Zs"})
_UNSEEN: Final = frozenset({"Cf", "Cs", "Co", "Cn"})


def enrol(
    act: Act,
    person_id: int,
    form: Form,
    name: str,
    *,
    handle: str | None = None,
    sealed: bytes | None = None,
    data: Mapping[str, object] | None = None,
    counter: int = 0,
    state: State = State.PENDING,
) -> int:
    """Bind an authenticator to a person; its id.  `sealed` is the sealed secret of an OTP device.

    Raises:
        NotFound: no such person; Conflict: the handle was bound before, or the person has ten already.
    """
    hold(act.connection, person_id)
    _see_room(act.connection, person_id, form)
    values = {
        "person_id": person_id, "form": form, "name": cleaned(name, form), "state": state, "handle": handle,
        "sealed": sealed, "data": dict(data or {}), "counter": counter, "enrolled_at": act.at,
        "confirmed_at": act.at if state is State.ACTIVE else None, "end_reason": "",
    }  # fmt: skip
    # The database is asked last: a handle that two processes bring at once is bound by one of them.
    table = authenticator_table
    if act.connection.dialect.name == "postgresql":
        query = postgresql.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    else:
        query = sqlite.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    made = act.connection.execute(query).scalar_one_or_none()
    if made is None:
        raise Conflict(BOUND.format(form=form.label_ja))
    verb = "confirmed" if state is State.ACTIVE else "begun"
    act.record(f"factor.{verb}", f"person {person_id}", {"authenticator": made, "form": form})
    return int(made)


def confirm(act: Act, id_: int) -> bool:
    """A pending one becomes active; False when it is not pending any more."""
    waiting = authenticator_table.c.state == State.PENDING
    row = _change(act, id_, waiting, state=State.ACTIVE, confirmed_at=act.at)
    if row is not None:
        act.record("factor.confirmed", f"person {row.person_id}", {"authenticator": id_, "form": row.form})
    return row is not None


def rename(act: Act, id_: int, person_id: int, name: str) -> None:
    """Give the person's own authenticator another name.

    Raises:
        NotFound: when it is not theirs.
    """
    mine = authenticator(act.connection, id_, person_id=person_id)
    fresh = cleaned(name, mine.form)
    if fresh != mine.name:
        act.connection.execute(_one(id_).values(name=fresh))
        act.record("factor.renamed", f"person {person_id}", {"authenticator": id_, "from": mine.name, "to": fresh})


def end(act: Act, id_: int, state: State, reason: str) -> bool:
    """It proves nothing any more, and its secret is forgotten; False when it had ended already.

    `state` says how it ended: LOST, REMOVED or DISABLED; `reason` is a short code or an officer's words.
    """
    if state not in _ENDED:
        raise ValueError(f"{state} is no end")
    alive = authenticator_table.c.state.in_(ALIVE)
    row = _change(act, id_, alive, state=state, ended_at=act.at, end_reason=reason, sealed=None)
    if row is not None:
        detail = {"authenticator": id_, "form": row.form, "state": state, "reason": reason}
        act.record("factor.ended", f"person {row.person_id}", detail)
    return row is not None


def note_used(act: Act, id_: int, counter: int | None = None) -> bool:
    """It proved itself just now, at this `counter`; False when it is not active or somebody was first.

    None stands for an authenticator that does not count.
    """
    usable = authenticator_table.c.state == State.ACTIVE
    if counter is None:
        return _change(act, id_, usable, used_at=act.at) is not None
    rising = usable & (authenticator_table.c.counter < counter)
    return _change(act, id_, rising, used_at=act.at, counter=counter) is not None


def set_data(act: Act, id_: int, data: Mapping[str, object]) -> None:
    """Remember something of an authenticator that is not secret; lock it before reading what it held."""
    act.connection.execute(_one(id_).values(data=dict(data)))


def hold(connection: Connection, person_id: int) -> None:
    """Lock a person's factors until the act ends: for whoever counts them before changing one.

    Raises:
        NotFound: no such person.
    """
    # Not the key: a session that is opened for the person meanwhile refers to it, and would wait for us in a ring.
    query = select(person_table.c.id).where(person_table.c.id == person_id).with_for_update(key_share=True)
    if connection.execute(query).one_or_none() is None:
        raise NotFound("その職員は台帳にいません。")


def _see_room(connection: Connection, person_id: int, form: Form) -> None:
    if form not in LASTING:
        return
    columns = authenticator_table.c
    mine = columns.person_id == person_id, columns.state.in_(ALIVE), columns.form.in_(LASTING)
    held = connection.execute(select(func.count()).select_from(authenticator_table).where(*mine)).scalar_one()
    if held >= MOST_ACTIVE:
        raise Conflict(FULL.format(most=MOST_ACTIVE))


def _one(id_: int) -> Update:
    return update(authenticator_table).where(authenticator_table.c.id == id_)


def _change(act: Act, id_: int, condition: Any, **values: object) -> Row[Any] | None:  # noqa: ANN401 - an SQL expression
    columns = authenticator_table.c
    query = _one(id_).where(condition).values(**values).returning(columns.person_id, columns.form)
    return cast("CursorResult[Any]", act.connection.execute(query)).one_or_none()


def _authenticator(row: Row[Any]) -> Authenticator:
    values = row._asdict()
    return Authenticator(**values | {"form": Form(row.form), "state": State(row.state)})
