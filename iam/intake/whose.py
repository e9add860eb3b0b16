"""Whose rows are whose: what a source says of one person, under all their numbers.

The one law: a person is judged by everything that is said of them.  Only the
旧職員番号 that HR gives joins two numbers, never a likeness of names (R05).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from iam.intake.staging import Reading, staged_rows
from iam.people.feed import FeedRow
from iam.people.ledger import Person, chunks, numbers_of_persons, people, persons_by_number
from iam.ports import Fingerprint

Rows = dict[Fingerprint, list[FeedRow]]


@dataclass
class Heard:
    """What a source says of one person, by number.  `new_numbers` are not in the ledger yet, the newest last."""

    person: Person | None
    rows: dict[str, Rows]
    new_numbers: Sequence[str]

    @property
    def flat(self) -> list[FeedRow]:
        """Every statement."""
        return [row for rows in self.rows.values() for each in rows.values() for row in each]


@dataclass(frozen=True)
class Earlier:
    """What other sources' readings of the same night will have written before this one."""

    people: Mapping[int, Person] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


def gather(
    connection: Connection, reading: Reading, fresh: Mapping[str, Rows], touched: Collection[str], earlier: Earlier
) -> Iterator[Heard]:
    """Everything that `reading` says of everybody who has one of the `touched` numbers, each person once."""
    before = _numbers_before(fresh)
    ids = persons_by_number(connection, {*touched, *before.values()})
    # A number that waits to be given was told on an earlier night.
    waiting = [n for n in touched if n not in ids and n not in fresh]
    before |= _numbers_before(staged_rows(connection, reading.source, waiting))
    old = set(before.values())
    ids |= persons_by_number(connection, old - ids.keys())
    ids.update((n, id_) for n, id_ in earlier.numbers.items() if n in touched or n in old)
    groups: dict[int | str, list[str]] = {}
    for number in sorted(touched):
        root = _root(number, before, ids)
        groups.setdefault(ids.get(root, root), []).append(number)
    for part in chunks(groups.items()):
        persons = _persons(connection, [key for key, _ in part if isinstance(key, int)], earlier)
        numbers = _all_numbers(connection, part, persons, earlier)
        staged = staged_rows(connection, reading.source, (n for many in numbers.values() for n in many))
        for key, given in part:
            rows = {n: _said(staged.get(n, {}), fresh.get(n, {}), reading.gone) for n in numbers[key]}
            # A number that is nobody's old one is the newest.
            new = sorted((n for n in given if n not in ids), key=lambda n: (n not in old, n))
            yield Heard(persons.get(key) if isinstance(key, int) else None, rows, new)


def _numbers_before(fresh: Mapping[str, Rows]) -> dict[str, str]:
    """The old number that HR gives for a number."""
    found: dict[str, str] = {}
    for number, many in fresh.items():
        for row in (row for rows in many.values() for row in rows):
            if row.previous_number and row.previous_number != number:
                found.setdefault(number, row.previous_number)
    return found


def _root(number: str, before: Mapping[str, str], ids: Mapping[str, int]) -> str:
    """The oldest number that HR names for a number which the ledger does not know."""
    seen = {number}
    while number not in ids and number in before and before[number] not in seen:
        number = before[number]
        seen.add(number)
    return number


def _persons(connection: Connection, ids: Iterable[int], earlier: Earlier) -> dict[int, Person]:
    ids = list(ids)
    found = {person.id: person for person in people(connection, ids)}
    found.update((id_, earlier.people[id_]) for id_ in ids if id_ in earlier.people)
    return found


def _all_numbers(
    connection: Connection,
    groups: Iterable[tuple[int | str, Sequence[str]]],
    persons: Iterable[int],
    earlier: Earlier,
) -> dict[int | str, list[str]]:
    """The touched numbers of each group, and every other number that its person ever had."""
    ever = numbers_of_persons(connection, persons)
    for number, id_ in earlier.numbers.items():
        if id_ in ever:
            ever[id_].append(number)
    return {key: list(dict.fromkeys([*(ever.get(key, ()) if isinstance(key, int) else ()), *given]))
            for key, given in groups}  # fmt: skip


def _said(staged: Rows, fresh: Rows, gone: Collection[Fingerprint]) -> Rows:
    return {**{print_: rows for print_, rows in staged.items() if print_ not in gone}, **fresh}
