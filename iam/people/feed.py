"""The typed feed row: what one row of a personnel source says about one person, or why it is refused.

The one law: *a row is believed whole or not at all*.  What breaks a rule, alone
(`rows.read_row`) or beside the person's other rows (`check_person`), becomes a
`Rejected`; it is quarantined and never counts as absence.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol, Self

from iam.people.japanese import comparable

OPEN_END = date.max
"""The `valid_until` of an appointment without an end."""


class Gives(StrEnum):
    """What a row gives the person from `valid_from` to `valid_until`, both inclusive."""

    POST = "post"
    LEAVE = "leave"
    AWAY = "away"
    END = "end"
    """The last day in service: `valid_from` and `valid_until` are that day."""
    VOID = "void"
    """Nothing: the earlier row of the same post and the same `valid_from` is withdrawn (取消)."""

    @property
    def label_ja(self) -> str:
        """The word that officers use."""
        return _GIVES_JA[self]


class AppointmentKind(StrEnum):
    """The kind of appointment (発令区分).  UNTOLD is a feed of states that does not say."""

    HIRE = "hire"
    TRANSFER = "transfer"
    CONCURRENT = "concurrent"
    SECONDED_IN = "seconded_in"
    SECONDED_OUT = "seconded_out"
    LEAVE = "leave"
    RETURN = "return"
    RETIRE = "retire"
    REHIRE = "rehire"
    RENEWAL = "renewal"
    CORRECTION = "correction"
    CANCELLATION = "cancellation"
    NAME_CHANGE = "name_change"
    UNTOLD = "untold"

    @property
    def label_ja(self) -> str:
        """The word that officers use."""
        return _KIND_JA[self]


_GIVES_JA = {
    Gives.POST: "在籍",
    Gives.LEAVE: "休職等",
    Gives.AWAY: "出向（派遣）",
    Gives.END: "退職",
    Gives.VOID: "取消",
}

_KIND_JA = {
    AppointmentKind.HIRE: "採用",
    AppointmentKind.TRANSFER: "異動",
    AppointmentKind.CONCURRENT: "併任・兼務",
    AppointmentKind.SECONDED_IN: "出向（受入）",
    AppointmentKind.SECONDED_OUT: "出向（派遣）",
    AppointmentKind.LEAVE: "休職",
    AppointmentKind.RETURN: "復職",
    AppointmentKind.RETIRE: "退職",
    AppointmentKind.REHIRE: "再任用",
    AppointmentKind.RENEWAL: "任期更新",
    AppointmentKind.CORRECTION: "訂正",
    AppointmentKind.CANCELLATION: "取消",
    AppointmentKind.NAME_CHANGE: "氏名変更",
    AppointmentKind.UNTOLD: "区分なし",
}


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One checked statement of a personnel source.  Absent text is ""; codes are our own.

    `place` names the row for people; `fingerprint` is the source row's, so
    several FeedRows of one source row share it.  `end_assumed`: the source left
    the end open, and `valid_until` is what the category's rule makes of that.
    """

    staff_number: str
    name: str
    name_kana: str
    category: str
    gives: Gives
    kind: AppointmentKind
    org_code: str
    org_name: str
    title_code: str
    title: str
    concurrent: bool
    valid_from: date
    valid_until: date
    announce_from: date | None
    email: str
    previous_number: str
    home_body: str
    place: str
    fingerprint: bytes
    end_assumed: bool = False

    def to_json(self) -> str:
        """Compact JSON; empty text, False and None are left out.  `from_json` gives the same row back."""
        said: dict[str, str | bool] = {name: value for name in _TEXTS if (value := getattr(self, name))}
        said |= {"gives": self.gives.value, "kind": self.kind.value}
        said |= {name: True for name in ("concurrent", "end_assumed") if getattr(self, name)}
        said |= {"valid_from": self.valid_from.isoformat(), "valid_until": self.valid_until.isoformat()}
        if self.announce_from:
            said["announce_from"] = self.announce_from.isoformat()
        said["fingerprint"] = self.fingerprint.hex()
        return _compact(said)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The row that `to_json` wrote."""
        held: Mapping[str, str] = json.loads(text)
        announced = held.get("announce_from")
        return cls(
            **{name: held.get(name, "") for name in _TEXTS},
            gives=Gives(held["gives"]),
            kind=AppointmentKind(held["kind"]),
            concurrent=bool(held.get("concurrent", False)),
            valid_from=date.fromisoformat(held["valid_from"]),
            valid_until=date.fromisoformat(held["valid_until"]),
            announce_from=date.fromisoformat(announced) if announced else None,
            fingerprint=bytes.fromhex(held["fingerprint"]),
            end_assumed=bool(held.get("end_assumed", False)),
        )


_TEXTS = (
    "staff_number",
    "name",
    "name_kana",
    "category",
    "org_code",
    "org_name",
    "title_code",
    "title",
    "email",
    "previous_number",
    "home_body",
    "place",
)


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was read but may not be believed.  `reason` is a Japanese sentence with the cure.

    `staff_number` is None when the row does not even say whose it is.
    `announce_from`: before that day only `place` and `field` may be shown
    (`announced.withheld`); `date.max` where the row's own date cannot be read.
    """

    place: str
    field: str
    value: str
    reason: str
    staff_number: str | None
    fingerprint: bytes
    announce_from: date | None = None


@dataclass(frozen=True)
class FeedCodes:
    """The body's codes and ours: for each field, body code -> our code.

    A field with an empty mapping holds our own codes directly.  Our codes are:
    `category` the profile's category codes; `kind` the values of
    `AppointmentKind`; `status` in_service, leave, away, retired; `primary`
    primary, concurrent.
    """

    category: Mapping[str, str] = field(default_factory=dict)
    kind: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    primary: Mapping[str, str] = field(default_factory=dict)


class CategoryRule(Protocol):
    """What the profile says of one staff category (任用区分)."""

    @property
    def code(self) -> str:
        """Our code of the category."""

    @property
    def default_end(self) -> str:
        """What an open end means: "none", "fiscal_year_end" or "required"."""

    @property
    def needs_home_body(self) -> bool:
        """Whether the row must name the sending body and the day of return (出向(受入))."""


_DAY = timedelta(days=1)


def settle_person(rows: Sequence[FeedRow]) -> list[FeedRow]:
    """`rows`, all of one person, with the ends that only the other rows tell.

    An end that was only assumed gives way to the next primary post, and 復職
    ends the leave or secondment before it.  To be called before `rows` go to
    the ledger, after `check_person` had nothing to say.
    """
    primaries = _starts(rows, lambda row: row.gives is Gives.POST and not row.concurrent)
    returns = _starts(rows, lambda row: row.kind is AppointmentKind.RETURN)
    settled = []
    for row in rows:
        if row.gives is Gives.POST and row.end_assumed and not row.concurrent:
            settled.append(_cut(row, primaries))
        elif row.gives in {Gives.LEAVE, Gives.AWAY} and row.kind is not AppointmentKind.RETURN:
            settled.append(_cut(row, returns))
        else:
            settled.append(row)
    return settled


def _starts(rows: Sequence[FeedRow], wanted: Callable[[FeedRow], bool]) -> list[date]:
    return sorted(row.valid_from for row in rows if wanted(row) and row.gives is not Gives.VOID)


def _cut(row: FeedRow, starts: Sequence[date]) -> FeedRow:
    following = next((day for day in starts if row.valid_from < day <= row.valid_until), None)
    return row if following is None else replace(row, valid_until=following - _DAY, end_assumed=False)


def check_person(rows: Sequence[FeedRow]) -> list[Rejected]:
    """What cannot be true of one person all at once; `rows` are all rows of one staff number.

    Two names under one number, one row twice, two primary posts (本務) on one
    day.  An open-ended primary post ends the day before the next begins, so it
    conflicts with nothing.  Rows that a VOID withdraws are not looked at.  At
    most one Rejected for each row and field; each may be shown when the last of
    the rows is announced, since a reason tells of the others too.
    """
    void = {_post(row) for row in rows if row.gives is Gives.VOID}
    standing = [row for row in rows if row.gives is not Gives.VOID and _post(row) not in void]
    found = [*_two_names(rows), *_twice(standing), *_two_primaries(standing)]
    last = max((row.announce_from for row in rows if row.announce_from), default=None)
    return list({(each.fingerprint, each.field): replace(each, announce_from=last) for each in found}.values())


def _post(row: FeedRow) -> tuple[bool, str, str, date]:
    return (row.concurrent, row.org_code, row.title_code, row.valid_from)


def _two_names(rows: Sequence[FeedRow]) -> Iterator[Rejected]:
    """One number for two people; a 氏名変更 among the rows explains the difference."""
    names = {comparable(row.name) for row in rows}
    if len(names) < 2 or any(row.kind is AppointmentKind.NAME_CHANGE for row in rows):  # noqa: PLR2004 - two names
        return
    reason = "同じ職員番号に異なる氏名があります。職員番号の重複か氏名の誤りです。人事システムで直してください。"
    for row in {row.fingerprint: row for row in rows}.values():
        yield _rejected(row, "name", row.name, reason)


def _twice(rows: Sequence[FeedRow]) -> Iterator[Rejected]:
    seen: dict[FeedRow, str] = {}
    for row in rows:
        bare = replace(row, place="", fingerprint=b"", email="", name_kana="")
        if bare in seen:
            reason = f"{seen[bare]}と同じ内容の行です。どちらかを人事システムから除いてください。"
            yield _rejected(row, "staff_number", row.staff_number, reason)
        else:
            seen[bare] = row.place


def _two_primaries(rows: Sequence[FeedRow]) -> Iterator[Rejected]:
    primaries = sorted(
        (row for row in rows if row.gives is Gives.POST and not row.concurrent), key=lambda row: row.valid_from
    )
    for earlier, later in pairwise(primaries):
        open_end = earlier.valid_until == OPEN_END or earlier.end_assumed
        same_start = earlier.valid_from == later.valid_from
        if same_start or (not open_end and later.valid_from <= earlier.valid_until):
            for row, other in ((earlier, later), (later, earlier)):
                reason = (
                    f"{later.valid_from}に本務が二つあります（もう一つは{other.place}）。"
                    "終了年月日か本務兼務区分を人事システムで直してください。"
                )
                yield _rejected(row, "primary", row.org_name or row.org_code, reason)


def _rejected(row: FeedRow, field_name: str, value: str, reason: str) -> Rejected:
    return Rejected(row.place, field_name, value, reason, row.staff_number, row.fingerprint)
