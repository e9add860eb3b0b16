"""What may be said on a day of appointments that are not announced yet (内示).

The one law: *nothing of an appointment is said before its 内示解禁日*, neither
what it gives nor, where its row was refused, what stands in the row.  No other
room holds a day against that date.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from iam.people.feed import Rejected
from iam.people.ledger import Person, appointment_table, person_table

UNTOLD: Final = "内示前のため内容は表示しません。"
"""Stands where the reason of a refusal would."""


def may_be_said(announce_from: date | None, today: date) -> bool:
    """Whether what is to be announced on `announce_from`, or needs no announcement, may be said."""
    return announce_from is None or announce_from <= today


def as_told(person: Person, day: date) -> Person:
    """The person without what may not be said on `day` yet."""
    entries = tuple(each for each in person.entries if may_be_said(each.told.announce_from, day))
    return person if len(entries) == len(person.entries) else replace(person, entries=entries)


def unannounced(connection: Connection, today: date, on: date) -> set[str]:
    """The staff numbers of whom something is in force by `on` that may not be said on `today` yet."""
    columns = appointment_table.c
    query = (
        select(person_table.c.staff_number)
        .join(appointment_table, columns.person_id == person_table.c.id)
        .where(columns.known_until.is_(None), columns.announce_from > today, columns.valid_from <= on)
    )
    return set(connection.execute(query).scalars())


def withheld(row: Rejected, today: date) -> Rejected:
    """A refused row as it may be shown: before its announcement its place and the field, and nothing else."""
    if may_be_said(row.announce_from, today):
        return row
    return replace(row, value="", reason=UNTOLD, staff_number=None)
