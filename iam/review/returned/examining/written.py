"""What a reviewer wrote into a row: cells to an answer, or to everything that cannot be understood in them.

The one law: *understood or named, never guessed*: a formula is not computed, a day that can be read in two ways is no
day, and a number that may have lost its zeros is nobody's.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from iam.people.japanese import NotADate, holds_my_number, narrow, parse_date
from iam.ports import CellKind, SheetCell
from iam.review.campaigns import Line
from iam.review.deciding.answers import Wish
from iam.review.deciding.taking.refusing import LONGEST_WORDS
from iam.review.returned.columns import Column, even, kept, verdicts
from iam.review.returned.rows import right_words
from iam.review.returned.told import SHOWN, shown
from iam.review.words import Part, Verdict

_SERIALS: Final = range(20_000, 80_000)
"""Excel's numbers of days from 1954 to 2119; a day written as digits is far larger."""

_ZERO: Final = date(1899, 12, 30)
_ZERO_1904: Final = date(1904, 1, 1)
_PARTED: Final = re.compile(r"[\n,，、;；]+")
_PRIVILEGED: Final = "（特権）"

Problems = dict[Column, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What is written in one row.  `given_to`: a staff number; `rights`: as they were written."""

    verdict: Verdict
    until: date | None = None
    given_to: str = ""
    rights: str = ""
    reason: str = ""


def written(part: Part, cells: Mapping[Column, SheetCell], *, from_1904: bool) -> Written | Problems | None:
    """What the cells of a row say, what is wrong in which of them, or None when nothing is filled in."""
    filled = {column: cell for column, cell in cells.items() if cell.kind is not CellKind.TEXT or kept(cell.text)}
    if not filled:
        return None
    problems = {column: why for column, cell in filled.items() if (why := _unreadable(cell))}
    verdict = _verdict(part, filled.get(Column.VERDICT), problems)
    until = _day(filled.get(Column.UNTIL), problems, from_1904=from_1904)
    if problems or verdict is None:
        return problems
    texts = {column: kept(cell.text) for column, cell in filled.items()}
    return Written(
        verdict, until, _number(filled.get(Column.GIVEN_TO)), texts.get(Column.REDUCED, ""),
        unicodedata.normalize("NFC", texts.get(Column.REASON, "")),
    )  # fmt: skip


def _unreadable(cell: SheetCell) -> str:
    if cell.kind is CellKind.FORMULA:
        return "数式は受け取れません。数式を消し、値を入力してください。"
    if cell.kind is CellKind.ERROR:
        return f"エラー値（{cell.text[:SHOWN]}）です。消して、値を入力してください。"
    if holds_my_number(cell.text):
        return "個人番号（マイナンバー）とみられる12桁の数字は受け取れません。取り除いてください。"
    return ""


def _verdict(part: Part, cell: SheetCell | None, problems: Problems) -> Verdict | None:
    if Column.VERDICT in problems:
        return None
    said = even(cell.text) if cell else ""
    found = next((each for each in verdicts(part) if said == even(each.label_ja)), None)
    if found is None:
        words = "」「".join(each.label_ja for each in verdicts(part))
        what = f"「{shown(cell.text)}」という判定はありません。" if cell else "判定が空です。"
        problems[Column.VERDICT] = f"{what}「{words}」から選んでください。"
    return found


def _day(cell: SheetCell | None, problems: Problems, *, from_1904: bool) -> date | None:
    if cell is None or Column.UNTIL in problems:
        return None
    serial = _whole(cell.text) if cell.kind is CellKind.NUMBER else None
    if serial in _SERIALS:
        return (_ZERO_1904 if from_1904 else _ZERO) + timedelta(days=serial or 0)
    try:
        found = parse_date(str(serial or cell.text))
    except NotADate as error:
        words = f"「{shown(cell.text)}」は{error}"
    else:
        if isinstance(found, date):
            return found
        words = "期限には終わりの日が要ります"
    problems[Column.UNTIL] = f"{words}。2027-03-31 か 令和9年3月31日 の形で書いてください。"
    return None


def _whole(text: str) -> int | None:
    """A number as files write it, 46112 or 46112.5 (noon), without what comes after the point."""
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None


def _number(cell: SheetCell | None) -> str:
    if cell is None:
        return ""
    whole = _whole(cell.text) if cell.kind is CellKind.NUMBER else None
    return str(whole) if whole is not None else narrow(cell.text)


def wish_of(told: Written, seen: int, about: int, line: Line | None, persons: Mapping[str, int]) -> Wish | Problems:
    """The answer about line or person `about`; `line`: where rights are named; `persons`: by staff number."""
    given_to = persons.get(told.given_to)
    if told.given_to and given_to is None:
        words = f"職員番号「{shown(told.given_to)}」の職員は台帳にいません。先頭の0を含めて書いてください。"
        return {Column.GIVEN_TO: words}
    rights: tuple[str, ...] = ()
    if told.rights:
        known = _names_of(line)
        codes = [known.get(even(each)) for each in _named(told.rights, known)]
        if None in codes:
            return {
                Column.REDUCED: "このIDにない権限があります。「権限」の列から写し、二つ以上は改行で区切ってください。"
            }
        rights = tuple(each for each in codes if each)
    by_person = told.verdict.about_persons
    return Wish(
        told.verdict, seen, line_id=None if by_person else about, person_id=about if by_person else None,
        reason=told.reason, rights=rights, until=told.until, given_to=given_to,
    )  # fmt: skip


def _names_of(line: Line | None) -> dict[str, str]:
    """Every way in which a right of this line may be written, to its code; a name of two rights names neither."""
    found: dict[str, str] = {}
    rights = line.rights if line else ()
    for right in rights:
        ways = {right.right, right_words(right), right_words(right) + _PRIVILEGED}
        if sum(each.name == right.name for each in rights) == 1:
            ways.add(right.name)
        found.update((even(way), right.right) for way in ways if way)
    return found


def _named(text: str, known: Mapping[str, str]) -> Iterator[str]:
    """The rights in a cell; a name that itself holds a comma is one."""
    for line in text.split("\n"):
        if even(line) in known:
            yield line
        else:
            yield from (each for each in _PARTED.split(line) if each.strip())


def cell_of(wish: Wish) -> Column:
    """The cell that must be looked at when an answer that was understood is not taken."""
    beside = {Column.REDUCED: wish.rights, Column.UNTIL: wish.until, Column.GIVEN_TO: wish.given_to}
    own = _OWN.get(wish.verdict)
    if superfluous := next((column for column, value in beside.items() if value and column is not own), None):
        return superfluous
    if len(wish.reason) > LONGEST_WORDS or (not wish.reason and wish.verdict in _REASONED):
        return Column.REASON
    return own or Column.VERDICT


_OWN: Final[Mapping[Verdict, Column]] = {
    Verdict.LAPSE: Column.UNTIL, Verdict.LEFT: Column.UNTIL, Verdict.REDUCE: Column.REDUCED,
    Verdict.KEEPER: Column.GIVEN_TO, Verdict.REASSIGN: Column.GIVEN_TO,
}  # fmt: skip
"""The cell that belongs to a verdict."""

_REASONED: Final = frozenset(Verdict) - {Verdict.LEFT, Verdict.KEEPER, Verdict.REASSIGN}
"""What may need a reason; of these a missing one is the likeliest cause."""
