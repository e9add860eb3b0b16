"""What a new reading of one person changes in the ledger: pure.

The one law: what is over stays.  A row that a source drops after its end is
history; a row dropped by its first day was cancelled; a row dropped because the
next one took its place lasts until that one; any other row dropped in its
middle ended, and that is a surprise for the guard to count (design law 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from iam.people.feed import FeedRow, Gives
from iam.people.ledger import Entry, LedgerChange, Told, told

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Addition:
    """A version to be opened.  `row` is what told it; None when silence did."""

    told: Told
    change: LedgerChange
    row: FeedRow | None
    supersedes: Entry | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """A version to be closed, and why."""

    entry: Entry
    why: LedgerChange


@dataclass(frozen=True, slots=True)
class Revision:
    """All that changes for one person by one source."""

    additions: tuple[Addition, ...] = ()
    closings: tuple[Closing, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes at all."""
        return bool(self.additions or self.closings)


def revise(entries: Sequence[Entry], rows: Sequence[FeedRow], today: date) -> Revision:
    """The change from `entries` (current versions of one source) to what `rows` (its complete reading) say."""
    voided = {_post(told(row)) for row in rows if row.gives is Gives.VOID}
    said = [row for row in rows if row.gives is not Gives.VOID and _post(told(row)) not in voided]
    old, new = _less_equal(entries, said)
    anew, before = [told(row) for row in new], [entry.told for entry in entries]
    additions: list[Addition] = []
    closings: list[Closing] = []
    for entry, row in _pairs(old, new, today):
        additions.append(Addition(told(row), LedgerChange.CORRECTED, row, entry))
        closings.append(Closing(entry, LedgerChange.CORRECTED))
    additions += [Addition(told(row), LedgerChange.NEW, row) for row in new]
    for entry in old:
        if entry.told.gives is Gives.END and _withdrawn(entry.told, before, anew):
            closings.append(Closing(entry, LedgerChange.CANCELLED))
        else:
            _drop(entry, [told(row) for row in said], today, additions, closings, void=_post(entry.told) in voided)
    return Revision(tuple(additions), tuple(closings))


def _post(said: Told) -> tuple[bool, str, str, date]:
    """What a 取消 names of the row that it withdraws."""
    return (said.concurrent, said.org_code, said.title_code, said.valid_from)


def _less_equal(entries: Sequence[Entry], rows: Sequence[FeedRow]) -> tuple[list[Entry], list[FeedRow]]:
    """What is left of both sides once those that say the same are taken away."""
    unmatched = list(rows)
    left: list[Entry] = []
    for entry in entries:
        same = next((row for row in unmatched if told(row) == entry.told), None)
        if same is None:
            left.append(entry)
        else:
            unmatched.remove(same)
    return left, unmatched


def _pairs(old: list[Entry], new: list[FeedRow], today: date) -> list[tuple[Entry, FeedRow]]:
    """Take corrections out of both lists: same key first, then same post, then same beginning."""
    pairs: list[tuple[Entry, FeedRow]] = []
    for likeness in (_same_key, _same_post, _same_beginning):
        for entry in list(old):
            match = [row for row in new if likeness(entry.told, told(row), today)]
            if len(match) == 1:
                pairs.append((entry, match[0]))
                old.remove(entry)
                new.remove(match[0])
    return pairs


def _same_key(a: Told, b: Told, _today: date) -> bool:
    return a.key == b.key


def _same_post(a: Told, b: Told, today: date) -> bool:
    """A first day put right: the same post, and the intervals touch.

    A post held today is never moved into the future by this: that would lock
    its holder out until then.
    """
    if a.valid_from <= today < b.valid_from:
        return False
    return a.key[:4] == b.key[:4] and a.valid_from <= b.valid_until and b.valid_from <= a.valid_until


def _same_beginning(a: Told, b: Told, _today: date) -> bool:
    """A unit or title put right."""
    return (a.gives, a.concurrent, a.valid_from) == (b.gives, b.concurrent, b.valid_from)


def _drop(
    entry: Entry,
    said: Sequence[Told],
    today: date,
    additions: list[Addition],
    closings: list[Closing],
    *,
    void: bool,
) -> None:
    """Decide about an entry that the source no longer names."""
    mine = entry.told
    if void or mine.valid_from >= today:
        closings.append(Closing(entry, LedgerChange.CANCELLED))
        return
    if mine.valid_until < today or mine.gives is Gives.END:
        return
    last = _last_day(mine, said, today)
    if last != mine.valid_until:
        additions.append(Addition(mine._replace(valid_until=last), LedgerChange.ENDED, None, entry))
        closings.append(Closing(entry, LedgerChange.ENDED))


def _last_day(mine: Told, said: Sequence[Told], today: date) -> date:
    """Until when a dropped row of today still counts: to its own end or the next row's beginning, else yesterday.

    A file that holds only the newest row of each person drops today's post as
    soon as it tells of tomorrow's (異動, 任期更新).
    """
    following = min((t.valid_from for t in said if _follows(t, mine)), default=None)
    if following is None:
        return today - DAY
    if mine.valid_until == date.max and not mine.concurrent:
        # An open-ended primary post ends by itself before the next one (standing.held_posts).
        return mine.valid_until
    return min(mine.valid_until, following - DAY)


def _follows(later: Told, mine: Told) -> bool:
    """Whether `later` takes the place of `mine`: the next primary post, or the same concurrent one again."""
    if later.gives is not Gives.POST or mine.gives is not Gives.POST or later.valid_from <= mine.valid_from:
        return False
    if not mine.concurrent:
        return not later.concurrent
    return later.concurrent and (later.org_code, later.title_code) == (mine.org_code, mine.title_code)


def _withdrawn(end: Told, before: Sequence[Told], anew: Sequence[Told]) -> bool:
    """Whether a 退職 that the source no longer tells was put right: what is told anew says otherwise.

    A 退職 that is merely no longer told is over, and stays.  A file of events
    keeps the open-ended post beside it, so that alone says nothing.
    """
    day = end.valid_from
    if any(_outlasts(t, day) for t in anew) and not any(_outlasts(t, day) for t in before):
        return True
    begins = [t.valid_from for t in (*before, *anew) if t.gives is Gives.POST]
    for other in (t.valid_from for t in anew if t.gives is Gives.END):
        # Another day for the same 退職, unless the person was hired again between the two.
        if not any(min(day, other) < first <= max(day, other) for first in begins):
            return True
    return False


def _outlasts(post: Told, day: date) -> bool:
    return post.gives is Gives.POST and post.valid_from <= day < post.valid_until
