"""The typed feed row: what one row of a personnel source says about one person, or why it is refused.

The one law: *a row is believed whole or not at all*.  A row that breaks any
rule becomes a `Rejected` with its place, field, value and reason; it is
quarantined and never counts as absence.  Nothing is guessed from names.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol, Self

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
    """Nothing: the earlier row with the same `FeedRow.key` is withdrawn (取消)."""

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
    Gives.AWAY: "出向(派遣)",
    Gives.END: "退職",
    Gives.VOID: "取消",
}

_KIND_JA = {
    AppointmentKind.HIRE: "採用",
    AppointmentKind.TRANSFER: "異動",
    AppointmentKind.CONCURRENT: "併任・兼務",
    AppointmentKind.SECONDED_IN: "出向(受入)",
    AppointmentKind.SECONDED_OUT: "出向(派遣)",
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


class RowKey(NamedTuple):
    """What stays the same when a row is corrected, and what a VOID row withdraws."""

    staff_number: str
    org_code: str
    concurrent: bool
    valid_from: date


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One checked statement of a personnel source.  Absent text is ""; codes are our own.

    `place` names the row for people; `fingerprint` is the source row's, so
    several FeedRows of one source row share it.
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

    @property
    def key(self) -> RowKey:
        """The key by which a later row corrects or withdraws this one."""
        return RowKey(self.staff_number, self.org_code, self.concurrent, self.valid_from)

    def to_json(self) -> str:
        """Compact JSON; empty text, False and None are left out.  `from_json` gives the same row back."""
        plain = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        return json.dumps(
            {name: value for name, value in plain.items() if value not in {"", None, False}},
            ensure_ascii=False,
            separators=(",", ":"),
        )

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
            fingerprint=bytes.fromhex(held.get("fingerprint", "")),
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


def _plain(value: object) -> str | bool | None:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    return str(value)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was read but may not be believed.  `reason` is a Japanese sentence with the cure.

    `staff_number` is None when the row does not even say whose it is.
    """

    place: str
    field: str
    value: str
    reason: str
    staff_number: str | None
    fingerprint: bytes


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
        """Whether the row must name the sending body (出向(受入))."""
