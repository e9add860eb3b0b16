"""Verifying outside: a file of the records that proves itself to whoever has the public keys.

The one law: *each record's line in the file is the line that was hashed*, so
that anybody can follow the chain with SHA-256 alone.  The file ends with an
Ed25519 signature over the SHA-256 of every line before it; checkpoints stand
between the records, so that a file that was cut still proves its beginning.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from iam.errors import IntegrityError, NotFound
from iam.record.audit.chain import GENESIS, Head
from iam.record.audit.checkpoint import Checkpoint, checkpoints_in, kept_checkpoints
from iam.record.audit.pages import lines, pages
from iam.record.audit.verify import Break, Marks, Verdict, verify
from iam.record.columns import canonical_json, instant_text, local_text
from iam.record.keys import KeyRing, signed_by

_FIRST: Final = {"kagimori": "audit-export", "version": 1}
_RECORD: Final = re.compile(rb'\{"number":(\d{1,18}),"previous":"([0-9a-f]{64})","at":"')


class Output(Protocol):
    """Where the lines go: a file opened for bytes."""

    def write(self, content: bytes, /) -> object:
        """Take `content`."""


def export(connection: Connection, keys: KeyRing, out: Output, at: datetime) -> Verdict:
    """Write all records and checkpoints to `out`, signed; the verdict that was reached before.

    The connection must read one snapshot, as `Store.read` gives.

    Raises:
        IntegrityError: when the audit is broken: our signature would make it look whole.
    """
    verdict = verify(connection, keys)
    if verdict.broken:
        number, what = verdict.broken.number, verdict.broken.what
        raise IntegrityError(f"証跡の記録 {number}: {what}。壊れた証跡には署名できないため、書き出していません。")
    running = sha256()
    for line in chain([canonical_json(_FIRST).encode()], _body(connection)):
        running.update(line + b"\n")
        out.write(line + b"\n")
    end = {
        "number": verdict.checked,
        "hash": verdict.hash,
        "sha256": running.hexdigest(),
        "at": instant_text(at),
        "key": keys.current,
    }
    signature = base64.b64encode(keys.sign(_statement(end))).decode()
    out.write(canonical_json({"end": end, "signature": signature}).encode() + b"\n")
    return verdict


def _body(connection: Connection) -> Iterator[bytes]:
    marks = {each.number: each for each in kept_checkpoints(connection)}
    for page in pages(connection):
        for row, line in zip(page, lines(page), strict=True):
            yield line
            if row[0] in marks:
                yield canonical_json({"checkpoint": marks[row[0]].line()}).encode()


def _statement(end: Mapping[str, object]) -> bytes:
    return b"kagimori-audit-export " + canonical_json(end).encode()


def verify_export(
    path: Path, public_keys: Mapping[str, Ed25519PublicKey], witnessed: Sequence[Checkpoint] = ()
) -> Verdict:
    """The verdict on an exported file, from the file and the public keys (by id) alone.

    `witnessed` are checkpoints that were kept elsewhere since before the export.

    Raises:
        NotFound: when the file cannot be read.
    """
    reading = _Reading(public_keys, witnessed)
    try:
        with path.open("rb") as file:
            broken = reading.through(file)
    except OSError as error:
        raise NotFound(f"証跡の書き出し {path} を読めません: {error.strerror}") from error
    unproved = () if broken else reading.unproved()
    return Verdict(reading.head.number, reading.head.hash, reading.checkpoints, broken, unproved)


class _Reading:
    """A reading of an exported file, line by line.  `head` is the newest record that follows on."""

    def __init__(self, public_keys: Mapping[str, Ed25519PublicKey], witnessed: Sequence[Checkpoint]) -> None:
        self.head = Head(0, GENESIS)
        self.checkpoints = 0
        self._public_keys = public_keys
        self._witnessed = witnessed
        self._marks = Marks(witnessed, public_keys)
        self._running = sha256()
        self._ended = ""
        self._unknown_keys: set[str] = set()

    def through(self, file: Iterable[bytes]) -> Break | None:
        """The first thing that is wrong, or None at the end."""
        if broken := self._marks.why_not_signed():
            return broken
        for number, raw in enumerate(file):
            # A file that went through a text channel may have come back with other line ends.
            line = raw.rstrip(b"\r\n")
            if broken := self._line(line) if number else self._first(line):
                return broken
            self._running.update(line + b"\n")
        if not self._ended:
            return Break(self.head.number + 1, "末尾の署名の行がありません (ファイルが途中で切られています)")
        return self._marks.why_not_reached(self.head.number)

    def unproved(self) -> tuple[str, ...]:
        """What the file, found whole, leaves open."""
        newest = max((each.number for each in self._witnessed), default=0)
        notes = [
            f"鍵 {key} の公開鍵がないため、その鍵によるチェックポイントは確かめていません。"
            for key in sorted(self._unknown_keys)
        ]
        if newest < self.head.number:
            notes.append(
                f"記録 {newest + 1} から {self.head.number} までは、書き出した者の署名だけが根拠です。"
                "鍵を持つ者が書き出しより前に作り直した場合は分かりません。"
            )
        notes.append(f"{self._ended} の書き出しより後の記録と、その後に切り取られた記録の有無は分かりません。")
        return tuple(notes)

    def _first(self, line: bytes) -> Break | None:
        return None if _members(line) == _FIRST else Break(0, "証跡の書き出しのファイルではありません")

    def _line(self, line: bytes) -> Break | None:
        if self._ended:
            return Break(self.head.number + 1, "末尾の署名より後ろに行があります")
        if found := _RECORD.match(line):
            return self._record(int(found[1]), found[2].decode(), line)
        members = _members(line)
        if isinstance(stated := members.get("checkpoint"), str):
            return self._checkpoint(stated)
        if isinstance(end := members.get("end"), dict):
            return self._end(end, str(members.get("signature")))
        return Break(self.head.number + 1, "読み取れない行があります")

    def _record(self, number: int, previous: str, line: bytes) -> Break | None:
        expected = self.head.number + 1
        if number != expected:
            return Break(expected, f"次の記録が {number} です (削除、差し込み、または並べ替えがあります)")
        if previous != self.head.hash:
            return Break(max(self.head.number, 1), f"内容が書き換えられています (記録 {number} とつながりません)")
        self.head = Head(number, sha256(line).hexdigest())
        mark = self._marks.by_number.get(number)
        if mark is not None and mark.hash != self.head.hash:
            return Break(
                number, "外部に保管したチェックポイントとハッシュが違います (ここまでの記録が作り直されています)"
            )
        return None

    def _checkpoint(self, stated: str) -> Break | None:
        found = checkpoints_in([stated])
        if not found or found[0].number != self.head.number or found[0].hash != self.head.hash:
            return Break(self.head.number, "チェックポイントが記録と合いません")
        key = self._public_keys.get(found[0].key_id)
        if key is None:
            self._unknown_keys.add(found[0].key_id)
        elif not found[0].is_signed_by(key):
            return Break(self.head.number, "チェックポイントの署名が正しくありません")
        else:
            self.checkpoints += 1
        return None

    def _end(self, end: Mapping[str, object], signature: str) -> Break | None:
        number = self.head.number
        key = self._public_keys.get(str(end.get("key")))
        if key is None:
            return Break(number, f"書き出しに署名した鍵 {end.get('key')} の公開鍵がありません")
        if not signed_by(key, _decoded(signature), _statement(end)):
            return Break(number, "末尾の署名が正しくありません")
        if end.get("number") != number or end.get("hash") != self.head.hash:
            return Break(number, "最後の記録が末尾の署名と合いません (内容の書き換えか、切り取りがあります)")
        if end.get("sha256") != self._running.hexdigest():
            return Break(number, "記録のほかの行が書き換えられています")
        self._ended = local_text(datetime.fromisoformat(str(end["at"])))
        return None


def _members(line: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
