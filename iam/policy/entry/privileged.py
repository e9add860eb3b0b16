"""What a body asks of whoever works with a privileged ID: how long, with whom, what afterwards.

The one law: *no standing privilege* (OITA-S8.2.6, OITA-S8.2.1.3a, R12): a use has an end, and no setting puts it
further away than the twelve hours of NIST SP 800-63B-4 2.3.3.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict, model_validator

from iam.handwritten import Frozen
from iam.policy.cited import Cited, Days, Measured, Months, Truth, Years


class Alone(StrEnum):
    """What becomes of a use whose witness has gone."""

    PAUSE = "pause"
    END = "end"


class AloneRule(Cited):
    """What becomes of a use whose witness has gone (OITA-S8.1.4.3)."""

    value: Alone


class WitnessRule(Cited):
    """Whether every use has a witness; False where a live waiver may do without (OITA-S8.1.4.3, OITA-S9.4.1)."""

    value: Truth


class UseMinutes(Measured):
    """A stretch of privileged work in minutes, never above the twelve hours of R12."""

    value: Annotated[int, Strict(), Field(ge=5, le=720)]

    def words(self) -> str:
        return f"{self.value}分"


class WitnessSeconds(Measured):
    """How long a witness may be silent, in seconds; a page asks every fifteen."""

    value: Annotated[int, Strict(), Field(ge=30, le=900)]

    def words(self) -> str:
        return f"{self.value}秒"


class Privileged(Frozen):
    """[privileged]: what holds for privileged IDs and for whoever works with one (OITA-S8.2.1.3).

    `dormancy_days`, `audit_retention_years`, `review_interval_months`: stricter or longer than for other IDs.
    `window`: of a use unless its user asks otherwise.  `longest`: of a use, and of uses in a row.  `rest`: uses of
    one person on one system that are less than this apart are in a row.
    `witness`: a second person stays with every use.  `alone`: what becomes of it when the witness is silent for
    `witness_silence`.
    `delegation_days`: the longest delegation.  `pending_days`: how long a nomination waits for its approval.
    `record_days`: working days after a use by which its work record must be written and confirmed.
    `emergency`: of a use without delegation, approved afterwards.
    """

    dormancy_days: Days
    audit_retention_years: Years
    review_interval_months: Months
    window: UseMinutes
    longest: UseMinutes
    rest: UseMinutes
    witness: WitnessRule
    alone: AloneRule
    witness_silence: WitnessSeconds
    delegation_days: Days
    pending_days: Days
    record_days: Days
    emergency: UseMinutes

    @model_validator(mode="after")
    def _bounded(self) -> "Privileged":
        if self.window.value > self.longest.value or self.emergency.value > self.longest.value:
            raise ValueError("window と emergency は longest（続けて使える長さ）以下にしてください。")
        return self
