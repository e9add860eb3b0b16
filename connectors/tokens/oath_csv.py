"""Seeds in a CSV: serial, secret, type, digits, period, and if there are more: counter, algorithm, model.

The one law: *a line is right or it is named*: a cell that is not understood is
never guessed.  How secrets are written (hexadecimal or base32) is decided for
the whole file, since a single one may read as either.
"""

import base64
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.tokens.content import TokenFile, Unlock, serial_problem
from iam.errors import TokenFileError
from iam.ports import Otp, TokenSeed

COLUMNS: Final = ("serial", "secret", "type", "digits", "period", "counter", "algorithm", "model")
"""The order without a heading line; the first two are needed."""

_HEADINGS: Final[Mapping[str, str]] = {
    **{name: name for name in COLUMNS},
    "製造番号": "serial", "シリアル番号": "serial", "シリアル": "serial", "serial number": "serial",
    "key": "secret", "seed": "secret", "秘密鍵": "secret", "シード": "secret",
    "種別": "type", "方式": "type", "otp": "type", "桁数": "digits", "length": "digits",
    "間隔": "period", "interval": "period", "time interval": "period", "timestep": "period",
    "カウンター": "counter", "カウンタ": "counter", "hash": "algorithm", "アルゴリズム": "algorithm", "型番": "model",
}  # fmt: skip

_TYPES: Final[Mapping[str, Otp]] = {"": Otp.TOTP, "totp": Otp.TOTP, "hotp": Otp.HOTP}
_HASHES: Final[Mapping[str, str]] = {"": "SHA1", "sha1": "SHA1", "sha256": "SHA256", "sha512": "SHA512"}
_NUMBER: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)
_BASE32: Final = re.compile(r"[A-Za-z2-7]+=*", re.ASCII)
_LONGEST_MODEL: Final = 60

Row = tuple[str, Mapping[str, str]]


def read_csv(name: str, content: bytes, unlock: Unlock) -> TokenFile:
    """The tokens in a CSV, in UTF-8 or CP932.

    Raises:
        TokenFileError: when it is no CSV, or has no column of serials or secrets.
    """
    if unlock.key is not None or unlock.password is not None:
        raise TokenFileError([f"{name}: CSV は暗号化されたファイルではありません。鍵の指定を外してください。"])
    rows = list(_rows(name, _text(name, content)))
    in_hex = _written_in_hex([cells.get("secret", "") for _, cells in rows])
    seeds: list[TokenSeed] = []
    problems: list[str] = []
    for place, cells in rows:
        found = _seed(place, cells, in_hex=in_hex)
        if isinstance(found, str):
            problems.append(f"{place}: {found}")
        else:
            seeds.append(found)
    return TokenFile(seeds, problems)


def _text(name: str, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TokenFileError([f"{name}: 文字コードを読めません。UTF-8 か CP932（Shift_JIS）で保存してください。"])


def _rows(name: str, text: str) -> Iterator[Row]:
    """Each line that is not blank, with its place, cells by column."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: Sequence[str] = ()
    after = 0
    try:
        for cells in reader:
            line, after = after + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            stripped = [cell.strip() for cell in cells]
            if not columns:
                columns = _columns(name, line, stripped)
                if _is_heading(stripped):
                    continue
            if len(stripped) > len(columns):
                raise TokenFileError([f"{name} {line}行目: 列が多すぎます（{len(columns)}列まで）。"])
            yield f"{name} {line}行目", dict(zip(columns, stripped, strict=False))
    except csv.Error as error:
        raise TokenFileError(
            [f"{name} {after + 1}行目: CSV として読めません。引用符と改行を確かめてください。"]
        ) from error


def _is_heading(cells: Sequence[str]) -> bool:
    return cells[0].lower() in _HEADINGS


def _columns(name: str, line: int, cells: Sequence[str]) -> Sequence[str]:
    if not _is_heading(cells):
        return COLUMNS
    columns = [_HEADINGS.get(cell.lower(), "") for cell in cells]
    problems = [
        f"{name} {line}行目: {number}列目の見出しが分かりません。{'、'.join(COLUMNS)} にするか、列を消してください。"
        for number, column in enumerate(columns, 1)
        if not column
    ]
    needed = [each for each in ("serial", "secret") if each not in columns]
    problems += [f"{name} {line}行目: 列 {each} がありません。" for each in needed]
    problems += [f"{name} {line}行目: 列 {each} が二つあります。" for each in COLUMNS if columns.count(each) > 1]
    if problems:
        raise TokenFileError(problems)
    return columns


def _written_in_hex(secrets: Sequence[str]) -> bool:
    """Whether secrets are in hexadecimal here: as most lines have it, since one line may be misspelt."""
    in_hex = sum(_HEX.fullmatch(secret) is not None for secret in secrets)
    in_base32 = sum(_BASE32.fullmatch(secret) is not None for secret in secrets)
    return in_hex >= in_base32


def _seed(place: str, cells: Mapping[str, str], *, in_hex: bool) -> TokenSeed | str:
    """The token of one line, or what is wrong with it."""
    serial, otp = cells.get("serial", ""), _TYPES.get(cells.get("type", "").lower())
    algorithm = _HASHES.get(cells.get("algorithm", "").lower().replace("-", "").removeprefix("hmac"))
    numbers = {column: _whole(cells.get(column, ""), usual) for column, usual in _USUAL.items()}
    secret = _secret(cells.get("secret", ""), in_hex=in_hex)
    problems = [
        serial_problem(serial),
        "" if secret else f"秘密鍵を{'16進数' if in_hex else 'Base32'}として読めません。",
        "" if otp else "type には totp か hotp を書いてください。",
        "" if algorithm else "algorithm には SHA1、SHA256、SHA512 のいずれかを書いてください。",
        *(f"{column} には数字を書いてください。" for column, number in numbers.items() if number is None),
    ]
    if any(problems) or secret is None or otp is None or algorithm is None:
        return "".join(problems)
    digits, period, counter = (numbers[column] or 0 for column in _USUAL)
    model = "".join(char for char in cells.get("model", "") if char.isprintable())[:_LONGEST_MODEL]
    return TokenSeed(serial, secret, otp, algorithm, digits, period, counter, model, place)


_USUAL: Final[Mapping[str, int]] = {"digits": 6, "period": 30, "counter": 0}


def _whole(cell: str, usual: int) -> int | None:
    if not cell:
        return usual
    return int(cell) if _NUMBER.fullmatch(cell) else None


def _secret(cell: str, *, in_hex: bool) -> bytes | None:
    if in_hex:
        return bytes.fromhex(cell) if _HEX.fullmatch(cell) else None
    if not _BASE32.fullmatch(cell):
        return None
    bare = cell.rstrip("=").upper()
    try:
        return base64.b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        return None
