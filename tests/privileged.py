"""A body with privileged IDs in its register, delegates and witnesses, a vault, and a worker that goes round.

wing = a_wing(office)
use = wing.asks(wing.user, wing.root)
wing.joins(wing.witness, use)
wing.rounds()
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from iam.errors import IamError
from iam.jobs.urgent import carrier_of
from iam.office import cases
from iam.policy.profile import Role
from iam.privilege import delegating, register, using
from iam.privilege.delegating import Delegation
from iam.privilege.register import Deed, Mode, PrivilegedId
from iam.privilege.using import Acting, Swept, Use, UseState, Wish
from iam.record.act import Act
from iam.record.store import Store
from iam.signin.door import Door
from iam.signin.sessions import Present
from iam.sync.urgent import Settled, carry_out, undone
from tests.bodies import MODEL, Body, row, rules
from tests.entrance import Moment, Person
from tests.memory import MemoryTarget
from tests.offices import POSTS, Office
from tests.softkey import SoftKey

PRIVILEGED_MODEL: Final = MODEL.replace(
    'mail = { name = "メール" }', 'mail = { name = "メール" }\nadmins = { name = "管理者", privileged = true }'
)
"""`admins` of `gw` is a privileged right."""

RULES: Final = rules(PRIVILEGED_MODEL)


@dataclass
class Wing:
    """The privileged IDs of an office: `root` (a secret for each use), `batch` (kept), `console` (enabled only),
    `admins` (a group), `spare` (a secret on another system, not for emergencies)."""

    office: Office
    general: Person
    approver: Person
    operator: Person
    user: Person
    witness: Person
    ids: dict[str, PrivilegedId] = field(default_factory=dict)
    delegation: Delegation | None = None
    door_changed: Door | None = None

    @property
    def store(self) -> Store:
        """The body's database."""
        return self.office.store

    @property
    def body(self) -> Body:
        """The body."""
        return self.office.body

    @property
    def clock(self) -> Moment:
        """The time of the test."""
        return self.office.hall.clock

    @property
    def door(self) -> Door:
        """The body's door."""
        return self.door_changed or self.office.hall.door

    @property
    def gw(self) -> MemoryTarget:
        """The target that most of it is about."""
        return self.body.targets["gw"]

    # --- who acts

    def acting(self, person: Person, *, prove: bool = True) -> Acting:
        """The person in a session of theirs; `prove`: they have just signed in."""
        kept: dict[int, str] = self.__dict__.setdefault("_tokens", {})
        if prove or person.id not in kept:
            kept[person.id] = person.signs_in().token
        found = self.office.hall.look(kept[person.id])
        assert isinstance(found, Present), found
        return Acting(self.store, self.door, found.session, found.entrant, person.where)

    def asks(self, person: Person, on: PrivilegedId, **wish: object) -> Use:
        """They ask for a use."""
        acting = self.acting(person)
        with acting.attempt("ask", on.subject) as act:
            return using.ask(act, acting, replace(Wish(on.id, "月次の更新"), **wish))  # type: ignore[arg-type] # fields of a wish

    def starts(self, person: Person, on: PrivilegedId, reason: str = "夜間の障害", **wish: object) -> Use:
        """They start an emergency."""
        acting = self.acting(person)
        with acting.attempt("start", on.subject) as act:
            return using.start_emergency(act, acting, replace(Wish(on.id, "復旧"), **wish), reason)  # type: ignore[arg-type] # as above

    def joins(self, person: Person, use: Use) -> Use:
        """They join as the witness."""
        acting = self.acting(person)
        with acting.attempt("join", use.subject) as act:
            return using.join(act, acting, use.id)

    def does(self, verb: Callable[[Act, Acting, int], object], person: Person, use: Use) -> object:
        """Any other verb, in the session that they have."""
        acting = self.acting(person, prove=False)
        with acting.attempt("do", use.subject) as act:
            return verb(act, acting, use.id)

    def reveals(self, person: Person, use: Use) -> str:
        """They see the secret."""
        return str(self.does(using.reveal, person, use))

    def ends(self, use: Use, by: Person | None, reason: str = "") -> Use:
        """Somebody ends it."""
        with self.store.act("test") as act:
            return using.end(act, self.door, use.id, by.id if by else None, reason)

    def refused(self, deed: Callable[[], object]) -> str:
        """Why it is refused."""
        try:
            deed()
        except IamError as refusal:
            return str(refusal)
        raise AssertionError("not refused")

    def opened(self, on: PrivilegedId, **wish: object) -> Use:
        """A use that is open: asked for, witnessed, carried out."""
        use = self.asks(self.user, on, **wish)
        self.joins(self.witness, use)
        self.rounds()
        found = self.now(use)
        assert found.state is UseState.OPEN, found
        return found

    # --- the worker

    def round(self) -> Swept:
        """What the worker does each second."""
        self.carry()
        swept = using.sweep(self.store, self.door)
        delegating.tidy(self.store, self.door, "worker")
        return swept

    def carry(self) -> list[Settled]:
        """The errands alone."""
        return carry_out(carrier_of(self.store, self.door.model, dict(self.body.targets), door=self.door))

    def rounds(self, count: int = 4, seconds: float = 1) -> None:
        """So many, a second after the other."""
        for _ in range(count):
            self.round()
            self.clock.on(seconds=seconds)

    def lasts(self, minutes: int, use: Use | None = None, witness: Person | None = None) -> None:
        """Time passes, minute by minute; the witness says that they are there."""
        for _ in range(minutes):
            self.clock.on(minutes=1)
            if use is not None and self.now(use).under_way:
                self.there(use, witness or self.witness)
            self.round()

    def there(self, use: Use, witness: Person) -> None:
        """The witness says so; the session is whichever they have, or a new one."""
        try:
            acting = self.acting(witness, prove=False)
        except AssertionError:
            acting = self.acting(witness)
        with self.store.act("test") as act:
            using.present(act, acting, use.id)

    # --- what there is

    def now(self, use: Use) -> Use:
        """The use as it stands."""
        with self.store.read() as connection:
            return using.use(connection, use.id)

    def undone(self) -> list[str]:
        """The errands that are not settled."""
        with self.store.read() as connection:
            return [f"{each.kind} {each.subject}" for each in undone(connection)]

    def shut(self, name: str) -> bool:
        """Whether the target holds nothing of it: the account is off, or the group is empty."""
        if name == "admins":
            return not self.gw.groups.get("admins")
        return not self.gw.is_on(self.ids[name].login)


def registered(office: Office, asker: Person, confirmer: Person, wish: register.Wish) -> PrivilegedId:
    """Two officers put an ID into the register."""
    door = office.hall.door
    with office.store.act("test") as act:
        case = register.propose(act, door, asker.id, wish, "台帳への登録")
        return cases.confirm(
            act, door.offices, case.id, decided_by=confirmer.id, seen_hash=case.content_hash,
            carry_out=lambda act, of: register.take_effect(act, door, of),
        )  # fmt: skip


def delegated(
    wing: Wing, delegate: Person, ids: Sequence[PrivilegedId], days: int = 30, renews: int | None = None
) -> Delegation:
    """The general officer nominates, the approver approves."""
    day = wing.office.today
    wish = delegating.Wish(
        delegate.id, tuple(each.id for each in ids), day, day + timedelta(days=days), "当番", renews=renews
    )
    with wing.store.act("test") as act:
        found = delegating.nominate(act, wing.door, wing.general.id, wish)
    with wing.store.act("test") as act:
        return delegating.approve(act, wing.door, found.id, wing.approver.id, found.content_hash)


WISHES: Final = {
    "root": register.Wish(Deed.NEW, "gw", Mode.SECRET, "kanri1", purpose="OSの管理", most_holders=3, emergency=True),
    "batch": register.Wish(Deed.NEW, "gw", Mode.SECRET, "kanri2", purpose="夜間処理", most_holders=3, kept=True),
    "console": register.Wish(Deed.NEW, "gw", Mode.ENABLE, "kanri3", purpose="画面の管理", most_holders=3),
    "admins": register.Wish(Deed.NEW, "gw", Mode.MEMBER, entitlement="admins", purpose="利用者の管理", most_holders=3),
    "spare": register.Wish(Deed.NEW, "zei", Mode.SECRET, "kanri4", purpose="税の管理", most_holders=3),
}  # fmt: skip


def a_wing(office: Office, *names: str) -> Wing:
    """The IDs of `WISHES` (all, or those named) on their targets; staff 4 may use them all, staff 5 is a witness."""
    posts = {1: Role.GENERAL_OFFICER, 2: Role.APPROVER, 3: Role.OPERATOR, 6: Role.SYSTEM_OWNER}
    mail = {number: f"s{number:07}@city.sakura.test" for number in range(1, 7)}
    office.settle(
        *(row(number, "0101", title_code=POSTS[role], email=mail[number]) for number, role in posts.items()),
        *(row(number, "0201", email=mail[number]) for number in (4, 5)),
    )
    found = {number: Person(office.hall, office.id_of(number), f"{number:07}", "") for number in mail}
    general, approver, operator, user, witness = (found[number] for number in range(1, 6))
    for person in (operator, user, witness):
        person.with_key(SoftKey())
    wing = Wing(office, general, approver, operator, user, witness)
    for name in names or WISHES:
        wish = WISHES[name]
        if wish.login:
            office.body.targets[wish.system].place(wish.login, enabled=False)
        wing.ids[name] = registered(office, operator, general, wish)
    wing.delegation = delegated(wing, user, list(wing.ids.values()))
    return wing
