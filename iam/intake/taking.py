"""From a complete reading to what it changes: persons, appointments, absences.

The one law: a person is taken in whole or left as they were.  One rejected row
leaves all of that person's appointments untouched (R07), and only a complete,
sighted reading lets anybody be counted absent (design law 2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from typing import Final

from sqlalchemy import Connection, delete, select, update

from iam.intake.believing import (
    ANOTHERS,
    BESIDE_BAD,
    WAITS,
    against_joining,
    against_other_sources,
    joining,
    refused,
)
from iam.intake.revise import Revision, revise
from iam.intake.staging import (
    Reading,
    SourceRules,
    feed_run_table,
    numbers_of,
    quarantine_table,
    quarantined,
    write_quarantine,
    write_staging,
)
from iam.intake.whose import Earlier, Heard, gather
from iam.people.feed import FeedRow, Gives, Rejected, check_person, settle_person
from iam.people.ledger import (
    ENTRY_COLUMNS,
    Entry,
    LedgerChange,
    Person,
    appointment_table,
    chunks,
    entry_values,
    name_table,
    next_id,
    number_table,
    people,
    person_table,
    persons_by_number,
)
from iam.people.standing import Status, standing
from iam.ports import Authority, Fingerprint
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import bulk_insert, bulk_update

_NOBODY: Final = "この供給元は職員を登録できません。職員を管理する供給元に、この職員番号を先に載せてください。"


@dataclass
class Intake:
    """What one reading would change.  `people` are all who are touched, as they will be."""

    reading: Reading
    run: int
    people: dict[int, Person] = field(default_factory=dict)
    new_people: list[Person] = field(default_factory=list)
    renamed: list[tuple[Person, str]] = field(default_factory=list)
    new_numbers: list[tuple[str, int]] = field(default_factory=list)
    opened: list[tuple[int, Entry]] = field(default_factory=list)
    closed: list[tuple[int, LedgerChange]] = field(default_factory=list)
    absences: list[Person] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    reconsidered: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write at all, not even a count of absences."""
        return self.reading.unchanged and not self.people and not self.absences


class Taker:
    """Takes one reading against the ledger, without writing."""

    def __init__(
        self,
        connection: Connection,
        reading: Reading,
        rules: SourceRules,
        *,
        at: datetime,
        today: date,
        earlier: Sequence["Intake"] = (),
    ) -> None:
        """`earlier`: what other sources' readings of the same night will have written before this one."""
        self._connection = connection
        self._rules = rules
        self._at = at
        self._today = today
        self._entry_ids = count(next_id(connection, appointment_table) + sum(len(i.opened) for i in earlier))
        self._person_ids = count(next_id(connection, person_table) + sum(len(i.new_people) for i in earlier))
        self._earlier = Earlier(
            {id_: person for intake in earlier for id_, person in intake.people.items()},
            {number: id_ for intake in earlier for number, id_ in intake.new_numbers},
        )
        self._renumbered: set[int] = set()
        self.intake = Intake(reading, next_id(connection, feed_run_table) + len(earlier))

    def take(self) -> Intake:
        """Consider every person whose rows changed, then those who are missing."""
        reading = self.intake.reading
        fresh: dict[str, dict[Fingerprint, list[FeedRow]]] = {}
        for print_, rows in reading.rows.items():
            fresh.setdefault(rows[0].staff_number, {})[print_] = rows
        touched = set(fresh) | numbers_of(self._connection, reading.source, reading.gone)
        touched |= {r.staff_number for r in reading.rejected if r.staff_number}
        aside = quarantined(self._connection, reading.source)
        touched |= self._waiting(aside.values())
        barred = self._barred(aside)
        heard_of: set[int] = set()
        for heard in gather(self._connection, reading, fresh, touched, self._earlier):
            if heard.person is not None:
                heard_of.add(heard.person.id)
            self._take_person(heard, barred)
        # Of whom a bad row stands in the feed, they are not silent.
        heard_of.update(persons_by_number(self._connection, {*barred, *reading.spared}).values())
        self._count_still_absent(heard_of)
        return self.intake

    def _waiting(self, aside: Iterable[Rejected]) -> set[str]:
        """Numbers of good rows that waited: for their person, who is there by now, or for a bad row to be put right."""
        aside = list(aside)
        waiting = {r.staff_number for r in aside if r.reason == _NOBODY and r.staff_number}
        there = set(persons_by_number(self._connection, waiting)) | (waiting & self._earlier.numbers.keys())
        return there | {r.staff_number for r in aside if r.reason in WAITS and r.staff_number}

    def _barred(self, aside: Mapping[Fingerprint, Rejected]) -> dict[str, set[Fingerprint]]:
        """Numbers with a row in quarantine that is still in the feed."""
        barred: dict[str, set[Fingerprint]] = {}
        rejected = [r for print_, r in aside.items() if print_ not in self.intake.reading.gone]
        for one in [*rejected, *self.intake.reading.rejected]:
            if one.staff_number:
                barred.setdefault(one.staff_number, set()).add(one.fingerprint)
        return barred

    def _take_person(self, heard: Heard, barred: Mapping[str, set[Fingerprint]]) -> None:
        # Every number is looked at, so that each bad row is told.
        bad = [self._left_as_is(number, rows, barred.get(number, set())) for number, rows in heard.rows.items()]
        if self._belongs_elsewhere(heard.person):
            self.intake.rejected += refused(heard.rows, heard.rows, ANOTHERS)
            return
        if any(bad):
            if len(heard.rows) > 1:
                self.intake.rejected += refused(heard.rows, heard.new_numbers, BESIDE_BAD)
            return
        new_numbers, left_out = self._to_be_given(heard)
        rows = heard.flat
        if not rows:
            if not left_out:
                self._count_absent(heard.person)
            return
        self._take_rows(heard, new_numbers, rows)

    def _take_rows(self, heard: Heard, new_numbers: Sequence[str], rows: Sequence[FeedRow]) -> None:
        if heard.person is not None and Authority.POST in self._rules.authority:
            doubled = against_other_sources(heard.person.entries, rows, self._rules.name)
            self.intake.rejected += doubled
            if doubled:
                return
        person = heard.person or self._new_person(new_numbers[-1], rows[0])
        if new_numbers:
            # 再任用 under a new number: the person whose old number HR gave.
            self.intake.new_numbers += [(number, person.id) for number in new_numbers]
            self._renumbered.add(person.id)
            person = replace(person, staff_number=new_numbers[-1])
        self._revise(person, rows)

    def _belongs_elsewhere(self, person: Person | None) -> bool:
        """Whether this source would speak for a person for whom another one speaks."""
        return person is not None and Authority.PERSON in self._rules.authority and person.source != self._rules.name

    def _to_be_given(self, heard: Heard) -> tuple[Sequence[str], bool]:
        """The numbers that the person gets, and whether rows were left out that may be the person's.

        Rows under a number that this source may not give, or that may not be
        the same person's, wait; those of the other numbers are taken by themselves.
        """
        if Authority.PERSON not in self._rules.authority:
            self._leave_out(heard, heard.new_numbers, _NOBODY)
            return (), False
        if len(heard.rows) == 1 or not (reason := against_joining(heard)):
            return heard.new_numbers, False
        doubted = joining(heard) or list(heard.rows)
        self._leave_out(heard, doubted, reason, "previous_number" if heard.new_numbers else "staff_number")
        return [number for number in heard.new_numbers if number not in doubted], True

    def _leave_out(self, heard: Heard, numbers: Iterable[str], reason: str, field_name: str = "staff_number") -> None:
        """Let the good rows of `numbers` wait."""
        self.intake.rejected += refused(heard.rows, numbers, reason, field_name)
        for number in numbers:
            del heard.rows[number]

    def _left_as_is(self, number: str, rows: Mapping[Fingerprint, list[FeedRow]], barred: set[Fingerprint]) -> bool:
        """Whether a bad row, by itself or beside the person's others, leaves the person untouched."""
        self.intake.reconsidered.add(number)
        if barred - set(rows) or number in self.intake.reading.spared:
            return True
        rejected = check_person([row for rows_ in rows.values() for row in rows_])
        self.intake.rejected += rejected
        return bool(rejected)

    def _new_person(self, number: str, row: FeedRow) -> Person:
        person = Person(
            next(self._person_ids), number, self._rules.name, row.name, row.name_kana, row.email,
            row.home_body, 0, None, (),
        )  # fmt: skip
        self.intake.new_people.append(person)
        return person

    def _revise(self, person: Person, rows: Sequence[FeedRow]) -> None:
        person = self._renamed(person, rows)
        if person.absent_runs and person.source == self._rules.name:
            person = replace(person, absent_runs=0, absent_on=None, absent_edition="")
            self.intake.absences.append(person)
        spoken = settle_person(rows)
        if Authority.POST not in self._rules.authority:
            spoken = [row for row in spoken if row.gives is not Gives.POST]
        mine = [entry for entry in person.entries if entry.source == self._rules.name]
        revision = revise(mine, spoken, self._today)
        self.intake.people[person.id] = self._with(person, revision)

    def _renamed(self, person: Person, rows: Sequence[FeedRow]) -> Person:
        """The person under the name that their latest row gives; the number never moves with it."""
        if Authority.PERSON not in self._rules.authority or person.source != self._rules.name:
            return person
        row = max(rows, key=lambda r: (not r.concurrent, r.valid_from <= self._today, r.valid_from))
        as_told = replace(
            person, name=row.name, name_kana=row.name_kana, email=row.email, home_body=row.home_body or person.home_body
        )
        if as_told != person or person.id in self._renumbered:
            self.intake.renamed.append((as_told, row.place))
        return as_told

    def _with(self, person: Person, revision: Revision) -> Person:
        if not revision:
            return person
        closed = {closing.entry.id for closing in revision.closings}
        self.intake.closed += [(closing.entry.id, closing.why) for closing in revision.closings]
        opened = []
        for addition in revision.additions:
            earlier = addition.supersedes
            place = addition.row.place if addition.row else f"{self._rules.name} の名簿に行がない"
            opened.append(
                Entry(
                    next(self._entry_ids), self._rules.name, addition.told, addition.change, self._at, place,
                    self.intake.run, earlier.id if earlier else None,
                )
            )  # fmt: skip
        self.intake.opened += [(person.id, entry) for entry in opened]
        kept = [entry for entry in person.entries if entry.id not in closed]
        entries = sorted([*kept, *opened], key=lambda e: (e.told.valid_from, e.id))
        return replace(person, entries=tuple(entries))

    def _count_absent(self, person: Person | None) -> None:
        """Count one complete feed without this person, unless it was counted already; never in a blind reading."""
        if person is None or self.intake.reading.blind or person.source != self._rules.name:
            return
        if self._counted(person):
            return
        now = standing(person.entries, self._today)
        if now.status in (Status.LEFT, Status.LAPSED, Status.UNTOLD):
            return
        edition = self.intake.reading.edition
        person = replace(person, absent_runs=person.absent_runs + 1, absent_on=self._today, absent_edition=edition)
        self.intake.absences.append(person)
        self.intake.people[person.id] = person

    def _counted(self, person: Person) -> bool:
        """Whether this export, or one of today or of a later day (by a clock put back), was counted before."""
        if person.absent_on is None:
            return False
        edition = self.intake.reading.edition
        return person.absent_on >= self._today or (edition != "" and edition == person.absent_edition)

    def _count_still_absent(self, heard_of: set[int]) -> None:
        columns = person_table.c
        query = select(columns.id).where(columns.absent_runs > 0, columns.source == self._rules.name)
        ids = set(self._connection.execute(query).scalars()) - heard_of
        for person in people(self._connection, ids):
            self._count_absent(self._earlier.people.get(person.id, person))


def write_intake(act: Act, intake: Intake, rules: SourceRules) -> None:
    """Write everything that `intake` says into the ledger: part of one act."""
    connection = act.connection
    write_staging(connection, intake.reading, rules, act.at, intake.run)
    _write_quarantine(connection, intake, act.at)
    _write_people(act, intake)
    _write_names(act, intake)
    bulk_update(
        connection, appointment_table, ("id",), ("known_until", "closing", "closing_run"),
        ((id_, act.at, why, intake.run) for id_, why in intake.closed),
    )  # fmt: skip
    bulk_insert(
        connection, appointment_table, ENTRY_COLUMNS,
        (entry_values(person_id, entry, act.at) for person_id, entry in intake.opened),
    )  # fmt: skip
    _record(act, intake)


def _write_quarantine(connection: Connection, intake: Intake, at: datetime) -> None:
    """What cross-checking rejects is found anew for every person that was considered."""
    columns = quarantine_table.c
    for part in chunks(sorted(intake.reconsidered)):
        mine = columns.source == intake.reading.source, among(columns.staff_number, part)
        connection.execute(delete(quarantine_table).where(*mine, columns.cross_row))
    write_quarantine(connection, intake.reading.source, intake.rejected, at, intake.run, cross_row=True)


def _write_people(act: Act, intake: Intake) -> None:
    final = intake.people
    bulk_insert(
        act.connection, person_table,
        ("id", "staff_number", "source", "name", "name_kana", "email", "home_body",
         "absent_runs", "absent_on", "absent_edition", "pending", "created_at"),
        ((p.id, p.staff_number, p.source, p.name, p.name_kana, p.email, p.home_body, 0, None, "", True, act.at)
         for p in (final.get(new.id, new) for new in intake.new_people)),
    )  # fmt: skip
    bulk_insert(
        act.connection, number_table, ("number", "person_id", "given_at"),
        ((number, person_id, act.at) for number, person_id in intake.new_numbers),
    )  # fmt: skip
    new = {p.id for p in intake.new_people}
    bulk_update(
        act.connection, person_table, ("id",), ("absent_runs", "absent_on", "absent_edition"),
        ((p.id, p.absent_runs, p.absent_on, p.absent_edition) for p in intake.absences),
    )  # fmt: skip
    mark_pending(act.connection, (id_ for id_ in final if id_ not in new))


def mark_pending(connection: Connection, ids: Iterable[int], *, pending: bool = True) -> None:
    """Note who must be looked at until every target agrees: survives a killed run."""
    for part in chunks(ids):
        connection.execute(update(person_table).where(among(person_table.c.id, part)).values(pending=pending))


def _write_names(act: Act, intake: Intake) -> None:
    new = {p.id for p in intake.new_people}
    renamed = {person.id: (person, place) for person, place in intake.renamed}
    changed = [(p, place) for p, place in renamed.values() if p.id not in new]
    bulk_update(
        act.connection, person_table, ("id",), ("staff_number", "name", "name_kana", "email", "home_body"),
        ((p.id, p.staff_number, p.name, p.name_kana, p.email, p.home_body) for p, _ in changed),
    )  # fmt: skip
    for part in chunks(p.id for p, _ in changed):
        current = among(name_table.c.person_id, part), name_table.c.known_until.is_(None)
        act.connection.execute(update(name_table).where(*current).values(known_until=act.at))
    bulk_insert(
        act.connection, name_table, ("person_id", "known_from", "name", "name_kana", "place", "run"),
        ((p.id, act.at, p.name, p.name_kana, place, intake.run) for p, place in renamed.values()),
    )  # fmt: skip


def _record(act: Act, intake: Intake) -> None:
    """One record for the reading, one for every version opened or closed.  No names: ids and places."""
    reading = intake.reading
    act.record(
        "feed.accepted", f"source {reading.source}",
        {"run": intake.run, "rows": reading.total, "added": len(reading.rows), "gone": len(reading.gone),
         "rejected": len(reading.rejected) + len(intake.rejected)},
    )  # fmt: skip
    act.record_many(
        ("appointment.opened", f"person {person_id}",
         {"appointment": entry.id, "change": entry.change, "place": entry.place, "run": intake.run,
          "supersedes": entry.supersedes})
        for person_id, entry in intake.opened
    )  # fmt: skip
    act.record_many(
        ("appointment.closed", f"appointment {id_}", {"why": why, "run": intake.run}) for id_, why in intake.closed
    )
    act.record_many(
        ("person.absent", f"person {p.id}", {"runs": p.absent_runs, "run": intake.run}) for p in intake.absences
    )
