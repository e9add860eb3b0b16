"""Careers as HR means them, and the rows in which different personnel systems tell them.

The oracle of the property tests: from a career follows, without any ledger,
what its holder should have on a day.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from tests.bodies import Row, concurrent, on_leave, row

DAY = timedelta(days=1)


class Style(Enum):
    """How a personnel system tells a career."""

    EVENTS = "every appointment ever made, open-ended, and the retirement as one of them"
    STATES = "posts with both dates; what is long over is no longer listed"
    NEWEST = "only the newest primary post"


@dataclass(frozen=True)
class Post:
    """A post with inclusive dates; `until` None is open.  `retires`: the holder leaves with it, under `number`."""

    org: str
    since: date
    number: str = ""
    until: date | None = None
    retires: bool = False

    def on(self, day: date) -> bool:
        """Whether the post is held on `day`."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Career:
    """One person's service, as it is.  Every number that they had, the newest last."""

    numbers: tuple[str, ...]
    style: Style
    name: str
    posts: tuple[Post, ...]
    beside: tuple[Post, ...] = ()
    leaves: tuple[Post, ...] = ()
    withdrawn: tuple[Post, ...] = ()

    @property
    def last(self) -> Post:
        """The newest primary post."""
        return self.posts[-1]

    def held(self, day: date) -> list[Post]:
        """The posts of `day`; a retirement ends those beside the primary one too."""
        ends = [post.until for post in self.posts if post.retires and post.until]
        beside = [p for p in self.beside if p.on(day) and not any(p.since <= end < day for end in ends)]
        return [*(p for p in self.posts if p.on(day)), *beside]

    def expected(self, day: date) -> bool:
        """Whether the feed should name the holder: in service or to come."""
        return bool(self.held(day)) or all(post.since > day for post in (*self.posts, *self.beside))

    def away(self, day: date) -> bool:
        """Whether a leave lies over the posts of `day`."""
        return any(leave.on(day) for leave in self.leaves)

    def rights(self, day: date) -> dict[str, set[str]]:
        """What the holder should have, by system, under the model of `tests.bodies`."""
        if self.held(day):
            return self._earned(day)
        last = max((until for until in self._ends() if until < day), default=None)
        left = last is not None and any(p.retires and p.until and last <= p.until < day for p in self.posts)
        return {"gw": set(), "zei": set()} if last is None or left else self._earned(last)

    def _ends(self) -> list[date]:
        """The last day of every post, those beside the primary one cut short by a retirement."""
        ends = [p.until for p in self.posts if p.until]
        retired = [p.until for p in self.posts if p.until and p.retires]
        return ends + [min([p.until, *(end for end in retired if p.since <= end)]) for p in self.beside if p.until]

    def _earned(self, day: date) -> dict[str, set[str]]:
        held = self.held(day)
        units = {post.org for post in held}
        gw = {"mail"} | {"soumu" for u in units if u[:2] == "01"} | {"shimin" for u in units if u[:2] == "02"}
        zei = {"view" for u in units if u == "0202"}
        zei |= {"edit" for post in held if post in self.posts and post.org == "0202"}
        return {"gw": gw, "zei": zei}

    # --- what HR does

    def moved(self, org: str, on: date) -> "Career":
        """Transferred; the post before ends the day before."""
        *before, last = self.posts
        return replace(self, posts=(*before, replace(last, until=on - DAY), Post(org, on, last.number)))

    def retired(self, last: date) -> "Career":
        """The last day told."""
        *before, post = self.posts
        return replace(self, posts=(*before, replace(post, until=last, retires=True)))

    def stays(self) -> "Career":
        """The retirement withdrawn; a file of events says so by an event (取消)."""
        *before, post = self.posts
        withdrawn = (*self.withdrawn, post) if self.style is Style.EVENTS else ()
        return replace(self, posts=(*before, replace(post, until=None, retires=False)), withdrawn=withdrawn)

    def again(self, org: str, on: date, number: str = "") -> "Career":
        """Hired again, under a new number if there is one."""
        numbers = (*self.numbers, number) if number else self.numbers
        return replace(self, numbers=numbers, posts=(*self.posts, Post(org, on, number or self.last.number)))

    # --- what is listed

    def rows(self, today: date) -> list[Row]:
        """What the personnel system lists on `today`."""
        told: list[Row] = []
        for post in self._listed(today):
            told += self._told(post)
        for post in self.withdrawn:
            retire = {**self._row(post), "kind": "retire", "valid_from": _text(post.until)}
            told += [retire, {**retire, "kind": "cancellation"}]
        told += [concurrent(self._row(p), p.org, _text(p.since), _text(p.until)) for p in self.beside]
        told += [on_leave(self._row(p), _text(p.since), _text(p.until)) for p in self.leaves]
        return told

    def _listed(self, today: date) -> list[Post]:
        shown: dict[Style, Callable[[Post], bool]] = {
            Style.NEWEST: lambda post: post == self.last,
            Style.STATES: lambda post: post == self.last or post.until is None or post.until >= today - 5 * DAY,
            Style.EVENTS: lambda _: True,
        }
        return [post for post in self.posts if shown[self.style](post)]

    def _told(self, post: Post) -> list[Row]:
        plain = self._row(post)
        if self.style is Style.EVENTS:
            # Left open; but a term that is followed by nothing has its end nowhere else.
            lapses = not post.retires and not any(p.since - DAY == post.until for p in self.posts)
            said = {**plain, "valid_until": _text(post.until) if lapses else ""}
            retire = {**plain, "kind": "retire", "valid_from": _text(post.until)}
            return [said, retire] if post.retires else [said]
        status = {"status": "retired"} if post.retires else {}
        return [{**plain, **status, "valid_until": _text(post.until)}]

    def _row(self, post: Post) -> Row:
        number = post.number or self.numbers[-1]
        place = self.numbers.index(number)
        before = {"previous_number": self.numbers[place - 1]} if place else {}
        return row(number, post.org, _text(post.since), name=self.name, **before)


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
