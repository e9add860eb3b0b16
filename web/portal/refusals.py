"""What a refused step says: beside which field, in which words, with which status.

The one law: *the words depend on the code alone* (ASVS 6.3.8): nothing here
knows whether there is such a person.
"""

from datetime import timedelta
from typing import Final

from flask_babel import gettext, ngettext

from iam.signin.factors.certificates import Code, Rejected
from iam.signin.factors.webauthn import KeyRefused
from iam.signin.steps import Refused
from iam.signin.throttle import FOREVER

TRY_AGAIN: Final = 422
TOO_MANY: Final = 429
_MINUTE: Final = 60
_HALF: Final = 30


def status_of(refused: Refused) -> int:
    """The status of a page that says so; the same whoever it is about."""
    return TOO_MANY if refused.code in {"wait", "disabled"} else TRY_AGAIN


def words(refused: Refused) -> str:
    """What the person reads, and the cure."""
    match refused.code:
        case "wait":
            return waits(refused.wait)
        case "drifted":
            return drifted(refused.seconds) + _next_time(refused.wait)
        case "key":
            return gettext(KeyRefused(refused.detail).sentence_ja)
        case "certificate":
            return gettext(Rejected(Code(refused.detail)).sentence_ja)
        case code:
            return _plain(code) + _next_time(refused.wait)


def _plain(code: str) -> str:
    return {
        "wrong": gettext("職員番号かパスワードが正しくありません。もう一度入力してください。"),
        "disabled": gettext("間違いが続いたため、使えないようにしています。窓口で手続きをしてください。"),
        "lapsed": gettext("時間がたったため、最初からやり直してください。"),
        "code": gettext("コードが正しくありません。いま表示されているコードを確かめて、入力し直してください。"),
        "replayed": gettext(
            "このコードはもう使われています。次のコードに変わるまで待って、新しいコードを入力してください。"
        ),
        "clock": gettext(
            "サーバーの時計がずれているため、いまは数字のコードを確かめられません。"
            "セキュリティキー、ICカード、回復コードを使うか、窓口に知らせてください。"
        ),
        "not_asked": gettext("この方法は、いまは使えません。ほかの方法を選んでください。"),
    }[code]


def _next_time(wait: timedelta | None) -> str:
    """That the next try must wait, where this one made it so."""
    if wait is None or wait == FOREVER:
        return ""
    return gettext("間違いが続いたため、次は%(time)sほど待ってから入力してください。", time=spell(wait))


def waits(wait: timedelta | None) -> str:
    """How long somebody must wait, in plain words."""
    if wait is None or wait == FOREVER:
        return _plain("disabled")
    return gettext(
        "間違いが続いたため、%(time)sほど待ってから、もう一度お試しください。"
        "セキュリティキーやICカードを登録していれば、待たずにサインインできます。",
        time=spell(wait),
    )


def drifted(seconds: int) -> str:
    """A code of another time: how far the device's clock is off, and what to do."""
    off = spell(timedelta(seconds=abs(seconds)))
    cure = gettext("端末の設定で日付と時刻を「自動」にして、新しいコードを入力してください。")
    if seconds > 0:
        return gettext("端末の時計が%(time)sほど進んでいます。", time=off) + cure
    return gettext("端末の時計が%(time)sほど遅れています。", time=off) + cure


def spell(span: timedelta) -> str:
    """A span of time in one word: 40秒, 5分."""
    seconds = max(1, round(span.total_seconds()))
    if seconds <= 2 * _HALF:
        return ngettext("%(num)s秒", "%(num)s秒", seconds)
    minutes = (seconds + _HALF) // _MINUTE
    return ngettext("%(num)s分", "%(num)s分", minutes)
