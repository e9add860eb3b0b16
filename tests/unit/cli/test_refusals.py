"""A refused row in one line."""

import pytest

from iam.people.feed import Rejected
from web.cli.people.refusals import refusal


@pytest.mark.parametrize(
    ("field", "value", "reason", "line"),
    [
        ("org_code", "0999", "所属コードが一覧にありません。", "x 所属コード「0999」が一覧にありません。"),
        ("org_code", "", "所属コードが空です。", "x 所属コードが空です。"),
        ("kind", "77", "発令区分「77」の読み替えがありません。", "x 発令区分「77」の読み替えがありません。"),
        (
            "name",
            "山田",
            "同じ職員番号に異なる氏名があります。",
            "x 氏名「山田」: 同じ職員番号に異なる氏名があります。",
        ),
        ("", "", "セルの数が合いません。", "x セルの数が合いません。"),
        ("org_code", "", "内示前のため内容は表示しません。", "x 所属コード: 内示前のため内容は表示しません。"),
    ],
)
def test_field_and_value_are_said_once(field: str, value: str, reason: str, line: str) -> None:
    assert refusal(Rejected("x", field, value, reason, None, b"")) == line
