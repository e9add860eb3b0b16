"""A body's rules as typed, frozen data.

The one law: *no value without its reason*.  Every number and every rule
carries the clause of the body's policy that asks for it, or the word
`baseline` where the policy is silent and the value is a design default.
"""

import hashlib
import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, Strict, model_validator

from iam.errors import NotFound
from iam.handwritten import Frozen, Unwritten, WholeNumber, Words
from iam.policy.cited import (
    BASELINE,
    Cited,
    Days,
    DaysBefore,
    Flag,
    Months,
    Runs,
    Truth,
    Years,
    ZoneChoice,
)
from iam.policy.entry.privileged import Privileged
from iam.policy.entry.review import Review
from iam.policy.entry.signin import Signin
from iam.policy.entry.systems import Entry


class Band(Cited):
    """How much may happen before the guard holds a run (requirement R04)."""

    count: Annotated[int, Strict(), Field(ge=0)] | None = None
    share: Annotated[float, Strict(), Field(ge=0, le=1)] | None = None
    minimum: WholeNumber = 0

    @model_validator(mode="after")
    def _bounded(self) -> "Band":
        if self.count is None and self.share is None:
            msg = "count（件数）か share（割合）の少なくとも一方を書いてください。"
            raise ValueError(msg)
        if self.count is not None and self.minimum > self.count:
            msg = f"minimum（{self.minimum}）が count（{self.count}）より大きくなっています。"
            raise ValueError(msg)
        return self

    def limit(self, total: int) -> int:
        """How many of `total` may be touched without being held.

        The smaller of `count` and `share` of the total rounded down, but
        never below `minimum`, so that a department of five can lose one.
        """
        bounds = []
        if self.count is not None:
            bounds.append(self.count)
        if self.share is not None:
            # Decimal, because 0.29 * 100 is 28.999… and the operator wrote 29 %.
            bounds.append(int(Decimal(repr(self.share)) * total))
        return max(self.minimum, min(bounds))


class PlanBands(Frozen):
    """One band per kind of change; the names are those of `OrderKind`."""

    revoke: Band
    disable: Band
    create: Band
    modify: Band
    enable: Band
    grant: Band
    delete: Band

    def __getitem__(self, kind: str) -> Band:
        """The band of one kind of change.

        Raises:
            KeyError: for a kind that is none of the fields.
        """
        if kind not in PlanBands.model_fields:
            raise KeyError(kind)
        band: Band = getattr(self, kind)
        return band


class Guard(Frozen):
    """What holds a run back.

    `feed_*` compare a reading with the last good one: how many may be missing, in all and per department.
    `plan` judges one kind of change over all accounts of a target, `department` the disabling and revoking within
    one department, `attribute` how many accounts may change one and the same attribute.
    `ceiling` bounds what one night may take away of a target even when all of it was announced and rehearsed.
    """

    feed_total: Band
    feed_department: Band
    plan: PlanBands
    department: Band
    attribute: Band
    ceiling: Band


class Zone(Cited):
    """A network zone.  A `residual` zone takes every system that nobody has placed."""

    code: Annotated[str, Unwritten()]
    label: Words
    residual: Truth = False
    dormancy_days: Days
    audit_retention_years: Years
    handover_overlap_days: Days = Days(value=0, clause=BASELINE)
    """How long rights of the old post live on beside the new ones (requirement R03); none unless stated."""


class StaffKind(StrEnum):
    """What an identity is, before any role: rules stand above roles on it (OITA-S8.2.1.3d)."""

    STAFF = "staff"
    OFFICIAL = "official"
    CONTRACTOR = "contractor"
    DEVELOPMENT = "development"
    SYSTEM = "system"


class DefaultEnd(StrEnum):
    """When a post ends that the source gives no end for."""

    NONE = "none"
    FISCAL_YEAR_END = "fiscal_year_end"
    REQUIRED = "required"


class StaffCategory(Cited):
    """A staff category (任用区分) that the body knows; an identity without one gets no access (requirement R05)."""

    code: Annotated[str, Unwritten()]
    label: Words
    kind: StaffKind
    default_end: DefaultEnd
    needs_home_body: Truth = False

    @property
    def is_staff(self) -> bool:
        """Employed by the body or lent to it; neither elected, nor contracted, nor a machine."""
        return self.kind is StaffKind.STAFF


class Role(StrEnum):
    """What the software asks of an officer, whatever the body calls them."""

    GENERAL_OFFICER = "general_officer"
    APPROVER = "approver"
    HR_OFFICER = "hr_officer"
    SYSTEM_OWNER = "system_owner"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    DATA_OFFICER = "data_officer"
    TERMINAL_OFFICER = "terminal_officer"

    @property
    def label_ja(self) -> str:
        """What the role is about, for pages; the body's own title stands in its profile."""
        return {
            "general_officer": "統括", "approver": "承認", "hr_officer": "人事", "system_owner": "情報システムの責任者",
            "operator": "運用の担当", "auditor": "監査", "data_officer": "データの管理者",
            "terminal_officer": "端末の管理者",
        }[self.value]  # fmt: skip


REQUIRED_ROLES = (
    Role.GENERAL_OFFICER,
    Role.APPROVER,
    Role.HR_OFFICER,
    Role.SYSTEM_OWNER,
    Role.OPERATOR,
    Role.AUDITOR,
)


class TitleState(StrEnum):
    """What became of a title; an unmapped one stops go-live."""

    ASSIGNED = "assigned"
    MERGED = "merged"
    NOT_USED = "not_used"
    UNMAPPED = "unmapped"


class PostPattern(Frozen):
    """Posts that hold a title: patterns (fnmatch) over the codes of the unit and of the title; empty means any.

    Codes come back with another meaning after a reorganisation, so a pattern may say from and until when (inclusive)
    it is meant.
    """

    org: tuple[Words, ...] = ()
    title: tuple[Words, ...] = ()
    valid_from: date = date.min
    valid_until: date = date.max

    @model_validator(mode="after")
    def _narrow(self) -> "PostPattern":
        if not self.org and not self.title:
            raise ValueError("org（所属コード）か title（職コード）の少なくとも一方を書いてください。")
        return self

    def fits(self, org_code: str, title_code: str, on: date) -> bool:
        """Whether this post holds the title on that day."""
        dated = self.valid_from <= on <= self.valid_until
        return dated and _any_of(self.org, org_code) and _any_of(self.title, title_code)


def _any_of(patterns: tuple[str, ...], code: str) -> bool:
    return not patterns or any(fnmatchcase(code, pattern) for pattern in patterns)


class Title(Cited):
    """A role title as the policy text writes it, the software's roles it stands for, and who holds it.

    `post` is the policy's wording, for people; `held_by` says the same in codes of the personnel directory.
    """

    name: Annotated[str, Unwritten()]
    state: TitleState
    roles: tuple[Role, ...] = ()
    post: Annotated[str, Strict()] = ""
    into: Annotated[str, Strict()] = ""
    held_by: tuple[PostPattern, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Title":
        if (self.state is TitleState.ASSIGNED) != bool(self.post):
            msg = 'post（充てる職）は state = "assigned" のときに、そのときだけ書いてください。'
            raise ValueError(msg)
        if (self.state is TitleState.MERGED) != bool(self.into):
            msg = 'into（統合先の役職名）は state = "merged" のときに、そのときだけ書いてください。'
            raise ValueError(msg)
        if self.held_by and self.state is not TitleState.ASSIGNED:
            msg = 'held_by（名簿での職）は state = "assigned" のときだけ書いてください。'
            raise ValueError(msg)
        return self


class Network(Frozen):
    """The values of a network that is not divided, and of a zone that states none of its own."""

    dormancy_days: Days
    audit_retention_years: Years
    handover_overlap_days: Days


class Accounts(Frozen):
    """The ages that matter to an account.

    `absence_runs`: complete readings in a row without a person before suspension.
    `lapsed_grace_days`: how long after a term ended without renewal the account is only suspended.
    `term_notice_days`: how long before a term's end it is listed for 人事.
    `retention_days`: how long a disabled account is kept before it may be deleted.
    `review_interval_months`: how often accounts are walked through with 人事 (OITA-S8.2.1.2c).
    """

    absence_runs: Runs
    lapsed_grace_days: Days
    term_notice_days: DaysBefore
    retention_days: Days
    review_interval_months: Months


class Body(Frozen):
    """Whom the profile describes.

    `prefix` begins the ids of the body's own clauses; `clauses` is a file with further ones.
    """

    name: Words
    kind: Words
    policy: Words
    prefix: Annotated[str, Strict()] = ""
    clauses: Annotated[str, Strict()] = ""


class Removal(Cited):
    """A rule of the baseline that this body does not have, and the clause that says so."""

    kind: Annotated[str, Unwritten()]
    code: Annotated[str, Unwritten()]


class Profile(Frozen):
    """A body's rules.  `source` names the file in messages and is no part of the content."""

    source: Annotated[str, Unwritten()]
    body: Body
    parameters_confidential: Flag
    default_zone_code: ZoneChoice = Field(alias="default_zone")
    network: Network
    zones: tuple[Zone, ...]
    categories: tuple[StaffCategory, ...]
    titles: tuple[Title, ...]
    guard: Guard
    accounts: Accounts
    privileged: Privileged
    review: Review
    signin: Signin
    entry: Entry
    removed: Annotated[tuple[Removal, ...], Unwritten()] = ()

    @property
    def default_zone(self) -> Zone:
        """Where a system lives that names no zone; the whole network where the body has no zones (阿蘇)."""
        if self.zones:
            return self.zone(self.default_zone_code.value)
        return Zone(
            code="",
            label="庁内ネットワーク（領域の区分なし）",
            clause=self.default_zone_code.clause,
            dormancy_days=self.network.dormancy_days,
            audit_retention_years=self.network.audit_retention_years,
            handover_overlap_days=self.network.handover_overlap_days,
        )

    def zone(self, code: str) -> Zone:
        """The zone with this code; "" means the default zone.

        Raises:
            NotFound: when the body knows no such zone.
        """
        if not code:
            return self.default_zone
        for zone in self.zones:
            if zone.code == code:
                return zone
        known = "、".join(zone.code for zone in self.zones) or "なし"
        raise NotFound(f"{self.source}: 領域「{code}」は定義されていません（定義済み: {known}）。")

    def category(self, code: str) -> StaffCategory:
        """The staff category with this code.

        Raises:
            NotFound: when the body knows no such category (requirement R05: quarantine, no access).
        """
        for category in self.categories:
            if category.code == code:
                return category
        known = "、".join(category.code for category in self.categories)
        raise NotFound(f"{self.source}: 職員区分「{code}」は定義されていません（定義済み: {known}）。")

    def title(self, name: str) -> Title | None:
        """The title written exactly so, if the profile lists it."""
        return next((title for title in self.titles if title.name == name), None)

    def holder(self, role: Role) -> Title | None:
        """The title, with its post, that plays `role` after merges are followed; None while that is open."""
        for title in self.titles:
            if role in title.roles and (found := self.settled(title)):
                return found
        return None

    def settled(self, title: Title) -> Title | None:
        current: Title | None = title
        for _ in self.titles:
            if current is None or current.state is not TitleState.MERGED:
                break
            current = self.title(current.into)
        return current if current and current.state is TitleState.ASSIGNED else None

    @property
    def digest(self) -> str:
        """64 hex digits that stand for the content, wherever the file lies: another digest, other rules."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"source": True, "body": {"clauses"}})
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
