"""A review in which everything is answered, and the two who sign it.

end = an_end(a_council(body), ghost=Said(Verdict.REMOVE))
end.sign(GENERAL); end.sign(HR)
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from iam.jobs.at_once.persons import hurry
from iam.jobs.job import Job
from iam.jobs.reviews.tending import Tended, carry_out, look, tend
from iam.jobs.urgent import carrier_of
from iam.outbox.letters import letter_table
from iam.outbox.topics import Topic
from iam.review.campaigns import Campaign, persons
from iam.review.closing.lifting import Lift, lift
from iam.review.closing.removals import Removal, removals
from iam.review.closing.signing import Result, Signature, result, sign
from iam.review.deciding.answers import Wish
from iam.review.words import How, Part, Verdict
from iam.sync.urgent import Settled
from iam.sync.urgent import carry_out as carry_errands
from tests.functional.review.deciding.given import GENERAL, GENERAL_TOO, HR, HR_TOO, Council

PARTS: Final = {GENERAL: Part.GENERAL, GENERAL_TOO: Part.GENERAL, HR: Part.HR, HR_TOO: Part.HR}


@dataclass(frozen=True)
class Said:
    """What is answered about an account."""

    verdict: Verdict
    rights: tuple[str, ...] = ()
    until: date | None = None
    given_to: int | None = None


KEEPS: Final = Said(Verdict.KEEP)


@dataclass
class End:
    """The end of one review."""

    council: Council

    @property
    def result(self) -> Result:
        with self.council.store.read() as connection:
            return result(connection, self.council.campaign)

    @property
    def removals(self) -> list[Removal]:
        with self.council.store.read() as connection:
            return removals(connection, self.council.id)

    def answers_all(self, said: dict[tuple[str, str | int], Said]) -> None:
        """Everybody is in service; every account stays but those about which something else is `said`."""
        council = self.council
        by_line = {council.line(system, login).id: each for (system, login), each in said.items()}
        first, other = council.numbers[GENERAL], GENERAL_TOO
        revision = council.campaign.revision
        wishes: dict[int, list[Wish]] = {GENERAL: [], other: []}
        for line in council.lines():
            each = by_line.get(line.id, KEEPS if line.sorting != "rogue" else Said(Verdict.REMOVE))
            if line.login == "madoguchi" and line.id not in by_line:
                each = Said(Verdict.KEEPER, given_to=council.numbers[GENERAL_TOO])
            given = {"rights": each.rights, "until": each.until, "given_to": each.given_to}
            by = other if line.person_id == first else GENERAL
            wishes[by].append(Wish(each.verdict, revision, line_id=line.id, reason="棚卸で確かめた", **given))  # type: ignore[arg-type] # as named
        for by, mine in wishes.items():
            taken = council.many(by, Part.GENERAL, mine, how=How.BULK)
            assert not taken.refused, taken.refused
        self._all_in_service()

    def _all_in_service(self) -> None:
        council = self.council
        with council.store.read() as connection:
            ids = [each.person_id for each in persons(connection, council.id)]
        revision = council.campaign.revision
        own = council.numbers[HR]
        for by, mine in ((HR, [id_ for id_ in ids if id_ != own]), (HR_TOO, [own])):
            wishes = [Wish(Verdict.IN_SERVICE, revision, person_id=id_) for id_ in mine]
            assert not council.many(by, Part.HR, wishes).refused

    def sign(self, by: int, seen: str = "", part: Part | None = None, why_partial: str = "") -> Campaign:
        """Somebody signs what they see, or what they saw."""
        council = self.council
        council.clock.on(seconds=1)
        wish = Signature(
            council.id, part or PARTS.get(by, Part.GENERAL), council.numbers[by], seen or self.result.hash, why_partial
        )
        with council.store.act(f"staff:{by:07}") as act:
            return sign(act, council.door, wish)

    def signed(self) -> "End":
        self.sign(GENERAL)
        assert self.sign(HR).state == "signed"
        return self

    def lifts(self, by: int, login: str | int, system: str = "gw", reason: str = "誤って判定した") -> list[Removal]:
        council = self.council
        wish = Lift(council.id, [council.line(system, login).id], council.numbers[by], reason)
        with council.store.act(f"staff:{by:07}") as act:
            return lift(act, council.door, wish)

    # --- the worker

    def job(self, **changed: object) -> Job:
        council = self.council
        today = council.clock().date()
        return council.body.job(store=council.store, offices=council.office.offices, today=today, **changed)

    def looks(self, **changed: object) -> Tended:
        self.council.clock.on(seconds=2)
        return look(self.job(**changed), self.council.door)

    def tends(self, *, opens: bool = False, **changed: object) -> Tended:
        self.council.clock.on(seconds=2)
        return tend(self.job(**changed), self.council.door, opens=opens)

    def carries_out(self, **changed: object) -> Tended:
        self.council.clock.on(seconds=2)
        return carry_out(self.job(**changed), self.council.door, self.council.id)

    def urgent(self, **changed: object) -> list[Settled]:
        """What the worker's other loops do within moments."""
        self.council.clock.on(seconds=31)
        job = self.job(**changed)
        hurry(job)
        return carry_errands(carrier_of(job.store, self.council.door.model, job.targets, door=self.council.door))

    def told(self, topic: Topic) -> list[int]:
        """Staff numbers of whoever was written to of this, in the order of the letters."""
        numbers = {id_: number for number, id_ in self.council.numbers.items()}
        with self.council.store.read() as connection:
            rows = connection.execute(select(letter_table.c.person_id).where(letter_table.c.kind == topic))
            return sorted(numbers.get(row.person_id, 0) for row in rows)


def an_end(council: Council, said: dict[tuple[str, str | int], Said] | None = None) -> End:
    """Everything is answered."""
    end = End(council)
    end.answers_all(said or {})
    return end
