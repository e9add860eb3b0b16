"""One errand at its target: the orders, and whether the target shows what was wanted.

The one law: *done is what was read back*: an account that reads back disabled, a membership that reads back gone, a
secret that was tried and opens or opens no more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from iam.errors import TargetError
from iam.ports import Done, Order, OrderKind, Target, TargetAccount
from iam.sync.urgent.errands import Errand, ErrandKind, Mode

_ABSENT: Final = "システムにこのIDがありません。システム側のIDと、特権ID台帳の登録を確かめてください。"
_STILL_ON: Final = "読み返すと有効のままです。システム側でこのIDを止め、記録を確かめてください。"
_STILL_OFF: Final = "読み返すと停止のままです。システム側の記録を確かめてください。"
_FORMER_OPENS: Final = "元のパスワードがまだ使えます。システム側でこのIDを止め、記録を確かめてください。"
_DOES_NOT_OPEN: Final = (
    "設定したパスワードでサインインできません。ロックや期限など、システム側の規則を確かめてください。"
)
_MEMBERSHIP: Final = "読み返すと権限が指示どおりになっていません。システム側の記録を確かめてください。"
_ANOTHER: Final = "同じ利用者IDが別のIDになっているため、何もしません。判定したIDをシステム側で確かめてください。"
_LATE: Final = "システムの応答が遅く、時間内に終わりませんでした。システムの状態を確かめてください。"
_SILENT: Final = "システムから結果の返事がありません。システムの状態を確かめてください。"


@dataclass(frozen=True, slots=True)
class Texts:
    """The secret to set and the one that it follows, in clear; "" for none."""

    new: str = field(default="", repr=False)
    former: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the target showed.  `reason`: why it is not as wanted; "" when it is.

    `found`, `member`: as last read back; None where nothing was.  `unacceptable`: another secret may do.
    `another`: under this login the target has an account that is not meant; it was left alone.
    """

    reason: str = ""
    found: TargetAccount | None = None
    member: bool | None = None
    unacceptable: bool = False
    another: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One errand under way.  `ours`: asked before anything is opened, whether it still is this worker's to do.

    `meant`: the native id of the one account that is meant, "" for whichever has the login.
    """

    target: Target
    number: int
    errand: Errand
    texts: Texts
    ours: Callable[[], bool]
    meant: str = ""

    def shown(self) -> Shown:
        """Carry the errand out, and look."""
        try:
            there = self.target.find(self.errand.login)
            found = self._absent() if there is None else self._done(there)
        except TargetError as error:
            found = Shown(str(error))
        return replace(found, reason=self._without_secrets(found.reason))

    def _absent(self) -> Shown:
        """What is not there is not open."""
        return Shown("" if self.errand.kind is ErrandKind.CLOSE else _ABSENT)

    def _done(self, there: TargetAccount) -> Shown:
        if self.meant and there.native_id != self.meant:
            return Shown(_ANOTHER, another=True)
        if self.errand.mode is Mode.MEMBER:
            return self._membership(there)
        match self.errand.kind:
            case ErrandKind.OPEN:
                return self._open(there)
            case ErrandKind.CLOSE:
                return self._close(there)
            case ErrandKind.ROTATE:
                return self._rotate(there)

    def _membership(self, there: TargetAccount) -> Shown:
        wanted = self.errand.kind is ErrandKind.OPEN
        if wanted and not self.ours():
            return Shown(_LATE)
        shown = self._ordered(OrderKind.GRANT if wanted else OrderKind.REVOKE, there)
        wrong = shown.reason or ("" if shown.member is wanted else _MEMBERSHIP)
        return replace(shown, reason=wrong, found=there)

    def _open(self, there: TargetAccount) -> Shown:
        if self.errand.mode is Mode.SECRET:
            shown = self._secret_set(there)
            if shown.reason:
                return shown
        if not self.ours():
            return Shown(_LATE)
        shown = self._ordered(OrderKind.ENABLE, there)
        if shown.reason or not (shown.found and shown.found.enabled):
            return replace(shown, reason=shown.reason or _STILL_OFF)
        opens = self.errand.mode is Mode.ENABLE or self.target.opens(self.errand.login, self.texts.new)
        return shown if opens else replace(shown, reason=_DOES_NOT_OPEN)

    def _close(self, there: TargetAccount) -> Shown:
        """Both, whatever becomes of the first: either of them alone keeps people out."""
        off = self._ordered(OrderKind.DISABLE, there)
        turned = self._ordered(OrderKind.SECRET, there) if self._turns else Shown()
        now = self.target.find(self.errand.login)
        wrong = ""
        if now is not None:
            wrong = (off.reason or _STILL_ON) if now.enabled else turned.reason
            wrong = wrong or (_FORMER_OPENS if self._former_opens() else "")
        return Shown(wrong, now, unacceptable=bool(wrong) and turned.unacceptable)

    def _rotate(self, there: TargetAccount) -> Shown:
        shown = self._secret_set(there)
        if shown.reason or shown.found is None:
            return shown
        if self._former_opens():
            return replace(shown, reason=_FORMER_OPENS)
        opens = not shown.found.enabled or self.target.opens(self.errand.login, self.texts.new)
        return shown if opens else replace(shown, reason=_DOES_NOT_OPEN)

    def _secret_set(self, there: TargetAccount) -> Shown:
        """Set the secret, unless it opens already: a target that keeps a history would refuse the same again."""
        if there.enabled and self.target.opens(self.errand.login, self.texts.new):
            return Shown(found=there)
        return self._ordered(OrderKind.SECRET, there) if self.ours() else Shown(_LATE)

    @property
    def _turns(self) -> bool:
        return self.errand.mode is Mode.SECRET and self.errand.secret_id is not None

    def _former_opens(self) -> bool:
        return bool(self.texts.former) and self.target.opens(self.errand.login, self.texts.former)

    def _ordered(self, kind: OrderKind, there: TargetAccount) -> Shown:
        order = Order(
            self.number, kind, there.login, native_id=there.native_id, link=there.link,
            entitlement=self.errand.entitlement, secret=self.texts.new if kind is OrderKind.SECRET else "",
        )  # fmt: skip
        for result in self.target.carry_out([order]):
            if isinstance(result, Done):
                return Shown(found=result.found, member=result.member)
            return Shown(result.reason, unacceptable=result.unacceptable)
        return Shown(_SILENT)

    def _without_secrets(self, reason: str) -> str:
        """A target may repeat what it was told; nobody else is to read it."""
        for secret in filter(None, (self.texts.new, self.texts.former)):
            reason = reason.replace(secret, "…")
        return reason
