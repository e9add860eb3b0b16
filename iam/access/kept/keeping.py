"""What becomes of kept IDs: registered, changed, given another keeper, their secret changed, retired.

The one law: *whoever answers for an ID is in service here on the day they are named*: neither gone nor away, no
contractor, no machine; each change is one conditional statement on the row as it was read, and stands in the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Final, Self

from iam.access.kept.register import Kept, KeptKind
from iam.access.model import AccessModel
from iam.policy.profile import Profile
from iam.record.act import Act

LONGEST: Final = 200
"""Characters of a purpose, a project or a company."""

LABELS: Final[Mapping[str, str]] = {
    "system": "情報システム", "login": "利用者ID", "kind": "種別", "purpose": "用途", "keeper_id": "管理者",
    "sponsor_id": "受入れの責任者", "project": "事業・作業", "company": "委託先", "valid_until": "期限",
    "secret_changed_on": "パスワードを変えた日", "members": "使う人",
}  # fmt: skip
"""The word for each field."""


@dataclass(frozen=True)
class Rules:
    """What a row is judged by: the body's staff categories, its systems (code to name), and when silence is absence."""

    profile: Profile
    systems: Mapping[str, str]
    absence: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile, model: AccessModel, absence: Mapping[str, int] | None = None) -> Self:
        """As profile and access model say; `absence`: source -> silent readings in a row, where not as the profile says."""
        return cls(profile, {code: system.name for code, system in model.systems.items()}, absence or {})


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the register says of an ID, as somebody wrote it."""

    system: str
    login: str
    kind: KeptKind
    purpose: str = ""
    keeper_id: int | None = None
    sponsor_id: int | None = None
    project: str = ""
    company: str = ""
    valid_until: date | None = None
    secret_changed_on: date | None = None

    @classmethod
    def of(cls, found: Kept) -> Self:
        """What stands in the register."""
        return cls(**{each.name: getattr(found, each.name) for each in fields(cls)})


def keep(act: Act, rules: Rules, given: Particulars, *, keeper_needed: bool = True) -> Kept:
    """Write a new ID into the register.  `keeper_needed` False: an old list may say that it has none.

    Raises:
        SheetError: with every mistake in it; Conflict: it stands there already, or is a person's own or privileged.
    """
    raise NotImplementedError


def change(act: Act, rules: Rules, seen: Kept, given: Particulars) -> Kept:
    """Say something else of an ID; its system and login stay.

    Raises:
        SheetError: with every mistake in it; Conflict: it is no longer as it was `seen`.
    """
    raise NotImplementedError


def change_keeper(act: Act, rules: Rules, seen: Kept, keeper_id: int, reason: str) -> Kept:
    """Another person answers for it from today.

    Raises:
        Conflict: they cannot, they do already, or it is no longer as it was `seen`.
    """
    raise NotImplementedError


def note_secret_changed(act: Act, seen: Kept, on: date) -> Kept:
    """Its secret was changed on a day.

    Raises:
        Conflict: the day is to come, or before the last change; or it is no longer as it was `seen`.
    """
    raise NotImplementedError


def retire(act: Act, seen: Kept, reason: str) -> Kept:
    """It leaves the register; what the target still holds of it is then without an owner.

    Raises:
        Conflict: it left already, or is no longer as it was `seen`.
    """
    raise NotImplementedError
