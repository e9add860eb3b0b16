"""What a body asks of its reviews with 人事 (棚卸): when, how long, what silence means, what is worth a second look.

The one law: *at least once a fiscal year* (OITA-S11.2.1, OITA-S8.2.1.2c, R11): no setting puts two reviews further
apart, and silence never means that nobody looked and nothing was said.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict, model_validator

from iam.handwritten import Frozen, WholeNumber
from iam.policy.cited import Cited, Flag, Measured


class Silence(StrEnum):
    """What becomes of an account about which nobody answered in time."""

    SUSPEND = "suspend"
    KEEP = "keep"

    @property
    def label_ja(self) -> str:
        """The words that officers read."""
        return {"suspend": "停止する", "keep": "回答なしとして残す"}[self.value]


class SilenceRule(Cited):
    """What becomes of an account about which nobody answered in time."""

    value: Silence


class WorkingDays(Measured):
    """A span in working days: national holidays and 29 December to 3 January do not count."""

    value: Annotated[int, Strict(), Field(ge=1, le=60)]

    def words(self) -> str:
        return f"{self.value}開庁日"


class WorkingDaysBefore(Measured):
    """Moments counted in working days before a day."""

    value: Annotated[tuple[WholeNumber, ...], Field(min_length=1)]

    def words(self) -> str:
        return "、".join(f"{days}開庁日前" for days in self.value)


class DayOfMonth(Measured):
    """The day of the month from which a review is opened."""

    value: Annotated[int, Strict(), Field(ge=1, le=28)]

    def words(self) -> str:
        return f"{self.value}日"


class Share(Measured):
    """A share in percent."""

    value: Annotated[int, Strict(), Field(ge=1, le=100)]

    def words(self) -> str:
        return f"{self.value}%"


class Count(Measured):
    """How many."""

    value: Annotated[int, Strict(), Field(ge=2, le=100_000)]

    def words(self) -> str:
        return f"{self.value:,}件"


class Patterns(Cited):
    """Patterns (fnmatch) of names."""

    value: tuple[Annotated[str, Strict()], ...]


class Review(Frozen):
    """[review]: the quarterly review and the one after 1 April.

    `opens_on`: day of the quarter's first month from which it is opened.  `after_april`: one more in April, once the
    appointments of the day are in, from `april_on`.  `due`: from opening to the last day for answers.  `remind`:
    reminders before that day.  `escalate`: working days after it until silence has its effect (`silence`); until then
    the general officers are told each working day.  `peers`, `peers_share`: a right is unusual where at least so many
    hold the same post and at most this share of them has it.  `many`, `pace`: a reviewer who answers at least so many
    lines, each in less than this many seconds, is shown to the general officer.  `test_names`: IDs of tests and of
    development by their names.
    """

    opens_on: DayOfMonth
    after_april: Flag
    april_on: DayOfMonth
    due: WorkingDays
    remind: WorkingDaysBefore
    escalate: WorkingDays
    silence: SilenceRule
    peers: Count
    peers_share: Share
    many: Count
    pace: Count
    test_names: Patterns

    @model_validator(mode="after")
    def _in_time(self) -> "Review":
        if max(self.remind.value) >= self.due.value:
            raise ValueError("remind（催促）は due（回答の期間）より短い開庁日数にしてください。")
        return self
