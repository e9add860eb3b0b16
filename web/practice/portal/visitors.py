"""Invented people with something to sign in by: whoever opens the practice portal may be any of them.

The one law: *the product knows no such people*: each is found in the ledger of
an invented city, and gets a password and an app by the verbs with which a
person enrols; only what was written down here can be looked up again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import pyotp
from sqlalchemy import Connection, select

from iam.office.roles import holders, holdings_of, owns
from iam.people.feed import Gives
from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin.door import Door, Entrant, entrant
from iam.signin.factors import totp
from iam.signin.factors.totp import begin as begin_totp
from iam.signin.passwords import kept
from iam.signin.passwords.judging import judge

ACTOR: Final = "practice"
_DEPARTMENT: Final = "03%"
"""市民部: enough people without a role, with rights in several systems."""

_LENGTH: Final = 15
_STEP: Final = timedelta(seconds=30)


class Way(StrEnum):
    """What somebody has been given: a password and an app, the password alone, or a temporary password."""

    APP = "app"
    PASSWORD = "password"
    TEMPORARY = "temporary"


@dataclass(frozen=True)
class Part:
    """Somebody whom the visitor may be.  `role` None: an ordinary member of staff; `call`: what they are called."""

    role: Role | None
    call: str
    way: Way


CAST: Final = (
    Part(None, "職員（はじめて）", Way.TEMPORARY),
    Part(None, "職員", Way.APP),
    Part(Role.GENERAL_OFFICER, "統括責任者", Way.APP),
    Part(Role.OPERATOR, "運用担当者", Way.APP),
    Part(Role.HR_OFFICER, "人事担当者", Way.APP),
    Part(Role.APPROVER, "承認者", Way.APP),
    Part(Role.SYSTEM_OWNER, "部の責任者", Way.PASSWORD),
    Part(Role.AUDITOR, "監査担当者", Way.APP),
)


@dataclass(frozen=True)
class Visitor:
    """One of the cast.  `key`: what their app was given (base32), "" without one."""

    number: str
    name: str
    call: str
    role: str
    way: Way
    password: str = field(repr=False)
    key: str = field(default="", repr=False)

    def code(self, at: datetime) -> str:
        """What their app shows."""
        return pyotp.TOTP(self.key).at(at)


@dataclass(frozen=True)
class Cast:
    """Everybody, as kept beside the configuration of the practice body."""

    visitors: tuple[Visitor, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Those of the portal in `folder`.

        Raises:
            FileNotFoundError: when none was set up there.
        """
        kept_ = json.loads(_file(folder).read_text(encoding="utf-8"))
        return cls(tuple(Visitor(**{**each, "way": Way(each["way"])}) for each in kept_))

    def keep(self, folder: Path) -> None:
        """Write them down for whoever asks for codes later."""
        file = _file(folder)
        file.touch(mode=0o600)
        file.write_text(json.dumps([asdict(each) for each in self.visitors], ensure_ascii=False), encoding="utf-8")

    def one(self, role: Role | None, way: Way | None = None) -> Visitor:
        """The first who has this role, and was given this."""
        return next(each for each in self.visitors if each.role == (role or "") and way in {None, each.way})


def _file(folder: Path) -> Path:
    return folder / "people.json"


def set_up(store: Store, door: Door) -> Cast:
    """Find everybody in the ledger, and give each what they sign in by; one password for all but the temporary one.

    Raises:
        LookupError: when the ledger has nobody for a part.
    """
    found = list(_find(store, door))
    password = kept.random_temporary(_LENGTH)
    return Cast(tuple(give(store, door, part, who, password) for part, who in found))


def _find(store: Store, door: Door) -> Iterator[tuple[Part, Entrant]]:
    at, taken = store.clock(), set[int]()
    with store.read() as connection:
        for part in CAST:
            some = candidates(connection, door, part.role, at)
            free = (each for each in some if each.person_id not in taken and each.in_service)
            who = next((each for each in free if _fits(connection, door, part, each, at)), None)
            if who is None:
                raise LookupError(f"nobody in the ledger is {part.call}")
            taken.add(who.person_id)
            yield part, who


def _fits(connection: Connection, door: Door, part: Part, who: Entrant, at: datetime) -> bool:
    """Whether there is something for them to do: an owner of systems owns one."""
    if part.role is not Role.SYSTEM_OWNER:
        return True
    held = holdings_of(connection, door.offices, [who.person_id], jst_day(at))[who.person_id]
    return any(owns(each, system.owner) for each in held for system in door.model.systems.values())


def candidates(connection: Connection, door: Door, role: Role | None, at: datetime) -> Iterator[Entrant]:
    """Whoever holds a role at this instant; None: whoever sits in 市民部 and holds none."""
    if role is not None:
        ids: Sequence[int] = [each.person_id for each in holders(connection, door.offices, role, jst_day(at))]
    else:
        columns, day = appointment_table.c, jst_day(at)
        sits = columns.gives == Gives.POST, columns.org_code.like(_DEPARTMENT), columns.known_until.is_(None)
        now = columns.valid_from <= day, columns.valid_until >= day
        ids = connection.scalars(select(columns.person_id).where(*sits, *now).order_by(columns.person_id)).all()
    for id_ in ids:
        who = entrant(connection, door, id_, at)
        if role is not None or not who.roles:
            yield who


def give(store: Store, door: Door, part: Part, who: Entrant, password: str) -> Visitor:
    """Let somebody of the ledger play a part: what they sign in by.

    Raises:
        ValueError: when their rules refuse this password.
    """
    mine = Visitor(who.staff_number, who.name, part.call, part.role or "", part.way, password)
    if part.way is Way.TEMPORARY:
        return _temporary(store, door, who, mine)
    problems = judge(password, minimum=who.rules.password_minimum, words=door.words(who), listed=door.listed)
    if problems:
        raise ValueError([each.sentence_ja for each in problems])
    sealed = door.hasher.wrap(who.person_id, password)
    with store.act(ACTOR) as act:
        kept.set_own(act, who.person_id, sealed, was=None, history=who.rules.history)
    return mine if part.way is Way.PASSWORD else _with_app(store, door, who, mine)


def _temporary(store: Store, door: Door, who: Entrant, mine: Visitor) -> Visitor:
    secret = kept.random_temporary(who.rules.password_minimum)
    sealed = door.hasher.wrap(who.person_id, secret)
    with store.act(ACTOR) as act:
        kept.issue_temporary(act, who.person_id, sealed, life=who.rules.temporary_life)
    return replace(mine, password=secret)


def _with_app(store: Store, door: Door, who: Entrant, mine: Visitor) -> Visitor:
    with store.act(ACTOR) as act:
        begun = begin_totp(
            act, door.keys, who.person_id, "練習用の認証アプリ", issuer=door.site.name, account=who.staff_number
        )
        key = parse_qs(urlsplit(begun.uri).query)["secret"][0]
        # The step before, so that the code of now is still there to be typed.
        shown = pyotp.TOTP(key).at(act.at - _STEP)
        judged = totp.confirm_code(act, door.keys, who.person_id, begun.id, shown)
        if not isinstance(judged, totp.Accepted):
            raise TypeError(judged)
    return replace(mine, key=key)
