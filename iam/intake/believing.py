"""Whether what a source says of one person may be true together, and of whom it may say so: pure.

The one law: nobody's account changes hands by a row.  Two numbers are one
person only where HR's 旧職員番号 says so and nothing speaks against it; a
number belongs to the source that gave it; and a person has one 本務 on a day,
however many sources speak of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Final

from iam.intake.whose import Heard, Rows
from iam.people.feed import AppointmentKind, FeedRow, Gives, Rejected, settle_person
from iam.people.japanese import comparable
from iam.people.ledger import Entry, LedgerChange, told
from iam.people.standing import Held, held_posts

ANOTHERS: Final = (
    "別の供給元が管理する職員番号です。この供給元の行では変えられません。職員番号と旧職員番号を確かめてください。"
)
BESIDE_BAD: Final = "同じ職員の旧職員番号の行に誤りがあるため、まだ取り込んでいません。そちらの行を先に直してください。"
STILL_SERVING: Final = (
    "旧職員番号での本務と期間が重なるため、同じ人として扱えません。"
    "旧職員番号の行に退職日を入れるか、旧職員番号を直してください。"
)
OTHER_NAME: Final = (
    "旧職員番号の職員と氏名もカナも違うため、同じ人として扱えません。"
    "旧職員番号を直すか、改姓なら氏名変更の発令を載せてください。"
)
TWO_SOURCES: Final = (
    "別の供給元が同じ日に本務を持たせています。どちらかの本務兼務区分か終了年月日を人事システムで直してください。"
)
WAITS: Final = frozenset({BESIDE_BAD, STILL_SERVING, OTHER_NAME, TWO_SOURCES})
"""Reasons that may fall away without a word in the row itself, so such rows are looked at every night."""


def refused(
    rows: Mapping[str, Rows], numbers: Iterable[str], reason: str, field: str = "staff_number"
) -> list[Rejected]:
    """The good rows of `numbers`, each with the reason why it must wait."""
    return [
        Rejected(
            row.place, field, row.previous_number if field == "previous_number" else number,
            reason, number, print_, row.announce_from,
        )
        for number in numbers
        for print_, (row, *_) in rows.get(number, {}).items()
    ]  # fmt: skip


def joining(heard: Heard) -> list[str]:
    """The new numbers that are to be one person with another number by their 旧職員番号."""
    if heard.person is not None:
        return list(heard.new_numbers)
    return [n for n in heard.new_numbers if any(row.previous_number not in ("", n) for row in flat(heard.rows[n]))]


def against_joining(heard: Heard) -> str:
    """What speaks against all of `heard` being one person; "" when nothing does."""
    said = [flat(rows) for rows in heard.rows.values() if rows]
    if any(_overlap(primaries(a), primaries(b)) for a, b in combinations(said, 2)):
        return STILL_SERVING
    return "" if _one_name(heard) else OTHER_NAME


def against_other_sources(entries: Sequence[Entry], rows: Sequence[FeedRow], source: str) -> list[Rejected]:
    """The rows of `source` by which the person would have two primary posts on one day."""
    others = [entry for entry in entries if entry.source != source]
    ends = [entry for entry in others if entry.told.gives is Gives.END]
    theirs = [held for held in held_posts(others) if not held.entry.told.concurrent]
    mine = [row for row in rows if row.gives is Gives.POST and _overlap(primaries(rows, ends, of=row), theirs)]
    return [
        Rejected(
            row.place, "primary", row.org_name or row.org_code, TWO_SOURCES,
            row.staff_number, row.fingerprint, row.announce_from,
        )
        for row in mine
    ]  # fmt: skip


def flat(rows: Rows) -> list[FeedRow]:
    """Every statement of `rows`."""
    return [row for each in rows.values() for row in each]


def primaries(rows: Sequence[FeedRow], ends: Sequence[Entry] = (), *, of: FeedRow | None = None) -> list[Held]:
    """The primary posts that `rows` give, or that their row `of` gives, until they really end."""
    void = {_post(row) for row in rows if row.gives is Gives.VOID}
    settled = zip(rows, settle_person(rows), strict=True)
    stated = [(was, now) for was, now in settled if now.gives is not Gives.VOID and _post(now) not in void]
    entries = [_as_entry(now, number) for number, (_, now) in enumerate(stated)]
    wanted = {number for number, (was, _) in enumerate(stated) if of is None or was is of}
    posts = [held for held in held_posts([*entries, *ends]) if not held.entry.told.concurrent]
    return [held for held in posts if held.entry.id in wanted]


def _post(row: FeedRow) -> tuple[bool, str, str, object]:
    return (row.concurrent, row.org_code, row.title_code, row.valid_from)


def _as_entry(row: FeedRow, number: int) -> Entry:
    return Entry(number, "", told(row), LedgerChange.NEW, datetime.min.replace(tzinfo=UTC), row.place, 0)


def _overlap(some: Iterable[Held], others: Sequence[Held]) -> bool:
    return any(a.begins <= b.until and b.begins <= a.until for a in some for b in others)


def _one_name(heard: Heard) -> bool:
    """Whether every new number agrees in name or kana with another of the numbers, or a 氏名変更 explains it."""
    if any(row.kind is AppointmentKind.NAME_CHANGE for row in heard.flat):
        return True
    person = heard.person
    for number in joining(heard):
        mine = flat(heard.rows[number])
        others = [(r.name, r.name_kana) for n, rows in heard.rows.items() if n != number for r in flat(rows)]
        others += [(person.name, person.name_kana)] if person else []
        if others and not any(_alike((row.name, row.name_kana), other) for row in mine for other in others):
            return False
    return True


def _alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return any(a and comparable(a) == comparable(b) for a, b in zip(one, other, strict=True))
