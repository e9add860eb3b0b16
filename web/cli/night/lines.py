"""One change as people read it, the changes grouped by kind and department, and what must not be read yet.

The one law: *before its 内示 an appointment shows in no line*: whoever has one
is counted and nothing else is said of them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Final, Self

from iam.sync.plan import ORDER, Change, ChangeKind
from iam.sync.plans import ChangeState, StoredChange

A_GROUP: Final = 40
"""Lines of one kind that are printed unless all are asked for."""

UNANNOUNCED: Final = "内示前のため表示しません"
NO_DEPARTMENT: Final = "所属なし"


@dataclass(frozen=True, slots=True)
class Line:
    """A change, planned or stored.  `name` and `system_name` are "" for a stored one: its sentence holds them."""

    kind: ChangeKind
    system: str
    system_name: str
    login: str
    staff_number: str
    name: str
    department: str
    deed: str
    reason: str
    rule: str
    clause: str
    appointment: int | None
    announce_from: date | None
    state: ChangeState = ChangeState.WAITING
    error: str = ""

    @classmethod
    def of(cls, change: Change) -> Self:
        """A change that was just planned."""
        entry = change.cause.entry
        return cls(
            change.kind, change.system, change.system_name, change.login, change.staff_number,
            change.name, change.department, change.deed(), change.reason(), change.cause.rule, change.cause.clause,
            entry.id if entry else None, entry.told.announce_from if entry else None,
        )  # fmt: skip

    @classmethod
    def of_stored(cls, change: StoredChange) -> Self:
        """A change of a stored plan."""
        return cls(
            change.kind, change.system, "", change.login, change.staff_number, "",
            change.department, change.sentence, change.reason, change.rule, change.clause, change.appointment,
            change.announce_from, change.state, change.error,
        )  # fmt: skip

    def __str__(self) -> str:
        """The change in one sentence with its cause and, where it failed, why."""
        failed = f"  失敗: {self.error}" if self.state is ChangeState.FAILED else ""
        return f"{self.deed} ← {self.reason}{failed}"

    def as_json(self) -> dict[str, object]:
        """The change for a script."""
        told: dict[str, object] = {
            "kind": self.kind, "system": self.system, "login": self.login, "staff_number": self.staff_number,
            "department": self.department, "sentence": self.deed, "reason": self.reason, "rule": self.rule,
            "clause": self.clause, "appointment": self.appointment, "state": self.state,
        }  # fmt: skip
        return told | ({"error": self.error} if self.error else {})


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
    secret = {line.staff_number for line in held if line.announce_from and line.announce_from > today}
    secret.update(unannounced)
    shown = [line for line in held if line.staff_number not in secret]
    return Shown(shown, len(held) - len(shown))


def listing(shown: Shown, most: int | None, more: str) -> Iterator[str]:
    """The changes by kind and department; of each kind at most `most`, and then `more` says where the others are."""
    for kind, lines in _by_kind(shown.lines):
        yield f"■ {kind.label_ja} {len(lines):,}件"
        left = len(lines) if most is None else most
        for department, group in groupby(lines, key=attrgetter("department")):
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
    ordered = sorted(lines, key=lambda line: (ORDER.index(line.kind), line.department, line.system, line.login))
    for kind, group in groupby(ordered, key=attrgetter("kind")):
        yield kind, list(group)


def counted(lines: Iterable[Line]) -> str:
    """How many of each kind, in one line."""
    return "、".join(f"{kind.label_ja} {len(group):,}件" for kind, group in _by_kind(lines))
