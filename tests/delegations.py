"""A bureau with privileged IDs in its register, and the officers who entrust them.

bureau = a_bureau(office)
found = bureau.nominates(bureau.wish("maint"))
bureau.approves(found)
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from iam.access.model import AccessModel
from iam.office import cases
from iam.office.changes import waivers
from iam.office.changes.waivers import Control, Waiver
from iam.outbox import Topic, notices
from iam.policy.profile import Role
from iam.privilege import delegating, register
from iam.privilege.delegating import Delegation, Wish
from iam.privilege.register import Deed, Mode, PrivilegedId
from iam.record.store import Store
from iam.signin.door import Door
from tests.bodies import MODEL, Row, row
from tests.entrance import Person
from tests.offices import POSTS, Office

ACCESS: Final = AccessModel.parse(
    MODEL.replace('view = { name = "照会" }', 'view = { name = "照会" }\nadmin = { name = "管理", privileged = true }'),
    "access.toml",
)
"""The model of the tests, with a privileged right in `zei`."""


@dataclass
class Bureau:
    """Who entrusts, whom, and what.  `spare` is another member of staff, `operator` keeps the register."""

    office: Office
    general: Person
    approver: Person
    operator: Person
    delegate: Person
    spare: Person
    ids: dict[str, PrivilegedId] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The body's database."""
        return self.office.store

    @property
    def door(self) -> Door:
        """The body's door."""
        return self.office.hall.door

    # --- the register

    def registers(self, wish: register.Wish, *, asker: Person | None = None, by: Person | None = None) -> PrivilegedId:
        """Two officers register, change or retire an ID."""
        asker, by = asker or self.operator, by or self.general
        with self.store.act(f"staff:{asker.number}") as act:
            case = register.propose(act, self.door, asker.id, wish, "運用に要る")
        with self.store.act(f"staff:{by.number}") as act:
            return cases.confirm(
                act, self.door.offices, case.id, decided_by=by.id, seen_hash=case.content_hash,
                carry_out=lambda act, of: register.take_effect(act, self.door, of),
            )  # fmt: skip

    def account(self, login: str, **other: Any) -> PrivilegedId:  # noqa: ANN401 - fields of a wish
        """A registered account in `gw`, for two at a time unless said otherwise."""
        asked = register.Wish(Deed.NEW, "gw", Mode.SECRET, login=login, purpose="保守", most_holders=2)
        self.ids[login] = self.registers(replace(asked, **other))
        return self.ids[login]

    # --- delegations

    def wish(self, *logins: str, **other: Any) -> Wish:  # noqa: ANN401 - fields of a wish
        """These IDs for the delegate, for ten days from today."""
        ids = tuple(self.ids[login].id for login in logins or ("maint",))
        last = self.office.today + timedelta(days=9)
        return replace(Wish(self.delegate.id, ids, self.office.today, last, "月次の更新"), **other)

    def nominates(self, wish: Wish | None = None, by: Person | None = None) -> Delegation:
        """The general officer nominates."""
        who = by or self.general
        with self.store.act(f"staff:{who.number}") as act:
            return delegating.nominate(act, self.door, who.id, wish or self.wish())

    def approves(self, found: Delegation, by: Person | None = None, seen: str | None = None) -> Delegation:
        """The approver approves what is shown."""
        who = by or self.approver
        with self.store.act(f"staff:{who.number}") as act:
            return delegating.approve(act, self.door, found.id, who.id, found.content_hash if seen is None else seen)

    def entrusts(self, wish: Wish | None = None) -> Delegation:
        """Both."""
        return self.approves(self.nominates(wish))

    def now(self, found: Delegation) -> Delegation:
        """As it stands now."""
        with self.store.read() as connection:
            return delegating.delegation(connection, found.id, self.store.clock())

    def live(self, login: str = "maint", person: Person | None = None) -> Delegation | None:
        """The delegation by which somebody may use an ID now."""
        with self.store.read() as connection:
            who, at = person or self.delegate, self.store.clock()
            return delegating.live_for(connection, self.door, who.id, self.ids[login].id, at)

    def why_void(self, found: Delegation) -> str:
        """Why it holds no longer."""
        with self.store.read() as connection:
            return delegating.why_void(connection, self.door, found, self.store.clock())

    def tidies(self) -> delegating.Tidied:
        """The worker goes round."""
        return delegating.tidy(self.store, self.door, "worker")

    def told(self, person: Person) -> list[Topic]:
        """What somebody has been told of."""
        with self.store.read() as connection:
            return [each.topic for each in sorted(notices.unseen(connection, person.id), key=lambda each: each.id)]

    # --- exceptions

    def waives(self, control: Control = Control.DELEGATION, scope: str = "", days: int = 30) -> Waiver:
        """Two officers make an exception."""
        today = self.office.today
        wish = waivers.Wish(control, scope, "事後に別の担当者が確かめる", today, today + timedelta(days=days - 1))
        with self.store.act("test") as act:
            case = waivers.propose(
                act, self.door.offices, self.operator.id, wish, "担当者が三人のため", systems=self.door.model.systems
            )
        with self.store.act("test") as act:
            return cases.confirm(
                act, self.door.offices, case.id, decided_by=self.approver.id, seen_hash=case.content_hash,
                carry_out=lambda act, of: waivers.take_effect(
                    act, self.door.offices, of, systems=self.door.model.systems
                ),
            )  # fmt: skip


def a_bureau(office: Office) -> Bureau:
    """`maint` of `gw` is registered for two delegates at a time; the staff have keys.  All of it in one night."""
    heads = (Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR)
    officers = [a_row(number, "0101", title_code=POSTS[role]) for number, role in enumerate(heads, 1)]
    office.settle(*officers, a_row(4), a_row(5))
    general, approver, operator, delegate, spare = (bearer(office, number) for number in range(1, 6))
    bureau = Bureau(office, general, approver, operator, delegate.with_key(), spare.with_key())
    bureau.account("maint")
    return bureau


def a_row(number: int, org: str = "0201", **said: str) -> Row:
    """Somebody with an address."""
    return row(number, org, email=f"s{number:07}@city.sakura.test", **said)


def bearer(office: Office, number: int) -> Person:
    """Whoever has the number."""
    return Person(office.hall, office.id_of(number), f"{number:07}", "")
