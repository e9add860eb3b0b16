"""Values that carry the clause behind them.

The one law: a value cannot be made without its clause, so none can reach an
operator or an auditor that could not say where it comes from.
"""

from typing import Annotated

from pydantic import Field, Strict, StringConstraints

from iam.handwritten import Frozen, WholeNumber

BASELINE = "baseline"
"""Stands where a clause would, for a value that no clause of the body asks for."""

ClauseId = Annotated[str, StringConstraints(strict=True, pattern=r"^(baseline|[A-Z][A-Z0-9]*-[A-Za-z0-9.]+)$")]
Truth = Annotated[bool, Strict()]


class Cited(Frozen):
    """A rule with the clause behind it.  `note` says what the clause leaves open, e.g. the number itself."""

    clause: ClauseId
    note: Annotated[str, Strict()] = ""


class Flag(Cited):
    """A rule that holds or does not."""

    value: Truth


class Measured(Cited):
    """A value that says itself with its unit."""

    def words(self) -> str:
        raise NotImplementedError


class ZoneChoice(Cited):
    """The code of a zone; empty for a network that is not divided."""

    value: Annotated[str, Strict()]


class Days(Measured):
    """A span in calendar days."""

    value: Annotated[int, Strict(), Field(ge=0, le=3660)]

    def words(self) -> str:
        return f"{self.value}日"


class DaysBefore(Measured):
    """Moments counted in calendar days before an end date."""

    value: Annotated[tuple[WholeNumber, ...], Field(min_length=1)]

    def words(self) -> str:
        return "、".join(f"{days}日前" for days in self.value)


class Months(Measured):
    """An interval in months, never longer than the yearly floor of OITA-S11.2.1."""

    value: Annotated[int, Strict(), Field(ge=1, le=12)]

    def words(self) -> str:
        return f"{self.value}か月"


class Years(Measured):
    """A retention in years, never below the floor of one (requirement R47)."""

    value: Annotated[int, Strict(), Field(ge=1, le=100)]

    def words(self) -> str:
        return f"{self.value}年"


class Runs(Measured):
    """How many complete readings in a row; one would make a single bad night a leaver."""

    value: Annotated[int, Strict(), Field(ge=2, le=30)]

    def words(self) -> str:
        return f"{self.value}回続けて"


class Seconds(Measured):
    """How far a clock may be off before it is no longer trusted."""

    value: Annotated[int, Strict(), Field(ge=1, le=30)]

    def words(self) -> str:
        return f"{self.value}秒"


class Minutes(Measured):
    """A span in minutes, never above the hour of NIST SP 800-63B-4 2.2.3 (requirement R38)."""

    value: Annotated[int, Strict(), Field(ge=1, le=60)]

    def words(self) -> str:
        return f"{self.value}分"


class Hours(Measured):
    """A span in hours, never above the day of NIST SP 800-63B-4 2.2.3 (requirement R38)."""

    value: Annotated[int, Strict(), Field(ge=1, le=24)]

    def words(self) -> str:
        return f"{self.value}時間"


class LongHours(Measured):
    """A span in hours that may run over a weekend."""

    value: Annotated[int, Strict(), Field(ge=1, le=168)]

    def words(self) -> str:
        return f"{self.value}時間"


class LengthAlone(Measured):
    """Code points of a password that is the only factor (NIST SP 800-63B-4 3.1.1.2, requirement R29)."""

    value: Annotated[int, Strict(), Field(ge=15, le=64)]

    def words(self) -> str:
        return f"{self.value}文字以上"


class LengthWithFactor(Measured):
    """Code points of a password beside an enforced second factor (NIST SP 800-63B-4 3.1.1.2, requirement R29)."""

    value: Annotated[int, Strict(), Field(ge=8, le=64)]

    def words(self) -> str:
        return f"{self.value}文字以上"


class Generations(Measured):
    """How many earlier values may not come back; each costs one hash when a password is changed."""

    value: Annotated[int, Strict(), Field(ge=0, le=24)]

    def words(self) -> str:
        return f"過去{self.value}回分"


class Failures(Measured):
    """How many failures in a row, never above the hundred of NIST SP 800-63B-4 3.2.2 (requirement R35)."""

    value: Annotated[int, Strict(), Field(ge=1, le=100)]

    def words(self) -> str:
        return f"{self.value}回"
