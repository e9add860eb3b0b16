"""What factors are called, what they prove and how each is used.

The one law: *the kind is said beside every factor* (知識・所持・存在): kinds, not
counts, decide (R22).
"""

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext

from iam.signin.factors.authenticators import Authenticator, Form
from iam.signin.kinds import PROVES, Kind
from web.site.face.language import spoken

ORDER: Final = (Form.WEBAUTHN, Form.TOTP, Form.CERTIFICATE, Form.TOKEN)
"""What may be enrolled, the strongest and easiest first."""


def label(form: Form) -> str:
    """What a form is called."""
    return spoken(form.label_ja)


def kinds(held: Authenticator) -> str:
    """What it proves: 所持, or 所持・知識 for a key that asks its user for a PIN or a fingerprint."""
    proved = PROVES[held.form.method(verified=bool(held.data.get("verified")))]
    return "・".join(spoken(kind.label_ja) for kind in Kind if kind in proved)


def how_to_use(form: Form) -> str:
    """How it is used at sign-in, in one or two sentences."""
    return {
        Form.TOTP: gettext("パスワードのあとに、スマートフォンの認証アプリに出ている6桁の数字を入力します。"),
        Form.WEBAUTHN: gettext(
            "サインインの画面で「セキュリティキーでサインイン」を選び、キーのPINか指紋で確認します。"
        ),
        Form.CERTIFICATE: gettext("カードを読取機に入れてからブラウザーを開き、「ICカードでサインイン」を選びます。"),
        Form.TOKEN: gettext("パスワードのあとに、機器のボタンを押して出た数字を入力します。"),
        Form.RECOVERY: gettext("ほかの認証手段が手元にないときに、1つを一度だけ使います。"),
        Form.TEMPORARY: gettext("窓口で受け取ったコードを、一度だけ使います。"),
    }[form]


def about(form: Form) -> tuple[str, str]:
    """When choosing: what it is good for, and what is needed."""
    told: Mapping[Form, tuple[str, str]] = {
        Form.WEBAUTHN: (
            gettext("いちばん安全で、番号の入力も要りません。"),
            gettext("USBやNFCのセキュリティキー、または指紋・顔・PINで開くこの端末を使います。"),
        ),
        Form.TOTP: (
            gettext("スマートフォンがあれば、すぐに始められます。"),
            gettext("認証アプリ（Microsoft Authenticator、Google Authenticator など）を使います。"),
        ),
        Form.CERTIFICATE: (
            gettext("職員証などのICカードでサインインします。"),
            gettext("カードと読取機が要ります。"),
        ),
        Form.TOKEN: (
            gettext("スマートフォンやUSBを使えない職場に向いています。"),
            gettext("数字を表示する小さな機器を、窓口でお貸しします。"),
        ),
    }
    return told[form]


def suggested(form: Form) -> str:
    """A name to begin with."""
    return {
        Form.TOTP: gettext("スマートフォンの認証アプリ"),
        Form.WEBAUTHN: gettext("セキュリティキー"),
        Form.CERTIFICATE: gettext("ICカード"),
    }.get(form, label(form))
