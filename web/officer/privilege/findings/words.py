"""What findings are called on the officers' pages, and what is to be done about each.

The one law: *each kind has its cure*: whoever reads a finding reads what to do about it.
"""

from collections.abc import Mapping
from typing import Final

from iam.ports import Sighted
from iam.privilege.seen.findings import FindingKind, FindingState
from web.site.face.language import mark

TONES: Final[Mapping[FindingState, str]] = {
    FindingState.OPEN: "error", FindingState.GONE: "", FindingState.SETTLED: "success",
}  # fmt: skip

WHAT: Final[Mapping[str, str]] = {
    Sighted.SIGNED_IN: mark("サインイン"),
    Sighted.FAILED: mark("失敗"),
    Sighted.RAISED: mark("特権の取得"),
    Sighted.ENDED: mark("サインアウト"),
}


CURES: Final[Mapping[FindingKind, str]] = {
    FindingKind.NO_USE: mark("この時刻に、この特権IDの利用はありませんでした。作業した職員と目的を確かめてください。"),
    FindingKind.OUTSIDE_WINDOW: mark("利用時間の外です。作業が長引いたのか、別の人の操作かを確かめてください。"),
    FindingKind.OTHER_ADDRESS: mark("利用を始めた端末と違う所からです。利用者に、どこから入ったかを確かめてください。"),
    FindingKind.NOT_THE_USER: mark("ほかの職員の利用中に、利用者でない人が特権を使いました。本人に確かめてください。"),
    FindingKind.FAILED: mark("利用していない間に、サインインに失敗しています。続くときは、接続元を調べてください。"),
    FindingKind.UNKNOWN_PRIVILEGED: mark(
        "台帳にないIDが特権を持つか、使いました。台帳に登録するか、特権を外してください。"
    ),
    FindingKind.DEFAULT_NAME: mark("製品の初期設定の名前のIDがあります。名前を変えるか、使えないようにしてください。"),
    FindingKind.HELD_WITHOUT_USE: mark(
        "利用がないのに、特権が有効なままです。外し忘れか、別の手で与えられたかを確かめてください。"
    ),
}
"""What an officer does about a finding."""
