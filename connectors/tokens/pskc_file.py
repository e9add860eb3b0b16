"""Seeds in a Portable Symmetric Key Container (PSKC, RFC 6030), plain or encrypted by AES with a key or a password.

The one law: *a wrong key is told, never a wrong seed*: AES-CBC alone cannot
tell, so an encrypted seed without its MAC is refused (RFC 6030 §6.1).  The XML
is looked over before it is parsed: a document type, and with it any entity, is
refused, and so is nesting that no container has.
"""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.parsers import expat

from pskc import PSKC
from pskc.exceptions import DecryptionError, KeyDerivationError, PSKCError
from pskc.key import EncryptedValue, Key

from connectors.tokens.content import TokenFile, Unlock, serial_problem
from iam.errors import TokenFileError
from iam.ports import Otp, TokenSeed

DEEPEST: Final = 32
MOST_ELEMENTS: Final = 1_000_000
"""Some fifty thousand tokens; more would only fill the memory."""
MOST_ROUNDS: Final = 5_000_000
"""Of PBKDF2, whose number the file itself says: more would only keep us busy."""
LONGEST_KEY: Final = 64
"""Bytes that PBKDF2 derives, which the file says too: each further block costs all rounds again."""

_PACKAGES: Final = frozenset({"KeyPackage", "Device"})
_OTP: Final = re.compile(r"[:#/](totp|hotp)$", re.IGNORECASE)
_HASHES: Final[Mapping[str, str]] = {"": "SHA1", "SHA1": "SHA1", "SHA256": "SHA256", "SHA512": "SHA512"}
_LARGEST_NUMBER: Final = 2**53
_LONGEST_MODEL: Final = 60
_USUAL_DIGITS: Final = 6
_USUAL_PERIOD: Final = 30


def read_pskc(name: str, content: bytes, unlock: Unlock) -> TokenFile:
    """The tokens in a container.

    Raises:
        TokenFileError: when it is no PSKC, holds what must not be there, or cannot be opened with what was given.
    """
    lines = _Looked(name).over(content)
    try:
        container = PSKC(io.BytesIO(content))
    except (PSKCError, ValueError, TypeError, LookupError) as error:
        raise TokenFileError([f"{name}: PSKC（RFC 6030）として読めません。発注先に形式を確かめてください。"]) from error
    _open(name, container, unlock)
    seeds: list[TokenSeed] = []
    problems: list[str] = []
    for number, device in enumerate(container.devices):
        place = f"{name} {lines[number]}行目" if number < len(lines) else name
        if not device.keys:
            problems.append(f"{place}: 鍵がありません。")
        for key in device.keys:
            found = _seed(name, place, key)
            if isinstance(found, str):
                problems.append(f"{place}: {found}")
            else:
                seeds.append(found)
    return TokenFile(seeds, problems)


class _Looked:
    """One pass over the XML that builds nothing: where the packages are, and what must not be there."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._elements = 0
        self._lines: list[int] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def over(self, content: bytes) -> Sequence[int]:
        """The line of each package.

        Raises:
            TokenFileError: see `read_pskc`.
        """
        try:
            self._parser.Parse(content, True)  # noqa: FBT003 - expat's own
        except expat.ExpatError as error:
            raise TokenFileError([f"{self._name} {error.lineno}行目: XML として読めません。"]) from error
        return self._lines

    def _doctype(self, *_: object) -> None:
        raise TokenFileError([f"{self._name}: 文書型の宣言（DOCTYPE）があるため使えません。発注先に確かめてください。"])

    def _start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS:
            what = "入れ子が深すぎます" if self._depth > DEEPEST else "要素が多すぎます"
            raise TokenFileError([f"{self._name}: XML の{what}。発注先に確かめてください。"])
        if self._depth == 2 and tag.rpartition(" ")[2] in _PACKAGES:  # noqa: PLR2004 - right below the container
            self._lines.append(self._parser.CurrentLineNumber)

    def _end(self, _tag: str) -> None:
        self._depth -= 1


def _open(name: str, container: PSKC, unlock: Unlock) -> None:
    """Give the container its key."""
    encryption = container.encryption
    if unlock.key is not None:
        encryption.key = unlock.key
    if unlock.password is None:
        return
    if (encryption.derivation.pbkdf2_iterations or 0) > MOST_ROUNDS:
        raise TokenFileError([f"{name}: 鍵を導く計算の回数が多すぎます（上限 {MOST_ROUNDS:,}回）。"])
    if (encryption.derivation.pbkdf2_key_length or 0) > LONGEST_KEY:
        raise TokenFileError([f"{name}: 導く鍵が長すぎます（上限 {LONGEST_KEY}バイト）。発注先に確かめてください。"])
    try:
        encryption.derive_key(unlock.password)
    except (KeyDerivationError, OverflowError) as error:
        raise TokenFileError(
            [f"{name}: パスワードで開く形式（PBKDF2）ではありません。鍵ファイルを使うか、発注先に確かめてください。"]
        ) from error


def _seed(name: str, place: str, key: Key) -> TokenSeed | str:
    """One token, or what is wrong with it.

    Raises:
        TokenFileError: when the key is wrong: it then is for every token.
    """
    if _unauthenticated(key):
        return "暗号化された鍵に検査値（ValueMAC）がなく、正しく開けたか確かめられないため使えません。"
    try:
        secret, counter, period = key.secret, key.counter, key.time_interval
    except DecryptionError as error:
        raise TokenFileError([f"{name}: {_why_closed(key, str(error))}"]) from error
    except (ValueError, OverflowError):
        return "鍵または数値を読めません。"
    kind = _OTP.search(key.algorithm or "")
    suite = re.sub(r"^HMAC|[^A-Z0-9]", "", (key.algorithm_suite or "").upper())
    problems = [
        serial_problem(key.serial or ""),
        "" if secret else "鍵がありません。",
        "" if kind else "時刻式（totp）でも回数式（hotp）でもないため使えません。",
        "" if suite in _HASHES else "ハッシュは SHA1、SHA256、SHA512 のいずれかです。",
        "" if (key.response_encoding or "DECIMAL").upper() == "DECIMAL" else "数字以外の番号を示す機器は使えません。",
        "" if all(0 <= (each or 0) < _LARGEST_NUMBER for each in (counter, period)) else "数値が大きすぎます。",
    ]
    if any(problems) or not secret or not kind:
        return "".join(problems)
    model = " ".join(part for part in (key.manufacturer, key.model) if part)
    return TokenSeed(
        serial=key.serial or "", secret=secret, otp=Otp(kind[1].lower()), algorithm=_HASHES[suite],
        digits=key.response_length or _USUAL_DIGITS, period=period or _USUAL_PERIOD, counter=counter or 0,
        model="".join(char for char in model if char.isprintable())[:_LONGEST_MODEL], place=place,
    )  # fmt: skip


def _unauthenticated(key: Key) -> bool:
    """Whether the seed is encrypted with nothing to tell a right key by: key wrapping tells by itself (RFC 3394)."""
    held = vars(key).get("_secret")
    if not isinstance(held, EncryptedValue) or held.mac_value:
        return False
    used = held.algorithm or key.device.pskc.encryption.algorithm or ""
    return "#kw-" not in used


def _why_closed(key: Key, detail: str) -> str:
    encryption = key.device.pskc.encryption
    if encryption.key is None:
        by = "パスワード" if encryption.derivation.algorithm else "鍵ファイル"
        return f"暗号化されています。発注先から受け取った{by}を指定してください。"
    if detail.startswith(("Unsupported", "No algorithm")):
        return "この暗号の方式には対応していません。AES で作り直すよう発注先に依頼してください。"
    return "鍵またはパスワードが違います。このファイルのために受け取ったものか確かめてください。"
