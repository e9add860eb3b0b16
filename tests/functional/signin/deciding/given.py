"""A gate: the doors of systems of an invented body, and people who knock."""

from dataclasses import dataclass, field, replace
from datetime import date

from iam.access.places import permissions, register
from iam.access.places.networks import Networks
from iam.access.places.register import Known, Particulars
from iam.record.store import Store
from iam.signin.deciding.decision import Asked, Decision
from iam.signin.deciding.facts import Knock, explain, judge
from iam.signin.deciding.pulse import Whence
from iam.signin.deciding.records import Recorded, recent, settle
from iam.signin.door import Door, looked_up
from iam.signin.sessions import Present, Session, session_of
from tests.entrance import Entrance, Person

NETWORKS = Networks.parse(
    """
    [[networks]]
    name = "本庁"
    addresses = ["192.0.2.0/24"]
    zone = "lgwan"
    [[networks]]
    name = "税務課"
    addresses = ["198.51.100.0/24"]
    zone = "mnu"
    [[networks]]
    name = "在宅"
    addresses = ["203.0.113.0/24"]
    zone = "lgwan"
    origin = "outside"
    [[flows]]
    from = "lgwan"
    to = "mnu"
    system = ["zei"]
    purpose = "窓口の照会"
    clause = "baseline"
    """,
    "network.toml",
)
HERE = Whence("192.0.2.10")
HOME = Whence("203.0.113.5", certificate="ab" * 32)


@dataclass
class Gate:
    """The doors of one process."""

    hall: Entrance
    sessions: dict[int, int] = field(default_factory=dict)
    others: list["Gate"] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The database."""
        return self.hall.store

    @property
    def door(self) -> Door:
        """What this process knows."""
        return self.hall.door

    def forgetful(self) -> "Gate":
        """The same gate, nothing remembered."""
        return Gate(self.hall.again(), self.sessions)

    def again(self) -> "Gate":
        """The same gate as another process has it: nothing remembered, connections of its own."""
        store = Store(self.store.url, self.store.keys, self.hall.clock)
        self.others.append(Gate(replace(self.hall.again(), store=store), self.sessions))
        return self.others[-1]

    def close(self) -> None:
        """End its connections and those of the other processes."""
        for each in (self, *self.others):
            each.store.dispose()

    def signed_in(self, number: int, org: str = "0101") -> Person:
        """Somebody in service who has just signed in by password and app."""
        person = self.hall.staff(number, org, app=True)
        present = self.hall.look(person.signs_in().token)
        assert isinstance(present, Present), present
        self.sessions[person.id] = present.session.id
        return person

    def knock(self, person: Person, system: str = "gw", whence: Whence = HERE, **asked: object) -> Knock:
        """Somebody at the door of a system, as a door finds them."""
        at = self.hall.clock.now
        with self.store.read() as connection:
            who = looked_up(connection, self.door, person.id, at)
            session: Session | None = session_of(connection, self.sessions.get(person.id, -1))
        assert who is not None
        return Knock(who, session, system, whence, at, "forward", Asked(**asked))  # type: ignore[arg-type] # its fields

    def asks(self, person: Person, system: str = "gw", whence: Whence = HERE, **asked: object) -> Decision:
        """What the door answers."""
        return judge(self.store, self.door, self.knock(person, system, whence, **asked))

    def would(self, person: Person, system: str = "gw", whence: Whence = HERE) -> Decision:
        """What an officer is told."""
        return explain(self.store, self.door, self.knock(person, system, whence))

    def terminal(self, code: str, zone: str = "lgwan", **said: object) -> None:
        """A terminal comes into the register."""
        known = Known.of(self.door.profile, self.door.model)
        with self.store.act("test") as act:
            register.register(act, known, Particulars(code, code, zone=zone, **said))  # type: ignore[arg-type] # its fields

    def permit(self, person: Person, until: date, *, public: bool = False) -> int:
        """Leave to come in from outside; its id."""
        with self.store.act("test") as act:
            terms = permissions.Terms(None, public, act.at.date(), until)
            return permissions.give(act, person.id, terms, reason="在宅勤務", clause="baseline", case_id=None).id

    def settle(self) -> None:
        """What was counted is written."""
        settle(self.store, self.door, self.hall.clock.now)

    def rows(self, **which: object) -> list[Recorded]:
        """What is recorded, oldest first."""
        with self.store.read() as connection:
            return recent(connection, **which)[::-1]  # type: ignore[arg-type] # as recent says
