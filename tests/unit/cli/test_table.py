"""Japanese on a terminal."""

import pytest

from web.cli.table import aligned, printable, width, wrapped


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("総務課", 6), ("ｿｳﾑ", 3), ("髙橋", 4), ("が", 2), ("葛\U000e0100城", 4), ("", 0)],
)
def test_a_full_width_character_takes_two_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_begin_at_the_same_place() -> None:
    assert aligned([("番号", "氏名"), ("1", "山田 太郎"), ("12345678", "x")]) == [
        "番号      氏名",
        "1         山田 太郎",
        "12345678  x",
    ]


def test_a_long_line_is_wrapped_before_a_word_and_not_before_a_closing_mark() -> None:
    lines = wrapped("変更があれば終了コード 1 で終わります。何も保存しません。iam sync", 20)
    assert "".join(lines).replace(" ", "") == "変更があれば終了コード1で終わります。何も保存しません。iamsync"
    assert max(map(width, lines)) <= 20
    assert not any(line.startswith(("。", "、")) for line in lines)
    assert wrapped("", 20) == [""]


@pytest.mark.parametrize("columns", range(10, 40))
def test_no_line_ends_with_an_opening_mark(columns: int) -> None:
    text = "書き出し（公開鍵）は「別の経路」で (かならず) 渡します。（「二重」も同じ）"
    lines = wrapped(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.endswith(("（", "「", "(")) for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("山田　太郎", "山田　太郎"),
        ("髙﨑\ue000", "髙﨑\ue000"),
        ("a\x1b[31mb", "a?[31mb"),
        ("abc\u202edef\r\n", "abc?def??"),
    ],
)
def test_what_moves_the_cursor_is_not_printed_and_names_are(text: str, shown: str) -> None:
    assert printable(text) == shown
