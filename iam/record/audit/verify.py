"""Verifying inside: the chain, its head and its checkpoints, with the database and the keys.

The one law: *say the first thing that is wrong, and say what cannot be proved*.
The records are read in pages in one snapshot, so memory does not grow with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from iam.record.audit.chain import GENESIS, Head, Raw, read_head
from iam.record.audit.checkpoint import Checkpoint, kept_checkpoints
from iam.record.audit.pages import lines, pages
from iam.record.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Break:
    """The first record that is not what it was, and what is wrong with it."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.  `checked` records are whole, up to `hash`; `unproved` says what nobody can know."""

    checked: int
    hash: str
    checkpoints: int
    broken: Break | None
    unproved: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was found wrong."""
        return self.broken is None


def verify(connection: Connection, keys: KeyRing, witnessed: Sequence[Checkpoint] = ()) -> Verdict:
    """The verdict on the whole audit.  `witnessed` are checkpoints that were kept elsewhere.

    The connection must read one snapshot, as `Store.read` gives.
    """
    kept = kept_checkpoints(connection)
    marks = Marks([*kept, *witnessed], keys.public_keys())
    walk = Walk(marks)
    broken = marks.why_not_signed() or walk.through(pages(connection))
    if broken is None:
        broken = _why_not_head(read_head(connection), walk.head, keys) or marks.why_not_reached(walk.head.number)
    unproved = _unproved(walk.head.number, witnessed) if broken is None else ()
    return Verdict(walk.head.number, walk.head.hash, len(marks.by_number), broken, unproved)


class Marks:
    """The checkpoints that the chain must pass through."""

    def __init__(self, checkpoints: Sequence[Checkpoint], public_keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._checkpoints = checkpoints
        self._public_keys = public_keys
        self.by_number = {each.number: each for each in checkpoints}

    def why_not_signed(self) -> Break | None:
        """The first checkpoint whose signature does not hold."""
        for each in self._checkpoints:
            key = self._public_keys.get(each.key_id)
            if key is None:
                return Break(each.number, f"チェックポイントに署名した鍵 {each.key_id} がありません")
            if not each.is_signed_by(key):
                return Break(each.number, "チェックポイントの署名が正しくありません")
            if self.by_number[each.number].hash != each.hash:
                return Break(each.number, "同じ番号のチェックポイントが二つあり、ハッシュが違います")
        return None

    def why_not_reached(self, last: int) -> Break | None:
        """A checkpoint that speaks of a record after `last`."""
        newest = max(self.by_number, default=0)
        if newest <= last:
            return None
        return Break(
            last + 1, f"記録 {last + 1} から {newest} までがありません (チェックポイントより後ろが切り取られています)"
        )


class Walk:
    """A walk along the chain.  `head` is the newest record found whole."""

    def __init__(self, marks: Marks) -> None:
        self.head = Head(0, GENESIS)
        self._marks = marks.by_number

    def through(self, all_pages: Iterable[Sequence[Raw]]) -> Break | None:
        """Walk on; the first record that is broken, or None at the end."""
        return next(filter(None, map(self._through_page, all_pages)), None)

    def _through_page(self, page: Sequence[Raw]) -> Break | None:
        last, before, marks = self.head.number, self.head.hash, self._marks
        broken = None
        try:
            for row, line in zip(page, lines(page), strict=True):
                number, newest = row[0], sha256(line).hexdigest()
                if number != last + 1 or row[7] != before or row[8] != newest or number in marks:
                    broken = _why_broken(row, Head(last, before), newest, marks.get(number))
                    if broken:
                        break
                last, before = number, newest
        except (TypeError, UnicodeEncodeError):
            broken = Break(last + 1, "内容が文字として読めません (記録した時から書き換えられています)")
        self.head = Head(last, before)
        return broken


def _why_broken(row: Raw, head: Head, newest: str, mark: Checkpoint | None) -> Break | None:
    number, previous, stored = row[0], row[7], row[8]
    expected = head.number + 1
    if number < expected:
        return Break(number, "番号が 1 より小さい記録が差し込まれています")
    if number > expected:
        lost = f"記録 {expected}" if number == expected + 1 else f"記録 {expected} から {number - 1} まで"
        return Break(expected, f"{lost}がありません (削除されています)")
    if previous != head.hash:
        return Break(
            number, "直前の記録とつながっていません (差し替え、並べ替え、または直前の記録の作り直しがあります)"
        )
    if newest != stored:
        return Break(number, "内容が記録した時から書き換えられています")
    if mark is not None and mark.hash != stored:
        return Break(number, "署名されたチェックポイントとハッシュが違います (ここまでの記録が作り直されています)")
    return None


def _why_not_head(head: Head, last: Head, keys: KeyRing) -> Break | None:
    if head.number > last.number:
        return Break(
            last.number + 1, f"記録 {last.number + 1} から {head.number} までがありません (末尾が切り取られています)"
        )
    if head.number < last.number:
        return Break(head.number + 1, "証跡の末尾より後ろに、正規の手順によらない記録があります")
    if head.hash != last.hash:
        return Break(head.number, "最後の記録が証跡の末尾の控え (audit_head) と違います")
    wrong = head.why_not_sealed(keys)
    return Break(head.number, wrong) if wrong else None


def _unproved(last: int, witnessed: Sequence[Checkpoint]) -> tuple[str, ...]:
    """What a verification from the inside leaves open."""
    newest = max((each.number for each in witnessed), default=0)
    if newest >= last:
        return ()
    since = f"記録 {newest + 1} から {last} まで" if newest else "すべての記録"
    note = (
        f"{since}は、外部に保管したチェックポイントと照合していません。"
        "データベースと鍵の両方を持つ者による作り直しと、古い控えへの丸ごとの差し戻しは、この検証だけでは分かりません。"
    )
    return (note,)
