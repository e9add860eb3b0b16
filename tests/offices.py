"""An invented body whose roles are held by posts, and the officers at them.

office = an_office(body)
tanaka = office.officer(1, Role.GENERAL_OFFICER)
office.asks(tanaka, CaseKind.TEMPORARY_PASSWORD, about=yamada)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from iam.office import cases, deputies
from iam.office.cases import Case, CaseKind
from iam.office.deputies import Wish
from iam.office.roles import Holding, Offices, holders, holdings_of, roles_of
from iam.people.ledger import persons_by_number
from iam.policy.loading import load
from iam.policy.profile import PostPattern, Profile, Role, StaffKind, Title, TitleState
from iam.record.store import Store
from tests.bodies import Body, Row, row
from tests.entrance import Entrance, Person, an_entrance

POSTS: Final[Mapping[Role, str]] = {role: f"9{index}" for index, role in enumerate(Role)}
"""The title code that holds each role."""

CONTRACTED: Final = "seconded_in"
"""The category that is a contractor's here."""


def a_title(role: Role, *patterns: PostPattern) -> Title:
    """The title that plays `role`, held by its post unless `patterns` say otherwise."""
    held_by = patterns or (PostPattern(title=(POSTS[role],)),)
    return Title(
        name=f"{role.label_ja}責任者", state=TitleState.ASSIGNED, roles=(role,), post="その職", held_by=held_by,
        clause="baseline",
    )  # fmt: skip


def a_profile(*titles: Title) -> Profile:
    """The baseline, with every role at its post, or as `titles` say; `CONTRACTED` are contractors."""
    stated = {role for title in titles for role in title.roles}
    held = (*titles, *(a_title(role) for role in Role if role not in stated))
    profile = load("baseline")
    categories = tuple(
        each.model_copy(update={"kind": StaffKind.CONTRACTOR}) if each.code == CONTRACTED else each
        for each in profile.categories
    )
    return profile.model_copy(update={"titles": held, "categories": categories})


@dataclass
class Office:
    """The office of a body, over the door of the body."""

    hall: Entrance
    offices: Offices

    @property
    def body(self) -> Body:
        """Whose office it is."""
        return self.hall.body

    @property
    def store(self) -> Store:
        """The body's database, by the clock of the test."""
        return self.hall.store

    @property
    def today(self) -> date:
        """The JST day of the test."""
        return self.body.today

    def settle(self, *said: Row | list[Row]) -> None:
        """HR says so, and the night believes it."""
        self.body.say(*said)
        self.body.night(self.today)

    def officer(self, number: int, role: Role, org: str = "0101", **said: str) -> Person:
        """Somebody at the post of `role`; nobody has a password yet."""
        return self.person(number, org, title_code=POSTS[role], **said)

    def person(self, number: int, org: str = "0201", **said: str) -> Person:
        """Somebody in service since long."""
        self.settle(row(number, org, email=f"s{number:07}@city.sakura.test", **said))
        return Person(self.hall, self.body.person(number).id, f"{number:07}", "")

    def id_of(self, number: int) -> int:
        """The person with this number."""
        with self.store.read() as connection:
            return persons_by_number(connection, [f"{number:07}"])[f"{number:07}"]

    # --- who holds what

    def roles(self, person: Person, on: date | None = None) -> set[Role]:
        """The roles of a person on a day, today unless given."""
        with self.store.read() as connection:
            found = roles_of(
                connection, self.offices.profile, [person.id], on or self.today, absence=self.offices.absence
            )
        return set(found[person.id])

    def holdings(self, person: Person) -> tuple[Holding, ...]:
        """The same with the reasons."""
        with self.store.read() as connection:
            return holdings_of(connection, self.offices, [person.id], self.today)[person.id]

    def bearers(self, role: Role) -> list[int]:
        """Everybody who holds a role today."""
        with self.store.read() as connection:
            return [each.person_id for each in holders(connection, self.offices, role, self.today)]

    # --- what two decide

    def asks(
        self, officer: Person, about: Person, kind: CaseKind = CaseKind.TEMPORARY_PASSWORD, reason: str = "窓口で確認"
    ) -> Case:
        """One officer asks."""
        with self.store.act(f"staff:{officer.number}") as act:
            return cases.ask(act, self.offices, kind, officer.id, subject_id=about.id, content={}, reason=reason)

    def confirms(self, officer: Person, case: Case, seen: str | None = None) -> str:
        """Another confirms; what was asked for is done in the same act."""
        with self.store.act(f"staff:{officer.number}") as act:
            return cases.confirm(
                act, self.offices, case.id, decided_by=officer.id,
                seen_hash=case.content_hash if seen is None else seen,
                carry_out=lambda act, of: f"{of.kind} {act.actor}",
            )  # fmt: skip

    def case(self, case: Case) -> Case:
        """The case as it stands now."""
        with self.store.read() as connection:
            return cases.case_of(connection, case.id, self.hall.clock())

    def deputise(self, asker: Person, confirmer: Person, wish: Wish) -> int:
        """Two officers give a role for a time; the id of the assignment."""
        with self.store.act(f"staff:{asker.number}") as act:
            case = deputies.propose(act, self.offices, asker.id, wish, "出張のため")
        with self.store.act(f"staff:{confirmer.number}") as act:
            return cases.confirm(
                act, self.offices, case.id, decided_by=confirmer.id, seen_hash=case.content_hash,
                carry_out=lambda act, of: deputies.take_effect(act, self.offices, of),
            )  # fmt: skip


def an_office(body: Body, profile: Profile | None = None, **door: object) -> Office:
    """The office of a body; `door` replaces fields of its door."""
    hall = an_entrance(body, profile or a_profile(), **door)
    return Office(hall, hall.door.offices)
