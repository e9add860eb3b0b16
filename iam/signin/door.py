"""The door: who comes in, under which rules, and from where.

The one law: *the ledger decides who may come in* (R02): a person is looked up
with everything that can shut the door on them, and what was found is believed
again only while nothing of it changed.
"""

import secrets
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Connection, Date, Row, bindparam, exists, func, select

from iam.access.accounts import AccountState, accounts_of, block_table
from iam.access.model import AccessModel, Keep
from iam.access.places.networks import Networks
from iam.errors import NotFound
from iam.office.books import assignment_table
from iam.office.changes.configuration import Running, why_nothing_is_given
from iam.office.roles import Offices, holdings_among
from iam.people.ledger import appointment_table, people, person_table, persons_by_number
from iam.people.standing import Status
from iam.policy.entry.signin import Attestation, SigninRules
from iam.policy.profile import Profile, Role
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors.certificates import TrustFiles
from iam.signin.factors.webauthn import KeyRules, Site
from iam.signin.passwords.hashing import Hasher
from iam.signin.passwords.judging import Words, words_of
from iam.signin.watch import ClockWatch

PRIVILEGED: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR})
"""Roles that decide over other people's access: whoever holds one signs in under the rules of privileged IDs."""

NOBODY: Final = -1
"""Stands for the person behind an unknown number, so that the same queries are asked for both."""

LONGEST_NUMBER: Final = 64
_TOKEN_BYTES: Final = 32
LIFE: Final = timedelta(seconds=30)
"""How long anything is believed that was worked out of the ledger, although what tells of change is the same."""

MOST: Final = 20_000
"""How much of one sort is remembered in a process."""

M = TypeVar("M")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Where:
    """Where somebody stands: the address as the nearest trusted proxy saw it, and what the terminal says of itself."""

    address: str
    terminal: str = ""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A person at the door, as the ledger knows them at this instant.

    `in_service`: may come in.  `suspended`: rights were stopped as a whole, whatever `status` says.
    `roles`: empty for whoever may not come in.  `guarded`: the roles that somebody has again who is away now; their
    door is guarded as if they were here.
    """

    person_id: int
    staff_number: str
    name: str
    name_kana: str
    email: str
    status: Status
    suspended: bool
    in_service: bool
    roles: frozenset[Role]
    rules: SigninRules
    guarded: frozenset[Role] = frozenset()

    @property
    def shut_out(self) -> str:
        """Why not in service: "suspended" or the status; "" for whoever may come in."""
        if self.in_service:
            return ""
        return "suspended" if self.suspended else self.status.value


class Stamp(NamedTuple):
    """What must be unchanged for a remembered entrant to hold: read in the one query of a look."""

    day: date
    blocked: bool
    told: int
    assigned: int
    absent_runs: int
    staff_number: str
    name: str
    name_kana: str
    email: str


class Remembered(Generic[V]):
    """Values by key, each under the sign of what it rests on, for half a minute: what no sign tells (a deputised
    holder's move, an account in another zone) is seen after that."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[object, datetime, V]] = {}

    def get(self, key: Hashable, sign: object, at: datetime) -> V | None:
        """What was kept under this sign and is fresh at `at`."""
        found = self._kept.get(key)
        if found is None or found[0] != sign or not timedelta(0) <= at - found[1] < LIFE:
            return None
        return found[2]

    def put(self, key: Hashable, sign: object, at: datetime, value: V) -> None:
        """Keep `value`; when there are too many, what is old goes, or else everything."""
        if len(self._kept) >= MOST:
            fresh = {key: each for key, each in list(self._kept.items()) if abs(at - each[1]) < LIFE}
            self._kept = fresh if len(fresh) < MOST // 2 else {}
        self._kept[key] = (sign, at, value)


@dataclass(frozen=True)
class Door:
    """What signing in needs to know of the body; threads share one.

    `zone`: of the portal itself.  `absence`: source -> silent readings in a row.  `origin`: of the pages, to which
    keys are bound.  `listed`: whether a password is on the blocklist (judging.judge).  `key_roots`: PEM of key makers.
    `authorities`: what client certificates are checked against; None: none is accepted.
    `watch`: of this host's clock; None: it is believed.
    `networks`: where addresses stand; without any, every address is unknown.
    `running`: the whole configuration, as two officers confirm it; None: a door of tests, asked nothing.
    """

    profile: Profile
    model: AccessModel
    keys: KeyRing
    hasher: Hasher
    origin: str
    zone: str = ""
    absence: Mapping[str, int] = field(default_factory=dict)
    body_words: tuple[str, ...] = ()
    listed: Callable[[str], bool] = lambda _: False
    key_roots: tuple[bytes, ...] = ()
    authorities: TrustFiles | None = None
    watch: ClockWatch | None = None
    networks: Networks = field(default_factory=Networks)
    running: Running | None = None
    _remembered: Remembered[Entrant] = field(default_factory=Remembered, init=False, repr=False, compare=False)
    _memories: dict[type[Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def offices(self) -> Offices:
        """What says who holds which role."""
        return Offices(self.profile, self.absence)

    @cached_property
    def site(self) -> Site:
        """The site as browsers know it."""
        return Site.at(self.origin, self.profile.body.name)

    @cached_property
    def _general_words(self) -> Words:
        return words_of(body=self.body_words, systems=[system.name for system in self.model.systems.values()])

    def memory(self, kind: type[M]) -> M:
        """What rooms above remember for this door in this process: one of each kind, empty at first."""
        found: M | None = self._memories.get(kind)
        if found is None:
            # Of two threads that are first the second gets what the first has made.
            found = self._memories.setdefault(kind, kind())
        return found

    def see_confirmed(self, connection: Connection, at: datetime) -> None:
        """To be called before anything is opened, given or lent; never before what ends or takes away (R19).

        Raises:
            Forbidden: when this runs with a configuration that differs from the one that two officers confirmed.
        """
        if refusal := why_nothing_is_given(connection, self.keys, self.running, at):
            raise refusal

    def clock_is_wrong(self, at: datetime) -> bool:
        """Whether this host's clock is further off than the profile allows (R25).  Not to be asked within an act."""
        return self.watch is not None and self.watch.wrong(at)

    def words(self, who: Entrant) -> Words:
        """The words that a password of this person may not consist of."""
        own = words_of(names=[who.name], kana=[who.name_kana], numbers=[who.staff_number], emails=[who.email])
        return {**self._general_words, **own}

    def key_rules(self, rules: SigninRules | None, *, verified: bool) -> KeyRules:
        """Which keys are taken from somebody under `rules`; None: not known yet, judged again when they are."""
        signin = self.profile.signin
        return KeyRules(
            synced=rules is None or rules.synced_keys,
            verified=verified,
            attested=signin.attestation.value is Attestation.REQUIRED,
            approved=frozenset(signin.approved_keys.value),
            roots=self.key_roots,
        )

    @property
    def reauthentication(self) -> timedelta:
        """How old a proof may be for a sensitive act (R39)."""
        return timedelta(minutes=self.profile.signin.reauthentication.value)

    def strangers_rules(self, blinded: str, on: date) -> SigninRules:
        """The rules under which failures for a number that nobody has are counted.

        One in eight is as strict as with an officer, so that a delay that comes early says nothing of whose
        number it is.
        """
        strict = blinded[:1] in {"0", "1"}
        zones = [zone.code for zone in self.profile.zones] if strict else [self.profile.zone(self.zone).code]
        return self.profile.signin.resolved(zones, privileged=strict, on=on)

    def blinded(self, number: str) -> str:
        """A number that nobody has, as it may be kept: people type passwords into that field."""
        return self.keys.mac("number at the door", number.encode("utf-8", "replace"), self.keys.current)[:32]


def actor_of(staff_number: str) -> str:
    """Whoever signed in, as the audit names them."""
    return f"staff:{staff_number}"


DOOR: Final = "door"
"""The actor while nobody is known."""


def new_token() -> tuple[str, str]:
    """A token of 256 bits for a cookie, and its hash for the row (R37)."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    """What the row holds of a token: it cannot be turned back."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def number_of(typed: str) -> str:
    """A staff number as it is looked up: full-width digits and blanks around it do not matter; "" is nobody's."""
    number = unicodedata.normalize("NFKC", typed[: 4 * LONGEST_NUMBER]).strip()
    # PostgreSQL holds no NUL and no lone surrogate, and no number has one.
    return number if len(number) <= LONGEST_NUMBER and number.isprintable() else ""


# --- the stamp


def stamp_columns() -> list[Any]:
    """Columns of a query on `person` that give a `Stamp`; it binds `day`.

    Versions are only ever added or closed, so their count and the count of the closed ones tell of any change.
    """
    person, told, assigned, block = person_table.c, appointment_table.c, assignment_table.c, block_table.c
    day: BindParameter[date] = bindparam("day", type_=Date)
    whole = exists().where(
        block.person_id == person.id, block.system == "", block.entitlement == "", block.lifted_at.is_(None),
        block.valid_from <= day, block.valid_until >= day,
    )  # fmt: skip
    return [
        whole.label("blocked"),
        select(func.count() + func.count(told.known_until)).where(told.person_id == person.id)
        .scalar_subquery().label("told"),
        select(func.count() + func.count(assigned.withdrawn_at)).where(assigned.person_id == person.id)
        .scalar_subquery().label("assigned"),
        person.absent_runs, person.staff_number, person.name, person.name_kana, person.email,
    ]  # fmt: skip


def stamp_of(row: Row[Any], at: datetime) -> Stamp:
    """The stamp in a row that has `stamp_columns`."""
    return Stamp(
        jst_day(at), bool(row.blocked), row.told, row.assigned, row.absent_runs,
        row.staff_number, row.name, row.name_kana, row.email,
    )  # fmt: skip


_STAMP = select(*stamp_columns()).where(person_table.c.id == bindparam("person_id"))


# --- who it is


def entrant(connection: Connection, door: Door, person_id: int, at: datetime) -> Entrant:
    """The person at this instant.

    Raises:
        NotFound: when the ledger has no such person.
    """
    found = looked_up(connection, door, person_id, at)
    if found is None:
        raise NotFound("その職員は台帳にいません。")
    return found


def find(connection: Connection, door: Door, number: str, at: datetime) -> Entrant | None:
    """The person who has, or had, the number that was typed.  Asks the same queries when there is none."""
    number = number_of(number)
    person_id = persons_by_number(connection, [number]).get(number, NOBODY)
    return looked_up(connection, door, person_id, at, remembered=False)


def looked_up(
    connection: Connection, door: Door, person_id: int, at: datetime, *, remembered: bool = True
) -> Entrant | None:
    """The person, or None; with `remembered` from memory where nothing changed, in one query."""
    row = connection.execute(_STAMP, {"person_id": person_id, "day": jst_day(at)}).one_or_none()
    if row is None:
        _read(connection, door, person_id, at, blocked=False)
        return None
    return known(connection, door, person_id, stamp_of(row, at), at, remembered=remembered)


def known(
    connection: Connection, door: Door, person_id: int, stamp: Stamp, at: datetime, *, remembered: bool = True
) -> Entrant:
    """The person whose stamp was just read."""
    memory = door._remembered  # noqa: SLF001 - this room's own
    if remembered and (found := memory.get(person_id, stamp, at)) is not None:
        return found
    found = _read(connection, door, person_id, at, blocked=stamp.blocked)
    if found is None:
        raise NotFound("その職員は台帳にいません。")
    memory.put(person_id, stamp, at, found)
    return found


def recognised(store: Store, door: Door, person_id: int, stamp: Stamp, at: datetime) -> Entrant:
    """The same, where as a rule nothing more has to be read."""
    found = door._remembered.get(person_id, stamp, at)  # noqa: SLF001 - this room's own
    if found is not None:
        return found
    with store.glance() as connection:
        return known(connection, door, person_id, stamp, at)


def _read(connection: Connection, door: Door, person_id: int, at: datetime, *, blocked: bool) -> Entrant | None:
    day = jst_day(at)
    asked = list(people(connection, [person_id]))
    systems = _systems(connection, person_id)
    holdings = holdings_among(connection, door.offices, asked, day, away=True)
    if not asked:
        return None
    person = asked[0]
    status = door.offices.standing(person, day).status
    enters = not blocked and _enters(door, status, systems)
    guarded = frozenset(each.role for each in holdings.get(person.id, ()))
    roles = guarded if enters and status is Status.IN_SERVICE else frozenset[Role]()
    return Entrant(
        person.id, person.staff_number, person.name, person.name_kana, person.email,
        status, blocked, enters, roles, _rules(door, systems, guarded, day), guarded,
    )  # fmt: skip


def _systems(connection: Connection, person_id: int) -> frozenset[str]:
    """The systems in which the person has an account that is not deleted."""
    mine = accounts_of(connection, [person_id]).get(person_id, ())
    return frozenset(each.system for each in mine if each.state is not AccountState.DELETED)


def _enters(door: Door, status: Status, systems: Iterable[str]) -> bool:
    """In service; or away, where the access model keeps one of the person's accounts on meanwhile."""
    if status is Status.IN_SERVICE:
        return True
    kept = {Status.ON_LEAVE: "on_leave", Status.AWAY: "while_away"}.get(status)
    mine = [door.model.systems[code] for code in systems if code in door.model.systems]
    return kept is not None and any(getattr(system, kept) is Keep.KEEP for system in mine)


def _rules(door: Door, systems: Iterable[str], roles: frozenset[Role], on: date) -> SigninRules:
    """The strictest rules of the portal's zone and of every zone in which the person has an account."""
    mine = [door.model.systems[code].zone for code in systems if code in door.model.systems]
    zones = {door.profile.zone(code).code for code in (door.zone, *mine)}
    return door.profile.signin.resolved(zones, privileged=bool(roles & PRIVILEGED), on=on)
