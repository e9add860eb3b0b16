"""A whole register as a body has kept it in a sheet, taken in.

The one law: *a list comes in whole or not at all*, with everything that is wrong in it told at once by its row; what
it does not name stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from iam.access.kept.judging import (
    LABELS,
    Particulars,
    Rules,
    mistakes,
    named_anew,
    owned_otherwise,
    unfit,
)
from iam.access.kept.keeping import rewrite, write
from iam.access.kept.members import set_members
from iam.access.kept.register import Kept, KeptKind, kept_ids
from iam.errors import SheetError
from iam.record.act import Act
from iam.record.columns import jst_day


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, and where it stands ("3行目").  `members`: who uses it; None: the list does not say."""

    place: str
    given: Particulars
    members: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of the rows.  `gaps`: how many lack something that their kind needs, for a review to ask about."""

    registered: int
    changed: int
    unchanged: int
    gaps: int


def why_not_take_in(connection: Connection, rules: Rules, lines: Sequence[Line], on: date) -> list[str]:
    """Everything that stands against the list, each in one sentence that begins with its place."""
    there = in_force(connection)
    before = {key: Particulars.of(kept) for key, kept in there.items()}
    anew = [named_anew(line.given, before.get(line.given.key)) for line in lines]
    barred = unfit(connection, rules, {id_ for named in anew for id_ in named.values()}, on)
    owned = owned_otherwise(connection, {line.given.key for line in lines} - there.keys())
    problems: list[str] = []
    for line, named in zip(lines, anew, strict=True):
        wrong = mistakes(rules, line.given, on, before.get(line.given.key))
        wrong |= {name: barred[id_] for name, id_ in named.items() if id_ in barred}
        if line.given.key in owned:
            wrong.setdefault("login", owned[line.given.key])
        if line.members and line.given.kind is not KeptKind.SHARED:
            wrong["members"] = f"使う人を書けるのは共用IDだけです。これは{line.given.kind.label_ja}です。"
        problems += [f"{line.place}: {label}: {wrong[name]}" for name, label in LABELS.items() if name in wrong]
    return [*problems, *_twice(lines)]


def _twice(lines: Sequence[Line]) -> list[str]:
    first: dict[tuple[str, str], str] = {}
    return [
        f"{line.place}: {LABELS['login']}: 「{line.given.login}」が{first[line.given.key]}にもあります。"
        "どちらかを消してください。"
        for line in lines
        if first.setdefault(line.given.key, line.place) != line.place
    ]


def in_force(connection: Connection) -> Mapping[tuple[str, str], Kept]:
    """The register as it is, by system and comparable login."""
    return {(each.system, each.comparable): each for each in kept_ids(connection)}


def take_in(act: Act, rules: Rules, lines: Sequence[Line]) -> TakenIn:
    """Write the list: new IDs are registered, what is said otherwise of known ones is changed.

    Raises:
        SheetError: with everything that stands against it; Conflict: somebody else changed one meanwhile.
    """
    if problems := why_not_take_in(act.connection, rules, lines, jst_day(act.at)):
        raise SheetError(problems)
    there = in_force(act.connection)
    registered = changed = 0
    for line in lines:
        seen = there.get(line.given.key)
        made = _written(act, line.given, seen)
        different = made is not seen
        if line.members is not None and made.kind is KeptKind.SHARED:
            different |= set_members(act, made, line.members)
        registered += seen is None
        changed += seen is not None and different
    gaps = sum(bool(line.given.gaps) for line in lines)
    return TakenIn(registered, changed, len(lines) - registered - changed, gaps)


def _written(act: Act, given: Particulars, seen: Kept | None) -> Kept:
    if seen is None:
        return write(act, given)
    # The login stays as it is spelt in the register.
    return rewrite(act, seen, replace(given, login=seen.login))
