"""The words of a review: kinds of campaign, states, what is found, who answers, what can be answered.

The one law: *the most restrictive of several answers wins* (`Verdict.weight`); and a finding says in words what it is
and which clause asks about it.
"""

from enum import StrEnum
from typing import Final


class CampaignKind(StrEnum):
    """Why a review is held.  QUARTERLY: quarter 1 is April to June.  APRIL: after the appointments of 1 April."""

    QUARTERLY = "quarterly"
    APRIL = "april"
    EXTRA = "extra"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {"quarterly": "四半期の棚卸", "april": "4月の発令後の棚卸", "extra": "臨時の棚卸"}[self.value]


class CampaignState(StrEnum):
    """Where a review is.  SIGNED: both have signed and what was decided is being carried out and read back.

    CLOSED: everything decided was verified on the targets (`complete`), or closed with reasons as incomplete.
    """

    OPENING = "opening"
    OPEN = "open"
    SIGNED = "signed"
    CLOSED = "closed"
    ABANDONED = "abandoned"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {
            "opening": "準備中", "open": "回答受付中", "signed": "反映中", "closed": "完了", "abandoned": "取りやめ",
        }[self.value]  # fmt: skip


class Part(StrEnum):
    """Who answers: 人事 about persons; the system's owner about lines; the general officer about lines that have no
    owner to ask, whose owner they concern, or that were escalated."""

    HR = "hr"
    OWNER = "owner"
    GENERAL = "general"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {"hr": "人事", "owner": "情報システムの責任者", "general": "統括"}[self.value]


class Verdict(StrEnum):
    """What is answered.  HR: IN_SERVICE, AWAY, LEFT, UNKNOWN.  All others are about lines.

    REDUCE: the rights named go.  LAPSE: everything goes after a day.  KEEPER: a (new) keeper answers for it.
    REASSIGN: it is somebody's own and was not linked.  REMOVE: the account is disabled and its rights go.
    """

    IN_SERVICE = "in_service"
    AWAY = "away"
    LEFT = "left"
    UNKNOWN = "unknown"
    KEEP = "keep"
    KEEPER = "keeper"
    REASSIGN = "reassign"
    LAPSE = "lapse"
    REDUCE = "reduce"
    REMOVE = "remove"

    @property
    def label_ja(self) -> str:
        """The word that officers read, and write into a sheet."""
        return _VERDICTS[self]

    @property
    def about_persons(self) -> bool:
        """Whether it is 人事's answer about a person."""
        return self in OF_PERSONS

    @property
    def weight(self) -> int:
        """How much it takes away: of several answers the heaviest wins."""
        return _WEIGHTS[self]


_VERDICTS: Final = {
    Verdict.IN_SERVICE: "在職", Verdict.AWAY: "休職・派遣中", Verdict.LEFT: "退職・離任", Verdict.UNKNOWN: "確認中",
    Verdict.KEEP: "継続", Verdict.KEEPER: "管理者を定める", Verdict.REASSIGN: "持ち主を定める",
    Verdict.LAPSE: "期限で終了", Verdict.REDUCE: "一部の権限を外す", Verdict.REMOVE: "停止",
}  # fmt: skip

OF_PERSONS: Final = (Verdict.IN_SERVICE, Verdict.AWAY, Verdict.LEFT, Verdict.UNKNOWN)
"""What 人事 answers."""

OF_LINES: Final = (
    Verdict.KEEP, Verdict.REMOVE, Verdict.REDUCE, Verdict.LAPSE, Verdict.KEEPER, Verdict.REASSIGN,
)  # fmt: skip
"""What owners and general officers answer."""

_WEIGHTS: Final = {
    Verdict.IN_SERVICE: 0, Verdict.AWAY: 0, Verdict.UNKNOWN: 0, Verdict.KEEP: 0, Verdict.KEEPER: 1,
    Verdict.REASSIGN: 2, Verdict.LAPSE: 3, Verdict.REDUCE: 4, Verdict.REMOVE: 5, Verdict.LEFT: 5,
}  # fmt: skip


class How(StrEnum):
    """How an answer came in."""

    PAGE = "page"
    BULK = "bulk"
    SHEET = "sheet"
    SILENCE = "silence"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {"page": "画面", "bulk": "画面（まとめて）", "sheet": "シート", "silence": "回答なし"}[self.value]


class FindingKind(StrEnum):
    """What is found about a line."""

    NO_OWNER = "no_owner"
    OWNER_LEFT = "owner_left"
    OWNER_MOVED = "owner_moved"
    UNUSED = "unused"
    NEVER_USED = "never_used"
    CONTRACT_OVER = "contract_over"
    PROJECT_OVER = "project_over"
    ROGUE = "rogue"
    MISSING = "missing"
    NO_KEEPER = "no_keeper"
    KEEPER_GONE = "keeper_gone"
    MEMBER_GONE = "member_gone"
    NO_DELEGATION = "no_delegation"
    DEVELOPMENT = "development"
    TEST_ID = "test_id"
    NO_SECOND_FACTOR = "no_second_factor"
    UNUSUAL_RIGHT = "unusual_right"
    NO_SPONSOR = "no_sponsor"

    @property
    def label_ja(self) -> str:
        """The words that officers read."""
        return _FINDINGS[self]


_FINDINGS: Final = {
    FindingKind.NO_OWNER: "持ち主が名簿にいない",
    FindingKind.OWNER_LEFT: "退職・離任した人のID",
    FindingKind.OWNER_MOVED: "異動前の権限が残っている",
    FindingKind.UNUSED: "長く使われていない",
    FindingKind.NEVER_USED: "一度も使われていない",
    FindingKind.CONTRACT_OVER: "契約・任期が終わっている",
    FindingKind.PROJECT_OVER: "事業・作業の期間が終わっている",
    FindingKind.ROGUE: "台帳にないID",
    FindingKind.MISSING: "台帳にあるがシステムにない",
    FindingKind.NO_KEEPER: "共用IDの管理者がいない",
    FindingKind.KEEPER_GONE: "管理者が退職・異動した",
    FindingKind.MEMBER_GONE: "使う人が減ったのにパスワードが変わっていない",
    FindingKind.NO_DELEGATION: "代行の承認がない特権",
    FindingKind.DEVELOPMENT: "本番にある開発用のID",
    FindingKind.TEST_ID: "本番にある試験用のID",
    FindingKind.NO_SECOND_FACTOR: "領域が求める第二の要素がない",
    FindingKind.UNUSUAL_RIGHT: "同じ職の人が持たない権限",
    FindingKind.NO_SPONSOR: "委託先のIDに受入れの責任者がいない",
}
