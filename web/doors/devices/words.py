"""What somebody reads on a device: one line, short enough for a RADIUS attribute, and what to do.

The one law: *before the password is proved the words are the same for everybody* (R35), and at most
253 octets of UTF-8 long (RFC 2865 §5.18).
"""

from collections.abc import Sequence
from typing import Final

from flask_babel import gettext

from iam.signin.deciding.decision import Decision
from iam.signin.factors.authenticators import Form
from iam.signin.steps import Refused
from web.portal import refusals

LONGEST: Final = 253
"""Octets of an attribute's value (RFC 2865 §5)."""

_CLOCKED: Final = frozenset({Form.TOTP, Form.TOKEN})


def asks_for(offers: Sequence[Form]) -> str:
    """The question for a code."""
    if _CLOCKED.issuperset(offers):
        return gettext("認証アプリか機器に表示されている数字を入力してください。")
    if not _CLOCKED.intersection(offers):
        return gettext("窓口で受け取ったコードか、回復コードを入力してください。")
    return gettext("認証アプリか機器の数字（なければ回復コード）を入力してください。")


def of(refused: Refused) -> str:
    """Why a step let nobody in, and the cure."""
    if refused.code in {"wrong", "resistant", "lapsed"}:
        return of_code(refused.code)
    if refused.code == "wait":
        return (
            gettext("間違いが続いたため、%(time)sほど待ってからお試しください。", time=refusals.spell(refused.wait))
            if refused.wait
            else of_code("wrong")
        )
    return shortened(refusals.words(refused))


def of_code(code: str) -> str:
    """The words of a code that has one cure at a device."""
    return {
        "wrong": gettext("名前、パスワード、コードのどれかが正しくありません。"),
        "resistant": gettext(
            "この接続ではセキュリティキーやICカードを使えません。ポータルから入れる方法を使うか、担当に相談してください。"
        ),
        "lapsed": gettext("時間がたったため、最初からやり直してください。"),
    }[code]


def of_duty(duty: str, *, resistant: bool) -> str:
    """What must be done at the portal before a device lets in."""
    if duty == "password":
        return gettext("先にポータルでパスワードを変更してください。")
    if resistant:
        return of_code("resistant")
    return gettext("先にポータルで二つ目の認証手段を登録してください。")


def of_decision(decision: Decision) -> str:
    """Why the decision shuts the door, and the cure, as far as there is room."""
    first = decision.reasons[0]
    both = first.sentence + first.cure
    return both if len(both.encode()) <= LONGEST else shortened(first.sentence)


def shortened(text: str) -> str:
    """`text`, cut at a full stop or anywhere so that it fits."""
    if len(text.encode()) <= LONGEST:
        return text
    kept = text.encode()[: LONGEST - 3].decode("utf-8", "ignore")
    whole, stop, _ = kept.rpartition("。")
    return whole + stop if stop else f"{kept}…"
