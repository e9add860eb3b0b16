"""One sighting held against the uses: pure.

The one law: *what no use explains is said*: a sign-in of a privileged ID is in order only while somebody used it, from
where they stood, and within the slack that two clocks may differ by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from iam.access.naming import comparable_login
from iam.ports import Sighted, Sighting
from iam.privilege.default_names import is_default_name

SLACK: Final = timedelta(minutes=2)
"""How far the clocks of a target and of this service may differ."""

NEAR: Final = timedelta(hours=12)
"""A use that ended or began no further away is the one that a sign-in outside it belongs to: none is longer (R12)."""


class Verdict(StrEnum):
    """What a sighting is, held against the uses.

    EARLIER: before the ID was registered.  ORDINARY: no privileged ID's business.
    """

    OK = "ok"
    NO_USE = "no_use"
    OUTSIDE_WINDOW = "outside_window"
    OTHER_ADDRESS = "other_address"
    NOT_THE_USER = "not_the_user"
    FAILED = "failed"
    UNKNOWN_PRIVILEGED = "unknown_privileged"
    EARLIER = "earlier"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Known:
    """A privileged ID as a sighting meets it.  `login` comparable; "" for a group (`member`)."""

    id: int
    login: str
    member: bool
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A use as a sighting meets it.  `login` comparable; `until`: when it ended or must end; `address` "" unknown."""

    use_id: int
    privileged_id: int
    person_id: int
    login: str
    since: datetime
    until: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the ID and the use that it speaks of."""

    verdict: Verdict
    privileged_id: int | None = None
    use_id: int | None = None


def names_of(login: str) -> frozenset[str]:
    """Under which comparable names a login may be registered: as it is, and without its domain or realm."""
    name = comparable_login(login).strip()
    bare = name.rpartition("\\")[2]
    return frozenset({name, bare, bare.partition("@")[0]} - {""})


def verdict(sighting: Sighting, uses: Sequence[Span], ids: Sequence[Known], slack: timedelta = SLACK) -> Judged:
    """What `sighting` is.  `uses` and `ids` are those of its system."""
    names = names_of(sighting.login)
    own = [each for each in ids if each.login in names]
    if own:
        return _of_registered(sighting, uses, own, slack)
    if sighting.what is Sighted.RAISED:
        # Rights that somebody took under their own name: explained by a use of a group, and by nothing else.
        groups = {each.id for each in ids if each.member}
        spans = [each for each in uses if each.privileged_id in groups]
        mine = [each for each in spans if each.login in names]
        return _against(sighting, mine, [each for each in spans if each.login not in names], slack)
    if sighting.what is Sighted.SIGNED_IN and any(map(is_default_name, names)):
        return Judged(Verdict.UNKNOWN_PRIVILEGED)
    return Judged(Verdict.ORDINARY)


def _of_registered(sighting: Sighting, uses: Sequence[Span], own: Sequence[Known], slack: timedelta) -> Judged:
    at = sighting.at
    live = [each for each in own if each.since - slack <= at and (each.until is None or at <= each.until + slack)]
    if not live:
        if at < min(each.since for each in own):
            return Judged(Verdict.EARLIER, own[0].id)
        gone = sighting.what in {Sighted.SIGNED_IN, Sighted.RAISED}
        return Judged(Verdict.UNKNOWN_PRIVILEGED if gone else Verdict.ORDINARY, own[0].id)
    known = {each.id for each in live}
    judged = _against(sighting, [each for each in uses if each.privileged_id in known], (), slack)
    return Judged(judged.verdict, judged.privileged_id or live[0].id, judged.use_id)


def _against(sighting: Sighting, mine: Sequence[Span], others: Sequence[Span], slack: timedelta) -> Judged:
    covering = [each for each in mine if _away(each, sighting.at) <= slack]
    if covering:
        return _from_where(sighting, covering)
    nearest = min(mine, key=lambda each: _away(each, sighting.at), default=None)
    near = nearest if nearest is not None and _away(nearest, sighting.at) <= NEAR else None
    if sighting.what is Sighted.FAILED:
        return Judged(Verdict.FAILED)
    if sighting.what is Sighted.ENDED:
        # A session that outlived its use; any other end is judged by its sign-in.
        late = near is not None and near.until < sighting.at
        return _judged(Verdict.OUTSIDE_WINDOW, near) if late else Judged(Verdict.ORDINARY)
    if foreign := [each for each in others if _away(each, sighting.at) <= slack]:
        return _judged(Verdict.NOT_THE_USER, foreign[0])
    return _judged(Verdict.OUTSIDE_WINDOW, near) if near is not None else Judged(Verdict.NO_USE)


def _from_where(sighting: Sighting, covering: Sequence[Span]) -> Judged:
    """In order when one of the uses that cover it may have been from there, or nobody knows."""
    fitting = [each for each in covering if not (each.address and sighting.address) or each.address == sighting.address]
    if fitting or sighting.what is Sighted.ENDED:
        return _judged(Verdict.OK, (fitting or covering)[0])
    return _judged(Verdict.OTHER_ADDRESS, covering[0])


def _judged(verdict_: Verdict, span: Span | None) -> Judged:
    return Judged(verdict_, span.privileged_id, span.use_id) if span else Judged(verdict_)


def _away(span: Span, at: datetime) -> timedelta:
    """How far an instant is from a use; zero within it."""
    return max(span.since - at, at - span.until, timedelta(0))
