"""The command line in Japanese: the frame of a help page, dates, what is wrong with an argument.

The one law: *an operator reads one language*; what a library says in English
is said again here.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import click

from iam.people.japanese import NotADate, Open, parse_date
from web.cli.table import padded, width, wrapped

_HEADINGS = {"Options": "オプション", "Commands": "コマンド", "Positional arguments": "引数"}
_WORDS = {
    "Show this message and exit.": "この説明を表示して終わります。",
    "[required]": "[必須]",
    "[default: ": "[既定: ",
    "[env var: ": "[環境変数: ",
    "env var: ": "環境変数: ",
    "; default: ": "; 既定: ",
    "; required]": "; 必須]",
}
_USAGE = {"[OPTIONS]": "[オプション]", "COMMAND [ARGS]...": "コマンド [引数…]"}
_LONGEST_TERM = 30
_NARROWEST = 20


class _Day(click.ParamType[date]):
    """A calendar date, in any form that officers write."""

    name = "日付"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            found = parse_date(str(value))
        except NotADate as error:
            self.fail(f"{error}。2027-04-01 や R9.4.1 のように指定してください。", param, ctx)
        if isinstance(found, Open):
            self.fail("2027-04-01 や R9.4.1 のように指定してください。", param, ctx)
        return found


DAY: Final = _Day()

as_json_option = click.option("--json", "as_json", is_flag=True, help="結果を JSON で出力します。")


class JapaneseHelp(click.HelpFormatter):
    """Help pages that wrap Japanese where it may be wrapped."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        super().write_usage(prog, _replaced(args, _USAGE), prefix or "使い方: ")

    def write_heading(self, heading: str) -> None:
        """A heading of options or commands."""
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_text(self, text: str) -> None:
        """Paragraphs; one that begins with \\b keeps its lines."""
        indent = " " * self.current_indent
        for number, paragraph in enumerate(_paragraphs(text)):
            if number:
                self.write("\n")
            for line in _lines(paragraph, self.width - self.current_indent):
                self.write(f"{indent}{line}".rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _LONGEST_TERM, col_spacing: int = 2) -> None:
        """Terms and what they mean."""
        held = [(term, _replaced(meaning, _WORDS)) for term, meaning in rows]
        first = min(max((width(term) for term, _ in held), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in held:
            lines = wrapped(meaning, max(self.width - first - self.current_indent, _NARROWEST))
            if width(term) > first - col_spacing:
                self.write(f"{indent}{term}\n")
                term = ""  # noqa: PLW2901 - it stands on a line of its own
            self.write(f"{indent}{padded(term, first)}{lines[0]}".rstrip() + "\n")
            for line in lines[1:]:
                self.write(f"{indent}{' ' * first}{line}\n")


def said(error: click.UsageError) -> str:
    """What is wrong with the command line, in one sentence."""
    match error:
        case click.NoSuchOption():
            return f"オプション {error.option_name} はありません。{_near(error.possibilities)}"
        case click.exceptions.NoSuchCommand():
            return f"コマンド {error.command_name} はありません。{_near(error.possibilities)}"
        case click.MissingParameter():
            return f"{_named(error)} を指定してください。"
        case click.BadParameter():
            return f"{_named(error)} の値が正しくありません。{_wrong_value(error)}"
        case click.BadOptionUsage():
            needed = "requires an argument" in error.message
            return f"オプション {error.option_name} には値{'が必要です' if needed else 'を付けられません'}。"
        case _:
            return _generic(error.message)


def _near(possibilities: Iterable[str] | None) -> str:
    names = "、".join(possibilities or ())
    return f"{names} のことですか。" if names else ""


def _named(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Argument):
        return f"引数 {error.param.make_metavar(error.ctx)}" if error.ctx else "引数"
    if isinstance(error.param, click.Option):
        return "オプション " + max(error.param.opts, key=len)
    return "引数"


def _wrong_value(error: click.BadParameter) -> str:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return f"{'、'.join(map(str, kind.choices))} のいずれかを指定してください。"
    if isinstance(kind, click.types.IntParamType):
        return "整数を指定してください。"
    return error.message


def _generic(message: str) -> str:
    if message == "Missing command.":
        return "コマンドを指定してください。"
    if message.startswith("Got unexpected extra argument"):
        extra = message.partition("(")[2].rpartition(")")[0]
        return f"余分な引数があります: {extra}"
    return message


def _replaced(text: str, words: dict[str, str]) -> str:
    for english, japanese in words.items():
        text = text.replace(english, japanese)
    return text


def _paragraphs(text: str) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []


def _lines(paragraph: list[str], columns: int) -> list[str]:
    if paragraph[0].strip() == "\b":
        return paragraph[1:]
    joined = ""
    for line in map(str.strip, paragraph):
        between = " " if joined and joined[-1].isascii() and line[0].isascii() else ""
        joined += between + line
    return wrapped(joined, columns)
