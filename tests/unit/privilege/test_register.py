"""What cannot be registered as a privileged ID."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from iam.access.model import AccessModel
from iam.privilege.register import Deed, Mode, PrivilegedId, Wish, wrong
from tests.bodies import MODEL

PRIVILEGED = (
    MODEL.replace('view = { name = "照会" }', 'view = { name = "照会" }\nadmin = { name = "管理", privileged = true }')
    + """
[systems.paper]
name = "紙の台帳"
owner = "税務課"
provisioned = false
"""
)
"""The model of the tests with a privileged right, and with a system that no connector feeds."""

ACCESS = AccessModel.parse(PRIVILEGED, "access.toml")
ACCOUNT = Wish(Deed.NEW, "gw", Mode.SECRET, login="maint", purpose="保守", most_holders=2)
GROUP = Wish(Deed.NEW, "zei", Mode.MEMBER, entitlement="admin", purpose="更新")


@pytest.mark.parametrize("wish", [ACCOUNT, GROUP, replace(ACCOUNT, mode=Mode.ENABLE), replace(ACCOUNT, kept=True)])
def test_what_is_whole_is_registered(wish: Wish) -> None:
    assert wrong(ACCESS, wish, "新しいサーバー") == {}


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        (replace(ACCOUNT, system="none"), "system", "ありません"),
        (replace(ACCOUNT, system="paper"), "system", "接続していない"),
        (replace(ACCOUNT, login=""), "login", "ログイン名"),
        (replace(ACCOUNT, login=" maint"), "login", "空白"),
        (replace(ACCOUNT, login="ma\nint"), "login", "空白"),
        (replace(GROUP, login="maint"), "login", "書きません"),
        (replace(ACCOUNT, entitlement="mail"), "entitlement", "権限グループ"),
        (replace(GROUP, entitlement="none"), "entitlement", "ありません"),
        (replace(GROUP, entitlement="view"), "entitlement", "privileged = true"),
        (replace(GROUP, entitlement=""), "entitlement", "ありません"),
        (replace(ACCOUNT, purpose=" "), "purpose", "用途"),
        (replace(ACCOUNT, most_holders=0), "most_holders", "1人から"),
        (replace(ACCOUNT, most_holders=21), "most_holders", "20人まで"),
        (replace(ACCOUNT, mode=Mode.ENABLE, kept=True), "kept", "保管"),
        (replace(GROUP, kept=True), "kept", "保管"),
        (replace(ACCOUNT, login="Administrator"), "note", "初期設定"),
        (replace(ACCOUNT, login="ｒｏｏｔ"), "note", "初期設定"),
    ],
)
def test_what_is_not_is_refused_field_by_field(wish: Wish, field: str, words: str) -> None:
    found = wrong(ACCESS, wish, "新しいサーバー")
    assert list(found) == [field]
    assert words in str(found[field])


def test_a_default_name_stays_only_with_the_reason_why() -> None:
    assert wrong(ACCESS, replace(ACCOUNT, login="root", note="製品が名前を固定している"), "新しいサーバー") == {}


def test_it_needs_a_reason_and_retiring_nothing_more() -> None:
    assert list(wrong(ACCESS, ACCOUNT, " ")) == ["reason"]
    assert wrong(ACCESS, Wish(Deed.RETIRE, "none", Mode.SECRET, id=1), "撤去") == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": "別"}, {"most_holders": 3}, {"note": "x"}, {"retired_at": datetime(2026, 4, 6, tzinfo=UTC)},
        # Changed and changed back is another case.
        {"case_id": 2},
    ],
)  # fmt: skip
def test_a_digest_changes_with_whatever_is_registered(changed: dict[str, Any]) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    row = PrivilegedId(1, "gw", Mode.SECRET, "maint", "", "保守", 1, False, False, "", 1, at, at, None)
    assert replace(row, **changed).digest != row.digest
    assert replace(row, changed_at=datetime(2026, 4, 2, tzinfo=UTC)).digest == row.digest
