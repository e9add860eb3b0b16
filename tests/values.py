"""What rows become without a database: statements, ledger entries, persons."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from iam.people.feed import FeedRow, Rejected
from iam.people.ledger import Entry, LedgerChange, Person, Told, told
from iam.ports import SourceRow
from tests.bodies import Row, source_rules
from tests.memory import fingerprint_of

KNOWN = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""When the ledger learned what a test does not date."""


def said(*rows: Row | Sequence[Row]) -> list[FeedRow]:
    """The statements of these rows, which must be good ones."""
    found: list[FeedRow] = []
    flat: list[Row] = []
    for each in rows:
        flat += [each] if isinstance(each, Mapping) else each
    for number, one in enumerate(flat, 1):
        result = source_rules().read_row(SourceRow(f"jinji {number}行目", one, fingerprint_of(one)))
        assert not isinstance(result, Rejected), result
        found += result
    return found


def entries(*rows: Row | Sequence[Row], known: datetime = KNOWN, source: str = "jinji") -> list[Entry]:
    """The ledger after these rows were believed."""
    return [entry(told(row), number, known=known, source=source, place=row.place) for number, row in
            enumerate(said(*rows), 1)]  # fmt: skip


def entry(
    of: Told,
    number: int = 1,
    *,
    known: datetime = KNOWN,
    source: str = "jinji",
    place: str = "jinji 1行目",
    change: LedgerChange = LedgerChange.NEW,
) -> Entry:
    """One version in the ledger."""
    return Entry(number, source, of, change, known, place, 1)


def person(*rows: Row | Sequence[Row], known: datetime = KNOWN, absent_runs: int = 0) -> Person:
    """Somebody of whom the ledger holds these rows."""
    first = said(*rows)[0]
    held = tuple(sorted(entries(*rows, known=known), key=lambda e: (e.told.valid_from, e.id)))
    absent_on = date(2026, 3, 1) if absent_runs else None
    return Person(1, first.staff_number, "jinji", first.name, first.name_kana, first.email, first.home_body,
                  absent_runs, absent_on, held)  # fmt: skip
