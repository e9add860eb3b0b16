"""What a body asks of signing in: lengths, limits, factors, rotation, each with its clause.

The one law: *the strictest wins*.  A zone or a privileged ID can only add to
the general rules; whoever is under several is held to the strictest value of
each, and that value brings the clause it came from.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator, Field, Strict, model_validator

from iam.handwritten import Frozen
from iam.policy.cited import (
    Cited,
    Failures,
    Flag,
    Generations,
    Hours,
    LengthAlone,
    LengthWithFactor,
    LongHours,
    Minutes,
    Seconds,
    Truth,
)

STRICTER: Final[Mapping[str, Callable[..., tuple[int, str]]]] = {
    "second_factor": max,
    "phishing_resistant": max,
    "synced_keys": min,
    "totp_previous_step": min,
    "password_alone": max,
    "password_with_factor": max,
    "history": max,
    "temporary_life": min,
    "delay_after": min,
    "disable_at": min,
    "idle": min,
    "overall": min,
}
"""Which of two values of a rule is the stricter one; rotation is judged on its own."""

Waiver = Annotated[str, Strict()]


def _aaguid(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value.lower()):
        raise ValueError(
            f'2fc0579f-8113-47ea-b116-bb5a8db9202a のような AAGUID を書いてください（今の値: "{value}"）。'
        )
    return value.lower()


Aaguid = Annotated[str, Strict(), AfterValidator(_aaguid)]


class RotationMode(StrEnum):
    """When a password must be changed although nothing happened."""

    OFF = "off"
    DAYS = "days"
    SIGNINS = "signins"


class _Waivable(Cited):
    """A rule that the body may set aside by 例外措置, with a reason and an end (OITA-S9.4.1)."""

    waiver: Waiver = ""
    waiver_until: date | None = None

    def waived(self, on: date) -> bool:
        """Whether a waiver lives on that day, its last day included."""
        return bool(self.waiver) and self.waiver_until is not None and on <= self.waiver_until

    @model_validator(mode="after")
    def _reason_and_end(self) -> "_Waivable":
        if bool(self.waiver) != (self.waiver_until is not None):
            raise ValueError("例外措置には waiver（理由）と waiver_until（期限の日付）の両方を書いてください。")
        return self


class Rotation(_Waivable):
    """Change by period or by number of sign-ins (OITA-S7.4.3.5), or none (NIST SP 800-63B-4 3.1.1.2).

    `otherwise_days` is the period that the clause orders where `mode` is off by a waiver; it is in force
    on every day on which no waiver lives, so that an expired one needs nobody's action (requirement R21).
    """

    mode: RotationMode
    every: Annotated[int, Strict(), Field(ge=1, le=3660)] | None = None
    otherwise_days: Annotated[int, Strict(), Field(ge=1, le=3660)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Rotation":
        if (self.mode is RotationMode.OFF) != (self.every is None):
            raise ValueError('every（日数か回数）は mode が "days" か "signins" のときに、そのときだけ書いてください。')
        if self.mode is not RotationMode.OFF and (self.waiver or self.otherwise_days):
            raise ValueError('waiver と otherwise_days は mode = "off" のときだけ書いてください。')
        if self.waiver and self.otherwise_days is None:
            raise ValueError("例外措置が切れたあとの日数を otherwise_days に書いてください。")
        return self

    def effective(self, on: date) -> tuple[RotationMode, int | None]:
        """What holds on that day, and how often."""
        if self.mode is RotationMode.OFF and self.otherwise_days is not None and not self.waived(on):
            return RotationMode.DAYS, self.otherwise_days
        return self.mode, self.every


class SecondFactor(_Waivable):
    """Whether two kinds of factor are asked for; without them only while a waiver lives."""

    value: Truth

    @model_validator(mode="after")
    def _off_by_waiver_alone(self) -> "SecondFactor":
        if self.value == bool(self.waiver):
            raise ValueError(
                "第二の要素を求めない（value = false）には例外措置（waiver、waiver_until）が要ります。"
                "求めるときは書かないでください。"
            )
        return self

    def effective(self, on: date) -> bool:
        """Whether they are asked for on that day."""
        return self.value or not self.waived(on)


class Attestation(StrEnum):
    """Whether a security key must prove its make when it is enrolled."""

    NONE = "none"
    REQUIRED = "required"


class AttestationChoice(Cited):
    """Whether keys must prove their make."""

    value: Attestation


class Makes(Cited):
    """Makes of security keys (AAGUID) that may be enrolled; empty: any."""

    value: tuple[Aaguid, ...] = ()


class Tightening(Frozen):
    """What one zone, or a privileged ID, asks beyond the general rules; what is not stated adds nothing.

    `idle` in minutes, `overall` and `temporary_life` in hours.  `delay_after`: the failure from which each further
    one must wait; `disable_at`: the failure that disables the authenticator (NIST SP 800-63B-4 3.2.2).
    """

    second_factor: SecondFactor | None = None
    phishing_resistant: Flag | None = None
    synced_keys: Flag | None = None
    totp_previous_step: Flag | None = None
    password_alone: LengthAlone | None = None
    password_with_factor: LengthWithFactor | None = None
    history: Generations | None = None
    rotation: Rotation | None = None
    temporary_life: LongHours | None = None
    delay_after: Failures | None = None
    disable_at: Failures | None = None
    idle: Minutes | None = None
    overall: Hours | None = None


class General(Tightening):
    """What everyone is held to."""

    second_factor: SecondFactor
    phishing_resistant: Flag
    synced_keys: Flag
    totp_previous_step: Flag
    password_alone: LengthAlone
    password_with_factor: LengthWithFactor
    history: Generations
    rotation: Rotation
    temporary_life: LongHours
    delay_after: Failures
    disable_at: Failures
    idle: Minutes
    overall: Hours


@dataclass(frozen=True, slots=True)
class SigninRules:
    """The rules that hold for one person on one day.  `clauses`: from which clause each value came, by field.

    `rotation_days` and `rotation_signins` may both be set where two tiers count differently; None: no rotation.
    `synced_keys` and `totp_previous_step` say whether such keys, and the code of the step before, are accepted.
    """

    password_alone: int
    password_with_factor: int
    history: int
    rotation_days: int | None
    rotation_signins: int | None
    temporary_life: timedelta
    delay_after: int
    disable_at: int
    idle: timedelta
    overall: timedelta
    second_factor: bool
    phishing_resistant: bool
    synced_keys: bool
    totp_previous_step: bool
    clauses: Mapping[str, str]

    @property
    def password_minimum(self) -> int:
        """The shortest password in code points (requirement R29)."""
        return self.password_with_factor if self.second_factor else self.password_alone

    @property
    def digest(self) -> str:
        """64 hex digits that stand for the values, whatever clause is behind them."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "clauses"}
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


class Signin(Frozen):
    """[signin]: the general rules, what zones and privileged IDs add, and what holds for the portal as a whole.

    `reauthentication`: how old a proof may be for a sensitive act (R39).  `warning`: how long before its end a
    session warns.  `temporary_code_life`: of a code that two officers hand over.  `clock_offset`: TOTP is refused
    when the server's clock is off by more (R25).  `japanese_era`: whether pages show dates in 和暦.
    """

    reauthentication: Minutes
    warning: Minutes
    temporary_code_life: Hours
    approved_keys: Makes
    attestation: AttestationChoice
    japanese_era: Flag
    clock_offset: Seconds
    general: General
    zones: Mapping[str, Tightening] = Field(default_factory=dict)
    privileged: Tightening

    @property
    def tiers(self) -> Mapping[str, Tightening]:
        """The tiers by the key of their table, the most general first."""
        zones = {f"signin.zones.{code}": tier for code, tier in self.zones.items()}
        return {"signin.general": self.general, **zones, "signin.privileged": self.privileged}

    def resolved(self, zones: Iterable[str], *, privileged: bool, on: date) -> SigninRules:
        """The strictest value of each rule for somebody who works in these zones.

        `zones` are codes; one that states nothing of its own, and the "" of an undivided network, add nothing.
        """
        stated = [self.zones[code] for code in sorted(set(zones)) if code in self.zones]
        return _strictest([self.general, *stated, *([self.privileged] if privileged else [])], on)


def _strictest(tiers: list[Tightening], on: date) -> SigninRules:
    """The strictest of what these tiers state; the first of them states everything."""
    chosen = {name: _chosen(tiers, name, on) for name in STRICTER}
    values = {name: value for name, (value, _) in chosen.items()}
    clauses = {name: clause for name, (_, clause) in chosen.items()}
    rotations = {mode: _most_often(tiers, mode, on) for mode in (RotationMode.DAYS, RotationMode.SIGNINS)}
    clauses |= {f"rotation_{mode}": found[1] for mode, found in rotations.items() if found}
    return SigninRules(
        password_alone=values["password_alone"],
        password_with_factor=values["password_with_factor"],
        history=values["history"],
        rotation_days=found[0] if (found := rotations[RotationMode.DAYS]) else None,
        rotation_signins=found[0] if (found := rotations[RotationMode.SIGNINS]) else None,
        temporary_life=timedelta(hours=values["temporary_life"]),
        delay_after=values["delay_after"],
        disable_at=values["disable_at"],
        idle=timedelta(minutes=values["idle"]),
        overall=timedelta(hours=values["overall"]),
        second_factor=bool(values["second_factor"]),
        phishing_resistant=bool(values["phishing_resistant"]),
        synced_keys=bool(values["synced_keys"]),
        totp_previous_step=bool(values["totp_previous_step"]),
        clauses=MappingProxyType(clauses),
    )


def _chosen(tiers: list[Tightening], name: str, on: date) -> tuple[int, str]:
    """The strictest value of one rule, and its clause; among equals that of the most general tier."""
    stated = [rule for tier in tiers if (rule := getattr(tier, name)) is not None]
    values = [(rule.effective(on) if isinstance(rule, SecondFactor) else rule.value, rule.clause) for rule in stated]
    return STRICTER[name](values, key=lambda each: each[0])


def _most_often(tiers: list[Tightening], mode: RotationMode, on: date) -> tuple[int, str] | None:
    """The shortest rotation of one mode that holds on that day, and its clause."""
    found = [
        (every, tier.rotation.clause)
        for tier in tiers
        if tier.rotation
        for kind, every in [tier.rotation.effective(on)]
        if kind is mode and every is not None
    ]
    return min(found, key=lambda each: each[0], default=None)
