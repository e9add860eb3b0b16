"""One change as people read it, the changes grouped by kind and department, and what must not be read yet.

The one law: *before its 内示 an appointment shows in no line*: whoever has one
is counted and nothing else is said of them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Final

from iam.people.announced import may_be_said
from iam.sync.plan import ORDER, Change, ChangeKind
from iam.sync.stored.plans import ChangeState, StoredChange

A_GROUP: Final = 40
"""Lines of one kind that are printed unless all are asked for."""

UNANNOUNCED: Final = "内示前のため表示しません"
NO_DEPARTMENT: Final = "所属なし"


@dataclass(frozen=True, slots=True)
class Line:
    """A change, just planned or stored.  It is put into words only when it is printed: a first night has many."""

    change: Change | StoredChange

    @property
    def order(self) -> tuple[int, str, str, str]:
        """By kind in the order of applying, then by department, system and login."""
        change = self.change
        return (ORDER.index(change.kind), change.department, change.system, change.login)

    @property
    def deed(self) -> str:
        """What is done, and to whom."""
        return self.change.deed() if isinstance(self.change, Change) else self.change.sentence

    @property
    def reason(self) -> str:
        """Why."""
        return self.change.reason() if isinstance(self.change, Change) else self.change.reason

    @property
    def announce_from(self) -> date | None:
        """The first day on which it may be said."""
        if isinstance(self.change, StoredChange):
            return self.change.announce_from
        entry = self.change.cause.entry
        return entry.told.announce_from if entry else None

    def __str__(self) -> str:
        """The change in one sentence with its cause and, where it failed, why."""
        change, words = self.change, f"{self.deed} ← {self.reason}"
        if isinstance(change, StoredChange) and change.state is ChangeState.FAILED:
            return f"{words}  失敗: {change.error}"
        return words

    def as_json(self) -> dict[str, object]:
        """The change for a script."""
        change = self.change
        told: dict[str, object] = {
            "kind": change.kind, "system": change.system, "login": change.login,
            "staff_number": change.staff_number, "department": change.department,
            "sentence": self.deed, "reason": self.reason,
        }  # fmt: skip
        if isinstance(change, StoredChange):
            return told | {
                "rule": change.rule, "clause": change.clause, "appointment": change.appointment,
                "state": change.state, "error": change.error,
            }  # fmt: skip
        entry = change.cause.entry
        return told | {
            "rule": change.cause.rule, "clause": change.cause.clause, "appointment": entry.id if entry else None,
            "state": ChangeState.WAITING, "error": "",
        }  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What may be read, and how much may not."""

    lines: Sequence[Line]
    hidden: int

    @property
    def total(self) -> int:
        """All of them."""
        return len(self.lines) + self.hidden


def discreet(lines: Iterable[Line], today: date, unannounced: Collection[str]) -> Shown:
    """The lines without anybody of whom something is not announced yet.

    `unannounced` are the staff numbers with such an appointment in the ledger;
    one that is only in tonight's feed is seen by the changes that it causes.
    """
    held = list(lines)
    secret = {line.change.staff_number for line in held if not may_be_said(line.announce_from, today)}
    secret.update(unannounced)
    shown = [line for line in held if line.change.staff_number not in secret]
    return Shown(shown, len(held) - len(shown))


def listing(shown: Shown, most: int | None, more: str) -> Iterator[str]:
    """The changes by kind and department; of each kind at most `most`, and then `more` says where the others are."""
    for kind, lines in _by_kind(shown.lines):
        yield f"■ {kind.label_ja} {len(lines):,}件"
        left = len(lines) if most is None else most
        for department, group in groupby(lines, key=attrgetter("change.department")):
            if left <= 0:
                break
            members = list(group)
            yield f"  {department or NO_DEPARTMENT} {len(members):,}件"
            yield from (f"    {line}" for line in members[:left])
            left -= len(members)
        if most is not None and len(lines) > most:
            yield f"    ほか {len(lines) - most:,}件{more}"
    if shown.hidden:
        yield f"■ {UNANNOUNCED} {shown.hidden:,}件"


def _by_kind(lines: Iterable[Line]) -> Iterator[tuple[ChangeKind, list[Line]]]:
    for kind, group in groupby(sorted(lines, key=attrgetter("order")), key=attrgetter("change.kind")):
        yield kind, list(group)


def counted(shown: Shown) -> str:
    """How many of each kind, in one line."""
    counts = [f"{kind.label_ja} {len(group):,}件" for kind, group in _by_kind(shown.lines)]
    return "、".join([*counts, *([f"{UNANNOUNCED} {shown.hidden:,}件"] if shown.hidden else [])])
