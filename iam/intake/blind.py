"""A reading in which somebody's row could not even be told to be theirs.

The one law: nobody loses anything by a row that nobody could read.  While a
row without a readable staff number stands in the feed, rows that are missing
may be that row, so they stay as they were (design law 2).
"""

from collections import Counter

from sqlalchemy import Connection

from iam.intake.staging import Reading, numbers_by_fingerprint, quarantined


def spare(connection: Connection, reading: Reading) -> None:
    """In a blind reading, keep the rows of everybody of whom fewer rows are said than before."""
    aside = quarantined(connection, reading.source)
    reading.blind = reading.blind or any(
        one.staff_number is None and print_ not in reading.gone for print_, one in aside.items()
    )
    if not reading.blind:
        return
    gone = numbers_by_fingerprint(connection, reading.source, reading.gone)
    missing = Counter(gone.values())
    missing.subtract(rows[0].staff_number for rows in reading.rows.values())
    missing.subtract(one.staff_number for one in reading.rejected if one.staff_number)
    reading.spared = {number for number, count in missing.items() if count > 0}
    reading.gone -= {print_ for print_, number in gone.items() if number in reading.spared} - reading.rows.keys()
