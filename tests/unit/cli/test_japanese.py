"""Click's words and officers' dates."""

from datetime import date

import click
import pytest

from web.cli.japanese import DAY, JapaneseHelp, said


def test_a_help_page_wraps_japanese_and_keeps_examples() -> None:
    formatter = JapaneseHelp(width=40)
    formatter.write_usage("iam sync", "[OPTIONS]")
    formatter.write_text(
        "最初の段落は二行に\nわたって書かれていても、つながって折り返されます。\n\n\b\n例:\n  iam sync --plan"
    )
    with formatter.section("Options"):
        formatter.write_dl([("--help", "Show this message and exit."), ("--a-very-long-option-name-indeed", "長い。")])
    assert (
        formatter.getvalue().splitlines()
        == [
            "使い方: iam sync [オプション]",
            "最初の段落は二行にわたって書かれてい",
            "ても、つながって折り返されます。",
            "",
            "例:",
            "  iam sync --plan",
            "",
            "オプション:",
            "  --a-very-long-option-name-indeed",
            "                                  長い。",
        ]
        or formatter.getvalue()
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (click.NoSuchOption("--pan", possibilities=["--plan"]), "オプション --pan はありません。--plan のことですか。"),
        (click.exceptions.NoSuchCommand("sink"), "コマンド sink はありません。"),
        (click.MissingParameter(param=click.Option(["--hash"])), "オプション --hash を指定してください。"),
        (
            click.BadParameter("x", param=click.Option(["--state"], type=click.Choice(["a", "b"]))),
            "オプション --state の値が正しくありません。a、b のいずれかを指定してください。",
        ),
        (
            click.BadParameter("x", param=click.Option(["--n"], type=int)),
            "オプション --n の値が正しくありません。整数を指定してください。",
        ),
        (
            click.BadOptionUsage("--hash", "Option '--hash' requires an argument."),
            "オプション --hash には値が必要です。",
        ),
        (
            click.BadOptionUsage("--json", "Option '--json' does not take a value."),
            "オプション --json には値を付けられません。",
        ),
        (click.UsageError("Missing command."), "コマンドを指定してください。"),
        (click.UsageError("Got unexpected extra arguments (a b)"), "余分な引数があります: a b"),
        (click.UsageError("--plan と --check は一緒に指定できません。"), "--plan と --check は一緒に指定できません。"),
    ],
)
def test_a_wrong_command_line_is_explained_in_japanese(error: click.UsageError, words: str) -> None:
    assert said(error) == words


@pytest.mark.parametrize("text", ["2027-04-01", "2027/4/1", "R9.4.1", "令和9年4月1日"])
def test_a_day_is_understood_as_officers_write_it(text: str) -> None:
    assert DAY.convert(text, None, None) == date(2027, 4, 1)


@pytest.mark.parametrize("text", ["", "来年", "2027-02-30", "99999999"])
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="2027-04-01"):
        DAY.convert(text, None, None)
