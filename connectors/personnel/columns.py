"""Which column of the file is which of our fields.

The one law: only mapped columns are touched.  Birth date, address, salary and
the rest pass by unread, and a column of My Numbers stops the whole reading.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from connectors.personnel.options import Options
from iam.errors import SourceError

_MY_NUMBER = re.compile("マイナンバ|個人番号|my_?number|individual_?number")


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row of `width` cells; indexes count from 0."""

    width: int
    indexes: dict[str, int]
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    """The mapped cells of a row, in the order of `indexes`."""


def columns_of(options: Options, place: str, first: Sequence[str]) -> Columns:
    """The columns of a file whose first row is `first` (its header, when it has one).

    Raises:
        SourceError: with every column that is missing or stands twice, or when
            a header speaks of My Numbers.
    """
    headers = [_plain(cell) for cell in first] if options.header else []
    _refuse_my_numbers(place, headers)
    indexes: dict[str, int] = {}
    problems: list[str] = []
    for field, column in options.columns.items():
        if isinstance(column, int):
            problems += _beyond(field, column, len(first))
            indexes[field] = column - 1
        else:
            found = [index for index, header in enumerate(headers) if header == _plain(column)]
            problems += _not_one(column, len(found), headers, first)
            indexes[field] = found[0] if found else 0
    if problems:
        cure = "列が1つしかありません。区切り文字（delimiter）も確かめてください。" if len(first) == 1 else ""
        raise SourceError(
            f"{place}: {''.join(problems)}"
            f"設定の columns（見出しの上に別の行があれば skip_lines も）を確かめてください。{cure}"
        )
    indexes = dict(sorted(indexes.items()))
    return Columns(len(first), indexes, _picker(list(indexes.values())))


def _picker(indexes: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda cells: (cells[indexes[0]],)


def _plain(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).lower()


def _refuse_my_numbers(place: str, headers: Sequence[str]) -> None:
    for index, header in enumerate(headers):
        if _MY_NUMBER.search(header):
            raise SourceError(
                f"【警報】{place}: {index + 1}列目はマイナンバー（個人番号）の列です。取り込みを止めました。"
                "ファイルを直ちに規程どおり処分し、人事システムの出力項目から外してください。"
            )


def _beyond(field: str, position: int, width: int) -> list[str]:
    return [f"{field} の {position}列目がありません（列数は{width}）。"] if position > width else []


def _not_one(column: str, count: int, headers: Sequence[str], written: Sequence[str]) -> list[str]:
    if count == 1:
        return []
    if count:
        return [f"列「{column}」が{count}つあります。位置（1から）で指定してください。"]
    near = difflib.get_close_matches(_plain(column), headers, n=2, cutoff=0.5)
    names = "、".join(f"「{_shown(written[headers.index(header)])}」" for header in near)
    return [f"列「{column}」がありません{f'（{names}のことですか）' if names else ''}。"]


def _shown(header: str) -> str:
    return "".join(character if character.isprintable() else " " for character in header)[:30].strip()
