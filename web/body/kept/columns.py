"""The columns of a register of kept IDs in a sheet: the words over them, and the words in them.

The one law: *what is written out can be taken in again and changes nothing*.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.access.kept.register import KeptKind

HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "system": ("情報システム", "システム", "system"),
    "login": ("利用者ID", "ID", "ログイン名", "login"),
    "kind": ("種別", "区分", "kind"),
    "purpose": ("用途", "目的", "purpose"),
    "keeper_id": ("管理者", "管理者の職員番号", "keeper"),
    "sponsor_id": ("受入れの責任者", "受入責任者", "sponsor"),
    "project": ("事業・作業", "事業", "案件", "project"),
    "company": ("委託先", "会社", "company"),
    "valid_until": ("期限", "有効期限", "valid_until"),
    "secret_changed_on": ("パスワードを変えた日", "パスワード変更日", "secret_changed_on"),
    "members": ("使う人", "利用者", "members"),
}
"""The words over each column; those that stand under other words are not read."""

BESIDE: Final = ("管理者の氏名", "使う人の氏名")
"""Columns that are written for people and never read."""

NEEDED: Final = ("system", "login")
PERSONS: Final = frozenset({"keeper_id", "sponsor_id"})
DAYS: Final = frozenset({"valid_until", "secret_changed_on"})

KINDS: Final[Mapping[str, KeptKind]] = {
    word: kind
    for kind, others in (
        (KeptKind.SHARED, ("共用", "共有ID", "共有")),
        (KeptKind.SERVICE, ("システム用", "サービスID", "サービス用ID", "サービス", "連携用")),
        (KeptKind.DEVELOPMENT, ("開発用", "開発")),
        (KeptKind.TEST, ("試験用", "試験", "テスト用", "テスト")),
        (KeptKind.CONTRACTOR, ("委託先", "委託", "外部委託")),
    )
    for word in (kind.value, kind.label_ja, *others)
}
"""How people write each kind."""

GUARD: Final = "'"
"""Stands before what a spreadsheet would compute."""
COMPUTED: Final = tuple("=+-@＝＋－＠")
