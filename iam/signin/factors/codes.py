"""Codes that are used up: recovery codes, which their owner keeps, and a temporary one, which the desk hands over.

The one law: *once* (NIST SP 800-63B-4 3.1.2, ASVS 6.5.1): a code is believed by one conditional
statement that uses it up, so of two processes with the same code exactly one
signs in.  What is stored is a keyed hash; nobody can read a code again.
"""

import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, CursorResult, bindparam, exists, func, insert, or_, select, update

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Instant, Store
from iam.signin.factors.authenticators import (
    Form,
    State,
    authenticator_table,
    code_table,
    end,
    enrol,
    note_used,
    of_person,
)

RECOVERY_CODES: Final = 10
LONGEST_LIFE: Final = timedelta(hours=24)
"""Of a temporary code: what NIST SP 800-63B-4 4.2.1 allows at most for a code that was sent."""

# No letter or digit of a pair that looks alike: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
_ALPHABET: Final = "ACDEFGHJKMNPQRTVWXY34679"
_GROUPS: Final = {Form.RECOVERY: (6, 6, 6), Form.TEMPORARY: (5, 5, 5)}  # 82 and 68 bits; 64 is the least (4.2.1)
_LENGTHS: Final = {sum(groups): form for form, groups in _GROUPS.items()}
_OTP_LENGTHS: Final = range(6, 9)
_LONGEST_TYPED: Final = 256
_HYPHENS: Final = frozenset("ー‐‑–—−_.・")


@dataclass(frozen=True, slots=True)
class Issued:
    """Codes as they are shown, once.  They are nowhere else."""

    authenticator_id: int
    codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Used:
    """The code was good, and is so no more.  `left` counts the unused ones of its set."""

    authenticator_id: int
    form: Form
    left: int


def normalised(text: str) -> str:
    """A code as it is compared: width, case, hyphens and spaces do not matter; "" is nobody's."""
    if len(text) > _LONGEST_TYPED:
        return ""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        each for each in plain if each not in _HYPHENS and unicodedata.category(each) not in {"Pd", "Zs", "Cc", "Cf"}
    )


def shape_of(text: str) -> Form | None:
    """What somebody typed into the one field for codes: TOTP (or a token), RECOVERY, TEMPORARY, or None."""
    code = normalised(text)
    if code.isascii() and code.isdigit() and len(code) in _OTP_LENGTHS:
        return Form.TOTP
    return _LENGTHS.get(len(code)) if set(code) <= set(_ALPHABET) else None


def issue_recovery(act: Act, keys: KeyRing, person_id: int) -> Issued:
    """Ten new recovery codes; all earlier ones are void.

    Raises:
        NotFound: no such person.
    """
    return _issue(act, keys, person_id, Form.RECOVERY, number=RECOVERY_CODES, lapses_at=None)


def issue_temporary(act: Act, keys: KeyRing, person_id: int, life: timedelta) -> Issued:
    """One code that works once within `life`; an earlier one is void.  The caller sees that two officers decided it.

    Raises:
        ValueError: `life` is over 24 hours.  NotFound: no such person.
    """
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise ValueError(f"a temporary code cannot live for {life}")
    return _issue(act, keys, person_id, Form.TEMPORARY, number=1, lapses_at=act.at + life)


def _issue(act: Act, keys: KeyRing, person_id: int, form: Form, *, number: int, lapses_at: datetime | None) -> Issued:
    made = enrol(act, person_id, form, form.label_ja, state=State.ACTIVE)
    # Ended after the person was locked by enrolling: two issues at once leave one set.
    for each in of_person(act.connection, person_id):
        if each.form is form and each.id != made:
            end(act, each.id, State.REMOVED, "replaced")
    codes = [_random(form) for _ in range(number)]
    rows = [
        {"code_hash": _hash(keys, keys.current, made, normalised(code)), "authenticator_id": made,
         "lapses_at": lapses_at, "used_at": None}
        for code in codes
    ]  # fmt: skip
    act.connection.execute(insert(code_table), rows)
    return Issued(made, tuple(codes))


def use(act: Act, keys: KeyRing, person_id: int, text: str) -> Used | None:
    """Use up the person's recovery or temporary code; None when it is none of theirs, was used, or lapsed."""
    form = shape_of(text)
    if form not in _GROUPS:
        return None
    for authenticator_id, key_id in _sets(act.connection, person_id, form):
        if _use_up(act, _hash(keys, key_id, authenticator_id, normalised(text))):
            note_used(act, authenticator_id)
            unused = _unused(act.connection, authenticator_id)
            if not unused:
                end(act, authenticator_id, State.REMOVED, "used up")
            return Used(authenticator_id, form, unused)
    return None


_LEFT: Final = (
    select(authenticator_table.c.form, func.count())
    .select_from(code_table.join(authenticator_table))
    .where(
        authenticator_table.c.person_id == bindparam("person"),
        authenticator_table.c.state == State.ACTIVE,
        code_table.c.used_at.is_(None),
        or_(code_table.c.lapses_at.is_(None), code_table.c.lapses_at > bindparam("at", type_=Instant)),
    )
    .group_by(authenticator_table.c.form)
)


def left(connection: Connection, person_id: int, at: datetime) -> dict[Form, int]:
    """How many unused codes the person has: RECOVERY and TEMPORARY, where there are any."""
    return {Form(form): count for form, count in connection.execute(_LEFT, {"person": person_id, "at": at})}


def mine(store: Store, person_id: int, at: datetime) -> dict[Form, int]:
    """`left`, for a page."""
    return {Form(row[0]): row[1] for row in store.rows(_LEFT, person=person_id, at=at)}


def end_lapsed(act: Act) -> int:
    """End temporary codes that nobody used in their time; how many there were."""
    codes, owners = code_table.c, authenticator_table.c
    query = (
        select(owners.id)
        .select_from(code_table.join(authenticator_table))
        .where(owners.form == Form.TEMPORARY, owners.state == State.ACTIVE, codes.lapses_at <= act.at)
    )
    return sum(end(act, id_, State.REMOVED, "lapsed") for id_ in act.connection.execute(query).scalars().all())


def _random(form: Form) -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(group)) for group in _GROUPS[form])


def _hash(keys: KeyRing, key_id: str, authenticator_id: int, code: str) -> str:
    # The key's id stands in front, so that codes outlive a rotation of the ring.
    return f"{key_id}:{keys.mac('single code', f'{authenticator_id}:{code}'.encode(), key_id)}"


def _sets(connection: Connection, person_id: int, form: Form) -> list[tuple[int, str]]:
    codes, owners = code_table.c, authenticator_table.c
    query = (
        select(codes.authenticator_id, codes.code_hash)
        .select_from(code_table.join(authenticator_table))
        .where(owners.person_id == person_id, owners.form == form, owners.state == State.ACTIVE)
    )
    return sorted({(id_, str(hashed).partition(":")[0]) for id_, hashed in connection.execute(query)})


def _use_up(act: Act, code_hash: str) -> bool:
    codes, owners = code_table.c, authenticator_table.c
    active = exists().where(owners.id == codes.authenticator_id, owners.state == State.ACTIVE)
    query = update(code_table).where(
        codes.code_hash == code_hash, codes.used_at.is_(None), active,
        or_(codes.lapses_at.is_(None), codes.lapses_at > act.at),
    )  # fmt: skip
    done = cast("CursorResult[Any]", act.connection.execute(query.values(used_at=act.at)))
    return done.rowcount == 1


def _unused(connection: Connection, authenticator_id: int) -> int:
    mine = code_table.c.authenticator_id == authenticator_id, code_table.c.used_at.is_(None)
    return connection.execute(select(func.count()).select_from(code_table).where(*mine)).scalar_one()
