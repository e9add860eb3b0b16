"""The words of what changed.

The one law: *a change says what is different today*, in words that an officer can check.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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


_WORDS: Final = {
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
