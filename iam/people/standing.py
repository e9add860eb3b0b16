"""Who stands where on a day, from what was told: pure.

The one law: absence is not 退職.  A person leaves by a dated appointment; a
person of whom the sources say nothing any more is ABSENT, which is a
suspension that undoes itself (design law 2, R02, R05).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter

from iam.people.feed import Gives
from iam.people.ledger import Entry

DAY = timedelta(days=1)


class Status(StrEnum):
    """How a person stands to the body on a day."""

    FUTURE = "future"
    IN_SERVICE = "in_service"
    ON_LEAVE = "on_leave"
    AWAY = "away"
    ABSENT = "absent"
    LAPSED = "lapsed"
    LEFT = "left"
    UNTOLD = "untold"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return _LABELS[self]


_LABELS = {
    Status.FUTURE: "着任前",
    Status.IN_SERVICE: "在職",
    Status.ON_LEAVE: "休職・休業中",
    Status.AWAY: "派遣・出向中",
    Status.ABSENT: "名簿に見当たらない",
    Status.LAPSED: "任期満了（更新待ち）",
    Status.LEFT: "退職",
    Status.UNTOLD: "発令なし",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A post with its effective last day.  `ended_by` is the entry that set that end, when not its own."""

    entry: Entry
    until: date
    ended_by: Entry | None

    @property
    def begins(self) -> date:
        """The first day of the post."""
        return self.entry.told.valid_from

    def on(self, day: date) -> bool:
        """Whether the post is held on `day`."""
        return self.begins <= day <= self.until


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's standing on one day.

    `posts` are those held that day, primary first; `cause` is the entry
    behind the status; `since` the first day of the status when it is known.
    """

    status: Status
    posts: tuple[Held, ...]
    cause: Entry | None
    since: date | None

    @property
    def primary(self) -> Held | None:
        """The primary post (本務), or the oldest concurrent one when there is none."""
        return self.posts[0] if self.posts else None


def held_posts(entries: Sequence[Entry]) -> list[Held]:
    """Every post with its effective end, in the order in which they begin.

    An open-ended primary post ends the day before the next primary begins
    (異動); a 退職 ends every post that began on or before its day.
    """
    posts = [entry for entry in entries if entry.told.gives is Gives.POST]
    ends = [entry for entry in entries if entry.told.gives is Gives.END]
    primaries = sorted((p for p in posts if not p.told.concurrent), key=lambda p: p.told.valid_from)
    held = [_held(post, primaries, ends) for post in posts]
    return sorted(held, key=lambda h: (h.begins, h.entry.told.concurrent))


def _held(post: Entry, primaries: Sequence[Entry], ends: Sequence[Entry]) -> Held:
    until, ended_by = post.told.valid_until, None
    if not post.told.concurrent and until == date.max:
        following = [p for p in primaries if p.told.valid_from > post.told.valid_from]
        if following:
            until, ended_by = following[0].told.valid_from - DAY, following[0]
    for end in ends:
        if post.told.valid_from <= end.told.valid_from < until:
            until, ended_by = end.told.valid_from, end
    return Held(post, until, ended_by)


def changed_post(entries: Sequence[Entry], since: date, on: date) -> bool:
    """Whether the primary post held on `on` is another than that of `since`, or the same after a break."""
    primaries = [post for post in held_posts(entries) if not post.entry.told.concurrent]
    now = next((post for post in reversed(primaries) if post.on(on)), None)
    while now is not None and now.begins > since:
        # A renewal of the same post goes on where the one before it ended.
        same = [post for post in primaries if post.begins < now.begins and _same_seat(post, now)]
        now = next((post for post in same if post.until + DAY >= now.begins), None)
        if now is None:
            return True
    return False


def _same_seat(one: Held, other: Held) -> bool:
    return (one.entry.told.org_code, one.entry.told.title_code) == (
        other.entry.told.org_code, other.entry.told.title_code,
    )  # fmt: skip


def standing(entries: Sequence[Entry], on: date, *, absent: bool = False) -> Standing:
    """How the person stands on `on`.  `absent`: the sources have been silent for long enough to say so."""
    posts = held_posts(entries)
    current = sorted((p for p in posts if p.on(on)), key=lambda p: (p.entry.told.concurrent, p.begins))
    if current:
        return _in_service(entries, tuple(current), on, absent=absent)
    past = [p for p in posts if p.until < on]
    if past:
        return _gone(entries, max(past, key=attrgetter("until")), on)
    if posts:
        return Standing(Status.FUTURE, (), posts[0].entry, None)
    return Standing(Status.UNTOLD, (), entries[-1] if entries else None, None)


def _in_service(entries: Sequence[Entry], posts: tuple[Held, ...], on: date, *, absent: bool) -> Standing:
    if absent:
        return Standing(Status.ABSENT, posts, posts[0].entry, None)
    for gives, status in ((Gives.AWAY, Status.AWAY), (Gives.LEAVE, Status.ON_LEAVE)):
        overlay = _current(entries, gives, on)
        if overlay:
            return Standing(status, posts, overlay, overlay.told.valid_from)
    return Standing(Status.IN_SERVICE, posts, posts[0].entry, posts[0].begins)


def _gone(entries: Sequence[Entry], last: Held, on: date) -> Standing:
    """LEFT from the day after a 退職, be it told for a later day than the post's own end; else LAPSED."""
    ends = [e for e in entries if e.told.gives is Gives.END and last.until <= e.told.valid_from < on]
    if not ends:
        return Standing(Status.LAPSED, (), last.entry, last.until + DAY)
    end = min(ends, key=lambda e: e.told.valid_from)
    return Standing(Status.LEFT, (), end, end.told.valid_from + DAY)


def _current(entries: Iterable[Entry], gives: Gives, on: date) -> Entry | None:
    for entry in entries:
        if entry.told.gives is gives and entry.told.valid_from <= on <= entry.told.valid_until:
            return entry
    return None


def turning_days(entries: Sequence[Entry]) -> list[date]:
    """The days on which something changes, in order: what a timeline has a line for."""
    days: set[date] = set()
    for post in held_posts(entries):
        days.add(post.begins)
        if post.until < date.max:
            days.add(post.until + DAY)
    for entry in entries:
        if entry.told.gives in (Gives.LEAVE, Gives.AWAY):
            days.add(entry.told.valid_from)
            if entry.told.valid_until < date.max:
                days.add(entry.told.valid_until + DAY)
        elif entry.told.gives is Gives.END:
            days.add(entry.told.valid_from + DAY)
    return sorted(days)
