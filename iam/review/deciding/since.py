"""What changed since the snapshot: frozen lines and persons held against today's mirror, ledger and standing.

The one law: *a change is shown, never applied*: the snapshot stays what was judged, and whoever signs or carries out
sees where the world has moved on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from iam.review.campaigns import Campaign
from iam.signin.door import Door


class Change(StrEnum):
    """What is different today."""

    MOVED = "moved"
    LEFT = "left"
    AWAY = "away"
    BACK = "back"
    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETED = "deleted"
    APPEARED = "appeared"
    OWNER = "owner"
    NEW_RIGHTS = "new_rights"
    RIGHTS_GONE = "rights_gone"

    @property
    def label_ja(self) -> str:
        """The words that officers read."""
        return _WORDS[self]


_WORDS = {
    Change.MOVED: "異動した", Change.LEFT: "退職・離任した", Change.AWAY: "休職・派遣などになった",
    Change.BACK: "復職・着任した", Change.DISABLED: "停止された", Change.ENABLED: "有効にされた",
    Change.DELETED: "システムから消えた", Change.APPEARED: "システムに作られた", Change.OWNER: "持ち主が変わった",
    Change.NEW_RIGHTS: "権限が増えた", Change.RIGHTS_GONE: "権限が減った",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Since:
    """One change.  `detail`: the rights, or the post, in words."""

    change: Change
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that is on a target today and in no line of the campaign."""

    system: str
    login: str
    native_id: str
    link: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: by line id (changes of its owner and keeper among them), by person id, and accounts that are new.

    Who and what did not change is left out.
    """

    lines: Mapping[int, tuple[Since, ...]]
    persons: Mapping[int, tuple[Since, ...]]
    accounts: tuple[NewAccount, ...]


def changed_since(
    connection: Connection,
    door: Door,
    campaign: Campaign,
    at: datetime,
    *,
    line_ids: Collection[int] | None = None,
) -> Changes:
    """What is different at `at`; with `line_ids` about these lines and their persons alone, and no new accounts.

    An appointment whose 内示解禁日 has not come is not said.
    """
    raise NotImplementedError
