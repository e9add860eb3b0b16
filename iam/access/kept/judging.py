"""What stands against a row of the register, before it is written.

The one law: *whoever is named for an ID is in service here on the day they are named*: neither gone nor away, no
contractor, no machine.  What was named before and stays is not judged again; a review asks about it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final, Self

from sqlalchemy import Connection, select

from iam.access.accounts import AccountKind, account_table
from iam.access.kept.register import Kept, KeptKind
from iam.access.model import AccessModel
from iam.access.naming import comparable_login
from iam.errors import NotFound
from iam.people.japanese import looks_like_my_number
from iam.people.ledger import people
from iam.people.standing import Standing, Status, standing
from iam.policy.profile import Profile, StaffKind
from iam.record.columns import among

LONGEST: Final = 200
"""Characters of a login, a purpose, a project or a company."""

LABELS: Final[Mapping[str, str]] = {
    "system": "情報システム", "login": "利用者ID", "kind": "種別", "purpose": "用途", "keeper_id": "管理者",
    "sponsor_id": "受入れの責任者", "project": "事業・作業", "company": "委託先", "valid_until": "期限",
    "secret_changed_on": "パスワードを変えた日", "members": "使う人",
}  # fmt: skip
"""The word for each field."""

_TEXTS: Final = ("login", "purpose", "project", "company")
_NAMED: Final = ("keeper_id", "sponsor_id")
_BOUNDED: Final = ("keeper_id", "purpose", "valid_until", "project")
_NEEDED: Final[Mapping[KeptKind, tuple[str, ...]]] = {
    KeptKind.SHARED: ("keeper_id", "purpose"),
    KeptKind.SERVICE: ("keeper_id", "purpose"),
    KeptKind.DEVELOPMENT: _BOUNDED,
    KeptKind.TEST: _BOUNDED,
    KeptKind.CONTRACTOR: ("keeper_id", "purpose", "valid_until", "company", "sponsor_id"),
}
_EMPLOYED: Final = frozenset({StaffKind.STAFF, StaffKind.OFFICIAL})


@dataclass(frozen=True)
class Rules:
    """What a row is judged by: staff categories, systems (code to name), and when a source's silence is absence."""

    profile: Profile
    systems: Mapping[str, str]
    absence: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile, model: AccessModel, absence: Mapping[str, int] | None = None) -> Self:
        """As profile and access model say.  `absence`: source -> silent readings, where not as the profile says."""
        return cls(profile, {code: system.name for code, system in model.systems.items()}, absence or {})


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the register says of an ID, as somebody wrote it; fields as in `Kept`."""

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

    @property
    def key(self) -> tuple[str, str]:
        """What there is one row in force of."""
        return self.system, comparable_login(self.login)

    @property
    def gaps(self) -> frozenset[str]:
        """Fields that an ID of this kind needs and that are empty."""
        return frozenset(name for name in _NEEDED[self.kind] if not getattr(self, name))


def told(given: Particulars) -> dict[str, Any]:
    """What the audit holds of it; persons by the number of their row."""
    return {each.name: getattr(given, each.name) for each in fields(given)}


def differences(was: Particulars, now: Particulars) -> dict[str, Any]:
    """What is said otherwise, by field."""
    before, after = told(was), told(now)
    return {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}


def mistakes(rules: Rules, given: Particulars, on: date, before: Particulars | None = None) -> dict[str, str]:
    """What is wrong in it by itself, by field, each in one sentence; `before`: what stands there and is changed.

    Neither what is missing (`gaps`) nor whom it names (`unfit`) is looked at.
    """
    found = _texts(given)
    if given.system not in rules.systems and before is None:
        known = "、".join(rules.systems)
        found["system"] = f"情報システム「{given.system}」はありません。{known} から選んでください。"
    if not given.login:
        found["login"] = "空にはできません。"
    ends, was = given.valid_until, before and before.valid_until
    if ends is not None and ends < on and ends != was:
        found["valid_until"] = f"{ends} は過ぎています。今日以降の日にしてください。"
    if given.secret_changed_on is not None and given.secret_changed_on > on:
        found["secret_changed_on"] = f"{given.secret_changed_on} はまだ来ていません。今日までの日にしてください。"
    return found


def _texts(given: Particulars) -> dict[str, str]:
    found = {}
    for name in _TEXTS:
        text = getattr(given, name)
        if len(text) > LONGEST:
            found[name] = f"{LONGEST}文字までにしてください。"
        elif not text.isprintable() or text != text.strip():
            found[name] = "前後の空白、改行、制御文字は使えません。"
        elif looks_like_my_number(text):
            found[name] = "個人番号（マイナンバー）のように見えます。書かないでください。"
    return found


def missing(given: Particulars) -> dict[str, str]:
    """The same of what an ID of this kind needs and does not have."""
    return {name: f"{given.kind.label_ja}には{LABELS[name]}が要ります。" for name in sorted(given.gaps)}


def named_anew(given: Particulars, before: Particulars | None) -> dict[str, int]:
    """Whom it names that were not named before, by field."""
    named = {name: getattr(given, name) for name in _NAMED}
    was = {name: before and getattr(before, name) for name in _NAMED}
    return {name: id_ for name, id_ in named.items() if id_ is not None and id_ != was[name]}


def unfit(connection: Connection, rules: Rules, person_ids: Collection[int], on: date) -> dict[int, str]:
    """Those of these persons who cannot answer for an ID on the day, with the reason in one sentence."""
    found = dict.fromkeys(person_ids, "台帳にいない職員です。職員番号を確かめてください。")
    for person in people(connection, sorted(set(person_ids))):
        silent = person.absent_runs >= rules.absence.get(person.source, rules.profile.accounts.absence_runs.value)
        found[person.id] = _unfit(rules, standing(person.entries, on, absent=silent))
    return {id_: words for id_, words in found.items() if words}


def _unfit(rules: Rules, stands: Standing) -> str:
    if stands.status is not Status.IN_SERVICE:
        return f"「{stands.status.label_ja}」の職員は選べません。在職している職員にしてください。"
    if any(_kind(rules.profile, post.entry.told.category) not in _EMPLOYED for post in stands.posts):
        return "外部の事業者・開発用・システム用などの職員区分の人は選べません。この団体の職員にしてください。"
    return ""


def _kind(profile: Profile, category: str) -> StaffKind | None:
    try:
        return profile.category(category).kind
    except NotFound:
        return None


def owned_otherwise(connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Those of these (system, comparable login) that are somebody's own or privileged, with the reason."""
    columns = account_table.c
    query = select(columns.system, columns.comparable, columns.kind).where(
        among(columns.comparable, sorted({login for _, login in keys}))
    )
    return {
        (row.system, row.comparable): "特権ID台帳にあるIDです。特権IDとして管理してください。"
        if row.kind == AccountKind.PRIVILEGED
        else "職員個人の利用者ID（または、以前に使われたもの）です。ログイン名を確かめてください。"
        for row in connection.execute(query)
        if (row.system, row.comparable) in keys
    }
