"""What is noticed about the values of a file: warnings, and the alarm for My Numbers.

The one law: values are kept as written; a remark never changes one, and the
alarm never shows one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from iam.errors import SourceError

_MOST = 1000
_ENOUGH = 3
_FREE_TEXT: Mapping[str, str] = {
    "name": "氏名",
    "name_kana": "氏名カナ",
    "org_name": "所属名",
    "title": "職名",
    "email": "メールアドレス",
    "home_body": "派遣元団体",
}
_LOST = re.compile("[?？〓\ufffd]")
_FORMULA = re.compile(r"\s*(?P<sign>[=+\-@])[^\0]")
# As in the core's iam.people.japanese, which connectors do not know; a test holds the two together.
_GAP = r"(?:[-\u2010-\u2015\u2212\uff0dーｰ_.．・･]|[^\S\n]){0,3}"
_TWELVE = re.compile(rf"\d(?:{_GAP}\d){{11}}")
# Two quick searches a row; only a row that one of them finds is looked at cell by cell.
_NOTABLE_CELL = re.compile(rf"\0(?:{_FORMULA.pattern}|{_TWELVE.pattern})")
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


class Remarks:
    """Collects the remarks of one reading."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._warnings: list[str] = []
        self._given = 0
        self._twelve: Counter[str] = Counter()
        self._valid: Counter[str] = Counter()

    def look(self, place: str, joined: str, fields: Mapping[str, str]) -> None:
        """Notice what is notable about one row; `joined` are its mapped cells with NUL between them."""
        if not (_LOST.search(joined) or _NOTABLE_CELL.search("\0" + joined)):
            return
        for field, value in fields.items():
            if _TWELVE.fullmatch(value.strip()):
                self._twelve[field] += 1
                self._valid[field] += is_my_number(value)
            elif field in _FREE_TEXT:
                self._look_at_text(f"{place} {_FREE_TEXT[field]}", value)

    def warn(self, sentence: str) -> None:
        """Give a warning, unless there have been so many that nobody would read it."""
        self._given += 1
        if self._given <= _MOST:
            self._warnings.append(sentence)
        elif self._given == _MOST + 1:
            self._warnings.append(f"{self._place}: 警告が{_MOST}件を超えたため、以降は省きます。")

    def take(self) -> Sequence[str]:
        """The warnings since the last call.

        Raises:
            SourceError: the alarm, when a mapped column plainly holds My Numbers.
        """
        for field, valid in self._valid.items():
            # One in eleven numbers of twelve digits has a fitting check digit by chance.
            if valid >= _ENOUGH and valid * 2 >= self._twelve[field]:
                raise SourceError(
                    f"【警報】{self._place}: 設定の columns.{field} の列の値がマイナンバー（個人番号）のようです。"
                    "取り込みを止めました。ファイルを直ちに規程どおり処分し、人事システムの出力項目と設定を確かめてください。"
                )
        taken, self._warnings = self._warnings, []
        return taken

    def _look_at_text(self, place: str, value: str) -> None:
        if lost := _LOST.search(value):
            self.warn(
                f"{place}: 「{lost.group()}」があります。"
                "出力のときに文字が失われていないか、人事システムで確かめてください。"
            )
        if formula := _FORMULA.match(value):
            self.warn(f"{place}: 表計算の式のように「{formula['sign']}」で始まります。文字としてそのまま取り込みます。")


def is_my_number(text: str) -> bool:
    """Whether `text` is twelve digits, however parted, with the check digit of 平成26年総務省令第85号第5条."""
    if not _TWELVE.fullmatch(text.strip()):
        return False
    digits = [unicodedata.digit(character) for character in text if character.isdecimal()]
    remainder = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11
    return digits[-1] == (0 if remainder <= 1 else 11 - remainder)
